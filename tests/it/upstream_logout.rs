//! Single logout as a participant, against the identity provider that we are ourselves.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use ponte::identity::name_id::NameIdKind;
use ponte::identity::subject::Subject;
use ponte::identity::tenant::TenantId;
use ponte::login::leaving::{Initiator, Party};
use ponte::login::logout::{Logout as UnderWay, NotAsked, Opening};
use ponte::login::request::LocalName;
use ponte::login::session::{Beginning, Lives, Participant, Seen, Session};
use ponte::login::vouched::UpstreamSession;
use ponte::saml::authn_request::Window;
use ponte::saml::binding::{Binding, Inbound, Parameter};
use ponte::saml::identity_provider::{Organization, Supported};
use ponte::saml::logout::message::NameId;
use ponte::saml::logout::receive as by_us;
use ponte::saml::logout::write::{self as ours, Dispatch, Outgoing, Verdict};
use ponte::saml::metadata::write;
use ponte::saml::names;
use ponte::saml::upstream::logout::{
    Asking, Received, Receiving, Refused, receive, request, response,
};
use ponte::saml::upstream::profile::UpstreamProfile;
use ponte::saml::upstream::provider::{IdentityProvider, Trust, read};
use ponte::world::random::Random;

use crate::support::keys::{self, IDP, SP, STRANGER};
use crate::support::logout::{Logout, SUCCESS, by_post, by_redirect, form_as};
use crate::support::requests::{IDP_ENTITY, identity_provider, now, partner};
use crate::support::sp::{GENERIC_ENTITY, SPID_ENTITY};

const SLO: &str = "https://sp.example.org/sp/main/slo";

/// Ourselves as a service provider sees us.
fn provider() -> IdentityProvider {
    let idp = ponte::saml::identity_provider::IdentityProvider {
        organization: Organization::default(),
        name_ids: vec![NameIdKind::Transient],
        supported: Supported::default(),
        ..identity_provider()
    };
    let xml = write::write(&idp, "_md", &IDP.signer, &[]).unwrap();
    read(&xml, None, &Trust::default(), now()).unwrap().provider
}

fn name(ours: &str) -> NameId {
    NameId {
        value: "_name-of-anna".into(),
        format: Some(names::FORMAT_TRANSIENT.into()),
        name_qualifier: Some(IDP_ENTITY.into()),
        sp_name_qualifier: (ours == GENERIC_ENTITY).then(|| GENERIC_ENTITY.into()),
    }
}

/// The query or form body that a browser would bring.
fn carried(sent: &Outgoing) -> (Binding, String) {
    match &sent.by {
        Dispatch::Redirect { url } => {
            (Binding::Redirect, url.split_once('?').unwrap().1.to_owned())
        }
        Dispatch::Post { parameter, message, relay_state, .. } => {
            let name = match parameter {
                Parameter::SamlRequest => "SAMLRequest",
                Parameter::SamlResponse => "SAMLResponse",
            };
            let xml = String::from_utf8(STANDARD.decode(message).unwrap()).unwrap();
            (Binding::Post, form_as(name, &xml, relay_state.as_deref()))
        }
    }
}

fn inbound(carried: &(Binding, String)) -> Inbound<'_> {
    match carried.0 {
        Binding::Redirect => Inbound::Redirect { query: &carried.1 },
        Binding::Post => Inbound::Post { form: &carried.1 },
    }
}

fn receiving(ourselves: &str) -> Receiving<'_> {
    Receiving { ourselves, location: SLO, now: now(), window: Window::default() }
}

fn take(
    carried: &(Binding, String),
    profile: UpstreamProfile,
    ourselves: &str,
) -> Result<Received, Refused> {
    let provider = provider();
    let found = |id: &str| (id == IDP_ENTITY).then_some((profile, &provider));
    receive(inbound(carried), &receiving(ourselves), found)
}

const BOTH: [(UpstreamProfile, &str); 2] =
    [(UpstreamProfile::Spid, SPID_ENTITY), (UpstreamProfile::Saml2, GENERIC_ENTITY)];

#[test]
fn a_logout_that_we_ask_for_is_taken_and_its_answer_read() {
    let provider = provider();
    for (profile, ourselves) in BOTH {
        for binding in [Binding::Redirect, Binding::Post] {
            let service = provider.logout(Some(binding)).unwrap();
            assert_eq!(service.binding, binding);
            let name = name(ourselves);
            let asking = Asking {
                profile,
                ourselves,
                service,
                id: "_logout1",
                issue_instant: now(),
                name: &name,
                session_index: Some("_index-1"),
                relay_state: Some("handle"),
            };
            let sent = carried(&request(&asking, &SP.signer).unwrap());
            let taken = match binding {
                Binding::Redirect => by_redirect(&sent.1),
                Binding::Post => by_post(&sent.1),
            };
            let Ok(by_us::Received::Request(taken)) = taken else { panic!("{taken:?}") };
            assert_eq!((taken.id.as_str(), &taken.name_id), ("_logout1", &name));
            assert_eq!(taken.session_indexes, ["_index-1"]);
            for (verdict, confirms) in [(Verdict::Done, true), (Verdict::Partial, false)] {
                let reply_to = ours::ReplyTo {
                    binding,
                    location: SLO.into(),
                    ..taken.reply_to.clone().unwrap()
                };
                let (idp, random) = (identity_provider(), Random::seeded(1));
                let answer =
                    ours::response(&reply_to, verdict, &idp, &IDP.signer, &random, now()).unwrap();
                let read = take(&carried(&answer), profile, ourselves).unwrap();
                let Received::Response(read) = read else { panic!("{read:?}") };
                assert_eq!((read.in_response_to.as_str(), read.confirms), ("_logout1", confirms));
                assert_eq!(read.provider, IDP_ENTITY);
                assert_eq!(read.relay_state.as_deref(), Some("handle"));
            }
        }
    }
}

#[test]
fn a_logout_that_is_asked_of_us_is_read_and_our_answer_taken() {
    for (profile, ourselves) in BOTH {
        for binding in [Binding::Redirect, Binding::Post] {
            let (partner, idp) = (partner(ourselves).unwrap(), identity_provider());
            let mut service = partner.logout(Some(binding)).unwrap().clone();
            (service.binding, service.location) = (binding, SLO.into());
            let (name, indexes) = (name(ourselves), ["_index-1".to_owned()]);
            let asking = ours::Asking {
                partner: &partner,
                service: &service,
                id: "_logout2",
                issue_instant: now(),
                name_id: &name,
                session_indexes: &indexes,
            };
            let sent = ours::request(&asking, &idp, &IDP.signer).unwrap();
            let read = take(&carried(&sent), profile, ourselves).unwrap();
            let Received::Request(read) = read else { panic!("{read:?}") };
            assert_eq!((read.id.as_str(), &read.name), ("_logout2", &name));
            assert_eq!(read.session_indexes, indexes);
            assert!(read.remember_until > now());
            let reply_to = read.reply_to.unwrap();
            assert_eq!(reply_to.location, "https://idp.example.org/saml/slo/response");
            for (done, confirms) in [(true, true), (false, false)] {
                let random = Random::seeded(2);
                let answer =
                    response(&reply_to, done, ourselves, &SP.signer, &random, now()).unwrap();
                let answer = carried(&answer);
                let taken = match binding {
                    Binding::Redirect => by_redirect(&answer.1),
                    Binding::Post => by_post(&answer.1),
                };
                let Ok(by_us::Received::Response(taken)) = taken else { panic!("{taken:?}") };
                assert_eq!((taken.in_response_to.as_str(), taken.confirms), ("_logout2", confirms));
            }
        }
    }
}

/// A message of the identity provider's, good until a test changes it.
fn message(element: &'static str) -> Logout {
    let good = match element {
        "LogoutRequest" => Logout::request("_m1"),
        _ => Logout::response("_m1", "_logout1"),
    };
    Logout { issuer: IDP_ENTITY.into(), destination: Some(SLO.into()), ..good }
}

/// A change of one thing, and the element that is named; `""` where it is taken.
type Row = (&'static str, fn(&mut Logout), &'static str);

const EVERY: &[Row] = &[
    ("nothing changed", |_| {}, ""),
    ("our entityID as Destination", |m| m.destination = Some(SPID_ENTITY.into()), ""),
    ("no Format", |m| m.issuer_format = None, ""),
    ("another Destination", |m| m.destination = Some("https://x.example".into()), "@Destination"),
    ("no Destination", |m| m.destination = None, "@Destination"),
    (
        "another Format",
        |m| m.issuer_format = Some(names::FORMAT_TRANSIENT.into()),
        "Issuer/@Format",
    ),
    ("another version", |m| m.version = Some("1.1".into()), "@Version"),
    ("no ID", |m| m.id = None, "@ID"),
    ("an ID that is none", |m| m.id = Some("1".into()), "@ID"),
    ("no time", |m| m.issue_instant = None, "@IssueInstant"),
    ("long ago", |m| m.issue_instant = Some("2026-11-22T00:05:02Z".into()), "@IssueInstant"),
    ("not so long ago", |m| m.issue_instant = Some("2026-11-22T00:05:03Z".into()), ""),
    ("to come", |m| m.issue_instant = Some("2026-11-22T00:12:04Z".into()), "@IssueInstant"),
    (
        "something more",
        |m| m.extra = "<samlp:NameIDPolicy></samlp:NameIDPolicy>".into(),
        "LogoutRequest, LogoutResponse",
    ),
];

const REQUESTS: &[Row] = &[
    (
        "over",
        |m| m.not_on_or_after = Some("2026-11-22T00:08:00Z".into()),
        "LogoutRequest/@NotOnOrAfter",
    ),
    ("not a time", |m| m.not_on_or_after = Some("soon".into()), "LogoutRequest/@NotOnOrAfter"),
    ("good for a while", |m| m.not_on_or_after = Some("2026-11-22T00:15:00Z".into()), ""),
    ("no name", |m| m.name_id = None, "NameID"),
    ("an empty name", |m| m.name_id = Some(" ".into()), "NameID"),
    ("no index", |m| m.indexes.clear(), ""),
];

const RESPONSES: &[Row] = &[
    ("to nothing", |m| m.in_response_to = None, "LogoutResponse/@InResponseTo"),
    ("no status", |m| m.status.clear(), "Status/StatusCode"),
    ("a status more", |m| m.status = vec![SUCCESS.into(), "urn:x".into()], ""),
];

#[test]
fn each_fault_of_a_logout_message_is_named() {
    for (element, more) in [("LogoutRequest", REQUESTS), ("LogoutResponse", RESPONSES)] {
        for (what, change, wanted) in EVERY.iter().chain(more) {
            let mut changed = message(element);
            change(&mut changed);
            let mut both = vec![(Binding::Redirect, changed.redirect(None, &IDP.signer))];
            // Without an ID nothing can be signed from within.
            both.extend(
                changed.id.is_some().then(|| (Binding::Post, changed.post(None, &IDP.signer))),
            );
            for carried in both {
                let taken = take(&carried, UpstreamProfile::Spid, SPID_ENTITY);
                match taken {
                    Ok(_) => assert_eq!(*wanted, "", "{element}: {what}"),
                    Err(Refused::Rule(broken)) => {
                        assert_eq!(broken.element, *wanted, "{element}: {what}: {broken}");
                    }
                    Err(other) => panic!("{element}: {what}: {other}"),
                }
            }
        }
    }
}

#[test]
fn a_logout_message_of_nobody_is_refused() {
    let judged = |carried: (Binding, String)| take(&carried, UpstreamProfile::Spid, SPID_ENTITY);
    let good = message("LogoutRequest");
    for by_post in [true, false] {
        let signed = |message: &Logout, by: &keys::Keys| match by_post {
            true => (Binding::Post, message.post(None, &by.signer)),
            false => (Binding::Redirect, message.redirect(None, &by.signer)),
        };
        judged(signed(&good, &IDP)).unwrap();
        assert!(matches!(judged(signed(&good, &STRANGER)), Err(Refused::Unproven(_))));
        let other = Logout { issuer: "https://other.example".into(), ..good.clone() };
        assert!(matches!(judged(signed(&other, &IDP)), Err(Refused::Stranger(_))));
    }
    let bare = (Binding::Post, form_as("SAMLRequest", &good.xml(), None));
    assert!(matches!(judged(bare), Err(Refused::Structure(_))));
    assert!(matches!(judged((Binding::Post, "a=b".into())), Err(Refused::Binding(_))));
    let markup = (Binding::Post, form_as("SAMLRequest", "<x", None));
    assert!(matches!(judged(markup), Err(Refused::Xml(_))));
    assert!(UpstreamProfile::Spid.answers_logouts() && !UpstreamProfile::Cie.answers_logouts());
}

fn opening(initiator: Option<(&str, bool)>) -> Opening {
    Opening {
        id: "logout".into(),
        tenant: TenantId::main(),
        subject: Subject::new("ada".into()),
        initiator: initiator.map(|(entity_id, upstream)| Initiator {
            entity_id: entity_id.into(),
            service: LocalName::default(),
            reply_to: None,
            relying_party: upstream.then(|| "ente".into()),
        }),
        browser: "browser".into(),
        token: "token".into(),
    }
}

/// A session, that the service provider `a` was told of or not.
fn session(told: bool) -> Session {
    let beginning = Beginning {
        id: "session".into(),
        tenant: TenantId::main(),
        subject: Subject::new("ada".into()),
        seen: Seen::default(),
        secret: "digest".into(),
    };
    let lives = Lives { idle: TimeDelta::minutes(30), absolute: TimeDelta::hours(8) };
    let session = Session::open(beginning, &[], lives, now());
    let name = ponte::identity::name_id::NameId {
        value: "1".into(),
        format: names::FORMAT_TRANSIENT.into(),
        name_qualifier: None,
        sp_name_qualifier: None,
    };
    let participant = Participant {
        entity_id: "a".into(),
        service: LocalName::default(),
        name,
        session_index: "i".into(),
        at: now(),
        granted: None,
        identity: 0,
    };
    if told { session.join(participant).0 } else { session }
}

fn behind(issuer: &str, index: &str) -> UpstreamSession {
    UpstreamSession {
        upstream: "u".into(),
        issuer: issuer.into(),
        provider: LocalName::default(),
        name: "anna".into(),
        index: Some(index.into()),
        notes: String::new(),
    }
}

/// Whoever wanted it is not told: an identity provider not by its sessions, a service provider of the same name by its own.
#[test]
fn identity_providers_are_told_last_but_the_one_that_wants_it() {
    let session = session(true)
        .rest_on(behind("mute", "x"))
        .rest_on(behind("a", "y"))
        .rest_on(behind("a", "y"));
    let told = |initiator: Option<(&str, bool)>| {
        let logout = UnderWay::open(
            opening(initiator),
            std::slice::from_ref(&session),
            |party| !matches!(party, Party::IdentityProvider(one) if one.issuer == "mute"),
            now(),
        );
        let all = logout.leaving().iter();
        all.map(|one| (one.entity_id.clone(), one.upstream.is_some())).collect::<Vec<_>>()
    };
    let (sp, mute, a) = (("a".into(), false), ("mute".into(), true), ("a".into(), true));
    assert_eq!(told(None), [sp.clone(), mute.clone(), a.clone()]);
    assert_eq!(told(Some(("a", false))), [mute.clone(), a]);
    assert_eq!(told(Some(("a", true))), [sp, mute]);
}

#[test]
fn an_answer_is_from_the_party_that_was_asked() {
    let session = session(false).rest_on(behind("a", "y"));
    let logout = UnderWay::open(opening(None), &[session], |_| true, now());
    let logout = logout.arrive(Some("session")).ask(0, "_r".into(), now());
    assert_eq!(logout.clone().answered("a", false, "_r", true), Err(NotAsked));
    assert!(logout.answered("a", true, "_r", true).unwrap().is_complete());
}
