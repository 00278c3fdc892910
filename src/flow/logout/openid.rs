//! Logout with OpenID providers: the browser is back from one (RP-Initiated Logout 1.0 §3), or one says by itself that a session
//! is over (Back-Channel Logout 1.0 §2.5).

use chrono::{DateTime, Utc};

use crate::flow::advance::ROUNDS;
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::logout::receive::{Answerer, answered};
use crate::flow::reply::{Reply, Trouble};
use crate::flow::upstream::oidc::{Broken, found, read_keys};
use crate::flow::visit::Visitor;
use crate::login::session::Session;
use crate::oidc::logout::{LoggedOut, judge};
use crate::oidc::relying_party::Callback;
use crate::partners::openid::OpenId;
use crate::partners::upstream::Speaks;
use crate::store::port::{Committed, Durability, StoreError};
use crate::store::record::{Batch, Loaded};
use crate::store::replay;
use crate::store::sessions::{self, Named};
use crate::telemetry::metrics;
use crate::telemetry::redact::excerpt;

/// The browser is back at `/oidc/logout/{upstream}`: with the state that it was sent with, it was there.
pub async fn back(env: &Env, upstream: &str, raw: &str, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let nothing = || Ok(Reply::Trouble(Box::new(Trouble::Expired)));
    let moved = async {
        let Some(openid) = known(env, upstream) else {
            return Ok(Reply::Trouble(Box::new(Trouble::NoSuchPage)));
        };
        let callback = Callback::read(raw).ok();
        let Some(state) = callback.as_ref().and_then(Callback::state) else { return nothing() };
        let who = Answerer { entity_id: &openid.client.issuer, is_upstream: true };
        match answered(env, who, state, true, visitor, now).await? {
            Some(reply) => Ok(reply),
            None => nothing(),
        }
    };
    moved.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// Why a logout token ends nothing.
#[derive(Debug, thiserror::Error)]
pub enum NotEnded {
    /// There is no such provider.
    #[error("there is no such provider")]
    Nobody,
    /// It is not taken, by the rule of this name.
    #[error("{0}")]
    Refused(&'static str),
    /// The provider asks too often: seconds to wait.
    #[error("too many")]
    TooMany(u32),
    /// We failed.
    #[error(transparent)]
    Ours(#[from] StoreError),
}

/// Takes the logout token that an OpenID provider posts: the sessions that rest on its word end, at once. Service providers
/// in them cannot be told, since no browser is here. Returns how many sessions ended.
///
/// # Errors
/// When it is not taken, or the store fails.
pub async fn told(
    env: &Env,
    upstream: &str,
    token: &str,
    visitor: &Visitor<'_>,
) -> Result<usize, NotEnded> {
    let ended = taken(env, upstream, token, visitor).await;
    match &ended {
        Ok(_) | Err(NotEnded::Nobody) => {}
        Err(NotEnded::Ours(error)) => {
            tracing::error!(event = "failed", support_id = visitor.support_id, %error);
        }
        Err(refused) => tracing::warn!(
            event = "logout.refused",
            support_id = visitor.support_id,
            address = %visitor.address,
            upstream = %excerpt(upstream),
            rule = %refused,
            "a logout token was refused"
        ),
    }
    ended
}

async fn taken(
    env: &Env,
    upstream: &str,
    token: &str,
    visitor: &Visitor<'_>,
) -> Result<usize, NotEnded> {
    let now = env.clock.now();
    let openid = known(env, upstream).ok_or(NotEnded::Nobody)?;
    let out =
        judged(env, &openid, token).await.map_err(|broken| NotEnded::Refused(broken.name()))?;
    let issuer = &openid.client.issuer;
    env.by_partner.take(issuer, now).map_err(NotEnded::TooMany)?;
    let records = env.records();
    for _ in 0..ROUNDS {
        let named = named(env, upstream, issuer, &out, now).await?;
        let mut batch = Batch::new();
        replay::add(records, &mut batch, issuer, &out.token_id, out.expires)?;
        for session in &named {
            batch.expect(session);
            sessions::end(records, &mut batch, session)?;
        }
        match batch.commit(&*env.store, Durability::Durable, now).await? {
            Committed::Conflict(0) => return Err(NotEnded::Refused("logout-token-replayed")),
            Committed::Conflict(_) => continue,
            Committed::Done => {}
        }
        metrics::sessions_ended(named.len());
        tracing::info!(
            event = "logout.requested",
            support_id = visitor.support_id,
            relying_party = issuer,
            request_id = %excerpt(&out.token_id),
            sessions = named.len(),
        );
        return Ok(named.len());
    }
    Err(NotEnded::Refused("logout-contention"))
}

async fn judged(env: &Env, openid: &OpenId, token: &str) -> Result<LoggedOut, Broken> {
    let found = found(env, openid).await?;
    let now = env.clock.now();
    match judge(token, &openid.client, &found.keys, now) {
        Err(refused) if refused.wants_keys() && openid.known.may_read_keys(now) => {
            let keys = read_keys(openid, &found, now).await?;
            Ok(judge(token, &openid.client, &keys, now)?)
        }
        judged => Ok(judged?),
    }
}

/// The sessions that rest on the word of the provider for the session that it names, or for all of the person's.
async fn named(
    env: &Env,
    upstream: &str,
    issuer: &str,
    out: &LoggedOut,
    now: DateTime<Utc>,
) -> Result<Vec<Loaded<Session>>, StoreError> {
    let (subject, sid) = (out.subject.as_deref(), out.session.as_deref());
    let name = match (sid, subject) {
        (Some(sid), _) => Named::Session(sid),
        (None, Some(subject)) => Named::Person(subject),
        (None, None) => return Ok(Vec::new()),
    };
    let mut found = sessions::by_upstream(env.records(), issuer, name, now).await?;
    found.retain(|session| {
        session.value.upstreams().iter().any(|one| {
            one.upstream == upstream
                && one.issuer == issuer
                && sid.is_none_or(|sid| one.index.as_deref() == Some(sid))
                && subject.is_none_or(|subject| one.name == subject)
        })
    });
    Ok(found)
}

fn known(env: &Env, upstream: &str) -> Option<OpenId> {
    match &env.upstreams.snapshot().find(upstream)?.speaks {
        Speaks::OpenId(openid) => Some(openid.clone()),
        Speaks::Saml(_) => None,
    }
}
