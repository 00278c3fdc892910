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
use ponte::saml::upstream::metadata::{self, ServiceProvider};
use ponte::saml::upstream::request::Request;
use ponte::saml::upstream::response::{Expected, Received, Refused, receive};
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
    answer(&reply_to.encode(), &outcome, given, &idp, &signer.signer, &random, now()).unwrap().xml
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
    let keys = [key];
    let mut expected = Expected {
        provider: idp::ENTITY,
        keys: &keys,
        request: "_request1",
        asked: now() - TimeDelta::seconds(30),
        ourselves: sp::SPID_ENTITY,
        consumer: CONSUMER,
    };
    change(&mut expected);
    receive(xml, &expected, at)
}

#[test]
fn a_good_answer_is_read_whole() {
    let received = judge(&answered(&reply_to(), &keys::IDP), |_| {}).unwrap();
    assert_eq!(received.class, ClassRef::SpidL2.uri());
    assert_eq!(received.attributes, [("name".to_owned(), "Anna & <Co>".to_owned())]);
    assert!(!received.name_id.is_empty() && !received.assertion_id.is_empty());
    assert_eq!(received.session_index, None);
}

#[test]
fn an_answer_that_does_not_fit_what_was_asked_is_refused() {
    let xml = answered(&reply_to(), &keys::IDP);
    let refused = |change: fn(&mut Expected<'_>)| judge(&xml, change).unwrap_err().to_string();
    assert!(refused(|expected| expected.request = "_request2").contains("InResponseTo"));
    assert!(
        refused(|expected| expected.consumer = "https://sp.example.org/x").contains("Destination")
    );
    assert!(refused(|expected| expected.provider = "https://other.example").contains("issuer"));
    assert!(refused(|expected| expected.ourselves = "https://other.example").contains("Audience"));
    assert!(refused(|expected| expected.keys = &[]).contains("not signed"));
    assert!(
        refused(|expected| expected.asked = now() + TimeDelta::minutes(5)).contains("just now")
    );
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
        Err(Refused::Unproven(_))
    ));
    for (from, to) in [("Anna", "Anne"), ("SpidL2", "SpidL3"), ("status:Success", "status:Succes")]
    {
        assert!(good.contains(from));
        assert!(judge(&good.replacen(from, to, 1), |_| {}).is_err(), "{from}");
    }
}

#[test]
fn a_response_with_one_signature_of_the_two_is_refused() {
    let good = answered(&reply_to(), &keys::IDP);
    let places: Vec<usize> = good.match_indices("<ds:Signature ").map(|(at, _)| at).collect();
    assert_eq!(places.len(), 2);
    for at in places {
        let end = at + good[at..].find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
        let one = format!("{}{}", &good[..at], &good[end..]);
        assert!(judge(&one, |_| {}).is_err());
    }
}

#[test]
fn an_error_is_told_with_its_codes_and_message() {
    let (idp, random) = (idp::identity_provider(), Random::seeded(1));
    let status = status::refusal(Refusal::Cancelled, Profile::Spid);
    let reply = reject(&reply_to().encode(), status, &idp, &keys::IDP.signer, &random, now());
    match judge(&reply.unwrap().xml, |_| {}) {
        Err(Refused::Status { codes, message }) => {
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
    let xml = metadata::write(&sp, "_m1", &keys::SP.signer).unwrap();
    let described = read(&xml, Unsigned::Refuse, now()).unwrap();
    assert!(described.warnings.is_empty(), "{:?}", described.warnings);
    let read = described.service_provider;
    assert_eq!(read.profile, Profile::Spid);
    assert_eq!(read.default_consumer().unwrap().location, CONSUMER);
    assert_eq!(read.attribute_sets[0].attributes, sp.attributes);
}

#[test]
fn a_request_forces_authentication_above_spid_l1_only() {
    let request = |class| Request {
        id: "_r1".into(),
        issue_instant: now(),
        destination: sp::DESTINATION.into(),
        issuer: sp::SPID_ENTITY.into(),
        class,
        consumer: 0,
        attributes: 0,
    };
    assert!(!request(ClassRef::SpidL1).unsigned().unwrap().contains("ForceAuthn"));
    let xml = request(ClassRef::SpidL2).signed(&keys::SP.signer).unwrap();
    assert!(xml.contains(r#"ForceAuthn="true""#) && xml.contains("<ds:SignatureValue>"));
}
