//! A logout goes round: every request of the browser ends here, and the logout alone says what comes next.

use chrono::{DateTime, Utc};

use crate::flow::advance::ROUNDS;
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::logout::reply::{LogoutReply, Show, nothing, page};
use crate::flow::logout::upstream as back;
use crate::flow::reply::{Reply, Trouble};
use crate::flow::upstream;
use crate::flow::upstream::logout::{Asked, Sent};
use crate::flow::visit::{Visitor, browser_digest};
use crate::login::logout::{Logout, Next};
use crate::login::request::LocalName;
use crate::saml::logout::message::NameId;
use crate::saml::logout::write::{self, Asking, Dispatch, ReplyTo, Verdict};
use crate::store::logouts;
use crate::store::port::{Committed, Durability};
use crate::store::record::{Batch, Loaded};
use crate::world::random::Random;

/// What the person decides about somebody who did not send them back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Decision {
    /// Go on without it.
    GoOn,
    /// Ask it again.
    AskAgain,
}

/// Shows a logout where it stands.
pub async fn show(env: &Env, handle: &str, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let shown = async {
        let loaded = enter(env, handle, visitor, now).await?;
        let changed = loaded.value.clone().arrive(session(visitor)).tire(now);
        go(env, loaded, changed, visitor, now).await
    };
    shown.await.unwrap_or_else(|failure: Failure| match failure {
        // Long over.
        Failure::Told(Trouble::Expired) => nothing(),
        failure => failure.reply(visitor.support_id),
    })
}

/// Carries out what the person decided.
pub async fn decide(
    env: &Env,
    handle: &str,
    csrf: &str,
    decision: Decision,
    visitor: &Visitor<'_>,
) -> Reply {
    let now = env.clock.now();
    let decided = async {
        let loaded = enter(env, handle, visitor, now).await?;
        if !loaded.value.has_token(csrf) {
            return Err(Failure::Told(Trouble::NotOurForm));
        }
        let logout = loaded.value.clone();
        let moved = match decision {
            Decision::GoOn => logout.go_on(),
            Decision::AskAgain => logout.ask_again(),
        };
        // Whoever was waited for has answered meanwhile: the page shows it.
        if let Ok(moved) = moved
            && save(env, &loaded, &moved, None, now).await? == Committed::Done
        {
            tracing::info!(event = "logout.decided", support_id = visitor.support_id, ?decision);
        }
        let handle = loaded.value.id;
        Ok(Reply::Logout(LogoutReply::Continue { handle, browser: None }))
    };
    decided.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// The logout `handle`, if it is this browser's.
async fn enter(
    env: &Env,
    handle: &str,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Loaded<Logout>, Failure> {
    let loaded = logouts::load(env.records(), handle, now).await?;
    let Some(loaded) = loaded else { return Err(Failure::Told(Trouble::Expired)) };
    let digest = visitor.browser.map(browser_digest);
    if digest.is_some_and(|digest| loaded.value.is_of_browser(&digest)) {
        Ok(loaded)
    } else {
        Err(Failure::Told(Trouble::OtherBrowser))
    }
}

/// Goes on from `loaded` as it was `changed`: asks the next, or ends it.
async fn go(
    env: &Env,
    mut loaded: Loaded<Logout>,
    mut changed: Logout,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Reply, Failure> {
    for _ in 0..MOST_STEPS {
        let forget = session(visitor).is_some_and(|session| changed.ended(session));
        let (next, request, reply) = match changed.next() {
            Next::Ask(place) => match ask(env, &changed, place, now).await? {
                None => {
                    changed = changed.cannot_ask(place);
                    continue;
                }
                Some((_, Asked::Told)) => {
                    changed = told(changed, place, &env.random, now);
                    continue;
                }
                Some((service, Asked::Sent(Sent { request, message }))) => {
                    let asked = changed.clone().ask(place, request.clone(), now);
                    let show = Show::Ask { service, message };
                    let reply = page(&asked, show, forget);
                    (asked, Some(request), reply)
                }
            },
            Next::Await(place) => {
                let service = changed.leaving().get(place).map(|one| one.service.clone());
                let show = Show::Await { service: service.unwrap_or_default() };
                let reply = page(&changed, show, forget);
                (changed, None, reply)
            }
            Next::End => {
                let (kept, back) = end(env, &changed, visitor, now)?;
                let reply = over(&changed, back, forget);
                (changed.end(now, kept), None, reply)
            }
            Next::Ended => {
                let kept = changed.kept().map(serde_json::from_str::<Dispatch>).transpose();
                let message = kept.map_err(|error| Failure::Credential(Box::new(error)))?;
                let reply = over(&changed, message, forget);
                (changed, None, reply)
            }
        };
        if next == loaded.value
            || save(env, &loaded, &next, request.as_deref(), now).await? == Committed::Done
        {
            if let (Some(request), Next::Await(place)) = (request, next.next()) {
                tracing::info!(
                    event = "logout.asked",
                    support_id = visitor.support_id,
                    relying_party = next.leaving().get(place).map(|one| one.entity_id.as_str()),
                    request_id = request,
                );
            }
            return Ok(Reply::Logout(reply));
        }
        loaded = enter(env, &loaded.value.id, visitor, now).await?;
        changed = loaded.value.clone().arrive(session(visitor)).tire(now);
    }
    Err(Failure::Contention)
}

/// The request to the party at `place`; `None` if it takes none any more.
async fn ask(
    env: &Env,
    logout: &Logout,
    place: usize,
    now: DateTime<Utc>,
) -> Result<Option<(LocalName, Asked)>, Failure> {
    let Some(one) = logout.leaving().get(place) else { return Ok(None) };
    if let Some(session) = &one.upstream {
        let sent = upstream::logout::ask(env, session, now).await?;
        return Ok(sent.map(|sent| (one.service.clone(), sent)));
    }
    let partner = env.partners.snapshot().find(&one.entity_id, now);
    let Some(partner) = partner.filter(|partner| !partner.disabled) else { return Ok(None) };
    let Some(service) = partner.logout(None) else { return Ok(None) };
    let name_id = NameId {
        value: one.name.value.clone(),
        format: Some(one.name.format.clone()),
        name_qualifier: one.name.name_qualifier.clone(),
        sp_name_qualifier: one.name.sp_name_qualifier.clone(),
    };
    let id = env.random.xml_id();
    let asking = Asking {
        partner: &partner,
        service,
        id: &id,
        issue_instant: now,
        name_id: &name_id,
        session_indexes: &one.session_indexes,
    };
    let sent = write::request(&asking, &env.idp, &*env.keys.snapshot().signer)?;
    let sent = Asked::Sent(Sent { request: sent.id, message: sent.by });
    Ok(Some((one.service.clone(), sent)))
}

/// `logout` once the party at `place` was told, and knows.
fn told(logout: Logout, place: usize, random: &Random, now: DateTime<Utc>) -> Logout {
    let request = random.xml_id();
    let asked = logout.ask(place, request.clone(), now);
    let whom =
        asked.leaving().get(place).map(|one| (one.entity_id.clone(), one.upstream.is_some()));
    let Some((entity_id, upstream)) = whom else { return asked };
    asked.clone().answered(&entity_id, upstream, &request, true).unwrap_or(asked)
}

/// The answer to whoever wanted it, as it is kept and as it is sent.
fn end(
    env: &Env,
    logout: &Logout,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<(Option<String>, Option<Dispatch>), Failure> {
    let complete = logout.is_complete();
    let initiator = logout.initiator.as_ref();
    let unreadable = |error| Failure::Credential(Box::new(error));
    let reply_to = initiator.and_then(|initiator| initiator.reply_to.as_deref());
    let sent = match reply_to {
        None => None,
        Some(text) if initiator.is_some_and(|one| one.relying_party.is_some()) => {
            let as_whom = initiator.and_then(|one| one.relying_party.as_deref());
            back::answer(env, as_whom.unwrap_or_default(), text, complete, now)?
        }
        Some(text) => {
            let reply_to: ReplyTo = serde_json::from_str(text).map_err(unreadable)?;
            let verdict = if complete { Verdict::Done } else { Verdict::Partial };
            let keys = env.keys.snapshot();
            let signer = &*keys.signer;
            Some(write::response(&reply_to, verdict, &env.idp, signer, &env.random, now)?)
        }
    };
    tracing::info!(
        event = "logout.ended",
        support_id = visitor.support_id,
        relying_party = initiator.map(|initiator| initiator.entity_id.as_str()),
        response_id = sent.as_ref().map(|sent| sent.id.as_str()),
        complete,
    );
    let message = sent.map(|sent| sent.by);
    let kept = message.as_ref().map(serde_json::to_string).transpose().map_err(unreadable)?;
    Ok((kept, message))
}

/// The last page; where all is well and somebody waits for the answer, none.
fn over(logout: &Logout, message: Option<Dispatch>, forget: bool) -> LogoutReply {
    let complete = logout.is_complete();
    match message {
        Some(message) if complete => LogoutReply::Send { message, forget },
        message => {
            let service = logout.initiator.as_ref().map(|one| one.service.clone());
            let back = message.map(|message| (service.unwrap_or_default(), message));
            page(logout, Show::Over { complete, back }, forget)
        }
    }
}

async fn save(
    env: &Env,
    seen: &Loaded<Logout>,
    logout: &Logout,
    request: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Committed, Failure> {
    let mut batch = Batch::new();
    logouts::swap(env.records(), &mut batch, seen, logout)?;
    if let Some(request) = request {
        logouts::sent(env.records(), &mut batch, logout, request)?;
    }
    Ok(batch.commit(&*env.store, Durability::Durable, now).await?)
}

/// The name of the browser's session, whether or not it still is one.
fn session<'a>(visitor: &Visitor<'a>) -> Option<&'a str> {
    visitor.session.and_then(|cookie| cookie.split_once('.')).map(|(id, _)| id)
}

/// All participants of a session, and as often others may be ahead of us.
const MOST_STEPS: usize = crate::login::session::MOST_PARTICIPANTS + ROUNDS;
