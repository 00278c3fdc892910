//! The way back in, over real HTTP, on a clock that the test moves, with an outbox that the test holds.

use ponte::admin::desk::Desk;
use ponte::admin::recovery::code;
use ponte::admin::service_providers::Sources;
use ponte::assurance::level::Level;
use ponte::enrolment::credential::{Credential, CredentialState, Secret};
use ponte::enrolment::recovery::Lost;
use ponte::factors::totp;
use ponte::identity::account::{Proofing, ProofingMethod};
use ponte::identity::attributes::AttributeName;
use ponte::store::port::{Committed, Durability, Space};
use ponte::store::record::Batch;
use ponte::store::{accounts, credentials, sessions};
use ponte::world::outbox::Mail;

use crate::notices::{Held, house, round, told};
use crate::support::agent::{Agent, Page};
use crate::support::citizen::send;
use crate::support::house::{House, Inhabitant};

pub(crate) const NEW: &str = "a quite different horse";

fn ask(house: &House, agent: &mut Agent, lost: &str, username: &str) -> Page {
    let page = agent.get(&house.url("/recover")).unwrap();
    let form = page.form_with(&["username"]).unwrap();
    agent.submit(&page, &form, &[("lost", lost), ("username", username)]).unwrap()
}

/// The link of the last mail with one that left: other mails that were due leave in the same round, in no order.
fn link(house: &House, out: &Held) -> String {
    round(house);
    let has_link = |mail: &Mail| mail.text.contains("/recover/link/");
    let mail = out.mails().into_iter().rev().find(has_link).expect("a mail with a link");
    let at = mail.text.find("http://idp.localhost").unwrap();
    let begin = mail.text[at..].find("/recover/link/").unwrap() + at;
    let token: String = mail.text[begin..].chars().take_while(|c| !c.is_whitespace()).collect();
    house.url(&token)
}

pub(crate) fn asked_for(house: &House, out: &Held, lost: &str, person: &Inhabitant) -> String {
    let page = ask(house, &mut Agent::new(), lost, &person.username);
    assert_eq!(page.status, 200, "{}", page.body);
    link(house, out)
}

pub(crate) fn follow(agent: &mut Agent, link: &str) -> Page {
    let page = agent.get(link).unwrap();
    match page.form_with(&["token"]) {
        Some(form) => agent.submit(&page, &form, &[]).unwrap(),
        None => page,
    }
}

fn give(agent: &mut Agent, page: &Page, field: &str, value: &str) -> Page {
    let form = page.form_with(&[field]).unwrap_or_else(|| panic!("{field} in {}", page.body));
    agent.submit(page, &form, &[(field, value)]).unwrap()
}

fn seed_of(page: &Page) -> String {
    let seed = page.body.split("secret=").nth(1).expect("a key");
    seed.chars().take_while(char::is_ascii_alphanumeric).collect()
}

fn stored(house: &House, person: &Inhabitant) -> Vec<Credential> {
    let found = credentials::list(house.env.records(), &person.subject, house.now());
    house.block_on(found).unwrap().into_iter().map(|one| one.value).collect()
}

fn open_sessions(house: &House, person: &Inhabitant) -> usize {
    let found = sessions::of_subject(house.env.records(), &person.subject, house.now());
    house.block_on(found).unwrap().len()
}

fn change(house: &House, person: &Inhabitant, change: impl Fn(&mut Credential)) {
    let records = house.env.records();
    let mut batch = Batch::new();
    for seen in house.block_on(credentials::list(records, &person.subject, house.now())).unwrap() {
        let mut credential = seen.value.clone();
        change(&mut credential);
        credentials::update(records, &mut batch, &seen, &credential).unwrap();
    }
    let done = batch.commit(&*house.env.store, Durability::Durable, house.now());
    assert_eq!(house.block_on(done).unwrap(), Committed::Done);
}

pub(crate) fn logs_in(house: &House, level: u8, person: &Inhabitant) -> bool {
    let page = house.walk(&mut Agent::new(), &house.spid(level, |_| {}), person);
    page.form_with_button("decision", "accept").is_some()
}

/// AR-15, AR-16: link and password make a new app with a new secret; the old one is refused at once, sessions and logins
/// under way are over, and the person is told.
#[test]
fn a_lost_app_is_replaced_by_link_and_password() {
    let (house, out) = house();
    let anna = house.enrolled("anna");
    let mut at_home = Agent::new();
    let page = house.walk(&mut at_home, &house.spid(1, |_| {}), &anna);
    house.accept(&mut at_home, &page);
    assert_eq!(open_sessions(&house, &anna), 1);
    let mut under_way = Agent::new();
    let consent = house.walk(&mut under_way, &house.spid(2, |_| {}), &anna);
    round(&house);

    let link = asked_for(&house, &out, "authenticator", &anna);
    let mut agent = Agent::new();
    let page = follow(&mut agent, &link);
    assert!(page.form_with(&["password"]).is_some(), "{}", page.body);
    assert!(!page.body.contains("otpauth"), "the link alone shows no key");
    house.wait(60);
    let page = give(&mut agent, &page, "password", &anna.password);
    let seed = seed_of(&page);
    assert_ne!(Some(&seed), anna.seed.as_ref(), "a new secret (AR-15)");
    assert!(logs_in(&house, 2, &anna), "nothing has changed before the end");
    let code = totp::code(&seed, 30, house.now()).unwrap();
    let page = give(&mut agent, &page, "code", &code);
    assert!(page.body.contains("role=\"status\""), "{}", page.body);

    assert_eq!(open_sessions(&house, &anna), 0);
    assert!(told(&house).contains(&"app-recovered".to_owned()));
    let page = house.accept(&mut under_way, &consent);
    assert!(
        page.form_with(&["SAMLResponse"])
            .is_some_and(|form| { !form.field("SAMLResponse").unwrap_or_default().is_empty() })
    );
    let answer = page.body.clone();
    assert!(
        answer.contains("nr21") || answer.contains("nr23"),
        "the login under way ended: {answer}"
    );
    let apps: Vec<Credential> = stored(&house, &anna)
        .into_iter()
        .filter(|one| matches!(one.secret, Secret::Totp { .. }))
        .collect();
    let active: Vec<&Credential> = apps.iter().filter(|one| one.is_active()).collect();
    let [app] = active[..] else { panic!("one app: {apps:?}") };
    assert_eq!(app.binding, Level::Loa3, "mail is worth no more");
    assert_eq!(apps.iter().filter(|one| one.state == CredentialState::Revoked).count(), 1);
    house.wait(60);
    assert!(!logs_in(&house, 2, &anna), "the old app is refused");
    let anew = Inhabitant { seed: Some(seed), ..anna.clone() };
    assert!(logs_in(&house, 2, &anew), "the new one counts");
    // The recovery's own page says so again, and does nothing again.
    let again = give_again(&house, &mut agent, &link);
    assert_eq!(again.status, 410);
}

fn give_again(house: &House, agent: &mut Agent, link: &str) -> Page {
    let page = agent.get(link).unwrap();
    assert!(page.form_with(&["token"]).is_none(), "{}", page.body);
    let _ = house;
    page
}

/// A second factor that was shown cannot be skipped: the link opens nothing without it.
#[test]
fn a_forgotten_password_needs_the_second_factor_that_one_has() {
    let (house, out) = house();
    let anna = house.enrolled("anna");
    let link = asked_for(&house, &out, "password", &anna);
    let mut agent = Agent::new();
    let page = follow(&mut agent, &link);
    assert!(page.form_with(&["code"]).is_some(), "{}", page.body);
    let base = page.url.path().to_owned();
    let csrf = page.form_with(&["code"]).unwrap().field("csrf").unwrap().to_owned();
    for step in ["new-password", "app", "password"] {
        let fields = [
            ("csrf", csrf.as_str()),
            ("new", NEW),
            ("again", NEW),
            ("code", "1"),
            ("password", "x"),
        ];
        let fields: Vec<(String, String)> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        agent.come_from(house.url("").trim_end_matches('/'));
        let page = agent.post(&house.url(&format!("{base}/{step}")), &fields).unwrap();
        assert!(page.form_with(&["code"]).is_some(), "{step}: {}", page.body);
    }
    let wrong = give(&mut agent, &page, "code", "000000");
    assert_eq!(wrong.status, 422);
    let page = give(&mut agent, &wrong, "code", &house.code(&anna));
    let form = page.form_with(&["new", "again"]).unwrap();
    let page = agent.submit(&page, &form, &[("new", NEW), ("again", "something else")]).unwrap();
    assert_eq!(page.status, 422, "{}", page.body);
    house.wait(1);
    let page = agent.submit(&page, &form, &[("new", NEW), ("again", NEW)]).unwrap();
    assert!(page.body.contains("role=\"status\""), "{}", page.body);
    assert!(told(&house).contains(&"password-recovered".to_owned()));
    house.wait(60);
    assert!(!logs_in(&house, 1, &anna));
    let anew = Inhabitant { password: NEW.into(), ..anna.clone() };
    assert!(logs_in(&house, 2, &anew), "with the app that one has it is as good as before");
}

/// Nor can one that is no good here: a phone with the app, a card, a number to which no texts go. The desk helps.
#[test]
fn a_second_factor_that_cannot_be_shown_here_is_not_skipped() {
    let (house, out) = house();
    let anna = house.enrolled("anna");
    change(&house, &anna, |one| {
        if matches!(one.secret, Secret::Totp { .. }) {
            let (name, id, key) = ("phone".into(), "aWQ".into(), "{}".into());
            let device = "none".into();
            one.secret = Secret::App { name, id, key, device, push: None, pin: None };
        }
    });
    let link = asked_for(&house, &out, "password", &anna);
    let mut agent = Agent::new();
    let page = follow(&mut agent, &link);
    assert_eq!(page.status, 403, "{}", page.body);
    assert!(page.form_with(&["new", "again"]).is_none() && page.body.contains("/recover/desk"));
    let before = stored(&house, &anna);
    agent.come_from(house.url("").trim_end_matches('/'));
    for step in ["new-password", "app", "password", "code"] {
        let fields = [("new", NEW), ("again", NEW), ("code", "1"), ("password", "x")];
        let fields: Vec<(String, String)> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let page = agent.post(&format!("{}/{step}", page.url), &fields).unwrap();
        assert!(page.form_with(&["new", "again"]).is_none(), "{step}: {}", page.body);
    }
    assert_eq!(stored(&house, &anna), before);
}

/// Whoever has no second factor gets a password for the link, and it is worth one factor.
#[test]
fn a_link_alone_makes_a_single_factor() {
    let (house, out) = house();
    let bruno = house.inhabitant("bruno");
    let link = asked_for(&house, &out, "password", &bruno);
    let mut agent = Agent::new();
    let page = follow(&mut agent, &link);
    let form = page.form_with(&["new", "again"]).unwrap();
    house.wait(1);
    agent.submit(&page, &form, &[("new", NEW), ("again", NEW)]).unwrap();
    let password = stored(&house, &bruno).into_iter().find(|one| one.id == "password").unwrap();
    assert_eq!(password.binding, Level::Loa3);
    let anew = Inhabitant { password: NEW.into(), ..bruno.clone() };
    assert!(logs_in(&house, 1, &anew));
    // A second factor takes the activation code given with the account: the link alone leads to none.
    let mut agent = Agent::new();
    let page = house.walk(&mut agent, &house.spid(2, |_| {}), &anew);
    let page = give(&mut agent, &page, "activation", &bruno.activation);
    let code = totp::code(&seed_of(&page), 30, house.now()).unwrap();
    let page = give(&mut agent, &page, "code", &code);
    let [form] = &page.forms()[..] else { panic!("{}", page.body) };
    let page = agent.submit(&page, form, &[]).unwrap();
    assert!(page.form_with_button("decision", "accept").is_some(), "{}", page.body);
}

/// AR-12: 3 599 s works, 3 601 s does not; a second click has a page of its own.
#[test]
fn a_link_is_good_for_an_hour_and_once() {
    let (house, out) = house();
    let anna = house.enrolled("anna");
    let first = asked_for(&house, &out, "authenticator", &anna);
    house.wait(3599);
    let page = follow(&mut Agent::new(), &first);
    assert!(page.form_with(&["password"]).is_some(), "{}", page.body);
    let used = follow(&mut Agent::new(), &first);
    assert_eq!(used.status, 410);
    assert!(used.body.contains("già stato usato"), "{}", used.body);

    let second = asked_for(&house, &out, "authenticator", &anna);
    house.wait(3601);
    let late = follow(&mut Agent::new(), &second);
    assert_eq!(late.status, 410);
    assert!(late.body.contains("scaduto"), "{}", late.body);
    let none = Agent::new().get(&house.url("/recover/link/nothing")).unwrap();
    assert_eq!(none.status, 404);
}

/// AR-12: of eight clicks at once one begins a recovery.
#[test]
fn eight_racing_clicks_begin_one_recovery() {
    let (house, out) = house();
    let anna = house.enrolled("anna");
    let link = asked_for(&house, &out, "authenticator", &anna);
    let begun = std::thread::scope(|scope| {
        let clicks: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let mut agent = Agent::new();
                    let page = agent.get(&link).unwrap();
                    let Some(form) = page.form_with(&["token"]) else { return 0 };
                    let page = agent.submit(&page, &form, &[]).unwrap();
                    assert!([200, 410].contains(&page.status), "{}", page.body);
                    usize::from(page.form_with(&["password"]).is_some())
                })
            })
            .collect();
        clicks.into_iter().map(|click| click.join().unwrap()).sum::<usize>()
    });
    assert_eq!(begun, 1);
}

/// A link is for what it was asked for, in the browser that followed it, and three wrong passwords end it.
#[test]
fn a_recovery_is_one_browser_s_and_ends_after_three_wrong_ones() {
    let (house, out) = house();
    let anna = house.enrolled("anna");
    let link = asked_for(&house, &out, "authenticator", &anna);
    let mut agent = Agent::new();
    let mut page = follow(&mut agent, &link);
    let other = Agent::new().get(page.url.as_str()).unwrap();
    assert!(other.form_with(&["password"]).is_none(), "{}", other.body);
    for left in [2, 1, 0] {
        page = give(&mut agent, &page, "password", "not the one");
        assert_eq!(page.form_with(&["password"]).is_some(), left > 0, "{}", page.body);
    }
    assert_eq!(page.status, 403);
    assert!(logs_in(&house, 2, &anna), "nothing has changed");
}

/// A recovery that ended makes every link from before void.
#[test]
fn a_recovery_makes_other_links_void() {
    let (house, out) = house();
    let anna = house.enrolled("anna");
    let older = asked_for(&house, &out, "password", &anna);
    let begun = asked_for(&house, &out, "password", &anna);
    let mut under_way = Agent::new();
    let standing = follow(&mut under_way, &begun);
    house.wait(30);
    let link = asked_for(&house, &out, "authenticator", &anna);
    let mut agent = Agent::new();
    let page = follow(&mut agent, &link);
    let page = give(&mut agent, &page, "password", &anna.password);
    let code = totp::code(&seed_of(&page), 30, house.now()).unwrap();
    give(&mut agent, &page, "code", &code);
    assert_eq!(Agent::new().get(&older).unwrap().status, 410);
    let page = under_way.get(standing.url.as_str()).unwrap();
    assert_eq!(page.status, 403, "{}", page.body);
}

/// AR-10: known and unknown people get the same page; `told_apart` measures that they wait as long for it.
#[test]
fn nobody_learns_who_is_known() {
    let (house, out) = house();
    house.enrolled("anna");
    let mut agent = Agent::new();
    let text = |page: &Page| page.body.clone();
    let known = ask(&house, &mut agent, "authenticator", "anna");
    let unknown = ask(&house, &mut agent, "authenticator", "nobody");
    assert_eq!(text(&known), text(&unknown));
    assert_eq!(known.status, unknown.status);
    round(&house);
    assert_eq!(out.mails().len(), 1);
}

/// Three mails an hour and six a day, for known and unknown alike: nobody fills another's mailbox.
#[test]
fn a_stranger_fills_no_mailbox() {
    let (house, out) = house();
    house.enrolled("anna");
    for _ in 0..8 {
        ask(&house, &mut Agent::new(), "password", "anna");
    }
    house.wait(3601);
    for _ in 0..8 {
        ask(&house, &mut Agent::new(), "password", "anna");
    }
    house.wait(7200);
    ask(&house, &mut Agent::new(), "password", "anna");
    round(&house);
    // Those of the first hour were not worth sending any more.
    assert!(out.mails().len() <= 6, "{}", out.mails().len());
    assert_eq!(ask(&house, &mut Agent::new(), "password", "anna").status, 200);
}

/// AR-11: a changed address gets no links until it has been there for a while, and links say it masked.
#[test]
fn a_changed_address_cools_off() {
    let (house, out) = house();
    let anna = house.enrolled("anna");
    let records = house.env.records();
    let seen = house.block_on(accounts::get(records, &anna.subject, house.now())).unwrap().unwrap();
    let mut account = seen.value.clone();
    account.identities[0].attributes.set(AttributeName::Email, "eve@example.net");
    account.address_changed = Some(house.now());
    let mut batch = Batch::new();
    accounts::update(records, &mut batch, &seen, &account).unwrap();
    let done = batch.commit(&*house.env.store, Durability::Durable, house.now());
    assert_eq!(house.block_on(done).unwrap(), Committed::Done);
    house.wait(72 * 3600 - 1);
    assert_eq!(ask(&house, &mut Agent::new(), "authenticator", "anna").status, 200);
    round(&house);
    assert!(out.mails().is_empty());
    house.wait(1);
    let link = asked_for(&house, &out, "authenticator", &anna);
    assert_eq!(out.mails()[0].to, "eve@example.net");
    let page = Agent::new().get(&link).unwrap();
    assert!(page.body.contains("e•••@example.net"), "{}", page.body);
    assert!(!page.body.contains("eve@example.net"));
}

/// AR-14: at rest there is a digest of the link's secret, 256 bits of it, and no guess finds another.
#[test]
fn a_link_cannot_be_guessed_nor_read_from_the_store() {
    let (house, out) = house();
    let anna = house.enrolled("anna");
    let link = asked_for(&house, &out, "authenticator", &anna);
    let token = link.rsplit('/').next().unwrap();
    assert_eq!(token.len(), 43, "32 random bytes");
    let all = house.block_on(house.env.store.list(
        &house.env.tenant,
        Space::Codes,
        "",
        None,
        1000,
        house.now(),
    ));
    for (name, value) in all.unwrap() {
        assert!(!name.contains(token));
        assert!(!value.windows(token.len()).any(|window| window == token.as_bytes()));
    }
    for n in 0..200 {
        let page = Agent::new().get(&house.url(&format!("/recover/link/{n:010}"))).unwrap();
        assert_eq!(page.status, 404);
    }
}

/// The desk's code replaces both link and second factor: the desk has seen the person (AR-10).
#[test]
fn the_desk_lets_back_in_whoever_it_has_identified() {
    let (house, _) = house();
    let anna = house.enrolled("anna");
    let sources = Sources {
        folder: std::path::PathBuf::new(),
        entries: std::collections::HashMap::new(),
        ourselves: String::new(),
        copies: std::sync::Arc::default(),
    };
    let desk = Desk {
        records: house.env.records(),
        hashing: &house.env.settings.hashing,
        spid_prefix: "PONT",
        activation: chrono::TimeDelta::days(30),
        sources: &sources,
        partners: None,
        register: None,
        registration: None,
        body: None,
    };
    let proofing = Proofing {
        method: ProofingMethod::Desk,
        date: house.now().date_naive(),
        operator: "desk 1".into(),
        evidence: "file 7".into(),
    };
    let given =
        house.block_on(code(&desk, "anna", Lost::Password, &proofing, house.now())).unwrap();
    let bad = Proofing { evidence: " ".into(), ..proofing.clone() };
    assert!(house.block_on(code(&desk, "anna", Lost::Password, &bad, house.now())).is_err());
    let account = house.block_on(accounts::get(desk.records, &anna.subject, house.now()));
    let history = account.unwrap().unwrap().value.history;
    assert!(history.last().unwrap().reason.contains("evidence file 7"), "{history:?}");

    let mut agent = Agent::new();
    let page = agent.get(&house.url("/recover/desk")).unwrap();
    let wrong = give(&mut agent, &page, "code", "0000-0000-0000-0000");
    assert_eq!(wrong.status, 422);
    let page = give(&mut agent, &wrong, "code", &given.code.to_lowercase());
    let form = page.form_with(&["new", "again"]).unwrap();
    house.wait(1);
    let page = agent.submit(&page, &form, &[("new", NEW), ("again", NEW)]).unwrap();
    assert_eq!(page.status, 200, "{}", page.body);
    let mut agent = Agent::new();
    let page = agent.get(&house.url("/recover/desk")).unwrap();
    assert_eq!(give(&mut agent, &page, "code", &given.code).status, 410);
    house.wait(60);
    let anew = Inhabitant { password: NEW.into(), ..anna.clone() };
    assert!(logs_in(&house, 2, &anew));
}

/// threats.md: after a hundred wrong codes in a row the right one is refused, until recovery; and a stranger, who does not know
/// the password, cannot bring that about.
#[test]
fn after_a_hundred_wrong_codes_only_recovery_helps() {
    let (house, out) = house();
    let anna = house.enrolled("anna");
    for _ in 0..100 {
        let mut agent = Agent::new();
        let page = send(&mut agent, &house.spid(2, |_| {})).unwrap();
        let form = page.form_with(&["username", "password"]).unwrap();
        let values = [("username", "anna"), ("password", anna.password.as_str())];
        let page = agent.submit(&page, &form, &values).unwrap();
        let page = give(&mut agent, &page, "code", "000000");
        assert_eq!(page.status, 422, "{}", page.body);
        house.wait(3601);
    }
    assert!(!logs_in(&house, 2, &anna), "the right one is refused");
    assert!(told(&house).contains(&"codes-blocked".to_owned()));
    assert!(logs_in(&house, 1, &anna), "the password is not");
    house.wait(400 * 86_400);
    assert!(!logs_in(&house, 2, &anna), "however long it takes");
    let link = asked_for(&house, &out, "authenticator", &anna);
    let mut agent = Agent::new();
    let page = follow(&mut agent, &link);
    let page = give(&mut agent, &page, "password", &anna.password);
    let seed = seed_of(&page);
    give(&mut agent, &page, "code", &totp::code(&seed, 30, house.now()).unwrap());
    house.wait(60);
    assert!(logs_in(&house, 2, &Inhabitant { seed: Some(seed), ..anna }));
}

/// A stranger who floods the password neither locks the person out nor holds their recovery up.
#[test]
fn a_stranger_does_not_stop_a_recovery() {
    let (house, out) = house();
    let anna = house.enrolled("anna");
    for _ in 0..6 {
        let mut agent = Agent::new();
        let page = send(&mut agent, &house.spid(1, |_| {})).unwrap();
        let form = page.form_with(&["username", "password"]).unwrap();
        agent.submit(&page, &form, &[("username", "anna"), ("password", "guess")]).unwrap();
    }
    let link = asked_for(&house, &out, "authenticator", &anna);
    let mut agent = Agent::new();
    let page = follow(&mut agent, &link);
    let page = give(&mut agent, &page, "password", &anna.password);
    assert!(page.body.contains("otpauth"), "{}", page.body);
}

/// TS-07, IC-15: user name, fiscal code or e-mail address, however written; each is one account's alone.
#[test]
fn one_logs_in_by_user_name_fiscal_code_or_address() {
    let (house, _) = house();
    let anna = house.enrolled("anna");
    let records = house.env.records();
    let seen = house.block_on(accounts::get(records, &anna.subject, house.now())).unwrap().unwrap();
    let mut batch = Batch::new();
    accounts::claim(records, &mut batch, &seen.value).unwrap();
    let done = batch.commit(&*house.env.store, Durability::Durable, house.now());
    assert_eq!(house.block_on(done).unwrap(), Committed::Done);
    for name in [
        "anna",
        "ANNA",
        "RSSMRA80A01H501U",
        "tinit-rssmra80a01h501u",
        "anna@example.org",
        "Anna@Example.org",
    ] {
        assert!(
            logs_in(&house, 1, &Inhabitant { username: name.into(), ..anna.clone() }),
            "{name}"
        );
    }
    // A second account of the same person's: the code is nobody's alone any more.
    house.enrolled("anna2");
    assert!(!logs_in(
        &house,
        1,
        &Inhabitant { username: "RSSMRA80A01H501U".into(), ..anna.clone() }
    ));
    assert!(logs_in(&house, 1, &anna));
}

/// What was bound low is restored low.
#[test]
fn what_was_bound_low_is_restored_low() {
    let (house, out) = house();
    let anna = house.enrolled("anna");
    change(&house, &anna, |one| {
        if matches!(one.secret, Secret::Totp { .. }) {
            one.binding = Level::Loa2;
        }
    });
    let link = asked_for(&house, &out, "authenticator", &anna);
    let mut agent = Agent::new();
    let page = follow(&mut agent, &link);
    let page = give(&mut agent, &page, "password", &anna.password);
    give(&mut agent, &page, "code", &totp::code(&seed_of(&page), 30, house.now()).unwrap());
    let apps = stored(&house, &anna);
    let app = apps.iter().find(|one| one.is_active() && one.id != "password").unwrap();
    assert_eq!(app.binding, Level::Loa2);
}

/// TS-09: a password that somebody else gave is born expired: the first login begins with another one, and nothing leaves
/// before it.
#[test]
fn a_password_born_expired_is_changed_at_the_first_login() {
    let (house, _) = house();
    let anna = house.enrolled("anna");
    change(&house, &anna, |one| {
        if let Secret::Password { expired, .. } = &mut one.secret {
            *expired = true;
        }
    });
    let mut agent = Agent::new();
    let page = send(&mut agent, &house.spid(2, |_| {})).unwrap();
    let form = page.form_with(&["username", "password"]).unwrap();
    let values = [("username", "anna"), ("password", anna.password.as_str())];
    let page = agent.submit(&page, &form, &values).unwrap();
    let form = page.form_with(&["new", "again"]).unwrap_or_else(|| panic!("{}", page.body));
    assert!(page.form_with(&["SAMLResponse"]).is_none());
    // No other step leads past it.
    let login = page.url.to_string();
    agent.come_from(house.url("").trim_end_matches('/'));
    for (step, field, value) in
        [("totp", "code", house.code(&anna)), ("consent", "decision", "accept".into())]
    {
        let csrf = ("csrf".to_owned(), form.field("csrf").unwrap().to_owned());
        let fields = [csrf, (field.to_owned(), value)];
        let page = agent.post(&format!("{login}/{step}"), &fields).unwrap();
        assert!(page.form_with(&["SAMLResponse"]).is_none(), "{step}: {}", page.body);
    }
    let page = agent.get(&login).unwrap();
    let form = page.form_with(&["new", "again"]).unwrap();
    let same = anna.password.as_str();
    let page = agent.submit(&page, &form, &[("new", same), ("again", same)]).unwrap();
    assert_eq!(page.status, 422, "the one that was given will not do");
    house.wait(2);
    let page = agent.submit(&page, &form, &[("new", NEW), ("again", NEW)]).unwrap();
    assert!(page.form_with(&["code"]).is_some(), "{}", page.body);
    house.wait(30);
    let page = give(&mut agent, &page, "code", &house.code(&anna));
    assert!(page.form_with_button("decision", "accept").is_some(), "{}", page.body);
    house.wait(60);
    let anew = Inhabitant { password: NEW.into(), ..anna.clone() };
    assert!(logs_in(&house, 2, &anew), "and only once");
    assert!(!logs_in(&house, 1, &anna));
}
