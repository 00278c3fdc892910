//! Metadata are submitted, and what was submitted is withdrawn.

use crate::flow::env::Env;
use crate::flow::limits::prefix;
use crate::flow::registration::registered::{Registered, hexadecimal, registered};
use crate::flow::visit::Visitor;
use crate::identity::attributes::AttributeName;
use crate::identity::format;
use crate::partners::registry::Origin;
use crate::saml::lint::profile::LintProfile;
use crate::saml::metadata::read::{Unsigned, read};
use crate::saml::xml;
use crate::store::port::{Committed, StoreError};
use crate::store::record::{Batch, Loaded};
use crate::store::registrations::{self, By, Change, Made, New, State, Submission};

/// What an integrator sends.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    /// The metadata, as they came.
    pub metadata: &'a [u8],
    /// The profile to hold them to; `None`: as they look.
    pub profile: Option<LintProfile>,
    /// Where to write to; empty if nowhere.
    pub contact: &'a str,
}

/// A submission that was made.
pub struct Taken {
    /// It.
    pub submission: Submission,
    /// The end of its link: told once, kept nowhere in clear.
    pub secret: String,
}

// The secret must not reach a log.
impl std::fmt::Debug for Taken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Taken").field("submission", &self.submission.id).finish_non_exhaustive()
    }
}

/// Why nothing was submitted.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// There was nothing.
    #[error("there are no metadata")]
    Empty,
    /// More octets than are taken.
    #[error("metadata of at most {0} KiB are taken")]
    TooLong(usize),
    /// They cannot be used as a service provider's.
    #[error("the metadata cannot be used: {0}")]
    Metadata(String),
    /// The address is none.
    #[error("the contact is not an e-mail address")]
    Contact,
    /// They are our own.
    #[error("the entityID is our own")]
    Ourselves,
    /// Somebody else sees to them.
    #[error(
        "the metadata of this entityID come from elsewhere (a file, a federation's list): whoever keeps those changes them"
    )]
    Elsewhere,
    /// Too many are open from there.
    #[error("too many submissions of your network are open: prove or withdraw one of them")]
    FullHere,
    /// Too many are open.
    #[error("too many submissions are open: try again later")]
    Full,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Keeps what was sent as a submission that waits to be proved.
///
/// # Errors
/// Why it is not kept.
pub async fn submit(env: &Env, sent: Sent<'_>, visitor: &Visitor<'_>) -> Result<Taken, NotTaken> {
    let (now, terms) = (env.clock.now(), &env.settings.registration);
    let text = readable(sent.metadata, terms.size)?;
    let contact = match sent.contact.trim() {
        "" => None,
        said => {
            let read = format::read(AttributeName::Email, said, now.date_naive());
            Some(read.map_err(|_| NotTaken::Contact)?)
        }
    };
    let read = read(text, Unsigned::Accept, now);
    let described = read.map_err(|error| NotTaken::Metadata(chain(&error)))?;
    let entity_id = described.service_provider.entity_id;
    if entity_id == env.idp.entity_id {
        return Err(NotTaken::Ourselves);
    }
    let partners = env.partners.snapshot();
    if let Registered::Elsewhere(origin) =
        registered(env.records(), &partners, &entity_id, now).await?
    {
        let from = match origin {
            Origin::File(_) => "a file",
            Origin::Store(_) => "the store",
            Origin::Source(..) => "a source",
        };
        tracing::info!(event = "registration.elsewhere", relying_party = entity_id, from);
        return Err(NotTaken::Elsewhere);
    }
    let secret = env.random.token();
    let new = New {
        entity_id: &entity_id,
        contact: contact.as_deref(),
        profile: sent.profile.map(LintProfile::name),
        metadata: text,
        digest: hexadecimal(text.as_bytes()),
        network: &prefix(visitor.address),
        secret: &secret,
        waits_until: now + terms.unproved,
    };
    match registrations::make(env.records(), &new, terms.room, now).await? {
        Made::Done(submission) => {
            let (id, support_id) = (&submission.id, visitor.support_id);
            tracing::info!(
                event = "registration.submitted",
                id,
                relying_party = entity_id,
                support_id
            );
            Ok(Taken { submission: *submission, secret })
        }
        Made::FullHere => Err(NotTaken::FullHere),
        Made::Full => Err(NotTaken::Full),
    }
}

/// The text that was sent, if it is within `size` and is text.
pub(in crate::flow) fn readable(metadata: &[u8], size: usize) -> Result<&str, NotTaken> {
    if metadata.trim_ascii().is_empty() {
        return Err(NotTaken::Empty);
    }
    if metadata.len() > size.min(xml::MAX_OCTETS) {
        return Err(NotTaken::TooLong(size.min(xml::MAX_OCTETS) / 1024));
    }
    let text = std::str::from_utf8(metadata);
    let text = text.map_err(|_| NotTaken::Metadata("they are not UTF-8".to_owned()))?;
    Ok(text.trim_start_matches('\u{feff}').trim())
}

/// The submission that the link which ends with `secret` leads to.
///
/// # Errors
/// When the store fails.
pub async fn find(env: &Env, secret: &str) -> Result<Option<Loaded<Submission>>, StoreError> {
    let found = registrations::find_by_link(env.records(), secret, env.clock.now()).await?;
    Ok(found.filter(|_| env.settings.registration.submissions))
}

/// Withdraws `seen`; false when nothing can become of it any more, or another was ahead.
///
/// # Errors
/// When the store fails.
pub async fn withdraw(env: &Env, seen: &Loaded<Submission>) -> Result<bool, StoreError> {
    let now = env.clock.now();
    if !seen.value.state(now).is_open() {
        return Ok(false);
    }
    let mut changed = seen.value.clone();
    let (to, by, reason) = (State::Withdrawn, By::Integrator, String::new());
    changed.step(Change { at: now, to, by, reason });
    let done = registrations::change(env.records(), Batch::new(), seen, changed, None, now).await?;
    if done == Committed::Done {
        let Submission { id, entity_id, .. } = &seen.value;
        tracing::info!(event = "registration.withdrawn", id, relying_party = entity_id);
    }
    Ok(done == Committed::Done)
}

/// An error with all its causes, in one line.
pub(in crate::flow) fn chain(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        said = format!("{said}: {error}");
        cause = error.source();
    }
    said
}
