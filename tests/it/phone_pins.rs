//! Phones without an authenticator over real HTTP: a key that the browser keeps and a PIN that the server checks, one factor.

use std::sync::Arc;

use chrono::TimeDelta;
use ponte::admin::desk::Desk;
use ponte::admin::privacy::erase;
use ponte::admin::service_providers::Sources;
use ponte::assurance::factor::Factor;
use ponte::assurance::level::Level;
use ponte::enrolment::credential::{Credential, CredentialState, Pin, Secret};
use ponte::flow::notice::Mailing;
use ponte::flow::post::deliver;
use ponte::flow::pushing::Pushing;
use ponte::store::port::{Committed, Durability};
use ponte::store::record::Batch;
use ponte::store::{credentials, phones};
use ponte::world::outbox::{Outbox, Way};

use crate::notices::{Held, round};
use crate::own_factors::{press, unlocked};
use crate::phones::{
    ALL, Service, asked, class_of, code_of, confirmed, consents, done, form_to, invited, link,
    number_of, stage, stored, subscription,
};
use crate::support::agent::{Agent, Page};
use crate::support::citizen::send;
use crate::support::house::{House, Inhabitant};
use crate::support::phone_key::{PhoneKey, said};

const PIN: &str = "395081";

fn offered() -> Vec<Factor> {
    ALL.into_iter().chain([Factor::PhonePin]).collect()
}

fn house() -> House {
    House::with(|making| making.settings.levels.offered.extend(offered()))
}

fn house_with_mail() -> (House, Arc<Held>) {
    let out = Arc::new(Held::default());
    let outbox: Arc<dyn Outbox> = Arc::<Held>::clone(&out);
    let house = House::with(|making| {
        making.settings.levels.offered.extend(offered());
        making.mailing = Some(Mailing { outbox, keep: TimeDelta::days(3) });
    });
    (house, out)
}

/// A phone without an authenticator: its browser, and the key in it.
#[derive(Clone)]
struct Pinned {
    agent: Agent,
    key: PhoneKey,
}

impl Pinned {
    fn new() -> Self {
        Self { agent: Agent::new(), key: PhoneKey::new() }
    }

    fn home(&mut self, house: &House) -> Page {
        self.agent.get(&house.url("/app")).unwrap()
    }

    fn open(&mut self, house: &House, code: &str) -> Page {
        let home = self.home(house);
        let form = form_to(&home, "/app/open", &[("code", "")]);
        self.agent.submit(&home, &form, &[("code", code), ("version", "1")]).unwrap()
    }

    fn look(&mut self, house: &House) -> Page {
        let home = self.home(house);
        let form = form_to(&home, "/app/open", &[]);
        assert_ne!(form.field("code"), Some(""), "nothing waits: {}", home.body);
        self.agent.submit(&home, &form, &[("version", "1")]).unwrap()
    }

    /// Asks for the page that takes a PIN, at the one for a key of an authenticator.
    fn without_lock(&mut self, page: &Page) -> Page {
        let form = form_to(page, "/app/open", &[("by", "pin")]);
        self.agent.submit(page, &form, &[("version", "1")]).unwrap()
    }

    fn enrol(&mut self, page: &Page, pin: &str, again: &str) -> Page {
        let signature = self.key.sign(&said(page, Some(&self.key.id())));
        self.enrol_with(page, &signature, pin, again)
    }

    fn enrol_with(&mut self, page: &Page, signature: &str, pin: &str, again: &str) -> Page {
        let form = form_to(page, "/app/enrol-pin", &[]);
        let public = self.key.public();
        let values = [
            ("name", "Telefono"),
            ("key", public.as_str()),
            ("answer", signature),
            ("pin", pin),
            ("again", again),
            ("version", "1"),
        ];
        self.agent.submit(page, &form, &values).unwrap()
    }

    fn approve(&mut self, page: &Page, number: &str, pin: &str) -> Page {
        let signature = self.key.sign(&said(page, Some(number)));
        self.send(page, number, pin, &signature)
    }

    fn send(&mut self, page: &Page, number: &str, pin: &str, signature: &str) -> Page {
        let form = form_to(page, "/app/answer", &[("decision", "approve")]);
        let values = [("number", number), ("answer", signature), ("pin", pin), ("version", "1")];
        self.agent.submit(page, &form, &values).unwrap()
    }

    fn say(&mut self, page: &Page, decision: &str) -> Page {
        let form = form_to(page, "/app/answer", &[("decision", decision)]);
        self.agent.submit(page, &form, &[("version", "1")]).unwrap()
    }

    fn change(&mut self, page: &Page, present: &str, new: &str, again: &str) -> Page {
        let signature = self.key.sign(&said(page, None));
        self.change_with(page, &signature, present, new, again)
    }

    fn change_with(
        &mut self,
        page: &Page,
        signature: &str,
        present: &str,
        new: &str,
        again: &str,
    ) -> Page {
        let form = form_to(page, "/app/pin", &[]);
        let values = [
            ("present", present),
            ("pin", new),
            ("again", again),
            ("answer", signature),
            ("version", "1"),
        ];
        self.agent.submit(page, &form, &values).unwrap()
    }
}

/// Links a phone without an authenticator to the person.
fn pinned(house: &House, person: &Inhabitant) -> Pinned {
    let code = invited(house, &mut Agent::new(), person);
    let mut phone = Pinned::new();
    let page = phone.open(house, &code);
    let page = phone.without_lock(&page);
    let page = phone.enrol(&page, PIN, PIN);
    assert_eq!(done(&page), Some("done=linked"), "{}", page.body);
    phone
}

/// The PIN of the person's only phone, as it is kept.
fn kept(house: &House, person: &Inhabitant) -> Pin {
    let [phone] = &stored(house, person)[..] else { panic!("one phone") };
    let Secret::App { pin: Some(pin), .. } = &phone.secret else { panic!("no PIN") };
    Pin::clone(pin)
}

fn other_than(number: &str) -> &'static str {
    if number == "10" { "11" } else { "10" }
}

/// IC-07: after the password, by a matched number and by a QR code, a key with a PIN makes SpidL2; it is its own factor.
#[test]
fn ic_07_a_phone_with_a_pin_gives_spid_l2_after_the_password() {
    let house = house();
    let anna = house.enrolled("anna");
    let mut phone = pinned(&house, &anna);
    let mut desk = Agent::new();
    let page = asked(&house, &mut desk, &anna, "push");
    let number = number_of(&page);
    let question = phone.look(&house);
    assert!(!question.body.contains("class=\"match\""), "the phone does not know it from us");
    let home = phone.approve(&question, &number, PIN);
    assert_eq!(done(&home), Some("done=approved"), "{}", home.body);
    assert_eq!(stage(&mut desk, &page), "answered");
    let page = confirmed(&mut desk, &page);
    assert!(class_of(&house, &mut desk, &page).ends_with("SpidL2"));

    let mut desk = Agent::new();
    let page = asked(&house, &mut desk, &anna, "qr");
    let question = phone.open(&house, &code_of(&page));
    assert_eq!(done(&phone.approve(&question, "", PIN)), Some("done=approved"));
    let page = confirmed(&mut desk, &page);
    assert!(class_of(&house, &mut desk, &page).ends_with("SpidL2"));

    let [used] = &stored(&house, &anna)[..] else { panic!("one phone") };
    assert_eq!((used.last_used, used.binding), (Some(house.now()), Level::Loa3));
    assert_eq!(used.secret.factors(), [Factor::PhonePin]);
    let pin = kept(&house, &anna);
    assert!(pin.hash().starts_with("$argon2id$") && !pin.hash().contains(PIN));
    house.wait(31);
    let mut own = Agent::new();
    let list = unlocked(&house, &mut own, &anna);
    assert!(list.body.contains("Telefono con l’app e un PIN: Telefono"), "{}", list.body);
    // The register says by which factors.
    house.block_on(house.env.register.filed()).unwrap();
    house.env.register.catch_up().unwrap();
    let activity = own.get(&house.url("/account/activity")).unwrap();
    let by = "SpidL2, Nome utente e password, Telefono con l’app e un PIN";
    assert_eq!(activity.body.matches(by).count(), 2, "{}", activity.body);
}

/// IC-07: it stands in for no password. A phone with an authenticator may still answer what it left alone.
#[test]
fn ic_07_a_pin_does_not_stand_in_for_the_password() {
    let house = house();
    let anna = house.enrolled("anna");
    let (mut phone, mut other) = (pinned(&house, &anna), link(&house, &anna, 1));
    let mut desk = Agent::new();
    let page = send(&mut desk, &house.spid(2, |_| {})).unwrap();
    let page = desk.get(&format!("{}?by=qr-passwordless", page.url)).unwrap();
    let refused = phone.open(&house, &code_of(&page));
    assert!(refused.status == 403 && refused.body.contains("non può sostituire la password"));
    assert_eq!(stage(&mut desk, &page), "waiting");

    // Nor by a form that was made for another request.
    let mut elsewhere = Agent::new();
    let waiting = asked(&house, &mut elsewhere, &anna, "qr");
    let question = phone.open(&house, &code_of(&waiting));
    let form = form_to(&question, "/app/answer", &[("decision", "approve")]);
    let mut parts = said(&question, Some(""));
    (parts[3], parts[4]) = (code_of(&page), "qr-passwordless".to_owned());
    let signature = phone.key.sign(&parts);
    let code = code_of(&page);
    let values = [("code", code.as_str()), ("answer", &signature), ("pin", PIN), ("version", "1")];
    let refused = phone.agent.submit(&question, &form, &values).unwrap();
    assert!(refused.status == 403 && !consents(&confirmed(&mut desk, &page)));

    let question = other.open(&house, &code_of(&page));
    assert_eq!(done(&other.approve(&question, "")), Some("done=approved"));
    assert!(consents(&confirmed(&mut desk, &page)), "the control");
}

/// What the key signs holds transaction, service provider, number and verdict, and counts once: anything else is refused
/// before the PIN is looked at, and costs no attempt.
#[test]
fn an_answer_that_its_key_did_not_sign_is_refused_before_the_pin() {
    type Change = fn(&Pinned, &mut Vec<String>);
    let cases: [(&str, Change); 9] = [
        ("context", |_, said| said[0] = "ponte-approval-1".into()),
        ("verdict", |_, said| said[1] = "deny".into()),
        ("another use", |_, said| said[1] = "change".into()),
        ("challenge", |_, said| said[2] = "AAAA".into()),
        ("transaction", |_, said| said[3] = "ABCD-EFGH-JKMN".into()),
        ("way", |_, said| said[4] = "qr".into()),
        ("service provider", |_, said| said[5] = "https://evil.example".into()),
        ("number", |_, said| said[6] = other_than(&said[6]).into()),
        ("one more", |_, said| said.push(String::new())),
    ];
    let house = house();
    let anna = house.enrolled("anna");
    let mut phone = pinned(&house, &anna);
    let mut desk = Agent::new();
    let page = asked(&house, &mut desk, &anna, "push");
    let number = number_of(&page);
    let question = phone.look(&house);
    for (what, change) in cases {
        let mut parts = said(&question, Some(&number));
        change(&phone, &mut parts);
        let signature = phone.key.sign(&parts);
        for pin in [PIN, "395082"] {
            let refused = phone.send(&question, &number, pin, &signature);
            assert!(refused.status == 422, "{what}: {}", refused.body);
            assert!(refused.body.contains("non è stata accettata"), "{what}: {}", refused.body);
        }
    }
    let right = said(&question, Some(&number));
    let signed = PhoneKey::new().sign(&right);
    for (what, signature) in [("another key", signed.as_str()), ("none", ""), ("garbage", "AAAA")] {
        let refused = phone.send(&question, &number, PIN, signature);
        assert_eq!(refused.status, 422, "{what}: {}", refused.body);
    }
    assert_eq!(kept(&house, &anna).left(), 5, "no attempt at the PIN was spent");
    assert!(!consents(&confirmed(&mut desk, &page)));
    // The control: the same page, the same number, its key.
    let signature = phone.key.sign(&right);
    assert_eq!(done(&phone.send(&question, &number, PIN, &signature)), Some("done=approved"));
    // What was signed is good once: for this request, and for no other of the same person.
    assert_eq!(phone.send(&question, &number, PIN, &signature).status, 409);
    assert!(consents(&confirmed(&mut desk, &page)));
    house.wait(1000);
    let mut later = Agent::new();
    let page = asked(&house, &mut later, &anna, "push");
    let question = phone.look(&house);
    let refused = phone.send(&question, &number_of(&page), PIN, &signature);
    assert_eq!(refused.status, 422, "{}", refused.body);
}

/// A wrong PIN uses up the signature that came with it; the fifth in a row locks the phone and nothing else, and its person
/// is told.
#[test]
fn the_fifth_wrong_pin_in_a_row_locks_the_phone_alone() {
    let (house, out) = house_with_mail();
    let anna = house.enrolled("anna");
    let mut phone = pinned(&house, &anna);
    let mut desk = Agent::new();
    let page = asked(&house, &mut desk, &anna, "push");
    let number = number_of(&page);
    let mut question = phone.look(&house);
    let first = phone.key.sign(&said(&question, Some(&number)));
    for left in (1..5).rev() {
        question = phone.approve(&question, &number, "395082");
        assert!(question.status == 422 && question.body.contains("Il PIN non è giusto"));
        assert_eq!(kept(&house, &anna).left(), left);
    }
    let refused = phone.send(&question, &number, PIN, &first);
    assert!(refused.status == 422 && refused.body.contains("non è stata accettata"), "replayed");
    // What cannot be a PIN was not tried.
    let shape = phone.approve(&question, &number, "3950");
    assert!(shape.status == 422 && shape.body.contains("6 fino a 12 cifre"), "{}", shape.body);
    assert_eq!(kept(&house, &anna).left(), 1);
    // The right one breaks the row.
    assert_eq!(done(&phone.approve(&question, &number, PIN)), Some("done=approved"));
    assert_eq!(kept(&house, &anna).left(), 5);
    assert!(consents(&confirmed(&mut desk, &page)));

    house.wait(1000);
    let mut desk = Agent::new();
    let page = asked(&house, &mut desk, &anna, "push");
    let number = number_of(&page);
    let mut question = phone.look(&house);
    for _ in 0..5 {
        assert!(question.body.contains("name=\"pin\""), "{}", question.body);
        question = phone.approve(&question, &number, "395082");
    }
    assert!(question.body.contains("Questo telefono è bloccato"), "{}", question.body);
    assert!(kept(&house, &anna).is_locked());
    let home = phone.home(&house);
    assert!(home.body.contains("Questo telefono è bloccato") && !home.body.contains("/app/pin"));
    let question = phone.look(&house);
    assert!(!question.body.contains("name=\"pin\""), "nothing to approve with");
    round(&house);
    let told = out.mails().into_iter().filter(|mail| mail.subject.contains("Telefono bloccato"));
    assert_eq!(told.count(), 1);

    // Whoever holds it can still say that it was not them; and the account is not locked.
    assert_eq!(done(&phone.say(&question, "report")), Some("done=reported"));
    assert!(confirmed(&mut desk, &page).body.contains("nr23"));
    let mut desk = Agent::new();
    let page = asked(&house, &mut desk, &anna, "totp");
    let form = page.form_with(&["code"]).unwrap();
    house.wait(31);
    let page = desk.submit(&page, &form, &[("code", &house.code(&anna))]).unwrap();
    assert!(consents(&page), "{}", page.body);
    let page = asked(&house, &mut Agent::new(), &anna, "push");
    assert!(!page.body.contains("class=\"match\""), "it is asked no more: {}", page.body);

    // Forgotten: removed at her own pages, and linked anew.
    let mut own = Agent::new();
    house.wait(31);
    let list = unlocked(&house, &mut own, &anna);
    assert!(list.body.contains("Bloccato"), "{}", list.body);
    let id = stored(&house, &anna)[0].id.clone();
    let remove = list.forms().into_iter().find(|form| form.field("factor") == Some(&id)).unwrap();
    let sure = own.submit(&list, &remove, &[]).unwrap();
    press(&mut own, &sure, "/account/factors/remove");
    assert!(phone.home(&house).body.contains("Collega questo telefono"));
    let mut anew = pinned(&house, &anna);
    house.wait(3600);
    let mut desk = Agent::new();
    let page = asked(&house, &mut desk, &anna, "push");
    let question = anew.look(&house);
    assert_eq!(done(&anew.approve(&question, &number_of(&page), PIN)), Some("done=approved"));
    assert!(consents(&confirmed(&mut desk, &page)));
}

/// A locked phone does not make less than before enough to change one's factors: whoever has phone and password locks it on
/// purpose.
#[test]
fn a_locked_phone_opens_nothing() {
    let house = house();
    let anna = house.enrolled("anna");
    let mut phone = pinned(&house, &anna);
    let app = house.block_on(credentials::list(house.env.records(), &anna.subject, house.now()));
    let app = app.unwrap().into_iter().find(|one| matches!(one.value.secret, Secret::Totp { .. }));
    let app = app.unwrap();
    let mut batch = Batch::new();
    let gone = app.value.clone().revoke();
    credentials::update(house.env.records(), &mut batch, &app, &gone).unwrap();
    commit(&house, batch);
    let mut desk = Agent::new();
    let page = asked(&house, &mut desk, &anna, "push");
    let mut question = phone.look(&house);
    for _ in 0..5 {
        question = phone.approve(&question, &number_of(&page), "395082");
    }
    let mut own = Agent::new();
    let page = own.get(&house.url("/account")).unwrap();
    let page = press(&mut own, &page, "/account/enter");
    let form = page.form_with(&["username", "password"]).unwrap();
    let values = [("username", anna.username.as_str()), ("password", anna.password.as_str())];
    own.submit(&page, &form, &values).unwrap();
    let list = own.get(&house.url("/account/factors")).unwrap();
    assert!(list.body.contains("/account/factors/unlock"), "{}", list.body);
    assert!(!list.body.contains("/account/factors/remove"));
}

/// Notifications go to it as to any other phone, until it is locked.
#[test]
fn a_locked_phone_is_notified_no_more() {
    let service = Arc::new(Service::default());
    let outbox: Arc<dyn Outbox> = Arc::<Service>::clone(&service);
    let house = House::with(|making| {
        making.settings.levels.offered.extend(offered());
        let services = vec!["https://push.example".to_owned()];
        making.pushing = Some(Pushing { outbox, public_key: "AAAA".to_owned(), services });
    });
    let anna = house.enrolled("anna");
    let mut phone = pinned(&house, &anna);
    let mut other = link(&house, &anna, 1);
    for (number, agent) in [("one", &mut phone.agent), ("two", &mut other.agent)] {
        let home = agent.get(&house.url("/app")).unwrap();
        let csrf = home.body.split_once("data-csrf=\"").unwrap().1.split('"').next().unwrap();
        let said = subscription(&format!("https://push.example/{number}"));
        let fields = [("csrf", csrf), ("version", "1"), ("subscription", &said)];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(agent.post(&house.url("/app/subscription"), &fields).unwrap().status, 204);
    }
    let ask = || {
        house.wait(1000);
        let page = asked(&house, &mut Agent::new(), &anna, "push");
        house.block_on(deliver(&house.env, Way::Push)).unwrap();
        number_of(&page)
    };
    let number = ask();
    assert_eq!(service.told(), ["https://push.example/one", "https://push.example/two"]);
    let mut question = phone.look(&house);
    for _ in 0..5 {
        question = phone.approve(&question, &number, "395082");
    }
    assert!(question.body.contains("Questo telefono è bloccato"), "{}", question.body);
    ask();
    let two = "https://push.example/two";
    assert_eq!(service.told(), ["https://push.example/one", two, two]);
}

#[test]
fn the_third_wrong_number_ends_the_request_here_too() {
    let house = house();
    let anna = house.enrolled("anna");
    let mut phone = pinned(&house, &anna);
    let mut desk = Agent::new();
    let page = asked(&house, &mut desk, &anna, "push");
    let right = number_of(&page);
    let question = phone.look(&house);
    for _ in 0..2 {
        let page = phone.approve(&question, other_than(&right), PIN);
        assert!(page.status == 422 && page.body.contains("Non è il numero"), "{}", page.body);
    }
    assert_eq!(phone.approve(&question, other_than(&right), PIN).status, 409);
    assert_eq!(phone.approve(&question, &right, PIN).status, 409, "too late");
    assert!(confirmed(&mut desk, &page).body.contains("negata sul telefono"));
    assert_eq!(kept(&house, &anna).left(), 5);

    house.wait(31);
    let mut desk = Agent::new();
    let page = asked(&house, &mut desk, &anna, "push");
    let question = phone.look(&house);
    assert_eq!(done(&phone.say(&question, "report")), Some("done=reported"));
    assert!(confirmed(&mut desk, &page).body.contains("nr23"));
}

/// Of eight at once, right or wrong, one counts.
#[test]
fn of_eight_that_come_at_once_one_counts() {
    let house = house();
    let anna = house.enrolled("anna");
    let mut phone = pinned(&house, &anna);
    let mut desk = Agent::new();
    let page = asked(&house, &mut desk, &anna, "push");
    let number = number_of(&page);
    let question = phone.look(&house);
    let all_at_once = |phone: &Pinned, question: &Page, pin: &str| -> Vec<Page> {
        std::thread::scope(|scope| {
            let tries: Vec<_> = (0..8)
                .map(|_| {
                    let mut phone = phone.clone();
                    let number = &number;
                    scope.spawn(move || phone.approve(question, number, pin))
                })
                .collect();
            tries.into_iter().map(|one| one.join().unwrap()).collect()
        })
    };
    let wrong = all_at_once(&phone, &question, "395082");
    assert!(wrong.iter().all(|page| page.status == 422), "{:?}", wrong[0].body);
    assert_eq!(kept(&house, &anna).left(), 4);
    let question = phone.look(&house);
    let right = all_at_once(&phone, &question, PIN);
    let approved = right.iter().filter(|page| done(page) == Some("done=approved")).count();
    assert_eq!(approved, 1);
    assert_eq!(kept(&house, &anna).left(), 5);
    assert!(consents(&confirmed(&mut desk, &page)));
}

/// A key is linked with a PIN that nobody guesses first, signed for by itself, once.
#[test]
fn ar_06_a_key_with_a_pin_is_linked_once() {
    let house = house();
    let anna = house.enrolled("anna");
    let code = invited(&house, &mut Agent::new(), &anna);
    let mut phone = Pinned::new();
    let page = phone.open(&house, &code);
    let page = phone.without_lock(&page);
    for (pin, again, told) in [
        ("12345", "12345", "6 fino a 12 cifre"),
        ("", "", "6 fino a 12 cifre"),
        ("000000", "000000", "i primi che chiunque proverebbe"),
        ("123456", "123456", "i primi che chiunque proverebbe"),
        (PIN, "395082", "non sono uguali"),
    ] {
        let refused = phone.enrol(&page, pin, again);
        assert!(refused.status == 422 && refused.body.contains(told), "{pin}: {}", refused.body);
        let described = refused.body.matches("aria-describedby=\"problem").count();
        assert_eq!(described, 2, "{}", refused.body);
        assert!(!refused.body.contains(&format!("value=\"{pin}\"")) || pin.is_empty());
    }
    let page = phone.open(&house, &code);
    let page = phone.without_lock(&page);
    let stranger = PhoneKey::new();
    let id = phone.key.id();
    for signature in [
        stranger.sign(&said(&page, Some(&id))),
        phone.key.sign(&said(&page, Some(&stranger.id()))),
        phone.key.sign(&said(&page, None)),
        String::new(),
    ] {
        assert_eq!(phone.enrol_with(&page, &signature, PIN, PIN).status, 422);
    }
    assert!(stored(&house, &anna).is_empty());
    assert_eq!(done(&phone.enrol(&page, PIN, PIN)), Some("done=linked"));
    assert_eq!(phone.enrol(&page, PIN, PIN).status, 404, "once");
    assert_eq!(phone.open(&house, &code).status, 404);
    assert_eq!(stored(&house, &anna).len(), 1);

    // A key is one phone's; another code does not make it another's.
    let bruno = house.enrolled("bruno");
    let code = invited(&house, &mut Agent::new(), &bruno);
    let mut copy = Pinned { agent: Agent::new(), key: phone.key.clone() };
    let page = copy.open(&house, &code);
    let page = copy.without_lock(&page);
    assert_eq!(copy.enrol(&page, PIN, PIN).status, 422);
    assert!(stored(&house, &bruno).is_empty());
    let mut late = Pinned::new();
    let page = late.open(&house, &code);
    let page = late.without_lock(&page);
    house.wait(301);
    assert_eq!(late.enrol(&page, PIN, PIN).status, 404, "five minutes");
}

/// Done when: a person with the password alone cannot enrol a factor and reach SpidL2 with it.
#[test]
fn a_phone_with_a_pin_linked_by_the_password_alone_is_worth_spid_l1() {
    let house = house();
    let anna = house.inhabitant("anna");
    let _phone = pinned(&house, &anna);
    let [made] = &stored(&house, &anna)[..] else { panic!("one phone") };
    assert_eq!(made.binding, Level::Loa2);
    for by in ["push", "qr"] {
        let page = asked(&house, &mut Agent::new(), &anna, by);
        assert!(!page.forms().iter().any(|form| form.action.ends_with(by)), "{}", page.body);
    }
}

fn commit(house: &House, batch: Batch) {
    let committed = batch.commit(&*house.env.store, Durability::Durable, house.now());
    assert_eq!(house.block_on(committed).unwrap(), Committed::Done);
}

/// Without the settings' word no such phone is linked, and one that is there serves no more; both are told.
#[test]
fn without_the_settings_word_no_pin_serves() {
    let house = House::with(|making| making.settings.levels.offered.extend(ALL));
    let anna = house.enrolled("anna");
    let code = invited(&house, &mut Agent::new(), &anna);
    let mut phone = Pinned::new();
    let page = phone.open(&house, &code);
    assert!(!page.body.contains("value=\"pin\""), "{}", page.body);
    assert!(page.body.contains("scegli un altro modo di accesso"), "what else there is");
    let mut form = form_to(&phone.home(&house), "/app/open", &[("code", "")]);
    form.fields.push(("by".to_owned(), "pin".to_owned()));
    let home = phone.home(&house);
    let values = [("code", code.as_str()), ("version", "1")];
    let refused = phone.agent.submit(&home, &form, &values).unwrap();
    assert!(refused.status == 403 && refused.body.contains("qui non si possono usare"));
    let signature = phone.key.sign(&["x".to_owned()]);
    form.action = "/app/enrol-pin".to_owned();
    let public = phone.key.public();
    form.fields = [("name", "Telefono"), ("key", &public), ("answer", &signature), ("pin", PIN)]
        .into_iter()
        .chain([("again", PIN), ("code", &code), ("version", "1")])
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    assert_eq!(phone.agent.submit(&home, &form, &[]).unwrap().status, 403);
    assert!(stored(&house, &anna).is_empty());

    // One from before the settings were changed.
    let records = house.env.records();
    let device = phones::digest(records, "a-cookie").unwrap();
    let pin = Pin::new("$argon2id$".to_owned(), "challenge".to_owned());
    let old = Credential {
        id: "app-old".to_owned(),
        subject: anna.subject.clone(),
        state: CredentialState::Active,
        binding: Level::Loa3,
        enrolled: house.now(),
        last_used: None,
        secret: Secret::App {
            name: "Telefono".to_owned(),
            id: phone.key.id(),
            key: public,
            device: device.clone(),
            push: None,
            pin: Some(Box::new(pin)),
        },
    };
    let holder = phones::Holder { subject: anna.subject.clone(), credential: old.id.clone() };
    let mut batch = Batch::new();
    credentials::add(records, &mut batch, &old).unwrap();
    phones::know(records, &mut batch, &device, &holder).unwrap();
    commit(&house, batch);
    phone.agent.plant("idp.localhost", "__Host-phone=a-cookie");
    let page = asked(&house, &mut Agent::new(), &anna, "push");
    assert!(!page.body.contains("class=\"match\""), "it alone is not asked: {}", page.body);
    let _other = link(&house, &anna, 1);
    house.wait(1000);
    asked(&house, &mut Agent::new(), &anna, "push");
    let refused = phone.look(&house);
    assert!(refused.status == 403 && refused.body.contains("qui non si possono usare"));
    let page = phone.agent.get(&house.url("/app/pin")).unwrap();
    assert!(page.body.contains("/app/pin"), "{}", page.body);
    let refused = phone.change(&page, PIN, "740913", "740913");
    assert_eq!(refused.status, 403, "{}", refused.body);
}

/// Another PIN takes the present one and the key; the one before works no more, and the person is told.
#[test]
fn a_pin_is_changed_by_key_and_pin() {
    const NEW: &str = "740913";
    let (house, out) = house_with_mail();
    let anna = house.enrolled("anna");
    let mut phone = pinned(&house, &anna);
    let page = phone.agent.get(&house.url("/app/pin")).unwrap();
    for (new, again, told) in [
        ("111111", "111111", "i primi che chiunque proverebbe"),
        ("74091", "74091", "6 fino a 12 cifre"),
        (NEW, "740914", "non sono uguali"),
    ] {
        let refused = phone.change(&page, PIN, new, again);
        assert!(refused.status == 422 && refused.body.contains(told), "{new}: {}", refused.body);
    }
    let right = said(&page, None);
    let mut wrong = right.clone();
    wrong[1] = "approve".to_owned();
    for signature in
        [phone.key.sign(&wrong), PhoneKey::new().sign(&right), String::new(), "AAAA".to_owned()]
    {
        let refused = phone.change_with(&page, &signature, PIN, NEW, NEW);
        assert!(refused.status == 422 && refused.body.contains("non è stata accettata"));
    }
    assert_eq!(kept(&house, &anna).left(), 5);
    let page = phone.change(&page, "395082", NEW, NEW);
    assert!(page.status == 422 && page.body.contains("Restano 4 tentativi"), "{}", page.body);
    let signature = phone.key.sign(&said(&page, None));
    let home = phone.change_with(&page, &signature, PIN, NEW, NEW);
    assert!(home.body.contains("Il PIN è cambiato"), "{}", home.body);
    let again = phone.change_with(&page, &signature, NEW, "852069", "852069");
    assert_eq!(again.status, 422, "once");
    round(&house);
    let told = out.mails().into_iter().filter(|mail| mail.subject.contains("PIN del telefono"));
    assert_eq!(told.count(), 1);

    let mut desk = Agent::new();
    let page = asked(&house, &mut desk, &anna, "push");
    let number = number_of(&page);
    let question = phone.look(&house);
    let question = phone.approve(&question, &number, PIN);
    assert!(question.body.contains("Restano 4 tentativi"), "{}", question.body);
    assert_eq!(done(&phone.approve(&question, &number, NEW)), Some("done=approved"));
    assert!(consents(&confirmed(&mut desk, &page)));

    let mut page = phone.agent.get(&house.url("/app/pin")).unwrap();
    for _ in 0..5 {
        page = phone.change(&page, "395082", PIN, PIN);
    }
    assert!(page.body.contains("Questo telefono è bloccato"), "{}", page.body);
    assert!(kept(&house, &anna).is_locked());
    let stranger = Agent::new().get(&house.url("/app/pin")).unwrap();
    assert_eq!(stranger.status, 403);
    let mut other = link(&house, &anna, 1);
    assert_eq!(other.agent.get(&house.url("/app/pin")).unwrap().status, 403, "it has no PIN");
}

/// IC-21: an app that is older than the settings want is refused here as everywhere.
#[test]
fn ic_21_an_app_that_is_too_old_links_and_changes_no_pin() {
    let house = House::with(|making| {
        making.settings.levels.offered.extend(offered());
        making.settings.app.minimum_version = 1;
    });
    let anna = house.enrolled("anna");
    let code = invited(&house, &mut Agent::new(), &anna);
    let mut phone = Pinned::new();
    let page = phone.open(&house, &code);
    let page = phone.without_lock(&page);
    let old = |phone: &mut Pinned, page: &Page, action: &str, with: &[(&str, &str)]| {
        let form = form_to(page, action, &[]);
        let values: Vec<_> = with.iter().copied().chain([("version", "0")]).collect();
        let page = phone.agent.submit(page, &form, &values).unwrap();
        assert!(page.status == 403 && page.body.contains("troppo vecchia"), "{}", page.body);
    };
    let (public, id) = (phone.key.public(), phone.key.id());
    let signature = phone.key.sign(&said(&page, Some(&id)));
    let values = [("key", public.as_str()), ("answer", &signature), ("pin", PIN), ("again", PIN)];
    old(&mut phone, &page, "/app/enrol-pin", &values);
    assert_eq!(done(&phone.enrol(&page, PIN, PIN)), Some("done=linked"));
    let page = phone.agent.get(&house.url("/app/pin")).unwrap();
    let signature = phone.key.sign(&said(&page, None));
    let values = [("present", PIN), ("answer", &signature), ("pin", "740913"), ("again", "740913")];
    old(&mut phone, &page, "/app/pin", &values);
    assert_eq!(done(&phone.change(&page, PIN, "740913", "740913")), Some("done=pin"));
}

/// Once its person is erased, key and cookie are free: nothing of them stays.
#[test]
fn a_phone_with_a_pin_goes_with_its_person() {
    let house = house();
    let (anna, bruno) = (house.enrolled("anna"), house.enrolled("bruno"));
    let mut phone = pinned(&house, &anna);
    let sources = Sources {
        folder: std::path::PathBuf::new(),
        entries: std::collections::HashMap::new(),
        ourselves: String::new(),
        copies: Arc::default(),
    };
    let desk = Desk {
        records: house.env.records(),
        hashing: &house.env.settings.hashing,
        spid_prefix: "PONT",
        activation: TimeDelta::days(30),
        sources: &sources,
        partners: None,
        register: None,
        registration: None,
        body: None,
    };
    let erased = erase(&desk, "anna", "rssmra80a01h501u", house.now());
    house.block_on(erased).unwrap();
    assert!(stored(&house, &anna).is_empty());
    assert!(phone.home(&house).body.contains("Collega questo telefono"));
    let code = invited(&house, &mut Agent::new(), &bruno);
    let page = phone.open(&house, &code);
    let page = phone.without_lock(&page);
    assert_eq!(done(&phone.enrol(&page, PIN, PIN)), Some("done=linked"), "the key is free");
}
