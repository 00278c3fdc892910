//! Wrong attempts on an account: they slow guessing down without letting a stranger lock the person out.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::assurance::factor::Factor;

/// The wrong attempts at one factor of one person since it last held.
///
/// What an attempt came to is told only once it is counted, in a commit that expects the record
/// that [`may_try`] was asked about: so guesses made at the same time cannot share one slot.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Attempts {
    /// From browsers that the account has been used from.
    known: Pool,
    /// From all others.
    strange: Pool,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
struct Pool {
    in_a_row: u32,
    last: Option<DateTime<Utc>>,
}

/// Whether an attempt may be made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MayTry {
    /// It may.
    Allowed,
    /// Not before this time.
    WaitUntil(DateTime<Utc>),
    /// Not at all, not even with the right answer, until the factor is recovered.
    Blocked,
}

/// Whether an attempt at `factor` may be made now from a browser that the account has been used
/// from (`known_browser`), or from another.
///
/// A password is what strangers can try, so each kind of browser has its own budget: strangers
/// wait longer and longer and are never told that it is blocked, while the person's own browsers
/// neither wait for them nor are blocked by them. Every other factor is asked for only after a
/// first one held, so whoever gets there wrong a hundred times in a row, from wherever, is no
/// stranger to the password: the factor is blocked for all.
#[must_use]
pub fn may_try(
    attempts: &Attempts,
    factor: Factor,
    known_browser: bool,
    now: DateTime<Utc>,
) -> MayTry {
    let pool = if known_browser { &attempts.known } else { &attempts.strange };
    let is_strangers = factor == Factor::Password && !known_browser;
    if !is_strangers && blocks(attempts, factor) {
        return MayTry::Blocked;
    }
    let free = if known_browser { FREE_IF_KNOWN } else { FREE_IF_STRANGE };
    match pool.last {
        // An attempt from further ahead than any wait was counted by a clock that was wrong: nobody waits for it.
        Some(last) if pool.in_a_row >= free && last <= now + MAX_DELAY => {
            let until = last + delay(pool.in_a_row - free);
            if now < until { MayTry::WaitUntil(until) } else { MayTry::Allowed }
        }
        _ => MayTry::Allowed,
    }
}

/// Whether so many at `factor` block it, for whom that may block.
#[must_use]
pub fn blocks(attempts: &Attempts, factor: Factor) -> bool {
    let strange = if factor == Factor::Password { 0 } else { attempts.strange.in_a_row };
    attempts.known.in_a_row.saturating_add(strange) >= MAX_IN_A_ROW
}

/// How many wrong attempts in a row strangers had made, if a factor that holds in another browser than the person's own
/// is unusual after them: as many as make strangers wait.
#[must_use]
pub fn is_unusual(attempts: &Attempts, known_browser: bool) -> Option<u32> {
    let wrong = attempts.strange.in_a_row;
    (!known_browser && wrong >= FREE_IF_STRANGE).then_some(wrong)
}

/// Counts one attempt as wrong.
#[must_use]
pub fn failed(mut attempts: Attempts, known_browser: bool, now: DateTime<Utc>) -> Attempts {
    let pool = if known_browser { &mut attempts.known } else { &mut attempts.strange };
    pool.in_a_row = pool.in_a_row.saturating_add(1);
    pool.last = Some(now);
    attempts
}

/// The factor held: the row is broken for that kind of browser. What strangers did to a password
/// still counts against strangers when it held in a browser of the person's own.
#[must_use]
pub fn held(mut attempts: Attempts, factor: Factor, known_browser: bool) -> Attempts {
    attempts.known = Pool::default();
    if factor != Factor::Password || !known_browser {
        attempts.strange = Pool::default();
    }
    attempts
}

/// Doubles from half a minute to an hour.
fn delay(beyond: u32) -> TimeDelta {
    let seconds = 30_i64.checked_shl(beyond.min(16)).unwrap_or(MAX_DELAY.num_seconds());
    TimeDelta::seconds(seconds).min(MAX_DELAY)
}

const FREE_IF_STRANGE: u32 = 5;
const FREE_IF_KNOWN: u32 = 10;
const MAX_IN_A_ROW: u32 = 100;
const MAX_DELAY: TimeDelta = TimeDelta::hours(1);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn wrong(times: u32, known: bool) -> Attempts {
        (0..times).fold(Attempts::default(), |attempts, _| failed(attempts, known, at(0)))
    }

    #[test]
    fn the_fifth_wrong_attempt_of_a_stranger_makes_strangers_wait() {
        assert_eq!(may_try(&wrong(4, false), Factor::Password, false, at(0)), MayTry::Allowed);
        let five = wrong(5, false);
        assert_eq!(may_try(&five, Factor::Password, false, at(29)), MayTry::WaitUntil(at(30)));
        assert_eq!(may_try(&five, Factor::Password, false, at(30)), MayTry::Allowed);
        assert_eq!(
            may_try(&wrong(6, false), Factor::Password, false, at(59)),
            MayTry::WaitUntil(at(60))
        );
    }

    #[test]
    fn the_wait_grows_to_an_hour_and_no_further() {
        for times in [12, 13, 50, 99, 1000, u32::MAX / 1_000_000] {
            let until = may_try(&wrong(times, false), Factor::Password, false, at(0));
            assert_eq!(until, MayTry::WaitUntil(at(3600)), "{times}");
        }
    }

    #[test]
    fn nobody_waits_for_a_clock_that_was_wrong() {
        let five = wrong(5, false);
        let tries = |seconds| may_try(&five, Factor::Password, false, at(seconds));
        assert_eq!(tries(-3600), MayTry::WaitUntil(at(30)));
        assert_eq!(tries(-3601), MayTry::Allowed);
        assert_eq!(tries(-86_400 * 365), MayTry::Allowed);
    }

    #[test]
    fn what_holds_in_a_strange_browser_after_five_wrong_ones_is_unusual() {
        assert_eq!(is_unusual(&wrong(4, false), false), None);
        assert_eq!(is_unusual(&wrong(5, false), false), Some(5));
        assert_eq!(is_unusual(&wrong(50, false), true), None);
        assert_eq!(is_unusual(&wrong(50, true), false), None);
    }

    #[test]
    fn strangers_lock_no_known_browser_out() {
        let flood = wrong(5000, false);
        assert_eq!(may_try(&flood, Factor::Password, true, at(0)), MayTry::Allowed);
        let back = held(flood.clone(), Factor::Password, true);
        assert_eq!(may_try(&back, Factor::Password, false, at(0)), MayTry::WaitUntil(at(3600)));
        let new_browser = held(flood, Factor::Password, false);
        assert_eq!(new_browser, Attempts::default());
    }

    #[test]
    fn a_hundred_in_a_row_block_a_known_browser_and_any_second_factor() {
        assert!(matches!(
            may_try(&wrong(99, true), Factor::Password, true, at(0)),
            MayTry::WaitUntil(_)
        ));
        assert_eq!(may_try(&wrong(100, true), Factor::Password, true, at(99_999)), MayTry::Blocked);
        assert_eq!(may_try(&wrong(100, true), Factor::Password, false, at(0)), MayTry::Allowed);

        let spread = (0..50).fold(wrong(50, true), |attempts, _| failed(attempts, false, at(0)));
        assert_eq!(may_try(&spread, Factor::Totp, true, at(99_999)), MayTry::Blocked);
        assert_eq!(may_try(&spread, Factor::Totp, false, at(99_999)), MayTry::Blocked);
        let one_less = (0..49).fold(wrong(50, true), |attempts, _| failed(attempts, false, at(0)));
        assert_eq!(may_try(&one_less, Factor::Totp, true, at(99_999)), MayTry::Allowed);
    }

    #[test]
    fn a_factor_that_held_starts_afresh() {
        assert_eq!(held(wrong(99, true), Factor::Totp, true), Attempts::default());
        assert_eq!(held(wrong(99, false), Factor::Totp, true), Attempts::default());
    }
}
