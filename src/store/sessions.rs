//! Sessions: by the name that the browser's cookie bears, by what a service provider was told, and all of a
//! person's.
//!
//! A session lies under a blind digest of its id. Index entries are empty values whose names end with that
//! digest; they are written and removed with the session, and what they lead to is checked once it is read.

use chrono::{DateTime, Utc};

use crate::identity::subject::Subject;
use crate::login::session::{Participant, Session};
use crate::login::vouched::UpstreamSession;
use crate::store::port::{Committed, Durability, Key, Space, StoreError, Value};
use crate::store::record::{Batch, Loaded, Records};

/// Adds to `batch` a new session.
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn open(records: Records<'_>, batch: &mut Batch, session: &Session) -> Result<(), StoreError> {
    let name = name(records, &session.id)?;
    let key = records.key(Space::Sessions, name.as_str());
    batch.expect_absent(key.clone());
    records.put(batch, key, session, Some(session.idle))?;
    let own = records.key(Space::SessionIndex, subject_name(&session.subject, &name));
    batch.put(own, entry(session));
    index(records, batch, session, None, &name)
}

/// Adds to `batch` that `session` takes the place of `seen`: the batch conflicts when it served, grew or ended
/// meanwhile.
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn update(
    records: Records<'_>,
    batch: &mut Batch,
    seen: &Loaded<Session>,
    session: &Session,
) -> Result<(), StoreError> {
    batch.replace(records, seen, session, Some(session.idle))?;
    let name = &seen.key().name;
    let gone = |one: &&Participant| !session.participants().contains(one);
    for participant in seen.value.participants().iter().filter(gone) {
        for key in participant_keys(records, participant, name)? {
            batch.remove(key);
        }
    }
    let gone = |one: &&UpstreamSession| !session.upstreams().contains(one);
    for upstream in seen.value.upstreams().iter().filter(gone) {
        for key in upstream_keys(records, upstream, name)? {
            batch.remove(key);
        }
    }
    index(records, batch, session, Some(&seen.value), name)
}

/// Adds to `batch` that a session is over, whatever became of it since it was read.
///
/// # Errors
/// When OpenSSL fails.
pub fn end(
    records: Records<'_>,
    batch: &mut Batch,
    seen: &Loaded<Session>,
) -> Result<(), StoreError> {
    let name = &seen.key().name;
    batch.remove(seen.key().clone());
    batch.remove(records.key(Space::SessionIndex, subject_name(&seen.value.subject, name)));
    for participant in seen.value.participants() {
        for key in participant_keys(records, participant, name)? {
            batch.remove(key);
        }
    }
    for upstream in seen.value.upstreams() {
        for key in upstream_keys(records, upstream, name)? {
            batch.remove(key);
        }
    }
    Ok(())
}

/// Writes that a session served. A crash may lose it, and another writer goes before it.
///
/// # Errors
/// When the store fails.
pub async fn touch(
    records: Records<'_>,
    seen: &Loaded<Session>,
    session: &Session,
    now: DateTime<Utc>,
) -> Result<Committed, StoreError> {
    let mut batch = Batch::new();
    batch.replace(records, seen, session, Some(session.idle))?;
    batch.commit(records.store, Durability::Ephemeral, now).await
}

/// The session `id`.
///
/// # Errors
/// When the store fails or the record cannot be read.
pub async fn get(
    records: Records<'_>,
    id: &str,
    now: DateTime<Utc>,
) -> Result<Option<Loaded<Session>>, StoreError> {
    let name = name(records, id)?;
    records.load(records.key(Space::Sessions, name), now).await
}

/// The sessions of `subject`, the last to serve first.
///
/// # Errors
/// When the store fails or a record cannot be read.
pub async fn of_subject(
    records: Records<'_>,
    subject: &Subject,
    now: DateTime<Utc>,
) -> Result<Vec<Loaded<Session>>, StoreError> {
    let mut all = found(records, &subject_name(subject, ""), now).await?;
    all.retain(|one| one.value.subject == *subject);
    all.sort_by_key(|one| std::cmp::Reverse(one.value.used));
    Ok(all)
}

/// The sessions in which the service provider `entity_id` was given `session_index`.
///
/// # Errors
/// When the store fails or a record cannot be read.
pub async fn by_index(
    records: Records<'_>,
    entity_id: &str,
    session_index: &str,
    now: DateTime<Utc>,
) -> Result<Vec<Loaded<Session>>, StoreError> {
    let mut all = found(records, &index_name(records, entity_id, session_index, "")?, now).await?;
    let told = |one: &Participant| one.entity_id == entity_id && one.session_index == session_index;
    all.retain(|one| one.value.participants().iter().any(told));
    Ok(all)
}

/// The sessions in which the service provider `entity_id` was given the name `name_id`, whatever its format.
///
/// # Errors
/// When the store fails or a record cannot be read.
pub async fn by_name_id(
    records: Records<'_>,
    entity_id: &str,
    name_id: &str,
    now: DateTime<Utc>,
) -> Result<Vec<Loaded<Session>>, StoreError> {
    let mut all = found(records, &name_id_name(records, entity_id, name_id, "")?, now).await?;
    let told = |one: &Participant| one.entity_id == entity_id && one.name.value == name_id;
    all.retain(|one| one.value.participants().iter().any(told));
    Ok(all)
}

/// The sessions that rest on the word of the identity provider `issuer`, by its name for the person or for its session.
///
/// # Errors
/// When the store fails or a record cannot be read.
pub async fn by_upstream(
    records: Records<'_>,
    issuer: &str,
    named: Named<'_>,
    now: DateTime<Utc>,
) -> Result<Vec<Loaded<Session>>, StoreError> {
    let mut all = found(records, &upstream_name(records, issuer, named, "")?, now).await?;
    let is_it = |one: &UpstreamSession| {
        one.issuer == issuer
            && match named {
                Named::Person(name) => one.name == name,
                Named::Session(index) => one.index.as_deref() == Some(index),
            }
    };
    all.retain(|one| one.value.upstreams().iter().any(is_it));
    Ok(all)
}

/// What an identity provider calls by name.
#[derive(Clone, Copy, Debug)]
pub enum Named<'a> {
    /// The person.
    Person(&'a str),
    /// Its own session.
    Session(&'a str),
}

/// How many there are. Every one of them is read, a few at a time, and others may go on between.
///
/// # Errors
/// When the store fails.
pub async fn count(records: Records<'_>, now: DateTime<Utc>) -> Result<usize, StoreError> {
    let (mut count, mut after) = (0, None::<String>);
    loop {
        let (store, tenant) = (records.store, records.tenant);
        let page = store.list(tenant, Space::Sessions, "", after.as_deref(), PAGE, now).await?;
        count += page.len();
        if page.len() < PAGE {
            return Ok(count);
        }
        after = page.into_iter().last().map(|(name, _)| name);
        tokio::task::yield_now().await;
    }
}

/// What the entries lead to whose names begin with `prefix`; one that leads nowhere is of a session that is over.
async fn found(
    records: Records<'_>,
    prefix: &str,
    now: DateTime<Utc>,
) -> Result<Vec<Loaded<Session>>, StoreError> {
    let mut sessions = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let entries = records
            .store
            .list(records.tenant, Space::SessionIndex, prefix, after.as_deref(), PAGE, now)
            .await?;
        for (entry, _) in &entries {
            let Some((_, name)) = entry.rsplit_once('/') else { continue };
            sessions.extend(records.load(records.key(Space::Sessions, name), now).await?);
        }
        after = entries.last().map(|(entry, _)| entry.clone());
        if entries.len() < PAGE {
            return Ok(sessions);
        }
    }
}

/// The entries of the parties that were not there before.
fn index(
    records: Records<'_>,
    batch: &mut Batch,
    session: &Session,
    before: Option<&Session>,
    name: &str,
) -> Result<(), StoreError> {
    let (told, behind) =
        before.map(|before| (before.participants(), before.upstreams())).unwrap_or_default();
    for participant in session.participants().iter().filter(|one| !told.contains(one)) {
        for key in participant_keys(records, participant, name)? {
            batch.put(key, entry(session));
        }
    }
    for upstream in session.upstreams().iter().filter(|one| !behind.contains(one)) {
        for key in upstream_keys(records, upstream, name)? {
            batch.put(key, entry(session));
        }
    }
    Ok(())
}

fn entry(session: &Session) -> Value {
    Value::until(Vec::new(), session.ends)
}

fn participant_keys(
    records: Records<'_>,
    participant: &Participant,
    name: &str,
) -> Result<[Key; 2], StoreError> {
    let entity_id = &participant.entity_id;
    let index = index_name(records, entity_id, &participant.session_index, name)?;
    let name_id = name_id_name(records, entity_id, &participant.name.value, name)?;
    Ok([index, name_id].map(|name| records.key(Space::SessionIndex, name)))
}

fn upstream_keys(
    records: Records<'_>,
    upstream: &UpstreamSession,
    name: &str,
) -> Result<Vec<Key>, StoreError> {
    let session = upstream.index.as_deref().map(Named::Session);
    let named = [Some(Named::Person(&upstream.name)), session].into_iter().flatten();
    let key = |named| {
        let entry = upstream_name(records, &upstream.issuer, named, name)?;
        Ok(records.key(Space::SessionIndex, entry))
    };
    named.map(key).collect()
}

fn name(records: Records<'_>, id: &str) -> Result<String, StoreError> {
    records.blind(Space::Sessions, "session", id)
}

fn subject_name(subject: &Subject, name: &str) -> String {
    format!("subject/{}/{name}", subject.as_str())
}

fn index_name(
    records: Records<'_>,
    entity_id: &str,
    index: &str,
    name: &str,
) -> Result<String, StoreError> {
    Ok(format!("index/{}/{name}", told(records, "session index", entity_id, index)?))
}

fn name_id_name(
    records: Records<'_>,
    entity_id: &str,
    name_id: &str,
    name: &str,
) -> Result<String, StoreError> {
    Ok(format!("name/{}/{name}", told(records, "session name", entity_id, name_id)?))
}

fn upstream_name(
    records: Records<'_>,
    issuer: &str,
    named: Named<'_>,
    name: &str,
) -> Result<String, StoreError> {
    let (kind, blind) = match named {
        Named::Person(person) => ("person", told(records, "upstream name", issuer, person)?),
        Named::Session(index) => ("session", told(records, "upstream session", issuer, index)?),
    };
    Ok(format!("upstream-{kind}/{blind}/{name}"))
}

/// The length keeps apart what would be the same text joined.
fn told(
    records: Records<'_>,
    purpose: &str,
    entity_id: &str,
    what: &str,
) -> Result<String, StoreError> {
    let text = format!("{}:{entity_id}{what}", entity_id.len());
    records.blind(Space::SessionIndex, purpose, &text)
}

const PAGE: usize = 256;
