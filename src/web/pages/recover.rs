//! The pages by which whoever lost a factor gets another (AR-10 to AR-16).

use crate::assurance::factor::Factor;
use crate::enrolment::recovery::{Lost, Void};
use crate::flow::reply::PasswordNotice;
use crate::texts::login::{self, Problem};
use crate::texts::{account, recovery};
use crate::web::pages::account::password_problem;
use crate::web::pages::frame::Frame;
use crate::web::pages::page::page;

/// What was lost, and whose it is.
///
/// Its form posts `lost` and `username` to `/recover`.
#[derive(Clone, Debug)]
pub struct Recover {
    /// What the person chose before.
    pub lost: Option<Lost>,
    /// What they typed before.
    pub username: String,
    /// Whether mails leave here at all.
    pub mails: bool,
    /// Whether something was left out.
    pub missing: bool,
}

/// A page that only tells something.
///
/// Where a link is good, its form posts `token` to `/recover/link`.
#[derive(Clone, Debug)]
pub enum RecoverTold {
    /// Whoever is known was sent a mail.
    Sent,
    /// A link that begins a recovery.
    Link {
        /// The link's secret.
        token: String,
        /// What it is for.
        lost: Lost,
        /// Where the mail went, masked.
        address: Option<String>,
    },
    /// One that begins nothing.
    Void(Void),
    /// What is to be shown cannot be shown here.
    Desk,
    /// It came to nothing.
    Ended,
    /// It is done.
    Done(Lost),
}

/// A desk's code.
///
/// Its form posts `code` to `/recover/desk`.
#[derive(Clone, Debug)]
pub struct RecoverDesk {
    /// Whether the last one is none.
    pub wrong: bool,
}

/// What is to be shown besides the link.
///
/// Its form posts `csrf` and `password` or `code` to `action`; its cancel button `csrf` to `cancel`.
#[derive(Clone, Debug)]
pub struct RecoverShow {
    /// Where the form posts to.
    pub action: String,
    /// Where the cancel button posts to.
    pub cancel: String,
    /// The recovery's token.
    pub csrf: String,
    /// By which factor.
    pub factor: Factor,
    /// The others that would do, and where they are asked for.
    pub others: Vec<(Factor, String)>,
    /// Where a code was sent, masked.
    pub number: Option<String>,
    /// What did not hold at the last attempt.
    pub problem: Option<Problem>,
}

/// A new password.
///
/// Its form posts `csrf`, `new` and `again` to `action`; its cancel button `csrf` to `cancel`.
#[derive(Clone, Debug)]
pub struct RecoverPassword {
    /// Where the form posts to.
    pub action: String,
    /// Where the cancel button posts to.
    pub cancel: String,
    /// The recovery's token.
    pub csrf: String,
    /// The person's user name.
    pub username: String,
    /// Whether it will be worth SpidL1 only.
    pub single: bool,
    /// Whether it is the first of the person's own, in a login (TS-09).
    pub first: bool,
    /// What went wrong before.
    pub notice: Option<PasswordNotice>,
}

impl Recover {
    fn problem(&self, frame: &Frame) -> Option<&'static str> {
        self.missing.then_some(recovery::words(frame.language).missing)
    }

    fn is(&self, lost: &str) -> bool {
        self.lost.is_some_and(|one| one.name() == lost)
    }
}

impl RecoverTold {
    fn title(&self, frame: &Frame) -> &'static str {
        let t = recovery::words(frame.language);
        match self {
            Self::Sent => t.sent_title,
            Self::Link { .. } => t.link_title,
            Self::Void(Void::Unknown) => t.void_unknown_title,
            Self::Void(Void::Used) => t.void_used_title,
            Self::Void(Void::Expired) => t.void_expired_title,
            Self::Void(Void::Superseded) => t.void_superseded_title,
            Self::Desk => t.desk_only_title,
            Self::Ended => t.ended_title,
            Self::Done(_) => t.done_title,
        }
    }

    /// What it tells, and in which tone.
    fn told(&self, frame: &Frame) -> (&'static str, &'static str) {
        let t = recovery::words(frame.language);
        match self {
            Self::Sent => (t.sent, "info"),
            Self::Link { lost: Lost::Password, .. } => (t.link_password, "info"),
            Self::Link { lost: Lost::Authenticator, .. } => (t.link_app, "info"),
            Self::Void(Void::Unknown) => (t.void_unknown, "warning"),
            Self::Void(Void::Used) => (t.void_used, "warning"),
            Self::Void(Void::Expired) => (t.void_expired, "warning"),
            Self::Void(Void::Superseded) => (t.void_superseded, "warning"),
            Self::Desk => (t.desk_only, "warning"),
            Self::Ended => (t.ended, "warning"),
            Self::Done(Lost::Password) => (t.done_password, "success"),
            Self::Done(Lost::Authenticator) => (t.done_app, "success"),
        }
    }

    fn is_dead(&self) -> bool {
        matches!(self, Self::Void(_) | Self::Ended)
    }

    fn is_for_the_desk(&self) -> bool {
        matches!(self, Self::Desk)
    }

    fn is_done(&self) -> bool {
        matches!(self, Self::Done(_))
    }

    fn is_sent(&self) -> bool {
        matches!(self, Self::Sent)
    }

    fn link(&self) -> Option<(&str, Option<&str>)> {
        match self {
            Self::Link { token, address, .. } => Some((token, address.as_deref())),
            _ => None,
        }
    }
}

impl RecoverDesk {
    fn problem(&self, frame: &Frame) -> Option<&'static str> {
        self.wrong.then_some(recovery::words(frame.language).desk_wrong)
    }
}

impl RecoverShow {
    fn problem(&self, frame: &Frame) -> Option<String> {
        self.problem.map(|problem| match problem {
            Problem::Credentials { left } => recovery::wrong_password(frame.language, left),
            problem => login::problem(frame.language, problem),
        })
    }

    fn is_password(&self) -> bool {
        self.factor == Factor::Password
    }

    fn lead(&self, frame: &Frame) -> &'static str {
        let t = recovery::words(frame.language);
        if self.is_password() { t.show_password } else { t.show_second }
    }

    fn label(&self, frame: &Frame) -> &'static str {
        let t = recovery::words(frame.language);
        match self.factor {
            Factor::Sms => t.sms,
            Factor::RecoveryCode => t.recovery,
            _ => t.totp,
        }
    }

    fn help(&self, frame: &Frame) -> String {
        let t = recovery::words(frame.language);
        match (self.factor, &self.number) {
            (Factor::Sms, Some(number)) => format!("{} {number}.", t.sms_help),
            (Factor::RecoveryCode, _) => t.recovery_help.to_owned(),
            _ => t.totp_help.to_owned(),
        }
    }

    fn is_digits(&self) -> bool {
        self.factor != Factor::RecoveryCode
    }

    fn other(&self, frame: &Frame, factor: &Factor) -> &'static str {
        another(frame, *factor)
    }
}

/// A passkey in a recovery.
///
/// Its form posts `csrf` and `answer`, which the script fills in, to `action`; its cancel button `csrf` to `cancel`.
#[derive(Clone, Debug)]
pub struct RecoverPasskey {
    /// Where the form posts to.
    pub action: String,
    /// Where the cancel button posts to.
    pub cancel: String,
    /// The recovery's token.
    pub csrf: String,
    /// What the script asks the authenticator, JSON.
    pub options: String,
    /// The other factors that would do, and where their pages are.
    pub others: Vec<(Factor, String)>,
    /// What did not hold at the last attempt.
    pub problem: Option<Problem>,
}

impl RecoverPasskey {
    fn problem(&self, frame: &Frame) -> Option<String> {
        self.problem.map(|problem| login::problem(frame.language, problem))
    }

    fn title(&self, frame: &Frame) -> &'static str {
        recovery::words(frame.language).passkey_title
    }

    fn neither(&self, frame: &Frame) -> &'static str {
        recovery::words(frame.language).neither
    }

    fn other(&self, frame: &Frame, factor: &Factor) -> &'static str {
        another(frame, *factor)
    }
}

/// The way to another factor.
fn another(frame: &Frame, factor: Factor) -> &'static str {
    let t = recovery::words(frame.language);
    match factor {
        Factor::Sms => t.other_sms,
        Factor::RecoveryCode => t.other_recovery,
        Factor::Passkey => t.other_passkey,
        _ => t.other_totp,
    }
}

impl RecoverPassword {
    fn problem(&self, frame: &Frame) -> Option<String> {
        self.notice.map(|notice| password_problem(frame.language, notice))
    }

    fn a(&self, frame: &Frame) -> &'static account::Words {
        account::words(frame.language)
    }
}

page!(Recover, "recover.html", recovery);
page!(RecoverTold, "recover_told.html", recovery);
page!(RecoverDesk, "recover_desk.html", recovery);
page!(RecoverShow, "recover_show.html", recovery);
page!(RecoverPasskey, "recover_passkey.html", factors);
page!(RecoverPassword, "recover_password.html", recovery);
