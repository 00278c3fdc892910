//! What a person sent and whose answer never reached the browser, over real HTTP, on a clock that the test moves.

use crate::support::agent::{Agent, Page};
use crate::support::citizen::send;
use crate::support::house::{House, Inhabitant};

fn type_password(agent: &mut Agent, page: &Page, person: &Inhabitant, password: &str) -> Page {
    let form = page.form_with(&["username", "password"]).unwrap();
    let name = person.username.as_str();
    agent.submit(page, &form, &[("username", name), ("password", password)]).unwrap()
}

/// At the page of name and password; a copy of the browser never gets the answer that the first one gets.
fn twice(house: &House) -> (Agent, Agent, Page) {
    let mut heard = Agent::new();
    let page = send(&mut heard, &house.spid(2, |_| {})).unwrap();
    let unheard = heard.clone();
    (heard, unheard, page)
}

#[test]
fn a_password_whose_answer_never_came_is_sent_again() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let (mut heard, mut unheard, page) = twice(&house);
    let first = type_password(&mut heard, &page, &anna, &anna.password);
    assert!(first.form_with(&["code"]).is_some(), "{}", first.body);
    // It needs the password all the same, and goes on from before it was held.
    let wrong = type_password(&mut unheard, &page, &anna, "not the one");
    assert_eq!(wrong.status, 422, "{}", wrong.body);
    let again = type_password(&mut unheard, &wrong, &anna, &anna.password);
    let code = again.form_with(&["code"]).unwrap_or_else(|| panic!("{}", again.body));
    let done = unheard.submit(&again, &code, &[("code", &house.code(&anna))]).unwrap();
    assert!(done.form_with_button("decision", "accept").is_some(), "{}", done.body);
    // Whoever had the answer is left behind.
    assert_eq!(heard.get(first.url.as_str()).unwrap().status, 403);
}

#[test]
fn a_password_is_not_sent_again_later_or_after_a_second_factor() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let (mut heard, mut unheard, page) = twice(&house);
    assert_eq!(unheard.get(page.url.as_str()).unwrap().status, 200);
    let first = type_password(&mut heard, &page, &anna, &anna.password);
    assert_eq!(unheard.get(page.url.as_str()).unwrap().status, 403, "to look is not enough");
    house.wait(121);
    assert_eq!(type_password(&mut unheard, &page, &anna, &anna.password).status, 403);
    let code = first.form_with(&["code"]).unwrap();
    heard.submit(&first, &code, &[("code", &house.code(&anna))]).unwrap();

    house.wait(3600);
    let (mut heard, mut unheard, page) = twice(&house);
    let first = type_password(&mut heard, &page, &anna, &anna.password);
    let code = first.form_with(&["code"]).unwrap();
    heard.submit(&first, &code, &[("code", &house.code(&anna))]).unwrap();
    assert_eq!(type_password(&mut unheard, &page, &anna, &anna.password).status, 403);

    // A wrong code is something that happened, too.
    house.wait(3600);
    let (mut heard, mut unheard, page) = twice(&house);
    let first = type_password(&mut heard, &page, &anna, &anna.password);
    heard.submit(&first, &code_form(&first), &[("code", "000000")]).unwrap();
    assert_eq!(type_password(&mut unheard, &page, &anna, &anna.password).status, 403);
}

/// A code counts once, so it is not sent again; but nobody is told that they began elsewhere.
#[test]
fn a_browser_that_never_heard_of_a_code_is_told_so() {
    const LEFT: &str = "L’accesso è andato avanti senza questa finestra";
    const OTHER: &str = "Accesso iniziato altrove";
    let house = House::new();
    let anna = house.enrolled("anna");
    let (mut heard, _, page) = twice(&house);
    let first = type_password(&mut heard, &page, &anna, &anna.password);
    let mut unheard = heard.clone();
    let code = house.code(&anna);
    let done = heard.submit(&first, &code_form(&first), &[("code", &code)]).unwrap();
    let again = unheard.submit(&first, &code_form(&first), &[("code", &code)]).unwrap();
    assert_eq!((again.status, again.body.contains(LEFT)), (403, true), "{}", again.body);
    let looked = unheard.get(first.url.as_str()).unwrap();
    assert_eq!((looked.status, looked.body.contains(LEFT)), (403, true), "{}", looked.body);
    // Whoever has another secret learns nothing, and the browser that heard goes on.
    let stranger = Agent::new().get(first.url.as_str()).unwrap();
    assert_eq!((stranger.status, stranger.body.contains(OTHER)), (403, true), "{}", stranger.body);
    let consent = done.form_with_button("decision", "accept").unwrap();
    assert_eq!(heard.submit(&done, &consent, &[("decision", "accept")]).unwrap().status, 200);
}

fn code_form(page: &Page) -> crate::support::agent::Form {
    page.form_with(&["code"]).unwrap()
}
