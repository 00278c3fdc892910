//! Answers that are taken, what is read of them, and answers changed at random.

use std::collections::HashSet;
use std::sync::LazyLock;

use chrono::TimeDelta;
use ponte::assurance::class_ref::ClassRef;
use ponte::assurance::factor::Factor;
use ponte::assurance::requirement::Comparison;
use ponte::identity::name_id::NameIdKind;
use ponte::identity::subject::Subject;
use ponte::login::outcome::Authenticated;
use ponte::saml::binding::Binding;
use ponte::saml::encryption::EncryptionKey;
use ponte::saml::names;
use ponte::saml::partner::Profile;
use ponte::saml::response::{AnswersTo, Given, ReplyTo, answer};
use ponte::saml::upstream::anomaly::Anomaly;
use ponte::saml::upstream::check::SignedParts;
use ponte::saml::upstream::decryption::{DecryptionKey, DecryptionKeyError};
use ponte::saml::upstream::profile::UpstreamProfile;
use ponte::saml::upstream::response::{Received, Refused, claimed};
use ponte::saml::upstream::rules::{ASSERTION, ENVELOPE, TOLERANCES};
use ponte::world::random::Random;
use ponte::world::signer::Signer as _;
use proptest::prelude::*;

use crate::mutated_requests::{apply, mutation};
use crate::support::answers::{Answer, CONSUMER, NOW, OURSELVES, PROVIDER, judge, judge_with};
use crate::support::{idp, keys};

const SPID: UpstreamProfile = UpstreamProfile::Spid;

#[test]
fn a_good_answer_is_read_whole() {
    let received = judge(&Answer::new().text(), SPID, |_| {}).unwrap();
    let now: chrono::DateTime<chrono::Utc> = NOW.parse().unwrap();
    assert_eq!(received.assertion_id, "_assertion1");
    assert_eq!(received.response_id, "_response1");
    assert_eq!(received.issuer, PROVIDER);
    assert_eq!(received.class, ClassRef::SpidL2.uri());
    assert_eq!(received.authn_instant, now - TimeDelta::seconds(4));
    assert_eq!(received.issue_instant, now - TimeDelta::seconds(3));
    assert_eq!(received.expires, now + TimeDelta::seconds(297 + 60));
    assert_eq!(received.name.value, "_that-transient-name");
    assert_eq!(received.name.format.as_deref(), Some(names::FORMAT_TRANSIENT));
    assert_eq!(received.name.name_qualifier.as_deref(), Some(PROVIDER));
    assert_eq!((received.session_index, received.session_ends), (None, None));
    let [fiscal, name] = &received.attributes[..] else { panic!("{:?}", received.attributes) };
    assert_eq!(fiscal.name_format.as_deref(), Some(names::ATTRNAME_BASIC));
    assert_eq!((name.name.as_str(), name.name_format.as_deref()), ("name", None));
    assert_eq!(name.values, ["Ada"]);
}

/// What people are is not for logs.
#[test]
fn what_is_read_shows_nobody_in_traces() {
    let received = judge(&Answer::new().text(), SPID, |_| {}).unwrap();
    let shown = format!("{received:?}");
    for personal in ["TINIT", "Ada", "_that-transient-name"] {
        assert!(!shown.contains(personal), "{shown}");
    }
    let odd = Answer::new().assertion("_request1", "_that-transient-name");
    let broken = judge(&odd.text(), SPID, |_| {}).unwrap_err().broken();
    assert_eq!(broken.element, "SubjectConfirmationData/@InResponseTo");
}

/// The same assertion in another response bears the same ID, which is what the caller claims.
#[test]
fn an_assertion_in_a_new_response_is_known_by_its_id() {
    let once = Answer::plain().text();
    let again = once.replacen("_response1", "_response2", 1);
    let mut claimed = HashSet::new();
    let mut claim = |text: &str| {
        let received = judge(text, SPID, |_| {}).unwrap();
        claimed.insert((received.issuer, received.assertion_id))
    };
    assert!(claim(&once));
    assert!(!claim(&again) && !claim(&once));
}

/// SP-01: what was asked, what came, and whether that is too little.
#[test]
fn sp_01_a_higher_level_is_taken_whatever_the_comparison() {
    let levels = [ClassRef::SpidL1, ClassRef::SpidL2, ClassRef::SpidL3];
    for comparison in [Comparison::Exact, Comparison::Minimum, Comparison::Maximum] {
        for (asked, least) in levels.iter().enumerate() {
            for (came, class) in levels.iter().enumerate() {
                let session = "<saml:AuthnStatement SessionIndex=\"_s\" ";
                let text = Answer::new()
                    .assertion("<saml:AuthnStatement ", session)
                    .assertion("https://www.spid.gov.it/SpidL2", class.uri())
                    .text();
                let classes = [least.uri().to_owned()];
                for profile in [SPID, UpstreamProfile::Cie, UpstreamProfile::Ficep] {
                    let outcome = judge(&text, profile, |expected| {
                        expected.classes = Box::leak(Box::new(classes.clone()));
                        expected.comparison = comparison;
                    });
                    let enough = came >= asked || comparison == Comparison::Maximum;
                    match outcome {
                        Ok(received) => assert!(enough && received.class == class.uri()),
                        Err(Refused::Level(received)) => {
                            assert!(!enough && received.class == class.uri());
                            assert_eq!(received.assertion_id, "_assertion1");
                        }
                        Err(other) => panic!("{comparison:?} {asked} {came}: {other}"),
                    }
                }
            }
        }
    }
}

/// What the table tolerates, each alone.
#[test]
fn what_is_tolerated_is_taken() {
    let attribute = "<saml:Attribute Name=\"email\"><saml:AttributeValue></saml:AttributeValue></saml:Attribute></saml:AttributeStatement>";
    let advice = "</saml:Conditions><saml:Advice><saml:AssertionIDRef>_x</saml:AssertionIDRef></saml:Advice>";
    let spid = [
        Answer::plain(),
        Answer::new().response(r#" Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity""#, ""),
        Answer::new().response("2026-11-22T00:10:00Z", "2026-11-22T00:10:00.123456Z"),
        Answer::new().response(
            "<samlp:Status>",
            "<samlp:Extensions><x:Y xmlns:x=\"urn:x:y\"></x:Y></samlp:Extensions><samlp:Status>",
        ),
        Answer::new().response(
            "</samlp:Status>",
            "<samlp:StatusMessage>well done</samlp:StatusMessage></samlp:Status>",
        ),
        Answer::new().assertion("</saml:AttributeStatement>", attribute),
        Answer::new().assertion("</saml:Conditions>", advice),
        Answer::new()
            .assertion("<saml:AuthnStatement ", "<saml:AuthnStatement SessionIndex=\"_s\" "),
        Answer::new().assertion("<saml:Subject>", "\n  <saml:Subject>"),
    ];
    for answer in spid {
        let received = judge(&answer.text(), SPID, |_| {}).unwrap();
        assert_eq!(received.attributes.len(), 2, "{}", answer.assertion);
    }
    let bom =
        format!("\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}\n", Answer::new().text());
    judge(&bom, SPID, |_| {}).unwrap();
    // Plain SAML: little of the envelope, times left out, values together.
    let little = Answer::plain()
        .response(r#"<saml:Issuer Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity">https://idp.example.org/saml</saml:Issuer>"#, "")
        .response(" Destination=\"https://sp.example.org/sp/main/acs\"", "")
        .assertion(" NotBefore=\"2026-11-22T00:09:33Z\" NotOnOrAfter=\"2026-11-22T00:15:00Z\"", "")
        .assertion("Ada</saml:AttributeValue>", "Ada</saml:AttributeValue><saml:AttributeValue>Eva</saml:AttributeValue><saml:AttributeValue><saml:NameID>x</saml:NameID></saml:AttributeValue>")
        .assertion("https://www.spid.gov.it/SpidL2", "urn:x:whatever");
    let received = judge(&little.text(), UpstreamProfile::Saml2, |_| {}).unwrap();
    assert_eq!(received.attributes[1].values, ["Ada", "Eva"]);
    assert_eq!(received.class, "urn:x:whatever");
}

#[test]
fn each_dialect_of_no_comes_to_one_word() {
    let with = |codes: &str, message: &str| {
        Answer::plain()
            .response("<samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"></samlp:StatusCode>", &format!("{codes}{message}"))
            .response("@ASSERTION@", "")
            .text()
    };
    let status = "urn:oasis:names:tc:SAML:2.0:status:";
    let codes = |top: &str, sub: &str| {
        format!(
            "<samlp:StatusCode Value=\"{status}{top}\"><samlp:StatusCode Value=\"{status}{sub}\"></samlp:StatusCode></samlp:StatusCode>"
        )
    };
    let message = |text: &str| format!("<samlp:StatusMessage>{text}</samlp:StatusMessage>");
    for (text, wanted) in [
        (
            with(&codes("Responder", "AuthnFailed"), &message(" ErrorCode nr25\n")),
            Anomaly::Cancelled,
        ),
        (
            with(&codes("Requester", "RequestDenied"), &message("ErrorCode nr22")),
            Anomaly::ConsentDenied,
        ),
        (with(&codes("Responder", "NoAuthnContext"), ""), Anomaly::LevelUnreachable),
        (with(&codes("Responder", "NoPassive"), &message("no")), Anomaly::PassiveImpossible),
        (
            with(&format!("<samlp:StatusCode Value=\"{status}Responder\"></samlp:StatusCode>"), ""),
            Anomaly::Unavailable,
        ),
    ] {
        for profile in UpstreamProfile::ALL {
            match judge(&text, profile, |_| {}).unwrap_err() {
                Refused::Status { anomaly, is_signed, .. } => {
                    assert_eq!((anomaly, is_signed), (wanted, false), "{profile:?}");
                }
                other => panic!("{profile:?}: {other}"),
            }
        }
    }
    // Whoever says no must still be who was asked, about what was asked.
    let other = with(&codes("Responder", "AuthnFailed"), "").replace("_request1", "_request2");
    assert!(matches!(judge(&other, SPID, |_| {}), Err(Refused::Rule(_))));
}

#[test]
fn what_an_answer_claims_is_read_to_find_its_request() {
    let text = Answer::new().text();
    let found = claimed(&text).unwrap();
    assert_eq!(found.in_response_to.as_deref(), Some("_request1"));
    assert_eq!(found.issuer.as_deref(), Some(PROVIDER));
    let nobody = claimed(&text.replacen(" InResponseTo=\"_request1\"", "", 1)).unwrap();
    assert_eq!(nobody.in_response_to, None);
    assert_eq!(claimed(&text.replacen("_request1", "no id", 1)).unwrap().in_response_to, None);
    assert!(claimed("<x/>").is_err() && claimed("").is_err());
}

/// What our own identity provider encrypts, in each way, and signs.
#[test]
fn what_we_encrypt_ourselves_we_can_open() {
    let rsa = keys::SP.signer.certificate();
    let key = DecryptionKey::from_pem(&keys::SP.pair.key).unwrap();
    for methods in [
        &[][..],
        &[names::AES128_GCM, names::RSA_OAEP],
        &[names::AES256_GCM, names::RSA_OAEP_MGF1P],
    ] {
        let encrypt = EncryptionKey::from_certificate_der(rsa, methods).unwrap();
        let reply_to = ReplyTo {
            profile: Profile::Generic,
            in_response_to: "_request1".into(),
            issue_instant: NOW.parse().unwrap(),
            binding: Binding::Post,
            entity_id: OURSELVES.into(),
            consumer: CONSUMER.into(),
            relay_state: None,
            name_id: NameIdKind::Transient,
            answers: AnswersTo { encrypt: Some(encrypt), ..AnswersTo::default() },
        };
        let outcome = Authenticated {
            identity: 1,
            subject: Subject::new("anna".into()),
            achieved: ClassRef::RefedsMfa.level(),
            class: ClassRef::RefedsMfa,
            at: NOW.parse().unwrap(),
            factors: vec![Factor::Password, Factor::Totp],
            attributes: Vec::new(),
        };
        let (idp, random, now) =
            (idp::identity_provider(), Random::seeded(1), NOW.parse().unwrap());
        let answer =
            answer(&reply_to, &outcome, Given::default(), &idp, &keys::IDP.signer, &random, now)
                .unwrap();
        for signed in [SignedParts::Assertion, SignedParts::Either, SignedParts::Both] {
            let keys = [key.clone()];
            let received = judge_with(&answer.xml, UpstreamProfile::Saml2, &keys, |expected| {
                expected.signed = signed;
                expected.forced = false;
            });
            let received = received.unwrap();
            assert_eq!(Some(received.assertion_id), answer.assertion_id);
            assert_eq!(received.session_index, answer.session_index);
        }
    }
}

#[test]
fn keys_that_open_nothing_are_refused() {
    let of = |pem: &[u8]| DecryptionKey::from_pem(pem).unwrap_err();
    assert!(matches!(of(b"x"), DecryptionKeyError::Pem(_)));
    assert!(matches!(of(&keys::IDP_ECDSA.pair.key), DecryptionKeyError::Kind));
    let small = openssl::rsa::Rsa::generate(1024).unwrap().private_key_to_pem().unwrap();
    assert!(matches!(of(&small), DecryptionKeyError::Kind));
    let cipher = openssl::symm::Cipher::aes_256_cbc();
    let locked = openssl::rsa::Rsa::generate(2048).unwrap();
    let locked = locked.private_key_to_pem_passphrase(cipher, b"secret").unwrap();
    assert!(matches!(of(&locked), DecryptionKeyError::Pem(_)));
    let key = DecryptionKey::from_pem(&keys::SP.pair.key).unwrap();
    assert_eq!(format!("{key:?}"), "DecryptionKey");
}

/// Every row says what it is about and who says so, and holds somewhere.
#[test]
fn the_tables_are_whole() {
    for check in ENVELOPE.iter().chain(ASSERTION) {
        assert!(!check.profiles.is_empty() && !check.source.is_empty(), "{}", check.rule);
        assert!(check.rule.starts_with("must"), "{}", check.rule);
    }
    for profile in UpstreamProfile::ALL {
        let rows = ENVELOPE.iter().chain(ASSERTION);
        let count = rows.filter(|row| row.profiles.contains(&profile)).count();
        assert!(count >= 35, "{profile:?}: {count}");
        assert!(TOLERANCES.iter().any(|row| row.profiles.contains(&profile)));
    }
}

static SIGNED: LazyLock<String> = LazyLock::new(|| Answer::new().text());
static ASSERTION_SIGNED: LazyLock<String> = LazyLock::new(|| Answer::plain().text());
static SAID: LazyLock<Received> = LazyLock::new(|| judge(&SIGNED, SPID, |_| {}).unwrap());

/// What was read, apart from what only the envelope says.
fn asserted(received: Received) -> Received {
    Received { response_id: String::new(), issue_instant: received.authn_instant, ..received }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_answer_changed_after_signing_says_the_same_or_nothing(
        mutations in prop::collection::vec(mutation(), 1..4),
    ) {
        if let Ok(received) = judge(&apply(&mutations, &SIGNED), SPID, |_| {}) {
            prop_assert_eq!(&received, &*SAID);
        }
    }

    /// Nobody signed the envelope, so it may say something else; the assertion may not.
    #[test]
    fn an_assertion_changed_after_signing_says_the_same_or_nothing(
        mutations in prop::collection::vec(mutation(), 1..4),
    ) {
        if let Ok(received) = judge(&apply(&mutations, &ASSERTION_SIGNED), SPID, |_| {}) {
            prop_assert_eq!(asserted(received), asserted(SAID.clone()));
        }
    }

    /// What an identity provider signs may be anything; what is taken of it keeps the rules.
    #[test]
    fn what_is_signed_and_taken_keeps_the_rules(
        mutations in prop::collection::vec(mutation(), 1..3),
    ) {
        let good = Answer::plain();
        let assertion = apply(&mutations, &good.assertion);
        let sound = roxmltree::Document::parse(&assertion.replace("@SIGNATURE@", "")).is_ok_and(|document| {
            document.root_element().attribute("ID") == Some("_assertion1")
        });
        if !sound || !assertion.contains("@SIGNATURE@") {
            return Ok(());
        }
        if let Ok(received) = judge(&Answer { assertion, ..good }.text(), SPID, |_| {}) {
            prop_assert_eq!(received.issuer.as_str(), PROVIDER);
            prop_assert!(!received.name.value.is_empty());
            prop_assert!(received.class.starts_with("https://www.spid.gov.it/SpidL"));
            prop_assert!(received.attributes.iter().all(|one| one.values.len() == 1));
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        for profile in [SPID, UpstreamProfile::Saml2] {
            let outcome = judge(&text, profile, |_| {});
            prop_assert!(outcome.is_err());
        }
        let _ = claimed(&text);
    }
}
