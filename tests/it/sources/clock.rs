//! The machine's clock is set, forth and back: nothing that a source gives is judged by it, the copy stays, logins go on.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use ponte::world::clock::Clock;
use serde_json::Value;

use crate::support::agent::{Agent, Page};
use crate::support::bridge::{generic, send};
use crate::support::federation::{List, instant, service_provider};
use crate::support::keys;
use crate::support::server::{Server, free_port};
use crate::support::sp::GENERIC_ENTITY;

fn list(days: i64) -> String {
    let entities = vec![service_provider(GENERIC_ENTITY, &[&keys::SP])];
    let now = Clock::system().now();
    let until = Some(instant(now + TimeDelta::days(days)));
    List { valid_until: until, ..List::of(entities, now) }.signed(&keys::FEDERATION)
}

/// The library that says to a process what time it is.
fn library(folder: &Path) -> String {
    let library = folder.join("clock.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/clock.c");
    let made = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .args([&library, &source])
        .status()
        .expect("cc is there: ponte is built with it");
    assert!(made.success());
    library.display().to_string()
}

fn row(server: &Server) -> Value {
    let output = server.ponte(&["source", "show", "federazione", "--json"], "");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn refresh(server: &Server) -> String {
    let output = server.try_ponte(&["source", "refresh", "federazione", "--json"], "");
    let told: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    told["outcome"].as_str().unwrap().to_owned()
}

/// A service provider whose clock is set as ours is asks.
fn asks(server: &Server, ahead: TimeDelta) -> Page {
    let mut request = generic(server, "minimum", &["https://www.spid.gov.it/SpidL1"]);
    let now: DateTime<Utc> = Clock::system().now().trunc_subsecs(0);
    request.issue_instant = Some(instant(now + ahead));
    Agent::new().get(&send(server, &request).url).unwrap()
}

#[test]
fn threats_metadata_a_clock_that_is_set_takes_no_copy_away() {
    let mut server = Server::new();
    let file = |name: &str| server.folder().join(name);
    fs::write(file("federation.crt"), &keys::FEDERATION.pair.certificate).unwrap();
    fs::write(file("list.xml"), list(10)).unwrap();
    let clock = file("clock");
    let set = |clock: &Path, ahead: TimeDelta| {
        let new = clock.with_extension("new");
        fs::write(&new, ahead.num_seconds().to_string()).unwrap();
        fs::rename(new, clock).unwrap();
    };
    set(&clock, TimeDelta::zero());
    server.configure(
        "\n[[source]]\nname = \"federazione\"\nkind = \"file\"\nfrom = \"list.xml\"\n\
         signed-by = [\"federation.crt\"]\nvalid-until-days = 30\nprofile = \"generic\"\n\
         attributes = [\"name\", \"familyName\"]\n",
    );
    let monitors = free_port();
    server.configure_in("monitoring", &format!("listen = \"127.0.0.1:{monitors}\""));
    server.set("LD_PRELOAD", &library(server.folder()));
    server.set("CLOCK_AHEAD", &clock.display().to_string());
    server.start();
    let deadline = Instant::now() + Duration::from_secs(20);
    while row(&server)["state"] != "good" {
        assert!(Instant::now() < deadline, "{:#?}", server.log());
        std::thread::sleep(Duration::from_millis(50));
    }
    let before = row(&server)["documents"][0]["sha256"].clone();
    let is_a_login = |page: &Page| page.form_with(&["username", "password"]).is_some();
    assert!(is_a_login(&asks(&server, TimeDelta::zero())));

    // A newer list is there, as good as any: by a clock that was set nobody can tell.
    fs::write(server.folder().join("list.xml"), list(11)).unwrap();
    for ahead in [TimeDelta::days(-3), TimeDelta::hours(-1), TimeDelta::days(1)] {
        set(&clock, ahead);
        assert_eq!(refresh(&server), "clock", "{ahead}");
        let page = asks(&server, ahead);
        assert!(is_a_login(&page), "{ahead}: {}", page.body);
        assert_eq!(row(&server)["documents"][0]["sha256"], before, "{ahead}");
    }
    // Beyond its end a copy is not believed, whoever set the clock, and lies there all the same.
    set(&clock, TimeDelta::days(40));
    assert_eq!(refresh(&server), "expired");
    assert!(asks(&server, TimeDelta::days(40)).body.contains("nr10"));
    assert_eq!(row(&server)["documents"][0]["sha256"], before);
    // Set right again, it is as it was.
    set(&clock, TimeDelta::zero());
    let page = asks(&server, TimeDelta::zero());
    assert!(is_a_login(&page), "{}", page.body);

    let log = server.log();
    let of_clock = log.iter().filter(|row| row["reason"] == "clock").count();
    assert_eq!(of_clock, 3, "{log:#?}");
    let metrics = Agent::new().get(&format!("http://127.0.0.1:{monitors}/metrics")).unwrap().body;
    let line = "ponte_source_refreshes_total{source=\"federazione\",outcome=\"clock\"} 3";
    assert!(metrics.contains(line), "{metrics}");
    // A restart by the right clock takes the newer one.
    server.kill();
    server.start();
    assert!(["taken", "same"].contains(&refresh(&server).as_str()));
    assert_ne!(row(&server)["documents"][0]["sha256"], before);
}
