//! What attributes are called, and who gets them: `attribute-resolver.xml`, `attribute-filter.xml`, `attribute-map.xml`.

use std::collections::BTreeMap;

use crate::cli::elsewhere::found::{Found, ServiceProvider};
use crate::cli::elsewhere::keycloak::mappers::settle;
use crate::cli::elsewhere::names;
use crate::cli::elsewhere::report::Report;
use crate::cli::elsewhere::shibboleth::element::Element;
use crate::identity::attributes::AttributeName;
use crate::identity::mapping::Rule;
use crate::saml::attribute_names::NameStyle;

/// Attributes by their ids, with the names under which they leave.
#[derive(Debug, Default)]
pub struct Names(BTreeMap<String, (AttributeName, String)>);

impl Names {
    fn of(&self, id: &str) -> Option<(AttributeName, String)> {
        self.0.get(id).cloned().or_else(|| {
            // Without an encoder the registry of names says how it leaves: by LDAP's.
            let own = names::known(id)?;
            let sent = NameStyle::Oid.name(own).unwrap_or_else(|| id.to_owned());
            Some((own, sent))
        })
    }
}

/// Reads definitions and their encoders; where values come from is reported.
pub fn resolver(root: Element<'_>, names: &mut Names, report: &mut Report) {
    for element in root.children() {
        match element.name() {
            "AttributeDefinition" => {
                let Some(id) = element.said("id") else { continue };
                let encoder = element
                    .named("AttributeEncoder")
                    .find(|encoder| encoder.kind().starts_with("SAML2"));
                let sent = encoder.and_then(|encoder| encoder.said("name"));
                let friendly = encoder.and_then(|encoder| encoder.said("friendlyName"));
                let own = [Some(id), sent, friendly].into_iter().flatten().find_map(names::known);
                match own {
                    Some(own) => {
                        let usual = || NameStyle::Oid.name(own).unwrap_or_else(|| id.to_owned());
                        names
                            .0
                            .insert(id.to_owned(), (own, sent.map_or_else(usual, str::to_owned)));
                    }
                    None => {
                        let why = "no attribute of the SPID table is that one";
                        report.left(element.place(), format!("the attribute {id:?}"), why, "if it is one under another name, see attribute-names of [[service-provider]]");
                    }
                }
                if !["Simple", "PrincipalName", ""].contains(&element.kind()) {
                    let why = "values are those on record, and none is computed";
                    report.left(
                        element.place(),
                        format!("how the attribute {id:?} is made ({})", element.kind()),
                        why,
                        "nothing, if the value is on record here",
                    );
                }
            }
            "DataConnector" => {
                let id = element.said("id").unwrap_or("without an id");
                let why = "ponte keeps its people itself, and asks no directory";
                report.left(element.place(), format!("the connector {id:?} ({})", element.kind()), why, "export people with their attributes and hashes, and add them with `ponte user import`");
            }
            other => report.left(
                element.place(),
                other,
                "this import does not know it",
                "look up what it does there",
            ),
        }
    }
}

/// Reads policies: who gets which attributes.
pub fn filter(root: Element<'_>, names: &Names, found: &mut Found, report: &mut Report) {
    for policy in root.children() {
        if policy.name() != "AttributeFilterPolicy" {
            report.left(
                policy.place(),
                policy.name(),
                "this import does not know it",
                "look up what it does there",
            );
            continue;
        }
        let id = policy.said("id").unwrap_or("without an id");
        let what = format!("the policy {id:?}");
        let rule = policy.children().find(|child| child.name() == "PolicyRequirementRule");
        let Some(whom) = rule.and_then(whom) else {
            let why = "for whom it is is said otherwise than by entityIDs (a category, a group, a negation, a script)";
            report.left(policy.place(), what, why, "list attributes in [[service-provider]], or in the [[source]] that gives those service providers");
            continue;
        };
        let mut attributes = Vec::new();
        for rule in policy.named("AttributeRule") {
            let id = rule.said("attributeID").unwrap_or_default();
            let values = rule
                .children()
                .any(|child| child.name() == "PermitValueRule" && child.kind() == "ANY");
            let denies = rule.children().any(|child| child.name() != "PermitValueRule");
            let permits = (rule.said("permitAny") == Some("true") || values) && !denies;
            match names.of(id) {
                Some(known) if permits => attributes.push(known),
                Some(_) => report.left(
                    rule.place(),
                    format!("{what}: some values of {id:?}"),
                    "an attribute goes out or not, whatever its value",
                    "add it to attributes, or leave it out",
                ),
                None => report.left(
                    rule.place(),
                    format!("{what}: the attribute {id:?}"),
                    "no attribute of the SPID table is that one",
                    "if it is one under another name, see attribute-names of [[service-provider]]",
                ),
            }
        }
        match whom {
            Whom::Anybody => {
                for partner in &mut found.service_providers {
                    attributes.iter().for_each(|(own, sent)| settle(partner, *own, sent));
                }
                for source in &mut found.sources {
                    let new = attributes.iter().map(|(own, _)| *own);
                    let new: Vec<_> = new.filter(|own| !source.attributes.contains(own)).collect();
                    source.attributes.extend(new);
                }
            }
            Whom::These(entities) => {
                for entity_id in entities {
                    let partner = partner(found, policy, &entity_id);
                    attributes.iter().for_each(|(own, sent)| settle(partner, *own, sent));
                }
            }
        }
    }
}

/// The service provider of that name; one that a source gives has none yet.
pub fn partner<'a>(
    found: &'a mut Found,
    stood: Element<'_>,
    entity_id: &str,
) -> &'a mut ServiceProvider {
    let place = found.service_providers.iter().position(|one| one.entity_id == entity_id);
    let place = place.unwrap_or_else(|| {
        let mut partner = ServiceProvider::new(stood.place(), entity_id, None);
        partner.generic = true;
        found.service_providers.push(partner);
        found.service_providers.len() - 1
    });
    &mut found.service_providers[place]
}

enum Whom {
    Anybody,
    These(Vec<String>),
}

fn whom(rule: Element<'_>) -> Option<Whom> {
    match rule.kind() {
        "ANY" => Some(Whom::Anybody),
        "Requester" | "AttributeRequesterString" => {
            rule.said("value").map(|value| Whom::These(vec![value.to_owned()]))
        }
        "OR" => {
            let mut all = Vec::new();
            for inner in rule.children() {
                match whom(inner)? {
                    Whom::Anybody => return Some(Whom::Anybody),
                    Whom::These(these) => all.extend(these),
                }
            }
            Some(Whom::These(all))
        }
        _ => None,
    }
}

/// Reads `attribute-map.xml`: names that our own table does not have become rules of every upstream.
pub fn incoming(root: Element<'_>, found: &mut Found, report: &mut Report) {
    let mut rules: Vec<(AttributeName, String)> = Vec::new();
    for attribute in root.named("Attribute") {
        let (name, id) =
            (attribute.said("name").unwrap_or_default(), attribute.said("id").unwrap_or_default());
        let own = names::known(name).or_else(|| names::known(id));
        let Some(own) = own else {
            let why = "no attribute of the SPID table is that one";
            report.left(
                attribute.place(),
                format!("the attribute {name:?} ({id})"),
                why,
                "if it is one, see attributes of [[upstream]]",
            );
            continue;
        };
        let rule = format!("{}={name}", own.as_str());
        let is_ours = names::known(name).is_some();
        let is_new = rules.iter().all(|(other, _)| *other != own);
        if !is_ours && is_new && Rule::parse(&rule).is_some() {
            rules.push((own, rule));
        }
    }
    for upstream in &mut found.upstreams {
        upstream.rules.extend(rules.iter().map(|(_, rule)| rule.clone()));
    }
}
