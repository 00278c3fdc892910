//! The built server with `[smart-card]`: its settings, its listener, its commands.

use std::net::{Ipv4Addr, TcpStream};

use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};
use ponte::world::clock::Clock;

use crate::support::agent::Agent;
use crate::support::cards::{Authority, Browser, Card, Spec};
use crate::support::keys;
use crate::support::server::{Server, free_port};

/// A server whose region issues cards; nobody can be asked, and that is taken up to SpidL2.
fn with_cards() -> (Server, Authority, u16) {
    let server = Server::new();
    let region = Authority::new("Regione Esempio");
    let port = free_port();
    let folder = server.folder();
    std::fs::write(folder.join("regione.pem"), region.pem()).unwrap();
    keys::certify_localhost(&folder.join("card.crt"), &folder.join("card.key"));
    server.configure_in(
        "smart-card",
        &format!(
            "listen = \"127.0.0.1:{port}\"\nbase-url = \"https://card.localhost:{port}\"\n\
             tls = {{ certificate = \"card.crt\", key = \"card.key\" }}\nunknown-revocation = \"SpidL2\"\n"
        ),
    );
    server.configure(
        "\n[[smart-card.issuer]]\nname = \"Regione\"\nkind = \"cns\"\nauthorities = \"regione.pem\"\n",
    );
    (server, region, port)
}

/// A card of the person whom the server's tests add.
fn card(region: &Authority, serial: u32) -> Card {
    let name = format!("RSSDAA80A41H501I/{serial}.x");
    region.issue(&Spec { common_name: name, ..Spec::cns(serial, Clock::system().now()) })
}

/// A visit to the person's own pages by card; the last page.
fn enter(server: &Server, card: &Card) -> crate::support::agent::Page {
    let mut agent = Agent::new();
    let page = agent.get(&server.url("/account")).unwrap();
    let form = page.forms().into_iter().find(|form| form.action == "/account/enter").unwrap();
    let page = agent.submit(&page, &form, &[]).unwrap();
    let link = format!("{}?by=smart-card", page.url.path());
    let page = agent.get(page.url.join(&link).unwrap().as_str()).unwrap();
    let form = page.forms().into_iter().find(|it| it.action.ends_with("/smart-card")).unwrap();
    let gone = agent.submit_once(&page, &form, &[]).unwrap();
    let back = Browser::with(card).show(gone.header("location").unwrap());
    agent.get(&back).unwrap()
}

/// TS-04, IC-02: a card enters the person's own pages, is shown to operators with its serial number, a second one is
/// approved by command, and one that was taken away stays away; what is bound outlasts a kill.
#[test]
fn ts_04_cards_by_command() {
    let (mut server, region, _) = with_cards();
    let told = |output: std::process::Output| String::from_utf8(output.stdout).unwrap();
    let checked = told(server.try_ponte(&["check"], ""));
    assert!(checked.contains("smart card: Regione at https://card.localhost"), "{checked}");
    assert!(checked.contains("nobody can be asked whether its cards were revoked"), "{checked}");
    server.add_user("ada");
    server.start();
    let (first, second) = (card(&region, 0x1a), card(&region, 0x1b));
    assert_eq!(enter(&server, &first).url.path(), "/account/sessions");
    assert!(enter(&server, &second).body.contains("Questa carta aspetta"));
    server.kill();
    server.start();
    let shown = told(server.ponte(&["user", "show", "ada"], ""));
    assert!(
        shown.contains("card 1A, RSSDAA80A41H501I/26.x, issued by Regione Esempio (Regione)"),
        "{shown}"
    );
    assert!(shown.contains("SmartCard, Pending"), "{shown}");
    let found = told(server.ponte(&["user", "card", "find", "1b"], ""));
    assert!(found.contains("ada: Pending"), "{found}");
    let done = told(server.ponte(&["user", "card", "approve", "ada", "1B"], ""));
    assert_eq!(done.trim(), "The card 1B of ada counts.");
    assert_eq!(enter(&server, &second).url.path(), "/account/sessions");
    server.ponte(&["user", "card", "revoke", "ada", "1A"], "");
    assert!(enter(&server, &first).body.contains("non vale più qui"));
    assert_eq!(enter(&server, &second).url.path(), "/account/sessions");
    let export = told(server.ponte(&["person", "export", "ada"], ""));
    assert!(export.contains("RSSDAA80A41H501I/27.x"), "{export}");
    server.ponte(&["person", "erase", "ada", "--fiscal-code", "RSSDAA80A41H501I"], "");
    assert!(enter(&server, &second).body.contains("Non sei registrato qui"));
    let found = told(server.ponte(&["user", "card", "find", "1b"], ""));
    assert!(found.contains("Nobody has a card"), "{found}");
    let events = server.events();
    for event in ["card.shown", "card.bound", "card.waits", "card.held", "card.set"] {
        assert!(events.iter().any(|one| one == event), "{event}: {events:?}");
    }
    server.stop();
}

/// `ponte reload` reads the listener's certificate again; one that is broken leaves the one before, and is said.
#[test]
fn the_listeners_certificate_is_read_again() {
    let (mut server, _, port) = with_cards();
    server.start();
    let shown = || {
        let mut connector = SslConnector::builder(SslMethod::tls_client()).unwrap();
        connector.set_verify(SslVerifyMode::NONE);
        let configured = connector.build().configure().unwrap().verify_hostname(false);
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        let stream = configured.connect("card.localhost", stream).unwrap();
        stream.ssl().peer_certificate().unwrap().to_der().unwrap()
    };
    let before = shown();
    let (certificate, key) = (server.folder().join("card.crt"), server.folder().join("card.key"));
    keys::certify_localhost(&certificate, &key);
    assert_eq!(shown(), before, "not by itself");
    let told = String::from_utf8(server.ponte(&["reload"], "").stdout).unwrap();
    assert!(told.contains("Taken: the certificate of the smart-card listener"), "{told}");
    let after = shown();
    assert_ne!(after, before);
    std::fs::write(&certificate, "nothing").unwrap();
    let output = server.try_ponte(&["reload"], "");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && told.contains("card.crt"), "{told}");
    assert_eq!(shown(), after);
    server.stop();
}

/// Settings with which cards cannot be taken are refused in words, and name their key.
#[test]
fn settings_of_cards_are_held_to_their_rules() {
    for (from, to, said) in [
        ("https://card.localhost", "http://card.localhost", "smart-card.base-url"),
        ("kind = \"cns\"\nauthorities", "kind = \"eid\"\nauthorities", "smart-card.issuer[1].kind"),
        ("revocation = \"SpidL2\"\n", "revocation = \"SpidL3\"\n", "smart-card.unknown-revocation"),
        (
            "authorities = \"regione.pem\"",
            "authorities = \"nothing.pem\"",
            "nothing.pem could not be read",
        ),
        ("name = \"Regione\"\nkind", "name = \" \"\nkind", "smart-card.issuer[1].name"),
    ] {
        let (server, _, _) = with_cards();
        server.reconfigure(from, to);
        let output = server.try_ponte(&["check"], "");
        let told = String::from_utf8(output.stdout).unwrap();
        assert!(!output.status.success() && told.contains(said), "{said}: {told}");
    }
}
