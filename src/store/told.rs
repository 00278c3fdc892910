//! What a person was told of, and when: the last messages that left for them, without what they said.
//!
//! A name is `told/`, the person, `/`, how long before the end of time the message left (milliseconds, 16 digits), `/` and the
//! message's id: the first is the newest.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::identity::subject::Subject;
use crate::store::port::{Key, Space, StoreError};
use crate::store::record::{Batch, Loaded, Records};

/// A message that left.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// What it tells of, in a word.
    pub what: String,
    /// When it left.
    pub at: DateTime<Utc>,
}

/// Adds to `batch` that the message `id` left for `subject`; that is forgotten after six months.
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn put(
    records: Records<'_>,
    batch: &mut Batch,
    subject: &Subject,
    id: &str,
    told: &Told,
) -> Result<(), StoreError> {
    let before = END.saturating_sub(told.at.timestamp_millis()).max(0);
    let key: Key = records.key(Space::Codes, format!("{}{before:016}/{id}", prefix(subject)));
    records.put(batch, key, told, Some(told.at + KEPT))
}

/// What `subject` was told of, the newest first, at most `limit`.
///
/// # Errors
/// When the store fails or a record cannot be read.
pub async fn of_subject(
    records: Records<'_>,
    subject: &Subject,
    limit: usize,
    now: DateTime<Utc>,
) -> Result<Vec<Loaded<Told>>, StoreError> {
    records.list(Space::Codes, &prefix(subject), None, limit, now).await
}

fn prefix(subject: &Subject) -> String {
    format!("told/{}/", subject.as_str())
}

const END: i64 = 9_999_999_999_999_999;
const KEPT: TimeDelta = TimeDelta::days(180);
