//! The `Response` to a request of ours, judged (SAML Profiles §4.1.4.2 and §4.1.4.3, spid-saml §1.2).

use chrono::{DateTime, TimeDelta, Utc};
use roxmltree::{Document, Node};

use crate::saml::signature::{self, PublicKey, Unproven};
use crate::saml::structure::{self, Root, Signed, StructureError};
use crate::saml::xml::{self, XmlError};
use crate::saml::{lexical, names};

/// What an answer must fit.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The entityID of the identity provider that was asked.
    pub provider: &'a str,
    /// Its registered keys.
    pub keys: &'a [PublicKey],
    /// The ID of the request.
    pub request: &'a str,
    /// When it was made.
    pub asked: DateTime<Utc>,
    /// Our entityID.
    pub ourselves: &'a str,
    /// The address at which the answer came in.
    pub consumer: &'a str,
}

/// What we were told.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Received {
    /// The assertion's ID: good for once.
    pub assertion_id: String,
    /// From then on the assertion is worth nothing.
    pub expires: DateTime<Utc>,
    /// The class asserted, a URI.
    pub class: String,
    /// The person's name for us.
    pub name_id: String,
    /// The session's index, if there is one.
    pub session_index: Option<String>,
    /// Names and values, in order.
    pub attributes: Vec<(String, String)>,
}

/// Why we were told nothing.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The answer cannot be read.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// Its structure is not accepted.
    #[error(transparent)]
    Structure(#[from] StructureError),
    /// Response or assertion is not signed by the identity provider.
    #[error("the answer is not signed as it must be")]
    Unproven(#[from] Unproven),
    /// A rule is broken.
    #[error("{0}")]
    Rule(&'static str),
    /// The identity provider says no.
    #[error("the identity provider answered {}", codes.join(" "))]
    Status {
        /// Status codes, the top-level one first.
        codes: Vec<String>,
        /// Its message.
        message: Option<String>,
    },
}

/// Judges `text`, an answer that came by HTTP-POST: both Response and Assertion must be signed with a registered key,
/// and everything is read from what was signed.
///
/// # Errors
/// The first thing wrong, or the identity provider's own no.
pub fn receive(
    text: &str,
    expected: &Expected<'_>,
    now: DateTime<Utc>,
) -> Result<Received, Refused> {
    let document = xml::parse(text)?;
    let sound = structure::check(&document, Root::Response, Signed::Enveloped { required: true })?;
    let response = signature::verify(&sound, expected.keys)?;
    let response = xml::parse(response.text())?;
    envelope(response.root_element(), expected, now)?;
    status(response.root_element())?;
    let assertion = signature::verify_child(&sound, expected.keys)?;
    let assertion = xml::parse(assertion.text())?;
    read(&assertion, expected, now)
}

fn envelope(
    response: Node<'_, '_>,
    expected: &Expected<'_>,
    now: DateTime<Utc>,
) -> Result<(), Refused> {
    demand(response.attribute("Version") == Some("2.0"), "the Version is not 2.0")?;
    let answers = response.attribute("InResponseTo") == Some(expected.request);
    demand(answers, "it does not answer our request (InResponseTo)")?;
    let here = response.attribute("Destination") == Some(expected.consumer);
    demand(here, "it is meant for another address (Destination)")?;
    demand(is_recent(response, expected, now), "it was not made just now (IssueInstant)")?;
    let issuer = child(response, names::ASSERTION, "Issuer")?;
    demand(text(issuer)? == expected.provider, "it is from another issuer")
}

fn status(response: Node<'_, '_>) -> Result<(), Refused> {
    let status = child(response, names::PROTOCOL, "Status")?;
    let code = (names::PROTOCOL, "StatusCode");
    let codes: Vec<String> = status
        .descendants()
        .filter(|node| node.has_tag_name(code))
        .filter_map(|node| node.attribute("Value"))
        .map(str::to_owned)
        .collect();
    if codes == [SUCCESS] {
        return Ok(());
    }
    let message =
        status.children().find(|node| node.has_tag_name((names::PROTOCOL, "StatusMessage")));
    Err(Refused::Status { codes, message: message.map(text).transpose()? })
}

fn read(
    assertion: &Document<'_>,
    expected: &Expected<'_>,
    now: DateTime<Utc>,
) -> Result<Received, Refused> {
    let assertion = assertion.root_element();
    let is_one = assertion.has_tag_name((names::ASSERTION, "Assertion"));
    demand(is_one && assertion.attribute("Version") == Some("2.0"), "it is no SAML 2.0 assertion")?;
    demand(is_recent(assertion, expected, now), "the assertion was not made just now")?;
    let issuer = child(assertion, names::ASSERTION, "Issuer")?;
    demand(text(issuer)? == expected.provider, "the assertion is from another issuer")?;

    let subject = child(assertion, names::ASSERTION, "Subject")?;
    let name_id = text(child(subject, names::ASSERTION, "NameID")?)?;
    demand(!name_id.is_empty(), "the person has no name (NameID)")?;
    confirmed(subject, expected, now)?;
    let conditions = child(assertion, names::ASSERTION, "Conditions")?;
    let expires = in_time(conditions, now)?;
    for restriction in all(conditions, "AudienceRestriction") {
        let mut audiences = all(restriction, "Audience").map(text);
        let meant = audiences.any(|audience| audience.is_ok_and(|one| one == expected.ourselves));
        demand(meant, "it is meant for another service provider (Audience)")?;
    }
    demand(all(conditions, "AudienceRestriction").next().is_some(), "it has no Audience")?;

    let statement = child(assertion, names::ASSERTION, "AuthnStatement")?;
    let context = child(statement, names::ASSERTION, "AuthnContext")?;
    Ok(Received {
        assertion_id: assertion.attribute("ID").unwrap_or_default().to_owned(),
        expires,
        class: text(child(context, names::ASSERTION, "AuthnContextClassRef")?)?,
        name_id,
        session_index: statement.attribute("SessionIndex").map(str::to_owned),
        attributes: attributes(assertion)?,
    })
}

/// Some bearer confirmation must hold whole (SAML Profiles §4.1.4.3).
fn confirmed(
    subject: Node<'_, '_>,
    expected: &Expected<'_>,
    now: DateTime<Utc>,
) -> Result<(), Refused> {
    let holds = all(subject, "SubjectConfirmation")
        .filter(|one| one.attribute("Method") == Some(names::BEARER))
        .filter_map(|one| all(one, "SubjectConfirmationData").next())
        .any(|data| {
            data.attribute("Recipient") == Some(expected.consumer)
                && data.attribute("InResponseTo") == Some(expected.request)
                && data.attribute("NotBefore").is_none()
                && at(data, "NotOnOrAfter").is_some_and(|until| now < until + SKEW)
        });
    demand(holds, "nothing confirms its subject (SubjectConfirmation)")
}

fn in_time(conditions: Node<'_, '_>, now: DateTime<Utc>) -> Result<DateTime<Utc>, Refused> {
    let from = at(conditions, "NotBefore").ok_or(Refused::Rule("it has no NotBefore"))?;
    let until = at(conditions, "NotOnOrAfter").ok_or(Refused::Rule("it has no NotOnOrAfter"))?;
    demand(from <= now + SKEW, "it is not good yet (NotBefore)")?;
    demand(now < until + SKEW, "it is good no more (NotOnOrAfter)")?;
    Ok(until + SKEW)
}

fn attributes(assertion: Node<'_, '_>) -> Result<Vec<(String, String)>, Refused> {
    let mut found = Vec::new();
    for statement in all(assertion, "AttributeStatement") {
        for attribute in all(statement, "Attribute") {
            let name =
                attribute.attribute("Name").ok_or(Refused::Rule("an attribute has no Name"))?;
            for value in all(attribute, "AttributeValue") {
                found.push((name.to_owned(), text(value)?));
            }
        }
    }
    Ok(found)
}

/// Neither before the request nor in the future, as far as clocks agree.
fn is_recent(node: Node<'_, '_>, expected: &Expected<'_>, now: DateTime<Utc>) -> bool {
    at(node, "IssueInstant").is_some_and(|made| made + SKEW >= expected.asked && made <= now + SKEW)
}

fn at(node: Node<'_, '_>, attribute: &str) -> Option<DateTime<Utc>> {
    lexical::instant(node.attribute(attribute)?)
}

fn all<'a, 'i>(parent: Node<'a, 'i>, name: &'static str) -> impl Iterator<Item = Node<'a, 'i>> {
    parent.children().filter(move |node| node.has_tag_name((names::ASSERTION, name)))
}

/// The one child of that name.
fn child<'a, 'i>(
    parent: Node<'a, 'i>,
    namespace: &'static str,
    name: &'static str,
) -> Result<Node<'a, 'i>, Refused> {
    let mut found = parent.children().filter(|node| node.has_tag_name((namespace, name)));
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => Err(Refused::Rule("an element that must be there is missing")),
        (Some(_), Some(_)) => {
            Err(Refused::Rule("an element that may be there once is there twice"))
        }
    }
}

fn text(node: Node<'_, '_>) -> Result<String, Refused> {
    Ok(lexical::trim(&xml::text_of(node)?).to_owned())
}

fn demand(holds: bool, otherwise: &'static str) -> Result<(), Refused> {
    if holds { Ok(()) } else { Err(Refused::Rule(otherwise)) }
}

const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";
/// How far clocks may differ.
const SKEW: TimeDelta = TimeDelta::seconds(60);
