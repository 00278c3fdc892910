//! Visits to the card's listener, by their ticket; what came of each, by the code that goes back with the browser; and
//! which people have cards. Tickets and codes are blinded at rest, and each counts once.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::identity::subject::Subject;
use crate::store::port::{Key, Space, StoreError};
use crate::store::record::{Batch, Loaded, Records};

/// What unguessable token a record goes by.
#[derive(Clone, Copy, Debug)]
pub enum Token<'a> {
    /// That with which a browser goes to the card's listener.
    Ticket(&'a str),
    /// That with which it comes back.
    Code(&'a str),
}

/// Adds to `batch` a record by `token`, until `expires`; the batch conflicts when there is one.
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn open<T: Serialize>(
    records: Records<'_>,
    batch: &mut Batch,
    token: Token<'_>,
    value: &T,
    expires: DateTime<Utc>,
) -> Result<(), StoreError> {
    let key = key(records, token)?;
    batch.expect_absent(key.clone());
    records.put(batch, key, value, Some(expires))
}

/// The record by `token`; used up by [`Batch::take`] or [`Batch::replace`] of what this returns.
///
/// # Errors
/// When the store fails or the record cannot be read.
pub async fn load<T: DeserializeOwned>(
    records: Records<'_>,
    token: Token<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Loaded<T>>, StoreError> {
    records.load(key(records, token)?, now).await
}

/// Adds to `batch` that `subject` has a card.
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn note_holder(
    records: Records<'_>,
    batch: &mut Batch,
    subject: &Subject,
) -> Result<(), StoreError> {
    records.put(batch, holder_key(records, subject), subject, None)
}

/// Some people who have cards, in order, after `after`.
///
/// # Errors
/// When the store fails or a record cannot be read.
pub async fn holders(
    records: Records<'_>,
    after: Option<&Subject>,
    limit: usize,
    now: DateTime<Utc>,
) -> Result<Vec<Subject>, StoreError> {
    let after = after.map(|subject| format!("{HOLDERS}{}", subject.as_str()));
    let found = records.list(Space::Codes, HOLDERS, after.as_deref(), limit, now).await?;
    Ok(found.into_iter().map(|one: Loaded<Subject>| one.value).collect())
}

/// Adds to `batch` that nothing of this is kept of `subject`.
pub fn forget(records: Records<'_>, batch: &mut Batch, subject: &Subject) {
    batch.remove(holder_key(records, subject));
}

fn holder_key(records: Records<'_>, subject: &Subject) -> Key {
    records.key(Space::Codes, format!("{HOLDERS}{}", subject.as_str()))
}

fn key(records: Records<'_>, token: Token<'_>) -> Result<Key, StoreError> {
    let (purpose, token) = match token {
        Token::Ticket(ticket) => ("ticket for a card", ticket),
        Token::Code(code) => ("code of a card", code),
    };
    let name = records.blind(Space::Transactions, purpose, token)?;
    Ok(records.key(Space::Transactions, name))
}

const HOLDERS: &str = "card-holder/";
