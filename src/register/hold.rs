//! Legal holds: what must not be purged for now, and why.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::register::error::RegisterError;
use crate::register::segment::Month;
use crate::store::port::{Committed, Durability, Space};
use crate::store::record::{Batch, Records};

/// A hold on months of the register.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Hold {
    /// Its name, by which it is removed.
    pub id: String,
    /// Why: the authority and the number of its request.
    pub reason: String,
    /// The first month held, `YYYY-MM`; none is the oldest.
    pub from: Option<String>,
    /// The last month held; none is the newest.
    pub to: Option<String>,
    /// Since when.
    pub since: DateTime<Utc>,
    /// By whom.
    pub by: String,
}

impl Hold {
    /// Whether `month` is held. A bound that cannot be read holds.
    #[must_use]
    pub fn holds(&self, month: Month) -> bool {
        let bound = |text: &Option<String>| text.as_deref().and_then(|text| text.parse().ok());
        bound(&self.from).is_none_or(|from: Month| from <= month)
            && bound(&self.to).is_none_or(|to: Month| month <= to)
    }
}

/// Adds `hold`; false when its name is taken.
///
/// # Errors
/// When the store fails.
pub async fn add(
    records: Records<'_>,
    hold: &Hold,
    now: DateTime<Utc>,
) -> Result<bool, RegisterError> {
    let key = records.key(Space::RegisterHolds, hold.id.as_str());
    let mut batch = Batch::new();
    batch.expect_absent(key.clone());
    records.put(&mut batch, key, hold, None)?;
    Ok(batch.commit(records.store, Durability::Durable, now).await? == Committed::Done)
}

/// Removes the hold `id`; none when there is none.
///
/// # Errors
/// When the store fails.
pub async fn remove(
    records: Records<'_>,
    id: &str,
    now: DateTime<Utc>,
) -> Result<Option<Hold>, RegisterError> {
    let key = records.key(Space::RegisterHolds, id);
    let Some(seen) = records.load::<Hold>(key, now).await? else { return Ok(None) };
    let mut batch = Batch::new();
    batch.take(&seen);
    let taken = batch.commit(records.store, Durability::Durable, now).await? == Committed::Done;
    Ok(taken.then_some(seen.value))
}

/// All holds, in the order of their names.
///
/// # Errors
/// When the store fails.
pub async fn list(records: Records<'_>, now: DateTime<Utc>) -> Result<Vec<Hold>, RegisterError> {
    let found = records.list(Space::RegisterHolds, "", None, MOST, now).await?;
    Ok(found.into_iter().map(|loaded| loaded.value).collect())
}

/// Nobody has more.
const MOST: usize = 10_000;
