//! The ways in which a person may go on: those that lead to what is asked, the easiest first, and
//! from each a way to the others.

use chrono::{DateTime, Utc};

use crate::assurance::factor::Factor;
use crate::enrolment::credential::Secret;
use crate::flow::advance::{advance, page};
use crate::flow::approval;
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::passkey;
use crate::flow::person::{self, Known};
use crate::flow::reply::{Notice, Reply, Show};
use crate::flow::sms;
use crate::flow::trial::Trying;
use crate::flow::visit::{Visitor, enter};
use crate::login::step::Step;
use crate::login::transaction::Transaction;

/// The page for `by`, if it is one of the ways; else for the easiest.
#[expect(clippy::too_many_arguments, reason = "what a page needs, and whoever sends a code for it")]
pub(in crate::flow) async fn ask(
    env: &Env,
    login: &Transaction,
    factors: &[Factor],
    known: Option<&Known>,
    by: Option<Factor>,
    notice: Option<Notice>,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Reply, Failure> {
    let ways = ways(env, factors, known);
    let chosen = by.filter(|by| ways.contains(by)).or_else(|| ways.first().copied());
    let reply = match chosen.ok_or(Failure::NoSuchFactor)? {
        Factor::Passkey => passkey::ask(env, login, known, notice, now).await?,
        Factor::Sms => sms::ask(env, login, known, visitor, now).await?,
        by @ (Factor::Push | Factor::Qr | Factor::QrPasswordless) => {
            approval::ask(env, login, known, by, notice, visitor, now).await?
        }
        factor => page(login, asking(factor, known, notice)?),
    };
    Ok(with(reply, ways))
}

/// What asks for `factor`.
fn asking(factor: Factor, known: Option<&Known>, notice: Option<Notice>) -> Result<Show, Failure> {
    Ok(match factor {
        Factor::Totp => match known.and_then(Known::totp).map(|one| &one.value.secret) {
            Some(Secret::Totp { period, .. }) => Show::Totp { period: *period, notice },
            _ => return Err(Failure::NoSuchFactor),
        },
        Factor::Sms => Show::Sms { number: sms::number(known)?.masked(), again: false, notice },
        Factor::RecoveryCode => Show::Recovery { notice },
        Factor::SmartCard => Show::Card,
        _ => Show::Password { username: String::new(), notice },
    })
}

/// The page of `factor` again, in the login that is being tried.
pub(in crate::flow) fn again(
    trying: &Trying<'_>,
    factor: Factor,
    notice: Option<Notice>,
) -> Result<Reply, Failure> {
    let Trying { env, login, known, now, .. } = *trying;
    let ways = ways(env, &due(env, login, Some(known), now), Some(known));
    Ok(with(page(login, asking(factor, Some(known), notice)?), ways))
}

/// The first page of a login again, with the other ways to begin.
pub(in crate::flow) fn first(
    env: &Env,
    login: &Transaction,
    show: Show,
    now: DateTime<Utc>,
) -> Reply {
    with(page(login, show), ways(env, &due(env, login, None, now), None))
}

/// Lists the ways, if there are several.
pub async fn show(env: &Env, handle: &str, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let shown = async {
        let loaded = enter(env, handle, visitor, now).await?;
        let known = person::of(env, &loaded.value, now).await?;
        let due = due(env, &loaded.value, known.as_ref(), now);
        let ways = ways(env, &due, known.as_ref());
        if ways.len() < 2 {
            return advance(env, loaded, visitor, now).await;
        }
        Ok(with(page(&loaded.value, Show::Ways), ways))
    };
    shown.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// What the login waits for.
pub(in crate::flow) fn due(
    env: &Env,
    login: &Transaction,
    known: Option<&Known>,
    now: DateTime<Utc>,
) -> Vec<Factor> {
    match login.next(known.map(|known| &known.person), &env.settings.levels, now) {
        Step::Prove(factors) => factors,
        _ => Vec::new(),
    }
}

/// Those of `factors` that this house can ask for. Before it is known who comes, what most people
/// have is first.
pub(in crate::flow) fn ways(env: &Env, factors: &[Factor], known: Option<&Known>) -> Vec<Factor> {
    let has_keys = passkey::relying_party(env).is_some();
    let can_ask = |factor: &Factor| match factor {
        Factor::Password => true,
        Factor::Totp => known.is_some_and(|known| known.totp().is_some()),
        Factor::Sms => env.texting.is_some() && known.is_some_and(|known| known.sms().is_some()),
        Factor::RecoveryCode => known.is_some_and(|known| known.recovery().is_some()),
        by @ (Factor::Push | Factor::Qr) => {
            known.is_some_and(|known| known.has_phone_for(*by)) && has_keys
        }
        Factor::SmartCard => {
            env.cards.is_some() && known.is_none_or(|known| known.cards().next().is_some())
        }
        // Once somebody has shown who they are, it is the same page as the other.
        Factor::QrPasswordless => {
            known.is_none_or(|known| known.has_phone_for(Factor::QrPasswordless))
                && !factors.contains(&Factor::Qr)
                && has_keys
        }
        Factor::Passkey => known.is_none_or(|known| known.passkeys().next().is_some()) && has_keys,
        _ => false,
    };
    let offered = |factor: &Factor| env.settings.levels.offered.contains(factor);
    // Which of the two a card is, is seen once it is shown; what kind of key a phone has, once it answers.
    let same = |factor: &Factor| match factor {
        Factor::CnsLike => vec![Factor::SmartCard],
        Factor::PhonePin => [Factor::Push, Factor::Qr].into_iter().filter(offered).collect(),
        other => vec![*other],
    };
    let mut ways: Vec<Factor> = Vec::with_capacity(factors.len());
    for factor in factors.iter().flat_map(same).filter(can_ask) {
        if !ways.contains(&factor) {
            ways.push(factor);
        }
    }
    if known.is_none() {
        ways.sort_by_key(|factor| *factor != Factor::Password);
    }
    ways
}

pub(in crate::flow) fn with(reply: Reply, ways: Vec<Factor>) -> Reply {
    match reply {
        Reply::Page(mut page) => {
            page.ways = ways;
            Reply::Page(page)
        }
        reply => reply,
    }
}
