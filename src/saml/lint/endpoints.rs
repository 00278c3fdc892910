//! Where answers and logouts go.

use roxmltree::Node;

use crate::saml::lint::finding::Findings;
use crate::saml::lint::profile::LintProfile;
use crate::saml::lint::rule::Judges;
use crate::saml::lint::rules;
use crate::saml::lint::value::named;
use crate::saml::metadata::address;
use crate::saml::names;
use crate::saml::upstream::metadata::kind::MetadataProfile;

const BINDINGS: [&str; 2] = [names::HTTP_POST, names::HTTP_REDIRECT];

/// Checks the endpoints of `role`, an `SPSSODescriptor`.
pub(super) fn check(role: Node<'_, '_>, profile: LintProfile, found: &mut Findings<'_, '_>) {
    logouts(role, profile, found);
    let consumers: Vec<_> = named(role, "AssertionConsumerService").collect();
    if consumers.is_empty() {
        found.node(&rules::CONSUMER_MISSING, role, "");
    }
    for consumer in &consumers {
        binding(*consumer, found);
        location(*consumer, "Location", found);
    }
    defaults(role, &consumers, profile, found);
    indexes(&consumers, found);
}

/// Indexes that two of `nodes` share.
pub(super) fn indexes(nodes: &[Node<'_, '_>], found: &mut Findings<'_, '_>) {
    let mut seen = Vec::new();
    for node in nodes {
        let Some(index) = node.attribute("index").and_then(|said| said.trim().parse::<u16>().ok())
        else {
            continue;
        };
        if seen.contains(&index) {
            found.attribute(&rules::INDEX_TWICE, *node, "index");
        }
        seen.push(index);
    }
}

/// That the address in an attribute is one that a browser may be sent to.
pub(super) fn location(node: Node<'_, '_>, name: &str, found: &mut Findings<'_, '_>) {
    let Some(said) = node.attribute(name) else { return };
    if said.trim().is_empty() {
        found.attribute(&rules::LOCATION_EMPTY, node, name);
    } else if !(said.trim().starts_with("https://") && address::is_acceptable(said.trim())) {
        found.attribute(&rules::LOCATION_HTTPS, node, name).wants("https://…");
    }
}

fn logouts(role: Node<'_, '_>, profile: LintProfile, found: &mut Findings<'_, '_>) {
    let services: Vec<_> = named(role, "SingleLogoutService").collect();
    if services.is_empty() {
        found.node(&rules::LOGOUT_MISSING, role, "");
    }
    for service in &services {
        let binding = service.attribute("Binding").unwrap_or_default();
        if !BINDINGS.contains(&binding) && binding != names::SOAP {
            found
                .attribute(&rules::LOGOUT_BINDING, *service, "Binding")
                .wants(names::HTTP_REDIRECT);
        }
        let said = service.attribute("Location").unwrap_or_default();
        if !said.starts_with("http://") && !said.starts_with("https://") {
            found.attribute(&rules::LOGOUT_LOCATION, *service, "Location").wants("https://…");
        } else {
            location(*service, "Location", found);
        }
        location(*service, "ResponseLocation", found);
    }
    let by_redirect =
        |service: &Node<'_, '_>| service.attribute("Binding") == Some(names::HTTP_REDIRECT);
    if profile.is_card() && !services.is_empty() && !services.iter().any(by_redirect) {
        found.node(&rules::LOGOUT_REDIRECT, services[0], "").wants(names::HTTP_REDIRECT);
    }
}

fn binding(consumer: Node<'_, '_>, found: &mut Findings<'_, '_>) {
    match consumer.attribute("Binding").unwrap_or_default() {
        names::HTTP_POST => {}
        names::HTTP_REDIRECT => {
            found.attribute(&rules::CONSUMER_REDIRECT, consumer, "Binding").wants(names::HTTP_POST);
        }
        _ => {
            found.attribute(&rules::CONSUMER_BINDING, consumer, "Binding").wants(names::HTTP_POST);
        }
    }
}

fn defaults(
    role: Node<'_, '_>,
    consumers: &[Node<'_, '_>],
    profile: LintProfile,
    found: &mut Findings<'_, '_>,
) {
    // The suite asks this of SPID's own profiles and of plain SAML, not of the card or the eIDAS node.
    let is_asked = match profile {
        LintProfile::ServiceProvider(MetadataProfile::Ficep) => false,
        LintProfile::ServiceProvider(_) => !profile.is_card(),
        LintProfile::IdentityProvider => false,
    };
    let judges = if is_asked { Judges::TOOL_AGID } else { Judges::AGID };
    let is_default = |node: &&Node<'_, '_>| node.attribute("isDefault") == Some("true");
    let marked: Vec<_> = consumers.iter().filter(is_default).collect();
    let place =
        marked.get(1).map_or_else(|| consumers.first().copied().unwrap_or(role), |node| **node);
    if marked.len() != 1 {
        found
            .node(&rules::CONSUMER_DEFAULT, place, &marked.len().to_string())
            .wants("1")
            .by(judges);
    }
    let zeros = marked.iter().filter(|node| node.attribute("index") == Some("0")).count();
    if zeros != 1 {
        found.attribute(&rules::CONSUMER_ZERO, place, "index").wants("0").by(judges);
    }
}
