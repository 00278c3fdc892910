//! At the card's listener: the certificate of the handshake is judged, the ticket is used up, and the browser is sent back
//! with a code that it alone has.

use chrono::{DateTime, TimeDelta, Utc};

use crate::enrolment::card::Shown;
use crate::factors::card::judge::{Judged, judge};
use crate::factors::card::standing::Standing;
use crate::factors::card::trouble::Trouble;
use crate::factors::card::workstation::{self, Machine, Workstation};
use crate::flow::card::house::{Cards, Workstations};
use crate::flow::card::revocation::{Asking, standing, standing_of};
use crate::flow::card::visit::{Came, Found, LASTS, LATE, Purpose, Visit};
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::visit::login_support_id;
use crate::store::cards::{self, Token};
use crate::store::port::{Committed, Durability};
use crate::store::record::{Batch, Loaded};
use crate::telemetry::metrics;

/// Takes the certificate (DER) that was shown with `ticket`, or that none was; where to send the browser: always to our
/// own pages, by path.
///
/// # Errors
/// When the store fails.
pub async fn show(
    env: &Env,
    cards: &Cards,
    ticket: &str,
    certificate: Option<&[u8]>,
) -> Result<String, Failure> {
    let now = env.clock.now();
    let visit = cards::load::<Visit>(env.records(), Token::Ticket(ticket), now).await?;
    let Some(visit) = visit else { return Ok("/smart-card?done=late".to_owned()) };
    if visit.value.used || visit.value.expires <= now {
        return Ok(too_late(&visit.value.purpose));
    }
    let wanted = cards.workstation_of(&visit.value.purpose).is_some();
    if wanted && visit.value.workstation.is_none() {
        return Ok(too_late(&visit.value.purpose));
    }
    let came = Came {
        workstation: visit.value.workstation.clone(),
        ..came(cards, &visit.value.purpose, certificate, now).await
    };
    send_back(env, &visit, &came, now).await
}

/// Takes the certificate (DER) that a workstation has shown with `ticket`, or that it showed none; where to send the browser: on
/// to the card's listener with a ticket of its own (an address), or back to our own pages (a path).
///
/// # Errors
/// When the store fails.
pub async fn show_workstation(
    env: &Env,
    cards: &Cards,
    ticket: &str,
    certificate: Option<&[u8]>,
) -> Result<String, Failure> {
    let now = env.clock.now();
    let visit = cards::load::<Visit>(env.records(), Token::Ticket(ticket), now).await?;
    let Some(visit) = visit else { return Ok("/smart-card?done=late".to_owned()) };
    let Visit { purpose, used, expires, workstation } = &visit.value;
    let wanted = cards.workstation_of(purpose).filter(|_| workstation.is_none());
    let (false, true, Some(wanted)) = (*used, now < *expires, wanted) else {
        return Ok(too_late(purpose));
    };
    match machine(cards, wanted, certificate, now).await {
        Ok(machine) => {
            let next = env.random.token();
            let mut batch = Batch::new();
            let spent = Visit { used: true, ..visit.value.clone() };
            batch.replace(env.records(), &visit, &spent, Some(*expires + LATE))?;
            let (serial, expires) = (machine.shown.serial.clone(), now + LASTS);
            let on = Visit { expires, workstation: Some(machine), ..visit.value.clone() };
            cards::open(env.records(), &mut batch, Token::Ticket(&next), &on, expires + LATE)?;
            if batch.commit(&*env.store, Durability::Durable, now).await? != Committed::Done {
                return Ok(too_late(purpose));
            }
            tracing::info!(event = "workstation.shown", support_id = support_id(purpose), serial);
            Ok(format!("{}card/{next}", cards.base_url))
        }
        Err((trouble, shown)) => {
            let (why, serial) = (trouble.name(), shown.as_ref().map(|one| &one.serial));
            tracing::warn!(
                event = "workstation.refused",
                support_id = support_id(purpose),
                why,
                serial
            );
            let (purpose, found) = (purpose.clone(), Found::Trouble(trouble));
            let came = Came { purpose, shown, found, workstation: None };
            send_back(env, &visit, &came, now).await
        }
    }
}

/// The workstation, if it is a registered one that stands.
async fn machine(
    cards: &Cards,
    wanted: &Workstations,
    certificate: Option<&[u8]>,
    now: DateTime<Utc>,
) -> Result<Machine, (Trouble, Option<Shown>)> {
    let found = workstation::judge(certificate, &wanted.authorities, now);
    let Workstation { authority, der, shown } = found.map_err(|trouble| (trouble, None))?;
    let about = &wanted.about;
    if !about.ocsp.is_empty() || !about.crl.is_empty() {
        let asking = Asking { der: &der, authority, serial: &shown.serial };
        if standing_of(cards, about, &asking, now).await != Standing::Good {
            return Err((Trouble::UnknownWorkstation, Some(shown)));
        }
    }
    Ok(Machine { shown })
}

async fn send_back(
    env: &Env,
    visit: &Loaded<Visit>,
    came: &Came,
    now: DateTime<Utc>,
) -> Result<String, Failure> {
    let code = env.random.token();
    let back = match &came.purpose {
        Purpose::Login(handle) => format!("/login/{handle}/card/{code}"),
        Purpose::Check(_) => format!("/smart-card/{code}"),
    };
    match use_up(env, visit, &code, came, now).await? {
        true => Ok(back),
        false => Ok(too_late(&visit.value.purpose)),
    }
}

/// Of two who show the same ticket one is sent on.
async fn use_up(
    env: &Env,
    visit: &Loaded<Visit>,
    code: &str,
    came: &Came,
    now: DateTime<Utc>,
) -> Result<bool, Failure> {
    let mut batch = Batch::new();
    let used = Visit { used: true, ..visit.value.clone() };
    batch.replace(env.records(), visit, &used, Some(visit.value.expires + LATE))?;
    cards::open(env.records(), &mut batch, Token::Code(code), came, now + CODE_LASTS)?;
    let done = batch.commit(&*env.store, Durability::Durable, now).await?;
    Ok(done == Committed::Done)
}

async fn came(
    cards: &Cards,
    purpose: &Purpose,
    certificate: Option<&[u8]>,
    now: DateTime<Utc>,
) -> Came {
    let Judged { shown, finding } = judge(certificate, &cards.issuers, cards.rules, now);
    let settled = match finding {
        Ok(sound) => {
            let standing = standing(cards, &sound, now).await;
            sound.settle(standing, cards.rules)
        }
        Err(trouble) => Err(trouble),
    };
    let found = match settled {
        Ok(held) => Found::Held(Box::new(held)),
        Err(trouble) => Found::Trouble(trouble),
    };
    let support_id = support_id(purpose);
    let (serial, issuer) = shown.as_ref().map(|one| (&one.serial, &one.issuer)).unzip();
    match &found {
        Found::Held(held) => {
            let (kind, most) = (held.kind, held.most.name());
            tracing::info!(event = "card.shown", support_id, serial, issuer, ?kind, most);
        }
        Found::Trouble(trouble) => {
            metrics::factor("smart-card", false);
            let why = trouble.name();
            tracing::info!(event = "card.refused", support_id, why, serial, issuer);
        }
    }
    Came { purpose: purpose.clone(), shown, found, workstation: None }
}

fn support_id(purpose: &Purpose) -> String {
    match purpose {
        Purpose::Login(handle) => login_support_id(handle),
        Purpose::Check(_) => "check".to_owned(),
    }
}

fn too_late(purpose: &Purpose) -> String {
    match purpose {
        Purpose::Login(handle) => format!("/login/{handle}?by=smart-card"),
        Purpose::Check(_) => "/smart-card?done=late".to_owned(),
    }
}

/// How long the browser may take to come back.
const CODE_LASTS: TimeDelta = TimeDelta::minutes(2);
