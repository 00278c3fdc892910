//! A server of single entities: asked when somebody comes whom nobody knows, and no more than may be.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use ponte::world::clock::Clock;

use crate::support::agent::{Agent, Page};
use crate::support::bridge::{generic, send};
use crate::support::federation::{Answer, Federation, List, instant, service_provider, single};
use crate::support::keys;
use crate::support::server::{Server, free_port};
use crate::support::sp::GENERIC_ENTITY;

fn now() -> DateTime<Utc> {
    Clock::system().now()
}

/// The path of an entity (draft-young-md-query-saml §2.2.2).
fn path(entity_id: &str) -> String {
    let digest = openssl::sha::sha1(entity_id.as_bytes());
    let digest: String = digest.iter().map(|octet| format!("{octet:02x}")).collect();
    format!("/mdq/entities/%7Bsha1%7D{digest}")
}

fn server(registry: &Federation, more: &str) -> Server {
    let server = Server::new();
    let certificate = server.folder().join("federation.crt");
    std::fs::write(certificate, &keys::FEDERATION.pair.certificate).unwrap();
    server.configure(&format!(
        "\n[[source]]\nname = \"mdq\"\nkind = \"mdq\"\nfrom = \"{}\"\nsigned-by = [\"federation.crt\"]\n\
         valid-until-days = 30\nprofile = \"generic\"\nattributes = [\"name\", \"familyName\"]\n{more}",
        registry.url("/mdq")
    ));
    server
}

fn entity(by: &keys::Keys) -> Answer {
    let until = instant(now() + TimeDelta::days(10));
    Answer::Document(single(GENERIC_ENTITY, &[&keys::SP], &until, by))
}

fn come(server: &Server, entity_id: &str) -> Page {
    let mut request = generic(server, "minimum", &["https://www.spid.gov.it/SpidL1"]);
    request.issuer.as_mut().unwrap().value = entity_id.into();
    Agent::new().get(&send(server, &request).url).unwrap()
}

#[test]
fn whom_nobody_knows_is_looked_for_once_and_then_known() {
    let registry = Federation::start(Answer::Status(404, String::new()));
    registry.answers_at(&path(GENERIC_ENTITY), entity(&keys::FEDERATION));
    let mut server = server(&registry, "");
    let mut ada = server.add_user("ada");
    server.start();
    for _ in 0..3 {
        let request = generic(&server, "minimum", &["https://www.spid.gov.it/SpidL1"]);
        let delivered = ada.log_in(&mut Agent::new(), &send(&server, &request)).unwrap();
        assert_eq!(delivered.action, "https://sp.example.org/generic/acs");
    }
    assert_eq!(registry.seen().len(), 1, "{:?}", registry.seen());
    // It is on the disk, and good without the server.
    registry.answers_at(&path(GENERIC_ENTITY), Answer::Status(500, String::new()));
    server.kill();
    server.start();
    let request = generic(&server, "minimum", &["https://www.spid.gov.it/SpidL1"]);
    ada.log_in(&mut Agent::new(), &send(&server, &request)).unwrap();
    let list = server.ponte(&["source", "list", "--json"], "");
    let rows: serde_json::Value = serde_json::from_slice(&list.stdout).unwrap();
    assert_eq!(rows[0]["entities"], 1, "{rows}");

    // Neither a server that knows nobody any more nor one that gives a list, however well signed, takes the copy away.
    let list = List::of(vec![service_provider(GENERIC_ENTITY, &[&keys::SP])], now());
    for answer in
        [Answer::Status(404, String::new()), Answer::Document(list.signed(&keys::FEDERATION))]
    {
        registry.answers_at(&path(GENERIC_ENTITY), answer);
        let before = registry.seen().len();
        server.try_ponte(&["source", "refresh", "mdq"], "");
        assert!(registry.seen().len() > before, "it was asked");
        let request = generic(&server, "minimum", &["https://www.spid.gov.it/SpidL1"]);
        ada.log_in(&mut Agent::new(), &send(&server, &request)).unwrap();
    }
}

/// Whoever answers for somebody else, or under another key, is not believed; who is unknown is asked for once in a while.
#[test]
fn only_what_is_signed_for_the_one_who_was_asked_for_is_believed() {
    let registry = Federation::start(Answer::Status(404, String::new()));
    let mut server = server(&registry, "");
    server.start();
    let other = "https://other.example.org/saml";
    let stranger = "https://stranger.example.org/saml";
    let until = instant(now() + TimeDelta::days(10));
    registry.answers_at(&path(other), entity(&keys::FEDERATION));
    let rolled = single(stranger, &[&keys::SP], &until, &keys::STRANGER);
    registry.answers_at(&path(stranger), Answer::Document(rolled));
    for entity in [other, stranger, "https://nobody.example.org/"] {
        for _ in 0..3 {
            let page = come(&server, entity);
            assert!(page.body.contains("nr10"), "{entity}: {}", page.body);
        }
        let asked = registry.seen().iter().filter(|head| head.contains(&path(entity))).count();
        assert_eq!(asked, 1, "{entity}");
    }
    let log = server.log();
    for (entity, reason) in [(other, "other-entity"), (stranger, "rolled-key")] {
        let is_it = |row: &&serde_json::Value| row["entity_id"] == entity;
        let row = log.iter().find(is_it).unwrap_or_else(|| panic!("{log:#?}"));
        assert_eq!(row["reason"], reason);
    }
    // What is no name of an entity is never asked for.
    for mad in ["file:///etc/passwd", "nobody"] {
        come(&server, mad);
        assert!(!registry.seen().iter().any(|head| head.contains(&path(mad))), "{mad}");
    }
}

/// Who comes for one entity waits neither for a renewal of another nor for who comes for another.
#[test]
fn nobody_waits_for_whom_others_ask_for() {
    let registry = Federation::start(Answer::Status(404, String::new()));
    registry.answers_at(&path(GENERIC_ENTITY), entity(&keys::FEDERATION));
    let mut server = server(&registry, "timeout-seconds = 60\n");
    server.start();
    let is_a_login = |page: &Page| page.form_with(&["username", "password"]).is_some();
    assert!(is_a_login(&come(&server, GENERIC_ENTITY)));
    let (slow, other) = ("https://slow.example.org/saml", "https://other.example.org/saml");
    for name in [GENERIC_ENTITY, slow] {
        registry.answers_at(&path(name), Answer::Silence);
    }
    let until = instant(now() + TimeDelta::days(10));
    let known = single(other, &[&keys::SP], &until, &keys::FEDERATION);
    registry.answers_at(&path(other), Answer::Document(known));
    let asked = |name: &str| registry.seen().iter().filter(|it| it.contains(&path(name))).count();
    let mut renewal = server.command(&["source", "refresh", "mdq"]);
    let mut renewal = renewal.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| come(&server, slow));
        let deadline = Instant::now() + Duration::from_secs(15);
        while asked(GENERIC_ENTITY) < 2 || asked(slow) < 1 {
            assert!(Instant::now() < deadline, "{:?}", registry.seen());
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(is_a_login(&come(&server, other)));
        assert!(renewal.try_wait().unwrap().is_none() && !waits.is_finished(), "both still wait");
        server.kill_now();
        let _no_answer = waits.join();
    });
    let _status = renewal.wait();
}

/// However many names strangers make up, a source is asked so often and no more.
#[test]
fn a_stranger_cannot_make_us_fetch_without_bound() {
    let registry = Federation::start(Answer::Status(404, String::new()));
    let mut server = server(&registry, "per-minute = 5\n");
    let monitors = free_port();
    server.configure_in("monitoring", &format!("listen = \"127.0.0.1:{monitors}\""));
    server.start();
    for number in 0..20 {
        come(&server, &format!("https://{number}.example.org/"));
    }
    let seen = registry.seen().len();
    assert!((5..=6).contains(&seen), "{seen}");
    let metrics = format!("http://127.0.0.1:{monitors}/metrics");
    let metrics = Agent::new().get(&metrics).unwrap().body;
    assert!(metrics.contains("outcome=\"over-budget\""), "{metrics}");
}

/// pyFF's MDQ server, on a port of its own, until it is dropped.
struct Pyff(Child);

impl Pyff {
    fn start(port: u16, folder: &Path) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let file = |name: &str, content: &[u8]| {
            let path = folder.join(name);
            std::fs::write(&path, content).unwrap();
            path
        };
        let (pair, metadata) = (&keys::FEDERATION.pair, folder.join("pyff"));
        std::fs::create_dir(&metadata).unwrap();
        let of_sp = service_provider(GENERIC_ENTITY, &[&keys::SP]);
        std::fs::write(metadata.join("sp.xml"), of_sp).unwrap();
        let mut child = Command::new(root.join("target/pyff/bin/python"))
            .arg(root.join("tests/clients/mdq_server.py"))
            .arg(port.to_string())
            .arg(&metadata)
            .arg(file("pyff.key", &pair.key))
            .arg(file("pyff.crt", &pair.certificate))
            .stdout(Stdio::piped())
            .spawn()
            .expect("target/pyff/bin/python is there: ./scripts/test installs it");
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
        assert_eq!(said.trim(), "ready");
        Self(child)
    }
}

impl Drop for Pyff {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _status = self.0.wait();
    }
}

/// Issue 6: a service provider whom pyFF's MDQ server alone knows logs people in; whom it does not know, nobody knows; and under another
/// key than the one that is pinned it is not believed.
#[test]
#[ignore = "needs pyFF, which ./scripts/test installs"]
fn pyffs_mdq_server_is_asked_and_believed_by_its_key() {
    let port = free_port();
    let configured = |signer: &keys::Keys| {
        let server = Server::new();
        std::fs::write(server.folder().join("pinned.crt"), &signer.pair.certificate).unwrap();
        server.configure(&format!(
            "\n[[source]]\nname = \"mdq\"\nkind = \"mdq\"\nfrom = \"http://127.0.0.1:{port}/\"\n\
             signed-by = [\"pinned.crt\"]\nvalid-until-days = 30\nprofile = \"generic\"\n\
             attributes = [\"name\", \"familyName\"]\ntimeout-seconds = 20\n"
        ));
        server
    };
    let mut server = configured(&keys::FEDERATION);
    let _pyff = Pyff::start(port, server.folder());
    let mut ada = server.add_user("ada");
    server.start();
    let request = generic(&server, "minimum", &["https://www.spid.gov.it/SpidL1"]);
    let delivered = ada.log_in(&mut Agent::new(), &send(&server, &request));
    let delivered = delivered.unwrap_or_else(|error| panic!("{error}: {:#?}", server.log()));
    assert_eq!(delivered.action, "https://sp.example.org/generic/acs");
    let nobody = come(&server, "https://nobody.example.org/");
    assert!(nobody.body.contains("nr10"), "{}", nobody.body);
    let refresh = server.try_ponte(&["source", "refresh", "mdq"], "");
    assert!(refresh.status.success(), "{refresh:?}");

    let mut other = configured(&keys::STRANGER);
    other.start();
    let page = come(&other, GENERIC_ENTITY);
    assert!(page.body.contains("nr10"), "{}", page.body);
    // The log is read a moment after the page.
    let deadline = Instant::now() + Duration::from_secs(10);
    let told = loop {
        let log = other.log();
        if let Some(row) = log.iter().find(|row| row["event"] == "source.refused") {
            break row.clone();
        }
        assert!(Instant::now() < deadline, "{log:#?}");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(told["reason"], "rolled-key", "{told}");
}
