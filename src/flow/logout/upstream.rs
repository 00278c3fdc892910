//! A logout message of an identity provider comes to `/sp/{entity}/slo`: a request ends the sessions that rest on its word, a
//! response moves the logout that it answers.

use chrono::{DateTime, Utc};

use crate::flow::advance::ROUNDS;
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::logout::ending::{self, Ended, Once};
use crate::flow::logout::receive::{Answerer, answered};
use crate::flow::logout::reply::{LogoutPage, LogoutReply, Show};
use crate::flow::reply::{Reply, Trouble};
use crate::flow::upstream::answer::alarm;
use crate::flow::visit::Visitor;
use crate::login::leaving::Initiator;
use crate::login::session::Session;
use crate::partners::upstream::{Speaks, Upstreams};
use crate::saml::authn_request::Window;
use crate::saml::binding::Inbound;
use crate::saml::logout::write::Outgoing;
use crate::saml::status::{Fault, FaultKind};
use crate::saml::upstream::logout::{self, Received, Receiving, ReplyTo, Request};
use crate::saml::upstream::profile::UpstreamProfile;
use crate::saml::upstream::provider::IdentityProvider;
use crate::store::record::Loaded;
use crate::store::sessions::{self, Named};
use crate::telemetry::redact::excerpt;

/// Takes a logout message as it was received at the entity of ours called `entity`.
pub async fn message(
    env: &Env,
    entity: &str,
    inbound: Inbound<'_>,
    visitor: &Visitor<'_>,
) -> Reply {
    let now = env.clock.now();
    let upstreams = env.upstreams.snapshot();
    let Some(ourselves) = upstreams.entity(entity) else {
        return Reply::Trouble(Box::new(Trouble::NoSuchPage));
    };
    let location = format!("{}sp/{entity}/slo", env.settings.base_url);
    let requests = env.settings.requests;
    let receiving = Receiving {
        ourselves: &ourselves.entity_id,
        location: &location,
        now,
        window: Window { back: requests.window_back, ahead: requests.window_ahead },
    };
    let find = |id: &str| asked_as(&upstreams, entity, id, now);
    let received = logout::receive(inbound, &receiving, |id| {
        find(id).map(|found| (found.profile, found.provider))
    });
    let taken = async {
        match received {
            Ok(Received::Request(request)) => {
                let upstream = find(&request.provider).map(|found| found.upstream);
                requested(env, entity, upstream.unwrap_or_default(), *request, visitor, now).await
            }
            Ok(Received::Response(response)) => {
                let who = Answerer { entity_id: &response.provider, is_upstream: true };
                let (request, out) = (&response.in_response_to, response.confirms);
                let moved = answered(env, who, request, out, visitor, now).await?;
                Ok(moved.unwrap_or_else(|| refuse(unexpected(request), visitor)))
            }
            Err(refused) => {
                if refused.is_disagreement() {
                    alarm(env, entity, visitor);
                }
                Ok(refuse(refused.fault(), visitor))
            }
        }
    };
    taken.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// An identity provider that is asked.
struct Found<'u> {
    upstream: &'u str,
    profile: UpstreamProfile,
    provider: &'u IdentityProvider,
}

/// The identity provider `id`, if it is asked as the entity of ours called `entity`.
fn asked_as<'u>(
    upstreams: &'u Upstreams,
    entity: &str,
    id: &str,
    now: DateTime<Utc>,
) -> Option<Found<'u>> {
    let mut all = upstreams.all().iter().filter(|upstream| upstream.entity.id == entity);
    all.find_map(|upstream| match &upstream.speaks {
        Speaks::Saml(saml) => {
            let provider = saml.find(id, now)?;
            Some(Found { upstream: &upstream.id, profile: saml.profile, provider })
        }
        Speaks::OpenId(_) => None,
    })
}

/// Ends the sessions that `request` names, at once, and begins to tell the others.
async fn requested(
    env: &Env,
    entity: &str,
    upstream: &str,
    request: Request,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Reply, Failure> {
    if let Err(seconds) = env.by_partner.take(&request.provider, now) {
        return Err(Failure::Told(Trouble::TooMany { seconds }));
    }
    let reply_to = request.reply_to.as_ref().map(serde_json::to_string).transpose();
    let reply_to = reply_to.map_err(|error| Failure::Upstream(Box::new(error)))?;
    for _ in 0..ROUNDS {
        let named = named(env, upstream, &request, now).await?;
        let mut behind = named.iter().flat_map(|session| session.value.upstreams());
        let known = behind.find(|one| one.issuer == request.provider);
        let initiator = Initiator {
            entity_id: request.provider.clone(),
            service: known.map(|one| one.provider.clone()).unwrap_or_default(),
            reply_to: reply_to.clone(),
            relying_party: Some(entity.to_owned()),
        };
        let (issuer, id) = (request.provider.as_str(), request.id.as_str());
        let once = Once { issuer, id, until: request.remember_until };
        return match ending::end(env, &named, &once, initiator, visitor, now).await? {
            Ended::Again => continue,
            Ended::Seen => Ok(refuse(replayed(id), visitor)),
            Ended::GoesRound(reply) => Ok(reply),
            Ended::Alone => {
                let complete = !named.is_empty();
                alone(env, entity, reply_to.as_deref(), complete, visitor, now)
            }
        };
    }
    Err(Failure::Contention)
}

/// The sessions that rest on what the sender said of the person that it names, in one of the sessions that it names.
async fn named(
    env: &Env,
    upstream: &str,
    request: &Request,
    now: DateTime<Utc>,
) -> Result<Vec<Loaded<Session>>, Failure> {
    let name = Named::Person(&request.name.value);
    let mut found = sessions::by_upstream(env.records(), &request.provider, name, now).await?;
    let indexes = &request.session_indexes;
    found.retain(|session| {
        session.value.upstreams().iter().any(|one| {
            let has = |index: &String| indexes.contains(index);
            one.upstream == upstream
                && one.issuer == request.provider
                && one.name == request.name.value
                && (indexes.is_empty() || one.index.as_ref().is_some_and(has))
        })
    });
    Ok(found)
}

/// The answer to the identity provider whose request left `reply_to`, by the entity of ours that it asked; `None` if that
/// is not there any more.
pub(super) fn answer(
    env: &Env,
    entity: &str,
    reply_to: &str,
    complete: bool,
    now: DateTime<Utc>,
) -> Result<Option<Outgoing>, Failure> {
    let upstreams = env.upstreams.snapshot();
    let Some(ourselves) = upstreams.entity(entity) else { return Ok(None) };
    let reply_to: ReplyTo =
        serde_json::from_str(reply_to).map_err(|error| Failure::Upstream(Box::new(error)))?;
    let keys = env.keys.snapshot();
    let (signer, random) = (&*keys.signer, &env.random);
    let entity_id = &ourselves.entity_id;
    Ok(Some(logout::response(&reply_to, complete, entity_id, signer, random, now)?))
}

/// Answers at once; a page where there is no way to answer.
fn alone(
    env: &Env,
    entity: &str,
    reply_to: Option<&str>,
    complete: bool,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Reply, Failure> {
    let sent = match reply_to {
        Some(reply_to) => answer(env, entity, reply_to, complete, now)?,
        None => None,
    };
    tracing::info!(
        event = "logout.ended",
        support_id = visitor.support_id,
        response_id = sent.as_ref().map(|sent| sent.id.as_str()),
        complete,
    );
    Ok(Reply::Logout(match sent {
        Some(sent) => LogoutReply::Send { message: sent.by, forget: false },
        None => LogoutReply::Page(Box::new(LogoutPage {
            handle: None,
            csrf: String::new(),
            services: Vec::new(),
            show: Show::Over { complete, back: None },
            forget: false,
        })),
    }))
}

/// Says what is wrong, in a page alone: the one who says that it asks is not told of a message that it may not have sent.
fn refuse(fault: Fault, visitor: &Visitor<'_>) -> Reply {
    tracing::warn!(
        event = "logout.refused",
        support_id = visitor.support_id,
        address = %visitor.address,
        rule = fault.rule,
        element = fault.element,
        found = %excerpt(&fault.found),
        "a logout message of an identity provider was refused"
    );
    Reply::Trouble(Box::new(Trouble::Fault { fault, status: 403 }))
}

fn replayed(id: &str) -> Fault {
    Fault {
        kind: FaultKind::Id,
        rule: "must not have been used before (SAML Core §1.3.4)",
        element: "LogoutRequest/@ID",
        expected: "an ID of its own".into(),
        found: excerpt(id).to_string(),
    }
}

fn unexpected(request: &str) -> Fault {
    Fault {
        kind: FaultKind::Conformity,
        rule: "must be the ID of a request that we sent to its issuer and that was not answered yet (SAML Core §3.2.2, \
               SAML Profiles §4.4.4.2)",
        element: "LogoutResponse/@InResponseTo",
        expected: "the ID of a request that waits for its answer".into(),
        found: excerpt(request).to_string(),
    }
}
