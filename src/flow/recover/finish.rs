//! The end of a recovery, in one commit: the new factor, the old one revoked, its attempts forgotten, every session ended,
//! every other link void, and the person told (AR-15, AR-16).

use chrono::{DateTime, Utc};

use crate::assurance::factor::Factor;
use crate::enrolment::credential::{Credential, CredentialState, Secret};
use crate::enrolment::recovery::Seed;
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::notice;
use crate::flow::recover::walk::Way;
use crate::flow::visit::Visitor;
use crate::login::attempts::Attempts;
use crate::store::record::Batch;
use crate::store::{accounts, attempts, credentials, recoveries, sessions};
use crate::texts::mail::Event;

/// A new app in the place of every one before.
pub(in crate::flow) async fn new_app(
    env: &Env,
    way: &Way,
    seed: &Seed,
    step: u64,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<(Batch, usize), Failure> {
    let (records, recovery) = (env.records(), &way.recovery.value);
    let mut batch = Batch::new();
    let mut had = None;
    for one in way.known.lost_apps() {
        had = had.max(Some(one.value.binding));
        credentials::update(records, &mut batch, one, &one.value.clone().revoke())?;
    }
    // The password is what was shown: a changed one was not.
    if let Some(password) = way.known.password() {
        batch.expect(password);
    }
    let had = had.ok_or(Failure::NoSuchFactor)?;
    let credential = Credential {
        id: format!("totp-{}", env.random.token()),
        subject: recovery.subject.clone(),
        state: CredentialState::Active,
        binding: recovery.binds(had, env.settings.first_enrolment),
        enrolled: now,
        last_used: Some(now),
        secret: Secret::Totp {
            seed: seed.seed.clone(),
            period: seed.period,
            last_step: Some(step),
        },
    };
    credentials::add(records, &mut batch, &credential)?;
    let event = Event::AppRecovered;
    let ended = settle(env, way, &mut batch, Factor::Totp, event, visitor, now).await?;
    Ok((batch, ended))
}

/// A new password in the place of the one before.
pub(in crate::flow) async fn new_password(
    env: &Env,
    way: &Way,
    hash: String,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<(Batch, usize), Failure> {
    let records = env.records();
    let mut batch = Batch::new();
    let password = way.known.password().ok_or(Failure::NoSuchFactor)?;
    let changed = Credential {
        secret: Secret::Password { hash, expired: false },
        binding: way.recovery.value.binds(password.value.binding, env.settings.first_enrolment),
        enrolled: now,
        last_used: None,
        ..password.value.clone()
    };
    credentials::update(records, &mut batch, password, &changed)?;
    let event = Event::PasswordRecovered;
    let ended = settle(env, way, &mut batch, Factor::Password, event, visitor, now).await?;
    Ok((batch, ended))
}

/// What goes with either; returns how many sessions end.
async fn settle(
    env: &Env,
    way: &Way,
    batch: &mut Batch,
    factor: Factor,
    event: Event,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<usize, Failure> {
    let (records, recovery) = (env.records(), &way.recovery.value);
    let subject = &recovery.subject;
    // Logins under way, with what counted before, end with the sessions.
    let mut account = way.known.account.value.clone();
    account.reset = Some(now);
    accounts::update(records, batch, &way.known.account, &account)?;
    recoveries::update(records, batch, &way.recovery, &recovery.clone().done())?;
    let counted = attempts::load(records, subject, factor, now).await?;
    attempts::update(records, batch, &counted, &Attempts::default(), factor, now)?;
    let asked = recoveries::asked(records, subject, now).await?;
    recoveries::count(records, batch, &asked, &asked.value.clone().recovered(now), now)?;
    let open = sessions::of_subject(records, subject, now).await?;
    for session in &open {
        sessions::end(records, batch, session)?;
    }
    notice::tell(env, batch, &way.known.account.value, event, None, visitor, now)?;
    Ok(open.len())
}
