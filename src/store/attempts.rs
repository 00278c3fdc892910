//! Failed attempts, by subject and factor.

use chrono::{DateTime, TimeDelta, Utc};

use crate::assurance::factor::Factor;
use crate::identity::subject::Subject;
use crate::login::attempts::{self as rule, Attempts};
use crate::store::port::{Space, StoreError, Unreadable};
use crate::store::record::{Batch, Loaded, Records, unreadable};

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

/// Adds to `batch` that `attempts` at `factor` takes the place of `seen`; the batch conflicts when another attempt was counted
/// meanwhile. It is forgotten after a month without another, unless it blocks: that lasts until the factor is recovered.
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn update(
    records: Records<'_>,
    batch: &mut Batch,
    seen: &Loaded<Attempts>,
    attempts: &Attempts,
    factor: Factor,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if *attempts == Attempts::default() {
        if seen.exists() {
            batch.take(seen);
        } else {
            batch.expect(seen);
        }
        return Ok(());
    }
    let until = (!rule::blocks(attempts, factor)).then(|| now + REMEMBERED);
    batch.replace(records, seen, attempts, until)
}

const REMEMBERED: TimeDelta = TimeDelta::days(30);
