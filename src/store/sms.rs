//! Where codes that were sent by SMS are kept, one a person, and how many messages have left; what is kept, the factor
//! says.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::identity::subject::Subject;
use crate::store::port::{Key, Space, StoreError};
use crate::store::record::{Batch, Loaded, Records};

/// The code that was sent to `subject` last, if there is one; used up by [`Batch::take`] of what this returns.
///
/// # Errors
/// When the store fails or the record cannot be read.
pub async fn challenge<T: DeserializeOwned>(
    records: Records<'_>,
    subject: &Subject,
    now: DateTime<Utc>,
) -> Result<Option<Loaded<T>>, StoreError> {
    records.load(challenge_key(records, subject), now).await
}

/// Adds to `batch` the code of `subject` in the place of `seen`, until `expires`; the batch conflicts when another was
/// sent or tried meanwhile.
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn put<T: Serialize>(
    records: Records<'_>,
    batch: &mut Batch,
    subject: &Subject,
    seen: Option<&Loaded<T>>,
    challenge: &T,
    expires: DateTime<Utc>,
) -> Result<(), StoreError> {
    if let Some(seen) = seen {
        return batch.replace(records, seen, challenge, Some(expires));
    }
    let key = challenge_key(records, subject);
    batch.expect_absent(key.clone());
    records.put(batch, key, challenge, Some(expires))
}

/// For whom messages are counted.
#[derive(Clone, Copy, Debug)]
pub enum Purse<'a> {
    /// For this person.
    Person(&'a Subject),
    /// For the numbers that begin so.
    Range(&'a str),
    /// For all.
    House,
}

/// What has left so far.
///
/// # Errors
/// When the store fails or the record cannot be read.
pub async fn counted<T: DeserializeOwned + Default>(
    records: Records<'_>,
    purse: Purse<'_>,
    now: DateTime<Utc>,
) -> Result<Loaded<T>, StoreError> {
    records.load_or_default(purse_key(records, purse)?, now).await
}

/// The keyed digest by which a code for `subject` and `purpose` is kept: without our key, nothing can be tried against it.
///
/// # Errors
/// When OpenSSL fails.
pub fn blind_code(
    records: Records<'_>,
    subject: &Subject,
    purpose: &str,
    code: &str,
) -> Result<String, StoreError> {
    let value = format!("{}/{purpose}/{code}", subject.as_str());
    records.blind(Space::Codes, "code by SMS", &value)
}

/// The keyed digest that stands for the login or the session `id`.
///
/// # Errors
/// When OpenSSL fails.
pub fn purpose(records: Records<'_>, id: &str) -> Result<String, StoreError> {
    records.blind(Space::Codes, "purpose of a code by SMS", id)
}

/// Adds to `batch` that nothing is kept of `subject`. What was counted for the range of their number says nothing of them.
pub fn forget(records: Records<'_>, batch: &mut Batch, subject: &Subject) {
    batch.remove(challenge_key(records, subject));
    batch.remove(person_key(records, subject));
}

fn challenge_key(records: Records<'_>, subject: &Subject) -> Key {
    records.key(Space::Codes, format!("sms/{}", subject.as_str()))
}

fn person_key(records: Records<'_>, subject: &Subject) -> Key {
    records.key(Space::Codes, format!("sms-sent/person/{}", subject.as_str()))
}

fn purse_key(records: Records<'_>, purse: Purse<'_>) -> Result<Key, StoreError> {
    Ok(match purse {
        Purse::Person(subject) => person_key(records, subject),
        Purse::Range(range) => {
            let name = records.blind(Space::Codes, "range of numbers", range)?;
            records.key(Space::Codes, format!("sms-sent/range/{name}"))
        }
        Purse::House => records.key(Space::Codes, "sms-sent/house"),
    })
}
