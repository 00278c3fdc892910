//! A login by card, over real TLS.

use std::sync::{Arc, Barrier};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::ssl::SslVersion;

use crate::support::agent::{Agent, Page};
use crate::support::card_house::CardHouse;
use crate::support::cards::Browser;

/// The class of the answer that the page carries to the service provider.
pub(super) fn class_of(it: &CardHouse, agent: &mut Agent, page: &Page) -> String {
    let answered = it.house.accept(agent, page);
    let form = answered.form_with(&["SAMLResponse"]).unwrap_or_else(|| panic!("{}", answered.body));
    let xml = STANDARD.decode(form.field("SAMLResponse").unwrap()).unwrap();
    let xml = String::from_utf8(xml).unwrap();
    let (_, rest) = xml.split_once("AuthnContextClassRef>").unwrap_or_else(|| panic!("{xml}"));
    rest.split('<').next().unwrap().to_owned()
}

/// TS-01, TS-02, TS-04, IC-06: the card is a way beside the others, is bound by its first use, and is worth SpidL3 by
/// TLS 1.2 as by 1.3; nothing of its form is asked.
#[test]
fn ts_02_a_cns_is_worth_spid_l3() {
    let it = CardHouse::new();
    it.house.inhabitant("anna");
    let card = it.cns(0x1001);
    for most in [Some(SslVersion::TLS1_2), Some(SslVersion::TLS1_3)] {
        let mut agent = Agent::new();
        let browser = Browser { most, ..Browser::with(&card) };
        let page = it.log_in(&mut agent, 3, &browser);
        assert_eq!(class_of(&it, &mut agent, &page), "https://www.spid.gov.it/SpidL3");
    }
}

/// At SpidL2 the card stands beside name and password (TS-01), and the level that was reached is asserted.
#[test]
fn ts_01_the_card_is_a_way_beside_the_others() {
    let it = CardHouse::new();
    it.house.inhabitant("anna");
    let request = it.house.spid(2, |_| {});
    let mut agent = Agent::new();
    let page = agent.get(&request.url).unwrap();
    assert!(page.form_with(&["username", "password"]).is_some());
    assert!(page.body.contains("Entra con la smart card"), "{}", page.body);
    let to = it.by_card(&mut agent, &page);
    let back = Browser::with(&it.cns(7)).show(&to);
    let page = agent.get(&back).unwrap();
    assert_eq!(class_of(&it, &mut agent, &page), "https://www.spid.gov.it/SpidL3");
    // Where no cards are taken there is no such way.
    let house = crate::support::house::House::new();
    let page = Agent::new().get(&house.spid(2, |_| {}).url).unwrap();
    assert!(!page.body.contains("smart card"), "{}", page.body);
    assert_eq!(Agent::new().get(&house.url("/smart-card")).unwrap().status, 404);
}

/// The browser that shows a card is given a code, and the login is that of the browser which began: whoever gets another
/// to show their card with his ticket has no code, and they have no login.
#[test]
fn only_the_browser_that_began_and_showed_the_card_goes_on() {
    let it = CardHouse::new();
    it.house.inhabitant("anna");
    let card = it.cns(7);
    let (mut attacker, mut victim) = (Agent::new(), Agent::new());
    let to = it.to_the_card(&mut attacker, 3);
    let back = Browser::with(&card).show(&to);
    let page = victim.get(&back).unwrap();
    assert_eq!(page.status, 403, "{}", page.body);
    // He knows everything but the code.
    let login = back.split("/card/").next().unwrap();
    let page = attacker.get(&format!("{login}/card/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")).unwrap();
    assert!(page.body.contains("Usa la tua smart card"), "{}", page.body);
    // In one browser both come together, once.
    let page = attacker.get(&back).unwrap();
    assert!(page.form_with_button("decision", "accept").is_some(), "{}", page.body);
    // A code of one login does nothing in another.
    let mut other = Agent::new();
    let to_other = it.to_the_card(&mut other, 3);
    let mut third = Agent::new();
    let to_third = it.to_the_card(&mut third, 3);
    let code = Browser::with(&card).show(&to_other);
    let code = code.rsplit('/').next().unwrap().to_owned();
    let home = Browser::default().show(&to_third);
    let login = home.split("/card/").next().unwrap();
    let page = third.get(&format!("{login}/card/{code}")).unwrap();
    assert!(page.form_with_button("decision", "accept").is_none(), "{}", page.body);
}

/// The card is pulled between two logins: the second one begins a handshake of its own, has no card in it, and nothing
/// of the first helps.
#[test]
fn a_card_that_was_pulled_is_gone() {
    let it = CardHouse::new();
    it.house.inhabitant("anna");
    let card = it.cns(7);
    for most in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let mut agent = Agent::new();
        let to = it.to_the_card(&mut agent, 3);
        let browser = Browser { most: Some(most), ..Browser::with(&card) };
        let first = browser.get(&to).unwrap();
        assert!(first.closed && !first.resumed && first.page.header("connection") == Some("close"));
        let page = agent.get(first.page.header("location").unwrap()).unwrap();
        assert!(page.form_with_button("decision", "accept").is_some(), "{}", page.body);

        let to = it.to_the_card(&mut agent, 3);
        let session = first.sessions.first().cloned();
        let pulled = Browser { most: Some(most), session, ..Browser::default() };
        let second = pulled.get(&to).unwrap();
        assert!(!second.resumed);
        let page = agent.get(second.page.header("location").unwrap()).unwrap();
        assert_eq!(page.status, 403);
        assert!(page.body.contains("Non abbiamo visto nessun certificato"), "{}", page.body);
        // TLS 1.3 offers no ticket at all.
        assert!(most == SslVersion::TLS1_2 || first.sessions.is_empty());
    }
}

/// Eight at once show the same ticket, and eight at once come back with the same code: one login.
#[test]
fn of_eight_with_one_ticket_one_goes_on() {
    let it = Arc::new(CardHouse::new());
    it.house.inhabitant("anna");
    let card = it.cns(7);
    let mut agent = Agent::new();
    let to = it.to_the_card(&mut agent, 3);
    let barrier = Arc::new(Barrier::new(8));
    let shown: Vec<_> = (0..8)
        .map(|_| {
            let (browser, to, barrier) = (Browser::with(&card), to.clone(), Arc::clone(&barrier));
            std::thread::spawn(move || {
                barrier.wait();
                browser.show(&to)
            })
        })
        .collect();
    let shown: Vec<String> = shown.into_iter().map(|one| one.join().unwrap()).collect();
    let good: Vec<&String> = shown.iter().filter(|to| to.contains("/card/")).collect();
    assert_eq!(good.len(), 1, "{shown:?}");
    let back = good[0].clone();
    let come: Vec<_> = (0..8)
        .map(|_| {
            let (mut agent, back) = (agent.clone(), back.clone());
            let barrier = Arc::clone(&barrier);
            std::thread::spawn(move || {
                barrier.wait();
                let page = agent.get_once(&back).unwrap();
                page.status == 303 && page.header("set-cookie").is_some()
            })
        })
        .collect();
    let risen = come.into_iter().map(|one| one.join().unwrap());
    assert_eq!(risen.filter(|risen| *risen).count(), 1);
}

/// A ticket is good for two minutes and once, and so is the code: what comes late leads back to where it began.
#[test]
fn tickets_and_codes_are_of_their_time() {
    let it = CardHouse::new();
    it.house.inhabitant("anna");
    let browser = Browser::with(&it.cns(7));
    for (wait, is_good) in [(119, true), (120, false)] {
        let mut agent = Agent::new();
        let to = it.to_the_card(&mut agent, 3);
        it.house.wait(wait);
        assert_eq!(browser.show(&to).contains("/card/"), is_good, "{wait}");
        // Once.
        assert!(browser.show(&to).ends_with("?by=smart-card"));
        let mut agent = Agent::new();
        let to = it.to_the_card(&mut agent, 3);
        let back = browser.show(&to);
        it.house.wait(wait);
        let page = agent.get(&back).unwrap();
        let is_in = page.form_with_button("decision", "accept").is_some();
        assert_eq!(is_in, is_good, "{wait}: {}", page.body);
        it.authorities_say(crate::support::cards::Status::Good);
    }
    assert!(
        browser
            .show(&format!("https://card.localhost:{}/card/x", it.port))
            .ends_with("/smart-card?done=late")
    );
}

/// The listener shows no page, knows its own name alone, and takes a ticket by GET alone.
#[test]
fn the_listener_does_one_thing() {
    let it = CardHouse::new();
    it.house.inhabitant("anna");
    let browser = Browser::with(&it.cns(7));
    let mut agent = Agent::new();
    let to = it.to_the_card(&mut agent, 3);
    for method in ["HEAD", "POST", "OPTIONS"] {
        assert_eq!(browser.send(method, &to).unwrap().page.status, 405, "{method}");
    }
    let elsewhere = to.replace("card.localhost", "other.localhost");
    assert_eq!(browser.get(&elsewhere).unwrap().page.status, 421);
    let away = browser.get(&format!("https://card.localhost:{}/login/x", it.port)).unwrap().page;
    assert_eq!(away.header("location"), Some(it.house.url("/smart-card").as_str()));
    assert!(away.body.is_empty());
    for name in ["strict-transport-security", "x-content-type-options", "cache-control"] {
        assert!(away.header(name).is_some(), "{name}: {away:?}");
    }
    // None of that has used the ticket up.
    assert!(browser.show(&to).contains("/card/"));
    // A certificate in a header is nobody's where TLS is ours.
    let to = it.to_the_card(&mut agent, 3);
    let der = STANDARD.encode(it.cns(8).certificate.to_der().unwrap());
    let header = vec![("Client-Cert".to_owned(), format!(":{der}:"))];
    let page = agent.get(&Browser { headers: header, ..Browser::default() }.show(&to)).unwrap();
    assert!(page.body.contains("Non abbiamo visto nessun certificato"), "{}", page.body);
}
