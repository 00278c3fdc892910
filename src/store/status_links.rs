//! Links to the status pages of service providers: of each only a blind digest is kept, and each service provider has one at most.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::store::port::{Key, Space, StoreError};
use crate::store::record::{Batch, Records};
use crate::world::digest::sha256;

/// What a link leads to.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StatusLink {
    /// The service provider's entityID.
    pub entity_id: String,
    /// When the link was made.
    pub made: DateTime<Utc>,
    /// The submission whose author may have another one made; `None`: an administrator gave this one out.
    pub submission: Option<String>,
    /// Its blind name.
    link: String,
}

fn link_key(records: Records<'_>, name: &str) -> Key {
    records.key(Space::Registrations, format!("status-link/{name}"))
}

fn entity_key(records: Records<'_>, entity_id: &str) -> Key {
    let name = URL_SAFE_NO_PAD.encode(sha256(entity_id.as_bytes()));
    records.key(Space::Registrations, format!("status-of/{name}"))
}

/// The link of `entity_id`, if it has one.
///
/// # Errors
/// When the store fails or the record cannot be read.
pub async fn of_entity(
    records: Records<'_>,
    entity_id: &str,
    now: DateTime<Utc>,
) -> Result<Option<StatusLink>, StoreError> {
    let found = records.load(entity_key(records, entity_id), now).await?;
    Ok(found.map(|loaded| loaded.value))
}

/// What the link that ends with `secret` leads to.
///
/// # Errors
/// When the store fails or the record cannot be read.
pub async fn find(
    records: Records<'_>,
    secret: &str,
    now: DateTime<Utc>,
) -> Result<Option<StatusLink>, StoreError> {
    let name = records.blind(Space::Registrations, "status link", secret)?;
    let found = records.load(link_key(records, &name), now).await?;
    Ok(found.map(|loaded| loaded.value))
}

/// Adds to `batch` that `entity_id` has the link that ends with `secret`, and no other; without `secret`, none. Whether it had one.
///
/// # Errors
/// When the store fails.
pub async fn replace(
    records: Records<'_>,
    batch: &mut Batch,
    entity_id: &str,
    secret: Option<&str>,
    submission: Option<&str>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let key = entity_key(records, entity_id);
    let old = records.load::<StatusLink>(key.clone(), now).await?;
    match &old {
        Some(old) => {
            batch.expect(old);
            batch.remove(link_key(records, &old.value.link));
        }
        None => batch.expect_absent(key.clone()),
    }
    match secret {
        Some(secret) => {
            let link = records.blind(Space::Registrations, "status link", secret)?;
            let submission = submission.map(str::to_owned);
            let kept = StatusLink { entity_id: entity_id.to_owned(), made: now, submission, link };
            records.put(batch, link_key(records, &kept.link), &kept, None)?;
            records.put(batch, key, &kept, None)?;
        }
        None => batch.remove(key),
    }
    Ok(old.is_some())
}
