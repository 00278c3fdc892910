//! The attribute sets that a service provider may ask for.

use roxmltree::Node;

use crate::identity::attributes::AttributeName;
use crate::saml::lint::endpoints;
use crate::saml::lint::finding::Findings;
use crate::saml::lint::profile::LintProfile;
use crate::saml::lint::rule::Judges;
use crate::saml::lint::rules;
use crate::saml::lint::value::{language, named, text, trimmed};
use crate::saml::names;
use crate::saml::partner::RESERVED;
use crate::saml::upstream::metadata::description::CIE_ATTRIBUTES;
use crate::saml::upstream::metadata::kind::MetadataProfile;

/// The index that asks for no attribute: Firma con SPID (spid-saml §2.5).
const SIGNING: &str = "77";

/// Checks the attribute sets of `role`, an `SPSSODescriptor`.
pub(super) fn check(role: Node<'_, '_>, profile: LintProfile, found: &mut Findings<'_, '_>) {
    let services: Vec<_> = named(role, "AttributeConsumingService").collect();
    if services.is_empty() {
        found.node(&rules::SERVICE_MISSING, role, "");
    }
    for service in &services {
        one(*service, profile, found);
    }
    endpoints::indexes(&services, found);
    if profile == LintProfile::ServiceProvider(MetadataProfile::Ficep) && !services.is_empty() {
        for reserved in RESERVED {
            let index = reserved.index.to_string();
            if !services.iter().any(|service| service.attribute("index") == Some(&index)) {
                found.node(&rules::RESERVED_MISSING, role, "").wants(index);
            }
        }
    }
}

fn one(service: Node<'_, '_>, profile: LintProfile, found: &mut Findings<'_, '_>) {
    let names: Vec<_> = named(service, "ServiceName").collect();
    if names.is_empty() {
        found.node(&rules::SERVICE_NAME, service, "");
    }
    for name in &names {
        if text(*name).is_empty() {
            found.node(&rules::SERVICE_NAME, *name, "");
        } else if trimmed(*name).is_none() {
            found.node(&rules::SERVICE_NAME, *name, text(*name)).by(Judges::AGID);
        }
    }
    let is_italian = |name: &Node<'_, '_>| language(*name) == Some("it");
    if !names.is_empty() && !names.iter().any(is_italian) && !profile.is_card() {
        found
            .node(&rules::SERVICE_NAME_ITALIAN, names[0], language(names[0]).unwrap_or_default())
            .wants("it");
    }
    let asked: Vec<_> = named(service, "RequestedAttribute").collect();
    let index = service.attribute("index").unwrap_or_default();
    if asked.is_empty() && index != SIGNING {
        found.node(&rules::ATTRIBUTE_NONE, service, "");
    } else if asked.is_empty() {
        found.node(&rules::ATTRIBUTE_NONE, service, "").by(Judges::TOOL);
    }
    let mut seen = Vec::new();
    for node in asked {
        attribute(node, index, profile, found);
        let name = node.attribute("Name").unwrap_or_default();
        if seen.contains(&name) {
            found.attribute(&rules::ATTRIBUTE_TWICE, node, "Name");
        }
        seen.push(name);
    }
}

fn attribute(node: Node<'_, '_>, index: &str, profile: LintProfile, found: &mut Findings<'_, '_>) {
    let said = node.attribute("Name").unwrap_or_default();
    let known = AttributeName::parse(said).filter(|name| name.as_str() == said);
    let allowed =
        if profile.is_card() { known.filter(|name| CIE_ATTRIBUTES.contains(name)) } else { known };
    match allowed {
        None => {
            let finding = found.attribute(&rules::ATTRIBUTE_UNKNOWN, node, "Name");
            if profile.is_card() {
                finding.wants(CIE_ATTRIBUTES.map(AttributeName::as_str).join(", "));
            } else if let Some(near) = nearest(said) {
                finding.wants(near);
            }
        }
        Some(AttributeName::Address) if profile.is_spid() && !["99", "100"].contains(&index) => {
            found.attribute(&rules::ATTRIBUTE_OLD, node, "Name");
        }
        Some(_) => {}
    }
    let format = node.attribute("NameFormat");
    if format.is_some_and(|format| ![names::ATTRNAME_BASIC, names::ATTRNAME_URI].contains(&format))
    {
        found.attribute(&rules::ATTRIBUTE_FORMAT, node, "NameFormat").wants(names::ATTRNAME_BASIC);
    }
    let reserved = RESERVED.iter().find(|set| set.index.to_string() == index);
    if let (Some(set), Some(name)) = (reserved, known)
        && profile.is_spid()
        && !set.attributes.contains(&name)
        && !set.optional.contains(&name)
    {
        let finding = found.attribute(&rules::RESERVED_ATTRIBUTE, node, "Name");
        if profile == LintProfile::ServiceProvider(MetadataProfile::Ficep) {
            finding.by(Judges::TOOL_AGID);
        }
    }
}

/// The known name that differs from `said` in capitals alone, or in the blanks around it.
fn nearest(said: &str) -> Option<&'static str> {
    let said = said.trim();
    AttributeName::ALL.iter().map(|name| name.as_str()).find(|name| name.eq_ignore_ascii_case(said))
}
