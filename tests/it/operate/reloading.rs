//! What a running server reads again, and what it keeps when a file is broken.

use std::time::{Duration, Instant};

use crate::crash::spid_request;
use crate::support::agent::Agent;
use crate::support::citizen::send;
use crate::support::keys;
use crate::support::server::Server;
use crate::support::sp::{Metadata, SPID_ENTITY};

/// Whether a login opens for the service provider of the tests.
fn is_answered(server: &Server, id: &str) -> bool {
    let request = spid_request(server, id);
    let page = send(&mut Agent::new(), &request).unwrap();
    page.url.path().starts_with("/login/")
}

/// A broken file never replaces what was good, and the command says which file it is.
#[test]
fn a_partner_whose_file_breaks_stays_as_it_was() {
    let mut server = Server::new();
    server.add_metadata("sp", &Metadata::spid().signed(&keys::SP.signer), SPID_ENTITY, "spid");
    server.start();
    assert!(is_answered(&server, "_before"));
    let path = server.folder().join("metadata/sp/sp.xml");
    let good = std::fs::read_to_string(&path).unwrap();
    for (number, broken) in ["<EntityDescriptor", "", &good[..good.len() / 2]].iter().enumerate() {
        std::fs::write(&path, broken).unwrap();
        let output = server.try_ponte(&["reload"], "");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(path.file_name().unwrap().to_str().unwrap()), "{said}");
        assert!(is_answered(&server, &format!("_{number}")), "the partner is answered as before");
    }
    // One that its administrator disables meanwhile is refused all the same.
    let config = server.folder().join("ponte.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("{text}disabled = true\n")).unwrap();
    server.try_ponte(&["reload"], "");
    assert!(!is_answered(&server, "_after-0"), "disabled");
    std::fs::write(&config, &text).unwrap();
    std::fs::write(&path, &good).unwrap();
    server.ponte(&["reload"], "");
    assert!(is_answered(&server, "_after-1"));
    std::fs::remove_file(&path).unwrap();
    server.ponte(&["reload"], "");
    assert!(!is_answered(&server, "_after-2"), "one that was taken away is gone");
    server.stop();
}

/// A broken configuration changes nothing; a good one takes effect as far as it can, and says what waits.
#[test]
fn settings_are_read_again() {
    let mut server = Server::new();
    server.start();
    let config = server.folder().join("ponte.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("{text}\nnonsense = 1\n")).unwrap();
    server.signal("-HUP");
    let deadline = Instant::now() + Duration::from_secs(20);
    while !server.events().contains(&"reload.failed".to_owned()) {
        assert!(Instant::now() < deadline, "it says so");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(Agent::new().get(&server.url("/")).unwrap().status, 200);
    std::fs::write(&config, &text).unwrap();
    server.configure_in("limits", "address-per-minute = 3");
    server.configure_in("login", "timeout-seconds = 600");
    let said = String::from_utf8(server.ponte(&["reload"], "").stdout).unwrap();
    assert!(said.contains("Taken: limits"), "{said}");
    assert!(said.contains("Waits for a restart: login"), "{said}");
    let mut agent = Agent::new();
    let asked: Vec<u16> =
        (0..5).map(|_| agent.get(&server.url("/saml/sso")).unwrap().status).collect();
    assert_eq!(asked.last(), Some(&429), "{asked:?}");
    server.stop();
}

#[test]
fn without_a_server_there_is_nothing_to_read_again() {
    let server = Server::new();
    let output = server.try_ponte(&["reload"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no server is running"));
}
