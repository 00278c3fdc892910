//! A service provider's metadata, read (SAML Metadata §2.3, §2.4.4; spid-saml §2.2).
//!
//! Liberal where real service providers differ, strict where a mistake would be dangerous: keys,
//! addresses, indexes. A file that an administrator placed is trusted by that act (threats, metadata);
//! if it is signed, the signature must also hold, with a signing key that it lists itself: so a file
//! changed after it was signed is noticed. What is signed is read from the verified octets.

use chrono::{DateTime, Utc};
use roxmltree::Node;

use crate::saml::metadata::error::{MetadataError, Warning, broken};
use crate::saml::metadata::role::{self, Role};
use crate::saml::names;
use crate::saml::partner::{Answers, Profile, ServiceProvider, WaysIn};
use crate::saml::signature;
use crate::saml::structure::{self, Root, Signed};
use crate::saml::xml;

/// Whether metadata without a signature are read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unsigned {
    /// They are: who placed them vouches for them.
    Accept,
    /// They are not.
    Refuse,
}

/// Metadata that were read.
#[derive(Clone, Debug)]
pub struct Described {
    /// Whom they describe; enabled, with no least level of ours.
    pub service_provider: ServiceProvider,
    /// Whether they carry a signature, which then held.
    pub is_signed: bool,
    /// What is odd in them, by line.
    pub warnings: Vec<Warning>,
}

/// Reads the metadata of one service provider.
///
/// The profile is a guess, for our entry to overrule: SPID's, if the document uses an element or
/// attribute of SPID's extensions, or if it signs its requests (`AuthnRequestsSigned`), takes
/// transient names alone, and asks for attributes, all of them SPID's; else the generic one.
///
/// # Errors
/// The first thing that is wrong, with its line and column.
pub fn read(
    text: &str,
    unsigned: Unsigned,
    now: DateTime<Utc>,
) -> Result<Described, MetadataError> {
    let document = xml::parse(text)?;
    let top = document.root_element();
    if top.has_tag_name((names::METADATA, "EntitiesDescriptor")) {
        let entity = (names::METADATA, "EntityDescriptor");
        let entities = top.descendants().filter(|node| node.has_tag_name(entity)).count();
        return Err(MetadataError::Aggregate { entities });
    }
    let signed = Signed::Enveloped { required: unsigned == Unsigned::Refuse };
    let sound = structure::check(&document, Root::EntityDescriptor, signed)?;
    // Read first as it came, so that what is wrong is shown at its place in the file.
    let described = describe(top, now)?;
    if !sound.is_signed() {
        return Ok(described);
    }
    let verified = signature::verify(&sound, &described.service_provider.keys)?;
    let read = describe(xml::parse(verified.text())?.root_element(), now)?;
    Ok(Described {
        service_provider: read.service_provider,
        is_signed: true,
        warnings: described.warnings,
    })
}

/// What the entity `top` says as a service provider; whether it is signed is not judged.
pub(in crate::saml) fn describe(
    top: Node<'_, '_>,
    now: DateTime<Utc>,
) -> Result<Described, MetadataError> {
    let entity_id = entity_id(top)?;
    let valid_until = valid_until(top, now)?;
    let role = Role::read(sp_descriptor(top)?, now)?;
    let profile = if is_spid(top, &role) { Profile::Spid } else { Profile::Generic };
    let service_provider = ServiceProvider {
        entity_id,
        profile,
        organization: role::organization(top)?,
        keys: role.keys,
        consumers: role.consumers,
        logouts: role.logouts,
        attribute_sets: role.attribute_sets,
        name_ids: role.name_ids,
        encryption_keys: role.encryption_keys,
        answers: Answers { names: role.renamed, ..Answers::default() },
        valid_until,
        minimum_level: None,
        single_sign_on: None,
        disabled: false,
        ways: WaysIn::default(),
    };
    Ok(Described { service_provider, is_signed: false, warnings: role.warnings })
}

pub(in crate::saml) fn entity_id(top: Node<'_, '_>) -> Result<String, MetadataError> {
    let said = top.attribute("entityID");
    said.filter(|said| is_entity_id(said)).map(str::to_owned).ok_or_else(|| {
        let expected = "a name of 1 to 1024 characters without spaces (SAML Metadata §2.2.1)";
        broken(top, "EntityDescriptor/@entityID", expected, said)
    })
}

/// Whether `said` may be the name of an entity (SAML Metadata §2.2.1).
#[must_use]
pub fn is_entity_id(said: &str) -> bool {
    !said.is_empty()
        && said.len() <= MAX_ENTITY_ID
        && !said.chars().any(|character| character.is_whitespace() || character.is_control())
}

fn valid_until(
    top: Node<'_, '_>,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, MetadataError> {
    let Some(said) = top.attribute("validUntil") else { return Ok(None) };
    match DateTime::parse_from_rfc3339(said.trim()) {
        Ok(until) if until > now => Ok(Some(until.to_utc())),
        _ => {
            let expected = "a time to come (SAML Metadata §2.3.2)";
            Err(broken(top, "EntityDescriptor/@validUntil", expected, Some(said)))
        }
    }
}

/// The one role of a SAML 2.0 service provider; roles of other protocols and kinds are passed over.
fn sp_descriptor<'a, 'input>(top: Node<'a, 'input>) -> Result<Node<'a, 'input>, MetadataError> {
    let mut roles = role::children(top, "SPSSODescriptor").filter(|role| {
        let protocols = role.attribute("protocolSupportEnumeration").unwrap_or_default();
        protocols.split_whitespace().any(|protocol| protocol == names::PROTOCOL)
    });
    let expected = "one SPSSODescriptor that supports urn:oasis:names:tc:SAML:2.0:protocol \
                    (SAML Metadata §2.4.4)";
    match (roles.next(), roles.next()) {
        (Some(role), None) => Ok(role),
        (None, _) => Err(broken(top, "EntityDescriptor", expected, None)),
        (Some(_), Some(second)) => {
            Err(broken(second, "SPSSODescriptor", expected, Some("a second one")))
        }
    }
}

fn is_spid(top: Node<'_, '_>, role: &Role) -> bool {
    let uses_extensions = top.descendants().any(|node| {
        node.tag_name().namespace() == Some(names::SPID)
            || node.attributes().any(|attribute| attribute.namespace() == Some(names::SPID))
    });
    uses_extensions || role.looks_like_spid
}

const MAX_ENTITY_ID: usize = 1024;
