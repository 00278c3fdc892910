//! The last requests of each service provider, for its developer: what was asked and what came of it, nothing of whom it was about.
//!
//! A name is `trail/`, a digest of the entityID, `/`, how long before the end of time the request came (microseconds, 20 digits), `/` and
//! a digest of its ID: the first is the newest. All of it is written without waiting for the disk, and gone after two weeks.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::store::port::{Committed, Durability, Key, Space, StoreError};
use crate::store::record::{Batch, Records};
use crate::world::digest::sha256;

/// How many requests of one service provider are kept.
pub const MOST: usize = 50;

/// How long each is.
pub const KEPT: TimeDelta = TimeDelta::days(14);

/// A request as its developer sees it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// When it came.
    pub at: DateTime<Utc>,
    /// Whether it came by HTTP-POST; else by HTTP-Redirect.
    pub posted: bool,
    /// The message, without what could be about a person.
    pub request: String,
    /// The name of the table of checks that it was held to.
    pub table: String,
    /// The rules that it broke, of the table and beyond it.
    pub broken: Vec<Broken>,
    /// What came of it.
    pub end: End,
}

/// A rule that was broken.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Broken {
    /// SPID's number for it.
    pub number: u16,
    /// The element or attribute, by path.
    pub element: String,
    /// The rule, in words.
    pub rule: String,
    /// What it wants.
    pub expected: String,
    /// What there was; empty if nothing.
    pub found: String,
}

/// What came of a request.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum End {
    /// The person is at it, has gone away, or what came of it is not known.
    Open,
    /// Somebody was named.
    Answered {
        /// At the level with this name in SPID.
        level: String,
    },
    /// Nobody was named, and this error was answered.
    Refused {
        /// SPID's number.
        number: u16,
    },
    /// The request was at fault.
    Rejected {
        /// SPID's number.
        number: u16,
    },
}

/// The last request that bore the name of a service provider and was not shown to be its own.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Unsigned {
    /// When it came.
    pub at: DateTime<Utc>,
    /// SPID's number of what was wrong.
    pub number: u16,
}

fn prefix(entity_id: &str) -> String {
    format!("trail/{}/", URL_SAFE_NO_PAD.encode(sha256(entity_id.as_bytes())))
}

fn key(records: Records<'_>, entity_id: &str, request_id: &str, at: DateTime<Utc>) -> Key {
    let before = END.saturating_sub(at.timestamp_micros()).max(0);
    let id = URL_SAFE_NO_PAD.encode(&sha256(request_id.as_bytes())[..12]);
    records.key(Space::Registrations, format!("{}{before:020}/{id}", prefix(entity_id)))
}

fn unsigned_key(records: Records<'_>, entity_id: &str) -> Key {
    let name = URL_SAFE_NO_PAD.encode(sha256(entity_id.as_bytes()));
    records.key(Space::Registrations, format!("unsigned/{name}"))
}

/// Keeps the request `request_id` of `entity_id`; the oldest beyond [`MOST`] go.
///
/// # Errors
/// When the store fails.
pub async fn put(
    records: Records<'_>,
    entity_id: &str,
    request_id: &str,
    kept: &Kept,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let mut batch = Batch::new();
    let prefix = prefix(entity_id);
    let (store, tenant, space) = (records.store, records.tenant, Space::Registrations);
    let there = store.list(tenant, space, &prefix, None, 2 * MOST, now).await?;
    for (name, _) in there.into_iter().skip(MOST - 1) {
        batch.remove(records.key(space, name));
    }
    let key = key(records, entity_id, request_id, kept.at);
    records.put(&mut batch, key, kept, Some(kept.at + KEPT))?;
    let _done: Committed = batch.commit(store, Durability::Ephemeral, now).await?;
    Ok(())
}

/// Notes what came of the request `request_id` of `entity_id` that came at `at`, if it is kept.
///
/// # Errors
/// When the store fails.
pub async fn end(
    records: Records<'_>,
    entity_id: &str,
    request_id: &str,
    at: DateTime<Utc>,
    end: End,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let key = key(records, entity_id, request_id, at);
    let Some(seen) = records.load::<Kept>(key, now).await? else { return Ok(()) };
    let mut batch = Batch::new();
    let kept = Kept { end, ..seen.value.clone() };
    batch.replace(records, &seen, &kept, Some(kept.at + KEPT))?;
    let _done: Committed = batch.commit(records.store, Durability::Ephemeral, now).await?;
    Ok(())
}

/// Notes that `unsigned` came for `entity_id`, in the place of the one before.
///
/// # Errors
/// When the store fails.
pub async fn put_unsigned(
    records: Records<'_>,
    entity_id: &str,
    unsigned: &Unsigned,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let mut batch = Batch::new();
    let key = unsigned_key(records, entity_id);
    records.put(&mut batch, key, unsigned, Some(unsigned.at + KEPT))?;
    let _done: Committed = batch.commit(records.store, Durability::Ephemeral, now).await?;
    Ok(())
}

/// What is kept of `entity_id`, the newest first.
///
/// # Errors
/// When the store fails or a record cannot be read.
pub async fn list(
    records: Records<'_>,
    entity_id: &str,
    now: DateTime<Utc>,
) -> Result<Vec<Kept>, StoreError> {
    let prefix = prefix(entity_id);
    let found = records.list(Space::Registrations, &prefix, None, MOST, now).await?;
    Ok(found.into_iter().map(|loaded| loaded.value).collect())
}

/// The last request that bore the name of `entity_id` and was not shown to be its own.
///
/// # Errors
/// When the store fails or the record cannot be read.
pub async fn unsigned(
    records: Records<'_>,
    entity_id: &str,
    now: DateTime<Utc>,
) -> Result<Option<Unsigned>, StoreError> {
    let found = records.load(unsigned_key(records, entity_id), now).await?;
    Ok(found.map(|loaded| loaded.value))
}

const END: i64 = 99_999_999_999_999_999;
