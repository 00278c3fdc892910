//! Clients: those who speak SAML are service providers here.

use std::collections::BTreeSet;

use crate::cli::elsewhere::found::{Found, Metadata, ServiceProvider};
use crate::cli::elsewhere::keycloak::mappers;
use crate::cli::elsewhere::report::Report;
use crate::cli::elsewhere::value::{Item, Table};
use crate::identity::name_id::NameIdKind;
use crate::saml::metadata::compose::{Description, certificate};
use crate::saml::names::{
    FORMAT_EMAIL, FORMAT_PERSISTENT, FORMAT_TRANSIENT, HTTP_POST, HTTP_REDIRECT,
};

/// Client scopes: what several clients have together.
#[derive(Debug)]
pub struct Scopes<'a> {
    all: Vec<(String, Option<String>, Vec<Item<'a>>, Item<'a>)>,
    used: BTreeSet<String>,
}

impl<'a> Scopes<'a> {
    /// Reads their mappers.
    #[must_use]
    pub fn new(tables: Vec<Table<'a>>) -> Self {
        let mut all = Vec::new();
        for mut table in tables {
            let Some(name) = table.take("name") else { continue };
            let protocol = table.said("protocol").map(str::to_owned);
            let mappers = table.items("protocolMappers");
            all.push((name.text().unwrap_or_default().to_owned(), protocol, mappers, name));
        }
        Self { all, used: BTreeSet::new() }
    }

    fn mappers(&mut self, name: &str) -> Vec<Item<'a>> {
        self.used.insert(name.to_owned());
        let found = self.all.iter().find(|(own, ..)| own == name);
        found.map(|(_, _, mappers, _)| mappers.clone()).unwrap_or_default()
    }

    /// Reports those of SAML that nobody used, and those of other protocols.
    pub fn unused(&self, report: &mut Report) {
        for (name, protocol, _, item) in &self.all {
            let is_saml = protocol.as_deref() == Some("saml");
            if !(is_saml && self.used.contains(name)) {
                let why = "no client that was carried over has it by default";
                report.left(
                    item.place(),
                    format!("the client scope {name:?}"),
                    why,
                    "nothing, unless a service provider misses an attribute",
                );
            }
        }
    }
}

/// Takes over a SAML client, or reports why not.
pub fn read(client: &Item<'_>, scopes: &mut Scopes<'_>, found: &mut Found, report: &mut Report) {
    let mut table = client.table();
    let id = table.said("clientId").unwrap_or_default();
    let what = format!("the client {id:?}");
    if OWN.contains(&id) {
        let why = "it is one of Keycloak's own";
        return report.left(client.place(), what, why, "nothing");
    }
    if table.said("protocol") != Some("saml") {
        let why = "it speaks OpenID Connect, and ponte answers SAML service providers only";
        let mend = "have it speak SAML, or keep it where it is";
        return report.left(client.place(), what, why, mend);
    }
    let root = table.said("rootUrl").unwrap_or_default().trim_end_matches('/');
    let whole =
        |said: &str| if said.starts_with('/') { format!("{root}{said}") } else { said.to_owned() };
    let mut attributes = table.table("attributes");
    let mut partner = ServiceProvider::new(client.place(), id, None);
    partner.generic = true;
    partner.disabled = table.flag("enabled") == Some(false);
    let mut parts = Description { entity_id: id.to_owned(), ..Description::default() };
    let admin = table.said("adminUrl").map(whole);
    let consumer = attributes.said("saml_assertion_consumer_url_post").map(whole);
    let redirects = table.items("redirectUris");
    let exact = redirects.iter().filter_map(Item::text).find(|uri| !uri.contains('*')).map(whole);
    parts
        .services
        .extend(consumer.or_else(|| admin.clone()).or(exact).map(|to| (HTTP_POST.to_owned(), to)));
    for (name, binding) in [
        ("saml_single_logout_service_url_post", HTTP_POST),
        ("saml_single_logout_service_url_redirect", HTTP_REDIRECT),
    ] {
        let said = attributes.said(name).map(whole);
        parts.logouts.extend(said.map(|to| (binding.to_owned(), to, None)));
    }
    if parts.logouts.is_empty() {
        parts.logouts.extend(admin.map(|to| (HTTP_POST.to_owned(), to, None)));
    }
    let mut key = |name: &str| attributes.said(name).and_then(certificate);
    parts.signing.extend(key("saml.signing.certificate"));
    parts.encryption.extend(key("saml.encryption.certificate"));
    partner.encrypt = attributes.flag("saml.encrypt") == Some(true);
    let signs = attributes.flag("saml.client.signature");
    names(&mut attributes, &mut partner, &mut parts, client, report);
    if attributes.said("saml_idp_initiated_sso_url_name").is_some() {
        partner.unsolicited = true;
    }
    if parts.signing.is_empty() || signs == Some(false) {
        let why = "its requests are not signed there, and ponte answers nobody who does not sign";
        let mend = "have it sign, and add its metadata (`ponte sp add`)";
        report.left(client.place(), what.clone(), why, mend);
    }
    for scope in table.items("defaultClientScopes").iter().filter_map(Item::text) {
        for mapper in scopes.mappers(scope) {
            mappers::read(&mapper, &mut partner, report);
        }
    }
    for mapper in table.items("protocolMappers") {
        mappers::read(&mapper, &mut partner, report);
    }
    table.pass(PASSED);
    // A switch that is off asks for nothing.
    attributes.pass(PASSED_ATTRIBUTES);
    for (name, item) in attributes.rest() {
        if item.flag() == Some(false) {
            continue;
        }
        let known = ATTRIBUTES.iter().find(|(own, _, _)| *own == name);
        let (why, mend) = known.map_or((UNKNOWN, LOOK), |(_, why, mend)| (why, mend));
        report.left(item.place(), format!("{what}: {name}"), why, mend);
    }
    report.rest(table, REST);
    if parts.signing.is_empty() {
        return;
    }
    partner.metadata = Some(Metadata::Parts(Box::new(parts)));
    found.service_providers.push(partner);
}

fn names(
    attributes: &mut Table<'_>,
    partner: &mut ServiceProvider,
    parts: &mut Description,
    client: &Item<'_>,
    report: &mut Report,
) {
    let format = match attributes.said("saml_name_id_format") {
        Some("transient") => Some((NameIdKind::Transient, FORMAT_TRANSIENT)),
        Some("persistent") => Some((NameIdKind::Persistent, FORMAT_PERSISTENT)),
        Some("email") => Some((NameIdKind::Email, FORMAT_EMAIL)),
        Some("username") | None => {
            let why = "it was given the user name as NameID, and ponte gives transient, persistent or e-mail names";
            let mend = "settle name-id with it: if it finds accounts by that name, they must be found otherwise";
            report.left(
                client.place(),
                format!("the client {:?}: saml_name_id_format", partner.entity_id),
                why,
                mend,
            );
            None
        }
        Some(other) => {
            let why = format!("ponte gives no names of the format {other:?}");
            report.left(
                client.place(),
                format!("the client {:?}: saml_name_id_format", partner.entity_id),
                why,
                "settle name-id with it",
            );
            None
        }
    };
    if let Some((kind, format)) = format {
        partner.name_id = Some(kind);
        parts.name_id_formats.push(format.to_owned());
        if kind == NameIdKind::Persistent {
            let why = "persistent names are made by ponte, and are others than Keycloak's";
            let mend = "have the service provider link its accounts anew, by an attribute";
            report.left(
                client.place(),
                format!("the client {:?}: the names that people have there", partner.entity_id),
                why,
                mend,
            );
        }
    }
}

const UNKNOWN: &str = "this import does not know it";
const LOOK: &str = "look up what it does there, and whether you need it here";

const OWN: &[&str] = &[
    "account",
    "account-console",
    "admin-cli",
    "broker",
    "realm-management",
    "security-admin-console",
    "master-realm",
];

/// What a client says that asks for nothing here, or that ponte always does.
const PASSED: &[&str] = &[
    "id",
    "name",
    "description",
    "baseUrl",
    "surrogateAuthRequired",
    "clientAuthenticatorType",
    "webOrigins",
    "notBefore",
    "bearerOnly",
    "standardFlowEnabled",
    "implicitFlowEnabled",
    "directAccessGrantsEnabled",
    "serviceAccountsEnabled",
    "publicClient",
    "frontchannelLogout",
    "fullScopeAllowed",
    "nodeReRegistrationTimeout",
    "alwaysDisplayInConsole",
    "access",
    "secret",
    "optionalClientScopes",
];
const PASSED_ATTRIBUTES: &[&str] = &[
    "saml.assertion.signature",
    "saml.server.signature",
    "saml.authnstatement",
    "saml.signature.algorithm",
    "saml_signature_canonicalization_method",
    "saml_force_name_id_format",
    "saml.force.post.binding",
    "saml.server.signature.keyinfo.ext",
    "saml.server.signature.keyinfo.xmlSigKeyInfoKeyNameTransformer",
    "realm_client",
    "client.secret.creation.time",
    "post.logout.redirect.uris",
    "login_theme",
    "tls.client.certificate.bound.access.tokens",
    "exclude.session.state.from.auth.response",
    "display.on.consent.screen",
    "backchannel.logout.session.required",
    "saml.artifact.binding.identifier",
    "saml.allow.ecp.flow",
    "saml.encryption.private.key",
    "saml.signing.private.key",
];
const ATTRIBUTES: &[(&str, &str, &str)] = &[
    (
        "saml_assertion_consumer_url_redirect",
        "answers leave by HTTP-POST only",
        "nothing, if it takes them so",
    ),
    (
        "saml_artifact_binding_url",
        "there is no artifact binding",
        "nothing, if it takes answers by HTTP-POST",
    ),
    (
        "saml_assertion_consumer_url_artifact",
        "there is no artifact binding",
        "nothing, if it takes answers by HTTP-POST",
    ),
    ("saml.artifact.binding", "there is no artifact binding", "have it take answers by HTTP-POST"),
    ("saml_single_logout_service_url_artifact", "logout goes through the browser only", "nothing"),
    ("saml_single_logout_service_url_soap", "logout goes through the browser only", "nothing"),
    (
        "saml.onetimeuse.condition",
        "assertions have no OneTimeUse",
        "nothing: each has a short time and one audience",
    ),
    (
        "saml_idp_initiated_sso_relay_state",
        "a RelayState is said in the address",
        "add target= to the address /saml/start",
    ),
    ("saml.assertion.lifespan", "assertions have ponte's own time", "nothing"),
    (
        "saml.encryption.algorithm",
        "assertions are encrypted by AES-GCM and RSA-OAEP, whatever is said",
        "ask it whether it takes that",
    ),
    (
        "saml.encryption.keyAlgorithm",
        "assertions are encrypted by AES-GCM and RSA-OAEP, whatever is said",
        "ask it whether it takes that",
    ),
];
const REST: &[(&str, &str, &str)] = &[
    ("consentRequired", "consent is ponte's own, to what is shown", "nothing"),
    ("authorizationSettings", "ponte knows no permissions", "keep them where they are used"),
    ("authorizationServicesEnabled", "ponte knows no permissions", "keep them where they are used"),
    (
        "authenticationFlowBindingOverrides",
        "how a login goes is ponte's own",
        "set minimum-level for it",
    ),
    ("defaultRoles", "ponte knows no roles", "keep them where they are used"),
];
