//! Identity providers of a realm: upstreams here.

use crate::cli::elsewhere::found::{Found, Metadata, SamlMetadata, Secret, Speaks, Upstream};
use crate::cli::elsewhere::names;
use crate::cli::elsewhere::report::Report;
use crate::cli::elsewhere::value::{Item, Table};
use crate::saml::metadata::compose::{Description, certificate};
use crate::saml::names::{HTTP_POST, HTTP_REDIRECT};

/// Takes over an identity provider, or reports why not.
pub fn read(provider: &Item<'_>, mappers: &[Item<'_>], found: &mut Found, report: &mut Report) {
    let mut table = provider.table();
    let alias = table.said("alias").unwrap_or("unnamed").to_owned();
    let what = format!("the identity provider {alias:?}");
    let kind = table.said("providerId").unwrap_or_default();
    let mut config = table.table("config");
    let speaks = match kind {
        "saml" => saml(&mut config, found),
        "oidc" | "keycloak-oidc" => openid(&mut config),
        other => Err(format!("its kind, {other:?}, is neither SAML nor OpenID Connect")),
    };
    let speaks = match speaks {
        Ok(speaks) => speaks,
        Err(why) => {
            let mend = "settle it by hand (docs/bridging.md)";
            return report.left(provider.place(), what, why, mend);
        }
    };
    let shown = table.said("displayName").map(str::to_owned);
    let disabled = table.flag("enabled") == Some(false);
    let mut rules = Vec::new();
    for mapper in mappers {
        let mut mapper_table = mapper.table();
        if mapper_table.said("identityProviderAlias") == Some(&alias) {
            rules.extend(rule(mapper_table, mapper, &rules, report));
        }
    }
    table.pass(&[
        "internalId",
        "updateProfileFirstLoginMode",
        "updateProfileFirstLogin",
        "config",
        "types",
    ]);
    config.pass(PASSED);
    for (name, item) in config.rest() {
        if item.flag() != Some(false) {
            let known = REST.iter().find(|(own, _)| *own == name);
            let why = known.map_or("this import does not know it", |(_, why)| why);
            report.left(
                item.place(),
                format!("{what}: {name}"),
                why,
                "settle it by hand, if it is needed (docs/bridging.md)",
            );
        }
    }
    for (name, item) in table.rest() {
        if item.flag() != Some(false) {
            let why = "how somebody comes in by another provider is settled for each service provider here";
            report.left(
                item.place(),
                format!("{what}: {name}"),
                why,
                "set upstreams and accounts of [[service-provider]] (docs/bridging.md)",
            );
        }
    }
    let place = provider.place();
    found.upstreams.push(Upstream { place, name: alias, shown, speaks, rules, disabled });
}

fn saml(config: &mut Table<'_>, found: &mut Found) -> Result<Speaks, String> {
    let entity_id = config.said("idpEntityId").map(str::to_owned);
    let entity_id = entity_id.ok_or("the entityID of the identity provider (idpEntityId) is not in the export: its metadata are needed")?;
    let certificates = config.said("signingCertificate").unwrap_or_default();
    let signing: Vec<Vec<u8>> = certificates.split(',').filter_map(certificate).collect();
    if signing.is_empty() {
        return Err("no certificate of it is there, and nothing unsigned is believed".to_owned());
    }
    let post = config.flag("postBindingAuthnRequest") == Some(true);
    let to = config.said("singleSignOnServiceUrl").ok_or("there is no address for requests")?;
    let binding = if post { HTTP_POST } else { HTTP_REDIRECT };
    let logout = config.flag("postBindingLogout") == Some(true);
    let logout_binding = if logout { HTTP_POST } else { HTTP_REDIRECT };
    let logouts = config.said("singleLogoutServiceUrl");
    if let Some(own) = config.said("entityId") {
        found.asked_as.get_or_insert_with(|| own.to_owned());
    }
    let parts = Description {
        entity_id: entity_id.clone(),
        is_identity_provider: true,
        signing,
        services: vec![(binding.to_owned(), to.to_owned())],
        logouts: logouts
            .map(|to| (logout_binding.to_owned(), to.to_owned(), None))
            .into_iter()
            .collect(),
        ..Description::default()
    };
    let metadata = SamlMetadata::Here(Metadata::Parts(Box::new(parts)));
    Ok(Speaks::Saml { entity_id: Some(entity_id), metadata, post })
}

fn openid(config: &mut Table<'_>) -> Result<Speaks, String> {
    let issuer = config
        .said("issuer")
        .ok_or("its issuer is not in the export, and ponte believes no provider without")?;
    let client_id = config.said("clientId").ok_or("there is no client_id")?;
    let authentication = match config.said("clientAuthMethod") {
        Some("private_key_jwt") => "private-key-jwt",
        Some("client_secret_basic") => "client-secret-basic",
        Some("client_secret_post") | None => "client-secret-post",
        Some(other) => return Err(format!("ponte does not show who it is by {other}")),
    };
    let secret = config.said("clientSecret").filter(|said| !said.chars().all(|c| c == '*'));
    let secret = secret.filter(|said| !said.starts_with("${")).map(|said| Secret(said.to_owned()));
    let scopes = config.said("defaultScope").unwrap_or_default();
    let mut scopes: Vec<String> = scopes.split_whitespace().map(str::to_owned).collect();
    if !scopes.is_empty() && !scopes.iter().any(|scope| scope == "openid") {
        scopes.insert(0, "openid".to_owned());
    }
    let secret = secret.filter(|_| authentication != "private-key-jwt");
    Ok(Speaks::OpenId {
        issuer: issuer.to_owned(),
        client_id: client_id.to_owned(),
        secret,
        authentication,
        scopes,
    })
}

/// A rule for an attribute, of a mapper that imports one.
fn rule(
    mut table: Table<'_>,
    mapper: &Item<'_>,
    rules: &[String],
    report: &mut Report,
) -> Option<String> {
    let name = table.said("name").unwrap_or("without a name");
    let kind = table.said("identityProviderMapper").unwrap_or_default();
    let what = format!("the mapper {name:?} ({kind})");
    let mut config = table.table("config");
    let from = match kind {
        "saml-user-attribute-idp-mapper" => {
            config.said("attribute.name").or_else(|| config.said("attribute.friendly.name"))
        }
        "oidc-user-attribute-idp-mapper" => config.said("claim"),
        _ => None,
    };
    let to = config.said("user.attribute").unwrap_or_default();
    match (from, names::known(to)) {
        (Some(from), Some(known)) => {
            let rule = format!("{}={from}", known.as_str());
            let is_new =
                !rules.iter().any(|other| other.starts_with(&format!("{}=", known.as_str())));
            if is_new && crate::identity::mapping::Rule::parse(&rule).is_some() {
                return Some(rule);
            }
            let why = "there is a rule for that attribute already, or the name cannot stand in one";
            report.left(mapper.place(), what, why, "see docs/bridging.md, attributes");
        }
        _ => {
            let why = "it makes something that ponte does not keep: user names, roles, fixed or made values, or an attribute that is not in the SPID table";
            report.left(
                mapper.place(),
                what,
                why,
                "see docs/bridging.md, attributes, for what rules can make",
            );
        }
    }
    None
}

/// What asks for nothing here, or what ponte always does, or finds by itself at the issuer.
const PASSED: &[&str] = &[
    "validateSignature",
    "wantAuthnRequestsSigned",
    "wantAssertionsSigned",
    "signatureAlgorithm",
    "xmlSigKeyInfoKeyNameTransformer",
    "postBindingResponse",
    "loginHint",
    "syncMode",
    "useJwksUrl",
    "jwksUrl",
    "tokenUrl",
    "authorizationUrl",
    "userInfoUrl",
    "logoutUrl",
    "pkceEnabled",
    "pkceMethod",
    "backchannelSupported",
    "hideOnLoginPage",
    "guiOrder",
    "metadataDescriptorUrl",
    "addExtensionsElementWithKeyInfo",
    "signSpMetadata",
    "disableUserInfo",
    "clientAuthMethod",
    "clientSecret",
    "filteredByClaim",
];
const REST: &[(&str, &str)] = &[
    ("nameIDPolicyFormat", "ponte asks for the kind of name that it needs"),
    ("principalType", "people are found by fiscal code (docs/bridging.md)"),
    ("principalAttribute", "people are found by fiscal code (docs/bridging.md)"),
    (
        "wantAssertionsEncrypted",
        "assertions are encrypted for us once decryption-key of [[relying-party]] is set",
    ),
    ("forceAuthn", "whether people must show themselves anew is what the service provider asks"),
    ("allowCreate", "ponte asks for the kind of name that it needs"),
    (
        "authnContextClassRefs",
        "what is asked for follows from the level that the service provider asks for: set levels",
    ),
    (
        "authnContextComparisonType",
        "what is asked for follows from the level that the service provider asks for: set ask",
    ),
];
