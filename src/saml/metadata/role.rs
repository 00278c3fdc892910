//! The parts of a service provider's role: keys, consumers, attribute sets, names.

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use roxmltree::Node;

use crate::identity::attributes::AttributeName;
use crate::identity::name_id::NameIdKind;
use crate::login::request::LocalName;
use crate::saml::attribute_names::{self, Renamed};
use crate::saml::binding::Binding;
use crate::saml::encryption::EncryptionKey;
use crate::saml::metadata::address;
use crate::saml::metadata::error::{MetadataError, Place, Warning, broken, cut};
use crate::saml::names;
use crate::saml::partner::{AttributeSet, Consumer, LogoutService};
use crate::saml::signature::PublicKey;
use crate::saml::upstream::provider::CertificateDates;
use crate::saml::xml;

/// What an `SPSSODescriptor` says.
pub(super) struct Role {
    pub(super) keys: Vec<PublicKey>,
    pub(super) consumers: Vec<Consumer>,
    pub(super) logouts: Vec<LogoutService>,
    pub(super) attribute_sets: Vec<AttributeSet>,
    pub(super) name_ids: Vec<NameIdKind>,
    pub(super) encryption_keys: Vec<EncryptionKey>,
    pub(super) renamed: Vec<Renamed>,
    /// Signs its requests, takes transient names alone, asks for SPID's attributes alone.
    pub(super) looks_like_spid: bool,
    pub(super) warnings: Vec<Warning>,
}

impl Role {
    pub(super) fn read(role: Node<'_, '_>, now: DateTime<Utc>) -> Result<Self, MetadataError> {
        let mut warnings = Vec::new();
        let keys = keys(role, "SPSSODescriptor/KeyDescriptor", now, &mut warnings)?;
        let encryption_keys = encryption_keys(role, &mut warnings)?;
        let consumers = consumers(role, &mut warnings)?;
        let logouts = logouts(role, &mut warnings);
        let known_so_far = warnings.len();
        let mut renamed = Vec::new();
        let attribute_sets = attribute_sets(role, &mut renamed, &mut warnings)?;
        let asks = attribute_sets.iter().any(|set| !set.attributes.is_empty());
        let asks_spids_alone = asks && renamed.is_empty() && warnings.len() == known_so_far;
        let formats = formats(role)?;
        let signs = flag(role, "AuthnRequestsSigned", "SPSSODescriptor/@AuthnRequestsSigned")?;
        let transient_alone = formats == [names::FORMAT_TRANSIENT];
        Ok(Self {
            keys,
            consumers,
            logouts,
            attribute_sets,
            name_ids: name_ids(&formats),
            encryption_keys,
            renamed,
            looks_like_spid: signs && transient_alone && asks_spids_alone,
            warnings,
        })
    }
}

/// The child elements of `parent` of that name in the namespace of metadata.
pub(in crate::saml) fn children<'a, 'input>(
    parent: Node<'a, 'input>,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'input>> {
    parent.children().filter(move |child| child.has_tag_name((names::METADATA, name)))
}

/// The names of the organisation: those shown to people, else those in law.
pub(in crate::saml) fn organization(top: Node<'_, '_>) -> Result<LocalName, MetadataError> {
    let Some(organization) = children(top, "Organization").next() else {
        return Ok(LocalName::default());
    };
    let shown = local_name(organization, "OrganizationDisplayName")?;
    let in_law = local_name(organization, "OrganizationName")?;
    Ok(if shown == LocalName::default() { in_law } else { shown })
}

/// The keys for signing: those of descriptors for it or for no use in particular. Only the first
/// certificate of each is read, since the others may be those of whoever issued it.
pub(in crate::saml) fn keys(
    role: Node<'_, '_>,
    element: &'static str,
    now: DateTime<Utc>,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<PublicKey>, MetadataError> {
    let mut keys: Vec<PublicKey> = Vec::new();
    for descriptor in children(role, "KeyDescriptor") {
        match descriptor.attribute("use") {
            None | Some("signing") => {}
            Some("encryption") => continue,
            Some(other) => {
                let expected = "signing or encryption (SAML Metadata §2.4.1.1)";
                return Err(broken(descriptor, "KeyDescriptor/@use", expected, Some(other)));
            }
        }
        let certificate = (names::DSIG, "X509Certificate");
        let mut found = descriptor.descendants().filter(|node| node.has_tag_name(certificate));
        let Some(first) = found.next() else {
            let place = Place::of(descriptor, "KeyDescriptor");
            warnings.push(Warning::NoCertificate { place });
            continue;
        };
        if let Some(second) = found.next() {
            let place = Place::of(second, CERTIFICATE);
            warnings.push(Warning::FurtherCertificates { place });
        }
        let key = key(first)?;
        if key.not_before() > now || key.not_after() < now {
            warnings.push(Warning::CertificateDates {
                place: Place::of(first, CERTIFICATE),
                not_before: key.not_before(),
                not_after: key.not_after(),
            });
        }
        if keys.iter().all(|other| other.fingerprint() != key.fingerprint()) {
            keys.push(key);
        }
    }
    if keys.is_empty() {
        let expected = "a KeyDescriptor for signing with an X509Certificate";
        return Err(broken(role, element, expected, None));
    }
    Ok(keys)
}

/// Takes of `keys`, those of `descriptor`, what `dates` lets count, and of the findings what it wants said.
pub(in crate::saml) fn dated(
    keys: &mut Vec<PublicKey>,
    findings: &mut Vec<Warning>,
    descriptor: Node<'_, '_>,
    dates: CertificateDates,
    now: DateTime<Utc>,
) -> Result<(), MetadataError> {
    let told = std::mem::take(findings).into_iter().filter_map(|finding| match (finding, dates) {
        (Warning::CertificateDates { .. }, CertificateDates::Ignore) => None,
        (Warning::CertificateDates { place, not_before, not_after }, CertificateDates::Refuse) => {
            Some(Warning::CertificateRefused { place, not_before, not_after })
        }
        (finding, _) => Some(finding),
    });
    *findings = told.collect();
    if dates == CertificateDates::Refuse {
        keys.retain(|key| key.not_before() <= now && now <= key.not_after());
    }
    if keys.is_empty() {
        let expected = "a certificate for signing within its dates, as this source must have";
        return Err(broken(descriptor, "KeyDescriptor", expected, None));
    }
    Ok(())
}

fn key(certificate: Node<'_, '_>) -> Result<PublicKey, MetadataError> {
    let place = Place::of(certificate, CERTIFICATE);
    PublicKey::from_certificate_der(&der(certificate)?)
        .map_err(|source| MetadataError::Key { place, source })
}

fn der(certificate: Node<'_, '_>) -> Result<Vec<u8>, MetadataError> {
    let said = xml::text_of(certificate)?;
    let base64: String = said.split_whitespace().collect();
    STANDARD
        .decode(base64)
        .map_err(|_| broken(certificate, CERTIFICATE, "a certificate in base64", Some(said.trim())))
}

/// The keys for encryption: those of descriptors for it, then those for no use in particular.
fn encryption_keys(
    role: Node<'_, '_>,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<EncryptionKey>, MetadataError> {
    let mut keys = Vec::new();
    for usage in [Some("encryption"), None] {
        for descriptor in children(role, "KeyDescriptor") {
            let certificate = (names::DSIG, "X509Certificate");
            let mut found = descriptor.descendants().filter(|node| node.has_tag_name(certificate));
            let Some(certificate) = found.next() else { continue };
            if descriptor.attribute("use") != usage {
                continue;
            }
            let methods: Vec<&str> = children(descriptor, "EncryptionMethod")
                .filter_map(|method| method.attribute("Algorithm"))
                .collect();
            match EncryptionKey::from_certificate_der(&der(certificate)?, &methods) {
                Ok(key) => keys.push(key),
                Err(_) if usage.is_none() => {}
                Err(error) => {
                    let place = Place::of(certificate, CERTIFICATE);
                    warnings.push(Warning::Encryption { place, reason: error.to_string() });
                }
            }
        }
    }
    Ok(keys)
}

fn consumers(
    role: Node<'_, '_>,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<Consumer>, MetadataError> {
    let mut indexes = HashSet::new();
    let mut consumers = Vec::new();
    for node in children(role, "AssertionConsumerService") {
        let index = index(node, "AssertionConsumerService/@index", &mut indexes)?;
        let is_default = flag(node, "isDefault", "AssertionConsumerService/@isDefault")?;
        let binding = node.attribute("Binding").unwrap_or_default();
        if binding != names::HTTP_POST {
            let place = Place::of(node, "AssertionConsumerService");
            warnings.push(Warning::OtherBinding { place, binding: cut(binding) });
            continue;
        }
        let location = node.attribute("Location");
        let Some(acceptable) = location.filter(|location| address::is_acceptable(location)) else {
            let expected = "an absolute https address (http only on localhost and loopback), \
                            without user name or fragment";
            return Err(broken(node, "AssertionConsumerService/@Location", expected, location));
        };
        consumers.push(Consumer { index, location: acceptable.to_owned(), is_default });
    }
    if consumers.is_empty() {
        let expected = "an AssertionConsumerService by HTTP-POST, the only binding of answers";
        return Err(broken(role, "SPSSODescriptor/AssertionConsumerService", expected, None));
    }
    Ok(consumers)
}

/// The places for logouts that a browser reaches (spid-saml §1.5). One that it does not, by SOAP or at
/// an address that we send nobody to, is noted and not used: logins do not depend on it.
pub(in crate::saml) fn logouts(
    role: Node<'_, '_>,
    warnings: &mut Vec<Warning>,
) -> Vec<LogoutService> {
    let mut logouts = Vec::new();
    for node in children(role, "SingleLogoutService") {
        let binding = match node.attribute("Binding").unwrap_or_default() {
            names::HTTP_REDIRECT => Binding::Redirect,
            names::HTTP_POST => Binding::Post,
            other => {
                let place = Place::of(node, "SingleLogoutService");
                warnings.push(Warning::OtherLogout { place, binding: cut(other) });
                continue;
            }
        };
        let location = node.attribute("Location").unwrap_or_default();
        let response = node.attribute("ResponseLocation");
        let bad = |said: &&str| !address::is_acceptable(said);
        if let Some(said) = Some(location).filter(bad).or_else(|| response.filter(bad)) {
            let place = Place::of(node, "SingleLogoutService");
            warnings.push(Warning::LogoutAddress { place, said: cut(said) });
            continue;
        }
        logouts.push(LogoutService {
            binding,
            location: location.to_owned(),
            response_location: response.map(str::to_owned),
        });
    }
    logouts
}

fn attribute_sets(
    role: Node<'_, '_>,
    renamed: &mut Vec<Renamed>,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<AttributeSet>, MetadataError> {
    let mut indexes = HashSet::new();
    let mut sets = Vec::new();
    for node in children(role, "AttributeConsumingService") {
        sets.push(AttributeSet {
            index: index(node, "AttributeConsumingService/@index", &mut indexes)?,
            is_default: flag(node, "isDefault", "AttributeConsumingService/@isDefault")?,
            name: local_name(node, "ServiceName")?,
            attributes: attributes(node, renamed, warnings),
        });
    }
    Ok(sets)
}

/// What is asked for; an attribute asked for under another name than SPID's is one of `renamed`.
fn attributes(
    set: Node<'_, '_>,
    renamed: &mut Vec<Renamed>,
    warnings: &mut Vec<Warning>,
) -> Vec<AttributeName> {
    let mut attributes = Vec::new();
    for node in children(set, "RequestedAttribute") {
        let said = node.attribute("Name").unwrap_or_default();
        match attribute_names::parse(said) {
            Some(name) => {
                let is_new = renamed.iter().all(|one| one.attribute != name);
                if said != name.as_str() && is_new {
                    renamed.push(Renamed { attribute: name, name: said.to_owned() });
                }
                if !attributes.contains(&name) {
                    attributes.push(name);
                }
            }
            None => {
                let place = Place::of(node, "RequestedAttribute/@Name");
                warnings.push(Warning::UnknownAttribute { place, name: cut(said) });
            }
        }
    }
    attributes
}

fn index(
    node: Node<'_, '_>,
    element: &'static str,
    taken: &mut HashSet<u16>,
) -> Result<u16, MetadataError> {
    let said = node.attribute("index");
    let index = said.filter(|said| said.bytes().all(|byte| byte.is_ascii_digit()));
    let Some(index) = index.and_then(|said| said.parse().ok()) else {
        let expected = "a number from 0 to 65535 (SAML Metadata §2.2.3)";
        return Err(broken(node, element, expected, said));
    };
    if taken.insert(index) {
        return Ok(index);
    }
    Err(broken(node, element, "a number that no other one has (SAML Metadata §2.2.3)", said))
}

/// An `xs:boolean`; absent, it is false.
pub(in crate::saml) fn flag(
    node: Node<'_, '_>,
    name: &'static str,
    element: &'static str,
) -> Result<bool, MetadataError> {
    match node.attribute(name).map(str::trim) {
        None | Some("false" | "0") => Ok(false),
        Some("true" | "1") => Ok(true),
        Some(other) => Err(broken(node, element, "true or false", Some(other))),
    }
}

pub(in crate::saml) fn formats(role: Node<'_, '_>) -> Result<Vec<String>, MetadataError> {
    children(role, "NameIDFormat").map(|node| Ok(xml::text_of(node)?.trim().to_owned())).collect()
}

fn name_ids(formats: &[String]) -> Vec<NameIdKind> {
    let mut kinds = Vec::new();
    for format in formats {
        let kind = match format.as_str() {
            names::FORMAT_TRANSIENT => NameIdKind::Transient,
            names::FORMAT_PERSISTENT => NameIdKind::Persistent,
            _ => continue,
        };
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds
}

/// The names by `xml:lang`; a name in another language, or in none, stands in where both lack.
pub(in crate::saml) fn local_name(
    parent: Node<'_, '_>,
    element: &'static str,
) -> Result<LocalName, MetadataError> {
    names_by_language(children(parent, element))
}

/// The same of elements wherever they are.
pub(in crate::saml) fn names_by_language<'a, 'i: 'a>(
    nodes: impl Iterator<Item = Node<'a, 'i>>,
) -> Result<LocalName, MetadataError> {
    let mut name = LocalName::default();
    let mut other = None;
    for node in nodes {
        let text = xml::text_of(node)?;
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        let language = node.attribute((XML, "lang")).unwrap_or_default();
        let primary = language.split('-').next().unwrap_or_default().to_ascii_lowercase();
        let slot = match primary.as_str() {
            "it" => &mut name.it,
            "en" => &mut name.en,
            _ => &mut other,
        };
        slot.get_or_insert_with(|| text.to_owned());
    }
    if name == LocalName::default() {
        name.en = other;
    }
    Ok(name)
}

const CERTIFICATE: &str = "KeyDescriptor/…/X509Certificate";
const XML: &str = "http://www.w3.org/XML/1998/namespace";
