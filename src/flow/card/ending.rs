//! People are told before their card's certificate ends: 90, 30 and 7 days before, each once (IC-03).

use chrono::{DateTime, Utc};

use crate::enrolment::credential::{Credential, Secret};
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::notice;
use crate::identity::account::AccountState;
use crate::identity::subject::Subject;
use crate::store::port::{Committed, Durability};
use crate::store::record::Batch;
use crate::store::{accounts, cards, credentials};
use crate::texts::mail::Event;

/// Tells whoever is to be told; to how many that was.
///
/// # Errors
/// When the store fails, or a mail cannot be written.
pub async fn tell(env: &Env) -> Result<usize, Failure> {
    let (mut after, mut told) = (None, 0);
    loop {
        let now = env.clock.now();
        let some = cards::holders(env.records(), after.as_ref(), AT_ONCE, now).await?;
        let Some(last) = some.last().cloned() else { return Ok(told) };
        for subject in &some {
            told += usize::from(tell_one(env, subject, now).await?);
        }
        after = Some(last);
        tokio::task::yield_now().await;
    }
}

/// In one commit with the note that it was told: a crash tells nobody twice.
async fn tell_one(env: &Env, subject: &Subject, now: DateTime<Utc>) -> Result<bool, Failure> {
    let records = env.records();
    let Some(account) = accounts::get(records, subject, now).await? else { return Ok(false) };
    if account.value.state != AccountState::Active {
        return Ok(false);
    }
    let mut batch = Batch::new();
    let mut any = false;
    for one in credentials::list(records, subject, now).await? {
        let card = one.value.secret.card().filter(|_| one.value.is_active());
        let Some((card, days)) = card.and_then(|card| Some((card, card.to_tell(now)?))) else {
            continue;
        };
        let mut card = card.clone();
        card.told = Some(days);
        let noted = Credential { secret: Secret::Card(Box::new(card)), ..one.value.clone() };
        credentials::update(records, &mut batch, &one, &noted)?;
        let event = Event::CardEnds { days: days.into() };
        notice::remind(env, &mut batch, &account.value, event, now)?;
        tracing::info!(event = "card.ends", subject = subject.as_str(), days);
        any = true;
    }
    // Whoever was ahead has changed the card: it is looked at again the next time.
    Ok(any && batch.commit(&*env.store, Durability::Durable, now).await? == Committed::Done)
}

const AT_ONCE: usize = 200;
