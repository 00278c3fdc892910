//! The pages on which a person chooses a factor, and adds and removes theirs.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::assurance::factor::Factor;
use crate::assurance::level::Level;
use crate::factors::recovery_code::COUNT;
use crate::flow::adding::{FactorRow, NewNumber, NewPasskey, NumberNotice, PasskeyNotice, Removal};
use crate::flow::factors::Done;
use crate::flow::reply::Factors;
use crate::texts::help::Topic;
use crate::texts::language::Language;
use crate::texts::login::{self, Problem};
use crate::texts::{account, card, factors};
use crate::web::pages::frame::Frame;
use crate::web::pages::page::page;

/// The ways in which a login may go on.
///
/// Its cancel button posts `csrf` to `cancel`.
#[derive(Clone, Debug)]
pub struct Ways {
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
    /// The ways, the easiest first.
    pub ways: Vec<Way>,
}

/// One of them.
#[derive(Clone, Debug)]
pub struct Way {
    /// By which factor.
    pub factor: Factor,
    /// Where its page is.
    pub to: String,
}

/// A recovery code.
///
/// Its form posts `csrf` and `recovery` to `action`; its cancel button `csrf` to `cancel`.
#[derive(Clone, Debug)]
pub struct Recovery {
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
    /// Where the other ways are listed, if there are any.
    pub ways: Option<String>,
    /// What did not hold at the last attempt.
    pub problem: Option<Problem>,
}

/// A passkey.
///
/// Its form posts `csrf` and `answer`, which the script fills in, to `action`; its cancel button
/// `csrf` to `cancel`.
#[derive(Clone, Debug)]
pub struct Passkey {
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
    /// What the script asks the authenticator, JSON.
    pub options: String,
    /// Where the other ways are listed, if there are any.
    pub ways: Option<String>,
    /// What did not hold at the last attempt.
    pub problem: Option<Problem>,
}

/// A code by SMS.
///
/// Its forms post `csrf` and `code` to `action`, and `csrf` to `again` for another one; its cancel button `csrf` to
/// `cancel`.
#[derive(Clone, Debug)]
pub struct Sms {
    /// Where the form posts to.
    pub action: String,
    /// Where another code is asked for.
    pub again: String,
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
    /// The number, masked (BI-03).
    pub number: String,
    /// Whether another one has just been sent.
    pub sent_again: bool,
    /// Where the other ways are listed, if there are any.
    pub ways: Option<String>,
    /// What did not hold at the last attempt.
    pub problem: Option<Problem>,
}

/// A telephone for codes by SMS.
///
/// Its forms post `csrf` and `number` to `/account/factors/sms`, and `csrf` and `code` to `/account/factors/sms/confirm`.
#[derive(Debug)]
pub struct AccountNumber(pub NewNumber);

/// A new passkey.
///
/// Its form posts `csrf`, `name` and `answer`, which the script fills in, to `/account/factors/passkey`.
#[derive(Debug)]
pub struct AccountPasskey(pub NewPasskey);

/// The person's factors.
///
/// Its forms post `csrf`, and `factor` where one is meant, to `/account/factors/unlock`,
/// `/account/factors/remove` and `/account/factors/codes`.
#[derive(Debug)]
pub struct AccountFactors(pub Factors);

/// The question before a factor is removed.
///
/// Its form posts `csrf`, `factor` and `sure` to `/account/factors/remove`.
#[derive(Debug)]
pub struct AccountRemove(pub Removal);

/// New recovery codes, shown this once.
pub struct AccountCodes {
    /// The codes, as they are printed.
    pub codes: Vec<String>,
}

impl Ways {
    fn name(&self, frame: &Frame, way: &Way) -> &'static str {
        name(frame.language, way.factor)
    }

    fn source(&self, frame: &Frame, way: &Way) -> &'static str {
        source(frame.language, way.factor)
    }
}

impl Recovery {
    fn problem(&self, frame: &Frame) -> Option<String> {
        self.problem.map(|problem| login::problem(frame.language, problem))
    }
}

impl Passkey {
    fn problem(&self, frame: &Frame) -> Option<String> {
        self.problem.map(|problem| login::problem(frame.language, problem))
    }
}

impl Sms {
    fn problem(&self, frame: &Frame) -> Option<String> {
        self.problem.map(|problem| login::problem(frame.language, problem))
    }

    /// Whether a message is on its way, as far as this page knows.
    fn was_sent(&self) -> bool {
        !matches!(self.problem, Some(Problem::SmsWait { .. } | Problem::SmsSpent))
    }
}

impl std::ops::Deref for AccountNumber {
    type Target = NewNumber;

    fn deref(&self) -> &NewNumber {
        &self.0
    }
}

impl AccountNumber {
    fn problem(&self, frame: &Frame) -> Option<String> {
        let words = factors::words(frame.language);
        self.notice.map(|notice| match notice {
            NumberNotice::Form => words.sms_bad_number.to_owned(),
            NumberNotice::NotServed => words.sms_not_served.to_owned(),
            NumberNotice::Wait { seconds } => factors::sms_wait(frame.language, seconds.into()),
            NumberNotice::Spent => words.sms_spent.to_owned(),
            NumberNotice::NotACode => words.sms_shape.to_owned(),
            NumberNotice::Wrong => words.sms_wrong.to_owned(),
            NumberNotice::Late => words.sms_late.to_owned(),
        })
    }

    fn is_about_the_field(&self) -> bool {
        matches!(
            self.notice,
            Some(
                NumberNotice::Form
                    | NumberNotice::NotServed
                    | NumberNotice::NotACode
                    | NumberNotice::Wrong
            )
        )
    }
}

impl std::ops::Deref for AccountPasskey {
    type Target = NewPasskey;

    fn deref(&self) -> &NewPasskey {
        &self.0
    }
}

impl AccountPasskey {
    fn problem(&self, frame: &Frame) -> Option<&'static str> {
        let words = factors::words(frame.language);
        self.notice.map(|notice| match notice {
            PasskeyNotice::Name => words.passkey_bad_name,
            PasskeyNotice::TooMany => words.passkey_too_many,
            PasskeyNotice::NoAnswer => words.passkey_none,
            PasskeyNotice::Refused => words.passkey_refused,
        })
    }

    fn is_about_the_name(&self) -> bool {
        self.notice == Some(PasskeyNotice::Name)
    }
}

impl FactorRow {
    fn is_password(&self) -> bool {
        self.factor == Factor::Password
    }

    /// The help page that says where its code comes from (IC-09).
    fn help(&self) -> Option<&'static str> {
        match self.factor {
            Factor::Password => None,
            Factor::Totp => Some(Topic::Code.id()),
            _ => Some(Topic::Ways.id()),
        }
    }

    fn is_app(&self) -> bool {
        self.factor == Factor::Totp
    }
}

impl std::ops::Deref for AccountFactors {
    type Target = Factors;

    fn deref(&self) -> &Factors {
        &self.0
    }
}

impl AccountFactors {
    fn name(&self, frame: &Frame, row: &FactorRow) -> String {
        labelled(frame, row)
    }

    fn source(&self, frame: &Frame, row: &FactorRow) -> &'static str {
        source(frame.language, row.factor)
    }

    fn ago(&self, frame: &Frame, seconds: &u64) -> String {
        account::ago(frame.language, *seconds)
    }

    fn left(&self, frame: &Frame, left: &usize) -> String {
        factors::left_of(frame.language, *left, COUNT)
    }

    fn has_codes(&self) -> bool {
        self.rows.iter().any(|row| row.factor == Factor::RecoveryCode)
    }

    /// What has just happened, and whether it is what the person wanted.
    fn done(&self, frame: &Frame) -> Option<(&'static str, bool)> {
        let words = factors::words(frame.language);
        self.0.done.map(|done| match done {
            Done::Added => (words.done_added, true),
            Done::AddedNumber => (words.done_number, true),
            Done::AddedApp => (words.done_app, true),
            Done::Removed => (words.done_removed, true),
            Done::Locked => (words.done_locked, false),
            Done::Gone => (words.done_gone, false),
        })
    }
}

impl std::ops::Deref for AccountRemove {
    type Target = Removal;

    fn deref(&self) -> &Removal {
        &self.0
    }
}

impl AccountRemove {
    fn name(&self, frame: &Frame) -> String {
        labelled(frame, &self.row)
    }

    fn cost(&self, frame: &Frame) -> Option<String> {
        let words = factors::words(frame.language);
        let lowers = self.after < Some(self.before);
        if lowers {
            return Some(factors::lowers(
                frame.language,
                self.before.name(),
                self.after.map(Level::name),
            ));
        }
        (self.last && self.row.factor != Factor::RecoveryCode).then(|| words.remove_last.to_owned())
    }
}

impl AccountCodes {
    /// The codes as a text file in an address, which a browser saves without a second request.
    fn file(&self, frame: &Frame) -> String {
        let text = factors::words(frame.language).codes_text;
        let text = format!("{} - {text}\r\n\r\n{}\r\n", frame.name, self.codes.join("\r\n"));
        format!("data:text/plain;charset=utf-8,{}", utf8_percent_encode(&text, NON_ALPHANUMERIC))
    }
}

// The codes must not reach a log by way of a page.
impl std::fmt::Debug for AccountCodes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AccountCodes({})", self.codes.len())
    }
}

/// What a person's factor is called, by the person too.
fn labelled(frame: &Frame, row: &FactorRow) -> String {
    let kind = match row.factor {
        Factor::Push => factors::words(frame.language).app,
        factor => name(frame.language, factor),
    };
    row.label.as_ref().map_or_else(|| kind.to_owned(), |label| format!("{kind}: {label}"))
}

/// What a factor is called.
pub(super) fn name(language: Language, factor: Factor) -> &'static str {
    let words = factors::words(language);
    match factor {
        Factor::Totp => words.totp,
        Factor::Passkey => words.passkey,
        Factor::Sms => words.sms,
        Factor::Push => words.push,
        Factor::PhonePin => words.app_pin,
        Factor::Qr | Factor::QrPasswordless => words.qr,
        Factor::RecoveryCode => words.recovery,
        Factor::SmartCard | Factor::CnsLike => card::words(language).way,
        _ => words.credentials,
    }
}

/// Where its code comes from (IC-09).
fn source(language: Language, factor: Factor) -> &'static str {
    let words = factors::words(language);
    match factor {
        Factor::Totp => words.totp_source,
        Factor::Passkey => words.passkey_source,
        Factor::Sms => words.sms_source,
        Factor::Push => words.push_source,
        Factor::PhonePin => words.app_pin_source,
        Factor::Qr | Factor::QrPasswordless => words.qr_source,
        Factor::RecoveryCode => words.recovery_source,
        Factor::SmartCard | Factor::CnsLike => card::words(language).source,
        _ => words.credentials_source,
    }
}

page!(Ways, "ways.html", factors);
page!(Recovery, "recovery.html", factors);
page!(Passkey, "passkey.html", factors);
page!(Sms, "sms.html", factors);
page!(AccountNumber, "account_number.html", factors);
page!(AccountPasskey, "account_passkey.html", factors);
page!(AccountFactors, "account_factors.html", factors);
page!(AccountRemove, "account_remove.html", factors);
page!(AccountCodes, "account_codes.html", factors);
