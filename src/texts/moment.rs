//! A moment as people in Italy read it off their clocks.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};

use crate::texts::language::Language;

/// Day and time in Italy, which are said to be so.
#[must_use]
pub fn moment(language: Language, at: DateTime<Utc>) -> String {
    let local = at.naive_utc() + TimeDelta::hours(if is_summer(at) { 2 } else { 1 });
    let (day, year, time) = (local.day(), local.year(), local.format("%H:%M"));
    let month = local.month0() as usize;
    match language {
        Language::It => format!("{day} {} {year}, ore {time} (ora italiana)", MONTHS_IT[month]),
        Language::En => format!("{day} {} {year}, {time} (Italian time)", MONTHS_EN[month]),
    }
}

/// The day in Italy.
#[must_use]
pub fn day(language: Language, at: DateTime<Utc>) -> String {
    let local = at.naive_utc() + TimeDelta::hours(if is_summer(at) { 2 } else { 1 });
    let months = match language {
        Language::It => MONTHS_IT,
        Language::En => MONTHS_EN,
    };
    format!("{} {} {}", local.day(), months[local.month0() as usize], local.year())
}

/// From the last Sunday of March to that of October, each at 01:00 UTC (Directive 2000/84/EC, articles 2 and 3).
fn is_summer(at: DateTime<Utc>) -> bool {
    let turn = |month| last_sunday(at.year(), month).map(|day| day.and_time(ONE).and_utc());
    match (turn(3), turn(10)) {
        (Some(begins), Some(ends)) => begins <= at && at < ends,
        _ => false,
    }
}

/// Of a month of 31 days.
fn last_sunday(year: i32, month: u32) -> Option<NaiveDate> {
    let last = NaiveDate::from_ymd_opt(year, month, 31)?;
    last.checked_sub_days(Days::new(last.weekday().days_since(Weekday::Sun).into()))
}

const ONE: NaiveTime = match NaiveTime::from_hms_opt(1, 0, 0) {
    Some(time) => time,
    None => NaiveTime::MIN,
};
const MONTHS_IT: [&str; 12] = [
    "gennaio",
    "febbraio",
    "marzo",
    "aprile",
    "maggio",
    "giugno",
    "luglio",
    "agosto",
    "settembre",
    "ottobre",
    "novembre",
    "dicembre",
];
const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_in_italy_are_one_hour_ahead_and_two_in_summer() {
        for (at, it) in [
            ("2026-01-09T08:05:00Z", "9 gennaio 2026, ore 09:05 (ora italiana)"),
            ("2026-03-29T00:59:59Z", "29 marzo 2026, ore 01:59 (ora italiana)"),
            ("2026-03-29T01:00:00Z", "29 marzo 2026, ore 03:00 (ora italiana)"),
            ("2026-10-25T00:59:59Z", "25 ottobre 2026, ore 02:59 (ora italiana)"),
            ("2026-10-25T01:00:00Z", "25 ottobre 2026, ore 02:00 (ora italiana)"),
            ("2027-12-31T23:30:00Z", "1 gennaio 2028, ore 00:30 (ora italiana)"),
        ] {
            assert_eq!(moment(Language::It, at.parse().unwrap()), it, "{at}");
        }
        let english = moment(Language::En, "2026-07-31T22:00:00Z".parse().unwrap());
        assert_eq!(english, "1 August 2026, 00:00 (Italian time)");
    }
}
