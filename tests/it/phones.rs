//! The app on phones over real HTTP: linked, asked by push and by QR code, answered once, refused.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::sha::sha256;
use ponte::assurance::factor::Factor;
use ponte::assurance::level::Level;
use ponte::enrolment::credential::{Credential, Secret};
use ponte::flow::post::deliver;
use ponte::flow::pushing::Pushing;
use ponte::store::credentials;
use ponte::web::assets;
use ponte::world::outbox::{Body, Message, Outbox, Push, SendError, Way};
use serde_json::{Value, json};

use crate::own_factors::{press, unlocked};
use crate::support::agent::{Agent, Form, Page, unescape};
use crate::support::authenticator::{Authenticator, options};
use crate::support::citizen::send;
use crate::support::house::{House, Inhabitant};

pub(crate) const ALL: [Factor; 3] = [Factor::Push, Factor::Qr, Factor::QrPasswordless];

pub(crate) fn house() -> House {
    offering(&ALL)
}

fn offering(factors: &[Factor]) -> House {
    House::with(|making| making.settings.levels.offered.extend(factors))
}

/// A phone: its browser, and its authenticator.
#[derive(Clone)]
pub(crate) struct Handset {
    pub(crate) agent: Agent,
    key: Authenticator,
}

/// The code of the page, as it is read.
pub(crate) fn code_of(page: &Page) -> String {
    let rest = page.body.split_once("class=\"key\">").unwrap_or_else(|| panic!("{}", page.body)).1;
    rest.split_once("<code>").unwrap().1.split('<').next().unwrap().to_owned()
}

/// The number that the page shows.
pub(crate) fn number_of(page: &Page) -> String {
    let rest =
        page.body.split_once("class=\"match\">").unwrap_or_else(|| panic!("{}", page.body)).1;
    rest.split_once("<strong>").unwrap().1.split('<').next().unwrap().to_owned()
}

pub(crate) fn form_to(page: &Page, action: &str, with: &[(&str, &str)]) -> Form {
    let fits = |form: &Form| {
        form.action == action && with.iter().all(|(name, value)| form.field(name) == Some(*value))
    };
    let found = page.forms().into_iter().find(|form| fits(form));
    found.unwrap_or_else(|| panic!("{action} {with:?} in {}", page.body))
}

/// What the page's script would make the key sign for this number.
fn asked_to_sign(page: &Page, number: &str) -> Value {
    let rest = page.body.split_once("data-signs=\"").unwrap_or_else(|| panic!("{}", page.body)).1;
    let signs = unescape(rest.split('"').next().unwrap());
    let mut said: Vec<String> = serde_json::from_str(&signs).unwrap();
    said.push(number.to_owned());
    let text = serde_json::to_string(&said).unwrap();
    let mut asks = options(page);
    asks["challenge"] = URL_SAFE_NO_PAD.encode(sha256(text.as_bytes())).into();
    asks
}

impl Handset {
    fn new(house: &House, number: u8) -> Self {
        let origin = house.url("").trim_end_matches('/').to_owned();
        Self { agent: Agent::new(), key: Authenticator::new(&origin, number) }
    }

    fn home(&mut self, house: &House) -> Page {
        self.agent.get(&house.url("/app")).unwrap()
    }

    /// Types a code, or scans it: the same form.
    pub(crate) fn open(&mut self, house: &House, code: &str) -> Page {
        let home = self.home(house);
        let form = form_to(&home, "/app/open", &[("code", "")]);
        self.agent.submit(&home, &form, &[("code", code), ("version", "1")]).unwrap()
    }

    /// Opens the only request that waits.
    pub(crate) fn look(&mut self, house: &House) -> Page {
        let home = self.home(house);
        let form = form_to(&home, "/app/open", &[]);
        assert_ne!(form.field("code"), Some(""), "nothing waits: {}", home.body);
        self.agent.submit(&home, &form, &[("version", "1")]).unwrap()
    }

    fn make(&mut self, page: &Page) -> Page {
        let form = form_to(page, "/app/enrol", &[]);
        let answer = self.key.create(&options(page)).to_string();
        let values = [("name", "Telefono"), ("answer", answer.as_str()), ("version", "1")];
        self.agent.submit(page, &form, &values).unwrap()
    }

    fn prove(&mut self, page: &Page) -> Page {
        let form = form_to(page, "/app/prove", &[]);
        let answer = self.key.get(&options(page)).to_string();
        self.agent.submit(page, &form, &[("answer", &answer), ("version", "1")]).unwrap()
    }

    pub(crate) fn approve(&mut self, page: &Page, number: &str) -> Page {
        let answer = self.key.get(&asked_to_sign(page, number)).to_string();
        self.send(page, number, &answer)
    }

    fn send(&mut self, page: &Page, number: &str, answer: &str) -> Page {
        let form = form_to(page, "/app/answer", &[("decision", "approve")]);
        let values = [("number", number), ("answer", answer), ("version", "1")];
        self.agent.submit(page, &form, &values).unwrap()
    }

    fn say(&mut self, page: &Page, decision: &str) -> Page {
        let form = form_to(page, "/app/answer", &[("decision", decision)]);
        self.agent.submit(page, &form, &[("version", "1")]).unwrap()
    }
}

pub(crate) fn done(page: &Page) -> Option<&str> {
    page.url.query()
}

/// The code by which a phone is linked, at the person's own pages.
pub(crate) fn invited(house: &House, agent: &mut Agent, person: &Inhabitant) -> String {
    // A code of the other app holds once.
    house.wait(31);
    unlocked(house, agent, person);
    let page = agent.get(&house.url("/account/factors/app")).unwrap();
    code_of(&page)
}

/// Links a phone to the person.
pub(crate) fn link(house: &House, person: &Inhabitant, number: u8) -> Handset {
    let code = invited(house, &mut Agent::new(), person);
    let mut handset = Handset::new(house, number);
    let page = handset.open(house, &code);
    let page = handset.make(&page);
    let page = handset.prove(&page);
    assert_eq!(done(&page), Some("done=linked"), "{}", page.body);
    handset
}

/// At the page that waits for the phone, in a login at SpidL2, after the password.
pub(crate) fn asked(house: &House, agent: &mut Agent, person: &Inhabitant, by: &str) -> Page {
    let page = send(agent, &house.spid(2, |_| {})).unwrap();
    let form = page.form_with(&["username", "password"]).unwrap();
    let values = [("username", person.username.as_str()), ("password", person.password.as_str())];
    let page = agent.submit(&page, &form, &values).unwrap();
    agent.get(&format!("{}?by={by}", page.url)).unwrap()
}

/// Presses the button "I have confirmed", which needs no script.
pub(crate) fn confirmed(agent: &mut Agent, page: &Page) -> Page {
    let forms = page.forms();
    let ends = ["/push", "/qr", "/qr-passwordless"];
    let form = forms.iter().find(|form| ends.iter().any(|end| form.action.ends_with(end)));
    agent.submit(page, form.unwrap_or_else(|| panic!("{}", page.body)), &[]).unwrap()
}

pub(crate) fn again(agent: &mut Agent, page: &Page) -> Page {
    let form = page.forms().into_iter().find(|form| form.action.ends_with("/push-again"));
    agent.submit(page, &form.unwrap(), &[]).unwrap()
}

pub(crate) fn stage(agent: &mut Agent, page: &Page) -> String {
    let rest = page.body.split_once("data-status=\"").unwrap().1;
    let at = page.url.join(rest.split('"').next().unwrap()).unwrap();
    let said: Value = serde_json::from_str(&agent.get(at.as_str()).unwrap().body).unwrap();
    said["stage"].as_str().unwrap().to_owned()
}

pub(crate) fn consents(page: &Page) -> bool {
    page.form_with_button("decision", "accept").is_some()
}

pub(crate) fn class_of(house: &House, agent: &mut Agent, page: &Page) -> String {
    let page = house.accept(agent, page);
    let form = page.form_with(&["SAMLResponse"]).unwrap();
    let xml = openssl::base64::decode_block(form.field("SAMLResponse").unwrap()).unwrap();
    let xml = String::from_utf8(xml).unwrap();
    let (_, rest) = xml.split_once("AuthnContextClassRef>").unwrap();
    rest.split('<').next().unwrap().to_owned()
}

pub(crate) fn stored(house: &House, person: &Inhabitant) -> Vec<Credential> {
    let found = credentials::list(house.env.records(), &person.subject, house.now());
    let found = house.block_on(found).unwrap().into_iter().map(|one| one.value);
    found.filter(|one| matches!(one.secret, Secret::App { .. })).collect()
}

/// IC-07, IC-11, TS-12: the number on the screen is typed on the phone, which finds the request in its own list.
#[test]
fn ic_07_push_a_matched_number_gives_spid_l2() {
    let house = house();
    let anna = house.enrolled("anna");
    let mut phone = link(&house, &anna, 1);
    let mut desk = Agent::new();
    let page = asked(&house, &mut desk, &anna, "push");
    let number = number_of(&page);
    assert_eq!(stage(&mut desk, &page), "waiting");

    let question = phone.look(&house);
    for shown in ["127.0.0.0/24", "anna", "22 novembre 2026"] {
        assert!(question.body.contains(shown), "{shown}: {}", question.body);
    }
    assert!(!question.body.contains("class=\"match\""), "the phone does not know it from us");
    let home = phone.approve(&question, &number);
    assert_eq!(done(&home), Some("done=approved"), "{}", home.body);
    assert_eq!(stage(&mut desk, &page), "answered");

    let page = confirmed(&mut desk, &page);
    assert!(consents(&page), "{}", page.body);
    assert!(class_of(&house, &mut desk, &page).ends_with("SpidL2"));
    let [used] = &stored(&house, &anna)[..] else { panic!("one phone") };
    assert_eq!((used.last_used, used.binding), (Some(house.now()), Level::Loa3));
}

/// IC-07: a QR code after the password, and one in its place.
#[test]
fn ic_07_qr_codes_give_spid_l2_both_ways() {
    let house = house();
    let anna = house.enrolled("anna");
    let mut phone = link(&house, &anna, 1);
    let mut desk = Agent::new();
    let page = asked(&house, &mut desk, &anna, "qr");
    let question = phone.open(&house, &code_of(&page));
    assert_eq!(stage(&mut desk, &page), "opened");
    assert_eq!(done(&phone.approve(&question, "")), Some("done=approved"));
    let page = confirmed(&mut desk, &page);
    assert!(class_of(&house, &mut desk, &page).ends_with("SpidL2"));

    let mut other = Agent::new();
    let page = send(&mut other, &house.spid(2, |_| {})).unwrap();
    assert!(page.body.contains("?by=qr-passwordless"), "{}", page.body);
    let page = other.get(&format!("{}?by=qr-passwordless", page.url)).unwrap();
    let question = phone.open(&house, &code_of(&page).to_lowercase());
    assert_eq!(done(&phone.approve(&question, "")), Some("done=approved"));
    let page = confirmed(&mut other, &page);
    assert!(consents(&page), "{}", page.body);
    assert!(class_of(&house, &mut other, &page).ends_with("SpidL2"));
}

/// IC-07: each mode can be disabled.
#[test]
fn ic_07_what_is_not_offered_is_not_there() {
    for left_out in ALL {
        let offered: Vec<Factor> = ALL.into_iter().filter(|one| *one != left_out).collect();
        let house = offering(&offered);
        let anna = house.enrolled("anna");
        let _phone = link(&house, &anna, 1);
        for by in ALL {
            let mut desk = Agent::new();
            let page = if by == Factor::QrPasswordless {
                let page = send(&mut desk, &house.spid(2, |_| {})).unwrap();
                desk.get(&format!("{}?by={}", page.url, by.name())).unwrap()
            } else {
                asked(&house, &mut desk, &anna, by.name())
            };
            let there = page.forms().iter().any(|form| form.action.ends_with(by.name()));
            assert_eq!(there, by != left_out, "{by:?} without {left_out:?}: {}", page.body);
        }
    }
    let house = offering(&[]);
    let anna = house.enrolled("anna");
    assert_eq!(Agent::new().get(&house.url("/app")).unwrap().status, 404);
    let page = unlocked(&house, &mut Agent::new(), &anna);
    assert!(!page.body.contains("/account/factors/app"));
}

/// What the key signs holds request, service provider and number: an answer for anything else is refused.
#[test]
fn an_answer_that_breaks_a_rule_is_refused() {
    type Change = fn(&mut Handset, &mut Value);
    let cases: [(&str, bool, Change); 6] = [
        ("as it is", true, |_, _| {}),
        ("another challenge", false, |_, asks| asks["challenge"] = "AAAA".into()),
        ("no user verification", false, |one, _| one.key.verifies = false),
        ("another origin", false, |one, _| one.key.origin = "https://evil.example".into()),
        ("another rpId", false, |_, asks| asks["rpId"] = "localhost".into()),
        ("another key", false, |one, _| one.key = Authenticator::new(&one.key.origin, 1)),
    ];
    let house = house();
    let anna = house.enrolled("anna");
    let mut phone = link(&house, &anna, 1);
    for (what, holds, change) in cases {
        house.wait(1000);
        let mut desk = Agent::new();
        let page = asked(&house, &mut desk, &anna, "push");
        let number = number_of(&page);
        let mut one = phone.clone();
        let question = one.look(&house);
        let mut asks = asked_to_sign(&question, &number);
        change(&mut one, &mut asks);
        let answer = one.key.get(&asks).to_string();
        phone.key.counter += 1;
        let said = one.send(&question, &number, &answer);
        assert_eq!(done(&said) == Some("done=approved"), holds, "{what}: {}", said.body);
        assert_eq!(consents(&confirmed(&mut desk, &page)), holds, "{what}");
        if !holds {
            // The request is there still, and the control holds.
            let question = phone.look(&house);
            let said = phone.approve(&question, &number);
            assert_eq!(done(&said), Some("done=approved"), "{what}: {}", said.body);
        }
    }
    // The number is part of what is signed: the right one beside a signature over another is nothing.
    house.wait(1000);
    let mut desk = Agent::new();
    let page = asked(&house, &mut desk, &anna, "push");
    let number = number_of(&page);
    let question = phone.look(&house);
    let other = if number == "10" { "11" } else { "10" };
    let answer = phone.key.get(&asked_to_sign(&question, other)).to_string();
    assert_eq!(phone.send(&question, &number, &answer).status, 422);
    for garbage in ["", "{}", "x", "[]"] {
        assert_eq!(phone.send(&question, &number, garbage).status, 422, "{garbage}");
    }
    assert_eq!(done(&phone.approve(&question, &number)), Some("done=approved"));
}

#[test]
fn the_third_wrong_number_ends_the_request() {
    let house = house();
    let anna = house.enrolled("anna");
    let mut phone = link(&house, &anna, 1);
    let mut desk = Agent::new();
    let page = asked(&house, &mut desk, &anna, "push");
    let right = number_of(&page);
    let wrong = if right == "10" { "11" } else { "10" };
    let question = phone.look(&house);
    for _ in 0..2 {
        let page = phone.approve(&question, wrong);
        assert!(page.status == 422 && page.body.contains("Non è il numero"), "{}", page.body);
    }
    assert_eq!(phone.approve(&question, wrong).status, 409);
    assert_eq!(phone.approve(&question, &right).status, 409, "the right one comes too late");
    let page = confirmed(&mut desk, &page);
    assert!(page.body.contains("negata sul telefono"), "{}", page.body);
}

/// Deny leaves the login open; a report ends it, locks the prompts for an hour and leaves the other ways.
#[test]
fn whoever_did_not_ask_denies_or_reports() {
    let house = house();
    let anna = house.enrolled("anna");
    let mut phone = link(&house, &anna, 1);
    let mut desk = Agent::new();
    let page = asked(&house, &mut desk, &anna, "push");
    let question = phone.look(&house);
    assert_eq!(done(&phone.say(&question, "deny")), Some("done=denied"));
    let page = confirmed(&mut desk, &page);
    assert!(page.status == 422 && page.body.contains("Restano 2 tentativi"), "{}", page.body);

    house.wait(31);
    let page = again(&mut desk, &page);
    let question = phone.look(&house);
    assert_eq!(done(&phone.say(&question, "report")), Some("done=reported"));
    let page = confirmed(&mut desk, &page);
    assert!(page.body.contains("nr23") && !consents(&page), "{}", page.body);

    let mut later = Agent::new();
    let page = asked(&house, &mut later, &anna, "push");
    assert!(page.status == 429 && page.body.contains("è stata segnalata"), "{}", page.body);
    let page = later.get(page.url.join("?by=totp").unwrap().as_str()).unwrap();
    let form = page.form_with(&["code"]).unwrap();
    let page = later.submit(&page, &form, &[("code", &house.code(&anna))]).unwrap();
    assert!(consents(&page), "IC-10: another way, the same login");
    house.wait(3600);
    let page = asked(&house, &mut Agent::new(), &anna, "push");
    assert_eq!(number_of(&page).len(), 2);
}

/// IC-10, IC-11: the button before the answer, "send again" with its pause, and a request that nobody answers.
#[test]
fn ic_10_ic_11_the_page_that_waits_works_without_script() {
    let house = house();
    let anna = house.enrolled("anna");
    let mut phone = link(&house, &anna, 1);
    let mut desk = Agent::new();
    let page = asked(&house, &mut desk, &anna, "push");
    let first = phone.look(&house);
    let early = confirmed(&mut desk, &page);
    assert!(early.status == 422 && early.body.contains("non c’è ancora una risposta"));
    assert_eq!(number_of(&early), number_of(&page), "the same request waits");
    let soon = again(&mut desk, &early);
    assert_eq!((soon.status, soon.header("retry-after").is_some()), (429, true));
    assert_eq!(number_of(&soon), number_of(&page));
    house.wait(31);
    let new = again(&mut desk, &soon);
    assert_eq!(new.status, 200, "{}", new.body);
    let late = phone.approve(&first, &number_of(&page));
    assert_eq!(late.status, 404, "newest only: {}", late.body);
    let question = phone.look(&house);
    assert_eq!(done(&phone.approve(&question, &number_of(&new))), Some("done=approved"));
    // The tab was asleep for a while.
    house.wait(599);
    assert!(consents(&confirmed(&mut desk, &new)));

    let mut other = Agent::new();
    let page = asked(&house, &mut other, &anna, "push");
    let question = phone.look(&house);
    house.wait(301);
    assert_eq!(phone.approve(&question, &number_of(&page)).status, 409);
    assert_eq!(stage(&mut other, &page), "over");
    let page = confirmed(&mut other, &page);
    assert!(page.body.contains("scaduta senza risposta"), "{}", page.body);
    assert_eq!(number_of(&again(&mut other, &page)).len(), 2);
}

/// A QR code can be scanned for 60 s, and belongs to the browser that shows it.
#[test]
fn a_qr_code_lasts_a_minute_and_is_one_browsers() {
    let house = house();
    let anna = house.enrolled("anna");
    let mut phone = link(&house, &anna, 1);
    for (after, holds) in [(59, true), (61, false)] {
        let mut desk = Agent::new();
        let page = asked(&house, &mut desk, &anna, "qr");
        let code = code_of(&page);
        house.wait(after);
        assert_eq!(phone.open(&house, &code).status == 200, holds, "{after} s");
        let renewed = desk.get(page.url.as_str()).unwrap();
        assert_eq!(renewed.body.contains("class=\"key\"") && code_of(&renewed) != code, !holds);
    }
    let mut desk = Agent::new();
    let page = asked(&house, &mut desk, &anna, "qr");
    let question = phone.open(&house, &code_of(&page));
    assert_eq!(done(&phone.approve(&question, "")), Some("done=approved"));
    let mut thief = Agent::new();
    let stolen = asked(&house, &mut thief, &anna, "qr");
    assert!(!consents(&confirmed(&mut thief, &stolen)), "another login of hers gains nothing");
    assert_eq!(Agent::new().get(page.url.as_str()).unwrap().status, 403, "nor another browser");
    assert!(consents(&confirmed(&mut desk, &page)));
}

#[test]
fn a_request_is_for_its_persons_phones_alone() {
    let house = house();
    let (anna, bruno) = (house.enrolled("anna"), house.enrolled("bruno"));
    let (mut hers, mut his) = (link(&house, &anna, 1), link(&house, &bruno, 2));
    let mut desk = Agent::new();
    let page = asked(&house, &mut desk, &anna, "qr");
    assert_eq!(his.open(&house, &code_of(&page)).status, 404, "after her password");
    let question = hers.open(&house, &code_of(&page));
    let mut form = form_to(&question, "/app/answer", &[("decision", "approve")]);
    let answer = his.key.get(&asked_to_sign(&question, "")).to_string();
    let values = [("answer", answer.as_str()), ("version", "1")];
    let refused = his.agent.submit(&question, &form, &values).unwrap();
    assert_eq!(refused.status, 403, "his phone, her token: {}", refused.body);
    let refused = Agent::new().submit(&question, &form, &values).unwrap();
    assert_eq!(refused.status, 403, "no phone");
    form.fields.retain(|(name, _)| name != "csrf");
    assert_eq!(hers.agent.submit(&question, &form, &values).unwrap().status, 403, "no token");
    let other = hers.agent.post_from_elsewhere(&house.url("/app/answer"), "decision=deny").unwrap();
    assert_eq!(other.status, 403, "another site");

    // Whoever scans first answers, where nobody has said who they are.
    let mut desk = Agent::new();
    let page = send(&mut desk, &house.spid(2, |_| {})).unwrap();
    let page = desk.get(&format!("{}?by=qr-passwordless", page.url)).unwrap();
    let question = hers.open(&house, &code_of(&page));
    assert_eq!(his.open(&house, &code_of(&page)).status, 404);
    assert_eq!(done(&hers.approve(&question, "")), Some("done=approved"));
    assert!(consents(&confirmed(&mut desk, &page)));
}

/// Of eight answers at once one counts, and what it approved is used once.
#[test]
fn of_eight_that_approve_at_once_one_does() {
    let house = house();
    let anna = house.enrolled("anna");
    let mut phone = link(&house, &anna, 1);
    let mut desk = Agent::new();
    let page = asked(&house, &mut desk, &anna, "push");
    let number = number_of(&page);
    let question = phone.look(&house);
    let mut ready: Vec<(Agent, String)> = (0..8)
        .map(|_| {
            let answer = phone.key.get(&asked_to_sign(&question, &number)).to_string();
            (phone.agent.clone(), answer)
        })
        .collect();
    let form = form_to(&question, "/app/answer", &[("decision", "approve")]);
    let approved: Vec<bool> = std::thread::scope(|scope| {
        let tries: Vec<_> = ready
            .iter_mut()
            .map(|(agent, answer)| {
                scope.spawn(|| {
                    let values =
                        [("number", number.as_str()), ("answer", answer), ("version", "1")];
                    let page = agent.submit(&question, &form, &values).unwrap();
                    done(&page) == Some("done=approved")
                })
            })
            .collect();
        tries.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(approved.iter().filter(|one| **one).count(), 1, "{approved:?}");
    let mut desks = vec![desk.clone(); 8];
    let risen: Vec<bool> = std::thread::scope(|scope| {
        let tries: Vec<_> = desks
            .iter_mut()
            .map(|desk| scope.spawn(|| consents(&confirmed(desk, &page))))
            .collect();
        tries.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(risen.iter().filter(|one| **one).count(), 1, "{risen:?}");
}

/// AR-16: several phones; one that is removed is nothing at once, the other goes on, and what it opened is ended.
#[test]
fn ar_16_a_phone_that_is_removed_approves_nothing() {
    let house = house();
    let anna = house.enrolled("anna");
    let (mut lost, mut kept) = (link(&house, &anna, 1), link(&house, &anna, 2));
    // To show who she was she was asked by push, too.
    house.wait(901);
    let mut desk = Agent::new();
    let page = asked(&house, &mut desk, &anna, "push");
    let question = lost.look(&house);
    let mut own = Agent::new();
    house.wait(31);
    let list = unlocked(&house, &mut own, &anna);
    assert_eq!(list.body.matches("Telefono con l’app: Telefono").count(), 2, "{}", list.body);
    let id = stored(&house, &anna);
    let id =
        id.iter().find(|one| matches!(&one.secret, Secret::App { id, .. } if *id == lost.key.id()));
    let id = id.unwrap().id.clone();
    let remove = list.forms().into_iter().find(|form| form.field("factor") == Some(&id)).unwrap();
    let sure = own.submit(&list, &remove, &[]).unwrap();
    let page_after = press(&mut own, &sure, "/account/factors/remove");
    assert_eq!(done(&page_after), Some("done=removed"), "{}", page_after.body);
    assert_eq!(lost.approve(&question, &number_of(&page)).status, 403);
    assert!(lost.home(&house).body.contains("Collega questo telefono"));
    let question = kept.look(&house);
    assert_eq!(done(&kept.approve(&question, &number_of(&page))), Some("done=approved"));
    assert!(consents(&confirmed(&mut desk, &page)));
}

/// What was approved counts no more once its phone is removed.
#[test]
fn an_approval_dies_with_its_phone() {
    let house = house();
    let anna = house.enrolled("anna");
    let mut phone = link(&house, &anna, 1);
    let mut desk = Agent::new();
    let page = asked(&house, &mut desk, &anna, "push");
    let question = phone.look(&house);
    assert_eq!(done(&phone.approve(&question, &number_of(&page))), Some("done=approved"));
    let mut own = Agent::new();
    house.wait(31);
    let list = unlocked(&house, &mut own, &anna);
    let id = stored(&house, &anna)[0].id.clone();
    let remove = list.forms().into_iter().find(|form| form.field("factor") == Some(&id)).unwrap();
    let sure = own.submit(&list, &remove, &[]).unwrap();
    press(&mut own, &sure, "/account/factors/remove");
    assert!(!consents(&confirmed(&mut desk, &page)));
}

/// IC-21: an app that is older than the settings want is refused, with the reason, at every step.
#[test]
fn ic_21_an_app_that_is_too_old_is_refused() {
    let house = House::with(|making| {
        making.settings.levels.offered.extend(ALL);
        making.settings.app.minimum_version = 1;
    });
    let anna = house.enrolled("anna");
    let mut phone = link(&house, &anna, 1);
    let mut desk = Agent::new();
    let page = asked(&house, &mut desk, &anna, "push");
    let question = phone.look(&house);
    let answer = phone.key.get(&asked_to_sign(&question, &number_of(&page))).to_string();
    let number = number_of(&page);
    for old in ["0", "", "x", "-1"] {
        let form = form_to(&question, "/app/answer", &[("decision", "approve")]);
        let values = [("number", number.as_str()), ("answer", &answer), ("version", old)];
        let page = phone.agent.submit(&question, &form, &values).unwrap();
        assert!(page.status == 403 && page.body.contains("troppo vecchia"), "{old}: {}", page.body);
        let home = phone.home(&house);
        let form = form_to(&home, "/app/open", &[("code", "")]);
        let values = [("code", "AAAA-BBBB-CCCC"), ("version", old)];
        let page = phone.agent.submit(&home, &form, &values).unwrap();
        assert!(page.body.contains("troppo vecchia"), "{old}");
    }
    assert_eq!(done(&phone.send(&question, &number, &answer)), Some("done=approved"));
}

/// AR-06: the code works once, for five minutes, as long as the session that made it lives, and the key counts once it has
/// signed.
#[test]
fn ar_06_a_phone_is_linked_once_by_who_has_the_code() {
    let house = house();
    let anna = house.enrolled("anna");
    for (after, holds) in [(299, true), (301, false)] {
        let code = invited(&house, &mut Agent::new(), &anna);
        let mut phone = Handset::new(&house, 9);
        house.wait(after);
        assert_eq!(phone.open(&house, &code).status == 200, holds, "{after} s");
        assert!(stored(&house, &anna).is_empty());
    }
    let code = invited(&house, &mut Agent::new(), &anna);
    let (mut first, mut second) = (Handset::new(&house, 1), Handset::new(&house, 2));
    let page = first.open(&house, &code);
    let proof = first.make(&page);
    assert!(stored(&house, &anna).is_empty(), "made, and proved nothing");
    first.key.verifies = false;
    assert_eq!(first.prove(&proof).status, 422);
    first.key.verifies = true;
    let linked = first.prove(&proof);
    assert_eq!(done(&linked), Some("done=linked"), "{}", linked.body);
    assert_eq!(first.prove(&proof).status, 404, "again");
    assert_eq!(second.open(&house, &code).status, 404, "once");
    assert_eq!(stored(&house, &anna).len(), 1);

    let mut desk = Agent::new();
    let code = invited(&house, &mut desk, &anna);
    let page = desk.get(&house.url("/account/sessions")).unwrap();
    press(&mut desk, &page, "/account/sign-out");
    assert_eq!(second.open(&house, &code).status, 404, "the session is over");
    assert_eq!(second.open(&house, "AAAA-BBBB-CCCC").status, 404);
    assert_eq!(second.open(&house, "no code").status, 404);
}

/// Done when: a person with the password alone cannot enrol a factor and reach SpidL2 with it.
#[test]
fn a_phone_linked_by_the_password_alone_is_worth_spid_l1() {
    let house = house();
    let anna = house.inhabitant("anna");
    let mut phone = link(&house, &anna, 1);
    let [made] = &stored(&house, &anna)[..] else { panic!("one phone") };
    assert_eq!(made.binding, Level::Loa2);
    let mut desk = Agent::new();
    let page = asked(&house, &mut desk, &anna, "push");
    assert!(!page.body.contains("class=\"match\""), "{}", page.body);
    let mut other = Agent::new();
    let page = send(&mut other, &house.spid(2, |_| {})).unwrap();
    let page = other.get(&format!("{}?by=qr-passwordless", page.url)).unwrap();
    let question = phone.open(&house, &code_of(&page));
    assert_eq!(done(&phone.approve(&question, "")), Some("done=approved"));
    assert!(!consents(&confirmed(&mut other, &page)));
}

/// Keeps what it is given, or says that nobody is there.
#[derive(Debug, Default)]
pub(crate) struct Service {
    sent: Mutex<Vec<Push>>,
    gone: std::sync::atomic::AtomicBool,
}

impl Service {
    /// Where notifications went, sorted.
    pub(crate) fn told(&self) -> Vec<String> {
        let sent = self.sent.lock().unwrap();
        let mut told: Vec<String> = sent.iter().map(|push| push.to.endpoint.clone()).collect();
        told.sort();
        told
    }
}

#[async_trait]
impl Outbox for Service {
    async fn send(&self, message: &Message) -> Result<(), SendError> {
        let Body::Push(push) = &message.body else { panic!("no notification") };
        self.sent.lock().unwrap().push(push.clone());
        if self.gone.load(std::sync::atomic::Ordering::Relaxed) {
            return Err(SendError::Gone);
        }
        Ok(())
    }

    async fn try_out(&self) -> Result<(), SendError> {
        Ok(())
    }
}

pub(crate) fn subscription(endpoint: &str) -> String {
    json!({
        "endpoint": endpoint,
        "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "auth": "BTBZMqHH6r4Tts7J_aSIgg",
    })
    .to_string()
}

/// A request is told to the phone that asked for it, at a push service that the settings name; one that is gone is dropped.
#[test]
fn a_request_is_told_to_the_phone_that_wants_it() {
    let service = Arc::new(Service::default());
    let outbox: Arc<dyn Outbox> = Arc::<Service>::clone(&service);
    let house = House::with(|making| {
        making.settings.levels.offered.extend(ALL);
        let services = vec!["https://push.example".to_owned()];
        making.pushing = Some(Pushing { outbox, public_key: "AAAA".to_owned(), services });
    });
    let anna = house.enrolled("anna");
    let mut phone = link(&house, &anna, 1);
    let home = phone.home(&house);
    let csrf =
        home.body.split_once("data-csrf=\"").unwrap().1.split('"').next().unwrap().to_owned();
    let mut subscribe = |said: &str, csrf: &str| {
        let fields = [("csrf", csrf), ("version", "1"), ("subscription", said)];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        phone.agent.post(&house.url("/app/subscription"), &fields).unwrap().status
    };
    let good = subscription("https://push.example/one");
    assert_eq!(subscribe(&subscription("https://evil.example/one"), &csrf), 422);
    assert_eq!(subscribe(&subscription("http://127.0.0.1/one"), &csrf), 422);
    assert_eq!(subscribe("{}", &csrf), 422);
    assert_eq!(subscribe(&good, "x"), 422);
    assert_eq!(subscribe(&good, &csrf), 204);

    let ask = || {
        let mut desk = Agent::new();
        asked(&house, &mut desk, &anna, "push");
        house.block_on(deliver(&house.env, Way::Push)).unwrap();
    };
    ask();
    let sent = service.sent.lock().unwrap().clone();
    let [push] = &sent[..] else { panic!("one notification") };
    assert_eq!(push.to.endpoint, "https://push.example/one");
    assert!(push.seconds <= 300 && push.text.contains("Sei tu?"), "{}", push.text);
    assert!(!push.text.contains("anna"), "it says nothing of the person");

    service.gone.store(true, std::sync::atomic::Ordering::Relaxed);
    house.wait(1000);
    ask();
    assert!(matches!(&stored(&house, &anna)[0].secret, Secret::App { push: None, .. }));
    house.wait(1000);
    ask();
    assert_eq!(service.sent.lock().unwrap().len(), 2, "nothing more goes there");
    let question = phone.look(&house);
    assert!(question.body.contains("Approva"), "IC-11: it is in the list all the same");
}

/// The app can be installed, and has a shell for when there is no network.
#[test]
fn the_app_is_installable_and_has_an_offline_shell() {
    let house = house();
    let mut agent = Agent::new();
    let home = agent.get(&house.url("/app")).unwrap();
    assert!(home.header("content-security-policy").unwrap().contains("manifest-src 'self'"));
    let manifest = agent.get(&house.url("/app/manifest.webmanifest")).unwrap();
    assert_eq!(manifest.header("content-type"), Some("application/manifest+json"));
    let manifest: Value = serde_json::from_str(&manifest.body).unwrap();
    assert_eq!(
        (&manifest["start_url"], &manifest["display"]),
        (&"/app".into(), &"standalone".into())
    );
    for icon in manifest["icons"].as_array().unwrap() {
        let path = icon["src"].as_str().unwrap();
        assert!(assets::all().iter().any(|one| assets::path(one.name) == path), "{path}");
    }
    let worker = agent.get(&house.url("/app/sw.js")).unwrap();
    assert_eq!(worker.header("service-worker-allowed"), Some("/app"));
    let shell = worker.body.split_once("const shell = ").unwrap().1.split_once(";\n").unwrap().0;
    let shell: Value = serde_json::from_str(shell).unwrap();
    for file in shell["files"].as_array().unwrap() {
        assert!(assets::all().iter().any(|one| assets::path(one.name) == *file), "{file}");
    }
    assert!(agent.get(&house.url("/app/offline")).unwrap().body.contains("Sei senza rete"));
}
