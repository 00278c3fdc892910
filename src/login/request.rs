//! What a relying party asked of us, in no protocol.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::assurance::requirement::Requirement;
use crate::identity::age::AgeLimit;
use crate::identity::attributes::AttributeName;
use crate::identity::kind::Purpose;
use crate::login::ways::Ways;

/// A request to say who somebody is.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LoginRequest {
    /// Who asks.
    pub relying_party: RelyingParty,
    /// The request's own id, as the asker wrote it.
    pub id: String,
    /// When it reached us.
    pub received: DateTime<Utc>,
    /// How sure we must be.
    pub requirement: Requirement,
    /// Whether nobody may be asked anything (`IsPassive`, `prompt=none`).
    pub passive: bool,
    /// The attributes asked for.
    pub attributes: Vec<AttributeName>,
    /// What an identity is wanted for; `None` wants a natural person's.
    pub purpose: Option<Purpose>,
    /// The ages that are taken, if not all.
    pub age: Option<AgeLimit>,
    /// By what ways a person may come in.
    #[serde(default)]
    pub ways: Ways,
    /// What the protocol needs to answer: written and read by that protocol alone.
    pub reply_to: String,
}

/// Whoever is to be told.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RelyingParty {
    /// The entityID, or client id.
    pub id: String,
    /// The name shown to people: its service's, else its organisation's, else its id.
    pub name: LocalName,
    /// Whether it is we ourselves: the login is to the person's own pages here, and nothing is sent.
    #[serde(default)]
    pub own: bool,
}

impl RelyingParty {
    /// What people call it, if it is another than ourselves.
    #[must_use]
    pub fn service(&self) -> Option<&LocalName> {
        (!self.own).then_some(&self.name)
    }
}

/// A name in two languages; either may stand in for the other.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LocalName {
    /// Italian.
    pub it: Option<String>,
    /// English.
    pub en: Option<String>,
}
