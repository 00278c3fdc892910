//! Logins under way, by the unguessable id that a cookie names; at rest the id is blinded too.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::store::port::{Key, Space, StoreError};
use crate::store::record::{Batch, Loaded, Records};

fn key(records: Records<'_>, id: &str) -> Result<Key, StoreError> {
    let name = records.blind(Space::Transactions, "transaction", id)?;
    Ok(records.key(Space::Transactions, name))
}

/// Adds to `batch` a new transaction that lives until `expires`. Nobody has the same id: it is drawn at random.
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn open<T: Serialize + Clone + Send + Sync + 'static>(
    records: Records<'_>,
    batch: &mut Batch,
    id: &str,
    transaction: &T,
    expires: DateTime<Utc>,
) -> Result<(), StoreError> {
    records.put_at_hand(batch, key(records, id)?, transaction, Some(expires))
}

/// The transaction `id`.
///
/// # Errors
/// When the store fails or the record cannot be read.
pub async fn load<T: DeserializeOwned + Clone + Send + Sync + 'static>(
    records: Records<'_>,
    id: &str,
    now: DateTime<Utc>,
) -> Result<Option<Loaded<T>>, StoreError> {
    records.load_at_hand(key(records, id)?, now).await
}

/// Adds to `batch` that `transaction` takes the place of `seen`, until `expires`; the batch conflicts when another
/// request of the browser went ahead. Durable from the first proved factor on.
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn swap<T: Serialize + Clone + Send + Sync + 'static>(
    records: Records<'_>,
    batch: &mut Batch,
    seen: &Loaded<T>,
    transaction: &T,
    expires: DateTime<Utc>,
) -> Result<(), StoreError> {
    batch.expect(seen);
    records.put_at_hand(batch, seen.key().clone(), transaction, Some(expires))
}
