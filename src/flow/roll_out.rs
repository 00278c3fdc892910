//! Notices of campaigns leave: at each of the days that are configured, to whoever is not ready yet, once each (BI-16).

use chrono::{DateTime, TimeDelta, Utc};

use crate::enrolment::campaign::{Campaign, is_ready};
use crate::enrolment::credential::Credential;
use crate::factors::sms::Number;
use crate::flow::advance::ROUNDS;
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::notice::{self, local};
use crate::identity::account::Account;
use crate::identity::attributes::AttributeName;
use crate::identity::subject::Subject;
use crate::store::outbox::{self, Queued};
use crate::store::port::{Committed, Durability};
use crate::store::record::Batch;
use crate::store::{accounts, campaigns, credentials};
use crate::texts::language::Language;
use crate::texts::mail::Event;
use crate::texts::moment::day;
use crate::texts::sms;
use crate::world::outbox::{Body, Message, Sms};

/// Puts into the outbox what is due, for how many people. Everybody's notice is one commit with the note that they have had it:
/// stopped half-way, it goes on with those who have not. Once all were told nobody is looked at until the next is due.
///
/// # Errors
/// When the store fails.
pub async fn tell(env: &Env) -> Result<usize, Failure> {
    let mut told = 0;
    if env.mailing.is_none() && env.texting.is_none() {
        return Ok(told);
    }
    let now = env.clock.now();
    for campaign in &env.settings.campaigns {
        let Some(due) = campaign.due(now) else { continue };
        let mark = campaigns::all_told(env.records(), &campaign.name, now).await?;
        if mark.value == Some(due) {
            continue;
        }
        let of_this = tell_all(env, campaign, due, now).await?;
        let mut batch = Batch::new();
        batch.replace(env.records(), &mark, &Some(due), None)?;
        // Whoever was ahead has told the same.
        let _ahead = batch.commit(&*env.store, Durability::Durable, now).await?;
        let name = &campaign.name;
        tracing::info!(event = "campaign.told", campaign = name, days = due, people = of_this);
        told += of_this;
    }
    Ok(told)
}

async fn tell_all(
    env: &Env,
    campaign: &Campaign,
    due: i64,
    now: DateTime<Utc>,
) -> Result<usize, Failure> {
    let (mut told, mut after) = (0, None::<Subject>);
    loop {
        let page = accounts::list(env.records(), after.as_ref(), PAGE, now).await?;
        let is_last = page.len() < PAGE;
        after = page.last().map(|last| last.value.subject.clone());
        for account in page.into_iter().filter(|one| campaign.includes(&one.value)) {
            told += usize::from(tell_one(env, campaign, due, &account.value.subject, now).await?);
        }
        if is_last {
            return Ok(told);
        }
    }
}

/// Whether the person was told, and had not been.
async fn tell_one(
    env: &Env,
    campaign: &Campaign,
    due: i64,
    subject: &Subject,
    now: DateTime<Utc>,
) -> Result<bool, Failure> {
    let records = env.records();
    for _ in 0..ROUNDS {
        let Some(account) = accounts::get(records, subject, now).await? else { return Ok(false) };
        let held = credentials::list(records, subject, now).await?;
        let held: Vec<Credential> = held.into_iter().map(|one| one.value).collect();
        let seen = campaigns::load(records, &campaign.name, subject, now).await?;
        if seen.value.told.contains(&due)
            || is_ready(&account.value, &held, &env.settings.levels, now)
        {
            return Ok(false);
        }
        let mut progress = seen.value.clone();
        progress.told.insert(due);
        let mut batch = Batch::new();
        batch.expect(&account);
        campaigns::update(records, &mut batch, &seen, &progress)?;
        let by_mail = env.mailing.is_some() && notice::address(&account.value).is_some();
        if by_mail || !by_sms(env, &mut batch, campaign, &account.value, now)? {
            let event = Event::CampaignNotice { end: campaign.end };
            notice::remind(env, &mut batch, &account.value, event, now)?;
        }
        if batch.commit(&*env.store, Durability::Durable, now).await? == Committed::Done {
            return Ok(true);
        }
    }
    Err(Failure::Contention)
}

/// Adds the notice to `batch` as an SMS, for who has no address; whether there is a number for it.
fn by_sms(
    env: &Env,
    batch: &mut Batch,
    campaign: &Campaign,
    account: &Account,
    now: DateTime<Utc>,
) -> Result<bool, Failure> {
    let Some(texting) = &env.texting else { return Ok(false) };
    let number = account.attribute(AttributeName::MobilePhone);
    let number = number.and_then(|said| Number::read(said, &texting.country, &texting.served).ok());
    let Some(number) = number else { return Ok(false) };
    let language = Language::It;
    let office = local(language, &env.settings.service).unwrap_or("ponte");
    let text = sms::campaign(language, office, &day(language, campaign.end));
    let until = now + WORTH;
    let queued = Queued {
        message: Message {
            id: env.random.token(),
            at: now,
            body: Body::Sms(Sms { to: number.as_str().to_owned(), text, until: Some(until) }),
        },
        what: Event::CampaignNotice { end: campaign.end }.name().to_owned(),
        subject: account.subject.clone(),
        tries: 0,
        until,
    };
    outbox::put(env.records(), batch, &queued, now)?;
    Ok(true)
}

const PAGE: usize = 200;
/// An SMS that has not left by then would only confuse.
const WORTH: TimeDelta = TimeDelta::days(2);
