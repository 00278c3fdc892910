//! The tests that the table's rows on the envelope name.

use crate::saml::profile::check::Found;
use crate::saml::upstream::check::Judged;
use crate::saml::upstream::moment;
use crate::saml::{lexical, names};

/// Nothing stands where the schema has no place for it.
pub(super) fn schema(judged: &Judged<'_>) -> Result<(), Found> {
    match &judged.envelope.misplaced {
        None => Ok(()),
        Some(path) => Err(Found::instead(
            Some(path),
            "Issuer, Signature, Extensions, Status, one Assertion: in this order",
        )),
    }
}

pub(super) fn version(judged: &Judged<'_>) -> Result<(), Found> {
    equal(judged.envelope.version.as_deref(), "2.0")
}

pub(super) fn id(judged: &Judged<'_>) -> Result<(), Found> {
    is_id(judged.envelope.id.as_deref())
}

pub(super) fn issue_instant_form(judged: &Judged<'_>) -> Result<(), Found> {
    moment::form(judged.envelope.issue_instant.as_deref())
}

pub(super) fn issue_instant_window(judged: &Judged<'_>) -> Result<(), Found> {
    moment::since_asked(judged, judged.envelope.issue_instant.as_deref())
}

pub(super) fn in_response_to(judged: &Judged<'_>) -> Result<(), Found> {
    equal(judged.envelope.in_response_to.as_deref(), judged.expected.request)
}

pub(super) fn destination(judged: &Judged<'_>) -> Result<(), Found> {
    equal(judged.envelope.destination.as_deref(), judged.expected.consumer)
}

pub(super) fn destination_if_unsigned(judged: &Judged<'_>) -> Result<(), Found> {
    match &judged.envelope.destination {
        None if !judged.response_signed => Ok(()),
        _ => destination(judged),
    }
}

pub(super) fn issuer(judged: &Judged<'_>) -> Result<(), Found> {
    let issuer = judged.envelope.issuer.as_ref().map(|issuer| issuer.value.as_str());
    equal(issuer, judged.expected.provider)
}

pub(super) fn issuer_if_unsigned(judged: &Judged<'_>) -> Result<(), Found> {
    match &judged.envelope.issuer {
        None if !judged.response_signed => Ok(()),
        _ => issuer(judged),
    }
}

pub(super) fn issuer_format(judged: &Judged<'_>) -> Result<(), Found> {
    match judged.envelope.issuer.as_ref().and_then(|issuer| issuer.format.as_deref()) {
        None => Ok(()),
        format => equal(format, names::FORMAT_ENTITY),
    }
}

pub(super) fn status(judged: &Judged<'_>) -> Result<(), Found> {
    match judged.envelope.status.first() {
        Some(Some(_)) => Ok(()),
        _ => Err(Found::instead(None, "a StatusCode with a Value")),
    }
}

/// That `text` reads `wanted`, exactly.
pub(super) fn equal(text: Option<&str>, wanted: &str) -> Result<(), Found> {
    if text == Some(wanted) {
        return Ok(());
    }
    Err(Found::instead(text, wanted.to_owned()))
}

pub(super) fn is_id(text: Option<&str>) -> Result<(), Found> {
    match text {
        Some(id) if lexical::is_id(id) => Ok(()),
        other => Err(Found::instead(
            other,
            "an NCName of at most 256 characters: it begins with a letter or _",
        )),
    }
}
