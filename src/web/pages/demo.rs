//! The pages of the demonstration: a service provider's, and the list of its citizens.

use crate::login::request::LocalName;
use crate::texts::access::enter_with;
use crate::texts::demo;
use crate::web::pages::access::local;
use crate::web::pages::frame::Frame;
use crate::web::pages::page::page;

/// The service provider's home, with the button.
///
/// Its form is a GET to `login` with `level` (`SpidL1`, `SpidL2`, `SpidL3`) and `binding`
/// (`redirect`, `post`).
#[derive(Clone, Debug)]
pub struct DemoHome {
    /// Where the form goes.
    pub login: String,
    /// The service provider's entityID.
    pub entity_id: String,
    /// The identity provider's entityID.
    pub provider: String,
    /// The whole address of the page with the citizens.
    pub people: String,
    /// The identity providers behind that one, by entityID or issuer, with their names.
    pub others: Vec<(String, LocalName)>,
}

impl DemoHome {
    fn enter(&self, frame: &Frame, name: &LocalName) -> String {
        enter_with(frame.language, local(frame.language, name))
    }
}

/// What the service provider was told.
#[derive(Clone, Debug)]
pub struct DemoAttributes {
    /// The class asserted, a URI.
    pub class: String,
    /// The person's name for this service.
    pub name_id: String,
    /// The session, at SpidL1 only.
    pub session_index: Option<String>,
    /// Name and value of each attribute.
    pub attributes: Vec<(String, String)>,
    /// The response as received.
    pub xml: String,
    /// Where to begin again.
    pub again: String,
}

/// Why the service provider was told nothing.
#[derive(Clone, Debug)]
pub struct DemoError {
    /// The status codes, the top-level one first; empty if the response could not be read.
    pub status: Vec<String>,
    /// The provider's `StatusMessage`.
    pub message: Option<String>,
    /// Why the service provider refused the response itself.
    pub refused: Option<String>,
    /// The response as received.
    pub xml: Option<String>,
    /// Where to begin again.
    pub again: String,
}

/// The demo citizens, with all that it takes to sign in as them.
#[derive(Clone, Debug)]
pub struct DemoPeople {
    /// The citizens.
    pub people: Vec<DemoPerson>,
    /// The whole address of the demo service provider.
    pub service: String,
    /// This page's own path.
    pub here: String,
    /// The path of the page with the mails, if there is one.
    pub mails: Option<String>,
}

/// What the demo citizens were told by mail.
#[derive(Clone, Debug)]
pub struct DemoMails {
    /// The mails, the latest first.
    pub mails: Vec<DemoMail>,
    /// The folder that has them.
    pub folder: String,
    /// This page's own path.
    pub here: String,
    /// The path of the page with the citizens.
    pub people: String,
}

/// A mail to a made-up citizen.
#[derive(Clone, Debug)]
pub struct DemoMail {
    /// The address.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The plain text.
    pub text: String,
}

/// One made-up citizen.
#[derive(Clone, Debug)]
pub struct DemoPerson {
    /// Given name and family name.
    pub name: String,
    /// The username.
    pub username: String,
    /// The password.
    pub password: String,
    /// The one-time code of the moment, if the person's codes are active.
    pub code: Option<DemoCode>,
    /// The activation code, if they are not.
    pub activation: Option<String>,
}

/// A one-time code.
#[derive(Clone, Debug)]
pub struct DemoCode {
    /// Its digits.
    pub digits: String,
    /// How long it is still valid, in seconds.
    pub left: u64,
}

impl DemoAttributes {
    /// The class by its short name: what follows the last `/` or `:`.
    fn class_name(&self) -> &str {
        self.class.rsplit(['/', ':']).next().unwrap_or(&self.class)
    }
}

impl DemoError {
    fn status_name<'a>(&self, code: &'a str) -> &'a str {
        code.rsplit(':').next().unwrap_or(code)
    }
}

impl DemoPerson {
    fn left(&self, frame: &Frame) -> String {
        self.code
            .as_ref()
            .map(|code| demo::code_left(frame.language, code.left))
            .unwrap_or_default()
    }
}

page!(DemoHome, "demo_home.html", demo);
page!(DemoAttributes, "demo_attributes.html", demo);
page!(DemoError, "demo_error.html", demo);
page!(DemoPeople, "demo_people.html", demo);
page!(DemoMails, "demo_mails.html", demo);
