//! Keycloak: a realm in the form of its exports, with hashes as it writes them.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openssl::hash::MessageDigest;
use openssl::pkcs5::pbkdf2_hmac;
use ponte::factors::password::Hashing;
use ponte::world::random::Random;
use ponte::world::signer::Signer as _;
use serde_json::{Value, json};

use crate::elsewhere::house::{adopt, carried, enter, hash, import, is_in, left};
use crate::support::keys;
use crate::support::server::Server;

const PASSWORD: &str = "quattro gatti sul ponte";
const ENTITY: &str = "https://sp.example.org/keycloak";

/// A credential as an export has it.
fn password(algorithm: &str, digest: MessageDigest, iterations: usize, length: usize) -> Value {
    let salt = [9; 16];
    let mut made = vec![0; length];
    pbkdf2_hmac(PASSWORD.as_bytes(), &salt, iterations, digest, &mut made).unwrap();
    json!({
        "id": "c1", "type": "password", "createdDate": 1_700_000_000_000_u64, "userLabel": "My password",
        "secretData": json!({"value": STANDARD.encode(made), "salt": STANDARD.encode(salt), "additionalParameters": {}}).to_string(),
        "credentialData": json!({"hashIterations": iterations, "algorithm": algorithm, "additionalParameters": {}}).to_string(),
    })
}

/// Keycloak's argon2: its parts, apart.
fn argon2() -> Value {
    let phc = Hashing::new(7168, 5, 1).unwrap().hash(PASSWORD, &Random::seeded(3)).unwrap();
    let parts: Vec<&str> = phc.split('$').collect();
    let padded = |text: &str| format!("{text}{}", "=".repeat((4 - text.len() % 4) % 4));
    json!({
        "type": "password",
        "secretData": json!({"value": padded(parts[5]), "salt": padded(parts[4]), "additionalParameters": {}}).to_string(),
        "credentialData": json!({"hashIterations": 5, "algorithm": "argon2", "additionalParameters": {
            "hashLength": ["32"], "memory": ["7168"], "type": ["id"], "version": ["1.3"], "parallelism": ["1"]}}).to_string(),
    })
}

fn user(username: &str, credentials: Value) -> Value {
    json!({
        "id": username, "username": username, "enabled": true, "emailVerified": true, "email": format!("{username}@example.org"),
        "firstName": "Ada", "lastName": "Rossi", "createdTimestamp": 1, "totp": false, "notBefore": 0,
        "disableableCredentialTypes": [], "requiredActions": [], "realmRoles": ["user"], "groups": [],
        "attributes": {"codiceFiscale": ["RSSDAA80A41H501I"], "shoeSize": ["39"]}, "credentials": credentials,
    })
}

fn realm() -> Value {
    let certificate = STANDARD.encode(keys::SP.signer.certificate());
    let sha256 = || json!([password("pbkdf2-sha256", MessageDigest::sha256(), 27_500, 64)]);
    let mut off = user("off", sha256());
    off["enabled"] = json!(false);
    let mut unverified = user("unverified", sha256());
    unverified["emailVerified"] = json!(false);
    let mut renewing = user("renewing", sha256());
    renewing["requiredActions"] = json!(["UPDATE_PASSWORD"]);
    let mapper = |name: &str, of: &str, sent: &str| {
        json!({
            "name": name, "protocol": "saml", "protocolMapper": "saml-user-property-mapper", "consentRequired": false,
            "config": {"user.attribute": of, "attribute.name": sent, "attribute.nameformat": "URI Reference", "friendly.name": of},
        })
    };
    json!({
        "id": "r", "realm": "demo", "enabled": true, "ssoSessionIdleTimeout": 1800, "privateKey": "x", "wholly-unknown": 1,
        "users": [
            user("sha1", json!([password("pbkdf2", MessageDigest::sha1(), 20_000, 64)])),
            user("sha256", sha256()),
            user("sha512", json!([password("pbkdf2-sha512", MessageDigest::sha512(), 30_000, 64),
                {"type": "otp", "secretData": "{}", "credentialData": "{}"}])),
            user("argon", json!([argon2()])),
            off, unverified, renewing,
            user("dear", json!([{"type": "password",
                "secretData": json!({"value": STANDARD.encode([1; 32]), "salt": "AAAA"}).to_string(),
                "credentialData": json!({"hashIterations": 4_000_000_000_u64, "algorithm": "pbkdf2-sha256"}).to_string()}])),
            user("nobodys", json!([])),
            {"username": "service-account-x", "enabled": true, "serviceAccountClientId": "x"},
        ],
        "clientScopes": [{"name": "people", "protocol": "saml", "protocolMappers": [mapper("last", "lastName", "urn:oid:2.5.4.4")]}],
        "clients": [
            {"clientId": "account", "protocol": "openid-connect"},
            {"clientId": "app", "protocol": "openid-connect"},
            {"clientId": ENTITY, "protocol": "saml", "enabled": true, "adminUrl": "https://sp.example.org/keycloak/saml",
                "rootUrl": ["https://sp.example.org"], "redirectUris": ["https://sp.example.org/*"], "defaultClientScopes": ["people"], "fullScopeAllowed": true,
                "attributes": {
                    "saml_assertion_consumer_url_post": "https://sp.example.org/generic/acs",
                    "saml_single_logout_service_url_redirect": "https://sp.example.org/generic/slo",
                    "saml.client.signature": "true", "saml.signing.certificate": certificate, "saml.assertion.signature": "true",
                    "saml_name_id_format": "persistent", "saml.artifact.binding": "true", "saml.onetimeuse.condition": "false",
                    "something.new": "yes"},
                "protocolMappers": [mapper("first", "firstName", "urn:oid:2.5.4.42"),
                    {"name": "roles", "protocol": "saml", "protocolMapper": "saml-role-list-mapper", "config": {}}]},
            {"clientId": "https://sp.example.org/unsigned", "protocol": "saml", "attributes": {"saml.client.signature": "false",
                "saml_assertion_consumer_url_post": "https://sp.example.org/u"}},
        ],
        "identityProviders": [
            {"alias": "uni", "providerId": "saml", "enabled": true, "displayName": "Università", "config": {
                "idpEntityId": "https://idp.uni.example.org", "entityId": "https://kc.example.org/realms/demo",
                "singleSignOnServiceUrl": "https://idp.uni.example.org/sso", "signingCertificate": certificate,
                "postBindingAuthnRequest": "true", "forceAuthn": "false"}},
            {"alias": "op", "providerId": "oidc", "enabled": true, "config": {"issuer": "https://op.example.org",
                "clientId": "kc", "clientSecret": "s3cret-of-op", "clientAuthMethod": "client_secret_basic", "defaultScope": "openid email"}},
            {"alias": "masked", "providerId": "oidc", "config": {"issuer": "https://op2.example.org", "clientId": "kc",
                "clientSecret": "**********", "clientAuthMethod": "client_secret_post"}},
            {"alias": "gh", "providerId": "github", "config": {}},
        ],
        "identityProviderMappers": [
            {"name": "cf", "identityProviderAlias": "uni", "identityProviderMapper": "saml-user-attribute-idp-mapper",
                "config": {"attribute.name": "urn:x:cf", "user.attribute": "codiceFiscale"}},
        ],
    })
}

#[test]
fn a_realm_comes_over_and_its_people_log_in_with_their_passwords() {
    let mut server = Server::new();
    fs::write(server.folder().join("realm.json"), realm().to_string()).unwrap();
    let report = import(&server, &["keycloak", "realm.json", "--apply", "--codes", "codes.jsonl"]);
    assert_eq!(
        carried(&report, "person"),
        ["sha1", "sha256", "sha512", "argon", "off", "unverified", "renewing"]
    );
    assert_eq!(carried(&report, "service-provider"), [ENTITY]);
    assert_eq!(carried(&report, "upstream"), ["uni", "op", "masked"]);
    left(
        &report,
        &[
            ("\"dear\": the password", "would cost too much: 4000000000 rounds of sha256"),
            ("\"nobodys\": the password", "there is none in the export"),
            ("service-account-x", "a client's own account"),
            ("attribute email", "was not verified"),
            ("\"shoeSize\"", "no attribute of the SPID table"),
            ("factor of kind \"otp\" of \"sha512\"", "no more than the password"),
            ("realmRoles", "no roles"),
            ("client \"account\"", "Keycloak's own"),
            ("client \"app\"", "OpenID Connect"),
            ("https://sp.example.org/unsigned", "not signed"),
            ("saml.artifact.binding", "no artifact binding"),
            ("something.new", "does not know it"),
            ("rootUrl", "should stand there, and it is a list"),
            ("mapper \"roles\"", "does not release"),
            ("names that people have there", "others than Keycloak's"),
            ("identity provider \"gh\"", "neither SAML nor OpenID Connect"),
            ("provider masked: the client's secret", "not in the export"),
            ("privateKey", "keys of its own"),
            ("ssoSessionIdleTimeout", "two times"),
            ("wholly-unknown", "does not know it"),
        ],
    );
    let text = fs::read_to_string(server.folder().join("out/report.txt")).unwrap();
    assert!(
        text.contains("people: 7")
            && !text.contains("s3cret")
            && !report.to_string().contains("s3cret")
    );
    adopt(&server);
    let settings = server.settings();
    let uni = settings.upstreams.iter().find(|one| one.id == "uni").unwrap();
    assert_eq!(uni.rules.len(), 1);
    let entry = &settings.service_providers[0].entry;
    let given: Vec<&str> = entry.attributes.iter().map(|name| name.as_str()).collect();
    assert_eq!(given, ["familyName", "name"]);
    assert_eq!(entry.attribute_names.len(), 2);
    server.start();
    let listed = String::from_utf8(server.ponte(&["sp", "list"], "").stdout).unwrap();
    assert!(listed.contains(&format!("{ENTITY}  generic  enabled")), "{listed}");
    for username in ["sha1", "sha256", "sha512", "argon", "unverified", "renewing"] {
        assert!(!is_in(&enter(&server, username, "quattro gatti sul ponta")), "{username}");
        assert!(is_in(&enter(&server, username, PASSWORD)), "{username}");
    }
    assert!(!is_in(&enter(&server, "off", PASSWORD)), "who was switched off stays so");
    server.ponte(&["user", "resume", "off"], "");
    assert!(is_in(&enter(&server, "off", PASSWORD)));
    let shown =
        String::from_utf8(server.ponte(&["user", "show", "unverified"], "").stdout).unwrap();
    assert!(!shown.contains("@") && shown.contains("TINIT-RSSDAA80A41H501I"), "{shown}");
    assert!(
        shown.contains("reaches SpidL1 only"),
        "nothing of the old system's assurance comes along: {shown}"
    );
    server.stop();
    for username in ["sha1", "sha256", "sha512", "argon", "unverified", "off"] {
        assert!(
            hash(&server, username).starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{username}"
        );
    }
    server.start();
    assert!(is_in(&enter(&server, "sha512", PASSWORD)), "and the new hash is of the same password");
}

#[test]
fn a_dry_run_writes_nothing_and_an_import_is_run_once() {
    let server = Server::new();
    fs::write(server.folder().join("realm.json"), realm().to_string()).unwrap();
    let output = server.ponte(&["import", "keycloak", "realm.json"], "");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("From Keycloak\n\nCarried over\n  service providers: 1\n"), "{text}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("Nothing was written"));
    assert!(!server.folder().join("out").exists());
    import(&server, &["keycloak", "realm.json"]);
    let again = server.try_ponte(&["import", "keycloak", "realm.json", "--out", "out"], "");
    assert_eq!(again.status.code(), Some(1));
    use std::os::unix::fs::PermissionsExt as _;
    for name in ["people.jsonl", "keys/op-client-secret.txt", "report.json"] {
        let mode =
            fs::metadata(server.folder().join("out").join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}");
    }
}

/// `kc.sh export` writes people into files of their own.
#[test]
fn the_folder_of_an_export_is_read() {
    let server = Server::new();
    let folder = server.folder().join("export");
    fs::create_dir(&folder).unwrap();
    let mut realm = realm();
    let users = realm["users"].take();
    let some = |from: usize, to: usize| {
        json!({"realm": "demo", "users": users.as_array().unwrap()[from..to]}).to_string()
    };
    realm.as_object_mut().unwrap().remove("users");
    fs::write(folder.join("demo-realm.json"), realm.to_string()).unwrap();
    fs::write(folder.join("demo-users-0.json"), some(0, 2)).unwrap();
    fs::write(folder.join("demo-users-1.json"), some(2, 4)).unwrap();
    let report = import(&server, &["keycloak", "export"]);
    assert_eq!(carried(&report, "person"), ["sha1", "sha256", "sha512", "argon"]);
    assert_eq!(carried(&report, "service-provider"), [ENTITY]);
}
