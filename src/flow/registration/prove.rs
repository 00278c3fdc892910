//! Whoever submitted metadata proves that they control the entity: by a key of it, or by a token at its address.
//!
//! What is registered already is changed by its own keys alone: for it a token counts nothing.

use chrono::{DateTime, Utc};
use url::Url;

use crate::flow::env::Env;
use crate::flow::registration::registered::{Registered, hexadecimal, registered};
use crate::flow::registration::submit::{NotTaken, chain, readable};
use crate::flow::registration::terms::Terms;
use crate::flow::registration::token::{self, NoToken};
use crate::partners::registry::Registry;
use crate::saml::metadata::error::MetadataError;
use crate::saml::metadata::read::{Unsigned, read};
use crate::saml::proof::{NoProof, Offered};
use crate::store::port::{Committed, StoreError};
use crate::store::record::{Batch, Loaded, Records};
use crate::store::registrations::{self, By, Change, How, Proof, State, Submission};

/// Why it is not proved.
#[derive(Debug, thiserror::Error)]
pub enum NotProved {
    /// Nothing can become of it any more.
    #[error("nothing can become of this submission any more")]
    Over,
    /// What was offered is no proof.
    #[error(transparent)]
    Proof(#[from] NoProof),
    /// There is no token.
    #[error(transparent)]
    Token(#[from] NoToken),
    /// A token does not do for what is registered.
    #[error(
        "the entity is registered: a new version is proved by a signing key of the registered metadata, and by nothing else"
    )]
    NeedsKey,
    /// The signed metadata are of another entity.
    #[error("the signed metadata are of another entity, {0:?}")]
    OtherEntity(String),
    /// The metadata cannot be used.
    #[error("the metadata cannot be used: {0}")]
    Metadata(String),
    /// They are seen to elsewhere.
    #[error(transparent)]
    NotTaken(#[from] NotTaken),
    /// Another request was ahead.
    #[error("another request changed this submission at the same time: try again")]
    Contended,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<MetadataError> for NotProved {
    fn from(error: MetadataError) -> Self {
        Self::Metadata(chain(&error))
    }
}

/// By what means it is to be proved.
#[derive(Clone, Debug)]
pub enum Means<'a> {
    /// What an integrator brings, and the text that they were shown.
    Offered(&'a Offered, String),
    /// A token, looked for now.
    Token,
}

/// What a proof is made and judged by, of one submission.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The text to sign.
    pub text: String,
    /// The word: the ID of signed metadata, the content of the token.
    pub word: String,
    /// Whether the entity is registered, so that a registered key must sign.
    pub is_update: bool,
    /// The origin and the address at which a token is looked for.
    pub token: Option<(String, String)>,
    /// Whether the integrator may have it looked for.
    pub is_named: bool,
}

/// The text that a key of the entity signs: nothing but a submission here could be meant by it, and no other metadata.
#[must_use]
pub fn text(base_url: &Url, submission: &Submission) -> String {
    let base = base_url.as_str().trim_end_matches('/');
    let Submission { id, word, digest, .. } = submission;
    format!("ponte-registration:{base}:{id}:{word}:{digest}")
}

/// What is asked of whoever made `submission`.
///
/// # Errors
/// When the store fails.
pub async fn ask(
    env: &Env,
    submission: &Submission,
    metadata: &str,
    now: DateTime<Utc>,
) -> Result<Ask, StoreError> {
    let (terms, partners) = (&env.settings.registration, env.partners.snapshot());
    let there = registered(env.records(), &partners, &submission.entity_id, now).await?;
    let is_update = !matches!(there, Registered::Nothing);
    let described = read(metadata, Unsigned::Accept, submission.made).ok();
    let origin = described.and_then(|it| token::origin(&it.service_provider, terms));
    let is_named = origin.as_ref().is_some_and(|origin| terms.origins.contains(origin));
    let token = origin.filter(|_| !is_update).map(|origin| {
        let address = token::address(&origin, submission);
        (origin, address)
    });
    let text = text(&env.settings.base_url, submission);
    Ok(Ask { text, word: submission.word.clone(), is_update, token, is_named })
}

/// Where something is proved: the same at a page and at a command.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The store.
    pub records: Records<'a>,
    /// Who is registered.
    pub registry: &'a Registry,
    /// The terms.
    pub terms: &'a Terms,
}

/// Proves `seen` by what an integrator offers; by the token at an origin that the settings name if they offer nothing.
///
/// # Errors
/// Why it is not proved.
pub async fn prove(
    env: &Env,
    seen: &Loaded<Submission>,
    offered: Option<&Offered>,
) -> Result<Submission, NotProved> {
    let (partners, terms) = (env.partners.snapshot(), &env.settings.registration);
    let place = Place { records: env.records(), registry: &partners, terms };
    let by = match offered {
        Some(offered) => Means::Offered(offered, text(&env.settings.base_url, &seen.value)),
        None => Means::Token,
    };
    prove_at(place, seen, by, By::Integrator, env.clock.now()).await
}

/// The same; `who` has it proved.
///
/// # Errors
/// Why it is not proved.
pub async fn prove_at(
    place: Place<'_>,
    seen: &Loaded<Submission>,
    by: Means<'_>,
    who: By,
    now: DateTime<Utc>,
) -> Result<Submission, NotProved> {
    let (records, submission) = (place.records, &seen.value);
    if !submission.state(now).is_open() {
        return Err(NotProved::Over);
    }
    let metadata = registrations::metadata(records, submission, now).await?;
    let metadata = metadata.ok_or(NotProved::Over)?;
    let there = registered(records, place.registry, &submission.entity_id, now).await?;
    let mut replaced = None;
    let how = match by {
        Means::Offered(offered, text) => {
            let own = || read(&metadata, Unsigned::Accept, now);
            let keys = match &there {
                Registered::Nothing => own()?.service_provider.keys,
                Registered::Here(here) => here.keys.clone(),
                Registered::Elsewhere(_) => return Err(NotTaken::Elsewhere.into()),
            };
            match offered {
                Offered::Signature(_) => {
                    offered.verify(&text, &submission.word, &keys)?;
                    How::Signature
                }
                Offered::Metadata(signed) => {
                    let signed = readable(signed.as_bytes(), place.terms.size)?;
                    // They take the place of what was submitted, so they must do as that did; a key that they give up does not
                    // sign them, since later they are held to the keys that they name.
                    let described = read(signed, Unsigned::Refuse, now)?;
                    let found = described.service_provider.entity_id;
                    if found != submission.entity_id {
                        return Err(NotProved::OtherEntity(found));
                    }
                    offered.verify("", &submission.word, &keys)?;
                    replaced = Some(signed.to_owned());
                    How::Metadata
                }
            }
        }
        Means::Token => {
            if !matches!(there, Registered::Nothing) {
                return Err(NotProved::NeedsKey);
            }
            let described = read(&metadata, Unsigned::Accept, now)?;
            let origin = token::origin(&described.service_provider, place.terms);
            let origin = origin.ok_or(NoToken::NoOrigin)?;
            let by_command = matches!(who, By::Administrator(..));
            token::look(place.terms, &origin, submission, by_command).await?;
            How::Token(origin)
        }
    };
    let registered = match there {
        Registered::Here(here) => Some(here.digest),
        _ => None,
    };
    let reason = match &how {
        How::Signature => "a signature over our text".to_owned(),
        How::Metadata => "signed metadata with our word".to_owned(),
        How::Token(origin) => format!("a token at {origin}"),
    };
    let mut changed = submission.clone();
    changed.proof = Some(Proof { how, registered });
    if changed.state(now) == State::Submitted {
        changed.waits_until = now + place.terms.undecided;
    }
    changed.step(Change { at: now, to: State::Proved, by: who, reason: reason.clone() });
    if let Some(metadata) = &replaced {
        changed.digest = hexadecimal(metadata.as_bytes());
    }
    let metadata = replaced.as_deref();
    let (batch, kept) = (Batch::new(), changed.clone());
    match registrations::change(records, batch, seen, kept, metadata, now).await? {
        Committed::Done => {
            let Submission { id, entity_id, .. } = submission;
            tracing::info!(
                event = "registration.proved",
                id,
                relying_party = entity_id,
                by = reason
            );
            Ok(changed)
        }
        Committed::Conflict(_) => Err(NotProved::Contended),
    }
}
