//! A token at an address of the entity: where it is looked for, and looking for it.
//!
//! A message can steer no fetch: a visitor has one made only at an origin that the settings name; at any other an administrator does, by
//! a command, and then only where the host's addresses are of the Internet. The path is ours, redirects are not followed, and of what
//! comes nothing is told but whether it is the token.

use std::time::Duration;

use url::Url;

use crate::flow::registration::terms::Terms;
use crate::saml::partner::ServiceProvider;
use crate::store::registrations::Submission;
use crate::world::digest::same;
use crate::world::fetch::{Fetch as _, FetchError, FetchLimits, FetchRequest, HttpFetch};

/// Where tokens are looked for, before the submission's id (RFC 8615).
pub const PATH: &str = "/.well-known/ponte-registration/";

/// Why the token was not found.
#[derive(Debug, thiserror::Error)]
pub enum NoToken {
    /// The entity has no address to look at.
    #[error(
        "neither the entityID nor a place for answers is an https address whose host could be asked"
    )]
    NoOrigin,
    /// It is not for a visitor to have it asked.
    #[error(
        "{0} is not named by the settings: an administrator looks there by `ponte sp requests check`"
    )]
    NotNamed(String),
    /// The settings' authorities cannot be read.
    #[error("the server cannot look: its settings are wrong")]
    Settings,
    /// Nothing came.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// It answered with another status than 200.
    #[error("it answered with status {0}, where 200 was expected")]
    Status(u16),
    /// It answered with something else.
    #[error("what is there is not the token")]
    Other,
}

/// The origin at which the token of `entity` is looked for: that of its entityID where it is an address, else that of its default place
/// for answers. The port is https's own, unless the settings name the origin with another one.
#[must_use]
pub fn origin(entity: &ServiceProvider, terms: &Terms) -> Option<String> {
    let consumer = entity.default_consumer().map(|consumer| consumer.location.as_str());
    let is_address =
        |url: &Url| matches!(url.scheme(), "https" | "http") && url.host_str().is_some();
    let read = |text: &str| Url::parse(text).ok().filter(is_address);
    let url = read(&entity.entity_id).or_else(|| read(consumer?))?;
    let origin = url.origin().ascii_serialization();
    if terms.origins.contains(&origin) {
        return Some(origin);
    }
    Some(format!("https://{}", url.host_str()?))
}

/// The address at which the token of `submission` is looked for, at `origin`.
#[must_use]
pub fn address(origin: &str, submission: &Submission) -> String {
    format!("{origin}{PATH}{}", submission.id)
}

/// Looks whether the token of `submission` is at `origin`. `by_command`: an administrator has said so.
///
/// # Errors
/// Why not.
pub async fn look(
    terms: &Terms,
    origin: &str,
    submission: &Submission,
    by_command: bool,
) -> Result<(), NoToken> {
    let is_named = terms.origins.iter().any(|named| named == origin);
    if !is_named && !by_command {
        return Err(NoToken::NotNamed(origin.to_owned()));
    }
    let url = Url::parse(&address(origin, submission)).map_err(|_| NoToken::NoOrigin)?;
    let fetch = if is_named {
        let authority = terms.authority.as_ref().map(std::fs::read).transpose();
        let authority = authority.map_err(|_| NoToken::Settings)?;
        HttpFetch::new(&[origin.to_owned()], authority.as_deref(), LIMITS)
    } else {
        HttpFetch::to_public(&url, LIMITS)
    };
    let fetch = fetch.map_err(|_| NoToken::Settings)?;
    let answer = fetch.fetch(FetchRequest::get(url)).await?;
    if answer.status != 200 {
        return Err(NoToken::Status(answer.status));
    }
    let said = std::str::from_utf8(&answer.body).unwrap_or_default().trim();
    if same(&submission.word, said) { Ok(()) } else { Err(NoToken::Other) }
}

const LIMITS: FetchLimits =
    FetchLimits { connect: Duration::from_secs(3), whole: Duration::from_secs(5), body: 1024 };
