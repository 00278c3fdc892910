//! What is registered already for an entity: by whose keys a new version of it must be proved.

use chrono::{DateTime, Utc};

use crate::partners::registry::{Origin, Registry};
use crate::saml::metadata::read::{Unsigned, read};
use crate::saml::signature::PublicKey;
use crate::store::port::StoreError;
use crate::store::record::Records;
use crate::store::service_providers;
use crate::world::digest::sha256;

/// What is registered for an entity.
#[derive(Clone, Debug)]
pub enum Registered {
    /// Nothing.
    Nothing,
    /// Metadata in the store: those that a new version takes the place of.
    Here(Here),
    /// Metadata that are seen to elsewhere: a file, a source.
    Elsewhere(Origin),
}

/// Metadata in the store.
#[derive(Clone, Debug)]
pub struct Here {
    /// The text.
    pub xml: String,
    /// Its SHA-256, hexadecimal.
    pub digest: String,
    /// The keys that it names for signing; none if nothing of it can be read any more, and then nobody can prove anything by them.
    pub keys: Vec<PublicKey>,
    /// What was settled when it was added: an entry of the configuration, as JSON.
    pub settings: serde_json::Value,
}

/// What is registered for `entity_id`, by `registry` and the store. Metadata whose time is over, or that are switched off, are
/// registered all the same: else whoever waits for their end could take the entity over.
///
/// # Errors
/// When the store fails.
pub async fn registered(
    records: Records<'_>,
    registry: &Registry,
    entity_id: &str,
    now: DateTime<Utc>,
) -> Result<Registered, StoreError> {
    let origin = registry.taken_by(entity_id, now);
    if let Some(origin @ Origin::File(_)) = origin {
        return Ok(Registered::Elsewhere(origin));
    }
    if let Some(kept) = service_providers::get(records, entity_id, now).await? {
        let octets = service_providers::metadata(records, &kept.value, now).await?;
        let xml = String::from_utf8_lossy(&octets.unwrap_or_default()).into_owned();
        // As they were read on the day that they were added.
        let described = read(&xml, Unsigned::Accept, kept.value.added);
        let keys = described.map(|described| described.service_provider.keys).unwrap_or_default();
        let digest = hexadecimal(xml.as_bytes());
        return Ok(Registered::Here(Here { xml, digest, keys, settings: kept.value.settings }));
    }
    Ok(origin.map_or(Registered::Nothing, Registered::Elsewhere))
}

/// The SHA-256 of `octets`, hexadecimal.
#[must_use]
pub fn hexadecimal(octets: &[u8]) -> String {
    sha256(octets).iter().map(|octet| format!("{octet:02x}")).collect()
}
