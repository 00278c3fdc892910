//! A logout goes to the identity providers that vouched: who can be told, and what they are sent.

use chrono::{DateTime, Utc};

use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::upstream::{oidc, saml};
use crate::login::vouched::UpstreamSession;
use crate::oidc::openid::logout_url;
use crate::partners::upstream::{Speaks, Upstream};
use crate::saml::logout::write::Dispatch;
use crate::saml::upstream::logout::{Asking, request};
use crate::telemetry::redact::excerpt;

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
            let has =
                |end: &crate::partners::openid::Found| end.provider.end_session_endpoint.is_some();
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
) -> Result<Option<Sent>, Failure> {
    let upstreams = env.upstreams.snapshot();
    let Some(upstream) = upstreams.find(&session.upstream) else { return Ok(None) };
    match &upstream.speaks {
        Speaks::Saml(_) => by_saml(env, upstream, session, now),
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
) -> Result<Option<Sent>, Failure> {
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
    let Some(end) = &found.provider.end_session_endpoint else { return Ok(None) };
    let kept = serde_json::from_str::<oidc::Session>(&session.notes).ok();
    let id_token = kept.and_then(|kept| kept.id_token);
    let back_to = format!("{}oidc/logout/{}", env.settings.base_url, upstream.id);
    let state = env.random.token();
    let url = logout_url(end, &openid.client.client_id, id_token.as_deref(), &back_to, &state);
    let url = url.map_err(|error| Failure::Upstream(Box::new(error)))?;
    Ok(Some(Sent { request: state, message: Dispatch::Redirect { url: url.into() } }))
}
