//! Requirements whose behaviour stands in several places, each proved where a person meets it.

use ponte::telemetry::metrics::{Reading, text};

use crate::cli::{House as Folder, done, fails};
use crate::notices;
use crate::support::agent::{Agent, Page};
use crate::support::citizen::send;
use crate::support::house::House;

/// AR-18: whom to ask is the tenant's, on each page that says that something is wrong, and in mails.
#[test]
fn ar_18_error_pages_and_mails_name_the_tenant_s_office() {
    let (house, out) = notices::house();
    let anna = house.enrolled("anna");
    let contact = "aiuto@example.org";
    let mut agent = Agent::new();
    for path in ["/nothing", "/login/none", "/saml/sso", "/help/recovery", "/recover/link/none"] {
        let page = agent.get(&house.url(path)).unwrap();
        assert!(page.body.contains(contact), "{path}: {}", page.body);
    }
    let page = house.walk(&mut agent, &house.spid(1, |_| {}), &anna);
    house.accept(&mut agent, &page);
    notices::round(&house);
    let mails = out.mails();
    assert!(!mails.is_empty());
    for mail in mails {
        assert!(mail.text.contains(contact) && mail.html.contains(contact), "{}", mail.text);
    }
}

fn failed() -> u64 {
    let text = text(&Reading::default()).unwrap();
    let line = text.lines().find(|line| {
        line.starts_with("ponte_factor") && line.contains("totp") && line.contains("failed")
    });
    line.and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap_or(0)
}

/// AR-19: three wrong codes end a login with nr19; the fifth in a row makes even the right one wait, in whatever login; each is
/// counted.
#[test]
fn ar_19_wrong_codes_end_the_login_with_nr19_and_then_lock_for_a_while() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let before = failed();
    let at_the_code = |agent: &mut Agent| {
        let page = send(agent, &house.spid(2, |_| {})).unwrap();
        let form = page.form_with(&["username", "password"]).unwrap();
        let values = [("username", "anna"), ("password", anna.password.as_str())];
        agent.submit(&page, &form, &values).unwrap()
    };
    let wrong = if house.code(&anna) == "000000" { "111111" } else { "000000" };
    let type_code = |agent: &mut Agent, page: &Page, code: &str| {
        agent.submit(page, &page.form_with(&["code"]).unwrap(), &[("code", code)]).unwrap()
    };
    let mut agent = Agent::new();
    let mut page = at_the_code(&mut agent);
    for left in [2, 1, 0] {
        page = type_code(&mut agent, &page, wrong);
        assert_eq!(page.body.contains("nr19"), left == 0, "{left}: {}", page.body);
    }
    let mut agent = Agent::new();
    let page = at_the_code(&mut agent);
    let page = type_code(&mut agent, &page, wrong);
    let page = type_code(&mut agent, &page, wrong);
    let page = type_code(&mut agent, &page, &house.code(&anna));
    assert_eq!(page.status, 429, "the sixth waits, right or not: {}", page.body);
    assert!(page.header("retry-after").is_some());
    assert!(failed() >= before + 5, "each is counted");
    house.wait(31);
    let page = type_code(&mut agent, &page, &house.code(&anna));
    assert!(page.form_with_button("decision", "accept").is_some(), "{}", page.body);
}

/// AN-06, AN-07: nobody asks for a password, and nobody who helps connects to one's computer: in the help, in both languages.
#[test]
fn an_07_the_help_warns_of_whoever_wants_to_connect_to_the_computer() {
    let house = House::new();
    let it = Agent::new().get(&house.url("/help/recovery")).unwrap().body;
    let en = Agent::new().in_english().get(&house.url("/help/recovery")).unwrap().body;
    assert!(it.contains("chi ti assiste non si collega mai al tuo computer"), "{it}");
    assert!(en.contains("those who help you never connect to your computer"), "{en}");
    for body in [it, en] {
        assert!(body.contains("TeamViewer") && body.contains("AnyDesk"));
    }
}

/// AR-17, TS-08, AN-03: a delegated administrator makes people of one body, sees those and no others, and nothing but people.
#[test]
fn ar_17_a_delegated_administrator_sees_one_body_alone() {
    let folder = Folder::new();
    let user = |body: &str, said: &[&str]| {
        folder.fed(&[&["user", "--body", body][..], said].concat(), "una frase lunga e segreta\n")
    };
    done(&user("alfa", &["add", "ada", "--password-stdin", "--email", "ada@example.org"]));
    done(&user("beta", &["add", "bea", "--password-stdin"]));
    done(&folder.add("carla"));
    let list = |body: &str| done(&user(body, &["list"]));
    assert!(list("alfa").contains("ada") && !list("alfa").contains("bea"));
    assert!(!list("beta").contains("ada") && !list("beta").contains("carla"));
    for said in [
        &["show", "ada"][..],
        &["suspend", "ada"],
        &["code", "ada"],
        &["address", "ada", "x@example.org"],
        &["identity", "ada", "--kind", "professional"],
        &["show", "carla"],
    ] {
        let refused = fails(&user("beta", said), 1);
        assert!(refused.contains("nobody has the user name"), "{said:?}: {refused}");
    }
    let taken = ["add", "eva", "--password-stdin", "--email", "ada@example.org"];
    let refused = fails(&user("beta", &taken), 1);
    assert!(!refused.contains("\"ada\""), "whose it is, is another body's affair: {refused}");
    let refused = fails(&user("beta", &["card", "find", "01"]), 1);
    assert!(refused.contains("sees to its people"), "{refused}");
    assert!(fails(&user("No Body", &["list"]), 1).contains("small letters"));
    assert_eq!(done(&user("alfa", &["suspend", "ada"])), "ada is suspended.\n");
    assert!(done(&folder.ponte(&["user", "list"])).contains("bea"), "the whole house sees all");
}

/// TS-08, TS-09: a made password is printed once; nothing shows it again, and it is born expired.
#[test]
fn ts_08_a_made_password_is_seen_once() {
    let folder = Folder::new();
    let added = done(&folder.ponte(&["user", "--body", "alfa", "add", "ada", "--generate"]));
    let password = added.lines().find_map(|line| line.strip_prefix("Password: ")).unwrap();
    assert!(password.len() >= 20, "{added}");
    for said in [
        &["user", "show", "ada"][..],
        &["user", "list"],
        &["user", "code", "ada"],
        &["person", "export", "ada"],
    ] {
        let shown = done(&folder.ponte(said));
        assert!(!shown.contains(password) && !shown.contains("argon2"), "{said:?}: {shown}");
    }
    let again = fails(&folder.ponte(&["user", "add", "ada", "--generate"]), 1);
    assert!(again.contains("is taken") && !again.contains("Password:"), "{again}");
}
