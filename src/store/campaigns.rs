//! How far people are with campaigns.

use chrono::{DateTime, Utc};

use crate::enrolment::campaign::Progress;
use crate::identity::subject::Subject;
use crate::store::port::{Key, Space, StoreError};
use crate::store::record::{Batch, Loaded, Records};

fn prefix(subject: &Subject) -> String {
    format!("campaign/{}/", subject.as_str())
}

fn key(records: Records<'_>, campaign: &str, subject: &Subject) -> Key {
    records.key(Space::Codes, format!("{}{campaign}", prefix(subject)))
}

/// How far `subject` is with `campaign`; nothing is done where nothing is known.
///
/// # Errors
/// When the store fails or the record cannot be read.
pub async fn load(
    records: Records<'_>,
    campaign: &str,
    subject: &Subject,
    now: DateTime<Utc>,
) -> Result<Loaded<Progress>, StoreError> {
    records.load_or_default(key(records, campaign, subject), now).await
}

/// Adds to `batch` that `progress` takes the place of `seen`.
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn update(
    records: Records<'_>,
    batch: &mut Batch,
    seen: &Loaded<Progress>,
    progress: &Progress,
) -> Result<(), StoreError> {
    batch.replace(records, seen, progress, None)
}

/// Which notice of `campaign` everybody was told of who is to be, by how many days before the end.
///
/// # Errors
/// When the store fails or the record cannot be read.
pub async fn all_told(
    records: Records<'_>,
    campaign: &str,
    now: DateTime<Utc>,
) -> Result<Loaded<Option<i64>>, StoreError> {
    records
        .load_or_default(records.key(Space::Meta, format!("campaign-told/{campaign}")), now)
        .await
}

/// How far `subject` is with each campaign.
///
/// # Errors
/// When the store fails or a record cannot be read.
pub async fn of_subject(
    records: Records<'_>,
    subject: &Subject,
    now: DateTime<Utc>,
) -> Result<Vec<Loaded<Progress>>, StoreError> {
    records.list(Space::Codes, &prefix(subject), None, MOST, now).await
}

/// More campaigns than anybody takes part in.
const MOST: usize = 256;
