//! A login that another identity provider is asked about, while the browser is there; and what came of it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::assurance::level::Level;
use crate::login::outcome::Refusal;
use crate::login::vouched::Vouched;

/// A question to another identity provider, kept under a handle of its own until the answer has been used.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Delegation {
    /// The login that it is of.
    pub login: String,
    /// Our name for the upstream.
    pub upstream: String,
    /// Who was asked: an entityID, an issuer. Nobody else's answer counts.
    pub provider: String,
    /// As whom we asked: the name of the relying-party entity.
    pub entity: String,
    /// The request's own name, which its answer must repeat.
    pub request: String,
    /// When it was sent.
    pub at: DateTime<Utc>,
    /// The level asked for.
    pub asked: Level,
    /// Whether the person has to show who they are anew.
    pub afresh: bool,
    /// What the protocol needs to judge the answer: written and read by that protocol alone.
    pub notes: String,
    /// Until when an answer is taken.
    pub expires: DateTime<Utc>,
    /// What came back, once something did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub word: Option<Word>,
}

/// What came back, judged.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Word {
    /// Who it is.
    Vouched(Box<Vouched>),
    /// A no, in our terms whatever the upstream's.
    No(No),
}

/// Why an upstream's answer does not let a login go on: what the person is told, with what to do now.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Setback {
    /// Our name for the upstream.
    pub upstream: String,
    /// Who was asked.
    pub provider: String,
    /// What happened.
    pub why: No,
}

/// What an upstream's no, or our no to its answer, comes to.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum No {
    /// Too many wrong attempts there (nr19).
    TooManyAttempts,
    /// The person has nothing there of the level asked (nr20), or what was shown is less.
    Level {
        /// What was shown, where that is known.
        reached: Option<Level>,
    },
    /// It took too long there (nr21).
    TimedOut,
    /// The person did not let the data be sent (nr22).
    ConsentDenied,
    /// The identity is suspended or revoked there (nr23).
    Suspended,
    /// The person gave up there (nr25).
    Cancelled,
    /// The identity is of another type than was asked (nr30).
    IdentityType,
    /// It does not take our request: its fault or ours, not the person's (nr08 to nr18).
    Request,
    /// It has a fault of its own, or says no more than that it failed.
    Failed,
    /// The person was to show who they are anew, and was not asked to.
    NotAfresh,
    /// Nobody with this fiscal code has an account here, and none is made (TS-03).
    Unknown,
    /// It does not say the fiscal code by which an account is found.
    NoFiscalCode,
}

impl No {
    /// Every one; levels stand for all.
    pub const ALL: [Self; 12] = [
        Self::TooManyAttempts,
        Self::Level { reached: None },
        Self::TimedOut,
        Self::ConsentDenied,
        Self::Suspended,
        Self::Cancelled,
        Self::IdentityType,
        Self::Request,
        Self::Failed,
        Self::NotAfresh,
        Self::Unknown,
        Self::NoFiscalCode,
    ];

    /// SPID's numbers, as an upstream says them (spid-saml §3).
    #[must_use]
    pub fn of_number(number: u16) -> Self {
        match number {
            8..=18 => Self::Request,
            19 => Self::TooManyAttempts,
            20 => Self::Level { reached: None },
            21 => Self::TimedOut,
            22 => Self::ConsentDenied,
            23 => Self::Suspended,
            25 => Self::Cancelled,
            30 => Self::IdentityType,
            _ => Self::Failed,
        }
    }

    /// What the relying party is told if the person leaves it at that: the same whatever the upstream's dialect.
    #[must_use]
    pub fn refusal(self) -> Refusal {
        match self {
            Self::TooManyAttempts => Refusal::TooManyAttempts,
            Self::Level { .. } => Refusal::LevelUnreachable,
            Self::TimedOut => Refusal::TimedOut,
            Self::ConsentDenied => Refusal::ConsentDenied,
            Self::Suspended => Refusal::Suspended,
            Self::Cancelled | Self::NotAfresh | Self::Request | Self::Failed => Refusal::Cancelled,
            Self::IdentityType => Refusal::IdentityType,
            Self::Unknown | Self::NoFiscalCode => Refusal::Unknown,
        }
    }

    /// Its name in the log and the register.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::TooManyAttempts => "too-many-attempts",
            Self::Level { .. } => "level",
            Self::TimedOut => "timed-out",
            Self::ConsentDenied => "consent-denied",
            Self::Suspended => "suspended",
            Self::Cancelled => "cancelled",
            Self::IdentityType => "identity-type",
            Self::Request => "request",
            Self::Failed => "failed",
            Self::NotAfresh => "not-afresh",
            Self::Unknown => "unknown",
            Self::NoFiscalCode => "no-fiscal-code",
        }
    }
}
