//! Codes leave by SMS: counted against the budgets, kept, and put into the outbox by one commit.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::factors::sms::{self, Budget, Challenge, Counted, MaySend, Number, Sent};
use crate::flow::advance::ROUNDS;
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::notice::local;
use crate::flow::visit::Visitor;
use crate::identity::subject::Subject;
use crate::login::request::LocalName;
use crate::store::outbox::{self, Queued};
use crate::store::port::{Committed, Durability};
use crate::store::record::{Batch, Loaded};
use crate::store::sms::{self as kept, Purse};
use crate::telemetry::metrics;
use crate::texts::sms::{Text, write};
use crate::world::outbox::{Body, Message, Outbox, Sms};

/// By what codes are sent, where to, and how many a day.
#[derive(Clone, Debug)]
pub struct Texting {
    /// Where they leave.
    pub outbox: Arc<dyn Outbox>,
    /// The country code of a number that is typed without one.
    pub country: String,
    /// How the numbers begin to which codes are sent.
    pub served: Vec<String>,
    /// How many a day.
    pub budget: Budget,
}

/// What is to be sent.
#[derive(Clone, Copy, Debug)]
pub(in crate::flow) struct Wanted<'a> {
    /// To whom.
    pub(in crate::flow) subject: &'a Subject,
    /// Where to.
    pub(in crate::flow) number: &'a Number,
    /// For which login, or session: no code holds for another.
    pub(in crate::flow) id: &'a str,
    /// The service that a login is for; `None` for a number that is to be confirmed.
    pub(in crate::flow) service: Option<&'a LocalName>,
    /// Whether a number is to be confirmed.
    pub(in crate::flow) confirming: bool,
}

/// Sends a new code, which takes the place of any before (BI-02); or says why not.
///
/// Whoever calls this has seen a first factor hold, or a session (BI-01).
///
/// # Errors
/// When no codes are sent here, or the store fails.
pub(in crate::flow) async fn send(
    env: &Env,
    wanted: Wanted<'_>,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<MaySend, Failure> {
    let texting = env.texting.as_ref().ok_or(Failure::NoSuchFactor)?;
    let (records, subject) = (env.records(), wanted.subject);
    let purpose = kept::purpose(records, wanted.id)?;
    for _ in 0..ROUNDS {
        let seen: Option<Loaded<Challenge>> = kept::challenge(records, subject, now).await?;
        let person: Loaded<Sent> = kept::counted(records, Purse::Person(subject), now).await?;
        let range = kept::counted(records, Purse::Range(wanted.number.range()), now).await?;
        let house = kept::counted(records, Purse::House, now).await?;
        let counted = Counted { person: &person.value, range: &range.value, house: &house.value };
        let may = sms::may_send(counted, texting.budget, now);
        if may != MaySend::Allowed {
            held_back(may, subject, visitor);
            return Ok(may);
        }
        let code = sms::code(&env.random);
        let digest = kept::blind_code(records, subject, &purpose, &code)?;
        let challenge = Challenge::new(purpose.clone(), wanted.number.clone(), digest, now);
        let queued = queued(env, wanted, &code, challenge.expires(), visitor, now);
        let mut batch = Batch::new();
        let until = challenge.expires();
        kept::put(records, &mut batch, subject, seen.as_ref(), &challenge, until)?;
        for purse in [&person, &range, &house] {
            let sent = sms::sent(&purse.value, now);
            batch.replace(records, purse, &sent, Some(Sent::keep_until(now)))?;
        }
        outbox::put(records, &mut batch, &queued, now)?;
        if batch.commit(&*env.store, Durability::Durable, now).await? == Committed::Done {
            let (subject, id) = (subject.as_str(), &queued.message.id);
            tracing::info!(event = "sms.queued", id, subject, support_id = visitor.support_id);
            return Ok(MaySend::Allowed);
        }
    }
    Err(Failure::Contention)
}

fn queued(
    env: &Env,
    wanted: Wanted<'_>,
    code: &str,
    until: DateTime<Utc>,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Queued {
    let language = visitor.language;
    let text = write(&Text {
        language,
        office: local(language, &env.settings.service).unwrap_or("ponte"),
        code,
        service: wanted.service.and_then(|name| local(language, name)),
        confirming: wanted.confirming,
        minutes: sms::LIFETIME.num_minutes(),
    });
    Queued {
        message: Message {
            id: env.random.token(),
            at: now,
            body: Body::Sms(Sms {
                to: wanted.number.as_str().to_owned(),
                text,
                until: Some(until),
            }),
        },
        what: SMS_CODE.to_owned(),
        subject: wanted.subject.clone(),
        tries: 0,
        until,
    }
}

/// A budget that is spent is told to whoever watches: it is too small, or somebody pumps.
fn held_back(may: MaySend, subject: &Subject, visitor: &Visitor<'_>) {
    let (subject, support_id) = (subject.as_str(), visitor.support_id);
    match may {
        MaySend::Spent { purse, until } => {
            metrics::notice(SMS_CODE, "over-budget");
            let purse = purse.name();
            tracing::warn!(event = "sms.over-budget", purse, %until, subject, support_id);
        }
        MaySend::WaitUntil(until) => {
            tracing::info!(event = "sms.too-soon", %until, subject, support_id);
        }
        MaySend::Allowed => {}
    }
}

/// What a message with a code is called in log and figures.
pub(in crate::flow) const SMS_CODE: &str = "sms-code";
