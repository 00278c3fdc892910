//! "Check your card": the same way as in a login, and what came of it step by step; it lets nobody in (TS-05).

use chrono::{DateTime, Utc};

use crate::factors::card::judge::{Held, Kind};
use crate::factors::card::trouble::Trouble;
use crate::flow::card::bind::{Which, which};
use crate::flow::card::house::Cards;
use crate::flow::card::reply::{CardReply, Checked, HelpOf};
use crate::flow::card::visit::{Came, Found, Purpose};
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::person;
use crate::flow::reply::{Reply, Trouble as Told};
use crate::flow::visit::{Visitor, browser_digest};
use crate::store::accounts;
use crate::store::cards::{self, Token};
use crate::store::port::{Committed, Durability};
use crate::store::record::Batch;

/// The page on which it begins.
#[must_use]
pub fn begin(env: &Env, late: bool) -> Reply {
    match &env.cards {
        Some(cards) => {
            let goes_to = cards.base_url.to_string();
            Reply::Card(CardReply::Begin { late, helps: helps(cards), goes_to })
        }
        None => Reply::Trouble(Box::new(Told::NoSuchPage)),
    }
}

/// What came of it, once: by the code that came back, in the browser that began.
pub async fn result(env: &Env, code: &str, browser: Option<&str>, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let told = async {
        let Some(house) = &env.cards else { return Err(Failure::Told(Told::NoSuchPage)) };
        let came = cards::load::<Came>(env.records(), Token::Code(code), now).await?;
        let digest = browser.map(browser_digest);
        let is_theirs = |came: &Came| match (&came.purpose, &digest) {
            (Purpose::Check(of), Some(digest)) => of == digest,
            _ => false,
        };
        let Some(came) = came.filter(|came| is_theirs(&came.value)) else {
            return Ok(begin(env, true));
        };
        let mut batch = Batch::new();
        batch.take(&came);
        if batch.commit(&*env.store, Durability::Durable, now).await? != Committed::Done {
            return Ok(begin(env, true));
        }
        let found = match came.value.found {
            Found::Trouble(trouble) => Err(trouble),
            Found::Held(held) => of_somebody(env, &held, now).await?,
        };
        Ok(Reply::Card(CardReply::Checked(Box::new(Checked {
            shown: came.value.shown,
            found,
            helps: helps(house),
            goes_to: house.base_url.to_string(),
        }))))
    };
    told.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// Whether somebody here could come in by it; nothing is bound.
async fn of_somebody(
    env: &Env,
    held: &Held,
    now: DateTime<Utc>,
) -> Result<Result<Kind, Trouble>, Failure> {
    let found = accounts::by_fiscal_number(env.records(), &held.code.tin(), now).await?;
    let [account] = found.as_slice() else { return Ok(Err(Trouble::NotRegistered)) };
    let known = person::load(env, &account.value.subject, now).await?;
    let Some(known) = known else { return Ok(Err(Trouble::NotRegistered)) };
    Ok(match which(&known, held) {
        Which::Other | Which::Waiting => Err(Trouble::SecondCard),
        Which::TakenAway => Err(Trouble::TakenAway),
        Which::Bound(_) | Which::First | Which::Renewal(_) => Ok(held.kind),
    })
}

/// Where the issuers help.
pub(in crate::flow) fn helps(cards: &Cards) -> Vec<HelpOf> {
    let helped = cards.issuers.iter().zip(&cards.about);
    let helped = helped.filter(|(_, about)| about.help.it.is_some() || about.help.en.is_some());
    helped
        .map(|(issuer, about)| HelpOf { issuer: issuer.name.clone(), at: about.help.clone() })
        .collect()
}
