//! What a person changes of what is on record of them, behind the tenant's guard (BI-10): over real HTTP, on a clock that the test
//! moves.

use ponte::assurance::level::Level;
use ponte::flow::env::NumberGuard;
use ponte::identity::attributes::AttributeName;
use ponte::store::accounts;
use ponte::store::guards::{self, Guard};

use crate::own_factors::{press, unlocked};
use crate::support::agent::{Agent, Form, Page};
use crate::support::citizen::send;
use crate::support::house::{House, Inhabitant};

const QUESTION: &str = "Dove abitava la nonna?";

fn house(guard: NumberGuard) -> House {
    House::with(|making| making.settings.number_guard = guard)
}

fn number(house: &House, person: &Inhabitant) -> Option<String> {
    let found = accounts::get(house.env.records(), &person.subject, house.now());
    let account = house.block_on(found).unwrap().unwrap();
    account.value.attribute(AttributeName::MobilePhone).map(str::to_owned)
}

fn form(page: &Page, action: &str) -> Option<Form> {
    page.forms().into_iter().find(|form| form.action == action)
}

fn profile(house: &House, agent: &mut Agent) -> Page {
    agent.get(&house.url("/account/profile")).unwrap()
}

/// At the page of one's data by the password alone.
fn inside(house: &House, agent: &mut Agent, person: &Inhabitant) -> Page {
    let page = agent.get(&house.url("/account")).unwrap();
    let page = press(agent, &page, "/account/enter");
    let form = page.form_with(&["username", "password"]).unwrap();
    let values = [("username", person.username.as_str()), ("password", person.password.as_str())];
    agent.submit(&page, &form, &values).unwrap();
    profile(house, agent)
}

fn set(agent: &mut Agent, page: &Page, question: &str, answer: &str) -> Page {
    let form = form(page, "/account/profile/question").unwrap_or_else(|| panic!("{}", page.body));
    agent.submit(page, &form, &[("question", question), ("answer", answer)]).unwrap()
}

fn change(agent: &mut Agent, page: &Page, number: &str, answer: &str) -> Page {
    let form = form(page, "/account/profile/number").unwrap_or_else(|| panic!("{}", page.body));
    agent.submit(page, &form, &[("number", number), ("answer", answer)]).unwrap()
}

/// BI-10, BI-08: outside the campaign's mask the number is changed by the answer, however it is written; it was set by whoever had
/// shown as much as they could, and is kept as argon2id.
#[test]
fn bi_10_the_number_is_changed_by_the_secret_answer() {
    let house = house(NumberGuard::SecretAnswer);
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    let page = inside(&house, &mut agent, &anna);
    assert!(form(&page, "/account/profile/number").is_none(), "no question yet: {}", page.body);
    assert!(form(&page, "/account/profile/question").is_none(), "the password sets none");
    unlocked(&house, &mut agent, &anna);
    let page = profile(&house, &mut agent);
    for (question, answer) in
        [("Nonna?", "via Roma 12"), (QUESTION, "x"), ("Via Roma 12 è dove abito?", "via roma 12")]
    {
        assert_eq!(set(&mut agent, &page, question, answer).status, 422, "{question}");
    }
    let page = set(&mut agent, &page, QUESTION, "Via Roma, 12");
    assert!(page.body.contains("Domanda e risposta sono salvate"), "{}", page.body);
    let kept = guards::load(house.env.records(), Guard::Answer, &anna.subject, house.now());
    let kept = house.block_on(kept).unwrap().value.clone();
    assert!(kept.hash.unwrap().starts_with("$argon2id$"));
    house.wait(11 * 60);
    let mut other = Agent::new();
    let page = inside(&house, &mut other, &anna);
    assert!(page.body.contains(QUESTION));
    assert_eq!(change(&mut other, &page, "tre", "via roma 12").status, 422);
    let page = change(&mut other, &page, "333 765 4321", "via Milano 12");
    assert!(page.status == 422 && page.body.contains("La risposta non è"), "{}", page.body);
    assert_eq!(number(&house, &anna), None);
    let page = change(&mut other, &page, "333 765 4321", " VIA  ROMA 12 ");
    assert!(page.body.contains("Il numero è cambiato"), "{}", page.body);
    assert_eq!(number(&house, &anna).as_deref(), Some("+393337654321"));
    assert!(page.body.contains("+39 *** *** **21") && !page.body.contains("7654321"));
}

/// BI-10: the answer is worth the change that it guards and nothing else: no level, no factor, no change of factors.
#[test]
fn bi_10_an_answer_is_no_factor() {
    let house = house(NumberGuard::SecretAnswer);
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    unlocked(&house, &mut agent, &anna);
    let page = profile(&house, &mut agent);
    set(&mut agent, &page, QUESTION, "via Roma 12");
    house.wait(11 * 60);
    let mut other = Agent::new();
    let page = inside(&house, &mut other, &anna);
    change(&mut other, &page, "333 765 4321", "via roma 12");
    let page = other.get(&house.url("/account/factors")).unwrap();
    assert!(form(&page, "/account/factors/remove").is_none(), "{}", page.body);
    let page = send(&mut other, &house.spid(2, |_| {})).unwrap();
    let page = match page.form_with(&["username", "password"]) {
        Some(form) => {
            let values = [("username", "anna"), ("password", anna.password.as_str())];
            other.submit(&page, &form, &values).unwrap()
        }
        None => page,
    };
    assert!(page.form_with(&["code"]).is_some(), "SpidL2 asks for the app: {}", page.body);
    assert!(house.env.settings.levels.ceiling >= Level::Loa3);
}

/// BI-10: wrong answers slow down, and a hundred in a row end it until another question is set.
#[test]
fn bi_10_guessing_an_answer_slows_down_and_ends() {
    let house = house(NumberGuard::SecretAnswer);
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    unlocked(&house, &mut agent, &anna);
    let page = profile(&house, &mut agent);
    let mut page = set(&mut agent, &page, QUESTION, "via Roma 12");
    for _ in 0..5 {
        page = change(&mut agent, &page, "333 765 4321", "via Milano");
        assert_eq!(page.status, 422);
    }
    page = change(&mut agent, &page, "333 765 4321", "via Roma 12");
    assert_eq!(page.status, 429, "not even the right one: {}", page.body);
    assert_eq!(number(&house, &anna), None);
}

/// BI-10: the guard is a policy: an existing factor, or the desk.
#[test]
fn bi_10_the_guard_is_the_tenant_s() {
    let house = house(NumberGuard::ExistingFactor);
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    let page = inside(&house, &mut agent, &anna);
    assert!(form(&page, "/account/profile/number").is_none(), "{}", page.body);
    let page = press(&mut agent, &page, "/account/profile/unlock");
    let code = page.form_with(&["code"]).unwrap_or_else(|| panic!("{}", page.body));
    let page = agent.submit(&page, &code, &[("code", &house.code(&anna))]).unwrap();
    assert_eq!(page.url.path(), "/account/profile");
    assert!(form(&page, "/account/profile/question").is_none(), "nothing asks for it here");
    change(&mut agent, &page, "333 765 4321", "");
    assert_eq!(number(&house, &anna).as_deref(), Some("+393337654321"));

    let house = self::house(NumberGuard::Desk);
    let anna = house.enrolled("anna");
    unlocked(&house, &mut agent, &anna);
    let page = profile(&house, &mut agent);
    assert!(page.body.contains("rivolgiti a chi ti ha dato le credenziali"), "{}", page.body);
    assert!(form(&page, "/account/profile/number").is_none());
}
