//! Recoveries: what begins one, one under way, and what a person was sent of late. Of a link's secret only a blind digest
//! is kept (AR-14).

use chrono::{DateTime, Utc};

use crate::enrolment::activation::ActivationCode;
use crate::enrolment::recovery::{Asked, Link, Recovery};
use crate::identity::subject::Subject;
use crate::store::port::{Key, Space, StoreError};
use crate::store::record::{Batch, Loaded, Records};

/// What begins a recovery, as its bearer has it.
#[derive(Clone, Copy)]
pub enum Token<'a> {
    /// The end of a link.
    Link(&'a str),
    /// A desk's code.
    Desk(&'a ActivationCode),
}

impl Token<'_> {
    fn key(self, records: Records<'_>) -> Result<Key, StoreError> {
        let name = match self {
            Self::Link(token) => records.blind(Space::Codes, "recovery link", token)?,
            Self::Desk(code) => records.blind(Space::Codes, "recovery desk", code.as_str())?,
        };
        Ok(records.key(Space::Codes, format!("recovery/link/{name}")))
    }
}

/// Adds to `batch` that `token` begins what `link` says.
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn put(
    records: Records<'_>,
    batch: &mut Batch,
    token: Token<'_>,
    link: &Link,
) -> Result<(), StoreError> {
    let key = token.key(records)?;
    batch.expect_absent(key.clone());
    records.put(batch, key, link, Some(link.keep_until()))
}

/// What `token` begins, or began.
///
/// # Errors
/// When the store fails or the record cannot be read.
pub async fn find(
    records: Records<'_>,
    token: Token<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Loaded<Link>>, StoreError> {
    records.load(token.key(records)?, now).await
}

/// Adds to `batch` that `seen` is used; of two callers one does.
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn use_up(
    records: Records<'_>,
    batch: &mut Batch,
    seen: &Loaded<Link>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let used = Link { used: Some(now), ..seen.value.clone() };
    batch.replace(records, seen, &used, Some(used.keep_until()))
}

fn walk_key(records: Records<'_>, id: &str) -> Result<Key, StoreError> {
    let name = records.blind(Space::Codes, "recovery", id)?;
    Ok(records.key(Space::Codes, format!("recovery/walk/{name}")))
}

/// Adds to `batch` a recovery that begins.
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn open(
    records: Records<'_>,
    batch: &mut Batch,
    recovery: &Recovery,
) -> Result<(), StoreError> {
    let key = walk_key(records, &recovery.id)?;
    batch.expect_absent(key.clone());
    records.put(batch, key, recovery, Some(recovery.expires))
}

/// The recovery `id`.
///
/// # Errors
/// When the store fails or the record cannot be read.
pub async fn load(
    records: Records<'_>,
    id: &str,
    now: DateTime<Utc>,
) -> Result<Option<Loaded<Recovery>>, StoreError> {
    records.load(walk_key(records, id)?, now).await
}

/// Adds to `batch` that `recovery` takes the place of `seen`.
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn update(
    records: Records<'_>,
    batch: &mut Batch,
    seen: &Loaded<Recovery>,
    recovery: &Recovery,
) -> Result<(), StoreError> {
    batch.replace(records, seen, recovery, Some(recovery.expires))
}

fn person_key(records: Records<'_>, subject: &Subject) -> Key {
    records.key(Space::Codes, format!("recovery/person/{}", subject.as_str()))
}

/// What `subject` was sent of late.
///
/// # Errors
/// When the store fails or the record cannot be read.
pub async fn asked(
    records: Records<'_>,
    subject: &Subject,
    now: DateTime<Utc>,
) -> Result<Loaded<Asked>, StoreError> {
    records.load_or_default(person_key(records, subject), now).await
}

/// Adds to `batch` that `asked` takes the place of `seen`.
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn count(
    records: Records<'_>,
    batch: &mut Batch,
    seen: &Loaded<Asked>,
    asked: &Asked,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    batch.replace(records, seen, asked, Some(Asked::keep_until(now)))
}

/// Adds to `batch` something of the size of a mail that waits, which nobody reads: what is written for a name that
/// nobody has costs as much as what is written for a person.
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn put_decoy<T: serde::Serialize>(
    records: Records<'_>,
    batch: &mut Batch,
    id: &str,
    decoy: &T,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let key = records.key(Space::Codes, format!("recovery/nobody/{id}"));
    batch.expect_absent(key.clone());
    records.put(batch, key, decoy, Some(now + chrono::TimeDelta::seconds(1)))
}

/// Adds to `batch` that nothing is known of what `subject` was sent.
pub fn forget(records: Records<'_>, batch: &mut Batch, subject: &Subject) {
    batch.remove(person_key(records, subject));
}
