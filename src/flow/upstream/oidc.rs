//! OpenID Connect: the question as an authorization request, the answer as a code brought to `/oidc/callback/{upstream}` and exchanged.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::assurance::upstream::Said;
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::reply::Reply;
use crate::flow::upstream::answer::{self, Answered, Ending, Kept, Spoken};
use crate::flow::upstream::ask::{About, Question};
use crate::flow::upstream::reply::AnswerFault;
use crate::flow::visit::Visitor;
use crate::login::delegation::No;
use crate::oidc::discovery;
use crate::oidc::error::{Anomaly, Refused};
use crate::oidc::jose::decrypt::DecryptionKey;
use crate::oidc::jose::keys::KeySet;
use crate::oidc::jose::sign;
use crate::oidc::profile::GENERIC;
use crate::oidc::relying_party::{Callback, Exchange, LoggedIn, code, finish};
use crate::oidc::request::{Ask, Chance, Pending, begin, pushed};
use crate::oidc::user_info;
use crate::partners::openid::{Found, OpenId};
use crate::partners::upstream::{Speaks, Upstream};
use crate::saml::logout::write::Dispatch;
use crate::telemetry::redact::excerpt;
use crate::world::fetch::{FetchError, FetchRequest, FetchResponse};
use crate::world::random::Random;

/// What has to be known of a session there to end it.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::flow) struct Session {
    /// The ID token of the login; none that is too long for an address.
    pub(in crate::flow) id_token: Option<String>,
    /// The access token of the login, where the session ends by giving it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::flow) access_token: Option<String>,
}

/// Why an exchange with the provider came to nothing.
#[derive(Debug, thiserror::Error)]
pub(in crate::flow) enum Broken {
    /// It was not reached, or answered beyond the limits.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// What it answered is not taken.
    #[error(transparent)]
    Refused(#[from] Refused),
}

impl Broken {
    pub(in crate::flow) fn name(&self) -> &'static str {
        match self {
            Self::Fetch(error) => error.name(),
            Self::Refused(refused) => refused.name(),
        }
    }
}

/// Writes the request, pushing it first where that was settled; `None` if the provider cannot be asked now.
pub(in crate::flow) async fn question(
    env: &Env,
    openid: &OpenId,
    about: &About<'_>,
) -> Result<Option<Question>, Failure> {
    let client = &*openid.client;
    if about.provider != client.issuer {
        return Ok(None);
    }
    let found = match found(env, openid).await {
        Ok(found) => found,
        Err(broken) => return Ok(unreachable(about, &broken)),
    };
    let chance = Chance {
        state: about.handle.to_owned(),
        nonce: alphanumeric(&env.random),
        verifier: alphanumeric(&env.random),
        names: [alphanumeric(&env.random), alphanumeric(&env.random)],
    };
    let ask = Ask {
        acr_values: &about.wanted.classes,
        essential: !about.wanted.classes.is_empty(),
        afresh: about.afresh,
        language: None,
    };
    let keys = env.keys.snapshot();
    let made = begin(client, &found.provider, &*keys.signer, ask, &chance, about.at);
    let (begun, pending) = made.map_err(|error| Failure::Upstream(Box::new(error)))?;
    let url = match begun.push {
        None => begun.url.clone(),
        Some(push) => {
            let sent = openid.fetch.fetch(push).await.map_err(Broken::from);
            match sent.and_then(|answer| Ok(pushed(client, &found.provider, &answer)?)) {
                Ok(url) => url,
                Err(broken) => return Ok(unreachable(about, &broken)),
            }
        }
    };
    Ok(Some(Question {
        request: chance.nonce,
        message: Dispatch::Redirect { url: url.to_string() },
        text: begun.url.to_string(),
        notes: serde_json::to_string(&pending).unwrap_or_default(),
    }))
}

fn unreachable(about: &About<'_>, broken: &Broken) -> Option<Question> {
    tracing::warn!(
        event = "upstream.unreachable",
        upstream = about.upstream.id,
        why = broken.name(),
        detail = %excerpt(&broken.to_string()),
    );
    None
}

/// 64 hexadecimal digits: Italian providers take letters and digits (spec/oidc.md §1.1).
fn alphanumeric(random: &Random) -> String {
    random.bytes::<32>().iter().map(|octet| format!("{octet:02x}")).collect()
}

/// Takes what a browser brings to `/oidc/callback/{upstream}`, as a query or a form. What it says is kept for the login's own page, to which
/// it is sent on: only there the browser shows whose login it is.
pub async fn consume(env: &Env, upstream: &str, raw: &str, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let taken = async {
        let callback = match Callback::read(raw) {
            Ok(callback) => callback,
            Err(refused) => {
                let fault = fault_of(&refused.into());
                return Ok(answer::unproven(env, None, None, Some(fault), visitor, now));
            }
        };
        let upstreams = env.upstreams.snapshot();
        let spoken_to = upstreams.find(upstream).and_then(|upstream| match &upstream.speaks {
            Speaks::OpenId(openid) => Some((upstream, openid)),
            Speaks::Saml(_) => None,
        });
        let state = callback.state().unwrap_or_default();
        let kept = match spoken_to {
            Some((upstream, _)) => {
                answer::find(env, None, Some(state), &upstream.entity.id, now).await?
            }
            None => None,
        };
        let kept = kept.filter(|kept| kept.loaded.value.upstream == upstream);
        let (Some((upstream, openid)), Some(kept)) = (spoken_to, kept) else {
            let fault = AnswerFault {
                rule: "an answer is to a request of ours to this provider that was not answered before, and brings its state back \
                       (OIDC Core §3.1.2.7)"
                    .into(),
                element: "state".into(),
                expected: "the state of a request that waits for its answer here".into(),
                found: excerpt(state).to_string(),
            };
            return Ok(answer::unproven(env, None, None, Some(fault), visitor, now));
        };
        judge(env, kept, &callback, upstream, openid, visitor, now).await
    };
    taken.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

async fn judge(
    env: &Env,
    kept: Kept,
    callback: &Callback,
    upstream: &Upstream,
    openid: &OpenId,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Reply, Failure> {
    let pending: Option<Pending> = serde_json::from_str(&kept.loaded.value.notes).ok();
    let Some(pending) = pending else {
        return Ok(answer::unproven(env, Some(&kept), Some(No::Failed), None, visitor, now));
    };
    match talk(env, openid, callback, &pending).await {
        Ok(Told { logged_in, claims, text }) => {
            let identity = &logged_in.identity;
            let id_token = Some(logged_in.id_token.clone()).filter(|it| it.len() <= MAX_HINT);
            let revokes = openid.client.profile.revokes;
            let access_token = revokes.then(|| logged_in.access_token.clone());
            let access_token = access_token.filter(|it| it.len() <= MAX_HINT);
            let notes = Session { id_token: id_token.filter(|_| !revokes), access_token };
            let notes = serde_json::to_string(&notes).unwrap_or_default();
            let session = Some(Ending { index: identity.session.clone(), notes });
            let answered = Answered {
                issuer: openid.client.issuer.clone(),
                response: identity.token_id.clone(),
                issued: identity.issued,
                text: &text,
                once: Some((identity.token_id.clone(), identity.expires)),
            };
            let spoken = Spoken::Yes {
                issuer: &openid.client.issuer,
                said: Said { class: identity.acr.as_deref(), methods: &identity.amr },
                at: identity.at,
                name: &identity.subject,
                attributes: claims,
                session,
            };
            answer::take(env, kept, spoken, answered, visitor, now).await
        }
        // It came with the state, which nobody but the browser and the provider knew.
        Err(Broken::Refused(Refused::Said(said))) => {
            let text = json!({ "error": said.code() }).to_string();
            let answered = Answered {
                issuer: openid.client.issuer.clone(),
                response: kept.loaded.value.request.clone(),
                issued: now,
                text: &text,
                once: None,
            };
            let no = no(said.anomaly());
            answer::take(env, kept, Spoken::No(no), answered, visitor, now).await
        }
        Err(broken) => {
            if matches!(broken, Broken::Refused(Refused::Disagreement(_))) {
                answer::alarm(env, &openid.client.issuer, visitor);
            }
            let no = matches!(broken, Broken::Fetch(_)).then_some(No::Failed);
            tracing::warn!(
                event = "upstream.broken",
                support_id = visitor.support_id,
                upstream = upstream.id,
                why = broken.name(),
                detail = %excerpt(&broken.to_string()),
            );
            let fault = fault_of(&broken);
            Ok(answer::unproven(env, Some(&kept), no, Some(fault), visitor, now))
        }
    }
}

/// Our public keys for that provider: the one that signs, those that will or have just signed, and the one that it
/// encrypts for.
#[must_use]
pub fn keys(env: &Env, upstream: &str) -> Option<serde_json::Value> {
    let upstreams = env.upstreams.snapshot();
    let openid = match &upstreams.find(upstream)?.speaks {
        Speaks::OpenId(openid) => openid.clone(),
        Speaks::Saml(_) => return None,
    };
    let ours = env.keys.snapshot();
    let signing = sign::published(ours.signer.certificate(), ours.signer.algorithm());
    let further = ours.further.iter().filter_map(|other| sign::published_further(other));
    let decryption = openid.client.decryption.as_ref().map(DecryptionKey::published);
    let keys: Vec<_> = signing.into_iter().chain(further).chain(decryption).collect();
    Some(json!({ "keys": keys }))
}

/// What the provider told.
struct Told {
    logged_in: LoggedIn,
    claims: Vec<(String, String)>,
    /// The tokens that tell it, for the register; the access token is not among them.
    text: String,
}

async fn talk(
    env: &Env,
    openid: &OpenId,
    callback: &Callback,
    pending: &Pending,
) -> Result<Told, Broken> {
    let client = &*openid.client;
    let found = found(env, openid).await?;
    let code = code(callback, client, &found.provider, pending)?;
    let keys = env.keys.snapshot();
    let name = alphanumeric(&env.random);
    let now = env.clock.now();
    let (provider, signer) = (&found.provider, &*keys.signer);
    let exchange = Exchange::of(&code, client, provider, signer, pending, &name, now);
    let exchange = exchange.map_err(|_| Refused::Rule {
        name: "exchange-unsigned",
        text: "the request to the token endpoint could not be signed",
    })?;
    let answer = openid.fetch.fetch(exchange.request).await?;
    let now = env.clock.now();
    let mut keys = found.keys.clone();
    let logged_in = match finish(&answer, client, pending, &keys, now) {
        Err(refused) if refused.wants_keys() && openid.known.may_read_keys(now) => {
            keys = read_keys(openid, &found, now).await?;
            finish(&answer, client, pending, &keys, now)?
        }
        finished => finished?,
    };
    let mut claims = Vec::new();
    let mut told = None;
    if let Some(endpoint) = &found.provider.userinfo_endpoint {
        let request = user_info::request(endpoint, &logged_in.access_token);
        let answer = openid.fetch.fetch(request).await?;
        let expected = user_info::Expected {
            profile: client.profile,
            issuer: &client.issuer,
            client_id: &client.client_id,
            subject: &logged_in.identity.subject,
        };
        let key = client.decryption.as_ref();
        claims = user_info::judge(&answer, &expected, &keys, key, env.clock.now())?;
        told = Some(text_of(&answer));
    } else if client.profile != &GENERIC {
        let text = "its metadata have no userinfo_endpoint, which these rules need";
        return Err(Refused::Rule { name: "userinfo-endpoint-missing", text }.into());
    }
    let known: Vec<String> = claims.iter().map(|(name, _)| name.clone()).collect();
    let own = logged_in.identity.claims.iter().filter(|(name, _)| !known.contains(name));
    claims.extend(own.cloned());
    let text = json!({ "id_token": logged_in.id_token, "userinfo": told }).to_string();
    Ok(Told { logged_in, claims, text })
}

fn text_of(answer: &FetchResponse) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

/// What the provider says of itself, read again where that is due.
pub(in crate::flow) async fn found(env: &Env, openid: &OpenId) -> Result<Arc<Found>, Broken> {
    let now = env.clock.now();
    let known = openid.known.get(now);
    if !openid.known.is_due(now) {
        let text = "the provider could not be reached a moment ago";
        let refused = Refused::Rule { name: "discovery-pause", text };
        return known.ok_or_else(|| Broken::from(refused));
    }
    match discover(openid, now).await {
        Ok(found) => Ok(openid.known.put(found)),
        Err(broken) => {
            tracing::warn!(
                event = "upstream.metadata-refused",
                upstream = openid.client.upstream,
                why = broken.name(),
                detail = %excerpt(&broken.to_string()),
            );
            known.ok_or(broken)
        }
    }
}

async fn discover(openid: &OpenId, now: DateTime<Utc>) -> Result<Found, Broken> {
    let issuer = &openid.client.issuer;
    let octets = match &openid.given {
        Some(octets) => octets.to_vec(),
        None => {
            let text = "the issuer is no address that metadata can be below";
            let at = discovery::address(issuer);
            let at = at.ok_or(Refused::Rule { name: "discovery-address", text })?;
            read(openid, FetchRequest::get(at)).await?
        }
    };
    let provider = discovery::read(&octets, issuer, &openid.origins).map_err(Refused::from)?;
    let keys = match &provider.keys_at {
        Some(at) => {
            let octets = read(openid, FetchRequest::get(at.clone())).await?;
            KeySet::read(&octets).map_err(Refused::from)?
        }
        None => provider.keys.clone().unwrap_or_default(),
    };
    Ok(Found { provider, keys, at: now })
}

pub(in crate::flow) async fn read_keys(
    openid: &OpenId,
    found: &Found,
    now: DateTime<Utc>,
) -> Result<KeySet, Broken> {
    let Some(at) = &found.provider.keys_at else { return Ok(found.keys.clone()) };
    let octets = read(openid, FetchRequest::get(at.clone())).await?;
    let keys = KeySet::read(&octets).map_err(Refused::from)?;
    openid.known.put(Found { provider: found.provider.clone(), keys: keys.clone(), at: now });
    Ok(keys)
}

async fn read(openid: &OpenId, request: FetchRequest) -> Result<Vec<u8>, Broken> {
    let answer = openid.fetch.fetch(request).await?;
    match answer.status {
        200 => Ok(answer.body),
        status => Err(Refused::Status(status).into()),
    }
}

fn no(anomaly: Anomaly) -> No {
    match anomaly {
        Anomaly::Cancelled => No::Cancelled,
        Anomaly::ConsentDenied => No::ConsentDenied,
        Anomaly::Level => No::Level { reached: None },
        Anomaly::Request => No::Request,
        Anomaly::Failed => No::Failed,
    }
}

fn fault_of(broken: &Broken) -> AnswerFault {
    AnswerFault {
        rule: format!("{broken} (OIDC Core §3.1.3)"),
        element: broken.name().to_owned(),
        expected: "an answer that keeps to it".into(),
        found: "one that does not".into(),
    }
}

/// An address with it must go through proxies (RFC 9110 §4.1 asks for 8000 octets).
const MAX_HINT: usize = 3 * 1024;
