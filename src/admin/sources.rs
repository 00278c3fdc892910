//! The sources of metadata, as commands ask about them and are told.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::flow::sources::accept::{self, Proposal};
use crate::flow::sources::tended::{Held, Tended};
use crate::partners::compare::changes::{Comparison, compare};
use crate::partners::compare::text;
use crate::partners::source::judge::Refused;
use crate::partners::source::shelf::{Aside, hexadecimal};
use crate::saml::metadata::picture;
use crate::saml::signature::PublicKey;
use crate::texts::language::Language;

/// What may be asked about sources.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum AskSource {
    /// All of them.
    List,
    /// One of them, with what waits.
    Show(String),
    /// Have one asked now.
    Refresh(String),
    /// Accept what waits.
    Accept {
        /// Of which.
        name: String,
        /// What the person says that it is: a SHA-256 in hexadecimal.
        fingerprint: String,
        /// The user's number, as the system says.
        by: Option<u32>,
    },
}

impl AskSource {
    pub(in crate::admin) fn given_by(self, uid: Option<u32>) -> Self {
        match self {
            Self::Accept { name, fingerprint, .. } => Self::Accept { name, fingerprint, by: uid },
            other => other,
        }
    }
}

/// What is told about sources.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum ToldSource {
    /// All of them.
    List(Vec<Row>),
    /// One of them.
    One(Box<Row>),
    /// What came of asking it, and how it stands.
    Refreshed(String, Box<Row>),
    /// It was accepted; how it stands.
    Accepted(Box<Row>),
}

/// How one source stands.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Row {
    /// Our name for it.
    pub name: String,
    /// What it is: "file", "folder", "url", "mdq".
    pub kind: String,
    /// Where it is.
    pub from: String,
    /// Whom it tells of.
    pub provides: String,
    /// Whether it can be relied on: "good", "stale" (the last attempt failed), "expired" or "nothing".
    pub state: String,
    /// How many entities are in use.
    pub entities: usize,
    /// The keys that it is believed by.
    pub keys: Vec<Key>,
    /// The documents in use.
    pub documents: Vec<Document>,
    /// When it last gave what is in use.
    pub checked: Option<DateTime<Utc>>,
    /// Why the last attempt came to nothing, if it did.
    pub refused: Option<Why>,
    /// What waits for a person.
    pub waiting: Option<Waits>,
}

/// A document in use.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Document {
    /// Its name.
    pub name: String,
    /// Where it came from.
    pub from: String,
    /// The SHA-256 of its octets.
    pub sha256: String,
    /// The SHA-256 of the certificate of the key that signed it.
    pub signer: Option<String>,
    /// When it was taken.
    pub taken: DateTime<Utc>,
    /// Until when it is believed; none: until it is replaced.
    pub valid_until: Option<DateTime<Utc>>,
    /// How many entities are in it.
    pub entities: usize,
    /// What in it cannot be used.
    pub faults: Vec<String>,
}

/// A key that a source is believed by.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Key {
    /// The SHA-256 of its certificate.
    pub fingerprint: String,
    /// From when that is valid.
    pub not_before: DateTime<Utc>,
    /// Until when.
    pub not_after: DateTime<Utc>,
    /// Whether a person accepted it here; else the configuration names it.
    pub accepted: bool,
}

/// Why something was not taken.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Why {
    /// When it was tried.
    pub at: DateTime<Utc>,
    /// The reason's name.
    pub reason: String,
    /// It in Italian.
    pub it: String,
    /// It in English.
    pub en: String,
    /// What and where.
    pub detail: String,
    /// What to do, in Italian.
    pub mend_it: String,
    /// The same in English.
    pub mend_en: String,
}

/// What waits for a person.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Waits {
    /// Why.
    pub why: Why,
    /// What must be said to accept it.
    pub fingerprint: String,
    /// Whether that is the new key's certificate; else it is the document's.
    pub of_key: bool,
    /// The new key, if that is what is new.
    pub key: Option<Key>,
    /// What it would change, each in Italian and English.
    pub changes: Vec<(String, String)>,
}

/// How a source stands at `now`; `whole`: with what waits laid beside what is in use.
///
/// # Errors
/// When the disk cannot be read.
pub fn row(source: &Tended, whole: bool, now: DateTime<Utc>) -> std::io::Result<Row> {
    let state = source.state();
    let configured = &source.configured;
    let valid: Vec<&Held> = state.documents.values().filter(|it| it.good.is_valid(now)).collect();
    let accepted = state.accepted_keys();
    let named = configured.policy.trust.signed_by.iter().map(|key| shown(key, false));
    let waiting = if whole { accept::proposal(source)? } else { None };
    Ok(Row {
        name: configured.name.clone(),
        kind: configured.place.kind().to_owned(),
        from: configured.place.shown(),
        provides: configured.provides.name().to_owned(),
        state: match (state.documents.is_empty(), valid.is_empty(), &state.refused) {
            (true, ..) => "nothing",
            (false, true, _) => "expired",
            (false, false, Some(_)) => "stale",
            (false, false, None) => "good",
        }
        .to_owned(),
        entities: valid.iter().map(|held| held.good.entities()).sum(),
        keys: named.chain(accepted.iter().map(|key| shown(key, true))).collect(),
        documents: state.documents.values().map(document).collect(),
        checked: state.checked,
        refused: state.refused.as_ref().map(|(at, refused)| why(refused, *at)),
        waiting: match (&waiting, &state.waiting) {
            (Some(proposal), _) => Some(waits(source, proposal)),
            (None, Some((digest, reason))) => Some(Waits {
                why: why(&Refused::new(*reason, ""), now),
                fingerprint: digest.clone(),
                of_key: false,
                key: None,
                changes: Vec::new(),
            }),
            (None, None) => None,
        },
    })
}

fn document(held: &Held) -> Document {
    let listing = &held.good.listing;
    let faults = listing.members.iter().filter_map(|member| {
        let of_sp = member.service_provider.as_ref().and_then(|said| said.as_ref().err());
        let of_idp = member.identity_provider.as_ref().and_then(|said| said.as_ref().err());
        of_sp.or(of_idp).map(|error| format!("{}: {error}", member.entity_id))
    });
    Document {
        name: held.note.document.clone(),
        from: held.note.from.clone(),
        sha256: held.note.sha256.clone(),
        signer: held.note.signer.clone(),
        taken: held.note.taken,
        valid_until: listing.valid_until,
        entities: held.good.entities(),
        faults: faults.collect(),
    }
}

fn shown(key: &PublicKey, accepted: bool) -> Key {
    Key {
        fingerprint: hexadecimal(key.fingerprint()),
        not_before: key.not_before(),
        not_after: key.not_after(),
        accepted,
    }
}

fn why(refused: &Refused, at: DateTime<Utc>) -> Why {
    let reason = refused.reason;
    Why {
        at,
        reason: reason.name().to_owned(),
        it: reason.what(Language::It).to_owned(),
        en: reason.what(Language::En).to_owned(),
        detail: refused.detail.clone(),
        mend_it: reason.mend(Language::It).to_owned(),
        mend_en: reason.mend(Language::En).to_owned(),
    }
}

fn waits(source: &Tended, proposal: &Proposal) -> Waits {
    let key = proposal.certificate.as_deref().map(PublicKey::from_certificate_der);
    let refused = Refused::new(proposal.reason, &proposal.waiting.detail);
    Waits {
        why: why(&refused, proposal.waiting.note.taken),
        fingerprint: proposal.fingerprint.clone(),
        of_key: proposal.certificate.is_some(),
        key: key.and_then(Result::ok).map(|key| shown(&key, false)),
        changes: changes(source, proposal).unwrap_or_default(),
    }
}

/// What the document that waits would change; `None` where one of the two cannot be taken apart.
fn changes(source: &Tended, proposal: &Proposal) -> Option<Vec<(String, String)>> {
    let Aside::Octets(new) = &proposal.aside else { return None };
    let (kept, _) = source.shelf.kept().ok()?;
    let document = &proposal.waiting.note.document;
    let old = kept.into_iter().find(|(note, _)| note.document == *document);
    let pictured = |octets: &[u8]| picture::entities(std::str::from_utf8(octets).ok()?).ok();
    let old = match old {
        Some((_, octets)) => pictured(&octets?)?,
        None => std::collections::BTreeMap::new(),
    };
    let comparison: Comparison = compare(&old, &pictured(new)?);
    let mut changes = Vec::new();
    for (entity, became) in &comparison.entities {
        let told = |language| text::lines(entity, became, &comparison, None, language);
        let both = told(Language::It).into_iter().zip(told(Language::En));
        let named =
            both.map(|((_, it), (_, en))| (format!("{entity}: {it}"), format!("{entity}: {en}")));
        changes.extend(named);
    }
    Some(changes)
}
