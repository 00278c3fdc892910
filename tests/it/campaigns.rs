//! The roll-out of a second factor, over real HTTP, on a clock that the test moves.

use std::collections::HashMap;
use std::path::PathBuf;

use chrono::TimeDelta;
use ponte::admin::campaigns::{grace, notices, report};
use ponte::admin::desk::Desk;
use ponte::admin::service_providers::Sources;
use ponte::assurance::factor::Factor;
use ponte::enrolment::campaign::{Campaign, NumberState, Phase, Task};
use ponte::identity::attributes::AttributeName;
use ponte::store::accounts;
use ponte::store::port::{Committed, Durability};
use ponte::store::record::Batch;

use crate::support::agent::{Agent, Page};
use crate::support::house::{House, Inhabitant};

/// Announced at first; transitional from noon on, enforced from noon of the day after.
pub(crate) fn house() -> House {
    House::with(|making| {
        making.settings.campaigns = vec![Campaign {
            name: "codes".into(),
            start: making.start + TimeDelta::hours(2),
            end: making.start + TimeDelta::hours(26),
            population: Vec::new(),
            factor: Factor::Totp,
            tasks: Task::ALL.to_vec(),
            notices: vec![1],
        }];
    })
}

pub(crate) fn with_number(house: &House, person: &Inhabitant) {
    let records = house.env.records();
    let seen =
        house.block_on(accounts::get(records, &person.subject, house.now())).unwrap().unwrap();
    let mut account = seen.value.clone();
    account.identities[0].attributes.set(AttributeName::MobilePhone, "+393331234567");
    let mut batch = Batch::new();
    accounts::update(records, &mut batch, &seen, &account).unwrap();
    let done = batch.commit(&*house.env.store, Durability::Durable, house.now());
    assert_eq!(house.block_on(done).unwrap(), Committed::Done);
}

pub(crate) fn desk<'a>(house: &'a House, sources: &'a Sources) -> Desk<'a> {
    Desk {
        records: house.env.records(),
        hashing: &house.env.settings.hashing,
        spid_prefix: "PONT",
        activation: TimeDelta::days(30),
        sources,
        partners: None,
        register: None,
        registration: None,
        body: None,
    }
}

pub(crate) fn sources() -> Sources {
    Sources {
        folder: PathBuf::new(),
        entries: HashMap::new(),
        ourselves: String::new(),
        copies: std::sync::Arc::default(),
    }
}

pub(crate) fn begin(house: &House, person: &Inhabitant) -> (Agent, Page) {
    let mut agent = Agent::new();
    let page = house.walk(&mut agent, &house.spid(1, |_| {}), person);
    (agent, page)
}

pub(crate) fn consents(page: &Page) -> bool {
    page.form_with_button("decision", "accept").is_some()
}

pub(crate) fn say(agent: &mut Agent, page: &Page, said: &str) -> Page {
    let form = page.form_with_button("said", said).unwrap_or_else(|| panic!("{}", page.body));
    agent.submit(page, &form, &[("said", said)]).unwrap()
}

/// BI-05, BI-06: one minute before the end the password is enough and the level asserted is 1; at the end it is not enough.
#[test]
fn bi_05_the_password_is_enough_until_the_end_and_not_after() {
    let house = house();
    let (anna, bruno) = (house.enrolled("anna"), house.inhabitant("bruno"));
    assert!(consents(&begin(&house, &bruno).1), "announced: nothing is asked");
    house.wait(26 * 3600 - 60);
    let (mut agent, mut page) = begin(&house, &bruno);
    page = say(&mut agent, &page, "later");
    assert!(consents(&page), "{}", page.body);
    let answer = house.accept(&mut agent, &page);
    let response = answer.form_with(&["SAMLResponse"]).unwrap();
    let xml = openssl::base64::decode_block(response.field("SAMLResponse").unwrap()).unwrap();
    let xml = String::from_utf8(xml).unwrap();
    assert!(xml.contains("SpidL1") && !xml.contains("SpidL2"), "{xml}");
    house.wait(60);
    // BI-13: why, and what to do; and whoever is ready goes on with the second factor.
    let (mut agent, page) = begin(&house, &anna);
    assert!(consents(&page), "{}", page.body);
    drop(house.accept(&mut agent, &page));
    let (_, page) = begin(&house, &bruno);
    assert!(!consents(&page));
    let enrols = page.form_with(&["activation"]).is_some();
    assert!(enrols, "who has an activation code is led on: {}", page.body);
}

/// BI-13: whoever has nothing is told why and what to do; an administrator may grant time.
#[test]
fn bi_13_who_is_locked_out_is_told_and_may_be_granted_time() {
    let house = house();
    let carlo = house.inhabitant("carlo");
    house.wait(31 * 86_400);
    let (mut agent, page) = begin(&house, &carlo);
    assert!(page.body.contains("non basta più"), "{}", page.body);
    assert!(!page.body.contains("SAMLResponse"));
    let form = page.form_with(&["csrf"]).unwrap();
    let page = agent.submit(&page, &form, &[]).unwrap();
    assert!(page.body.contains("nr25"), "{}", page.body);
    let (sources, campaign) = (sources(), house.env.settings.campaigns[0].clone());
    let desk = desk(&house, &sources);
    let until = house.now() + TimeDelta::days(2);
    house.block_on(grace(&desk, &campaign, "CARLO", until, house.now())).unwrap();
    assert!(consents(&begin(&house, &carlo).1));
    house.wait(2 * 86_400);
    assert!(!consents(&begin(&house, &carlo).1));
}

/// BI-07, BI-08, BI-09, BI-11: the mask comes at every login in the period until each task is done, without another question;
/// what is said is kept.
#[test]
fn bi_09_the_mask_comes_until_the_task_is_done_and_only_in_the_period() {
    let house = house();
    let anna = house.enrolled("anna");
    with_number(&house, &anna);
    house.wait(3 * 3600);
    for _ in 0..3 {
        let (mut agent, page) = begin(&house, &anna);
        assert!(page.body.contains("+39 *** *** **67"), "masked (BI-03): {}", page.body);
        assert!(!page.body.contains("3331234567"));
        assert!(consents(&say(&mut agent, &page, "later")));
    }
    let (mut agent, page) = begin(&house, &anna);
    let page = say(&mut agent, &page, "right");
    assert!(page.body.contains("a•••@example.org"), "the second task: {}", page.body);
    assert!(consents(&say(&mut agent, &page, "wrong")));
    assert!(consents(&begin(&house, &anna).1), "nothing is asked any more");
    let (sources, campaign) = (sources(), house.env.settings.campaigns[0].clone());
    let desk = desk(&house, &sources);
    let policy = &house.env.settings.levels;
    let told = house.block_on(report(&desk, &campaign, policy, house.now())).unwrap();
    assert_eq!((told.done[&Task::Number], told.done[&Task::RecoveryAddress]), (1, 1));
    let ben = house.inhabitant("ben");
    house.wait(24 * 3600);
    let (_, page) = begin(&house, &ben);
    assert!(page.form_with_button("said", "later").is_none(), "the period is over");
}

/// BI-04, BI-16: three states of the number, who is ready, and who would be told when.
#[test]
fn bi_04_the_report_counts_and_lists() {
    let house = house();
    let anna = house.enrolled("anna");
    house.inhabitant("bruno");
    with_number(&house, &anna);
    let (sources, campaign) = (sources(), house.env.settings.campaigns[0].clone());
    let desk = desk(&house, &sources);
    let policy = &house.env.settings.levels;
    let told = house.block_on(report(&desk, &campaign, policy, house.now())).unwrap();
    assert_eq!(told.phase, Phase::Announced);
    assert_eq!(told.numbers[&NumberState::None], ["bruno"]);
    assert_eq!(told.numbers[&NumberState::Unconfirmed], ["anna"]);
    assert!(told.numbers[&NumberState::Confirmed].is_empty());
    assert_eq!((told.ready, told.not_ready), (vec!["anna".into()], vec!["bruno".into()]));
    let list = house.block_on(notices(&desk, &campaign, policy, house.now())).unwrap();
    assert_eq!(list.to, [("bruno".into(), Some("anna@example.org".into()))]);
    assert_eq!(list.days, [campaign.end - TimeDelta::days(1)]);
}
