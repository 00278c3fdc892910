//! What begins a recovery, a link or a desk's code: looked at as often as one likes, used once (AR-12).

use chrono::{DateTime, Utc};

use crate::enrolment::activation::ActivationCode;
use crate::enrolment::recovery::{Link, Opening, Recovery, Void, masked};
use crate::flow::advance::ROUNDS;
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::person;
use crate::flow::recover::ask::{address, page};
use crate::flow::recover::reply::{RecoverPage, RecoverReply};
use crate::flow::reply::Reply;
use crate::flow::visit::{Visitor, browser_digest};
use crate::identity::account::AccountState;
use crate::store::port::{Committed, Durability};
use crate::store::record::{Batch, Loaded};
use crate::store::recoveries::{self, Token};

/// Says what the link leads to. Programs that look into mails follow links: looking uses nothing up.
pub async fn look(env: &Env, token: &str, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let looked = async {
        let link = match good(env, Token::Link(token), now).await? {
            Ok(link) => link.value,
            Err(why) => return Ok(page(RecoverPage::Void { why })),
        };
        let known = person::load(env, &link.subject, now).await?;
        let address = known.as_ref().and_then(|known| address(env, known, now)).map(masked);
        let token = token.to_owned();
        Ok(page(RecoverPage::Link { token, lost: link.lost, address }))
    };
    looked.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// Shows the page that asks for a desk's code.
#[must_use]
pub fn desk() -> Reply {
    page(RecoverPage::Desk { wrong: false })
}

/// Begins a recovery with a desk's code.
pub async fn with_code(env: &Env, typed: &str, visitor: &Visitor<'_>) -> Reply {
    match ActivationCode::read(typed) {
        Some(code) => begin(env, Token::Desk(&code), visitor).await,
        None => page(RecoverPage::Desk { wrong: true }),
    }
}

/// Begins a recovery with the link that ends in `token`.
pub async fn with_link(env: &Env, token: &str, visitor: &Visitor<'_>) -> Reply {
    begin(env, Token::Link(token), visitor).await
}

async fn begin(env: &Env, token: Token<'_>, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let begun = async {
        for _ in 0..ROUNDS {
            let link = match good(env, token, now).await? {
                Ok(link) => link,
                Err(why) => return Ok(void(why, token, visitor)),
            };
            if let Some(reply) = open(env, &link, visitor, now).await? {
                return Ok(reply);
            }
        }
        Err(Failure::Contention)
    };
    begun.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

fn void(why: Void, token: Token<'_>, visitor: &Visitor<'_>) -> Reply {
    tracing::info!(event = "recovery.void", ?why, support_id = visitor.support_id);
    match (why, token) {
        (Void::Unknown, Token::Desk(_)) => page(RecoverPage::Desk { wrong: true }),
        _ => page(RecoverPage::Void { why }),
    }
}

/// One attempt; `None` when somebody was ahead.
async fn open(
    env: &Env,
    link: &Loaded<Link>,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Reply>, Failure> {
    let (handle, browser) = (env.random.token(), env.random.token());
    let opening = Opening {
        id: handle.clone(),
        browser: browser_digest(&browser),
        token: env.random.token(),
    };
    let recovery = Recovery::open(opening, &link.value, env.settings.login.timeout, now);
    let mut batch = Batch::new();
    recoveries::use_up(env.records(), &mut batch, link, now)?;
    recoveries::open(env.records(), &mut batch, &recovery)?;
    if batch.commit(&*env.store, Durability::Durable, now).await? != Committed::Done {
        return Ok(None);
    }
    tracing::info!(
        event = "recovery.begun",
        lost = recovery.lost.name(),
        by = ?recovery.by,
        subject = recovery.subject.as_str(),
        support_id = visitor.support_id
    );
    Ok(Some(Reply::Recover(RecoverReply::Continue { handle, browser: Some(browser) })))
}

/// The link of `token`, if it begins a recovery of somebody who may log in.
async fn good(
    env: &Env,
    token: Token<'_>,
    now: DateTime<Utc>,
) -> Result<Result<Loaded<Link>, Void>, Failure> {
    let Some(link) = recoveries::find(env.records(), token, now).await? else {
        return Ok(Err(Void::Unknown));
    };
    let subject = &link.value.subject;
    let known = person::load(env, subject, now).await?;
    if known.is_none_or(|known| known.person.state != AccountState::Active) {
        return Ok(Err(Void::Unknown));
    }
    let asked = recoveries::asked(env.records(), subject, now).await?;
    Ok(link.value.check(asked.value.recovered, now).map(|()| link))
}
