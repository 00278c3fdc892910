//! Failed attempts, by subject and factor.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::assurance::factor::Factor;
use crate::identity::subject::Subject;
use crate::store::port::{Space, StoreError, Unreadable};
use crate::store::record::{Batch, Loaded, Records, unreadable};

/// What went wrong with one factor of one person (DESIGN, Levels).
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Attempts {
    /// Failures in a row, from wherever.
    pub consecutive: u32,
    /// Those of them that came from browsers that the account has not been used from.
    pub unknown_browser_failures: u32,
    /// When the last one was.
    pub last: Option<DateTime<Utc>>,
}

/// What is known of `factor` of `subject`; nothing failed where nothing is known.
///
/// # Errors
/// When the store fails or the record cannot be read.
pub async fn load(
    records: Records<'_>,
    subject: &Subject,
    factor: Factor,
    now: DateTime<Utc>,
) -> Result<Loaded<Attempts>, StoreError> {
    let factor = serde_json::to_value(factor)
        .map_err(|error| unreadable(Space::Attempts, Unreadable::Form(error)))?;
    let name = format!("{}/{}", subject.as_str(), factor.as_str().unwrap_or_default());
    records.load_or_default(records.key(Space::Attempts, name), now).await
}

/// Adds to `batch` that `attempts` takes the place of `seen`; the batch conflicts when another attempt was counted
/// meanwhile.
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn update(
    records: Records<'_>,
    batch: &mut Batch,
    seen: &Loaded<Attempts>,
    attempts: &Attempts,
) -> Result<(), StoreError> {
    if *attempts == Attempts::default() {
        batch.take(seen);
        return Ok(());
    }
    batch.replace(records, seen, attempts, None)
}
