//! The first login with a password that somebody else gave: the person chooses one of their own, before anything else (TS-09).

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::assurance::factor::{Evidence, Factor};
use crate::enrolment::credential::{Credential, Secret};
use crate::factors::password::{Verdict, acceptable};
use crate::flow::advance::{ROUNDS, advance, page};
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::notice;
use crate::flow::person::{self, Known};
use crate::flow::prove::{Kept, keep};
use crate::flow::reply::{PasswordNotice, Reply, Show};
use crate::flow::visit::{Visitor, enter, enter_with_form};
use crate::login::step::Step;
use crate::login::transaction::Transaction;
use crate::store::record::{Batch, Loaded};
use crate::store::{credentials, sessions};
use crate::texts::mail::Event;

/// What the page shows.
#[derive(Debug)]
pub struct FirstPassword {
    /// The person's user name.
    pub username: String,
    /// What went wrong before.
    pub notice: Option<PasswordNotice>,
}

/// Takes the password that the person chose, twice, in the login `handle`.
pub async fn choose(
    env: &Env,
    handle: &str,
    csrf: &str,
    new: &str,
    again: &str,
    visitor: &Visitor<'_>,
) -> Reply {
    let now = env.clock.now();
    let chosen = async {
        let loaded = enter_with_form(env, handle, csrf, visitor, now).await?;
        walk(env, loaded, new, again, visitor, now).await
    };
    chosen.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

async fn walk(
    env: &Env,
    mut loaded: Loaded<Transaction>,
    new: &str,
    again: &str,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Reply, Failure> {
    for _ in 0..ROUNDS {
        let known = person::of(env, &loaded.value, now).await?;
        let person = known.as_ref().map(|known| &known.person);
        let due = loaded.value.next(person, &env.settings.levels, now) == Step::NewPassword;
        let Some(known) = known.filter(|_| due) else {
            return advance(env, loaded, visitor, now).await;
        };
        let Some(password) = known.password() else { return Err(Failure::NoSuchFactor) };
        let hash = match hashed(env, &known, password, new, again).await? {
            Ok(hash) => hash,
            Err(notice) => {
                let username = known.account.value.username.clone();
                let first = FirstPassword { username, notice: Some(notice) };
                return Ok(page(&loaded.value, Show::NewPassword(first)));
            }
        };
        let at = loaded.value.time(now);
        let changed = Credential {
            secret: Secret::Password { hash, expired: false },
            enrolled: at,
            last_used: Some(now),
            ..password.value.clone()
        };
        let mut batch = Batch::new();
        credentials::update(env.records(), &mut batch, password, &changed)?;
        let account = &known.account.value;
        for session in sessions::of_subject(env.records(), &account.subject, now).await? {
            sessions::end(env.records(), &mut batch, &session)?;
        }
        let service = loaded.value.request.relying_party.service();
        notice::tell(env, &mut batch, account, Event::PasswordChanged, service, visitor, now)?;
        let held = Evidence::held(Factor::Password, at, changed.binding);
        let renewed = loaded.value.clone().renew(held)?;
        match keep(env, batch, &loaded, renewed, true, visitor, now).await? {
            Some(Kept::Risen(reply)) => {
                let (subject, support_id) = (account.subject.as_str(), visitor.support_id);
                tracing::info!(event = "password.changed", subject, first = true, support_id);
                return Ok(reply);
            }
            Some(Kept::Same(kept)) => return advance(env, *kept, visitor, now).await,
            None => loaded = enter(env, &loaded.value.id, visitor, now).await?,
        }
    }
    Err(Failure::Contention)
}

/// The hash of the new password, or what is wrong with it.
async fn hashed(
    env: &Env,
    known: &Known,
    password: &Loaded<Credential>,
    new: &str,
    again: &str,
) -> Result<Result<String, PasswordNotice>, Failure> {
    if new.is_empty() || again.is_empty() {
        return Ok(Err(PasswordNotice::Missing));
    }
    if new != again {
        return Ok(Err(PasswordNotice::Different));
    }
    if let Err(why) = acceptable(new, &known.account.value.username) {
        return Ok(Err(PasswordNotice::Unacceptable(why)));
    }
    let (hashing, random) = (env.settings.hashing.clone(), Arc::clone(&env.random));
    let given = password.value.secret.password_hash().unwrap_or_default().to_owned();
    let new = zeroize::Zeroizing::new(new.to_owned());
    let work = move || match hashing.check(&given, &new) {
        Verdict::Held { .. } => Ok(Err(PasswordNotice::Same)),
        Verdict::Wrong => hashing.hash(&new, &random).map(Ok),
    };
    env.hashing.run(work).await?.map_err(|error| Failure::Credential(Box::new(error)))
}
