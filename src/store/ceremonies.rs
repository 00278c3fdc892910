//! Ceremonies of passkeys that were begun: each is ended once, or not at all.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::identity::subject::Subject;
use crate::store::port::{Key, Space, StoreError};
use crate::store::record::{Batch, Loaded, Records};

/// A ceremony under way.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Ceremony {
    /// What ends it, as the factor made it.
    pub state: String,
    /// From this time on it is worth nothing.
    pub expires: DateTime<Utc>,
}

/// What a ceremony belongs to.
#[derive(Clone, Copy, Debug)]
pub enum Owner<'a> {
    /// The login of this id.
    Login(&'a str),
    /// The session of this id, in which a passkey is enrolled.
    Session(&'a str),
    /// The recovery of this id.
    Recovery(&'a str),
}

/// Adds to `batch` the ceremony of `owner`, in the place of any before it.
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn put(
    records: Records<'_>,
    batch: &mut Batch,
    owner: Owner<'_>,
    state: String,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let ceremony = Ceremony { state, expires: now + LIFETIME };
    records.put(batch, key(records, owner)?, &ceremony, Some(now + LIFETIME))
}

/// The ceremony of `owner`; used up by [`Batch::take`] of what this returns.
///
/// # Errors
/// When the store fails or the record cannot be read.
pub async fn load(
    records: Records<'_>,
    owner: Owner<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Loaded<Ceremony>>, StoreError> {
    let found = records.load::<Ceremony>(key(records, owner)?, now).await?;
    Ok(found.filter(|found| now < found.value.expires))
}

fn key(records: Records<'_>, owner: Owner<'_>) -> Result<Key, StoreError> {
    let (purpose, id) = match owner {
        Owner::Login(id) => ("passkey in a login", id),
        Owner::Session(id) => ("passkey in a session", id),
        Owner::Recovery(id) => ("passkey in a recovery", id),
    };
    let name = records.blind(Space::Codes, purpose, id)?;
    Ok(records.key(Space::Codes, format!("passkey/{name}")))
}

/// The person whose passkey has the credential ID `id`, if it is one of ours.
///
/// # Errors
/// When the store fails or the record cannot be read.
pub async fn holder(
    records: Records<'_>,
    id: &str,
    now: DateTime<Utc>,
) -> Result<Option<Subject>, StoreError> {
    let found = records.load::<Subject>(holder_key(records, id)?, now).await?;
    Ok(found.map(|found| found.value))
}

/// Adds to `batch` that the credential ID `id` is `subject`'s; the batch conflicts when it is
/// somebody's already (WebAuthn §7.1).
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn claim(
    records: Records<'_>,
    batch: &mut Batch,
    id: &str,
    subject: &Subject,
) -> Result<(), StoreError> {
    let key = holder_key(records, id)?;
    batch.expect_absent(key.clone());
    records.put(batch, key, subject, None)
}

/// Adds to `batch` that the credential ID `id` is nobody's.
///
/// # Errors
/// When OpenSSL fails.
pub fn release(records: Records<'_>, batch: &mut Batch, id: &str) -> Result<(), StoreError> {
    batch.remove(holder_key(records, id)?);
    Ok(())
}

fn holder_key(records: Records<'_>, id: &str) -> Result<Key, StoreError> {
    let name = records.blind(Space::Names, "passkey", id)?;
    Ok(records.key(Space::Names, name))
}

/// How long a person has for it.
const LIFETIME: TimeDelta = TimeDelta::minutes(5);
