//! Long lists at rest: a start reads their index and not the list, and what is not as we wrote it is verified anew or not used.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use ponte::partners::source::shelf::Shelf;
use ponte::world::clock::Clock;
use serde_json::Value;

use crate::support::agent::{Agent, Page};
use crate::support::bridge::{generic, send};
use crate::support::citizen::Citizen;
use crate::support::federation::{List, instant, service_provider};
use crate::support::keys;
use crate::support::server::Server;
use crate::support::sp::{GENERIC_ENTITY, Metadata};

fn now() -> DateTime<Utc> {
    Clock::system().now()
}

/// A service provider and so many more that it is a long list.
fn list() -> List {
    let more = (0..160).map(|number| format!("https://{number}.example.org/saml"));
    let names = more.chain([GENERIC_ENTITY.to_owned()]);
    List::of(names.map(|name| service_provider(&name, &[&keys::SP])).collect(), now())
}

struct Listed {
    server: Server,
    ada: Citizen,
}

impl Listed {
    fn new(more: &str) -> Self {
        let mut server = Server::new();
        let file = |name: &str| server.folder().join(name);
        fs::write(file("federation.crt"), &keys::FEDERATION.pair.certificate).unwrap();
        fs::write(file("list.xml"), list().signed(&keys::FEDERATION)).unwrap();
        server.configure(&format!(
            "\n[[source]]\nname = \"federazione\"\nkind = \"file\"\nfrom = \"list.xml\"\n\
             signed-by = [\"federation.crt\"]\nvalid-until-days = 30\nprofile = \"generic\"\n\
             attributes = [\"name\", \"familyName\"]\n{more}"
        ));
        let ada = server.add_user("ada");
        server.start();
        let listed = Self { server, ada };
        listed.settle();
        listed
    }

    /// Waits until the source has given what is in use.
    fn settle(&self) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.row()["state"] != "good" {
            assert!(Instant::now() < deadline, "{:#?}", self.server.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn logs_in(&mut self) {
        let request = generic(&self.server, "minimum", &["https://www.spid.gov.it/SpidL1"]);
        let delivered = self.ada.log_in(&mut Agent::new(), &send(&self.server, &request)).unwrap();
        assert_eq!(delivered.action, "https://sp.example.org/generic/acs");
    }

    fn asks(&self) -> Page {
        let request = generic(&self.server, "minimum", &["https://www.spid.gov.it/SpidL1"]);
        Agent::new().get(&send(&self.server, &request).url).unwrap()
    }

    fn restart(&mut self) {
        self.server.kill();
        self.server.start();
    }

    fn told(&self, event: &str) -> usize {
        self.server.log().iter().filter(|row| row["event"] == event).count()
    }

    fn of_list(&self, end: &str) -> PathBuf {
        let folder = self.server.folder().join("data/sources/federazione/lists");
        let name = Shelf::list_of("document");
        let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
        let mut found = files.filter(|path| {
            let file = path.file_name().unwrap().to_str().unwrap();
            file.starts_with(&name) && file.ends_with(end)
        });
        let path = found.next().unwrap();
        assert!(found.next().is_none(), "one alone");
        path
    }

    fn row(&self) -> Value {
        let output = self.server.ponte(&["source", "show", "federazione", "--json"], "");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

#[test]
fn a_start_reads_the_index_and_what_is_not_ours_is_verified_anew() {
    let mut listed = Listed::new("");
    listed.logs_in();
    assert_eq!(listed.row()["entities"], 161);
    // Which service provider it is, and where from, is told without having all of them at hand.
    let shown = listed.server.ponte(&["sp", "show", GENERIC_ENTITY], "");
    assert!(String::from_utf8_lossy(&shown.stdout).contains("federazione"), "{shown:?}");
    let nobody = listed.server.try_ponte(&["sp", "show", "https://nobody.example.org/"], "");
    assert_eq!(nobody.status.code(), Some(1));
    let check = listed.server.try_ponte(&["check"], "");
    let told = String::from_utf8_lossy(&check.stdout).into_owned();
    assert!(told.contains("161 more in long lists of the source federazione"), "{told}");

    // Without the file the list was taken from, and without a pass over the copy.
    fs::remove_file(listed.server.folder().join("list.xml")).unwrap();
    listed.restart();
    listed.logs_in();
    assert_eq!(listed.told("source.list-anew"), 0);

    // An index in which one octet is another is not ours. Whoever only looks leaves it as it is.
    let index = listed.of_list(".index");
    let mut octets = fs::read(&index).unwrap();
    let at = octets.len() / 2;
    octets[at] ^= 1;
    fs::write(&index, &octets).unwrap();
    listed.server.kill();
    let check = listed.server.try_ponte(&["check"], "");
    let told = String::from_utf8_lossy(&check.stdout).into_owned();
    assert!(told.contains("the server verifies the list anew"), "{told}");
    assert_eq!(fs::read(&index).unwrap(), octets);
    listed.server.start();
    assert_eq!(listed.told("source.list-anew"), 1);
    listed.logs_in();
    listed.restart();
    assert_eq!(listed.told("source.list-anew"), 1, "once is enough");

    // No index: the same. No note of the list: the index tells as much.
    fs::remove_file(&index).unwrap();
    listed.restart();
    assert_eq!(listed.told("source.list-anew"), 2);
    listed.logs_in();

    // Of a copy in which an entity is another, that entity is not used, whatever it says; the others are.
    let copy = listed.of_list(".xml");
    let text = fs::read_to_string(&copy).unwrap();
    // The last of the list is the one who asks.
    let (before, after) = text.split_at(text.rfind("https://sp.example.org/generic/acs").unwrap());
    let forged = format!("{before}{}", after.replacen("sp.example.org", "sp.examp1e.org", 1));
    assert_eq!(forged.len(), text.len());
    fs::write(&copy, forged).unwrap();
    listed.restart();
    let page = listed.asks();
    assert!(page.body.contains("nr10"), "{}", page.body);
    let other = listed.server.ponte(&["sp", "show", "https://7.example.org/saml"], "");
    assert!(String::from_utf8_lossy(&other.stdout).contains("federazione"));
    // And a whole that is another is nothing that could be verified.
    fs::remove_file(&index).unwrap();
    listed.restart();
    assert_eq!(listed.told("source.copy-refused"), 1);
    assert_eq!(listed.row()["state"], "nothing");
}

#[test]
fn who_is_settled_elsewhere_is_not_taken_from_a_list() {
    let mut listed = Listed::new("deny = [\"https://7.example.org/saml\"]\n");
    let shown = listed.server.try_ponte(&["sp", "show", "https://7.example.org/saml"], "");
    assert_eq!(shown.status.code(), Some(1), "it is denied");
    listed.logs_in();
    // A file of our own goes first, whenever it comes.
    let own = Metadata::generic().unsigned();
    let folder = listed.server.folder().join("metadata/sp");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("own.xml"), own).unwrap();
    listed.server.ponte(&["reload"], "");
    let shown = listed.server.ponte(&["sp", "show", GENERIC_ENTITY], "");
    let told = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(told.contains("own.xml") && !told.contains("federazione"), "{told}");
    fs::remove_file(folder.join("own.xml")).unwrap();
    listed.server.ponte(&["reload"], "");
    listed.logs_in();

    // The list shrinks: it waits for a person, and is meant.
    let few = List { entities: list().entities.split_off(158), ..list() };
    let few = List { valid_until: Some(instant(now() + TimeDelta::days(11))), ..few };
    fs::write(listed.server.folder().join("list.xml"), few.signed(&keys::FEDERATION)).unwrap();
    let asked = listed.server.try_ponte(&["source", "refresh", "federazione"], "");
    assert_eq!(asked.status.code(), Some(1), "{asked:?}");
    assert_eq!(listed.row()["waiting"]["why"]["reason"], "shrunk");
    assert_eq!(listed.row()["entities"], 161);
    listed.logs_in();
    let fingerprint = listed.row()["waiting"]["fingerprint"].as_str().unwrap().to_owned();
    listed.server.ponte(&["source", "accept", "federazione", "--fingerprint", &fingerprint], "");
    assert_eq!(listed.row()["entities"], 3);
    listed.logs_in();
    listed.restart();
    listed.logs_in();
}
