//! The two signature verifiers disagree: a plain refusal to whoever sent it, an alarm to whoever runs us.
#![cfg(feature = "xmlsec")]

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};

use ponte::flow::begin::begin;
use ponte::flow::reply::{Reply, Trouble};
use ponte::flow::visit::Visitor;
use ponte::saml::binding::Inbound;
use ponte::saml::partner::ServiceProvider;
use ponte::saml::signature::PublicKey;
use serde_json::Value;
use tracing_subscriber::fmt::MakeWriter;

use crate::support::house::House;
use crate::support::keys;
use crate::support::requests::form;
use crate::support::sp::{AuthnRequest, SPID_ENTITY};

/// What was logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Log {
    fn of(&self, event: &str) -> Vec<Value> {
        let bytes = self.0.lock().unwrap().clone();
        let rows = String::from_utf8(bytes).unwrap();
        let rows = rows.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        rows.filter(|row| row["event"] == event).collect()
    }
}

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

/// The number of the page that a posted request gets; `None` if a login begins.
fn post(house: &House, id: &str) -> Option<u16> {
    let issued = house.now().format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut request = AuthnRequest::spid(id, &issued);
    request.destination = Some(house.env.idp.single_sign_on.clone());
    let body = form(&request.signed(&keys::SP.signer), None);
    let visitor = Visitor {
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        browser: None,
        device: None,
        session: None,
        agent: None,
        support_id: "TEST-TEST-TEST",
    };
    match house.block_on(begin(&house.env, Inbound::Post { form: &body }, &visitor)) {
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
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().json().flatten_event(true).with_writer(log.clone());
    let _here = tracing::subscriber::set_default(subscriber.finish());
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

#[test]
fn verifiers_that_agree_alarm_nobody() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().json().flatten_event(true).with_writer(log.clone());
    let _here = tracing::subscriber::set_default(subscriber.finish());
    let house = house_with(&keys::SP);
    assert_eq!(post(&house, "_agreed"), None);
    assert_eq!(log.of("request.accepted").len(), 1);
    assert!(log.of("verifier-disagreement").is_empty());
}
