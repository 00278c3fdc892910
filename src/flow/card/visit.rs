//! The way to the card's listener: a ticket, made for one login or one check, that counts once and for two minutes.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::assurance::factor::Factor;
use crate::enrolment::card::Shown;
use crate::factors::card::judge::Held;
use crate::factors::card::trouble::Trouble;
use crate::factors::card::workstation::Machine;
use crate::flow::advance::advance;
use crate::flow::card::house::{Cards, Workstations};
use crate::flow::card::reply::CardReply;
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::person;
use crate::flow::reply::Reply;
use crate::flow::visit::{Visitor, browser_digest, enter_with_form};
use crate::flow::ways;
use crate::store::cards::{self, Token};
use crate::store::port::{Committed, Durability};
use crate::store::record::Batch;

/// What a ticket is kept as.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::flow) struct Visit {
    /// For what the card is shown.
    pub(in crate::flow) purpose: Purpose,
    /// Whether a card, or its absence, has been shown with it.
    pub(in crate::flow) used: bool,
    /// From this time on it is worth nothing.
    pub(in crate::flow) expires: DateTime<Utc>,
    /// The workstation that has shown its certificate before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::flow) workstation: Option<Machine>,
}

/// For what a card is shown.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::flow) enum Purpose {
    /// For this login.
    Login(String),
    /// To see whether it works, in the browser whose secret has this digest.
    Check(String),
}

/// What came of a visit, by the code that goes back with the browser which showed the card.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::flow) struct Came {
    /// For what it was.
    pub(in crate::flow) purpose: Purpose,
    /// What the certificate shows of itself, if one was there.
    pub(in crate::flow) shown: Option<Shown>,
    /// The card, or why it is none.
    pub(in crate::flow) found: Found,
    /// The workstation at which it was shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::flow) workstation: Option<Machine>,
}

/// What was found.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::flow) enum Found {
    /// A card that holds.
    Held(Box<Held>),
    /// None.
    Trouble(Trouble),
}

/// Sends the browser of the login `handle` to show its card.
pub async fn go(env: &Env, handle: &str, csrf: &str, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let gone = async {
        let loaded = enter_with_form(env, handle, csrf, visitor, now).await?;
        let known = person::of(env, &loaded.value, now).await?;
        let due = ways::due(env, &loaded.value, known.as_ref(), now);
        if !ways::ways(env, &due, known.as_ref()).contains(&Factor::SmartCard) {
            return advance(env, loaded, visitor, now).await;
        }
        let to = ticket(env, Purpose::Login(loaded.value.id.clone()), now).await?;
        Ok(Reply::Card(CardReply::Go { to, browser: None }))
    };
    gone.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// Sends the browser to show its card, to see whether it works.
pub async fn try_out(env: &Env, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let gone = async {
        let secret = env.random.token();
        let to = ticket(env, Purpose::Check(browser_digest(&secret)), now).await?;
        Ok(Reply::Card(CardReply::Go { to, browser: Some(secret) }))
    };
    gone.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

async fn ticket(env: &Env, purpose: Purpose, now: DateTime<Utc>) -> Result<String, Failure> {
    let house = env.cards.as_ref().ok_or(Failure::NoSuchFactor)?;
    let ticket = env.random.token();
    let expires = now + LASTS;
    let visit = Visit { purpose, used: false, expires, workstation: None };
    let mut batch = Batch::new();
    // Kept beyond its end, so that whoever comes late is sent back to where they were.
    cards::open(env.records(), &mut batch, Token::Ticket(&ticket), &visit, expires + LATE)?;
    match batch.commit(&*env.store, Durability::Durable, now).await? {
        Committed::Done => Ok(match house.workstation_of(&visit.purpose) {
            Some(first) => format!("{}workstation/{ticket}", first.base_url),
            None => format!("{}card/{ticket}", house.base_url),
        }),
        Committed::Conflict(_) => Err(Failure::Contention),
    }
}

impl Cards {
    /// The workstations, where a card shown for `purpose` counts at those alone: in a login, not in the check of a card.
    pub(in crate::flow) fn workstation_of(&self, purpose: &Purpose) -> Option<&Workstations> {
        self.workstations.as_ref().filter(|_| matches!(purpose, Purpose::Login(_)))
    }
}

/// How long a ticket is good: reader, card and PIN included, since the PIN is typed in the handshake before it is read.
pub const LASTS: TimeDelta = TimeDelta::minutes(2);
/// How long it is kept after that.
pub(in crate::flow) const LATE: TimeDelta = TimeDelta::minutes(15);
