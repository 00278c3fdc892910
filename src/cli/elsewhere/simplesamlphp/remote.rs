//! Partners: `saml20-sp-remote.php` and `saml20-idp-remote.php`.

use crate::cli::elsewhere::found::{
    Found, Metadata, SamlMetadata, ServiceProvider, Speaks, Upstream,
};
use crate::cli::elsewhere::keycloak::mappers::settle;
use crate::cli::elsewhere::names;
use crate::cli::elsewhere::report::Report;
use crate::cli::elsewhere::simplesamlphp::authproc::Renaming;
use crate::cli::elsewhere::simplesamlphp::read::Installation;
use crate::cli::elsewhere::value::{Item, Table, What};
use crate::identity::name_id::NameIdKind;
use crate::saml::metadata::compose::{Description, certificate};
use crate::saml::names::{
    FORMAT_EMAIL, FORMAT_PERSISTENT, FORMAT_TRANSIENT, HTTP_POST, HTTP_REDIRECT,
};

/// Takes over a service provider, or reports why not.
pub fn service_provider(
    entity_id: &str,
    item: &Item<'_>,
    here: &Installation,
    renaming: &Renaming,
    found: &mut Found,
    report: &mut Report,
) {
    let mut table = item.table();
    let what = format!("the service provider {entity_id}");
    let mut parts = Description { entity_id: entity_id.to_owned(), ..Description::default() };
    for (binding, location, _) in services(table.take("AssertionConsumerService"), HTTP_POST) {
        match binding == HTTP_POST {
            true => parts.services.push((binding, location)),
            false => {
                let why = "answers leave by HTTP-POST only";
                report.left(
                    item.place(),
                    format!("{what}: an AssertionConsumerService by {binding}"),
                    why,
                    "nothing, if it takes them so",
                );
            }
        }
    }
    common(&mut table, &mut parts, here, item, report);
    let mut partner = ServiceProvider::new(item.place(), entity_id, None);
    partner.generic = true;
    partner.encrypt = table.flag("assertion.encryption") == Some(true);
    parts.name_id_formats = table
        .take("NameIDFormat")
        .map(|item| item.texts().into_iter().map(str::to_owned).collect())
        .unwrap_or_default();
    partner.name_id = match parts.name_id_formats.first().map(String::as_str) {
        Some(FORMAT_TRANSIENT) => Some(NameIdKind::Transient),
        Some(FORMAT_PERSISTENT) => Some(NameIdKind::Persistent),
        Some(FORMAT_EMAIL) => Some(NameIdKind::Email),
        _ => None,
    };
    match table.take("attributes") {
        Some(said) => {
            for name in said.items() {
                let text = name.text().unwrap_or_default();
                match names::known(text).or_else(|| names::known(renaming.sent(text))) {
                    Some(known) => settle(&mut partner, known, renaming.sent(text)),
                    None => {
                        let why = "no attribute of the SPID table is called so";
                        let mend = "if it is one under another name, add it to attributes and attribute-names";
                        report.left(
                            name.place(),
                            format!("the attribute {text:?} of {entity_id}"),
                            why,
                            mend,
                        );
                    }
                }
            }
        }
        None => {
            let why =
                "nothing limits what it gets there; here it gets what is listed, and nothing else";
            report.left(
                item.place(),
                format!("{what}: its attributes"),
                why,
                "list them in attributes of its [[service-provider]]",
            );
        }
    }
    table.pass(&[
        "attributes.NameFormat",
        "attributes.required",
        "attributes.index",
        "validate.authnrequest",
        "redirect.validate",
        "validate.logout",
        "saml20.sign.response",
        "saml20.sign.assertion",
        "sign.logout",
        "signature.algorithm",
        "ForceAuthn",
    ]);
    report.rest(table, REST);
    if parts.signing.is_empty() {
        let why = "no certificate of it is there, and ponte answers nobody who does not sign";
        return report.left(
            item.place(),
            what,
            why,
            "have it sign, and add its metadata (`ponte sp add`)",
        );
    }
    partner.metadata = Some(Metadata::Parts(Box::new(parts)));
    found.service_providers.push(partner);
}

/// Takes over an identity provider, or reports why not.
pub fn identity_provider(
    entity_id: &str,
    item: &Item<'_>,
    here: &Installation,
    found: &mut Found,
    report: &mut Report,
) {
    let mut table = item.table();
    let what = format!("the identity provider {entity_id}");
    let mut parts = Description {
        entity_id: entity_id.to_owned(),
        is_identity_provider: true,
        ..Description::default()
    };
    for (binding, location, _) in services(table.take("SingleSignOnService"), HTTP_REDIRECT) {
        if [HTTP_POST, HTTP_REDIRECT].contains(&binding.as_str()) {
            parts.services.push((binding, location));
        }
    }
    common(&mut table, &mut parts, here, item, report);
    let shown = table
        .take("name")
        .and_then(|item| localised(&item).into_iter().next())
        .map(|(_, name)| name);
    table.pass(&[
        "sign.authnrequest",
        "redirect.sign",
        "sign.logout",
        "validate.logout",
        "redirect.validate",
        "signature.algorithm",
        "NameIDFormat",
        "icon",
    ]);
    report.rest(table, REST);
    if parts.signing.is_empty() {
        let why = "no certificate of it is there (a fingerprint is no key), and nothing unsigned is believed";
        return report.left(
            item.place(),
            what,
            why,
            "get its metadata, and name them in an [[upstream]] (docs/bridging.md)",
        );
    }
    let post = !parts.services.iter().any(|(binding, _)| binding == HTTP_REDIRECT);
    let metadata = SamlMetadata::Here(Metadata::Parts(Box::new(parts)));
    let speaks = Speaks::Saml { entity_id: Some(entity_id.to_owned()), metadata, post };
    let (place, name) = (item.place(), entity_id.to_owned());
    found.upstreams.push(Upstream {
        place,
        name,
        shown,
        speaks,
        rules: Vec::new(),
        disabled: false,
    });
}

/// What partners of both kinds say.
fn common(
    table: &mut Table<'_>,
    parts: &mut Description,
    here: &Installation,
    item: &Item<'_>,
    report: &mut Report,
) {
    let response = table.said("SingleLogoutServiceResponse").map(str::to_owned);
    for (binding, location, own) in services(table.take("SingleLogoutService"), HTTP_REDIRECT) {
        parts.logouts.push((binding, location, own.or_else(|| response.clone())));
    }
    for key in table.items("keys") {
        let mut key = key.table();
        let octets = key.said("X509Certificate").and_then(certificate);
        let (signs, encrypts) = (key.flag("signing"), key.flag("encryption"));
        if let Some(octets) = octets {
            if signs != Some(false) {
                parts.signing.push(octets.clone());
            }
            if encrypts == Some(true) {
                parts.encryption.push(octets);
            }
        }
    }
    let mut further = table.said("certData").and_then(certificate);
    if let Some(name) = table.said("certificate") {
        match here.certificate(name) {
            Ok(pem) => further = certificate(&pem),
            Err(why) => report.left(
                item.place(),
                format!("the certificate {name} of {}", parts.entity_id),
                why,
                "copy it into the folder of certificates, and import again",
            ),
        }
    }
    if let Some(octets) = further {
        if !parts.signing.contains(&octets) {
            parts.signing.push(octets.clone());
        }
        if parts.encryption.is_empty() {
            parts.encryption.push(octets);
        }
    }
    if let Some(name) = table.take("name") {
        parts.names = localised(&name);
    }
    table.pass(&[
        "entityid",
        "metadata-set",
        "metadata-index",
        "expire",
        "description",
        "OrganizationName",
        "OrganizationDisplayName",
        "OrganizationURL",
        "contacts",
        "UIInfo",
        "DiscoHints",
        "entityDescriptor",
        "tags",
        "url",
        "RegistrationInfo",
        "ArtifactResolutionService",
    ]);
}

/// Binding, address, and the address for answers.
type Service = (String, String, Option<String>);

/// Endpoints: one address, several, or tables of them.
fn services(item: Option<Item<'_>>, usual: &str) -> Vec<Service> {
    let Some(item) = item else { return Vec::new() };
    let all = match item.what() {
        What::Text(_) => vec![item],
        _ => item.items(),
    };
    let mut found: Vec<(bool, Service)> = Vec::new();
    for one in all {
        if let Some(location) = one.text() {
            found.push((false, (usual.to_owned(), location.to_owned(), None)));
            continue;
        }
        let mut table = one.table();
        let is_default = table.flag("isDefault") == Some(true);
        let binding = table.said("Binding").unwrap_or(usual).to_owned();
        let response = table.said("ResponseLocation").map(str::to_owned);
        if let Some(location) = table.said("Location") {
            found.push((is_default, (binding, location.to_owned(), response)));
        }
    }
    // The first is the default of what is written here.
    found.sort_by_key(|(is_default, _)| !is_default);
    found.into_iter().map(|(_, service)| service).collect()
}

/// Names by language.
fn localised(item: &Item<'_>) -> Vec<(String, String)> {
    match item.what() {
        What::Text(text) => vec![("en".to_owned(), text.clone())],
        What::Table(entries) => entries
            .iter()
            .filter_map(|(language, value)| match &value.what {
                What::Text(text) if !text.trim().is_empty() => {
                    Some((language.clone(), text.clone()))
                }
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

const NAMES: (&str, &str) = (
    "names that people have at it are made by ponte, and are others",
    "have it link its accounts anew, by an attribute",
);
const REST: &[(&str, &str, &str)] = &[
    (
        "authproc",
        "no code of a filter is run",
        "see attributes and attribute-names of [[service-provider]], attributes of [[upstream]]",
    ),
    ("simplesaml.nameidattribute", NAMES.0, NAMES.1),
    ("simplesaml.attributes", "attributes are those that are listed", "list them in attributes"),
    ("userid.attribute", NAMES.0, NAMES.1),
    ("nameid.encryption", "assertions are encrypted whole", "set encrypt-assertion"),
    ("base64attributes", "values go out as they are", "ask it whether it takes them so"),
    ("certFingerprint", "a fingerprint is no key", "get its certificate, or its metadata"),
    (
        "sharedkey*",
        "assertions are encrypted for a certificate, and for no shared key",
        "ask it for a certificate",
    ),
    (
        "hide.from.discovery",
        "whether people may choose it is settled otherwise",
        "set offered = false in its [[upstream]]",
    ),
    ("scope", "scopes are not checked: attributes are those of the SPID table", "nothing"),
    ("NameIDPolicy", "ponte asks for the kind of name that it needs", "nothing"),
    (
        "AuthnContext*",
        "what is asked for follows from the level that the service provider asks for",
        "set levels and ask of its [[upstream]]",
    ),
];
