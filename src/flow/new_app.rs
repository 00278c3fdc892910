//! Another authenticator app beside those that a person has, at their own pages: theirs once a code of it came back.

use chrono::{DateTime, Utc};

use crate::assurance::binding::added;
use crate::assurance::factor::Factor;
use crate::assurance::level::Level;
use crate::enrolment::credential::{Credential, CredentialState, Secret};
use crate::factors::totp;
use crate::flow::account::{Inside, inside, inside_with_form, welcome};
use crate::flow::adding::NewApp;
use crate::flow::advance::ROUNDS;
use crate::flow::code::{code_step, looks_like_a_code};
use crate::flow::enrol;
use crate::flow::env::Env;
use crate::flow::factors::{self, LOCKED};
use crate::flow::failure::Failure;
use crate::flow::notice;
use crate::flow::reply::{AccountPage, Notice, Reply};
use crate::flow::visit::Visitor;
use crate::store::credentials;
use crate::store::port::{Committed, Durability};
use crate::store::record::{Batch, Loaded};
use crate::texts::mail::Event;

/// Begins: a new key, in the place of one that was shown before and never proved.
pub async fn begin(env: &Env, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let begun = async {
        for _ in 0..ROUNDS {
            let Some(inside) = inside(env, visitor, now).await? else { return Ok(welcome()) };
            if let Some(elsewhere) = elsewhere(env, &inside, now) {
                return Ok(elsewhere);
            }
            if let Some(reply) = start(env, inside, now).await? {
                return Ok(reply);
            }
        }
        Err(Failure::Contention)
    };
    begun.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// One attempt; `None` when somebody was ahead.
async fn start(env: &Env, inside: Inside, now: DateTime<Utc>) -> Result<Option<Reply>, Failure> {
    let (records, known) = (env.records(), &inside.known);
    let (seed, period) = (totp::seed(&env.random), env.settings.login.totp_period);
    let before = pending(&inside);
    let new = Credential {
        id: before.map_or_else(
            || format!("{PREFIX}{}", env.random.token()),
            |before| before.value.id.clone(),
        ),
        subject: known.account.value.subject.clone(),
        state: CredentialState::Pending,
        binding: Level::Loa1,
        enrolled: now,
        last_used: None,
        secret: Secret::Totp { seed: seed.clone(), period, last_step: None },
    };
    let mut batch = Batch::new();
    match before {
        Some(before) => credentials::update(records, &mut batch, before, &new)?,
        None => credentials::add(records, &mut batch, &new)?,
    }
    if batch.commit(&*env.store, Durability::Durable, now).await? != Committed::Done {
        return Ok(None);
    }
    page(env, &inside, &seed, period, None).map(Some)
}

/// Takes the first code of the new app: it counts from now on, worth what was shown for it.
pub async fn confirm(env: &Env, csrf: &str, code: &str, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let confirmed = async {
        for _ in 0..ROUNDS {
            let Some(inside) = inside_with_form(env, csrf, visitor, now).await? else {
                return Ok(welcome());
            };
            if let Some(reply) = attempt(env, &inside, code, visitor, now).await? {
                return Ok(reply);
            }
        }
        Err(Failure::Contention)
    };
    confirmed.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// One attempt; `None` when somebody was ahead. Whoever tries has the key before them, so nothing is counted.
async fn attempt(
    env: &Env,
    inside: &Inside,
    code: &str,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Reply>, Failure> {
    if let Some(elsewhere) = elsewhere(env, inside, now) {
        return Ok(Some(elsewhere));
    }
    let (known, records) = (&inside.known, env.records());
    let (Some(shown), Some(new)) = (factors::shown(env, inside, now), pending(inside)) else {
        return Ok(Some(Reply::ToAccount(GONE)));
    };
    let Secret::Totp { seed, period, .. } = &new.value.secret else {
        return Err(Failure::NoSuchFactor);
    };
    if !looks_like_a_code(code) {
        return page(env, inside, seed, *period, Some(Notice::NotACode)).map(Some);
    }
    let Some(step) = code_step(seed, *period, None, code, now)? else {
        return page(env, inside, seed, *period, Some(Notice::NotTheAppsCode)).map(Some);
    };
    let secret = Secret::Totp { seed: seed.clone(), period: *period, last_step: Some(step) };
    let binding = added(shown);
    let active = Credential { secret, ..new.value.clone() }
        .activate(binding, now)
        .map_err(|error| Failure::Credential(Box::new(error)))?;
    let mut batch = Batch::new();
    credentials::update(records, &mut batch, new, &active)?;
    known.expect_unchanged(&mut batch);
    let account = &known.account.value;
    notice::tell(env, &mut batch, account, Event::AppAdded, None, visitor, now)?;
    if batch.commit(&*env.store, Durability::Durable, now).await? != Committed::Done {
        return Ok(None);
    }
    let (subject, support_id) = (account.subject.as_str(), visitor.support_id);
    let (factor, binding) = (Factor::Totp.name(), binding.name());
    tracing::info!(event = "factor.activated", factor, binding, subject, support_id);
    Ok(Some(Reply::ToAccount("/account/factors?done=app")))
}

/// The one that was begun here: a login that enrols another does not show it.
fn pending(inside: &Inside) -> Option<&Loaded<Credential>> {
    inside
        .known
        .credentials
        .iter()
        .find(|one| one.value.state == CredentialState::Pending && one.value.id.starts_with(PREFIX))
}

/// Where whoever may not add an app is led: none can be had here, they have enough, or they have not shown enough.
fn elsewhere(env: &Env, inside: &Inside, now: DateTime<Utc>) -> Option<Reply> {
    if !may_have(env, inside) {
        return Some(Reply::ToAccount(GONE));
    }
    (!factors::is_open(env, inside, now)).then_some(Reply::ToAccount(LOCKED))
}

/// Whether the person may have one more.
pub(in crate::flow) fn may_have(env: &Env, inside: &Inside) -> bool {
    env.settings.levels.offered.contains(&Factor::Totp) && inside.known.totps().count() < MOST
}

fn page(
    env: &Env,
    inside: &Inside,
    seed: &str,
    period: u32,
    notice: Option<Notice>,
) -> Result<Reply, Failure> {
    let enrolling = enrol::shown(env, seed, period, &inside.known, notice)?;
    let new = NewApp { csrf: inside.csrf.clone(), enrolling };
    Ok(Reply::Account(Box::new(AccountPage::NewApp(Box::new(new)))))
}

const PREFIX: &str = "totp-added-";
const GONE: &str = "/account/factors?done=gone";
/// Each more is one more code that is right at any moment.
const MOST: usize = 3;
