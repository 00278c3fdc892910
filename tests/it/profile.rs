//! What a person changes of what is on record of them, behind the tenant's guard (BI-10): over real HTTP, on a clock that the test
//! moves.

use std::sync::Arc;

use chrono::TimeDelta;
use ponte::assurance::level::Level;
use ponte::flow::env::NumberGuard;
use ponte::flow::notice::Mailing;
use ponte::identity::attributes::AttributeName;
use ponte::store::accounts;
use ponte::store::guards::{self, Guard};
use ponte::store::port::Space;
use ponte::world::outbox::Outbox;

use crate::notices::{Held, round};
use crate::own_factors::{press, unlocked};
use crate::recovery::follow;
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

/// A house whose guard is a link in a mail, and what leaves it; Anna's address has been there from the start.
fn by_mail() -> (House, Arc<Held>) {
    let out = Arc::new(Held::default());
    let outbox: Arc<dyn Outbox> = Arc::<Held>::clone(&out);
    let house = House::with(|making| {
        making.settings.number_guard = NumberGuard::EmailLink;
        making.mailing = Some(Mailing { outbox, keep: TimeDelta::days(3) });
    });
    (house, out)
}

/// Asks for the number and gives the link that was mailed for it.
fn link_for(
    house: &House,
    out: &Held,
    agent: &mut Agent,
    person: &Inhabitant,
    number: &str,
) -> String {
    let page = inside(house, agent, person);
    let page = change(agent, &page, number, "");
    assert!(page.body.contains("Il messaggio è in viaggio"), "{}", page.body);
    newest(house, out)
}

fn newest(house: &House, out: &Held) -> String {
    round(house);
    let mut texts = out.mails().into_iter().filter_map(|mail| {
        let rest = mail.text.split_once("/account/profile/link/")?.1.to_owned();
        rest.split_whitespace().next().map(str::to_owned)
    });
    house.url(&format!("/account/profile/link/{}", texts.next_back().expect("a link")))
}

/// BI-10: by the link that was mailed the number is written, once, within an hour; to look at it is not to use it; of the secret
/// the store has a digest.
#[test]
fn bi_10_the_number_is_changed_by_a_link_in_a_mail() {
    let (house, out) = by_mail();
    let anna = house.enrolled("anna");
    let link = link_for(&house, &out, &mut Agent::new(), &anna, "333 765 4321");
    assert_eq!(number(&house, &anna), None, "nothing changes yet");
    let token = link.rsplit('/').next().unwrap();
    let kept = house.env.store.list(&house.env.tenant, Space::Codes, "", None, 1000, house.now());
    let kept = house.block_on(kept).unwrap();
    let said: Vec<u8> =
        kept.into_iter().flat_map(|(name, value)| [name.into_bytes(), value].concat()).collect();
    assert!(!said.windows(token.len()).any(|some| some == token.as_bytes()));
    house.wait(3599);
    let mut other = Agent::new();
    let page = other.get(&link).unwrap();
    assert!(page.body.contains("+39 *** *** **21") && !page.body.contains("7654321"));
    assert_eq!(number(&house, &anna), None, "a program that looks uses nothing up");
    let page = follow(&mut other, &link);
    assert!(page.body.contains("Il numero è cambiato"), "{}", page.body);
    assert_eq!(number(&house, &anna).as_deref(), Some("+393337654321"));
    let page = follow(&mut Agent::new(), &link);
    assert!(page.status == 410 && page.body.contains("già stato usato"), "{}", page.body);
    round(&house);
    assert!(out.mails().last().unwrap().text.contains("numero"), "she is told");

    house.wait(31);
    let late = link_for(&house, &out, &mut Agent::new(), &anna, "333 111 2222");
    house.wait(3601);
    let page = follow(&mut Agent::new(), &late);
    assert!(page.status == 410 && page.body.contains("Vale un’ora"), "{}", page.body);
    assert_eq!(number(&house, &anna).as_deref(), Some("+393337654321"));
}

/// BI-10: the newest link alone counts, none counts across another password, and of eight that press at once one writes.
#[test]
fn bi_10_one_link_counts_once() {
    let (house, out) = by_mail();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    let first = link_for(&house, &out, &mut agent, &anna, "333 765 4321");
    house.wait(60);
    let page = profile(&house, &mut agent);
    change(&mut agent, &page, "333 111 2222", "");
    let second = newest(&house, &out);
    let page = follow(&mut Agent::new(), &first);
    assert!(page.status == 410 && page.body.contains("vale solo l’ultimo"), "{}", page.body);
    let written = std::thread::scope(|scope| {
        let all: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    follow(&mut Agent::new(), &second).body.contains("Il numero è cambiato")
                })
            })
            .collect();
        all.into_iter().map(|one| one.join().unwrap()).filter(|done| *done).count()
    });
    assert_eq!(written, 1);
    assert_eq!(number(&house, &anna).as_deref(), Some("+393331112222"));
    house.wait(60);
    let page = profile(&house, &mut agent);
    change(&mut agent, &page, "333 444 5555", "");
    let third = newest(&house, &out);
    house.wait(60);
    let page = agent.get(&house.url("/account/password")).unwrap();
    let form = page.form_with(&["present", "new", "again"]).unwrap();
    let new = "un'altra frase lunga e segreta";
    let values = [("present", anna.password.as_str()), ("new", new), ("again", new)];
    agent.submit(&page, &form, &values).unwrap();
    assert_eq!(follow(&mut Agent::new(), &third).status, 410);
    assert_eq!(number(&house, &anna).as_deref(), Some("+393331112222"));
}

/// BI-10: nobody's mailbox is filled, however often somebody asks.
#[test]
fn bi_10_links_are_few() {
    let (house, out) = by_mail();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    let mut page = inside(&house, &mut agent, &anna);
    let mut sent = 0;
    while sent < 20 {
        page = change(&mut agent, &page, "333 765 4321", "");
        if page.status == 429 {
            break;
        }
        sent += 1;
        page = profile(&house, &mut agent);
    }
    assert!((1..10).contains(&sent), "{sent}");
    round(&house);
    let links = out.mails().into_iter().filter(|mail| mail.text.contains("/account/profile/link/"));
    assert_eq!(links.count(), sent);
}
