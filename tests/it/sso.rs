//! Single sign-on over real HTTP, on a clock that the test moves (SP-03, spid-saml §5).

use std::sync::atomic::{AtomicU32, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ponte::assurance::level::Level;
use ponte::identity::account::AccountState;
use ponte::login::session::Session;
use ponte::partners::registry::Entry;
use ponte::saml::partner::{Profile, SingleSignOn};
use ponte::store::port::Durability;
use ponte::store::record::Batch;
use ponte::store::{accounts, sessions};

use crate::support::agent::{Agent, Page};
use crate::support::citizen::send;
use crate::support::house::{House, Inhabitant};
use crate::support::keys;
use crate::support::peer::Request;
use crate::support::sp::{AuthnRequest, GENERIC_ENTITY, Metadata, RequestedAuthnContext};

const SECOND: &str = "https://second.example.org/spid";
const ALONE: &str = "https://alone.example.org/spid";
const MFA: &str = "https://refeds.org/profile/mfa";

/// Two service providers of SPID, one that wants no single sign-on, and a plain one.
fn house() -> House {
    house_with(None)
}

fn house_with(generic: Option<SingleSignOn>) -> House {
    House::with(|making| {
        let spid =
            |entity_id: &str| Metadata { entity_id: Some(entity_id.into()), ..Metadata::spid() };
        let off = Entry { single_sign_on: Some(SingleSignOn::Off), ..Entry::default() };
        let plain =
            Entry { single_sign_on: generic, profile: Some(Profile::Generic), ..Entry::default() };
        let signer = &keys::SP.signer;
        making.service_providers = vec![
            (Metadata::spid().signed(signer), Entry::default()),
            (spid(SECOND).signed(signer), Entry::default()),
            (spid(ALONE).signed(signer), off),
            (Metadata::generic().signed(signer), plain),
        ];
    })
}

fn of(entity_id: &str) -> impl FnOnce(&mut AuthnRequest) {
    let entity_id = entity_id.to_owned();
    move |request| {
        let issuer = request.issuer.as_mut().unwrap();
        issuer.name_qualifier = Some(entity_id.clone());
        issuer.value = entity_id;
    }
}

fn plain(house: &House, class: Option<&str>, change: impl FnOnce(&mut AuthnRequest)) -> Request {
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let issued = house.now().format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
    let mut request = AuthnRequest::generic(&format!("_plain-{number}"), &issued);
    request.destination = Some(house.url("/saml/sso"));
    request.requested = class.map(|class| RequestedAuthnContext {
        comparison: Some("exact".into()),
        classes: vec![class.into()],
    });
    change(&mut request);
    let query = request.redirect(None, &keys::SP.signer);
    Request {
        post: false,
        url: house.url(&format!("/saml/sso?{query}")),
        fields: Vec::new(),
        id: request.id.unwrap_or_default(),
    }
}

fn response(page: &Page) -> String {
    let form = page.form_with(&["SAMLResponse"]).unwrap_or_else(|| panic!("{}", page.body));
    let bytes = STANDARD.decode(form.field("SAMLResponse").unwrap()).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn attribute<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!(" {name}=\""))?;
    rest.split('"').next()
}

#[derive(Debug, PartialEq)]
enum Shows {
    Password,
    Code,
    Consent,
    Answer,
}

fn shows(page: &Page) -> Shows {
    if page.form_with(&["password"]).is_some() {
        Shows::Password
    } else if page.form_with(&["code"]).is_some() {
        Shows::Code
    } else if page.form_with_button("decision", "accept").is_some() {
        Shows::Consent
    } else if page.form_with(&["SAMLResponse"]).is_some() {
        Shows::Answer
    } else {
        panic!("{} {}", page.status, page.body)
    }
}

fn asks(agent: &mut Agent, request: &Request) -> Shows {
    shows(&send(agent, request).unwrap())
}

/// Logs in to the end: the answer's XML.
fn log_in(house: &House, agent: &mut Agent, request: &Request, person: &Inhabitant) -> String {
    let page = house.walk(agent, request, person);
    let page = if shows(&page) == Shows::Consent { house.accept(agent, &page) } else { page };
    response(&page)
}

fn sessions_of(house: &House, person: &Inhabitant) -> Vec<Session> {
    let found = sessions::of_subject(house.env.records(), &person.subject, house.now());
    house.block_on(found).unwrap().into_iter().map(|one| one.value).collect()
}

/// SP-03: one password, two services at SpidL1; consent is asked for at each.
#[test]
fn sp_03_a_session_serves_another_service_at_spid_l1() {
    let house = house();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    let first = log_in(&house, &mut agent, &house.spid(1, |_| {}), &anna);
    house.wait(60);
    let page = send(&mut agent, &house.spid(1, of(SECOND))).unwrap();
    assert_eq!(shows(&page), Shows::Consent);
    assert!(page.body.contains("Servizio uno"), "consent by service provider");
    let second = response(&house.accept(&mut agent, &page));
    for xml in [&first, &second] {
        assert!(xml.contains(">https://www.spid.gov.it/SpidL1</"), "{xml}");
        assert!(attribute(xml, "SessionIndex").is_some());
        assert_eq!(attribute(xml, "SessionNotOnOrAfter"), None);
    }
    assert_ne!(attribute(&first, "SessionIndex"), attribute(&second, "SessionIndex"));
    let instant = attribute(&first, "AuthnInstant");
    assert_eq!(
        attribute(&second, "AuthnInstant"),
        instant,
        "when the person did show who they are"
    );
    assert_eq!(asks(&mut agent, &house.spid(1, |_| {})), Shows::Consent, "SPID asks each time");
    let [session] = &sessions_of(&house, &anna)[..] else { panic!("one session") };
    let told: Vec<&str> =
        session.participants().iter().map(|one| one.session_index.as_str()).collect();
    let indexes = [&first, &second].map(|xml| attribute(xml, "SessionIndex").unwrap());
    assert_eq!(told, indexes, "SLO finds both");
    let mut stranger = Agent::new();
    assert_eq!(asks(&mut stranger, &house.spid(1, of(SECOND))), Shows::Password, "the control");
}

/// SP-03, spid-saml §5: above SpidL1 all is asked again, and no session is opened, joined or closed.
#[test]
fn sp_03_spid_l2_neither_uses_nor_makes_a_session() {
    let house = house();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    let xml = log_in(&house, &mut agent, &house.spid(2, |_| {}), &anna);
    assert_eq!(attribute(&xml, "SessionIndex"), None);
    assert!(sessions_of(&house, &anna).is_empty());
    assert_eq!(asks(&mut agent, &house.spid(1, |_| {})), Shows::Password);
    log_in(&house, &mut agent, &house.spid(1, |_| {}), &anna);
    let before = sessions_of(&house, &anna);
    house.wait(60);
    let page = send(&mut agent, &house.spid(2, of(SECOND))).unwrap();
    assert_eq!(shows(&page), Shows::Password);
    let page = house.walk(&mut agent, &house.spid(2, of(SECOND)), &anna);
    let xml = response(&house.accept(&mut agent, &page));
    assert!(xml.contains(">https://www.spid.gov.it/SpidL2</"), "{xml}");
    assert_eq!(attribute(&xml, "SessionIndex"), None);
    assert_eq!(sessions_of(&house, &anna), before, "not touched");
    assert_eq!(asks(&mut agent, &house.spid(1, of(SECOND))), Shows::Consent, "nor closed");
}

#[test]
fn force_authn_and_a_service_without_single_sign_on_ask_again() {
    let house = house();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    log_in(&house, &mut agent, &house.spid(1, of(ALONE)), &anna);
    assert_eq!(asks(&mut agent, &house.spid(1, of(ALONE))), Shows::Password);
    let forced = |house: &House| house.spid(1, |request| request.force_authn = Some("true".into()));
    assert_eq!(asks(&mut agent, &forced(&house)), Shows::Password);
    assert_eq!(asks(&mut agent, &house.spid(1, |_| {})), Shows::Consent, "the control");
    let xml = log_in(&house, &mut agent, &forced(&house), &anna);
    assert!(attribute(&xml, "SessionIndex").is_some());
    assert_eq!(sessions_of(&house, &anna).len(), 1, "the same browser's session goes on");
}

#[test]
fn plain_saml_asks_for_the_missing_factor_and_remembers_consent() {
    let house = house();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    log_in(&house, &mut agent, &house.spid(1, |_| {}), &anna);
    let opened = house.now();
    house.wait(60);
    let page = send(&mut agent, &plain(&house, Some(MFA), |_| {})).unwrap();
    assert_eq!(shows(&page), Shows::Code, "the password held in the session");
    let mut before = agent.clone();
    let form = page.form_with(&["code"]).unwrap();
    let page = agent.submit(&page, &form, &[("code", &house.code(&anna))]).unwrap();
    let xml = response(&house.accept(&mut agent, &page));
    assert!(xml.contains(&format!(">{MFA}</")), "{xml}");
    assert!(attribute(&xml, "SessionIndex").is_some());
    let ends = (opened + house.env.settings.sessions.lives.absolute).to_rfc3339();
    let told = attribute(&xml, "SessionNotOnOrAfter").unwrap();
    assert_eq!(told.replace(".000Z", "+00:00"), ends);
    house.wait(60);
    let again = plain(&house, Some(MFA), |_| {});
    assert_eq!(asks(&mut agent, &again), Shows::Answer, "same data, same session");
    assert_eq!(asks(&mut agent, &house.spid(1, |_| {})), Shows::Consent);
    assert_eq!(asks(&mut agent, &house.spid(2, |_| {})), Shows::Password, "no step-up in SPID");
    assert_eq!(
        asks(&mut before, &plain(&house, Some(MFA), |_| {})),
        Shows::Password,
        "what held gave the session another secret"
    );
}

#[test]
fn what_is_settled_with_a_service_says_what_a_session_serves_for() {
    for (settled, at_first, at_mfa) in [
        (SingleSignOn::Off, Shows::Password, Shows::Password),
        (SingleSignOn::UpTo(Level::Loa2), Shows::Consent, Shows::Password),
        (SingleSignOn::UpTo(Level::Loa3), Shows::Consent, Shows::Code),
    ] {
        let house = house_with(Some(settled));
        let anna = house.enrolled("anna");
        let mut agent = Agent::new();
        log_in(&house, &mut agent, &house.spid(1, |_| {}), &anna);
        assert_eq!(asks(&mut agent, &plain(&house, None, |_| {})), at_first, "{settled:?}");
        assert_eq!(asks(&mut agent, &plain(&house, Some(MFA), |_| {})), at_mfa, "{settled:?}");
    }
}

#[test]
fn a_passive_request_is_answered_from_the_session_or_not_at_all() {
    let house = house();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    let passive = |house: &House, class| {
        plain(house, class, |request| request.is_passive = Some("true".into()))
    };
    let refused = |agent: &mut Agent, class| {
        response(&send(agent, &passive(&house, class)).unwrap()).contains(":NoPassive\"")
    };
    assert!(refused(&mut agent, None), "nobody is there");
    log_in(&house, &mut agent, &house.spid(1, |_| {}), &anna);
    assert!(refused(&mut agent, None), "consent would have to be asked for");
    log_in(&house, &mut agent, &plain(&house, None, |_| {}), &anna);
    let xml = response(&send(&mut agent, &passive(&house, None)).unwrap());
    assert!(xml.contains(":status:Success\""), "{xml}");
    assert!(refused(&mut agent, Some(MFA)), "a code would have to be asked for");
}

#[test]
fn a_session_is_over_when_idle_and_at_its_end_and_not_a_second_earlier() {
    for (seconds, there) in [(1799, Shows::Consent), (1800, Shows::Password)] {
        let house = house();
        let anna = house.enrolled("anna");
        let mut agent = Agent::new();
        log_in(&house, &mut agent, &house.spid(1, |_| {}), &anna);
        house.wait(seconds);
        assert_eq!(asks(&mut agent, &house.spid(1, of(SECOND))), there, "{seconds}");
    }
    for (seconds, there) in [(8 * 3600 - 1, Shows::Consent), (8 * 3600, Shows::Password)] {
        let house = house();
        let anna = house.enrolled("anna");
        let mut agent = Agent::new();
        log_in(&house, &mut agent, &house.spid(1, |_| {}), &anna);
        let mut passed = 0;
        while passed < 8 * 3600 - 1200 {
            house.wait(1200);
            passed += 1200;
            log_in(&house, &mut agent, &house.spid(1, of(SECOND)), &anna);
        }
        house.wait(seconds - passed);
        assert_eq!(asks(&mut agent, &house.spid(1, of(SECOND))), there, "{seconds}");
    }
}

fn suspend(house: &House, person: &Inhabitant) {
    let records = house.env.records();
    let seen = house.block_on(accounts::get(records, &person.subject, house.now()));
    let seen = seen.unwrap().unwrap();
    let mut account = seen.value.clone();
    account.state = AccountState::Suspended;
    let mut batch = Batch::new();
    accounts::update(records, &mut batch, &seen, &account).unwrap();
    let done = batch.commit(&*house.env.store, Durability::Durable, house.now());
    let _done = house.block_on(done).unwrap();
}

#[test]
fn a_suspended_person_is_asked_again_and_gets_nr23() {
    let house = house();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    log_in(&house, &mut agent, &house.spid(1, |_| {}), &anna);
    let waiting = send(&mut agent, &house.spid(1, of(SECOND))).unwrap();
    assert_eq!(shows(&waiting), Shows::Consent);
    suspend(&house, &anna);
    let page = house.accept(&mut agent, &waiting);
    assert!(response(&page).contains("ErrorCode nr23"), "also if the page was open before");
    assert_eq!(asks(&mut agent, &house.spid(1, of(SECOND))), Shows::Password);
    let page = house.walk(&mut agent, &house.spid(1, of(SECOND)), &anna);
    assert!(response(&page).contains("ErrorCode nr23"));
}

#[test]
fn another_person_in_the_same_browser_gets_a_session_of_their_own() {
    let house = house();
    let (anna, bruno) = (house.enrolled("anna"), house.enrolled("bruno"));
    let mut agent = Agent::new();
    log_in(&house, &mut agent, &house.spid(1, |_| {}), &anna);
    let mut annas = agent.clone();
    let forced = house.spid(1, |request| request.force_authn = Some("true".into()));
    log_in(&house, &mut agent, &forced, &bruno);
    assert!(sessions_of(&house, &anna).is_empty(), "replaced");
    let [session] = &sessions_of(&house, &bruno)[..] else { panic!("one session") };
    assert_eq!(session.participants().len(), 1);
    assert_eq!(asks(&mut annas, &house.spid(1, |_| {})), Shows::Password);
    let page = send(&mut agent, &plain(&house, None, |_| {})).unwrap();
    let xml = response(&house.accept(&mut agent, &page));
    let [session] = &sessions_of(&house, &bruno)[..] else { panic!("one session") };
    let plain = session.participants().iter().find(|one| one.entity_id == GENERIC_ENTITY).unwrap();
    assert!(xml.contains(&plain.name.value));
}

/// A consent page that is still open names nobody once its session is over or somebody else's.
#[test]
fn an_open_page_is_of_no_use_once_its_session_is_over() {
    let house = house();
    let (anna, bruno) = (house.enrolled("anna"), house.enrolled("bruno"));
    let ended = |_: &mut Agent| {
        for session in sessions_of(&house, &anna) {
            let records = house.env.records();
            let seen = house.block_on(sessions::get(records, &session.id, house.now())).unwrap();
            let mut batch = Batch::new();
            sessions::end(records, &mut batch, &seen.unwrap()).unwrap();
            let done = batch.commit(&*house.env.store, Durability::Durable, house.now());
            let _done = house.block_on(done).unwrap();
        }
    };
    let replaced = |agent: &mut Agent| {
        let forced = house.spid(1, |request| request.force_authn = Some("true".into()));
        log_in(&house, agent, &forced, &bruno);
    };
    let untouched = |_: &mut Agent| {};
    type Case<'a> = (&'a dyn Fn(&mut Agent), Shows);
    let cases: [Case<'_>; 3] =
        [(&untouched, Shows::Answer), (&ended, Shows::Password), (&replaced, Shows::Consent)];
    for (happens, then) in cases {
        let mut agent = Agent::new();
        log_in(&house, &mut agent, &house.spid(1, |_| {}), &anna);
        let open = send(&mut agent, &house.spid(1, of(SECOND))).unwrap();
        assert_eq!(shows(&open), Shows::Consent);
        happens(&mut agent);
        let page = house.accept(&mut agent, &open);
        if then == Shows::Answer {
            assert_eq!(shows(&page), then);
            continue;
        }
        assert!(page.form_with(&["SAMLResponse"]).is_none(), "{}", page.body);
        let page = agent.get(open.url.as_str()).unwrap();
        assert_eq!(shows(&page), then, "begins anew, with whoever is there now");
    }
}

/// Whoever planted the cookie of a login does not see what the session adds to it.
#[test]
fn a_login_that_goes_on_from_a_session_leaves_the_old_secret_behind() {
    let house = house();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    log_in(&house, &mut agent, &house.spid(1, |_| {}), &anna);
    let mut attacker = Agent::new();
    let planted = send(&mut attacker, &house.spid(1, of(SECOND))).unwrap();
    assert_eq!(shows(&planted), Shows::Password);
    for cookie in attacker.cookie_header("idp.localhost").split("; ") {
        agent.plant("idp.localhost", cookie);
    }
    let page = agent.get(planted.url.as_str()).unwrap();
    assert_eq!(shows(&page), Shows::Consent, "the session of the one lured");
    assert_eq!(attacker.get(planted.url.as_str()).unwrap().status, 403);
    house.accept(&mut agent, &page);
    assert_eq!(attacker.get(planted.url.as_str()).unwrap().status, 403, "nor the answer");
}

#[test]
fn a_cookie_opens_only_its_own_session() {
    let house = house();
    let (anna, bruno) = (house.enrolled("anna"), house.enrolled("bruno"));
    let session = |person: &Inhabitant| {
        let mut agent = Agent::new();
        log_in(&house, &mut agent, &house.spid(1, |_| {}), person);
        let cookies = agent.cookie_header("idp.localhost");
        let cookie = cookies.split("; ").find_map(|one| one.strip_prefix("__Host-session="));
        let (id, secret) = cookie.unwrap().split_once('.').unwrap();
        (id.to_owned(), secret.to_owned())
    };
    let ((id, secret), (_, other)) = (session(&anna), session(&bruno));
    for (value, there) in [
        (format!("{id}.{secret}"), Shows::Consent),
        (format!("{id}.{other}"), Shows::Password),
        (format!("{id}."), Shows::Password),
        (format!("{id}{secret}"), Shows::Password),
        (id.clone(), Shows::Password),
        (format!("{}.{secret}", "x".repeat(5000)), Shows::Password),
        (String::new(), Shows::Password),
    ] {
        let mut agent = Agent::new();
        agent.plant("idp.localhost", &format!("__Host-session={value}"));
        assert_eq!(asks(&mut agent, &house.spid(1, |_| {})), there, "{value}");
    }
}

/// Two tabs go on from one session at the same time: both services are told, and both are participants.
#[test]
fn two_tabs_join_one_session() {
    let house = house();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    log_in(&house, &mut agent, &house.spid(1, |_| {}), &anna);
    let tabs: Vec<(Agent, Page)> = (0..4)
        .map(|_| {
            let page = send(&mut agent, &house.spid(1, of(SECOND))).unwrap();
            (agent.clone(), page)
        })
        .collect();
    std::thread::scope(|scope| {
        for (mut agent, page) in tabs {
            let house = &house;
            scope.spawn(move || {
                assert!(response(&house.accept(&mut agent, &page)).contains("SpidL1"));
            });
        }
    });
    let [session] = &sessions_of(&house, &anna)[..] else { panic!("one session") };
    assert_eq!(session.participants().len(), 5);
}
