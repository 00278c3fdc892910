//! Single logout with identity providers behind us, over HTTP: they hear of it, they begin it, and nobody forges it.

use ponte::saml::binding::{self, Inbound, Parameter};
use ponte::saml::names;
use ponte::world::clock::Clock;
use ponte::world::signer::Signer;
use serde_json::{Value, json};

use crate::logout_server::{outgoing, says};
use crate::support::agent::{Agent, Page};
use crate::support::bridge::{
    HONEST, HOSTILE, PASS_THROUGH, Question, Stub, Stubbed, answer, spid,
};
use crate::support::keys;
use crate::support::logout::{Logout, TRANSIENT};
use crate::support::oidc_stub::{self, StubOp};
use crate::support::server::Server;
use crate::support::sp::{Metadata, SPID_ENTITY};

const CODE: &str = "RSSDAA80A41H501I";
const SLO_OF_SP: &str = "https://sp.example.org/spid/slo";
const SERVICE: &str = "Servizio uno";
/// What the stubs call themselves.
const PROVIDER: &str = "Ente di prova";

/// A person who came in by `stub` at SpidL1, so that a session rests on its word.
struct Inside {
    agent: Agent,
    /// Its name for them, and for its session.
    name: String,
    index: String,
}

fn scene() -> Stubbed {
    let upstreams = "upstreams = [\"onesto\", \"ostile\"]\n";
    Stubbed::new(&format!("{PASS_THROUGH}{upstreams}"), |hub| {
        let metadata = Metadata {
            logouts: vec![(names::HTTP_POST, SLO_OF_SP.into(), None)],
            ..Metadata::spid()
        };
        let file = hub.folder().join("metadata/sp/spid.xml");
        std::fs::write(file, metadata.signed(&keys::SP.signer)).unwrap();
    })
}

fn come_in(stubbed: &Stubbed, stub: Stub, code: &str) -> Inside {
    let mut agent = Agent::new();
    let question: Question = stubbed.ask(&mut agent, &spid(&stubbed.hub, 1, "minimum"), stub);
    let class = ponte::assurance::class_ref::ClassRef::SpidL1;
    let said = stubbed.says(stub, &question, class, code);
    let xml = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, &said.response);
    let xml = String::from_utf8(xml.unwrap()).unwrap();
    let page = stubbed.bring(&mut agent, &said);
    assert!(answer(&mut agent, page).contains("SessionIndex="), "SP-03");
    let index = xml.split_once("SessionIndex=\"").unwrap().1.split_once('"').unwrap().0;
    Inside { agent, name: super::name_id(&xml), index: index.to_owned() }
}

/// What `stub` asks of us, good now.
fn request(stubbed: &Stubbed, stub: Stub, name: &str, index: &str, id: &str) -> Logout {
    Logout {
        issuer: stub.entity.into(),
        issue_instant: Some(now()),
        destination: Some(stubbed.hub.url("/sp/ente/slo")),
        name_id: Some(name.into()),
        name: [Some(TRANSIENT.into()), Some(stub.entity.into()), None],
        indexes: vec![index.into()],
        ..Logout::request(id)
    }
}

/// Whose answer to our request `to`, good now: it is out there.
fn response(stubbed: &Stubbed, issuer: &str, to: &str, at: &str) -> Logout {
    Logout {
        issuer: issuer.into(),
        issue_instant: Some(now()),
        destination: Some(stubbed.hub.url(at)),
        ..Logout::response("_answer", to)
    }
}

fn now() -> String {
    Clock::system().now().format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// The browser brings `message` to `path`, from another site, and goes where that sends it.
fn carry(
    hub: &Server,
    agent: &mut Agent,
    path: &str,
    message: &Logout,
    signer: &dyn Signer,
    post: bool,
) -> Page {
    let page = if post {
        agent.post_from_elsewhere(&hub.url(path), &message.post(None, signer)).unwrap()
    } else {
        agent.get_once(&hub.url(&format!("{path}?{}", message.redirect(None, signer)))).unwrap()
    };
    follow(hub, agent, page)
}

/// Goes on from `page` as long as it sends the browser to a page of ours.
fn follow(hub: &Server, agent: &mut Agent, mut page: Page) -> Page {
    while let Some(to) = page.header("location") {
        let to = page.url.join(to).unwrap();
        if !to.as_str().starts_with(&hub.url("/")) {
            break;
        }
        page = agent.get_once(to.as_str()).unwrap();
    }
    page
}

/// What `page` has the browser carry: the kind of message, its ID, whom it answers, and all of it.
fn carried(page: &Page) -> (String, String, String) {
    let (to, parameters) = outgoing(page);
    let form =
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&parameters).finish();
    let parameter = if form.contains("SAMLRequest=") {
        Parameter::SamlRequest
    } else {
        Parameter::SamlResponse
    };
    let inbound = if form.contains("Signature=") {
        Inbound::Redirect { query: &form }
    } else {
        Inbound::Post { form: &form }
    };
    let xml = binding::decode(inbound, parameter).unwrap().xml;
    let id = xml.split_once(" ID=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
    (to, id, xml)
}

fn is_out(hub: &Server, agent: &mut Agent) -> bool {
    agent.get(&hub.url("/logout")).unwrap().body.contains("Nessuna sessione aperta")
}

fn refused(page: &Page, element: &str) {
    assert_eq!(page.status, 403, "{}", page.body);
    assert!(page.body.contains(element), "{element}: {}", page.body);
}

/// The person leaves here: the service provider hears of it, then the identity provider, and each one's answer is told.
#[test]
fn an_identity_provider_is_told_last_and_its_answer_counts() {
    for confirms in [true, false] {
        let stubbed = scene();
        let hub = &stubbed.hub;
        let Inside { mut agent, name, index } = come_in(&stubbed, HONEST, CODE);
        let page = agent.get(&hub.url("/logout")).unwrap();
        for told in [SERVICE, PROVIDER] {
            assert!(page.body.contains(told), "{told}: {}", page.body);
        }
        let page = super::press(&mut agent, &page, "/logout");
        assert!(is_out(hub, &mut agent.clone()), "at once");
        let (to, id, _) = carried(&page);
        assert_eq!(to, SLO_OF_SP);
        let out = response(&stubbed, SPID_ENTITY, &id, "/saml/slo/response");
        let page = carry(hub, &mut agent, "/saml/slo/response", &out, &keys::SP.signer, true);
        let (to, id, xml) = carried(&page);
        assert_eq!(to, "https://idp.example.org/saml/slo");
        for said in [
            format!(">{name}</saml:NameID>"),
            format!(">{index}</samlp:SessionIndex>"),
            format!(">{}</saml:Issuer>", hub.url("/sp/ente")),
            format!("NameQualifier=\"{}\"", HONEST.entity),
        ] {
            assert!(xml.contains(&said), "{said}: {xml}");
        }
        // An answer by another key, another identity provider's, or to another request moves nothing.
        let good = response(&stubbed, HONEST.entity, &id, "/sp/ente/slo");
        let hostile = &HOSTILE.keys.signer;
        refused(&carry(hub, &mut agent, "/sp/ente/slo", &good, hostile, true), "Signature");
        let other = Logout { issuer: HOSTILE.entity.into(), ..good.clone() };
        refused(&carry(hub, &mut agent, "/sp/ente/slo", &other, hostile, true), "InResponseTo");
        let stray = Logout { in_response_to: Some("_none".into()), ..good.clone() };
        let honest = &HONEST.keys.signer;
        refused(&carry(hub, &mut agent, "/sp/ente/slo", &stray, honest, true), "InResponseTo");
        // Nor does a service provider's door take it.
        let page = carry(hub, &mut agent, "/saml/slo/response", &good, honest, true);
        assert_eq!(page.status, 403, "{}", page.body);
        let good = if confirms {
            good
        } else {
            let requester = "urn:oasis:names:tc:SAML:2.0:status:Requester";
            let partial = "urn:oasis:names:tc:SAML:2.0:status:PartialLogout";
            Logout { status: vec![requester.into(), partial.into()], ..good }
        };
        let page = carry(hub, &mut agent, "/sp/ente/slo", &good, honest, confirms);
        says(&page, SERVICE, "uscito");
        let (title, standing) = match confirms {
            true => ("Sei uscito", "uscito"),
            false => ("Sei uscito, ma non dappertutto", "non ha confermato l’uscita"),
        };
        assert!(page.body.contains(title), "{}", page.body);
        says(&page, PROVIDER, standing);
        refused(&carry(hub, &mut agent, "/sp/ente/slo", &good, honest, true), "InResponseTo");
    }
}

/// A service provider begins: the identity provider behind is told too, and the answer says whether all are out.
#[test]
fn a_service_providers_logout_reaches_the_identity_provider_behind() {
    let stubbed = scene();
    let hub = &stubbed.hub;
    let mut agent = Agent::new();
    let question = stubbed.ask(&mut agent, &spid(hub, 1, "minimum"), HONEST);
    let class = ponte::assurance::class_ref::ClassRef::SpidL1;
    let page = stubbed.bring(&mut agent, &stubbed.says(HONEST, &question, class, CODE));
    let told = answer(&mut agent, page);
    let index = told.split_once("SessionIndex=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
    let wanted = Logout {
        issue_instant: Some(now()),
        destination: Some(hub.url("/saml/slo")),
        name_id: Some(super::name_id(&told)),
        name: [Some(TRANSIENT.into()), Some(hub.url("/metadata")), None],
        indexes: vec![index],
        ..Logout::request("_wanted")
    };
    let page = carry(hub, &mut agent, "/saml/slo", &wanted, &keys::SP.signer, true);
    let (to, id, _) = carried(&page);
    assert_eq!(to, "https://idp.example.org/saml/slo");
    let out = response(&stubbed, HONEST.entity, &id, "/sp/ente/slo");
    let page = carry(hub, &mut agent, "/sp/ente/slo", &out, &HONEST.keys.signer, false);
    let (to, _, xml) = carried(&page);
    assert_eq!(to, SLO_OF_SP);
    assert!(xml.contains("InResponseTo=\"_wanted\"") && xml.contains("status:Success"), "{xml}");
    assert!(!xml.contains("PartialLogout"), "{xml}");
}

/// The identity provider begins: our session is over, the service provider hears of it, and the answer goes back.
#[test]
fn an_identity_providers_logout_ends_what_rests_on_its_word() {
    for post in [true, false] {
        let stubbed = scene();
        let hub = &stubbed.hub;
        let Inside { mut agent, name, index } = come_in(&stubbed, HONEST, CODE);
        let wanted = request(&stubbed, HONEST, &name, &index, "_wanted");
        let honest = &HONEST.keys.signer;
        let page = carry(hub, &mut agent, "/sp/ente/slo", &wanted, honest, post);
        assert!(is_out(hub, &mut agent.clone()), "at once");
        let (to, id, xml) = carried(&page);
        assert_eq!(to, SLO_OF_SP, "{xml}");
        let out = response(&stubbed, SPID_ENTITY, &id, "/saml/slo/response");
        let page = carry(hub, &mut agent, "/saml/slo/response", &out, &keys::SP.signer, true);
        let (to, _, xml) = carried(&page);
        assert_eq!(to, "https://idp.example.org/saml/slo/response");
        for said in ["InResponseTo=\"_wanted\"", "status:Success", &hub.url("/sp/ente")] {
            assert!(xml.contains(said), "{said}: {xml}");
        }
        // Once it is over the name is of nobody, and the answer says that not everybody was told (spid-saml §5).
        let again = request(&stubbed, HONEST, &name, &index, "_again");
        let page = carry(hub, &mut agent, "/sp/ente/slo", &again, honest, post);
        let (_, _, xml) = carried(&page);
        assert!(xml.contains("status:PartialLogout"), "{xml}");
        // The same message does not count twice.
        let page = carry(hub, &mut agent, "/sp/ente/slo", &again, honest, post);
        refused(&page, "LogoutRequest/@ID");
    }
}

/// Nothing forged, old, misplaced or of another identity provider's session ends a session.
#[test]
fn a_forged_logout_of_an_identity_provider_ends_nothing() {
    let stubbed = scene();
    let hub = &stubbed.hub;
    let Inside { mut agent, name, index } = come_in(&stubbed, HONEST, CODE);
    let good = request(&stubbed, HONEST, &name, &index, "_good");
    let (honest, hostile) = (&HONEST.keys.signer, &HOSTILE.keys.signer);
    let old = Clock::system().now() - chrono::TimeDelta::hours(2);
    let old = old.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    for (message, signer, element) in [
        (good.clone(), hostile, "Signature"),
        (good.clone(), &keys::SP.signer, "Signature"),
        (Logout { issuer: "https://nobody.example.org".into(), ..good.clone() }, honest, "Issuer"),
        (Logout { issuer: SPID_ENTITY.into(), ..good.clone() }, &keys::SP.signer, "Issuer"),
        (Logout { issue_instant: Some(old.clone()), ..good.clone() }, honest, "@IssueInstant"),
        (Logout { not_on_or_after: Some(old), ..good.clone() }, honest, "@NotOnOrAfter"),
        (
            Logout { destination: Some(hub.url("/saml/slo")), ..good.clone() },
            honest,
            "@Destination",
        ),
        (Logout { name_id: None, ..good.clone() }, honest, "NameID"),
    ] {
        for post in [true, false] {
            let page = carry(hub, &mut agent, "/sp/ente/slo", &message, signer, post);
            refused(&page, element);
            assert!(!is_out(hub, &mut agent), "{element} {post}");
        }
    }
    // Well signed, by another identity provider that knows the names: they are not its own.
    let other = request(&stubbed, HOSTILE, &name, &index, "_other");
    let page = carry(hub, &mut agent, "/sp/ente/slo", &other, hostile, true);
    assert!(carried(&page).2.contains("PartialLogout"));
    assert!(!is_out(hub, &mut agent));
    // Its own name, in a session that is not this one.
    let missed = request(&stubbed, HONEST, &name, "_another", "_missed");
    let page = carry(hub, &mut agent, "/sp/ente/slo", &missed, honest, true);
    assert!(carried(&page).2.contains("PartialLogout"));
    assert!(!is_out(hub, &mut agent));
    // Both at once, none, and an entity of ours that there is not.
    for path in ["/sp/ente/slo", "/sp/ente/slo?SAMLRequest=a&SAMLResponse=b"] {
        assert_eq!(agent.get_once(&hub.url(path)).unwrap().status, 403, "{path}");
    }
    let page = carry(hub, &mut agent, "/sp/nessuno/slo", &good, honest, true);
    assert_eq!(page.status, 404);
    // A stranger's browser brings it: the session ends, and that browser is sent to nobody.
    let mut stranger = Agent::new();
    let page = carry(hub, &mut stranger, "/sp/ente/slo", &good, honest, true);
    assert!(!page.body.contains(SERVICE), "{}", page.body);
    assert!(is_out(hub, &mut agent));
}

/// A server with `op` as its one upstream, and a service provider that takes logouts.
fn behind(op: &StubOp) -> Server {
    let mut hub = Server::new();
    hub.configure(&op.settled("op"));
    let metadata =
        Metadata { logouts: vec![(names::HTTP_POST, SLO_OF_SP.into(), None)], ..Metadata::spid() };
    hub.add_metadata("spid", &metadata.signed(&keys::SP.signer), SPID_ENTITY, "spid");
    hub.configure(PASS_THROUGH);
    hub.start();
    hub
}

/// A person who came in by `op` at SpidL1, and what its ID token said.
fn come_in_by(hub: &Server, op: &StubOp, code: &str) -> (Agent, Value) {
    let mut agent = Agent::new();
    let asked = oidc_stub::ask(hub, &mut agent, &spid(hub, 1, "minimum"), &op.issuer);
    let claims = op.claims(&asked, code);
    op.gives(&claims);
    let page = oidc_stub::bring(hub, &mut agent, "op", &[("code", "c"), ("state", &asked.state)]);
    assert!(answer(&mut agent, page).contains("SessionIndex="), "SP-03");
    (agent, claims)
}

/// The person leaves here, by way of the OpenID provider, which sends the browser back with the state (RP-Initiated Logout 1.0).
#[test]
fn an_openid_provider_is_told_and_sends_the_browser_back() {
    let op = StubOp::start(&json!({}));
    let hub = behind(&op);
    let (mut agent, _) = come_in_by(&hub, &op, CODE);
    let page = agent.get(&hub.url("/logout")).unwrap();
    assert!(page.body.contains("Ente op"), "{}", page.body);
    let page = super::press(&mut agent, &page, "/logout");
    let (_, id, _) = carried(&page);
    let at = "/saml/slo/response";
    let out = Logout {
        issue_instant: Some(now()),
        destination: Some(hub.url(at)),
        ..Logout::response("_answer", &id)
    };
    let page = carry(&hub, &mut agent, at, &out, &keys::SP.signer, true);
    let links = page.body.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let link = links.map(crate::support::agent::unescape).find(|link| link.starts_with(&op.issuer));
    let link = url::Url::parse(&link.unwrap_or_else(|| panic!("{}", page.body))).unwrap();
    assert_eq!(link.path(), "/end");
    let of = |name: &str| {
        link.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    };
    assert_eq!(of("client_id").as_deref(), Some(oidc_stub::CLIENT));
    assert_eq!(of("post_logout_redirect_uri"), Some(hub.url("/oidc/logout/op")));
    assert_eq!(of("id_token_hint").unwrap().split('.').count(), 3);
    let state = of("state").unwrap();
    // Without the state, or with another, nothing moves; nor at another provider's address.
    for (path, status) in [
        ("/oidc/logout/op".to_owned(), 410),
        ("/oidc/logout/op?state=none".to_owned(), 410),
        (format!("/oidc/logout/op?state={state}&state={state}"), 410),
        (format!("/oidc/logout/other?state={state}"), 404),
    ] {
        let page = agent.get(&hub.url(&path)).unwrap();
        assert_eq!(page.status, status, "{path}: {}", page.body);
    }
    let back = hub.url(&format!("/oidc/logout/op?state={state}"));
    let page = agent.get(&back).unwrap();
    says(&page, "Ente op", "uscito");
    says(&page, SERVICE, "uscito");
    assert!(page.body.contains("Sei uscito"), "{}", page.body);
    assert_eq!(agent.get(&back).unwrap().status, 410, "once");
}

/// One that has no address for logouts cannot be told, and the page says so.
#[test]
fn an_openid_provider_without_logout_is_said_to_know_nothing() {
    let op = StubOp::start(&json!({"end_session_endpoint": null}));
    let hub = behind(&op);
    let (mut agent, _) = come_in_by(&hub, &op, CODE);
    let page = agent.get(&hub.url("/logout")).unwrap();
    let page = super::press(&mut agent, &page, "/logout");
    says(&page, "Ente op", "non si può avvisare");
}

fn tell(hub: &Server, path: &str, fields: &[(&str, &str)]) -> Page {
    let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    Agent::new().post_from_elsewhere(&hub.url(path), &form).unwrap()
}

/// The OpenID provider says by itself that a session is over, and none but it (Back-Channel Logout 1.0 §2.6).
#[test]
fn a_logout_token_ends_the_session_that_it_names_and_nothing_forged_does() {
    let op = StubOp::start(&json!({}));
    let hub = behind(&op);
    let (mut ada, claims) = come_in_by(&hub, &op, CODE);
    let (mut eva, theirs) = come_in_by(&hub, &op, "VRDLGU85A01F205X");
    let good = StubOp::logout(&claims, "out-1");
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        claims
    };
    let stranger = StubOp::start(&json!({}));
    let at = Clock::system().now().timestamp();
    for (token, why) in [
        (stranger.sign(&good), "token-signature"),
        (op.sign(&with("iss", json!(stranger.issuer))), "logout-token-issuer"),
        (op.sign(&with("aud", json!("another"))), "logout-token-audience"),
        (op.sign(&with("nonce", json!("n"))), "logout-token-nonce"),
        (op.sign(&with("events", json!({}))), "logout-token-event"),
        (op.sign(&with("exp", json!(at - 120))), "logout-token-expired"),
        (op.sign(&with("iat", json!(at - 100_000))), "logout-token-iat"),
        (op.sign(&with("jti", json!(""))), "logout-token-jti"),
        // The ID token of the login is none.
        (op.sign(&claims), "logout-token-event"),
        (String::new(), "token-parts"),
    ] {
        let page = tell(&hub, "/oidc/logout/op", &[("logout_token", &token)]);
        assert_eq!(page.status, 400, "{why}: {}", page.body);
        assert_eq!(page.header("cache-control"), Some("no-store"));
        let said: Value = serde_json::from_str(&page.body).unwrap();
        assert_eq!(said["error"], "invalid_request");
        assert_eq!(said["error_description"], why);
        assert!(!is_out(&hub, &mut ada), "{why}");
    }
    assert_eq!(tell(&hub, "/oidc/logout/other", &[("logout_token", &op.sign(&good))]).status, 404);
    // Of a session that is not here, or of one person and another's session: taken, and nothing ends.
    for (name, stray) in [("out-2", "sid"), ("out-3", "sub")] {
        let mut stray_claims = StubOp::logout(&claims, name);
        stray_claims[stray] = if stray == "sub" { theirs["sub"].clone() } else { json!("none") };
        let token = op.sign(&stray_claims);
        assert_eq!(tell(&hub, "/oidc/logout/op", &[("logout_token", &token)]).status, 200);
        assert!(!is_out(&hub, &mut ada) && !is_out(&hub, &mut eva), "{stray}");
    }
    let token = op.sign(&good);
    assert_eq!(tell(&hub, "/oidc/logout/op", &[("logout_token", &token)]).status, 200);
    assert!(is_out(&hub, &mut ada) && !is_out(&hub, &mut eva));
    let page = tell(&hub, "/oidc/logout/op", &[("logout_token", &token)]);
    assert!(page.status == 400 && page.body.contains("logout-token-replayed"), "{}", page.body);
    // All of a person's, where no session is named.
    let mut all = StubOp::logout(&theirs, "out-4");
    all.as_object_mut().unwrap().remove("sid");
    assert_eq!(tell(&hub, "/oidc/logout/op", &[("logout_token", &op.sign(&all))]).status, 200);
    assert!(is_out(&hub, &mut eva));
}
