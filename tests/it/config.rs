//! The configuration: what is taken, what is refused and in which words.

use std::collections::BTreeSet;
use std::path::Path;

use ponte::assurance::factor::Factor;
use ponte::config::check;
use ponte::config::fault::ConfigError;
use ponte::config::keys::{KEYS, Kind, Presence};
use ponte::config::reference;
use ponte::config::settings::Settings;

const MINIMAL: &str = r#"
[server]
base-url = "https://idp.example.org"

[idp]
organization = { name.it = "Ente di esempio", url.it = "https://www.example.org" }

[keys]
seal = "keys/seal.key"
signing = [{ key = "keys/signing.key", certificate = "keys/signing.crt" }]
"#;

fn read(text: &str) -> Result<Settings, ConfigError> {
    read_under(text, &[])
}

fn read_under(text: &str, environment: &[(&str, &str)]) -> Result<Settings, ConfigError> {
    let environment: Vec<(String, String)> =
        environment.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    check::read(text, Path::new("/etc/ponte/ponte.toml"), &environment)
}

fn refused(text: &str) -> String {
    refused_under(text, &[])
}

fn refused_under(text: &str, environment: &[(&str, &str)]) -> String {
    match read_under(text, environment) {
        Ok(settings) => panic!("taken: {settings:?}"),
        Err(error) => error.to_string(),
    }
}

/// The minimal file with `from` replaced, which must be in it.
fn with(from: &str, to: &str) -> String {
    assert!(MINIMAL.contains(from), "{from:?} is not in the minimal file");
    MINIMAL.replacen(from, to, 1)
}

fn with_login(line: &str) -> String {
    format!("{MINIMAL}\n[login]\n{line}\n")
}

/// One gateway by SMPP, with `lines` besides what it must have.
fn with_smpp(lines: &str) -> String {
    format!(
        "{MINIMAL}[sms]\nway = \"gateway\"\n[[sms.gateway]]\nname = \"a\"\nkind = \"smpp\"\nsystem-id = \"ente\"\nsecret-file = \"f\"\n{lines}\n"
    )
}

fn with_mail(lines: &str) -> String {
    format!("{MINIMAL}[mail]\n{lines}\n")
}

#[test]
fn a_minimal_file_is_enough() {
    let settings = read(MINIMAL).unwrap();
    assert_eq!(settings.server.base_url.as_str(), "https://idp.example.org/");
    assert_eq!(settings.idp.entity_id, "https://idp.example.org/metadata");
    assert_eq!(settings.server.data, Path::new("/etc/ponte/data"));
    assert_eq!(settings.register.folder, Path::new("/etc/ponte/data/register"));
    assert_eq!(settings.keys.signing[0].key.file(), Some(Path::new("/etc/ponte/keys/signing.key")));
    assert_eq!(settings.idp.organization.display_name.en.as_deref(), Some("Ente di esempio"));
    assert_eq!(settings.requests.window_back.num_seconds(), 300);
}

#[test]
fn the_example_file_is_taken_as_it_is_and_with_every_key_in_use() {
    let example = reference::example(&[]);
    assert!(!example.contains("unwritten"));
    let settings = read(&example).unwrap();
    assert_eq!(settings.server.listen.port(), 8080);

    let every: String = example
        .lines()
        .filter(|line| !line.starts_with("#:"))
        .map(|line| {
            let bare = line.strip_prefix("# ").unwrap_or(line);
            let is_key = bare.contains(" = ") || bare.starts_with("[[");
            if is_key { format!("{bare}\n") } else { format!("{line}\n") }
        })
        .collect();
    for key in KEYS {
        assert!(every.contains(&format!("{} = ", key.name())), "{} is not there", key.path);
    }
    // These name files, or are of one kind of relying party and not of another.
    let apart = ["aggregated.", "invoicing.", "validation = ", "decryption-", "source = "];
    let together = every.lines().filter(|line| !apart.iter().any(|start| line.starts_with(start)));
    let together: String = together.map(|line| format!("{line}\n")).collect();
    let settings = read(&together).unwrap();
    assert_eq!(settings.service_providers.len(), 1);
    assert_eq!(settings.support.email.as_deref(), Some("assistenza@example.org"));
}

#[test]
fn the_example_takes_the_values_given() {
    let example = reference::example(&[("server.base-url", "\"https://login.example\"".into())]);
    let settings = read(&example).unwrap();
    assert_eq!(settings.idp.entity_id, "https://login.example/metadata");
}

#[test]
fn documented_defaults_are_those_in_force() {
    let mut said = MINIMAL.to_owned();
    for key in KEYS {
        if let Presence::Default(value) = key.presence
            && let Some((section, name)) = key.path.split_once('.')
            && !key.path.contains('[')
        {
            let header = format!("[{section}]\n");
            if !said.contains(&header) {
                said.push_str(&header);
            }
            said = said.replacen(&header, &format!("{header}{name} = {value}\n"), 1);
        }
    }
    assert_eq!(format!("{:?}", read(&said).unwrap()), format!("{:?}", read(MINIMAL).unwrap()));
}

#[test]
fn the_reference_page_is_the_list_of_keys() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/configuration.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, reference::markdown()).unwrap();
    }
    assert!(
        std::fs::read_to_string(path).unwrap() == reference::markdown(),
        "docs/configuration.md is not what the list of keys says: \
         UPDATE_DOCS=1 cargo test --test it the_reference_page"
    );
}

#[test]
fn an_unknown_key_is_refused_with_its_line_and_the_nearest_name() {
    insta::assert_snapshot!(
        refused(&with("base-url =", "lisen = \"127.0.0.1:80\"\nbase-url =")),
        @r#"/etc/ponte/ponte.toml, line 3: unknown key server.lisen; did you mean "listen"?"#
    );
    insta::assert_snapshot!(
        refused(&format!("{MINIMAL}\n[loggin]\ntimeout-seconds = 3\n")),
        @r#"/etc/ponte/ponte.toml, line 12: unknown key loggin; did you mean "login"?"#
    );
    insta::assert_snapshot!(
        refused(&with_login("argon2.zzz = 3")),
        @"/etc/ponte/ponte.toml, line 13: unknown key login.argon2.zzz; known here: memory-kib, iterations, parallelism"
    );
}

#[test]
fn every_fault_is_told_at_once() {
    let text = format!(
        "{MINIMAL}\n[login]\ntimeout-secs = 3\ntotp-period = \"30\"\nhash-queue = -1\n\
         [[service-provider]]\nprofil = \"spid\"\n"
    );
    insta::assert_snapshot!(refused(&text), @r#"
    /etc/ponte/ponte.toml: 5 faults
      line 13: unknown key login.timeout-secs; did you mean "timeout-seconds"?
      line 14: login.totp-period: expected a whole number, found the text "30"
      line 15: login.hash-queue: expected a whole number, found -1
      line 17: unknown key service-provider[1].profil; did you mean "profile"?
      service-provider[1].entity-id is missing; for instance: "https://sp.example.org"
    "#);
}

#[test]
fn values_out_of_bounds_are_refused_with_key_line_expected_and_found() {
    let cases = [
        (
            with_login("timeout-seconds = 5"),
            "line 13: login.timeout-seconds: expected a number from 60 to 3600, found 5",
        ),
        (with_login("totp-period = 45"), "line 13: login.totp-period: expected 30 or 60, found 45"),
        (
            with_login("first-enrolment = \"never\""),
            "line 13: login.first-enrolment: expected \"activation-code\" or \"trust-on-first-use\", found \"never\"",
        ),
        (
            with_login("max-level = \"L2\""),
            "line 13: login.max-level: expected \"SpidL1\" or \"SpidL2\" or \"SpidL3\", found \"L2\"",
        ),
        (
            with_login("argon2.iterations = 1"),
            "login.argon2.memory-kib: expected 47104 or more with 1 iterations (OWASP), found 19456",
        ),
        (
            with_login("argon2.memory-kib = 1024"),
            "line 13: login.argon2.memory-kib: expected a number from 7168 to 1048576, found 1024",
        ),
        (
            with("https://idp.example.org", "http://idp.example.org"),
            "line 3: server.base-url: expected https (http is for localhost and loopback only), found \"http://idp.example.org\"",
        ),
        (
            with("https://idp.example.org", "https://idp.example.org/saml"),
            "line 3: server.base-url: expected scheme, host and port, and nothing after them, found \"https://idp.example.org/saml\"",
        ),
        (
            with("https://idp.example.org", "idp.example.org"),
            "line 3: server.base-url: expected an address such as \"https://idp.example.org\", found \"idp.example.org\"",
        ),
        (
            with("[server]", "[server]\nlisten = \"8080\""),
            "line 3: server.listen: expected an address and a port, such as \"127.0.0.1:8080\" or \"[::1]:8080\", found \"8080\"",
        ),
        (
            with("[server]", "[server]\nlisten = \"0.0.0.0:8080\""),
            "line 3: server.listen: expected a loopback address, or server.tls, or the proxy that speaks TLS for us in server.proxies, found \"0.0.0.0:8080\"",
        ),
        (
            with("[server]", "[server]\ntls.key = \"keys/tls.key\""),
            "server.tls.certificate is missing; for instance: \"keys/tls.crt\"",
        ),
        (
            with("[server]", "[server]\nlog-level = \"loud,,=\""),
            "line 3: server.log-level: expected a level such as \"info\"",
        ),
        (
            with("key = \"keys/signing.key\"", "key = \"pkcs11:token=ponte\""),
            "line 10: keys.signing[1].key: expected a file, or pkcs11:object=LABEL, found \"pkcs11:token=ponte\"",
        ),
        (
            format!("{MINIMAL}pkcs11.module = \"m.so\"\n"),
            "keys.pkcs11.token: expected the token's label, or its slot in keys.pkcs11.slot, found neither",
        ),
        (
            with_mail("way = \"post\""),
            "line 12: mail.way: expected \"none\" or \"smtp\" or \"folder\", found \"post\"",
        ),
        (with_mail("way = \"smtp\""), "mail.server: expected a host's name or address, found \"\""),
        (
            with_mail("way = \"smtp\"\nserver = \"mail.example.org\""),
            "mail.from: expected the address that mails come from, such as \"Comune di Esempio <no-reply@example.org>\", found nothing",
        ),
        (
            with_mail("way = \"smtp\"\nserver = \"mail.example.org\"\nsecurity = \"none\""),
            "line 14: mail.security: expected \"starttls\" or \"tls\" (\"none\" is for a server on this machine), found \"none\"",
        ),
        (
            with_mail("way = \"smtp\"\nserver = \"mail.example.org\"\nuser = \"ponte\""),
            "mail.password-file: expected the file of the password, where there is mail.user, found nothing",
        ),
        (
            with_mail("way = \"folder\"\nfrom = \"nobody\""),
            "line 13: mail.from: expected an address, or a name and an address in angle brackets",
        ),
        (
            with_mail("way = \"folder\"\nkeep-days = 31"),
            "line 13: mail.keep-days: expected a number from 1 to 30, found 31",
        ),
        (
            format!("{MINIMAL}[app]\npin = true\npush = false\nqr = false\n"),
            "line 12: app.pin: expected false, or app.push or app.qr with it: a PIN stands in for no password, found true",
        ),
        (with_smpp(""), "sms.gateway[1].host: expected a host's name or address, found \"\""),
        (
            with_smpp("host = \"smpp.example.org\"\ntls = false"),
            "line 19: sms.gateway[1].tls: expected true (false is for a centre on this machine, or with plain-text-over-network = true), found false",
        ),
        (
            with_smpp("host = \"localhost\"\ntls = false\nauthority = \"a.crt\""),
            "line 20: sms.gateway[1].authority: expected nothing: without TLS no certificate is looked at, found a value",
        ),
        (
            with_smpp("host = \"smpp.example.org\"\nurl = \"https://a.example\""),
            "line 19: sms.gateway[1].url: expected nothing: the key is for kind = \"http\", found a value",
        ),
        (
            with_smpp("host = \"smpp.example.org\"").replace("\"smpp\"", "\"http\""),
            "sms.gateway[1].host: expected nothing: the key is for kind = \"smpp\", found a value",
        ),
        (
            with_smpp("host = \"smpp.example.org\"").replace("\"smpp\"", "\"smtp\""),
            "line 15: sms.gateway[1].kind: expected \"http\" or \"smpp\", found \"smtp\"",
        ),
        (
            with_smpp("host = \"smpp.example.org\"")
                .replace("\"ente\"", "\"un ente di lungo nome\""),
            "line 16: sms.gateway[1].system-id: expected 1 to 15 letters of ASCII, as whom we are let in, found \"un ente di lungo nome\"",
        ),
        (
            with_smpp("host = \"smpp.example.org\"").replace("secret-file = \"f\"", ""),
            "sms.gateway[1].secret-file: expected the file of the password, found nothing",
        ),
        (
            with_smpp("host = \"smpp.example.org\"\nsource = \"Comune di Esempio\""),
            "line 19: sms.gateway[1].source: expected 11 letters at most in a name",
        ),
        (
            with_smpp("host = \"smpp.example.org\"\ndestination-ton = \"abroad\""),
            "line 19: sms.gateway[1].destination-ton: expected a type of number of SMPP, such as \"international\", found \"abroad\"",
        ),
        (
            with_smpp("host = \"smpp.example.org\"\nanswer-seconds = 31"),
            "line 19: sms.gateway[1].answer-seconds: expected a number from 1 to 30, found 31",
        ),
        (
            format!("{MINIMAL}[telemetry]\notlp-endpoint = \"http://collector.example.org:4318\""),
            "line 12: telemetry.otlp-endpoint: expected https (http is for a collector on this machine), found \"http://collector.example.org:4318\"",
        ),
        (
            format!("{MINIMAL}[telemetry]\nsample-percent = 101"),
            "line 12: telemetry.sample-percent: expected a number from 0 to 100, found 101",
        ),
        (
            with("[idp]", "[idp]\nspid-prefix = \"pont\""),
            "line 6: idp.spid-prefix: expected four capital letters, found \"pont\"",
        ),
        (
            format!(
                "{MINIMAL}[[service-provider]]\nentity-id = \"https://a\"\nattributes = [\"fiscalnumber\"]"
            ),
            "line 13: service-provider[1].attributes: expected names of attributes of the SPID table (did you mean \"fiscalNumber\"?), found \"fiscalnumber\"",
        ),
        (
            format!(
                "{MINIMAL}[[service-provider]]\nentity-id = \"https://a\"\n[[service-provider]]\nentity-id = \"https://a\""
            ),
            "line 14: service-provider[2].entity-id: expected one table for each service provider, found \"https://a\"",
        ),
    ];
    for (text, expected) in cases {
        let said = refused(&text);
        assert!(said.contains(expected), "expected: {expected}\nsaid: {said}");
    }
}

#[test]
fn phones_with_a_pin_serve_where_the_file_says_so() {
    let offers = |lines: &str| {
        let settings = read(&format!("{MINIMAL}{lines}")).unwrap();
        settings.app.offered.contains(&Factor::PhonePin)
    };
    assert!(!offers("") && !offers("[app]\npin = false\n"));
    assert!(offers("[app]\npin = true\npush = false\n"));
}

#[test]
fn values_beside_those_refused_are_taken() {
    for text in [
        with_login("timeout-seconds = 60"),
        with_login("totp-period = 60"),
        with_login("max-level = \"SpidL3\""),
        with_mail("way = \"folder\""),
        with_smpp(
            "host = \"smpp.example.org\"\nauthority = \"a.crt\"\nsource = \"393331234567890\"",
        ),
        with_smpp("host = \"127.0.0.1\"\ntls = false\nanswer-seconds = 30"),
        with_smpp("host = \"10.0.0.1\"\ntls = false\nplain-text-over-network = true"),
        format!("{MINIMAL}[telemetry]\notlp-endpoint = \"https://collector.example.org/otlp/\""),
        with_mail(
            "way = \"smtp\"\nserver = \"localhost\"\nsecurity = \"none\"\nport = 25\nfrom = \"a@b.it\"",
        ),
        with_mail(
            "way = \"smtp\"\nserver = \"mail.example.org\"\nfrom = \"Comune <no-reply@b.it>\"\nuser = \"u\"\npassword-file = \"f\"",
        ),
        with_login("argon2 = { memory-kib = 47104, iterations = 1 }"),
        with("https://idp.example.org", "http://idp.localhost:8080"),
        with("https://idp.example.org", "http://127.0.0.1:8080"),
        with("[server]", "[server]\nlisten = \"0.0.0.0:8080\"\nproxies = [\"10.0.0.1\"]"),
        with(
            "[server]",
            "[server]\nlisten = \"0.0.0.0:443\"\ntls = { key = \"k\", certificate = \"c\" }",
        ),
        with("[server]", "[server]\nlog-level = \"info,ponte::saml=debug\""),
    ] {
        read(&text).unwrap();
    }
}

#[test]
fn a_fault_of_syntax_has_its_line_and_column() {
    let said = refused("[server]\nlisten = \n");
    assert!(said.starts_with("/etc/ponte/ponte.toml, line 2, column 10: "), "{said}");
}

#[test]
fn the_environment_overrides_every_key_outside_lists() {
    let settings = read_under(
        MINIMAL,
        &[
            ("PONTE_SERVER_BASE_URL", "https://other.example"),
            ("PONTE_SERVER_PROXIES", "10.0.0.1, ::1"),
            ("PONTE_LOGIN_ARGON2_MEMORY_KIB", "65536"),
            ("PONTE_IDP_ORGANIZATION_NAME_IT", "Altro ente"),
            ("HOME", "/root"),
        ],
    )
    .unwrap();
    assert_eq!(settings.server.base_url.as_str(), "https://other.example/");
    assert_eq!(settings.server.proxies.networks.len(), 2);
    assert!(format!("{:?}", settings.hashing).contains("m_cost: 65536"), "{:?}", settings.hashing);
    assert_eq!(settings.idp.organization.name.it.as_deref(), Some("Altro ente"));
    assert!(settings.strangers.is_empty());
}

#[test]
fn a_fault_of_the_environment_names_the_variable() {
    insta::assert_snapshot!(
        refused_under(MINIMAL, &[("PONTE_LOGIN_TIMEOUT_SECONDS", "soon")]),
        @r#"/etc/ponte/ponte.toml: environment variable PONTE_LOGIN_TIMEOUT_SECONDS: login.timeout-seconds: expected a whole number, found "soon""#
    );
    insta::assert_snapshot!(
        refused_under(MINIMAL, &[("PONTE_LOGIN_TIMEOUT_SECONDS", "3")]),
        @"/etc/ponte/ponte.toml: environment variable PONTE_LOGIN_TIMEOUT_SECONDS: login.timeout-seconds: expected a number from 60 to 3600, found 3"
    );
}

#[test]
fn a_variable_that_looks_like_ours_is_named_and_refuses_nothing() {
    let settings = read_under(
        MINIMAL,
        &[("PONTE_SERVER_LISTENS", "x"), ("PONTE_PORT_80_TCP", "x"), ("PONTE_CONFIG", "x")],
    )
    .unwrap();
    let told: Vec<String> = settings.strangers.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    the environment variable PONTE_SERVER_LISTENS is no key; did you mean PONTE_SERVER_LISTEN?
    the environment variable PONTE_PORT_80_TCP is no key
    ");
}

#[test]
fn every_variable_names_one_key() {
    let variables: Vec<String> = KEYS.iter().filter_map(|key| key.variable()).collect();
    let distinct: BTreeSet<&String> = variables.iter().collect();
    assert_eq!(distinct.len(), variables.len());
    assert!(KEYS.iter().all(|key| key.variable().is_some() || key.path.contains("[]")));
    assert!(KEYS.iter().any(|key| key.kind == Kind::Flag));
}

proptest::proptest! {
    #[test]
    fn no_file_brings_the_reader_down(text in "[\\PC\\n]{0,200}") {
        let _settings_or_words = read(&text);
    }

    #[test]
    fn no_change_of_a_good_file_brings_the_reader_down(
        at in 0..MINIMAL.len(),
        length in 0_usize..12,
        put in "[a-z0-9\\[\\]{}=.,\"#\\n -]{0,12}",
    ) {
        let end = (at + length).min(MINIMAL.len());
        let text = format!("{}{put}{}", &MINIMAL[..at], &MINIMAL[end..]);
        if let Err(error) = read(&text) {
            let said = error.to_string();
            proptest::prop_assert!(said.starts_with("/etc/ponte/ponte.toml"), "{}", said);
        }
    }
}
