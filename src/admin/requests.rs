//! Submissions of metadata by integrators: looked at, decided; and the links to status pages.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::admin::desk::{Desk, DeskError};
use crate::admin::partner::Partner;
use crate::admin::service_providers::{find, take_up};
use crate::flow::registration::prove::{Means, NotProved, Place, prove_at};
use crate::flow::registration::registered::{Registered, registered};
use crate::flow::registration::terms::Terms;
use crate::partners::registry::Entry;
use crate::register::access::Asker;
use crate::saml::lint::inspect::inspect;
use crate::saml::lint::profile::LintProfile;
use crate::saml::lint::rule::Severity;
use crate::saml::metadata::read::{Unsigned, read};
use crate::store::port::{Committed, Durability};
use crate::store::record::{Batch, Loaded};
use crate::store::registrations::{self, By, Change, Proof, State, Submission};
use crate::store::{service_providers as kept, status_links};

/// What may be asked.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum AskRequest {
    /// All submissions that are kept.
    List,
    /// One, with its metadata.
    Show(String),
    /// Look for the token of one at the entity's address.
    Check {
        /// Its id.
        id: String,
        /// Who asks.
        by: Asker,
    },
    /// Register the metadata of one.
    Approve {
        /// Its id.
        id: String,
        /// What is settled with the service provider; `None`: as it is, or nothing.
        entry: Option<Entry>,
        /// Rules of the pre-flight that are known to be broken.
        in_spite_of: Vec<String>,
        /// Who approves.
        by: Asker,
    },
    /// Refuse one.
    Refuse {
        /// Its id.
        id: String,
        /// Why, for its author to read.
        reason: String,
        /// Who refuses.
        by: Asker,
    },
    /// Give a service provider a new link to its status page, or take it away.
    StatusLink {
        /// Its entityID.
        entity_id: String,
        /// Take it away.
        revoke: bool,
    },
}

impl AskRequest {
    pub(in crate::admin) fn given_by(self, uid: Option<u32>) -> Self {
        match self {
            Self::Check { id, by } => Self::Check { id, by: Asker { uid, ..by } },
            Self::Approve { id, entry, in_spite_of, by } => {
                Self::Approve { id, entry, in_spite_of, by: Asker { uid, ..by } }
            }
            Self::Refuse { id, reason, by } => Self::Refuse { id, reason, by: Asker { uid, ..by } },
            other => other,
        }
    }
}

/// What is told.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum ToldRequest {
    /// All of them, the newest first.
    List(Vec<Row>),
    /// One of them.
    One(Box<Whole>),
    /// The token was there; how it stands.
    Checked(Box<Row>),
    /// It was approved.
    Approved {
        /// The service provider as it is now.
        service_provider: Box<Partner>,
        /// Whether it was registered with other metadata.
        replaced: bool,
        /// The end of the link to its status page, if it has one.
        status: Option<Secret>,
    },
    /// It was refused; how it stands.
    Refused(Box<Row>),
    /// The end of the new link; `None`: there is none any more.
    StatusLink(Option<Secret>),
}

/// The end of a link: told once, kept nowhere in clear.
#[derive(Clone, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// A submission in a list.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Row {
    /// Its id.
    pub id: String,
    /// The entityID that its metadata say.
    pub entity_id: String,
    /// Where it stands.
    pub state: State,
    /// When it was made.
    pub made: DateTime<Utc>,
    /// Until when it waits, while it is open.
    pub waits_until: DateTime<Utc>,
    /// How control was proved.
    pub proof: Option<Proof>,
    /// Where its author is written to.
    pub contact: Option<String>,
}

/// A submission, whole.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Whole {
    /// As in a list.
    pub row: Row,
    /// What has become of it, the oldest first.
    pub history: Vec<Change>,
    /// The profile of the pre-flight that its author chose.
    pub profile: Option<String>,
    /// The metadata.
    pub metadata: Option<String>,
    /// The metadata that are registered now, if they are in the store.
    pub registered: Option<String>,
    /// Where they are from, if somebody else keeps them.
    pub elsewhere: Option<String>,
}

/// Carries out `asked`.
///
/// # Errors
/// When it cannot be done, or the store fails.
pub async fn carry_out(
    desk: &Desk<'_>,
    asked: AskRequest,
    now: DateTime<Utc>,
) -> Result<ToldRequest, DeskError> {
    match asked {
        AskRequest::List => {
            let all = registrations::list(desk.records, now).await?;
            Ok(ToldRequest::List(all.iter().map(|one| row(one, now)).collect()))
        }
        AskRequest::Show(id) => show(desk, &id, now).await,
        AskRequest::Check { id, by } => check(desk, &id, &by, now).await,
        AskRequest::Approve { id, entry, in_spite_of, by } => {
            approve(desk, &id, entry, &in_spite_of, &by, now).await
        }
        AskRequest::Refuse { id, reason, by } => refuse(desk, &id, &reason, &by, now).await,
        AskRequest::StatusLink { entity_id, revoke } => {
            status_link(desk, &entity_id, revoke, now).await
        }
    }
}

async fn load(
    desk: &Desk<'_>,
    id: &str,
    now: DateTime<Utc>,
) -> Result<Loaded<Submission>, DeskError> {
    let found = registrations::find(desk.records, id, now).await?;
    found.ok_or_else(|| DeskError::NoSubmission(id.to_owned()))
}

fn row(of: &Submission, now: DateTime<Utc>) -> Row {
    Row {
        id: of.id.clone(),
        entity_id: of.entity_id.clone(),
        state: of.state(now),
        made: of.made,
        waits_until: of.waits_until,
        proof: of.proof.clone(),
        contact: of.contact.clone(),
    }
}

async fn show(desk: &Desk<'_>, id: &str, now: DateTime<Utc>) -> Result<ToldRequest, DeskError> {
    let seen = load(desk, id, now).await?;
    let built = desk.sources.gather(desk.records, now).await?;
    let submission = &seen.value;
    let there = registered(desk.records, &built.registry, &submission.entity_id, now).await?;
    let (registered, elsewhere) = match there {
        Registered::Here(here) => (Some(here.xml), None),
        Registered::Elsewhere(origin) => (None, Some(origin.to_string())),
        Registered::Nothing => (None, None),
    };
    Ok(ToldRequest::One(Box::new(Whole {
        row: row(submission, now),
        history: submission.history(now),
        profile: submission.profile.clone(),
        metadata: registrations::metadata(desk.records, submission, now).await?,
        registered,
        elsewhere,
    })))
}

async fn check(
    desk: &Desk<'_>,
    id: &str,
    by: &Asker,
    now: DateTime<Utc>,
) -> Result<ToldRequest, DeskError> {
    let seen = load(desk, id, now).await?;
    let built = desk.sources.gather(desk.records, now).await?;
    let no_terms = Terms::default();
    let terms = desk.registration.unwrap_or(&no_terms);
    let place = Place { records: desk.records, registry: &built.registry, terms };
    let proved = prove_at(place, &seen, Means::Token, who(by), now).await;
    match proved {
        Ok(proved) => Ok(ToldRequest::Checked(Box::new(row(&proved, now)))),
        Err(NotProved::Store(error)) => Err(error.into()),
        Err(NotProved::Contended) => Err(DeskError::Contended),
        Err(error) => Err(DeskError::NotProved(Box::new(error))),
    }
}

async fn approve(
    desk: &Desk<'_>,
    id: &str,
    entry: Option<Entry>,
    in_spite_of: &[String],
    by: &Asker,
    now: DateTime<Utc>,
) -> Result<ToldRequest, DeskError> {
    let (records, seen) = (desk.records, load(desk, id, now).await?);
    let submission = &seen.value;
    let (State::Proved, Some(proof)) = (submission.state(now), &submission.proof) else {
        return Err(DeskError::SubmissionIs(submission.state(now).name(), "proved", "approved"));
    };
    let metadata = registrations::metadata(records, submission, now).await?;
    let metadata = metadata.ok_or_else(|| DeskError::NoSubmission(id.to_owned()))?;
    let described = read(&metadata, Unsigned::Accept, now).map_err(DeskError::Metadata)?;
    let entity_id = described.service_provider.entity_id;
    if entity_id == desk.sources.ourselves {
        return Err(DeskError::Ourselves(entity_id));
    }
    let before = desk.sources.gather(records, now).await?;
    let there = registered(records, &before.registry, &entity_id, now).await?;
    let (digest, settled) = match there {
        Registered::Elsewhere(origin) => {
            return Err(DeskError::KeptElsewhere { entity_id, origin });
        }
        Registered::Here(here) => (Some(here.digest), Some(here.settings)),
        Registered::Nothing => (None, None),
    };
    if digest != proof.registered {
        return Err(DeskError::ProvedBefore(entity_id));
    }
    let spared = refused_by_all(&metadata, submission.profile.as_deref(), in_spite_of, now)?;
    let settings = match (entry, settled) {
        (None, Some(settled)) => settled,
        (entry, _) => serde_json::to_value(entry.unwrap_or_default()).map_err(DeskError::Entry)?,
    };
    let mut batch = Batch::new();
    kept::put(records, &mut batch, &entity_id, &metadata, settings, now).await?;
    // The commit expects what is there by now: that must be what was judged, and not what a rival has just put there.
    let there = registered(records, &before.registry, &entity_id, now).await?;
    let now_there = match there {
        Registered::Here(here) => Some(here.digest),
        Registered::Elsewhere(_) | Registered::Nothing => None,
    };
    if now_there != digest {
        return Err(DeskError::ProvedBefore(entity_id));
    }
    let status = desk.registration.is_some_and(|terms| terms.status_pages);
    let status = status.then(|| records.random.token());
    if let Some(secret) = &status {
        let (secret, id) = (Some(secret.as_str()), Some(id));
        status_links::replace(records, &mut batch, &entity_id, secret, id, now).await?;
    }
    let reason = match spared.is_empty() {
        true => String::new(),
        false => format!("in spite of {}", spared.join(", ")),
    };
    decide(desk, batch, &seen, State::Approved, reason, by, now).await?;
    let built = desk.sources.gather(records, now).await?;
    let partner = find(&built, &entity_id, now).ok_or(DeskError::NoPartner(entity_id))?;
    take_up(desk, built);
    let (service_provider, replaced) = (Box::new(partner), digest.is_some());
    let status = status.map(Secret);
    Ok(ToldRequest::Approved { service_provider, replaced, status })
}

/// The rules that all hold the metadata to and that they break, each of which `in_spite_of` names.
fn refused_by_all(
    metadata: &str,
    profile: Option<&str>,
    in_spite_of: &[String],
    now: DateTime<Utc>,
) -> Result<Vec<String>, DeskError> {
    let report = inspect(metadata.as_bytes(), profile.and_then(LintProfile::parse), now);
    let findings = report.findings.into_iter();
    let mut broken: Vec<String> = findings
        .filter(|finding| finding.severity() == Severity::RefusedByAll)
        .map(|finding| finding.rule)
        .collect();
    broken.sort_unstable();
    broken.dedup();
    let unnamed: Vec<&str> = broken
        .iter()
        .map(String::as_str)
        .filter(|rule| !in_spite_of.iter().any(|it| it == rule))
        .collect();
    match unnamed.is_empty() {
        true => Ok(broken),
        false => Err(DeskError::RefusedByAll(unnamed.join(", "))),
    }
}

async fn refuse(
    desk: &Desk<'_>,
    id: &str,
    reason: &str,
    by: &Asker,
    now: DateTime<Utc>,
) -> Result<ToldRequest, DeskError> {
    if reason.chars().count() > 255 || reason.chars().any(char::is_control) {
        return Err(DeskError::BadReason);
    }
    let seen = load(desk, id, now).await?;
    let state = seen.value.state(now);
    if !state.is_open() {
        return Err(DeskError::SubmissionIs(state.name(), "submitted or proved", "refused"));
    }
    let (batch, reason) = (Batch::new(), reason.to_owned());
    let changed = decide(desk, batch, &seen, State::Refused, reason, by, now).await?;
    Ok(ToldRequest::Refused(Box::new(row(&changed, now))))
}

/// Takes `seen` to `to`, with all that `batch` does, at once.
async fn decide(
    desk: &Desk<'_>,
    batch: Batch,
    seen: &Loaded<Submission>,
    to: State,
    reason: String,
    by: &Asker,
    now: DateTime<Utc>,
) -> Result<Submission, DeskError> {
    let mut changed = seen.value.clone();
    changed.step(Change { at: now, to, by: who(by), reason: reason.clone() });
    let kept = changed.clone();
    match registrations::change(desk.records, batch, seen, kept, None, now).await? {
        Committed::Done => {
            let Submission { id, entity_id, .. } = &changed;
            tracing::info!(
                event = "registration.decided",
                id,
                relying_party = entity_id,
                state = to.name(),
                reason,
                user = by.user,
                uid = by.uid
            );
            Ok(changed)
        }
        Committed::Conflict(_) => Err(DeskError::Contended),
    }
}

async fn status_link(
    desk: &Desk<'_>,
    entity_id: &str,
    revoke: bool,
    now: DateTime<Utc>,
) -> Result<ToldRequest, DeskError> {
    if !desk.registration.is_some_and(|terms| terms.status_pages) && !revoke {
        return Err(DeskError::NoStatusPages);
    }
    let built = desk.sources.gather(desk.records, now).await?;
    if built.registry.find(entity_id, now).is_none() && !revoke {
        return Err(DeskError::NoPartner(entity_id.to_owned()));
    }
    let (records, secret) = (desk.records, (!revoke).then(|| desk.records.random.token()));
    let mut batch = Batch::new();
    let had =
        status_links::replace(records, &mut batch, entity_id, secret.as_deref(), None, now).await?;
    if revoke && !had {
        return Err(DeskError::NoPartner(entity_id.to_owned()));
    }
    match batch.commit(records.store, Durability::Durable, now).await? {
        Committed::Done => Ok(ToldRequest::StatusLink(secret.map(Secret))),
        Committed::Conflict(_) => Err(DeskError::Contended),
    }
}

fn who(by: &Asker) -> By {
    By::Administrator(by.user.chars().take(64).collect(), by.uid)
}
