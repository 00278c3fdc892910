//! Frontends: those that speak SAML tell of service providers.

use crate::cli::elsewhere::found::{Found, From, Metadata, ServiceProvider, Source};
use crate::cli::elsewhere::fragment::slug;
use crate::cli::elsewhere::report::Report;
use crate::cli::elsewhere::satosa::metadata;
use crate::cli::elsewhere::satosa::read::Proxy;
use crate::cli::elsewhere::value::{Item, Place, What};
use crate::identity::attributes::AttributeName;
use crate::saml::xml;

/// Takes over the partners of a frontend, or reports why not.
pub fn read(module: &Item<'_>, here: &Proxy, found: &mut Found, report: &mut Report) {
    let mut table = module.table();
    let class = table.said("module").unwrap_or_default();
    let name = table.said("name").unwrap_or("frontend");
    let what = format!("the frontend {name:?} ({class})");
    if !class.starts_with("satosa.frontends.saml2.") {
        let why = "ponte answers SAML service providers only";
        return report.left(
            module.place(),
            what,
            why,
            "have its clients speak SAML, or keep it where it is",
        );
    }
    let mut config = table.table("config");
    let mut idp = config.table("idp_config");
    let (documents, sources) =
        metadata::read(idp.take("metadata"), "service-providers", here, report);
    let mut service = idp.table("service");
    let mut role = service.table("idp");
    let policies = role.take("policy");
    let restrictions =
        policies.as_ref().map(|item| restrictions(item, here, report)).unwrap_or_default();
    for document in documents {
        match document.is_list {
            true => found.sources.push(list(document.text, document.place, "service-providers")),
            false => partner(document.text, document.place, &restrictions, here, found, report),
        }
    }
    for (entity_id, place, attributes) in &restrictions {
        let is_known = found.service_providers.iter().any(|one| one.entity_id == *entity_id);
        if entity_id != "default" && !is_known {
            let mut partner = ServiceProvider::new(place.clone(), entity_id, None);
            (partner.attributes, partner.renamed) = limited(here, attributes.as_deref());
            found.service_providers.push(partner);
        }
    }
    found.sources.extend(sources);
    let default = restrictions.iter().find(|(name, ..)| name == "default");
    let (attributes, _) = limited(here, default.and_then(|(_, _, allowed)| allowed.as_deref()));
    for source in found.sources.iter_mut().filter(|source| source.provides == "service-providers") {
        source.attributes.clone_from(&attributes);
    }
    if config.take("acr_mapping").is_some() {
        report.left(
            module.place(),
            format!("{what}: acr_mapping"),
            "a level is answered in the service provider's own terms, by what was reached",
            "see docs/levels.md",
        );
    }
    if let Some(release) = config.take("custom_attribute_release") {
        report.left(
            release.place(),
            format!("{what}: custom_attribute_release"),
            "attributes are released by service provider, not by provider and service provider",
            "set attributes of [[service-provider]]",
        );
    }
    config.pass(&["endpoints", "publish_metadata", "entityid_endpoint", "enable_metadata_reload"]);
    const OWN: &[(&str, &str, &str)] = &[(
        "*",
        "our own side is ponte's: keys, addresses and metadata are new",
        "give your service providers the new metadata (`ponte metadata show`)",
    )];
    report.rest(role, OWN);
    report.rest(service, OWN);
    report.rest(idp, OWN);
    report.rest(config, &[("*", "this frontend's own way", "look up what it does there")]);
    table.pass(&["plugin"]);
    report.rest(table, &[]);
}

/// A list of entities as a source of ours.
#[must_use]
pub fn list(text: String, place: Place, provides: &'static str) -> Source {
    let size = u64::try_from(text.len()).unwrap_or_default() / 1024 * 2;
    Source {
        name: slug(&place.file),
        place,
        kind: "file",
        from: From::Document(text),
        signed_by: Vec::new(),
        provides,
        valid_until_days: None,
        refresh_minutes: None,
        size_kib: (size > 256).then_some(size),
        allow: Vec::new(),
        deny: Vec::new(),
        attributes: Vec::new(),
    }
}

type Restriction = (String, Place, Option<Vec<AttributeName>>);

/// What each service provider, or `default`, may get; `None` is all.
fn restrictions(policies: &Item<'_>, here: &Proxy, report: &mut Report) -> Vec<Restriction> {
    let What::Table(entries) = policies.what() else { return Vec::new() };
    let mut all = Vec::new();
    for ((entity_id, _), policy) in entries.iter().zip(policies.items()) {
        let mut table = policy.table();
        let mut allowed = None;
        if let Some(said) = table.take("attribute_restrictions")
            && let What::Table(names) = said.what()
        {
            let mut attributes = Vec::new();
            for ((name, _), values) in names.iter().zip(said.items()) {
                match here.internal.called(name) {
                    Some(own) => attributes.push(own),
                    None => {
                        report.left(
                            values.place(),
                            format!("the attribute {name:?} of {entity_id}"),
                            "no attribute of the SPID table is that one",
                            "see attribute-names of [[service-provider]]",
                        );
                        continue;
                    }
                }
                if !values.is_empty() {
                    report.left(
                        values.place(),
                        format!("values of {name:?} for {entity_id}"),
                        "an attribute goes out or not, whatever its value",
                        "nothing, or leave it out",
                    );
                }
            }
            allowed = Some(attributes);
        }
        table.pass(&["lifetime", "name_form", "fail_on_missing_requested", "nameid_format"]);
        report.rest(
            table,
            &[
                (
                    "entity_categories",
                    "categories are not asked: attributes are listed",
                    "set attributes of [[service-provider]] or of its [[source]]",
                ),
                ("sign", "Response and Assertion are both signed", "nothing"),
            ],
        );
        all.push((entity_id.clone(), policy.place(), allowed));
    }
    all
}

fn partner(
    text: String,
    place: Place,
    restrictions: &[Restriction],
    here: &Proxy,
    found: &mut Found,
    report: &mut Report,
) {
    let Some(entity_id) = xml::root_attribute(&text, "entityID") else {
        let why = "it is no metadata of one entity";
        return report.left(
            place.clone(),
            place.file,
            why,
            "look at it with `ponte metadata lint`",
        );
    };
    if found.service_providers.iter().any(|one| one.entity_id == entity_id) {
        return;
    }
    let mut partner = ServiceProvider::new(place, &entity_id, Some(Metadata::Given(text)));
    let own = restrictions.iter().find(|(name, ..)| *name == entity_id);
    let own = own.or_else(|| restrictions.iter().find(|(name, ..)| name == "default"));
    let allowed = own.and_then(|(_, _, allowed)| allowed.as_deref());
    (partner.attributes, partner.renamed) = limited(here, allowed);
    found.service_providers.push(partner);
}

fn limited(
    here: &Proxy,
    allowed: Option<&[AttributeName]>,
) -> (Vec<AttributeName>, Vec<(AttributeName, String)>) {
    let (mut attributes, mut renamed) = here.internal.released();
    if let Some(allowed) = allowed {
        attributes.retain(|name| allowed.contains(name));
        renamed.retain(|(name, _)| allowed.contains(name));
    }
    (attributes, renamed)
}
