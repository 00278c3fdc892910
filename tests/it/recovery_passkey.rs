//! A recovery by a passkey: whoever forgot the password shows the factor that they still have.

use serde_json::Value;

use crate::notices::house;
use crate::passkeys::{enrol, fill};
use crate::recovery::{NEW, asked_for, follow, logs_in};
use crate::support::agent::{Agent, Page};
use crate::support::authenticator::{Authenticator, options};
use crate::support::house::{House, Inhabitant};

/// Somebody with a passkey, at the page that asks for it in a recovery of the password.
fn at_the_passkey(house: &House, link: &str) -> (Agent, Page) {
    let mut agent = Agent::new();
    let mut page = follow(&mut agent, link);
    if page.form_with(&["answer"]).is_none() {
        page = agent.get(page.url.join("?by=passkey").unwrap().as_str()).unwrap();
    }
    assert!(page.form_with(&["answer"]).is_some(), "{}: {}", house.port, page.body);
    (agent, page)
}

/// AR-10: by another factor. The passkey holds for the challenge of this recovery alone; then the password is new.
#[test]
fn ar_10_a_forgotten_password_is_recovered_by_a_passkey() {
    let (house, out) = house();
    let anna = house.enrolled("anna");
    let mut authenticator: Authenticator = enrol(&house, &mut Agent::new(), &anna, 1);
    house.wait(60);
    let link = asked_for(&house, &out, "password", &anna);
    let (mut agent, page) = at_the_passkey(&house, &link);
    let stale: Value = authenticator.get(&options(&page));
    // Nothing, then an answer to a challenge that is over.
    let empty = page.form_with(&["answer"]).unwrap();
    let page = agent.submit(&page, &empty, &[("answer", "")]).unwrap();
    assert_eq!(page.status, 422, "{}", page.body);
    let page = fill(&mut agent, &page, "answer", &stale);
    assert_eq!(page.status, 422, "the challenge is over: {}", page.body);
    let answer = authenticator.get(&options(&page));
    let page = fill(&mut agent, &page, "answer", &answer);
    let form = page.form_with(&["new", "again"]).unwrap_or_else(|| panic!("{}", page.body));
    let page = agent.submit(&page, &form, &[("new", NEW), ("again", NEW)]).unwrap();
    assert!(page.body.contains("role=\"status\""), "{}", page.body);
    house.wait(60);
    assert!(!logs_in(&house, 1, &anna), "the old password");
    assert!(logs_in(&house, 1, &Inhabitant { password: NEW.into(), ..anna }));
}

/// Another person's passkey is none.
#[test]
fn ar_10_another_person_s_passkey_recovers_nothing() {
    let (house, out) = house();
    let (anna, bruno) = (house.enrolled("anna"), house.enrolled("bruno"));
    enrol(&house, &mut Agent::new(), &anna, 1);
    let mut other = enrol(&house, &mut Agent::new(), &bruno, 2);
    house.wait(60);
    let link = asked_for(&house, &out, "password", &anna);
    let (mut agent, page) = at_the_passkey(&house, &link);
    let answer = other.get(&options(&page));
    let page = fill(&mut agent, &page, "answer", &answer);
    assert_eq!(page.status, 422, "{}", page.body);
    assert!(page.form_with(&["new", "again"]).is_none());
}
