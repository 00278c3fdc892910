//! The commands, as an administrator gives them to the built binary.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::support::keys;
use crate::support::server::{Server, binary};
use crate::support::sp::{Metadata, SPID_ENTITY};

/// A folder made by `ponte init`.
pub(crate) struct House(TempDir);

impl House {
    pub(crate) fn new() -> Self {
        let house = Self(TempDir::new().unwrap());
        assert!(house.ponte(&["init", "."]).status.success());
        house
    }

    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn ponte(&self, arguments: &[&str]) -> Output {
        run(self.0.path(), arguments, &[], "")
    }

    pub(crate) fn fed(&self, arguments: &[&str], input: &str) -> Output {
        run(self.0.path(), arguments, &[], input)
    }

    pub(crate) fn add(&self, username: &str) -> Output {
        self.fed(&["user", "add", username, "--password-stdin"], "una frase lunga e segreta\n")
    }

    pub(crate) fn replace(&self, file: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.path(file)).unwrap();
        assert!(text.contains(from), "{from:?} is not in {file}");
        std::fs::write(self.path(file), text.replacen(from, to, 1)).unwrap();
    }
}

fn run(folder: &Path, arguments: &[&str], environment: &[(&str, &str)], input: &str) -> Output {
    use std::io::Write as _;
    let mut child = Command::new(binary())
        .args(arguments)
        .current_dir(folder)
        .env_remove("PONTE_CONFIG")
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _closed_early = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn complained(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[track_caller]
pub(crate) fn done(output: &Output) -> String {
    assert!(output.status.success(), "{}{}", said(output), complained(output));
    said(output)
}

#[track_caller]
pub(crate) fn fails(output: &Output, status: i32) -> String {
    assert_eq!(output.status.code(), Some(status), "{}{}", said(output), complained(output));
    complained(output)
}

fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(mode);
    std::fs::set_permissions(path, permissions).unwrap();
}

#[test]
fn what_init_makes_is_in_order_and_for_its_owner_only() {
    let house = House::new();
    for (name, expected) in [
        ("keys/signing.key", 0o600),
        ("keys/signing.json", 0o600),
        ("keys/seal.key", 0o600),
        ("keys", 0o700),
    ] {
        assert_eq!(mode(&house.path(name)), expected, "{name}");
    }
    assert!(house.path("metadata/sp").is_dir());
    let checked = done(&house.ponte(&["check"]));
    assert!(checked.lines().all(|line| line.starts_with("ok ")), "{checked}");
}

#[test]
fn init_overwrites_nothing() {
    let house = House::new();
    let before = std::fs::read(house.path("keys/signing.key")).unwrap();
    std::fs::remove_file(house.path("ponte.toml")).unwrap();
    let told = fails(&house.ponte(&["init", "."]), 1);
    assert!(told.contains("keys/signing.key is there already"), "{told}");
    assert_eq!(std::fs::read(house.path("keys/signing.key")).unwrap(), before);
    assert!(!house.path("ponte.toml").exists(), "nothing is made by halves");
}

#[test]
fn init_takes_every_kind_of_key_and_refuses_a_wrong_address() {
    for kind in ["ecdsa-p256", "rsa3072"] {
        let folder = TempDir::new().unwrap();
        done(&run(folder.path(), &["init", "--key", kind], &[], ""));
        done(&run(folder.path(), &["check"], &[], ""));
        done(&run(folder.path(), &["metadata", "show"], &[], ""));
    }
    let folder = TempDir::new().unwrap();
    let told = fails(&run(folder.path(), &["init", "--base-url", "https://a/b"], &[], ""), 2);
    assert!(told.contains("--base-url"), "{told}");
    let told = fails(&run(folder.path(), &["init", "--base-url", "http://a.example"], &[], ""), 2);
    assert!(told.contains("https"), "{told}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn an_organisations_name_may_have_any_letter() {
    let folder = TempDir::new().unwrap();
    let name = r#"Comune di "Forlì" \ <Cesena> & Co"#;
    done(&run(folder.path(), &["init", "--organization", name, "--key", "ecdsa-p256"], &[], ""));
    let metadata = done(&run(folder.path(), &["metadata", "show"], &[], ""));
    let written = r#"Comune di "Forlì" \ &lt;Cesena&gt; &amp; Co</md:OrganizationName>"#;
    assert!(metadata.contains(written), "{metadata}");
}

#[test]
fn check_says_that_the_port_is_taken_and_that_tls_has_no_files() {
    let house = House::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let listen = format!("127.0.0.1:{port}");
    let under = |environment: &[(&str, &str)]| run(house.0.path(), &["check"], environment, "");
    let output = under(&[("PONTE_SERVER_LISTEN", &listen)]);
    fails(&output, 1);
    assert!(said(&output).contains(&format!("ERROR    listener: nothing can listen on {listen}")));
    drop(taken);
    done(&under(&[("PONTE_SERVER_LISTEN", &listen)]));

    let tls = |key: &str| {
        let (certificate, listen) =
            ("PONTE_SERVER_TLS_CERTIFICATE", ("PONTE_SERVER_LISTEN", &*listen));
        under(&[(certificate, "keys/signing.crt"), ("PONTE_SERVER_TLS_KEY", key), listen])
    };
    done(&tls("keys/signing.key"));
    let output = tls("keys/none.key");
    fails(&output, 1);
    assert!(
        said(&output).contains("ERROR    TLS: keys/none.key could not be read"),
        "{}",
        said(&output)
    );
}

#[test]
fn without_a_configuration_the_next_step_is_told() {
    let folder = TempDir::new().unwrap();
    let told = fails(&run(folder.path(), &["serve"], &[], ""), 2);
    insta::assert_snapshot!(told, @"ponte: there is no configuration ponte.toml: make one with `ponte init`, or name it with --config");
}

#[test]
fn an_unknown_key_stops_everything_with_its_line_and_the_nearest_name() {
    let house = House::new();
    house.replace("ponte.toml", "# listen = \"127.0.0.1:8080\"", "lisen = \"127.0.0.1:8080\"");
    let told = fails(&house.ponte(&["serve"]), 2);
    insta::assert_snapshot!(told, @r#"ponte: ponte.toml, line 11: unknown key server.lisen; did you mean "listen"?"#);
    for command in [["user", "list"], ["metadata", "show"]] {
        assert_eq!(fails(&house.ponte(&command), 2), told);
    }
    let output = house.ponte(&["check"]);
    fails(&output, 1);
    assert!(
        said(&output).contains("ERROR    configuration: ponte.toml, line 11"),
        "{}",
        said(&output)
    );
}

#[test]
fn the_configuration_is_found_by_argument_and_by_variable_and_overridden_by_others() {
    let house = House::new();
    let elsewhere = TempDir::new().unwrap();
    let config = house.path("ponte.toml");
    let config = config.to_str().unwrap();
    let show = ["metadata", "show"];
    let by_argument = run(elsewhere.path(), &[&show[..], &["--config", config]].concat(), &[], "");
    let by_variable = run(elsewhere.path(), &show, &[("PONTE_CONFIG", config)], "");
    assert_eq!(done(&by_argument), done(&by_variable));
    let overridden = [
        ("PONTE_CONFIG", config),
        ("PONTE_SERVER_BASE_URL", "https://other.example"),
        ("PONTE_SERVER_LISTENS", "x"),
    ];
    let metadata = done(&run(elsewhere.path(), &show, &overridden, ""));
    assert!(metadata.contains("entityID=\"https://other.example/metadata\""), "{metadata}");
    let checked = done(&run(elsewhere.path(), &["check"], &overridden, ""));
    assert!(checked.contains("did you mean PONTE_SERVER_LISTEN?"), "{checked}");
}

#[test]
fn example_keys_are_refused_by_the_server_and_told_by_check() {
    let examples = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/keys-example"));
    let house = House::new();
    let mine = std::fs::read(house.path("keys/seal.key")).unwrap();
    for name in ["signing.key", "signing.crt"] {
        std::fs::copy(examples.join(name), house.path("keys").join(name)).unwrap();
    }
    let told = fails(&house.ponte(&["serve"]), 1);
    assert!(told.contains("keys/signing.key is an example key"), "{told}");
    let output = house.ponte(&["check"]);
    fails(&output, 1);
    assert!(
        said(&output).contains("ERROR    current key signing: keys/signing.key is an example key")
    );

    let house = House::new();
    std::fs::copy(examples.join("seal.key"), house.path("keys/seal.key")).unwrap();
    let told = fails(&house.ponte(&["serve"]), 1);
    assert!(told.contains("keys/seal.key is an example key"), "{told}");
    std::fs::write(house.path("keys/seal.key"), mine).unwrap();
    set_mode(&house.path("keys/seal.key"), 0o600);
    done(&house.ponte(&["check"]));
}

#[test]
fn check_names_what_is_wrong_with_keys_and_how_to_mend_it() {
    let house = House::new();
    let other = House::new();
    std::fs::copy(other.path("keys/signing.crt"), house.path("keys/signing.crt")).unwrap();
    std::fs::write(house.path("keys/seal.key"), "short").unwrap();
    set_mode(&house.path("keys/signing.key"), 0o644);
    let output = house.ponte(&["check"]);
    let told = fails(&output, 1);
    assert!(told.contains("3 errors found"), "{told}");
    let found = said(&output);
    for expected in [
        "ERROR    current key signing: keys/signing.key: the certificate is not that of the private key\n         mend: ",
        "ERROR    permissions: keys/signing.key may be read by others than its owner\n         mend: chmod 600",
        "ERROR    sealing key: keys/seal.key: this is not a key: 32 bytes in base64",
    ] {
        assert!(found.contains(expected), "{expected}\nis not in\n{found}");
    }
}

#[test]
fn a_store_whose_key_is_lost_is_not_begun_anew() {
    let house = House::new();
    done(&house.add("ada"));
    let ring = house.path("data/keyring.json");
    let kept = std::fs::read(&ring).unwrap();
    std::fs::remove_file(&ring).unwrap();
    let told = fails(&house.ponte(&["user", "list"]), 1);
    assert!(told.contains("data/keyring.json is missing"), "{told}");
    assert!(!ring.exists());
    std::fs::write(&ring, kept).unwrap();
    assert!(done(&house.ponte(&["user", "list"])).starts_with("ada "));

    let other = House::new();
    std::fs::copy(other.path("keys/seal.key"), house.path("keys/seal.key")).unwrap();
    let told = fails(&house.ponte(&["user", "list"]), 1);
    assert!(told.contains("wrapped with another key"), "{told}");
}

#[test]
fn people_are_added_listed_shown_and_suspended() {
    let house = House::new();
    let added = done(
        &house.fed(
            &[
                &[
                    "user",
                    "add",
                    "Ada",
                    "--password-stdin",
                    "--name",
                    "Ada",
                    "--family-name",
                    "Rossi",
                ][..],
                &["--fiscal-number", "rssdaa80a41h501i", "--attribute", "gender=F"],
                &["--proofing", "desk", "--proofing-operator", "desk 3"],
                &["--proofing-evidence", "2026/17", "--proofing-date", "2026-01-02"],
            ]
            .concat(),
            "una frase lunga e segreta\n",
        ),
    );
    let code = added.lines().find_map(|line| line.strip_prefix("Activation code: ")).unwrap();
    assert_eq!(code.len(), 19, "{code}");

    assert!(fails(&house.add("ada"), 1).contains("the user name \"ada\" is taken"));
    done(&house.add("bruno"));
    insta::assert_snapshot!(done(&house.ponte(&["user", "list"])), @r"
    Ada    active     proofed      Ada Rossi
    bruno  active     not proofed
    ");

    let shown = done(&house.ponte(&["user", "show", "ada"]));
    for expected in
        ["desk, 2026-01-02, by desk 3, evidence 2026/17", "TINIT-RSSDAA80A41H501I", "Password"]
    {
        assert!(shown.contains(expected), "{shown}");
    }
    assert!(!shown.contains("argon2") && !shown.contains(code), "{shown}");

    assert_eq!(done(&house.ponte(&["user", "suspend", "ADA"])), "Ada is suspended.\n");
    assert!(done(&house.ponte(&["user", "list"])).contains("Ada    suspended"));
    assert_eq!(done(&house.ponte(&["user", "resume", "ada"])), "Ada is active.\n");
    assert!(fails(&house.ponte(&["user", "show", "eve"]), 1).contains("nobody has the user name"));
}

#[test]
fn what_cannot_be_a_person_is_refused_in_words() {
    let house = House::new();
    let add = |arguments: &[&str], input: &str| {
        let output =
            house.fed(&[&["user", "add", "ada", "--password-stdin"], arguments].concat(), input);
        fails(&output, 1)
    };
    let good = "una frase lunga e segreta\n";
    assert!(add(&[], "corta\n").contains("at least 12 characters"));
    assert!(add(&[], "").contains("no password could be read"));
    assert!(add(&["--fiscal-number", "RSSDAA80A41H501A"], good).contains("check letter"));
    assert!(add(&["--attribute", "shoe=39"], good).contains("no attribute \"shoe\""));
    assert_eq!(done(&house.ponte(&["user", "list"])), "");
    done(&house.add("ada"));
}

#[test]
fn an_import_with_a_bad_line_adds_nobody_and_names_every_such_line() {
    let house = House::new();
    done(&house.add("ada"));
    let good = "{\"username\":\"carla\",\"password\":\"una frase lunga e segreta\"}\n";
    let bad = "\n{\"username\":\"ADA\",\"password\":\"una frase lunga e segreta\"}\n\
        {\"username\":\"dino\"}\n{\"username\":\"Carla\",\"password\":\"una frase lunga e segreta\"}\n\
        {\"usernam\":1}\nnot json\n";
    let told = fails(&house.fed(&["user", "import", "-"], &format!("{good}{bad}")), 1);
    for expected in [
        "line 3: the user name \"ADA\" is taken",
        "line 4: there must be either a password or a password-hash",
        "line 5: the user name \"Carla\" stands here twice",
        "line 6: unknown field `usernam`",
        "line 7: ",
        "5 errors found in the lines above; people added: 0",
    ] {
        assert!(told.contains(expected), "{expected}\nis not in\n{told}");
    }
    assert!(!done(&house.ponte(&["user", "list"])).contains("carla"));

    let output = house.fed(&["user", "import", "-", "--codes", "codes.jsonl"], good);
    assert!(complained(&output).contains("People added: 1."), "{}", complained(&output));
    assert_eq!(mode(&house.path("codes.jsonl")), 0o600);
    let codes = std::fs::read_to_string(house.path("codes.jsonl")).unwrap();
    let row: serde_json::Value = serde_json::from_str(codes.trim()).unwrap();
    assert_eq!(row["username"], "carla");
    assert_eq!(row["activation-code"].as_str().unwrap().len(), 19);
    assert!(done(&house.ponte(&["user", "list"])).contains("carla"));
}

#[test]
fn service_providers_are_added_listed_shown_and_removed() {
    let house = House::new();
    std::fs::write(house.path("sp.xml"), Metadata::spid().signed(&keys::SP.signer)).unwrap();
    let added = done(&house.ponte(&["sp", "add", "sp.xml", "--minimum-level", "SpidL2"]));
    assert!(added.starts_with(&format!("Added: {SPID_ENTITY}")), "{added}");
    assert!(added.contains("least level  SpidL2 (LoA3)"), "{added}");
    assert!(done(&house.ponte(&["sp", "add", "sp.xml"])).starts_with("Has new metadata: "));
    assert!(done(&house.ponte(&["sp", "list"])).starts_with(SPID_ENTITY));
    let shown = done(&house.ponte(&["sp", "show", SPID_ENTITY]));
    assert!(shown.contains("from         the store"), "{shown}");

    let altered = Metadata::spid().signed(&keys::SP.signer).replacen("/acs", "/acx", 1);
    std::fs::write(house.path("altered.xml"), altered).unwrap();
    let told = fails(&house.ponte(&["sp", "add", "altered.xml"]), 1);
    assert!(told.contains("signature does not hold"), "{told}");

    done(&house.ponte(&["sp", "remove", SPID_ENTITY]));
    assert_eq!(done(&house.ponte(&["sp", "list"])), "");
    assert!(fails(&house.ponte(&["sp", "remove", SPID_ENTITY]), 1).contains("no service provider"));

    std::fs::write(house.path("metadata/sp/bad.xml"), "<x/>").unwrap();
    let output = house.ponte(&["check"]);
    fails(&output, 1);
    assert!(
        said(&output).contains("ERROR    metadata: metadata/sp/bad.xml: "),
        "{}",
        said(&output)
    );
}

#[test]
fn commands_reach_the_server_that_runs_and_it_takes_up_what_they_change() {
    let mut server = Server::new();
    server.start();
    let socket = server.folder().join("data/admin.sock");
    assert_eq!(mode(&socket), 0o600);
    let citizen = server.add_user("ada");
    assert!(citizen.activation_code.is_some());
    assert!(done(&server.try_ponte(&["user", "list"], "")).starts_with("ada "));
    assert!(done(&server.try_ponte(&["check"], "")).contains("held by the running server"));

    std::fs::write(server.folder().join("sp.xml"), Metadata::spid().signed(&keys::SP.signer))
        .unwrap();
    done(&server.try_ponte(&["sp", "add", "sp.xml"], ""));
    assert!(done(&server.try_ponte(&["sp", "list"], "")).starts_with(SPID_ENTITY));
    server.kill();
    assert!(socket.exists(), "killed, it could not remove its socket");
    assert!(done(&server.try_ponte(&["user", "list"], "")).starts_with("ada "));
}

#[test]
fn two_servers_do_not_share_a_store() {
    let mut server = Server::new();
    server.start();
    let told = fails(&server.try_ponte(&["serve"], ""), 1);
    assert!(told.contains("in use by another process"), "{told}");
}

#[test]
fn a_hang_up_reads_the_metadata_folder_again() {
    let mut server = Server::new();
    server.start();
    let loaded = |count: u64| {
        let log = server.log();
        log.iter().any(|row| row["event"] == "partners.loaded" && row["service_providers"] == count)
    };
    assert!((0..100).any(|_| loaded(0) || wait()), "{:#?}", server.log());
    let folder = server.folder().join("metadata/sp");
    std::fs::write(folder.join("sp.xml"), Metadata::spid().signed(&keys::SP.signer)).unwrap();
    std::fs::write(folder.join("bad.xml"), "<x/>").unwrap();
    assert!(!loaded(1));
    server.signal("-HUP");
    assert!((0..100).any(|_| loaded(1) || wait()), "{:#?}", server.log());
    assert!(server.log().iter().any(|row| row["event"] == "partner.refused"));
}

fn wait() -> bool {
    std::thread::sleep(std::time::Duration::from_millis(20));
    false
}

#[test]
fn the_server_stops_when_it_is_told_and_leaves_the_store_free() {
    let mut server = Server::new();
    server.start();
    server.add_user("ada");
    server.stop();
    assert!(!server.folder().join("data/admin.sock").exists());
    // The log comes through a pipe, and may be read a moment later.
    let told = || server.log().iter().any(|row| row["event"] == "stopped");
    assert!((0..100).any(|_| told() || wait()), "{:#?}", server.log());
    assert!(done(&server.try_ponte(&["user", "list"], "")).starts_with("ada "));
    server.start();
}
