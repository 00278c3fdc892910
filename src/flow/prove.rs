//! Factors that we check ourselves: what the person typed becomes evidence, or a failure that counts.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tracing::Instrument as _;

use crate::assurance::factor::{Evidence, Factor};
use crate::enrolment::credential::{Credential, Secret};
use crate::factors::password::{self, Verdict};
use crate::flow::advance::{ROUNDS, advance};
use crate::flow::device;
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::notice;
use crate::flow::person::{self, Known};
use crate::flow::reply::{Notice, Reply, Trouble};
use crate::flow::single_page::Beside;
use crate::flow::upstream::offers::access;
use crate::flow::visit::{Visitor, browser_digest, enter, enter_with_form};
use crate::flow::ways;
use crate::identity::account::Account;
use crate::identity::subject::Subject;
use crate::login::attempts::{self as rule, Attempts, MayTry};
use crate::login::transaction::Transaction;
use crate::store::port::{Committed, Durability, Space};
use crate::store::record::{Batch, Loaded};
use crate::store::{accounts, attempts, credentials, transactions};
use crate::telemetry::metrics;
use crate::telemetry::traces::step;
use crate::texts::mail::Event;
use crate::world::stopwatch::Stopwatch;

/// What the person typed on the first page.
#[derive(Clone, Copy)]
pub struct Password<'a> {
    /// The user name.
    pub username: &'a str,
    /// The password.
    pub password: &'a str,
    /// The one-time code, where it is asked for on the same page (AR-09); else empty.
    pub code: &'a str,
}

/// Checks user name and password. Whether the name exists is told neither by the answer nor by its time.
pub async fn password(
    env: &Env,
    handle: &str,
    csrf: &str,
    typed: Password<'_>,
    visitor: &Visitor<'_>,
) -> Reply {
    let now = env.clock.now();
    let checked = async {
        let loaded = match enter_with_form(env, handle, csrf, visitor, now).await {
            Err(Failure::Told(trouble @ Trouble::LeftBehind)) => {
                let unheard = unheard(env, handle, csrf, visitor, now).await?;
                unheard.ok_or(Failure::Told(trouble))?
            }
            entered => entered?,
        };
        check_password(env, loaded, typed, visitor, now).await
    };
    checked.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// The login of a browser that sends its password once more, since it heard no answer; `None` if it may not.
async fn unheard(
    env: &Env,
    handle: &str,
    csrf: &str,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Loaded<Transaction>>, Failure> {
    let loaded = transactions::load::<Transaction>(env.records(), handle, now).await?;
    let Some((mut loaded, secret)) = loaded.zip(visitor.browser) else { return Ok(None) };
    let before = loaded.value.unheard(&browser_digest(secret), csrf, now);
    let Some(before) = before else { return Ok(None) };
    loaded.value = before;
    tracing::info!(event = "password.unheard", support_id = visitor.support_id);
    Ok(Some(loaded))
}

async fn check_password(
    env: &Env,
    mut loaded: Loaded<Transaction>,
    typed: Password<'_>,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Reply, Failure> {
    let own = loaded.value.request.ways.own;
    if !own || loaded.value.subject().is_some() || loaded.value.answer().is_some() {
        return advance(env, loaded, visitor, now).await;
    }
    let username = clip(typed.username.trim());
    if username.is_empty() || typed.password.is_empty() {
        return Ok(again(env, &loaded.value, username, Some(Notice::Missing), now));
    }
    let mut verdict: Option<(Option<String>, Checked)> = None;
    for _ in 0..ROUNDS {
        let known = person::by_login(env, username, now).await?;
        let subject = match &known {
            Some(known) => known.account.value.subject.clone(),
            None => nobody(env, username)?,
        };
        let counted = attempts::load(env.records(), &subject, Factor::Password, now).await?;
        let familiar = device::is_known(env, visitor.device, &subject, now);
        let wait = rule::may_try(&counted.value, Factor::Password, familiar, now);
        if let Some(notice) = waiting(wait, now) {
            return Ok(again(env, &loaded.value, username, Some(notice), now));
        }
        let credential = known.as_ref().and_then(Known::password);
        let kept = credential.and_then(|one| one.value.secret.password_hash());
        let checked = match &verdict {
            Some((of, checked)) if of.as_deref() == kept => checked,
            _ => {
                let checked = hash(env, kept, typed.password).await?;
                &verdict.insert((kept.map(str::to_owned), checked)).1
            }
        };
        let attempt = Attempt {
            subject: &subject,
            account: known.as_ref().map(|known| &known.account.value),
            factor: Factor::Password,
            counted: &counted,
            familiar,
        };
        let mut batch = Batch::new();
        let beside = known.as_ref().map(|known| {
            let code = typed.code.trim();
            Beside { env, known, code, familiar, visitor, now }
        });
        let beside = beside.filter(Beside::is_due);
        let (mut second, mut passed) = (None, true);
        if let (Checked::Held { .. }, Some(beside), MayTry::Allowed) = (checked, &beside, wait) {
            second = beside.check(&loaded.value, &mut batch).await?;
            passed = second.is_some();
        }
        let transaction = match (checked, &known, credential, wait) {
            (Checked::Held { rehashed }, Some(known), Some(credential), MayTry::Allowed)
                if passed =>
            {
                match used(&credential.value, rehashed.as_deref(), now) {
                    Some(used) => {
                        credentials::update(env.records(), &mut batch, credential, &used)?
                    }
                    None => batch.expect(credential),
                }
                attempt.held(env, &mut batch, now)?;
                if let Some(wrong) = rule::is_unusual(&counted.value, familiar) {
                    let (event, account) = (Event::UnusualLogin { wrong }, &known.account.value);
                    let service = loaded.value.request.relying_party.service();
                    notice::tell(env, &mut batch, account, event, service, visitor, now)?;
                }
                let evidence = Evidence::held(
                    Factor::Password,
                    loaded.value.time(now),
                    credential.value.binding,
                );
                let subject = &known.account.value.subject;
                let proved = loaded.value.clone().prove(subject, evidence)?;
                match second {
                    Some(second) => proved.prove(subject, second)?,
                    None => proved,
                }
            }
            _ => {
                attempt.failed(env, &mut batch, "password", visitor, now)?;
                loaded.value.clone().fail()?
            }
        };
        let risen = transaction.subject().is_some();
        if let Some(reply) = keep(env, batch, &loaded, transaction, risen, visitor, now).await? {
            return match reply {
                Kept::Risen(reply) => Ok(reply),
                Kept::Same(kept) if kept.value.attempts_left() > 0 => {
                    let left = kept.value.attempts_left();
                    let notice = Some(Notice::WrongCredentials { left });
                    Ok(again(env, &kept.value, username, notice, now))
                }
                Kept::Same(kept) => advance(env, *kept, visitor, now).await,
            };
        }
        loaded = enter(env, &loaded.value.id, visitor, now).await?;
    }
    Err(Failure::Contention)
}

/// The password as it is kept once it held; `None` if as it was. Many logins at once write it once, so that they need
/// not wait for each other.
fn used(password: &Credential, rehashed: Option<&str>, now: DateTime<Utc>) -> Option<Credential> {
    let is_recent = password.last_used.is_some_and(|last| last <= now && now - last < AS_RECENT);
    if is_recent && rehashed.is_none() {
        return None;
    }
    let expired = matches!(password.secret, Secret::Password { expired: true, .. });
    let secret = rehashed.map(|hash| Secret::Password { hash: hash.to_owned(), expired });
    let secret = secret.unwrap_or_else(|| password.secret.clone());
    Some(Credential { secret, last_used: Some(now), ..password.clone() })
}

/// The first second factor that counts ends trust on first use.
pub(in crate::flow) fn first_second_factor(
    env: &Env,
    batch: &mut Batch,
    known: &Known,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    if known.account.value.first_second_factor.is_none() {
        let mut account = known.account.value.clone();
        account.first_second_factor = Some(now);
        accounts::update(env.records(), batch, &known.account, &account)?;
    }
    Ok(())
}

/// What a step of a login came to, once it is on the disk.
pub(in crate::flow) enum Kept {
    /// Something held: the browser goes on, under a new secret.
    Risen(Reply),
    /// Nothing did.
    Same(Box<Loaded<Transaction>>),
}

/// Writes `batch` and the login's new state, together; `None` when somebody was ahead.
///
/// When something held the browser gets a new secret, so that whoever knew the old one is left behind.
pub(in crate::flow) async fn keep(
    env: &Env,
    mut batch: Batch,
    loaded: &Loaded<Transaction>,
    transaction: Transaction,
    risen: bool,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Kept>, Failure> {
    let secret = risen.then(|| env.random.token());
    let transaction = match &secret {
        Some(secret) => {
            let (browser, token) = (browser_digest(secret), env.random.token());
            transaction.rebind_from(&loaded.value, browser, token, now)
        }
        None => transaction,
    };
    let until = transaction.keep_until();
    transactions::swap(env.records(), &mut batch, loaded, &transaction, until)?;
    match batch.commit(&*env.store, Durability::Durable, now).await? {
        Committed::Conflict(_) => Ok(None),
        Committed::Done if risen => {
            Ok(Some(Kept::Risen(Reply::Continue { handle: transaction.id, browser: secret })))
        }
        Committed::Done => {
            let kept = enter(env, &transaction.id, visitor, now).await?;
            Ok(Some(Kept::Same(Box::new(kept))))
        }
    }
}

/// One attempt on a factor of somebody.
pub(in crate::flow) struct Attempt<'a> {
    pub(in crate::flow) subject: &'a Subject,
    /// Theirs, if there is such a person.
    pub(in crate::flow) account: Option<&'a Account>,
    /// As what it is counted.
    pub(in crate::flow) factor: Factor,
    pub(in crate::flow) counted: &'a Loaded<Attempts>,
    pub(in crate::flow) familiar: bool,
}

impl Attempt<'_> {
    pub(in crate::flow) fn failed(
        &self,
        env: &Env,
        batch: &mut Batch,
        what: &'static str,
        visitor: &Visitor<'_>,
        now: DateTime<Utc>,
    ) -> Result<(), Failure> {
        metrics::factor(what, false);
        let failed = rule::failed(self.counted.value.clone(), self.familiar, now);
        attempts::update(env.records(), batch, self.counted, &failed, self.factor, now)?;
        let is_blocked =
            |attempts| rule::may_try(attempts, self.factor, self.familiar, now) == MayTry::Blocked;
        if let Some(account) = self.account
            && is_blocked(&failed)
            && !is_blocked(&self.counted.value)
        {
            let event = match self.factor {
                Factor::Password => Event::PasswordBlocked,
                _ => Event::CodesBlocked,
            };
            notice::tell(env, batch, account, event, None, visitor, now)?;
        }
        tracing::info!(
            event = "factor.failed",
            support_id = visitor.support_id,
            factor = what,
            known_browser = self.familiar,
            subject = self.subject.as_str()
        );
        Ok(())
    }

    pub(in crate::flow) fn held(
        &self,
        env: &Env,
        batch: &mut Batch,
        now: DateTime<Utc>,
    ) -> Result<(), Failure> {
        metrics::factor(self.factor.name(), true);
        let held = rule::held(self.counted.value.clone(), self.factor, self.familiar);
        attempts::update(env.records(), batch, self.counted, &held, self.factor, now)?;
        Ok(())
    }
}

enum Checked {
    Held { rehashed: Option<String> },
    Wrong,
}

/// Checks `typed` against a hash, or against one that nobody has: both take the same time.
async fn hash(env: &Env, kept: Option<&str>, typed: &str) -> Result<Checked, Failure> {
    let kept = kept.map(str::to_owned);
    let (hashing, random) = (env.settings.hashing.clone(), Arc::clone(&env.random));
    let typed = zeroize::Zeroizing::new(typed.to_owned());
    let is_foreign = kept.as_deref().is_some_and(password::is_foreign);
    let check = move || {
        let watch = Stopwatch::start();
        let verdict = match &kept {
            Some(kept) => hashing.check(kept, &typed),
            None => hashing.check_nobody(&typed),
        };
        let checked = match verdict {
            Verdict::Wrong => Checked::Wrong,
            Verdict::Held { rehash: false } => Checked::Held { rehashed: None },
            Verdict::Held { rehash: true } => {
                Checked::Held { rehashed: hashing.hash(&typed, &random).ok() }
            }
        };
        (checked, watch.read())
    };
    let run = env.hashing.run(check).instrument(step!("factor.password.check"));
    let (checked, took) = run.await?;
    // What held is told by its answer; what it took teaches how long others are to wait.
    let still = env.hashing.still(is_foreign, took);
    if matches!(checked, Checked::Wrong) {
        tokio::time::sleep(still).await;
    }
    Ok(checked)
}

/// Attempts on a name that nobody has are counted like all others.
fn nobody(env: &Env, username: &str) -> Result<Subject, Failure> {
    let name = accounts::normalise(username);
    Ok(Subject::new(env.records().blind(Space::Attempts, "nobody", &name)?))
}

/// A blocked password looks like a wrong one; the right one is refused with it.
fn waiting(wait: MayTry, now: DateTime<Utc>) -> Option<Notice> {
    match wait {
        MayTry::Allowed | MayTry::Blocked => None,
        MayTry::WaitUntil(until) => Some(Notice::Wait { seconds: seconds_until(until, now) }),
    }
}

pub(in crate::flow) fn seconds_until(until: DateTime<Utc>, now: DateTime<Utc>) -> u32 {
    u32::try_from((until - now).num_milliseconds().div_euclid(1000) + 1).unwrap_or(1).max(1)
}

fn again(
    env: &Env,
    login: &Transaction,
    username: &str,
    notice: Option<Notice>,
    now: DateTime<Utc>,
) -> Reply {
    ways::first(env, login, access(env, login, username, notice, now), now)
}

/// A name longer than any account's is nobody's.
fn clip(username: &str) -> &str {
    let end = username.char_indices().nth(MAX_NAME).map_or(username.len(), |(at, _)| at);
    &username[..end]
}

const MAX_NAME: usize = 256;
/// A use this long ago counts as the last one still.
const AS_RECENT: TimeDelta = TimeDelta::minutes(1);
