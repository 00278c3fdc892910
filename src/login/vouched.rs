//! What another identity provider said of a person, in no protocol.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::assurance::level::Level;
use crate::identity::attributes::Attributes;
use crate::login::request::LocalName;

/// What another identity provider said, judged and translated.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Vouched {
    /// Our name for the upstream.
    pub upstream: String,
    /// Who said it: an entityID, an issuer.
    pub issuer: String,
    /// The level that it comes to, by the upstream's table and under its ceiling; `None`: none.
    pub level: Option<Level>,
    /// When the person showed who they are, as the upstream says; never after it was received.
    pub at: DateTime<Utc>,
    /// The person's name there, good for this upstream alone.
    pub name: String,
    /// What it tells of the person, in our names.
    pub attributes: Attributes,
    /// Its session, for a later logout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<UpstreamSession>,
    /// What it was said with.
    pub proof: Proof,
}

/// A session at an upstream.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct UpstreamSession {
    /// Our name for the upstream.
    pub upstream: String,
    /// Who has the session: an entityID, an issuer.
    pub issuer: String,
    /// What people call it.
    #[serde(default)]
    pub provider: LocalName,
    /// The person's name there.
    #[serde(default)]
    pub name: String,
    /// The session's own name there, if it has one.
    #[serde(default)]
    pub index: Option<String>,
    /// What its protocol needs to end it: written and read by that protocol alone.
    pub notes: String,
}

/// The messages of a word, by their names.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// Our request's.
    pub request: String,
    /// The response's.
    pub response: String,
    /// The assertion's, or the ID token's.
    pub assertion: Option<String>,
    /// The class or `acr` that was said.
    pub class: Option<String>,
}

impl UpstreamSession {
    /// Whether `other` is the same session, whatever is kept of it.
    #[must_use]
    pub fn is_that_of(&self, other: &Self) -> bool {
        self.upstream == other.upstream
            && self.issuer == other.issuer
            && self.name == other.name
            && self.index == other.index
    }

    /// About how many octets it takes at rest.
    pub(super) fn weight(&self) -> usize {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let names = text(&self.provider.it) + text(&self.provider.en) + text(&self.index);
        self.upstream.len() + self.issuer.len() + self.name.len() + names + self.notes.len() + 128
    }
}

impl fmt::Debug for Vouched {
    /// Who said it and what it is worth; nothing of the person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vouched")
            .field("upstream", &self.upstream)
            .field("issuer", &self.issuer)
            .field("level", &self.level)
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for UpstreamSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpstreamSession").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}
