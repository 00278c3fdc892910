//! A phone has a request before its eyes, and answers it: once.

use chrono::{DateTime, Utc};

use crate::assurance::factor::Factor;
use crate::enrolment::credential::{Credential, Secret};
use crate::factors::approval::{Answer, Approval, Standing, read_code, read_number};
use crate::factors::passkey::claimed;
use crate::factors::phone_key::{self, BadPin, acceptable};
use crate::factors::prompts::Prompts;
use crate::flow::advance::ROUNDS;
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::notice;
use crate::flow::passkey::relying_party;
use crate::flow::phone::enrol::{self, told};
use crate::flow::phone::home::{Handset, Phone, is_current, phone, phone_with_form};
use crate::flow::phone::pin::{self, Checked, Typed};
use crate::flow::phone::reply::{PhoneReply, Question, Told, Wrong};
use crate::flow::prove::Attempt;
use crate::flow::reply::Reply;
use crate::flow::visit::Visitor;
use crate::login::attempts::{self as rule, MayTry};
use crate::store::port::{Committed, Durability};
use crate::store::record::{Batch, Loaded};
use crate::store::{approvals, attempts, credentials};
use crate::texts::mail::Event;

/// Opens what the phone scanned, typed or chose: an enrolment, with a PIN if its person wants one, or a request.
pub async fn open(
    env: &Env,
    handset: Handset<'_>,
    code: &str,
    with_pin: bool,
    visitor: &Visitor<'_>,
) -> Reply {
    let now = env.clock.now();
    let opened = async {
        if !is_current(env, handset) {
            return Ok(told(Told::TooOld));
        }
        let Some(code) = read_code(code) else { return Ok(told(Told::NoSuchCode)) };
        let begun = match with_pin {
            true => pin::begin(env, &code, None, now).await?,
            false => enrol::begin(env, &code, false, now).await?,
        };
        if let Some(reply) = begun {
            return Ok(reply);
        }
        let Some(phone) = phone(env, handset.cookie, now).await? else {
            let asked: Option<Loaded<Approval>> =
                approvals::by_code(env.records(), &code, now).await?;
            return Ok(told(asked.map_or(Told::NoSuchCode, |_| Told::NotLinked)));
        };
        for _ in 0..ROUNDS {
            if let Some(reply) = look(env, &phone, &code, now).await? {
                return Ok(reply);
            }
        }
        Err(Failure::Contention)
    };
    opened.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// The request `code`, if this phone may answer it now.
async fn found(
    env: &Env,
    phone: &Phone,
    code: &str,
    now: DateTime<Utc>,
) -> Result<Result<Loaded<Approval>, Told>, Failure> {
    let found: Option<Loaded<Approval>> = approvals::by_code(env.records(), code, now).await?;
    // A newer request of the same login took its place; or it is another person's.
    let is_it = |one: &Loaded<Approval>| {
        one.value.code == code && one.value.is_for(&phone.known.account.value.subject)
    };
    let Some(found) = found.filter(is_it) else { return Ok(Err(Told::NoSuchCode)) };
    let offered = |factor| env.settings.levels.offered.contains(&factor);
    let by = found.value.factor;
    Ok(match found.value.standing(now) {
        Standing::Waiting | Standing::Opened if offered(by) => {
            match phone.credential.value.secret.approves(by) {
                Some(factor) if offered(factor) => Ok(found),
                Some(_) => Err(Told::NoPins),
                None => Err(Told::NotAlone),
            }
        }
        _ => Err(Told::Over),
    })
}

/// One attempt; `None` when somebody was ahead.
async fn look(
    env: &Env,
    phone: &Phone,
    code: &str,
    now: DateTime<Utc>,
) -> Result<Option<Reply>, Failure> {
    let seen = match found(env, phone, code, now).await? {
        Ok(seen) => seen,
        Err(what) => return Ok(Some(told(what))),
    };
    let opened = seen.value.clone().open(&phone.known.account.value.subject, now);
    let mut batch = Batch::new();
    batch.replace(env.records(), &seen, &opened, Some(opened.asked + KEPT))?;
    if batch.commit(&*env.store, Durability::Durable, now).await? != Committed::Done {
        return Ok(None);
    }
    env.waiting.tell(&seen.key().name);
    question(env, phone, &phone.credential.value.secret, &opened, None).map(Some)
}

/// What `phone`, whose secret is this by now, is asked.
fn question(
    env: &Env,
    phone: &Phone,
    secret: &Secret,
    approval: &Approval,
    wrong: Option<Wrong>,
) -> Result<Reply, Failure> {
    let ours = relying_party(env).ok_or(Failure::NoSuchFactor)?;
    let (options, signs) = match secret {
        Secret::App { pin: Some(pin), .. } => {
            let parts = phone_key::approving(pin.challenge(), approval);
            (String::new(), phone_key::text(&parts, None))
        }
        Secret::App { id, .. } => {
            // The script makes the challenge of what its person saw and typed; this one is for nothing.
            let begun = ours.begin_assertion(&[id]);
            let begun = begun.map_err(|refused| Failure::Credential(Box::new(refused)))?;
            (begun.options, approval.signs())
        }
        _ => return Err(Failure::NoSuchFactor),
    };
    Ok(Reply::Phone(PhoneReply::Question(Box::new(Question {
        csrf: phone.csrf.clone(),
        code: approval.code.clone(),
        factor: approval.factor.name(),
        party: approval.party.clone(),
        service: approval.service.clone(),
        matches: approval.number.is_some(),
        wrong,
        network: approval.network.clone(),
        browser: approval.browser.clone(),
        asked: approval.asked,
        options,
        pin: pin::state(secret),
        signs,
        username: phone.known.account.value.username.clone(),
    }))))
}

/// What the phone's person pressed.
///
/// A PIN is for no log, so it has no `Debug`.
#[derive(Clone, Copy)]
pub enum Decision<'a> {
    /// Approve: what was typed, and what the key signed.
    Approve(Yes<'a>),
    /// Deny.
    Deny,
    /// It was not me.
    Report,
}

/// What approves a request.
#[derive(Clone, Copy)]
pub struct Yes<'a> {
    /// The number.
    pub number: &'a str,
    /// The authenticator's answer; or the signature of a key that none keeps.
    pub answer: &'a str,
    /// The PIN beside such a key; empty beside others.
    pub pin: &'a str,
}

/// Takes the answer to the request `code`. Of several that come at once, one counts.
pub async fn answer(
    env: &Env,
    handset: Handset<'_>,
    csrf: &str,
    code: &str,
    decision: Decision<'_>,
    visitor: &Visitor<'_>,
) -> Reply {
    let now = env.clock.now();
    let answered = async {
        let Some(code) = read_code(code) else { return Ok(told(Told::NoSuchCode)) };
        for _ in 0..ROUNDS {
            let phone = match phone_with_form(env, handset, csrf, now).await? {
                Ok(phone) => phone,
                Err(what) => return Ok(told(what)),
            };
            let seen = match found(env, &phone, &code, now).await? {
                Ok(seen) => seen,
                Err(what) => return Ok(told(what)),
            };
            let reply = match decision {
                Decision::Approve(yes) => approve(env, &phone, &seen, yes, visitor, now).await?,
                Decision::Deny => deny(env, &phone, &seen, false, visitor, now).await?,
                Decision::Report => deny(env, &phone, &seen, true, visitor, now).await?,
            };
            if let Some(reply) = reply {
                return Ok(reply);
            }
        }
        Err(Failure::Contention)
    };
    answered.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// One attempt; `None` when somebody was ahead.
async fn approve(
    env: &Env,
    phone: &Phone,
    seen: &Loaded<Approval>,
    yes: Yes<'_>,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Reply>, Failure> {
    let (records, subject) = (env.records(), &phone.known.account.value.subject);
    let counted = attempts::load(records, subject, Factor::Push, now).await?;
    match rule::may_try(&counted.value, Factor::Push, true, now) {
        MayTry::Allowed => {}
        MayTry::WaitUntil(_) | MayTry::Blocked => return Ok(Some(told(Told::Refused))),
    }
    let attempt = Attempt {
        subject,
        account: Some(&phone.known.account.value),
        factor: Factor::Push,
        counted: &counted,
        familiar: true,
    };
    let mut batch = Batch::new();
    let typed = read_number(yes.number).filter(|_| seen.value.number.is_some());
    if typed != seen.value.number {
        let mistaken = seen.value.clone().mistaken();
        attempt.failed(env, &mut batch, seen.value.factor.name(), visitor, now)?;
        batch.replace(records, seen, &mistaken, Some(mistaken.asked + KEPT))?;
        if batch.commit(&*env.store, Durability::Durable, now).await? != Committed::Done {
            return Ok(None);
        }
        env.waiting.tell(&seen.key().name);
        return match mistaken.answer {
            Some(_) => Ok(Some(told(Told::Over))),
            None => {
                let secret = &phone.credential.value.secret;
                question(env, phone, secret, &mistaken, Some(Wrong::Number)).map(Some)
            }
        };
    }
    let secret = match &phone.credential.value.secret {
        Secret::App { pin: Some(_), .. } => {
            match by_pin(env, phone, &seen.value, typed, yes, visitor, now).await? {
                Ok(secret) => secret,
                Err(reply) => return Ok(reply),
            }
        }
        secret => match by_authenticator(env, secret, &seen.value, typed, yes.answer)? {
            Ok(secret) => secret,
            Err(why) => {
                tracing::info!(
                    event = "phone.refused",
                    why,
                    subject = subject.as_str(),
                    support_id = visitor.support_id
                );
                attempt.failed(env, &mut batch, seen.value.factor.name(), visitor, now)?;
                let done = batch.commit(&*env.store, Durability::Durable, now).await?;
                return Ok((done == Committed::Done).then(|| told(Told::Refused)));
            }
        },
    };
    let used = Credential { secret, last_used: Some(now), ..phone.credential.value.clone() };
    credentials::update(records, &mut batch, &phone.credential, &used)?;
    attempt.held(env, &mut batch, now)?;
    let prompts: Loaded<Prompts> = approvals::prompts(records, subject, now).await?;
    let until = Some(Prompts::keep_until(now));
    batch.replace(records, &prompts, &prompts.value.approved(), until)?;
    let credential = phone.credential.value.id.clone();
    let said = Answer::Approved { subject: subject.clone(), credential, at: now };
    let approved = seen.value.clone().answered(said);
    batch.replace(records, seen, &approved, Some(now + KEPT))?;
    if batch.commit(&*env.store, Durability::Durable, now).await? != Committed::Done {
        return Ok(None);
    }
    env.waiting.tell(&seen.key().name);
    let (factor, support_id) = (seen.value.factor.name(), visitor.support_id);
    tracing::info!(event = "phone.approved", factor, subject = subject.as_str(), support_id);
    Ok(Some(Reply::Phone(PhoneReply::ToHome { cookie: None, done: "approved" })))
}

/// The phone's secret once its authenticator has signed the request with the number; or why it has not.
fn by_authenticator(
    env: &Env,
    secret: &Secret,
    approval: &Approval,
    number: Option<u8>,
    answer: &str,
) -> Result<Result<Secret, Option<String>>, Failure> {
    let ours = relying_party(env).ok_or(Failure::NoSuchFactor)?;
    let Secret::App { name, id, key, device, push, pin: None } = secret else {
        return Err(Failure::NoSuchFactor);
    };
    let begun = ours.begin_approval(id, &approval.challenge(number));
    let begun = begun.map_err(|refused| Failure::Credential(Box::new(refused)))?;
    let is_its = claimed(answer).is_ok_and(|claimed| claimed.id == *id);
    Ok(match ours.finish_assertion(&begun.state, answer, key) {
        Ok(key) if is_its => Ok(Secret::App {
            name: name.clone(),
            id: id.clone(),
            key,
            device: device.clone(),
            push: push.clone(),
            pin: None,
        }),
        refused => Err(refused.err().map(|why| why.to_string())),
    })
}

/// The phone's secret once its key has signed the request with the number, and the PIN is right; or what is told, `None` when
/// somebody was ahead.
async fn by_pin(
    env: &Env,
    phone: &Phone,
    approval: &Approval,
    number: Option<u8>,
    yes: Yes<'_>,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Result<Secret, Option<Reply>>, Failure> {
    let secret = &phone.credential.value.secret;
    if !secret.is_locked() && acceptable(yes.pin) == Err(BadPin::Shape) {
        return Ok(Err(Some(question(env, phone, secret, approval, Some(Wrong::PinShape))?)));
    }
    let said = |challenge: &str| {
        let number = phone_key::number(number);
        phone_key::text(&phone_key::approving(challenge, approval), Some(&number))
    };
    let typed = Typed { pin: yes.pin, signature: yes.answer };
    let account = &phone.known.account.value;
    Ok(match pin::check(env, secret, said, typed).await? {
        Checked::Held(secret) => Ok(*secret),
        Checked::Locked => Err(Some(question(env, phone, secret, approval, None)?)),
        Checked::NotSigned => {
            pin::log_unsigned(account, visitor);
            Err(Some(told(Told::Refused)))
        }
        Checked::Wrong(after) => {
            let mut batch = Batch::new();
            pin::missed(env, &mut batch, phone, &after, visitor, now)?;
            if batch.commit(&*env.store, Durability::Durable, now).await? != Committed::Done {
                return Ok(Err(None));
            }
            pin::log_missed(&after, account, visitor);
            Err(Some(question(env, phone, &after, approval, Some(Wrong::Pin))?))
        }
    })
}

/// One attempt; `None` when somebody was ahead.
async fn deny(
    env: &Env,
    phone: &Phone,
    seen: &Loaded<Approval>,
    report: bool,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Reply>, Failure> {
    let (records, account) = (env.records(), &phone.known.account.value);
    let mut batch = Batch::new();
    let said = if report { Answer::Reported } else { Answer::Denied };
    let denied = seen.value.clone().answered(said);
    batch.replace(records, seen, &denied, Some(denied.asked + KEPT))?;
    if report {
        let subject = &account.subject;
        let prompts: Loaded<Prompts> = approvals::prompts(records, subject, now).await?;
        let until = Some(Prompts::keep_until(now));
        batch.replace(records, &prompts, &prompts.value.reported(now), until)?;
        let service = seen.value.service.as_ref();
        notice::tell(env, &mut batch, account, Event::RequestReported, service, visitor, now)?;
    }
    if batch.commit(&*env.store, Durability::Durable, now).await? != Committed::Done {
        return Ok(None);
    }
    env.waiting.tell(&seen.key().name);
    let (factor, support_id) = (seen.value.factor.name(), visitor.support_id);
    let subject = account.subject.as_str();
    if report {
        let network = &seen.value.network;
        tracing::warn!(
            event = "phone.reported",
            factor,
            subject,
            network,
            support_id,
            "a person says that a login of theirs is somebody else's"
        );
    } else {
        tracing::info!(event = "phone.denied", factor, subject, support_id);
    }
    let done = if report { "reported" } else { "denied" };
    Ok(Some(Reply::Phone(PhoneReply::ToHome { cookie: None, done })))
}

/// How long an answered request is kept: longer than it can be used.
const KEPT: chrono::TimeDelta = chrono::TimeDelta::minutes(20);
