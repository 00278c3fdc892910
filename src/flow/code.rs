//! Codes that a person types as a second factor.

use chrono::{DateTime, Utc};

use crate::assurance::factor::{Evidence, Factor};
use crate::enrolment::credential::{Credential, Secret};
use crate::factors::recovery_code::{self, RecoveryCode};
use crate::factors::totp;
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::notice;
use crate::flow::person::Known;
use crate::flow::prove::first_second_factor;
use crate::flow::reply::{Notice, Reply};
use crate::flow::trial::{Checked, Trial, Trying, attempt};
use crate::flow::visit::Visitor;
use crate::flow::ways;
use crate::login::transaction::Transaction;
use crate::store::credentials;
use crate::store::record::{Batch, Loaded};
use crate::telemetry::traces::step;
use crate::texts::mail::Event;

/// Checks a code of the person's authenticator app; a step counts once.
pub async fn totp(env: &Env, handle: &str, csrf: &str, code: &str, visitor: &Visitor<'_>) -> Reply {
    attempt(env, handle, csrf, &Totp(code), visitor).await
}

struct Totp<'a>(&'a str);

impl Trial for Totp<'_> {
    const FACTOR: Factor = Factor::Totp;
    const NAME: &'static str = "totp";

    fn is_due(&self, _: &Env, login: &Transaction, known: &Known, _: DateTime<Utc>) -> bool {
        !has_held(login, Self::FACTOR) && known.totp().is_some()
    }

    fn misshapen(&self) -> Option<Notice> {
        (!looks_like_a_code(self.0)).then_some(Notice::NotACode)
    }

    async fn check(&self, trying: &Trying<'_>, batch: &mut Batch) -> Result<Checked, Failure> {
        match of_apps(trying.known, self.0, trying.now)? {
            Some((credential, secret)) => used(trying, batch, credential, secret),
            None => Ok(Checked::Wrong),
        }
    }

    fn page(&self, trying: &Trying<'_>, notice: Option<Notice>) -> Result<Reply, Failure> {
        ways::again(trying, Self::FACTOR, notice)
    }
}

/// Checks a recovery code, which counts once.
pub async fn recovery(
    env: &Env,
    handle: &str,
    csrf: &str,
    code: &str,
    visitor: &Visitor<'_>,
) -> Reply {
    attempt(env, handle, csrf, &Recovery(code), visitor).await
}

struct Recovery<'a>(&'a str);

impl Trial for Recovery<'_> {
    const FACTOR: Factor = Factor::RecoveryCode;
    const NAME: &'static str = "recovery-code";

    fn is_due(&self, _: &Env, login: &Transaction, known: &Known, _: DateTime<Utc>) -> bool {
        !has_held(login, Self::FACTOR) && known.recovery().is_some()
    }

    fn misshapen(&self) -> Option<Notice> {
        RecoveryCode::read(self.0).is_none().then_some(Notice::NotARecoveryCode)
    }

    async fn check(&self, trying: &Trying<'_>, batch: &mut Batch) -> Result<Checked, Failure> {
        let credential = trying.known.recovery().ok_or(Failure::NoSuchFactor)?;
        let (Secret::RecoveryCodes { left }, Some(code)) =
            (&credential.value.secret, RecoveryCode::read(self.0))
        else {
            return Err(Failure::NoSuchFactor);
        };
        let subject = &credential.value.subject;
        let digest = credentials::blind_code(trying.env.records(), subject, code.as_str())?;
        let Some(left) = recovery_code::spend(left, &digest) else { return Ok(Checked::Wrong) };
        let Trying { env, login, known, visitor, now } = *trying;
        let (account, service) = (&known.account.value, login.request.relying_party.service());
        let event = Event::RecoveryCodeUsed { left: left.len() };
        notice::tell(env, batch, account, event, service, visitor, now)?;
        used(trying, batch, credential, Secret::RecoveryCodes { left })
    }

    fn page(&self, trying: &Trying<'_>, notice: Option<Notice>) -> Result<Reply, Failure> {
        ways::again(trying, Self::FACTOR, notice)
    }

    fn wrong(&self, left: u8) -> Notice {
        Notice::WrongRecovery { left }
    }

    fn told(&self, trying: &Trying<'_>, handle: String, browser: Option<String>) -> Reply {
        let left = trying.known.recovery().map(|one| &one.value.secret);
        let left = match left {
            Some(Secret::RecoveryCodes { left }) => left.len().saturating_sub(1),
            _ => 0,
        };
        tracing::info!(
            event = "recovery-code.used",
            left,
            subject = trying.known.account.value.subject.as_str(),
            support_id = trying.visitor.support_id
        );
        Reply::Continue { handle, browser }
    }
}

/// Whether `factor` held in this login already.
pub(in crate::flow) fn has_held(login: &Transaction, factor: Factor) -> bool {
    login.evidence().iter().any(|held| held.factor() == factor)
}

/// The credential held, and is kept with what it is checked against from now on.
pub(in crate::flow) fn used(
    trying: &Trying<'_>,
    batch: &mut Batch,
    credential: &Loaded<Credential>,
    secret: Secret,
) -> Result<Checked, Failure> {
    let Trying { env, login, known, now, .. } = *trying;
    let factor = secret.factor();
    let used = Credential { secret, last_used: Some(now), ..credential.value.clone() };
    credentials::update(env.records(), batch, credential, &used)?;
    first_second_factor(env, batch, known, now)?;
    let evidence = Evidence::held(factor, login.time(now), credential.value.binding);
    Ok(Checked::Held(login.clone().prove(&known.account.value.subject, evidence)?))
}

/// Whether it is worth counting as an attempt: six digits, spaces aside.
pub(in crate::flow) fn looks_like_a_code(code: &str) -> bool {
    let digits = code.chars().filter(|c| !c.is_whitespace());
    digits.clone().count() == 6 && digits.clone().all(|c| c.is_ascii_digit())
}

/// The one of the person's apps whose code was typed, and what it is checked against from now on.
pub(in crate::flow) fn of_apps<'a>(
    known: &'a Known,
    code: &str,
    now: DateTime<Utc>,
) -> Result<Option<(&'a Loaded<Credential>, Secret)>, Failure> {
    for credential in known.totps() {
        let Secret::Totp { seed, period, last_step } = &credential.value.secret else { continue };
        if let Some(step) = code_step(seed, *period, *last_step, code, now)? {
            let (seed, period) = (seed.clone(), *period);
            return Ok(Some((credential, Secret::Totp { seed, period, last_step: Some(step) })));
        }
    }
    Ok(None)
}

/// The step whose code was typed, if it is still to be had.
pub(in crate::flow) fn code_step(
    seed: &str,
    period: u32,
    last_step: Option<u64>,
    code: &str,
    now: DateTime<Utc>,
) -> Result<Option<u64>, Failure> {
    let checked = step!("factor.totp.check")
        .in_scope(|| totp::check(seed, period, last_step, code, now))
        .map_err(|error| Failure::Credential(Box::new(error)))?;
    Ok(match checked {
        totp::Verdict::Held { step } => Some(step),
        totp::Verdict::Used | totp::Verdict::Wrong => None,
    })
}
