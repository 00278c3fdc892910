//! The tests that the table's rows on the assertion name.

use crate::saml::profile::check::Found;
use crate::saml::upstream::assertion::{Attribute, Authentication, Conditions, Confirmation};
use crate::saml::upstream::check::Judged;
use crate::saml::upstream::moment;
use crate::saml::upstream::profile::spid_level;
use crate::saml::upstream::tests_of_envelope::{equal, is_id};
use crate::saml::{lexical, names};

/// Nothing stands where the schema has no place for it.
pub(super) fn schema(judged: &Judged<'_>) -> Result<(), Found> {
    match &judged.assertion.misplaced {
        None => Ok(()),
        Some(path) => Err(Found::instead(
            Some(path),
            "Issuer, Signature, Subject, Conditions, Advice, statements: in this order",
        )),
    }
}

pub(super) fn version(judged: &Judged<'_>) -> Result<(), Found> {
    equal(judged.assertion.version.as_deref(), "2.0")
}

pub(super) fn id(judged: &Judged<'_>) -> Result<(), Found> {
    is_id(judged.assertion.id.as_deref())
}

pub(super) fn issue_instant_form(judged: &Judged<'_>) -> Result<(), Found> {
    moment::form(judged.assertion.issue_instant.as_deref())
}

pub(super) fn issue_instant_window(judged: &Judged<'_>) -> Result<(), Found> {
    moment::since_asked(judged, judged.assertion.issue_instant.as_deref())
}

pub(super) fn issuer(judged: &Judged<'_>) -> Result<(), Found> {
    let issuer = judged.assertion.issuer.as_ref().map(|issuer| issuer.value.as_str());
    equal(issuer, judged.expected.provider)
}

pub(super) fn issuer_format(judged: &Judged<'_>) -> Result<(), Found> {
    let format = judged.assertion.issuer.as_ref().and_then(|issuer| issuer.format.as_deref());
    equal(format, names::FORMAT_ENTITY)
}

pub(super) fn issuer_format_if_any(judged: &Judged<'_>) -> Result<(), Found> {
    match judged.assertion.issuer.as_ref().and_then(|issuer| issuer.format.as_deref()) {
        None => Ok(()),
        format => equal(format, names::FORMAT_ENTITY),
    }
}

/// The name itself is personal: it is not shown.
pub(super) fn name(judged: &Judged<'_>) -> Result<(), Found> {
    match &judged.assertion.name_id {
        Some(name) if !name.value.is_empty() => Ok(()),
        _ => Err(Found::instead(None, "a NameID with a value")),
    }
}

pub(super) fn name_format(judged: &Judged<'_>) -> Result<(), Found> {
    let name = judged.assertion.name_id.as_ref();
    equal(name.and_then(|name| name.format.as_deref()), names::FORMAT_TRANSIENT)
}

pub(super) fn name_qualifier(judged: &Judged<'_>) -> Result<(), Found> {
    let name = judged.assertion.name_id.as_ref();
    equal(name.and_then(|name| name.name_qualifier.as_deref()), judged.expected.provider)
}

pub(super) fn name_qualifiers_if_any(judged: &Judged<'_>) -> Result<(), Found> {
    let Some(name) = &judged.assertion.name_id else { return Ok(()) };
    let expected = judged.expected;
    let pairs =
        [(&name.name_qualifier, expected.provider), (&name.sp_name_qualifier, expected.ourselves)];
    for (said, wanted) in pairs {
        if said.as_deref().is_some_and(|said| !said.is_empty()) {
            equal(said.as_deref(), wanted)?;
        }
    }
    Ok(())
}

pub(super) fn bearer(judged: &Judged<'_>) -> Result<(), Found> {
    let confirmation = confirmation(judged);
    equal(confirmation.and_then(|one| one.method.as_deref()), names::BEARER)
}

pub(super) fn confirmation_data(judged: &Judged<'_>) -> Result<(), Found> {
    match confirmation(judged) {
        Some(Confirmation { has_data: true, .. }) => Ok(()),
        _ => Err(Found::instead(None, "a SubjectConfirmationData")),
    }
}

pub(super) fn recipient(judged: &Judged<'_>) -> Result<(), Found> {
    let recipient = confirmation(judged).and_then(|one| one.recipient.as_deref());
    equal(recipient, judged.expected.consumer)
}

pub(super) fn in_response_to(judged: &Judged<'_>) -> Result<(), Found> {
    let request = confirmation(judged).and_then(|one| one.in_response_to.as_deref());
    equal(request, judged.expected.request)
}

pub(super) fn confirmation_end_form(judged: &Judged<'_>) -> Result<(), Found> {
    moment::form(confirmation(judged).and_then(|one| one.not_on_or_after.as_deref()))
}

pub(super) fn confirmation_end(judged: &Judged<'_>) -> Result<(), Found> {
    let end = confirmation(judged).and_then(|one| one.not_on_or_after.as_deref());
    moment::is_to_come(judged, end)
}

pub(super) fn no_confirmation_start(judged: &Judged<'_>) -> Result<(), Found> {
    match confirmation(judged).and_then(|one| one.not_before.as_deref()) {
        None => Ok(()),
        said => Err(Found::instead(said, "no NotBefore")),
    }
}

pub(super) fn conditions(judged: &Judged<'_>) -> Result<(), Found> {
    match judged.assertion.conditions {
        Some(_) => Ok(()),
        None => Err(Found::instead(None, "Conditions")),
    }
}

pub(super) fn start_form(judged: &Judged<'_>) -> Result<(), Found> {
    moment::form(start_of(judged))
}

pub(super) fn start_form_if_any(judged: &Judged<'_>) -> Result<(), Found> {
    start_of(judged).map_or(Ok(()), |text| moment::form(Some(text)))
}

pub(super) fn start(judged: &Judged<'_>) -> Result<(), Found> {
    start_of(judged).map_or(Ok(()), |text| moment::has_come(judged, Some(text)))
}

pub(super) fn end_form(judged: &Judged<'_>) -> Result<(), Found> {
    moment::form(end_of(judged))
}

pub(super) fn end_form_if_any(judged: &Judged<'_>) -> Result<(), Found> {
    end_of(judged).map_or(Ok(()), |text| moment::form(Some(text)))
}

pub(super) fn end(judged: &Judged<'_>) -> Result<(), Found> {
    end_of(judged).map_or(Ok(()), |text| moment::is_to_come(judged, Some(text)))
}

pub(super) fn start_before_end(judged: &Judged<'_>) -> Result<(), Found> {
    let at = |text: Option<&str>| text.and_then(lexical::instant);
    match (at(start_of(judged)), at(end_of(judged))) {
        (Some(start), Some(end)) if start >= end => {
            Err(Found::instead(start_of(judged), "NotBefore before NotOnOrAfter"))
        }
        _ => Ok(()),
    }
}

pub(super) fn audience(judged: &Judged<'_>) -> Result<(), Found> {
    let ourselves = judged.expected.ourselves;
    let restrictions = judged.assertion.conditions.as_ref().map(|one| one.audiences.as_slice());
    let without = |audiences: &&Vec<String>| !audiences.iter().any(|one| one == ourselves);
    match restrictions {
        None | Some([]) => Err(Found::instead(None, ourselves.to_owned())),
        Some(all) => match all.iter().find(without) {
            None => Ok(()),
            Some(other) => Err(Found::instead(Some(&other.join(" ")), ourselves.to_owned())),
        },
    }
}

pub(super) fn may_pass_on(judged: &Judged<'_>) -> Result<(), Found> {
    let forbids = |conditions: &Conditions| conditions.not_to_pass_on;
    if judged.assertion.conditions.as_ref().is_some_and(forbids) {
        return Err(Found::instead(
            Some("a ProxyRestriction"),
            "none, or one of a Count above 0 and without Audience",
        ));
    }
    Ok(())
}

pub(super) fn known_conditions(judged: &Judged<'_>) -> Result<(), Found> {
    let conditions = judged.assertion.conditions.as_ref();
    match conditions.and_then(|conditions| conditions.unknown.as_deref()) {
        None => Ok(()),
        unknown => Err(Found::instead(
            unknown,
            "AudienceRestriction, OneTimeUse and ProxyRestriction alone",
        )),
    }
}

pub(super) fn one_authentication(judged: &Judged<'_>) -> Result<(), Found> {
    match judged.assertion.authentications.len() {
        1 => Ok(()),
        0 => Err(Found::instead(None, "one AuthnStatement")),
        many => Err(Found::instead(Some(&many.to_string()), "one AuthnStatement")),
    }
}

pub(super) fn authn_instant_form(judged: &Judged<'_>) -> Result<(), Found> {
    moment::form(authentication(judged).and_then(|one| one.instant.as_deref()))
}

pub(super) fn authn_instant_window(judged: &Judged<'_>) -> Result<(), Found> {
    let instant = authentication(judged).and_then(|one| one.instant.as_deref());
    if judged.expected.forced {
        return moment::since_asked(judged, instant);
    }
    moment::has_come(judged, instant)
}

pub(super) fn session_end(judged: &Judged<'_>) -> Result<(), Found> {
    match authentication(judged).and_then(|one| one.session_ends.as_deref()) {
        None => Ok(()),
        end => moment::is_to_come(judged, end),
    }
}

pub(super) fn one_class(judged: &Judged<'_>) -> Result<(), Found> {
    match authentication(judged).map(|one| one.classes.as_slice()) {
        Some([class]) if !class.is_empty() => Ok(()),
        Some(classes) => Err(Found::instead(Some(&classes.join(" ")), "one AuthnContextClassRef")),
        None => Err(Found::instead(None, "one AuthnContextClassRef")),
    }
}

pub(super) fn spid_class(judged: &Judged<'_>) -> Result<(), Found> {
    let class = class_of(judged);
    match class.and_then(spid_level) {
        Some(_) => Ok(()),
        None => Err(Found::instead(class, "https://www.spid.gov.it/SpidL1, SpidL2 or SpidL3")),
    }
}

pub(super) fn session_index(judged: &Judged<'_>) -> Result<(), Found> {
    let index = authentication(judged).and_then(|one| one.session_index.as_deref());
    let is_first = |class: &str| spid_level(class) == Some(0);
    let asked = judged.expected.classes.iter().any(|class| is_first(class));
    if asked && class_of(judged).is_some_and(is_first) && index.is_none_or(str::is_empty) {
        return Err(Found::instead(index, "a SessionIndex"));
    }
    Ok(())
}

pub(super) fn some_attribute(judged: &Judged<'_>) -> Result<(), Found> {
    let says = |one: &Attribute| one.values.iter().any(|value| !value.is_empty());
    if judged.assertion.attributes.iter().all(|statement| statement.iter().any(says)) {
        return Ok(());
    }
    Err(Found::instead(None, "an Attribute with a value"))
}

pub(super) fn attribute_names(judged: &Judged<'_>) -> Result<(), Found> {
    let nameless = |one: &Attribute| one.name.as_deref().is_none_or(|name| name.trim().is_empty());
    if judged.assertion.attributes.iter().flatten().any(nameless) {
        return Err(Found::instead(None, "a Name"));
    }
    Ok(())
}

/// Of two values a reader might take either, and it is a person that they name.
pub(super) fn single_values(judged: &Judged<'_>) -> Result<(), Found> {
    let mut seen = Vec::new();
    for attribute in judged.assertion.attributes.iter().flatten() {
        let name = attribute.name.as_deref();
        if attribute.values.len() > 1 || attribute.is_complex || seen.contains(&name) {
            return Err(Found::instead(name, "each attribute once, with one value of text"));
        }
        seen.push(name);
    }
    Ok(())
}

/// The confirmation that is judged: the first that holds whole, for one is enough (SAML Profiles §4.1.4.3); if none does, the
/// first bearer's, so that what is wrong with it is named.
fn confirmation<'a>(judged: &Judged<'a>) -> Option<&'a Confirmation> {
    let expected = judged.expected;
    let is_bearer = |one: &&Confirmation| one.method.as_deref() == Some(names::BEARER);
    let holds = |one: &&Confirmation| {
        is_bearer(one)
            && one.has_data
            && one.recipient.as_deref() == Some(expected.consumer)
            && one.in_response_to.as_deref() == Some(expected.request)
            && one.not_before.is_none()
            && moment::is_to_come(judged, one.not_on_or_after.as_deref()).is_ok()
    };
    let all = &judged.assertion.confirmations;
    all.iter().find(holds).or_else(|| all.iter().find(is_bearer)).or_else(|| all.first())
}

fn start_of<'a>(judged: &Judged<'a>) -> Option<&'a str> {
    judged.assertion.conditions.as_ref()?.not_before.as_deref()
}

fn end_of<'a>(judged: &Judged<'a>) -> Option<&'a str> {
    judged.assertion.conditions.as_ref()?.not_on_or_after.as_deref()
}

fn authentication<'a>(judged: &Judged<'a>) -> Option<&'a Authentication> {
    judged.assertion.authentications.first()
}

fn class_of<'a>(judged: &Judged<'a>) -> Option<&'a str> {
    authentication(judged)?.classes.first().map(String::as_str)
}

/// Until when the bearer may show the assertion: what ends first.
pub(super) fn expiry(judged: &Judged<'_>) -> Option<chrono::DateTime<chrono::Utc>> {
    let confirmed = confirmation(judged).and_then(|one| one.not_on_or_after.as_deref());
    [confirmed, end_of(judged)].into_iter().flatten().filter_map(lexical::instant).min()
}
