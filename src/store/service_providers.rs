//! Service providers added by command: their metadata, and what we settled with them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::store::blob;
use crate::store::port::{Committed, Durability, Key, Space, StoreError};
use crate::store::record::{Batch, Loaded, Records};

/// A service provider as it was added.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceProvider {
    /// Its entityID.
    pub entity_id: String,
    /// When it was added, or its metadata last changed.
    pub added: DateTime<Utc>,
    /// What we settled with it: an entry of the configuration, as JSON.
    pub settings: serde_json::Value,
    /// Where its metadata lies.
    blob: String,
    /// How long its metadata is, in bytes.
    length: usize,
}

fn key(records: Records<'_>, entity_id: &str) -> Result<Key, StoreError> {
    let name = records.blind(Space::ServiceProviders, "service provider", entity_id)?;
    Ok(records.key(Space::ServiceProviders, name))
}

/// Adds a service provider, or puts the new one in the place of the old. [`Committed::Conflict`] when another did so
/// at the same time.
///
/// # Errors
/// When the store fails, or the metadata is longer than [`blob::MAX_BLOB`].
pub async fn add(
    records: Records<'_>,
    entity_id: &str,
    metadata: &str,
    settings: serde_json::Value,
    now: DateTime<Utc>,
) -> Result<Committed, StoreError> {
    let mut batch = Batch::new();
    put(records, &mut batch, entity_id, metadata, settings, now).await?;
    batch.commit(records.store, Durability::Durable, now).await
}

/// Adds to `batch` what [`add`] does.
///
/// # Errors
/// As [`add`].
pub async fn put(
    records: Records<'_>,
    batch: &mut Batch,
    entity_id: &str,
    metadata: &str,
    settings: serde_json::Value,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let key = key(records, entity_id)?;
    match records.load::<ServiceProvider>(key.clone(), now).await? {
        Some(old) => {
            batch.expect(&old);
            blob::remove(records, batch, &old.value.blob, old.value.length);
        }
        None => batch.expect_absent(key.clone()),
    }
    let blob = format!("sp-{}", records.random.token());
    let length = metadata.len();
    blob::put(records, batch, &blob, metadata.as_bytes(), None)?;
    let entity_id = entity_id.to_owned();
    let entry = ServiceProvider { entity_id, added: now, settings, blob, length };
    records.put(batch, key, &entry, None)
}

/// The service provider of this entityID.
///
/// # Errors
/// When the store fails or the record cannot be read.
pub async fn get(
    records: Records<'_>,
    entity_id: &str,
    now: DateTime<Utc>,
) -> Result<Option<Loaded<ServiceProvider>>, StoreError> {
    records.load(key(records, entity_id)?, now).await
}

/// The metadata of a service provider, as it was added; `None` when it was removed meanwhile.
///
/// # Errors
/// When the store fails or a piece is missing.
pub async fn metadata(
    records: Records<'_>,
    entry: &ServiceProvider,
    now: DateTime<Utc>,
) -> Result<Option<Vec<u8>>, StoreError> {
    blob::get(records, &entry.blob, now).await
}

/// All of them.
///
/// # Errors
/// When the store fails or a record cannot be read.
pub async fn list(
    records: Records<'_>,
    now: DateTime<Utc>,
) -> Result<Vec<ServiceProvider>, StoreError> {
    let mut all: Vec<ServiceProvider> = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = records
            .list::<ServiceProvider>(Space::ServiceProviders, "", after.as_deref(), 256, now)
            .await?;
        let Some(last) = page.last() else { break };
        after = Some(last.key().name.clone());
        all.extend(page.into_iter().map(|loaded| loaded.value));
    }
    all.sort_by(|a, b| a.entity_id.cmp(&b.entity_id));
    Ok(all)
}

/// Removes a service provider; false when there is none.
///
/// # Errors
/// When the store fails.
pub async fn remove(
    records: Records<'_>,
    entity_id: &str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let Some(entry) = get(records, entity_id, now).await? else { return Ok(false) };
    let mut batch = Batch::new();
    batch.take(&entry);
    blob::remove(records, &mut batch, &entry.value.blob, entry.value.length);
    Ok(batch.commit(records.store, Durability::Durable, now).await? == Committed::Done)
}
