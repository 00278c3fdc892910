//! The values of a list and of its entities that are read in passing.

use chrono::{DateTime, Utc};
use roxmltree::Node;

use crate::saml::metadata::aggregate::error::AggregateError;
use crate::saml::metadata::aggregate::found::Roles;
use crate::saml::metadata::read::is_entity_id;
use crate::saml::names;
use crate::world::digest::sha256;

pub(super) fn entity_id(entity: Node<'_, '_>, line: u64) -> Result<String, AggregateError> {
    let said = entity.attribute("entityID").unwrap_or_default();
    if is_entity_id(said) {
        return Ok(said.to_owned());
    }
    Err(AggregateError::Value {
        attribute: "EntityDescriptor/@entityID",
        expected: "a name of 1 to 1024 characters without spaces (SAML Metadata §2.2.1)",
        found: said.chars().take(200).collect(),
        line,
    })
}

pub(super) fn roles(entity: Node<'_, '_>) -> Roles {
    let supports = |role: &str| {
        entity.children().filter(|child| child.has_tag_name((names::METADATA, role))).any(|child| {
            let protocols = child.attribute("protocolSupportEnumeration").unwrap_or_default();
            protocols.split_whitespace().any(|protocol| protocol == names::PROTOCOL)
        })
    };
    Roles {
        service_provider: supports("SPSSODescriptor"),
        identity_provider: supports("IDPSSODescriptor"),
    }
}

pub(super) fn local(name: &str) -> &str {
    name.split_once(':').map_or(name, |(_, local)| local)
}

pub(super) fn short(name: &str) -> [u8; 16] {
    let mut short = [0; 16];
    short.copy_from_slice(&sha256(name.as_bytes())[..16]);
    short
}

pub(super) fn first(
    one: Option<DateTime<Utc>>,
    other: Option<DateTime<Utc>>,
) -> Option<DateTime<Utc>> {
    [one, other].into_iter().flatten().min()
}

pub(super) fn valid_until(
    node: Node<'_, '_>,
    attribute: &'static str,
    line: u64,
) -> Result<Option<DateTime<Utc>>, AggregateError> {
    let Some(said) = node.attribute("validUntil") else { return Ok(None) };
    match DateTime::parse_from_rfc3339(said.trim()) {
        Ok(until) => Ok(Some(until.to_utc())),
        Err(_) => Err(AggregateError::Value {
            attribute,
            expected: "an instant (SAML Metadata §2.3.1)",
            found: said.chars().take(200).collect(),
            line,
        }),
    }
}
