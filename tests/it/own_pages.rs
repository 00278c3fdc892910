//! The person's own pages over real HTTP: last logins and notices, another authenticator app, and one-time codes that wait to
//! be activated.

use ponte::admin::desk::Desk;
use ponte::admin::privacy;
use ponte::assurance::level::Level;
use ponte::enrolment::credential::{Credential, Secret};
use ponte::factors::totp;
use ponte::store::credentials;

use crate::campaigns::{desk, sources};
use crate::notices;
use crate::own_factors::{press, unlocked};
use crate::support::agent::{Agent, Page};
use crate::support::house::{House, Inhabitant};

fn open(house: &House, agent: &mut Agent, path: &str) -> Page {
    agent.get(&house.url(path)).unwrap()
}

fn apps(house: &House, person: &Inhabitant) -> Vec<Credential> {
    let found = credentials::list(house.env.records(), &person.subject, house.now());
    let all = house.block_on(found).unwrap().into_iter().map(|one| one.value);
    all.filter(|one| one.is_active() && matches!(one.secret, Secret::Totp { .. })).collect()
}

fn shown_key(page: &Page) -> String {
    let from = page.body.split("<code>").nth(1).unwrap_or_else(|| panic!("{}", page.body));
    from.split('<').next().unwrap().split_whitespace().collect()
}

fn type_code(agent: &mut Agent, page: &Page, code: &str) -> Page {
    agent.submit(page, &page.form_with(&["code"]).unwrap(), &[("code", code)]).unwrap()
}

/// The last logins come from the register, with service, level, factors and network, those that named nobody too; of the notices
/// that left it is kept what and when.
#[test]
fn the_last_logins_and_notices_are_at_the_person_s_own_pages() {
    let (house, out) = notices::house();
    let (anna, bruno) = (house.enrolled("anna"), house.enrolled("bruno"));
    let mut agent = Agent::new();
    unlocked(&house, &mut agent, &anna);
    let page = open(&house, &mut agent, "/account/activity");
    assert!(page.body.contains("Nessun accesso a un servizio"), "{}", page.body);
    assert!(page.body.contains("Nessun avviso negli ultimi sei mesi"), "nothing has left yet");
    house.wait(60);
    let consent = house.walk(&mut agent, &house.spid(2, |_| {}), &anna);
    house.accept(&mut agent, &consent);
    house.wait(60);
    let consent = house.walk(&mut Agent::new(), &house.spid(1, |_| {}), &bruno);
    drop(consent);
    let mut other = Agent::new();
    let page = house.walk(&mut other, &house.spid(2, |_| {}), &anna);
    let form = page.form_with_button("decision", "deny").unwrap();
    other.submit(&page, &form, &[("decision", "deny")]).unwrap();
    house.block_on(house.env.register.filed()).unwrap();
    house.env.register.catch_up().unwrap();
    notices::round(&house);
    assert!(!out.mails().is_empty());
    let page = open(&house, &mut agent, "/account/activity");
    assert_eq!(page.status, 200);
    for said in ["SpidL2", "Nome utente e password", "App dei codici monouso", "127.0.0.0/24"] {
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }
    assert_eq!(page.body.matches("id=\"login-").count(), 2, "hers alone: {}", page.body);
    assert!(page.body.contains("non concluso"), "{}", page.body);
    assert!(page.body.contains("Accesso da un nuovo browser"), "{}", page.body);
    // What is held of a person, they may have; and it goes with them.
    let sources = sources();
    let desk: Desk<'_> = desk(&house, &sources);
    let held = house.block_on(privacy::export(&desk, "anna", house.now())).unwrap();
    assert_eq!(held.store["notices-sent"][0]["what"], "new-browser");
    house.wait(181 * 86_400);
    let held = house.block_on(privacy::export(&desk, "anna", house.now())).unwrap();
    assert_eq!(held.store["notices-sent"].as_array().unwrap().len(), 0, "six months");
}

/// Nobody sees them without a session of the own pages.
#[test]
fn the_last_logins_are_shown_to_nobody_else() {
    let house = House::new();
    let page = open(&house, &mut Agent::new(), "/account/activity");
    assert!(page.forms().iter().any(|form| form.action == "/account/enter"), "{}", page.body);
}

/// A second app beside the first: both codes hold, each once; it is worth what was shown for it; either can be removed.
#[test]
fn another_app_is_added_beside_the_old_one() {
    let house = House::new();
    let mut anna = house.enrolled("anna");
    let mut agent = Agent::new();
    unlocked(&house, &mut agent, &anna);
    let page = open(&house, &mut agent, "/account/factors/totp");
    let key = shown_key(&page);
    let code = |key: &str| totp::code(key, 30, house.now()).unwrap();
    // A code that is none, then one of the old app: nothing is added, nothing is counted.
    assert_eq!(type_code(&mut agent, &page, "12").status, 422);
    let page = type_code(&mut agent, &page, &code(anna.seed.as_deref().unwrap()));
    assert_eq!(page.status, 422);
    assert!(page.body.contains("Il codice non è quello che l’app mostra"), "{}", page.body);
    assert_eq!(shown_key(&page), key, "the same key");
    assert_eq!(apps(&house, &anna).len(), 1);
    let page = type_code(&mut agent, &page, &code(&key));
    assert!(page.url.as_str().ends_with("/account/factors?done=app"), "{}", page.url);
    assert!(page.body.contains("L’app è attiva"), "{}", page.body);
    let both = apps(&house, &anna);
    assert_eq!(both.len(), 2);
    assert!(both.iter().any(|one| one.id.starts_with("totp-added-") && one.binding == Level::Loa3));
    // Both open SpidL2.
    house.wait(60);
    let consents = |page: &Page| page.form_with_button("decision", "accept").is_some();
    assert!(consents(&house.walk(&mut Agent::new(), &house.spid(2, |_| {}), &anna)));
    let old = anna.seed.replace(key).unwrap();
    assert!(consents(&house.walk(&mut Agent::new(), &house.spid(2, |_| {}), &anna)));
    let page = house.walk(&mut Agent::new(), &house.spid(2, |_| {}), &anna);
    assert!(!consents(&page), "each code once");
    // A third is the last.
    house.wait(60);
    unlocked(&house, &mut agent, &anna);
    let page = open(&house, &mut agent, "/account/factors/totp");
    type_code(&mut agent, &page, &code(&shown_key(&page)));
    assert_eq!(apps(&house, &anna).len(), 3);
    let page = open(&house, &mut agent, "/account/factors/totp");
    assert!(page.url.as_str().ends_with("?done=gone"), "{}", page.url);
    // The old one goes; its codes with it.
    let page = open(&house, &mut agent, "/account/factors");
    let removes = page.forms().into_iter().filter(|form| form.action.ends_with("/remove"));
    let of_old = removes.into_iter().find(|form| form.field("factor") == Some("totp")).unwrap();
    let page = agent.submit(&page, &of_old, &[]).unwrap();
    press(&mut agent, &page, "/account/factors/remove");
    assert_eq!(apps(&house, &anna).len(), 2);
    house.wait(60);
    assert!(consents(&house.walk(&mut Agent::new(), &house.spid(2, |_| {}), &anna)));
    anna.seed = Some(old);
    assert!(!consents(&house.walk(&mut Agent::new(), &house.spid(2, |_| {}), &anna)));
}

/// A key that was shown and never proved counts for nothing, and who has shown the password alone adds none.
#[test]
fn an_app_is_added_by_whoever_has_shown_enough_alone() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    let page = open(&house, &mut agent, "/account");
    let page = press(&mut agent, &page, "/account/enter");
    let form = page.form_with(&["username", "password"]).unwrap();
    let values = [("username", "anna"), ("password", anna.password.as_str())];
    agent.submit(&page, &form, &values).unwrap();
    let page = open(&house, &mut agent, "/account/factors/totp");
    assert!(page.url.as_str().ends_with("?done=locked"), "{}", page.url);
    unlocked(&house, &mut agent, &anna);
    let first = shown_key(&open(&house, &mut agent, "/account/factors/totp"));
    let page = open(&house, &mut agent, "/account/factors/totp");
    assert_ne!(shown_key(&page), first, "a new key each time");
    let code = totp::code(&first, 30, house.now()).unwrap();
    assert_eq!(type_code(&mut agent, &page, &code).status, 422);
    house.wait(11 * 60);
    let code = totp::code(&shown_key(&page), 30, house.now()).unwrap();
    let page = type_code(&mut agent, &page, &code);
    assert!(page.url.as_str().ends_with("?done=locked"), "the confirmation is over: {}", page.url);
    assert_eq!(apps(&house, &anna).len(), 1);
}

/// AR-04: whoever was given one-time codes and has not activated them is told so, in their language, and a form that needs no
/// script and no mouse leads to the enrolment; who has activated them is not told.
#[test]
fn ar_04_codes_that_wait_to_be_activated_are_shown_with_the_way_there() {
    let house = House::new();
    let (anna, bruno) = (house.enrolled("anna"), house.inhabitant("bruno"));
    let enter = |agent: &mut Agent, person: &Inhabitant| {
        let page = open(&house, agent, "/account");
        let page = press(agent, &page, "/account/enter");
        let form = page.form_with(&["username", "password"]).unwrap();
        let (name, password) = (person.username.as_str(), person.password.as_str());
        agent.submit(&page, &form, &[("username", name), ("password", password)]).unwrap()
    };
    let waits = "Account con OTP abilitato ma non ancora attivato";
    assert!(!enter(&mut Agent::new(), &anna).body.contains(waits));
    let in_english = enter(&mut Agent::new().in_english(), &bruno);
    assert!(in_english.body.contains("one-time codes enabled but not activated yet"));
    let mut agent = Agent::new();
    let page = enter(&mut agent, &bruno);
    assert!(page.body.contains(waits), "{}", page.body);
    // A form with a button: it is reached by the tabulator and pressed by the keyboard.
    let page = press(&mut agent, &page, "/account/factors/activate");
    let page = match page.form_with(&["username", "password"]) {
        Some(form) => {
            let values = [("username", "bruno"), ("password", bruno.password.as_str())];
            agent.submit(&page, &form, &values).unwrap()
        }
        None => page,
    };
    let form = page.form_with(&["activation"]).unwrap_or_else(|| panic!("{}", page.body));
    let page = agent.submit(&page, &form, &[("activation", &bruno.activation)]).unwrap();
    let code = totp::code(&shown_key(&page), 30, house.now()).unwrap();
    type_code(&mut agent, &page, &code);
    assert_eq!(apps(&house, &bruno).len(), 1);
    let page = open(&house, &mut agent, "/account/sessions");
    assert!(!page.body.contains(waits), "{}", page.body);
}
