//! A person's credential as administrators see one.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::assurance::factor::Factor;
use crate::assurance::level::Level;
use crate::enrolment::card::Kept;
use crate::enrolment::credential::{Credential, CredentialState};

/// A credential as administrators see one: no secret.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CredentialRow {
    /// What kind.
    pub factor: Factor,
    /// Whether it counts.
    pub state: CredentialState,
    /// The level at which it was bound.
    pub binding: Level,
    /// When it was enrolled.
    pub enrolled: DateTime<Utc>,
    /// When it last held.
    pub last_used: Option<DateTime<Utc>>,
    /// The card, if it is one (IC-02).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Kept>,
    /// Whether it holds no more before its person enrols it anew.
    #[serde(default)]
    pub locked: bool,
}

/// What of it they see.
pub(super) fn credential_row(credential: &Credential) -> CredentialRow {
    CredentialRow {
        factor: credential.secret.factor(),
        state: credential.state,
        binding: credential.binding,
        enrolled: credential.enrolled,
        last_used: credential.last_used,
        card: credential.secret.card().cloned(),
        locked: credential.secret.is_locked(),
    }
}
