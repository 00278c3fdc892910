//! Single logout over real HTTP: one session, several service providers, each of which may answer, refuse,
//! or never come back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ponte::partners::registry::Entry;
use ponte::saml::binding::{self, Inbound, Parameter};
use ponte::saml::names;
use ponte::saml::signature::{self, PublicKey};
use ponte::saml::structure::{self, Root, Signed};
use ponte::saml::xml;
use ponte::world::signer::Signer as _;

use crate::support::agent::{Agent, Page};
use crate::support::house::{House, Inhabitant};
use crate::support::keys;
use crate::support::logout::{Logout, SUCCESS};
use crate::support::sp::{Endpoint, Issuer, Metadata};

const A: &str = "https://a.example.org/spid";
const B: &str = "https://b.example.org/spid";
const C: &str = "https://c.example.org/spid";
/// Takes logouts by SOAP alone.
const D: &str = "https://d.example.org/spid";
const REQUESTER: &str = "urn:oasis:names:tc:SAML:2.0:status:Requester";
const PARTIAL: &str = "urn:oasis:names:tc:SAML:2.0:status:PartialLogout";
const RESPONDER: &str = "urn:oasis:names:tc:SAML:2.0:status:Responder";

/// What a service provider was told of a person.
#[derive(Clone, Debug)]
struct Known {
    entity_id: &'static str,
    name_id: String,
    index: Option<String>,
}

/// A message that we sent, verified.
#[derive(Debug)]
struct Sent {
    to: String,
    xml: String,
    relay_state: Option<String>,
}

fn service_provider(entity_id: &str, name: &str, bindings: &[&'static str]) -> (String, Entry) {
    let mut metadata = Metadata::spid();
    metadata.entity_id = Some(entity_id.into());
    metadata.organization = vec![("it".into(), name.into())];
    metadata.consumers = vec![Endpoint::post(0, &format!("{entity_id}/acs"))];
    for set in &mut metadata.attribute_sets {
        set.names = vec![("it".into(), name.into())];
    }
    metadata.logouts = bindings
        .iter()
        .map(|binding| {
            let response = (entity_id == A).then(|| format!("{entity_id}/slo/response"));
            (*binding, format!("{entity_id}/slo"), response)
        })
        .collect();
    (metadata.signed(&keys::SP.signer), Entry::default())
}

fn house() -> House {
    House::with(|making| {
        making.service_providers = vec![
            service_provider(A, "Servizio A", &[names::HTTP_REDIRECT, names::HTTP_POST]),
            service_provider(B, "Servizio B", &[names::HTTP_POST]),
            service_provider(C, "Servizio C", &[names::HTTP_REDIRECT]),
            service_provider(D, "Servizio D", &["urn:oasis:names:tc:SAML:2.0:bindings:SOAP"]),
        ];
    })
}

/// Logs `person` in at `entity_id`.
fn log_in(
    house: &House,
    agent: &mut Agent,
    person: &Inhabitant,
    entity_id: &'static str,
    level: u8,
) -> Known {
    let request = house.spid(level, |request| {
        request.issuer = Some(Issuer {
            format: Some(names::FORMAT_ENTITY.into()),
            name_qualifier: Some(entity_id.into()),
            value: entity_id.into(),
        });
    });
    let mut page = house.walk(agent, &request, person);
    if page.form_with_button("decision", "accept").is_some() {
        page = house.accept(agent, &page);
    }
    let form = page.form_with(&["SAMLResponse"]).unwrap_or_else(|| panic!("{}", page.body));
    let xml = STANDARD.decode(form.field("SAMLResponse").unwrap()).unwrap();
    let xml = String::from_utf8(xml).unwrap();
    let between = |from: &str, to: &str| {
        let rest = &xml[xml.find(from)? + from.len()..];
        Some(rest[..rest.find(to)?].to_owned())
    };
    let name_id = between("<saml:NameID ", "</saml:NameID>").unwrap();
    Known {
        entity_id,
        name_id: name_id.split_once('>').unwrap().1.to_owned(),
        index: between("SessionIndex=\"", "\""),
    }
}

/// The request with which a service provider wants somebody out, who it was told is `known`.
fn request(house: &House, known: &Known, id: &str) -> Logout {
    let issued = house.now().format("%Y-%m-%dT%H:%M:%SZ").to_string();
    Logout {
        issue_instant: Some(issued),
        destination: Some(house.url("/saml/slo")),
        issuer: known.entity_id.into(),
        name_id: Some(known.name_id.clone()),
        indexes: known.index.clone().into_iter().collect(),
        ..Logout::request(id)
    }
}

/// The response of `entity_id` to our request `sent`.
fn response(house: &House, entity_id: &str, sent: &Sent) -> Logout {
    let issued = house.now().format("%Y-%m-%dT%H:%M:%SZ").to_string();
    Logout {
        issue_instant: Some(issued),
        destination: Some(house.url("/saml/slo/response")),
        issuer: entity_id.into(),
        ..Logout::response(&format!("_r{}", sent.id()), sent.id())
    }
}

fn by_redirect(house: &House, agent: &mut Agent, message: &Logout) -> Page {
    let path = message.destination.clone().unwrap();
    let query = message.redirect(Some("state"), &keys::SP.signer);
    assert!(path.starts_with(&house.url("")));
    let page = agent.get_once(&format!("{path}?{query}")).unwrap();
    follow(house, agent, page)
}

fn by_post(house: &House, agent: &mut Agent, message: &Logout) -> Page {
    let path = message.destination.clone().unwrap();
    let form = message.post(Some("state"), &keys::SP.signer);
    let page = agent.post_from_elsewhere(&path, &form).unwrap();
    follow(house, agent, page)
}

/// Follows `page` as far as it stays with us.
fn follow(house: &House, agent: &mut Agent, mut page: Page) -> Page {
    while let Some(to) = page.header("location") {
        let next = page.url.join(to).unwrap();
        if !next.as_str().starts_with(&house.url("")) {
            break;
        }
        page = agent.get_once(next.as_str()).unwrap();
    }
    page
}

impl Sent {
    /// The message that `page` sends to another site: by redirect, by a link, or by a form.
    fn of(page: &Page, parameter: Parameter) -> Self {
        let (field, root) = match parameter {
            Parameter::SamlRequest => ("SAMLRequest", Root::LogoutRequest),
            Parameter::SamlResponse => ("SAMLResponse", Root::LogoutResponse),
        };
        let keys = [PublicKey::from_certificate_der(keys::IDP.signer.certificate()).unwrap()];
        if let Some(form) = page.form_with(&[field]) {
            let xml = STANDARD.decode(form.field(field).unwrap()).unwrap();
            let xml = String::from_utf8(xml).unwrap();
            let document = xml::parse(&xml).unwrap();
            let signed = Signed::Enveloped { required: true };
            signature::verify(&structure::check(&document, root, signed).unwrap(), &keys).unwrap();
            let relay_state = form.field("RelayState").map(str::to_owned);
            return Self { to: form.action, xml: xml.clone(), relay_state };
        }
        let url = match page.header("location") {
            Some(location) => location.to_owned(),
            None => {
                let link = page.body.split("href=\"").skip(1).map(|rest| rest.split('"').next());
                let mut links = link.flatten().filter(|link| link.contains(&format!("{field}=")));
                crate::support::agent::unescape(
                    links.next().unwrap_or_else(|| panic!("{}", page.body)),
                )
            }
        };
        let (to, query) = url.split_once('?').unwrap();
        let decoded = binding::decode(Inbound::Redirect { query }, parameter).unwrap();
        let document = xml::parse(&decoded.xml).unwrap();
        structure::check(&document, root, Signed::Detached).unwrap();
        signature::verify_detached(&decoded, &keys).unwrap();
        Self { to: to.to_owned(), xml: decoded.xml.clone(), relay_state: decoded.relay_state }
    }

    fn id(&self) -> &str {
        self.between(" ID=\"", "\"")
    }

    fn between(&self, from: &str, to: &str) -> &str {
        let rest = &self.xml[self.xml.find(from).unwrap() + from.len()..];
        &rest[..rest.find(to).unwrap()]
    }

    fn status(&self) -> Vec<&str> {
        self.xml
            .split("<samlp:StatusCode Value=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap())
            .collect()
    }
}

/// Presses the button of `page` that posts to a step of the logout.
fn press(agent: &mut Agent, page: &Page, step: &str) -> Page {
    let form = page.forms().into_iter().find(|form| form.action.ends_with(step));
    agent.submit(page, &form.unwrap_or_else(|| panic!("{}", page.body)), &[]).unwrap()
}

fn has_session(house: &House, agent: &mut Agent) -> bool {
    let page = agent.get(&house.url("/logout")).unwrap();
    assert_eq!(page.status, 200);
    !page.body.contains("Nessuna sessione aperta")
}

/// SP-03; spid-saml §1.5, §5.
#[test]
fn all_others_are_told_one_after_another_and_the_initiator_hears_of_it() {
    let house = house();
    let anna = house.inhabitant("anna");
    let mut agent = Agent::new();
    let known = [A, B, C].map(|sp| log_in(&house, &mut agent, &anna, sp, 1));
    let page = by_redirect(&house, &mut agent, &request(&house, &known[0], "_out"));
    assert!(page.url.path().starts_with("/logout/"), "{}", page.url);
    assert!(page.body.contains("Servizio B") && page.body.contains("Servizio C"));
    assert!(!page.body.contains("Servizio A"), "who asked is not asked");
    let to_b = Sent::of(&page, Parameter::SamlRequest);
    assert_eq!(to_b.to, format!("{B}/slo"));
    assert!(to_b.xml.contains(&format!(">{}</saml:NameID>", known[1].name_id)), "{}", to_b.xml);
    assert_eq!(to_b.between("<samlp:SessionIndex>", "<"), known[1].index.as_deref().unwrap());
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self' https://b.example.org;"), "{policy}");
    let page = by_post(&house, &mut agent, &response(&house, B, &to_b));
    let to_c = Sent::of(&page, Parameter::SamlRequest);
    assert_eq!(to_c.to, format!("{C}/slo"));
    assert!(to_c.xml.contains(&format!(">{}</saml:NameID>", known[2].name_id)));
    let page = by_redirect(&house, &mut agent, &response(&house, C, &to_c));
    let back = Sent::of(&page, Parameter::SamlResponse);
    assert_eq!(back.to, format!("{A}/slo/response"), "ResponseLocation");
    assert_eq!(back.status(), [SUCCESS]);
    assert_eq!(back.between("InResponseTo=\"", "\""), "_out");
    assert_eq!(back.relay_state.as_deref(), Some("state"));
    assert!(!has_session(&house, &mut agent));
}

#[test]
fn whoever_never_comes_back_does_not_hold_the_person_and_is_named() {
    let house = house();
    let anna = house.inhabitant("anna");
    let mut agent = Agent::new();
    let known = [A, B, C, D].map(|sp| log_in(&house, &mut agent, &anna, sp, 1));
    let page = by_post(&house, &mut agent, &request(&house, &known[0], "_out"));
    let handle = page.url.to_string();
    let to_b = Sent::of(&page, Parameter::SamlRequest);
    // B cannot be reached: the person goes back, and on.
    let page = agent.get(&handle).unwrap();
    assert!(page.body.contains("Un servizio non ha risposto"), "{}", page.body);
    let page = press(&mut agent, &page, "/again");
    let to_b_again = Sent::of(&page, Parameter::SamlRequest);
    assert_eq!(to_b_again.to, format!("{B}/slo"));
    assert_ne!(to_b_again.id(), to_b.id());
    let page = agent.get(&handle).unwrap();
    let page = press(&mut agent, &page, "/go-on");
    let to_c = Sent::of(&page, Parameter::SamlRequest);
    assert_eq!(to_c.to, format!("{C}/slo"));
    // C is silent for a minute, and is not waited for any longer.
    house.wait(61);
    let page = agent.get(&handle).unwrap();
    assert!(page.body.contains("non dappertutto"), "{}", page.body);
    let said: Vec<_> = [
        ("Servizio B", "non ha risposto"),
        ("Servizio C", "non ha risposto"),
        ("Servizio D", "non si può avvisare"),
    ]
    .into_iter()
    .map(|(name, standing)| page.body.contains(&format!("<dt>{name}</dt><dd>{standing}</dd>")))
    .collect();
    assert_eq!(said, [true; 3], "{}", page.body);
    let back = Sent::of(&page, Parameter::SamlResponse);
    assert_eq!(back.status(), [REQUESTER, PARTIAL], "spid-saml §1.5");
    assert_eq!(back.to, format!("{A}/slo/response"));
    let again = agent.get(&handle).unwrap();
    assert_eq!(Sent::of(&again, Parameter::SamlResponse).xml, back.xml, "the same octets again");
    // Too late, all of them.
    for (entity_id, late) in [(C, &to_c), (B, &to_b), (B, &to_b_again)] {
        let page = by_redirect(&house, &mut agent, &response(&house, entity_id, late));
        assert_eq!(page.status, 403);
    }
}

#[test]
fn whoever_refuses_is_named_too() {
    let house = house();
    let anna = house.inhabitant("anna");
    let mut agent = Agent::new();
    let known = [A, B].map(|sp| log_in(&house, &mut agent, &anna, sp, 1));
    let page = by_redirect(&house, &mut agent, &request(&house, &known[0], "_out"));
    let to_b = Sent::of(&page, Parameter::SamlRequest);
    let refusal = Logout { status: vec![RESPONDER.into()], ..response(&house, B, &to_b) };
    let page = by_post(&house, &mut agent, &refusal);
    assert!(
        page.body.contains("<dt>Servizio B</dt><dd>non ha confermato l’uscita</dd>"),
        "{}",
        page.body
    );
    assert_eq!(Sent::of(&page, Parameter::SamlResponse).status(), [REQUESTER, PARTIAL]);
}

#[test]
fn the_person_leaves_here_and_everybody_is_told() {
    let house = house();
    let anna = house.inhabitant("anna");
    let mut agent = Agent::new();
    for sp in [A, B] {
        log_in(&house, &mut agent, &anna, sp, 1);
    }
    let page = agent.get(&house.url("/logout")).unwrap();
    assert!(page.body.contains("Servizio A") && page.body.contains("Servizio B"));
    assert!(has_session(&house, &mut agent), "to look is not to leave");
    let page = press(&mut agent, &page, "/logout");
    let to_a = Sent::of(&page, Parameter::SamlRequest);
    assert_eq!(to_a.to, format!("{A}/slo"));
    assert!(!has_session(&house, &mut agent.clone()), "it is over before anybody is told");
    let page = by_redirect(&house, &mut agent, &response(&house, A, &to_a));
    let to_b = Sent::of(&page, Parameter::SamlRequest);
    let page = by_post(&house, &mut agent, &response(&house, B, &to_b));
    assert!(page.body.contains("<h1>Sei uscito</h1>"), "{}", page.body);
    assert!(page.body.contains("<dt>Servizio A</dt><dd>uscito</dd>"), "{}", page.body);
}

/// Signing out at the person's own pages is the same logout.
#[test]
fn signing_out_at_the_own_pages_tells_everybody_too() {
    let house = house();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    log_in(&house, &mut agent, &anna, B, 1);
    log_in(&house, &mut agent, &anna, C, 1);
    let page = agent.get(&house.url("/account")).unwrap();
    let page = press(&mut agent, &page, "/account/enter");
    assert_eq!(page.url.path(), "/account/sessions", "the session lets them in");
    let page = press(&mut agent, &page, "/account/sign-out");
    assert!(page.url.path().starts_with("/logout/"), "{}", page.url);
    assert!(!has_session(&house, &mut agent), "it is over at once");
    let first = Sent::of(&page, Parameter::SamlRequest);
    assert_eq!(first.to, format!("{B}/slo"));
    let page = by_redirect(&house, &mut agent, &response(&house, B, &first));
    let second = Sent::of(&page, Parameter::SamlRequest);
    assert_eq!(second.to, format!("{C}/slo"));
    let page = by_redirect(&house, &mut agent, &response(&house, C, &second));
    assert!(page.body.contains("Sei uscito"), "{}", page.body);
    assert!(!agent.cookie_header("idp.localhost").contains("__Host-session"));
}

#[test]
fn nobody_leaves_by_a_form_of_another_site_or_without_its_token() {
    let house = house();
    let anna = house.inhabitant("anna");
    let mut agent = Agent::new();
    log_in(&house, &mut agent, &anna, A, 1);
    let page = agent.get(&house.url("/logout")).unwrap();
    let form = page.forms().into_iter().find(|form| form.action == "/logout").unwrap();
    let wrong = agent.submit(&page, &form, &[("csrf", "x")]).unwrap();
    assert_eq!(wrong.status, 403);
    let mut foreign = agent.clone();
    let csrf = form.field("csrf").unwrap();
    let page = foreign.post_from_elsewhere(&house.url("/logout"), &format!("csrf={csrf}")).unwrap();
    assert_eq!(page.status, 403);
    assert!(has_session(&house, &mut agent));
}

/// spid-saml §5: after a session's end, and for logins that have none.
#[test]
fn a_name_without_a_session_is_answered_partial_and_never_an_error_of_ours() {
    let house = house();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    let two = log_in(&house, &mut agent, &anna, A, 2);
    assert_eq!(two.index, None, "SP-03");
    for (id, by) in [("_1", true), ("_2", false)] {
        let message = request(&house, &two, id);
        let page = if by {
            by_redirect(&house, &mut agent, &message)
        } else {
            by_post(&house, &mut agent, &message)
        };
        let back = Sent::of(&page, Parameter::SamlResponse);
        assert_eq!(back.status(), [REQUESTER, PARTIAL], "{by}");
        assert_eq!(back.between("InResponseTo=\"", "\""), id);
    }
    let one = log_in(&house, &mut agent, &anna, A, 1);
    house.wait(8 * 3600);
    let page = by_redirect(&house, &mut agent, &request(&house, &one, "_3"));
    assert_eq!(Sent::of(&page, Parameter::SamlResponse).status(), [REQUESTER, PARTIAL]);
}

#[test]
fn a_session_with_one_service_ends_without_a_page() {
    let house = house();
    let anna = house.inhabitant("anna");
    let mut agent = Agent::new();
    let known = log_in(&house, &mut agent, &anna, B, 1);
    let page = by_post(&house, &mut agent, &request(&house, &known, "_out"));
    let back = Sent::of(&page, Parameter::SamlResponse);
    assert_eq!(
        (back.to.as_str(), back.status()),
        ("https://b.example.org/spid/slo", vec![SUCCESS])
    );
    assert!(!has_session(&house, &mut agent));
}

/// Each beside a control that differs in one thing.
#[test]
fn a_logout_is_for_whoever_was_told_the_name_and_counts_once() {
    let house = house();
    let anna = house.inhabitant("anna");
    let mut agent = Agent::new();
    let known = [A, B].map(|sp| log_in(&house, &mut agent, &anna, sp, 1));
    let good = request(&house, &known[1], "_b");
    let others = [
        ("another's name", Logout { name_id: Some(known[0].name_id.clone()), ..good.clone() }),
        (
            "another's index",
            Logout { indexes: vec![known[0].index.clone().unwrap()], ..good.clone() },
        ),
        ("a persistent name", {
            let mut message = good.clone();
            message.name[0] = None;
            message.name_id = Some("_nobody".into());
            message
        }),
    ];
    for (number, (what, message)) in others.into_iter().enumerate() {
        let message = Logout { id: Some(format!("_wrong{number}")), ..message };
        let page = by_redirect(&house, &mut agent, &message);
        assert_eq!(
            Sent::of(&page, Parameter::SamlResponse).status(),
            [REQUESTER, PARTIAL],
            "{what}"
        );
        assert!(has_session(&house, &mut agent), "{what}");
    }
    let expired = house.now().format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let late = Logout { not_on_or_after: Some(expired), id: Some("_late".into()), ..good.clone() };
    let page = by_redirect(&house, &mut agent, &late);
    assert_eq!(Sent::of(&page, Parameter::SamlResponse).status(), [REQUESTER, PARTIAL]);
    assert!(has_session(&house, &mut agent), "its time is over");
    let elsewhere = Logout { destination: Some(house.url("/saml/sso")), ..good.clone() };
    let mut wrong_place = elsewhere.clone();
    wrong_place.id = Some("_wrong_place".into());
    let query = wrong_place.redirect(None, &keys::SP.signer);
    let page = agent.get_once(&house.url(&format!("/saml/slo?{query}"))).unwrap();
    assert_eq!(Sent::of(&page, Parameter::SamlResponse).status(), [REQUESTER, PARTIAL]);
    assert!(has_session(&house, &mut agent), "it was meant for another place");

    let page = by_redirect(&house, &mut agent, &good);
    assert!(page.url.path().starts_with("/logout/"), "{}", page.body);
    assert!(!has_session(&house, &mut agent.clone()));
    let again = by_redirect(&house, &mut agent, &good);
    let back = Sent::of(&again, Parameter::SamlResponse);
    assert_eq!(back.status(), [REQUESTER, PARTIAL], "replayed");
    assert!(back.xml.contains("must not have been used before"), "{}", back.xml);
}

#[test]
fn an_answer_counts_from_whoever_was_asked_and_once() {
    let house = house();
    let anna = house.inhabitant("anna");
    let mut agent = Agent::new();
    let known = [A, B, C].map(|sp| log_in(&house, &mut agent, &anna, sp, 1));
    let page = by_redirect(&house, &mut agent, &request(&house, &known[0], "_out"));
    let to_b = Sent::of(&page, Parameter::SamlRequest);
    let handle = page.url.to_string();
    let good = response(&house, B, &to_b);
    for (what, wrong) in [
        ("of another participant", Logout { issuer: C.into(), ..good.clone() }),
        ("of the initiator", Logout { issuer: A.into(), ..good.clone() }),
        ("to nothing of ours", Logout { in_response_to: Some("_nothing".into()), ..good.clone() }),
        (
            "to the initiator's request",
            Logout { in_response_to: Some("_out".into()), ..good.clone() },
        ),
    ] {
        let page = by_post(&house, &mut agent, &wrong);
        assert_eq!(page.status, 403, "{what}");
        let page = agent.get(&handle).unwrap();
        assert!(
            page.body.contains("<dt>Servizio B</dt><dd>non ha ancora risposto</dd>"),
            "{what}: {}",
            page.body
        );
    }
    let page = by_post(&house, &mut agent, &good);
    let to_c = Sent::of(&page, Parameter::SamlRequest);
    assert_eq!(by_post(&house, &mut agent, &good).status, 403, "once");
    let page = by_redirect(&house, &mut agent, &response(&house, C, &to_c));
    assert_eq!(Sent::of(&page, Parameter::SamlResponse).status(), [SUCCESS]);
}

/// A service provider that brings a name of its own in a browser of its own learns nothing of the others.
#[test]
fn a_strangers_browser_ends_the_session_and_is_shown_and_sent_nowhere() {
    let house = house();
    let anna = house.inhabitant("anna");
    let mut agent = Agent::new();
    let known = [A, B].map(|sp| log_in(&house, &mut agent, &anna, sp, 1));
    let mut stranger = Agent::new();
    let page = by_redirect(&house, &mut stranger, &request(&house, &known[0], "_out"));
    assert!(!page.body.contains("Servizio B"), "{}", page.body);
    assert!(page.body.contains("la sessione era in un altro browser"), "{}", page.body);
    assert_eq!(Sent::of(&page, Parameter::SamlResponse).status(), [REQUESTER, PARTIAL]);
    assert!(!has_session(&house, &mut agent), "it is over all the same");
    // And nobody looks at the logout of another.
    let handle = page.url.to_string();
    assert_eq!(Agent::new().get(&handle).unwrap().status, 403);
}

#[test]
fn both_messages_and_a_message_by_the_wrong_method_are_refused() {
    let house = house();
    let anna = house.inhabitant("anna");
    let mut agent = Agent::new();
    let known = log_in(&house, &mut agent, &anna, A, 1);
    let message = request(&house, &known, "_out");
    let query = message.redirect(None, &keys::SP.signer);
    for (what, page) in [
        ("both", agent.get(&house.url(&format!("/saml/slo?{query}&SAMLResponse=x")))),
        ("none", agent.get(&house.url("/saml/slo"))),
        ("posted in the query", agent.post(&house.url(&format!("/saml/slo?{query}")), &[])),
        ("an empty form", agent.post(&house.url("/saml/slo/response"), &[])),
    ] {
        assert_eq!(page.unwrap().status, 403, "{what}");
    }
    assert!(has_session(&house, &mut agent));
    let page = by_redirect(&house, &mut agent, &message);
    assert_eq!(Sent::of(&page, Parameter::SamlResponse).status(), [SUCCESS], "the control");
}
