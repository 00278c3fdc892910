//! How often a phone may be asked: who holds the password must not be able to tire its person into saying yes.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// What a person's phone was asked of late.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Prompts {
    /// When, the last ones.
    times: Vec<DateTime<Utc>>,
    /// How many since one was approved.
    in_a_row: u32,
    /// Nothing is asked before: the person reported one.
    locked: Option<DateTime<Utc>>,
}

/// Whether the phone may be asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MayPrompt {
    /// It may.
    Allowed,
    /// Not before this time.
    WaitUntil(DateTime<Utc>),
    /// Not before this time: the person said that they did not ask.
    LockedUntil(DateTime<Utc>),
}

impl Prompts {
    /// Whether one more may be asked. Commit [`Self::asked`] in place of this together with it.
    #[must_use]
    pub fn may(&self, now: DateTime<Utc>) -> MayPrompt {
        // A time from further ahead than any wait was kept by a clock that was wrong: nobody waits for it.
        if let Some(until) = self.locked.filter(|until| now < *until && *until <= now + LOCK) {
            return MayPrompt::LockedUntil(until);
        }
        let recent: Vec<DateTime<Utc>> = self.recent(now).collect();
        if let (true, Some(first)) = (recent.len() >= MOST_AN_HOUR, recent.first()) {
            return MayPrompt::WaitUntil(*first + HOUR);
        }
        match recent.last().map(|last| *last + pause(self.in_a_row)) {
            Some(until) if now < until => MayPrompt::WaitUntil(until),
            _ => MayPrompt::Allowed,
        }
    }

    /// One was asked.
    #[must_use]
    pub fn asked(&self, now: DateTime<Utc>) -> Self {
        let times = self.recent(now).chain([now]).collect();
        Self { times, in_a_row: self.in_a_row.saturating_add(1), locked: self.locked }
    }

    /// One was approved: the person is there and wants it. What was asked in the hour still counts.
    #[must_use]
    pub fn approved(&self) -> Self {
        Self { in_a_row: 0, ..self.clone() }
    }

    /// The person did not ask for one.
    #[must_use]
    pub fn reported(&self, now: DateTime<Utc>) -> Self {
        Self { locked: Some(now + LOCK), ..self.clone() }
    }

    /// For how long the record says anything.
    #[must_use]
    pub fn keep_until(now: DateTime<Utc>) -> DateTime<Utc> {
        now + TimeDelta::days(1)
    }

    fn recent(&self, now: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
        self.times.iter().copied().filter(move |at| now - HOUR < *at && *at <= now)
    }
}

/// Half a minute, then twice as long each time, a quarter of an hour at most.
fn pause(in_a_row: u32) -> TimeDelta {
    match in_a_row {
        0 => TimeDelta::zero(),
        some => TimeDelta::seconds(30_i64 << (some - 1).min(5)).min(TimeDelta::minutes(15)),
    }
}

const HOUR: TimeDelta = TimeDelta::hours(1);
const MOST_AN_HOUR: usize = 10;
/// How long nothing is asked after a report.
pub const LOCK: TimeDelta = TimeDelta::hours(1);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    #[test]
    fn between_two_there_is_a_pause_that_grows() {
        let mut prompts = Prompts::default();
        let mut now = 0;
        for wait in [30, 60, 120, 240, 480] {
            assert_eq!(prompts.may(at(now)), MayPrompt::Allowed);
            prompts = prompts.asked(at(now));
            assert_eq!(prompts.may(at(now + wait - 1)), MayPrompt::WaitUntil(at(now + wait)));
            now += wait;
        }
        assert_eq!(pause(u32::MAX), TimeDelta::minutes(15));
        let approved = prompts.asked(at(now)).approved();
        assert_eq!(approved.may(at(now)), MayPrompt::Allowed);
    }

    #[test]
    fn an_hour_has_ten() {
        let mut prompts = Prompts::default();
        for one in 0..10 {
            assert_eq!(prompts.may(at(one)), MayPrompt::Allowed);
            prompts = prompts.asked(at(one)).approved();
        }
        assert_eq!(prompts.may(at(10)), MayPrompt::WaitUntil(at(3600)));
        assert_eq!(prompts.may(at(3600)), MayPrompt::Allowed);
    }

    #[test]
    fn a_report_locks_for_an_hour() {
        let prompts = Prompts::default().asked(at(0)).reported(at(5));
        assert_eq!(prompts.may(at(3604)), MayPrompt::LockedUntil(at(3605)));
        assert_eq!(prompts.may(at(3605)), MayPrompt::Allowed);
        assert_eq!(
            prompts.may(at(-9000)),
            MayPrompt::Allowed,
            "a clock that was wrong locks nobody"
        );
    }
}
