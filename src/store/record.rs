//! Typed records over the port: JSON with a version, sealed for the key at which it lies.

use chrono::{DateTime, Utc};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use tracing::Instrument as _;

use crate::identity::tenant::TenantId;
use crate::store::port::{
    Committed, Durability, Expectation, Key, Space, Store, StoreError, Unreadable, Value, Write,
};
use crate::store::recent::Recent;
use crate::telemetry::traces::step;
use crate::world::random::Random;
use crate::world::seal::{Seal, SealError};

/// The version of the form of every record; a reader reads its own and those before it.
pub const RECORD_VERSION: u32 = 1;

/// What a record seldom exceeds, in bytes.
const ROOM: usize = 2048;

/// Where a tenant's records are and what opens them; made once a request and handed down.
#[derive(Clone, Copy, Debug)]
pub struct Records<'a> {
    /// Where they lie.
    pub store: &'a dyn Store,
    /// What seals them.
    pub seal: &'a Seal,
    /// Chance, for sealing.
    pub random: &'a Random,
    /// Whose they are.
    pub tenant: &'a TenantId,
    /// What of them is at hand, if anything is.
    pub recent: Option<&'a Recent>,
}

/// A record as it was read, and what a later [`Batch::expect`] holds the store to.
#[derive(Clone, Debug)]
pub struct Loaded<T> {
    /// The record.
    pub value: T,
    key: Key,
    seen: Option<Vec<u8>>,
}

impl<T> Loaded<T> {
    /// Where it lies.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// Whether the store had it; if not, `value` is what stands for nothing.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.seen.is_some()
    }
}

impl Records<'_> {
    /// The key of `name` in `space` of this tenant.
    #[must_use]
    pub fn key(&self, space: Space, name: impl Into<String>) -> Key {
        Key::new(self.tenant, space, name)
    }

    /// A name for `value` from which it cannot be learnt, see [`Seal::blind`].
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn blind(&self, space: Space, purpose: &str, value: &str) -> Result<String, StoreError> {
        self.seal.blind(purpose, value).map_err(|error| sealing(space, error))
    }

    /// The record at `key`.
    ///
    /// # Errors
    /// When the store fails or the record cannot be read.
    pub async fn load<T: DeserializeOwned>(
        &self,
        key: Key,
        now: DateTime<Utc>,
    ) -> Result<Option<Loaded<T>>, StoreError> {
        match self.store.get(&key, now).await? {
            Some(seen) => Ok(Some(self.read(key, seen)?)),
            None => Ok(None),
        }
    }

    /// The record at `key`, which may be at hand ([`Recent`]).
    ///
    /// # Errors
    /// When the store fails or the record cannot be read.
    pub async fn load_at_hand<T>(
        &self,
        key: Key,
        now: DateTime<Utc>,
    ) -> Result<Option<Loaded<T>>, StoreError>
    where
        T: DeserializeOwned + Clone + Send + Sync + 'static,
    {
        match self.store.get(&key, now).await? {
            Some(seen) => Ok(Some(self.read_at_hand(key, seen)?)),
            None => Ok(None),
        }
    }

    /// The record at `key`, or what stands for none.
    ///
    /// # Errors
    /// When the store fails or the record cannot be read.
    pub async fn load_or_default<T: DeserializeOwned + Default>(
        &self,
        key: Key,
        now: DateTime<Utc>,
    ) -> Result<Loaded<T>, StoreError> {
        let found = self.load(key.clone(), now).await?;
        Ok(found.unwrap_or_else(|| Loaded { value: T::default(), key, seen: None }))
    }

    /// What stands for a record that is not there: a batch that expects it happens only as long as it is not.
    #[must_use]
    pub fn absent<T>(&self, key: Key, value: T) -> Loaded<T> {
        Loaded { value, key, seen: None }
    }

    /// At most `limit` records whose names begin with `prefix` and come after `after`, in order of name.
    ///
    /// # Errors
    /// When the store fails or one of them cannot be read.
    pub async fn list<T: DeserializeOwned>(
        &self,
        space: Space,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
        now: DateTime<Utc>,
    ) -> Result<Vec<Loaded<T>>, StoreError> {
        let found = self.store.list(self.tenant, space, prefix, after, limit, now).await?;
        found.into_iter().map(|(name, seen)| self.read(self.key(space, name), seen)).collect()
    }

    /// As [`Self::list`], of records which may be at hand.
    ///
    /// # Errors
    /// As [`Self::list`].
    pub async fn list_at_hand<T: DeserializeOwned + Clone + Send + Sync + 'static>(
        &self,
        space: Space,
        prefix: &str,
        limit: usize,
        now: DateTime<Utc>,
    ) -> Result<Vec<Loaded<T>>, StoreError> {
        let found = self.store.list(self.tenant, space, prefix, None, limit, now).await?;
        let at_hand = |(name, seen)| self.read_at_hand(self.key(space, name), seen);
        found.into_iter().map(at_hand).collect()
    }

    /// Adds to `batch` that `value` is written at `key`, until `expires`.
    ///
    /// # Errors
    /// When it cannot be encoded or sealed.
    pub fn put<T: Serialize>(
        &self,
        batch: &mut Batch,
        key: Key,
        value: &T,
        expires: Option<DateTime<Utc>>,
    ) -> Result<(), StoreError> {
        let form = |error| unreadable(key.space, Unreadable::Form(error));
        // With room for most of them: what grows leaves copies behind, which nobody wipes.
        let unsealed = self.seal.begin(ROOM, self.random);
        let mut unsealed = unsealed.map_err(|error| sealing(key.space, error))?;
        let outgoing = Outgoing { v: RECORD_VERSION, d: value };
        serde_json::to_writer(unsealed.plain(), &outgoing).map_err(form)?;
        let sealed = unsealed.close(&key.path());
        let bytes = sealed.map_err(|error| sealing(key.space, error))?;
        batch.put(key, Value { bytes, expires });
        Ok(())
    }

    /// As [`Self::put`], and has it at hand for [`Self::load_at_hand`].
    ///
    /// # Errors
    /// As [`Self::put`].
    pub fn put_at_hand<T>(
        &self,
        batch: &mut Batch,
        key: Key,
        value: &T,
        expires: Option<DateTime<Utc>>,
    ) -> Result<(), StoreError>
    where
        T: Serialize + Clone + Send + Sync + 'static,
    {
        self.put(batch, key, value, expires)?;
        if let (Some(recent), Some(Write { key, value: Some(written) })) =
            (self.recent, batch.writes.last())
        {
            recent.put(key, &written.bytes, value);
        }
        Ok(())
    }

    /// `plain`, sealed for `key`.
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn seal_bytes(&self, key: &Key, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        let sealed = self.seal.seal(&key.path(), plain, self.random);
        sealed.map_err(|error| sealing(key.space, error))
    }

    /// What [`Records::seal_bytes`] sealed for `key`.
    ///
    /// # Errors
    /// When it was altered, or sealed for another key.
    pub fn open_bytes(&self, key: &Key, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.seal.open(&key.path(), sealed).map_err(|error| sealing(key.space, error))
    }

    fn read_at_hand<T>(&self, key: Key, seen: Vec<u8>) -> Result<Loaded<T>, StoreError>
    where
        T: DeserializeOwned + Clone + Send + Sync + 'static,
    {
        let Some(recent) = self.recent else { return self.read(key, seen) };
        if let Some(value) = recent.get(&key, &seen) {
            return Ok(Loaded { value, key, seen: Some(seen) });
        }
        let loaded: Loaded<T> = self.read(key, seen)?;
        if let Some(seen) = &loaded.seen {
            recent.put(&loaded.key, seen, &loaded.value);
        }
        Ok(loaded)
    }

    fn read<T: DeserializeOwned>(&self, key: Key, seen: Vec<u8>) -> Result<Loaded<T>, StoreError> {
        let plain = zeroize::Zeroizing::new(self.open_bytes(&key, &seen)?);
        match serde_json::from_slice::<Incoming<T>>(&plain) {
            Ok(Incoming { v, d }) if v <= RECORD_VERSION => {
                Ok(Loaded { value: d, key, seen: Some(seen) })
            }
            Ok(Incoming { v, .. }) => Err(unreadable(key.space, newer(v))),
            Err(error) => {
                let version = serde_json::from_slice::<Incoming<IgnoredAny>>(&plain);
                let reason = match version {
                    Ok(Incoming { v, .. }) if v > RECORD_VERSION => newer(v),
                    _ => Unreadable::Form(error),
                };
                Err(unreadable(key.space, reason))
            }
        }
    }
}

#[derive(Serialize)]
struct Outgoing<'a, T> {
    v: u32,
    d: &'a T,
}

#[derive(Deserialize)]
struct Incoming<T> {
    v: u32,
    d: T,
}

fn newer(found: u32) -> Unreadable {
    Unreadable::Version { found, known: RECORD_VERSION }
}

/// The refusal of a record of `space`, for `reason`.
#[must_use]
pub fn unreadable(space: Space, reason: Unreadable) -> StoreError {
    StoreError::Unreadable { space, reason }
}

fn sealing(space: Space, error: SealError) -> StoreError {
    unreadable(space, Unreadable::Seal(error))
}

/// Changes of several records that happen together or not at all.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Batch {
    expectations: Vec<Expectation>,
    writes: Vec<Write>,
}

impl Batch {
    /// Changes nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Happens only if there is nothing at `key`.
    pub fn expect_absent(&mut self, key: Key) {
        self.expectations.push(Expectation { key, value: None });
    }

    /// Happens only if the record is still as it was read.
    pub fn expect<T>(&mut self, loaded: &Loaded<T>) {
        let (key, value) = (loaded.key.clone(), loaded.seen.clone());
        self.expectations.push(Expectation { key, value });
    }

    /// How many expectations there are: the place of the next one.
    #[must_use]
    pub fn expected(&self) -> usize {
        self.expectations.len()
    }

    /// All that `other` expects and writes, too.
    pub fn join(&mut self, other: Self) {
        self.expectations.extend(other.expectations);
        self.writes.extend(other.writes);
    }

    /// Writes plain bytes; for records see [`Records::put`].
    pub fn put(&mut self, key: Key, value: Value) {
        self.writes.push(Write { key, value: Some(value) });
    }

    /// Removes what is at `key`.
    pub fn remove(&mut self, key: Key) {
        self.writes.push(Write { key, value: None });
    }

    /// Writes `value` in the place of `loaded`, if that is still as it was read.
    ///
    /// # Errors
    /// When it cannot be encoded or sealed.
    pub fn replace<T, U: Serialize>(
        &mut self,
        records: Records<'_>,
        loaded: &Loaded<T>,
        value: &U,
        expires: Option<DateTime<Utc>>,
    ) -> Result<(), StoreError> {
        self.expect(loaded);
        records.put(self, loaded.key.clone(), value, expires)
    }

    /// Removes a record if it is still as it was read: of two callers, one does.
    pub fn take<T>(&mut self, loaded: &Loaded<T>) {
        self.expect(loaded);
        self.remove(loaded.key.clone());
    }

    /// Does all of it, or nothing. [`Committed::Conflict`] counts the expectations in the order in which they were
    /// added.
    ///
    /// # Errors
    /// When the store fails or a value is too large.
    pub async fn commit(
        self,
        store: &dyn Store,
        durability: Durability,
        now: DateTime<Utc>,
    ) -> Result<Committed, StoreError> {
        let step = step!("store.commit", ponte.durability = ?durability);
        store.commit(self.expectations, self.writes, durability, now).instrument(step).await
    }
}
