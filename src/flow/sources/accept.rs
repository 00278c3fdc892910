//! The ceremony: a person says, by a fingerprint that they have from elsewhere, that what waits is meant.

use std::fs::File;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::flow::env::Env;
use crate::flow::sources::refresh::{Answer, Body, Outcome, take};
use crate::flow::sources::tended::Tended;
use crate::partners::source::reason::Reason;
use crate::partners::source::shelf::{Accepted, Aside, Spool, Waiting, hexadecimal};
use crate::saml::metadata::listing::carried_certificate;
use crate::world::digest::{self, sha256};

/// What waits for a person's word.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// Why it waits.
    pub reason: Reason,
    /// What was noted.
    pub waiting: Waiting,
    /// Its octets.
    pub aside: Aside,
    /// The certificate of the new key, DER, where the key is what is new.
    pub certificate: Option<Vec<u8>>,
    /// What must be said: the SHA-256 of that certificate, else of the document.
    pub fingerprint: String,
}

/// Why nothing was accepted.
#[derive(Debug, thiserror::Error)]
pub enum NotAccepted {
    /// Nothing waits.
    #[error("nothing of the source {0} waits to be accepted")]
    Nothing(String),
    /// What waits is something else.
    #[error(
        "the fingerprint is not that of what waits, which begins {expected}: nothing was accepted"
    )]
    OtherFingerprint {
        /// The first digits of what it is.
        expected: String,
    },
    /// The disk fails.
    #[error("the disk refuses")]
    Disk(#[from] std::io::Error),
    /// It cannot be taken even so.
    #[error("it cannot be taken: {0}")]
    Refused(String),
}

/// What of a source waits.
///
/// # Errors
/// When the disk cannot be read.
pub fn proposal(source: &Tended) -> std::io::Result<Option<Proposal>> {
    let Some((waiting, aside)) = source.shelf.waiting()? else { return Ok(None) };
    let Some(reason) = Reason::named(&waiting.reason) else { return Ok(None) };
    let certificate = match (&aside, reason) {
        (Aside::Octets(octets), Reason::RolledKey) => carried_certificate(octets),
        _ => waiting.certificate.as_ref().and_then(|said| STANDARD.decode(said).ok()),
    };
    let fingerprint = match &certificate {
        Some(certificate) => hexadecimal(&sha256(certificate)),
        None => waiting.note.sha256.clone(),
    };
    Ok(Some(Proposal { reason, waiting, aside, certificate, fingerprint }))
}

/// Accepts what waits, if `fingerprint` is its own: takes it, and remembers its key. `by` is the user's number.
///
/// # Errors
/// When it is not, or cannot be taken; nothing is changed then.
pub async fn accept(
    env: &Env,
    source: &Arc<Tended>,
    fingerprint: &str,
    by: Option<u32>,
) -> Result<Proposal, NotAccepted> {
    let _alone = source.busy.lock().await;
    let name = source.configured.name.clone();
    let proposal = proposal(source)?.ok_or_else(|| NotAccepted::Nothing(name.clone()))?;
    let said: String = fingerprint.chars().filter(|c| !c.is_whitespace() && *c != ':').collect();
    if said.to_ascii_lowercase() != proposal.fingerprint {
        let expected = proposal.fingerprint.chars().take(8).collect();
        tracing::warn!(event = "source.not-accepted", source = name, by, "another fingerprint");
        return Err(NotAccepted::OtherFingerprint { expected });
    }
    let before = source.state().accepted;
    if let Some(certificate) = &proposal.certificate {
        let mut accepted = before.clone();
        accepted.retain(|one| one.fingerprint != proposal.fingerprint);
        accepted.push(Accepted {
            certificate: STANDARD.encode(certificate),
            fingerprint: proposal.fingerprint.clone(),
            at: env.clock.now(),
            by,
        });
        source.shelf.accept(&accepted)?;
        source.change(|state| state.accepted = accepted);
    }
    let answer = Answer {
        from: proposal.waiting.note.from.clone(),
        body: match &proposal.aside {
            Aside::Octets(octets) => Body::Octets(octets.clone()),
            Aside::List(path) => Body::List(Spool::of(File::open(path)?)),
        },
        etag: proposal.waiting.note.etag.clone(),
        last_modified: proposal.waiting.note.last_modified.clone(),
    };
    let meant = digest::read(&proposal.waiting.note.sha256);
    let outcome = take(env, source, &proposal.waiting.note.document, answer, meant).await;
    if let Outcome::Refused(refused) = outcome {
        source.shelf.accept(&before)?;
        source.change(|state| state.accepted = before);
        return Err(NotAccepted::Refused(refused.to_string()));
    }
    let now = env.clock.now();
    source.change(|state| {
        state.refused = None;
        state.failures = 0;
        state.checked = Some(now);
    });
    env.sources.publish();
    tracing::warn!(
        event = "source.accepted",
        source = name,
        reason = proposal.reason.name(),
        fingerprint = proposal.fingerprint,
        by,
        "a person has accepted what a source gave"
    );
    Ok(proposal)
}
