//! What a recovery shows, as data.

use crate::assurance::factor::Factor;
use crate::enrolment::recovery::{Lost, Void};
use crate::flow::adding::Enrolling;
use crate::flow::reply::{Notice, PasswordNotice};

/// What the browser of a recovery gets.
#[derive(Debug)]
pub enum RecoverReply {
    /// Go on at the recovery's own page.
    Continue {
        /// The recovery.
        handle: String,
        /// The browser's secret for it, if it is new.
        browser: Option<String>,
    },
    /// A page.
    Page(Box<RecoverPage>),
}

/// A page of a recovery.
#[derive(Debug)]
pub enum RecoverPage {
    /// What was lost, and whose it is.
    Ask {
        /// What the person chose before.
        lost: Option<Lost>,
        /// What they typed before.
        username: String,
        /// Whether mails leave here at all.
        mails: bool,
        /// Whether something was left out.
        missing: bool,
    },
    /// Whoever is known was sent a mail.
    Sent,
    /// A link that begins a recovery: the person goes on.
    Link {
        /// The link's secret, for the form that goes on.
        token: String,
        /// What it is for.
        lost: Lost,
        /// Where the mail went, masked.
        address: Option<String>,
    },
    /// A link or a code that begins nothing.
    Void {
        /// Why.
        why: Void,
    },
    /// Asks for a desk's code.
    Desk {
        /// Whether the last one looked like none.
        wrong: bool,
    },
    /// Asks for what is to be shown.
    Show {
        /// The recovery.
        handle: String,
        /// The token of its forms.
        csrf: String,
        /// By which factor.
        factor: Factor,
        /// The others that would do.
        others: Vec<Factor>,
        /// Where a code was sent, masked.
        number: Option<String>,
        /// What went wrong before.
        notice: Option<Notice>,
    },
    /// Asks for a passkey.
    Passkey {
        /// The recovery.
        handle: String,
        /// The token of its forms.
        csrf: String,
        /// What the browser's script asks the authenticator, JSON.
        options: String,
        /// The other factors that would do.
        others: Vec<Factor>,
        /// What went wrong before.
        notice: Option<Notice>,
    },
    /// A new app.
    NewApp {
        /// The recovery.
        handle: String,
        /// The token of its forms.
        csrf: String,
        /// Its key.
        enrolling: Box<Enrolling>,
    },
    /// A new password.
    NewPassword {
        /// The recovery.
        handle: String,
        /// The token of its forms.
        csrf: String,
        /// The person's user name, for the browser's own list of passwords.
        username: String,
        /// Whether it will be worth SpidL1 only.
        single: bool,
        /// What went wrong before.
        notice: Option<PasswordNotice>,
    },
    /// What is to be shown cannot be shown here: the desk helps.
    ForTheDesk,
    /// It came to nothing.
    Ended,
    /// It is done.
    Done {
        /// What there is a new one of.
        lost: Lost,
    },
}
