//! What the phone gets, and the page that waits for it, as data.

use crate::assurance::factor::Factor;
use crate::flow::reply::Notice;
use crate::login::request::LocalName;

/// What the phone gets.
#[derive(Debug)]
pub enum PhoneReply {
    /// The app's first page.
    Home(Box<Home>),
    /// A new key for it.
    Enrol(Box<NewPhone>),
    /// What the new key signs first.
    Prove(Box<Proof>),
    /// A new key and a PIN, where there is no authenticator.
    EnrolPin(Box<NewPin>),
    /// Another PIN.
    ChangePin(Box<PinChange>),
    /// What its person is asked.
    Question(Box<Question>),
    /// Something that ends here.
    Told(Told),
    /// Go on at the first page, with a new cookie if there is one.
    ToHome {
        /// By which the phone is known from now on.
        cookie: Option<String>,
        /// What has just happened.
        done: &'static str,
    },
    /// The codes of the requests that wait, for the script.
    Waiting(Vec<String>),
    /// What was sent is kept.
    Kept,
    /// What was sent is not.
    NotKept,
}

/// The app's first page.
#[derive(Debug)]
pub struct Home {
    /// Whose phone it is, if anybody's.
    pub linked: Option<Linked>,
    /// What has just happened.
    pub done: Option<Done>,
}

/// A phone that is somebody's.
#[derive(Debug)]
pub struct Linked {
    /// The token that its forms must carry.
    pub csrf: String,
    /// The person's user name.
    pub username: String,
    /// What they call the phone.
    pub name: String,
    /// Whether notifications go to it.
    pub notified: bool,
    /// The key for whoever subscribes to notifications, base64url; none where none are sent.
    pub push_key: Option<String>,
    /// The requests that wait, the newest first.
    pub waiting: Vec<Waiting>,
    /// How its PIN stands, if it has one.
    pub pin: Option<PinState>,
}

/// How the PIN of a phone stands.
#[derive(Clone, Debug)]
pub struct PinState {
    /// The name of the key beside it, by which the browser keeps it.
    pub key: String,
    /// How many wrong ones are left; none: the phone is locked.
    pub left: u8,
}

impl PinState {
    /// Whether the phone is locked.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.left == 0
    }
}

/// A request that waits.
#[derive(Debug)]
pub struct Waiting {
    /// Its name.
    pub code: String,
    /// Who asks; none: the person's own pages.
    pub service: Option<LocalName>,
    /// Seconds since it was asked.
    pub ago: u64,
}

/// What has just happened at the phone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Done {
    /// It was linked.
    Linked,
    /// A request was approved.
    Approved,
    /// One was denied.
    Denied,
    /// One was reported.
    Reported,
    /// Another PIN was chosen.
    PinChanged,
}

/// A phone that is about to be linked.
#[derive(Debug)]
pub struct NewPhone {
    /// The enrolment's code.
    pub code: String,
    /// Whose it will be.
    pub username: String,
    /// What the script asks the authenticator, JSON.
    pub options: String,
    /// Whether the name that was given cannot be taken.
    pub bad_name: bool,
    /// Whether a key with a PIN will do, where there is no authenticator.
    pub pin: bool,
}

/// A phone without an authenticator that is about to be linked.
#[derive(Debug)]
pub struct NewPin {
    /// The enrolment's code.
    pub code: String,
    /// Whose it will be.
    pub username: String,
    /// What the new key signs: a JSON array, at whose end the script puts the key's name.
    pub signs: String,
    /// The name that was given before.
    pub name: Option<String>,
    /// Why what was sent before is not taken.
    pub problem: Option<PinProblem>,
}

/// Why a phone's key with a PIN, or another PIN, is not taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PinProblem {
    /// The phone's name cannot be taken.
    Name,
    /// The PIN is not six to twelve digits.
    Shape,
    /// The PIN is among the first that anybody would try.
    Trivial,
    /// It was not typed the same twice.
    Different,
    /// The present PIN is wrong.
    Wrong {
        /// How many are left.
        left: u8,
    },
}

/// Another PIN.
#[derive(Debug)]
pub struct PinChange {
    /// The token that its form must carry.
    pub csrf: String,
    /// The key beside it, and how many wrong ones are left.
    pub pin: PinState,
    /// What the key signs, a JSON array.
    pub signs: String,
    /// Why what was sent before is not taken.
    pub problem: Option<PinProblem>,
}

/// The first thing that a new key signs.
#[derive(Debug)]
pub struct Proof {
    /// The enrolment's code.
    pub code: String,
    /// What the script asks the authenticator, JSON.
    pub options: String,
}

/// What a person is asked on their phone.
#[derive(Debug)]
pub struct Question {
    /// The token that its forms must carry.
    pub csrf: String,
    /// The request's name.
    pub code: String,
    /// By which factor.
    pub factor: &'static str,
    /// Who asks: an entityID.
    pub party: String,
    /// What people call it; none: the person's own pages.
    pub service: Option<LocalName>,
    /// Whether a number is to be typed.
    pub matches: bool,
    /// What was wrong before.
    pub wrong: Option<Wrong>,
    /// The network of the other browser.
    pub network: String,
    /// The other browser.
    pub browser: String,
    /// When it was asked.
    pub asked: chrono::DateTime<chrono::Utc>,
    /// What the script asks the authenticator, JSON, but for the challenge; empty where there is none.
    pub options: String,
    /// How the PIN stands, where there is no authenticator.
    pub pin: Option<PinState>,
    /// What the key signs, a JSON array, at whose end the script puts the number; what an authenticator signs is its hash.
    pub signs: String,
    /// The person's user name.
    pub username: String,
}

/// What was wrong in an answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Wrong {
    /// The number.
    Number,
    /// The PIN.
    Pin,
    /// What was typed cannot be a PIN, and was not tried.
    PinShape,
}

/// What a phone is told, and nothing more.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Told {
    /// No such code, or it is too old.
    NoSuchCode,
    /// The phone is nobody's.
    NotLinked,
    /// The request was answered already, or is over.
    Over,
    /// The key's answer does not hold.
    Refused,
    /// The app is too old (IC-21).
    TooOld,
    /// The phone's person has too many.
    TooMany,
    /// The form is not of a page of this phone.
    NotOurs,
    /// Keys with a PIN do not serve here, or no more.
    NoPins,
    /// A key with a PIN does not stand in for the password (IC-07).
    NotAlone,
}

/// A request that the person's phone answers.
#[derive(Debug)]
pub struct Asking {
    /// By which factor.
    pub factor: Factor,
    /// How it stands.
    pub stage: Stage,
    /// The number to type on the phone, where one is matched and it can be answered still.
    pub number: Option<String>,
    /// The code to type on the phone in the place of scanning, while it can be answered.
    pub code: Option<String>,
    /// The same as an address, for the QR code.
    pub link: Option<String>,
    /// Seconds for which it can be answered, or scanned.
    pub seconds: i64,
    /// What went wrong before.
    pub notice: Option<Notice>,
}

/// How a request to a phone stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stage {
    /// It waits.
    Waiting,
    /// A phone has it before its eyes.
    Opened,
    /// It was answered.
    Answered,
    /// It cannot be answered any more.
    Over,
}

impl Stage {
    /// Its name, for the script.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Opened => "opened",
            Self::Answered => "answered",
            Self::Over => "over",
        }
    }
}
