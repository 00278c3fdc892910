//! Whatever a source does, logins go on with the last good copy, the log and the metrics name the case, and the copy stays
//! (threats, metadata): a real server, a real registry over TLS, real logins.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use ponte::assurance::class_ref::ClassRef;
use ponte::partners::source::shelf::Shelf;
use ponte::world::clock::Clock;
use serde_json::Value;

use crate::support::agent::Agent;
use crate::support::bridge::{HONEST, Stubbed, answer, generic, send};
use crate::support::citizen::Citizen;
use crate::support::federation::{
    Answer, Federation, List, ServerCertificate, identity_provider, instant, service_provider,
};
use crate::support::keys::{self, Keys};
use crate::support::server::{Server, free_port};
use crate::support::sp::GENERIC_ENTITY;

fn now() -> DateTime<Utc> {
    Clock::system().now()
}

/// Who signs the federation's list.
fn federation() -> &'static Keys {
    &keys::FEDERATION
}

/// Service provider, identity provider and `more` who only fill the list.
fn list_of(more: usize) -> List {
    let name = |number| format!("https://{number}.example.org/saml");
    let mut entities = vec![service_provider(GENERIC_ENTITY, &[&keys::SP]), identity_provider()];
    entities.extend((0..more).map(|number| service_provider(&name(number), &[&keys::SP])));
    List::of(entities, now())
}

fn list() -> List {
    list_of(3)
}

/// How many more make a list too long to be read whole.
const LONG: usize = 160;

fn later(days: i64) -> Option<String> {
    Some(instant(now() + TimeDelta::days(days)))
}

/// A server whose one service provider, and whose one upstream, come by a source.
struct Chaos {
    hub: Stubbed,
    registry: Federation,
    ada: Citizen,
    served: ServerCertificate,
    monitors: u16,
}

/// The lines of a source of the tests.
fn settled(url: &str) -> String {
    format!(
        "\n[[source]]\nname = \"federazione\"\nkind = \"url\"\nfrom = \"{url}\"\nprovides = \"both\"\n\
         signed-by = [\"federation.crt\"]\nvalid-until-days = 30\ntimeout-seconds = 2\nsize-kib = 4096\n\
         authorities = \"tls.pem\"\nprofile = \"generic\"\naccounts = \"pass-through\"\n\
         attributes = [\"name\", \"familyName\", \"fiscalNumber\"]\n"
    )
}

impl Chaos {
    fn new(first: &str) -> Self {
        let served = ServerCertificate::new(now() - TimeDelta::days(1), now() + TimeDelta::days(2));
        let registry = Federation::start_with_tls(Answer::Document(first.into()), &served);
        let mut server = Server::new();
        let file = |name: &str| server.folder().join(name);
        std::fs::write(file("federation.crt"), &federation().pair.certificate).unwrap();
        served.believe(&file("tls.pem"));
        server.configure(
            "\n[[relying-party]]\nid = \"ente\"\ntrial = true\nattributes = [\"name\", \"fiscalNumber\"]\n",
        );
        server.configure(&settled(&registry.url("/metadata.xml")));
        server.configure(
            "\n[[upstream]]\nid = \"onesto\"\nprofile = \"spid\"\nrelying-party = \"ente\"\nsource = \"federazione\"\n",
        );
        let monitors = free_port();
        server.configure_in("monitoring", &format!("listen = \"127.0.0.1:{monitors}\""));
        let ada = server.add_user("ada");
        server.start();
        Self { hub: Stubbed { hub: server }, registry, ada, served, monitors }
    }

    fn server(&self) -> &Server {
        &self.hub.hub
    }

    /// Waits until the source has given what is in use.
    fn settle(&self) {
        until(|| self.row()["state"] == "good", &|| self.server().log());
    }

    fn row(&self) -> Value {
        row(self.server())
    }

    /// Has the source asked; what came of it.
    fn refresh(&self) -> String {
        let output = self.server().try_ponte(&["source", "refresh", "federazione", "--json"], "");
        let told: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        let outcome = told["outcome"].as_str().unwrap().to_owned();
        let is_fine = ["taken", "same"].contains(&outcome.as_str());
        assert_eq!(output.status.success(), is_fine, "{told}");
        outcome
    }

    /// A person logs in with their password, and another by the identity provider of the list.
    fn people_log_in(&mut self, what: &str) {
        let request = generic(&self.hub.hub, "minimum", &["https://www.spid.gov.it/SpidL1"]);
        let to_idp = send(&self.hub.hub, &request);
        let own = self.ada.log_in(&mut Agent::new(), &to_idp);
        let own = own.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(own.action, "https://sp.example.org/generic/acs", "{what}");
        let mut agent = Agent::new();
        let request = generic(&self.hub.hub, "minimum", &["https://www.spid.gov.it/SpidL1"]);
        let question = self.hub.ask(&mut agent, &request, HONEST);
        let said = self.hub.says(HONEST, &question, ClassRef::SpidL1, "RSSMRA80A01H501U");
        let page = self.hub.bring(&mut agent, &said);
        let xml = answer(&mut agent, page);
        assert!(xml.contains("status:Success"), "{what}: {xml}");
    }

    fn metrics(&self) -> String {
        Agent::new().get(&format!("http://127.0.0.1:{}/metrics", self.monitors)).unwrap().body
    }
}

fn row(server: &Server) -> Value {
    let output = server.ponte(&["source", "show", "federazione", "--json"], "");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn until(is_so: impl Fn() -> bool, log: &dyn Fn() -> Vec<Value>) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < deadline, "{:#?}", log());
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Every file of the source on the disk, but what waits for a person.
fn copies(server: &Server) -> BTreeMap<String, Vec<u8>> {
    let folder = server.folder().join("data/sources/federazione");
    let files = std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let notes = files.filter(|path| name(path).starts_with("good-")).map(|path| {
        let note: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let sha256 = note["sha256"].as_str().unwrap();
        let copy = if note["list"] == true {
            let list = Shelf::list_of(note["document"].as_str().unwrap());
            path.with_file_name("lists").join(format!("{list}-{sha256}.xml"))
        } else {
            path.with_file_name(format!("{sha256}.xml"))
        };
        (name(&path), std::fs::read(copy).unwrap())
    });
    notes.collect()
}

/// Issue 6: 404, 405, 500, time-out, expired TLS certificate, empty list, HTML in place of XML, truncated, rolled key, wrong
/// signature, older version, duplicate entityID, our own entityID; and whatever else a registry may do.
#[test]
fn threats_metadata_whatever_a_registry_does_logins_go_on_with_the_last_good_copy() {
    whatever_a_registry_does(&list(), "structure");
}

/// The same of a list that is too long to be read whole; in such a one lists may be, so what is twice in it is there twice.
#[test]
fn threats_metadata_whatever_a_registry_does_to_a_long_list() {
    whatever_a_registry_does(&list_of(LONG), "twice");
}

fn whatever_a_registry_does(list: &List, of_inner: &'static str) {
    let good = list.signed(federation());
    let mut chaos = Chaos::new(&good);
    chaos.settle();
    chaos.people_log_in("at first");
    let kept = copies(chaos.server());
    assert_eq!(kept.values().next().map(Vec::as_slice), Some(good.as_bytes()));
    let signed = |change: &dyn Fn(&mut List)| {
        let mut list = List { valid_until: later(11), ..list.clone() };
        change(&mut list);
        Answer::Document(list.signed(federation()))
    };
    let newer = || List { valid_until: later(11), ..list.clone() };
    let us = chaos.server().url("/metadata");
    let ente = chaos.server().url("/sp/ente");
    let whole = newer().signed(federation());
    let forged = whole.replacen(GENERIC_ENTITY, "https://evil.example.org/", 1);
    let value = whole.find("<ds:SignatureValue>").unwrap() + 40;
    let other = if &whole[value..=value] == "A" { "B" } else { "A" };
    let wrong = format!("{}{other}{}", &whole[..value], &whole[value + 1..]);
    let html = "<!DOCTYPE html><html><head><title>Manutenzione</title></head></html>";
    let cases: Vec<(&str, Answer, &str)> = vec![
        ("404", Answer::Status(404, "no".into()), "status"),
        ("405", Answer::Status(405, String::new()), "status"),
        ("500", Answer::Status(500, html.into()), "status"),
        ("204", Answer::Status(204, String::new()), "status"),
        ("304 though nothing was said", Answer::Status(304, String::new()), "same"),
        ("time-out", Answer::Silence, "too-slow"),
        ("moved", Answer::Redirect("https://evil.example.org/".into()), "redirect"),
        ("cut off", Answer::Cut(whole.clone()), "unreachable"),
        ("empty", Answer::Document(" ".into()), "truncated"),
        ("empty list", signed(&|it| it.entities.clear()), "nobody"),
        ("HTML", Answer::Document(html.into()), "html"),
        ("truncated", Answer::Document(whole[..whole.len() - 60].into()), "truncated"),
        ("rolled key", Answer::Document(newer().signed(&keys::STRANGER)), "rolled-key"),
        ("wrong signature", Answer::Document(wrong), "wrong-signature"),
        ("forged", Answer::Document(forged), "altered"),
        ("unsigned", Answer::Document(newer().unsigned()), "unsigned"),
        ("older", signed(&|it| it.valid_until = later(5)), "older"),
        ("expired", signed(&|it| it.valid_until = later(-1)), "expired"),
        ("too far", signed(&|it| it.valid_until = later(90)), "valid-until-far"),
        ("without an end", signed(&|it| it.valid_until = None), "valid-until-missing"),
        ("twice", signed(&|it| it.entities.push(it.entities[0].clone())), "twice"),
        (
            "our own entityID",
            signed(&|it| it.entities.push(service_provider(&us, &[&keys::SP]))),
            "ourselves",
        ),
        (
            "our own as a relying party",
            signed(&|it| it.entities.push(service_provider(&ente, &[&keys::SP]))),
            "ourselves",
        ),
        ("shrunk", signed(&|it| it.entities.truncate(2)), "shrunk"),
        (
            "a list in the list",
            signed(&|it| it.entities.push(list.unsigned().replace("_list", "_inner"))),
            of_inner,
        ),
        ("too large", Answer::Document(format!("<a>{}</a>", "x".repeat(300 * 1024))), "too-large"),
    ];
    let mut told: BTreeMap<&str, usize> = BTreeMap::new();
    for (what, answer, reason) in cases {
        chaos.registry.answers(answer);
        assert_eq!(chaos.refresh(), reason, "{what}");
        *told.entry(reason).or_default() += 1;
        chaos.people_log_in(what);
        assert_eq!(copies(chaos.server()), kept, "{what}");
    }
    // The certificate of the registry's TLS has ended; it is of an authority that is believed.
    let ended = ServerCertificate::new(now() - TimeDelta::days(9), now() - TimeDelta::days(1));
    chaos.registry.shows(&ended);
    chaos.registry.answers(Answer::Document(whole.clone()));
    assert_eq!(chaos.refresh(), "certificate");
    told.insert("certificate", 1);
    chaos.people_log_in("expired TLS certificate");
    assert_eq!(copies(chaos.server()), kept);

    let log = chaos.server().log();
    let metrics = chaos.metrics();
    for (reason, times) in &told {
        if *reason != "same" {
            let logged = log
                .iter()
                .filter(|row| row["event"] == "source.refused" && row["reason"] == *reason);
            assert_eq!(logged.count(), *times, "{reason}");
        }
        let line =
            format!("ponte_source_refreshes_total{{source=\"federazione\",outcome=\"{reason}\"}}");
        assert!(metrics.contains(&line), "{line}\n{metrics}");
    }
    assert!(metrics.contains("ponte_source_waiting{name=\"federazione\"} 1"), "{metrics}");

    // A restart while the source is of no use: the copy is read, verified again, and used.
    chaos.hub.hub.kill();
    chaos.hub.hub.start();
    chaos.people_log_in("after a restart");
    assert_eq!(copies(chaos.server()), kept);

    // And once the registry is well again, what it gives is taken.
    chaos.registry.shows(&chaos.served);
    assert_eq!(chaos.refresh(), "taken");
    chaos.people_log_in("at last");
    assert_eq!(copies(chaos.server()).values().next().map(Vec::as_slice), Some(whole.as_bytes()));
    assert_eq!(chaos.refresh(), "same");
    let seen = chaos.registry.seen();
    assert!(seen.last().unwrap().to_ascii_lowercase().contains("if-none-match"), "{seen:?}");
}

/// A new signing key of a source is a ceremony: shown, compared, accepted by a fingerprint that the person has from elsewhere.
#[test]
fn a_rolled_key_is_believed_once_a_person_has_said_its_fingerprint() {
    a_rolled_key_is_believed(&list(), true);
}

/// The same of a list that is too long to be read whole: what it changes is not shown.
#[test]
fn a_rolled_key_of_a_long_list_is_believed_once_a_person_has_said_its_fingerprint() {
    a_rolled_key_is_believed(&list_of(LONG), false);
}

fn a_rolled_key_is_believed(list: &List, shows_changes: bool) {
    let mut chaos = Chaos::new(&list.signed(federation()));
    chaos.settle();
    let mut changed = List { valid_until: later(11), ..list.clone() };
    changed.entities.remove(4);
    chaos.registry.answers(Answer::Document(changed.signed(&keys::STRANGER)));
    assert_eq!(chaos.refresh(), "rolled-key");
    let row = chaos.row();
    let waits = &row["waiting"];
    assert_eq!(waits["why"]["reason"], "rolled-key");
    assert_eq!(waits["of-key"], true);
    let changes = waits["changes"].to_string();
    assert_eq!(changes.contains("https://2.example.org/saml"), shows_changes, "{waits}");
    let fingerprint = waits["fingerprint"].as_str().unwrap().to_owned();
    let said = |fingerprint: &str| {
        let asked = ["source", "accept", "federazione", "--fingerprint", fingerprint];
        chaos.server().try_ponte(&asked, "")
    };
    let own = row["keys"][0]["fingerprint"].as_str().unwrap();
    for wrong in [own, "", &fingerprint[..63], "00"] {
        let output = said(wrong);
        assert_eq!(output.status.code(), Some(1), "{wrong}");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!told.contains(&fingerprint), "it is not given away: {told}");
    }
    assert_eq!(chaos.row()["documents"][0]["signer"], own, "nothing was taken");
    // As it is printed elsewhere, and typed where it is asked for: the terminal does not show it before.
    let printed: Vec<String> = fingerprint
        .to_uppercase()
        .as_bytes()
        .chunks(2)
        .map(|pair| String::from_utf8_lossy(pair).into_owned())
        .collect();
    let typed = format!("{}\n", printed.join(":"));
    let output = chaos.server().try_ponte(&["source", "accept", "federazione"], &typed);
    let asked = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{asked}");
    assert!(!asked.contains(&fingerprint), "who types it has it from elsewhere: {asked}");
    assert!(asked.contains("believed now") && asked.contains(own), "{asked}");
    let row = chaos.row();
    assert_eq!(row["documents"][0]["signer"], fingerprint.as_str());
    assert_eq!(row["waiting"], Value::Null);
    let log = chaos.server().log();
    let audited = log.iter().find(|row| row["event"] == "source.accepted").unwrap();
    assert_eq!(audited["fingerprint"], fingerprint.as_str());
    assert!(audited["by"].is_u64(), "{audited}");
    chaos.people_log_in("after the ceremony");
    // It is remembered.
    chaos.hub.hub.kill();
    chaos.registry.answers(Answer::Status(503, String::new()));
    chaos.hub.hub.start();
    chaos.people_log_in("after a restart");
    let nothing = chaos.server().try_ponte(&["source", "accept", "federazione"], "");
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("nothing"), "{nothing:?}");
}

/// Somebody who is killed in the middle leaves the copy before or the one after, whole.
#[test]
fn a_server_that_is_killed_while_it_takes_a_copy_has_the_old_or_the_new_one() {
    killed_while_it_takes(3);
}

#[test]
fn a_server_that_is_killed_while_it_takes_a_long_list_has_the_old_or_the_new_one() {
    killed_while_it_takes(LONG);
}

fn killed_while_it_takes(more: usize) {
    let versions: Vec<String> = (0..12)
        .map(|number| {
            let until = now() + TimeDelta::days(10) + TimeDelta::hours(number);
            List { valid_until: Some(instant(until)), ..list_of(more) }.signed(federation())
        })
        .collect();
    let mut chaos = Chaos::new(&versions[0]);
    chaos.settle();
    for (number, version) in versions.iter().enumerate().skip(1) {
        chaos.registry.answers(Answer::Document(version.clone()));
        let asked = ["source", "refresh", "federazione"];
        let mut asking = chaos.server().command(&asked);
        asking.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        let mut asking = asking.spawn().unwrap();
        std::thread::sleep(Duration::from_millis(10 + 4 * number as u64));
        chaos.hub.hub.kill();
        let _refused = asking.wait();
        let copy = copies(chaos.server()).into_values().next().unwrap();
        let copy = String::from_utf8(copy).unwrap();
        assert!(versions[..=number].contains(&copy), "{number}: a copy that nobody gave");
        chaos.registry.answers(Answer::Status(503, String::new()));
        chaos.hub.hub.start();
        let row = chaos.row();
        assert!(["good", "stale"].contains(&row["state"].as_str().unwrap()), "{row}");
    }
    chaos.people_log_in("after all");
}

/// What was good until a moment ago is not believed any more, and lies on the disk all the same.
#[test]
fn after_its_valid_until_a_copy_is_not_believed() {
    let soon = now() + TimeDelta::seconds(15);
    let list = List { valid_until: Some(instant(soon)), ..list() };
    let chaos = Chaos::new(&list.signed(federation()));
    chaos.settle();
    let ask = || {
        let request = generic(&chaos.hub.hub, "minimum", &["https://www.spid.gov.it/SpidL1"]);
        Agent::new().get(&send(&chaos.hub.hub, &request).url).unwrap()
    };
    assert_eq!(ask().status, 200, "while it is good");
    chaos.registry.answers(Answer::Status(404, String::new()));
    let kept = copies(chaos.server());
    until(|| now() > soon + TimeDelta::seconds(1), &Vec::new);
    let page = ask();
    assert!(page.body.contains("nr10"), "{}", page.body);
    assert_eq!(chaos.row()["state"], "expired");
    assert_eq!(copies(chaos.server()), kept);
    let check = chaos.server().try_ponte(&["check"], "");
    let told = String::from_utf8_lossy(&check.stdout).into_owned();
    assert!(told.contains("ERROR    source federazione") && told.contains("expired"), "{told}");
}
