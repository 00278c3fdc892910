//! The roll-out of a second factor: a state machine on the clock, and what it asks of each person (BI-04 to BI-16).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::assurance::assess::assess;
use crate::assurance::factor::{Evidence, Factor};
use crate::assurance::level::Level;
use crate::assurance::policy::LevelPolicy;
use crate::enrolment::credential::{Credential, Secret};
use crate::identity::account::{Account, AccountState};
use crate::identity::attributes::AttributeName;
use crate::identity::kind::IdentityKind;

/// A campaign, as it is configured.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Campaign {
    /// Its name in commands and in the store.
    pub name: String,
    /// From when people are asked to get ready.
    pub start: DateTime<Utc>,
    /// From when the password alone is not enough.
    pub end: DateTime<Utc>,
    /// Whose identities are of one of these kinds; all, if none is named.
    pub population: Vec<IdentityKind>,
    /// The factor that it rolls out: where people are sent to get it.
    pub factor: Factor,
    /// What people are asked to do at login, in the period.
    pub tasks: Vec<Task>,
    /// How many days before the end notices leave.
    pub notices: Vec<i64>,
}

/// Where a campaign stands (BI-05).
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// It is to come: nothing is asked.
    Announced,
    /// People are asked to get ready; the password is still enough, and worth what it is worth (BI-06).
    Transitional,
    /// The password alone is not enough (BI-13).
    Enforced,
}

/// What a person is asked to do.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// Confirm, correct or insert the number of their telephone (BI-07).
    Number,
    /// Say whether the address to which recovery links go is right (BI-11).
    RecoveryAddress,
}

impl Task {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Number, Self::RecoveryAddress];

    /// Its name in the configuration and in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::RecoveryAddress => "recovery-address",
        }
    }
}

/// What came of a task.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// What was there is right.
    Confirmed,
    /// It was another one.
    Corrected,
    /// There was none.
    Inserted,
    /// What is there is wrong, and the desk has to mend it.
    Disputed,
}

/// How far one person is with one campaign.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// What they did, when.
    pub done: BTreeMap<Task, (Outcome, DateTime<Utc>)>,
    /// Until then the password is enough for them still (BI-13).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace: Option<DateTime<Utc>>,
    /// The notices that left for them, by how many days before the end (BI-16).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub told: BTreeSet<i64>,
}

/// What campaigns ask of a person at a login.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Duty {
    /// The least level at which they log in, whatever is asked.
    pub minimum: Option<Level>,
    /// What they are asked to do: which campaign's, which task, until when.
    pub tasks: Vec<(String, Task, DateTime<Utc>)>,
}

impl Campaign {
    /// Where it stands at `now`.
    #[must_use]
    pub fn phase(&self, now: DateTime<Utc>) -> Phase {
        if now < self.start {
            Phase::Announced
        } else if now < self.end {
            Phase::Transitional
        } else {
            Phase::Enforced
        }
    }

    /// Whether it is about this person.
    #[must_use]
    pub fn includes(&self, account: &Account) -> bool {
        let mut good = account.identities.iter().filter(|one| one.state == AccountState::Active);
        account.state == AccountState::Active
            && good.any(|one| self.population.is_empty() || self.population.contains(&one.kind))
    }

    /// The notice that is due: how many days before the end, of those whose day has come the last. None before the first, and
    /// none once the end is there (BI-16).
    #[must_use]
    pub fn due(&self, now: DateTime<Utc>) -> Option<i64> {
        let come = |days: &&i64| self.end - TimeDelta::days(**days) <= now;
        self.notices.iter().filter(come).min().copied().filter(|_| now < self.end)
    }

    /// Whether login pages tell of it: people are asked to get ready, or its first notice has left.
    #[must_use]
    pub fn is_told(&self, now: DateTime<Utc>) -> bool {
        self.phase(now) == Phase::Transitional || self.due(now).is_some()
    }

    /// Whether its end keeps this person out.
    #[must_use]
    pub fn locks_out(
        &self,
        account: &Account,
        credentials: &[Credential],
        progress: &Progress,
        policy: &LevelPolicy,
        now: DateTime<Utc>,
    ) -> bool {
        self.phase(now) == Phase::Enforced
            && self.includes(account)
            && progress.grace.is_none_or(|until| until <= now)
            && !is_ready(account, credentials, policy, now)
    }

    /// The days on which notices leave, the first first.
    #[must_use]
    pub fn notice_days(&self) -> Vec<DateTime<Utc>> {
        let mut days: Vec<_> =
            self.notices.iter().map(|days| self.end - TimeDelta::days(*days)).collect();
        days.sort_unstable();
        days
    }
}

/// What `campaigns` ask of the person, with how far they are with each. A number that the person added and confirmed at
/// their own pages is corrected, or inserted, by that (BI-07).
#[must_use]
pub fn duty(
    campaigns: &[(&Campaign, &Progress)],
    account: &Account,
    number: NumberState,
    now: DateTime<Utc>,
) -> Duty {
    let is_done = |task: &Task, progress: &Progress| {
        let confirmed = *task == Task::Number && number == NumberState::Confirmed;
        confirmed || progress.done.contains_key(task)
    };
    let mut duty = Duty::default();
    for (campaign, progress) in campaigns {
        if !campaign.includes(account) {
            continue;
        }
        match campaign.phase(now) {
            Phase::Announced => {}
            Phase::Transitional => {
                let open = campaign.tasks.iter().filter(|task| !is_done(task, progress));
                let name = || campaign.name.clone();
                duty.tasks.extend(open.map(|task| (name(), *task, campaign.end)));
            }
            Phase::Enforced if progress.grace.is_some_and(|until| now < until) => {}
            Phase::Enforced => duty.minimum = duty.minimum.max(Some(Level::Loa3)),
        }
    }
    duty
}

/// What is known of a person's telephone number (BI-04).
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NumberState {
    /// There is none.
    None,
    /// One is on record, and nobody has confirmed it.
    Unconfirmed,
    /// A code that was sent there came back.
    Confirmed,
}

/// What is known of the person's number.
#[must_use]
pub fn number_state(account: &Account, credentials: &[Credential]) -> NumberState {
    let confirmed = |one: &Credential| one.is_active() && matches!(one.secret, Secret::Sms { .. });
    if credentials.iter().any(confirmed) {
        NumberState::Confirmed
    } else if account.attribute(AttributeName::MobilePhone).is_some() {
        NumberState::Unconfirmed
    } else {
        NumberState::None
    }
}

/// Whether the person reaches SpidL2 with what they have: the end of the campaign does not lock them out.
#[must_use]
pub fn is_ready(
    account: &Account,
    credentials: &[Credential],
    policy: &LevelPolicy,
    now: DateTime<Utc>,
) -> bool {
    let usable = |one: &&Credential| {
        one.is_active()
            && !one.secret.is_spent()
            && !one.secret.is_locked()
            && policy.offered.contains(&one.secret.factor())
            && one.secret.factor() != Factor::RecoveryCode
    };
    let held: Vec<Evidence> = credentials
        .iter()
        .filter(usable)
        .map(|one| Evidence::held(one.secret.factor(), now, one.binding))
        .collect();
    let good = account.identities.iter().filter(|one| one.is_good(now.date_naive()));
    let mut proofed = good.map(|one| one.proofing.as_ref().map(|proofing| proofing.method));
    proofed.any(|method| assess(&held, method, policy) >= Some(Level::Loa3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::account::Identity;
    use crate::identity::attributes::Attributes;
    use crate::identity::subject::Subject;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn infostat() -> Campaign {
        Campaign {
            name: "infostat".into(),
            start: at("2020-09-15T00:00:00Z"),
            end: at("2020-12-15T00:00:00Z"),
            population: vec![IdentityKind::Professional],
            factor: Factor::Sms,
            tasks: Task::ALL.to_vec(),
            notices: vec![30, 90, 7],
        }
    }

    fn person(kind: IdentityKind) -> Account {
        let now = at("2020-01-01T00:00:00Z");
        let identity = Identity::new(1, kind, Attributes::default(), None, now);
        Account::new(Subject::new("ada".into()), "ada".into(), vec![identity], now)
    }

    /// BI-05: 14 December 23:59 and 15 December 00:00 are two worlds.
    #[test]
    fn the_clock_alone_moves_it() {
        let phase = |text| infostat().phase(at(text));
        assert_eq!(phase("2020-09-14T23:59:59Z"), Phase::Announced);
        assert_eq!(phase("2020-09-15T00:00:00Z"), Phase::Transitional);
        assert_eq!(phase("2020-12-14T23:59:59Z"), Phase::Transitional);
        assert_eq!(phase("2020-12-15T00:00:00Z"), Phase::Enforced);
    }

    /// BI-09, BI-11: every task is asked until it is done, in the period only, and each is done by itself.
    #[test]
    fn tasks_are_asked_in_the_period_until_they_are_done() {
        let (campaign, ada) = (infostat(), person(IdentityKind::Professional));
        let mut progress = Progress::default();
        let open_with = |progress: &Progress, number: NumberState, text: &str| {
            let duty = duty(&[(&campaign, progress)], &ada, number, at(text));
            duty.tasks.iter().map(|(_, task, _)| *task).collect::<Vec<_>>()
        };
        let open = |progress: &Progress, text: &str| open_with(progress, NumberState::None, text);
        assert!(open(&progress, "2020-09-14T23:59:59Z").is_empty());
        assert_eq!(open(&progress, "2020-10-01T00:00:00Z"), Task::ALL);
        let added = open_with(&progress, NumberState::Confirmed, "2020-10-01T00:00:00Z");
        assert_eq!(added, [Task::RecoveryAddress]);
        progress.done.insert(Task::Number, (Outcome::Corrected, at("2020-10-01T00:00:00Z")));
        assert_eq!(open(&progress, "2020-10-02T00:00:00Z"), [Task::RecoveryAddress]);
        assert!(open(&progress, "2020-12-15T00:00:00Z").is_empty());
    }

    /// BI-06, BI-13: the least level rises at the end, for the population alone, unless an administrator grants time.
    #[test]
    fn the_end_raises_the_least_level() {
        let campaign = infostat();
        let least = |kind, progress: &Progress, text: &str| {
            duty(&[(&campaign, progress)], &person(kind), NumberState::None, at(text)).minimum
        };
        let (mut progress, last) = (Progress::default(), "2020-12-14T23:59:59Z");
        let (professional, personal) = (IdentityKind::Professional, IdentityKind::Personal);
        let after = "2020-12-15T00:00:00Z";
        assert_eq!(least(professional, &progress, last), None);
        assert_eq!(least(professional, &progress, after), Some(Level::Loa3));
        assert_eq!(least(personal, &progress, after), None);
        progress.grace = Some(at("2020-12-20T00:00:00Z"));
        assert_eq!(least(professional, &progress, "2020-12-19T23:59:59Z"), None);
        assert_eq!(least(professional, &progress, "2020-12-20T00:00:00Z"), Some(Level::Loa3));
    }

    /// BI-16: of the notices whose day has come the last one is due, so that whoever was away is told once and not thrice.
    #[test]
    fn the_last_notice_whose_day_has_come_is_due() {
        let due = |text| infostat().due(at(text));
        assert_eq!(due("2020-09-15T23:59:59Z"), None);
        assert_eq!(due("2020-09-16T00:00:00Z"), Some(90));
        assert_eq!(due("2020-11-14T23:59:59Z"), Some(90));
        assert_eq!(due("2020-12-10T00:00:00Z"), Some(7));
        assert_eq!(due("2020-12-15T00:00:00Z"), None);
    }

    /// BI-16.
    #[test]
    fn notices_leave_so_many_days_before_the_end() {
        let days = infostat().notice_days();
        let days: Vec<String> = days.iter().map(|day| day.date_naive().to_string()).collect();
        assert_eq!(days, ["2020-09-16", "2020-11-15", "2020-12-08"]);
    }
}
