//! What SAML itself demands of a request, in every profile; the profiles' tables name these tests.

use crate::saml::lexical;
use crate::saml::names;
use crate::saml::partner::{AttributeSet, Consumer};
use crate::saml::profile::check::{Asked, Found};

/// The issuer that was signed is the one whose keys were used.
pub fn issuer_signed(asked: &Asked<'_>) -> Result<(), Found> {
    let issuer = asked.message.issuer.as_ref().map(|issuer| issuer.value.as_str());
    if issuer == Some(asked.partner.entity_id.as_str()) {
        return Ok(());
    }
    Err(Found::instead(issuer, asked.partner.entity_id.clone()))
}

/// Every element and attribute stands where the schema has a place for it.
pub fn schema(asked: &Asked<'_>) -> Result<(), Found> {
    match &asked.message.misplaced {
        None => Ok(()),
        Some(path) => Err(Found::instead(
            Some(path),
            "Issuer, Signature, Extensions, Subject, NameIDPolicy, Conditions, \
             RequestedAuthnContext, Scoping: in this order, each once at most, with the \
             schema's own attributes",
        )),
    }
}

/// `ForceAuthn` is a boolean if it is there.
pub fn force_authn_boolean(asked: &Asked<'_>) -> Result<(), Found> {
    boolean(asked.message.force_authn.as_deref())
}

/// `IsPassive` is a boolean if it is there.
pub fn is_passive_boolean(asked: &Asked<'_>) -> Result<(), Found> {
    boolean(asked.message.is_passive.as_deref())
}

/// The subject that is wished for carries no confirmation.
pub fn no_subject_confirmation(asked: &Asked<'_>) -> Result<(), Found> {
    if asked.message.subject_confirmation {
        return Err(Found::instead(Some("SubjectConfirmation"), "no SubjectConfirmation"));
    }
    Ok(())
}

/// The times of the conditions are instants if they are there.
pub fn conditions_instants(asked: &Asked<'_>) -> Result<(), Found> {
    let Some(conditions) = &asked.message.conditions else { return Ok(()) };
    [&conditions.not_before, &conditions.not_on_or_after]
        .into_iter()
        .flatten()
        .find(|text| lexical::instant(text).is_none())
        .map_or(Ok(()), |text| Err(Found::instead(Some(text), INSTANT)))
}

/// `ProxyCount` is a number if it is there.
pub fn proxy_count_number(asked: &Asked<'_>) -> Result<(), Found> {
    match asked.message.proxy_count.as_deref() {
        Some(text) if !lexical::all_digits(text) => {
            Err(Found::instead(Some(text), "a non-negative integer"))
        }
        _ => Ok(()),
    }
}

/// `Version` is 2.0.
pub fn version(asked: &Asked<'_>) -> Result<(), Found> {
    equal(asked.message.version.as_deref(), "2.0")
}

/// `ID` is there and can be an XML ID.
pub fn id(asked: &Asked<'_>) -> Result<(), Found> {
    match asked.message.id.as_deref() {
        Some(id) if lexical::is_id(id) => Ok(()),
        other => Err(Found::instead(
            other,
            "an NCName of at most 256 characters: it begins with a letter or _",
        )),
    }
}

/// `IssueInstant` is an instant in UTC.
pub fn issue_instant_form(asked: &Asked<'_>) -> Result<(), Found> {
    let text = asked.message.issue_instant.as_deref();
    match text.and_then(lexical::instant) {
        Some(_) => Ok(()),
        None => Err(Found::instead(text, INSTANT)),
    }
}

/// `IssueInstant` is coherent with the arrival.
pub fn issue_instant_window(asked: &Asked<'_>) -> Result<(), Found> {
    let text = asked.message.issue_instant.as_deref();
    match text.and_then(lexical::instant) {
        Some(at) if (asked.earliest..=asked.latest).contains(&at) => Ok(()),
        _ => Err(Found::instead(
            text,
            format!(
                "from {} to {}",
                asked.earliest.format("%Y-%m-%dT%H:%M:%SZ"),
                asked.latest.format("%Y-%m-%dT%H:%M:%SZ")
            ),
        )),
    }
}

/// `ProtocolBinding` is HTTP-POST if it is there: no other takes answers.
pub fn protocol_binding(asked: &Asked<'_>) -> Result<(), Found> {
    match asked.message.protocol_binding.as_deref() {
        None => Ok(()),
        binding => equal(binding, names::HTTP_POST),
    }
}

/// The index of a consumer stands alone.
pub fn consumer_index_alone(asked: &Asked<'_>) -> Result<(), Found> {
    let message = asked.message;
    if message.consumer_index.is_none() {
        return Ok(());
    }
    let beside = message.consumer_url.as_deref().or(message.protocol_binding.as_deref());
    match beside {
        None => Ok(()),
        beside => Err(Found::instead(
            beside,
            "the index without AssertionConsumerServiceURL and ProtocolBinding",
        )),
    }
}

/// The consumer named is one of the metadata's.
pub fn consumer_registered(asked: &Asked<'_>) -> Result<(), Found> {
    consumer(asked).map(drop)
}

/// The consumer to which the answer goes: by index, by address (exactly), or the default.
///
/// # Errors
/// What was named, when the metadata has no such consumer.
pub fn consumer<'a>(asked: &Asked<'a>) -> Result<&'a Consumer, Found> {
    let partner = asked.partner;
    let found = match (&asked.message.consumer_index, &asked.message.consumer_url) {
        (Some(text), _) => lexical::unsigned_short(text)
            .and_then(|index| partner.consumers.iter().find(|consumer| consumer.index == index))
            .ok_or(text.as_str()),
        (None, Some(url)) => {
            partner.consumers.iter().find(|consumer| consumer.location == *url).ok_or(url.as_str())
        }
        (None, None) => partner.default_consumer().ok_or(""),
    };
    found.map_err(|text| {
        let known: Vec<_> = partner
            .consumers
            .iter()
            .map(|consumer| format!("{} {}", consumer.index, consumer.location))
            .collect();
        Found::instead(Some(text), format!("one of the metadata's: {}", known.join(", ")))
    })
}

/// The attribute set named, if one is, is one of the metadata's.
pub fn attribute_set_registered(asked: &Asked<'_>) -> Result<(), Found> {
    attribute_set(asked).map(drop)
}

/// The attribute set named by its index; `None` if none is named.
///
/// # Errors
/// What was named, when the metadata has no such set.
pub fn attribute_set<'a>(asked: &Asked<'a>) -> Result<Option<&'a AttributeSet>, Found> {
    let Some(text) = asked.message.attribute_index.as_deref() else { return Ok(None) };
    let sets = &asked.partner.attribute_sets;
    lexical::unsigned_short(text)
        .and_then(|index| sets.iter().find(|set| set.index == index))
        .map(Some)
        .ok_or_else(|| {
            let known: Vec<_> = sets.iter().map(|set| set.index.to_string()).collect();
            Found::instead(Some(text), format!("one of the metadata's: {}", known.join(", ")))
        })
}

/// That `text` reads `wanted`, exactly.
pub fn equal(text: Option<&str>, wanted: &'static str) -> Result<(), Found> {
    if text == Some(wanted) { Ok(()) } else { Err(Found::instead(text, wanted)) }
}

fn boolean(text: Option<&str>) -> Result<(), Found> {
    match text {
        Some(text) if lexical::boolean(text).is_none() => {
            Err(Found::instead(Some(text), "true, false, 1 or 0"))
        }
        _ => Ok(()),
    }
}

const INSTANT: &str = "an instant in UTC such as 2017-03-05T18:03:10.531Z";
