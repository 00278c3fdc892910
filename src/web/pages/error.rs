//! The page that says that a login cannot go on.

use crate::saml::status::Fault;
use crate::texts::anomaly::{self, Notice};
use crate::web::pages::frame::Frame;
use crate::web::pages::page::page;
use crate::web::pages::post::PostForm;

/// What happened, what to do, whom to tell; for the service's developer, which rule was broken.
#[derive(Clone, Debug)]
pub struct Error {
    /// SPID's number of the fault (spid-saml §3); none for a failure of our own.
    pub number: Option<u16>,
    /// What finds it in the log.
    pub support_id: String,
    /// The rule that the request broke.
    pub fault: Option<Fault>,
    /// An answer that takes the person back to the service, by a button.
    pub back: Option<PostForm>,
}

impl Error {
    fn notice(&self, frame: &Frame) -> Notice {
        self.number
            .and_then(|number| anomaly::anomaly(frame.language, number))
            .unwrap_or_else(|| anomaly::unexpected(frame.language))
    }

    fn spid_number(&self) -> Option<String> {
        self.number.map(|number| format!("nr{number:02}"))
    }
}

page!(Error, "error.html", notice);
