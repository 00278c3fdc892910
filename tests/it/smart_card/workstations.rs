//! Machine and person both (AN-01), and what the register keeps of them (AN-02).

use chrono::TimeDelta;
use ponte::assurance::factor::CertificateOf;
use ponte::register::index::{Field, Span};
use ponte::register::search::{Place, Query, search};

use crate::smart_card::walking::class_of;
use crate::support::agent::Agent;
use crate::support::card_house::CardHouse;
use crate::support::cards::{Authority, Browser, Spec, Status};

fn with_workstations() -> CardHouse {
    let it = CardHouse::with(|it| it.workstations = true, |_| {});
    it.house.inhabitant("anna");
    it
}

/// A workstation's certificate.
fn machine(it: &CardHouse, serial: u32) -> Spec {
    Spec { common_name: format!("postazione-{serial}"), ..Spec::cns(serial, it.house.now()) }
}

/// AN-01: the machine first, then the person; a person without a registered machine is refused, each time with its page,
/// and a ticket for one listener does nothing at the other.
#[test]
fn an_01_a_card_counts_at_a_registered_workstation_alone() {
    let it = with_workstations();
    let card = Browser::with(&it.cns(7));
    let registered = it.body.issue(&machine(&it, 0xD1));
    let mut agent = Agent::new();
    let to = it.to_the_card(&mut agent, 3);
    assert!(to.contains("/workstation/"), "{to}");
    // The first ticket is none at the card's listener.
    let (_, ticket) = to.split_once("/workstation/").unwrap();
    let early = card.show(&format!("https://card.localhost:{}/card/{ticket}", it.port));
    assert!(early.ends_with("?by=smart-card"), "{early}");
    let on = Browser::with(&registered).show(&to);
    assert!(on.contains("/card/") && on.starts_with("https://card.localhost"), "{on}");
    // Once.
    assert!(Browser::with(&registered).show(&to).ends_with("?by=smart-card"));
    let page = agent.get(&card.show(&on)).unwrap();
    assert_eq!(class_of(&it, &mut agent, &page), "https://www.spid.gov.it/SpidL3");

    let unknown = "Questa postazione non è registrata";
    let now = it.house.now();
    let stranger = Authority::new("Ente delle postazioni").issue(&machine(&it, 0xD2));
    let expired = Spec { to: now - TimeDelta::seconds(1), ..machine(&it, 0xD3) };
    for (browser, said) in [
        (Browser::default(), "Questa postazione non ha mostrato il suo certificato"),
        (Browser::with(&stranger), unknown),
        (Browser::with(&it.body.issue(&expired)), unknown),
        // The person's own card is no workstation.
        (card.clone(), unknown),
    ] {
        let mut agent = Agent::new();
        let to = it.to_the_card(&mut agent, 3);
        let page = agent.get(&browser.show(&to)).unwrap();
        assert!(page.status == 403 && page.body.contains(said), "{said}: {}", page.body);
    }
    // Revoked, or of unknown standing.
    for status in [Status::Revoked, Status::Unknown] {
        it.authorities_say(status);
        let other = it.body.issue(&machine(&it, 0xE0 + status as u32));
        let mut agent = Agent::new();
        let to = it.to_the_card(&mut agent, 3);
        let page = agent.get(&Browser::with(&other).show(&to)).unwrap();
        assert!(page.body.contains(unknown), "{}", page.body);
    }
}

/// AN-02: the row of the answer has both serial numbers, and is found by either; a login elsewhere is not.
#[test]
fn an_02_the_register_is_asked_by_workstation() {
    let it = with_workstations();
    let card = Browser::with(&it.cns(0xF7));
    for serial in [0xD1, 0xD2] {
        let mut agent = Agent::new();
        let to = it.to_the_card(&mut agent, 3);
        let on = Browser::with(&it.body.issue(&machine(&it, serial))).show(&to);
        let page = agent.get(&card.show(&on)).unwrap();
        class_of(&it, &mut agent, &page);
    }
    let env = &it.house.env;
    let find = |serial: &str, fields: Vec<(Field, String)>| {
        let certificate = Some(serial.to_owned());
        let query = Query { fields, certificate, span: Span::of(None, None), limit: 9 };
        let settled = ponte::register::pending::settle(&env.register, &*env.store, env.clock.now());
        it.house.block_on(env.register.filed()).unwrap();
        env.register.catch_up().unwrap();
        it.house.block_on(settled).unwrap();
        let place = Place {
            folder: &env.register.settings().folder,
            seal: &env.seal,
            tenant: &env.tenant,
            first: 0,
        };
        search(place, &env.register.index().snapshot(), &query).unwrap().rows
    };
    let rows = find("d1", Vec::new());
    assert_eq!(rows.len(), 1);
    let used: Vec<_> =
        rows[0].1.certificates.iter().map(|one| (one.of, one.serial.as_str())).collect();
    assert_eq!(used, [(CertificateOf::Workstation, "D1"), (CertificateOf::Person, "F7")]);
    assert!(rows[0].1.certificates[0].issuer.contains("Ente delle postazioni"));
    assert_eq!(find("F7", Vec::new()).len(), 2);
    let code = vec![(Field::FiscalNumber, "RSSMRA80A01H501U".to_owned())];
    assert_eq!(find("D2", code).len(), 1);
    assert!(find("D3", Vec::new()).is_empty());
}
