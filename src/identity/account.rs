//! A person's account: how they are known, how they were proofed, and whether they may log in.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::identity::attributes::Attributes;
use crate::identity::subject::Subject;

/// What ponte knows of a person.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Our name for the person.
    pub subject: Subject,
    /// What the person types to log in; unique in the tenant, compared in lower case.
    pub username: String,
    /// Whether the person may log in.
    pub state: AccountState,
    /// The attributes that may be released.
    pub attributes: Attributes,
    /// How the person's identity was established; nothing known caps the level (docs/levels.md).
    pub proofing: Option<Proofing>,
    /// When the account was made.
    pub created: DateTime<Utc>,
    /// The first login with a second factor that counted; ends trust on first use.
    pub first_second_factor: Option<DateTime<Utc>>,
}

/// Whether an account's person may log in (spid-saml §3, nr23).
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountState {
    /// May log in.
    Active,
    /// May not for now.
    Suspended,
    /// May never again.
    Revoked,
}

/// How a person's identity was established (IC-19).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Proofing {
    /// By what means.
    pub method: ProofingMethod,
    /// On what day.
    pub date: NaiveDate,
    /// Who did it.
    pub operator: String,
    /// Where the evidence is kept.
    pub evidence: String,
}

/// A means of establishing a person's identity (IC-19).
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProofingMethod {
    /// In person at a desk.
    Desk,
    /// By an operator on video.
    Video,
    /// By a document with a qualified digital signature.
    DigitalSignature,
    /// By a CNS card.
    Cns,
    /// By the chip of an identity document.
    NfcDocument,
    /// By the person's own word.
    SelfAsserted,
}
