//! The port: expiring bytes by key, and one compare-and-set over several keys.

use std::fmt;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::identity::tenant::TenantId;

/// The most bytes that one value may have: what lies above goes to files that nothing syncs.
pub const MAX_VALUE: usize = 32 * 1024;

/// A kind of record; each has its own keys.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Space {
    /// Logins under way, by transaction id.
    Transactions,
    /// Pieces of long values, by owner's id and number.
    Blobs,
    /// Request ids seen, by a digest of issuer and id.
    Replay,
    /// Accounts, by subject.
    Accounts,
    /// Unique names of accounts (user names, e-mail addresses), to the subject.
    Names,
    /// Credentials, by subject and credential id.
    Credentials,
    /// Failed attempts, by subject and factor.
    Attempts,
    /// Activation codes and other single-use codes, by purpose and digest.
    Codes,
    /// Metadata of service providers added by command, by entityID's digest.
    ServiceProviders,
    /// Register's index entries, keyed and blinded.
    RegisterIndex,
    /// The store's own facts: version, when it was restored.
    Meta,
}

/// Where a value lies: tenant, space, name.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Key {
    /// Whose it is.
    pub tenant: TenantId,
    /// What kind it is.
    pub space: Space,
    /// Its name there, at most 512 bytes.
    pub name: String,
}

impl Key {
    /// The key of `name` in `space` of `tenant`.
    #[must_use]
    pub fn new(tenant: &TenantId, space: Space, name: impl Into<String>) -> Self {
        Self { tenant: tenant.clone(), space, name: name.into() }
    }
}

/// What must be true of a key for a commit to happen.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Expectation {
    /// Of which key.
    pub key: Key,
    /// `None`: there is no live value; `Some`: the live value is these bytes.
    pub value: Option<Vec<u8>>,
}

/// What a commit does to a key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Write {
    /// To which key.
    pub key: Key,
    /// `None` removes.
    pub value: Option<Value>,
}

/// Bytes, and how long they live.
#[derive(Clone, Eq, PartialEq)]
pub struct Value {
    /// At most [`MAX_VALUE`].
    pub bytes: Vec<u8>,
    /// From this time on it is as if it had never been; `None` stays.
    pub expires: Option<DateTime<Utc>>,
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Value({} bytes, expires {:?})", self.bytes.len(), self.expires)
    }
}

/// When a commit may be acknowledged.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Durability {
    /// Once it is on the disk; callers at the same time share one flush.
    Durable,
    /// Once others see it; a crash may lose it, but never out of order with a durable one.
    Ephemeral,
}

/// What a commit came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use]
pub enum Committed {
    /// All of it happened.
    Done,
    /// None of it did: this expectation (by its place in the list) was not met.
    Conflict(usize),
}

/// A store would not.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A value of more than [`MAX_VALUE`] bytes, or a name of more than 512.
    #[error("a value of {0} bytes is more than a store takes")]
    TooLarge(usize),
    /// The disk, or the database, failed.
    #[error("the store failed")]
    Backend(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A record cannot be read: another version's, or not sealed by this key.
    #[error("a stored record of {space:?} cannot be read: {reason}")]
    Unreadable {
        /// What kind of record.
        space: Space,
        /// Why.
        reason: String,
    },
    /// A newer ponte has written here.
    #[error(
        "the store was written by a newer version ({found}; this one reads up to {known}): use that version, or restore an export"
    )]
    Newer {
        /// The store's version.
        found: u32,
        /// The newest that this binary reads.
        known: u32,
    },
    /// Another process holds the store.
    #[error("the store in {0} is in use by another process (is the server running?)")]
    InUse(String),
}

/// Bytes by key, gone once expired. `now` is the caller's: no backend reads a clock.
#[async_trait]
pub trait Store: fmt::Debug + Send + Sync {
    /// The live value of `key`.
    async fn get(&self, key: &Key, now: DateTime<Utc>) -> Result<Option<Vec<u8>>, StoreError>;

    /// Live values whose names begin with `prefix` and come after `after`, in order of name, at most `limit`.
    async fn list(
        &self,
        tenant: &TenantId,
        space: Space,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
        now: DateTime<Utc>,
    ) -> Result<Vec<(String, Vec<u8>)>, StoreError>;

    /// Does all of `writes` if all of `expectations` hold, else nothing, as one step that nobody sees half of.
    async fn commit(
        &self,
        expectations: Vec<Expectation>,
        writes: Vec<Write>,
        durability: Durability,
        now: DateTime<Utc>,
    ) -> Result<Committed, StoreError>;

    /// Drops what has expired, at most `limit` values; returns how many.
    async fn sweep(&self, limit: usize, now: DateTime<Utc>) -> Result<usize, StoreError>;

    /// Waits until everything acknowledged so far is on the disk.
    async fn flush(&self) -> Result<(), StoreError>;
}
