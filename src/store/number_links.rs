//! Numbers that wait for the link that was mailed for them, and what a person was sent of late. Of a link's secret only a blind
//! digest is kept.

use chrono::{DateTime, Utc};

use crate::enrolment::number_link::{NumberLink, NumberLinks};
use crate::enrolment::recovery::Asked;
use crate::identity::subject::Subject;
use crate::store::port::{Key, Space, StoreError};
use crate::store::record::{Batch, Loaded, Records};

/// Adds to `batch` that the link that ends in `token` writes what `link` says, and that `links` takes the place of `seen`.
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn put(
    records: Records<'_>,
    batch: &mut Batch,
    token: &str,
    link: &NumberLink,
    seen: &Loaded<NumberLinks>,
    links: &NumberLinks,
) -> Result<(), StoreError> {
    let key = link_key(records, token)?;
    batch.expect_absent(key.clone());
    records.put(batch, key, link, Some(link.keep_until()))?;
    batch.replace(records, seen, links, Some(Asked::keep_until(link.made)))
}

/// What the link that ends in `token` writes, or wrote.
///
/// # Errors
/// When the store fails or the record cannot be read.
pub async fn find(
    records: Records<'_>,
    token: &str,
    now: DateTime<Utc>,
) -> Result<Option<Loaded<NumberLink>>, StoreError> {
    records.load(link_key(records, token)?, now).await
}

/// Adds to `batch` that `seen` is used; of two callers one does.
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn use_up(
    records: Records<'_>,
    batch: &mut Batch,
    seen: &Loaded<NumberLink>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let used = NumberLink { used: Some(now), ..seen.value.clone() };
    batch.replace(records, seen, &used, Some(used.keep_until()))
}

/// What `subject` was sent of late.
///
/// # Errors
/// When the store fails or the record cannot be read.
pub async fn of_subject(
    records: Records<'_>,
    subject: &Subject,
    now: DateTime<Utc>,
) -> Result<Loaded<NumberLinks>, StoreError> {
    records.load_or_default(person_key(records, subject), now).await
}

/// Adds to `batch` that nothing is known of what `subject` was sent; a link that waits is worth nothing without it.
pub fn forget(records: Records<'_>, batch: &mut Batch, subject: &Subject) {
    batch.remove(person_key(records, subject));
}

fn link_key(records: Records<'_>, token: &str) -> Result<Key, StoreError> {
    let name = records.blind(Space::Codes, "link for a number", token)?;
    Ok(records.key(Space::Codes, format!("number/link/{name}")))
}

fn person_key(records: Records<'_>, subject: &Subject) -> Key {
    records.key(Space::Codes, format!("number/person/{}", subject.as_str()))
}
