//! Logouts under way, by the unguessable id that a cookie names, and by the IDs of the requests that they
//! sent; at rest all are blinded.

use chrono::{DateTime, Utc};

use crate::login::logout::Logout;
use crate::store::port::{Key, Space, StoreError};
use crate::store::record::{Batch, Loaded, Records};

/// Adds to `batch` a new logout.
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn open(records: Records<'_>, batch: &mut Batch, logout: &Logout) -> Result<(), StoreError> {
    let key = key(records, &logout.id)?;
    batch.expect_absent(key.clone());
    records.put(batch, key, logout, Some(logout.keep_until()))
}

/// The logout `id`.
///
/// # Errors
/// When the store fails or the record cannot be read.
pub async fn load(
    records: Records<'_>,
    id: &str,
    now: DateTime<Utc>,
) -> Result<Option<Loaded<Logout>>, StoreError> {
    records.load(key(records, id)?, now).await
}

/// Adds to `batch` that `logout` takes the place of `seen`; the batch conflicts when another went ahead.
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn swap(
    records: Records<'_>,
    batch: &mut Batch,
    seen: &Loaded<Logout>,
    logout: &Logout,
) -> Result<(), StoreError> {
    batch.replace(records, seen, logout, Some(logout.keep_until()))
}

/// Adds to `batch` that `logout` sends the request `request`.
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn sent(
    records: Records<'_>,
    batch: &mut Batch,
    logout: &Logout,
    request: &str,
) -> Result<(), StoreError> {
    let key = request_key(records, request)?;
    batch.expect_absent(key.clone());
    records.put(batch, key, &logout.id, Some(logout.keep_until()))
}

/// The logout that sent the request `request`.
///
/// # Errors
/// When the store fails or a record cannot be read.
pub async fn by_request(
    records: Records<'_>,
    request: &str,
    now: DateTime<Utc>,
) -> Result<Option<Loaded<Logout>>, StoreError> {
    match records.load::<String>(request_key(records, request)?, now).await? {
        Some(id) => load(records, &id.value, now).await,
        None => Ok(None),
    }
}

fn key(records: Records<'_>, id: &str) -> Result<Key, StoreError> {
    let name = records.blind(Space::Logouts, "logout", id)?;
    Ok(records.key(Space::Logouts, name))
}

fn request_key(records: Records<'_>, request: &str) -> Result<Key, StoreError> {
    let name = records.blind(Space::Logouts, "logout request", request)?;
    Ok(records.key(Space::Logouts, name))
}
