//! At the card's listener: the certificate of the handshake is judged, the ticket is used up, and the browser is sent back
//! with a code that it alone has.

use chrono::{DateTime, TimeDelta, Utc};

use crate::factors::card::judge::{Judged, judge};
use crate::flow::card::house::Cards;
use crate::flow::card::revocation::standing;
use crate::flow::card::visit::{Came, Found, Purpose, Visit};
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
    let came = came(cards, &visit.value.purpose, certificate, now).await;
    let code = env.random.token();
    let back = match &came.purpose {
        Purpose::Login(handle) => format!("/login/{handle}/card/{code}"),
        Purpose::Check(_) => format!("/smart-card/{code}"),
    };
    match use_up(env, &visit, &code, &came, now).await? {
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
    batch.replace(env.records(), visit, &used, Some(visit.value.expires + KEPT))?;
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
    let support_id = match purpose {
        Purpose::Login(handle) => login_support_id(handle),
        Purpose::Check(_) => "check".to_owned(),
    };
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
    Came { purpose: purpose.clone(), shown, found }
}

fn too_late(purpose: &Purpose) -> String {
    match purpose {
        Purpose::Login(handle) => format!("/login/{handle}?by=smart-card"),
        Purpose::Check(_) => "/smart-card?done=late".to_owned(),
    }
}

/// How long the browser may take to come back.
const CODE_LASTS: TimeDelta = TimeDelta::minutes(2);
const KEPT: TimeDelta = TimeDelta::minutes(15);
