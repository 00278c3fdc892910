//! The store without a disk: tests, and the measure for the other backends.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::identity::tenant::TenantId;
use crate::store::dump::Item;
use crate::store::port::{
    Committed, Durability, Expectation, Key, Space, Store, StoreError, Value, Write, within_limits,
};

/// Keeps everything in memory, and nothing beyond the process.
#[derive(Default)]
pub struct MemoryStore(Mutex<BTreeMap<Key, Value>>);

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn values(&self) -> MutexGuard<'_, BTreeMap<Key, Value>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryStore({} values)", self.values().len())
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn get(&self, key: &Key, now: DateTime<Utc>) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(live(&self.values(), key, now).map(<[u8]>::to_vec))
    }

    async fn list(
        &self,
        tenant: &TenantId,
        space: Space,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
        now: DateTime<Utc>,
    ) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let first = match after {
            Some(after) if after >= prefix => Bound::Excluded(Key::new(tenant, space, after)),
            _ => Bound::Included(Key::new(tenant, space, prefix)),
        };
        let values = self.values();
        let found = values
            .range((first, Bound::Unbounded))
            .take_while(|(key, _)| {
                key.tenant == *tenant && key.space == space && key.name.starts_with(prefix)
            })
            .filter(|(_, value)| value.lives(now))
            .take(limit)
            .map(|(key, value)| (key.name.clone(), value.bytes.clone()));
        Ok(found.collect())
    }

    async fn commit(
        &self,
        expectations: Vec<Expectation>,
        writes: Vec<Write>,
        _: Durability,
        now: DateTime<Utc>,
    ) -> Result<Committed, StoreError> {
        within_limits(&expectations, &writes)?;
        let mut values = self.values();
        for (place, expected) in expectations.iter().enumerate() {
            if live(&values, &expected.key, now) != expected.value.as_deref() {
                return Ok(Committed::Conflict(place));
            }
        }
        for write in writes {
            match write.value {
                Some(value) => values.insert(write.key, value),
                None => values.remove(&write.key),
            };
        }
        Ok(Committed::Done)
    }

    async fn sweep(&self, limit: usize, now: DateTime<Utc>) -> Result<usize, StoreError> {
        let mut values = self.values();
        let mut gone: Vec<_> = values
            .iter()
            .filter(|(_, value)| !value.lives(now))
            .map(|(key, value)| (value.expires, key.clone()))
            .collect();
        gone.sort_by_cached_key(|(expires, key)| (*expires, key.path()));
        gone.truncate(limit);
        for (_, key) in &gone {
            values.remove(key);
        }
        Ok(gone.len())
    }

    async fn dump(
        &self,
        to: tokio::sync::mpsc::Sender<Vec<Item>>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let live = |(key, value): (&Key, &Value)| {
            value.lives(now).then(|| Item { path: key.path(), value: value.clone() })
        };
        let mut items: Vec<Item> = self.values().iter().filter_map(live).collect();
        items.sort_by(|a, b| a.path.cmp(&b.path));
        // Whoever stopped listening misses it.
        let _gone = to.send(items).await;
        Ok(())
    }

    async fn flush(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

fn live<'v>(values: &'v BTreeMap<Key, Value>, key: &Key, now: DateTime<Utc>) -> Option<&'v [u8]> {
    values.get(key).filter(|value| value.lives(now)).map(|value| value.bytes.as_slice())
}
