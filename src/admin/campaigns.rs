//! Campaigns as administrators see them: who is ready, who is told when, and more time for one person (BI-04, BI-13, BI-16).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::admin::again::{self, Item};
use crate::admin::command::{Added, NewPerson};
use crate::admin::desk::{Desk, DeskError};
use crate::admin::people::find;
use crate::assurance::factor::Factor;
use crate::assurance::policy::LevelPolicy;
use crate::enrolment::campaign::{Campaign, NumberState, Phase, Task, is_ready, number_state};
use crate::enrolment::credential::Credential;
use crate::identity::account::{Account, AccountState, Identity};
use crate::identity::attributes::AttributeName;
use crate::store::port::{Committed, Durability};
use crate::store::record::Batch;
use crate::store::{accounts, campaigns, credentials};

/// How a campaign stands.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Report {
    /// Where the clock has it.
    pub phase: Phase,
    /// By what is known of their number: who (BI-04).
    pub numbers: BTreeMap<NumberState, Vec<String>>,
    /// How many have done each task.
    pub done: BTreeMap<Task, usize>,
    /// Who reaches SpidL2 with what they have.
    pub ready: Vec<String>,
    /// Who does not: the end locks them out.
    pub not_ready: Vec<String>,
    /// Who has more time, until when.
    pub graces: Vec<(String, DateTime<Utc>)>,
    /// The accounts of machines with which nobody has logged in yet (BI-12).
    pub never_interactive: Vec<String>,
}

/// Who gets a notice, and where.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Notices {
    /// When each leaves.
    pub days: Vec<DateTime<Utc>>,
    /// To whom the next one goes: those who are not ready and have not had it, and their address if they have one.
    pub to: Vec<(String, Option<String>)>,
    /// How many of those who are not ready have had the one that is due.
    pub told: usize,
}

/// What may be asked about a campaign: as it is configured, and what counts here.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Asked {
    /// The campaign.
    pub campaign: Campaign,
    /// The factors that are offered here.
    pub offered: Vec<Factor>,
    /// What is asked.
    pub what: What,
}

/// What is asked about it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum What {
    /// How it stands.
    Report,
    /// Who is told, and when.
    Notices,
    /// More time for one person.
    Grace {
        /// The user name, however it is written.
        username: String,
        /// Until then the password is enough.
        until: DateTime<Utc>,
    },
    /// A new account for somebody whom the end locked out (BI-14).
    Register {
        /// The user name that they had, however it is written.
        before: String,
        /// Who they are from now on.
        person: Box<NewPerson>,
    },
    /// Who waits for the authorisations that they had before (BI-15).
    Work,
    /// Somebody has them again, or gets none.
    Settle {
        /// The user name, however it is written.
        username: String,
    },
}

/// What came of it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Answered {
    /// How it stands.
    Report(Report),
    /// Who is told, and when.
    Notices(Notices),
    /// More time was granted, to the person of this user name.
    Granted(String),
    /// Somebody registered again.
    Registered(Added),
    /// Who waits for their authorisations.
    Work(Vec<Item>),
    /// Somebody waits no more.
    Settled(String),
}

/// Carries out what is asked.
///
/// # Errors
/// When there is no such person, or the store fails.
pub async fn carry_out(
    desk: &Desk<'_>,
    asked: Asked,
    now: DateTime<Utc>,
) -> Result<Answered, DeskError> {
    let Asked { campaign, offered, what } = asked;
    let policy = LevelPolicy { offered, ..LevelPolicy::default() };
    Ok(match what {
        What::Report => Answered::Report(report(desk, &campaign, &policy, now).await?),
        What::Notices => Answered::Notices(notices(desk, &campaign, &policy, now).await?),
        What::Grace { username, until } => {
            Answered::Granted(grace(desk, &campaign, &username, until, now).await?)
        }
        What::Register { before, person } => {
            let added = again::register(desk, &campaign, &policy, &before, *person, now).await?;
            Answered::Registered(added)
        }
        What::Work => Answered::Work(again::work(desk, &campaign, now).await?),
        What::Settle { username } => {
            Answered::Settled(again::settle(desk, &campaign, &username, now).await?)
        }
    })
}

/// Looks at everybody.
///
/// # Errors
/// When the store fails.
pub async fn report(
    desk: &Desk<'_>,
    campaign: &Campaign,
    policy: &LevelPolicy,
    now: DateTime<Utc>,
) -> Result<Report, DeskError> {
    let states = [NumberState::None, NumberState::Unconfirmed, NumberState::Confirmed];
    let mut report = Report {
        phase: campaign.phase(now),
        numbers: states.into_iter().map(|state| (state, Vec::new())).collect(),
        done: campaign.tasks.iter().map(|task| (*task, 0)).collect(),
        ready: Vec::new(),
        not_ready: Vec::new(),
        graces: Vec::new(),
        never_interactive: Vec::new(),
    };
    for (account, held) in population(desk, campaign, now).await? {
        let name = account.username.clone();
        let state = number_state(&account, &held);
        report.numbers.entry(state).or_default().push(name.clone());
        let seen = campaigns::load(desk.records, &campaign.name, &account.subject, now).await?;
        for task in seen.value.done.keys() {
            *report.done.entry(*task).or_default() += 1;
        }
        if let Some(until) = seen.value.grace.filter(|until| now < *until) {
            report.graces.push((name.clone(), until));
        }
        if account.unattended.is_some_and(|one| one.interactive.is_none()) {
            report.never_interactive.push(name.clone());
        }
        let ready = is_ready(&account, &held, policy, now);
        if ready { report.ready.push(name) } else { report.not_ready.push(name) }
    }
    Ok(report)
}

/// Says who would be told, and when; nothing leaves.
///
/// # Errors
/// When the store fails.
pub async fn notices(
    desk: &Desk<'_>,
    campaign: &Campaign,
    policy: &LevelPolicy,
    now: DateTime<Utc>,
) -> Result<Notices, DeskError> {
    let (mut to, mut told) = (Vec::new(), 0);
    let due = campaign.due(now);
    for (account, held) in population(desk, campaign, now).await? {
        if !is_ready(&account, &held, policy, now) {
            let seen = campaigns::load(desk.records, &campaign.name, &account.subject, now).await?;
            if due.is_some_and(|due| seen.value.told.contains(&due)) {
                told += 1;
                continue;
            }
            let active = |one: &&Identity| one.state == AccountState::Active;
            let mut good = account.identities.iter().filter(active);
            let address = good.find_map(|one| one.attributes.get(AttributeName::Email));
            to.push((account.username.clone(), address.map(str::to_owned)));
        }
    }
    Ok(Notices { days: campaign.notice_days(), to, told })
}

/// Lets the password be enough for one person until `until`; returns the user name as it is kept.
///
/// # Errors
/// When there is no such person, or the store fails.
pub async fn grace(
    desk: &Desk<'_>,
    campaign: &Campaign,
    username: &str,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<String, DeskError> {
    for _ in 0..ATTEMPTS {
        let account = find(desk, username, now).await?;
        let subject = &account.value.subject;
        let seen = campaigns::load(desk.records, &campaign.name, subject, now).await?;
        let mut progress = seen.value.clone();
        progress.grace = Some(until);
        let mut batch = Batch::new();
        batch.expect(&account);
        campaigns::update(desk.records, &mut batch, &seen, &progress)?;
        if batch.commit(desk.records.store, Durability::Durable, now).await? == Committed::Done {
            tracing::info!(
                event = "campaign.grace",
                campaign = campaign.name,
                subject = subject.as_str(),
                %until
            );
            return Ok(account.value.username);
        }
    }
    Err(DeskError::Contended)
}

/// Whom the campaign is about, with what they have.
async fn population(
    desk: &Desk<'_>,
    campaign: &Campaign,
    now: DateTime<Utc>,
) -> Result<Vec<(Account, Vec<Credential>)>, DeskError> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = accounts::list(desk.records, after.as_ref(), PAGE, now).await?;
        let is_last = page.len() < PAGE;
        after = page.last().map(|last| last.value.subject.clone());
        for account in page.into_iter().filter(|one| campaign.includes(&one.value)) {
            let held = credentials::list(desk.records, &account.value.subject, now).await?;
            all.push((account.value, held.into_iter().map(|one| one.value).collect()));
        }
        if is_last {
            return Ok(all);
        }
    }
}

const PAGE: usize = 200;
const ATTEMPTS: usize = 8;
