//! The `Response` to a request of ours, judged (SAML Profiles §4.1.4.2 and §4.1.4.3, spid-saml §1.2).
//!
//! The order is fixed: limits, structure, the signatures by the registered keys with both verifiers, and then the
//! table over what was signed. What is granted is read from verified octets alone; an envelope that is not signed
//! itself can refuse an answer, and grants nothing.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use roxmltree::{Document, Node};

use crate::assurance::requirement::Comparison;
use crate::saml::logout::message::NameId;
use crate::saml::signature::{self, SignedXml, Unproven};
use crate::saml::structure::{self, Root, Signed, Sound, StructureError};
use crate::saml::upstream::anomaly::Anomaly;
use crate::saml::upstream::assertion::Assertion;
use crate::saml::upstream::check::{Broken, Expected, Judged, all_hold};
use crate::saml::upstream::decryption::{self, DecryptionKey, Undecryptable};
use crate::saml::upstream::envelope::Envelope;
use crate::saml::upstream::profile::{UpstreamProfile, spid_level};
use crate::saml::upstream::rules::{ASSERTION, ENVELOPE};
use crate::saml::upstream::tests_of_assertion;
use crate::saml::xml::{self, XmlError};
use crate::saml::{lexical, names};

/// What we were told. It counts once: the caller claims the assertion's ID until it expires.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Received {
    /// The assertion's ID: good for once, for this issuer.
    pub assertion_id: String,
    /// From then on the assertion is worth nothing, as far as clocks agree.
    pub expires: DateTime<Utc>,
    /// The response's ID.
    pub response_id: String,
    /// When the response says it was issued.
    pub issue_instant: DateTime<Utc>,
    /// Who says so, an entityID: the one that was asked.
    pub issuer: String,
    /// The class asserted, a URI.
    pub class: String,
    /// When the person showed who they are.
    pub authn_instant: DateTime<Utc>,
    /// The person's name for us, with what makes it one.
    pub name: NameId,
    /// The session's index, if there is one.
    pub session_index: Option<String>,
    /// When the session ends there, if that is said.
    pub session_ends: Option<DateTime<Utc>>,
    /// What is said of the person, in order; no name twice, no empty value.
    pub attributes: Vec<ReceivedAttribute>,
}

/// Something that the person is said to be or to have.
#[derive(Clone, Eq, PartialEq)]
pub struct ReceivedAttribute {
    /// Its name.
    pub name: String,
    /// The format of its name, if that is said.
    pub name_format: Option<String>,
    /// Its values, trimmed; at least one, none empty.
    pub values: Vec<String>,
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
    #[error("the {part} is not signed as it must be")]
    Unproven {
        /// Which.
        part: &'static str,
        /// Why not.
        source: Unproven,
    },
    /// The assertion cannot be opened.
    #[error(transparent)]
    Encrypted(#[from] Undecryptable),
    /// A rule is broken.
    #[error(transparent)]
    Rule(#[from] Broken),
    /// The level is lower than was asked for; what was said is authentic nevertheless, and its ID to be claimed.
    #[error("the level {} is lower than was asked for", .0.class)]
    Level(Box<Received>),
    /// The identity provider says no.
    #[error("the identity provider answered {}", codes.join(" "))]
    Status {
        /// What it comes to.
        anomaly: Anomaly,
        /// Status codes, the top-level one first.
        codes: Vec<String>,
        /// Its message.
        message: Option<String>,
        /// Whether it is signed; many are not (spid-saml §3).
        is_signed: bool,
    },
}

/// What an answer says of itself before anything is proven: to find the request that it claims to answer, and for
/// nothing else.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Claimed {
    /// Whose it claims to be; none in some of plain SAML.
    pub issuer: Option<String>,
    /// The request that it claims to answer; `None` for one that nobody asked for.
    pub in_response_to: Option<String>,
}

/// Reads from `text` which request it claims to answer, within the limits and the structure that [`receive`] demands.
///
/// # Errors
/// When it cannot be read or its structure is not accepted.
pub fn claimed(text: &str) -> Result<Claimed, Refused> {
    let document = xml::parse(text)?;
    structure::check(&document, Root::Response, Signed::Enveloped { required: false })?;
    let Envelope { issuer, in_response_to, .. } = Envelope::of(&document);
    Ok(Claimed {
        issuer: issuer.map(|issuer| issuer.value).filter(|issuer| !issuer.is_empty()),
        in_response_to: in_response_to.filter(|id| lexical::is_id(id)),
    })
}

/// Judges `text`, an answer that came by HTTP-POST; `keys` open what is encrypted, in plain SAML alone.
///
/// # Errors
/// The first thing wrong, or the identity provider's own no.
pub fn receive(
    text: &str,
    expected: &Expected<'_>,
    keys: &[DecryptionKey],
    now: DateTime<Utc>,
) -> Result<Received, Refused> {
    let document = xml::parse(text)?;
    let sound = structure::check(&document, Root::Response, Signed::Enveloped { required: false })?;
    let response = prove_response(&sound, expected)?;
    let whole = response.as_ref().map(|signed| xml::parse(signed.text())).transpose()?;
    let whole = whole.as_ref().unwrap_or(&document);
    let envelope = Envelope::of(whole);
    let response_signed = response.is_some();
    let nothing = Assertion::default();
    let judged =
        Judged { envelope: &envelope, response_signed, assertion: &nothing, expected, now };
    all_hold(ENVELOPE, &judged)?;
    let codes = envelope.codes();
    if codes != [SUCCESS] {
        return Err(Refused::Status {
            anomaly: Anomaly::of(&codes, envelope.status_message.as_deref()),
            codes,
            message: envelope.status_message,
            is_signed: response_signed,
        });
    }
    let assertion = match part(whole, "EncryptedAssertion") {
        Some(encrypted) => open(encrypted, response_signed, expected, keys)?,
        None => prove_assertion(&sound, part(whole, "Assertion"), response_signed, expected)?,
    };
    let received = judge(&Judged { assertion: &assertion, ..judged })?;
    if is_lower(&received.class, expected) {
        return Err(Refused::Level(Box::new(received)));
    }
    Ok(received)
}

/// Judges an answer that nobody signed, its assertion in clear: for fuzzing alone, which cannot sign.
///
/// # Errors
/// As [`receive`], but for signatures.
#[cfg(fuzzing)]
pub fn judge_unsigned(
    text: &str,
    expected: &Expected<'_>,
    now: DateTime<Utc>,
) -> Result<Received, Refused> {
    let document = xml::parse(text)?;
    structure::check(&document, Root::Response, Signed::Enveloped { required: false })?;
    let envelope = Envelope::of(&document);
    let assertion = part(&document, "Assertion").map(Assertion::of).unwrap_or_default();
    let judged =
        Judged { envelope: &envelope, response_signed: true, assertion: &assertion, expected, now };
    all_hold(ENVELOPE, &judged)?;
    judge(&judged)
}

/// What the response's own signature covers, if it has one.
fn prove_response(
    sound: &Sound<'_, '_>,
    expected: &Expected<'_>,
) -> Result<Option<SignedXml>, Refused> {
    if !sound.is_signed() && !expected.wants_response_signed() {
        return Ok(None);
    }
    let signed = signature::verify(sound, expected.keys);
    signed.map(Some).map_err(|source| Refused::Unproven { part: "response", source })
}

/// The assertion, as its own signature covers it; else, in plain SAML, as the response's does, whose verified octets
/// `whole` then is of.
fn prove_assertion(
    sound: &Sound<'_, '_>,
    whole: Option<Node<'_, '_>>,
    response_signed: bool,
    expected: &Expected<'_>,
) -> Result<Assertion, Refused> {
    let whole = whole.ok_or_else(no_assertion)?;
    match signature::verify_child(sound, expected.keys) {
        Ok(signed) => Ok(Assertion::of(xml::parse(signed.text())?.root_element())),
        Err(Unproven::Missing) if response_signed && !expected.wants_assertion_signed() => {
            Ok(Assertion::of(whole))
        }
        Err(source) => Err(Refused::Unproven { part: "assertion", source }),
    }
}

/// The assertion that was encrypted. What is inside must be signed itself, unless the response is, and plain SAML's
/// partner was granted that: a signature over the response covers what is encrypted in it.
fn open(
    encrypted: Node<'_, '_>,
    response_signed: bool,
    expected: &Expected<'_>,
    keys: &[DecryptionKey],
) -> Result<Assertion, Refused> {
    if expected.profile != UpstreamProfile::Saml2 {
        return Err(Refused::Encrypted(Undecryptable));
    }
    let plain = decryption::open(encrypted, keys)?;
    let (before, after) = {
        let (text, place) = (encrypted.document().input_text(), encrypted.range());
        (&text[..place.start], &text[place.end..])
    };
    // Put back in its place it is read as its writer wrote it, with the namespaces around it.
    let whole = [before, plain.as_str(), after].concat();
    let open = || -> Result<Assertion, Refused> {
        let document = xml::parse(&whole)?;
        let signed = Signed::Enveloped { required: false };
        let sound = structure::check(&document, Root::Response, signed)?;
        let assertion = part(&document, "Assertion").ok_or(Undecryptable)?;
        let inner = plain.trim();
        // It may not reach beyond its place, whatever it is made of.
        if &whole[assertion.range()] != inner {
            return Err(Undecryptable.into());
        }
        match signature::verify_child(&sound, expected.keys) {
            Ok(signed) => Ok(Assertion::of(xml::parse(signed.text())?.root_element())),
            Err(Unproven::Missing) if response_signed && !expected.wants_assertion_signed() => {
                Ok(Assertion::of(assertion))
            }
            Err(source) => Err(Refused::Unproven { part: "assertion", source }),
        }
    };
    // Whoever encrypted it need not be who we asked: nobody learns what they made us read.
    open().map_err(|_| Refused::Encrypted(Undecryptable))
}

fn judge(judged: &Judged<'_>) -> Result<Received, Refused> {
    all_hold(ASSERTION, judged)?;
    let assertion = judged.assertion;
    let instant = |text: Option<&str>| text.and_then(lexical::instant);
    let missing = || Refused::from(no_assertion());
    let authentication = assertion.authentications.first().ok_or_else(missing)?;
    let expires = tests_of_assertion::expiry(judged).ok_or_else(missing)?;
    Ok(Received {
        assertion_id: assertion.id.clone().ok_or_else(missing)?,
        expires: expires + judged.expected.skew,
        response_id: judged.envelope.id.clone().unwrap_or_default(),
        issue_instant: instant(judged.envelope.issue_instant.as_deref()).unwrap_or(judged.now),
        issuer: judged.expected.provider.to_owned(),
        class: authentication.classes.first().cloned().ok_or_else(missing)?,
        authn_instant: instant(authentication.instant.as_deref()).ok_or_else(missing)?,
        name: assertion.name_id.clone().ok_or_else(missing)?,
        session_index: authentication.session_index.clone().filter(|index| !index.is_empty()),
        session_ends: instant(authentication.session_ends.as_deref()),
        attributes: attributes(assertion),
    })
}

/// Values of one name together, empty ones and such as are no text left out.
fn attributes(assertion: &Assertion) -> Vec<ReceivedAttribute> {
    let mut all: Vec<ReceivedAttribute> = Vec::new();
    for attribute in assertion.attributes.iter().flatten() {
        let name = attribute.name.clone().unwrap_or_default();
        let values = attribute.values.iter().filter(|value| !value.is_empty()).cloned();
        match all.iter_mut().find(|one| one.name == name) {
            Some(one) => one.values.extend(values),
            None => all.push(ReceivedAttribute {
                name,
                name_format: attribute.name_format.clone(),
                values: values.collect(),
            }),
        }
    }
    all.retain(|attribute| !attribute.values.is_empty());
    all
}

/// Whether `class` is less than was asked for, where levels are SPID's. More is always fine; less is with `maximum`
/// (spid-saml §1.2, the level rule). In plain SAML the caller's table of levels says what a class is worth.
fn is_lower(class: &str, expected: &Expected<'_>) -> bool {
    if !expected.profile.has_spid_levels() || expected.comparison == Comparison::Maximum {
        return false;
    }
    let least = expected.classes.iter().filter_map(|class| spid_level(class)).min();
    spid_level(class) < least
}

impl Refused {
    /// What was wrong, as a rule with what it wants and what there was, for whoever mends it; for
    /// [`Self::Status`], what the identity provider said.
    #[must_use]
    pub fn broken(&self) -> Broken {
        let broken = |element, rule, rule_source, expected, found: String| Broken {
            element,
            rule,
            rule_source,
            expected: Cow::Borrowed(expected),
            found: crate::saml::profile::check::cut(&found),
        };
        match self {
            Self::Rule(broken) => broken.clone(),
            Self::Xml(error) => broken(
                "Response",
                "must be XML within our limits",
                "threats",
                "XML 1.0 in UTF-8 without DOCTYPE",
                error.to_string(),
            ),
            Self::Structure(error) => broken(
                "Response",
                "must have the one structure that has one reading",
                "threats",
                "signatures in their places, IDs once, security names in their namespaces",
                error.to_string(),
            ),
            Self::Unproven { part, source } => broken(
                if *part == "response" { "Response/Signature" } else { "Assertion/Signature" },
                "must hold with a key of the identity provider's metadata",
                "spid-saml §1.2, §1.3",
                "a signature by a registered key",
                source.to_string(),
            ),
            Self::Encrypted(error) => broken(
                "EncryptedAssertion",
                "must open with our key and be signed inside",
                "SAML Core §2.3.4",
                "AES-GCM under RSA-OAEP",
                error.to_string(),
            ),
            Self::Level(received) => broken(
                "AuthnContext/AuthnContextClassRef",
                "must not be lower than was asked for",
                "spid-saml §1.2",
                "the class asked for, or a higher one",
                received.class.clone(),
            ),
            Self::Status { codes, message, .. } => broken(
                "Response/Status",
                "must be Success for somebody to be named",
                "spid-saml §1.2",
                SUCCESS,
                format!("{} {}", codes.join(" "), message.as_deref().unwrap_or_default()),
            ),
        }
    }

    /// Whether the two verifiers of signatures disagree, which is worth an alarm.
    #[must_use]
    pub fn is_disagreement(&self) -> bool {
        matches!(self, Self::Unproven { source: Unproven::Disagreement, .. })
    }
}

impl Received {
    /// The first value of the attribute called `name`.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|attribute| attribute.name == name)?;
        found.values.first().map(String::as_str)
    }
}

impl std::fmt::Debug for ReceivedAttribute {
    /// Its name, and no value: they are personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReceivedAttribute").field("name", &self.name).finish_non_exhaustive()
    }
}

fn no_assertion() -> Broken {
    Broken {
        element: "Response/Assertion",
        rule: "must be there when the status is Success",
        rule_source: "spid-saml §1.2",
        expected: Cow::Borrowed("one Assertion"),
        found: String::new(),
    }
}

fn part<'a, 'i>(document: &'a Document<'i>, name: &'static str) -> Option<Node<'a, 'i>> {
    let root = document.root_element();
    root.children().find(|child| child.has_tag_name((names::ASSERTION, name)))
}

const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";
