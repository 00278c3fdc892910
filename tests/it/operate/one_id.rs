//! One name for a login, from its request to its register row.

use crate::crash::spid_request;
use crate::support::agent::Agent;
use crate::support::citizen::send;
use crate::support::house::House;
use crate::support::keys;
use crate::support::server::Server;
use crate::support::sp::{Metadata, SPID_ENTITY};

/// Every event of one login bears the same support id, wrong attempts too, and two logins have two.
#[test]
fn every_event_of_a_login_bears_its_id() {
    let mut server = Server::new();
    server.add_metadata("sp", &Metadata::spid().signed(&keys::SP.signer), SPID_ENTITY, "spid");
    server.start();
    let mut citizen = server.add_user("ada");
    let before = server.log().len();
    let mut agent = Agent::new();
    let page = send(&mut agent, &spid_request(&server, "_first")).unwrap();
    let form = page.form_with(&["password"]).unwrap();
    let wrong = [("username", "ada"), ("password", "not the one that it is")];
    let page = agent.submit(&page, &form, &wrong).unwrap();
    citizen.finish(&mut agent, page).unwrap();
    // The log is read by another thread.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while !server.events().iter().any(|name| name == "answered") {
        assert!(std::time::Instant::now() < deadline, "{:#?}", server.log());
    }
    let events: Vec<_> = server.log().split_off(before);
    let named = |name: &str| events.iter().filter(|row| row["event"] == name).count();
    for (name, times) in
        [("request.accepted", 1), ("factor.failed", 1), ("factor.activated", 1), ("answered", 1)]
    {
        assert_eq!(named(name), times, "{name}: {events:#?}");
    }
    let ids: Vec<_> = events.iter().map(|row| row["support_id"].as_str()).collect();
    assert!(ids.iter().all(|id| id.is_some() && *id == ids[0]), "{events:#?}");
    citizen.log_in(&mut Agent::new(), &spid_request(&server, "_second")).unwrap();
    let last = server.log().last().unwrap()["support_id"].clone();
    assert_ne!(last.as_str(), ids[0]);
}

/// The page of trouble within a login shows the login's id; one outside any login its own.
#[test]
fn the_page_shows_the_same_id() {
    let house = House::new();
    let page = send(&mut Agent::new(), &house.spid(2, |_| {})).unwrap();
    let handle = page.url.path().rsplit('/').next().unwrap();
    let id = ponte::flow::visit::login_support_id(handle);
    assert_eq!(id.len(), 14);
    assert!(!id.contains(&handle[..4]));
    let mut agent = Agent::new();
    let first = agent.get(&house.url("/saml/sso?SAMLRequest=x")).unwrap();
    let second = agent.get(&house.url("/saml/sso?SAMLRequest=x")).unwrap();
    let shown = |page: &str| {
        let at = page.find("<code").unwrap_or_default();
        page[at..]
            .split(['<', '>'])
            .find(|part| part.len() == 14 && part.matches('-').count() == 2)
            .map(str::to_owned)
    };
    assert!(shown(&first.body).is_some(), "{}", first.body);
    assert_ne!(shown(&first.body), shown(&second.body));
}
