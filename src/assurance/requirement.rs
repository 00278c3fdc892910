//! What a relying party demands: classes, how they bind, how fresh the proof must be.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::assurance::class_ref::ClassRef;
use crate::assurance::level::Level;

/// How requested classes bind (SAML Core §3.3.2.2.1).
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Comparison {
    /// One of the classes.
    Exact,
    /// One of the classes, or stronger.
    Minimum,
    /// As strong as possible, no stronger than one of the classes.
    Maximum,
    /// Stronger than every one of the classes.
    Better,
}

impl Comparison {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Exact, Self::Minimum, Self::Maximum, Self::Better];
}

/// What a profile says of a level above the one asked for (docs/levels.md).
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tolerance {
    /// SPID: a higher level is always fine, and the level reached is the one asserted.
    HigherIsFine,
    /// Plain SAML: the class requested is asserted once it is reached.
    AsRequested,
}

/// What must be shown before a relying party may be told who somebody is.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// The classes asked for, in the asker's order; empty when it asked for none.
    pub classes: Vec<ClassRef>,
    /// How they bind.
    pub comparison: Comparison,
    /// What the profile tolerates.
    pub tolerance: Tolerance,
    /// The relying party's own least level, by configuration.
    pub minimum: Option<Level>,
    /// Evidence from before this time does not count (ForceAuthn: the time of the request).
    pub not_before: Option<DateTime<Utc>>,
    /// The most that a session of the browser may serve for; `None` lets none serve (ForceAuthn, or what
    /// is settled with the relying party).
    #[serde(default)]
    pub session: Option<Level>,
    /// Whether another identity provider's word may count (`ProxyCount` of 0: no).
    pub upstream: bool,
}
