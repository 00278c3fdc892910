//! A person's telephone for codes by SMS, at their own pages: chosen by them (IC-08), and theirs once a code that was
//! sent there came back.

use chrono::{DateTime, Utc};

use crate::assurance::binding::added;
use crate::assurance::factor::Factor;
use crate::assurance::level::Level;
use crate::enrolment::credential::{Credential, CredentialState, Secret};
use crate::factors::sms::{self, BadNumber, Challenge, MaySend, Number, Sent, Verdict};
use crate::flow::account::{Inside, inside, inside_with_form, welcome};
use crate::flow::adding::{NewNumber, NumberNotice};
use crate::flow::advance::ROUNDS;
use crate::flow::env::Env;
use crate::flow::factors::{self, LOCKED};
use crate::flow::failure::Failure;
use crate::flow::notice;
use crate::flow::prove::seconds_until;
use crate::flow::reply::{AccountPage, Reply};
use crate::flow::texting::{self, Wanted};
use crate::flow::visit::Visitor;
use crate::identity::attributes::AttributeName;
use crate::login::attempts::Attempts;
use crate::store::port::{Committed, Durability};
use crate::store::record::{Batch, Loaded};
use crate::store::sms::{self as kept, Purse};
use crate::store::{attempts, credentials};
use crate::texts::mail::Event;

/// Asks for the number; that of the person's profile is there to begin with (BI-03).
pub async fn begin(env: &Env, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let begun = async {
        let Some(inside) = inside(env, visitor, now).await? else { return Ok(welcome()) };
        if let Some(elsewhere) = elsewhere(env, &inside, now) {
            return Ok(elsewhere);
        }
        let number = inside.known.account.value.attribute(AttributeName::MobilePhone);
        let number = number.unwrap_or_default().to_owned();
        Ok(page(inside.csrf, number, None, None))
    };
    begun.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// Sends a code to the number that was typed.
pub async fn send(env: &Env, csrf: &str, typed: &str, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let sent = async {
        let Some(inside) = inside_with_form(env, csrf, visitor, now).await? else {
            return Ok(welcome());
        };
        if let Some(elsewhere) = elsewhere(env, &inside, now) {
            return Ok(elsewhere);
        }
        let texting = env.texting.as_ref().ok_or(Failure::NoSuchFactor)?;
        let typed: String = typed.trim().chars().take(LONGEST).collect();
        let number = match Number::read(&typed, &texting.country, &texting.served) {
            Ok(number) => number,
            Err(error) => {
                let notice = match error {
                    BadNumber::Form => NumberNotice::Form,
                    BadNumber::NotServed => NumberNotice::NotServed,
                };
                return Ok(page(inside.csrf, typed, None, Some(notice)));
            }
        };
        let wanted = Wanted {
            subject: &inside.known.account.value.subject,
            number: &number,
            id: &inside.session.value.id,
            service: None,
            confirming: true,
        };
        let notice = match texting::send(env, wanted, visitor, now).await? {
            MaySend::Allowed => return Ok(page(inside.csrf, typed, Some(number.masked()), None)),
            MaySend::WaitUntil(until) => NumberNotice::Wait { seconds: seconds_until(until, now) },
            MaySend::Spent { .. } => NumberNotice::Spent,
        };
        Ok(page(inside.csrf, typed, None, Some(notice)))
    };
    sent.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// Takes the code that was sent: the telephone is the person's, bound at what they have shown.
pub async fn confirm(env: &Env, csrf: &str, code: &str, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let confirmed = async {
        for _ in 0..ROUNDS {
            let Some(inside) = inside_with_form(env, csrf, visitor, now).await? else {
                return Ok(welcome());
            };
            if let Some(reply) = attempt(env, inside, code, visitor, now).await? {
                return Ok(reply);
            }
        }
        Err(Failure::Contention)
    };
    confirmed.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// One attempt; `None` when somebody was ahead.
async fn attempt(
    env: &Env,
    inside: Inside,
    code: &str,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Reply>, Failure> {
    if let Some(elsewhere) = elsewhere(env, &inside, now) {
        return Ok(Some(elsewhere));
    }
    let Some(shown) = factors::shown(env, &inside, now) else {
        return Ok(Some(Reply::ToAccount(LOCKED)));
    };
    let (records, subject) = (env.records(), &inside.known.account.value.subject);
    let purpose = kept::purpose(records, &inside.session.value.id)?;
    let sent: Option<Loaded<Challenge>> = kept::challenge(records, subject, now).await?;
    let sent = sent.filter(|one| one.value.purpose == purpose && one.value.is_live(now));
    let Some(sent) = sent else {
        let late = Some(NumberNotice::Late);
        return Ok(Some(page(inside.csrf, String::new(), None, late)));
    };
    let (number, masked) = (sent.value.number.clone(), sent.value.number.masked());
    let whole = number.as_str().to_owned();
    let Some(code) = sms::read_code(code) else {
        let notice = Some(NumberNotice::NotACode);
        return Ok(Some(page(inside.csrf, whole, Some(masked), notice)));
    };
    let digest = kept::blind_code(records, subject, &purpose, &code)?;
    let mut batch = Batch::new();
    if sent.value.check(&digest, now) == Verdict::Held {
        batch.take(&sent);
        let counted: Loaded<Sent> = kept::counted(records, Purse::Person(subject), now).await?;
        let arrived = sms::held(&counted.value);
        batch.replace(records, &counted, &arrived, Some(Sent::keep_until(now)))?;
        return keep(env, batch, &inside, &number, shown, visitor, now).await;
    }
    let failed = sent.value.clone().failed();
    kept::put(records, &mut batch, subject, Some(&sent), &failed, failed.expires())?;
    if batch.commit(&*env.store, Durability::Durable, now).await? != Committed::Done {
        return Ok(None);
    }
    Ok(Some(match failed.is_live(now) {
        true => page(inside.csrf, whole, Some(masked), Some(NumberNotice::Wrong)),
        false => page(inside.csrf, whole, None, Some(NumberNotice::Late)),
    }))
}

/// Keeps the telephone. `None` when somebody was ahead.
async fn keep(
    env: &Env,
    mut batch: Batch,
    inside: &Inside,
    number: &Number,
    shown: Level,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Reply>, Failure> {
    let (known, records) = (&inside.known, env.records());
    let account = &known.account.value;
    let credential = Credential {
        id: TELEPHONE.to_owned(),
        subject: account.subject.clone(),
        state: CredentialState::Active,
        binding: added(shown),
        enrolled: now,
        last_used: None,
        secret: Secret::Sms { number: number.as_str().to_owned() },
    };
    match known.credential(TELEPHONE) {
        Some(before) => credentials::update(records, &mut batch, before, &credential)?,
        None => credentials::add(records, &mut batch, &credential)?,
    }
    let counted = attempts::load(records, &account.subject, Factor::Sms, now).await?;
    attempts::update(records, &mut batch, &counted, &Attempts::default(), Factor::Sms, now)?;
    known.expect_unchanged(&mut batch);
    notice::tell(env, &mut batch, account, Event::NewNumber, None, visitor, now)?;
    if batch.commit(&*env.store, Durability::Durable, now).await? != Committed::Done {
        return Ok(None);
    }
    let (subject, support_id) = (account.subject.as_str(), visitor.support_id);
    let (factor, binding) = (Factor::Sms.name(), credential.binding.name());
    tracing::info!(event = "factor.activated", factor, binding, subject, support_id);
    Ok(Some(Reply::ToAccount("/account/factors?done=number")))
}

/// Where whoever may not add a telephone is led: they have one, none can be had here, or they have not shown enough.
fn elsewhere(env: &Env, inside: &Inside, now: DateTime<Utc>) -> Option<Reply> {
    if env.texting.is_none() || inside.known.sms().is_some() {
        return Some(Reply::ToAccount("/account/factors?done=gone"));
    }
    (!factors::is_open(env, inside, now)).then_some(Reply::ToAccount(LOCKED))
}

fn page(
    csrf: String,
    number: String,
    sent_to: Option<String>,
    notice: Option<NumberNotice>,
) -> Reply {
    let new = NewNumber { csrf, number, sent_to, notice };
    Reply::Account(Box::new(AccountPage::NewNumber(new)))
}

/// The name of a person's telephone among their credentials.
const TELEPHONE: &str = "sms";
/// Characters of a number that are shown again.
const LONGEST: usize = 40;
