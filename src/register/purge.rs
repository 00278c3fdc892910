//! What is older than 24 months goes, a month's file at a time, and a signed proof takes its place (SP-05).
//!
//! A month goes once its last row is 24 calendar months old: no row goes a day earlier than it must be kept, and none
//! stays more than a month longer.

use std::path::Path;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, Utc};

use crate::register::checkpoint::sync_folder_of;
use crate::register::error::RegisterError;
use crate::register::journal::Register;
use crate::register::proof::{self, Summary};
use crate::register::segment::{Location, Month, Step, Walk, months, unpack};
use crate::world::digest::Sha256;
use crate::world::seal::Seal;

/// How many calendar months every row is kept (spid-saml §5).
pub const KEPT: u32 = 24;

/// When a row of `at` has been kept for 24 calendar months. Where the month has no such day, the day after its last.
#[must_use]
pub fn due(at: DateTime<Utc>) -> DateTime<Utc> {
    let Some(then) = at.checked_add_months(Months::new(KEPT)) else {
        return DateTime::<Utc>::MAX_UTC;
    };
    if then.day() == at.day() { then } else { then.checked_add_days(Days::new(1)).unwrap_or(then) }
}

/// What a purge did, or would do.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Purge {
    /// The months that went, or would go.
    pub months: Vec<Summary>,
    /// The first month that is due and held, if one is.
    pub held: Option<Month>,
}

/// Removes the months that are due at `now`, the oldest first, up to one that `is_held`; `by` is told in their
/// proofs. A `dry` run removes nothing.
///
/// # Errors
/// When a file cannot be read or written, or a row of a month that is due is not as it was written: that month, and
/// those after it, stay.
pub fn purge(
    register: &Register,
    is_held: impl Fn(Month) -> bool,
    by: &str,
    dry: bool,
    now: DateTime<Utc>,
) -> Result<Purge, RegisterError> {
    let settings = register.settings();
    let folder = &settings.folder;
    let io = |error| RegisterError::io(folder, error);
    if !dry {
        finish(register)?;
    }
    let mut done = Purge::default();
    let mut next = register.tail().first;
    for month in months(folder).map_err(io)? {
        // Its rows are of this month at the earliest, but for those of a clock that went back.
        if begins(month).is_none_or(|start| now < due(start)) {
            break;
        }
        if register.index().latest(month).is_some_and(|latest| now < due(latest)) {
            break;
        }
        let Some(summary) = summarise(folder, &settings.seal, month)? else { continue };
        if summary.first < next {
            continue;
        }
        if now < due(summary.times.1) {
            break;
        }
        if is_held(month) {
            done.held = Some(month);
            break;
        }
        if !dry {
            let signer = &*register.signer();
            let digest = proof::write(folder, &summary, register.tail().purged, now, by, signer)?;
            register.begin_at(summary.first + summary.count, summary.last, digest)?;
            finish(register)?;
            tracing::info!(event = "register.purged", month = %month, records = summary.count, by);
        }
        next = summary.first + summary.count;
        done.months.push(summary);
    }
    Ok(done)
}

/// Removes the files, and the rows of the index, that lie before the register's beginning: what is proven to be
/// purged and was not removed yet.
fn finish(register: &Register) -> Result<(), RegisterError> {
    let folder = &register.settings().folder;
    let io = |error| RegisterError::io(folder, error);
    let tail = register.tail();
    let proven = proof::months(folder).map_err(io)?;
    for month in months(folder).map_err(io)? {
        let path = month.path(folder);
        if proven.contains(&month) && Walk::open(&path)?.header.first < tail.first {
            std::fs::remove_file(&path).map_err(|error| RegisterError::io(&path, error))?;
            sync_folder_of(&path).map_err(io)?;
        }
    }
    register.index().keep_within(tail.first, tail.count)
}

/// What the file of `month` is; `None` when it has no record.
///
/// # Errors
/// When it cannot be read, or a record is not as it was written.
pub fn summarise(
    folder: &Path,
    seal: &Seal,
    month: Month,
) -> Result<Option<Summary>, RegisterError> {
    let path = month.path(folder);
    let io = |error| RegisterError::io(&path, error);
    let mut walk = Walk::open(&path)?;
    let mut summary = Summary {
        month,
        first: walk.header.first,
        count: 0,
        before: walk.header.previous,
        last: walk.header.previous,
        bytes: walk.offset,
        sha256: [0; 32],
        times: (DateTime::<Utc>::MAX_UTC, DateTime::<Utc>::MIN_UTC),
    };
    let mut digest = Sha256::new();
    digest.update(&walk.header.to_bytes());
    loop {
        let number = summary.first + summary.count;
        let here = Location { number, month, offset: walk.offset };
        match walk.step().map_err(io)? {
            Step::Record { sealed, hash, sound: true, end } => {
                let row = unpack(seal, number, &sealed)?;
                let length = u32::try_from(sealed.len()).unwrap_or(u32::MAX);
                digest.update(&length.to_be_bytes());
                digest.update(&sealed);
                digest.update(&hash);
                let (earliest, latest) = summary.times;
                summary.times = (earliest.min(row.at), latest.max(row.at));
                (summary.count, summary.last, summary.bytes) = (summary.count + 1, hash, end);
            }
            Step::Record { .. } | Step::Torn => return Err(RegisterError::Altered(here)),
            Step::End => break,
        }
    }
    summary.sha256 = digest.finish();
    Ok((summary.count > 0).then_some(summary))
}

/// The first instant of a month.
#[must_use]
pub fn begins(month: Month) -> Option<DateTime<Utc>> {
    let day: NaiveDate = format!("{month}-01").parse().ok()?;
    Some(day.and_time(NaiveTime::MIN).and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn months_are_those_of_the_calendar() {
        for (from, to) in [
            ("2024-10-31T12:00:00Z", "2026-10-31T12:00:00Z"),
            ("2024-11-30T23:59:59.999Z", "2026-11-30T23:59:59.999Z"),
            ("2023-12-01T00:00:00Z", "2025-12-01T00:00:00Z"),
            // There is no 29 February 2026: not a day earlier.
            ("2024-02-29T08:00:00Z", "2026-03-01T08:00:00Z"),
        ] {
            assert_eq!(due(at(from)), at(to), "{from}");
        }
    }
}
