//! The pages on which a person gets their one-time codes (AR-01 to AR-07).

use crate::texts::enrolment;
use crate::texts::login::{self, Problem};
use crate::web::pages::frame::Frame;
use crate::web::pages::page::page;
use crate::web::pages::qr;

/// First step: the activation code that came with the account.
///
/// Its form posts `csrf` and `activation` to `action`; its cancel button `csrf` to `cancel`.
#[derive(Clone, Debug)]
pub struct Activation {
    /// Where the form posts to.
    pub action: String,
    /// Where the cancel button posts to.
    pub cancel: String,
    /// The transaction's token.
    pub csrf: String,
    /// Whether the login is to the person's own pages.
    pub own: bool,
    /// The name of the service that asks.
    pub service: String,
    /// The level asked for, as people know it: `SpidL2`.
    pub level: Option<String>,
    /// What did not hold at the last attempt.
    pub problem: Option<Problem>,
}

/// Second step: the secret goes to the app, and a first code proves that it is there.
///
/// Its form posts `csrf` and `code` to `action`; its cancel button `csrf` to `cancel`.
#[derive(Clone)]
pub struct EnrolTotp {
    /// Where the form posts to.
    pub action: String,
    /// Where the cancel button posts to.
    pub cancel: String,
    /// The transaction's token.
    pub csrf: String,
    /// Whether the login is to the person's own pages.
    pub own: bool,
    /// Whether it is added at the person's own pages, beside others: there is nothing to cancel, and no step before.
    pub beside: bool,
    /// The account's username.
    pub username: String,
    /// The person's family name.
    pub family_name: String,
    /// The person's given name.
    pub given_name: String,
    /// The secret as an `otpauth` address: shown as a QR code, and as a link for a phone.
    pub uri: String,
    /// The secret in base32, for whoever cannot scan; shown in groups of four.
    pub key: String,
    /// How long each code is valid, in seconds.
    pub period: u64,
    /// What did not hold at the last attempt.
    pub problem: Option<Problem>,
}

/// The factor is active.
///
/// Its form posts `csrf` to `action`.
#[derive(Clone, Debug)]
pub struct Enrolled {
    /// Where the continue button posts to.
    pub action: String,
    /// The transaction's token.
    pub csrf: String,
}

impl Activation {
    fn problem(&self, frame: &Frame) -> Option<String> {
        self.problem.map(|problem| login::problem(frame.language, problem))
    }
}

impl EnrolTotp {
    fn problem(&self, frame: &Frame) -> Option<String> {
        self.problem.map(|problem| login::problem(frame.language, problem))
    }

    fn countdown(&self, frame: &Frame) -> String {
        enrolment::countdown(frame.language, self.period)
    }

    fn key_in_fours(&self) -> String {
        let key: Vec<char> = self.key.chars().filter(|c| !c.is_whitespace()).collect();
        key.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
    }

    fn drawing(&self) -> Option<qr::Drawing> {
        qr::draw(&self.uri)
    }
}

// The secret must not reach a log by way of a page.
impl std::fmt::Debug for EnrolTotp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EnrolTotp").field("username", &self.username).finish_non_exhaustive()
    }
}

page!(Activation, "activation.html", enrolment);
page!(EnrolTotp, "enrol.html", enrolment);
page!(Enrolled, "enrolled.html", enrolment);
