//! The first enrolment of an authenticator app, in the login that needs it (AR-01 to AR-08).

use chrono::{DateTime, Utc};

use crate::assurance::factor::{Evidence, Factor};
use crate::assurance::level::Level;
use crate::enrolment::activation::{ActivationCode, FirstEnrolment, binding};
use crate::enrolment::credential::{Credential, CredentialState, Secret};
use crate::factors::totp;
use crate::flow::advance::{ROUNDS, advance, page};
use crate::flow::device;
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::person::{self, Known};
use crate::flow::prove::{
    Attempt, Kept, code_step, first_second_factor, keep, looks_like_a_code, seconds_until,
};
use crate::flow::reply::{Enrolling, Notice, Reply, Show};
use crate::flow::visit::{Visitor, enter, enter_with_form};
use crate::identity::attributes::AttributeName;
use crate::login::attempts::{self as rule, MayTry};
use crate::login::step::Step;
use crate::login::transaction::Transaction;
use crate::store::record::{Batch, Loaded};
use crate::store::{attempts, credentials};

/// Shows the step of the enrolment that comes next; `None` when another request was ahead.
pub(in crate::flow) async fn step(
    env: &Env,
    loaded: &Loaded<Transaction>,
    known: &Known,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Reply>, Failure> {
    if let Some(credential) = pending(&loaded.value, known) {
        let show = enrolling(env, &credential.value, known, None)?;
        return Ok(Some(page(&loaded.value, show)));
    }
    if !trusted(env, known) {
        return Ok(Some(page(&loaded.value, Show::Activation { notice: None })));
    }
    let mut batch = Batch::new();
    let (transaction, credential) = start(env, &mut batch, &loaded.value, known, now)?;
    let show = enrolling(env, &credential, known, None)?;
    match keep(env, batch, loaded, transaction, false, visitor, now).await? {
        Some(Kept::Same(kept)) => Ok(Some(page(&kept.value, show))),
        Some(Kept::Risen(reply)) => Ok(Some(reply)),
        None => Ok(None),
    }
}

/// The page that shows a pending app's key.
fn enrolling(
    env: &Env,
    credential: &Credential,
    known: &Known,
    notice: Option<Notice>,
) -> Result<Show, Failure> {
    let Secret::Totp { seed, period, .. } = &credential.secret else {
        return Err(Failure::NoSuchFactor);
    };
    let account = &known.account.value;
    let issuer = env.settings.service.it.as_deref().unwrap_or("ponte");
    let uri = totp::uri(seed, *period, issuer, &account.username)
        .map_err(|error| Failure::Credential(Box::new(error)))?;
    Ok(Show::EnrolTotp(Box::new(Enrolling {
        username: account.username.clone(),
        given_names: account.attribute(AttributeName::Name).map(str::to_owned),
        family_names: account.attribute(AttributeName::FamilyName).map(str::to_owned),
        uri,
        key: seed.clone(),
        period: *period,
        notice,
    })))
}

fn pending<'a>(transaction: &Transaction, known: &'a Known) -> Option<&'a Loaded<Credential>> {
    let credential = known.credential(transaction.enrolling()?)?;
    (credential.value.state == CredentialState::Pending).then_some(credential)
}

/// Takes the activation code that came with the account; if it is right, a new key is made and shown.
pub async fn activate(
    env: &Env,
    handle: &str,
    csrf: &str,
    typed: &str,
    visitor: &Visitor<'_>,
) -> Reply {
    let now = env.clock.now();
    let walked = async {
        let loaded = enter_with_form(env, handle, csrf, visitor, now).await?;
        begin(env, loaded, typed, visitor, now).await
    };
    walked.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

async fn begin(
    env: &Env,
    mut loaded: Loaded<Transaction>,
    typed: &str,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Reply, Failure> {
    for _ in 0..ROUNDS {
        let Some(known) = enroller(env, &loaded.value, now).await? else {
            return advance(env, loaded, visitor, now).await;
        };
        let subject = &known.account.value.subject;
        let counted = attempts::load(env.records(), subject, Factor::Totp, now).await?;
        let familiar = device::is_known(env, visitor.device, subject, now);
        match rule::may_try(&counted.value, Factor::Totp, familiar, now) {
            MayTry::Allowed => {}
            MayTry::WaitUntil(until) => {
                let notice = Some(Notice::Wait { seconds: seconds_until(until, now) });
                return Ok(page(&loaded.value, Show::Activation { notice }));
            }
            MayTry::Blocked => {
                let transaction = loaded.value.clone().suspend()?;
                let kept = keep(env, Batch::new(), &loaded, transaction, false, visitor, now);
                match kept.await? {
                    Some(Kept::Same(kept)) => return advance(env, *kept, visitor, now).await,
                    Some(Kept::Risen(reply)) => return Ok(reply),
                    None => {
                        loaded = enter(env, &loaded.value.id, visitor, now).await?;
                        continue;
                    }
                }
            }
        }
        let mut batch = Batch::new();
        let right = match (&known.activation, ActivationCode::read(typed)) {
            (Some(kept), Some(code)) => kept.value.is(env.records(), &code)?,
            _ => false,
        };
        let transaction = if right {
            start(env, &mut batch, &loaded.value, &known, now)?.0
        } else {
            let attempt = Attempt { subject, counted: &counted, familiar };
            attempt.failed(env, &mut batch, "activation", visitor, now)?;
            loaded.value.clone().fail()?
        };
        match keep(env, batch, &loaded, transaction, false, visitor, now).await? {
            Some(Kept::Risen(reply)) => return Ok(reply),
            Some(Kept::Same(kept)) if !right && kept.value.attempts_left() > 0 => {
                let notice = Some(Notice::WrongActivation { left: kept.value.attempts_left() });
                return Ok(page(&kept.value, Show::Activation { notice }));
            }
            Some(Kept::Same(kept)) => return advance(env, *kept, visitor, now).await,
            None => loaded = enter(env, &loaded.value.id, visitor, now).await?,
        }
    }
    Err(Failure::Contention)
}

/// Makes a new app, pending, in the place of any that was begun before.
fn start(
    env: &Env,
    batch: &mut Batch,
    transaction: &Transaction,
    known: &Known,
    now: DateTime<Utc>,
) -> Result<(Transaction, Credential), Failure> {
    discard_pending(env, batch, known)?;
    let credential = new_app(env, known, now);
    credentials::add(env.records(), batch, &credential)?;
    let transaction = transaction.clone().begin_enrolment(credential.id.clone())?;
    Ok((transaction, credential))
}

/// Whether the tenant trusts the first use and there is no code to ask for.
fn trusted(env: &Env, known: &Known) -> bool {
    known.activation.is_none()
        && env.settings.first_enrolment == FirstEnrolment::TrustOnFirstUse
        && known.account.value.first_second_factor.is_none()
}

/// Takes the first code of the new app: possession is proved, and the app counts from now on.
pub async fn confirm(
    env: &Env,
    handle: &str,
    csrf: &str,
    code: &str,
    visitor: &Visitor<'_>,
) -> Reply {
    let now = env.clock.now();
    let walked = async {
        let loaded = enter_with_form(env, handle, csrf, visitor, now).await?;
        finish(env, loaded, code, visitor, now).await
    };
    walked.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

async fn finish(
    env: &Env,
    mut loaded: Loaded<Transaction>,
    code: &str,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Reply, Failure> {
    for _ in 0..ROUNDS {
        let Some(known) = enroller(env, &loaded.value, now).await? else {
            return advance(env, loaded, visitor, now).await;
        };
        let Some(credential) = pending(&loaded.value, &known) else {
            return advance(env, loaded, visitor, now).await;
        };
        let Secret::Totp { seed, period, .. } = &credential.value.secret else {
            return advance(env, loaded, visitor, now).await;
        };
        if !looks_like_a_code(code) {
            let show = enrolling(env, &credential.value, &known, Some(Notice::NotACode))?;
            return Ok(page(&loaded.value, show));
        }
        let subject = &known.account.value.subject;
        let counted = attempts::load(env.records(), subject, Factor::Totp, now).await?;
        let familiar = device::is_known(env, visitor.device, subject, now);
        let attempt = Attempt { subject, counted: &counted, familiar };
        let held = match rule::may_try(&counted.value, Factor::Totp, familiar, now) {
            MayTry::Allowed => code_step(seed, *period, None, code, now)?,
            MayTry::WaitUntil(until) => {
                let notice = Some(Notice::Wait { seconds: seconds_until(until, now) });
                let show = enrolling(env, &credential.value, &known, notice)?;
                return Ok(page(&loaded.value, show));
            }
            MayTry::Blocked => None,
        };
        let mut batch = Batch::new();
        let transaction = if let Some(step) = held {
            let level = bound(env, &known);
            let secret =
                Secret::Totp { seed: seed.clone(), period: *period, last_step: Some(step) };
            let active = Credential { secret, ..credential.value.clone() }
                .activate(level, now)
                .map_err(|error| Failure::Credential(Box::new(error)))?;
            credentials::update(env.records(), &mut batch, credential, &active)?;
            replace_others(env, &mut batch, &known)?;
            if let Some(kept) = &known.activation {
                batch.take(kept);
            }
            first_second_factor(env, &mut batch, &known, now)?;
            attempt.held(env, &mut batch, Factor::Totp, now)?;
            let evidence = Evidence::held(Factor::Totp, loaded.value.time(now), level);
            loaded.value.clone().confirm_enrolment(&active.id, subject, evidence)?
        } else {
            attempt.failed(env, &mut batch, "totp", visitor, now)?;
            loaded.value.clone().fail()?
        };
        match keep(env, batch, &loaded, transaction, held.is_some(), visitor, now).await? {
            Some(Kept::Risen(Reply::Continue { handle, browser })) => {
                tracing::info!(
                    event = "factor.activated",
                    factor = "totp",
                    subject = subject.as_str(),
                    support_id = visitor.support_id
                );
                return Ok(Reply::Enrolled { handle, browser });
            }
            Some(Kept::Risen(reply)) => return Ok(reply),
            Some(Kept::Same(kept)) if kept.value.attempts_left() > 0 => {
                let notice = Some(Notice::WrongCode { left: kept.value.attempts_left() });
                let show = enrolling(env, &credential.value, &known, notice)?;
                return Ok(page(&kept.value, show));
            }
            Some(Kept::Same(kept)) => return advance(env, *kept, visitor, now).await,
            None => loaded = enter(env, &loaded.value.id, visitor, now).await?,
        }
    }
    Err(Failure::Contention)
}

/// The person, if the login's next step is an enrolment.
async fn enroller(
    env: &Env,
    transaction: &Transaction,
    now: DateTime<Utc>,
) -> Result<Option<Known>, Failure> {
    let Some(subject) = transaction.subject() else { return Ok(None) };
    let Some(known) = person::load(env, subject, now).await? else { return Ok(None) };
    let step = transaction.next(Some(&known.person), &env.settings.levels, now);
    Ok(matches!(step, Step::Enrol(Factor::Totp)).then_some(known))
}

/// The level at which the app is bound: the password's, raised by code or trust.
fn bound(env: &Env, known: &Known) -> Level {
    let delivery = known.activation.as_ref().map(|kept| kept.value.activation.delivery);
    let first = env.settings.first_enrolment;
    binding(Level::Loa2, delivery, first, known.account.value.first_second_factor)
}

fn new_app(env: &Env, known: &Known, now: DateTime<Utc>) -> Credential {
    Credential {
        id: format!("totp-{}", env.random.token()),
        subject: known.account.value.subject.clone(),
        state: CredentialState::Pending,
        binding: Level::Loa1,
        enrolled: now,
        last_used: None,
        secret: Secret::Totp {
            seed: totp::seed(&env.random),
            period: env.settings.login.totp_period,
            last_step: None,
        },
    }
}

/// The app takes the place of one that was bound lower: a person has one of each kind.
fn replace_others(env: &Env, batch: &mut Batch, known: &Known) -> Result<(), Failure> {
    let apps = known.credentials.iter().filter(|one| one.value.is_active());
    for one in apps.filter(|one| one.value.secret.factor() == Factor::Totp) {
        let revoked = one.value.clone().revoke();
        credentials::update(env.records(), batch, one, &revoked)?;
    }
    Ok(())
}

/// An app that was begun before and never confirmed gives way.
fn discard_pending(env: &Env, batch: &mut Batch, known: &Known) -> Result<(), Failure> {
    for one in known.credentials.iter().filter(|one| one.value.state == CredentialState::Pending) {
        let revoked = one.value.clone().revoke();
        credentials::update(env.records(), batch, one, &revoked)?;
    }
    Ok(())
}
