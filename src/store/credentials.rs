//! A person's credentials.

use chrono::{DateTime, Utc};

use crate::enrolment::credential::Credential;
use crate::identity::subject::Subject;
use crate::store::port::{Key, Space, StoreError};
use crate::store::record::{Batch, Loaded, Records};

/// More than a person has.
const ALL: usize = 256;

fn key(records: Records<'_>, subject: &Subject, id: &str) -> Key {
    records.key(Space::Credentials, format!("{}/{id}", subject.as_str()))
}

/// All credentials of `subject`, whatever their state, in order of id.
///
/// # Errors
/// When the store fails or a record cannot be read.
pub async fn list(
    records: Records<'_>,
    subject: &Subject,
    now: DateTime<Utc>,
) -> Result<Vec<Loaded<Credential>>, StoreError> {
    let prefix = format!("{}/", subject.as_str());
    records.list_at_hand(Space::Credentials, &prefix, ALL, now).await
}

/// The credential `id` of `subject`.
///
/// # Errors
/// When the store fails or the record cannot be read.
pub async fn get(
    records: Records<'_>,
    subject: &Subject,
    id: &str,
    now: DateTime<Utc>,
) -> Result<Option<Loaded<Credential>>, StoreError> {
    records.load(key(records, subject, id), now).await
}

/// Adds to `batch` a new credential; the batch conflicts when the person has one of that id.
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn add(
    records: Records<'_>,
    batch: &mut Batch,
    credential: &Credential,
) -> Result<(), StoreError> {
    let key = key(records, &credential.subject, &credential.id);
    batch.expect_absent(key.clone());
    records.put(batch, key, credential, None)
}

/// The digest by which a recovery code of `subject` is kept: without our key, nothing can be tried
/// against it.
///
/// # Errors
/// When OpenSSL fails.
pub fn blind_code(
    records: Records<'_>,
    subject: &Subject,
    code: &str,
) -> Result<String, StoreError> {
    let value = format!("{}/{code}", subject.as_str());
    records.blind(Space::Credentials, "recovery code", &value)
}

/// Adds to `batch` that `credential` takes the place of `seen`: a code used, a password changed, a state.
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn update(
    records: Records<'_>,
    batch: &mut Batch,
    seen: &Loaded<Credential>,
    credential: &Credential,
) -> Result<(), StoreError> {
    batch.replace(records, seen, credential, None)
}
