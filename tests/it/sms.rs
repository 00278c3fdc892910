//! Codes by SMS over real HTTP, on a clock that the test moves, with a telephone that the test holds.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::TimeDelta;
use ponte::assurance::level::Level;
use ponte::enrolment::credential::{Credential, CredentialState, Secret};
use ponte::factors::sms::Budget;
use ponte::flow::post::deliver;
use ponte::flow::texting::Texting;
use ponte::store::credentials;
use ponte::store::port::{Committed, Durability};
use ponte::store::record::Batch;
use ponte::world::outbox::{Body, Message, Outbox, SendError, Sms, Way};

use crate::own_factors::{press, unlocked};
use crate::support::agent::{Agent, Page};
use crate::support::citizen::send;
use crate::support::house::{House, Inhabitant};

pub(crate) const NUMBER: &str = "+393331234512";
const MASKED: &str = "+39 *** *** **12";

/// Keeps what it is given.
#[derive(Debug, Default)]
struct Telephone(Mutex<Vec<Sms>>);

#[async_trait]
impl Outbox for Telephone {
    async fn send(&self, message: &Message) -> Result<(), SendError> {
        let Body::Sms(sms) = &message.body else { panic!("no SMS") };
        self.0.lock().unwrap().push(sms.clone());
        Ok(())
    }

    async fn try_out(&self) -> Result<(), SendError> {
        Ok(())
    }
}

pub(crate) struct Tried {
    pub(crate) house: House,
    telephone: Arc<Telephone>,
}

impl Tried {
    fn new() -> Self {
        Self::with(Budget { person: 10, range: 50, house: 100 })
    }

    fn with(budget: Budget) -> Self {
        let telephone = Arc::new(Telephone::default());
        let outbox: Arc<dyn Outbox> = Arc::<Telephone>::clone(&telephone);
        Self { telephone, ..Self::through(outbox, budget) }
    }

    /// Codes leave by `outbox`.
    pub(crate) fn through(outbox: Arc<dyn Outbox>, budget: Budget) -> Self {
        let house = House::with(|making| {
            let served = vec!["+393".to_owned()];
            making.texting = Some(Texting { outbox, country: "39".to_owned(), served, budget });
        });
        Self { house, telephone: Arc::default() }
    }

    /// What has arrived, once all that waits has left.
    fn arrived(&self) -> Vec<Sms> {
        self.house.block_on(deliver(&self.house.env, Way::Sms)).unwrap();
        self.telephone.0.lock().unwrap().clone()
    }

    /// The code of the latest message.
    fn code(&self) -> String {
        self.arrived().last().unwrap().text.chars().take(6).collect()
    }

    /// Somebody with a password and a telephone, bound at `binding`, and nothing else.
    pub(crate) fn owner(&self, name: &str, number: &str, binding: Level) -> Inhabitant {
        let person = self.house.inhabitant(name);
        let credential = Credential {
            id: "sms".to_owned(),
            subject: person.subject.clone(),
            state: CredentialState::Active,
            binding,
            enrolled: self.house.now(),
            last_used: None,
            secret: Secret::Sms { number: number.to_owned() },
        };
        let mut batch = Batch::new();
        credentials::add(self.house.env.records(), &mut batch, &credential).unwrap();
        let done = batch.commit(&*self.house.env.store, Durability::Durable, self.house.now());
        assert_eq!(self.house.block_on(done).unwrap(), Committed::Done);
        person
    }

    /// At the page after the password, in a login at SpidL2.
    fn after_password(&self, agent: &mut Agent, person: &Inhabitant, password: &str) -> Page {
        let page = send(agent, &self.house.spid(2, |_| {})).unwrap();
        let form = page.form_with(&["username", "password"]).unwrap();
        let values = [("username", person.username.as_str()), ("password", password)];
        agent.submit(&page, &form, &values).unwrap()
    }

    /// At the page that asks for a code by SMS.
    pub(crate) fn asked(&self, agent: &mut Agent, person: &Inhabitant) -> Page {
        let page = self.after_password(agent, person, &person.password);
        if page.body.contains("sms-again") {
            return page;
        }
        agent.get(&format!("{}?by=sms", page.url)).unwrap()
    }

    fn stored(&self, person: &Inhabitant) -> Option<Credential> {
        let found = credentials::list(self.house.env.records(), &person.subject, self.house.now());
        let found = self.house.block_on(found).unwrap().into_iter().map(|one| one.value);
        found.into_iter().find(|one| matches!(one.secret, Secret::Sms { .. }))
    }
}

pub(crate) fn type_code(agent: &mut Agent, page: &Page, code: &str) -> Page {
    let form = page.form_with(&["code"]).unwrap_or_else(|| panic!("{}", page.body));
    agent.submit(page, &form, &[("code", code)]).unwrap()
}

fn again(agent: &mut Agent, page: &Page) -> Page {
    let form = page.forms().into_iter().find(|form| form.action.ends_with("/sms-again")).unwrap();
    agent.submit(page, &form, &[]).unwrap()
}

pub(crate) fn consents(page: &Page) -> bool {
    page.form_with_button("decision", "accept").is_some()
}

fn other_than(code: &str) -> String {
    code.chars().map(|digit| if digit == '9' { '0' } else { '9' }).collect()
}

/// BI-01, TS-12: a wrong password never triggers an SMS, the right one does; password and code are SpidL2.
#[test]
fn bi_01_a_message_leaves_only_after_the_right_password() {
    let here = Tried::new();
    let anna = here.owner("anna", NUMBER, Level::Loa4);
    let mut agent = Agent::new();
    let page = here.after_password(&mut agent, &anna, "wrong");
    assert_eq!(page.status, 422);
    // Nor does whoever asks for it by address.
    let page = agent.get(&format!("{}?by=sms", page.url.as_str().trim_end_matches("/password")));
    assert!(page.unwrap().form_with(&["password"]).is_some());
    assert!(here.arrived().is_empty());

    let mut agent = Agent::new();
    let page = here.after_password(&mut agent, &anna, &anna.password);
    let [message] = &here.arrived()[..] else { panic!("one message") };
    assert_eq!(message.to, NUMBER);
    assert!(message.text.ends_with(" Ente di prova") && !message.text.contains("://"));
    let page = type_code(&mut agent, &page, &here.code());
    assert!(consents(&page), "{}", page.body);
    let page = here.house.accept(&mut agent, &page);
    let form = page.form_with(&["SAMLResponse"]).unwrap();
    let xml = openssl::base64::decode_block(form.field("SAMLResponse").unwrap()).unwrap();
    assert!(String::from_utf8(xml).unwrap().contains(">https://www.spid.gov.it/SpidL2</"));
    assert_eq!(here.stored(&anna).unwrap().last_used, Some(here.house.now()));
}

/// BI-03, IC-09: the number is shown masked and never whole; the page says where the code comes from.
#[test]
fn bi_03_the_page_shows_the_number_masked() {
    let here = Tried::new();
    let anna = here.owner("anna", NUMBER, Level::Loa4);
    let page = here.asked(&mut Agent::new(), &anna);
    assert_eq!(page.status, 200);
    assert!(page.body.contains(MASKED), "{}", page.body);
    assert!(!page.body.contains("3331234512") && !page.body.contains("1234512"));
    assert!(page.body.contains("Ti abbiamo mandato un SMS"));
}

/// BI-02: a code holds once, a second one invalidates the first, and none holds in another login.
#[test]
fn bi_02_the_newest_code_holds_once_and_where_it_was_asked_for() {
    let here = Tried::new();
    let anna = here.owner("anna", NUMBER, Level::Loa4);
    let mut agent = Agent::new();
    let page = here.asked(&mut agent, &anna);
    let first = here.code();
    // Whoever loads the page again gets no second message.
    assert_eq!(agent.get(page.url.as_str()).unwrap().status, 200);
    assert_eq!(here.arrived().len(), 1);
    let early = again(&mut agent, &page);
    assert_eq!((early.status, early.header("retry-after")), (429, Some("61")), "{}", early.body);
    assert_eq!(here.arrived().len(), 1, "the cool-down");
    here.house.wait(60);
    let page = again(&mut agent, &early);
    assert!(page.body.contains("quello di prima non vale più"), "{}", page.body);
    let second = here.code();
    assert_eq!(here.arrived().len(), 2);
    if first != second {
        assert_eq!(type_code(&mut agent, &page, &first).status, 422, "the first holds no more");
    }

    here.house.wait(120);
    let mut elsewhere = Agent::new();
    let other = here.asked(&mut elsewhere, &anna);
    let third = here.code();
    assert_eq!(here.arrived().len(), 3);
    let page = type_code(&mut agent, &page, &third);
    assert_eq!(page.status, 422, "it was sent for another login");
    assert!(page.body.contains("Resta un solo tentativo"), "{}", page.body);
    let done = type_code(&mut elsewhere, &other, &third);
    assert!(consents(&done), "{}", done.body);

    here.house.wait(60);
    let mut late = Agent::new();
    let page = here.asked(&mut late, &anna);
    let replay = type_code(&mut late, &page, &third);
    assert!(third == here.code() || replay.status == 422, "once");
}

/// Ten minutes, to the second; beside it a control that differs in that second only.
#[test]
fn a_code_holds_for_ten_minutes() {
    for (seconds, holds) in [(599, true), (600, false)] {
        let here = Tried::new();
        let anna = here.owner("anna", NUMBER, Level::Loa4);
        let mut agent = Agent::new();
        let page = here.asked(&mut agent, &anna);
        let code = here.code();
        here.house.wait(seconds);
        assert_eq!(consents(&type_code(&mut agent, &page, &code)), holds, "{seconds}");
    }
}

#[test]
fn of_eight_that_type_one_code_at_once_one_goes_on() {
    let here = Tried::new();
    let anna = here.owner("anna", NUMBER, Level::Loa4);
    let mut agent = Agent::new();
    let page = here.asked(&mut agent, &anna);
    let code = here.code();
    let form = page.form_with(&["code"]).unwrap();
    let held: usize = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..8)
            .map(|_| {
                let (mut agent, page, form, code) = (agent.clone(), &page, &form, &code);
                scope.spawn(move || {
                    usize::from(consents(&agent.submit(page, form, &[("code", code)]).unwrap()))
                })
            })
            .collect();
        tries.into_iter().map(|one| one.join().unwrap()).sum()
    });
    assert_eq!(held, 1);
}

#[test]
fn three_wrong_codes_end_the_login_and_what_is_no_code_is_not_counted() {
    let here = Tried::new();
    let anna = here.owner("anna", NUMBER, Level::Loa4);
    let mut agent = Agent::new();
    let page = here.asked(&mut agent, &anna);
    let code = here.code();
    let page = type_code(&mut agent, &page, "12345");
    assert!(page.body.contains("6 cifre: scrivile tutte"), "{}", page.body);
    let mut page = type_code(&mut agent, &page, &other_than(&code));
    assert!(page.body.contains("Restano 2 tentativi"), "{}", page.body);
    for _ in 0..2 {
        page = type_code(&mut agent, &page, &other_than(&code));
    }
    assert!(page.body.contains("SAMLResponse") && page.form_with(&["code"]).is_none(), "nr19");
}

/// TS-12, docs/levels.md: a telephone that was bound with the password alone makes no SpidL2; and a person without one is
/// sent nothing (IC-08).
#[test]
fn ic_08_who_has_no_number_gets_no_message_and_a_weak_one_makes_no_spid_l2() {
    let here = Tried::new();
    let weak = here.owner("weak", NUMBER, Level::Loa2);
    let page = here.after_password(&mut Agent::new(), &weak, &weak.password);
    assert!(!page.body.contains("sms-again"), "it leads nowhere: {}", page.body);
    let without = here.house.enrolled("without");
    let mut agent = Agent::new();
    let page = here.after_password(&mut agent, &without, &without.password);
    let page = agent.get(&format!("{}?by=sms", page.url)).unwrap();
    assert!(page.body.contains("Apri sul telefono l’app"), "the app is asked for: {}", page.body);
    assert!(here.arrived().is_empty());
}

/// The app is easier and comes first: then a message leaves only for whoever chooses it.
#[test]
fn whoever_has_an_app_gets_a_message_only_by_choice() {
    let here = Tried::new();
    let anna = here.house.enrolled("anna");
    enrol(&here, &mut Agent::new(), &anna, "333 1234512");
    let before = here.arrived().len();
    here.house.wait(60);
    let mut agent = Agent::new();
    let page = here.after_password(&mut agent, &anna, &anna.password);
    assert!(page.body.contains("Apri sul telefono l’app"), "{}", page.body);
    let ways = agent.get(&format!("{}/ways", page.url)).unwrap();
    assert!(ways.body.contains("Codici via SMS"), "{}", ways.body);
    assert_eq!(here.arrived().len(), before);
    let page = agent.get(&format!("{}?by=sms", page.url)).unwrap();
    assert_eq!(here.arrived().len(), before + 1);
    assert!(consents(&type_code(&mut agent, &page, &here.code())));
}

/// Pumping: the day's budgets of a person, of a range and of the house end by themselves, say so, and leave the other ways.
#[test]
fn each_budget_ends_and_begins_anew_the_next_day() {
    let budgets = [
        ("person", Budget { person: 2, range: 50, house: 50 }),
        ("range", Budget { person: 50, range: 2, house: 50 }),
        ("house", Budget { person: 50, range: 50, house: 2 }),
    ];
    for (purse, budget) in budgets {
        let here = Tried::with(budget);
        let [anna, near, far] = [
            here.owner("anna", NUMBER, Level::Loa4),
            here.owner("near", "+393331239999", Level::Loa4),
            here.owner("far", "+393479876543", Level::Loa4),
        ];
        for sent in 1..=2 {
            here.asked(&mut Agent::new(), &anna);
            assert_eq!(here.arrived().len(), sent, "{purse}");
            here.house.wait(3600);
        }
        let page = here.asked(&mut Agent::new(), &anna);
        assert_eq!(page.status, 429, "{purse}");
        assert!(page.body.contains("Per oggi non possiamo mandare altri SMS"), "{}", page.body);
        let others = [&near, &far].map(|one| here.asked(&mut Agent::new(), one).status);
        let expected = match purse {
            "person" => [200, 200],
            "range" => [429, 200],
            _ => [429, 429],
        };
        assert_eq!(others, expected, "{purse}");
        here.house.wait(86_400);
        assert_eq!(here.asked(&mut Agent::new(), &anna).status, 200, "{purse}");
    }
}

/// Adds a number at the person's own pages.
fn enrol(here: &Tried, agent: &mut Agent, person: &Inhabitant, typed: &str) {
    unlocked(&here.house, agent, person);
    let page = agent.get(&here.house.url("/account/factors/sms")).unwrap();
    let page = type_number(agent, &page, typed);
    assert_eq!(page.status, 200, "{}", page.body);
    let page = type_code(agent, &page, &here.code());
    assert_eq!(page.url.query(), Some("done=number"), "{}", page.body);
}

fn type_number(agent: &mut Agent, page: &Page, typed: &str) -> Page {
    let form = page.form_with(&["number"]).unwrap_or_else(|| panic!("{}", page.body));
    agent.submit(page, &form, &[("number", typed)]).unwrap()
}

/// IC-08, AR-06: a number counts once a code that was sent there came back; bound at what was shown; removed like all others.
#[test]
fn ic_08_a_number_is_added_by_its_person_and_removed() {
    let here = Tried::new();
    let anna = here.house.enrolled("anna");
    let mut agent = Agent::new();
    let list = unlocked(&here.house, &mut agent, &anna);
    assert!(list.body.contains("/account/factors/sms\""), "{}", list.body);
    let page = agent.get(&here.house.url("/account/factors/sms")).unwrap();
    for (typed, said) in [
        ("", "Questo non è un numero di telefono"),
        ("333 12", "Questo non è un numero di telefono"),
        ("+1 202 555 0100", "A questi numeri non mandiamo SMS"),
        ("06 1234567", "A questi numeri non mandiamo SMS"),
    ] {
        let page = type_number(&mut agent, &page, typed);
        assert_eq!(page.status, 422, "{typed}");
        assert!(page.body.contains(said), "{typed}: {}", page.body);
    }
    assert!(here.arrived().is_empty());
    let page = type_number(&mut agent, &page, "333 123 45 12");
    assert!(page.body.contains(MASKED), "{}", page.body);
    let code = here.code();
    assert_eq!(here.stored(&anna), None, "nothing counts yet");
    let wrong = type_code(&mut agent, &page, &other_than(&code));
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("non è quello dell’ultimo messaggio"), "{}", wrong.body);
    assert_eq!(here.stored(&anna), None);
    let done = type_code(&mut agent, &wrong, &code);
    assert_eq!(done.url.query(), Some("done=number"), "{}", done.body);
    assert!(done.body.contains(&format!("Codici via SMS: {MASKED}")), "{}", done.body);
    let kept = here.stored(&anna).unwrap();
    assert_eq!(kept.secret, Secret::Sms { number: NUMBER.to_owned() });
    assert_eq!((kept.binding, kept.is_active()), (Level::Loa3, true));

    let page = agent.get(&here.house.url("/account/factors/sms")).unwrap();
    assert_eq!(page.url.query(), Some("done=gone"), "one number a person");
    let mut forms = done.forms().into_iter();
    let form = forms.find(|form| form.field("factor") == Some("sms")).unwrap();
    let sure = agent.submit(&done, &form, &[]).unwrap();
    let gone = press(&mut agent, &sure, "/account/factors/remove");
    assert_eq!(gone.url.query(), Some("done=removed"), "{}", gone.body);
    assert!(!here.stored(&anna).unwrap().is_active());
    let mut other = Agent::new();
    let page = here.after_password(&mut other, &anna, &anna.password);
    assert!(!page.body.contains("/ways\""), "the app is the one way left");
}

/// Five wrong codes, ten minutes, or another session: then the right code adds no number.
#[test]
fn a_code_for_a_number_is_not_guessed_at() {
    let here = Tried::new();
    let anna = here.house.enrolled("anna");
    let mut agent = Agent::new();
    unlocked(&here.house, &mut agent, &anna);
    let url = here.house.url("/account/factors/sms");
    let page = agent.get(&url).unwrap();
    let asks = type_number(&mut agent, &page, "3331234512");
    let code = here.code();
    for _ in 0..5 {
        type_code(&mut agent, &asks, &other_than(&code));
    }
    let page = type_code(&mut agent, &asks, &code);
    assert!(page.body.contains("Il codice non vale più"), "{}", page.body);
    assert_eq!(here.stored(&anna), None);

    here.house.wait(60);
    let asks = type_number(&mut agent, &page, "3331234512");
    let code = here.code();
    here.house.wait(600);
    unlocked(&here.house, &mut agent, &anna);
    let page = type_code(&mut agent, &asks, &code);
    assert!(!page.body.contains("done=number"));
    assert_eq!(here.stored(&anna), None);
}

/// No number is added by whoever has the password alone, where there is more.
#[test]
fn the_password_alone_adds_no_number() {
    let here = Tried::new();
    let anna = here.house.enrolled("anna");
    let mut agent = Agent::new();
    unlocked(&here.house, &mut agent, &anna);
    here.house.wait(601);
    let page = agent.get(&here.house.url("/account/factors/sms")).unwrap();
    assert_eq!(page.url.query(), Some("done=locked"), "{}", page.body);
}

/// Where no codes are sent there is no such way, whatever a person has.
#[test]
fn without_a_way_to_send_there_is_no_such_factor() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    let page = unlocked(&house, &mut agent, &anna);
    assert!(!page.body.contains("/account/factors/sms"));
    let page = agent.get(&house.url("/account/factors/sms")).unwrap();
    assert_eq!(page.url.query(), Some("done=gone"));
}

/// A message that could not leave while its code held does not leave later.
#[test]
fn a_code_that_is_too_old_is_not_sent() {
    let here = Tried::new();
    let anna = here.owner("anna", NUMBER, Level::Loa4);
    here.asked(&mut Agent::new(), &anna);
    here.house.env.clock.advance(TimeDelta::minutes(10));
    assert!(here.arrived().is_empty());
}
