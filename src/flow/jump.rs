//! Whether the machine's clock was set: what it says has passed, against what has passed.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// What is known of a clock since it was first looked at.
#[derive(Clone, Copy, Debug)]
pub struct Jumps {
    /// What the clock would say had it never been set, at the start.
    start: DateTime<Utc>,
    doubt_until: Duration,
}

impl Jumps {
    /// Begins at `now`.
    #[must_use]
    pub fn new(now: DateTime<Utc>) -> Self {
        Self { start: now, doubt_until: Duration::ZERO }
    }

    /// `passed` after the start the clock says `now`: how far it was set since it was last looked at, if it was.
    pub fn seen(&mut self, passed: Duration, now: DateTime<Utc>) -> Option<TimeDelta> {
        let passed_delta = TimeDelta::from_std(passed).ok()?;
        let jump = now - (self.start + passed_delta);
        self.start = now - passed_delta;
        if jump > DOUBT {
            self.doubt_until = passed + PAUSE;
        }
        (jump.abs() > DRIFT).then_some(jump)
    }

    /// Whether the clock went ahead so far, and so lately, that nothing should be dropped for its age: what seems to have
    /// expired may not have, once the clock is set right. What has expired by the clock is not shown all the while.
    #[must_use]
    pub fn in_doubt(&self, passed: Duration) -> bool {
        passed < self.doubt_until
    }
}

/// What a clock that is kept right by small steps may do between two looks.
const DRIFT: TimeDelta = TimeDelta::seconds(2);
/// A step ahead of more than this may be a mistake.
const DOUBT: TimeDelta = TimeDelta::minutes(1);
/// How long an administrator has to mend it.
const PAUSE: Duration = Duration::from_secs(3600);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn after(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_clock_that_goes_right_jumps_nowhere() {
        let mut jumps = Jumps::new(at(0));
        for minute in 1..2000 {
            assert_eq!(jumps.seen(after(minute * 60), at(minute as i64 * 60 + 1)), None);
            assert!(!jumps.in_doubt(after(minute * 60)));
        }
    }

    #[test]
    fn a_clock_that_is_set_is_told_once_and_doubted_if_it_went_ahead() {
        let mut jumps = Jumps::new(at(0));
        assert_eq!(jumps.seen(after(60), at(60 + 86_400)), Some(TimeDelta::days(1)));
        assert_eq!(jumps.seen(after(120), at(120 + 86_400)), None);
        assert!(jumps.in_doubt(after(3659)) && !jumps.in_doubt(after(3660)));
        assert_eq!(jumps.seen(after(180), at(180)), Some(TimeDelta::days(-1)));
        let mut back = Jumps::new(at(0));
        assert_eq!(back.seen(after(60), at(-3540)), Some(TimeDelta::hours(-1)));
        assert!(!back.in_doubt(after(60)));
    }
}
