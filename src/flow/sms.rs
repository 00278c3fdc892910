//! Codes by SMS in a login: sent once a first factor held, to the person's own telephone, and taken back.

use chrono::{DateTime, Utc};

use crate::assurance::factor::Factor;
use crate::enrolment::credential::Secret;
use crate::factors::sms::{self, BadNumber, Challenge, MaySend, Number, Sent, Verdict};
use crate::flow::advance::{advance, page};
use crate::flow::code::{has_held, looks_like_a_code, used};
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::person::{self, Known};
use crate::flow::prove::seconds_until;
use crate::flow::reply::{Notice, Reply, Show};
use crate::flow::texting::{self, Wanted};
use crate::flow::trial::{Checked, Trial, Trying, attempt};
use crate::flow::visit::{Visitor, enter_with_form};
use crate::flow::ways;
use crate::login::transaction::Transaction;
use crate::store::record::{Batch, Loaded};
use crate::store::sms::{self as kept, Purse};

/// The number of a stored telephone.
///
/// # Errors
/// [`BadNumber::Form`] when it is none.
pub(in crate::flow) fn read(number: &str) -> Result<Number, BadNumber> {
    Number::try_from(number.to_owned())
}

/// The number to which the person's codes go.
///
/// # Errors
/// When they have none.
pub(in crate::flow) fn number(known: Option<&Known>) -> Result<Number, Failure> {
    match known.and_then(Known::sms).map(|one| &one.value.secret) {
        Some(Secret::Sms { number }) => {
            read(number).map_err(|error| Failure::Credential(Box::new(error)))
        }
        _ => Err(Failure::NoSuchFactor),
    }
}

/// Shows the page that asks for a code. The first time in a login one is sent; a page that is loaded again sends none
/// as long as that one may hold.
pub(in crate::flow) async fn ask(
    env: &Env,
    login: &Transaction,
    known: Option<&Known>,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Reply, Failure> {
    let known = known.ok_or(Failure::NoSuchFactor)?;
    let number = number(Some(known))?;
    let purpose = kept::purpose(env.records(), &login.id)?;
    let subject = &known.account.value.subject;
    let sent: Option<Loaded<Challenge>> = kept::challenge(env.records(), subject, now).await?;
    let is_here = |sent: Loaded<Challenge>| {
        sent.value.purpose == purpose && sent.value.number == number && sent.value.is_live(now)
    };
    let notice = match sent.is_some_and(is_here) {
        true => None,
        false => send(env, login, known, &number, visitor, now).await?,
    };
    Ok(page(login, Show::Sms { number: number.masked(), again: false, notice }))
}

/// Sends a code; what stands in the way.
async fn send(
    env: &Env,
    login: &Transaction,
    known: &Known,
    number: &Number,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Notice>, Failure> {
    let wanted = Wanted {
        subject: &known.account.value.subject,
        number,
        id: &login.id,
        service: login.request.relying_party.service(),
        confirming: false,
    };
    Ok(match texting::send(env, wanted, visitor, now).await? {
        MaySend::Allowed => None,
        MaySend::WaitUntil(until) => Some(Notice::SmsWait { seconds: seconds_until(until, now) }),
        MaySend::Spent { .. } => Some(Notice::SmsSpent),
    })
}

/// Sends another code in the login `handle`; the one before holds no more.
pub async fn again(env: &Env, handle: &str, csrf: &str, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let walked = async {
        let loaded = enter_with_form(env, handle, csrf, visitor, now).await?;
        let login = &loaded.value;
        let known = person::of(env, login, now).await?;
        let due = ways::due(env, login, known.as_ref(), now);
        let ways = ways::ways(env, &due, known.as_ref());
        let Some(known) = known.as_ref().filter(|_| ways.contains(&Factor::Sms)) else {
            return advance(env, loaded, visitor, now).await;
        };
        let number = number(Some(known))?;
        let notice = send(env, login, known, &number, visitor, now).await?;
        let again = notice.is_none();
        let show = Show::Sms { number: number.masked(), again, notice };
        Ok(ways::with(page(login, show), ways))
    };
    walked.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// Checks the code that was sent; it holds once, and in the login for which it was sent.
pub async fn prove(
    env: &Env,
    handle: &str,
    csrf: &str,
    code: &str,
    visitor: &Visitor<'_>,
) -> Reply {
    attempt(env, handle, csrf, &Sms(code), visitor).await
}

struct Sms<'a>(&'a str);

impl Trial for Sms<'_> {
    const FACTOR: Factor = Factor::Sms;
    const NAME: &'static str = "sms";

    fn is_due(&self, env: &Env, login: &Transaction, known: &Known, _: DateTime<Utc>) -> bool {
        !has_held(login, Self::FACTOR) && env.texting.is_some() && known.sms().is_some()
    }

    fn misshapen(&self) -> Option<Notice> {
        (!looks_like_a_code(self.0)).then_some(Notice::NotACode)
    }

    async fn check(&self, trying: &Trying<'_>, batch: &mut Batch) -> Result<Checked, Failure> {
        let Trying { env, login, known, now, .. } = *trying;
        let records = env.records();
        let credential = known.sms().ok_or(Failure::NoSuchFactor)?;
        let number = number(Some(known))?;
        let subject = &known.account.value.subject;
        let purpose = kept::purpose(records, &login.id)?;
        let sent: Option<Loaded<Challenge>> = kept::challenge(records, subject, now).await?;
        let sent = sent.filter(|one| one.value.purpose == purpose && one.value.number == number);
        let (Some(sent), Some(code)) = (sent, sms::read_code(self.0)) else {
            return Ok(Checked::Wrong);
        };
        let digest = kept::blind_code(records, subject, &purpose, &code)?;
        if sent.value.check(&digest, now) != Verdict::Held {
            return Ok(Checked::Wrong);
        }
        batch.take(&sent);
        let counted: Loaded<Sent> = kept::counted(records, Purse::Person(subject), now).await?;
        let held = sms::held(&counted.value);
        batch.replace(records, &counted, &held, Some(Sent::keep_until(now)))?;
        used(trying, batch, credential, credential.value.secret.clone())
    }

    fn page(&self, trying: &Trying<'_>, notice: Option<Notice>) -> Result<Reply, Failure> {
        ways::again(trying, Self::FACTOR, notice)
    }

    fn wrong(&self, left: u8) -> Notice {
        Notice::WrongSms { left }
    }
}
