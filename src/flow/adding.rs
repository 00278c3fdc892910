//! What a person adds at their own pages, and what they take away, as the pages show it.

use crate::assurance::factor::Factor;
use crate::assurance::level::Level;
use crate::flow::reply::Notice;

/// A factor as its person sees it.
#[derive(Clone, Debug)]
pub struct FactorRow {
    /// Its id, for the form that removes it.
    pub id: String,
    /// Its kind.
    pub factor: Factor,
    /// What its person calls it, if they have a word in it.
    pub label: Option<String>,
    /// Seconds since it was enrolled.
    pub enrolled: u64,
    /// Seconds since it last held, if it did.
    pub used: Option<u64>,
    /// How many recovery codes are left.
    pub left: Option<usize>,
    /// What it is worth, with the password where it follows one.
    pub worth: Level,
    /// Whether it holds no more before it is enrolled anew.
    pub locked: bool,
}

/// A passkey that a person is about to make.
#[derive(Debug)]
pub struct NewPasskey {
    /// The token that its form must carry.
    pub csrf: String,
    /// What the browser's script asks the authenticator, JSON.
    pub options: String,
    /// What went wrong before.
    pub notice: Option<PasskeyNotice>,
}

/// What went wrong with a new passkey.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PasskeyNotice {
    /// It has no name, or too long a one.
    Name,
    /// The person has as many as anybody may.
    TooMany,
    /// None came with the form, or too late.
    NoAnswer,
    /// It does not hold.
    Refused,
}

/// A telephone that a person is about to add.
#[derive(Debug)]
pub struct NewNumber {
    /// The token that its form must carry.
    pub csrf: String,
    /// The number to begin with.
    pub number: String,
    /// Where a code was sent, masked: the code is asked for.
    pub sent_to: Option<String>,
    /// What went wrong before.
    pub notice: Option<NumberNotice>,
}

/// What went wrong with a new telephone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NumberNotice {
    /// It is no telephone number.
    Form,
    /// Nothing is sent to such numbers.
    NotServed,
    /// The last message has just left.
    Wait {
        /// Seconds to wait.
        seconds: u32,
    },
    /// Too many messages have left today.
    Spent,
    /// It does not look like a code.
    NotACode,
    /// It is not the code that was sent last.
    Wrong,
    /// No code would hold any more.
    Late,
}

/// The code by which a phone is linked.
pub struct Invitation {
    /// The code.
    pub code: String,
    /// The same as an address, for the QR code.
    pub link: String,
    /// How long it lasts.
    pub minutes: i64,
}

// The code must not reach a log.
impl std::fmt::Debug for Invitation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Invitation")
    }
}

/// Recovery codes as they are printed.
pub struct PrintedCodes(pub Vec<String>);

// The codes must not reach a log.
impl std::fmt::Debug for PrintedCodes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PrintedCodes({})", self.0.len())
    }
}

/// The key of a new authenticator app (AR-05).
pub struct Enrolling {
    /// What the person types to log in.
    pub username: String,
    /// Given names.
    pub given_names: Option<String>,
    /// Family names.
    pub family_names: Option<String>,
    /// The key as an `otpauth` address, for the QR code.
    pub uri: String,
    /// The key in base32.
    pub key: String,
    /// Seconds that a code lasts.
    pub period: u32,
    /// What went wrong before.
    pub notice: Option<Notice>,
}

/// Another authenticator app, at the person's own pages.
#[derive(Debug)]
pub struct NewApp {
    /// The token that its form must carry.
    pub csrf: String,
    /// Its key.
    pub enrolling: Enrolling,
}

// The key must not reach a log.
impl std::fmt::Debug for Enrolling {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Enrolling").field("username", &self.username).finish_non_exhaustive()
    }
}

/// A factor that a person is about to remove.
#[derive(Debug)]
pub struct Removal {
    /// The token that its form must carry.
    pub csrf: String,
    /// Which.
    pub row: FactorRow,
    /// The level that the person reaches now.
    pub before: Level,
    /// The one that they reach without it.
    pub after: Option<Level>,
    /// Whether it is the last that recovery codes stand in for.
    pub last: bool,
}
