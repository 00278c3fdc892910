//! Messages seen: each (issuer, id) counts once (spid-saml §1.1, threats "replayed request").

use chrono::{DateTime, Utc};

use crate::store::port::{Committed, Durability, Space, StoreError, Value};
use crate::store::record::{Batch, Records};

/// Adds to `batch` that the message `id` of `issuer` is seen, remembered until `until`; the batch conflicts when it
/// was seen before.
///
/// # Errors
/// When OpenSSL fails.
pub fn add(
    records: Records<'_>,
    batch: &mut Batch,
    issuer: &str,
    id: &str,
    until: DateTime<Utc>,
) -> Result<(), StoreError> {
    // The length keeps apart what would be the same text joined.
    let name = records.blind(Space::Replay, "replay", &format!("{}:{issuer}{id}", issuer.len()))?;
    let key = records.key(Space::Replay, name);
    batch.expect_absent(key.clone());
    batch.put(key, Value::until(Vec::new(), until));
    Ok(())
}

/// Claims the message `id` of `issuer` until `until`, on the disk: true for one caller only.
///
/// # Errors
/// When the store fails.
pub async fn claim(
    records: Records<'_>,
    issuer: &str,
    id: &str,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let mut batch = Batch::new();
    add(records, &mut batch, issuer, id, until)?;
    Ok(batch.commit(records.store, Durability::Durable, now).await? == Committed::Done)
}
