//! What a campaign asks of a person at login: each answer is kept, and "later" is for this login alone (BI-07 to BI-09).

use chrono::{DateTime, Utc};

use crate::enrolment::campaign::{Outcome, Progress, Task};
use crate::factors::sms::Number;
use crate::flow::advance::{ROUNDS, advance, page};
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::notice;
use crate::flow::person::{self, Known};
use crate::flow::prove::{Kept, keep};
use crate::flow::reply::{Reply, Show};
use crate::flow::visit::{Visitor, enter, enter_with_form};
use crate::identity::account::{Account, Identity};
use crate::identity::attributes::AttributeName;
use crate::identity::format;
use crate::login::step::Step;
use crate::store::record::{Batch, Loaded};
use crate::store::{accounts, campaigns};
use crate::texts::mail::Event;

/// What a page of a campaign shows.
#[derive(Debug)]
pub enum CampaignShow {
    /// Something to check.
    Task {
        /// What.
        task: Task,
        /// From when the password is not enough.
        until: DateTime<Utc>,
        /// What is on record, masked.
        shown: Option<String>,
        /// What was typed as a number and is none.
        wrong: Option<String>,
    },
    /// The password is not enough any more.
    Locked {
        /// Since when.
        since: DateTime<Utc>,
    },
}

/// What a person says to a task.
#[derive(Clone, Copy, Debug)]
pub enum Said<'a> {
    /// They will see to it at another login.
    Later,
    /// What is on record is right.
    Right,
    /// It is wrong, and the desk has to mend it.
    Wrong,
    /// Their telephone number is this (BI-07).
    Number(&'a str),
}

/// Takes what the person said to the task that is asked.
pub async fn said(
    env: &Env,
    handle: &str,
    csrf: &str,
    said: Said<'_>,
    visitor: &Visitor<'_>,
) -> Reply {
    let now = env.clock.now();
    let walked = async {
        let mut loaded = enter_with_form(env, handle, csrf, visitor, now).await?;
        for _ in 0..ROUNDS {
            let known = person::of(env, &loaded.value, now).await?;
            let person = known.as_ref().map(|known| &known.person);
            let step = loaded.value.next(person, &env.settings.levels, now);
            let (Step::Task { campaign, task, until }, Some(known)) = (step, &known) else {
                return advance(env, loaded, visitor, now).await;
            };
            let mut batch = Batch::new();
            let outcome = match answer(env, known, task, said, now) {
                Ok(outcome) => outcome,
                Err(NoNumber) => {
                    let (shown, wrong) = (known.shown(task), typed(said));
                    let show = CampaignShow::Task { task, until, shown, wrong };
                    return Ok(page(&loaded.value, Show::Campaign(show)));
                }
            };
            let login = match outcome {
                None => loaded.value.clone().postpone()?,
                Some((outcome, number)) => {
                    let subject = &known.account.value.subject;
                    let seen: Loaded<Progress> =
                        campaigns::load(env.records(), &campaign, subject, now).await?;
                    let mut progress = seen.value.clone();
                    progress.done.insert(task, (outcome, now));
                    if let Some(number) = number {
                        let (seen, account) = (&known.account, with_number(known, &number));
                        accounts::update(env.records(), &mut batch, seen, &account)?;
                        let event = Event::NumberOnRecord;
                        let service = loaded.value.request.relying_party.service();
                        notice::tell(env, &mut batch, &account, event, service, visitor, now)?;
                    }
                    campaigns::update(env.records(), &mut batch, &seen, &progress)?;
                    tracing::info!(
                        event = "campaign.task",
                        campaign,
                        task = task.name(),
                        ?outcome,
                        subject = subject.as_str(),
                        support_id = visitor.support_id
                    );
                    loaded.value.clone()
                }
            };
            match keep(env, batch, &loaded, login, false, visitor, now).await? {
                Some(Kept::Same(kept)) => return advance(env, *kept, visitor, now).await,
                Some(Kept::Risen(reply)) => return Ok(reply),
                None => loaded = enter(env, handle, visitor, now).await?,
            }
        }
        Err(Failure::Contention)
    };
    walked.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// It is no telephone number, or none of those to which codes are sent.
struct NoNumber;

/// What becomes of what the person said, with a number to be written; `None`: later. What is not on record can be neither right
/// nor wrong, and a wrong number is mended here, by the person.
fn answer(
    env: &Env,
    known: &Known,
    task: Task,
    said: Said<'_>,
    now: DateTime<Utc>,
) -> Result<Option<(Outcome, Option<String>)>, NoNumber> {
    let there = known.shown(task).is_some();
    Ok(match (said, task) {
        (Said::Right, _) if there => Some((Outcome::Confirmed, None)),
        (Said::Wrong, Task::RecoveryAddress) if there => Some((Outcome::Disputed, None)),
        (Said::Number(typed), Task::Number) => {
            let number = read(env, typed, now).ok_or(NoNumber)?;
            let before = known.account.value.attribute(AttributeName::MobilePhone);
            match before {
                Some(before) if before == number => Some((Outcome::Confirmed, None)),
                Some(_) => Some((Outcome::Corrected, Some(number))),
                None => Some((Outcome::Inserted, Some(number))),
            }
        }
        _ => None,
    })
}

/// The number in the form in which attributes have it; where codes are sent by SMS, only one to which they are.
pub(in crate::flow) fn read(env: &Env, typed: &str, now: DateTime<Utc>) -> Option<String> {
    let typed: String = typed.trim().chars().take(LONGEST).collect();
    let number = match &env.texting {
        Some(texting) => Number::read(&typed, &texting.country, &texting.served).ok()?,
        // Such a number is written with its country or is an Italian one.
        None => Number::read(&typed, "39", &["+".to_owned()]).ok()?,
    };
    format::read(AttributeName::MobilePhone, number.as_str(), now.date_naive()).ok()
}

fn typed(said: Said<'_>) -> Option<String> {
    match said {
        Said::Number(typed) => Some(typed.trim().chars().take(LONGEST).collect()),
        _ => None,
    }
}

/// The account with `number` wherever one is on record, else in the first identity.
pub(in crate::flow) fn with_number(known: &Known, number: &str) -> Account {
    let mut account = known.account.value.clone();
    let has = |one: &&mut Identity| one.attributes.get(AttributeName::MobilePhone).is_some();
    let mut written = false;
    for identity in account.identities.iter_mut().filter(has) {
        identity.attributes.set(AttributeName::MobilePhone, number);
        written = true;
    }
    if !written && let Some(first) = account.identities.first_mut() {
        first.attributes.set(AttributeName::MobilePhone, number);
    }
    account
}

/// Characters of a number that are shown again.
const LONGEST: usize = 40;
