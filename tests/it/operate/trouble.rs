//! When the machine fails: the disk full, the clock wrong, a key gone, the store taken. Each has its words, and harms
//! nobody who comes after.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::crash::spid_request;
use crate::support::agent::Agent;
use crate::support::citizen::{Citizen, send};
use crate::support::keys;
use crate::support::server::{Server, binary, free_port};
use crate::support::sp::{Metadata, SPID_ENTITY};
use crate::support::wire::{get, status};

fn ready(port: u16) -> u16 {
    status(&get(port, "/ready", "Host: any\r\n"))
}

/// A server whose room on the disk a test can take away: writes of a process beyond its limit fail as on a full disk.
fn limited() -> (Server, u16) {
    let mut server = Server::new();
    let monitors = free_port();
    server.configure_in("monitoring", &format!("listen = \"127.0.0.1:{monitors}\""));
    server.add_metadata("sp", &Metadata::spid().signed(&keys::SP.signer), SPID_ENTITY, "spid");
    let ours = server.command(&[]);
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; exec \"$0\" serve"]).arg(binary());
    command.current_dir(server.folder());
    command.envs(ours.get_envs().filter_map(|(name, value)| Some((name, value?))));
    server.start_as(command);
    (server, monitors)
}

fn room(server: &Server, bytes: &str) {
    let done = Command::new("prlimit")
        .args(["--pid", &server.id().to_string(), &format!("--fsize={bytes}:unlimited")])
        .status();
    assert!(done.unwrap().success());
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// No request is taken that could not be kept, the page says that it is our fault (nr03 or nr02) and what to do; once there is room
/// people log in again without a restart, and a login that was under way goes on.
#[test]
fn a_full_disk_is_told_and_gone_when_there_is_room() {
    let (mut server, monitors) = limited();
    let mut citizen = server.add_user("ada");
    assert_eq!(ready(monitors), 200);
    let mut agent = Agent::new();
    let under_way = send(&mut agent, &spid_request(&server, "_under-way")).unwrap();
    room(&server, "0");
    let refused = send(&mut Agent::new(), &spid_request(&server, "_refused")).unwrap();
    assert!(refused.status >= 500, "{}: {}", refused.status, refused.body);
    assert!(
        refused.body.contains("nr03")
            || refused.body.contains("nr02")
            || refused.body.contains("ErrorCode"),
        "{}",
        refused.body
    );
    until("it is not ready", || ready(monitors) == 503);
    assert_eq!(status(&get(monitors, "/health", "Host: any\r\n")), 200, "it lives");
    room(&server, "unlimited");
    until("it is ready again", || ready(monitors) == 200);
    citizen.finish(&mut agent, under_way).expect("the login goes on");
    citizen.log_in(&mut Agent::new(), &spid_request(&server, "_after")).expect("a new one too");
    server.stop();
    let output = server.try_ponte(&["check"], "");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(!said.contains("damaged"), "{said}");
}

/// A second server does not start, and says why; the first one is not harmed.
#[test]
fn a_store_that_is_taken_is_told() {
    let mut server = Server::new();
    server.start();
    let mut command = server.command(&["serve"]);
    let output =
        command.env("PONTE_SERVER_LISTEN", format!("127.0.0.1:{}", free_port())).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("in use"), "{said}");
    assert_eq!(Agent::new().get(&server.url("/")).unwrap().status, 200);
    server.stop();
}

/// Keys that are gone, empty or of somebody else at the start: nothing starts, and the file is named.
#[test]
fn a_key_that_cannot_be_used_is_named() {
    let mut server = Server::new();
    server.start();
    server.stop();
    for file in ["keys/signing.key", "keys/signing.crt", "keys/seal.key", "data/keyring.json"] {
        let path = server.folder().join(file);
        let good = std::fs::read(&path).unwrap();
        for bad in [None, Some(&b""[..]), Some(b"nonsense")] {
            match bad {
                None => std::fs::remove_file(&path).unwrap(),
                Some(bytes) => std::fs::write(&path, bytes).unwrap(),
            }
            let output = server.try_ponte(&["serve"], "");
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{file} {bad:?}: {said}");
            let name = file.rsplit('/').next().unwrap().split('.').next().unwrap();
            assert!(said.contains(name), "{file} {bad:?}: {said}");
        }
        std::fs::write(&path, &good).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    server.start();
    server.stop();
}

/// A running server holds its keys: files that go away under it change nothing, and reading again says so.
#[test]
fn keys_that_go_away_under_a_running_server_harm_nobody() {
    let mut server = Server::new();
    server.add_metadata("sp", &Metadata::spid().signed(&keys::SP.signer), SPID_ENTITY, "spid");
    server.start();
    let mut citizen = server.add_user("ada");
    for file in ["keys/signing.key", "keys/seal.key"] {
        std::fs::rename(server.folder().join(file), server.folder().join("away")).unwrap();
        server.try_ponte(&["reload"], "");
        log_in(&server, &mut citizen, &format!("_{}", file.len()));
        std::fs::rename(server.folder().join("away"), server.folder().join(file)).unwrap();
    }
    server.stop();
}

fn log_in(server: &Server, citizen: &mut Citizen, id: &str) {
    citizen.log_in(&mut Agent::new(), &spid_request(server, id)).expect("somebody logs in");
}

/// What others of the machine may read is told at the start, and by `ponte check`.
#[test]
fn folders_and_keys_that_others_may_read_are_told() {
    let mut server = Server::new();
    server.start();
    server.stop();
    let open = |file: &str, mode| {
        let path = server.folder().join(file);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    open("keys/signing.key", 0o644);
    let output = server.try_ponte(&["serve"], "");
    assert!(String::from_utf8_lossy(&output.stderr).contains("signing.key"), "{output:?}");
    assert_eq!(output.status.code(), Some(1), "a signing key that others may read is refused");
    open("keys/signing.key", 0o600);
    open("data", 0o755);
    server.start();
    let told: Vec<_> = server
        .log()
        .iter()
        .filter(|row| row["event"] == "permissions.open")
        .filter_map(|row| Some(row["path"].as_str()?.to_owned()))
        .collect();
    assert!(told.iter().any(|path| path.ends_with("data")), "{told:?}");
    assert!(!told.iter().any(|path| path.ends_with("seal.key")), "{told:?}");
    server.stop();
}
