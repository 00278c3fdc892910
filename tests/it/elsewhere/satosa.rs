//! SATOSA: a proxy's configuration, which the real package loads and makes metadata of.

use std::fs;
use std::path::Path;
use std::process::Command;

use ponte::cli::elsewhere::value::{Value, What};
use ponte::cli::elsewhere::yaml;
use ponte::world::signer::Signer as _;
use serde_json::json;

use crate::elsewhere::house::{adopt, carried, import, left};
use crate::support::keys;
use crate::support::peer::target;
use crate::support::server::Server;
use crate::support::sp::{GENERIC_ENTITY, Metadata};

const FILES: [(&str, &str); 6] = [
    (
        "proxy_conf.yaml",
        "BASE: https://proxy.example.org\nCOOKIE_STATE_NAME: \"SATOSA_STATE\"\nSTATE_ENCRYPTION_KEY: \"asdASD123\"\n\
         INTERNAL_ATTRIBUTES: \"internal_attributes.yaml\"\nFRONTEND_MODULES:\n  - \"plugins/frontends/saml2_frontend.yaml\"\n\
         BACKEND_MODULES:\n  - plugins/backends/saml2_backend.yaml\n  - plugins/backends/openid_backend.yaml\n\
         MICRO_SERVICES: []\nUSER_ID_HASH_SALT: \"61a89d\"\nLOGGING: {version: 1, disable_existing_loggers: No}\n",
    ),
    (
        "internal_attributes.yaml",
        "attributes:\n  givenname: {openid: [given_name], saml: [givenName]}\n  surname: &s\n    openid: [family_name]\n    saml: [sn, surname]\n\
        \x20 mail: {openid: [email], saml: [email, emailAdress, mail], facebook: [email]}\n  codicefiscale:\n    openid: [cf]\n    saml: [urn:example:cf]\n\
        \x20 edupersontargetedid:\n    openid: [sub]\n    saml: [eduPersonTargetedID]\nhash: [edupersontargetedid]\nuser_id_from_attrs: [edupersontargetedid]\n",
    ),
    (
        "plugins/frontends/saml2_frontend.yaml",
        "module: satosa.frontends.saml2.SAMLFrontend\nname: Saml2IDP\nconfig:\n  idp_config:\n    key_file: proxy.key\n    cert_file: proxy.crt\n\
        \x20   metadata:\n      local: [sp.xml, list.xml]\n    entityid: <base_url>/<name>/proxy.xml\n    accepted_time_diff: 60\n    service:\n      idp:\n\
        \x20       endpoints:\n          single_sign_on_service: []\n        name: Proxy IdP\n        policy:\n          default:\n\
        \x20           attribute_restrictions: null\n            lifetime: {minutes: 15}\n          https://sp.example.org/generic:\n            attribute_restrictions:\n\
        \x20             givenName: null\n              sn: [\"^R\"]\n              eduPersonTargetedID: null\n  acr_mapping:\n    \"\": default-LoA\n\
        \x20 endpoints:\n    single_sign_on_service:\n      'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST': sso/post\n",
    ),
    (
        "plugins/backends/saml2_backend.yaml",
        "module: satosa.backends.saml2.SAMLBackend\nname: Saml2\nconfig:\n  mirror_force_authn: no\n  disco_srv: https://disco.example.org\n  sp_config:\n\
        \x20   key_file: proxy.key\n    cert_file: proxy.crt\n    entityid: <base_url>/<name>/sp.xml\n    metadata:\n      local: [idp.xml]\n    service:\n      sp:\n\
        \x20       authn_requests_signed: yes\n        endpoints:\n          assertion_consumer_service:\n\
        \x20         - [<base_url>/<name>/acs/post, 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST']\n          discovery_response:\n\
        \x20         - [<base_url>/<name>/disco, 'urn:oasis:names:tc:SAML:profiles:SSO:idp-discovery-protocol']\n",
    ),
    (
        "plugins/backends/openid_backend.yaml",
        "module: satosa.backends.openid_connect.OpenIDConnectBackend\nname: openid\nconfig:\n  provider_metadata:\n    issuer: https://op.example.org\n    authorization_endpoint: https://op.example.org/a\n    jwks_uri: https://op.example.org/k\n\
        \x20 client:\n    auth_req_params: {response_type: code, scope: 'openid email'}\n    client_metadata:\n      client_id: proxy\n      client_secret: of-the-proxy\n      redirect_uris: [<base_url>/<name>]\n",
    ),
    ("unused.yaml", "a: 1\n"),
];

fn lay(folder: &Path) {
    for (name, text) in FILES {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let put = |name: &str, bytes: &[u8]| fs::write(folder.join(name), bytes).unwrap();
    put("proxy.key", keys::SP.pair.key.as_ref());
    put("proxy.crt", keys::SP.pair.certificate.as_ref());
    put("sp.xml", Metadata::generic().signed(&keys::SP.signer).as_bytes());
    let other = Metadata {
        id: None,
        entity_id: Some("https://listed.example.org".into()),
        ..Metadata::generic()
    };
    put("list.xml", format!("<md:EntitiesDescriptor xmlns:md='urn:oasis:names:tc:SAML:2.0:metadata'>{}</md:EntitiesDescriptor>", other.unsigned()).as_bytes());
    let certificate = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        keys::IDP.signer.certificate(),
    );
    put("idp.xml", format!(
        "<md:EntityDescriptor xmlns:md='urn:oasis:names:tc:SAML:2.0:metadata' entityID='https://idp.example.org/saml'>\
         <md:IDPSSODescriptor protocolSupportEnumeration='urn:oasis:names:tc:SAML:2.0:protocol'><md:KeyDescriptor>\
         <ds:KeyInfo xmlns:ds='http://www.w3.org/2000/09/xmldsig#'><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>\
         <md:SingleSignOnService Binding='urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect' Location='https://idp.example.org/sso'/></md:IDPSSODescriptor></md:EntityDescriptor>"
    ).as_bytes());
}

/// As `json.dumps` writes it.
fn encoded(value: &Value) -> serde_json::Value {
    match &value.what {
        What::Null => json!(null),
        What::Bool(flag) => json!(flag),
        What::Number(number) => serde_json::from_str(number).unwrap(),
        What::Text(text) => json!(text),
        What::Name(name) => panic!("{name}"),
        What::List(values) => values.iter().map(encoded).collect(),
        What::Table(entries) => serde_json::Value::Object(
            entries.iter().map(|(name, value)| (name.clone(), encoded(value))).collect(),
        ),
    }
}

#[test]
fn a_proxy_comes_over() {
    let server = Server::new();
    lay(&server.folder().join("old"));
    let report = import(&server, &["satosa", "old"]);
    assert_eq!(carried(&report, "service-provider"), [GENERIC_ENTITY]);
    assert_eq!(carried(&report, "source"), ["list-xml"]);
    assert_eq!(carried(&report, "upstream"), ["https://idp.example.org/saml", "openid"]);
    left(
        &report,
        &[
            ("\"edupersontargetedid\"", "no attribute of the SPID table"),
            (
                "\"eduPersonTargetedID\" of https://sp.example.org/generic",
                "no attribute of the SPID table",
            ),
            ("values of \"sn\"", "whatever its value"),
            ("names of \"mail\" for facebook", "SAML and OpenID Connect"),
            ("acr_mapping", "own terms"),
            ("disco_srv", "own page"),
            ("USER_ID_HASH_SALT", "others here"),
            ("user_id_from_attrs", "fiscal code"),
            ("key_file", "keys"),
            ("LOGGING", "itself runs"),
        ],
    );
    assert!(!report.to_string().contains("of-the-proxy"));
    let tables = fs::read_to_string(server.folder().join("out/ponte.toml")).unwrap();
    assert!(tables.contains("# There we were https://proxy.example.org/Saml2/sp.xml."), "{tables}");
    adopt(&server);
    let settings = server.settings();
    let partner = &settings.service_providers[0].entry;
    let names: Vec<String> = partner
        .attribute_names
        .iter()
        .map(|one| format!("{}={}", one.attribute.as_str(), one.name))
        .collect();
    assert_eq!(names, ["name=urn:oid:2.5.4.42", "familyName=urn:oid:2.5.4.4"]);
    assert_eq!(settings.sources[0].entry.attributes.len(), 4);
    let saml = settings.upstreams.iter().find(|one| one.entity == "gateway").unwrap();
    assert_eq!(saml.rules.len(), 1, "the table has the other names");
    let secret = fs::read_to_string(server.folder().join("keys/openid-client-secret.txt")).unwrap();
    assert_eq!(secret, "of-the-proxy");
}

#[test]
fn what_is_in_the_environment_is_told() {
    let server = Server::new();
    let old = server.folder().join("old");
    lay(&old);
    let changed = FILES[0].1.replace("\"asdASD123\"", "!ENV STATE_KEY");
    fs::write(old.join("proxy_conf.yaml"), changed).unwrap();
    let report = import(&server, &["satosa", "old"]);
    left(&report, &[("!ENV STATE_KEY", "from the environment")]);
}

/// The real package loads the same files, says the same of them as we read, and makes its own metadata of them.
#[test]
#[ignore = "needs target/satosa: ./scripts/test installs it"]
fn satosa_loads_what_we_read() {
    let place = tempfile::tempdir().unwrap();
    lay(place.path());
    let script = r#"
import json, sys
from satosa.satosa_config import SATOSAConfig
from satosa.yaml import load
from satosa.metadata_creation.saml_metadata import create_entity_descriptors
from satosa.attribute_mapping import AttributeMapper
config = SATOSAConfig("proxy_conf.yaml")
# Its OpenID Connect backend asks the provider as soon as it is made.
config["BACKEND_MODULES"] = [one for one in config["BACKEND_MODULES"] if "saml2" in one["module"]]
files = {name: load(open(name).read()) for name in sys.argv[1:]}
internal = config["INTERNAL_ATTRIBUTES"]
mapped = AttributeMapper(internal).to_internal("saml", {"urn:example:cf": ["X"]})
frontends, backends = create_entity_descriptors(config)
print(json.dumps({"files": files, "mapped": mapped, "entities": [one.entity_id for all in (frontends, backends) for some in all.values() for one in some]}))
"#;
    let names: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
    let output = Command::new(target().join("satosa/bin/python"))
        .args(["-c", script])
        .args(&names)
        .current_dir(place.path())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .expect("target/satosa is there: ./scripts/test installs it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    for (name, text) in FILES {
        assert_eq!(encoded(&yaml::read(text, name).unwrap()), said["files"][name], "{name}");
    }
    assert_eq!(
        said["mapped"],
        json!({"codicefiscale": ["X"]}),
        "the rule that we write says the same"
    );
    let entities = said["entities"].as_array().unwrap();
    assert!(entities.contains(&"https://proxy.example.org/Saml2/sp.xml".into()), "{entities:?}");
}
