//! User name, password and one-time code on one page (AR-09), over real HTTP.

use crate::support::agent::{Agent, Page};
use crate::support::citizen::send;
use crate::support::house::{House, Inhabitant};

fn house() -> House {
    House::with(|making| making.settings.login.single_page = true)
}

fn log_in(house: &House, level: u8, person: &Inhabitant, password: &str, code: &str) -> Page {
    let mut agent = Agent::new();
    let page = send(&mut agent, &house.spid(level, |_| {})).unwrap();
    let form = page.form_with(&["username", "password", "code"]).unwrap();
    let name = person.username.as_str();
    let values = [("username", name), ("password", password), ("code", code)];
    agent.submit(&page, &form, &values).unwrap()
}

fn consents(page: &Page) -> bool {
    page.form_with_button("decision", "accept").is_some()
}

/// What the page says went wrong.
fn problem(page: &Page) -> String {
    assert_eq!(page.status, 422, "{}", page.body);
    let from = page.body.split("id=\"problem\"").nth(1).unwrap();
    from.split("</div>").next().unwrap().to_owned()
}

/// AR-09: a wrong password, a wrong code, none, and a name that nobody has, all look the same.
#[test]
fn ar_09_a_wrong_password_and_a_wrong_code_look_the_same() {
    let house = house();
    let anna = house.enrolled("anna");
    let nobody = Inhabitant { username: "nobody".into(), ..anna.clone() };
    let (right, code) = (anna.password.clone(), house.code(&anna));
    let wrong = match code.as_str() {
        "000000" => "111111",
        _ => "000000",
    };
    let said = [
        log_in(&house, 2, &anna, "not the one", &code),
        log_in(&house, 2, &anna, &right, wrong),
        log_in(&house, 2, &anna, &right, ""),
        log_in(&house, 1, &anna, &right, "nonsense"),
        log_in(&house, 2, &nobody, &right, &code),
    ]
    .map(|page| problem(&page));
    assert!(said[0].contains("Nome utente, password o codice non corretti"), "{}", said[0]);
    assert!(said.iter().all(|one| *one == said[0]), "{said:?}");
    house.wait(3600);
    assert!(consents(&log_in(&house, 2, &anna, &right, &house.code(&anna))));
    let page = log_in(&house, 2, &anna, &right, &house.code(&anna));
    assert!(!consents(&page), "a code counts once: {}", page.body);
}

/// AR-09: a right password with a wrong code counts as a wrong password does, so that the pauses tell nothing either.
#[test]
fn ar_09_wrong_codes_count_like_wrong_passwords() {
    let house = house();
    let (anna, bruno) = (house.enrolled("anna"), house.enrolled("bruno"));
    let tried = |person: &Inhabitant, password: &str| {
        let pages = (0..8).map(|_| log_in(&house, 2, person, password, "12345x"));
        pages.map(|page| page.status).collect::<Vec<_>>()
    };
    let (with_right, with_wrong) = (tried(&anna, &anna.password), tried(&bruno, "not the one"));
    assert_eq!(with_right, with_wrong);
    assert!(with_right.contains(&429), "{with_right:?}");
}

/// AR-09: the field is of those who have an app alone; the page says what it is, and without the setting it is not there.
#[test]
fn ar_09_the_field_is_for_who_has_an_app() {
    let house = house();
    let bruno = house.inhabitant("bruno");
    let page = log_in(&house, 1, &bruno, &bruno.password, "");
    assert!(consents(&page), "{}", page.body);
    let page = log_in(&house, 2, &bruno, &bruno.password, "");
    assert!(page.form_with(&["activation"]).is_some(), "goes on to the next page: {}", page.body);
    let page = send(&mut Agent::new(), &house.spid(2, |_| {})).unwrap();
    assert!(page.body.contains("Che cos’è?") && page.body.contains("href=\"/help/code\""));
    let plain = House::new();
    let page = send(&mut Agent::new(), &plain.spid(2, |_| {})).unwrap();
    assert!(page.form_with(&["code"]).is_none());
}
