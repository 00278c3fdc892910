//! The status page of a service provider: a link that leads to it, and what is behind it.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::flow::env::Env;
use crate::saml::partner::ServiceProvider;
use crate::store::port::{Committed, Durability, StoreError};
use crate::store::record::{Batch, Loaded, Records};
use crate::store::registrations::{State, Submission};
use crate::store::status_links;
use crate::store::trails::{self, Kept, Unsigned};

/// What the page of a service provider shows.
#[derive(Clone, Debug)]
pub struct Status {
    /// Its entityID.
    pub entity_id: String,
    /// It, if it is registered still.
    pub partner: Option<Arc<ServiceProvider>>,
    /// Its last requests, the newest first.
    pub requests: Vec<Kept>,
    /// The last one that bore its name and was not shown to be its own.
    pub unsigned: Option<Unsigned>,
}

/// What the link that ends with `secret` leads to; `None`: nothing.
///
/// # Errors
/// When the store fails.
pub async fn show(env: &Env, secret: &str) -> Result<Option<Status>, StoreError> {
    let now = env.clock.now();
    if !env.settings.registration.status_pages {
        return Ok(None);
    }
    let Some(link) = status_links::find(env.records(), secret, now).await? else { return Ok(None) };
    let entity_id = link.entity_id;
    let partner = env.partners.snapshot().find(&entity_id, now);
    let requests = trails::list(env.records(), &entity_id, now).await?;
    let unsigned = trails::unsigned(env.records(), &entity_id, now).await?;
    Ok(Some(Status { entity_id, partner, requests, unsigned }))
}

/// Makes a link for `entity_id` in the place of the one before, and gives its end; `None` when another was ahead.
///
/// # Errors
/// When the store fails.
pub async fn issue(
    records: Records<'_>,
    entity_id: &str,
    submission: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Option<String>, StoreError> {
    let (mut batch, secret) = (Batch::new(), records.random.token());
    status_links::replace(records, &mut batch, entity_id, Some(&secret), submission, now).await?;
    let done = batch.commit(records.store, Durability::Durable, now).await?;
    Ok((done == Committed::Done).then_some(secret))
}

/// Whether the author of `submission` may have a link made: it was approved, and no other submission or administrator has given out one
/// since.
///
/// # Errors
/// When the store fails.
pub async fn may_issue(env: &Env, submission: &Submission) -> Result<bool, StoreError> {
    let now = env.clock.now();
    if !env.settings.registration.status_pages || submission.state(now) != State::Approved {
        return Ok(false);
    }
    let link = status_links::of_entity(env.records(), &submission.entity_id, now).await?;
    Ok(link.and_then(|link| link.submission).is_some_and(|id| id == submission.id))
}

/// Makes a link for the author of `seen`; `None` when they may not have one.
///
/// # Errors
/// When the store fails.
pub async fn issue_to(env: &Env, seen: &Loaded<Submission>) -> Result<Option<String>, StoreError> {
    if !may_issue(env, &seen.value).await? {
        return Ok(None);
    }
    let Submission { id, entity_id, .. } = &seen.value;
    let issued = issue(env.records(), entity_id, Some(id), env.clock.now()).await?;
    tracing::info!(event = "registration.status-link", id, relying_party = entity_id);
    Ok(issued)
}
