//! Commands about register and store, as an administrator gives them to the built binary.

use std::fs;
use std::process::Output;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ponte::world::clock::Clock;
use serde_json::Value;

use crate::crash::spid_request;
use crate::support::agent::Agent;
use crate::support::citizen::send;
use crate::support::keys;
use crate::support::server::Server;
use crate::support::sp::{Metadata, SPID_ENTITY};

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn complained(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The rows that a search finds.
fn search(server: &Server, arguments: &[&str]) -> Vec<Value> {
    let output = server.ponte(&[&["register", "search", "--json"], arguments].concat(), "");
    said(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A server at which somebody has logged in once.
pub(crate) fn used() -> Server {
    let mut server = Server::new();
    server.add_metadata("sp", &Metadata::spid().signed(&keys::SP.signer), SPID_ENTITY, "spid");
    server.start();
    let mut citizen = server.add_user("ada");
    citizen.log_in(&mut Agent::new(), &spid_request(&server, "_asked")).unwrap();
    server
}

fn everything_is_found(server: &Server) {
    let today = Clock::system().now().format("%Y-%m-%d").to_string();
    for arguments in [
        &["--request-id", "_asked"][..],
        &["--fiscal-code", "RSSDAA80A41H501I"],
        &["--fiscal-code", "tinit-rssdaa80a41h501i"],
        &["--service-provider", SPID_ENTITY, "--outcome", "authenticated"],
        &["--from", &today, "--to", &today],
    ] {
        let rows = search(server, arguments);
        assert_eq!(rows.len(), 1, "{arguments:?}");
        assert_eq!(rows[0]["request-id"], "_asked", "{arguments:?}");
        let by_its_own = |option: &str, name: &str| {
            let value = rows[0][name].as_str().unwrap();
            assert_eq!(search(server, &[option, value]).len(), 1, "{option}");
        };
        by_its_own("--response-id", "response-id");
        by_its_own("--support-id", "support-id");
    }
    assert_eq!(search(server, &["--fiscal-code", "RSSMRA80A01H501U"]).len(), 0);
    assert_eq!(search(server, &["--request-id", "_asked", "--to", "2020-01-01"]).len(), 0);
    let shown = said(&server.ponte(&["register", "show", "_asked"], ""));
    assert!(shown.contains("<saml2p:Response") || shown.contains(":Response "), "{shown}");
    assert!(shown.contains("_asked") && shown.contains("TINIT-RSSDAA80A41H501I"), "{shown}");
    let missing = server.try_ponte(&["register", "show", "_nothing"], "");
    assert_eq!(missing.status.code(), Some(1));
    assert!(complained(&missing).contains("no row of the register"), "{}", complained(&missing));
    let sound = said(&server.ponte(&["register", "verify"], ""));
    assert!(sound.starts_with("Sound: 1 records, 1 of them"), "{sound}");
}

#[test]
fn sp_05_the_register_is_searched_shown_and_verified_with_a_server_and_without() {
    let mut server = used();
    everything_is_found(&server);
    let events: Vec<Value> = server
        .log()
        .into_iter()
        .filter(|line| line.to_string().contains("register.access"))
        .collect();
    assert!(events.len() > 10, "who looked is in the log: {events:?}");
    assert!(!format!("{events:?}").contains("RSSDAA"), "and whom they looked for is not");
    server.stop();
    everything_is_found(&server);

    let folder = server.folder();
    let journal = fs::read_to_string(folder.join("data/register-access.jsonl")).unwrap();
    let lines: Vec<Value> =
        journal.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().all(|line| line["uid"].is_number()), "{journal}");
    assert!(lines.iter().any(|line| line["action"] == "show"), "{journal}");
    assert!(!journal.contains("RSSDAA") && journal.contains("fiscal-code"), "{journal}");

    // Without the store, on a copy.
    let copy = folder.join("copy");
    fs::create_dir(&copy).unwrap();
    for entry in fs::read_dir(folder.join("data/register")).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
    }
    fs::copy(folder.join("data/register.checkpoint"), folder.join("checkpoint")).unwrap();
    let verify =
        ["register", "verify", "--folder", "copy", "--checkpoint", "checkpoint", "--progress"];
    server.ponte(&verify, "");
    let file = fs::read_dir(&copy)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|extension| extension == "reg"))
        .unwrap();
    let mut bytes = fs::read(&file).unwrap();
    bytes[200] ^= 1;
    fs::write(&file, bytes).unwrap();
    let refused = server.try_ponte(&verify, "");
    assert_eq!(refused.status.code(), Some(1));
    let words = complained(&refused);
    assert!(words.contains("record 0 (20") && words.contains("was altered"), "{words}");
}

#[test]
fn a_transaction_is_given_out_and_checked_without_a_configuration() {
    let mut server = used();
    let export = ["register", "export", "_asked", "--out", "one.tar"];
    server.ponte(&export, "");
    let again = server.try_ponte(&export, "");
    assert!(complained(&again).contains("nothing is overwritten"), "{}", complained(&again));
    server.stop();
    server.ponte(&["register", "export", "0", "--out", "two.tar"], "");
    fs::copy(server.folder().join("keys/signing.crt"), server.folder().join("our.crt")).unwrap();
    fs::remove_file(server.folder().join("ponte.toml")).unwrap();
    for file in ["one.tar", "two.tar"] {
        let check = ["register", "verify-package", file, "--certificate", "our.crt"];
        let told = said(&server.ponte(&check, ""));
        assert!(told.contains("_asked") && told.contains("sound"), "{told}");
    }
    let path = server.folder().join("one.tar");
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.windows(6).position(|window| window == b"_asked").unwrap();
    bytes[at] = b'-';
    fs::write(&path, bytes).unwrap();
    let refused = server.try_ponte(&["register", "verify-package", "one.tar"], "");
    assert_eq!(refused.status.code(), Some(1));
    assert!(complained(&refused).contains("SHA256SUMS"), "{}", complained(&refused));
}

#[test]
fn the_index_is_made_anew_and_months_are_held() {
    let mut server = used();
    let told = said(&server.ponte(&["register", "reindex"], ""));
    assert_eq!(told, "The index is new: 1 rows.\n");
    assert_eq!(search(&server, &["--request-id", "_asked"]).len(), 1);
    let held = said(&server.ponte(&["register", "hold", "add", "--reason", "Procura 12/2026"], ""));
    let id = held.strip_prefix("Held: ").unwrap().split(' ').next().unwrap().to_owned();
    server.stop();
    fs::remove_dir_all(server.folder().join("data/register-index")).unwrap();
    assert_eq!(search(&server, &["--request-id", "_asked"]).len(), 1);
    let told = said(&server.ponte(&["register", "reindex"], ""));
    assert_eq!(told, "The index is new: 1 rows.\n");
    let list = said(&server.ponte(&["register", "hold", "list"], ""));
    assert!(list.contains("Procura 12/2026") && list.contains(&id), "{list}");
    let bad = ["register", "hold", "add", "--reason", "x", "--from", "2026-13"];
    assert!(complained(&server.try_ponte(&bad, "")).contains("not a month"));
    server.ponte(&["register", "hold", "remove", &id], "");
    let gone = server.try_ponte(&["register", "hold", "remove", &id], "");
    assert!(complained(&gone).contains("there is no hold"), "{}", complained(&gone));
    let none = said(&server.ponte(&["register", "purge", "--dry-run"], ""));
    assert!(none.contains("kept for 24 months"), "{none}");
}

#[test]
fn a_store_is_exported_while_serving_and_restored_elsewhere() {
    let mut server = used();
    let sum = said(&server.ponte(&["store", "export", "backup.store"], ""));
    assert!(sum.trim_end().ends_with("  backup.store"), "{sum}");
    let again = server.try_ponte(&["store", "export", "backup.store"], "");
    assert!(complained(&again).contains("nothing is overwritten"));
    fs::write(server.folder().join("phrase"), "una frase lunga e segreta\n").unwrap();
    let phrase = ["store", "export", "other.store", "--passphrase-file", "phrase"];
    server.ponte(&phrase, "");
    let refused = server.try_ponte(&["store", "import", "backup.store"], "");
    assert!(!refused.status.success(), "the server has the store");
    server.stop();
    let text = fs::read(server.folder().join("backup.store")).unwrap();
    assert!(!String::from_utf8_lossy(&text).contains("Rossi"), "an export is sealed");
    let refused = server.try_ponte(&["store", "import", "backup.store"], "");
    assert!(complained(&refused).contains("is not empty"), "{}", complained(&refused));

    // Where the folder was lost: everything comes back with the sealing key alone.
    fs::rename(server.folder().join("data"), server.folder().join("lost")).unwrap();
    let told = said(&server.ponte(&["store", "import", "backup.store"], ""));
    assert!(told.contains("accounts 1") && told.contains("credentials 2"), "{told}");
    server.start();
    assert!(said(&server.ponte(&["user", "show", "ada"], "")).contains("Rossi"));
    // What was seen between export and import is not remembered: for a while all requests are as if they had been.
    let page = send(&mut Agent::new(), &spid_request(&server, "_restored")).unwrap();
    let form = page.form_with(&["SAMLResponse"]).unwrap();
    let response = STANDARD.decode(form.field("SAMLResponse").unwrap()).unwrap();
    assert!(String::from_utf8(response).unwrap().contains("ErrorCode nr11"));
    server.stop();

    // On another machine, with keys of its own, by the passphrase.
    let other = Server::new();
    for file in ["other.store", "backup.store", "phrase"] {
        fs::copy(server.folder().join(file), other.folder().join(file)).unwrap();
    }
    let refused = other.try_ponte(&["store", "import", "backup.store"], "");
    let words = complained(&refused);
    assert!(words.contains("does not open with this key"), "{words}");
    assert!(!other.folder().join("data/store").exists());
    fs::write(other.folder().join("wrong"), "un'altra frase lunga\n").unwrap();
    let by = |file: &str| {
        other.try_ponte(&["store", "import", "other.store", "--passphrase-file", file], "")
    };
    assert!(complained(&by("wrong")).contains("does not open with this key"));
    let whole = fs::read(other.folder().join("other.store")).unwrap();
    fs::write(other.folder().join("other.store"), &whole[..whole.len() - 1]).unwrap();
    assert!(complained(&by("phrase")).contains("cut off"));
    fs::write(other.folder().join("other.store"), &whole).unwrap();
    let done = by("phrase");
    assert!(done.status.success(), "{}", complained(&done));
    assert!(said(&other.ponte(&["user", "show", "ada"], "")).contains("Rossi"));
}
