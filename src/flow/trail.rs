//! What the developer of a service provider is shown of its requests: noted beside a login, never in its way.
//!
//! A login hands over what it has and goes on: no disk, no check, nothing to wait for. A task of its own reviews and writes it a moment
//! later. Of one service provider twenty requests a minute are noted, and where the task does not keep up nothing is: a page for
//! developers is no register.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::flow::env::Env;
use crate::flow::limits::Limiter;
use crate::login::outcome::Outcome;
use crate::login::transaction::Transaction;
use crate::saml::authn_request::{Received, Receiving, Rejected, Window};
use crate::saml::binding::Binding;
use crate::saml::partner::ServiceProvider;
use crate::saml::response::ReplyTo;
use crate::saml::review::review;
use crate::saml::status::{Fault, FaultKind, refusal_number};
use crate::store::port::StoreError;
use crate::store::trails::{self, Broken, End, Kept, Unsigned};

/// Where logins hand over what is noted of them.
#[derive(Debug)]
pub struct Trail {
    sender: Sender<Event>,
    waiting: Mutex<Option<Receiver<Event>>>,
    /// How much is noted of one service provider.
    budget: Limiter,
    /// How much is noted in the name of one by whoever does not sign.
    strangers: Limiter,
    /// The requests whose end is wanted.
    open: Mutex<HashSet<u64>>,
    /// What came before is wanted too, since a restart forgets the others.
    since: DateTime<Utc>,
}

#[derive(Debug)]
enum Event {
    Came(Box<Came>),
    Ended { entity_id: String, request_id: String, at: DateTime<Utc>, end: End },
    Unsigned { entity_id: String, unsigned: Unsigned },
}

#[derive(Debug)]
struct Came {
    partner: Arc<ServiceProvider>,
    xml: String,
    request_id: String,
    posted: bool,
    at: DateTime<Utc>,
    fault: Option<Fault>,
}

impl Trail {
    /// Notes what comes from `now` on, once [`keep`] is polled.
    #[must_use]
    pub fn new(now: DateTime<Utc>) -> Self {
        let (sender, receiver) = channel(WAITING);
        Self {
            sender,
            waiting: Mutex::new(Some(receiver)),
            budget: Limiter::new(A_MINUTE),
            strangers: Limiter::new(1),
            open: Mutex::default(),
            since: now,
        }
    }

    /// Hands `event` over; false when the task does not keep up.
    fn hand(&self, event: Event) -> bool {
        self.sender.try_send(event).is_ok()
    }

    fn open(&self) -> std::sync::MutexGuard<'_, HashSet<u64>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Notes a request that was accepted.
pub(in crate::flow) fn accepted(env: &Env, received: Received, posted: bool) {
    let Some(trail) = &env.trail else { return };
    let (partner, at) = (received.partner, received.request.received);
    if trail.budget.take(&partner.entity_id, at).is_err() {
        return;
    }
    let (request_id, xml) = (received.request.id, received.xml);
    let hash = hash(&partner.entity_id, &request_id);
    let came = Came { partner, xml, request_id, posted, at, fault: None };
    if trail.hand(Event::Came(Box::new(came))) {
        let mut open = trail.open();
        if open.len() >= OPEN {
            open.clear();
        }
        open.insert(hash);
    }
}

/// Notes a request that was not. One that its service provider did not sign is anybody's: of it no more is kept than when it came and what
/// number it got, and only of the last one, so that nobody else can fill a developer's page.
pub(in crate::flow) fn rejected(env: &Env, rejected: &Rejected, posted: bool) {
    let Some(trail) = &env.trail else { return };
    let at = env.clock.now();
    let (fault, partner, xml, request_id) = match rejected {
        Rejected::Registered { fault, reply_to, partner, xml } => {
            let id = ReplyTo::decode(reply_to).map(|to| to.in_response_to).unwrap_or_default();
            (fault, partner, xml, id)
        }
        Rejected::Browser { fault, proven: Some(proven), .. } => {
            (fault, &proven.0, &proven.1, String::new())
        }
        Rejected::Browser { fault, claimed: Some(claimed), proven: None, .. } => {
            // Else the issuer is nobody's that we know.
            let is_known =
                matches!(fault.kind, FaultKind::RedirectSignature | FaultKind::PostSignature);
            if is_known && trail.strangers.take(claimed, at).is_ok() {
                let unsigned = Unsigned { at, number: fault.kind.number() };
                let _is_noted =
                    trail.hand(Event::Unsigned { entity_id: claimed.clone(), unsigned });
            }
            return;
        }
        Rejected::Browser { claimed: None, .. } => return,
    };
    if trail.budget.take(&format!("rejected {}", partner.entity_id), at).is_err() {
        return;
    }
    let (partner, xml, fault) = (Arc::clone(partner), xml.clone(), Some((**fault).clone()));
    let came = Came { partner, xml, request_id, posted, at, fault };
    let _is_noted = trail.hand(Event::Came(Box::new(came)));
}

/// Notes what came of the request of `transaction`.
pub(in crate::flow) fn ended(env: &Env, transaction: &Transaction, outcome: &Outcome) {
    let Some(trail) = &env.trail else { return };
    let request = &transaction.request;
    let entity_id = &request.relying_party.id;
    let is_noted = trail.open().remove(&hash(entity_id, &request.id));
    if !is_noted && request.received >= trail.since {
        return;
    }
    let end = match outcome {
        Outcome::Authenticated(person) => {
            End::Answered { level: person.achieved.name().to_owned() }
        }
        Outcome::Refused(refusal) => End::Refused { number: refusal_number(*refusal) },
    };
    let (entity_id, request_id, at) = (entity_id.clone(), request.id.clone(), request.received);
    let _is_noted = trail.hand(Event::Ended { entity_id, request_id, at, end });
}

/// Reviews and writes what is handed over, for as long as it is polled.
pub async fn keep(env: Arc<Env>) {
    let receiver = env
        .trail
        .as_ref()
        .and_then(|trail| trail.waiting.lock().unwrap_or_else(PoisonError::into_inner).take());
    let Some(mut receiver) = receiver else { return };
    while let Some(event) = receiver.recv().await {
        if let Err(error) = note(&env, event).await {
            tracing::warn!(event = "trail.failed", %error, "what a developer is shown was not noted");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn note(env: &Env, event: Event) -> Result<(), StoreError> {
    let (records, now) = (env.records(), env.clock.now());
    match event {
        Event::Came(came) => {
            let Some(kept) = kept(env, &came) else { return Ok(()) };
            trails::put(records, &came.partner.entity_id, &came.request_id, &kept, now).await
        }
        Event::Ended { entity_id, request_id, at, end } => {
            trails::end(records, &entity_id, &request_id, at, end, now).await
        }
        Event::Unsigned { entity_id, unsigned } => {
            trails::put_unsigned(records, &entity_id, &unsigned, now).await
        }
    }
}

/// What is kept of a request.
fn kept(env: &Env, came: &Came) -> Option<Kept> {
    let requests = env.settings.requests;
    let at = Receiving {
        identity_provider: &env.idp,
        now: came.at,
        window: Window { back: requests.window_back, ahead: requests.window_ahead },
    };
    let binding = if came.posted { Binding::Post } else { Binding::Redirect };
    let review = review(&came.xml, binding, &came.partner, &at)?;
    let mut broken: Vec<Broken> = review.broken.iter().map(said).collect();
    let is_there = |fault: &Fault| review.broken.iter().any(|one| one.rule == fault.rule);
    if let Some(fault) = came.fault.as_ref().filter(|fault| !is_there(fault)) {
        broken.push(said(fault));
    }
    let end = match &came.fault {
        Some(fault) => End::Rejected { number: fault.kind.number() },
        None => End::Open,
    };
    let (at, posted, table) = (came.at, came.posted, review.table.to_owned());
    Some(Kept { at, posted, request: review.shown, table, broken, end })
}

fn said(fault: &Fault) -> Broken {
    Broken {
        number: fault.kind.number(),
        element: fault.element.to_owned(),
        rule: fault.rule.to_owned(),
        expected: fault.expected.clone().into_owned(),
        found: fault.found.clone(),
    }
}

fn hash(entity_id: &str, request_id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (entity_id, request_id).hash(&mut hasher);
    hasher.finish()
}

/// How many wait to be written.
const WAITING: usize = 256;
/// How many requests of one service provider are noted in a minute, and as many that are refused.
const A_MINUTE: u32 = 20;
/// How many ends are waited for.
const OPEN: usize = 4096;
/// Between one and the next, so that the task takes little of a processor however much comes.
const PAUSE: Duration = Duration::from_millis(10);
