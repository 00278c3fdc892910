//! What the browser gets, as data: `web/reply.rs` alone renders it.

use crate::assurance::class_ref::ClassRef;
use crate::assurance::factor::Factor;
use crate::factors::password::Unacceptable;
use crate::flow::account::Done;
use crate::flow::activity::Activity;
use crate::flow::adding::{
    FactorRow, Invitation, NewApp, NewNumber, NewPasskey, PrintedCodes, Removal,
};
use crate::flow::card::reply::{CardReply, CardSetBack};
use crate::flow::factors::Done as FactorsDone;
use crate::flow::first_password::FirstPassword;
use crate::flow::logout::reply::LogoutReply;
use crate::flow::number_link::NumberLinkPage;
use crate::flow::phone::reply::{Asking, PhoneReply, Stage};
use crate::flow::pincode::PincodePage;
use crate::flow::profile::ProfilePage;
use crate::flow::recover::reply::RecoverReply;
use crate::flow::task::CampaignShow;
use crate::flow::upstream::reply::{Asked, Offer, SetBack, Trial, Unproven};
use crate::identity::release::Release;
use crate::login::choice::Choice;
use crate::login::outcome::Refusal;
use crate::login::request::LocalName;
use crate::login::ways::Shown;
use crate::saml::response::PostForm;
use crate::saml::status::Fault;

/// What the browser gets.
#[derive(Debug)]
pub enum Reply {
    /// Go on at the login's own page.
    Continue {
        /// The login.
        handle: String,
        /// The browser's secret for it, to be kept in a cookie, if it is new.
        browser: Option<String>,
    },
    /// The new app is active: say so at the login's own page for that.
    Enrolled {
        /// The login.
        handle: String,
        /// The browser's new secret for it.
        browser: Option<String>,
    },
    /// A page of a login.
    Page(Box<LoginPage>),
    /// The way to another identity provider.
    Ask(Box<Asked>),
    /// Back from one: go on at the login's own page for that.
    Back {
        /// The login.
        handle: String,
    },
    /// The end of a trial of other identity providers.
    Trial(Box<Trial>),
    /// The answer, to be posted to the service provider.
    Answer(Box<Answer>),
    /// A page of the person's own.
    Account(Box<AccountPage>),
    /// Go on at this page of the person's own.
    ToAccount(&'static str),
    /// The same, with new cookies.
    Entered(Box<Entered>),
    /// Of a smart card.
    Card(CardReply),
    /// How a request to a phone stands, for the script of the page that waits.
    Stage(Stage),
    /// Of the app.
    Phone(PhoneReply),
    /// Of a logout.
    Logout(LogoutReply),
    /// Of a recovery.
    Recover(RecoverReply),
    /// A page outside any login.
    Trouble(Box<Trouble>),
}

/// The way to a page of the person's own.
#[derive(Debug)]
pub struct Entered {
    /// The cookie of the browser's session, if it is new.
    pub session: Option<SessionCookie>,
    /// A cookie by which this browser is known later.
    pub device: Option<String>,
    /// The page's path.
    pub to: &'static str,
}

/// A page of the person's own.
#[derive(Debug)]
pub enum AccountPage {
    /// The way in.
    Welcome {
        /// Why the person was not let in.
        refused: Option<Refusal>,
    },
    /// The person's sessions.
    Sessions {
        /// The token that its forms must carry.
        csrf: String,
        /// The sessions, this one first.
        rows: Vec<SessionRow>,
        /// Whether one-time codes wait to be activated (AR-04).
        inactive: bool,
        /// Whether there are pincodes here (TS-10).
        pincode: bool,
        /// What has just happened.
        done: Option<Done>,
    },
    /// What is on record of them.
    Profile(Box<ProfilePage>),
    /// What a link in their mail leads to.
    NumberLink(NumberLinkPage),
    /// Their pincode.
    Pincode(PincodePage),
    /// Their last logins and what they were told of.
    Activity(Activity),
    /// The person's factors.
    Factors(Factors),
    /// What it costs to remove one.
    Removal(Box<Removal>),
    /// A new passkey.
    NewPasskey(NewPasskey),
    /// The code by which a phone is linked.
    Invitation(Invitation),
    /// Another authenticator app.
    NewApp(Box<NewApp>),
    /// A telephone for codes by SMS.
    NewNumber(NewNumber),
    /// New recovery codes, shown this once.
    RecoveryCodes(PrintedCodes),
    /// A new password.
    Password {
        /// The token that its form must carry.
        csrf: String,
        /// The person's user name, for the browser's own list of passwords.
        username: String,
        /// What went wrong before.
        notice: Option<PasswordNotice>,
    },
}

/// A session as its person sees it.
#[derive(Clone, Debug)]
pub struct SessionRow {
    /// Its id, for the form that ends it.
    pub id: String,
    /// Browser and system; empty if unknown.
    pub browser: String,
    /// The network that it is from.
    pub network: String,
    /// Seconds since it was opened.
    pub opened: u64,
    /// Seconds since it last served.
    pub used: u64,
    /// The services that were told in it.
    pub services: Vec<LocalName>,
    /// Whether it is the one that looks.
    pub this: bool,
}

/// A person's factors.
#[derive(Debug)]
pub struct Factors {
    /// The token that its forms must carry.
    pub csrf: String,
    /// What there is, the password first.
    pub rows: Vec<FactorRow>,
    /// Whether the person has shown enough, of late, to change them.
    pub open: bool,
    /// Whether what is added now is worth SpidL1 only.
    pub weak: bool,
    /// Whether a telephone for codes by SMS can be added.
    pub may_have_sms: bool,
    /// Whether another authenticator app can be added.
    pub may_have_totp: bool,
    /// Whether a phone can be linked.
    pub may_have_app: bool,
    /// Whether passkeys can be had here.
    pub may_have_passkeys: bool,
    /// Whether there is a second factor that recovery codes can stand in for.
    pub may_have_codes: bool,
    /// What has just happened.
    pub done: Option<FactorsDone>,
}

/// What went wrong with a new password.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PasswordNotice {
    /// A field was left empty.
    Missing,
    /// The new one was typed in two ways.
    Different,
    /// It is the present one.
    Same,
    /// It may not be chosen.
    Unacceptable(Unacceptable),
    /// The present one is not right.
    Wrong,
    /// Nothing was tried: there were too many wrong attempts before.
    Wait {
        /// For how many seconds.
        seconds: u32,
    },
}

/// A page of a login.
#[derive(Debug)]
pub struct LoginPage {
    /// The login.
    pub handle: String,
    /// The token that its forms must carry.
    pub csrf: String,
    /// Who asks.
    pub service: LocalName,
    /// Whether it is we who ask: the login is to the person's own pages.
    pub own: bool,
    /// The class that is asked for, if any.
    pub asked: Option<ClassRef>,
    /// The factors of which one is to be shown now, the easiest first; empty where none is asked for.
    pub ways: Vec<Factor>,
    /// What it shows.
    pub show: Show,
}

/// What a page of a login shows.
#[derive(Debug)]
pub enum Show {
    /// User name and password.
    Password {
        /// What the person typed before.
        username: String,
        /// What went wrong before.
        notice: Option<Notice>,
    },
    /// The ways to come in: other identity providers, and our own login beside them if it is one (TS-01).
    Access(Box<Access>),
    /// Another identity provider's answer does not let the login go on.
    SetBack(Box<SetBack>),
    /// A code of the authenticator app.
    Totp {
        /// Seconds that a code lasts.
        period: u32,
        /// What went wrong before.
        notice: Option<Notice>,
    },
    /// A recovery code.
    Recovery {
        /// What went wrong before.
        notice: Option<Notice>,
    },
    /// A passkey.
    Passkey {
        /// What the browser's script asks the authenticator, JSON.
        options: String,
        /// What went wrong before.
        notice: Option<Notice>,
    },
    /// A code that was sent by SMS.
    Sms {
        /// Where to, masked.
        number: String,
        /// Whether the person has just had another one sent.
        again: bool,
        /// What went wrong before.
        notice: Option<Notice>,
    },
    /// The way to the listener at which a smart card is shown.
    Card,
    /// The card does not let the login go on.
    CardSetBack(Box<CardSetBack>),
    /// A new password, in the place of one that somebody else knows.
    NewPassword(FirstPassword),
    /// What a campaign asks, or that its end has locked the person out.
    Campaign(CampaignShow),
    /// A request that the person's phone answers.
    Phone(Box<Asking>),
    /// The ways in which the person may go on.
    Ways,
    /// The activation code that came with the account.
    Activation {
        /// What went wrong before.
        notice: Option<Notice>,
    },
    /// The key of a new authenticator app.
    EnrolTotp(Box<crate::flow::adding::Enrolling>),
    /// The app is active.
    Enrolled,
    /// The identities with which the login may go on.
    Choose {
        /// Which.
        choices: Vec<Choice>,
        /// Whether the person went on without choosing.
        missing: bool,
    },
    /// What would be released.
    Consent {
        /// What, and what is not there.
        release: Release,
        /// Whether it is not what the person agreed to a moment ago.
        changed: bool,
    },
}

/// The ways to come in.
#[derive(Debug)]
pub struct Access {
    /// Whether our own login is one.
    pub own: bool,
    /// What the person typed before.
    pub username: String,
    /// What went wrong before.
    pub notice: Option<Notice>,
    /// The others.
    pub offers: Vec<Offer>,
    /// How they are shown.
    pub shown: Shown,
}

/// What went wrong with the last attempt.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Notice {
    /// A field was left empty; nothing was tried.
    Missing,
    /// It does not look like a code; nothing was tried.
    NotACode,
    /// User name and password do not belong together.
    WrongCredentials {
        /// How many attempts are left in this login.
        left: u8,
    },
    /// The code is not right, or was used before.
    WrongCode {
        /// How many attempts are left in this login.
        left: u8,
    },
    /// It does not look like a recovery code; nothing was tried.
    NotARecoveryCode,
    /// The recovery code is not right, or was used before.
    WrongRecovery {
        /// How many attempts are left in this login.
        left: u8,
    },
    /// No passkey came with the form, or too late; nothing was tried.
    NoAnswer,
    /// The passkey is none of the person's, or its answer does not hold.
    WrongPasskey {
        /// How many attempts are left in this login.
        left: u8,
    },
    /// The code is not the one that was sent last, or is too old.
    WrongSms {
        /// How many attempts are left in this login.
        left: u8,
    },
    /// No message was sent: the last one has just left.
    SmsWait {
        /// Seconds to wait.
        seconds: u32,
    },
    /// No message was sent: too many have left today.
    SmsSpent,
    /// The person has not answered on their phone yet.
    NotAnswered,
    /// The request was denied on the phone, or wrong numbers were typed there.
    Denied {
        /// How many attempts are left in this login.
        left: u8,
    },
    /// The request can be answered no more.
    PushOver,
    /// The phone was not asked: it has just been.
    PushWait {
        /// Seconds to wait.
        seconds: u32,
    },
    /// The phone was not asked: its person reported a request.
    PushLocked,
    /// The code is not the new app's; nothing was counted.
    NotTheAppsCode,
    /// The activation code is not right, was used, or is too old.
    WrongActivation {
        /// How many attempts are left in this login.
        left: u8,
    },
    /// Nothing was tried: there were too many wrong attempts before.
    Wait {
        /// For how many seconds.
        seconds: u32,
    },
}

/// The answer on its way.
#[derive(Debug)]
pub struct Answer {
    /// The form that carries it.
    pub form: PostForm,
    /// The login that it ends, if there was one.
    pub handle: Option<String>,
    /// Why the person was not named, if so.
    pub why: Option<Why>,
    /// A cookie by which this browser is known later.
    pub device: Option<String>,
    /// The cookie of the browser's session, if it is new.
    pub session: Option<SessionCookie>,
}

/// The cookie of a session.
pub struct SessionCookie {
    /// What it says.
    pub value: String,
    /// For how long the browser keeps it, seconds.
    pub seconds: i64,
}

/// Why a service provider gets no name.
#[derive(Debug)]
pub enum Why {
    /// The login ended so.
    Refused(Refusal),
    /// Nothing that the person has reaches the level (nr20).
    Level {
        /// The least level that would have done, by SPID's name; none if no level would.
        least: Option<ClassRef>,
        /// Whether anybody can reach it here.
        given_here: bool,
    },
    /// The person is not of the age that is wanted.
    Age {
        /// Given names, if known.
        name: Option<String>,
        /// Who wants it.
        service: LocalName,
    },
    /// The request was at fault.
    Fault(Fault),
}

/// A page outside any login.
#[derive(Debug)]
pub enum Trouble {
    /// A request that nobody but the browser may hear of.
    Fault {
        /// What is wrong with it.
        fault: Fault,
        /// The page's status.
        status: u16,
    },
    /// No such login, or it is too long ago.
    Expired,
    /// The login began in another browser, or this one keeps no cookies.
    OtherBrowser,
    /// The login went on, and this browser never heard of it, or this window of it.
    LeftBehind,
    /// There is no such page.
    NoSuchPage,
    /// The form was not sent by a page of ours.
    NotOurForm,
    /// Too much is going on.
    Busy {
        /// Seconds to wait.
        seconds: u32,
    },
    /// This address, or this service provider, sent too much.
    TooMany {
        /// Seconds to wait.
        seconds: u32,
    },
    /// An answer of another identity provider that is not believed.
    Upstream(Box<Unproven>),
    /// We failed (nr03): the disk, a key. The log says what.
    Unavailable,
    /// We failed at a posted request (nr02).
    NotAnswering,
}

// The secret must not reach a log.
impl std::fmt::Debug for SessionCookie {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionCookie").field("seconds", &self.seconds).finish_non_exhaustive()
    }
}
