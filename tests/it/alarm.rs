//! The two signature verifiers disagree: a plain refusal to whoever sent it, an alarm to whoever runs us.
#![cfg(feature = "xmlsec")]

use std::net::{IpAddr, Ipv4Addr};

use ponte::flow::begin::begin;
use ponte::flow::logout;
use ponte::flow::reply::{Reply, Trouble};
use ponte::flow::visit::Visitor;
use ponte::flow::wish::Wish;
use ponte::saml::binding::Inbound;
use ponte::saml::partner::ServiceProvider;
use ponte::saml::signature::PublicKey;
use ponte::texts::language::Language;

use crate::support::house::House;
use crate::support::keys;
use crate::support::log::Log;
use crate::support::logout::Logout;
use crate::support::requests::form;
use crate::support::sp::{AuthnRequest, SPID_ENTITY};

/// A house whose second verifier holds the key of `second` for the SPID service provider.
fn house_with(second: &keys::Keys) -> House {
    use ponte::world::signer::Signer as _;
    let house = House::new();
    let registry = house.env.partners.snapshot();
    let there = registry.find(SPID_ENTITY, house.now()).unwrap();
    let (first, second) = (keys::SP.signer.certificate(), second.signer.certificate());
    let key = PublicKey::for_each_verifier(first, second).unwrap();
    let changed = ServiceProvider { keys: vec![key], ..(*there).clone() };
    house.env.partners.swap((*registry).clone().with(changed));
    house
}

fn stranger() -> Visitor<'static> {
    Visitor {
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        browser: None,
        device: None,
        session: None,
        agent: None,
        language: Language::It,
        support_id: "TEST-TEST-TEST",
    }
}

/// The number of the page that a posted request gets; `None` if a login begins.
fn post(house: &House, id: &str) -> Option<u16> {
    let issued = house.now().format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut request = AuthnRequest::spid(id, &issued);
    request.destination = Some(house.env.idp.single_sign_on.clone());
    let body = form(&request.signed(&keys::SP.signer), None);
    let visitor = stranger();
    match house.block_on(begin(
        &house.env,
        Inbound::Post { form: &body },
        Wish::default(),
        &visitor,
    )) {
        Reply::Continue { .. } => None,
        Reply::Trouble(trouble) => match *trouble {
            Trouble::Fault { fault, status: 403 } => Some(fault.kind.number()),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_disagreement_is_refused_and_alarms_at_once_and_then_once_a_minute() {
    let (log, _here) = Log::listen();
    let house = house_with(&keys::STRANGER);
    for n in 0..3 {
        assert_eq!(post(&house, &format!("_disputed-{n}")), Some(7));
    }
    house.wait(60);
    assert_eq!(post(&house, "_disputed-3"), Some(7));
    assert_eq!(log.of("refused").len(), 4, "each refusal is one event");
    let alarms = log.of("verifier-disagreement");
    let counts: Vec<_> = alarms.iter().map(|row| row["count"].as_u64().unwrap()).collect();
    assert_eq!(counts, [1, 3]);
    for row in &alarms {
        assert_eq!((&row["level"], &row["issuer"]), (&"ERROR".into(), &SPID_ENTITY.into()));
    }
}

/// The same bell for a logout that is posted.
#[test]
fn a_disagreement_about_a_logout_alarms_too() {
    let (log, _here) = Log::listen();
    let house = house_with(&keys::STRANGER);
    for (id, signer, rings) in
        [("_one", &keys::SP, 1), ("_two", &keys::IDP, 1), ("_three", &keys::SP, 2)]
    {
        let issued = house.now().format("%Y-%m-%dT%H:%M:%SZ").to_string();
        let message = Logout {
            issue_instant: Some(issued),
            destination: Some(house.url("/saml/slo")),
            ..Logout::request(id)
        };
        let body = message.post(None, &signer.signer);
        let visitor = stranger();
        let inbound = Inbound::Post { form: &body };
        let reply = house.block_on(logout::receive::message(&house.env, inbound, &visitor));
        assert!(matches!(reply, Reply::Trouble(_)), "{id}: {reply:?}");
        assert_eq!(log.of("verifier-disagreement").len(), rings, "{id}");
        house.wait(30);
    }
    assert_eq!(log.of("logout.refused").len(), 3);
}

#[test]
fn verifiers_that_agree_alarm_nobody() {
    let (log, _here) = Log::listen();
    let house = house_with(&keys::SP);
    assert_eq!(post(&house, "_agreed"), None);
    assert_eq!(log.of("request.accepted").len(), 1);
    assert!(log.of("verifier-disagreement").is_empty());
}
