//! A phone without an authenticator: a key that its browser keeps, and a PIN that is checked here, after the key and never
//! before it.

use chrono::{DateTime, Utc};

use crate::assurance::factor::Factor;
use crate::enrolment::credential::{Credential, Pin, Secret};
use crate::factors::approval::read_code;
use crate::factors::phone_key::{self, BadPin, PhoneKey, acceptable, text};
use crate::flow::advance::ROUNDS;
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::guarded::{hashed, holds};
use crate::flow::notice;
use crate::flow::phone::enrol::{Open, activate, has_enough, open, read_name, told};
use crate::flow::phone::home::{Handset, Phone, is_current, phone, phone_with_form};
use crate::flow::phone::reply::{NewPin, PhoneReply, PinChange, PinProblem, PinState, Told};
use crate::flow::reply::Reply;
use crate::flow::visit::Visitor;
use crate::identity::account::Account;
use crate::store::phones::{Enrolment, Made};
use crate::store::port::{Committed, Durability};
use crate::store::record::Batch;
use crate::store::{ceremonies, credentials};
use crate::telemetry::metrics;
use crate::texts::mail::Event;

/// Whether such phones may be linked here, and serve.
pub(in crate::flow) fn is_offered(env: &Env) -> bool {
    env.settings.levels.offered.contains(&Factor::PhonePin)
}

/// How the PIN of a phone with this secret stands, if it has one.
pub(in crate::flow) fn state(secret: &Secret) -> Option<PinState> {
    match secret {
        Secret::App { id, pin: Some(pin), .. } => {
            Some(PinState { key: id.clone(), left: pin.left() })
        }
        _ => None,
    }
}

/// What a person typed beside the signature of their phone's key. It is for no log, so it has no `Debug`.
#[derive(Clone, Copy)]
pub struct Typed<'a> {
    /// The PIN.
    pub pin: &'a str,
    /// What the key signed, base64url.
    pub signature: &'a str,
}

/// What came of them.
pub(in crate::flow) enum Checked {
    /// Both hold: the phone's secret from now on.
    Held(Box<Secret>),
    /// The key did not sign this; nothing was counted.
    NotSigned,
    /// The PIN is wrong: the phone's secret from now on.
    Wrong(Box<Secret>),
    /// Too many were wrong before.
    Locked,
}

/// Checks the signature over what `said` makes of the challenge, and then, if it holds, the PIN. What comes of it is worth
/// nothing until the secret that it returns is written in the place of the one that was read: so each challenge counts once.
pub(in crate::flow) async fn check(
    env: &Env,
    secret: &Secret,
    said: impl FnOnce(&str) -> String,
    typed: Typed<'_>,
) -> Result<Checked, Failure> {
    let Secret::App { name, id, key, device, push, pin: Some(pin) } = secret else {
        return Err(Failure::NoSuchFactor);
    };
    if pin.is_locked() {
        return Ok(Checked::Locked);
    }
    let public = PhoneKey::read(key).ok_or(Failure::NoSuchFactor)?;
    if !public.signed(&said(pin.challenge()), typed.signature) {
        return Ok(Checked::NotSigned);
    }
    let held = holds(env, Some(pin.hash().to_owned()), typed.pin).await?;
    let next = env.random.token();
    let pin = if held { pin.held(next) } else { pin.failed(next) };
    let secret = Box::new(Secret::App {
        name: name.clone(),
        id: id.clone(),
        key: key.clone(),
        device: device.clone(),
        push: push.clone(),
        pin: Some(Box::new(pin)),
    });
    Ok(if held { Checked::Held(secret) } else { Checked::Wrong(secret) })
}

/// Adds to `batch` that a wrong PIN was typed, after which `phone` has the secret `after`; the last one locks it, and its
/// person is told. Nothing is counted of the account: whoever tries has the phone.
pub(in crate::flow) fn missed(
    env: &Env,
    batch: &mut Batch,
    phone: &Phone,
    after: &Secret,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let changed = Credential { secret: after.clone(), ..phone.credential.value.clone() };
    credentials::update(env.records(), batch, &phone.credential, &changed)?;
    if after.is_locked() {
        let account = &phone.known.account.value;
        notice::tell(env, batch, account, Event::PhoneLocked, None, visitor, now)?;
    }
    Ok(())
}

/// Says so in the log, once it is on the disk.
pub(in crate::flow) fn log_missed(after: &Secret, account: &Account, visitor: &Visitor<'_>) {
    metrics::factor(Factor::PhonePin.name(), false);
    let (subject, support_id) = (account.subject.as_str(), visitor.support_id);
    let left = state(after).map_or(0, |pin| pin.left);
    tracing::info!(
        event = "factor.failed",
        factor = Factor::PhonePin.name(),
        left,
        subject,
        support_id
    );
    if left == 0 {
        tracing::warn!(event = "phone.locked", subject, support_id, "too many wrong PINs");
    }
}

/// That a key did not sign what it should have. It is counted nowhere: a signature is not guessed at, and who has the cookie
/// and not the key must not be able to lock anything.
pub(in crate::flow) fn log_unsigned(account: &Account, visitor: &Visitor<'_>) {
    let (subject, support_id) = (account.subject.as_str(), visitor.support_id);
    metrics::factor(Factor::PhonePin.name(), false);
    tracing::info!(event = "phone.refused", why = "not signed by its key", subject, support_id);
}

/// Shows the page that makes a key and takes a PIN for the enrolment under `code`; `None` if there is none.
pub(in crate::flow) async fn begin(
    env: &Env,
    code: &str,
    before: Option<(&str, PinProblem)>,
    now: DateTime<Utc>,
) -> Result<Option<Reply>, Failure> {
    if !is_offered(env) {
        return Ok(Some(told(Told::NoPins)));
    }
    let Some(Open { enrolment, known, .. }) = open(env, code, now).await? else {
        return Ok(None);
    };
    if has_enough(&known) {
        return Ok(Some(told(Told::TooMany)));
    }
    let challenge = env.random.token();
    let changed = Enrolment {
        state: None,
        made: None,
        challenge: Some(challenge.clone()),
        ..enrolment.value.clone()
    };
    let mut batch = Batch::new();
    batch.replace(env.records(), &enrolment, &changed, Some(changed.expires))?;
    if batch.commit(&*env.store, Durability::Durable, now).await? != Committed::Done {
        return Err(Failure::Contention);
    }
    Ok(Some(Reply::Phone(PhoneReply::EnrolPin(Box::new(NewPin {
        code: code.to_owned(),
        username: known.account.value.username.clone(),
        signs: text(&phone_key::linking(&challenge, code), None),
        name: before.map(|(name, _)| name.to_owned()),
        problem: before.map(|(_, problem)| problem),
    })))))
}

/// A key that a phone made, and the PIN that its person chose.
#[derive(Clone, Copy)]
pub struct Offered<'a> {
    /// What its person calls the phone.
    pub name: &'a str,
    /// The public key, 65 octets in base64url.
    pub key: &'a str,
    /// What it signed, base64url.
    pub signature: &'a str,
    /// The PIN.
    pub pin: &'a str,
    /// The PIN once more.
    pub again: &'a str,
}

fn chosen(pin: &str, again: &str) -> Result<(), PinProblem> {
    acceptable(pin).map_err(|bad| match bad {
        BadPin::Shape => PinProblem::Shape,
        BadPin::Trivial => PinProblem::Trivial,
    })?;
    if pin == again { Ok(()) } else { Err(PinProblem::Different) }
}

/// Takes a new key with a PIN: the phone that signed is the person's from now on (AR-06).
pub async fn link(
    env: &Env,
    handset: Handset<'_>,
    code: &str,
    offered: Offered<'_>,
    visitor: &Visitor<'_>,
) -> Reply {
    let now = env.clock.now();
    let linked = async {
        if !is_current(env, handset) {
            return Ok(told(Told::TooOld));
        }
        if !is_offered(env) {
            return Ok(told(Told::NoPins));
        }
        let Some(code) = read_code(code) else { return Ok(told(Told::NoSuchCode)) };
        let name = read_name(offered.name).ok_or(PinProblem::Name);
        let name = name.and_then(|name| chosen(offered.pin, offered.again).map(|()| name));
        let name = match name {
            Ok(name) => name,
            Err(problem) => {
                let again = begin(env, &code, Some((offered.name, problem)), now).await?;
                return Ok(again.unwrap_or_else(|| told(Told::NoSuchCode)));
            }
        };
        let Some(key) = PhoneKey::read(offered.key) else { return Ok(told(Told::Refused)) };
        let mut hash = None;
        for _ in 0..ROUNDS {
            let Some(found) = open(env, &code, now).await? else {
                return Ok(told(Told::NoSuchCode));
            };
            let Some(challenge) = &found.enrolment.value.challenge else {
                return Ok(told(Told::NoSuchCode));
            };
            let (id, parts) = (key.id(), phone_key::linking(challenge, &code));
            let is_taken = ceremonies::holder(env.records(), &id, now).await?.is_some();
            if is_taken || !key.signed(&text(&parts, Some(&id)), offered.signature) {
                log_unsigned(&found.known.account.value, visitor);
                return Ok(told(Told::Refused));
            }
            let hash = match &hash {
                Some(hash) => hash,
                None => hash.insert(hashed(env, offered.pin).await?),
            };
            let pin = Pin::new(hash.clone(), env.random.token());
            let made = Made { name: name.to_owned(), id, key: key.written() };
            if let Some(reply) = activate(env, &found, &made, Some(pin), visitor, now).await? {
                return Ok(reply);
            }
        }
        Err(Failure::Contention)
    };
    linked.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// Shows the page on which another PIN is chosen.
pub async fn show(env: &Env, handset: Handset<'_>, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let shown = async {
        let phone = phone(env, handset.cookie, now).await?;
        let page = |phone: Phone| page(&phone, &phone.credential.value.secret, None);
        Ok(phone.map_or_else(|| told(Told::NotLinked), page))
    };
    shown.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// The page for `phone`, whose secret is this by now.
fn page(phone: &Phone, secret: &Secret, problem: Option<PinProblem>) -> Reply {
    let (Some(state), Secret::App { pin: Some(pin), .. }) = (state(secret), secret) else {
        return told(Told::NoPins);
    };
    Reply::Phone(PhoneReply::ChangePin(Box::new(PinChange {
        csrf: phone.csrf.clone(),
        pin: state,
        signs: text(&phone_key::changing(pin.challenge()), None),
        problem,
    })))
}

/// Another PIN.
#[derive(Clone, Copy)]
pub struct Change<'a> {
    /// The present one, and what the key signed.
    pub typed: Typed<'a>,
    /// The new one.
    pub new: &'a str,
    /// The new one once more.
    pub again: &'a str,
}

/// Takes another PIN for the present one and the key's signature.
pub async fn change(
    env: &Env,
    handset: Handset<'_>,
    csrf: &str,
    change: Change<'_>,
    visitor: &Visitor<'_>,
) -> Reply {
    let now = env.clock.now();
    let changed = async {
        let mut hash = None;
        for _ in 0..ROUNDS {
            let phone = match phone_with_form(env, handset, csrf, now).await? {
                Ok(phone) if is_offered(env) => phone,
                Ok(_) => return Ok(told(Told::NoPins)),
                Err(what) => return Ok(told(what)),
            };
            if let Err(problem) = chosen(change.new, change.again) {
                return Ok(page(&phone, &phone.credential.value.secret, Some(problem)));
            }
            if let Some(reply) = try_change(env, &phone, change, &mut hash, visitor, now).await? {
                return Ok(reply);
            }
        }
        Err(Failure::Contention)
    };
    changed.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// One attempt; `None` when somebody was ahead.
async fn try_change(
    env: &Env,
    phone: &Phone,
    change: Change<'_>,
    hash: &mut Option<String>,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Reply>, Failure> {
    let (secret, account) = (&phone.credential.value.secret, &phone.known.account.value);
    if state(secret).is_none() {
        return Ok(Some(told(Told::NoPins)));
    }
    let said = |challenge: &str| text(&phone_key::changing(challenge), None);
    let mut batch = Batch::new();
    let checked = check(env, secret, said, change.typed).await?;
    let mut secret = match checked {
        Checked::Held(secret) => *secret,
        Checked::NotSigned => {
            log_unsigned(account, visitor);
            return Ok(Some(told(Told::Refused)));
        }
        Checked::Locked => return Ok(Some(page(phone, secret, None))),
        Checked::Wrong(after) => {
            missed(env, &mut batch, phone, &after, visitor, now)?;
            if batch.commit(&*env.store, Durability::Durable, now).await? != Committed::Done {
                return Ok(None);
            }
            log_missed(&after, account, visitor);
            let left = state(&after).map_or(0, |pin| pin.left);
            return Ok(Some(page(phone, &after, Some(PinProblem::Wrong { left }))));
        }
    };
    let hash = match hash {
        Some(hash) => hash,
        None => hash.insert(hashed(env, change.new).await?),
    };
    if let Secret::App { pin: Some(pin), .. } = &mut secret {
        **pin = Pin::new(hash.clone(), env.random.token());
    }
    let used = Credential { secret, last_used: Some(now), ..phone.credential.value.clone() };
    credentials::update(env.records(), &mut batch, &phone.credential, &used)?;
    notice::tell(env, &mut batch, account, Event::PhonePinChanged, None, visitor, now)?;
    if batch.commit(&*env.store, Durability::Durable, now).await? != Committed::Done {
        return Ok(None);
    }
    let (subject, support_id) = (account.subject.as_str(), visitor.support_id);
    tracing::info!(event = "phone.pin-changed", subject, support_id);
    Ok(Some(Reply::Phone(PhoneReply::ToHome { cookie: None, done: "pin" })))
}
