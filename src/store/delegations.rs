//! Questions to other identity providers, by the unguessable handle that goes with them; at rest it is blinded.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::store::port::{Key, Space, StoreError};
use crate::store::record::{Batch, Loaded, Records};

fn key(records: Records<'_>, handle: &str) -> Result<Key, StoreError> {
    let name = records.blind(Space::Transactions, "delegation", handle)?;
    Ok(records.key(Space::Transactions, name))
}

/// Adds to `batch` a new question that lives until `expires`.
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn open<T: Serialize>(
    records: Records<'_>,
    batch: &mut Batch,
    handle: &str,
    delegation: &T,
    expires: DateTime<Utc>,
) -> Result<(), StoreError> {
    records.put(batch, key(records, handle)?, delegation, Some(expires))
}

/// The question `handle`.
///
/// # Errors
/// When the store fails or the record cannot be read.
pub async fn load<T: DeserializeOwned>(
    records: Records<'_>,
    handle: &str,
    now: DateTime<Utc>,
) -> Result<Option<Loaded<T>>, StoreError> {
    records.load(key(records, handle)?, now).await
}

/// Adds to `batch` that the request `request` is that of the question `handle`.
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn point(
    records: Records<'_>,
    batch: &mut Batch,
    request: &str,
    handle: &str,
    expires: DateTime<Utc>,
) -> Result<(), StoreError> {
    records.put(batch, request_key(records, request)?, &handle, Some(expires))
}

/// The question whose request is `request`.
///
/// # Errors
/// When the store fails or the record cannot be read.
pub async fn pointed(
    records: Records<'_>,
    request: &str,
    now: DateTime<Utc>,
) -> Result<Option<String>, StoreError> {
    let found = records.load::<String>(request_key(records, request)?, now).await?;
    Ok(found.map(|found| found.value))
}

fn request_key(records: Records<'_>, request: &str) -> Result<Key, StoreError> {
    let name = records.blind(Space::Transactions, "delegation request", request)?;
    Ok(records.key(Space::Transactions, name))
}
