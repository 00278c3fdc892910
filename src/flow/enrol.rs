//! The first enrolment of an authenticator app, in the login that needs it (AR-01 to AR-08).

use chrono::{DateTime, Utc};

use crate::assurance::factor::{Evidence, Factor};
use crate::assurance::level::Level;
use crate::enrolment::activation::{ActivationCode, FirstEnrolment, binding};
use crate::enrolment::credential::{Credential, CredentialState, Secret};
use crate::factors::totp;
use crate::flow::adding::Enrolling;
use crate::flow::advance::page;
use crate::flow::code::{code_step, looks_like_a_code};
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::notice;
use crate::flow::person::Known;
use crate::flow::prove::{Kept, first_second_factor, keep};
use crate::flow::reply::{Notice, Reply, Show};
use crate::flow::trial::{Checked, Trial, Trying, attempt};
use crate::flow::visit::Visitor;
use crate::identity::attributes::AttributeName;
use crate::login::step::Step;
use crate::login::transaction::Transaction;
use crate::store::credentials;
use crate::store::record::{Batch, Loaded};
use crate::texts::mail::Event;

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
    Ok(Show::EnrolTotp(Box::new(shown(env, seed, *period, known, notice)?)))
}

/// What the page of a new app shows.
pub(in crate::flow) fn shown(
    env: &Env,
    seed: &str,
    period: u32,
    known: &Known,
    notice: Option<Notice>,
) -> Result<Enrolling, Failure> {
    let account = &known.account.value;
    let issuer = env.settings.service.it.as_deref().unwrap_or("ponte");
    let uri = totp::uri(seed, period, issuer, &account.username)
        .map_err(|error| Failure::Credential(Box::new(error)))?;
    Ok(Enrolling {
        username: account.username.clone(),
        given_names: account.attribute(AttributeName::Name).map(str::to_owned),
        family_names: account.attribute(AttributeName::FamilyName).map(str::to_owned),
        uri,
        key: seed.to_owned(),
        period,
        notice,
    })
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
    attempt(env, handle, csrf, &Activate(typed), visitor).await
}

struct Activate<'a>(&'a str);

impl Trial for Activate<'_> {
    const FACTOR: Factor = Factor::Totp;
    const NAME: &'static str = "activation";

    fn is_due(&self, env: &Env, login: &Transaction, known: &Known, now: DateTime<Utc>) -> bool {
        is_enrolling(env, login, known, now)
    }

    async fn check(&self, trying: &Trying<'_>, batch: &mut Batch) -> Result<Checked, Failure> {
        let Trying { env, login, known, now, .. } = *trying;
        let right = match (&known.activation, ActivationCode::read(self.0)) {
            (Some(kept), Some(code)) => kept.value.is(env.records(), &code)?,
            _ => false,
        };
        if !right {
            return Ok(Checked::Wrong);
        }
        Ok(Checked::Passed(start(env, batch, login, known, now)?.0))
    }

    fn page(&self, trying: &Trying<'_>, notice: Option<Notice>) -> Result<Reply, Failure> {
        Ok(page(trying.login, Show::Activation { notice }))
    }

    fn wrong(&self, left: u8) -> Notice {
        Notice::WrongActivation { left }
    }
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
    attempt(env, handle, csrf, &Confirm(code), visitor).await
}

struct Confirm<'a>(&'a str);

impl Trial for Confirm<'_> {
    const FACTOR: Factor = Factor::Totp;
    const NAME: &'static str = "totp";

    fn is_due(&self, env: &Env, login: &Transaction, known: &Known, now: DateTime<Utc>) -> bool {
        is_enrolling(env, login, known, now) && pending(login, known).is_some()
    }

    fn misshapen(&self) -> Option<Notice> {
        (!looks_like_a_code(self.0)).then_some(Notice::NotACode)
    }

    async fn check(&self, trying: &Trying<'_>, batch: &mut Batch) -> Result<Checked, Failure> {
        let Trying { env, login, known, now, .. } = *trying;
        let credential = pending(login, known).ok_or(Failure::NoSuchFactor)?;
        let Secret::Totp { seed, period, .. } = &credential.value.secret else {
            return Err(Failure::NoSuchFactor);
        };
        let Some(step) = code_step(seed, *period, None, self.0, now)? else {
            return Ok(Checked::Wrong);
        };
        let level = bound(env, known);
        let secret = Secret::Totp { seed: seed.clone(), period: *period, last_step: Some(step) };
        let active = Credential { secret, ..credential.value.clone() }
            .activate(level, now)
            .map_err(|error| Failure::Credential(Box::new(error)))?;
        credentials::update(env.records(), batch, credential, &active)?;
        replace_others(env, batch, known)?;
        if let Some(kept) = &known.activation {
            batch.take(kept);
        }
        first_second_factor(env, batch, known, now)?;
        let account = &known.account.value;
        let service = login.request.relying_party.service();
        notice::tell(env, batch, account, Event::NewApp, service, trying.visitor, now)?;
        let evidence = Evidence::held(Factor::Totp, login.time(now), level);
        let subject = &account.subject;
        Ok(Checked::Held(login.clone().confirm_enrolment(&active.id, subject, evidence)?))
    }

    fn page(&self, trying: &Trying<'_>, notice: Option<Notice>) -> Result<Reply, Failure> {
        let credential = pending(trying.login, trying.known).ok_or(Failure::NoSuchFactor)?;
        let show = enrolling(trying.env, &credential.value, trying.known, notice)?;
        Ok(page(trying.login, show))
    }

    fn told(&self, trying: &Trying<'_>, handle: String, browser: Option<String>) -> Reply {
        tracing::info!(
            event = "factor.activated",
            factor = "totp",
            subject = trying.known.account.value.subject.as_str(),
            support_id = trying.visitor.support_id
        );
        Reply::Enrolled { handle, browser }
    }
}

/// Whether the login's next step is an enrolment.
fn is_enrolling(env: &Env, login: &Transaction, known: &Known, now: DateTime<Utc>) -> bool {
    let step = login.next(Some(&known.person), &env.settings.levels, now);
    matches!(step, Step::Enrol(Factor::Totp))
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
