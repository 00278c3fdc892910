//! What is left to do for people who registered again: somebody gives them their authorisations anew (BI-15).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::identity::kind::IdentityKind;
use crate::identity::subject::Subject;
use crate::store::port::{Space, StoreError};
use crate::store::record::{Batch, Loaded, Records};

/// One person who waits.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Work {
    /// Who.
    pub subject: Subject,
    /// Who they were.
    pub before: Subject,
    /// The kinds of identities that they had.
    pub had: Vec<IdentityKind>,
    /// Since when.
    pub opened: DateTime<Utc>,
}

/// Adds to `batch` that somebody waits since `campaign`.
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn open(
    records: Records<'_>,
    batch: &mut Batch,
    campaign: &str,
    work: &Work,
) -> Result<(), StoreError> {
    let name = format!("{}{}", prefix(campaign), work.subject.as_str());
    let key = records.key(Space::Codes, name);
    batch.expect_absent(key.clone());
    records.put(batch, key, work, None)
}

/// Everybody who waits since `campaign`.
///
/// # Errors
/// When the store fails or a record cannot be read.
pub async fn all(
    records: Records<'_>,
    campaign: &str,
    now: DateTime<Utc>,
) -> Result<Vec<Loaded<Work>>, StoreError> {
    let (mut all, mut after) = (Vec::new(), None::<String>);
    loop {
        let page: Vec<Loaded<Work>> =
            records.list(Space::Codes, &prefix(campaign), after.as_deref(), PAGE, now).await?;
        let is_last = page.len() < PAGE;
        after = page.last().map(|one| one.key().name.clone());
        all.extend(page);
        if is_last {
            return Ok(all);
        }
    }
}

fn prefix(campaign: &str) -> String {
    format!("work/{campaign}/")
}

const PAGE: usize = 200;
