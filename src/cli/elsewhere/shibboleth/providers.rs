//! `MetadataProvider`: files, folders, addresses, MDQ servers.

use crate::cli::elsewhere::found::{
    Found, From, Metadata, SamlMetadata, ServiceProvider, Source, Speaks, Upstream,
};
use crate::cli::elsewhere::fragment::slug;
use crate::cli::elsewhere::report::Report;
use crate::cli::elsewhere::satosa::metadata::{is_list, minutes};
use crate::cli::elsewhere::shibboleth::element::Element;
use crate::cli::elsewhere::shibboleth::read::Installation;
use crate::saml::metadata::compose::{certificate, pem};
use crate::saml::xml;

/// Reads `metadata-providers.xml`: whom it tells of are service providers here.
pub fn identity_provider(
    root: Element<'_>,
    here: &Installation,
    found: &mut Found,
    report: &mut Report,
) {
    provider(root, here, Side::Answers, found, report);
}

/// Reads `shibboleth2.xml`: whom it tells of are identity providers.
pub fn service_provider(
    root: Element<'_>,
    here: &Installation,
    found: &mut Found,
    report: &mut Report,
) {
    for element in root.children() {
        match element.name() {
            "ApplicationDefaults" => application(element, here, found, report),
            _ => own(element, report),
        }
    }
}

fn application(defaults: Element<'_>, here: &Installation, found: &mut Found, report: &mut Report) {
    for (name, value) in defaults.attributes() {
        match name {
            "entityID" => {
                found.asked_as.get_or_insert_with(|| value.to_owned());
            }
            _ => {
                let why = "it settles what is ponte's own, or the web server's";
                let what = format!("{name} of ApplicationDefaults");
                report.left(defaults.place(), what, why, "see docs/bridging.md");
            }
        }
    }
    for element in defaults.children() {
        match element.name() {
            "MetadataProvider" if element.kind() == "Chaining" => {
                for inner in element.named("MetadataProvider") {
                    one(inner, here, Side::Asks, found, report);
                }
            }
            "MetadataProvider" => one(element, here, Side::Asks, found, report),
            "ApplicationOverride" => {
                let why = "every application of one server is one [[relying-party]], each with a name of its own";
                let mend = "make a [[relying-party]] for it (docs/bridging.md)";
                report.left(element.place(), "an ApplicationOverride", why, mend);
            }
            "Sessions" => {
                own(element, report);
                for inner in element.children() {
                    match inner.said("entityID").filter(|_| inner.name() == "SSO") {
                        Some(entity_id) => {
                            let why = "which provider people are sent to is settled for each service provider";
                            let mend = "set upstreams and own-login of [[service-provider]]";
                            let what = format!("the identity provider {entity_id} by default");
                            report.left(inner.place(), what, why, mend);
                        }
                        None => own(inner, report),
                    }
                }
            }
            _ => own(element, report),
        }
    }
}

fn own(element: Element<'_>, report: &mut Report) {
    let why = "it settles what is ponte's own, or the web server's";
    report.left(element.place(), element.name(), why, "see docs/bridging.md");
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Side {
    Answers,
    Asks,
}

fn provider(
    element: Element<'_>,
    here: &Installation,
    side: Side,
    found: &mut Found,
    report: &mut Report,
) {
    match element.kind() {
        "ChainingMetadataProvider" => {
            for inner in element.named("MetadataProvider") {
                provider(inner, here, side, found, report);
            }
        }
        _ => one(element, here, side, found, report),
    }
}

fn one(
    element: Element<'_>,
    here: &Installation,
    side: Side,
    found: &mut Found,
    report: &mut Report,
) {
    let said = |names: [&str; 4]| names.into_iter().find_map(|name| element.said(name));
    let name = element.said("id").unwrap_or("metadata").to_owned();
    let what = format!("the metadata provider {name:?} ({})", element.kind());
    let file = said(["metadataFile", "path", "file", "resourceFile"]);
    let address = said(["metadataURL", "url", "uri", "metadataUrl"]);
    let folder = said(["sourceDirectory", "sourceDirectory", "directory", "directory"]);
    let query = element.children().find(|child| child.name() == "MetadataQueryProtocol");
    let base = query
        .map(|query| query.text())
        .or_else(|| element.said("baseUrl"))
        .filter(|base| !base.is_empty());
    let mut source = Source {
        place: element.place(),
        name: slug(&name),
        kind: "url",
        from: From::Address(String::new()),
        signed_by: Vec::new(),
        provides: if side == Side::Answers { "service-providers" } else { "identity-providers" },
        valid_until_days: None,
        refresh_minutes: element.said("maxRefreshDelay").and_then(minutes),
        size_kib: None,
        allow: Vec::new(),
        deny: Vec::new(),
        attributes: Vec::new(),
    };
    filters(element, here, &mut source, &what, report);
    passed(element, &what, report);
    const READ: [&str; 5] = [
        "MetadataFilter",
        "MetadataQueryProtocol",
        "MetadataProvider",
        "EntityDescriptor",
        "EntitiesDescriptor",
    ];
    for child in element.children().filter(|child| !READ.contains(&child.name())) {
        let why = "this import does not know it";
        let mend = "look up what it does there, and whether you need it here";
        report.left(child.place(), format!("{what}: {}", child.name()), why, mend);
    }
    if let Some(base) = base {
        if side == Side::Asks {
            let why = "people choose among identity providers that are known, and an MDQ server knows no list";
            return report.left(
                element.place(),
                what,
                why,
                "get the federation's list, and name it in a [[source]] and an [[upstream]]",
            );
        }
        source.kind = "mdq";
        let slash = if base.ends_with('/') { "" } else { "/" };
        source.from = From::Address(format!("{base}{slash}"));
        found.sources.push(source);
        return;
    }
    if let Some(address) = address {
        source.from = From::Address(address.to_owned());
        source.size_kib = Some(64 * 1024);
        return add(source, side, found);
    }
    let mut files: Vec<String> = file.map(|file| here.filled(file)).into_iter().collect();
    if let Some(folder) = folder {
        files.extend(here.folder.list(here.filled(folder).trim_end_matches('/'), ".xml"));
    }
    if files.is_empty() {
        let inline = element
            .children()
            .find(|child| ["EntityDescriptor", "EntitiesDescriptor"].contains(&child.name()));
        match inline {
            Some(inline) => {
                document(inline.source().to_owned(), source, side, found, &what, report)
            }
            None => report.left(
                element.place(),
                what,
                "metadata of that kind are not read, or there are none in the folder",
                "get them as XML, and name them in a [[source]], or add them with `ponte sp add`",
            ),
        }
        return;
    }
    for file in files {
        match here.folder.read(&file) {
            Ok(text) => {
                let each = Source {
                    place: source.place.clone(),
                    name: slug(&file),
                    from: From::Address(String::new()),
                    signed_by: source.signed_by.clone(),
                    allow: source.allow.clone(),
                    deny: source.deny.clone(),
                    attributes: Vec::new(),
                    ..source
                };
                document(text, each, side, found, &what, report);
            }
            Err(error) => report.left(
                element.place(),
                format!("{what}: {file}"),
                error.to_string(),
                "copy the file there, and import again",
            ),
        }
    }
}

fn document(
    text: String,
    mut source: Source,
    side: Side,
    found: &mut Found,
    what: &str,
    report: &mut Report,
) {
    if is_list(&text) || !source.signed_by.is_empty() {
        source.kind = "file";
        let size = u64::try_from(text.len()).unwrap_or_default() / 1024 * 2;
        source.size_kib = (size > 256).then_some(size);
        source.from = From::Document(text);
        return add(source, side, found);
    }
    let Some(entity_id) = xml::root_attribute(&text, "entityID") else {
        return report.left(
            source.place,
            what,
            "it is no metadata of one entity",
            "look at it with `ponte metadata lint`",
        );
    };
    match side {
        Side::Answers => {
            let mut partner =
                ServiceProvider::new(source.place, &entity_id, Some(Metadata::Given(text)));
            partner.generic = true;
            found.service_providers.push(partner);
        }
        Side::Asks => upstream(
            found,
            source.place,
            entity_id.clone(),
            Some(entity_id),
            SamlMetadata::Here(Metadata::Given(text)),
        ),
    }
}

fn add(source: Source, side: Side, found: &mut Found) {
    if side == Side::Asks {
        let (place, name) = (source.place.clone(), source.name.clone());
        upstream(found, place, name.clone(), None, SamlMetadata::Source(name));
    }
    found.sources.push(source);
}

fn upstream(
    found: &mut Found,
    place: crate::cli::elsewhere::value::Place,
    name: String,
    entity_id: Option<String>,
    metadata: SamlMetadata,
) {
    let speaks = Speaks::Saml { entity_id, metadata, post: false };
    found.upstreams.push(Upstream {
        place,
        name,
        shown: None,
        speaks,
        rules: Vec::new(),
        disabled: false,
    });
}

fn filters(
    element: Element<'_>,
    here: &Installation,
    source: &mut Source,
    what: &str,
    report: &mut Report,
) {
    for filter in element.named("MetadataFilter") {
        match filter.kind() {
            "SignatureValidation" | "Signature" => {
                let file = filter.said("certificateFile").or_else(|| filter.said("certificate"));
                match file.map(|file| {
                    (file, here.folder.read(&here.filled(file)).map(|text| certificate(&text)))
                }) {
                    Some((_, Ok(Some(der)))) => source.signed_by.push(pem(&der)),
                    Some((file, Ok(None))) => report.left(
                        filter.place(),
                        format!("{what}: the certificate {file}"),
                        "it is none",
                        "get it again, and name it in signed-by of the [[source]]",
                    ),
                    Some((file, Err(error))) => report.left(
                        filter.place(),
                        format!("{what}: the certificate {file}"),
                        error.to_string(),
                        "copy it there, and import again",
                    ),
                    None => report.left(
                        filter.place(),
                        format!("{what}: whose signature counts"),
                        "only a file of a certificate is read",
                        "name the certificate in signed-by of the [[source]]",
                    ),
                }
            }
            "RequiredValidUntil" | "RequireValidUntil" => {
                let said = filter.said("maxValidityInterval").unwrap_or_default();
                let days = minutes(said)
                    .map(|minutes| minutes / 1440)
                    .or_else(|| said.parse::<u64>().ok().map(|seconds| seconds / 86_400));
                source.valid_until_days = days.filter(|days| *days > 0);
            }
            "EntityRole" | "EntityRoleWhiteList" => {}
            "Include" | "Whitelist" | "Exclude" | "Blacklist" => {
                let names = filter.children().filter(|child| {
                    child.name() == "Include"
                        || child.name() == "Exclude"
                        || child.name() == "Entity"
                });
                let names: Vec<String> = names
                    .map(|child| child.text().to_owned())
                    .filter(|name| !name.is_empty())
                    .collect();
                let allows = filter.kind() == "Include" || filter.kind() == "Whitelist";
                if allows { &mut source.allow } else { &mut source.deny }.extend(names);
            }
            other => {
                let why = "a filter of that kind is not carried out";
                report.left(
                    filter.place(),
                    format!("{what}: the filter {other}"),
                    why,
                    "see allow, deny and the last keys of [[source]]",
                );
            }
        }
    }
}

/// Reports attributes of a provider that say more than where it is.
fn passed(element: Element<'_>, what: &str, report: &mut Report) {
    const PASSED: &[&str] = &[
        "id",
        "type",
        "schemaLocation",
        "metadataFile",
        "path",
        "file",
        "resourceFile",
        "metadataURL",
        "url",
        "uri",
        "metadataUrl",
        "sourceDirectory",
        "directory",
        "backingFile",
        "backingFilePath",
        "baseUrl",
        "minRefreshDelay",
        "maxRefreshDelay",
        "reloadInterval",
        "refreshDelayFactor",
        "requireValidMetadata",
        "failFastInitialization",
        "validate",
        "maxCacheDuration",
        "minCacheDuration",
        "legacyOrgNames",
        "maxRefreshInterval",
        "removeIdleEntityData",
        "maxIdleEntityData",
        "persistentCacheManagerDirectory",
        "ignoreTransport",
        "cacheDirectory",
        "xmlns",
    ];
    for (name, value) in element.attributes() {
        let is_off = value == "false";
        if !PASSED.contains(&name) && !is_off {
            report.left(
                element.place(),
                format!("{what}: {name}"),
                "this import does not know it",
                "look up what it does there, and whether you need it here",
            );
        }
    }
}
