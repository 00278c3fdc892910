//! A logout message comes in: a request ends the sessions that it names, a response moves the logout
//! that it answers.

use chrono::{DateTime, Utc};

use crate::flow::advance::ROUNDS;
use crate::flow::alarm::ring;
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::logout::reply::{LogoutPage, LogoutReply, Show, is_reachable};
use crate::flow::reply::{Reply, Trouble};
use crate::flow::visit::{Visitor, browser_digest};
use crate::login::leaving::Initiator;
use crate::login::logout::{Logout, Opening};
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
use crate::store::{logouts, replay, sessions};
use crate::telemetry::metrics;
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
        let records = env.records();
        let mut batch = Batch::new();
        replay::add(records, &mut batch, &partner.entity_id, &request.id, request.remember_until)?;
        for session in &named {
            batch.expect(session);
            sessions::end(records, &mut batch, session)?;
        }
        let browser = env.random.token();
        let logout = opened(env, &request, &named, &browser, now)?;
        // With nobody else to tell there is nothing to keep.
        let goes_round = logout.as_ref().is_some_and(|logout| !logout.leaving().is_empty());
        if let Some(logout) = logout.as_ref().filter(|_| goes_round) {
            logouts::open(records, &mut batch, logout)?;
        }
        match batch.commit(&*env.store, Durability::Durable, now).await? {
            Committed::Conflict(0) => return refuse(env, request.replayed(), visitor, now),
            Committed::Conflict(_) => continue,
            Committed::Done => {}
        }
        metrics::sessions_ended(named.len());
        tracing::info!(
            event = "logout.requested",
            support_id = visitor.support_id,
            relying_party = partner.entity_id,
            request_id = %excerpt(&request.id),
            sessions = named.len(),
            others = logout.as_ref().map_or(0, |logout| logout.leaving().len()),
        );
        return match logout.filter(|_| goes_round) {
            Some(logout) => Ok(Reply::Logout(LogoutReply::Continue {
                handle: logout.id,
                browser: Some(browser),
            })),
            // After a session's end, or without one, who else was told is not known (spid-saml §5).
            None => {
                let verdict = if named.is_empty() { Verdict::Partial } else { Verdict::Done };
                answer(env, request.reply_to.as_ref(), verdict, visitor, now)
            }
        };
    }
    Err(Failure::Contention)
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

fn opened(
    env: &Env,
    request: &Request,
    named: &[Loaded<Session>],
    browser: &str,
    now: DateTime<Utc>,
) -> Result<Option<Logout>, Failure> {
    let Some(first) = named.first() else { return Ok(None) };
    let entity_id = &request.partner.entity_id;
    let told = first.value.participants().iter().rfind(|one| one.entity_id == *entity_id);
    let service = told.map(|one| one.service.clone()).unwrap_or_default();
    let reply_to = request.reply_to.as_ref().map(serde_json::to_string).transpose();
    let opening = Opening {
        id: env.random.token(),
        tenant: env.tenant.clone(),
        subject: first.value.subject.clone(),
        initiator: Some(Initiator {
            entity_id: entity_id.clone(),
            service,
            reply_to: reply_to.map_err(|error| Failure::Credential(Box::new(error)))?,
        }),
        browser: browser_digest(browser),
        token: env.random.token(),
    };
    let ended: Vec<Session> = named.iter().map(|session| session.value.clone()).collect();
    let reachable = |entity_id: &str| is_reachable(env, entity_id, now);
    Ok(Some(Logout::open(opening, &ended, reachable, now)))
}

/// Moves the logout that `response` answers, if its sender was asked and has not answered yet.
async fn responded(
    env: &Env,
    response: &Response,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Reply, Failure> {
    let (entity_id, request) = (&response.partner.entity_id, &response.in_response_to);
    for _ in 0..ROUNDS {
        let found = logouts::by_request(env.records(), request, now).await?;
        let moved = found.as_ref().and_then(|found| {
            let logout = found.value.clone();
            Some((found, logout.answered(entity_id, request, response.confirms).ok()?))
        });
        let Some((found, logout)) = moved else {
            return refuse(env, response.unexpected(), visitor, now);
        };
        let mut batch = Batch::new();
        logouts::swap(env.records(), &mut batch, found, &logout)?;
        match batch.commit(&*env.store, Durability::Durable, now).await? {
            Committed::Conflict(_) => continue,
            Committed::Done => {}
        }
        tracing::info!(
            event = "logout.answered",
            support_id = visitor.support_id,
            relying_party = entity_id,
            request_id = request,
            out = response.confirms,
        );
        return Ok(Reply::Logout(LogoutReply::Continue { handle: logout.id, browser: None }));
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
