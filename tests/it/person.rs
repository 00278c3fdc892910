//! What is held about a person, given out and erased, by the built binary.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ponte::world::clock::Clock;
use serde_json::Value;

use crate::support::agent::Agent;
use crate::support::keys;
use crate::support::peer::Request;
use crate::support::server::Server;
use crate::support::sp::{AuthnRequest, Metadata, SPID_ENTITY};

const CODE: &str = "RSSDAA80A41H501I";

/// A request for SpidL1 to a server that runs.
fn request(server: &Server, id: &str) -> Request {
    let issued = Clock::system().now().format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
    let mut request = AuthnRequest::spid(id, &issued);
    request.destination = Some(server.url("/saml/sso"));
    request.force_authn = None;
    if let Some(requested) = &mut request.requested {
        requested.classes = vec!["https://www.spid.gov.it/SpidL1".into()];
    }
    let query = request.redirect(Some("state"), &keys::SP.signer);
    let url = server.url(&format!("/saml/sso?{query}"));
    Request { post: false, url, fields: Vec::new(), id: id.into() }
}

fn served() -> Server {
    let mut server = Server::new();
    let xml = Metadata::spid().signed(&keys::SP.signer);
    server.add_metadata("sp", &xml, SPID_ENTITY, "spid");
    server.start();
    server
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Everything is given out, answers of the register too, and nothing that is secret.
#[test]
fn all_that_is_held_is_given_out_and_no_secret() {
    let mut server = served();
    let mut ada = server.add_user("ada");
    let delivered = ada.log_in(&mut Agent::new(), &request(&server, "_one")).unwrap();
    let text = said(&server.ponte(&["person", "export", "ADA"], "").stdout);
    let whole: Value = serde_json::from_str(&text).unwrap();
    let store = &whole["store"];
    assert_eq!(store["username"], "ada");
    assert_eq!(store["identities"][0]["attributes"]["fiscalNumber"], format!("TINIT-{CODE}"));
    assert_eq!(store["identities"][0]["proofing"]["operator"], "desk 3");
    assert_eq!(store["factors"][0]["factor"], "password");
    assert!(store["activation-code"]["expires"].is_string());
    assert_eq!(store["sessions"].as_array().unwrap().len(), 1, "{text}");
    let rows = whole["register"]["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["request_id"], "_one");
    assert!(rows[0]["response_xml"].as_str().unwrap().contains("Assertion"));
    assert!(!delivered.response.is_empty());
    let code = ada.activation_code.unwrap();
    for secret in ["argon2", &code, &ada.password, "secret"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }

    server.stop();
    server.ponte(&["person", "export", "ada", "--out", "ada.json"], "");
    let path = server.folder().join("ada.json");
    use std::os::unix::fs::PermissionsExt as _;
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let again: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(again["register"], whole["register"], "without the server too");
    assert!(!server.try_ponte(&["person", "export", "eve"], "").status.success());
}

/// IC-20: erased by user name and fiscal code; what the register must keep stays, and it is said.
#[test]
fn a_person_is_erased_once_their_fiscal_code_is_typed() {
    let server = served();
    let mut ada = server.add_user("ada");
    server.add_user("bruno");
    ada.log_in(&mut Agent::new(), &request(&server, "_one")).unwrap();

    for wrong in ["", "RSSMRA85T10A562S", "ada", "RSSDAA80A41H501"] {
        let refused = server.try_ponte(&["person", "erase", "ada"], &format!("{wrong}\n"));
        assert!(!refused.status.success(), "{wrong}");
        let told = said(&refused.stderr);
        assert!(told.contains("not the fiscal code") && told.contains("nothing was erased"));
        assert!(told.contains("type the fiscal code of ada") && !told.contains(CODE), "{told}");
    }
    let erased = server.ponte(&["person", "erase", "ADA"], &format!(" {}\n", CODE.to_lowercase()));
    let told = said(&erased.stdout);
    assert!(told.contains("Erased ada: identities 1, factors 1, sessions 1."), "{told}");
    assert!(told.contains("The register keeps the answers given about them, 1 of them"), "{told}");

    let list = said(&server.ponte(&["user", "list"], "").stdout);
    assert!(!list.contains("ada") && list.contains("bruno"), "{list}");
    let search = server.ponte(&["register", "search", "--fiscal-code", CODE], "");
    assert!(said(&search.stdout).contains("_one"), "the register keeps it");
    let late = ada.log_in(&mut Agent::new(), &request(&server, "_two")).unwrap();
    let late = String::from_utf8(STANDARD.decode(late.response).unwrap()).unwrap();
    assert!(late.contains("ErrorCode nr19"), "nobody has that name: {late}");
    // Name and codes are free again, and the newcomer is another person.
    let again = server.add_user("ada");
    assert_ne!(again.activation_code, ada.activation_code);
    server.ponte(&["person", "erase", "bruno", "--fiscal-code", CODE], "");
    for row in server.log() {
        assert!(!row.to_string().contains(CODE), "{row}");
    }
}
