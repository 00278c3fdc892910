//! `[registration]`: whether and how integrators submit metadata, and whether service providers have status pages.

use std::path::Path;

use chrono::TimeDelta;
use serde::Deserialize;

use crate::config::signing::Wrong;
use crate::flow::registration::terms::Terms;
use crate::store::registrations::Room;
use crate::world::fetch::origin_of;

/// `[registration]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct RawRegistration {
    pub submissions: bool,
    pub status_pages: bool,
    pub open: u64,
    pub open_per_network: u64,
    pub size_kib: u64,
    pub unproved_days: u64,
    pub undecided_days: u64,
    pub origins: Vec<String>,
    pub authority: Option<String>,
}

/// Checks the section; relative paths are taken from `folder`.
///
/// # Errors
/// With the first thing that is wrong.
pub fn check(raw: &RawRegistration, folder: &Path) -> Result<Terms, Wrong> {
    let number = |key: &str, said: u64, most: u64, expected: &'static str| {
        let number = usize::try_from(said).ok().filter(|_| (1..=most).contains(&said));
        number.ok_or_else(|| (format!("registration.{key}"), expected, said.to_string()))
    };
    let days = |key: &str, said: u64| {
        let days = number(key, said, 365, "a number from 1 to 365")?;
        Ok::<_, Wrong>(TimeDelta::days(i64::try_from(days).unwrap_or(1)))
    };
    let in_all = number("open", raw.open, 250, "a number from 1 to 250")?;
    let of_network =
        number("open-per-network", raw.open_per_network, 250, "a number from 1 to 250")?;
    let size = number("size-kib", raw.size_kib, 256, "a number from 1 to 256")? * 1024;
    let origins = raw.origins.iter().map(|said| {
        origin_of(said).map_err(|_| {
            let expected = "an origin (https://host; http is for this machine)";
            ("registration.origins".to_owned(), expected, format!("{said:?}"))
        })
    });
    Ok(Terms {
        submissions: raw.submissions,
        status_pages: raw.status_pages,
        room: Room { in_all, of_network },
        size,
        unproved: days("unproved-days", raw.unproved_days)?,
        undecided: days("undecided-days", raw.undecided_days)?,
        origins: origins.collect::<Result<_, _>>()?,
        authority: raw.authority.as_ref().map(|file| folder.join(file)),
    })
}
