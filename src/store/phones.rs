//! Phones with the app: enrolments under way, by their code, and who a phone's cookie stands for.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::assurance::level::Level;
use crate::identity::subject::Subject;
use crate::store::port::{Key, Space, StoreError};
use crate::store::record::{Batch, Loaded, Records};

/// The enrolment of a phone, begun at the person's own pages.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Enrolment {
    /// Whose the phone is to be.
    pub subject: Subject,
    /// The session in which it was begun: once that is over, so is this.
    pub session: String,
    /// What the person had shown: the key is worth no more.
    pub binding: Level,
    /// From this time on it is worth nothing.
    pub expires: DateTime<Utc>,
    /// What ends the ceremony under way, if there is one.
    pub state: Option<String>,
    /// The key that was made, until its phone has shown that it has it.
    pub made: Option<Made>,
    /// What the key signs, where no authenticator keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<String>,
}

/// A key that was made and has signed nothing yet.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Made {
    /// What its person calls the phone.
    pub name: String,
    /// The credential's ID, base64url.
    pub id: String,
    /// Its public key, as the factor writes it.
    pub key: String,
}

/// Whom a phone's cookie stands for.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Holder {
    /// Whose it is.
    pub subject: Subject,
    /// The credential's name among theirs.
    pub credential: String,
}

/// Adds to `batch` a new enrolment under `code`.
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn begin(
    records: Records<'_>,
    batch: &mut Batch,
    code: &str,
    enrolment: &Enrolment,
) -> Result<(), StoreError> {
    let key = enrolment_key(records, code)?;
    batch.expect_absent(key.clone());
    records.put(batch, key, enrolment, Some(enrolment.expires))
}

/// The enrolment under `code`; used up by [`Batch::take`] of what this returns.
///
/// # Errors
/// When the store fails or the record cannot be read.
pub async fn enrolment(
    records: Records<'_>,
    code: &str,
    now: DateTime<Utc>,
) -> Result<Option<Loaded<Enrolment>>, StoreError> {
    let found = records.load::<Enrolment>(enrolment_key(records, code)?, now).await?;
    Ok(found.filter(|found| now < found.value.expires))
}

/// The keyed digest by which a phone's cookie is kept.
///
/// # Errors
/// When OpenSSL fails.
pub fn digest(records: Records<'_>, cookie: &str) -> Result<String, StoreError> {
    records.blind(Space::Names, "phone", cookie)
}

/// Adds to `batch` that the cookie with this digest stands for `holder`.
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn know(
    records: Records<'_>,
    batch: &mut Batch,
    digest: &str,
    holder: &Holder,
) -> Result<(), StoreError> {
    records.put(batch, phone_key(records, digest), holder, None)
}

/// Whom the cookie with this digest stands for.
///
/// # Errors
/// When the store fails or the record cannot be read.
pub async fn holder(
    records: Records<'_>,
    digest: &str,
    now: DateTime<Utc>,
) -> Result<Option<Holder>, StoreError> {
    Ok(records.load::<Holder>(phone_key(records, digest), now).await?.map(|found| found.value))
}

/// Adds to `batch` that the cookie with this digest stands for nobody.
pub fn forget(records: Records<'_>, batch: &mut Batch, digest: &str) {
    batch.remove(phone_key(records, digest));
}

fn enrolment_key(records: Records<'_>, code: &str) -> Result<Key, StoreError> {
    let name = records.blind(Space::Codes, "enrolment of a phone", code)?;
    Ok(records.key(Space::Codes, format!("phone/{name}")))
}

fn phone_key(records: Records<'_>, digest: &str) -> Key {
    records.key(Space::Names, format!("phone-{digest}"))
}

/// How long a person has to link their phone.
pub const LIFETIME: TimeDelta = TimeDelta::minutes(5);
