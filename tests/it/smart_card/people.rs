//! Whose card it is: registered people alone, one card each, others by an operator's word, and its end.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::TimeDelta;
use ponte::admin::cards as desk_cards;
use ponte::admin::desk::Desk;
use ponte::admin::service_providers::Sources;
use ponte::enrolment::credential::CredentialState;
use ponte::flow::card::ending;
use ponte::flow::notice::Mailing;
use ponte::flow::post::deliver;
use ponte::identity::attributes::AttributeName;
use ponte::store::port::{Committed, Durability};
use ponte::store::record::Batch;
use ponte::store::{accounts, credentials};
use ponte::world::outbox::{Body, Mail, Message, Outbox, SendError, Way};

use crate::smart_card::walking::class_of;
use crate::support::agent::Agent;
use crate::support::card_house::CardHouse;
use crate::support::cards::{Browser, Card, Spec};

const SECOND: &str = "Questa carta aspetta un’approvazione";

/// Keeps what it is given.
#[derive(Debug, Default)]
struct Post(Mutex<Vec<Mail>>);

#[async_trait]
impl Outbox for Post {
    async fn send(&self, message: &Message) -> Result<(), SendError> {
        let Body::Mail(mail) = &message.body else { panic!("no mail") };
        self.0.lock().unwrap().push(mail.clone());
        Ok(())
    }

    async fn try_out(&self) -> Result<(), SendError> {
        Ok(())
    }
}

fn with_post() -> (CardHouse, Arc<Post>) {
    let post = Arc::new(Post::default());
    let outbox: Arc<dyn Outbox> = Arc::<Post>::clone(&post);
    let mailing = Mailing { outbox, keep: TimeDelta::days(3) };
    (CardHouse::with(|_| {}, |making| making.mailing = Some(mailing)), post)
}

/// The subjects of the mails that have left.
fn subjects(it: &CardHouse, post: &Post) -> Vec<String> {
    it.house.block_on(deliver(&it.house.env, Way::Mail)).unwrap();
    post.0.lock().unwrap().iter().map(|mail| mail.subject.clone()).collect()
}

fn is_in(it: &CardHouse, card: &Card) -> bool {
    let page = it.log_in(&mut Agent::new(), 3, &Browser::with(card));
    page.form_with_button("decision", "accept").is_some()
}

/// What an operator does.
fn set(it: &CardHouse, serial: &str, counts: bool) -> Result<CredentialState, String> {
    let env = &it.house.env;
    let sources = Sources {
        folder: std::path::PathBuf::new(),
        entries: std::collections::HashMap::new(),
        ourselves: String::new(),
        copies: Arc::default(),
    };
    let desk = Desk {
        records: env.records(),
        hashing: &env.settings.hashing,
        spid_prefix: "PONT",
        activation: TimeDelta::days(1),
        sources: &sources,
        partners: None,
        register: None,
        registration: None,
        body: None,
    };
    let done = it.house.block_on(desk_cards::set(&desk, "anna", serial, counts, env.clock.now()));
    done.map(|(_, state)| state).map_err(|error| error.to_string())
}

/// TS-03: a card makes nobody; whose fiscal code no account has is told so, and nothing is written.
#[test]
fn ts_03_a_card_makes_nobody() {
    let it = CardHouse::new();
    let anna = it.house.inhabitant("anna");
    let other = it.region.issue(&Spec {
        common_name: "RSSDAA80A41H501I/7430.x".into(),
        ..Spec::cns(0x41, it.house.now())
    });
    let page = it.log_in(&mut Agent::new(), 3, &Browser::with(&other));
    assert_eq!(page.status, 403);
    assert!(page.body.contains("Non sei registrato qui"), "{}", page.body);
    let env = &it.house.env;
    let found =
        accounts::by_fiscal_number(env.records(), "TINIT-RSSDAA80A41H501I", env.clock.now());
    assert!(it.house.block_on(found).unwrap().is_empty());
    let own = credentials::list(env.records(), &anna.subject, env.clock.now());
    assert_eq!(it.house.block_on(own).unwrap().len(), 1);
    assert!(is_in(&it, &it.cns(7)));
}

/// Two accounts with one fiscal code: nobody is let in by it.
#[test]
fn ts_03_a_card_of_two_is_nobodys() {
    let it = CardHouse::new();
    it.house.inhabitant("anna");
    assert!(is_in(&it, &it.cns(7)));
    let twin = CardHouse::new();
    twin.house.inhabitant("anna");
    let env = &twin.house.env;
    let mut account =
        twin.house.block_on(accounts::by_username(env.records(), "anna", env.clock.now()));
    let mut account = account.as_mut().unwrap().as_mut().unwrap().value.clone();
    account.subject = ponte::identity::subject::Subject::new("another".into());
    account.username = "anna2".into();
    let mut batch = Batch::new();
    accounts::add(env.records(), &mut batch, &account).unwrap();
    let done = batch.commit(&*env.store, Durability::Durable, env.clock.now());
    assert_eq!(twin.house.block_on(done).unwrap(), Committed::Done);
    assert!(!is_in(&twin, &twin.cns(7)));
}

/// TS-04: the first card is bound by its first use, and told; a second one waits for an operator's word, told once; what
/// an operator has taken away does not come back.
#[test]
fn ts_04_a_second_card_waits_for_approval() {
    let (it, post) = with_post();
    let anna = it.house.inhabitant("anna");
    let first = it.cns(0x51);
    let second = it.region.issue(&Spec {
        common_name: "RSSMRA80A01H501U/7430004000099999.zZ=".into(),
        ..Spec::cns(0x52, it.house.now())
    });
    assert!(is_in(&it, &first));
    assert_eq!(subjects(&it, &post), ["Ente di prova: Nuova smart card"]);
    assert!(is_in(&it, &first));
    for _ in 0..2 {
        let page = it.log_in(&mut Agent::new(), 3, &Browser::with(&second));
        assert_eq!(page.status, 403);
        // IC-02: its serial number is on the page, for whoever approves it.
        assert!(
            page.body.contains(SECOND) && page.body.contains("<code>52</code>"),
            "{}",
            page.body
        );
    }
    let told = subjects(&it, &post);
    assert_eq!(told[1..], ["Ente di prova: Un’altra smart card aspetta"]);
    assert!(set(&it, "99", true).unwrap_err().contains("no card with the serial number"));
    assert_eq!(set(&it, "52", true), Ok(CredentialState::Active));
    assert!(is_in(&it, &second) && is_in(&it, &first));
    assert_eq!(set(&it, "51", false), Ok(CredentialState::Revoked));
    let page = it.log_in(&mut Agent::new(), 3, &Browser::with(&first));
    assert!(page.body.contains("Questa carta non vale più qui"), "{}", page.body);
    assert!(set(&it, "51", true).unwrap_err().contains("taken away"));
    assert!(is_in(&it, &second));
    let env = &it.house.env;
    let own = it.house.block_on(credentials::list(env.records(), &anna.subject, env.clock.now()));
    assert_eq!(own.unwrap().iter().filter(|one| one.value.secret.card().is_some()).count(), 2);
}

/// Two cards are the first at once: one is bound.
#[test]
fn ts_04_of_two_first_cards_one_is_bound() {
    let it = Arc::new(CardHouse::new());
    it.house.inhabitant("anna");
    let cards: Vec<Card> = (0..4)
        .map(|number| {
            it.region.issue(&Spec {
                common_name: format!("RSSMRA80A01H501U/743000400000000{number}.x"),
                ..Spec::cns(0x60 + number, it.house.now())
            })
        })
        .collect();
    let barrier = Arc::new(std::sync::Barrier::new(cards.len()));
    let all: Vec<_> = cards
        .into_iter()
        .map(|card| {
            let (it, barrier) = (Arc::clone(&it), Arc::clone(&barrier));
            std::thread::spawn(move || {
                let mut agent = Agent::new();
                let to = it.to_the_card(&mut agent, 3);
                let back = Browser::with(&card).show(&to);
                barrier.wait();
                let page = agent.get(&back).unwrap();
                page.form_with_button("decision", "accept").is_some()
            })
        })
        .collect();
    let good = all.into_iter().map(|one| one.join().unwrap()).filter(|good| *good).count();
    assert_eq!(good, 1);
}

/// IC-03: the same card renewed before its end takes the place of what was there, once; a second renewal, and one after
/// the end, wait.
#[test]
fn ic_03_one_renewal_and_before_the_end() {
    let it = CardHouse::new();
    it.house.inhabitant("anna");
    let now = it.house.now();
    let with = |serial, from, to| it.region.issue(&Spec { from, to, ..Spec::cns(serial, now) });
    let day = TimeDelta::days(1);
    let first = with(0x71, now - day * 1000, now + day * 10);
    let renewed = with(0x72, now - day, now + day * 1000);
    let again = with(0x73, now - day, now + day * 2000);
    assert!(is_in(&it, &first));
    assert!(is_in(&it, &renewed));
    // What it takes the place of counts no more.
    let page = it.log_in(&mut Agent::new(), 3, &Browser::with(&first));
    assert!(page.body.contains("Questa carta non vale più qui"), "{}", page.body);
    let page = it.log_in(&mut Agent::new(), 3, &Browser::with(&again));
    assert!(page.body.contains(SECOND), "{}", page.body);
    assert!(is_in(&it, &renewed));
}

/// IC-03: the person is told 90, 30 and 7 days before the end, each once, and after it the card is refused with the
/// reason.
#[test]
fn ic_03_the_end_is_told_and_then_refused() {
    let (it, post) = with_post();
    it.house.inhabitant("anna");
    let now = it.house.now();
    let to = now + TimeDelta::days(100);
    let card = it.region.issue(&Spec { to, ..Spec::cns(0x81, now) });
    assert!(is_in(&it, &card));
    let tell = || it.house.block_on(ending::tell(&it.house.env)).unwrap();
    let mut told = Vec::new();
    for day in 1..=101 {
        it.house.wait(86_400);
        if tell() > 0 {
            told.push(100 - day);
            subjects(&it, &post);
        }
        assert_eq!(tell(), 0);
    }
    assert_eq!(told, [90, 30, 7]);
    let ends = "Il certificato della tua smart card sta per scadere";
    assert_eq!(subjects(&it, &post).iter().filter(|one| one.contains(ends)).count(), 3);
    let page = it.log_in(&mut Agent::new(), 3, &Browser::with(&card));
    assert!(page.body.contains("Il certificato è scaduto"), "{}", page.body);
}

/// A login that one person began by password is not gone on with by the card of another; by their own it rises.
#[test]
fn another_persons_card_is_refused_in_a_login() {
    let it = CardHouse::new();
    let anna = it.house.inhabitant("anna");
    let own = it.cns(7);
    assert!(is_in(&it, &own));
    it.house.inhabitant("bruno");
    let env = &it.house.env;
    let seen = it.house.block_on(accounts::by_username(env.records(), "bruno", env.clock.now()));
    let seen = seen.unwrap().unwrap();
    let mut account = seen.value.clone();
    account.identities[0].attributes.set(AttributeName::FiscalNumber, "TINIT-RSSDAA80A41H501I");
    let mut batch = Batch::new();
    accounts::update(env.records(), &mut batch, &seen, &account).unwrap();
    let done = batch.commit(&*env.store, Durability::Durable, env.clock.now());
    assert_eq!(it.house.block_on(done).unwrap(), Committed::Done);
    let others = it.region.issue(&Spec {
        common_name: "RSSDAA80A41H501I/7430.x".into(),
        ..Spec::cns(8, it.house.now())
    });
    assert!(is_in(&it, &others) && is_in(&it, &own));
    for (card, is_theirs) in [(&others, false), (&own, true)] {
        let mut agent = Agent::new();
        let page = it.house.walk(&mut agent, &it.house.spid(2, |_| {}), &anna);
        assert!(page.body.contains("Usa la tua smart card"), "{}", page.body);
        let to = it.by_card(&mut agent, &page);
        let page = agent.get(&Browser::with(card).show(&to)).unwrap();
        let is_refused = page.body.contains("La carta è di un’altra persona");
        assert_eq!(is_refused, !is_theirs, "{}", page.body);
        if is_theirs {
            assert_eq!(class_of(&it, &mut agent, &page), "https://www.spid.gov.it/SpidL3");
        }
    }
}
