//! The person's factors over real HTTP: their list, recovery codes, removal, and the choice among them.

use ponte::assurance::level::Level;
use ponte::enrolment::credential::{Credential, CredentialState, Secret};
use ponte::store::credentials;
use ponte::store::port::{Committed, Durability};
use ponte::store::record::Batch;

use crate::support::agent::{Agent, Form, Page};
use crate::support::citizen::send;
use crate::support::house::{House, Inhabitant};

fn form(page: &Page, action: &str) -> Option<Form> {
    page.forms().into_iter().find(|form| form.action == action)
}

pub(crate) fn press(agent: &mut Agent, page: &Page, action: &str) -> Page {
    let form = form(page, action).unwrap_or_else(|| panic!("{action} in {}", page.body));
    agent.submit(page, &form, &[]).unwrap()
}

fn prove(house: &House, agent: &mut Agent, mut page: Page, person: &Inhabitant) -> Page {
    if let Some(form) = page.form_with(&["username", "password"]) {
        let values =
            [("username", person.username.as_str()), ("password", person.password.as_str())];
        page = agent.submit(&page, &form, &values).unwrap();
    }
    if page.body.contains("/ways\"") && page.form_with(&["code"]).is_none() {
        page = agent.get(page.url.join("?by=totp").unwrap().as_str()).unwrap();
    }
    if let Some(form) = page.form_with(&["code"]) {
        page = agent.submit(&page, &form, &[("code", &house.code(person))]).unwrap();
    }
    page
}

/// At the person's own pages, by the password.
fn inside(house: &House, agent: &mut Agent, person: &Inhabitant) {
    let page = agent.get(&house.url("/account")).unwrap();
    if form(&page, "/account/enter").is_none() {
        return;
    }
    let page = press(agent, &page, "/account/enter");
    let page = prove(house, agent, page, person);
    assert_eq!(page.url.path(), "/account/sessions", "{}", page.body);
}

fn factors(house: &House, agent: &mut Agent) -> Page {
    agent.get(&house.url("/account/factors")).unwrap()
}

/// At the list of factors, with everything shown that the person can show.
pub(crate) fn unlocked(house: &House, agent: &mut Agent, person: &Inhabitant) -> Page {
    inside(house, agent, person);
    let page = factors(house, agent);
    if form(&page, "/account/factors/unlock").is_none() {
        return page;
    }
    let page = press(agent, &page, "/account/factors/unlock");
    let page = prove(house, agent, page, person);
    assert_eq!(page.url.path(), "/account/factors", "{}", page.body);
    page
}

/// Ten codes, as the page prints them.
fn printed(page: &Page) -> Vec<String> {
    let codes: Vec<String> = page
        .body
        .split("<li><code>")
        .skip(1)
        .map(|rest| rest.split('<').next().unwrap().to_owned())
        .collect();
    assert_eq!(codes.len(), 10, "{}", page.body);
    codes
}

pub(crate) fn codes_of(house: &House, agent: &mut Agent, person: &Inhabitant) -> Vec<String> {
    let page = unlocked(house, agent, person);
    printed(&press(agent, &page, "/account/factors/codes"))
}

/// The password, in a login at SpidL2.
fn send_password(house: &House, person: &Inhabitant) {
    let mut agent = Agent::new();
    let page = send(&mut agent, &house.spid(2, |_| {})).unwrap();
    let form = page.form_with(&["username", "password"]).unwrap();
    let values = [("username", person.username.as_str()), ("password", person.password.as_str())];
    let page = agent.submit(&page, &form, &values).unwrap();
    assert!(page.form_with(&["code"]).is_some(), "{}", page.body);
}

/// At the page that asks for a recovery code, in a login at SpidL2.
pub(crate) fn asked_for_one(house: &House, agent: &mut Agent, person: &Inhabitant) -> Page {
    let page = send(agent, &house.spid(2, |_| {})).unwrap();
    let form = page.form_with(&["username", "password"]).unwrap();
    let values = [("username", person.username.as_str()), ("password", person.password.as_str())];
    let page = agent.submit(&page, &form, &values).unwrap();
    let page = agent.get(&format!("{}?by=recovery-code", page.url)).unwrap();
    assert!(page.form_with(&["recovery"]).is_some(), "{}", page.body);
    page
}

pub(crate) fn type_recovery(agent: &mut Agent, page: &Page, code: &str) -> Page {
    let form = page.form_with(&["recovery"]).unwrap();
    agent.submit(page, &form, &[("recovery", code)]).unwrap()
}

fn consents(page: &Page) -> bool {
    page.form_with_button("decision", "accept").is_some()
}

fn stored(house: &House, person: &Inhabitant) -> Vec<Credential> {
    let found = credentials::list(house.env.records(), &person.subject, house.now());
    house.block_on(found).unwrap().into_iter().map(|one| one.value).collect()
}

fn write(house: &House, change: impl FnOnce(&mut Batch)) {
    let mut batch = Batch::new();
    change(&mut batch);
    let done = batch.commit(&*house.env.store, Durability::Durable, house.now());
    assert_eq!(house.block_on(done).unwrap(), Committed::Done);
}

/// IC-09: each says where its code comes from; and nothing is changed before the person has shown,
/// of late, as much as they can.
#[test]
fn ic_09_what_a_person_has_and_where_it_comes_from() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    inside(&house, &mut agent, &anna);
    let page = factors(&house, &mut agent);
    assert!(page.body.contains("App dei codici monouso"), "{}", page.body);
    assert!(page.body.contains("Il codice lo genera la tua app"));
    assert!(form(&page, "/account/factors/remove").is_none(), "the password alone changes nothing");
    let token = form(&page, "/account/factors/unlock").unwrap();
    let csrf = token.field("csrf").unwrap().to_owned();
    for (path, fields) in [
        ("codes", vec![("csrf".to_owned(), csrf.clone())]),
        (
            "remove",
            vec![
                ("csrf".to_owned(), csrf.clone()),
                ("factor".to_owned(), "totp".to_owned()),
                ("sure".to_owned(), "yes".to_owned()),
            ],
        ),
    ] {
        let url = house.url(&format!("/account/factors/{path}"));
        agent.come_from(&house.url(""));
        let page = agent.post(&url, &fields).unwrap();
        assert_eq!(page.url.query(), Some("done=locked"), "{path}");
    }
    assert_eq!(stored(&house, &anna).len(), 2);
    assert!(stored(&house, &anna).iter().all(Credential::is_active));

    let page = factors(&house, &mut agent);
    let page = press(&mut agent, &page, "/account/factors/unlock");
    assert!(page.form_with(&["code"]).is_some(), "the password is fresh, the code is missing");
    let page = prove(&house, &mut agent, page, &anna);
    assert_eq!(page.url.path(), "/account/factors");
    assert!(form(&page, "/account/factors/remove").is_some());
    house.wait(599);
    assert!(form(&factors(&house, &mut agent), "/account/factors/remove").is_some());
    house.wait(2);
    assert!(form(&factors(&house, &mut agent), "/account/factors/remove").is_none(), "ten minutes");
}

/// Of the password too it is said when it was last used; many logins in a minute write it once.
#[test]
fn a_use_of_the_password_is_told() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let used = || {
        let all = stored(&house, &anna);
        let password = all.iter().find(|one| matches!(one.secret, Secret::Password { .. }));
        password.unwrap().last_used
    };
    assert_eq!(used(), None);
    let mut agent = Agent::new();
    let first = house.now();
    inside(&house, &mut agent, &anna);
    assert_eq!(used(), Some(first));
    let page = factors(&house, &mut agent);
    let row = page.body.split("<section").find(|row| row.contains("Nome utente e password"));
    assert!(!row.unwrap().contains("mai<"), "{}", page.body);
    house.wait(59);
    send_password(&house, &anna);
    assert_eq!(used(), Some(first));
    house.wait(1);
    send_password(&house, &anna);
    assert_eq!(used(), Some(house.now()));
}

#[test]
fn a_recovery_code_stands_in_once_for_the_app() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    let codes = codes_of(&house, &mut agent, &anna);
    let kept = format!("{:?}", serde_json::to_string(&stored(&house, &anna)).unwrap());
    for code in &codes {
        assert!(!kept.contains(code) && !kept.contains(&code.replace('-', "")), "hashed at rest");
    }
    assert!(factors(&house, &mut agent).body.contains("10 su 10"));

    let mut other = Agent::new();
    let page = asked_for_one(&house, &mut other, &anna);
    assert!(page.body.contains("hai stampato o salvato quando li hai creati"), "IC-09");
    let page = type_recovery(&mut other, &page, "ABC");
    assert_eq!(page.status, 422);
    assert!(page.body.contains("10 lettere e numeri: scrivili tutti"), "nothing was tried");
    let page = type_recovery(&mut other, &page, "AAAAA-AAAAA");
    assert_eq!(page.status, 422);
    assert!(page.body.contains("Restano 2 tentativi"), "{}", page.body);
    let typed = codes[3].to_lowercase().replace('-', " ");
    let page = type_recovery(&mut other, &page, &typed);
    assert!(consents(&page), "{}", page.body);
    assert!(factors(&house, &mut agent).body.contains("9 su 10"));

    let mut again = Agent::new();
    let page = asked_for_one(&house, &mut again, &anna);
    let page = type_recovery(&mut again, &page, &codes[3]);
    assert_eq!(page.status, 422, "once");
    assert!(consents(&type_recovery(&mut again, &page, &codes[4])), "the control");
}

#[test]
fn of_eight_that_use_a_recovery_code_at_once_one_does() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let codes = codes_of(&house, &mut Agent::new(), &anna);
    let mut ready: Vec<(Agent, Page)> = (0..8)
        .map(|_| {
            let mut agent = Agent::new();
            let page = asked_for_one(&house, &mut agent, &anna);
            (agent, page)
        })
        .collect();
    let held: Vec<bool> = std::thread::scope(|scope| {
        let tries: Vec<_> = ready
            .iter_mut()
            .map(|(agent, page)| scope.spawn(|| consents(&type_recovery(agent, page, &codes[0]))))
            .collect();
        tries.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(held.iter().filter(|held| **held).count(), 1, "{held:?}");
}

#[test]
fn new_recovery_codes_take_the_place_of_all_before() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    let old = codes_of(&house, &mut agent, &anna);
    let page = factors(&house, &mut agent);
    let new = printed(&press(&mut agent, &page, "/account/factors/codes"));
    assert!(old.iter().all(|code| !new.contains(code)));
    let mut other = Agent::new();
    let page = asked_for_one(&house, &mut other, &anna);
    let page = type_recovery(&mut other, &page, &old[0]);
    assert_eq!(page.status, 422);
    assert!(consents(&type_recovery(&mut other, &page, &new[0])), "the control");
}

/// Codes are worth what they stand in for: an app bound at SpidL1 makes codes of SpidL1.
#[test]
fn recovery_codes_are_bound_no_higher_than_what_they_stand_in_for() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let records = house.env.records();
    let app = house.block_on(credentials::get(records, &anna.subject, "totp", house.now()));
    let app = app.unwrap().unwrap();
    let weak = Credential { binding: Level::Loa2, ..app.value.clone() };
    write(&house, |batch| credentials::update(records, batch, &app, &weak).unwrap());
    let mut agent = Agent::new();
    let page = unlocked(&house, &mut agent, &anna);
    assert!(page.body.contains("vale fino a SpidL1"), "said before they are made");
    printed(&press(&mut agent, &page, "/account/factors/codes"));
    let made = stored(&house, &anna).into_iter().find(|one| one.id == "recovery-codes").unwrap();
    assert_eq!(made.binding, Level::Loa2);
    let page = house.walk(&mut Agent::new(), &house.spid(2, |_| {}), &anna);
    assert_eq!(page.status, 403, "nr20: {}", page.body);
}

/// Who has no second factor has nothing that codes could stand in for.
#[test]
fn there_are_no_recovery_codes_before_a_second_factor() {
    let house = House::new();
    let bruno = house.inhabitant("bruno");
    let mut agent = Agent::new();
    let page = unlocked(&house, &mut agent, &bruno);
    assert!(form(&page, "/account/factors/codes").is_none());
    assert!(page.body.contains("potrai crearli quando"));
    assert_eq!(stored(&house, &bruno).len(), 1);
}

#[test]
fn a_removal_says_what_it_costs_and_ends_what_was_opened_with_it() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let mut elsewhere = Agent::new();
    unlocked(&house, &mut elsewhere, &anna);
    house.wait(60);
    let mut agent = Agent::new();
    let page = unlocked(&house, &mut agent, &anna);
    let page = press(&mut agent, &page, "/account/factors/remove");
    assert!(page.body.contains("ora puoi raggiungere SpidL2"), "{}", page.body);
    assert!(page.body.contains("solo a SpidL1"));
    assert!(stored(&house, &anna).iter().all(Credential::is_active), "nothing yet");
    let page = press(&mut agent, &page, "/account/factors/remove");
    assert_eq!(page.url.query(), Some("done=removed"));
    let app = stored(&house, &anna).into_iter().find(|one| one.id == "totp").unwrap();
    assert_eq!(app.state, CredentialState::Revoked);
    let page = factors(&house, &mut elsewhere);
    assert!(form(&page, "/account/enter").is_some(), "the other session is over");
    assert!(form(&factors(&house, &mut agent), "/account/factors/unlock").is_none());
}

#[test]
fn forms_of_another_page_change_nothing() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    let page = unlocked(&house, &mut agent, &anna);
    for action in ["/account/factors/codes", "/account/factors/remove"] {
        let form = form(&page, action).unwrap();
        let fields = [("csrf", "another"), ("sure", "yes")];
        let refused = agent.submit(&page, &form, &fields).unwrap();
        assert_eq!(refused.status, 403, "{action}");
    }
    assert_eq!(stored(&house, &anna).len(), 2);
    assert!(stored(&house, &anna).iter().all(Credential::is_active));
}

/// Only what reaches the level is offered, the easiest is shown, and the login goes on from where it is.
#[test]
fn a_person_chooses_among_what_reaches_the_level() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let codes = codes_of(&house, &mut Agent::new(), &anna);
    let mut agent = Agent::new();
    let page = send(&mut agent, &house.spid(2, |_| {})).unwrap();
    let form = page.form_with(&["username", "password"]).unwrap();
    let values = [("username", "anna"), ("password", anna.password.as_str())];
    let page = agent.submit(&page, &form, &values).unwrap();
    assert!(page.form_with(&["code"]).is_some(), "the easiest first");
    let login = page.url.path().to_owned();
    assert!(page.body.contains(&format!("href=\"{login}/ways\"")));
    let list = agent.get(&house.url(&format!("{login}/ways"))).unwrap();
    let app = list.body.find("?by=totp").unwrap();
    assert!(app < list.body.find("?by=recovery-code").unwrap(), "in their order");
    assert!(!list.body.contains("?by=password"), "it has held");
    let page = agent.get(&house.url(&format!("{login}?by=recovery-code"))).unwrap();
    let page = type_recovery(&mut agent, &page, "AAAAA-AAAAA");
    assert!(page.form_with(&["recovery"]).is_some(), "the same way again");
    let page = agent.get(&house.url(&format!("{login}?by=totp"))).unwrap();
    assert!(page.form_with(&["code"]).is_some());
    for nonsense in ["passkey", "password", "smart-card", "x"] {
        let page = agent.get(&house.url(&format!("{login}?by={nonsense}"))).unwrap();
        assert!(page.form_with(&["code"]).is_some(), "{nonsense}: the easiest");
    }
    let page = agent.get(&house.url(&format!("{login}?by=recovery-code"))).unwrap();
    assert!(consents(&type_recovery(&mut agent, &page, &codes[0])), "one login all along");

    // Codes that do not reach the level are no way.
    let records = house.env.records();
    let found = credentials::get(records, &anna.subject, "recovery-codes", house.now());
    let found = house.block_on(found).unwrap().unwrap();
    let weak = Credential { binding: Level::Loa2, ..found.value.clone() };
    write(&house, |batch| credentials::update(records, batch, &found, &weak).unwrap());
    assert!(matches!(&weak.secret, Secret::RecoveryCodes { left } if left.len() == 9));
    let mut agent = Agent::new();
    let page = send(&mut agent, &house.spid(2, |_| {})).unwrap();
    let form = page.form_with(&["username", "password"]).unwrap();
    let page = agent.submit(&page, &form, &values).unwrap();
    assert!(page.form_with(&["code"]).is_some());
    assert!(!page.body.contains("/ways\""));
    let page = agent.get(&format!("{}/ways", page.url)).unwrap();
    assert!(page.form_with(&["code"]).is_some(), "nothing to choose from");
}
