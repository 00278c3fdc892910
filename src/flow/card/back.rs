//! The browser is back from the card's listener, with its cookie and its code: what came of the card goes into the login.

use chrono::{DateTime, Utc};

use crate::assurance::factor::{CertificateOf, CertificateUsed, Evidence, Factor};
use crate::factors::card::judge::Held;
use crate::factors::card::trouble::Trouble;
use crate::factors::card::workstation::Machine;
use crate::flow::advance::{ROUNDS, advance, page};
use crate::flow::card::bind::bind;
use crate::flow::card::check::helps;
use crate::flow::card::reply::CardSetBack;
use crate::flow::card::visit::{Came, Found, Purpose};
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::person;
use crate::flow::prove::{Kept, first_second_factor, keep};
use crate::flow::reply::{Reply, Show};
use crate::flow::visit::{Visitor, enter};
use crate::flow::ways;
use crate::identity::account::AccountState;
use crate::login::outcome::{Outcome, Refusal};
use crate::login::step::Step;
use crate::login::transaction::Transaction;
use crate::store::accounts;
use crate::store::cards::{self, Token};
use crate::store::port::{Committed, Durability};
use crate::store::record::{Batch, Loaded};
use crate::telemetry::metrics;

/// Takes what was shown at the card's listener for the login `handle`, by the code that came back with the browser.
pub async fn back(env: &Env, handle: &str, code: &str, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let walked = async {
        let mut loaded = enter(env, handle, visitor, now).await?;
        for _ in 0..ROUNDS {
            let came = cards::load::<Came>(env.records(), Token::Code(code), now).await?;
            let is_its = |came: &Loaded<Came>| matches!(&came.value.purpose, Purpose::Login(login) if *login == loaded.value.id);
            let Some(came) = came.filter(is_its) else {
                return advance(env, loaded, visitor, now).await;
            };
            if let Some(reply) = take(env, &loaded, &came, visitor, now).await? {
                return Ok(reply);
            }
            loaded = enter(env, handle, visitor, now).await?;
        }
        Err(Failure::Contention)
    };
    walked.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// `None` when another request was ahead.
async fn take(
    env: &Env,
    loaded: &Loaded<Transaction>,
    came: &Loaded<Came>,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Reply>, Failure> {
    let login = &loaded.value;
    let before = person::of(env, login, now).await?;
    let due = ways::due(env, login, before.as_ref(), now);
    let is_due = ways::ways(env, &due, before.as_ref()).contains(&Factor::SmartCard);
    let mut batch = Batch::new();
    batch.take(came);
    let held = match &came.value.found {
        Found::Held(held) if is_due => {
            match check(env, login, held, &came.value, &mut batch, visitor, now).await? {
                Ok(transaction) => {
                    let kept = keep(env, batch, loaded, transaction, true, visitor, now).await?;
                    if kept.is_some() {
                        metrics::factor(held.kind.factor().name(), true);
                    }
                    return match kept {
                        Some(Kept::Risen(reply)) => Ok(Some(reply)),
                        Some(Kept::Same(kept)) => advance(env, *kept, visitor, now).await.map(Some),
                        None => Ok(None),
                    };
                }
                Err(trouble) => Err(trouble),
            }
        }
        Found::Held(_) => Ok(()),
        Found::Trouble(trouble) => Err(*trouble),
    };
    batch.expect(loaded);
    if batch.commit(&*env.store, Durability::Durable, now).await? != Committed::Done {
        return Ok(None);
    }
    match held {
        Ok(()) => {
            let loaded = enter(env, &login.id, visitor, now).await?;
            advance(env, loaded, visitor, now).await.map(Some)
        }
        Err(trouble) => Ok(Some(set_back(env, login, came, trouble, visitor))),
    }
}

/// The login with the card in it, or why it does not do; what must change with it goes into `batch` in both cases.
async fn check(
    env: &Env,
    login: &Transaction,
    held: &Held,
    came: &Came,
    batch: &mut Batch,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Result<Transaction, Trouble>, Failure> {
    let found = accounts::by_fiscal_number(env.records(), &held.code.tin(), now).await?;
    let account = match found.as_slice() {
        [only] => only,
        [] => return Ok(Err(Trouble::NotRegistered)),
        several => {
            let subjects: Vec<&str> =
                several.iter().map(|one| one.value.subject.as_str()).collect();
            tracing::error!(
                event = "account.ambiguous",
                ?subjects,
                "several accounts have the fiscal code of a card: nobody is let in by it"
            );
            return Ok(Err(Trouble::NotRegistered));
        }
    };
    let subject = &account.value.subject;
    if login.subject().is_some_and(|other| other != subject) {
        return Ok(Err(Trouble::OtherPerson));
    }
    let Some(known) = person::load(env, subject, now).await? else {
        return Ok(Err(Trouble::NotRegistered));
    };
    let mut bound = Batch::new();
    let binding = match bind(env, &mut bound, &known, held, visitor, now)? {
        Ok(binding) => binding,
        Err(trouble) => {
            batch.join(bound);
            return Ok(Err(trouble));
        }
    };
    let factor = held.kind.factor();
    let ceiling = binding.min(held.most);
    let card = CertificateUsed {
        of: CertificateOf::Person,
        serial: held.shown.serial.clone(),
        issuer: held.shown.issuer.clone(),
    };
    let certificates = came.workstation.iter().map(Machine::used).chain([card]).collect();
    let evidence = Evidence::vouched(factor, login.time(now), ceiling, held.issuer.clone());
    let evidence = evidence.by(certificates);
    let proved = login.clone().prove(subject, evidence)?;
    let falls_short = {
        let step = proved.next(Some(&known.person), &env.settings.levels, now);
        matches!(step, Step::Answer(Outcome::Refused(Refusal::LevelUnreachable)))
    };
    if falls_short && factor == Factor::CnsLike {
        return Ok(Err(Trouble::NotCns));
    }
    if known.person.state == AccountState::Active {
        batch.join(bound);
        first_second_factor(env, batch, &known, now)?;
    }
    let (serial, issuer) = (&held.shown.serial, &held.shown.issuer);
    let support_id = visitor.support_id;
    tracing::info!(
        event = "card.held",
        support_id,
        subject = subject.as_str(),
        serial,
        issuer,
        kind = ?held.kind
    );
    Ok(Ok(proved))
}

fn set_back(
    env: &Env,
    login: &Transaction,
    came: &Loaded<Came>,
    trouble: Trouble,
    visitor: &Visitor<'_>,
) -> Reply {
    let why = trouble.name();
    tracing::info!(event = "card.set-back", support_id = visitor.support_id, why);
    let helps = env.cards.as_ref().map(helps).unwrap_or_default();
    let shown = came.value.shown.clone();
    page(login, Show::CardSetBack(Box::new(CardSetBack { trouble, shown, helps })))
}
