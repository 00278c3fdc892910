//! What leaves: canonical form, signatures, answers (spid-saml §1.2).

use std::io::Write as _;
use std::process::{Command, Output};

use chrono::{DateTime, TimeDelta, Utc};
use ponte::assurance::class_ref::ClassRef;
use ponte::assurance::factor::Factor;
use ponte::identity::attributes::AttributeName;
use ponte::identity::name_id::NameIdKind;
use ponte::identity::release::Released;
use ponte::identity::subject::Subject;
use ponte::login::outcome::{Authenticated, Refusal};
use ponte::saml::binding::Binding;
use ponte::saml::canonical;
use ponte::saml::partner::Profile;
use ponte::saml::response::{Answer, AnswerError, AnswersTo, Given, ReplyTo, answer, reject};
use ponte::saml::signature::{PublicKey, verify, verify_child};
use ponte::saml::status::{FaultKind, refusal};
use ponte::saml::structure::{self, Root, Signed};
use ponte::saml::xml;
use ponte::world::random::Random;
use ponte::world::signer::Signer;
use proptest::prelude::*;
use roxmltree::{Document, Node};

use crate::support::idp;
use crate::support::keys::{self, Keys};
use crate::support::sp::{self, AuthnRequest, Metadata};

/// Runs `xmlsec1 --verify` over `xml` with the key in `keys` alone; `element` is what is signed,
/// as `namespace:name`.
pub(crate) fn xmlsec1(xml: &str, element: &str, keys: &Keys) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let (message, certificate) = (folder.path().join("m.xml"), folder.path().join("c.pem"));
    std::fs::File::create(&message).unwrap().write_all(xml.as_bytes()).unwrap();
    std::fs::File::create(&certificate).unwrap().write_all(&keys.pair.certificate).unwrap();
    let root = element.rsplit_once(':').unwrap().1;
    Command::new("xmlsec1")
        .args(["--verify", "--id-attr:ID", element])
        .args(["--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:assertion:Assertion"])
        .args(["--node-xpath", &format!("/*[local-name()='{root}']/*[local-name()='Signature']")])
        .args(["--enabled-key-data", "x509,key-name,rsa,ecdsa"])
        .arg("--pubkey-cert-pem")
        .arg(&certificate)
        .arg(&message)
        .output()
        .unwrap()
}

fn assert_verifies(xml: &str, element: &str, keys: &Keys) {
    let output = xmlsec1(xml, element, keys);
    assert!(output.status.success(), "{output:?}\n{xml}");
}

const REQUEST: &str = "urn:oasis:names:tc:SAML:2.0:protocol:AuthnRequest";
const ENTITY: &str = "urn:oasis:names:tc:SAML:2.0:metadata:EntityDescriptor";

#[test]
fn xmlsec1_accepts_what_is_signed_and_refuses_it_changed() {
    let request = AuthnRequest::spid("_r1", "2026-11-22T00:10:03Z");
    let metadata = Metadata::spid();
    for keys in [&*keys::SP, &*keys::SP_ECDSA] {
        let signed = request.signed(&keys.signer);
        assert_verifies(&signed, REQUEST, keys);
        assert_verifies(&metadata.signed(&keys.signer), ENTITY, keys);
        let changed = signed.replacen("SpidL2", "SpidL3", 1);
        assert!(!xmlsec1(&changed, REQUEST, keys).status.success());
        assert!(!xmlsec1(&signed, REQUEST, &keys::STRANGER).status.success());
    }
}

const RESPONSE: &str = "urn:oasis:names:tc:SAML:2.0:protocol:Response";
const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion:Assertion";

fn now() -> DateTime<Utc> {
    "2026-11-22T00:10:03.531Z".parse().unwrap()
}

fn reply_to(profile: Profile) -> ReplyTo {
    ReplyTo {
        profile,
        in_response_to: "_request1".into(),
        issue_instant: now() - TimeDelta::seconds(30),
        binding: Binding::Post,
        entity_id: sp::SPID_ENTITY.into(),
        consumer: "https://sp.example.org/spid/acs".into(),
        relay_state: Some("opaque<\">&'".into()),
        name_id: NameIdKind::Transient,
        answers: AnswersTo::default(),
    }
}

fn outcome(class: ClassRef, attributes: &[(AttributeName, &str)]) -> Authenticated {
    Authenticated {
        identity: 1,
        subject: Subject::new("our-own-name-for-anna".into()),
        achieved: class.level(),
        class,
        at: now() - TimeDelta::seconds(2),
        factors: vec![Factor::Password, Factor::Totp],
        attributes: attributes
            .iter()
            .map(|(name, value)| Released { name: *name, value: (*value).into() })
            .collect(),
    }
}

fn answered(reply_to: &ReplyTo, outcome: &Authenticated, keys: &Keys) -> Answer {
    let random = Random::seeded(1);
    answer(
        reply_to,
        outcome,
        Given { name: "lasting-name", session_ends: Some(now() + TimeDelta::hours(8)) },
        &idp::identity_provider(),
        &keys.signer,
        &random,
        now(),
    )
    .unwrap()
}

fn find<'a>(document: &'a Document<'_>, name: &str) -> Option<Node<'a, 'a>> {
    document.descendants().find(|node| node.is_element() && node.tag_name().name() == name)
}

fn canonical_form(document: &Document<'_>) -> String {
    let mut out = String::new();
    canonical::write(document.root_element(), None, &["xs"], &mut out);
    out
}

fn children(node: Node<'_, '_>) -> Vec<String> {
    node.children().map(|child| child.tag_name().name().to_owned()).collect()
}

const ANNA: &[(AttributeName, &str)] = &[
    (AttributeName::SpidCode, "PNTE0000000001"),
    (AttributeName::FamilyName, "D'Àngelo & <figli> \"x\""),
    (AttributeName::DateOfBirth, "1990-05-17"),
];

#[test]
fn a_spid_answer_says_all_that_the_rules_ask() {
    let reply_to = reply_to(Profile::Spid);
    let answer = answered(&reply_to, &outcome(ClassRef::SpidL2, ANNA), &keys::IDP);
    let document = Document::parse(&answer.xml).unwrap();
    let response = document.root_element();
    let (issue_instant, end) = ("2026-11-22T00:10:03.531Z", "2026-11-22T00:15:03.531Z");
    for (name, value) in [
        ("ID", answer.response_id.as_str()),
        ("Version", "2.0"),
        ("IssueInstant", issue_instant),
        ("Destination", reply_to.consumer.as_str()),
        ("InResponseTo", "_request1"),
    ] {
        assert_eq!(response.attribute(name), Some(value), "{name}");
    }
    assert_eq!(children(response), ["Issuer", "Signature", "Status", "Assertion"]);
    let assertion = find(&document, "Assertion").unwrap();
    assert_eq!(assertion.attribute("ID"), answer.assertion_id.as_deref());
    assert_eq!(assertion.attribute("Version"), Some("2.0"));
    assert_eq!(assertion.attribute("IssueInstant"), Some(issue_instant));
    assert_ne!(answer.assertion_id.as_ref(), Some(&answer.response_id));
    assert_eq!(
        children(assertion),
        ["Issuer", "Signature", "Subject", "Conditions", "AuthnStatement", "AttributeStatement"]
    );
    let issuers: Vec<_> =
        document.descendants().filter(|node| node.tag_name().name() == "Issuer").collect();
    assert_eq!(issuers.len(), 2);
    for issuer in issuers {
        assert_eq!(issuer.text(), Some(idp::ENTITY));
        let format = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity";
        assert_eq!(issuer.attribute("Format"), Some(format));
    }
    let name_id = find(&document, "NameID").unwrap();
    assert_eq!(name_id.text(), answer.name_id.as_ref().map(|name| name.value.as_str()));
    assert_eq!(name_id.attribute("NameQualifier"), Some(idp::ENTITY));
    assert_eq!(name_id.attribute("SPNameQualifier"), None);
    let format = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
    assert_eq!(name_id.attribute("Format"), Some(format));
    let method = find(&document, "SubjectConfirmation").unwrap().attribute("Method");
    assert_eq!(method, Some("urn:oasis:names:tc:SAML:2.0:cm:bearer"));
    let data = find(&document, "SubjectConfirmationData").unwrap();
    assert_eq!(data.attribute("Recipient"), Some(reply_to.consumer.as_str()));
    assert_eq!(data.attribute("InResponseTo"), Some("_request1"));
    assert_eq!(data.attribute("NotOnOrAfter"), Some(end));
    assert_eq!(data.attribute("NotBefore"), None);
    let conditions = find(&document, "Conditions").unwrap();
    assert_eq!(conditions.attribute("NotBefore"), Some(issue_instant));
    assert_eq!(conditions.attribute("NotOnOrAfter"), Some(end));
    assert_eq!(find(&document, "Audience").unwrap().text(), Some(sp::SPID_ENTITY));
    let statement = find(&document, "AuthnStatement").unwrap();
    assert_eq!(statement.attribute("AuthnInstant"), Some("2026-11-22T00:10:01.531Z"));
    assert_eq!(statement.attribute("SessionIndex"), None);
    let class = find(&document, "AuthnContextClassRef").unwrap();
    assert_eq!(class.text(), Some("https://www.spid.gov.it/SpidL2"));
    assert!(find(&document, "AuthenticatingAuthority").is_none());
    assert!(find(&document, "Advice").is_none());
    assert!(!answer.xml.contains("our-own-name-for-anna"));
    assert_eq!(answer.form.action, reply_to.consumer);
    assert_eq!(answer.form.relay_state, reply_to.relay_state);
}

#[test]
fn attributes_have_their_types_and_none_is_empty() {
    let xsi = "http://www.w3.org/2001/XMLSchema-instance";
    let mut attributes = ANNA.to_vec();
    attributes.push((AttributeName::Email, " "));
    let full = outcome(ClassRef::SpidL2, &attributes);
    let answer = answered(&reply_to(Profile::Spid), &full, &keys::IDP);
    let document = Document::parse(&answer.xml).unwrap();
    let sent: Vec<_> = document
        .descendants()
        .filter(|node| node.tag_name().name() == "Attribute")
        .map(|attribute| {
            let value = attribute.first_element_child().unwrap();
            let format = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic";
            assert_eq!(attribute.attribute("NameFormat"), Some(format));
            assert!(value.lookup_namespace_uri(Some("xs")).is_some());
            (
                attribute.attribute("Name").unwrap(),
                value.attribute((xsi, "type")).unwrap(),
                value.text().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        sent,
        [
            ("spidCode", "xs:string", "PNTE0000000001"),
            ("familyName", "xs:string", "D'Àngelo & <figli> \"x\""),
            ("dateOfBirth", "xs:date", "1990-05-17"),
        ]
    );
    let nothing = answered(&reply_to(Profile::Spid), &outcome(ClassRef::SpidL2, &[]), &keys::IDP);
    assert!(!nothing.xml.contains("AttributeStatement"));
}

#[test]
fn a_session_index_goes_to_spid_l1_and_to_plain_saml_alone() {
    for (profile, class, has_index) in [
        (Profile::Spid, ClassRef::SpidL1, true),
        (Profile::Spid, ClassRef::SpidL2, false),
        (Profile::Spid, ClassRef::SpidL3, false),
        (Profile::Generic, ClassRef::SpidL2, true),
        (Profile::Generic, ClassRef::PasswordProtectedTransport, true),
    ] {
        let answer = answered(&reply_to(profile), &outcome(class, ANNA), &keys::IDP);
        let document = Document::parse(&answer.xml).unwrap();
        let index = find(&document, "AuthnStatement").unwrap().attribute("SessionIndex");
        assert_eq!(index, answer.session_index.as_deref());
        assert_eq!(index.is_some(), has_index, "{profile:?} {class:?}");
        assert_eq!(find(&document, "AuthnContextClassRef").unwrap().text(), Some(class.uri()));
    }
}

#[test]
fn plain_saml_gets_lasting_names_and_spid_never() {
    for (profile, kind, lasting) in [
        (Profile::Generic, NameIdKind::Persistent, true),
        (Profile::Generic, NameIdKind::Transient, false),
        (Profile::Spid, NameIdKind::Persistent, false),
    ] {
        let reply_to = ReplyTo { name_id: kind, ..reply_to(profile) };
        let answer = answered(&reply_to, &outcome(ClassRef::SpidL1, ANNA), &keys::IDP);
        let document = Document::parse(&answer.xml).unwrap();
        let name_id = find(&document, "NameID").unwrap();
        assert_eq!(name_id.text() == Some("lasting-name"), lasting);
        assert_eq!(name_id.attribute("Format").unwrap().ends_with(":persistent"), lasting);
        let qualifier = (profile == Profile::Generic).then_some(sp::SPID_ENTITY);
        assert_eq!(name_id.attribute("SPNameQualifier"), qualifier);
    }
}

#[test]
fn an_answer_is_never_older_than_its_request() {
    let ahead =
        ReplyTo { issue_instant: now() + TimeDelta::seconds(90), ..reply_to(Profile::Spid) };
    let answer = answered(&ahead, &outcome(ClassRef::SpidL2, ANNA), &keys::IDP);
    assert_eq!(answer.issue_instant, ahead.issue_instant);
    assert!(answer.xml.contains("IssueInstant=\"2026-11-22T00:11:33.531Z\""));
}

#[test]
fn xmlsec1_accepts_both_signatures_of_an_answer_and_refuses_it_changed() {
    for keys in [&*keys::IDP, &*keys::IDP_ECDSA] {
        for profile in [Profile::Spid, Profile::Generic] {
            let outcome = outcome(ClassRef::SpidL2, ANNA);
            let answer = answered(&reply_to(profile), &outcome, keys);
            assert_verifies(&answer.xml, RESPONSE, keys);
            // The assertion holds on its own too, cut out of its Response.
            let from = answer.xml.find("<saml:Assertion").unwrap();
            let end = "</saml:Assertion>";
            let to = answer.xml.find(end).unwrap() + end.len();
            assert_verifies(&answer.xml[from..to], ASSERTION, keys);
            for (good, bad) in [("SpidL2", "SpidL3"), ("1990-05-17", "1990-05-18")] {
                let changed = answer.xml.replacen(good, bad, 1);
                assert!(!xmlsec1(&changed, RESPONSE, keys).status.success());
            }
        }
    }
}

#[test]
fn our_own_verifier_accepts_both_signatures_and_reads_what_was_sent() {
    for (keys, other) in [(&*keys::IDP, &*keys::IDP_ECDSA), (&*keys::IDP_ECDSA, &*keys::IDP)] {
        let key = PublicKey::from_certificate_der(keys.signer.certificate()).unwrap();
        let wrong = PublicKey::from_certificate_der(other.signer.certificate()).unwrap();
        let answer = answered(&reply_to(Profile::Spid), &outcome(ClassRef::SpidL2, ANNA), keys);
        let document = xml::parse(&answer.xml).unwrap();
        let signed = Signed::Enveloped { required: true };
        let sound = structure::check(&document, Root::Response, signed).unwrap();
        assert!(verify(&sound, std::slice::from_ref(&key)).is_ok());
        assert!(verify_child(&sound, std::slice::from_ref(&key)).is_ok());
        assert!(verify(&sound, &[wrong]).is_err());
        assert_eq!(canonical_form(&document), answer.xml);
    }
}

#[test]
fn an_error_is_signed_and_names_nobody() {
    let spid = reply_to(Profile::Spid);
    let failed = "urn:oasis:names:tc:SAML:2.0:status:AuthnFailed";
    for (profile, status, message) in [
        (Profile::Spid, refusal(Refusal::Cancelled, Profile::Spid), Some("ErrorCode nr25")),
        (Profile::Generic, refusal(Refusal::Cancelled, Profile::Generic), None),
        (Profile::Spid, FaultKind::Version.status(Profile::Spid).unwrap(), Some("ErrorCode nr09")),
    ] {
        let reply_to = ReplyTo { profile, ..spid.clone() };
        let idp = idp::identity_provider();
        let random = Random::seeded(2);
        let answer = reject(&reply_to, status, &idp, &keys::IDP.signer, &random, now()).unwrap();
        assert_verifies(&answer.xml, RESPONSE, &keys::IDP);
        let document = Document::parse(&answer.xml).unwrap();
        assert_eq!(children(document.root_element()), ["Issuer", "Signature", "Status"]);
        assert_eq!(find(&document, "StatusMessage").and_then(|node| node.text()), message);
        let code = find(&document, "StatusCode").unwrap();
        assert_eq!(code.attribute("Value"), Some(status.code));
        let sub = code.first_element_child().and_then(|node| node.attribute("Value"));
        assert_eq!(sub, status.sub);
        assert_eq!(sub == Some(failed), message != Some("ErrorCode nr09"));
        assert_eq!((answer.assertion_id, answer.name_id, answer.session_index), (None, None, None));
    }
}

#[test]
fn what_cannot_be_answered_is_an_error_and_no_panic() {
    let idp = idp::identity_provider();
    let random = Random::seeded(3);
    let answer_to = |reply_to: &ReplyTo, value: &str| {
        let outcome = outcome(ClassRef::SpidL2, &[(AttributeName::Name, value)]);
        answer(reply_to, &outcome, Given::default(), &idp, &keys::IDP.signer, &random, now())
    };
    let good = reply_to(Profile::Spid);
    assert!(answer_to(&good, "Anna").is_ok());
    assert!(ReplyTo::decode("{}").is_err());
    let lasting = ReplyTo { name_id: NameIdKind::Persistent, ..reply_to(Profile::Generic) };
    assert!(matches!(answer_to(&lasting, "Anna"), Err(AnswerError::NoName)));
    assert!(matches!(answer_to(&good, "An\u{0}na"), Err(AnswerError::Write(_))));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn hostile_values_come_back_equal(
        values in proptest::collection::vec(hostile(), 1..5),
        relay_state in proptest::option::of(any::<String>()),
    ) {
        let names = [
            AttributeName::Name,
            AttributeName::FamilyName,
            AttributeName::Address,
            AttributeName::Email,
        ];
        let attributes: Vec<_> =
            names.into_iter().zip(values.iter().map(String::as_str)).collect();
        let reply_to = ReplyTo {
            in_response_to: values[0].clone(),
            entity_id: values[0].clone(),
            consumer: values[0].clone(),
            relay_state,
            ..reply_to(Profile::Generic)
        };
        let outcome = outcome(ClassRef::SpidL1, &attributes);
        let answer = answered(&reply_to, &outcome, &keys::IDP_ECDSA);
        let document = Document::parse(&answer.xml).unwrap();
        let read: Vec<_> = document
            .descendants()
            .filter(|node| node.tag_name().name() == "AttributeValue")
            .map(|node| node.text().unwrap_or_default().to_owned())
            .collect();
        let sent: Vec<_> = attributes
            .iter()
            .filter(|(_, value)| !value.trim().is_empty())
            .map(|(_, value)| (*value).to_owned())
            .collect();
        prop_assert_eq!(read, sent);
        let response = document.root_element();
        let in_response_to = Some(values[0].as_str()).filter(|id| !id.is_empty());
        prop_assert_eq!(response.attribute("InResponseTo"), in_response_to);
        prop_assert_eq!(response.attribute("Destination"), Some(values[0].as_str()));
        let audience = find(&document, "Audience").unwrap();
        prop_assert_eq!(audience.text().unwrap_or_default(), values[0].as_str());
        prop_assert_eq!(answer.form.relay_state, reply_to.relay_state);
        prop_assert_eq!(canonical_form(&document), answer.xml);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn xmlsec1_agrees_on_hostile_values(value in hostile()) {
        let attributes = [(AttributeName::Name, value.as_str())];
        let reply_to = ReplyTo {
            in_response_to: value.clone(),
            entity_id: value.clone(),
            ..reply_to(Profile::Generic)
        };
        let answer = answered(&reply_to, &outcome(ClassRef::SpidL1, &attributes), &keys::IDP_ECDSA);
        assert_verifies(&answer.xml, RESPONSE, &keys::IDP_ECDSA);
    }
}

/// Strings that XML can carry and that writers get wrong.
fn hostile() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        Just('&'),
        Just('<'),
        Just('>'),
        Just('"'),
        Just('\''),
        Just('\r'),
        Just('\n'),
        Just('\t'),
        Just(' '),
        Just(']'),
        Just('\u{85}'),
        Just('\u{2028}'),
        Just('\u{feff}'),
        Just('\u{301}'),
        any::<char>().prop_filter("XML can carry it", |character| {
            !matches!(character, '\0'..' ' | '\u{fffe}' | '\u{ffff}')
        }),
    ];
    let piece = prop_oneof![
        Just("]]>".to_owned()),
        Just("<!--x-->".to_owned()),
        Just("&amp;&#xD;&lt;".to_owned()),
        Just("</saml:AttributeValue><saml:Attribute Name=\"x\">".to_owned()),
        Just("<?x y?>".to_owned()),
        proptest::collection::vec(character, 0..12).prop_map(|all| all.into_iter().collect()),
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}
