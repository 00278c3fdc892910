//! Single-use codes (activation, recovery), known by a keyed digest only.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::store::port::{Key, Space, StoreError};
use crate::store::record::{Batch, Loaded, Records};

fn key(records: Records<'_>, purpose: &str, code: &str) -> Result<Key, StoreError> {
    let digest = records.blind(Space::Codes, &format!("code {purpose}"), code)?;
    Ok(records.key(Space::Codes, format!("{purpose}/{digest}")))
}

/// Adds to `batch` a code for `purpose` that stands for `payload` until `expires`; the batch conflicts when the code
/// is in use. The code is compared as given: its maker says what is ignored (case, spaces).
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn add<T: Serialize>(
    records: Records<'_>,
    batch: &mut Batch,
    purpose: &str,
    code: &str,
    payload: &T,
    expires: DateTime<Utc>,
) -> Result<(), StoreError> {
    let key = key(records, purpose, code)?;
    batch.expect_absent(key.clone());
    records.put(batch, key, payload, Some(expires))
}

/// What `code` stands for. It is used up by [`Batch::take`] of what this returns, in the commit that acts on it.
///
/// # Errors
/// When the store fails or the record cannot be read.
pub async fn find<T: DeserializeOwned>(
    records: Records<'_>,
    purpose: &str,
    code: &str,
    now: DateTime<Utc>,
) -> Result<Option<Loaded<T>>, StoreError> {
    records.load(key(records, purpose, code)?, now).await
}
