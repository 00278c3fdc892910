//! What partners were seen to know of our keys: whether they fetched the metadata that names one, or took a message that it signed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::store::port::{Committed, Durability, Key, Space, StoreError};
use crate::store::record::{Batch, Loaded, Records};
use crate::world::digest::sha256;

/// What one partner was seen to know.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sighting {
    /// When it last fetched our metadata at its own address, and the certificates that they named ([`thumbprint`]).
    pub fetched: Option<Knows>,
    /// When somebody here said that it knows a certificate, and which.
    pub confirmed: Option<Knows>,
    /// The newest message of ours that it showed to have taken: an answer of which it ended the session, or a logout that it carried out.
    pub accepted: Option<DateTime<Utc>>,
}

/// Certificates that a partner knows since some moment.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Knows {
    /// Since when.
    pub at: DateTime<Utc>,
    /// Which, by [`thumbprint`].
    pub certificates: Vec<String>,
}

/// The SHA-256 of a certificate (DER), in base64url.
#[must_use]
pub fn thumbprint(certificate: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(sha256(certificate))
}

impl Sighting {
    /// Notes that our metadata with these certificates were fetched at `now`; whether that says anything new. Fetches in the same
    /// minute are one.
    fn fetch(&mut self, certificates: &[String], now: DateTime<Utc>) -> bool {
        let is_known = self.fetched.as_ref().is_some_and(|known| {
            known.certificates == certificates && now - known.at < TimeDelta::minutes(1)
        });
        if !is_known {
            self.fetched = Some(Knows { at: now, certificates: certificates.to_vec() });
        }
        !is_known
    }

    /// Notes that a message that left at `at` was taken; whether that says anything new.
    fn accept(&mut self, at: DateTime<Utc>) -> bool {
        let is_new = self.accepted.is_none_or(|known| known < at);
        if is_new {
            self.accepted = Some(at);
        }
        is_new
    }
}

fn key(records: Records<'_>, entity_id: &str) -> Key {
    let name = URL_SAFE_NO_PAD.encode(sha256(entity_id.as_bytes()));
    records.key(Space::Meta, format!("sighting/{name}"))
}

/// What the partner `entity_id` was seen to know; nothing where nothing was seen.
///
/// # Errors
/// When the store fails or the record cannot be read.
pub async fn load(
    records: Records<'_>,
    entity_id: &str,
    now: DateTime<Utc>,
) -> Result<Loaded<Sighting>, StoreError> {
    records.load_or_default(key(records, entity_id), now).await
}

/// Notes that `entity_id` fetched our metadata with these certificates.
///
/// # Errors
/// When the store fails.
pub async fn fetched(
    records: Records<'_>,
    entity_id: &str,
    certificates: &[String],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let note = |seen: &mut Sighting| seen.fetch(certificates, now);
    change(records, entity_id, Durability::Ephemeral, note, now).await
}

/// Notes that `entity_id` took a message of ours that left at `at`.
///
/// # Errors
/// When the store fails.
pub async fn accepted(
    records: Records<'_>,
    entity_id: &str,
    at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    change(records, entity_id, Durability::Ephemeral, |seen| seen.accept(at), now).await
}

/// Notes that somebody says that `entity_id` knows `certificate` ([`thumbprint`]).
///
/// # Errors
/// When the store fails.
pub async fn confirmed(
    records: Records<'_>,
    entity_id: &str,
    certificate: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let note = |seen: &mut Sighting| {
        seen.confirmed = Some(Knows { at: now, certificates: vec![certificate.to_owned()] });
        true
    };
    change(records, entity_id, Durability::Durable, note, now).await
}

async fn change(
    records: Records<'_>,
    entity_id: &str,
    durability: Durability,
    mut note: impl FnMut(&mut Sighting) -> bool,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    for _ in 0..ROUNDS {
        let seen = load(records, entity_id, now).await?;
        let mut sighting = seen.value.clone();
        if !note(&mut sighting) {
            return Ok(());
        }
        let mut batch = Batch::new();
        batch.replace(records, &seen, &sighting, None)?;
        if batch.commit(records.store, durability, now).await? == Committed::Done {
            break;
        }
    }
    Ok(())
}

const ROUNDS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fetches_of_the_same_minute_are_one_unless_they_bring_another_key() {
        let now = DateTime::UNIX_EPOCH;
        let mut seen = Sighting::default();
        let (one, two) = (vec!["a".to_owned()], vec!["a".to_owned(), "b".to_owned()]);
        assert!(seen.fetch(&one, now));
        assert!(!seen.fetch(&one, now + TimeDelta::seconds(59)));
        assert!(seen.fetch(&two, now + TimeDelta::seconds(59)));
        assert!(seen.fetch(&two, now + TimeDelta::seconds(119)));
        assert_eq!(seen.fetched.map(|known| known.certificates), Some(two));
    }

    #[test]
    fn the_newest_message_that_was_taken_counts() {
        let now = DateTime::UNIX_EPOCH;
        let mut seen = Sighting::default();
        assert!(seen.accept(now + TimeDelta::seconds(5)));
        assert!(!seen.accept(now));
        assert_eq!(seen.accepted, Some(now + TimeDelta::seconds(5)));
    }
}
