//! A logout message comes in: a request ends the sessions that it names, a response moves the logout
//! that it answers.

use chrono::{DateTime, Utc};

use crate::flow::advance::ROUNDS;
use crate::flow::alarm::ring;
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::logout::ending::{self, Ended, Once};
use crate::flow::logout::reply::{LogoutPage, LogoutReply, Show};
use crate::flow::reply::{Reply, Trouble};
use crate::flow::sighting;
use crate::flow::visit::Visitor;
use crate::login::leaving::Initiator;
use crate::login::session::{Participant, Session};
use crate::saml::authn_request::{Receiving, Window};
use crate::saml::binding::Inbound;
use crate::saml::logout::receive::{Received, Rejected, Request, Response, receive};
use crate::saml::logout::write::{self, ReplyTo, Verdict};
use crate::saml::names;
use crate::saml::partner::ServiceProvider;
use crate::saml::status::Fault;
use crate::store::port::{Committed, Durability};
use crate::store::record::{Batch, Loaded};
use crate::store::{logouts, sessions};
use crate::telemetry::redact::excerpt;
use crate::telemetry::traces::step;

/// Takes a logout message as it was received.
pub async fn message(env: &Env, inbound: Inbound<'_>, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let partners = env.partners.snapshot();
    let requests = env.settings.requests;
    let receiving = Receiving {
        identity_provider: &env.idp,
        now,
        window: Window { back: requests.window_back, ahead: requests.window_ahead },
    };
    let received = step!("saml.logout.receive")
        .in_scope(|| receive(inbound, &receiving, |entity_id| partners.find(entity_id, now)));
    let taken = async {
        match received {
            Ok(Received::Request(request)) => requested(env, *request, visitor, now).await,
            Ok(Received::Response(response)) => responded(env, &response, visitor, now).await,
            Err(rejected) => refuse(env, rejected, visitor, now),
        }
    };
    taken.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// Ends the sessions that `request` names, at once, and begins to tell the others.
async fn requested(
    env: &Env,
    request: Request,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Reply, Failure> {
    let partner = &request.partner;
    if let Err(seconds) = env.by_partner.take(&partner.entity_id, now) {
        return Err(Failure::Told(Trouble::TooMany { seconds }));
    }
    for _ in 0..ROUNDS {
        let named = named(env, &request, now).await?;
        let once =
            Once { issuer: &partner.entity_id, id: &request.id, until: request.remember_until };
        let initiator = initiator(&request, &named)?;
        return match ending::end(env, &named, &once, initiator, visitor, now).await? {
            Ended::Again => continue,
            Ended::Seen => refuse(env, request.replayed(), visitor, now),
            Ended::GoesRound(reply) => {
                taken(env, &request, &named, now).await;
                Ok(reply)
            }
            // After a session's end, or without one, who else was told is not known (spid-saml §5).
            Ended::Alone => {
                taken(env, &request, &named, now).await;
                let verdict = if named.is_empty() { Verdict::Partial } else { Verdict::Done };
                answer(env, request.reply_to.as_ref(), verdict, visitor, now)
            }
        };
    }
    Err(Failure::Contention)
}

/// Whoever ends a session that we gave it has taken the answer that did.
async fn taken(env: &Env, request: &Request, named: &[Loaded<Session>], now: DateTime<Utc>) {
    let entity_id = &request.partner.entity_id;
    let told = named.iter().flat_map(|session| session.value.participants());
    let told = told.filter(|one| one.entity_id == *entity_id).map(|one| one.at);
    if let Some(at) = told.max() {
        sighting::accepted(env, entity_id, at, now).await;
    }
}

/// The sessions in which the sender was given the name and one of the indexes.
async fn named(
    env: &Env,
    request: &Request,
    now: DateTime<Utc>,
) -> Result<Vec<Loaded<Session>>, Failure> {
    let (entity_id, name) = (&request.partner.entity_id, &request.name_id);
    let mut found = sessions::by_name_id(env.records(), entity_id, &name.value, now).await?;
    let is_it = |one: &Participant| {
        let format = name.format.as_deref().filter(|format| *format != names::FORMAT_UNSPECIFIED);
        one.entity_id == *entity_id
            && one.name.value == name.value
            && format.is_none_or(|format| format == one.name.format)
            && (request.session_indexes.is_empty()
                || request.session_indexes.contains(&one.session_index))
    };
    found.retain(|session| session.value.participants().iter().any(is_it));
    Ok(found)
}

/// The sender, by the name that it had when it was told.
fn initiator(request: &Request, named: &[Loaded<Session>]) -> Result<Initiator, Failure> {
    let entity_id = &request.partner.entity_id;
    let mut told = named.iter().flat_map(|session| session.value.participants().iter().rev());
    let told = told.find(|one| one.entity_id == *entity_id);
    let reply_to = request.reply_to.as_ref().map(serde_json::to_string).transpose();
    Ok(Initiator {
        entity_id: entity_id.clone(),
        service: told.map(|one| one.service.clone()).unwrap_or_default(),
        reply_to: reply_to.map_err(|error| Failure::Credential(Box::new(error)))?,
        relying_party: None,
    })
}

/// Moves the logout that `response` answers, if its sender was asked and has not answered yet.
async fn responded(
    env: &Env,
    response: &Response,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Reply, Failure> {
    let (entity_id, request) = (&response.partner.entity_id, &response.in_response_to);
    let who = Answerer { entity_id, is_upstream: false };
    match answered(env, who, request, response.confirms, visitor, now).await? {
        Some(reply) => Ok(reply),
        None => refuse(env, response.unexpected(), visitor, now),
    }
}

/// Who answers a request of ours.
pub(in crate::flow) struct Answerer<'a> {
    pub(in crate::flow) entity_id: &'a str,
    pub(in crate::flow) is_upstream: bool,
}

/// Moves the logout that sent the request `request`; `None` if `who` was not asked so, or has answered before.
pub(in crate::flow) async fn answered(
    env: &Env,
    who: Answerer<'_>,
    request: &str,
    out: bool,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Reply>, Failure> {
    let Answerer { entity_id, is_upstream } = who;
    for _ in 0..ROUNDS {
        let Some(found) = logouts::by_request(env.records(), request, now).await? else {
            return Ok(None);
        };
        let Ok(logout) = found.value.clone().answered(entity_id, is_upstream, request, out) else {
            return Ok(None);
        };
        let mut batch = Batch::new();
        logouts::swap(env.records(), &mut batch, &found, &logout)?;
        match batch.commit(&*env.store, Durability::Durable, now).await? {
            Committed::Conflict(_) => continue,
            Committed::Done => {}
        }
        if out && !is_upstream {
            sighting::accepted(env, entity_id, now, now).await;
        }
        tracing::info!(
            event = "logout.answered",
            support_id = visitor.support_id,
            relying_party = entity_id,
            request_id = request,
            out,
        );
        return Ok(Some(Reply::Logout(LogoutReply::Continue { handle: logout.id, browser: None })));
    }
    Err(Failure::Contention)
}

/// Answers whoever asked, with nothing for the person to read; a page where there is no way to answer.
fn answer(
    env: &Env,
    reply_to: Option<&ReplyTo>,
    verdict: Verdict<'_>,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Reply, Failure> {
    let complete = verdict == Verdict::Done;
    let Some(reply_to) = reply_to else {
        return Ok(Reply::Logout(LogoutReply::Page(Box::new(LogoutPage {
            handle: None,
            csrf: String::new(),
            services: Vec::new(),
            show: Show::Over { complete, back: None },
            forget: false,
        }))));
    };
    let keys = env.keys.snapshot();
    let (signer, random) = (&*keys.signer, &env.random);
    let sent = write::response(reply_to, verdict, &env.idp, signer, random, now)?;
    tracing::info!(
        event = "logout.ended",
        support_id = visitor.support_id,
        relying_party = reply_to.entity_id,
        request_id = %excerpt(&reply_to.in_response_to),
        response_id = sent.id,
        complete,
    );
    Ok(Reply::Logout(LogoutReply::Send { message: sent.by, forget: false }))
}

/// Tells whoever may hear of it; one log event.
fn refuse(
    env: &Env,
    rejected: Rejected,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Reply, Failure> {
    match rejected {
        Rejected::Browser { fault, http_status, claimed, disagreement } => {
            log(&fault, claimed.as_deref(), visitor);
            if disagreement {
                ring(env, claimed.as_deref(), visitor);
            }
            let trouble = Trouble::Fault { fault: *fault, status: http_status };
            Ok(Reply::Trouble(Box::new(trouble)))
        }
        Rejected::Registered { fault, reply_to, partner } => {
            log(&fault, Some(&partner.entity_id), visitor);
            limited(env, &partner, now)?;
            answer(env, Some(&reply_to), Verdict::Refused(&fault), visitor, now)
        }
    }
}

fn limited(env: &Env, partner: &ServiceProvider, now: DateTime<Utc>) -> Result<(), Failure> {
    env.by_partner
        .take(&partner.entity_id, now)
        .map_err(|seconds| Failure::Told(Trouble::TooMany { seconds }))
}

fn log(fault: &Fault, issuer: Option<&str>, visitor: &Visitor<'_>) {
    tracing::warn!(
        event = "logout.refused",
        support_id = visitor.support_id,
        address = %visitor.address,
        issuer = issuer.map(|issuer| excerpt(issuer).to_string()),
        rule = fault.rule,
        element = fault.element,
        found = fault.found,
        "a logout message was refused"
    );
}
