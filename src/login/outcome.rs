//! How a login ends.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::assurance::class_ref::ClassRef;
use crate::assurance::factor::Factor;
use crate::assurance::level::Level;
use crate::identity::release::Released;
use crate::identity::subject::Subject;

/// How a login ended.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// We know who it is.
    Authenticated(Authenticated),
    /// We do not say.
    Refused(Refusal),
}

/// What the relying party is told of a person.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Authenticated {
    /// The person, by our own name: never sent.
    pub subject: Subject,
    /// The level achieved.
    pub achieved: Level,
    /// The class to assert; its level is never above `achieved`.
    pub class: ClassRef,
    /// When the last factor held.
    pub at: DateTime<Utc>,
    /// The factors that held.
    pub factors: Vec<Factor>,
    /// The number of the identity that is told of.
    pub identity: u16,
    /// What is released.
    pub attributes: Vec<Released>,
}

/// Why the relying party is not told who somebody is (spid-saml §3, nr19 to nr30).
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// Too many wrong attempts (nr19).
    TooManyAttempts,
    /// Nothing that this person has reaches what was asked (nr20).
    LevelUnreachable,
    /// It took too long (nr21).
    TimedOut,
    /// The person does not want the data sent (nr22).
    ConsentDenied,
    /// The identity is suspended or revoked, or its credentials are blocked (nr23).
    Suspended,
    /// The person gave up (nr25).
    Cancelled,
    /// Nobody may be asked, and somebody would have to be (NoPassive).
    Passive,
    /// The person has no name of the kind that is asked for (InvalidNameIDPolicy).
    NoName,
    /// The person's identity is of another type than the purpose of the request wants (nr30).
    IdentityType,
    /// The person is not of the age that is wanted. The rules give it no number of its own: it is
    /// told as an identity that does not do (nr30).
    WrongAge,
    /// Nobody here is who another identity provider says that it is, and no account is made (nr23).
    Unknown,
}

impl Refusal {
    /// Every one.
    pub const ALL: [Self; 11] = [
        Self::TooManyAttempts,
        Self::LevelUnreachable,
        Self::TimedOut,
        Self::ConsentDenied,
        Self::Suspended,
        Self::Cancelled,
        Self::Passive,
        Self::NoName,
        Self::IdentityType,
        Self::WrongAge,
        Self::Unknown,
    ];

    /// Its name in the log and the register.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::TooManyAttempts => "too-many-attempts",
            Self::LevelUnreachable => "level-unreachable",
            Self::TimedOut => "timed-out",
            Self::ConsentDenied => "consent-denied",
            Self::Suspended => "suspended",
            Self::Cancelled => "cancelled",
            Self::Passive => "passive",
            Self::NoName => "no-name",
            Self::IdentityType => "identity-type",
            Self::WrongAge => "wrong-age",
            Self::Unknown => "unknown",
        }
    }
}
