//! "Check your card": it lets nobody in, and says at which step it stops (TS-05, TS-06, IC-02, IC-04).

use chrono::TimeDelta;
use ponte::store::credentials;

use crate::support::agent::{Agent, Page};
use crate::support::card_house::CardHouse;
use crate::support::cards::{Browser, Spec};

/// From the page to the address at which the card is shown.
fn begun(it: &CardHouse, agent: &mut Agent) -> (Page, String) {
    let page = agent.get(&it.house.url("/smart-card")).unwrap();
    assert_eq!(page.status, 200);
    let form = page.forms().into_iter().find(|form| form.action == "/smart-card").unwrap();
    let gone = agent.submit_once(&page, &form, &[]).unwrap();
    assert_eq!(gone.status, 303, "{}", gone.body);
    let to = gone.header("location").unwrap().to_owned();
    (page, to)
}

fn checked(it: &CardHouse, browser: &Browser) -> Page {
    let mut agent = Agent::new();
    let (_, to) = begun(it, &mut agent);
    let back = browser.show(&to);
    assert!(back.contains("/smart-card/"), "{back}");
    agent.get(&back).unwrap()
}

/// How each step is marked.
fn marks(page: &Page) -> Vec<String> {
    let steps = page.body.split("<strong>").skip(1);
    steps.map(|step| step.split('<').next().unwrap().to_owned()).collect()
}

/// TS-05: the step that fails is named, those before it passed, those after it were not tried.
#[test]
fn ts_05_the_check_names_the_failing_step() {
    let it = CardHouse::new();
    it.house.inhabitant("anna");
    let now = it.house.now();
    let stops_at = |browser: &Browser| {
        let page = checked(&it, browser);
        let marks = marks(&page);
        assert_eq!(marks.len(), 8, "{}", page.body);
        let place = marks.iter().position(|mark| mark == "non riuscito");
        if let Some(place) = place {
            assert!(marks[..place].iter().all(|mark| mark == "riuscito"), "{marks:?}");
            assert!(marks[place + 1..].iter().all(|mark| mark == "non provato"), "{marks:?}");
        }
        place
    };
    let card = |change: &dyn Fn(&mut Spec)| {
        let mut spec = Spec::cns(0x91, now);
        change(&mut spec);
        Browser::with(&it.region.issue(&spec))
    };
    assert_eq!(stops_at(&Browser::default()), Some(0));
    assert_eq!(stops_at(&card(&|it| (it.signs, it.authenticates) = (true, false))), Some(1));
    let stranger = crate::support::cards::Authority::new("Altri").issue(&Spec::cns(1, now));
    assert_eq!(stops_at(&Browser::with(&stranger)), Some(2));
    assert_eq!(stops_at(&card(&|it| it.to = now - TimeDelta::days(1))), Some(3));
    assert_eq!(stops_at(&card(&|it| "Mario".clone_into(&mut it.common_name))), Some(5));
    let other = "RSSDAA80A41H501I/7430.x";
    assert_eq!(stops_at(&card(&|it| other.clone_into(&mut it.common_name))), Some(7));
    assert_eq!(stops_at(&card(&|_| {})), None);
}

/// IC-01, IC-02: what the card is and why, and its certificate; TS-06: where its issuer helps; IC-04: what to do about a
/// card that was never activated. Nothing is bound, and nobody is in.
#[test]
fn ic_02_the_check_shows_the_certificate_and_binds_nothing() {
    let it = CardHouse::new();
    let anna = it.house.inhabitant("anna");
    let page = checked(&it, &Browser::with(&it.cns(0xAB_CDEF)));
    for said in [
        "ABCDEF",
        "Regione Esempio",
        "RSSMRA80A01H501U/7430004000016801.aBcD=",
        "CNS: rilasciata da una pubblica amministrazione",
    ] {
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }
    assert!(page.body.contains("href=\"https://region.example.org/carta\""), "{}", page.body);
    let like = it.provider.issue(&Spec::cns(0x92, it.house.now()));
    let page = checked(&it, &Browser::with(&like));
    assert!(page.body.contains("CNS-like: rilasciata da un certificatore"), "{}", page.body);
    let no_policy = Spec { policy: None, ..Spec::cns(0x93, it.house.now()) };
    let page = checked(&it, &Browser::with(&it.region.issue(&no_policy)));
    assert!(page.body.contains("non ha la politica delle CNS"), "{}", page.body);
    let page = checked(&it, &Browser::default());
    assert!(page.body.contains("non è attivata") && page.body.contains("ASL"), "{}", page.body);
    let env = &it.house.env;
    let own = it.house.block_on(credentials::list(env.records(), &anna.subject, env.clock.now()));
    assert_eq!(own.unwrap().len(), 1);
    // In English too.
    let mut agent = Agent::new().in_english();
    let (page, to) = begun(&it, &mut agent);
    assert!(page.body.contains("Check your card") && page.body.contains("PUK"), "{}", page.body);
    let page = agent.get(&Browser::default().show(&to)).unwrap();
    assert!(page.body.contains("We saw no certificate"), "{}", page.body);
}

/// The result is shown once, to the browser that began.
#[test]
fn the_result_is_for_the_browser_that_began() {
    let it = CardHouse::new();
    it.house.inhabitant("anna");
    let mut agent = Agent::new();
    let (_, to) = begun(&it, &mut agent);
    let back = Browser::with(&it.cns(7)).show(&to);
    let stranger = Agent::new().get(&back).unwrap();
    assert!(stranger.body.contains("Ricomincia il controllo"), "{}", stranger.body);
    assert!(!stranger.body.contains("RSSMRA"));
    let page = agent.get(&back).unwrap();
    assert!(page.body.contains("La carta funziona"), "{}", page.body);
    let again = agent.get(&back).unwrap();
    assert!(again.body.contains("Ricomincia il controllo"), "{}", again.body);
    // A code of a check opens no login, and a foreign site begins none.
    agent.come_from("https://evil.example");
    let refused = agent.post_once(&it.house.url("/smart-card"), &[]).unwrap();
    assert_eq!(refused.status, 403);
}
