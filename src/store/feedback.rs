//! How many found a help page useful, and how many did not: two numbers a page, nothing about anybody.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::store::port::{Committed, Durability, Space, StoreError};
use crate::store::record::{Batch, Loaded, Records};

/// The votes on one page.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct Votes {
    /// It was useful.
    pub yes: u64,
    /// It was not.
    pub no: u64,
}

/// Counts one vote on `page`; of votes at the same moment each counts, unless others are ahead again and again.
///
/// # Errors
/// When the store fails or the count cannot be read.
pub async fn count(
    records: Records<'_>,
    page: &str,
    useful: bool,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    for _ in 0..ROUNDS {
        let seen: Loaded<Votes> =
            records.load_or_default(records.key(Space::Feedback, page), now).await?;
        let Votes { yes, no } = seen.value;
        let votes = if useful {
            Votes { yes: yes.saturating_add(1), no }
        } else {
            Votes { yes, no: no.saturating_add(1) }
        };
        let mut batch = Batch::new();
        batch.replace(records, &seen, &votes, None)?;
        if batch.commit(records.store, Durability::Ephemeral, now).await? == Committed::Done {
            break;
        }
    }
    Ok(())
}

/// The votes on `page`.
///
/// # Errors
/// When the store fails or the count cannot be read.
pub async fn votes(
    records: Records<'_>,
    page: &str,
    now: DateTime<Utc>,
) -> Result<Votes, StoreError> {
    let seen = records.load_or_default(records.key(Space::Feedback, page), now).await?;
    Ok(seen.value)
}

const ROUNDS: usize = 16;
