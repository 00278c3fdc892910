//! Logout messages: what is taken, what is refused and who hears of it, what we write ourselves.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ponte::saml::binding::{self, Binding, Inbound, Parameter};
use ponte::saml::logout::check;
use ponte::saml::logout::message::{Kind, NameId};
use ponte::saml::logout::receive::{Received, Rejected};
use ponte::saml::logout::write::{self, Asking, Dispatch, ReplyTo, Verdict};
use ponte::saml::names;
use ponte::saml::partner::Profile;
use ponte::saml::signature::{self, PublicKey};
use ponte::saml::structure::{self, Root, Signed};
use ponte::saml::xml;
use ponte::world::random::Random;
use ponte::world::signer::Signer as _;

use crate::support::keys;
use crate::support::logout::{Logout, SUCCESS, by_post, by_redirect, form_as};
use crate::support::requests::{
    IDP_ENTITY, OTHER_ENTITY, SLO, envelop, identity_provider, now, partner, sign_text,
};
use crate::support::sp::{DESTINATION, GENERIC_ENTITY, SPID_ENTITY, deflate, redirect_as};

/// What came of a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Came {
    Taken,
    /// The service provider is told; the number is that of the fault's kind.
    Told(u16),
    Page(u16),
}

fn came(outcome: &Result<Received, Rejected>) -> Came {
    match outcome {
        Ok(_) => Came::Taken,
        Err(Rejected::Registered { fault, reply_to, partner }) => {
            assert!(partner.logouts.iter().any(|service| {
                service.response_location.as_ref().unwrap_or(&service.location)
                    == &reply_to.location
            }));
            Came::Told(fault.kind.number())
        }
        Err(Rejected::Browser { fault, http_status, .. }) => {
            assert_eq!(*http_status, 403);
            Came::Page(fault.kind.number())
        }
    }
}

fn rule_of(outcome: &Result<Received, Rejected>) -> Option<&'static str> {
    match outcome {
        Ok(_) => None,
        Err(Rejected::Registered { fault, .. } | Rejected::Browser { fault, .. }) => {
            Some(fault.rule)
        }
    }
}

/// A change of one thing, and what comes of it.
type Row = (&'static str, fn(&mut Logout), Came);

fn set(value: &str) -> Option<String> {
    Some(value.into())
}

const EVERY_REQUEST: &[Row] = &[
    ("nothing changed", |_| {}, Came::Taken),
    ("another's name as Issuer", |m| m.issuer = OTHER_ENTITY.into(), Came::Page(0)),
    ("an unknown Issuer", |m| m.issuer = "https://nobody.example.org".into(), Came::Page(10)),
    (
        "an Issuer of another format",
        |m| m.issuer_format = set(names::FORMAT_TRANSIENT),
        Came::Page(10),
    ),
    ("an Issuer of no format", |m| m.issuer_format = None, Came::Taken),
    ("two NameIDs", |m| m.extra = name_id("_another"), Came::Told(8)),
    ("an attribute too much", |m| m.version = set("2.0\" Odd=\"1"), Came::Told(8)),
    ("version 1.1", |m| m.version = set("1.1"), Came::Told(9)),
    ("no version", |m| m.version = None, Came::Told(9)),
    ("an ID that is none", |m| m.id = set("1"), Came::Told(11)),
    ("a day for an instant", |m| m.issue_instant = set("2026-11-22"), Came::Told(13)),
    ("no instant", |m| m.issue_instant = None, Came::Told(13)),
    ("issued six minutes ago", |m| m.issue_instant = set("2026-11-22T00:04:02Z"), Came::Told(13)),
    ("issued five minutes ago", |m| m.issue_instant = set("2026-11-22T00:05:03Z"), Came::Taken),
    ("issued in three minutes", |m| m.issue_instant = set("2026-11-22T00:13:04Z"), Came::Told(13)),
    ("for the place of logins", |m| m.destination = set(DESTINATION), Came::Told(14)),
    ("for nowhere", |m| m.destination = set(""), Came::Told(14)),
    ("good until this second", |m| m.not_on_or_after = set("2026-11-22T00:10:03Z"), Came::Told(13)),
    ("good for another second", |m| m.not_on_or_after = set("2026-11-22T00:10:04Z"), Came::Taken),
    ("good until no time", |m| m.not_on_or_after = set("tomorrow"), Came::Told(13)),
    ("no NameID", |m| m.name_id = None, Came::Told(8)),
    ("an empty NameID", |m| m.name_id = set(" "), Came::Told(8)),
    ("two indexes", |m| m.indexes.push("_index-2".into()), Came::Taken),
    ("no index", |m| m.indexes.clear(), Came::Taken),
    ("an empty index", |m| m.indexes.push(String::new()), Came::Told(8)),
];

const SPID_REQUESTS: &[Row] = &[
    ("no destination", |m| m.destination = None, Came::Told(14)),
    ("for our entityID", |m| m.destination = set(IDP_ENTITY), Came::Taken),
    ("a persistent name", |m| m.name[0] = set(names::FORMAT_PERSISTENT), Came::Told(8)),
    ("a name of no format", |m| m.name[0] = None, Came::Taken),
    ("a name of another qualifier", |m| m.name[1] = set("https://x.example.org"), Came::Taken),
];

const GENERIC_REQUESTS: &[Row] = &[
    ("for our entityID", |m| m.destination = set(IDP_ENTITY), Came::Told(14)),
    ("a persistent name", |m| m.name[0] = set(names::FORMAT_PERSISTENT), Came::Taken),
    ("another's qualifier", |m| m.name[1] = set("https://x.example.org"), Came::Told(8)),
    ("another's own qualifier", |m| m.name[2] = set(OTHER_ENTITY), Came::Told(8)),
    ("its own qualifier", |m| m.name[2] = set(GENERIC_ENTITY), Came::Taken),
];

const EVERY_RESPONSE: &[Row] = &[
    ("nothing changed", |_| {}, Came::Taken),
    (
        "an Issuer of another format",
        |m| m.issuer_format = set(names::FORMAT_TRANSIENT),
        Came::Page(10),
    ),
    ("a NameID", |m| m.extra = name_id("_another"), Came::Page(8)),
    ("version 1.1", |m| m.version = set("1.1"), Came::Page(9)),
    ("an ID that is none", |m| m.id = set("1"), Came::Page(11)),
    ("a day for an instant", |m| m.issue_instant = set("2026-11-22"), Came::Page(13)),
    ("issued six minutes ago", |m| m.issue_instant = set("2026-11-22T00:04:02Z"), Came::Page(13)),
    ("for the place of requests", |m| m.destination = set(SLO), Came::Taken),
    ("for the place of logins", |m| m.destination = set(DESTINATION), Came::Page(14)),
    ("to nothing", |m| m.in_response_to = None, Came::Page(8)),
    ("to what is no ID", |m| m.in_response_to = set("1 2"), Came::Page(8)),
    ("no status", |m| m.status.clear(), Came::Page(8)),
    ("an empty status", |m| m.status = vec![String::new()], Came::Page(8)),
    (
        "another status",
        |m| m.status = vec!["urn:oasis:names:tc:SAML:2.0:status:Responder".into()],
        Came::Taken,
    ),
];

fn name_id(name: &str) -> String {
    format!(
        "<saml:NameID xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">{name}</saml:NameID>"
    )
}

/// Sends each row both ways; answers what is not as it should be, and the rules that were broken.
fn run(good: &Logout, rows: &[&[Row]]) -> (String, Vec<&'static str>) {
    let (mut wrong, mut broken) = (String::new(), Vec::new());
    for (what, change, expected) in rows.iter().copied().flatten() {
        let mut message = good.clone();
        change(&mut message);
        let redirect = by_redirect(&message.redirect(Some("state"), &keys::SP.signer));
        let post = by_post(&message.post(Some("state"), &keys::SP.signer));
        for (how, outcome, signature) in [("redirect", redirect, 5), ("post", post, 7)] {
            broken.extend(rule_of(&outcome));
            // A number of 0 stands for the signature's, which depends on the binding.
            let expected =
                if *expected == Came::Page(0) { Came::Page(signature) } else { *expected };
            let came = came(&outcome);
            if came != expected {
                writeln!(wrong, "{what}, by {how}: {came:?}, not {expected:?}: {outcome:?}")
                    .unwrap();
            }
        }
    }
    (wrong, broken)
}

fn all_rows_hold(profile: Profile, kind: Kind, good: &Logout, rows: &[&[Row]]) {
    let (wrong, broken) = run(good, rows);
    assert!(wrong.is_empty(), "{wrong}");
    let rules = check::rules(profile, kind).checks.iter().map(|check| check.rule);
    // The first row that none can break: whoever signs is found by the Issuer.
    let untested: Vec<_> = rules
        .filter(|rule| !broken.contains(rule))
        .filter(|rule| !rule.contains("whose key"))
        .collect();
    assert_eq!(untested, Vec::<&str>::new());
}

#[test]
fn spids_rules_for_requests_hold_one_by_one() {
    let good = Logout::request("_r1");
    all_rows_hold(Profile::Spid, Kind::Request, &good, &[EVERY_REQUEST, SPID_REQUESTS]);
}

#[test]
fn samls_rules_for_requests_hold_one_by_one() {
    let good = Logout::request("_r1").generic();
    all_rows_hold(Profile::Generic, Kind::Request, &good, &[EVERY_REQUEST, GENERIC_REQUESTS]);
    let mut elsewhere = good;
    elsewhere.destination = None;
    assert_eq!(came(&by_redirect(&elsewhere.redirect(None, &keys::SP.signer))), Came::Taken);
    assert_eq!(came(&by_post(&elsewhere.post(None, &keys::SP.signer))), Came::Told(14));
}

#[test]
fn the_rules_for_responses_hold_one_by_one() {
    let good = Logout::response("_a1", "_ours");
    all_rows_hold(Profile::Spid, Kind::Response, &good, &[EVERY_RESPONSE]);
    all_rows_hold(Profile::Generic, Kind::Response, &good.generic(), &[EVERY_RESPONSE]);
}

#[test]
fn a_request_is_read_whole() {
    let mut message = Logout::request("_r1");
    message.indexes.push(" _index-2\n".into());
    let query = message.redirect(Some("a b"), &keys::SP.signer);
    let Ok(Received::Request(request)) = by_redirect(&query) else { panic!("refused") };
    assert_eq!(request.id, "_r1");
    assert_eq!(request.name_id.value, "_name-of-anna");
    assert_eq!(request.session_indexes, ["_index-1", "_index-2"]);
    let reply_to = request.reply_to.unwrap();
    assert_eq!(reply_to.location, "https://sp.example.org/slo/response", "ResponseLocation");
    assert_eq!(reply_to.binding, Binding::Redirect);
    assert_eq!(reply_to.relay_state.as_deref(), Some("a b"));
    let Ok(Received::Request(request)) = by_post(&message.post(None, &keys::SP.signer)) else {
        panic!("refused")
    };
    let reply_to = request.reply_to.unwrap();
    assert_eq!(reply_to.location, "https://sp.example.org/slo", "Location, without the other");
    assert_eq!(reply_to.binding, Binding::Post);
}

#[test]
fn only_success_alone_confirms() {
    let confirms = |codes: &[&str]| {
        let mut message = Logout::response("_a1", "_ours");
        message.status = codes.iter().map(|code| (*code).to_owned()).collect();
        match by_post(&message.post(None, &keys::SP.signer)) {
            Ok(Received::Response(response)) => {
                assert_eq!(response.in_response_to, "_ours");
                assert_eq!(response.partner.entity_id, SPID_ENTITY);
                response.confirms
            }
            other => panic!("{other:?}"),
        }
    };
    assert!(confirms(&[SUCCESS]));
    assert!(!confirms(&[SUCCESS, "urn:oasis:names:tc:SAML:2.0:status:PartialLogout"]));
    assert!(!confirms(&["urn:oasis:names:tc:SAML:2.0:status:Responder"]));
    assert!(!confirms(&["urn:oasis:names:tc:SAML:2.0:status:Responder", SUCCESS]));
}

/// Each isolated fault of the envelope beside its control.
#[test]
fn nothing_hostile_is_taken_for_a_logout() {
    let (sp, stranger) = (&keys::SP.signer, &keys::STRANGER.signer);
    for good in [Logout::request("_r1"), Logout::response("_a1", "_ours")] {
        let parameter = good.parameter();
        let unsigned = good.xml();
        let signed = sign_text(&unsigned, sp);
        let from = signed.find("<ds:Signature ").unwrap();
        let to = signed.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
        let signature = &signed[from..to];
        let evil = Logout { id: set("_evil"), ..good.clone() }.xml();
        let post = |xml: &str| came(&by_post(&form_as(parameter, xml, None)));
        let redirect = |query: &str| came(&by_redirect(query));
        let query = good.redirect(Some("state"), sp);
        assert_eq!(post(&signed), Came::Taken);
        assert_eq!(redirect(&query), Came::Taken);
        let end = format!("</samlp:{}>", good.element);
        let both = match parameter {
            "SAMLRequest" => format!("{query}&SAMLResponse=x"),
            _ => format!("{query}&SAMLRequest=x"),
        };
        let wrapped = format!("{signature}<samlp:Extensions>{unsigned}</samlp:Extensions>");
        let bare_query = format!("{parameter}={}", urlencode(&deflate(&unsigned)));
        for (what, came, expected) in [
            ("unsigned by post", post(&unsigned), Came::Page(7)),
            ("unsigned by redirect", redirect(&bare_query), Came::Page(5)),
            ("a stranger's signature", post(&sign_text(&unsigned, stranger)), Came::Page(7)),
            ("a stranger's query", redirect(&good.redirect(None, stranger)), Came::Page(5)),
            ("the signature of another", post(&envelop(&evil, signature)), Came::Page(7)),
            ("the signed one within the evil one", post(&envelop(&evil, &wrapped)), Came::Page(7)),
            (
                "the signed one after the evil one's children",
                post(&envelop(&evil, signature).replace(&end, &format!("{unsigned}{end}"))),
                Came::Page(7),
            ),
            (
                "signed within a redirect",
                redirect(&redirect_as(parameter, &signed, None, sp)),
                Came::Page(4),
            ),
            (
                "changed after it was signed",
                post(&signed.replacen("2.0\">", "2.0\"> ", 1)),
                Came::Page(7),
            ),
            (
                "another state in the query",
                redirect(&query.replace("state", "State")),
                Came::Page(5),
            ),
            ("both messages at once", redirect(&both), Came::Page(4)),
            ("twice the message", redirect(&format!("{query}&{query}")), Came::Page(4)),
            ("no message", redirect("RelayState=x"), Came::Page(4)),
            ("the other message's name", came_as_other(&good, &signed), Came::Page(7)),
        ] {
            assert_eq!(came, expected, "{}: {what}", good.element);
        }
    }
    let disabled = Logout {
        issuer: crate::support::requests::DISABLED_ENTITY.into(),
        ..Logout::request("_r1")
    };
    assert_eq!(came(&by_redirect(&disabled.redirect(None, sp))), Came::Page(10));
}

fn came_as_other(good: &Logout, signed: &str) -> Came {
    let other = if good.parameter() == "SAMLRequest" { "SAMLResponse" } else { "SAMLRequest" };
    came(&by_post(&form_as(other, signed, None)))
}

fn urlencode(text: &str) -> String {
    crate::support::requests::escape(text)
}

/// What we wrote, as whoever knows our key reads it: the message's text.
fn read_back(dispatch: &Dispatch, root: Root, wanted: Parameter) -> String {
    let keys = [PublicKey::from_certificate_der(keys::IDP.signer.certificate()).unwrap()];
    match dispatch {
        Dispatch::Redirect { url } => {
            let query = url.split_once('?').unwrap().1;
            let decoded = binding::decode(Inbound::Redirect { query }, wanted).unwrap();
            let document = xml::parse(&decoded.xml).unwrap();
            structure::check(&document, root, Signed::Detached).unwrap();
            signature::verify_detached(&decoded, &keys).unwrap();
            decoded.xml
        }
        Dispatch::Post { parameter, message, .. } => {
            assert_eq!(*parameter, wanted);
            let text = String::from_utf8(STANDARD.decode(message).unwrap()).unwrap();
            let document = xml::parse(&text).unwrap();
            let sound =
                structure::check(&document, root, Signed::Enveloped { required: true }).unwrap();
            signature::verify(&sound, &keys).unwrap();
            text
        }
    }
}

#[test]
fn our_requests_are_signed_and_say_who() {
    let idp = identity_provider();
    for (entity_id, qualified) in [(SPID_ENTITY, true), (GENERIC_ENTITY, false)] {
        let partner = partner(entity_id).unwrap();
        for service in &partner.logouts {
            let name_id = NameId {
                value: "_name<&".into(),
                format: set(names::FORMAT_TRANSIENT),
                name_qualifier: set(IDP_ENTITY),
                sp_name_qualifier: None,
            };
            let asking = Asking {
                partner: &partner,
                service,
                id: "_ours",
                issue_instant: now(),
                name_id: &name_id,
                session_indexes: &["_i1".into(), "_i2".into()],
            };
            let sent = write::request(&asking, &idp, &keys::IDP.signer).unwrap();
            let again = write::request(&asking, &idp, &keys::IDP.signer).unwrap();
            assert_eq!(sent, again, "the same request is the same octets");
            assert!(sent.by.target().starts_with(&service.location));
            let xml = read_back(&sent.by, Root::LogoutRequest, Parameter::SamlRequest);
            for part in [
                "ID=\"_ours\"",
                "Version=\"2.0\"",
                "NotOnOrAfter=\"2026-11-22T00:15:03.000Z\"",
                "IssueInstant=\"2026-11-22T00:10:03.000Z\"",
                "<samlp:SessionIndex>_i1</samlp:SessionIndex><samlp:SessionIndex>_i2</samlp:SessionIndex>",
                "NameQualifier=\"https://idp.example.org/saml\">_name&lt;&amp;</saml:NameID>",
                &format!("Destination=\"{}\"", service.location),
            ] {
                assert!(xml.contains(part), "{part}: {xml}");
            }
            assert_eq!(xml.contains("nameid-format:entity"), qualified, "{xml}");
        }
    }
}

#[test]
fn our_responses_say_how_it_ended_in_the_profiles_words() {
    let refused = match by_redirect(
        &Logout { version: None, ..Logout::request("_r1") }.redirect(None, &keys::SP.signer),
    ) {
        Err(Rejected::Registered { fault, .. }) => fault,
        other => panic!("{other:?}"),
    };
    let code = |name: &str| {
        format!("<samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:{name}\">")
    };
    for (profile, verdict, codes) in [
        (Profile::Spid, Verdict::Done, ["Success", ""]),
        (Profile::Generic, Verdict::Done, ["Success", ""]),
        (Profile::Spid, Verdict::Partial, ["Requester", "PartialLogout"]),
        (Profile::Generic, Verdict::Partial, ["Success", "PartialLogout"]),
        (Profile::Spid, Verdict::Refused(&refused), ["Requester", "PartialLogout"]),
        (Profile::Generic, Verdict::Refused(&refused), ["VersionMismatch", ""]),
    ] {
        for binding in [Binding::Redirect, Binding::Post] {
            let reply_to = ReplyTo {
                profile,
                in_response_to: "_theirs".into(),
                issue_instant: now(),
                binding,
                entity_id: SPID_ENTITY.into(),
                location: "https://sp.example.org/slo?a=b".into(),
                relay_state: set("a&b"),
            };
            let (idp, signer) = (identity_provider(), &keys::IDP.signer);
            let random = Random::seeded(1);
            let sent = write::response(&reply_to, verdict, &idp, signer, &random, now()).unwrap();
            let xml = read_back(&sent.by, Root::LogoutResponse, Parameter::SamlResponse);
            let [top, below] = codes;
            let status = match below {
                "" => format!("{}</samlp:StatusCode>", code(top)),
                below => {
                    format!("{}{}</samlp:StatusCode></samlp:StatusCode>", code(top), code(below))
                }
            };
            assert!(xml.contains(&status), "{status}: {xml}");
            assert!(xml.contains("InResponseTo=\"_theirs\""), "{xml}");
            assert!(xml.contains("Destination=\"https://sp.example.org/slo?a=b\""), "{xml}");
            match &sent.by {
                Dispatch::Redirect { url } => {
                    assert!(
                        url.starts_with("https://sp.example.org/slo?a=b&SAMLResponse="),
                        "{url}"
                    );
                    assert!(url.contains("&RelayState=a%26b&SigAlg="), "{url}");
                }
                Dispatch::Post { action, relay_state, .. } => {
                    assert_eq!(action, "https://sp.example.org/slo?a=b");
                    assert_eq!(relay_state.as_deref(), Some("a&b"));
                }
            }
        }
    }
}
