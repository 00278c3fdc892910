//! Activation codes that were not used yet, by their person; of the code only a blind digest is kept.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::enrolment::activation::{Activation, ActivationCode};
use crate::identity::subject::Subject;
use crate::store::port::{Key, Space, StoreError};
use crate::store::record::{Batch, Loaded, Records};

/// An activation code as it is kept.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    digest: String,
    /// Whose it is, how it was given, how long it lasts.
    pub activation: Activation,
}

impl Kept {
    /// Whether it is the digest of `code`.
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn is(&self, records: Records<'_>, code: &ActivationCode) -> Result<bool, StoreError> {
        Ok(digest(records, code)? == self.digest)
    }
}

/// Adds to `batch` a person's activation code, in the place of any before it.
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn put(
    records: Records<'_>,
    batch: &mut Batch,
    activation: &Activation,
    code: &ActivationCode,
) -> Result<(), StoreError> {
    let kept = Kept { digest: digest(records, code)?, activation: activation.clone() };
    let expires = Some(activation.expires);
    records.put(batch, key(records, &activation.subject), &kept, expires)
}

/// The unused activation code of `subject`; used up by [`Batch::take`] of what this returns.
///
/// # Errors
/// When the store fails or the record cannot be read.
pub async fn load(
    records: Records<'_>,
    subject: &Subject,
    now: DateTime<Utc>,
) -> Result<Option<Loaded<Kept>>, StoreError> {
    records.load(key(records, subject), now).await
}

fn key(records: Records<'_>, subject: &Subject) -> Key {
    records.key(Space::Codes, format!("activation/{}", subject.as_str()))
}

fn digest(records: Records<'_>, code: &ActivationCode) -> Result<String, StoreError> {
    records.blind(Space::Codes, "activation", code.as_str())
}
