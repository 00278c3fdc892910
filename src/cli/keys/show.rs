//! Keys in words: a list, one of them, and how long all certificates last.

use std::collections::HashMap;
use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use crate::cli::check::finding::{Finding, Grade};
use crate::cli::check::{keys, partners};
use crate::cli::error::{CliError, Count};
use crate::cli::keys::list;
use crate::cli::keys::take_up;
use crate::cli::say::say;
use crate::cli::signing;
use crate::config::settings::Settings;
use crate::flow::expiry::Ending;
use crate::world::roles::{Entry, Role};
use crate::world::shape;

/// `ponte keys list`
///
/// # Errors
/// When the list cannot be read.
pub fn list(settings: &Settings, now: DateTime<Utc>) -> Result<String, CliError> {
    let list = list::read(&settings.keys, now)?;
    let mut text = String::new();
    for entry in list.roles.all() {
        let until = signing::certificate(&list, entry).map(|certificate| certificate.not_after);
        let until = until.map_or_else(|_| "no certificate".to_owned(), until_day);
        let role = role(entry);
        let place = list.place(entry)?.map_or_else(|| "destroyed".to_owned(), |at| at.to_string());
        let since = entry.since.format("%Y-%m-%d");
        let name = &entry.name;
        let _ = writeln!(text, "{name:<16} {role:<20} since {since}  {until:<18} {place}");
    }
    if text.is_empty() {
        text.push_str("There is no signing key: `ponte keys new` makes one.\n");
    }
    if list.by_hand && !settings.keys.signing.is_empty() {
        text.push_str(
            "keys.signing in ponte.toml names them; the first `ponte keys` command that changes something writes them to signing.json.\n",
        );
    }
    Ok(text)
}

/// `ponte keys show`
///
/// # Errors
/// When there is no such key, or the list or its certificate cannot be read.
pub fn show(name: &str, settings: &Settings, now: DateTime<Utc>) -> Result<String, CliError> {
    let list = list::read(&settings.keys, now)?;
    let entry = list.roles.find(name)?;
    let place = list.place(entry)?.map_or_else(|| "destroyed".to_owned(), |at| at.to_string());
    let mut text = format!(
        "{name}: {}, since {}\n  made         {}\n  private key  {place}\n",
        role(entry),
        entry.since.format(DAY),
        entry.made.format(DAY),
    );
    let Some(path) = list.certificate(entry) else {
        text.push_str("  certificate  none yet\n");
        return Ok(text);
    };
    let certificate = signing::certificate(&list, entry)?;
    let _ = writeln!(text, "  certificate  {}", path.display());
    let _ = writeln!(text, "  SHA-256      {}", certificate.fingerprint);
    let (from, until) = (certificate.not_before, certificate.not_after);
    let _ = writeln!(text, "  good         {} to {}", from.format(DAY), until.format(DAY));
    for point in shape::judge(&certificate, &settings.idp.entity_id)? {
        let verdict = if point.wrong.is_none() { "ok" } else { "ODD" };
        let _ = writeln!(text, "  {verdict:<4} {}: {}", point.field, point.found);
        if let Some(expected) = point.wrong {
            let _ = writeln!(text, "       expected {expected}");
        }
    }
    Ok(text)
}

/// `ponte keys check`: tells how long every certificate lasts.
///
/// # Errors
/// [`CliError::Ending`] when one ends within `days`, or a key cannot be used.
pub async fn check(days: u32, settings: &Settings, now: DateTime<Utc>) -> Result<(), CliError> {
    let mut bad = 0;
    for finding in keys::check(&settings.keys, now) {
        if finding.grade == Grade::Error {
            bad += 1;
            say(&finding);
        }
    }
    let signing = signing::load(&settings.keys, signing::Examples::Refuse);
    let own = signing
        .map(|signing| take_up::key_set(signing, String::new(), HashMap::new(), settings, now));
    let mut all = own.map(|own| own.certificates).unwrap_or_default();
    all.extend(partners::endings(settings, now).await?);
    for ending in &all {
        let finding = of(ending, days, now);
        bad += usize::from(finding.grade == Grade::Error);
        say(finding);
    }
    if bad == 0 { Ok(()) } else { Err(CliError::Ending(Count(bad))) }
}

fn of(ending: &Ending, days: u32, now: DateTime<Utc>) -> Finding {
    let subject = format!("{} {}", ending.whose, ending.name);
    let left = ending.days(now);
    let until = until_day(ending.not_after);
    if now >= ending.not_after {
        Finding::error(subject, format!("ended: {until}"), keys::remedy(ending.whose))
    } else if left < i64::from(days) {
        Finding::error(subject, format!("{until}, {left} days"), keys::remedy(ending.whose))
    } else if ending.stage(now).is_some() {
        Finding::warning(subject, format!("{until}, {left} days"), keys::remedy(ending.whose))
    } else {
        Finding::good(subject, format!("{until}, {left} days"))
    }
}

/// What a key does, in words.
#[must_use]
pub fn role(entry: &Entry) -> &'static str {
    match (entry.role, entry.published) {
        (Role::Pending, _) => "pending",
        (Role::Next, _) => "next",
        (Role::Current, _) => "current",
        (Role::Retired, true) => "retired, published",
        (Role::Retired, false) => "retired",
    }
}

fn until_day(at: DateTime<Utc>) -> String {
    format!("until {}", at.format("%Y-%m-%d"))
}

const DAY: &str = "%Y-%m-%d %H:%M UTC";
