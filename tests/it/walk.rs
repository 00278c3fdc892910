//! The walk of a login over real HTTP, on a clock that the test moves.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use ponte::assurance::factor::Factor;
use ponte::enrolment::activation::FirstEnrolment;
use ponte::identity::account::{AccountState, ProofingMethod};
use ponte::saml::names;
use ponte::store::port::Durability;
use ponte::store::record::Batch;
use ponte::store::{accounts, credentials};

use crate::support::agent::{Agent, Page};
use crate::support::citizen::{Asked, asked, send};
use crate::support::house::{House, Inhabitant};

/// The `Response` that a page would post.
fn response(page: &Page) -> String {
    let form = page.form_with(&["SAMLResponse"]).unwrap_or_else(|| panic!("{}", page.body));
    let bytes = STANDARD.decode(form.field("SAMLResponse").unwrap()).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn log_in(house: &House, agent: &mut Agent, level: u8, person: &Inhabitant) -> Page {
    let request = house.spid(level, |_| {});
    let page = house.walk(agent, &request, person);
    house.accept(agent, &page)
}

fn credentials_form(house: &House, agent: &mut Agent) -> Page {
    send(agent, &house.spid(2, |_| {})).unwrap()
}

fn type_password(agent: &mut Agent, page: &Page, username: &str, password: &str) -> Page {
    let form = page.form_with(&["username", "password"]).unwrap();
    agent.submit(page, &form, &[("username", username), ("password", password)]).unwrap()
}

fn type_code(agent: &mut Agent, page: &Page, code: &str) -> Page {
    let form = page.form_with(&["code"]).unwrap();
    agent.submit(page, &form, &[("code", code)]).unwrap()
}

fn press_cancel(agent: &mut Agent, page: &Page) -> Page {
    let form = page.forms().into_iter().find(|form| form.action.ends_with("/cancel")).unwrap();
    agent.submit(page, &form, &[]).unwrap()
}

#[test]
fn a_person_with_password_and_app_is_named_at_spid_l2() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let page = log_in(&house, &mut Agent::new(), 2, &anna);
    let xml = response(&page);
    let form = page.form_with(&["SAMLResponse"]).unwrap();
    assert_eq!(form.action, "https://sp.example.org/spid/acs");
    assert_eq!(form.field("RelayState"), Some("state-of-the-service"));
    assert!(xml.contains(">https://www.spid.gov.it/SpidL2</"), "{xml}");
    assert!(xml.contains("D'Angelo &amp; Figli"));
    assert!(!xml.contains("anna@example.org"), "not in the set that was asked for");
    assert!(!xml.contains("SessionIndex"), "SP-03");
    assert!(!xml.contains(anna.subject.as_str()), "our own name never leaves");
}

#[test]
fn bi_01_the_second_factor_is_asked_for_only_after_the_first() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    let page = credentials_form(&house, &mut agent);
    assert!(page.form_with(&["code"]).is_none());
    let page = type_password(&mut agent, &page, "anna", "wrong");
    assert_eq!(page.status, 422);
    assert!(page.form_with(&["code"]).is_none());
    let page = type_password(&mut agent, &page, "anna", &anna.password);
    assert!(page.form_with(&["code"]).is_some());
}

#[test]
fn a_password_alone_is_named_at_spid_l1() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    let page = house.walk(&mut agent, &house.spid(1, |_| {}), &anna);
    let xml = response(&house.accept(&mut agent, &page));
    assert!(xml.contains(">https://www.spid.gov.it/SpidL1</"), "{xml}");
    assert!(xml.contains("SessionIndex"), "SP-03");
}

#[test]
fn three_wrong_passwords_end_the_login_with_nr19() {
    let house = House::new();
    house.enrolled("anna");
    let mut agent = Agent::new();
    let mut page = credentials_form(&house, &mut agent);
    for _ in 0..2 {
        page = type_password(&mut agent, &page, "anna", "wrong");
        assert_eq!(page.status, 422);
    }
    page = type_password(&mut agent, &page, "anna", "wrong");
    assert_eq!(page.status, 403);
    assert!(response(&page).contains("ErrorCode nr19"));
}

#[test]
fn an_unknown_name_and_a_wrong_password_look_alike() {
    let house = House::new();
    house.enrolled("anna");
    let wrong = |name: &str| {
        let mut agent = Agent::new();
        let page = credentials_form(&house, &mut agent);
        let mut seen = Vec::new();
        let mut page = type_password(&mut agent, &page, name, "wrong");
        for _ in 0..2 {
            let secrets: Vec<String> = page
                .forms()
                .iter()
                .filter_map(|form| form.field("csrf").map(str::to_owned))
                .chain(page.url.path_segments().unwrap().nth(1).map(str::to_owned))
                .collect();
            let body = secrets.iter().fold(page.body.clone(), |body, one| body.replace(one, "…"));
            seen.push((page.status, body.replace(name, "NAME")));
            if page.form_with(&["password"]).is_some() {
                page = type_password(&mut agent, &page, name, "wrong");
            }
        }
        seen
    };
    assert_eq!(wrong("anna"), wrong("nobody"));
}

#[test]
fn ar_02_a_code_counts_once_in_its_own_time() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let code = house.code(&anna);
    assert!(response(&log_in(&house, &mut Agent::new(), 2, &anna)).contains("SpidL2"));
    let mut agent = Agent::new();
    let page = credentials_form(&house, &mut agent);
    let page = type_password(&mut agent, &page, "anna", &anna.password);
    let page = type_code(&mut agent, &page, &code);
    assert_eq!(page.status, 422, "the step was used");
    house.wait(30);
    let page = type_code(&mut agent, &page, &house.code(&anna));
    assert!(page.form_with_button("decision", "accept").is_some());
}

#[test]
fn a_code_is_good_for_one_step_of_drift_and_no_more() {
    for (seconds, good) in [(30 + 29, true), (60, false)] {
        let house = House::new();
        let anna = house.enrolled("anna");
        let code = house.code(&anna);
        let mut agent = Agent::new();
        let page = credentials_form(&house, &mut agent);
        let page = type_password(&mut agent, &page, "anna", &anna.password);
        house.wait(seconds);
        let page = type_code(&mut agent, &page, &code);
        assert_eq!(page.status == 200, good, "{seconds}");
    }
}

#[test]
fn a_code_is_accepted_once_under_eight_racing_requests() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let code = house.code(&anna);
    let waiting: Vec<(Agent, Page)> = (0..8)
        .map(|_| {
            let mut agent = Agent::new();
            let page = credentials_form(&house, &mut agent);
            let page = type_password(&mut agent, &page, "anna", &anna.password);
            (agent, page)
        })
        .collect();
    let accepted = std::thread::scope(|scope| {
        let racing: Vec<_> = waiting
            .into_iter()
            .map(|(mut agent, page)| {
                let code = &code;
                scope.spawn(move || type_code(&mut agent, &page, code).status == 200)
            })
            .collect();
        racing
            .into_iter()
            .filter(|_| true)
            .map(|one| one.join().unwrap())
            .filter(|won| *won)
            .count()
    });
    assert_eq!(accepted, 1);
}

#[test]
fn ar_03_to_08_the_first_app_is_enrolled_with_the_activation_code() {
    let house = House::new();
    let anna = house.inhabitant("anna");
    let mut agent = Agent::new();
    let page = house.walk(&mut agent, &house.spid(2, |_| {}), &anna);
    let Some(Asked::ActivationCode(form)) = asked(&page) else { panic!("{}", page.body) };
    let page = agent.submit(&page, &form, &[("activation", "0000-0000-0000-0000")]).unwrap();
    assert_eq!(page.status, 422);
    let page = agent.submit(&page, &form_of(&page), &[("activation", &anna.activation)]).unwrap();
    let Some(Asked::Enrolment(form)) = asked(&page) else { panic!("{}", page.body) };
    for shown in ["anna", "Anna", "Angelo &#38; Figli"] {
        assert!(page.body.contains(shown), "AR-05: {shown}");
    }
    let page = agent.submit(&page, &form, &[("code", "000000")]).unwrap();
    assert_eq!(page.status, 422, "AR-06");
    let kept = house.block_on(credentials::list(house.env.records(), &anna.subject, house.now()));
    let active = kept.unwrap().iter().filter(|one| one.value.is_active()).count();
    assert_eq!(active, 1, "AR-06: the password alone counts still");
    let seed = shown_seed(&page);
    let anna = Inhabitant { seed: Some(seed), ..anna };
    let page = type_code(&mut agent, &page, &house.code(&anna));
    assert!(page.url.path().ends_with("/enrolled"), "AR-07: {}", page.url);
    let [form] = <[_; 1]>::try_from(page.forms()).unwrap();
    let page = agent.submit(&page, &form, &[]).unwrap();
    assert!(response(&house.accept(&mut agent, &page)).contains("SpidL2"));
    house.wait(60);
    let page = log_in(&house, &mut Agent::new(), 2, &anna);
    assert!(response(&page).contains("SpidL2"), "AR-08");
}

fn form_of(page: &Page) -> crate::support::agent::Form {
    page.form_with(&["activation"]).unwrap()
}

fn shown_seed(page: &Page) -> String {
    let link = page.body.split("secret=").nth(1).unwrap();
    link.chars().take_while(char::is_ascii_alphanumeric).collect()
}

#[test]
fn an_activation_code_is_used_up() {
    let house = House::new();
    let anna = house.inhabitant("anna");
    let enrol = || {
        let mut agent = Agent::new();
        let page = credentials_form(&house, &mut agent);
        let page = type_password(&mut agent, &page, "anna", &anna.password);
        let form = page.form_with(&["activation"])?;
        let page = agent.submit(&page, &form, &[("activation", &anna.activation)]).unwrap();
        let person = Inhabitant { seed: Some(shown_seed(&page)), ..anna.clone() };
        Some(type_code(&mut agent, &page, &house.code(&person)).status)
    };
    assert_eq!(enrol(), Some(200));
    assert_eq!(enrol(), None, "no activation is asked for once an app is there");
}

#[test]
fn a_password_alone_neither_enrols_nor_reaches_spid_l2() {
    let house = House::new();
    let anna = house.inhabitant("anna");
    house.wait(31 * 24 * 3600);
    let mut agent = Agent::new();
    let page = house.walk(&mut agent, &house.spid(2, |_| {}), &anna);
    assert!(response(&page).contains("ErrorCode nr20"), "the activation code is too old");
}

#[test]
fn trust_on_first_use_enrols_without_a_code_until_the_first_second_factor() {
    let house = House::with(|making| {
        making.settings.first_enrolment = FirstEnrolment::TrustOnFirstUse;
    });
    let anna = house.inhabitant("anna");
    house.wait(31 * 24 * 3600);
    let mut agent = Agent::new();
    let page = house.walk(&mut agent, &house.spid(2, |_| {}), &anna);
    let Some(Asked::Enrolment(_)) = asked(&page) else { panic!("{}", page.body) };
    let anna = Inhabitant { seed: Some(shown_seed(&page)), ..anna };
    let page = type_code(&mut agent, &page, &house.code(&anna));
    assert!(page.url.path().ends_with("/enrolled"));
    let kept = house.block_on(credentials::list(house.env.records(), &anna.subject, house.now()));
    let app = kept.unwrap().into_iter().find(|one| one.value.secret.factor() == Factor::Totp);
    let app = app.unwrap();
    let mut batch = Batch::new();
    let lost = app.value.clone().lose();
    credentials::update(house.env.records(), &mut batch, &app, &lost).unwrap();
    let done = batch.commit(&*house.env.store, Durability::Durable, house.now());
    let _done = house.block_on(done).unwrap();
    let page = house.walk(&mut Agent::new(), &house.spid(2, |_| {}), &anna);
    assert!(response(&page).contains("ErrorCode nr20"), "trust is used up");
}

#[test]
fn an_account_that_nobody_proofed_stays_at_spid_l1() {
    let house = House::new();
    let anna = house.enrolled("anna");
    change_account(&house, &anna, |account| {
        if let Some(proofing) = &mut account.identities[0].proofing {
            proofing.method = ProofingMethod::SelfAsserted;
        }
    });
    let page = house.walk(&mut Agent::new(), &house.spid(2, |_| {}), &anna);
    assert!(response(&page).contains("ErrorCode nr20"), "IC-19");
}

fn change_account(
    house: &House,
    person: &Inhabitant,
    change: impl FnOnce(&mut ponte::identity::account::Account),
) {
    let records = house.env.records();
    let seen = house.block_on(accounts::get(records, &person.subject, house.now()));
    let seen = seen.unwrap().unwrap();
    let mut account = seen.value.clone();
    change(&mut account);
    let mut batch = Batch::new();
    accounts::update(records, &mut batch, &seen, &account).unwrap();
    let done = batch.commit(&*house.env.store, Durability::Durable, house.now());
    let _done = house.block_on(done).unwrap();
}

#[test]
fn a_suspended_person_hears_of_it_only_after_the_password() {
    let house = House::new();
    let anna = house.enrolled("anna");
    change_account(&house, &anna, |account| account.state = AccountState::Suspended);
    let mut agent = Agent::new();
    let page = credentials_form(&house, &mut agent);
    let page = type_password(&mut agent, &page, "anna", "wrong");
    assert_eq!(page.status, 422);
    let page = type_password(&mut agent, &page, "anna", &anna.password);
    assert!(response(&page).contains("ErrorCode nr23"));
}

#[test]
fn ic_17_denied_consent_is_nr22_and_cancelling_nr25() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    let page = house.walk(&mut agent, &house.spid(2, |_| {}), &anna);
    for (attribute, shown) in
        [("SPID", true), ("Anna", true), ("1980-01-01", true), ("anna@example.org", false)]
    {
        assert_eq!(page.body.contains(attribute), shown, "IC-17: {attribute}");
    }
    let form = page.form_with_button("decision", "deny").unwrap();
    let page = agent.submit(&page, &form, &[("decision", "deny")]).unwrap();
    assert!(response(&page).contains("ErrorCode nr22"));
    let mut agent = Agent::new();
    let page = credentials_form(&house, &mut agent);
    assert!(response(&press_cancel(&mut agent, &page)).contains("ErrorCode nr25"));
    house.wait(60);
    let mut agent = Agent::new();
    let page = credentials_form(&house, &mut agent);
    let page = type_password(&mut agent, &page, "anna", &anna.password);
    assert!(response(&press_cancel(&mut agent, &page)).contains("ErrorCode nr25"));
}

#[test]
fn time_is_up_at_fifteen_minutes_and_not_a_second_earlier() {
    for (seconds, late) in [(899, false), (900, true)] {
        let house = House::new();
        let anna = house.enrolled("anna");
        let mut agent = Agent::new();
        let page = house.walk(&mut agent, &house.spid(2, |_| {}), &anna);
        house.wait(seconds);
        let xml = response(&house.accept(&mut agent, &page));
        assert_eq!(xml.contains("ErrorCode nr21"), late, "{seconds}");
        assert_eq!(xml.contains("SpidL2"), !late, "{seconds}");
    }
}

#[test]
fn an_answer_is_repeated_byte_for_byte_for_five_minutes() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    let consent = house.walk(&mut agent, &house.spid(2, |_| {}), &anna);
    let first = house.accept(&mut agent, &consent);
    let again = house.accept(&mut agent, &consent);
    assert_eq!(response(&first), response(&again));
    house.wait(299);
    let reload = agent.get(consent.url.as_str()).unwrap();
    assert_eq!(response(&first), response(&reload));
    house.wait(2);
    assert_eq!(agent.get(consent.url.as_str()).unwrap().status, 410);
}

#[test]
fn of_two_tabs_one_answers_and_the_other_repeats_it() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    let consent = house.walk(&mut agent, &house.spid(2, |_| {}), &anna);
    let answers: Vec<String> = std::thread::scope(|scope| {
        let tabs: Vec<_> = (0..8)
            .map(|_| {
                let (mut agent, consent, house) = (agent.clone(), &consent, &house);
                scope.spawn(move || response(&house.accept(&mut agent, consent)))
            })
            .collect();
        tabs.into_iter().map(|tab| tab.join().unwrap()).collect()
    });
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

#[test]
fn a_login_belongs_to_the_browser_that_began_it() {
    let house = House::new();
    let mut agent = Agent::new();
    let page = credentials_form(&house, &mut agent);
    let mut other = Agent::new();
    assert_eq!(other.get(page.url.as_str()).unwrap().status, 403);
    let form = page.form_with(&["password"]).unwrap();
    let stolen = other.submit(&page, &form, &[("username", "x"), ("password", "y")]).unwrap();
    assert_eq!(stolen.status, 403);
    assert_eq!(agent.get(page.url.as_str()).unwrap().status, 200, "the control");
}

#[test]
fn a_form_needs_the_token_of_its_login() {
    let house = House::new();
    let mut agent = Agent::new();
    let page = credentials_form(&house, &mut agent);
    let form = page.form_with(&["password"]).unwrap();
    let values = [("username", "x"), ("password", "y"), ("csrf", "forged")];
    assert_eq!(agent.submit(&page, &form, &values).unwrap().status, 403);
    let mut other = Agent::new();
    let elsewhere = credentials_form(&house, &mut other);
    let token = elsewhere.form_with(&["password"]).unwrap().field("csrf").unwrap().to_owned();
    let values = [("username", "x"), ("password", "y"), ("csrf", token.as_str())];
    assert_eq!(agent.submit(&page, &form, &values).unwrap().status, 403);
    let values = [("username", "x"), ("password", "y")];
    assert_eq!(agent.submit(&page, &form, &values).unwrap().status, 422, "the control");
}

#[test]
fn a_risen_login_leaves_the_old_secret_behind() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    let page = credentials_form(&house, &mut agent);
    let mut before = agent.clone();
    type_password(&mut agent, &page, "anna", &anna.password);
    assert_eq!(before.get(page.url.as_str()).unwrap().status, 403);
    assert_eq!(agent.get(page.url.as_str()).unwrap().status, 200, "the control");
}

#[test]
fn strangers_wait_and_the_person_s_own_browser_does_not() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let mut own = Agent::new();
    let page = house.walk(&mut own, &house.spid(2, |_| {}), &anna);
    house.accept(&mut own, &page);
    house.wait(60);
    let mut wrong = 0;
    while wrong < 5 {
        let mut stranger = Agent::new();
        let mut page = credentials_form(&house, &mut stranger);
        for _ in 0..2 {
            page = type_password(&mut stranger, &page, "anna", "wrong");
            wrong += 1;
        }
    }
    let mut stranger = Agent::new();
    let page = credentials_form(&house, &mut stranger);
    let page = type_password(&mut stranger, &page, "anna", &anna.password);
    assert_eq!(page.status, 429, "even with the right one");
    assert!(page.header("retry-after").is_some());
    let page = log_in(&house, &mut own, 2, &anna);
    assert!(response(&page).contains("SpidL2"));
    house.wait(3601);
    let page = house.walk(&mut stranger, &house.spid(1, |_| {}), &anna);
    assert!(page.form_with_button("decision", "accept").is_some(), "nobody is locked out for good");
}

#[test]
fn a_request_is_taken_once() {
    let house = House::new();
    let request = house.spid(2, |_| {});
    assert_eq!(send(&mut Agent::new(), &request).unwrap().status, 200);
    let again = send(&mut Agent::new(), &request).unwrap();
    assert!(response(&again).contains("ErrorCode nr11"));
}

/// What was seen before a restore is not remembered: what was issued before it, or as far ahead of it as a service
/// provider's clock may run, is refused as if it had been seen.
#[test]
fn a_request_older_than_a_restore_is_refused() {
    let house = House::new();
    let (ahead, restored) = (house.env.settings.requests.window_ahead, house.now());
    house.wait(ahead.num_seconds());
    let answer = |seconds: i64| {
        let issued = restored + TimeDelta::seconds(seconds);
        let issued = issued.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        let request = house.spid(2, |request| request.issue_instant = Some(issued));
        send(&mut Agent::new(), &request).unwrap()
    };
    assert!(answer(-60).form_with(&["password"]).is_some(), "nothing was restored yet");
    house.env.life.know_restore(Some(restored));
    for seconds in [-60, 0, 119] {
        let page = answer(seconds);
        assert!(response(&page).contains("ErrorCode nr11"), "{seconds}: {}", page.body);
    }
    assert!(answer(120).form_with(&["password"]).is_some(), "nobody's clock is so far ahead");
}

#[test]
fn what_nobody_could_reach_is_said_at_once() {
    let house = House::new();
    let page = send(&mut Agent::new(), &house.spid(3, |_| {})).unwrap();
    assert!(response(&page).contains("ErrorCode nr20"), "IC-14");
}

#[test]
fn a_fault_of_the_request_goes_to_the_registered_consumer_only() {
    let house = House::new();
    let page =
        send(&mut Agent::new(), &house.spid(2, |request| request.version = Some("1.1".into())));
    assert!(response(&page.unwrap()).contains("ErrorCode nr09"));
    let unknown = house.spid(2, |request| {
        request.consumer_index = None;
        request.consumer_url = Some("https://evil.example/acs".into());
        request.protocol_binding = Some(names::HTTP_POST.into());
    });
    let page = send(&mut Agent::new(), &unknown).unwrap();
    assert!(response(&page).contains("ErrorCode nr16"));
    let form = page.form_with(&["SAMLResponse"]).unwrap();
    assert_eq!(form.action, "https://sp.example.org/spid/acs", "the default consumer");
}
