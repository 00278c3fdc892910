//! An alarm for what must not happen: rung at once, then so often and no more, with what it kept quiet of.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::flow::env::Env;
use crate::flow::visit::Visitor;
use crate::telemetry::redact::excerpt;

/// Rings for the first of many, then at most once in a while.
#[derive(Debug, Default)]
pub struct Alarm(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    rung: Option<DateTime<Utc>>,
    unsaid: u64,
}

impl Alarm {
    /// One more. If the alarm rings for it: how many there were since it last rang, this one included.
    pub fn ring(&self, now: DateTime<Utc>) -> Option<u64> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.unsaid += 1;
        // A clock that was set back must not silence it.
        let quiet = |rung: DateTime<Utc>| (rung..rung + QUIET).contains(&now);
        if state.rung.is_some_and(quiet) {
            return None;
        }
        state.rung = Some(now);
        Some(std::mem::take(&mut state.unsaid))
    }
}

/// A message that one verifier takes and the other does not was made so, or shows a fault in one of them.
pub(in crate::flow) fn ring(env: &Env, issuer: Option<&str>, visitor: &Visitor<'_>) {
    let Some(count) = env.disagreements.ring(env.clock.now()) else { return };
    tracing::error!(
        event = "verifier-disagreement",
        support_id = visitor.support_id,
        address = %visitor.address,
        issuer = issuer.map(|issuer| excerpt(issuer).to_string()),
        count,
        "our signature verifier and libxmlsec1 disagree about a message, which was refused"
    );
}

const QUIET: TimeDelta = TimeDelta::minutes(1);

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::Alarm;

    #[test]
    fn it_rings_at_once_and_then_once_a_minute_with_the_count() {
        let alarm = Alarm::default();
        let at = |seconds| DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
        assert_eq!(alarm.ring(at(0)), Some(1));
        assert_eq!([1, 30, 59].map(|seconds| alarm.ring(at(seconds))), [None; 3]);
        assert_eq!(alarm.ring(at(60)), Some(4));
        assert_eq!(alarm.ring(at(61)), None);
        assert_eq!(alarm.ring(at(500)), Some(2));
    }

    #[test]
    fn a_clock_set_back_does_not_silence_it() {
        let alarm = Alarm::default();
        assert_eq!(alarm.ring(DateTime::UNIX_EPOCH + TimeDelta::days(1)), Some(1));
        assert_eq!(alarm.ring(DateTime::UNIX_EPOCH), Some(1));
    }
}
