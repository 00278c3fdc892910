//! A recovery under way: what the person shows, and the new factor.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::assurance::factor::Factor;
use crate::assurance::level::Level;
use crate::enrolment::credential::{Credential, Secret};
use crate::enrolment::recovery::{Lost, Recovery, Seed, Step};
use crate::factors::password::{Verdict, acceptable};
use crate::factors::recovery_code::{self, RecoveryCode};
use crate::factors::sms::{self as codes, Challenge, MaySend, Sent};
use crate::factors::totp;
use crate::flow::advance::ROUNDS;
use crate::flow::code::{code_step, looks_like_a_code, of_apps};
use crate::flow::enrol;
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::person::{self, Known};
use crate::flow::prove::{Attempt, seconds_until};
use crate::flow::recover::ask::page;
use crate::flow::recover::beside::{beside, seconds};
use crate::flow::recover::finish;
use crate::flow::recover::passkey;
use crate::flow::recover::reply::{RecoverPage, RecoverReply};
use crate::flow::reply::{Notice, PasswordNotice, Reply, Trouble};
use crate::flow::sms;
use crate::flow::texting::{self, Wanted};
use crate::flow::visit::{Visitor, browser_digest};
use crate::login::attempts::{self as rule, MayTry};
use crate::store::port::{Committed, Durability};
use crate::store::record::{Batch, Loaded};
use crate::store::sms::{self as kept, Purse};
use crate::store::{attempts, credentials, recoveries};
use crate::telemetry::metrics;

/// A recovery and its person.
pub(in crate::flow) struct Way {
    pub(in crate::flow) recovery: Loaded<Recovery>,
    pub(in crate::flow) known: Known,
}

impl Way {
    pub(in crate::flow) fn step(&self, env: &Env, now: DateTime<Utc>) -> Step {
        self.recovery.value.next(beside(env, &self.known), now)
    }

    fn continued(&self) -> Reply {
        let handle = self.recovery.value.id.clone();
        Reply::Recover(RecoverReply::Continue { handle, browser: None })
    }
}

/// What a form brought.
#[derive(Clone, Copy)]
pub enum Typed<'a> {
    /// The password.
    Password(&'a str),
    /// A code of a second factor.
    Code(Factor, &'a str),
    /// The answer of an authenticator.
    Passkey(&'a str),
    /// The first code of the new app.
    NewApp(&'a str),
    /// The new password, twice.
    NewPassword(&'a str, &'a str),
    /// Nothing: the person gives up.
    Cancel,
}

/// Shows where the recovery `handle` stands, `by` the factor that the person chose.
pub async fn show(env: &Env, handle: &str, by: Option<Factor>, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let shown = async {
        let way = enter(env, handle, visitor, now).await?;
        stand(env, &way, by, None, visitor, now).await
    };
    shown.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// Takes what a form of the recovery `handle` brought.
pub async fn go_on(
    env: &Env,
    handle: &str,
    csrf: &str,
    typed: Typed<'_>,
    visitor: &Visitor<'_>,
) -> Reply {
    let now = env.clock.now();
    let walked = async {
        for _ in 0..ROUNDS {
            let way = enter(env, handle, visitor, now).await?;
            if !way.recovery.value.has_token(csrf) {
                return Err(Failure::Told(Trouble::NotOurForm));
            }
            if let Some(reply) = take(env, &way, typed, visitor, now).await? {
                return Ok(reply);
            }
        }
        Err(Failure::Contention)
    };
    walked.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// One attempt; `None` when somebody was ahead.
async fn take(
    env: &Env,
    way: &Way,
    typed: Typed<'_>,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Reply>, Failure> {
    match (way.step(env, now), typed) {
        (_, Typed::Cancel) => {
            let mut batch = Batch::new();
            let ended = way.recovery.value.clone().given_up();
            recoveries::update(env.records(), &mut batch, &way.recovery, &ended)?;
            committed(env, batch, || Ok(way.continued()), now).await
        }
        (Step::ShowPassword, Typed::Password(password)) => {
            password_shown(env, way, password, visitor, now).await
        }
        (Step::ShowSecond, Typed::Passkey(answer))
            if seconds(env, &way.known).contains(&Factor::Passkey) =>
        {
            passkey::shown(env, way, answer, visitor, now).await
        }
        (Step::ShowSecond, Typed::Code(factor, code))
            if seconds(env, &way.known).contains(&factor) =>
        {
            second_shown(env, way, factor, code, visitor, now).await
        }
        (Step::NewApp(seed), Typed::NewApp(code)) => {
            new_app(env, way, &seed, code, visitor, now).await
        }
        (Step::NewPassword, Typed::NewPassword(new, again)) => {
            new_password(env, way, new, again, visitor, now).await
        }
        _ => stand(env, way, None, None, visitor, now).await.map(Some),
    }
}

/// The recovery `handle`, if it is this browser's and its person may log in.
async fn enter(
    env: &Env,
    handle: &str,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Way, Failure> {
    let expired = || Failure::Told(Trouble::Expired);
    let recovery = recoveries::load(env.records(), handle, now).await?.ok_or_else(expired)?;
    let digest = visitor.browser.map(browser_digest);
    if !digest.is_some_and(|digest| recovery.value.is_of_browser(&digest)) {
        return Err(Failure::Told(Trouble::OtherBrowser));
    }
    let known = person::load(env, &recovery.value.subject, now).await?.ok_or_else(expired)?;
    // Another recovery of the same person's, or a factor taken away, ends this one.
    let asked = recoveries::asked(env.records(), &recovery.value.subject, now).await?;
    let over = asked.value.recovered.is_some_and(|at| at >= recovery.value.made);
    let mut way = Way { recovery, known };
    if over && way.step(env, now) != Step::Done || !way.known.may_log_in() {
        way.recovery.value = way.recovery.value.given_up();
    }
    Ok(way)
}

/// The page for where it stands.
pub(in crate::flow) async fn stand(
    env: &Env,
    way: &Way,
    by: Option<Factor>,
    notice: Option<Notice>,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Reply, Failure> {
    let recovery = &way.recovery.value;
    let (handle, csrf) = (recovery.id.clone(), recovery.token().to_owned());
    Ok(page(match way.step(env, now) {
        Step::ShowPassword => RecoverPage::Show {
            handle,
            csrf,
            factor: Factor::Password,
            others: Vec::new(),
            number: None,
            notice,
        },
        Step::ShowSecond => {
            let mut others = seconds(env, &way.known);
            let chosen = by.filter(|by| others.contains(by)).or_else(|| others.first().copied());
            let factor = chosen.ok_or(Failure::NoSuchFactor)?;
            others.retain(|other| *other != factor);
            if factor == Factor::Passkey {
                return Ok(page(passkey::ask(env, way, others, notice, now).await?));
            }
            let (mut notice, mut number) = (notice, None);
            if factor == Factor::Sms {
                number = Some(sms::number(Some(&way.known))?.masked());
                notice = match notice {
                    None => send(env, way, visitor, now).await?,
                    notice => notice,
                };
            }
            RecoverPage::Show { handle, csrf, factor, others, number, notice }
        }
        Step::NewApp(seed) => {
            let shown = enrol::shown(env, &seed.seed, seed.period, &way.known, notice)?;
            RecoverPage::NewApp { handle, csrf, enrolling: Box::new(shown) }
        }
        Step::NewPassword => asked(way, None),
        Step::Desk => RecoverPage::ForTheDesk,
        Step::Ended => RecoverPage::Ended,
        Step::Done => RecoverPage::Done { lost: recovery.lost },
    }))
}

fn asked(way: &Way, notice: Option<PasswordNotice>) -> RecoverPage {
    let recovery = &way.recovery.value;
    RecoverPage::NewPassword {
        handle: recovery.id.clone(),
        csrf: recovery.token().to_owned(),
        username: way.known.account.value.username.clone(),
        single: recovery.is_alone(),
        notice,
    }
}

/// Sends a code by SMS, unless one is there that may hold; what stands in the way.
async fn send(
    env: &Env,
    way: &Way,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Notice>, Failure> {
    let (records, recovery) = (env.records(), &way.recovery.value);
    let number = sms::number(Some(&way.known))?;
    let purpose = kept::purpose(records, &recovery.id)?;
    let sent: Option<Loaded<Challenge>> = kept::challenge(records, &recovery.subject, now).await?;
    if sent.is_some_and(|one| one.value.purpose == purpose && one.value.is_live(now)) {
        return Ok(None);
    }
    let wanted = Wanted {
        subject: &recovery.subject,
        number: &number,
        id: &recovery.id,
        service: None,
        confirming: false,
    };
    Ok(match texting::send(env, wanted, visitor, now).await? {
        MaySend::Allowed => None,
        MaySend::WaitUntil(until) => Some(Notice::SmsWait { seconds: seconds_until(until, now) }),
        MaySend::Spent { .. } => Some(Notice::SmsSpent),
    })
}

async fn password_shown(
    env: &Env,
    way: &Way,
    password: &str,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Reply>, Failure> {
    if password.is_empty() {
        return stand(env, way, None, Some(Notice::Missing), visitor, now).await.map(Some);
    }
    let credential = way.known.password().ok_or(Failure::NoSuchFactor)?;
    let hash = credential.value.secret.password_hash().unwrap_or_default().to_owned();
    let hashing = env.settings.hashing.clone();
    let typed = zeroize::Zeroizing::new(password.to_owned());
    let check = move || hashing.check(&hash, &typed);
    let held = matches!(env.hashing.run(check).await?, Verdict::Held { .. });
    let mut batch = Batch::new();
    batch.expect(credential);
    let worth = held.then_some(credential.value.binding);
    tried(env, way, Factor::Password, worth, batch, visitor, now).await
}

async fn second_shown(
    env: &Env,
    way: &Way,
    factor: Factor,
    code: &str,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Reply>, Failure> {
    let (records, known) = (env.records(), &way.known);
    let misshapen = match factor {
        Factor::RecoveryCode if RecoveryCode::read(code).is_none() => {
            Some(Notice::NotARecoveryCode)
        }
        Factor::Totp | Factor::Sms if !looks_like_a_code(code) => Some(Notice::NotACode),
        _ => None,
    };
    if misshapen.is_some() {
        return stand(env, way, Some(factor), misshapen, visitor, now).await.map(Some);
    }
    let mut batch = Batch::new();
    let app = match factor {
        Factor::Totp => of_apps(known, code, now)?,
        _ => None,
    };
    let credential = match factor {
        Factor::Totp => app.as_ref().map(|(credential, _)| *credential).or_else(|| known.totp()),
        Factor::Sms => known.sms(),
        _ => known.recovery(),
    };
    let credential = credential.ok_or(Failure::NoSuchFactor)?;
    let secret = match &credential.value.secret {
        Secret::Totp { .. } => app.map(|(_, secret)| secret),
        Secret::RecoveryCodes { left } => {
            let code = RecoveryCode::read(code).ok_or(Failure::NoSuchFactor)?;
            let digest =
                credentials::blind_code(records, &credential.value.subject, code.as_str())?;
            recovery_code::spend(left, &digest).map(|left| Secret::RecoveryCodes { left })
        }
        Secret::Sms { .. } => sent_back(env, way, code, &mut batch, now)
            .await?
            .then(|| credential.value.secret.clone()),
        _ => return Err(Failure::NoSuchFactor),
    };
    let worth = secret.is_some().then_some(credential.value.binding);
    if let Some(secret) = secret {
        let used = Credential { secret, last_used: Some(now), ..credential.value.clone() };
        credentials::update(records, &mut batch, credential, &used)?;
    }
    tried(env, way, factor, worth, batch, visitor, now).await
}

/// Whether `code` is the one that was sent for this recovery; if so it is taken.
async fn sent_back(
    env: &Env,
    way: &Way,
    code: &str,
    batch: &mut Batch,
    now: DateTime<Utc>,
) -> Result<bool, Failure> {
    let (records, recovery) = (env.records(), &way.recovery.value);
    let (subject, number) = (&recovery.subject, sms::number(Some(&way.known))?);
    let purpose = kept::purpose(records, &recovery.id)?;
    let sent: Option<Loaded<Challenge>> = kept::challenge(records, subject, now).await?;
    let sent = sent.filter(|one| one.value.purpose == purpose && one.value.number == number);
    let (Some(sent), Some(code)) = (sent, codes::read_code(code)) else { return Ok(false) };
    let digest = kept::blind_code(records, subject, &purpose, &code)?;
    if sent.value.check(&digest, now) != codes::Verdict::Held {
        return Ok(false);
    }
    batch.take(&sent);
    let counted: Loaded<Sent> = kept::counted(records, Purse::Person(subject), now).await?;
    batch.replace(records, &counted, &codes::held(&counted.value), Some(Sent::keep_until(now)))?;
    Ok(true)
}

/// Counts an attempt at `factor` that held and is worth `worth`, or did not. Whoever has the link is known here, however they
/// guess: what strangers did to the password does not hold them up.
pub(in crate::flow) async fn tried(
    env: &Env,
    way: &Way,
    factor: Factor,
    worth: Option<Level>,
    mut batch: Batch,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Reply>, Failure> {
    let (records, recovery) = (env.records(), &way.recovery.value);
    let subject = &recovery.subject;
    let counted = attempts::load(records, subject, factor, now).await?;
    let account = Some(&way.known.account.value);
    let attempt = Attempt { subject, account, factor, counted: &counted, familiar: true };
    let may = rule::may_try(&counted.value, factor, true, now);
    if let MayTry::WaitUntil(until) = may {
        let notice = Some(Notice::Wait { seconds: seconds_until(until, now) });
        return stand(env, way, Some(factor), notice, visitor, now).await.map(Some);
    }
    if let (Some(worth), MayTry::Allowed) = (worth, may) {
        attempt.held(env, &mut batch, now)?;
        let seed = (recovery.lost == Lost::Authenticator).then(|| Seed {
            seed: totp::seed(&env.random),
            period: env.settings.login.totp_period,
        });
        let shown = recovery.clone().shown(seed, worth);
        recoveries::update(records, &mut batch, &way.recovery, &shown)?;
        return committed(env, batch, || Ok(way.continued()), now).await;
    }
    // What went into the batch with a wrong one is not to happen.
    let mut batch = Batch::new();
    attempt.failed(env, &mut batch, factor.name(), visitor, now)?;
    let failed = recovery.clone().failed();
    recoveries::update(records, &mut batch, &way.recovery, &failed)?;
    if batch.commit(&*env.store, Durability::Durable, now).await? != Committed::Done {
        return Ok(None);
    }
    let left = failed.attempts_left();
    let notice = match factor {
        Factor::Password => Notice::WrongCredentials { left },
        Factor::RecoveryCode => Notice::WrongRecovery { left },
        Factor::Sms => Notice::WrongSms { left },
        Factor::Passkey => Notice::WrongPasskey { left },
        _ => Notice::WrongCode { left },
    };
    let way = enter(env, &recovery.id, visitor, now).await?;
    stand(env, &way, Some(factor), Some(notice), visitor, now).await.map(Some)
}

/// Takes the first code of the new app: it counts from now on, and what was there before no more (AR-15).
async fn new_app(
    env: &Env,
    way: &Way,
    seed: &Seed,
    code: &str,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Reply>, Failure> {
    let wrong = |notice| stand(env, way, None, Some(notice), visitor, now);
    if !looks_like_a_code(code) {
        return wrong(Notice::NotACode).await.map(Some);
    }
    let Some(step) = code_step(&seed.seed, seed.period, None, code, now)? else {
        let failed = way.recovery.value.clone().failed();
        let mut batch = Batch::new();
        recoveries::update(env.records(), &mut batch, &way.recovery, &failed)?;
        if batch.commit(&*env.store, Durability::Durable, now).await? != Committed::Done {
            return Ok(None);
        }
        let way = enter(env, &failed.id, visitor, now).await?;
        let notice = Some(Notice::WrongCode { left: failed.attempts_left() });
        return stand(env, &way, None, notice, visitor, now).await.map(Some);
    };
    let (batch, ended) = finish::new_app(env, way, seed, step, visitor, now).await?;
    committed(env, batch, || Ok(done(way, ended, visitor)), now).await
}

async fn new_password(
    env: &Env,
    way: &Way,
    new: &str,
    again: &str,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Reply>, Failure> {
    let refused = if new.is_empty() || again.is_empty() {
        Some(PasswordNotice::Missing)
    } else if new != again {
        Some(PasswordNotice::Different)
    } else {
        let username = &way.known.account.value.username;
        acceptable(new, username).err().map(PasswordNotice::Unacceptable)
    };
    if refused.is_some() {
        return Ok(Some(page(asked(way, refused))));
    }
    let (hashing, random) = (env.settings.hashing.clone(), Arc::clone(&env.random));
    let new = zeroize::Zeroizing::new(new.to_owned());
    let hash = env.hashing.run(move || hashing.hash(&new, &random)).await?;
    let hash = hash.map_err(|error| Failure::Credential(Box::new(error)))?;
    let (batch, ended) = finish::new_password(env, way, hash, visitor, now).await?;
    committed(env, batch, || Ok(done(way, ended, visitor)), now).await
}

/// It is done, and so many sessions were ended.
fn done(way: &Way, ended: usize, visitor: &Visitor<'_>) -> Reply {
    let recovery = &way.recovery.value;
    metrics::sessions_ended(ended);
    tracing::info!(
        event = "recovery.done",
        lost = recovery.lost.name(),
        by = ?recovery.by,
        subject = recovery.subject.as_str(),
        sessions_ended = ended,
        support_id = visitor.support_id
    );
    way.continued()
}

async fn committed(
    env: &Env,
    batch: Batch,
    then: impl FnOnce() -> Result<Reply, Failure>,
    now: DateTime<Utc>,
) -> Result<Option<Reply>, Failure> {
    match batch.commit(&*env.store, Durability::Durable, now).await? {
        Committed::Done => then().map(Some),
        Committed::Conflict(_) => Ok(None),
    }
}
