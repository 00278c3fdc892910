//! SAML from the service provider's side, against the answers that we give ourselves.

use chrono::{DateTime, TimeDelta, Utc};
use ponte::assurance::class_ref::ClassRef;
use ponte::assurance::factor::Factor;
use ponte::identity::attributes::AttributeName;
use ponte::identity::name_id::NameIdKind;
use ponte::identity::release::Released;
use ponte::identity::subject::Subject;
use ponte::login::outcome::{Authenticated, Refusal};
use ponte::login::request::LocalName;
use ponte::saml::binding::Binding;
use ponte::saml::metadata::read::{Unsigned, read};
use ponte::saml::partner::Profile;
use ponte::saml::response::{AnswersTo, Given, ReplyTo, answer, reject};
use ponte::saml::signature::PublicKey;
use ponte::saml::status;
use ponte::saml::upstream::anomaly::Anomaly;
use ponte::saml::upstream::check::{Expected, SKEW, SignedParts};
use ponte::saml::upstream::metadata::plain::{self, ServiceProvider};
use ponte::saml::upstream::request::Request;
use ponte::saml::upstream::response::{Received, Refused, receive};
use ponte::world::random::Random;
use ponte::world::signer::Signer as _;

use crate::support::keys::{self, Keys};
use crate::support::{idp, sp};

const CONSUMER: &str = "https://sp.example.org/spid/acs";

fn now() -> DateTime<Utc> {
    "2026-11-22T00:10:03.531Z".parse().unwrap()
}

fn reply_to() -> ReplyTo {
    ReplyTo {
        profile: Profile::Spid,
        in_response_to: "_request1".into(),
        issue_instant: now() - TimeDelta::seconds(30),
        binding: Binding::Post,
        entity_id: sp::SPID_ENTITY.into(),
        consumer: CONSUMER.into(),
        relay_state: None,
        name_id: NameIdKind::Transient,
        answers: AnswersTo::default(),
    }
}

fn answered(reply_to: &ReplyTo, signer: &Keys) -> String {
    let outcome = Authenticated {
        identity: 1,
        subject: Subject::new("our-own-name-for-anna".into()),
        achieved: ClassRef::SpidL2.level(),
        class: ClassRef::SpidL2,
        at: now() - TimeDelta::seconds(2),
        factors: vec![Factor::Password, Factor::Totp],
        attributes: vec![Released { name: AttributeName::Name, value: "Anna & <Co>".into() }],
    };
    let (idp, random) = (idp::identity_provider(), Random::seeded(1));
    let given = Given::default();
    answer(reply_to, &outcome, given, &idp, &signer.signer, &random, now()).unwrap().xml
}

fn request() -> Request {
    Request::spid(
        "_request1".into(),
        now() - TimeDelta::seconds(30),
        sp::DESTINATION.into(),
        sp::SPID_ENTITY.into(),
        ClassRef::SpidL2,
    )
}

fn judge(xml: &str, change: impl FnOnce(&mut Expected<'_>)) -> Result<Received, Refused> {
    judge_at(xml, now(), change)
}

fn judge_at(
    xml: &str,
    at: DateTime<Utc>,
    change: impl FnOnce(&mut Expected<'_>),
) -> Result<Received, Refused> {
    let key = PublicKey::from_certificate_der(keys::IDP.signer.certificate()).unwrap();
    let (keys, request) = ([key], request());
    let mut expected = Expected::of(&request, idp::ENTITY, &keys, CONSUMER);
    change(&mut expected);
    receive(xml, &expected, &[], at)
}

#[test]
fn a_good_answer_is_read_whole() {
    let received = judge(&answered(&reply_to(), &keys::IDP), |_| {}).unwrap();
    assert_eq!(received.class, ClassRef::SpidL2.uri());
    assert_eq!(received.attributes.len(), 1);
    assert_eq!(received.attribute("name"), Some("Anna & <Co>"));
    assert!(!received.name.value.is_empty() && !received.assertion_id.is_empty());
    assert_eq!(received.name.name_qualifier.as_deref(), Some(idp::ENTITY));
    assert_eq!(received.authn_instant, now() - TimeDelta::seconds(2));
    assert_eq!(received.expires, now() + TimeDelta::minutes(5) + SKEW);
    assert_eq!(received.session_index, None);
}

#[test]
fn an_answer_that_does_not_fit_what_was_asked_is_refused() {
    let xml = answered(&reply_to(), &keys::IDP);
    let refused = |change: fn(&mut Expected<'_>)| judge(&xml, change).unwrap_err().broken();
    let at = |change| refused(change).element;
    assert_eq!(at(|expected| expected.request = "_request2"), "Response/@InResponseTo");
    assert_eq!(
        at(|expected| expected.consumer = "https://sp.example.org/x"),
        "Response/@Destination"
    );
    assert_eq!(at(|expected| expected.provider = "https://other.example"), "Response/Issuer");
    let audience = at(|expected| expected.ourselves = "https://other.example");
    assert_eq!(audience, "AudienceRestriction/Audience");
    assert_eq!(at(|expected| expected.keys = &[]), "Response/Signature");
    let late = at(|expected| expected.asked = now() + TimeDelta::minutes(5));
    assert_eq!(late, "Response/@IssueInstant");
    let broken = refused(|expected| expected.request = "_request2");
    assert_eq!((broken.expected.as_ref(), broken.found.as_str()), ("_request2", "_request1"));
    for late in [TimeDelta::minutes(10), TimeDelta::days(1)] {
        assert!(judge_at(&xml, now() + late, |_| {}).is_err(), "{late}");
    }
    assert!(judge_at(&xml, now() - TimeDelta::minutes(10), |_| {}).is_err());
}

#[test]
fn an_answer_signed_by_another_or_changed_is_refused() {
    let good = answered(&reply_to(), &keys::IDP);
    judge(&good, |_| {}).unwrap();
    assert!(matches!(
        judge(&answered(&reply_to(), &keys::STRANGER), |_| {}),
        Err(Refused::Unproven { .. })
    ));
    for (from, to) in [("Anna", "Anne"), ("SpidL2", "SpidL3"), ("status:Success", "status:Succes")]
    {
        assert!(good.contains(from));
        assert!(judge(&good.replacen(from, to, 1), |_| {}).is_err(), "{from}");
    }
}

#[test]
fn the_assertion_must_be_signed_and_the_response_where_that_is_settled() {
    let good = answered(&reply_to(), &keys::IDP);
    let places: Vec<usize> = good.match_indices("<ds:Signature ").map(|(at, _)| at).collect();
    let [of_response, of_assertion] = places[..] else { panic!("{places:?}") };
    let without = |at: usize| {
        let end = at + good[at..].find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
        format!("{}{}", &good[..at], &good[end..])
    };
    judge(&without(of_response), |_| {}).unwrap();
    assert!(judge(&without(of_response), |expected| expected.signed = SignedParts::Both).is_err());
    // A signature that is there must hold; and without its own no assertion counts in SPID.
    assert!(judge(&without(of_assertion), |_| {}).is_err());
    let broken = without(of_response).replace("<saml:Assertion ", "<saml:Assertion\n");
    judge(&broken, |_| {}).unwrap();
}

#[test]
fn an_error_is_told_with_its_codes_and_message() {
    let (idp, random) = (idp::identity_provider(), Random::seeded(1));
    let status = status::refusal(Refusal::Cancelled, Profile::Spid);
    let reply = reject(&reply_to(), status, &idp, &keys::IDP.signer, &random, now());
    match judge(&reply.unwrap().xml, |_| {}) {
        Err(Refused::Status { codes, message, anomaly, is_signed }) => {
            assert_eq!((anomaly, is_signed), (Anomaly::Cancelled, true));
            assert!(codes[0].ends_with(":Responder") && codes.len() == 2, "{codes:?}");
            assert_eq!(message.as_deref(), Some("ErrorCode nr25"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn our_metadata_are_taken_by_our_own_reader_as_spids() {
    let name = LocalName { it: Some("Servizio".into()), en: Some("Service".into()) };
    let sp = ServiceProvider {
        entity_id: "https://sp.example.org/metadata".into(),
        consumer: CONSUMER.into(),
        logout: "https://sp.example.org/slo".into(),
        name,
        url: "https://sp.example.org".into(),
        attributes: vec![AttributeName::Name, AttributeName::FiscalNumber],
    };
    let xml = plain::write(&sp, "_m1", &keys::SP.signer).unwrap();
    let described = read(&xml, Unsigned::Refuse, now()).unwrap();
    assert!(described.warnings.is_empty(), "{:?}", described.warnings);
    let read = described.service_provider;
    assert_eq!(read.profile, Profile::Spid);
    assert_eq!(read.default_consumer().unwrap().location, CONSUMER);
    assert_eq!(read.attribute_sets[0].attributes, sp.attributes);
}

#[test]
fn sp_02_a_request_forces_authentication_above_spid_l1_only() {
    let request = |class: ClassRef| Request { classes: vec![class.uri().into()], ..request() };
    assert!(!request(ClassRef::SpidL1).unsigned().unwrap().contains("ForceAuthn"));
    let xml = request(ClassRef::SpidL2).signed(&keys::SP.signer).unwrap();
    assert!(xml.contains(r#"ForceAuthn="true""#) && xml.contains("<ds:SignatureValue>"));
}
