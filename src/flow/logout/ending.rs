//! Sessions end because somebody else says so: once for each message, and whoever else was told of them hears of it.

use chrono::{DateTime, Utc};

use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::logout::reply::{LogoutReply, is_reachable};
use crate::flow::reply::Reply;
use crate::flow::visit::{Visitor, browser_digest};
use crate::login::leaving::Initiator;
use crate::login::logout::{Logout, Opening};
use crate::login::session::Session;
use crate::store::port::{Committed, Durability};
use crate::store::record::{Batch, Loaded};
use crate::store::{logouts, replay, sessions};
use crate::telemetry::metrics;
use crate::telemetry::redact::excerpt;

/// What came of a message that ends sessions.
pub(in crate::flow) enum Ended {
    /// The message was seen before: nothing is done.
    Seen,
    /// A session changed meanwhile: look again.
    Again,
    /// They are over, and others are to hear of it through this browser.
    GoesRound(Reply),
    /// They are over, or there was none, and nobody else is to hear of it.
    Alone,
}

/// A message that counts once.
pub(in crate::flow) struct Once<'a> {
    /// Who sent it.
    pub(in crate::flow) issuer: &'a str,
    /// Its ID.
    pub(in crate::flow) id: &'a str,
    /// Until when it would count.
    pub(in crate::flow) until: DateTime<Utc>,
}

/// Ends the sessions `named`, at once, by the message `once`; `initiator` is who wants it.
pub(in crate::flow) async fn end(
    env: &Env,
    named: &[Loaded<Session>],
    once: &Once<'_>,
    initiator: Initiator,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Ended, Failure> {
    let records = env.records();
    let mut batch = Batch::new();
    replay::add(records, &mut batch, once.issuer, once.id, once.until)?;
    for session in named {
        batch.expect(session);
        sessions::end(records, &mut batch, session)?;
    }
    let browser = env.random.token();
    // With nobody else to tell there is nothing to keep.
    let logout = opened(env, named, initiator, &browser, now);
    let logout = logout.filter(|logout| !logout.leaving().is_empty());
    if let Some(logout) = &logout {
        logouts::open(records, &mut batch, logout)?;
    }
    match batch.commit(&*env.store, Durability::Durable, now).await? {
        Committed::Conflict(0) => return Ok(Ended::Seen),
        Committed::Conflict(_) => return Ok(Ended::Again),
        Committed::Done => {}
    }
    metrics::sessions_ended(named.len());
    tracing::info!(
        event = "logout.requested",
        support_id = visitor.support_id,
        relying_party = once.issuer,
        request_id = %excerpt(once.id),
        sessions = named.len(),
        others = logout.as_ref().map_or(0, |logout| logout.leaving().len()),
    );
    Ok(match logout {
        Some(logout) => Ended::GoesRound(Reply::Logout(LogoutReply::Continue {
            handle: logout.id,
            browser: Some(browser),
        })),
        None => Ended::Alone,
    })
}

fn opened(
    env: &Env,
    named: &[Loaded<Session>],
    initiator: Initiator,
    browser: &str,
    now: DateTime<Utc>,
) -> Option<Logout> {
    let opening = Opening {
        id: env.random.token(),
        tenant: env.tenant.clone(),
        subject: named.first()?.value.subject.clone(),
        initiator: Some(initiator),
        browser: browser_digest(browser),
        token: env.random.token(),
    };
    let ended: Vec<Session> = named.iter().map(|session| session.value.clone()).collect();
    Some(Logout::open(opening, &ended, |party| is_reachable(env, party, true, now), now))
}
