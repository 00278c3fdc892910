//! The times of an answer, as far as clocks agree.

use chrono::{DateTime, Utc};

use crate::saml::lexical;
use crate::saml::profile::check::Found;
use crate::saml::upstream::check::Judged;

/// That `text` is an instant in UTC.
pub(super) fn form(text: Option<&str>) -> Result<(), Found> {
    match text.and_then(lexical::instant) {
        Some(_) => Ok(()),
        None => Err(Found::instead(text, "an instant in UTC such as 2017-03-05T18:03:10.531Z")),
    }
}

/// That it is not before the request, nor in the future.
pub(super) fn since_asked(judged: &Judged<'_>, text: Option<&str>) -> Result<(), Found> {
    let (earliest, latest) = (judged.expected.asked - judged.expected.skew, latest(judged));
    match text.and_then(lexical::instant) {
        Some(at) if (earliest..=latest).contains(&at) => Ok(()),
        _ => Err(Found::instead(text, format!("from {} to {}", said(earliest), said(latest)))),
    }
}

/// That it has come, by the clock that is furthest ahead.
pub(super) fn has_come(judged: &Judged<'_>, text: Option<&str>) -> Result<(), Found> {
    let latest = latest(judged);
    match text.and_then(lexical::instant) {
        Some(at) if at <= latest => Ok(()),
        _ => Err(Found::instead(text, format!("{} at the latest", said(latest)))),
    }
}

/// That it is to come, by the clock that is furthest behind.
pub(super) fn is_to_come(judged: &Judged<'_>, text: Option<&str>) -> Result<(), Found> {
    let passed = judged.now - judged.expected.skew;
    match text.and_then(lexical::instant) {
        Some(at) if at > passed => Ok(()),
        _ => Err(Found::instead(text, format!("after {}", said(passed)))),
    }
}

fn latest(judged: &Judged<'_>) -> DateTime<Utc> {
    judged.now + judged.expected.skew
}

fn said(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
