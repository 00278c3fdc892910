//! The role of a service provider: what it says of requests, answers and names.

use roxmltree::Node;

use crate::saml::lint::finding::Findings;
use crate::saml::lint::profile::LintProfile;
use crate::saml::lint::rule::Judges;
use crate::saml::lint::rules;
use crate::saml::lint::value::{descendants, named, text};
use crate::saml::names;
use crate::saml::upstream::metadata::kind::MetadataProfile;

const ROLES: [&str; 6] = [
    "IDPSSODescriptor",
    "AuthnAuthorityDescriptor",
    "AttributeAuthorityDescriptor",
    "PDPDescriptor",
    "RoleDescriptor",
    "AffiliationDescriptor",
];

/// The one role of a service provider; that there is one, and that there is no other.
pub(super) fn role<'a, 'i>(
    root: Node<'a, 'i>,
    profile: LintProfile,
    found: &mut Findings<'_, '_>,
) -> Option<Node<'a, 'i>> {
    let roles: Vec<_> = descendants(root, "SPSSODescriptor").collect();
    if roles.len() != 1 {
        found.node(&rules::ROLE_MISSING, root, &roles.len().to_string()).wants("1");
    }
    // The suite has no schema of its own for the eIDAS node.
    let is_node = profile == LintProfile::ServiceProvider(MetadataProfile::Ficep);
    for name in ROLES {
        for other in named(root, name) {
            let finding = found.node(&rules::SCHEMA_SPID, other, name);
            if is_node {
                finding.by(Judges::AGID);
            }
        }
    }
    roles.first().copied()
}

/// Checks `role`, an `SPSSODescriptor`.
pub(super) fn check(role: Node<'_, '_>, found: &mut Findings<'_, '_>) {
    let protocol = role.attribute("protocolSupportEnumeration").unwrap_or_default();
    if protocol.is_empty() {
        found
            .attribute(&rules::PROTOCOL_EMPTY, role, "protocolSupportEnumeration")
            .wants(names::PROTOCOL);
    } else if protocol.trim() != names::PROTOCOL {
        found
            .attribute(&rules::PROTOCOL, role, "protocolSupportEnumeration")
            .wants(names::PROTOCOL);
    }
    let is_true = |name: &str| role.attribute(name).is_some_and(|said| said == "true");
    if !is_true("AuthnRequestsSigned") {
        found.attribute(&rules::REQUESTS_SIGNED, role, "AuthnRequestsSigned").wants("true");
    }
    if !is_true("WantAssertionsSigned") {
        found.attribute(&rules::ASSERTIONS_SIGNED, role, "WantAssertionsSigned").wants("true");
    }
    let mut formats = named(role, "NameIDFormat");
    match formats.next() {
        None => {
            found.node(&rules::NAME_ID_FORMAT_MISSING, role, "").wants(names::FORMAT_TRANSIENT);
        }
        Some(first) if text(first) != names::FORMAT_TRANSIENT => {
            found.node(&rules::NAME_ID_FORMAT, first, text(first)).wants(names::FORMAT_TRANSIENT);
        }
        Some(_) => {}
    }
    for other in formats.filter(|other| text(*other) != names::FORMAT_TRANSIENT) {
        // The suite looks at the first alone.
        found
            .node(&rules::NAME_ID_FORMAT, other, text(other))
            .wants(names::FORMAT_TRANSIENT)
            .by(Judges::AGID);
    }
}
