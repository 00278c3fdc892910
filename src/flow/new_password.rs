//! A person changes their password: it ends every other session of theirs, and every login that has
//! come anywhere with the old one (IC-23).

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::assurance::factor::{Evidence, Factor};
use crate::enrolment::credential::{Credential, Secret};
use crate::factors::password::{Verdict, acceptable};
use crate::flow::account::{Inside, inside, inside_with_form, welcome};
use crate::flow::advance::ROUNDS;
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::notice;
use crate::flow::person::Known;
use crate::flow::prove::{Attempt, seconds_until};
use crate::flow::reply::{AccountPage, Entered, PasswordNotice, Reply};
use crate::flow::session;
use crate::flow::visit::Visitor;
use crate::login::attempts::{MayTry, may_try};
use crate::store::port::{Committed, Durability};
use crate::store::record::Batch;
use crate::store::{attempts, credentials, sessions};
use crate::telemetry::metrics;
use crate::texts::mail::Event;

/// What the person typed.
#[derive(Clone, Copy)]
pub struct Change<'a> {
    /// The password that they have.
    pub present: &'a str,
    /// The one that they want.
    pub new: &'a str,
    /// The same again.
    pub again: &'a str,
}

/// Shows the form.
pub async fn show(env: &Env, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let shown = async {
        Ok(match inside(env, visitor, now).await? {
            Some(inside) => asked(&inside, None),
            None => welcome(),
        })
    };
    shown.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// Changes the password, if the present one holds and the new one may be chosen.
pub async fn change(env: &Env, csrf: &str, change: Change<'_>, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let changed = async {
        for _ in 0..ROUNDS {
            let Some(inside) = inside_with_form(env, csrf, visitor, now).await? else {
                return Ok(welcome());
            };
            if let Some(notice) = refused(&inside.known, change) {
                return Ok(asked(&inside, Some(notice)));
            }
            if let Some(reply) = attempt(env, &inside, change, visitor, now).await? {
                return Ok(reply);
            }
        }
        Err(Failure::Contention)
    };
    changed.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// What is wrong with the form before anything is tried.
fn refused(known: &Known, change: Change<'_>) -> Option<PasswordNotice> {
    if change.present.is_empty() || change.new.is_empty() || change.again.is_empty() {
        return Some(PasswordNotice::Missing);
    }
    if change.new != change.again {
        return Some(PasswordNotice::Different);
    }
    if change.new == change.present {
        return Some(PasswordNotice::Same);
    }
    acceptable(change.new, &known.account.value.username).err().map(PasswordNotice::Unacceptable)
}

/// One attempt; `None` when somebody was ahead.
async fn attempt(
    env: &Env,
    inside: &Inside,
    change: Change<'_>,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Reply>, Failure> {
    let known = &inside.known;
    let subject = &known.account.value.subject;
    let Some(credential) = known.password() else {
        return Ok(Some(asked(inside, Some(PasswordNotice::Wrong))));
    };
    let counted = attempts::load(env.records(), subject, Factor::Password, now).await?;
    let may = may_try(&counted.value, Factor::Password, true, now);
    if let MayTry::WaitUntil(until) = may {
        let seconds = seconds_until(until, now);
        return Ok(Some(asked(inside, Some(PasswordNotice::Wait { seconds }))));
    }
    let hash = hashes(env, credential.value.secret.password_hash(), change).await?;
    // Whoever is in the session is known here, however they guess.
    let account = &known.account.value;
    let attempt = Attempt {
        subject,
        account: Some(account),
        factor: Factor::Password,
        counted: &counted,
        familiar: true,
    };
    let mut batch = Batch::new();
    let (Some(hash), MayTry::Allowed) = (hash, may) else {
        attempt.failed(env, &mut batch, "password", visitor, now)?;
        return Ok(match batch.commit(&*env.store, Durability::Durable, now).await? {
            Committed::Done => Some(asked(inside, Some(PasswordNotice::Wrong))),
            Committed::Conflict(_) => None,
        });
    };
    attempt.held(env, &mut batch, now)?;
    notice::tell(env, &mut batch, account, Event::PasswordChanged, None, visitor, now)?;
    let changed = Credential {
        secret: Secret::Password { hash, expired: false },
        enrolled: now,
        last_used: Some(now),
        ..credential.value.clone()
    };
    credentials::update(env.records(), &mut batch, credential, &changed)?;
    let own = &inside.session;
    let mut ended = 0_usize;
    for other in sessions::of_subject(env.records(), subject, now).await? {
        if other.value.id != own.value.id {
            sessions::end(env.records(), &mut batch, &other)?;
            ended += 1;
        }
    }
    let held = Evidence::held(Factor::Password, now, changed.binding);
    let (renewed, cookie) = session::rekeyed(env, own.value.clone().renew(held), now);
    sessions::update(env.records(), &mut batch, own, &renewed)?;
    match batch.commit(&*env.store, Durability::Durable, now).await? {
        Committed::Conflict(_) => return Ok(None),
        Committed::Done => {}
    }
    metrics::sessions_ended(ended);
    let (subject, support_id) = (subject.as_str(), visitor.support_id);
    tracing::info!(event = "password.changed", subject, sessions_ended = ended, support_id);
    let to = "/account/sessions?done=password";
    Ok(Some(Reply::Entered(Box::new(Entered { session: Some(cookie), device: None, to }))))
}

/// The hash of the new password, if the present one holds.
async fn hashes(
    env: &Env,
    kept: Option<&str>,
    change: Change<'_>,
) -> Result<Option<String>, Failure> {
    let Some(kept) = kept.map(str::to_owned) else { return Ok(None) };
    let (hashing, random) = (env.settings.hashing.clone(), Arc::clone(&env.random));
    let present = zeroize::Zeroizing::new(change.present.to_owned());
    let new = zeroize::Zeroizing::new(change.new.to_owned());
    let work = move || match hashing.check(&kept, &present) {
        Verdict::Held { .. } => hashing.hash(&new, &random).ok(),
        Verdict::Wrong => None,
    };
    Ok(env.hashing.run(work).await?)
}

fn asked(inside: &Inside, notice: Option<PasswordNotice>) -> Reply {
    let username = inside.known.account.value.username.clone();
    let csrf = inside.csrf.clone();
    Reply::Account(Box::new(AccountPage::Password { csrf, username, notice }))
}
