//! The person's own pages over real HTTP, on a clock that the test moves (IC-23).

use ponte::assurance::level::Level;
use ponte::identity::account::AccountState;
use ponte::login::session::Session;
use ponte::store::port::Durability;
use ponte::store::record::Batch;
use ponte::store::{accounts, sessions};

use crate::support::agent::{Agent, Form, Page};
use crate::support::citizen::send;
use crate::support::house::{House, Inhabitant};

const NEW: &str = "battery staple, quite new";

fn is_welcome(page: &Page) -> bool {
    form(page, "/account/enter").is_some()
}

fn form(page: &Page, action: &str) -> Option<Form> {
    page.forms().into_iter().find(|form| form.action == action)
}

fn form_of(page: &Page, action: &str) -> Option<Form> {
    form(page, action)
}

fn press(agent: &mut Agent, page: &Page, action: &str) -> Page {
    let form = form(page, action).unwrap_or_else(|| panic!("{action} in {}", page.body));
    agent.submit(page, &form, &[]).unwrap()
}

/// From the way in to the person's sessions, or as far as it goes.
fn enter(house: &House, agent: &mut Agent, person: &Inhabitant) -> Page {
    let page = agent.get(&house.url("/account")).unwrap();
    let mut page = press(agent, &page, "/account/enter");
    if let Some(form) = page.form_with(&["username", "password"]) {
        let values =
            [("username", person.username.as_str()), ("password", person.password.as_str())];
        page = agent.submit(&page, &form, &values).unwrap();
    }
    if let Some(form) = page.form_with(&["code"]) {
        page = agent.submit(&page, &form, &[("code", &house.code(person))]).unwrap();
    }
    page
}

fn is_in(house: &House, agent: &mut Agent) -> bool {
    let page = agent.get(&house.url("/account/sessions")).unwrap();
    assert_eq!(page.status, 200);
    form(&page, "/account/sign-out").is_some()
}

fn sessions_of(house: &House, person: &Inhabitant) -> Vec<Session> {
    let found = sessions::of_subject(house.env.records(), &person.subject, house.now());
    house.block_on(found).unwrap().into_iter().map(|one| one.value).collect()
}

fn change(agent: &mut Agent, house: &House, present: &str, new: &str, again: &str) -> Page {
    let page = agent.get(&house.url("/account/password")).unwrap();
    let form = page.form_with(&["present", "new", "again"]).unwrap();
    let values = [("present", present), ("new", new), ("again", again)];
    agent.submit(&page, &form, &values).unwrap()
}

/// The same hub: user name and password, then the session and no message to anybody.
#[test]
fn a_person_enters_their_own_pages_by_the_same_login() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    let page = agent.get(&house.url("/account")).unwrap();
    assert!(is_welcome(&page));
    let page = press(&mut agent, &page, "/account/enter");
    assert!(page.url.path().starts_with("/login/"));
    assert!(page.body.contains("area personale"), "whose login it is");
    assert!(!page.body.contains("<dt>Servizio</dt>"));
    let page = enter(&house, &mut agent, &anna);
    assert_eq!(page.url.path(), "/account/sessions");
    assert!(page.body.contains("Questa sessione"));
    assert!(page.body.contains("127.0.0.0/24"), "coarse, not the address");
    assert!(page.body.contains("Nessun’altra sessione"), "the empty state");
    assert!(page.form_with(&["SAMLResponse"]).is_none());
    let [session] = &sessions_of(&house, &anna)[..] else { panic!("one session") };
    assert!(session.participants().is_empty());
    let mut stranger = Agent::new();
    for path in ["/account", "/account/sessions", "/account/password"] {
        assert!(is_welcome(&stranger.get(&house.url(path)).unwrap()), "{path}");
    }
}

/// A login of a service always names it, and is no way to the person's own pages.
#[test]
fn a_service_s_login_cannot_be_taken_for_ours() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    let page = send(&mut agent, &house.spid(1, |_| {})).unwrap();
    assert!(page.body.contains("<dt>Servizio</dt>"));
    assert!(!page.body.contains("area personale"));
    let page = house.walk(&mut agent, &house.spid(1, |_| {}), &anna);
    house.accept(&mut agent, &page);
    assert!(!is_in(&house, &mut agent), "its session is no entrance by itself");
    let page = enter(&house, &mut agent, &anna);
    assert_eq!(page.url.path(), "/account/sessions");
    assert!(page.body.contains("Servizio uno"), "where the session was used");
    assert_eq!(sessions_of(&house, &anna).len(), 1, "the same browser, the same session");
}

#[test]
fn the_level_of_the_pages_is_a_setting() {
    let house = House::with(|making| making.settings.sessions.account_level = Level::Loa3);
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    let page = house.walk(&mut agent, &house.spid(1, |_| {}), &anna);
    house.accept(&mut agent, &page);
    let page = agent.get(&house.url("/account")).unwrap();
    let page = press(&mut agent, &page, "/account/enter");
    let form = page.form_with(&["code"]).unwrap();
    let page = agent.submit(&page, &form, &[("code", &house.code(&anna))]).unwrap();
    assert_eq!(page.url.path(), "/account/sessions");
    let bruno = house.inhabitant("bruno");
    let page = enter(&house, &mut Agent::new(), &bruno);
    assert!(page.form_with(&["activation"]).is_some(), "enrols on the way, as everywhere");
}

#[test]
fn whoever_gives_up_or_is_refused_is_at_the_way_in_again() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    let page = agent.get(&house.url("/account")).unwrap();
    let page = press(&mut agent, &page, "/account/enter");
    let cancel = page.forms().into_iter().find(|form| form.action.ends_with("/cancel")).unwrap();
    let page = agent.submit(&page, &cancel, &[]).unwrap();
    assert!(is_welcome(&page) && page.status == 200, "{}", page.body);
    let mut page = press(&mut agent, &page, "/account/enter");
    for _ in 0..3 {
        let form = page.form_with(&["password"]).unwrap();
        page = agent.submit(&page, &form, &[("username", "anna"), ("password", "wrong")]).unwrap();
    }
    assert!(is_welcome(&page) && page.status == 403);
    assert!(page.body.contains("troppi tentativi"));
    let records = house.env.records();
    let seen = house.block_on(accounts::get(records, &anna.subject, house.now()));
    let seen = seen.unwrap().unwrap();
    let mut account = seen.value.clone();
    assert_eq!(enter(&house, &mut agent, &anna).url.path(), "/account/sessions", "the control");
    account.state = AccountState::Suspended;
    let mut batch = Batch::new();
    accounts::update(records, &mut batch, &seen, &account).unwrap();
    let done = batch.commit(&*house.env.store, Durability::Durable, house.now());
    let _done = house.block_on(done).unwrap();
    assert!(!is_in(&house, &mut agent), "a suspended person is out at once");
    let page = enter(&house, &mut Agent::new(), &anna);
    assert!(page.body.contains("sospesa"), "{}", page.body);
}

#[test]
fn a_person_ends_one_session_or_all_others() {
    let house = House::new();
    let (anna, bruno) = (house.enrolled("anna"), house.enrolled("bruno"));
    let mut browsers: Vec<Agent> = (0..4).map(|_| Agent::new()).collect();
    for agent in &mut browsers {
        house.wait(60);
        enter(&house, agent, &anna);
    }
    let mut brunos = Agent::new();
    enter(&house, &mut brunos, &bruno);
    let [mut own, mut first, mut second, mut third] = <[Agent; 4]>::try_from(browsers).unwrap();
    let page = own.get(&house.url("/account/sessions")).unwrap();
    let ends: Vec<Form> =
        page.forms().into_iter().filter(|form| form.action == "/account/sessions/end").collect();
    assert_eq!(ends.len(), 3, "all but this one, and nobody else's");
    let page = own.submit(&page, &ends[0], &[]).unwrap();
    assert!(page.body.contains("La sessione è stata chiusa"));
    assert!(!is_in(&house, &mut third), "the last to serve came first");
    assert!(is_in(&house, &mut first) && is_in(&house, &mut second));
    let theirs = sessions_of(&house, &bruno)[0].id.clone();
    let page = own.submit(&page, &ends[1], &[("session", &theirs)]).unwrap();
    assert_eq!(page.status, 200);
    assert!(is_in(&house, &mut brunos), "another person's is not to be ended");
    let page = press(&mut own, &page, "/account/sessions/end-others");
    assert!(page.body.contains("Tutte le altre sessioni sono state chiuse"));
    assert!(!is_in(&house, &mut first) && !is_in(&house, &mut second));
    assert!(is_in(&house, &mut own) && is_in(&house, &mut brunos));
    let page = own.get(&house.url("/account/sessions")).unwrap();
    let page = press(&mut own, &page, "/account/sign-out");
    assert!(page.body.contains("Sei uscito"));
    assert!(!own.cookie_header("idp.localhost").contains("__Host-session"));
    assert!(!is_in(&house, &mut own));
    assert!(sessions_of(&house, &anna).is_empty());
}

#[test]
fn forms_need_the_token_of_their_session_and_our_own_page() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    let page = enter(&house, &mut agent, &anna);
    let form = form(&page, "/account/sign-out").unwrap();
    let mut elsewhere = Agent::new();
    let other = enter(&house, &mut elsewhere, &anna);
    let token = form_of(&other, "/account/sign-out").unwrap();
    let token = token.field("csrf").unwrap().to_owned();
    for forged in ["", "forged", token.as_str()] {
        let page = agent.submit(&page, &form, &[("csrf", forged)]).unwrap();
        assert_eq!(page.status, 403, "{forged}");
    }
    let mut lured = agent.clone();
    lured.get(&house.url("/")).unwrap();
    lured.come_from("https://evil.example");
    for action in ["/account/sign-out", "/account/enter"] {
        let form = Form { action: action.into(), ..form.clone() };
        lured.come_from("https://evil.example");
        assert_eq!(lured.submit(&page, &form, &[]).unwrap().status, 403, "{action}");
    }
    assert!(is_in(&house, &mut agent));
    let page = agent.submit(&page, &form, &[]).unwrap();
    assert!(page.body.contains("Sei uscito"), "the control");
}

/// IC-23: three browsers and a login under way; the one that changes the password stays.
#[test]
fn ic_23_a_changed_password_ends_all_other_sessions_and_logins_under_way() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let (mut own, mut second, mut third) = (Agent::new(), Agent::new(), Agent::new());
    for agent in [&mut own, &mut second, &mut third] {
        enter(&house, agent, &anna);
    }
    let mut under_way = Agent::new();
    let consent = house.walk(&mut under_way, &house.spid(1, |_| {}), &anna);
    let mut at_code = Agent::new();
    let code = send(&mut at_code, &house.spid(2, |_| {})).unwrap();
    let password = code.form_with(&["password"]).unwrap();
    let values = [("username", "anna"), ("password", anna.password.as_str())];
    let code = at_code.submit(&code, &password, &values).unwrap();
    assert!(code.form_with(&["code"]).is_some());
    let mut by_session = second.clone();
    let resumed = send(&mut by_session, &house.spid(1, |_| {})).unwrap();
    assert!(resumed.form_with_button("decision", "accept").is_some());
    let mut before = own.clone();
    house.wait(1);
    let page = change(&mut own, &house, &anna.password, NEW, NEW);
    assert_eq!(page.url.path(), "/account/sessions");
    assert!(page.body.contains("La password è cambiata"), "{}", page.body);
    assert!(page.body.contains("Nessun’altra sessione"));
    assert!(is_in(&house, &mut own));
    assert!(!is_in(&house, &mut second) && !is_in(&house, &mut third));
    assert!(!is_in(&house, &mut before), "this session has another secret");
    assert_eq!(sessions_of(&house, &anna).len(), 1);
    let page = house.accept(&mut under_way, &consent);
    assert!(page.body.contains("nr21"), "{}", page.body);
    let form = code.form_with(&["code"]).unwrap();
    let page = at_code.submit(&code, &form, &[("code", &house.code(&anna))]).unwrap();
    assert!(page.body.contains("nr21"), "{}", page.body);
    let page = house.accept(&mut by_session, &resumed);
    assert!(page.form_with(&["password"]).is_some(), "{}", page.body);
    let old = house.walk(&mut Agent::new(), &house.spid(1, |_| {}), &anna);
    assert!(old.body.contains("SAMLResponse"), "three times the old password: nr19");
    let renewed = Inhabitant { password: NEW.into(), ..anna };
    assert_eq!(enter(&house, &mut Agent::new(), &renewed).url.path(), "/account/sessions");
}

#[test]
fn a_password_is_changed_only_by_who_knows_it_and_to_a_good_one() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    enter(&house, &mut agent, &anna);
    let present = anna.password.as_str();
    for (old, new, again, said) in [
        ("", NEW, NEW, "Compila tutti"),
        (present, NEW, "something else entirely", "non sono uguali"),
        (present, present, present, "uguale a quella attuale"),
        (present, "short", "short", "troppo corta"),
        (present, "aaaaaaaaaaaaaa", "aaaaaaaaaaaaaa", "si provano per prime"),
        (present, "anna is my name, really", "anna is my name, really", "nome utente"),
        ("not the password", NEW, NEW, "attuale non è corretta"),
    ] {
        let page = change(&mut agent, &house, old, new, again);
        assert_eq!(page.status, 422, "{said}");
        assert!(page.body.contains(said), "{said}");
        assert!(!page.body.contains(NEW) && !page.body.contains(present), "no password is shown");
    }
    assert!(is_in(&house, &mut agent));
    for _ in 0..9 {
        assert_eq!(change(&mut agent, &house, "not the password", NEW, NEW).status, 422);
    }
    let page = change(&mut agent, &house, present, NEW, NEW);
    assert_eq!(page.status, 429, "guessing is slowed down here too");
    assert!(page.header("retry-after").is_some());
    house.wait(60);
    assert_eq!(change(&mut agent, &house, present, NEW, NEW).status, 200, "the control");
}

/// Of two changes at the same time one counts, and no session of the other is left.
#[test]
fn of_two_changes_one_counts() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let browsers: Vec<Agent> = (0..2)
        .map(|_| {
            let mut agent = Agent::new();
            enter(&house, &mut agent, &anna);
            agent
        })
        .collect();
    house.wait(1);
    let changed = std::thread::scope(|scope| {
        let racing: Vec<_> = browsers
            .into_iter()
            .map(|mut agent| {
                let (house, present) = (&house, anna.password.as_str());
                scope.spawn(move || {
                    let page = agent.get(&house.url("/account/password")).unwrap();
                    let Some(form) = page.form_with(&["present", "new", "again"]) else {
                        return false;
                    };
                    let values = [("present", present), ("new", NEW), ("again", NEW)];
                    let page = agent.submit(&page, &form, &values).unwrap();
                    page.body.contains("La password è cambiata")
                })
            })
            .collect();
        racing.into_iter().map(|one| one.join().unwrap()).filter(|won| *won).count()
    });
    assert_eq!(changed, 1);
    assert_eq!(sessions_of(&house, &anna).len(), 1);
}

#[test]
fn the_pages_are_over_when_the_session_is() {
    for (seconds, there) in [(1799, true), (1800, false)] {
        let house = House::new();
        let anna = house.enrolled("anna");
        let mut agent = Agent::new();
        enter(&house, &mut agent, &anna);
        house.wait(seconds);
        assert_eq!(is_in(&house, &mut agent), there, "{seconds}");
        house.wait(1799);
        assert_eq!(is_in(&house, &mut agent), there, "a page that is looked at serves");
    }
}

#[test]
fn the_pages_are_read_in_english_too() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    agent.language = "en";
    let page = enter(&house, &mut agent, &anna);
    assert!(page.body.contains("Your sessions") && page.body.contains("This session"));
}
