//! The person wants to leave, here: the session of their browser ends, and all service providers that
//! were told of it are told of that (spid-saml §5).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};

use crate::flow::advance::ROUNDS;
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::logout::reply::{LogoutPage, LogoutReply, Show, Told, is_reachable, nothing};
use crate::flow::reply::{Reply, Trouble};
use crate::flow::session;
use crate::flow::visit::{Visitor, browser_digest};
use crate::login::leaving::{Party, Progress};
use crate::login::logout::{Logout, Opening};
use crate::login::session::Session;
use crate::store::port::{Committed, Durability};
use crate::store::record::Batch;
use crate::store::{logouts, sessions};
use crate::telemetry::metrics;
use crate::world::digest::sha256;

/// Asks whether the person wants to leave, and shows what they leave.
pub async fn ask(env: &Env, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let shown = async {
        let Some(session) = session::current(env, visitor, now).await? else {
            return Ok(nothing());
        };
        let reachable = |party: Party<'_>| is_reachable(env, party, false, now);
        let logout = opened(env, &session.value, "", reachable, now);
        let services = logout
            .leaving()
            .iter()
            .map(|one| Told { service: one.service.clone(), progress: Progress::Waiting });
        Ok(Reply::Logout(LogoutReply::Page(Box::new(LogoutPage {
            handle: None,
            csrf: token(visitor),
            services: services.collect(),
            show: Show::Confirm,
            forget: false,
        }))))
    };
    shown.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// Ends the session of the person's browser, at once, and begins to tell everybody.
pub async fn leave(env: &Env, csrf: &str, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let left = async {
        if session::current(env, visitor, now).await?.is_some() && csrf != token(visitor) {
            return Err(Failure::Told(Trouble::NotOurForm));
        }
        begin(env, visitor, now).await
    };
    left.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// As [`leave`], for a form that was found to be ours.
pub(in crate::flow) async fn begin(
    env: &Env,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Reply, Failure> {
    for _ in 0..ROUNDS {
        let Some(session) = session::current(env, visitor, now).await? else {
            return Ok(nothing());
        };
        let records = env.records();
        let browser = env.random.token();
        let reachable = |party: Party<'_>| is_reachable(env, party, false, now);
        let logout = opened(env, &session.value, &browser, reachable, now);
        let mut batch = Batch::new();
        batch.expect(&session);
        sessions::end(records, &mut batch, &session)?;
        logouts::open(records, &mut batch, &logout)?;
        match batch.commit(&*env.store, Durability::Durable, now).await? {
            Committed::Conflict(_) => continue,
            Committed::Done => {}
        }
        metrics::sessions_ended(1);
        tracing::info!(
            event = "logout.begun",
            support_id = visitor.support_id,
            others = logout.leaving().len(),
        );
        let (handle, browser) = (logout.id, Some(browser));
        return Ok(Reply::Logout(LogoutReply::Continue { handle, browser }));
    }
    Err(Failure::Contention)
}

fn opened(
    env: &Env,
    session: &Session,
    browser: &str,
    reachable: impl Fn(Party<'_>) -> bool,
    now: DateTime<Utc>,
) -> Logout {
    let opening = Opening {
        id: env.random.token(),
        tenant: env.tenant.clone(),
        subject: session.subject.clone(),
        initiator: None,
        browser: browser_digest(browser),
        token: env.random.token(),
    };
    Logout::open(opening, std::slice::from_ref(session), reachable, now)
}

/// What the form brings back: nobody makes it who does not have the cookie.
fn token(visitor: &Visitor<'_>) -> String {
    let cookie = visitor.session.unwrap_or_default();
    URL_SAFE_NO_PAD.encode(sha256(&[b"logout form ", cookie.as_bytes()].concat()))
}
