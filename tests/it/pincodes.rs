//! The pincode for operations, and its check for partners: over real HTTP, on a clock that the test moves.

use ponte::flow::env::PincodeVerifier;
use ponte::flow::guarded::Tried;
use ponte::flow::pincode::{self, Asked, Told};
use ponte::store::guards::{self, Guard};
use ponte::world::digest::sha256;

use crate::own_factors::{press, unlocked};
use crate::support::agent::{Agent, Page};
use crate::support::house::{House, Inhabitant};
use crate::support::log::Log;
use crate::support::wire::{body, exchange, status};

const TOKEN: &str = "a token that nobody else has, of some length";

fn house() -> House {
    House::with(|making| {
        let token = sha256(TOKEN.as_bytes());
        making.settings.pincode_verifiers = vec![PincodeVerifier { name: "tributi".into(), token }];
    })
}

/// Status and body of what the partner is told.
fn verify(house: &House, token: &str, form: &str) -> (u16, String) {
    let request = format!(
        "POST /api/pincode/verify HTTP/1.1\r\nHost: idp.localhost:{port}\r\nConnection: close\r\n\
         Authorization: Bearer {token}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {length}\r\n\r\n{form}",
        port = house.port,
        length = form.len(),
    );
    let answer = exchange(house.port, &request);
    (status(&answer), body(&answer).to_owned())
}

fn check(house: &House, subject: &str, pincode: &str) -> String {
    let form = format!("subject={subject}&operation=f24.send&pincode={pincode}");
    let (_, body) = verify(house, TOKEN, &form);
    let verdict: serde_json::Value = serde_json::from_str(&body).unwrap();
    verdict["verdict"].as_str().unwrap_or_else(|| panic!("{body}")).to_owned()
}

fn shown(page: &Page) -> String {
    let from = page.body.split("<code>").nth(1).unwrap_or_else(|| panic!("{}", page.body));
    from.split('<').next().unwrap().to_owned()
}

/// At the pincode's page, with SpidL2 shown.
fn at_the_page(house: &House, agent: &mut Agent, person: &Inhabitant) -> Page {
    unlocked(house, agent, person);
    agent.get(&house.url("/account/pincode")).unwrap()
}

fn made(house: &House, agent: &mut Agent, person: &Inhabitant) -> String {
    let page = at_the_page(house, agent, person);
    shown(&press(agent, &page, "/account/pincode"))
}

/// TS-10: shown once, to whoever has shown SpidL2, and then only reset; the nickname is there too. What is kept is a hash.
#[test]
fn ts_10_the_pincode_is_shown_once_after_spid_l2_and_then_only_reset() {
    let house = house();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    // The password alone shows where one confirms, and makes nothing.
    let page = agent.get(&house.url("/account")).unwrap();
    let page = press(&mut agent, &page, "/account/enter");
    let form = page.form_with(&["username", "password"]).unwrap();
    let values = [("username", "anna"), ("password", anna.password.as_str())];
    agent.submit(&page, &form, &values).unwrap();
    let page = agent.get(&house.url("/account/pincode")).unwrap();
    assert!(page.forms().iter().all(|form| form.action != "/account/pincode"), "{}", page.body);
    assert!(page.body.contains("anna") && page.body.contains("non ancora creato"));
    let page = press(&mut agent, &page, "/account/pincode/unlock");
    let form = page.form_with(&["code"]).unwrap_or_else(|| panic!("{}", page.body));
    let page = agent.submit(&page, &form, &[("code", &house.code(&anna))]).unwrap();
    assert_eq!(page.url.path(), "/account/pincode", "back where it was asked: {}", page.body);
    let page = press(&mut agent, &page, "/account/pincode");
    let first = shown(&page);
    assert!(first.len() == 8 && first.bytes().all(|byte| byte.is_ascii_digit()), "{first}");
    let page = agent.get(&house.url("/account/pincode")).unwrap();
    assert!(!page.body.contains(&first) && page.body.contains("Crea un altro pincode"));
    let kept = guards::load(house.env.records(), Guard::Pincode, &anna.subject, house.now());
    let kept = house.block_on(kept).unwrap().value.clone();
    assert!(kept.hash.unwrap().starts_with("$argon2id$"));
    assert_eq!(check(&house, "anna", &first), "held");
    let second = shown(&press(&mut agent, &page, "/account/pincode"));
    assert_ne!(first, second);
    assert_eq!(check(&house, "anna", &first), "wrong");
    assert_eq!(check(&house, "anna", &second), "held");
    house.wait(11 * 60);
    let page = agent.get(&house.url("/account/pincode")).unwrap();
    assert!(page.forms().iter().all(|form| form.action != "/account/pincode"), "ten minutes");
}

/// TS-07: the check is for partners who bear their token, by user name, address or fiscal code, for an operation that is named in
/// the log; it is never a way to log in.
#[test]
fn ts_07_partners_have_a_pincode_checked_for_an_operation() {
    let house = house();
    let anna = house.enrolled("anna");
    let pincode = made(&house, &mut Agent::new(), &anna);
    for subject in ["anna", "ANNA", "RSSMRA80A01H501U", "tinit-rssmra80a01h501u"] {
        assert_eq!(check(&house, subject, &pincode), "held", "{subject}");
    }
    assert_eq!(check(&house, "nobody", &pincode), "wrong");
    let (_, body) = verify(&house, TOKEN, "subject=anna&operation=x&pincode=1");
    let said: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert!(said["support-id"].as_str().is_some_and(|id| id.len() > 8), "to be quoted: {body}");
    let good = format!("subject=anna&operation=f24.send&pincode={pincode}");
    assert_eq!(verify(&house, "another token", &good).0, 401);
    assert_eq!(verify(&house, "", &good).0, 401);
    for bad in [
        "subject=anna&pincode=1".to_owned(),
        format!("subject=anna&operation=&pincode={pincode}"),
        format!("subject=anna&operation=a%0Ab&pincode={pincode}"),
        format!("subject=anna&subject=bruno&operation=x&pincode={pincode}"),
        "{}".to_owned(),
    ] {
        assert_eq!(verify(&house, TOKEN, &bad).0, 400, "{bad}");
    }
    // One thread, so that all of its log is heard.
    let here = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (log, _listening) = Log::listen();
    // The server's own threads, which nobody listens to, were here before.
    tracing::callsite::rebuild_interest_cache();
    let asked = Asked { token: TOKEN, subject: "anna", operation: "f24.send", pincode: &pincode };
    let address = "192.0.2.7".parse().unwrap();
    let told = here.block_on(pincode::verify(&house.env, asked, address, "K7QX-2M4D"));
    assert_eq!(told, Told::Tried(Tried::Held));
    let said = serde_json::to_string(&log.of("pincode.checked")).unwrap();
    assert!(
        ["f24.send", "tributi", "held", "192.0.2.7", "K7QX-2M4D", anna.subject.as_str()]
            .iter()
            .all(|one| said.contains(one)),
        "{said}"
    );
    assert!(!said.contains(&pincode) && !said.contains(TOKEN));
    // As a password, or as a code, it is nothing.
    let page = house.walk(
        &mut Agent::new(),
        &house.spid(1, |_| {}),
        &Inhabitant { password: pincode, ..anna },
    );
    assert!(page.form_with_button("decision", "accept").is_none(), "{}", page.body);
    let closed = House::new();
    assert_eq!(verify(&closed, TOKEN, &good).0, 404, "no partner, no interface");
}

/// TS-07: wrong ones slow down, for whoever has one and whoever has none alike; a hundred in a row block it until it is made anew.
#[test]
fn ts_07_guessing_a_pincode_slows_down_and_ends() {
    let house = house();
    let (anna, _bruno) = (house.enrolled("anna"), house.enrolled("bruno"));
    let mut agent = Agent::new();
    let pincode = made(&house, &mut agent, &anna);
    let wrong = if pincode == "00000000" { "11111111" } else { "00000000" };
    let tried =
        |subject: &str| -> Vec<String> { (0..7).map(|_| check(&house, subject, wrong)).collect() };
    let of_anna = tried("anna");
    assert_eq!(of_anna[4..], ["wrong", "wait", "wait"]);
    assert_eq!(tried("bruno"), of_anna, "who has none is not told apart");
    assert_eq!(tried("nobody"), of_anna);
    let (status, _) = verify(&house, TOKEN, &format!("subject=anna&operation=x&pincode={pincode}"));
    assert_eq!(status, 429, "not even the right one");
    for _ in 5..100 {
        house.wait(3601);
        assert_eq!(check(&house, "anna", wrong), "wrong");
    }
    house.wait(3601);
    assert_eq!(check(&house, "anna", &pincode), "blocked");
    let anew = made(&house, &mut agent, &anna);
    assert_eq!(check(&house, "anna", &anew), "held");
}
