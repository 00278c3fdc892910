//! The port: expiring bytes by key, and one compare-and-set over several keys.

use std::fmt;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::identity::tenant::TenantId;
use crate::store::dump::Item;
use crate::world::seal::SealError;

/// The most bytes that one value may have: what lies above goes to files that nothing syncs.
pub const MAX_VALUE: usize = 32 * 1024;

/// The most bytes that a name may have.
pub const MAX_NAME: usize = 512;

/// The version of what is stored; a store written by a newer one is refused.
pub const DATA_VERSION: u32 = 1;

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
    /// Sessions of people in browsers, by a blind digest of their id.
    Sessions,
    /// By what else sessions are found: keyed and blinded.
    SessionIndex,
    /// Logouts under way, by a blind digest of their id, and the requests that they sent.
    Logouts,
    /// Metadata of service providers added by command, by entityID's digest.
    ServiceProviders,
    /// Submissions of metadata, links to status pages, and the last requests of service providers.
    Registrations,
    /// Register's index entries, keyed and blinded.
    RegisterIndex,
    /// Register's rows that are not in its files yet, by the response's id and number of the piece.
    RegisterPending,
    /// Legal holds on months of the register, by name.
    RegisterHolds,
    /// Votes on help pages, by page.
    Feedback,
    /// Messages that wait to leave, by when they are tried next.
    Outbox,
    /// The store's own facts: how far the index is, when it was restored.
    Meta,
}

impl Space {
    /// Its name at rest; never changes once data exists.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Transactions => "transactions",
            Self::Blobs => "blobs",
            Self::Replay => "replay",
            Self::Accounts => "accounts",
            Self::Names => "names",
            Self::Credentials => "credentials",
            Self::Attempts => "attempts",
            Self::Codes => "codes",
            Self::Sessions => "sessions",
            Self::SessionIndex => "session-index",
            Self::Logouts => "logouts",
            Self::ServiceProviders => "service-providers",
            Self::Registrations => "registrations",
            Self::RegisterIndex => "register-index",
            Self::RegisterPending => "register-pending",
            Self::RegisterHolds => "register-holds",
            Self::Feedback => "feedback",
            Self::Outbox => "outbox",
            Self::Meta => "meta",
        }
    }

    /// Those of which each value is asked for by its name: to list them takes the time of all that there are.
    pub const UNLISTED: [Self; 4] =
        [Self::Transactions, Self::Blobs, Self::Replay, Self::RegisterPending];

    /// Those of which most values are gone minutes after they were written.
    pub const BRIEF: [Self; 5] =
        [Self::Transactions, Self::Blobs, Self::Replay, Self::Logouts, Self::RegisterPending];

    /// Those of which most values are gone within a day.
    pub const OF_A_DAY: [Self; 2] = [Self::Sessions, Self::SessionIndex];
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

    /// What a backend orders and a seal binds: tenant, space and name, none of which can run into the next.
    #[must_use]
    pub fn path(&self) -> Vec<u8> {
        let mut path = folder(&self.tenant, self.space);
        path.extend_from_slice(self.name.as_bytes());
        path
    }
}

/// What the [`Key::path`] of every name in `space` of `tenant` begins with.
#[must_use]
pub fn folder(tenant: &TenantId, space: Space) -> Vec<u8> {
    let mut path = Vec::with_capacity(96);
    path.extend_from_slice(tenant.as_str().as_bytes());
    path.push(0);
    path.extend_from_slice(space.as_str().as_bytes());
    path.push(0);
    path
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

impl Value {
    /// `bytes` that stay until they are removed.
    #[must_use]
    pub fn lasting(bytes: Vec<u8>) -> Self {
        Self { bytes, expires: None }
    }

    /// `bytes` that are as if they had never been from `expires` on.
    #[must_use]
    pub fn until(bytes: Vec<u8>, expires: DateTime<Utc>) -> Self {
        Self { bytes, expires: Some(expires) }
    }

    /// Whether it still counts at `now`.
    #[must_use]
    pub fn lives(&self, now: DateTime<Utc>) -> bool {
        self.expires.is_none_or(|end| now < end)
    }
}

/// Refuses what no backend takes, so that all refuse the same.
///
/// # Errors
/// [`StoreError::TooLarge`] when a value is longer than [`MAX_VALUE`], [`StoreError::NameTooLong`] when a name is
/// longer than [`MAX_NAME`].
pub fn within_limits(expectations: &[Expectation], writes: &[Write]) -> Result<(), StoreError> {
    let keys = expectations.iter().map(|e| &e.key).chain(writes.iter().map(|w| &w.key));
    for key in keys {
        if key.name.len() > MAX_NAME {
            return Err(StoreError::NameTooLong(key.name.len()));
        }
    }
    for value in writes.iter().filter_map(|w| w.value.as_ref()) {
        if value.bytes.len() > MAX_VALUE {
            return Err(StoreError::TooLarge(value.bytes.len()));
        }
    }
    Ok(())
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
    /// A value of more than [`MAX_VALUE`] bytes, or a long value of more than a blob takes.
    #[error("a value of {0} bytes is more than the store takes")]
    TooLarge(usize),
    /// A name of more than [`MAX_NAME`] bytes.
    #[error("a name of {0} bytes is more than the store takes")]
    NameTooLong(usize),
    /// The disk, or the database, failed.
    #[error("the store failed")]
    Backend(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A record cannot be read, or one cannot be written.
    #[error("a stored record of {} cannot be read", space.as_str())]
    Unreadable {
        /// What kind of record.
        space: Space,
        /// Why.
        #[source]
        reason: Unreadable,
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

/// Why a record cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Not sealed by a key that we have, moved from another key, or altered.
    #[error("its seal does not open")]
    Seal(#[source] SealError),
    /// Its form is a newer version's.
    #[error("it has version {found}; this one reads up to {known}")]
    Version {
        /// The record's version.
        found: u32,
        /// The newest that this binary reads.
        known: u32,
    },
    /// It is not the JSON that it should be.
    #[error("it does not have the form of its kind")]
    Form(#[source] serde_json::Error),
    /// A piece of a long value is missing, or is not a piece.
    #[error("a piece of it is missing or damaged")]
    Piece,
}

/// Bytes by key, gone once expired. `now` is the caller's: no backend reads a clock.
#[async_trait]
pub trait Store: fmt::Debug + Send + Sync {
    /// The live value of `key`. What a durable commit wrote is shown once it is on the disk, not before: whoever
    /// acts on it acts on something that stays.
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

    /// Does all of `writes` if all of `expectations` hold, else nothing, as one step that nobody sees half of. Of
    /// several writes to one key the last counts. A conflict is answered at once, whatever is being flushed.
    async fn commit(
        &self,
        expectations: Vec<Expectation>,
        writes: Vec<Write>,
        durability: Durability,
        now: DateTime<Utc>,
    ) -> Result<Committed, StoreError>;

    /// Drops what has expired, at most `limit` values, the longest expired first; returns how many.
    async fn sweep(&self, limit: usize, now: DateTime<Utc>) -> Result<usize, StoreError>;

    /// Sends everything that lives at `now`, as of one moment, to `to`, while others go on reading and writing; ends
    /// early when nobody listens. What it sends is on the disk.
    async fn dump(
        &self,
        to: tokio::sync::mpsc::Sender<Vec<Item>>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError>;

    /// Waits until everything acknowledged so far is on the disk.
    async fn flush(&self) -> Result<(), StoreError>;

    /// Whether it takes nothing more until it is opened again.
    fn is_lost(&self) -> bool {
        false
    }
}
