//! Messages that wait to leave, by when they are tried next.
//!
//! A name is the time (milliseconds since 1970, 16 digits), `/` and the message's id: the first one is the next one. That
//! of an SMS has `sms/` before it: a code does not wait for mails.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::identity::subject::Subject;
use crate::store::port::{Committed, Durability, Key, Space, StoreError};
use crate::store::record::{Batch, Loaded, Records};
use crate::world::outbox::{Message, Way};

/// A message that waits.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Queued {
    /// The message, as it leaves.
    pub message: Message,
    /// What it tells of, in a word for log and figures.
    pub what: String,
    /// Whom it is for.
    pub subject: Subject,
    /// How often it was tried.
    pub tries: u32,
    /// From this time on it is not worth sending.
    pub until: DateTime<Utc>,
}

/// Adds to `batch` that `queued` waits to leave, from `due` on. It stays until somebody takes it away.
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn put(
    records: Records<'_>,
    batch: &mut Batch,
    queued: &Queued,
    due: DateTime<Utc>,
) -> Result<(), StoreError> {
    let key = key(records, queued, due);
    batch.expect_absent(key.clone());
    records.put(batch, key, queued, None)
}

/// Those that are due by `way`, at most `limit`, the one that has waited longest first.
///
/// # Errors
/// When the store fails or one cannot be read.
pub async fn due(
    records: Records<'_>,
    way: Way,
    limit: usize,
    now: DateTime<Utc>,
) -> Result<Vec<Loaded<Queued>>, StoreError> {
    let prefix = prefix(way);
    let mut found: Vec<Loaded<Queued>> =
        records.list(Space::Outbox, prefix, None, limit, now).await?;
    let last = time(now);
    let due = |name: &str| name.strip_prefix(prefix)?.split('/').next().map(str::to_owned);
    // The names of other ways are no times.
    found.retain(|one| due(&one.key().name).is_some_and(|due| *due <= *last));
    Ok(found)
}

/// Keeps others from sending `seen` for `lease`; `None` when somebody was ahead. A crash forgets it.
///
/// # Errors
/// When the store fails.
pub async fn claim(
    records: Records<'_>,
    seen: &Loaded<Queued>,
    lease: TimeDelta,
    now: DateTime<Utc>,
) -> Result<Option<Loaded<Queued>>, StoreError> {
    let mut batch = Batch::new();
    let key = key(records, &seen.value, now + lease);
    batch.take(seen);
    records.put(&mut batch, key.clone(), &seen.value, None)?;
    match batch.commit(records.store, Durability::Ephemeral, now).await? {
        Committed::Done => records.load(key, now).await,
        Committed::Conflict(_) => Ok(None),
    }
}

/// Adds to `batch` that `seen` was tried once more, and waits until `due`.
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn again(
    records: Records<'_>,
    batch: &mut Batch,
    seen: &Loaded<Queued>,
    due: DateTime<Utc>,
) -> Result<(), StoreError> {
    batch.take(seen);
    let queued = Queued { tries: seen.value.tries.saturating_add(1), ..seen.value.clone() };
    records.put(batch, key(records, &queued, due), &queued, None)
}

/// All that wait for `subject`.
///
/// # Errors
/// When the store fails or one cannot be read.
pub async fn of_subject(
    records: Records<'_>,
    subject: &Subject,
    now: DateTime<Utc>,
) -> Result<Vec<Loaded<Queued>>, StoreError> {
    let mut all = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page: Vec<Loaded<Queued>> =
            records.list(Space::Outbox, "", after.as_deref(), PAGE, now).await?;
        let is_last = page.len() < PAGE;
        after = page.last().map(|one| one.key().name.clone());
        all.extend(page.into_iter().filter(|one| one.value.subject == *subject));
        if is_last {
            return Ok(all);
        }
    }
}

fn key(records: Records<'_>, queued: &Queued, due: DateTime<Utc>) -> Key {
    let prefix = prefix(queued.message.body.way());
    records.key(Space::Outbox, format!("{prefix}{}/{}", time(due), queued.message.id))
}

fn prefix(way: Way) -> &'static str {
    match way {
        Way::Mail => "",
        Way::Sms => "sms/",
        Way::Push => "push/",
    }
}

fn time(at: DateTime<Utc>) -> String {
    format!("{:016}", at.timestamp_millis().max(0))
}

const PAGE: usize = 256;
