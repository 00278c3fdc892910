//! Which card of its person it is: the first is bound by showing it, one that is known counts, a renewal takes the place
//! of what it renews, and any other waits for an operator (TS-04, IC-03).

use chrono::{DateTime, TimeDelta, Utc};

use crate::assurance::binding::first_card;
use crate::assurance::factor::Factor;
use crate::assurance::level::Level;
use crate::enrolment::card::Kept;
use crate::enrolment::credential::{Credential, CredentialState, Secret};
use crate::factors::card::judge::Held;
use crate::factors::card::trouble::Trouble;
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::notice;
use crate::flow::person::Known;
use crate::flow::visit::Visitor;
use crate::store::record::{Batch, Loaded};
use crate::store::{cards, credentials};
use crate::texts::mail::Event;

/// Which of a person's cards one is.
pub(in crate::flow) enum Which<'a> {
    /// This one.
    Bound(&'a Loaded<Credential>),
    /// The renewal of this one.
    Renewal(&'a Loaded<Credential>),
    /// The first that they show.
    First,
    /// One that waits for an operator's word.
    Waiting,
    /// One that was taken from them here.
    TakenAway,
    /// Another one.
    Other,
}

/// Which of the person's cards `held` is.
pub(in crate::flow) fn which<'a>(known: &'a Known, held: &Held) -> Which<'a> {
    let code = held.code.as_str();
    let mut cards = known.credentials.iter().filter_map(|one| {
        let card = one.value.secret.card()?;
        Some((one, card))
    });
    if let Some((one, _)) = cards.clone().find(|(_, card)| card.is(&held.shown, code)) {
        return match one.value.state {
            CredentialState::Active => Which::Bound(one),
            CredentialState::Pending => Which::Waiting,
            CredentialState::Lost | CredentialState::Revoked => Which::TakenAway,
        };
    }
    let renewed = cards
        .clone()
        .find(|(one, card)| one.value.is_active() && card.is_renewed_by(&held.shown, code));
    match renewed {
        Some((one, _)) => Which::Renewal(one),
        None if cards.next().is_none() => Which::First,
        None => Which::Other,
    }
}

/// Adds to `batch` what showing `held` changes; the level at which the card is bound.
///
/// # Errors
/// When something cannot be written.
pub(in crate::flow) fn bind(
    env: &Env,
    batch: &mut Batch,
    known: &Known,
    held: &Held,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Result<Level, Trouble>, Failure> {
    let records = env.records();
    let account = &known.account.value;
    match which(known, held) {
        Which::Bound(one) => {
            let last = one.value.last_used;
            if last.is_some_and(|last| last <= now && now - last < AS_RECENT) {
                batch.expect(one);
            } else {
                let used = Credential { last_used: Some(now), ..one.value.clone() };
                credentials::update(records, batch, one, &used)?;
            }
            Ok(Ok(one.value.binding))
        }
        Which::Renewal(one) => {
            let renewals =
                one.value.secret.card().map_or(1, |card| card.renewals.saturating_add(1));
            credentials::update(records, batch, one, &one.value.clone().revoke())?;
            let mut new = credential(env, known, held, CredentialState::Active, now);
            new.binding = one.value.binding;
            if let Secret::Card(card) = &mut new.secret {
                card.renewals = renewals;
            }
            credentials::add(records, batch, &new)?;
            notice::tell(env, batch, account, Event::NewCard, None, visitor, now)?;
            log("card.renewed", known, held, visitor);
            Ok(Ok(new.binding))
        }
        Which::First => {
            let mut new = credential(env, known, held, CredentialState::Active, now);
            // Of two that come first at once, one is.
            FIRST.clone_into(&mut new.id);
            credentials::add(records, batch, &new)?;
            cards::note_holder(records, batch, &account.subject)?;
            notice::tell(env, batch, account, Event::NewCard, None, visitor, now)?;
            log("card.bound", known, held, visitor);
            Ok(Ok(new.binding))
        }
        Which::Other => {
            let waiting = known.credentials.iter().filter(|one| {
                one.value.secret.card().is_some() && one.value.state == CredentialState::Pending
            });
            if waiting.count() < MOST_WAITING {
                let new = credential(env, known, held, CredentialState::Pending, now);
                credentials::add(records, batch, &new)?;
                notice::tell(env, batch, account, Event::CardWaits, None, visitor, now)?;
                log("card.waits", known, held, visitor);
            }
            Ok(Err(Trouble::SecondCard))
        }
        Which::Waiting => Ok(Err(Trouble::SecondCard)),
        Which::TakenAway => Ok(Err(Trouble::TakenAway)),
    }
}

fn credential(
    env: &Env,
    known: &Known,
    held: &Held,
    state: CredentialState,
    now: DateTime<Utc>,
) -> Credential {
    Credential {
        id: env.random.token(),
        subject: known.account.value.subject.clone(),
        state,
        binding: first_card(),
        enrolled: now,
        last_used: (state == CredentialState::Active).then_some(now),
        secret: Secret::Card(Box::new(Kept {
            shown: held.shown.clone(),
            code: held.code.as_str().to_owned(),
            issuer: held.issuer.clone(),
            cns_like: held.kind.factor() == Factor::CnsLike,
            renewals: 0,
            told: None,
        })),
    }
}

fn log(event: &'static str, known: &Known, held: &Held, visitor: &Visitor<'_>) {
    let (serial, issuer) = (&held.shown.serial, &held.shown.issuer);
    let subject = known.account.value.subject.as_str();
    let support_id = visitor.support_id;
    tracing::info!(event, subject, serial, issuer, support_id);
}

/// The id of the card that was bound by showing it.
const FIRST: &str = "card";
const MOST_WAITING: usize = 3;
/// A use this long ago counts as the last one still.
const AS_RECENT: TimeDelta = TimeDelta::minutes(1);
