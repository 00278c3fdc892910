//! The status page of a service provider, at the built server: its developer sees each request with every check, and nothing of a person.

use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use ponte::flow::trail::{Trail, keep};
use ponte::store::trails::{self, End, Kept, MOST};

use crate::registration::{approve, metadata, prove, registering, request, submit};
use crate::support::agent::{Agent, Page};
use crate::support::house::House;
use crate::support::keys;
use crate::support::server::Server;
use crate::support::sp::{Metadata, SPID_ENTITY};

const ENTITY: &str = "https://stato.example.org/sp";

/// A server at which [`ENTITY`] was registered, and the address of its status page.
fn registered() -> (Server, String) {
    let server = registering("");
    let told = submit(&server, &metadata(ENTITY).unsigned());
    assert_eq!(prove(&server, &told, &keys::SP).0, 200);
    let said = String::from_utf8(approve(&server, &told).stdout).unwrap();
    let start = server.url("/federation/status/");
    let link = said.split_whitespace().find(|word| word.starts_with(&start));
    let link = link.unwrap_or_else(|| panic!("{said}")).to_owned();
    (server, link)
}

/// The page once it shows `mark`.
fn wait_for(link: &str, mark: &str) -> Page {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let page = Agent::new().in_english().get(link).unwrap();
        assert_eq!(page.status, 200, "{}", page.body);
        if page.body.contains(mark) {
            return page;
        }
        assert!(Instant::now() < deadline, "no {mark}: {}", page.body);
        sleep(Duration::from_millis(50));
    }
}

fn entries(page: &Page) -> usize {
    page.body.matches("aria-labelledby=\"request-").count()
}

#[test]
fn a_developer_sees_good_and_refused_requests_and_nobody_s_data() {
    let (server, link) = registered();
    let empty = Agent::new().in_english().get(&link).unwrap();
    assert!(empty.body.contains("There was no request in the last two weeks"), "{}", empty.body);
    let mut ada = server.add_user("ada");
    let sent = request(&server, ENTITY, &keys::SP, |_| {});
    ada.log_in(&mut Agent::new(), &sent).unwrap();
    let page = wait_for(&link, "answered with success, level SpidL");
    assert_eq!(entries(&page), 1);
    assert!(page.body.contains("HTTP-Redirect") && page.body.contains(&sent.id), "{}", page.body);
    assert!(!page.body.contains("check-broken"), "every check is green");
    assert!(page.body.matches("✓").count() > 15);
    // A request that breaks two rules: both are red, not the first alone.
    let old = request(&server, ENTITY, &keys::SP, |request| {
        request.issue_instant = Some("2020-01-01T00:00:00Z".into());
        request.consumer_url = Some("https://sp.example.org/altrove".into());
    });
    let refused = Agent::new().get(&old.url).unwrap();
    assert!(refused.body.contains("nr13"), "{}", refused.body);
    let page = wait_for(&link, "refused, ErrorCode nr13");
    assert_eq!(
        (entries(&page), page.body.matches("check-broken").count()),
        (2, 2),
        "{}",
        page.body
    );
    for part in [
        "AuthnRequest/@IssueInstant",
        "2020-01-01T00:00:00Z",
        "(nr16)",
        "https://sp.example.org/altrove",
        "How to mend it",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    // The same request again.
    assert!(Agent::new().get(&sent.url).unwrap().body.contains("nr11"));
    let page = wait_for(&link, "refused, ErrorCode nr11");
    assert!(page.body.contains("must not have been used before"), "{}", page.body);
    // Whoever gives up.
    let cancelled = request(&server, ENTITY, &keys::SP, |_| {});
    let mut agent = Agent::new();
    let asked = agent.get(&cancelled.url).unwrap();
    let page = wait_for(&link, "accepted; the login is under way");
    assert_eq!(entries(&page), 4);
    let cancel = asked.forms().into_iter().find(|form| form.action.ends_with("/cancel")).unwrap();
    agent.submit(&asked, &cancel, &[]).unwrap();
    let page = wait_for(&link, "answered without success, ErrorCode nr25");
    for private in ["Ada", "Rossi", "RSSDAA80A41H501I", "ada@example.org", "192.0.2.1", "127.0.0.1"]
    {
        assert!(!page.body.contains(private), "{private}: {}", page.body);
    }
    let in_italian = Agent::new().get(&link).unwrap();
    assert!(in_italian.body.contains("risposta con successo, livello SpidL"));
    assert_eq!(in_italian.header("cache-control"), Some("no-store"));
}

#[test]
fn whom_a_request_is_about_is_not_kept() {
    let (server, link) = registered();
    let sent = request(&server, ENTITY, &keys::SP, |request| {
        request.issue_instant = Some("2020-01-01T00:00:00Z".into());
        request.destination = Some("https://idp.example.org/RSSDAA80A41H501I".into());
        request.id = Some("_RSSDAA80A41H501I".into());
    });
    assert!(Agent::new().get(&sent.url).unwrap().status >= 200);
    let page = wait_for(&link, "refused, ErrorCode nr");
    assert!(!page.body.contains("RSSDAA80A41H501I"), "{}", page.body);
}

/// Whoever cannot sign fills nobody's page: of their requests the last one is counted, without a word of it.
#[test]
fn strangers_show_as_no_more_than_a_number() {
    let (server, link) = registered();
    let sent = request(&server, ENTITY, &keys::SP, |_| {});
    assert_eq!(Agent::new().get(&sent.url).unwrap().status, 200);
    wait_for(&link, "accepted; the login is under way");
    for _ in 0..60 {
        let forged = request(&server, ENTITY, &keys::STRANGER, |request| {
            request.consumer_url = Some("https://evil.example/acs".into());
        });
        assert_eq!(Agent::new().get(&forged.url).unwrap().status, 403);
    }
    let page = wait_for(&link, "before its signature held");
    assert!(page.body.contains("refused, ErrorCode nr05"), "{}", page.body);
    assert!(!page.body.contains("evil.example"), "{}", page.body);
    assert_eq!(entries(&page), 1);
    // And nothing of whoever is not registered.
    let unknown = request(&server, "https://nessuno.example.org", &keys::SP, |_| {});
    assert_eq!(Agent::new().get(&unknown.url).unwrap().status, 403);
}

#[test]
fn a_link_is_replaced_and_revoked() {
    let (mut server, first) = registered();
    let there = |link: &str| Agent::new().get(link).unwrap().status;
    assert_eq!(there(&first), 200);
    let output = server.ponte(&["sp", "status-link", ENTITY], "");
    let second = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    assert_eq!((there(&first), there(&second)), (404, 200));
    server.kill();
    server.start();
    assert_eq!((there(&first), there(&second)), (404, 200));
    server.ponte(&["sp", "status-link", ENTITY, "--revoke"], "");
    assert_eq!(there(&second), 404);
    for refused in [
        &["sp", "status-link", ENTITY, "--revoke"][..],
        &["sp", "status-link", "https://nessuno.example.org"],
    ] {
        assert_eq!(server.try_ponte(refused, "").status.code(), Some(1));
    }
    // Service providers that an administrator added have one too, and lose it with their registration in sight of nobody else.
    let file = server.folder().join("a.xml");
    std::fs::write(&file, Metadata::generic().unsigned()).unwrap();
    server.ponte(&["sp", "add", file.to_str().unwrap()], "");
    let entity = crate::support::sp::GENERIC_ENTITY;
    let output = server.ponte(&["sp", "status-link", entity], "");
    let link = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    assert_eq!(there(&link), 200);
    server.ponte(&["sp", "remove", entity], "");
    let page = Agent::new().in_english().get(&link).unwrap();
    assert!(page.body.contains("is not registered now"), "{}", page.body);
}

/// Nobody takes what logins hand over, and it is more than there is room for: they go on all the same.
#[test]
fn a_trail_that_is_not_kept_stops_no_login() {
    let house = House::with(|making| making.trail = Some(Trail::new(making.start)));
    for _ in 0..400 {
        let request = house.spid(1, |_| {});
        assert_eq!(Agent::new().get(&request.url).unwrap().status, 200);
        let refused = house.spid(1, |request| request.version = Some("3".into()));
        assert!(Agent::new().get(&refused.url).unwrap().body.contains("nr09"));
        house.wait(6);
    }
    // Once it is kept, what was noted is there.
    let env = Arc::clone(&house.env);
    let kept = async {
        tokio::time::timeout(Duration::from_secs(4), keep(env)).await.unwrap_err();
        trails::list(house.env.records(), SPID_ENTITY, house.now()).await.unwrap()
    };
    let kept = house.block_on(kept);
    assert_eq!(kept.len(), MOST);
    assert!(kept.iter().all(|kept| match kept.end {
        End::Rejected { number } => number == 9 && kept.broken.len() == 1,
        End::Open => kept.broken.is_empty(),
        _ => false,
    }));
}

/// Fifty are kept, the newest, for two weeks.
#[test]
fn the_oldest_go() {
    let house = House::new();
    let records = house.env.records();
    let start = house.now();
    let kept = |number: i64| Kept {
        at: start + TimeDelta::seconds(number),
        posted: number % 2 == 0,
        request: format!("<r{number}/>"),
        table: "SPID".into(),
        broken: Vec::new(),
        end: End::Open,
    };
    let most = i64::try_from(MOST).unwrap();
    for number in 0..most + 7 {
        let id = format!("_{number}");
        house.block_on(trails::put(records, ENTITY, &id, &kept(number), start)).unwrap();
    }
    let other = house.block_on(trails::list(records, "https://altro.example.org", start)).unwrap();
    assert!(other.is_empty());
    let all = house.block_on(trails::list(records, ENTITY, start)).unwrap();
    let expected: Vec<Kept> = (7..most + 7).rev().map(kept).collect();
    assert_eq!(all, expected);
    let (at, end) = (kept(20).at, End::Refused { number: 19 });
    house.block_on(trails::end(records, ENTITY, "_20", at, end.clone(), start)).unwrap();
    house.block_on(trails::end(records, ENTITY, "_nobody", at, end.clone(), start)).unwrap();
    let all = house.block_on(trails::list(records, ENTITY, start)).unwrap();
    assert_eq!(all.iter().filter(|kept| kept.end == end).count(), 1);
    let later = start + TimeDelta::days(14) + TimeDelta::seconds(30);
    let all = house.block_on(trails::list(records, ENTITY, later)).unwrap();
    assert_eq!(all.len(), usize::try_from(most + 7 - 31).unwrap(), "those of the last two weeks");
}
