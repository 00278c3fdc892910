//! Who is old enough, and not too old (spid-saml §4, minors).

use chrono::{Datelike as _, NaiveDate};
use serde::{Deserialize, Serialize};

/// The ages that a service takes, both included: `spid:AgeLimit`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AgeLimit {
    min: u8,
    max: Option<u8>,
}

impl AgeLimit {
    /// From `MinAge` and `MaxAge` as they are written: whole years, of which 99 is no upper bound.
    /// `None` where one of them is no such number, or nobody could be of that age.
    #[must_use]
    pub fn read(min: Option<&str>, max: Option<&str>) -> Option<Self> {
        let number = |text: &str| {
            let digits = text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| text.parse::<u8>().ok()).flatten()
        };
        let min = min.map_or(Some(0), number)?;
        let max = max.map_or(Some(NO_BOUND), number)?;
        let limit = Self { min, max: (max != NO_BOUND).then_some(max) };
        (min <= max).then_some(limit)
    }

    /// Whether who was born on that day may come in on `today`; who has no known day may not.
    #[must_use]
    pub fn admits(self, born: Option<NaiveDate>, today: NaiveDate) -> bool {
        let Some(age) = born.and_then(|born| age(born, today)) else { return false };
        age >= u32::from(self.min) && self.max.is_none_or(|max| age <= u32::from(max))
    }
}

/// Whole years lived by `today`; who is born on 29 February grows older on 1 March of other years.
/// `None` before birth.
#[must_use]
pub fn age(born: NaiveDate, today: NaiveDate) -> Option<u32> {
    let had_birthday = (today.month(), today.day()) >= (born.month(), born.day());
    u32::try_from(today.year() - born.year() - i32::from(!had_birthday)).ok()
}

const NO_BOUND: u8 = 99;

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_year_is_lived_on_the_birthday_and_not_a_day_earlier() {
        for (born, today, expected) in [
            ("2010-05-20", "2028-05-19", Some(17)),
            ("2010-05-20", "2028-05-20", Some(18)),
            ("2008-02-29", "2026-02-28", Some(17)),
            ("2008-02-29", "2026-03-01", Some(18)),
            ("2008-02-29", "2028-02-29", Some(20)),
            ("2028-01-01", "2027-12-31", None),
        ] {
            assert_eq!(age(day(born), day(today)), expected, "{born} {today}");
        }
    }

    #[test]
    fn both_ends_are_included_and_99_is_none() {
        let today = day("2028-06-01");
        let minors = AgeLimit::read(Some("14"), Some("17")).unwrap();
        for (born, admitted) in [
            ("2014-06-02", false),
            ("2014-06-01", true),
            ("2010-06-02", true),
            ("2010-06-01", false),
        ] {
            assert_eq!(minors.admits(Some(day(born)), today), admitted, "{born}");
        }
        assert!(!minors.admits(None, today));
        let adults = AgeLimit::read(Some("18"), Some("99")).unwrap();
        assert!(adults.admits(Some(day("1920-01-01")), today), "108 years");
        assert!(!adults.admits(Some(day("2010-06-02")), today));
        assert_eq!(AgeLimit::read(Some("18"), None), Some(adults));
    }

    #[test]
    fn what_is_no_age_is_no_limit() {
        for (min, max) in [("x", "17"), ("14", ""), ("-1", "17"), ("18", "17"), ("14", "1000")] {
            assert_eq!(AgeLimit::read(Some(min), Some(max)), None, "{min} {max}");
        }
    }
}
