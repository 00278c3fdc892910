//! Passkeys over real HTTP: enrolled, used alone and after the password, refused.

use std::io::Read;
use std::net::TcpStream;

use ponte::assurance::level::Level;
use ponte::enrolment::credential::{Credential, Secret};
use ponte::store::credentials;
use ponte::store::port::{Committed, Durability};
use ponte::store::record::Batch;
use serde_json::Value;

use crate::own_factors::{press, unlocked};
use crate::support::agent::{Agent, Page};
use crate::support::authenticator::{Authenticator, options};
use crate::support::citizen::send;
use crate::support::house::{House, Inhabitant};

fn origin(house: &House) -> String {
    house.url("").trim_end_matches('/').to_owned()
}

pub(crate) fn fill(agent: &mut Agent, page: &Page, name: &str, answer: &Value) -> Page {
    let form = page.form_with(&["answer"]).unwrap_or_else(|| panic!("{}", page.body));
    let answer = answer.to_string();
    let named = [("name", name), ("answer", answer.as_str())];
    let values = if form.field("name").is_some() { &named[..] } else { &named[1..] };
    agent.submit(page, &form, values).unwrap()
}

fn new_page(house: &House, agent: &mut Agent) -> Page {
    agent.get(&house.url("/account/factors/passkey")).unwrap()
}

/// Enrols a passkey at the person's own pages.
pub(crate) fn enrol(
    house: &House,
    agent: &mut Agent,
    person: &Inhabitant,
    number: u8,
) -> Authenticator {
    unlocked(house, agent, person);
    let page = new_page(house, agent);
    let mut authenticator = Authenticator::new(&origin(house), number);
    let answer = authenticator.create(&options(&page));
    let page = fill(agent, &page, "Telefono", &answer);
    assert_eq!(page.url.query(), Some("done=added"), "{}", page.body);
    authenticator
}

/// At the page that asks anybody for a passkey, in a login at SpidL2.
fn asked(house: &House, agent: &mut Agent) -> Page {
    let page = send(agent, &house.spid(2, |_| {})).unwrap();
    let page = agent.get(&format!("{}?by=passkey", page.url)).unwrap();
    assert!(page.form_with(&["answer"]).is_some(), "{}", page.body);
    page
}

fn consents(page: &Page) -> bool {
    page.form_with_button("decision", "accept").is_some()
}

fn is_refused(page: &Page) -> bool {
    page.status == 422 && page.body.contains("Questa passkey non vale qui")
}

fn stored(house: &House, person: &Inhabitant) -> Vec<Credential> {
    let found = credentials::list(house.env.records(), &person.subject, house.now());
    let found = house.block_on(found).unwrap().into_iter().map(|one| one.value);
    found.filter(|one| matches!(one.secret, Secret::Passkey { .. })).collect()
}

fn counter(credential: &Credential) -> Option<u64> {
    let Secret::Passkey { key, .. } = &credential.secret else { return None };
    let key: Value = serde_json::from_str(key).unwrap();
    key["cred"]["counter"].as_u64()
}

#[test]
fn a_passkey_names_its_person_at_spid_l2_without_name_and_password() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    let mut passkey = enrol(&house, &mut agent, &anna, 1);
    let page = agent.get(&house.url("/account/factors")).unwrap();
    assert!(page.body.contains("Passkey: Telefono"), "{}", page.body);
    let [made] = &stored(&house, &anna)[..] else { panic!("one passkey") };
    assert_eq!((made.last_used, counter(made)), (None, Some(0)));

    let mut other = Agent::new();
    let page = asked(&house, &mut other);
    let asks = options(&page);
    assert_eq!(asks["allowCredentials"], Value::Array(Vec::new()), "nothing is said of anybody");
    assert_eq!(asks["userVerification"], "required");
    let answer = passkey.get(&asks);
    let page = fill(&mut other, &page, "", &answer);
    assert!(consents(&page), "{}", page.body);
    let page = house.accept(&mut other, &page);
    let form = page.form_with(&["SAMLResponse"]).unwrap();
    let xml = openssl::base64::decode_block(form.field("SAMLResponse").unwrap()).unwrap();
    let xml = String::from_utf8(xml).unwrap();
    assert!(xml.contains(">https://www.spid.gov.it/SpidL2</"), "{xml}");
    let [used] = &stored(&house, &anna)[..] else { panic!("one passkey") };
    assert_eq!((used.last_used, counter(used)), (Some(house.now()), Some(1)));
}

#[test]
fn a_passkey_follows_the_password_and_the_easiest_is_first() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let mut passkey = enrol(&house, &mut Agent::new(), &anna, 1);
    let mut agent = Agent::new();
    let page = send(&mut agent, &house.spid(2, |_| {})).unwrap();
    assert!(page.body.contains("?by=passkey"), "one may begin by it");
    let form = page.form_with(&["username", "password"]).unwrap();
    let wrong = agent.submit(&page, &form, &[("username", "anna"), ("password", "x")]).unwrap();
    assert!(wrong.body.contains("?by=passkey"), "after a wrong password too");
    let values = [("username", "anna"), ("password", anna.password.as_str())];
    let page = agent.submit(&wrong, &form, &values).unwrap();
    let asks = options(&page);
    assert_eq!(asks["allowCredentials"][0]["id"], passkey.id());
    assert!(page.body.contains("/ways\""), "or by the app");
    // A key that keeps no name of its person serves here.
    let mut answer = passkey.get(&asks);
    answer["response"]["userHandle"] = Value::Null;
    assert!(consents(&fill(&mut agent, &page, "", &answer)));
}

/// Each is refused beside a valid control that differs in one thing.
#[test]
fn an_answer_that_breaks_a_rule_is_refused() {
    type Change = fn(&mut Authenticator, &mut Value);
    type Spoil = fn(&mut Value);
    let nothing: (Change, Spoil) = (|_, _| {}, |_| {});
    let cases: [(&str, bool, (Change, Spoil)); 9] = [
        ("as it is", true, nothing),
        ("another origin", false, (|one, _| one.origin = "https://evil.example".into(), |_| {})),
        ("another port", false, (|one, _| one.origin = "http://idp.localhost:1".into(), |_| {})),
        ("another challenge", false, (|_, asks| asks["challenge"] = "AAAA".into(), |_| {})),
        ("another rpId", false, (|_, asks| asks["rpId"] = "localhost".into(), |_| {})),
        ("no user verification", false, (|one, _| one.verifies = false, |_| {})),
        ("another person's handle", false, (|one, _| one.handle = vec![7; 16], |_| {})),
        ("no handle", false, (|_, _| {}, |answer| answer["response"]["userHandle"] = Value::Null)),
        (
            "another signature",
            false,
            (|_, _| {}, |answer| answer["response"]["signature"] = "MAYCAQECAQE".into()),
        ),
    ];
    let house = House::new();
    let anna = house.enrolled("anna");
    let mut passkey = enrol(&house, &mut Agent::new(), &anna, 1);
    for (what, holds, (change, spoil)) in cases {
        let mut agent = Agent::new();
        let page = asked(&house, &mut agent);
        let (mut asks, mut one) = (options(&page), passkey.clone());
        change(&mut one, &mut asks);
        let mut answer = one.get(&asks);
        spoil(&mut answer);
        passkey.counter = one.counter;
        let page = fill(&mut agent, &page, "", &answer);
        assert_eq!(consents(&page), holds, "{what}: {}", page.body);
        assert_eq!(is_refused(&page), !holds, "{what}: {}", page.body);
    }
    for garbage in ["{}", "x", "[]"] {
        let mut agent = Agent::new();
        let page = asked(&house, &mut agent);
        let form = page.form_with(&["answer"]).unwrap();
        let page = agent.submit(&page, &form, &[("answer", garbage)]).unwrap();
        assert!(is_refused(&page), "{garbage}");
    }
}

/// A ceremony is ended once, in its own time and its own login.
#[test]
fn an_answer_counts_once() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let mut passkey = enrol(&house, &mut Agent::new(), &anna, 1);
    let mut agent = Agent::new();
    let page = asked(&house, &mut agent);
    let answer = passkey.get(&options(&page));
    assert!(consents(&fill(&mut agent, &page, "", &answer)), "the control");

    let mut second = Agent::new();
    let page = asked(&house, &mut second);
    assert!(is_refused(&fill(&mut second, &page, "", &answer)), "replayed in another login");

    let mut third = Agent::new();
    let page = asked(&house, &mut third);
    passkey.verifies = false;
    let refused = fill(&mut third, &page, "", &passkey.get(&options(&page)));
    assert!(is_refused(&refused));
    passkey.verifies = true;
    let again = fill(&mut third, &refused, "", &passkey.get(&options(&page)));
    assert!(is_refused(&again), "the ceremony of before is over");
    let last = fill(&mut third, &again, "", &passkey.get(&options(&again)));
    assert!(consents(&last), "the new one holds");

    let mut late = Agent::new();
    let page = asked(&house, &mut late);
    house.wait(301);
    let page = fill(&mut late, &page, "", &passkey.get(&options(&page)));
    assert!(page.body.contains("non ha risposto in tempo"), "{}", page.body);
    assert!(consents(&fill(&mut late, &page, "", &passkey.get(&options(&page)))));
}

#[test]
fn of_eight_that_send_one_answer_at_once_one_goes_on() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let mut passkey = enrol(&house, &mut Agent::new(), &anna, 1);
    let mut agent = Agent::new();
    let page = asked(&house, &mut agent);
    let answer = passkey.get(&options(&page)).to_string();
    let mut fields = page.form_with(&["answer"]).unwrap().fields;
    for (name, value) in &mut fields {
        if name == "answer" {
            value.clone_from(&answer);
        }
    }
    let form = page.form_with(&["answer"]).unwrap();
    let url = page.url.join(&form.action).unwrap();
    let sent: Vec<_> = (0..8).map(|_| agent.only_ask(&url, &fields).unwrap()).collect();
    let goes_on = |mut stream: TcpStream| {
        let mut text = Vec::new();
        let _closed = stream.read_to_end(&mut text);
        text.starts_with(b"HTTP/1.1 303")
    };
    let won = sent.into_iter().map(goes_on).filter(|goes_on| *goes_on).count();
    assert_eq!(won, 1);
    let [used] = &stored(&house, &anna)[..] else { panic!("one passkey") };
    assert_eq!(counter(used), Some(1));
}

/// WebAuthn §6.1.1: a counter that does not go on may mean that there are two of it.
#[test]
fn a_counter_that_goes_backwards_is_refused() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let mut passkey = enrol(&house, &mut Agent::new(), &anna, 1);
    let mut clone = passkey.clone();
    let try_it = |one: &mut Authenticator| {
        let mut agent = Agent::new();
        let page = asked(&house, &mut agent);
        fill(&mut agent, &page, "", &one.get(&options(&page)))
    };
    assert!(consents(&try_it(&mut passkey)) && consents(&try_it(&mut passkey)));
    assert!(is_refused(&try_it(&mut clone)), "it counts from one again");
    assert!(consents(&try_it(&mut passkey)), "the control");
}

/// Bound at no more than the login that enrolled it: who shows SpidL1 has a passkey of SpidL1.
#[test]
fn a_passkey_is_worth_no_more_than_what_was_shown_for_it() {
    let house = House::new();
    let bruno = house.inhabitant("bruno");
    let mut passkey = enrol(&house, &mut Agent::new(), &bruno, 1);
    let [made] = &stored(&house, &bruno)[..] else { panic!("one passkey") };
    assert_eq!(made.binding, Level::Loa2, "the password alone");
    let mut agent = Agent::new();
    let page = asked(&house, &mut agent);
    let page = fill(&mut agent, &page, "", &passkey.get(&options(&page)));
    assert!(!consents(&page), "no SpidL2 by it");
    let mut agent = Agent::new();
    let page = send(&mut agent, &house.spid(1, |_| {})).unwrap();
    let page = agent.get(&format!("{}?by=passkey", page.url)).unwrap();
    let page = fill(&mut agent, &page, "", &passkey.get(&options(&page)));
    assert!(consents(&page), "the control: SpidL1");

    let anna = house.enrolled("anna");
    enrol(&house, &mut Agent::new(), &anna, 2);
    assert_eq!(stored(&house, &anna)[0].binding, Level::Loa3);
}

#[test]
fn a_new_passkey_that_breaks_a_rule_is_refused() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    assert!(agent.get(&house.url("/account/factors/passkey")).unwrap().status == 200);
    unlocked(&house, &mut agent, &anna);
    let refused = |agent: &mut Agent, change: fn(&mut Authenticator, &mut Value)| {
        let page = new_page(&house, agent);
        let (mut asks, mut one) = (options(&page), Authenticator::new(&origin(&house), 9));
        change(&mut one, &mut asks);
        let answer = one.create(&asks);
        let page = fill(agent, &page, "Telefono", &answer);
        page.status == 422 && page.body.contains("non è stata accettata")
    };
    assert!(refused(&mut agent, |one, _| one.verifies = false));
    assert!(refused(&mut agent, |one, _| one.origin = "https://evil.example".into()));
    assert!(refused(&mut agent, |_, asks| asks["challenge"] = "AAAA".into()));
    assert!(refused(&mut agent, |_, asks| asks["rp"]["id"] = "localhost".into()));
    let page = new_page(&house, &mut agent);
    let answer = Authenticator::new(&origin(&house), 9).create(&options(&page));
    let page = fill(&mut agent, &page, "  ", &answer);
    assert!(page.status == 422 && page.body.contains("Scrivi un nome"));
    assert!(stored(&house, &anna).is_empty());
    let mut one = Authenticator::new(&origin(&house), 9);
    let answer = one.create(&options(&page));
    let done = fill(&mut agent, &page, "Telefono", &answer);
    assert_eq!(done.url.query(), Some("done=added"), "the control: {}", done.body);
    let page = fill(&mut agent, &page, "Di nuovo", &answer);
    assert!(page.body.contains("non ha risposto in tempo"), "its ceremony is over: {}", page.body);

    // A credential ID is one person's (WebAuthn §7.1).
    let bruno = house.inhabitant("bruno");
    let mut other = Agent::new();
    unlocked(&house, &mut other, &bruno);
    let page = new_page(&house, &mut other);
    let answer = Authenticator::new(&origin(&house), 9).create(&options(&page));
    let page = fill(&mut other, &page, "Telefono", &answer);
    assert_eq!(page.status, 422);
    assert!(stored(&house, &bruno).is_empty());
}

#[test]
fn a_passkey_that_was_removed_holds_no_more() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    let mut passkey = enrol(&house, &mut agent, &anna, 1);
    let mut kept = enrol(&house, &mut agent, &anna, 2);
    let first = stored(&house, &anna);
    let id = |one: &Authenticator| {
        let is_it = |other: &&Credential| matches!(&other.secret, Secret::Passkey { id, .. } if *id == one.id());
        first.iter().find(is_it).unwrap().id.clone()
    };
    let (gone, stays) = (id(&passkey), id(&kept));
    let page = agent.get(&house.url("/account/factors")).unwrap();
    let form =
        page.forms().into_iter().find(|form| form.field("factor") == Some(gone.as_str())).unwrap();
    let page = agent.submit(&page, &form, &[]).unwrap();
    assert!(page.body.contains("Passkey: Telefono"));
    press(&mut agent, &page, "/account/factors/remove");
    assert!(stored(&house, &anna).iter().any(|one| one.id == stays && one.is_active()));
    let try_it = |one: &mut Authenticator| {
        let mut agent = Agent::new();
        let page = asked(&house, &mut agent);
        fill(&mut agent, &page, "", &one.get(&options(&page)))
    };
    assert!(is_refused(&try_it(&mut passkey)));
    assert!(consents(&try_it(&mut kept)), "the control");
    enrol(&house, &mut agent, &anna, 1);
}

/// A passkey of somebody else does not end a login that another person began.
#[test]
fn another_persons_passkey_does_not_follow_a_password() {
    let house = House::new();
    let (anna, bruno) = (house.enrolled("anna"), house.enrolled("bruno"));
    let mut of_anna = enrol(&house, &mut Agent::new(), &anna, 1);
    enrol(&house, &mut Agent::new(), &bruno, 2);
    let mut agent = Agent::new();
    let page = send(&mut agent, &house.spid(2, |_| {})).unwrap();
    let form = page.form_with(&["username", "password"]).unwrap();
    let values = [("username", "bruno"), ("password", bruno.password.as_str())];
    let page = agent.submit(&page, &form, &values).unwrap();
    assert!(is_refused(&fill(&mut agent, &page, "", &of_anna.get(&options(&page)))));
}

/// A weak passkey beside a strong app is no way to SpidL2, and is not offered.
#[test]
fn a_passkey_that_does_not_reach_the_level_is_not_offered_after_the_password() {
    let house = House::new();
    let anna = house.enrolled("anna");
    enrol(&house, &mut Agent::new(), &anna, 1);
    let records = house.env.records();
    let id = stored(&house, &anna)[0].id.clone();
    let found = house.block_on(credentials::get(records, &anna.subject, &id, house.now()));
    let found = found.unwrap().unwrap();
    let weak = Credential { binding: Level::Loa2, ..found.value.clone() };
    let mut batch = Batch::new();
    credentials::update(records, &mut batch, &found, &weak).unwrap();
    let done = batch.commit(&*house.env.store, Durability::Durable, house.now());
    assert_eq!(house.block_on(done).unwrap(), Committed::Done);
    let mut agent = Agent::new();
    let page = send(&mut agent, &house.spid(2, |_| {})).unwrap();
    let form = page.form_with(&["username", "password"]).unwrap();
    let values = [("username", "anna"), ("password", anna.password.as_str())];
    let page = agent.submit(&page, &form, &values).unwrap();
    assert!(page.form_with(&["code"]).is_some());
    let page = agent.get(&format!("{}?by=passkey", page.url)).unwrap();
    assert!(page.form_with(&["code"]).is_some());
}
