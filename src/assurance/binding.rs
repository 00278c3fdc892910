//! The level at which a person's further factors are bound, beyond the first
//! ([`binding`](crate::enrolment::activation::binding)): never above what was shown for them.

use crate::assurance::level::Level;

/// The level at which a factor is bound that a person adds at their own pages, having just `shown`
/// so much: it is worth no more than the login that enrolled it.
#[must_use]
pub fn added(shown: Level) -> Level {
    shown
}

/// The level at which recovery codes are bound that a person makes, having just `shown` so much:
/// that of the best of the second factors that they stand in for, SpidL2 at most. `None` if there
/// is nothing that they could stand in for.
#[must_use]
pub fn stand_in(shown: Level, others: impl Iterator<Item = Level>) -> Option<Level> {
    others.max().map(|best| shown.min(best).min(Level::Loa3))
}

/// The level at which a card is bound that is shown for the first time, with its PIN, by whoever was registered with its
/// fiscal code (TS-04): its issuer has established whose it is. What the account's own proofing is worth caps it besides.
#[must_use]
pub fn first_card() -> Level {
    Level::Loa4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recovery_codes_are_worth_no_more_than_what_they_stand_in_for() {
        for shown in Level::ALL {
            assert_eq!(added(shown), shown);
            assert_eq!(stand_in(shown, [].into_iter()), None);
            for best in Level::ALL {
                let bound = stand_in(shown, [Level::Loa1, best].into_iter()).unwrap();
                assert!(bound <= shown && bound <= best && bound <= Level::Loa3);
                assert_eq!(bound, *[shown, best, Level::Loa3].iter().min().unwrap());
            }
        }
    }
}
