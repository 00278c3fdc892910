//! A person's number that a link in their mail writes (BI-10): asked for at their own pages, sent to the address on record, looked
//! at as often as one likes, used once.

use chrono::{DateTime, Utc};

use crate::enrolment::number_link::{NumberLink, NumberLinks};
use crate::enrolment::recovery::{LINK_LIFE, Void, masked};
use crate::factors::sms::Number;
use crate::flow::account::Inside;
use crate::flow::advance::ROUNDS;
use crate::flow::env::{Env, NumberGuard};
use crate::flow::failure::Failure;
use crate::flow::notice;
use crate::flow::person::{self, Known};
use crate::flow::recover::ask::{address, letter};
use crate::flow::reply::{AccountPage, Reply};
use crate::flow::task::with_number;
use crate::flow::visit::Visitor;
use crate::identity::account::AccountState;
use crate::store::port::{Committed, Durability};
use crate::store::record::{Batch, Loaded};
use crate::store::{accounts, number_links, outbox};
use crate::texts::mail::Event;
use crate::texts::mail_link::What;

/// What a link leads to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum NumberLinkPage {
    /// It can be used.
    Good {
        /// Its secret, for the form.
        token: String,
        /// The number that it writes, masked.
        number: String,
    },
    /// It has written the number.
    Written,
    /// It leads to nothing.
    Void(Void),
}

/// What came of asking for one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::flow) enum Asked {
    /// It is on its way.
    Sent,
    /// There is no address that is good for it.
    NoAddress,
    /// Too many were sent of late.
    TooMany,
    /// Somebody was ahead.
    Conflict,
}

/// To whom a link would go, masked.
pub(in crate::flow) fn goes_to(env: &Env, known: &Known, now: DateTime<Utc>) -> Option<String> {
    env.mailing.as_ref().and_then(|_| address(env, known, now)).map(masked)
}

/// Sends a link that writes `number`; any that was sent before is worth nothing from here on.
pub(in crate::flow) async fn send(
    env: &Env,
    inside: &Inside,
    number: &str,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Asked, Failure> {
    let (records, known) = (env.records(), &inside.known);
    let Some(to) = env.mailing.as_ref().and_then(|_| address(env, known, now)) else {
        return Ok(Asked::NoAddress);
    };
    let subject = &known.account.value.subject;
    let seen = number_links::of_subject(records, subject, now).await?;
    if !seen.value.asked.may_send(now) {
        return Ok(Asked::TooMany);
    }
    let token = env.random.token();
    let (subject, number) = (subject.clone(), number.to_owned());
    let link = NumberLink { subject, number, made: now, used: None };
    let links = NumberLinks { asked: seen.value.asked.clone().sent(now), newest: Some(now) };
    let path = format!("/account/profile/link/{token}");
    let until = now + LINK_LIFE;
    let queued = letter(env, to, What::Number, &path, &link.subject, until, visitor, now)?;
    let mut batch = Batch::new();
    known.expect_unchanged(&mut batch);
    number_links::put(records, &mut batch, &token, &link, &seen, &links)?;
    outbox::put(records, &mut batch, &queued, now)?;
    if batch.commit(&*env.store, Durability::Durable, now).await? != Committed::Done {
        return Ok(Asked::Conflict);
    }
    let (subject, support_id) = (link.subject.as_str(), visitor.support_id);
    tracing::info!(event = "number.asked", subject, support_id);
    Ok(Asked::Sent)
}

/// Says what the link leads to. Programs that look into mails follow links: looking uses nothing up.
pub async fn look(env: &Env, token: &str, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let looked = async {
        Ok(page(match good(env, token, now).await? {
            Ok((link, _)) => {
                let number = Number::try_from(link.value.number.clone());
                let number = number.map_or_else(|_| "***".to_owned(), |number| number.masked());
                NumberLinkPage::Good { token: token.to_owned(), number }
            }
            Err(why) => NumberLinkPage::Void(why),
        }))
    };
    looked.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// Writes the number. Whoever has the link reads the person's mail; that the person asked for it they showed where it was made.
pub async fn confirm(env: &Env, token: &str, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let confirmed = async {
        for _ in 0..ROUNDS {
            let (link, known) = match good(env, token, now).await? {
                Ok(good) => good,
                Err(why) => {
                    tracing::info!(event = "number.void", ?why, support_id = visitor.support_id);
                    return Ok(page(NumberLinkPage::Void(why)));
                }
            };
            let mut batch = Batch::new();
            let changed = with_number(&known, &link.value.number);
            number_links::use_up(env.records(), &mut batch, &link, now)?;
            accounts::update(env.records(), &mut batch, &known.account, &changed)?;
            notice::tell(env, &mut batch, &changed, Event::NumberOnRecord, None, visitor, now)?;
            if batch.commit(&*env.store, Durability::Durable, now).await? == Committed::Done {
                let (subject, support_id) = (changed.subject.as_str(), visitor.support_id);
                let guard = NumberGuard::EmailLink.name();
                tracing::info!(event = "number.changed", guard, subject, support_id);
                return Ok(page(NumberLinkPage::Written));
            }
        }
        Err(Failure::Contention)
    };
    confirmed.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// The link of `token` and whose it is, if it writes a number of somebody who may log in and is still guarded so.
async fn good(
    env: &Env,
    token: &str,
    now: DateTime<Utc>,
) -> Result<Result<(Loaded<NumberLink>, Known), Void>, Failure> {
    let Some(link) = number_links::find(env.records(), token, now).await? else {
        return Ok(Err(Void::Unknown));
    };
    let subject = &link.value.subject;
    let known = person::load(env, subject, now).await?;
    let active = known.filter(|known| known.person.state == AccountState::Active);
    let is_guard = env.settings.number_guard == NumberGuard::EmailLink;
    let Some(known) = active.filter(|_| is_guard) else { return Ok(Err(Void::Unknown)) };
    let links = number_links::of_subject(env.records(), subject, now).await?;
    let checked = link.value.check(links.value.newest, known.person.password_set, now);
    Ok(checked.map(|()| (link, known)))
}

fn page(page: NumberLinkPage) -> Reply {
    Reply::Account(Box::new(AccountPage::NumberLink(page)))
}
