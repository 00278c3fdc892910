//! Requests that phones answer: by the login that asks, by the code that a phone has, and by the person.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::identity::subject::Subject;
use crate::store::port::{Key, Space, StoreError};
use crate::store::record::{Batch, Loaded, Records};

/// The request of the login `id`.
///
/// # Errors
/// When the store fails or the record cannot be read.
pub async fn of_login<T: DeserializeOwned>(
    records: Records<'_>,
    id: &str,
    now: DateTime<Utc>,
) -> Result<Option<Loaded<T>>, StoreError> {
    records.load(key_of_login(records, id)?, now).await
}

/// Where the request of the login `id` lies.
///
/// # Errors
/// When its name cannot be blinded.
pub fn key_of_login(records: Records<'_>, id: &str) -> Result<Key, StoreError> {
    Ok(key(records, &name(records, id)?))
}

/// Adds to `batch` the request of the login `id`, found by `code` and, where it is known whose phone is asked, among those
/// of `subject`; the batch conflicts when `seen` is no longer what is there.
///
/// # Errors
/// When it cannot be encoded or sealed.
#[expect(clippy::too_many_arguments, reason = "one record, by all that it is found by")]
pub fn put<T: Serialize>(
    records: Records<'_>,
    batch: &mut Batch,
    id: &str,
    seen: Option<&Loaded<T>>,
    approval: &T,
    code: &str,
    subject: Option<&Subject>,
    expires: DateTime<Utc>,
) -> Result<(), StoreError> {
    let name = name(records, id)?;
    match seen {
        Some(seen) => batch.replace(records, seen, approval, Some(expires))?,
        None => {
            let key = key(records, &name);
            batch.expect_absent(key.clone());
            records.put(batch, key, approval, Some(expires))?;
        }
    }
    records.put(batch, code_key(records, code)?, &name, Some(expires))?;
    if let Some(subject) = subject {
        records.put(batch, subject_key(records, subject, &name), &name, Some(expires))?;
    }
    Ok(())
}

/// The request that was found by `code`; whoever asks must see that it bears that code still.
///
/// # Errors
/// When the store fails or a record cannot be read.
pub async fn by_code<T: DeserializeOwned>(
    records: Records<'_>,
    code: &str,
    now: DateTime<Utc>,
) -> Result<Option<Loaded<T>>, StoreError> {
    let Some(name) = records.load::<String>(code_key(records, code)?, now).await? else {
        return Ok(None);
    };
    records.load(key(records, &name.value), now).await
}

/// Those that ask the phones of `subject`.
///
/// # Errors
/// When the store fails or one cannot be read.
pub async fn of_subject<T: DeserializeOwned>(
    records: Records<'_>,
    subject: &Subject,
    now: DateTime<Utc>,
) -> Result<Vec<Loaded<T>>, StoreError> {
    let prefix = format!("approval-of/{}/", subject.as_str());
    let names = records.list::<String>(Space::Codes, &prefix, None, MOST, now).await?;
    let mut found = Vec::new();
    for name in names {
        found.extend(records.load(key(records, &name.value), now).await?);
    }
    Ok(found)
}

/// How often the phones of `subject` were asked of late.
///
/// # Errors
/// When the store fails or the record cannot be read.
pub async fn prompts<T: DeserializeOwned + Default>(
    records: Records<'_>,
    subject: &Subject,
    now: DateTime<Utc>,
) -> Result<Loaded<T>, StoreError> {
    records.load_or_default(prompts_key(records, subject), now).await
}

/// Adds to `batch` that nothing is counted of `subject`.
pub fn forget(records: Records<'_>, batch: &mut Batch, subject: &Subject) {
    batch.remove(prompts_key(records, subject));
}

fn name(records: Records<'_>, id: &str) -> Result<String, StoreError> {
    records.blind(Space::Codes, "request to a phone", id)
}

fn key(records: Records<'_>, name: &str) -> Key {
    records.key(Space::Codes, format!("approval/{name}"))
}

fn code_key(records: Records<'_>, code: &str) -> Result<Key, StoreError> {
    let code = records.blind(Space::Codes, "code of a request to a phone", code)?;
    Ok(records.key(Space::Codes, format!("approval-code/{code}")))
}

fn subject_key(records: Records<'_>, subject: &Subject, name: &str) -> Key {
    records.key(Space::Codes, format!("approval-of/{}/{name}", subject.as_str()))
}

fn prompts_key(records: Records<'_>, subject: &Subject) -> Key {
    records.key(Space::Codes, format!("prompts/{}", subject.as_str()))
}

/// More are not shown.
const MOST: usize = 20;
