//! Levels that cannot be reached, and levels that a service provider must not go below.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ponte::assurance::level::Level;
use ponte::partners::registry::Entry;

use crate::support::agent::{Agent, Page};
use crate::support::citizen::{Asked, asked, send};
use crate::support::house::House;

fn response(page: &Page) -> String {
    let form = page.form_with(&["SAMLResponse"]).unwrap_or_else(|| panic!("{}", page.body));
    String::from_utf8(STANDARD.decode(form.field("SAMLResponse").unwrap()).unwrap()).unwrap()
}

/// A house that wants SpidL2 at least for the SPID service provider.
fn strict() -> House {
    House::with(|making| {
        making.service_providers[0].1 =
            Entry { minimum_level: Some(Level::Loa3), ..Entry::default() };
    })
}

/// Somebody with a password whose activation code is too old to enrol an app.
fn weak(house: &House) -> crate::support::house::Inhabitant {
    let anna = house.inhabitant("anna");
    house.wait(31 * 24 * 3600);
    anna
}

/// IC-12: the service provider gets nr20, and the person reads which level is needed and how to reach it.
#[test]
fn ic_12_nr20_tells_the_service_and_shows_the_person_the_way() {
    let house = House::new();
    let anna = weak(&house);
    let page = house.walk(&mut Agent::new(), &house.spid(2, |_| {}), &anna);
    let xml = response(&page);
    assert!(xml.contains("status:Responder") && xml.contains("status:AuthnFailed"), "{xml}");
    assert!(xml.contains("ErrorCode nr20") && !xml.contains("Assertion "), "{xml}");
    assert_eq!(page.status, 403);
    for words in ["nr20", "SpidL2", "codice di attivazione", "/help/levels?error=20"] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert!(page.form_with(&["SAMLResponse"]).is_some(), "and goes back from there");
    // The same person at the level that the password reaches.
    let mut agent = Agent::new();
    let page = house.walk(&mut agent, &house.spid(1, |_| {}), &anna);
    assert!(response(&house.accept(&mut agent, &page)).contains("SpidL1"));
}

/// IC-14: whoever asks for more than this provider issues gets nr20 at once, never a lower level; the person reads
/// that another provider is needed.
#[test]
fn ic_14_a_level_above_our_own_is_nr20() {
    let capped = House::with(|making| making.settings.levels.ceiling = Level::Loa2);
    capped.enrolled("anna");
    for (house, level) in [(&capped, 2), (&capped, 3), (&House::new(), 3)] {
        let page = send(&mut Agent::new(), &house.spid(level, |_| {})).unwrap();
        assert!(response(&page).contains("ErrorCode nr20"), "SpidL{level}");
        assert!(page.body.contains(&format!("SpidL{level}")), "{}", page.body);
        assert!(page.body.contains("altro gestore"), "{}", page.body);
    }
    let page = send(&mut Agent::new(), &capped.spid(1, |_| {})).unwrap();
    assert!(matches!(asked(&page), Some(Asked::Credentials(_))), "below the cap");
}

/// TS-11: a service provider that must not go below SpidL2 gets SpidL2 though it asked for SpidL1 …
#[test]
fn ts_11_a_minimum_level_steps_up() {
    let house = strict();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    let page = send(&mut agent, &house.spid(1, |_| {})).unwrap();
    assert!(page.body.contains("SpidL2"), "the page says what is asked: {}", page.body);
    let form = page.form_with(&["username", "password"]).unwrap();
    let values = [("username", "anna"), ("password", anna.password.as_str())];
    let page = agent.submit(&page, &form, &values).unwrap();
    let form = page.form_with(&["code"]).expect("a password alone does not do");
    let page = agent.submit(&page, &form, &[("code", &house.code(&anna))]).unwrap();
    let xml = response(&house.accept(&mut agent, &page));
    assert!(xml.contains(">https://www.spid.gov.it/SpidL2</"), "{xml}");
    assert!(!xml.contains("SessionIndex"), "above SpidL1 there is no session");
}

/// … or nr20, and never SpidL1.
#[test]
fn ts_11_below_the_minimum_level_is_nr20() {
    let house = strict();
    let anna = weak(&house);
    let page = house.walk(&mut Agent::new(), &house.spid(1, |_| {}), &anna);
    let xml = response(&page);
    assert!(xml.contains("ErrorCode nr20") && !xml.contains("SpidL1"), "{xml}");
    assert!(page.body.contains("SpidL2"), "{}", page.body);
    // Without the minimum the same person is named at SpidL1.
    let house = House::new();
    let anna = weak(&house);
    let mut agent = Agent::new();
    let page = house.walk(&mut agent, &house.spid(1, |_| {}), &anna);
    assert!(response(&house.accept(&mut agent, &page)).contains("SpidL1"));
}
