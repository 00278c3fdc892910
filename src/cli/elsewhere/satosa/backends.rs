//! Backends: upstreams here.

use crate::cli::elsewhere::found::{Found, Metadata, SamlMetadata, Secret, Speaks, Upstream};
use crate::cli::elsewhere::report::Report;
use crate::cli::elsewhere::satosa::read::Proxy;
use crate::cli::elsewhere::satosa::{frontends, metadata};
use crate::cli::elsewhere::value::{Item, Table};
use crate::saml::xml;

/// Takes over a backend, or reports why not.
pub fn read(module: &Item<'_>, here: &Proxy, found: &mut Found, report: &mut Report) {
    let mut table = module.table();
    let class = table.said("module").unwrap_or_default();
    let name = table.said("name").unwrap_or("backend").to_owned();
    let what = format!("the backend {name:?} ({class})");
    let mut config = table.table("config");
    table.pass(&["plugin"]);
    report.rest(table, &[]);
    if class.starts_with("satosa.backends.saml2.") {
        saml(&name, &what, module, config, here, found, report);
        return;
    }
    let is_openid = class.starts_with("satosa.backends.openid_connect.")
        || class.starts_with("satosa.backends.idpy_oidc.");
    let speaks = match is_openid {
        true => openid(&mut config),
        false => Err(
            "ponte asks identity providers by SAML and OpenID Connect only, and knows no network's own protocol",
        ),
    };
    match speaks {
        Ok(speaks) => {
            let rules = here.internal.rules(true);
            let place = module.place();
            found.upstreams.push(Upstream {
                place,
                name,
                shown: None,
                speaks,
                rules,
                disabled: false,
            });
            report.rest(
                config,
                &[(
                    "*",
                    "what is found at the issuer, or settled otherwise here",
                    "see docs/bridging.md, OpenID Connect",
                )],
            );
        }
        Err(why) => report.left(module.place(), what, why, "settle it by hand (docs/bridging.md)"),
    }
}

fn saml(
    name: &str,
    what: &str,
    module: &Item<'_>,
    mut config: Table<'_>,
    here: &Proxy,
    found: &mut Found,
    report: &mut Report,
) {
    let mut sp = config.table("sp_config");
    if let Some(entity_id) = sp.said("entityid") {
        let filled = here.filled(entity_id, name);
        found.asked_as.get_or_insert(filled);
    }
    let (documents, sources) =
        metadata::read(sp.take("metadata"), "identity-providers", here, report);
    let mut add = |place, name: String, entity_id, metadata| {
        let speaks = Speaks::Saml { entity_id, metadata, post: false };
        let rules = here.internal.rules(false);
        found.upstreams.push(Upstream { place, name, shown: None, speaks, rules, disabled: false });
    };
    let mut lists = Vec::new();
    for document in documents {
        if document.is_list {
            let source = frontends::list(document.text, document.place, "identity-providers");
            add(
                source.place.clone(),
                source.name.clone(),
                None,
                SamlMetadata::Source(source.name.clone()),
            );
            lists.push(source);
            continue;
        }
        match xml::root_attribute(&document.text, "entityID") {
            Some(entity_id) => {
                let metadata = SamlMetadata::Here(Metadata::Given(document.text));
                add(document.place, entity_id.clone(), Some(entity_id), metadata);
            }
            None => report.left(
                document.place.clone(),
                document.place.file,
                "it is no metadata of one entity",
                "look at it with `ponte metadata lint`",
            ),
        }
    }
    for source in &sources {
        match source.kind {
            "mdq" => report.left(
                source.place.clone(),
                format!("{what}: an MDQ server of identity providers"),
                "people choose among identity providers that are known, and an MDQ server knows no list",
                "get the federation's list, and name it in a [[source]] and an [[upstream]]",
            ),
            _ => add(source.place.clone(), source.name.clone(), None, SamlMetadata::Source(source.name.clone())),
        }
    }
    found.sources.extend(lists);
    found.sources.extend(sources.into_iter().filter(|source| source.kind != "mdq"));
    if config.take("acr_mapping").is_some() {
        let why =
            "what a provider's classes are worth must be settled with it, and stands in levels";
        report.left(
            module.place(),
            format!("{what}: acr_mapping"),
            why,
            "set levels, ceiling and default-level of its [[upstream]] (docs/bridging.md)",
        );
    }
    report.rest(
        sp,
        &[(
            "*",
            "as whom we ask is settled in [[relying-party]], with keys of ponte's own",
            "see docs/bridging.md",
        )],
    );
    report.rest(
        config,
        &[
            ("disco_srv", "people choose on ponte's own page", "nothing"),
            (
                "*",
                "how people are sent to a provider and back is ponte's own",
                "see docs/bridging.md",
            ),
        ],
    );
}

fn openid(config: &mut Table<'_>) -> Result<Speaks, &'static str> {
    let mut provider = config.table("provider_metadata");
    let mut client = config.table("client");
    let mut described = client.table("client_metadata");
    let mut further = client.table("provider_info");
    let issuer = provider
        .said("issuer")
        .or_else(|| further.said("issuer"))
        .or_else(|| client.said("issuer"));
    let client_id = described.said("client_id").or_else(|| client.said("client_id"));
    let secret = described.said("client_secret").or_else(|| client.said("client_secret"));
    let way = described
        .said("token_endpoint_auth_method")
        .or_else(|| client.said("token_endpoint_auth_method"));
    let authentication = match way {
        Some("private_key_jwt") => "private-key-jwt",
        Some("client_secret_post") => "client-secret-post",
        Some("client_secret_basic") | None => "client-secret-basic",
        Some(_) => return Err("how we show who we are there is none of the ways that ponte has"),
    };
    let mut asked = client.table("auth_req_params");
    let scope = asked.take("scope").or_else(|| client.take("scope"));
    let scopes = scope.map(|item| item.texts()).unwrap_or_default();
    let scopes =
        scopes.iter().flat_map(|text| text.split_whitespace()).map(str::to_owned).collect();
    Ok(Speaks::OpenId {
        issuer: issuer
            .ok_or("its issuer is not said, and ponte believes no provider without")?
            .to_owned(),
        client_id: client_id.ok_or("there is no client_id")?.to_owned(),
        secret: secret
            .filter(|_| authentication != "private-key-jwt")
            .map(|said| Secret(said.to_owned())),
        authentication,
        scopes,
    })
}
