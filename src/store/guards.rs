//! What a person says beside their factors: the pincode for operations, and the answer to their secret question. Each is kept as
//! a hash alone, with the wrong attempts at it.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::identity::subject::Subject;
use crate::login::attempts::Attempts;
use crate::store::port::{Key, Space, StoreError};
use crate::store::record::{Batch, Loaded, Records};

/// Which of them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Guard {
    /// The pincode (TS-07).
    Pincode,
    /// The answer to the secret question (BI-10).
    Answer,
}

/// One of them, as it is kept.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// `$argon2id$…`; none where there is nothing and attempts alone are counted.
    pub hash: Option<String>,
    /// The question that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// When it was made.
    pub made: Option<DateTime<Utc>>,
    /// The wrong attempts since it last held.
    #[serde(default)]
    pub attempts: Attempts,
}

/// What is kept of `subject`; nothing where nothing is known.
///
/// # Errors
/// When the store fails or the record cannot be read.
pub async fn load(
    records: Records<'_>,
    guard: Guard,
    subject: &Subject,
    now: DateTime<Utc>,
) -> Result<Loaded<Kept>, StoreError> {
    records.load_or_default(key(records, guard, subject), now).await
}

/// Adds to `batch` that `kept` takes the place of `seen`; the batch conflicts when another was made or tried meanwhile. Attempts
/// at what is not there are forgotten after a month.
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn update(
    records: Records<'_>,
    batch: &mut Batch,
    seen: &Loaded<Kept>,
    kept: &Kept,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let until = kept.hash.is_none().then(|| now + REMEMBERED);
    batch.replace(records, seen, kept, until)
}

/// Adds to `batch` that nothing is kept of `subject` any more.
pub fn forget(records: Records<'_>, batch: &mut Batch, subject: &Subject) {
    for guard in [Guard::Pincode, Guard::Answer] {
        batch.remove(key(records, guard, subject));
    }
}

fn key(records: Records<'_>, guard: Guard, subject: &Subject) -> Key {
    let prefix = match guard {
        Guard::Pincode => "pincode",
        Guard::Answer => "answer",
    };
    records.key(Space::Codes, format!("{prefix}/{}", subject.as_str()))
}

const REMEMBERED: TimeDelta = TimeDelta::days(30);
