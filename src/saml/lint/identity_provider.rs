//! The role of an identity provider of SPID, as AgID's validator of identity providers reads it.

use roxmltree::Node;

use crate::identity::attributes::AttributeName;
use crate::saml::lint::endpoints;
use crate::saml::lint::finding::Findings;
use crate::saml::lint::rules;
use crate::saml::lint::value::{descendants, named, text};
use crate::saml::names;

/// The one role of an identity provider.
pub(super) fn role<'a, 'i>(
    root: Node<'a, 'i>,
    found: &mut Findings<'_, '_>,
) -> Option<Node<'a, 'i>> {
    let roles: Vec<_> = descendants(root, "IDPSSODescriptor").collect();
    if roles.len() != 1 {
        found.node(&rules::IDP_ROLE, root, &roles.len().to_string()).wants("1");
    }
    roles.first().copied()
}

/// Checks `role`, an `IDPSSODescriptor` in `root`.
pub(super) fn check(root: Node<'_, '_>, role: Node<'_, '_>, found: &mut Findings<'_, '_>) {
    if role.attribute("WantAuthnRequestsSigned") != Some("true") {
        found.attribute(&rules::IDP_WANTS_SIGNED, role, "WantAuthnRequestsSigned").wants("true");
    }
    let protocol = role.attribute("protocolSupportEnumeration").unwrap_or_default();
    if !protocol.split_whitespace().any(|one| one == names::PROTOCOL) {
        found
            .attribute(&rules::PROTOCOL, role, "protocolSupportEnumeration")
            .wants(names::PROTOCOL);
    }
    for wanted in [names::HTTP_REDIRECT, names::HTTP_POST] {
        let has = named(role, "SingleSignOnService")
            .any(|service| service.attribute("Binding") == Some(wanted));
        if !has {
            found.node(&rules::IDP_SIGN_ON, role, "").wants(wanted);
        }
    }
    if named(role, "SingleLogoutService").next().is_none() {
        found.node(&rules::IDP_LOGOUT, role, "");
    }
    let services = ["SingleSignOnService", "SingleLogoutService"];
    for service in services.into_iter().flat_map(|name| named(role, name)) {
        endpoints::location(service, "Location", found);
        endpoints::location(service, "ResponseLocation", found);
    }
    let transient = |format: Node<'_, '_>| text(format).trim() == names::FORMAT_TRANSIENT;
    if !named(role, "NameIDFormat").any(transient) {
        found.node(&rules::NAME_ID_FORMAT_MISSING, role, "").wants(names::FORMAT_TRANSIENT);
    }
    attributes(role, found);
    let organizations = named(root, "Organization").count();
    if organizations != 1 {
        found.node(&rules::IDP_ORGANIZATION, root, &organizations.to_string()).wants("1");
    }
}

fn attributes(role: Node<'_, '_>, found: &mut Findings<'_, '_>) {
    let mut seen = Vec::new();
    for node in named(role, "Attribute") {
        let said = node.attribute("Name").unwrap_or_default();
        let is_known = AttributeName::parse(said).is_some_and(|name| name.as_str() == said);
        if !is_known || seen.contains(&said) {
            found.attribute(&rules::IDP_ATTRIBUTE, node, "Name");
        }
        seen.push(said);
    }
    if seen.is_empty() {
        found.node(&rules::IDP_ATTRIBUTES, role, "");
    }
}
