//! A person's factors at their own pages: what they have, what they take away, and recovery codes.

use chrono::{DateTime, TimeDelta, Utc};

use crate::assurance::assess::assess;
use crate::assurance::binding::stand_in;
use crate::assurance::factor::{Evidence, Factor};
use crate::assurance::level::Level;
use crate::enrolment::credential::{Credential, CredentialState, Secret};
use crate::factors::recovery_code::{self, COUNT, RecoveryCode};
use crate::flow::account::{self, Inside, inside, inside_with_form, welcome};
use crate::flow::adding::{FactorRow, PrintedCodes, Removal};
use crate::flow::advance::ROUNDS;
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::new_app;
use crate::flow::notice;
use crate::flow::passkey;
use crate::flow::person::Known;
use crate::flow::phone::home::is_offered;
use crate::flow::reply::{AccountPage, Factors, Reply};
use crate::flow::sms;
use crate::flow::visit::Visitor;
use crate::login::attempts::Attempts;
use crate::store::port::{Committed, Durability};
use crate::store::record::{Batch, Loaded};
use crate::store::{attempts, ceremonies, credentials, phones, sessions};
use crate::telemetry::metrics;
use crate::texts::language::Language;
use crate::texts::mail::Event;
use crate::texts::moment::moment;

/// What has just happened, for the page to say.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Done {
    /// A passkey was added.
    Added,
    /// Another authenticator app was added.
    AddedApp,
    /// A telephone was added.
    AddedNumber,
    /// A factor was removed.
    Removed,
    /// Nothing: the person has not confirmed who they are.
    Locked,
    /// Nothing: there is no such factor.
    Gone,
}

/// Shows the person's factors, or where to log in.
pub async fn show(env: &Env, done: Option<Done>, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let shown = async {
        let Some(inside) = inside(env, visitor, now).await? else { return Ok(welcome()) };
        Ok(page(env, inside, done, visitor.language, now))
    };
    shown.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

fn page(
    env: &Env,
    inside: Inside,
    done: Option<Done>,
    language: Language,
    now: DateTime<Utc>,
) -> Reply {
    let known = &inside.known;
    let mut active: Vec<&Credential> = active(known).map(|one| &one.value).collect();
    active.sort_by_key(|one| (one.secret.factor() != Factor::Password, one.enrolled));
    let rows = active.into_iter().map(|one| row(env, known, one, language, now)).collect();
    let shown = shown(env, &inside, now);
    let open = is_open(env, &inside, now);
    Reply::Account(Box::new(AccountPage::Factors(Factors {
        rows,
        open,
        weak: shown < Some(Level::Loa3),
        may_have_sms: env.texting.is_some() && known.sms().is_none(),
        may_have_totp: new_app::may_have(env, &inside),
        may_have_app: is_offered(env),
        may_have_passkeys: passkey::relying_party(env).is_some(),
        may_have_codes: stood_in_for(known).next().is_some(),
        done,
        csrf: inside.csrf,
    })))
}

fn row(
    env: &Env,
    known: &Known,
    one: &Credential,
    language: Language,
    now: DateTime<Utc>,
) -> FactorRow {
    let ago = |at: DateTime<Utc>| u64::try_from((now - at).num_seconds()).unwrap_or_default();
    let password = known.password().map(|password| &password.value);
    let held: Vec<Evidence> =
        password.into_iter().chain([one]).map(|one| as_held(one, now)).collect();
    FactorRow {
        id: one.id.clone(),
        factor: one.secret.factor(),
        label: match &one.secret {
            Secret::Passkey { name, .. } | Secret::App { name, .. } => Some(name.clone()),
            Secret::Card(card) => Some(card.shown.serial.clone()),
            Secret::Sms { number } => sms::read(number).ok().map(|number| number.masked()),
            // Of several, each is known by when it came.
            Secret::Totp { .. } if known.totps().count() > 1 => {
                Some(moment(language, one.enrolled))
            }
            _ => None,
        },
        enrolled: ago(one.enrolled),
        used: one.last_used.map(ago),
        left: match &one.secret {
            Secret::RecoveryCodes { left } => Some(left.len()),
            _ => None,
        },
        worth: worth(env, known, &held, now).unwrap_or(Level::Loa1),
        locked: one.secret.is_locked(),
    }
}

/// Begins the login that lets the person change their factors: as much as they can show, anew.
pub async fn unlock(env: &Env, csrf: &str, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let begun = async {
        let Some(inside) = inside_with_form(env, csrf, visitor, now).await? else {
            return Ok(welcome());
        };
        Ok(account::confirm(env, needed(env, &inside.known, now), now - FRESH, visitor).await)
    };
    begun.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// Begins the login in which the person activates the one-time codes that wait for them (AR-04).
pub async fn activate(env: &Env, csrf: &str, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let begun = async {
        match inside_with_form(env, csrf, visitor, now).await? {
            Some(inside) if account::is_inactive(&inside) => {
                Ok(account::confirm(env, Level::Loa3, now - FRESH, visitor).await)
            }
            Some(_) => Ok(Reply::ToAccount("/account/factors")),
            None => Ok(welcome()),
        }
    };
    begun.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// Removes the factor `id`; asks first, unless the person is `sure`.
pub async fn remove(env: &Env, csrf: &str, id: &str, sure: bool, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let removed = async {
        for _ in 0..ROUNDS {
            let Some(inside) = inside_with_form(env, csrf, visitor, now).await? else {
                return Ok(welcome());
            };
            if let Some(reply) = take_away(env, inside, id, sure, visitor, now).await? {
                return Ok(reply);
            }
        }
        Err(Failure::Contention)
    };
    removed.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// One attempt; `None` when somebody was ahead.
async fn take_away(
    env: &Env,
    inside: Inside,
    id: &str,
    sure: bool,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Reply>, Failure> {
    let known = &inside.known;
    if !is_open(env, &inside, now) {
        return Ok(Some(Reply::ToAccount(LOCKED)));
    }
    let removable = |one: &&Loaded<Credential>| {
        one.value.id == id && one.value.secret.factor() != Factor::Password
    };
    let Some(credential) = active(known).find(removable) else {
        return Ok(Some(Reply::ToAccount("/account/factors?done=gone")));
    };
    if !sure {
        let (before, after) = (reach(env, known, None, now), reach(env, known, Some(id), now));
        let others = stood_in_for(known).filter(|one| one.id != id).count();
        let removal = Removal {
            row: row(env, known, &credential.value, visitor.language, now),
            before: before.unwrap_or(Level::Loa1),
            after,
            last: others == 0,
            csrf: inside.csrf,
        };
        return Ok(Some(Reply::Account(Box::new(AccountPage::Removal(Box::new(removal))))));
    }
    let (mut batch, factor) = (Batch::new(), credential.value.secret.factor());
    // What else the person has is part of what they were told.
    for other in active(known).filter(|other| other.value.id != id) {
        batch.expect(other);
    }
    let revoked = credential.value.clone().revoke();
    credentials::update(env.records(), &mut batch, credential, &revoked)?;
    if let Secret::Passkey { id, .. } | Secret::App { id, .. } = &credential.value.secret {
        ceremonies::release(env.records(), &mut batch, id)?;
    }
    if let Secret::App { device, .. } = &credential.value.secret {
        phones::forget(env.records(), &mut batch, device);
    }
    let (own, proved) = (&inside.session.value, credential.value.secret.factors());
    let mut ended = 0_usize;
    for other in sessions::of_subject(env.records(), &own.subject, now).await? {
        let evidence = other.value.evidence().evidence;
        if other.value.id != own.id && evidence.iter().any(|held| proved.contains(&held.factor())) {
            sessions::end(env.records(), &mut batch, &other)?;
            ended += 1;
        }
    }
    let account = &known.account.value;
    notice::tell(env, &mut batch, account, Event::FactorRemoved, None, visitor, now)?;
    if batch.commit(&*env.store, Durability::Durable, now).await? != Committed::Done {
        return Ok(None);
    }
    metrics::sessions_ended(ended);
    tracing::info!(
        event = "factor.removed",
        factor = factor.name(),
        subject = own.subject.as_str(),
        sessions_ended = ended,
        support_id = visitor.support_id
    );
    Ok(Some(Reply::ToAccount("/account/factors?done=removed")))
}

/// Makes ten recovery codes, in the place of all that were there, and shows them this once.
pub async fn make_codes(env: &Env, csrf: &str, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let made = async {
        for _ in 0..ROUNDS {
            let Some(inside) = inside_with_form(env, csrf, visitor, now).await? else {
                return Ok(welcome());
            };
            if let Some(reply) = renew(env, &inside, visitor, now).await? {
                return Ok(reply);
            }
        }
        Err(Failure::Contention)
    };
    made.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// One attempt; `None` when somebody was ahead.
async fn renew(
    env: &Env,
    inside: &Inside,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Reply>, Failure> {
    let (known, records) = (&inside.known, env.records());
    let shown = shown(env, inside, now).filter(|shown| *shown >= needed(env, known, now));
    let Some(shown) = shown else {
        return Ok(Some(Reply::ToAccount(LOCKED)));
    };
    let Some(binding) = stand_in(shown, stood_in_for(known).map(|one| one.binding)) else {
        return Ok(Some(Reply::ToAccount("/account/factors?done=gone")));
    };
    let subject = &known.account.value.subject;
    let codes = recovery_code::generate(&env.random);
    let mut left = Vec::with_capacity(COUNT);
    for code in &codes {
        left.push(credentials::blind_code(records, subject, code.as_str())?);
    }
    let credential = Credential {
        id: RECOVERY_CODES.to_owned(),
        subject: subject.clone(),
        state: CredentialState::Active,
        binding,
        enrolled: now,
        last_used: None,
        secret: Secret::RecoveryCodes { left },
    };
    let mut batch = Batch::new();
    // They are worth what they stand in for, as long as it is there.
    for other in active(known).filter(|other| other.value.id != RECOVERY_CODES) {
        batch.expect(other);
    }
    match known.credential(RECOVERY_CODES) {
        Some(before) => credentials::update(records, &mut batch, before, &credential)?,
        None => credentials::add(records, &mut batch, &credential)?,
    }
    let counted = attempts::load(records, subject, Factor::RecoveryCode, now).await?;
    let none = Attempts::default();
    attempts::update(records, &mut batch, &counted, &none, Factor::RecoveryCode, now)?;
    let account = &known.account.value;
    notice::tell(env, &mut batch, account, Event::NewRecoveryCodes, None, visitor, now)?;
    if batch.commit(&*env.store, Durability::Durable, now).await? != Committed::Done {
        return Ok(None);
    }
    tracing::info!(
        event = "factor.activated",
        factor = Factor::RecoveryCode.name(),
        subject = subject.as_str(),
        support_id = visitor.support_id
    );
    let codes = codes.iter().map(RecoveryCode::in_groups).collect();
    Ok(Some(Reply::Account(Box::new(AccountPage::RecoveryCodes(PrintedCodes(codes))))))
}

/// What recovery codes stand in for: the second factors of the person.
fn stood_in_for(known: &Known) -> impl Iterator<Item = &Credential> {
    let stands =
        |one: &&Credential| !matches!(one.secret.factor(), Factor::Password | Factor::RecoveryCode);
    active(known).map(|one| &one.value).filter(stands)
}

fn active(known: &Known) -> impl Iterator<Item = &Loaded<Credential>> {
    known.credentials.iter().filter(|one| one.value.is_active())
}

/// What the person must have shown of late before they change a factor: as much as they can, since
/// less would let whoever has the password alone take away what protects them.
pub(in crate::flow) fn needed(env: &Env, known: &Known, now: DateTime<Utc>) -> Level {
    reach(env, known, None, now).unwrap_or(Level::Loa2).clamp(Level::Loa2, Level::Loa3)
}

/// Whether the person has shown enough, of late, to change their factors.
pub(in crate::flow) fn is_open(env: &Env, inside: &Inside, now: DateTime<Utc>) -> bool {
    shown(env, inside, now) >= Some(needed(env, &inside.known, now))
}

/// What the person has shown in this session of late, as a level.
pub(in crate::flow) fn shown(env: &Env, inside: &Inside, now: DateTime<Utc>) -> Option<Level> {
    let mut evidence = inside.session.value.evidence().evidence;
    evidence.retain(|held| held.at() >= now - FRESH);
    worth(env, &inside.known, &evidence, now)
}

/// The level that the person reaches with all they have, or with all but the credential `without`.
fn reach(env: &Env, known: &Known, without: Option<&str>, now: DateTime<Utc>) -> Option<Level> {
    let left = active(known).map(|one| &one.value).filter(|one| Some(one.id.as_str()) != without);
    let offered = &env.settings.levels.offered;
    let left = left.filter(|one| !one.secret.is_spent());
    let left: Vec<Evidence> = left
        .flat_map(|one| one.secret.factors().iter().map(move |factor| held_by(one, *factor, now)))
        .filter(|held| offered.contains(&held.factor()))
        .collect();
    worth(env, known, &left, now)
}

/// What `evidence` is worth with the best of the person's identities.
fn worth(env: &Env, known: &Known, evidence: &[Evidence], now: DateTime<Utc>) -> Option<Level> {
    let good = known.person.identities.iter().filter(|one| one.is_good(now.date_naive()));
    let proofed = good.map(|one| one.proofing.as_ref().map(|proofing| proofing.method));
    proofed.filter_map(|method| assess(evidence, method, &env.settings.levels)).max()
}

fn as_held(one: &Credential, now: DateTime<Utc>) -> Evidence {
    held_by(one, one.secret.factor(), now)
}

fn held_by(one: &Credential, factor: Factor, now: DateTime<Utc>) -> Evidence {
    match one.secret.card() {
        Some(card) => Evidence::vouched(factor, now, one.binding, card.issuer.clone()),
        None => Evidence::held(factor, now, one.binding),
    }
}

/// Where whoever has not shown enough is told so.
pub(in crate::flow) const LOCKED: &str = "/account/factors?done=locked";

/// How long what was shown lets the person change their factors.
pub(in crate::flow) const FRESH: TimeDelta = TimeDelta::minutes(10);

/// The name of a person's recovery codes among their credentials.
const RECOVERY_CODES: &str = "recovery-codes";
