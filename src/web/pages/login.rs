//! The pages on which a person proves who they are.

use crate::texts::login::{self, Problem};
use crate::web::pages::frame::Frame;
use crate::web::pages::page::page;

/// Username and password.
///
/// Its form posts `csrf`, `username` and `password` to `action`; its cancel button `csrf` to `cancel`.
#[derive(Clone, Debug)]
pub struct Login {
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
    /// The username to begin with: what was typed last, or empty.
    pub username: String,
    /// What is said of a campaign (BI-16).
    pub banner: Option<String>,
    /// Whether the one-time code is asked for here too, as `code` (AR-09).
    pub otp: bool,
    /// Where one begins by a passkey instead, if that is a way.
    pub passkey: Option<String>,
    /// Where a smart card is shown instead, if that is a way.
    pub card: Option<String>,
    /// Where one begins by a QR code for one's phone instead, if that is a way.
    pub qr: Option<String>,
    /// What did not hold at the last attempt.
    pub problem: Option<Problem>,
}

/// The one-time code of the person's app.
///
/// Its form posts `csrf` and `code` to `action`; its cancel button `csrf` to `cancel`.
#[derive(Clone, Debug)]
pub struct Totp {
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
    /// How long each code is valid, in seconds.
    pub period: u64,
    /// Where the other ways are listed, if there are any.
    pub ways: Option<String>,
    /// What did not hold at the last attempt.
    pub problem: Option<Problem>,
}

impl Login {
    fn problem(&self, frame: &Frame) -> Option<String> {
        self.problem.map(|problem| login::problem(frame.language, problem))
    }
}

impl Totp {
    fn problem(&self, frame: &Frame) -> Option<String> {
        self.problem.map(|problem| login::problem(frame.language, problem))
    }

    fn period(&self, frame: &Frame) -> String {
        login::code_period(frame.language, self.period)
    }
}

page!(Login, "login.html", login);
page!(Totp, "totp.html", login);
