//! SimpleSAMLphp: configurations of the real package, as it writes them itself, and as PHP reads them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ponte::cli::elsewhere::simplesamlphp::php;
use ponte::cli::elsewhere::value::{Value, What};
use proptest::prelude::*;
use serde_json::json;

use crate::elsewhere::house::{adopt, carried, enter, hash, import, is_in, left};
use crate::support::agent::Agent;
use crate::support::citizen::Citizen;
use crate::support::peer::{Kind, Peer, root, target};
use crate::support::server::Server;
use crate::support::simplesamlphp::SimpleSaml;

const PASSWORD: &str = "quattro gatti sul ponte";

fn package() -> PathBuf {
    let package = target().join("simplesamlphp");
    assert!(package.join("usr").is_dir(), "{}: ./scripts/test installs it", package.display());
    package
}

/// What PHP prints, with the real package's classes at hand.
fn php(script: &str, arguments: &[&Path]) -> String {
    let place = tempfile::tempdir().unwrap();
    let output = Command::new("php")
        .args(["-r", script, "--"])
        .args(arguments)
        .env("SIMPLESAMLPHP_CONFIG_DIR", root().join("tests/clients/simplesamlphp"))
        .env("PEER_FOLDER", place.path())
        .env("PEER_ROOT", package())
        .env("PEER_URL", "http://x.example")
        .output()
        .expect("php runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// As PHP's `json_encode` writes it.
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

fn nothing(_: &str) -> Option<&'static str> {
    None
}

/// Every configuration file that the real package has: where PHP computes nothing, we read what PHP reads.
#[test]
#[ignore = "needs php and target/simplesamlphp: ./scripts/test installs them"]
fn the_packages_own_files_are_read_as_php_reads_them() {
    let found = Command::new("find")
        .arg(package())
        .args(["-name", "*.php", "-path", "*/etc/*"])
        .output()
        .unwrap();
    let more = Command::new("find")
        .arg(package())
        .args([
            "-name",
            "*.php",
            "(",
            "-path",
            "*config-templates*",
            "-o",
            "-path",
            "*metadata-templates*",
            "-o",
            "-path",
            "*/attributemap/*",
            ")",
        ])
        .output()
        .unwrap();
    let names = format!(
        "{}{}",
        String::from_utf8(found.stdout).unwrap(),
        String::from_utf8(more.stdout).unwrap()
    );
    let script = "error_reporting(0); include $argv[1]; \
        echo json_encode(['config' => $config ?? null, 'metadata' => $metadata ?? null, 'attributemap' => $attributemap ?? null]), \"\\n\";";
    let (mut same, mut computed) = (0, 0);
    for file in names.lines().map(Path::new) {
        let text = fs::read_to_string(file).unwrap();
        let read = php::read(&text, nothing)
            .unwrap_or_else(|(at, why)| panic!("{}: {at:?}: {why}", file.display()));
        if !read.unread.is_empty() {
            computed += 1;
            continue;
        }
        let output = php(script, &[file]);
        let theirs: serde_json::Value =
            serde_json::from_str(output.lines().last().unwrap()).unwrap();
        for (name, theirs) in theirs.as_object().unwrap() {
            let ours = read.variables.get(name).map_or(json!(null), encoded);
            assert_eq!(ours, *theirs, "{}: ${name}", file.display());
        }
        same += 1;
    }
    println!("{same} files read as PHP reads them; {computed} have something computed in them");
    assert!(same >= 25, "{same} {computed}");
}

/// A value in PHP, written in the many ways that PHP has.
fn literal() -> impl Strategy<Value = String> {
    let text = "[a-zA-Zè$'\"\\\\{}\\[\\]=>,;#/*. \n0-9-]{0,8}";
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("TRUE".to_owned()),
        Just("False".to_owned()),
        any::<i32>().prop_map(|number| number.to_string()),
        (0_u32..99_999).prop_map(|number| format!("0x{number:X}")),
        (0_u32..999).prop_map(|number| format!("0{number:o}")),
        (1_u32..999).prop_map(|number| format!("{number}.25")),
        text.prop_map(|text| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))),
        text.prop_map(|text| format!(
            "\"{}\"",
            text.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$")
        )),
        text.prop_map(|text| format!(
            "'{}' . \"a\\tb\\x41\\u{{e9}}\\101\" . 7",
            text.replace(['\\', '\''], "")
        )),
        "[a-z \\\\]{0,6}".prop_map(|text| format!("<<<'X'\n  {text}\n\n  X")),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let key = prop_oneof![
            (0_u8..30).prop_map(|number| number.to_string()),
            "[a-z0-9.:/-]{0,6}".prop_map(|text| format!("'{text}'")),
        ];
        let entry = (proptest::option::of(key), inner);
        (proptest::collection::vec(entry, 0..6), any::<bool>(), any::<bool>()).prop_map(
            |(entries, short, comma)| {
                let each: Vec<String> = entries
                    .into_iter()
                    .map(|(key, value)| {
                        key.map_or_else(
                            || value.clone(),
                            |key| format!("{key} /* k */ => {value} // v\n"),
                        )
                    })
                    .collect();
                let comma = if comma && !each.is_empty() { "," } else { "" };
                let inside = format!("{}{comma}", each.join(",\n# c\n"));
                if short { format!("[{inside}]") } else { format!("array ({inside})") }
            },
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 200, ..ProptestConfig::default() })]

    /// Forty values at a time, since PHP takes longer to start than to read.
    #[test]
    #[ignore = "needs php: ./scripts/test installs it"]
    fn what_we_read_is_what_php_reads(values in proptest::collection::vec(literal(), 40)) {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("a.php");
        let mut text = String::from("<?php\n");
        for (number, value) in values.iter().enumerate() {
            text.push_str(&format!("$x['v{number}'] = {value};\n"));
        }
        fs::write(&file, &text).unwrap();
        let theirs = php("include $argv[1]; echo json_encode($x, JSON_PRESERVE_ZERO_FRACTION);", &[&file]);
        let theirs: serde_json::Value = serde_json::from_str(&theirs).unwrap();
        let script = php::read(&text, nothing).map_err(|(at, why)| TestCaseError::fail(format!("{at:?}: {why}\n{text}")))?;
        prop_assert!(script.unread.is_empty(), "{:?}\n{text}", script.unread);
        prop_assert_eq!(encoded(&script.variables["x"]), theirs, "{}", text);
    }
}

/// People, partners and names of attributes of an installation that the real package could run; its service provider then logs
/// somebody in at our server, with the password from there.
#[test]
#[ignore = "needs php and the service providers that ./scripts/test installs"]
fn an_installation_comes_over_and_its_people_log_in_to_its_service_provider() {
    let mut server = Server::new();
    let kind = Kind {
        script: "pysaml2_sp.py",
        profile: "generic",
        binding: "redirect",
        class: "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
    };
    let peer = Peer::new(server.folder(), kind, &server.url("/saml/sso"));
    let behind = SimpleSaml::start();
    let old = server.folder().join("old");
    for folder in ["config", "metadata", "cert", "attributemap"] {
        fs::create_dir_all(old.join(folder)).unwrap();
    }
    let etc = package().join("etc/simplesamlphp");
    // Debian's has the salt in a file of its own, outside.
    let config = fs::read_to_string(etc.join("config.php")).unwrap();
    let config = format!("{config}\n$config['secretsalt'] = 'of the tests';\n");
    fs::write(old.join("config/config.php"), config).unwrap();
    for name in ["name2oid.php", "oid2name.php"] {
        fs::copy(etc.join("attributemap").join(name), old.join("attributemap").join(name)).unwrap();
    }
    // The package's own converter writes the partners.
    let xml = server.folder().join("sp.xml");
    fs::write(&xml, peer.metadata()).unwrap();
    let idp = server.folder().join("behind.xml");
    fs::write(&idp, behind.metadata()).unwrap();
    let script = "require getenv('PEER_ROOT').'/usr/share/simplesamlphp/lib/_autoload.php';\
        $p = \\SimpleSAML\\Metadata\\SAMLParser::parseString(file_get_contents($argv[1]));\
        $m = $argv[2] === 'sp' ? $p->getMetadata20SP() : $p->getMetadata20IdP(); unset($m['entityDescriptor']);\
        if ($argv[2] === 'sp') { $m['attributes'] = ['givenName', 'sn', 'mail', 'eduPersonAffiliation']; $m['authproc'] = [10 => 'core:PHP']; }\
        echo \"<?php\\n\\$metadata[\", var_export($m['entityid'], true), '] = ', var_export($m, true), \";\\n\";";
    let partner = php(script, &[&xml, Path::new("sp")]);
    fs::write(old.join("metadata/saml20-sp-remote.php"), partner + "$metadata['https://sp.example.org/bare'] = ['AssertionConsumerService' => 'https://sp.example.org/bare'];\n").unwrap();
    fs::write(old.join("metadata/saml20-idp-remote.php"), php(script, &[&idp, Path::new("idp")]))
        .unwrap();
    let hashes = "foreach ([password_hash($argv[1], PASSWORD_BCRYPT), '{SSHA256}'.base64_encode(hash('sha256', $argv[1].'saltsalt', true).'saltsalt'), \
        '{SSHA}'.base64_encode(sha1($argv[1].'abcd', true).'abcd')] as $h) { \
        require_once getenv('PEER_ROOT').'/usr/share/simplesamlphp/lib/_autoload.php'; \
        if (!\\SimpleSAML\\Utils\\Crypto::pwValid($h, $argv[1])) exit(1); echo $h, \"\\n\"; }";
    let hashes = php(hashes, &[Path::new(PASSWORD)]);
    let [bcrypt, ssha256, ssha] = hashes.lines().collect::<Vec<_>>()[..] else {
        panic!("{hashes}")
    };
    let person = "['uid' => ['x'], 'givenName' => ['Ada'], 'sn' => 'Rossi', 'mail' => ['%@example.org'], 'eduPersonAffiliation' => ['member']]";
    let each =
        |name: &str, secret: &str| format!("'{name}:{secret}' => {},\n", person.replace('%', name));
    let sources = format!(
        "<?php\n$config = [\n'admin' => ['core:AdminPassword'],\n'default-sp' => ['saml:SP', 'entityID' => 'https://old.example.org/sp', 'idp' => null],\n\
         'h' => ['authcrypt:Hash',\n{}{}],\n'u' => ['exampleauth:UserPass', {}{}],\n\
         'f' => ['authcrypt:Htpasswd', 'htpasswd_file' => 'config/.htpasswd', 'static_attributes' => ['givenName' => ['Eva']]],\n\
         'l' => ['ldap:LDAP', 'hostname' => getenv('LDAP')],\n];\n",
        each("anna", bcrypt),
        each("bruno", ssha256),
        each("carla", PASSWORD),
        each("short", "secret"),
    );
    fs::write(old.join("config/authsources.php"), sources).unwrap();
    fs::write(
        old.join("config/.htpasswd"),
        format!("dora:{ssha}\nemil:$apr1$a$b\nfabio:{bcrypt}\n"),
    )
    .unwrap();

    let report = import(&server, &["simplesamlphp", "old", "--apply", "--codes", "codes.jsonl"]);
    assert_eq!(carried(&report, "person"), ["anna", "bruno", "carla", "dora", "fabio"]);
    assert_eq!(carried(&report, "service-provider"), [peer.entity_id.as_str()]);
    assert_eq!(carried(&report, "upstream"), [behind.entity_id()]);
    left(
        &report,
        &[
            ("https://sp.example.org/bare", "does not sign"),
            ("\"eduPersonAffiliation\"", "no attribute of the SPID table"),
            ("\"short\": the password", "at least 12"),
            ("\"emil\": the password", "of a kind that is not read here"),
            ("\"admin\" (core:AdminPassword)", "by commands"),
            ("\"l\" (ldap:LDAP)", "kept elsewhere"),
            ("getenv('LDAP')", "computed by PHP"),
            ("authproc", "no code of a filter is run"),
            ("core:StatisticsWithAttribute", "no code of a filter is run"),
            ("secretsalt", "are others here"),
        ],
    );
    let text = fs::read_to_string(server.folder().join("out/report.txt")).unwrap();
    assert!(
        !text.contains(PASSWORD) && !text.contains("$2y$") && !text.contains("secret'"),
        "{text}"
    );
    adopt(&server);
    let mut all = server.settings();
    assert_eq!(all.upstreams.remove(0).entity, "gateway");
    server.start();
    let metadata = Agent::new().get(&server.url("/metadata")).unwrap();
    fs::write(server.folder().join("idp.xml"), &metadata.body).unwrap();
    let request = peer.request();
    let mut anna = Citizen::new("anna", PASSWORD, "");
    let delivered = anna.log_in(&mut Agent::new(), &request).unwrap();
    let verdict = peer.check(&request.id, &delivered.relay_state, &[delivered.response]).remove(0);
    assert_eq!(verdict["accepted"], true, "{verdict}");
    let said = verdict.to_string();
    assert!(said.contains("Ada") && said.contains("anna@example.org"), "{said}");
    for username in ["bruno", "carla", "dora", "fabio"] {
        assert!(!is_in(&enter(&server, username, "not the password")), "{username}");
        assert!(is_in(&enter(&server, username, PASSWORD)), "{username}");
    }
    server.stop();
    for username in ["anna", "bruno", "carla", "dora", "fabio"] {
        assert!(hash(&server, username).starts_with("$argon2id$"), "{username}");
    }
}
