//! The demands on a logout message of an identity provider, a row each (spid-saml §1.5; SAML Core §3.7).

use crate::saml::binding::Binding;
use crate::saml::lexical;
use crate::saml::logout::message::{Kind, LogoutMessage};
use crate::saml::names;
use crate::saml::profile::check::Found;
use crate::saml::upstream::check::Broken;
use crate::saml::upstream::logout::Receiving;
use crate::saml::upstream::profile::UpstreamProfile;
use crate::saml::upstream::provider::IdentityProvider;
use crate::saml::upstream::tests_of_envelope::{equal, is_id};

/// A message whose signature held, and the circumstances in which it is judged.
pub(super) struct Judged<'a> {
    pub(super) message: &'a LogoutMessage,
    pub(super) profile: UpstreamProfile,
    pub(super) provider: &'a IdentityProvider,
    pub(super) binding: Binding,
    pub(super) at: &'a Receiving<'a>,
}

/// One demand.
struct Row {
    kinds: &'static [Kind],
    element: &'static str,
    rule: &'static str,
    source: &'static str,
    test: fn(&Judged<'_>) -> Result<(), Found>,
}

/// The first demand on a message of `kind` that `judged` does not meet.
pub(super) fn all_hold(kind: Kind, judged: &Judged<'_>) -> Result<(), Broken> {
    for row in ROWS.iter().filter(|row| row.kinds.contains(&kind)) {
        (row.test)(judged).map_err(|Found { expected, found }| Broken {
            element: row.element,
            rule: row.rule,
            rule_source: row.source,
            expected,
            found,
        })?;
    }
    Ok(())
}

const ROWS: &[Row] = &[
    row(BOTH, "Issuer", "must be the entityID whose key signed", "SAML Profiles §4.4.4", issuer),
    row(
        BOTH,
        "Issuer/@Format",
        "must be absent or the entity format",
        "SAML Profiles §4.4.4",
        issuer_format,
    ),
    row(
        BOTH,
        "LogoutRequest, LogoutResponse",
        "must have the schema's elements and attributes in the schema's order, the NameID in clear",
        "SAML Core §3.7.1, §3.7.2",
        schema,
    ),
    row(BOTH, "@Version", "must be 2.0", "spid-saml §1.5", version),
    row(BOTH, "@ID", "must be an NCName", "spid-saml §1.5", id),
    row(
        BOTH,
        "@IssueInstant",
        "must be an instant in UTC, coherent with the arrival",
        "spid-saml §1.5, §1.6",
        issue_instant,
    ),
    row(
        BOTH,
        "@Destination",
        "must be the address at which it came in, or, under SPID's rules, our entityID; in plain SAML it may be absent \
         from a redirect",
        "spid-saml §1.5, SAML Bindings §3.4.5.2, §3.5.5.2",
        destination,
    ),
    row(
        REQUEST,
        "LogoutRequest/@NotOnOrAfter",
        "must be an instant to come if present",
        "SAML Core §3.7.1",
        until,
    ),
    row(REQUEST, "NameID", "must be there, not empty", "SAML Core §3.7.1", name),
    row(
        RESPONSE,
        "LogoutResponse/@InResponseTo",
        "must be the ID of a request",
        "SAML Core §3.2.2",
        in_response_to,
    ),
    row(RESPONSE, "Status/StatusCode", "must be there with a value", "SAML Core §3.2.2.1", status),
];

fn issuer(judged: &Judged<'_>) -> Result<(), Found> {
    let issuer = judged.message.issuer.as_ref().map(|issuer| issuer.value.as_str());
    equal(issuer, &judged.provider.entity_id)
}

fn issuer_format(judged: &Judged<'_>) -> Result<(), Found> {
    match judged.message.issuer.as_ref().and_then(|issuer| issuer.format.as_deref()) {
        None => Ok(()),
        format => equal(format, names::FORMAT_ENTITY),
    }
}

fn schema(judged: &Judged<'_>) -> Result<(), Found> {
    match &judged.message.misplaced {
        None => Ok(()),
        Some(path) => Err(Found::instead(Some(path), "what the schema has, in its order")),
    }
}

fn version(judged: &Judged<'_>) -> Result<(), Found> {
    equal(judged.message.version.as_deref(), "2.0")
}

fn id(judged: &Judged<'_>) -> Result<(), Found> {
    is_id(judged.message.id.as_deref())
}

fn issue_instant(judged: &Judged<'_>) -> Result<(), Found> {
    let Receiving { now, window, .. } = judged.at;
    let text = judged.message.issue_instant.as_deref();
    let (earliest, latest) = (*now - window.back, *now + window.ahead);
    match text.and_then(lexical::instant) {
        Some(at) if (earliest..=latest).contains(&at) => Ok(()),
        _ => Err(Found::instead(
            text,
            format!(
                "from {} to {}",
                earliest.format("%Y-%m-%dT%H:%M:%SZ"),
                latest.format("%Y-%m-%dT%H:%M:%SZ")
            ),
        )),
    }
}

fn destination(judged: &Judged<'_>) -> Result<(), Found> {
    let said = judged.message.destination.as_deref();
    match (judged.profile, judged.binding) {
        (UpstreamProfile::Saml2, Binding::Redirect) if said.is_none() => Ok(()),
        (UpstreamProfile::Saml2, _) => equal(said, judged.at.location),
        _ if said == Some(judged.at.ourselves) => Ok(()),
        _ => equal(said, judged.at.location),
    }
}

fn until(judged: &Judged<'_>) -> Result<(), Found> {
    let Some(text) = judged.message.not_on_or_after.as_deref() else { return Ok(()) };
    match lexical::instant(text) {
        Some(at) if at > judged.at.now - judged.at.window.ahead => Ok(()),
        _ => Err(Found::instead(Some(text), "an instant to come")),
    }
}

fn name(judged: &Judged<'_>) -> Result<(), Found> {
    match &judged.message.name_id {
        Some(name) if !name.value.is_empty() => Ok(()),
        _ => Err(Found::instead(None, "a NameID with a value")),
    }
}

fn in_response_to(judged: &Judged<'_>) -> Result<(), Found> {
    is_id(judged.message.in_response_to.as_deref())
}

fn status(judged: &Judged<'_>) -> Result<(), Found> {
    match judged.message.status.first() {
        Some(code) if !code.is_empty() => Ok(()),
        _ => Err(Found::instead(None, "a StatusCode with a Value")),
    }
}

const fn row(
    kinds: &'static [Kind],
    element: &'static str,
    rule: &'static str,
    source: &'static str,
    test: fn(&Judged<'_>) -> Result<(), Found>,
) -> Row {
    Row { kinds, element, rule, source, test }
}

const BOTH: &[Kind] = &[Kind::Request, Kind::Response];
const REQUEST: &[Kind] = &[Kind::Request];
const RESPONSE: &[Kind] = &[Kind::Response];
