//! A logout goes to the identity providers that vouched: who can be told, and what they are sent.

use chrono::{DateTime, Utc};

use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::upstream::{oidc, saml};
use crate::login::vouched::UpstreamSession;
use crate::oidc::logout::revocation;
use crate::oidc::openid::logout_url;
use crate::partners::openid::{Found, OpenId};
use crate::partners::upstream::{Speaks, Upstream};
use crate::saml::logout::write::Dispatch;
use crate::saml::upstream::logout::{Asking, request};
use crate::telemetry::redact::excerpt;

/// What became of telling an identity provider.
pub(in crate::flow) enum Asked {
    /// It has been told, without the browser.
    Told,
    /// The browser carries it there.
    Sent(Sent),
}

/// What an identity provider is sent, and the name under which its answer comes back.
pub(in crate::flow) struct Sent {
    pub(in crate::flow) request: String,
    pub(in crate::flow) message: Dispatch,
}

/// Whether the identity provider that has `session` can be told through a browser. Where somebody waits for the end of
/// the logout, one that never sends the browser back cannot (spid-saml §1.5: CIE).
pub(in crate::flow) fn is_reachable(
    env: &Env,
    session: &UpstreamSession,
    somebody_waits: bool,
    now: DateTime<Utc>,
) -> bool {
    let upstreams = env.upstreams.snapshot();
    let speaks = upstreams.find(&session.upstream).map(|upstream| &upstream.speaks);
    match speaks {
        Some(Speaks::Saml(saml)) => {
            let provider = saml.find(&session.issuer, now);
            let comes_back = saml.profile.answers_logouts() || !somebody_waits;
            comes_back && provider.is_some_and(|provider| provider.logout(None).is_some())
        }
        Some(Speaks::OpenId(openid)) => {
            let said = openid.known.get(now);
            let has = |found: &Found| match openid.client.profile.revokes {
                true => found.provider.revocation_endpoint.is_some(),
                false => found.provider.end_session_endpoint.is_some(),
            };
            openid.client.issuer == session.issuer && said.is_none_or(|said| has(&said))
        }
        None => false,
    }
}

/// The request to end `session`; `None` if its identity provider takes none any more.
pub(in crate::flow) async fn ask(
    env: &Env,
    session: &UpstreamSession,
    now: DateTime<Utc>,
) -> Result<Option<Asked>, Failure> {
    let upstreams = env.upstreams.snapshot();
    let Some(upstream) = upstreams.find(&session.upstream) else { return Ok(None) };
    match &upstream.speaks {
        Speaks::Saml(_) => Ok(by_saml(env, upstream, session, now)?.map(Asked::Sent)),
        Speaks::OpenId(_) => by_openid(env, upstream, session).await,
    }
}

fn by_saml(
    env: &Env,
    upstream: &Upstream,
    session: &UpstreamSession,
    now: DateTime<Utc>,
) -> Result<Option<Sent>, Failure> {
    let Speaks::Saml(saml) = &upstream.speaks else { return Ok(None) };
    let Some(provider) = saml.find(&session.issuer, now) else { return Ok(None) };
    let Some(service) = provider.logout(Some(saml.binding)) else { return Ok(None) };
    let Ok(kept) = serde_json::from_str::<saml::Session>(&session.notes) else { return Ok(None) };
    let id = env.random.xml_id();
    let asking = Asking {
        profile: saml.profile,
        ourselves: &upstream.entity.entity_id,
        service,
        id: &id,
        issue_instant: now,
        name: &kept.name,
        session_index: session.index.as_deref(),
        relay_state: None,
    };
    let sent = request(&asking, &*env.keys.snapshot().signer)?;
    Ok(Some(Sent { request: sent.id, message: sent.by }))
}

async fn by_openid(
    env: &Env,
    upstream: &Upstream,
    session: &UpstreamSession,
) -> Result<Option<Asked>, Failure> {
    let Speaks::OpenId(openid) = &upstream.speaks else { return Ok(None) };
    if openid.client.issuer != session.issuer {
        return Ok(None);
    }
    let found = match oidc::found(env, openid).await {
        Ok(found) => found,
        Err(broken) => {
            tracing::warn!(
                event = "upstream.unreachable",
                upstream = upstream.id,
                why = broken.name(),
                detail = %excerpt(&broken.to_string()),
            );
            return Ok(None);
        }
    };
    let kept = serde_json::from_str::<oidc::Session>(&session.notes).ok();
    if openid.client.profile.revokes {
        let token = kept.and_then(|kept| kept.access_token);
        let Some(token) = token else { return Ok(None) };
        return Ok(revoke(env, &upstream.id, openid, &found, &token).await?.then_some(Asked::Told));
    }
    let Some(end) = &found.provider.end_session_endpoint else { return Ok(None) };
    let id_token = kept.and_then(|kept| kept.id_token);
    let back_to = format!("{}oidc/logout/{}", env.settings.base_url, upstream.id);
    let state = env.random.token();
    let url = logout_url(end, &openid.client.client_id, id_token.as_deref(), &back_to, &state);
    let url = url.map_err(|error| Failure::Upstream(Box::new(error)))?;
    let message = Dispatch::Redirect { url: url.into() };
    Ok(Some(Asked::Sent(Sent { request: state, message })))
}

/// Gives `token` back to the provider; whether it took it. What it does not know any more it takes too (RFC 7009 §2.2).
async fn revoke(
    env: &Env,
    upstream: &str,
    openid: &OpenId,
    found: &Found,
    token: &str,
) -> Result<bool, Failure> {
    let (keys, name) = (env.keys.snapshot(), env.random.xml_id());
    let (client, provider, signer) = (&*openid.client, &found.provider, &*keys.signer);
    let request = revocation(token, client, provider, signer, &name, env.clock.now());
    let request = request.map_err(|error| Failure::Upstream(Box::new(error)))?;
    let Some(request) = request else { return Ok(false) };
    let why = match openid.fetch.fetch(request).await {
        Ok(answer) if answer.status == 200 => {
            tracing::info!(event = "upstream.revoked", upstream);
            return Ok(true);
        }
        Ok(answer) => format!("HTTP {}", answer.status),
        Err(error) => error.name().to_owned(),
    };
    tracing::warn!(event = "upstream.unrevoked", upstream, why);
    Ok(false)
}
