//! That a store was restored: what it does not remember having seen may have been seen all the same.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::identity::tenant::TenantId;
use crate::store::dump::Item;
use crate::store::port::{Key, Space, Store, StoreError, Unreadable, Value};
use crate::store::record::unreadable;

/// When a store was restored.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Restored {
    /// When the export was made that it was restored from.
    pub made: DateTime<Utc>,
    /// When it was restored: of what was seen between the two it knows nothing.
    pub at: DateTime<Utc>,
}

/// What says so in the store.
///
/// # Errors
/// When it cannot be encoded.
pub fn item(made: DateTime<Utc>, at: DateTime<Utc>) -> Result<Item, StoreError> {
    let bytes = serde_json::to_vec(&Restored { made, at }).map_err(form)?;
    Ok(Item { path: key().path(), value: Value::lasting(bytes) })
}

/// When the store was restored, if it was.
///
/// # Errors
/// When the store fails.
pub async fn read(store: &dyn Store, now: DateTime<Utc>) -> Result<Option<Restored>, StoreError> {
    match store.get(&key(), now).await? {
        Some(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(form),
        None => Ok(None),
    }
}

fn key() -> Key {
    Key::new(&TenantId::main(), Space::Meta, "restored")
}

fn form(error: serde_json::Error) -> StoreError {
    unreadable(Space::Meta, Unreadable::Form(error))
}
