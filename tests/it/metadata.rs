//! Metadata: ours as written, service providers' as read, and the registry made of them.

use std::collections::HashMap;
use std::error::Error as _;
use std::path::PathBuf;
use std::sync::LazyLock;

use chrono::{DateTime, TimeDelta, Utc};
use openssl::rsa::Rsa;
use ponte::assurance::level::Level;
use ponte::identity::attributes::AttributeName;
use ponte::identity::name_id::NameIdKind;
use ponte::partners::folder::read_folder;
use ponte::partners::registry::{Built, Entry, Origin, Problem, Registry, Source};
use ponte::saml::identity_provider::Supported;
use ponte::saml::metadata::error::{MetadataError, Warning};
use ponte::saml::metadata::read::{Described, Unsigned, read};
use ponte::saml::metadata::write::write;
use ponte::saml::names;
use ponte::saml::partner::{Profile, SingleSignOn};
use ponte::saml::writer::Element;
use ponte::world::certificate::Certificate;
use ponte::world::signer::Signer;
use proptest::prelude::*;
use roxmltree::Document;

use crate::saml_out::xmlsec1;
use crate::support::keys;
use crate::support::sp::{AttributeSet, Endpoint, Metadata};
use crate::support::{idp, real_files};

const ENTITY: &str = "urn:oasis:names:tc:SAML:2.0:metadata:EntityDescriptor";

fn now() -> DateTime<Utc> {
    "2026-11-22T00:10:03Z".parse().unwrap()
}

fn accepted(xml: &str) -> Described {
    read(xml, Unsigned::Accept, now()).unwrap_or_else(|error| panic!("{error}\n{xml}"))
}

/// What is said of metadata that must be refused.
fn refused(xml: &str) -> String {
    match read(xml, Unsigned::Accept, now()) {
        Ok(_) => panic!("accepted: {xml}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn ours_are_of_spids_shape_and_verify() {
    let further = keys::IDP_ECDSA.signer.certificate().to_vec();
    let idp = idp::identity_provider();
    let xml = write(&idp, "_md1", &keys::IDP.signer, &[further]).unwrap();
    let output = xmlsec1(&xml, ENTITY, &keys::IDP);
    assert!(output.status.success(), "{output:?}");
    let changed = xml.replacen("/saml/sso", "/saml/sSo", 1);
    assert!(!xmlsec1(&changed, ENTITY, &keys::IDP).status.success());
    let document = Document::parse(&xml).unwrap();
    let root = document.root_element();
    assert_eq!(root.attribute("entityID"), Some(idp::ENTITY));
    let names = |node: roxmltree::Node<'_, '_>| -> Vec<String> {
        node.children().map(|child| child.tag_name().name().to_owned()).collect()
    };
    assert_eq!(names(root), ["Signature", "Extensions", "IDPSSODescriptor", "Organization"]);
    let role = root.children().nth(2).unwrap();
    assert_eq!(role.attribute("WantAuthnRequestsSigned"), Some("true"));
    assert_eq!(role.attribute("protocolSupportEnumeration"), Some(names::PROTOCOL));
    let mut expected = vec!["KeyDescriptor"; 2];
    expected.extend(["SingleLogoutService"; 2]);
    expected.push("NameIDFormat");
    expected.extend(["SingleSignOnService"; 2]);
    expected.extend(["Attribute"; 23]);
    assert_eq!(names(role), expected);
    for (service, binding) in [
        ("SingleSignOnService", names::HTTP_REDIRECT),
        ("SingleSignOnService", names::HTTP_POST),
        ("SingleLogoutService", names::HTTP_REDIRECT),
        ("SingleLogoutService", names::HTTP_POST),
    ] {
        let there = role.children().any(|child| {
            child.tag_name().name() == service && child.attribute("Binding") == Some(binding)
        });
        assert!(there, "{service} {binding}");
    }
    let organization = root.children().nth(3).unwrap();
    let languages: Vec<_> = organization
        .children()
        .map(|child| {
            let xml = "http://www.w3.org/XML/1998/namespace";
            (child.tag_name().name(), child.attribute((xml, "lang")).unwrap())
        })
        .collect();
    assert_eq!(
        languages,
        [
            ("OrganizationName", "it"),
            ("OrganizationName", "en"),
            ("OrganizationDisplayName", "it"),
            ("OrganizationDisplayName", "en"),
            ("OrganizationURL", "it"),
            ("OrganizationURL", "en"),
        ]
    );
}

#[test]
fn ours_leave_out_what_there_is_not() {
    let mut idp = idp::identity_provider();
    idp.single_logout = None;
    idp.supported = Supported::default();
    idp.organization.url.en = None;
    let xml = write(&idp, "_md1", &keys::IDP.signer, &[]).unwrap();
    assert!(!xml.contains("SingleLogoutService") && !xml.contains("Extensions"));
    assert!(xml.contains("xml:lang=\"it\"") && !xml.contains("xml:lang=\"en\""));
    idp.organization.url.it = None;
    let xml = write(&idp, "_md1", &keys::IDP.signer, &[]).unwrap();
    assert!(!xml.contains("Organization"));
}

#[test]
fn a_spid_service_provider_is_read_whole() {
    for xml in [Metadata::spid().unsigned(), Metadata::spid().signed(&keys::SP.signer)] {
        let described = accepted(&xml);
        assert_eq!(described.is_signed, xml.contains("SignatureValue"));
        assert_eq!(described.warnings, []);
        let sp = described.service_provider;
        assert_eq!(sp.entity_id, "https://sp.example.org/spid");
        assert_eq!(sp.profile, Profile::Spid);
        assert_eq!(sp.organization.it.as_deref(), Some("Ente di esempio"));
        assert_eq!(sp.organization.en.as_deref(), Some("Example body"));
        let certificate = Certificate::from_der(keys::SP.signer.certificate()).unwrap();
        let fingerprints: Vec<_> = sp.keys.iter().map(|key| *key.fingerprint()).collect();
        assert_eq!(fingerprints, [certificate.fingerprint.0]);
        let consumers: Vec<_> = sp
            .consumers
            .iter()
            .map(|consumer| (consumer.index, consumer.location.as_str(), consumer.is_default))
            .collect();
        assert_eq!(
            consumers,
            [
                (0, "https://sp.example.org/spid/acs", true),
                (1, "https://sp.example.org/spid/acs2", false)
            ]
        );
        let sets: Vec<_> = sp
            .attribute_sets
            .iter()
            .map(|set| (set.index, set.name.it.as_deref(), set.attributes.len()))
            .collect();
        assert_eq!(sets, [(0, Some("Servizio uno"), 5), (1, Some("Servizio due"), 1)]);
        assert_eq!(sp.name_ids, [NameIdKind::Transient]);
        assert!(!sp.disabled && sp.minimum_level.is_none() && sp.valid_until.is_none());
    }
}

#[test]
fn a_plain_service_provider_is_read_whole() {
    let described = accepted(&Metadata::generic().unsigned());
    let sp = described.service_provider;
    assert_eq!(sp.profile, Profile::Generic);
    assert_eq!(sp.name_ids, [NameIdKind::Persistent, NameIdKind::Transient]);
    assert_eq!(sp.attribute_sets, []);
    assert_eq!(sp.keys.len(), 1);
}

#[test]
fn the_profile_is_guessed_by_rule() {
    let plain = Metadata { contact: Vec::new(), ..Metadata::spid() };
    let cases = [
        ("SPID's extensions", Metadata::spid(), Profile::Spid),
        ("none, but signs, transient, SPID's attributes", plain.clone(), Profile::Spid),
        (
            "does not sign",
            Metadata { authn_requests_signed: None, ..plain.clone() },
            Profile::Generic,
        ),
        (
            "says that it does not sign",
            Metadata { authn_requests_signed: Some("0".into()), ..plain.clone() },
            Profile::Generic,
        ),
        (
            "asks for nothing",
            Metadata { attribute_sets: Vec::new(), ..plain.clone() },
            Profile::Generic,
        ),
        (
            "asks for more than SPID has",
            Metadata {
                attribute_sets: vec![AttributeSet::new(0, "x", &["name", "urn:oid:2.5.4.42"])],
                ..plain.clone()
            },
            Profile::Generic,
        ),
        (
            "takes persistent names",
            Metadata { name_id_formats: vec![names::FORMAT_PERSISTENT.into()], ..plain },
            Profile::Generic,
        ),
    ];
    for (what, metadata, profile) in cases {
        assert_eq!(accepted(&metadata.unsigned()).service_provider.profile, profile, "{what}");
    }
}

#[test]
fn a_signature_must_hold_with_a_key_of_its_own() {
    let metadata = Metadata::spid();
    let signed = metadata.signed(&keys::SP.signer);
    assert!(read(&signed, Unsigned::Refuse, now()).unwrap().is_signed);
    let stranger = metadata.signed(&keys::STRANGER.signer);
    let changed = signed.replacen("/spid/acs", "/spid/acS", 1);
    for (xml, what) in [(&stranger, "stranger"), (&changed, "changed")] {
        let error = read(xml, Unsigned::Accept, now()).unwrap_err();
        assert!(matches!(error, MetadataError::Signature(_)), "{what}: {error}");
        assert!(error.source().is_some());
    }
    let unsigned = metadata.unsigned();
    assert!(read(&unsigned, Unsigned::Accept, now()).is_ok());
    assert!(matches!(read(&unsigned, Unsigned::Refuse, now()), Err(MetadataError::Structure(_))));
    // The second of two keys signs.
    let mut two = metadata;
    two.certificates.insert(0, (None, keys::SP_ECDSA.signer.certificate().to_vec()));
    assert_eq!(accepted(&two.signed(&keys::SP.signer)).service_provider.keys.len(), 2);
    assert!(accepted(&two.signed(&keys::SP_ECDSA.signer)).is_signed);
}

#[test]
fn keys_are_those_for_signing() {
    let key = |usage: Option<&str>, keys: &keys::Keys| {
        (usage.map(str::to_owned), keys.signer.certificate().to_vec())
    };
    let count = |certificates| {
        let metadata = Metadata { certificates, ..Metadata::spid() };
        accepted(&metadata.unsigned()).service_provider.keys.len()
    };
    assert_eq!(count(vec![key(None, &keys::SP)]), 1);
    assert_eq!(count(vec![key(Some("signing"), &keys::SP), key(None, &keys::SP_ECDSA)]), 2);
    assert_eq!(count(vec![key(Some("signing"), &keys::SP), key(None, &keys::SP)]), 1);
    assert_eq!(count(vec![key(Some("signing"), &keys::SP), key(Some("encryption"), &keys::SP)]), 1);
    let said = |certificates| refused(&Metadata { certificates, ..Metadata::spid() }.unsigned());
    for certificates in [Vec::new(), vec![key(Some("encryption"), &keys::SP)]] {
        let said = said(certificates);
        assert!(said.contains("SPSSODescriptor/KeyDescriptor: expected a KeyDescriptor"), "{said}");
    }
    let said_of_use = said(vec![key(Some("sign"), &keys::SP)]);
    assert!(said_of_use.contains("expected signing or encryption"), "{said_of_use}");
    assert!(said_of_use.contains("found \"sign\""), "{said_of_use}");
    let said_of_der = said(vec![(None, b"no certificate".to_vec())]);
    assert!(said_of_der.contains("the certificate cannot be used"), "{said_of_der}");
}

#[test]
fn a_key_too_short_is_refused_with_the_document() {
    let key = openssl::pkey::PKey::from_rsa(Rsa::generate(1024).unwrap()).unwrap();
    let mut certificate = openssl::x509::X509::builder().unwrap();
    let day = |days| openssl::asn1::Asn1Time::days_from_now(days).unwrap();
    certificate.set_not_before(&day(0)).unwrap();
    certificate.set_not_after(&day(9)).unwrap();
    certificate.set_pubkey(&key).unwrap();
    certificate.sign(&key, openssl::hash::MessageDigest::sha256()).unwrap();
    let der = certificate.build().to_der().unwrap();
    let xml = Metadata { certificates: vec![(None, der)], ..Metadata::spid() }.unsigned();
    let error = read(&xml, Unsigned::Accept, now()).unwrap_err();
    assert!(matches!(error, MetadataError::Key { .. }), "{error}");
    assert!(error.source().unwrap().to_string().contains("1024"), "{error}");
}

#[test]
fn only_the_first_certificate_of_a_chain_is_a_key() {
    let xml = Metadata::spid().unsigned();
    let end = "</ds:X509Data>";
    let other = Metadata {
        certificates: vec![(None, keys::STRANGER.signer.certificate().to_vec())],
        ..Metadata::spid()
    };
    let other = other.unsigned();
    let from = other.find("<ds:X509Certificate>").unwrap();
    let to = other.find(end).unwrap();
    let chain = xml.replacen(end, &format!("{}{end}", &other[from..to]), 1);
    let described = accepted(&chain);
    assert_eq!(described.service_provider.keys.len(), 1);
    assert!(matches!(described.warnings[..], [Warning::FurtherCertificates { .. }]));
}

#[test]
fn a_certificate_out_of_its_dates_is_a_warning() {
    let xml = Metadata::spid().unsigned();
    for at in ["2025-12-31T00:00:00Z", "2036-12-31T00:00:00Z"] {
        let described = read(&xml, Unsigned::Accept, at.parse().unwrap()).unwrap();
        assert!(matches!(described.warnings[..], [Warning::CertificateDates { .. }]), "{at}");
        assert_eq!(described.service_provider.keys.len(), 1);
    }
}

#[test]
fn consumers_are_by_post_at_addresses_that_a_browser_may_go_to() {
    let at = |consumers| Metadata { consumers, ..Metadata::spid() }.unsigned();
    let post = |index, location| Endpoint::post(index, location);
    let artifact = Endpoint {
        binding: "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact".into(),
        ..post(0, "javascript:alert(1)")
    };
    let described = accepted(&at(vec![artifact.clone(), post(1, "https://sp.example.org/acs")]));
    assert_eq!(described.service_provider.consumers.len(), 1);
    assert_eq!(described.service_provider.default_consumer().unwrap().index, 1);
    assert!(matches!(described.warnings[..], [Warning::OtherBinding { .. }]));
    assert!(accepted(&at(vec![post(0, "http://sp.localhost:8080/acs")])).warnings.is_empty());
    for location in [
        "javascript:alert(1)",
        "http://sp.example.org/acs",
        "https://user@sp.example.org/acs",
        "/acs",
        "",
    ] {
        let said = refused(&at(vec![post(0, location)]));
        assert!(said.contains("AssertionConsumerService/@Location"), "{said}");
        assert!(said.contains(&format!("{location:?}")), "{said}");
    }
    for (consumers, what) in [
        (Vec::new(), "by HTTP-POST"),
        (vec![artifact], "by HTTP-POST"),
        (
            vec![post(3, "https://sp.example.org/a"), post(3, "https://sp.example.org/b")],
            "that no other one has",
        ),
    ] {
        let said = refused(&at(consumers));
        assert!(said.contains(what), "{said}");
    }
    for index in [None, Some(""), Some("-1"), Some("+1"), Some("65536"), Some("one")] {
        let endpoint =
            Endpoint { index: index.map(str::to_owned), ..post(0, "https://sp.example.org/acs") };
        let said = refused(&at(vec![endpoint]));
        assert!(said.contains("AssertionConsumerService/@index"), "{said}");
    }
    let odd = Endpoint { is_default: Some("yes".into()), ..post(0, "https://sp.example.org/acs") };
    assert!(refused(&at(vec![odd])).contains("true or false"));
}

#[test]
fn attributes_that_are_not_known_are_skipped_with_a_warning() {
    let set = AttributeSet::new(7, "Servizio", &["name", "shoeSize", "email", "name"]);
    let described =
        accepted(&Metadata { attribute_sets: vec![set], ..Metadata::spid() }.unsigned());
    let set = &described.service_provider.attribute_sets[0];
    assert_eq!(set.attributes, [AttributeName::Name, AttributeName::Email]);
    let [Warning::UnknownAttribute { name, .. }] = &described.warnings[..] else {
        panic!("{:?}", described.warnings);
    };
    assert_eq!(name, "shoeSize");
    let twice = vec![AttributeSet::new(0, "a", &["name"]), AttributeSet::new(0, "b", &["email"])];
    let said = refused(&Metadata { attribute_sets: twice, ..Metadata::spid() }.unsigned());
    assert!(said.contains("AttributeConsumingService/@index"), "{said}");
}

#[test]
fn names_are_read_by_language() {
    let name = |names: &[(&str, &str)]| {
        let organization =
            names.iter().map(|(code, name)| ((*code).to_owned(), (*name).to_owned())).collect();
        let xml = Metadata { organization, ..Metadata::spid() }.unsigned();
        let name = accepted(&xml).service_provider.organization;
        (name.it, name.en)
    };
    let some = |name: &str| Some(name.to_owned());
    assert_eq!(name(&[("it", "Uno"), ("en", "One")]), (some("Uno"), some("One")));
    assert_eq!(name(&[("it-IT", " Uno\n"), ("de", "Eins")]), (some("Uno"), None));
    assert_eq!(name(&[("de", "Eins"), ("fr", "Un")]), (None, some("Eins")));
    assert_eq!(name(&[]), (None, None));
}

#[test]
fn what_the_entity_says_of_itself_is_checked() {
    let good = Metadata::spid().unsigned();
    accepted(&good);
    let entity = |entity_id: Option<&str>| {
        Metadata { entity_id: entity_id.map(str::to_owned), ..Metadata::spid() }.unsigned()
    };
    accepted(&entity(Some("urn:example:sp")));
    for entity_id in [None, Some(""), Some("https://sp.example.org/a b"), Some("a\u{a0}b")] {
        let said = refused(&entity(entity_id));
        assert!(said.contains("EntityDescriptor/@entityID"), "{said}");
    }
    assert!(refused(&entity(Some(&"a".repeat(1025)))).contains("@entityID"));
    let protocols = |protocols: Option<&str>| {
        Metadata { protocols: protocols.map(str::to_owned), ..Metadata::spid() }.unsigned()
    };
    accepted(&protocols(Some(
        "urn:oasis:names:tc:SAML:1.1:protocol urn:oasis:names:tc:SAML:2.0:protocol",
    )));
    for other in [None, Some(""), Some("urn:oasis:names:tc:SAML:1.1:protocol")] {
        assert!(refused(&protocols(other)).contains("expected one SPSSODescriptor"), "{other:?}");
    }
    let mut two = Metadata::spid();
    two.extra = vec![
        Element::new("md:SPSSODescriptor").attribute("protocolSupportEnumeration", names::PROTOCOL),
    ];
    assert!(refused(&two.unsigned()).contains("a second one"));
}

#[test]
fn validity_ends() {
    let until = |until: &str| {
        Metadata::spid().unsigned().replacen(
            " entityID=",
            &format!(" validUntil=\"{until}\" entityID="),
            1,
        )
    };
    let described = accepted(&until("2026-11-22T00:10:04Z"));
    let end = now() + TimeDelta::seconds(1);
    assert_eq!(described.service_provider.valid_until, Some(end));
    for over in ["2026-11-22T00:10:03Z", "2020-01-01T00:00:00Z", "tomorrow", ""] {
        assert!(refused(&until(over)).contains("@validUntil"), "{over}");
    }
    let source = source("a", until("2026-11-22T00:10:04Z"));
    let registry = build(&[source], &HashMap::new()).registry;
    assert!(registry.find("https://sp.example.org/spid", now()).is_some());
    assert!(registry.find("https://sp.example.org/spid", end).is_none());
}

#[test]
fn a_list_of_entities_is_refused_clearly() {
    let one = Metadata::spid().unsigned();
    let list = format!(
        "<md:EntitiesDescriptor xmlns:md=\"{}\">{one}{one}</md:EntitiesDescriptor>",
        names::METADATA
    );
    assert!(refused(&list).contains("a list (EntitiesDescriptor) of 2"));
}

#[test]
fn errors_say_where() {
    let xml = Metadata::spid().unsigned().replace("><md:", ">\n<md:");
    let bad = xml.replacen("https://sp.example.org/spid/acs2", "ftp://sp.example.org", 1);
    let line = bad.lines().position(|line| line.contains("ftp://")).unwrap() + 1;
    let said = refused(&bad);
    assert!(said.starts_with(&format!("line {line}, column 1: AssertionConsumer")), "{said}");
    assert!(said.ends_with("found \"ftp://sp.example.org\""), "{said}");
}

const REAL: [(&str, &str, bool); 7] = [
    ("metadata_missing_entityid.xml", "", false),
    ("private-sp_signed.xml", "https://sp.example.it", true),
    ("pub-ag-full_signed.xml", "https://sp.example.it/pub-ag-full/TEST", true),
    ("pub-op-full_signed.xml", "", true),
    ("public-sp-cie_signed.xml", "https://sp.example.it", true),
    ("public-sp.xml", "", false),
    ("public-sp_signed.xml", "", true),
];

#[test]
fn real_files_are_read_but_the_two_that_are_broken() {
    for (name, entity_id, good) in REAL {
        let Some(xml) = real_files::read(&format!("sp-metadata/{name}")) else { return };
        match read(&xml, Unsigned::Accept, now()) {
            Ok(described) => {
                assert!(good, "{name} was accepted");
                assert!(described.is_signed, "{name}");
                assert_eq!(described.service_provider.profile, Profile::Spid, "{name}");
                assert!(!described.service_provider.attribute_sets.is_empty(), "{name}");
                if !entity_id.is_empty() {
                    assert_eq!(described.service_provider.entity_id, entity_id, "{name}");
                }
            }
            Err(error) => assert!(!good, "{name}: {error}: {:?}", error.source()),
        }
    }
}

#[test]
fn look_alikes_of_the_two_broken_files_are_refused() {
    let signed = Metadata::spid().signed(&keys::SP.signer);
    accepted(&signed);
    let empty = |element: &str| {
        let (open, close) = (format!("<ds:{element}>"), format!("</ds:{element}>"));
        let from = signed.find(&open).unwrap();
        let to = signed.find(&close).unwrap() + close.len();
        format!("{}<ds:{element} />{}", &signed[..from], &signed[to..])
    };
    for element in ["DigestValue", "SignatureValue"] {
        let error = read(&empty(element), Unsigned::Accept, now()).unwrap_err();
        assert!(matches!(error, MetadataError::Structure(_)), "{element}: {error}");
    }
    let not_well_formed = signed.replacen("</ds:KeyInfo>", "", 1);
    let error = read(&not_well_formed, Unsigned::Accept, now()).unwrap_err();
    assert!(matches!(error, MetadataError::Xml(_)), "{error}");
}

fn source(name: &str, xml: String) -> Source {
    Source { origin: Origin::File(PathBuf::from(name)), xml, entry: None }
}

fn build(sources: &[Source], entries: &HashMap<String, Entry>) -> Built {
    Registry::build(sources, entries, idp::ENTITY, now())
}

fn named(entity_id: &str) -> String {
    Metadata { entity_id: Some(entity_id.into()), ..Metadata::generic() }.unsigned()
}

#[test]
fn a_bad_partner_does_not_stop_the_others() {
    let sources = [
        source("a.xml", named("urn:a")),
        source("b.xml", "<b/>".into()),
        source("c.xml", named("urn:a")),
        source("d.xml", named(idp::ENTITY)),
        source("e.xml", named("urn:e")),
    ];
    let built = build(&sources, &HashMap::new());
    let known: Vec<_> = built.registry.all().iter().map(|sp| sp.entity_id.clone()).collect();
    assert_eq!(known, ["urn:a", "urn:e"]);
    assert_eq!(built.registry.len(), 2);
    let said: Vec<_> = built.faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "b.xml: line 1: <b>: the root is not the element expected here",
            "c.xml: the entityID \"urn:a\" is already that of a.xml, which is used",
            "d.xml: the entityID \"https://idp.example.org/saml\" is our own",
        ]
    );
    assert!(matches!(built.faults[1].problem, Problem::Duplicate { .. }));
    assert!(built.registry.find("urn:a", now()).is_some());
    assert!(built.registry.find("urn:b", now()).is_none());
    assert!(built.registry.find("urn:A", now()).is_none());
}

#[test]
fn entries_settle_what_metadata_do_not() {
    let entry = Entry {
        profile: Some(Profile::Spid),
        minimum_level: Some(Level::Loa3),
        single_sign_on: Some(SingleSignOn::Off),
        attributes: vec![AttributeName::Email],
        disabled: true,
        ..Entry::default()
    };
    let stored = Entry { minimum_level: Some(Level::Loa2), ..Entry::default() };
    let sources = [
        Source { entry: Some(stored.clone()), ..source("a", named("urn:a")) },
        Source { entry: Some(stored), ..source("b", named("urn:b")) },
        source("c", named("urn:c")),
        source("d", Metadata::spid().unsigned()),
    ];
    let spid = "https://sp.example.org/spid";
    let entries = [("urn:a", &entry), (spid, &entry), ("urn:nobody", &entry)];
    let entries = entries.map(|(entity_id, entry)| (entity_id.to_owned(), entry.clone()));
    let built = build(&sources, &HashMap::from(entries));
    let find = |entity_id| built.registry.find(entity_id, now()).unwrap();
    let a = find("urn:a");
    assert_eq!((a.profile, a.minimum_level, a.disabled), (Profile::Spid, Some(Level::Loa3), true));
    assert_eq!(a.attribute_sets.len(), 1);
    assert_eq!(a.attribute_sets[0].attributes, [AttributeName::Email]);
    let b = find("urn:b");
    assert_eq!((b.profile, b.minimum_level), (Profile::Generic, Some(Level::Loa2)));
    assert!(!b.disabled && b.attribute_sets.is_empty());
    assert_eq!(find("urn:c").minimum_level, None);
    assert_eq!(find(spid).attribute_sets.len(), 2, "its metadata ask for something");
    assert_eq!(built.unmatched, ["urn:nobody"]);
    let json = serde_json::to_string(&entry).unwrap();
    assert_eq!(serde_json::from_str::<Entry>(&json).unwrap(), entry);
    assert_eq!(serde_json::from_str::<Entry>("{}").unwrap(), Entry::default());
}

#[test]
fn a_folder_is_read_by_name_and_may_be_missing() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in [
        ("b.xml", named("urn:b").into_bytes()),
        ("a.xml", named("urn:a").into_bytes()),
        ("c.xml", vec![0xff, 0xfe]),
        ("readme.txt", b"no metadata".to_vec()),
    ] {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let (sources, faults) = read_folder(folder.path());
    let names: Vec<_> = sources.iter().map(|source| source.origin.to_string()).collect();
    assert_eq!(names.len(), 2);
    assert!(names[0].ends_with("a.xml") && names[1].ends_with("b.xml"));
    let [fault] = &faults[..] else { panic!("{faults:?}") };
    assert!(fault.to_string().contains("c.xml: it cannot be read: "), "{fault}");
    let (sources, faults) = read_folder(&folder.path().join("nowhere"));
    assert!(sources.is_empty() && faults.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// A signed document is refused once a byte of it changes, unless what is read stays the same.
    #[test]
    fn signed_metadata_changed_anywhere_give_nothing_else(
        at in any::<prop::sample::Index>(),
        length in 0_usize..4,
        put in "[ -~]{0,3}",
    ) {
        static SIGNED: LazyLock<String> =
            LazyLock::new(|| Metadata::spid().signed(&keys::SP.signer));
        static GOOD: LazyLock<String> = LazyLock::new(|| shown(&accepted(&SIGNED)));
        let at = at.index(SIGNED.len());
        let mut bytes = SIGNED.clone().into_bytes();
        bytes.splice(at..(at + length).min(SIGNED.len()), put.into_bytes());
        let Ok(changed) = String::from_utf8(bytes) else { return Ok(()) };
        if let Ok(described) = read(&changed, Unsigned::Refuse, now()) {
            prop_assert_eq!(shown(&described), GOOD.as_str());
        }
    }

    #[test]
    fn unsigned_metadata_changed_anywhere_are_read_or_refused(
        changes in prop::collection::vec(
            (any::<prop::sample::Index>(), 0_usize..40, "\\PC{0,8}|<[a-z:]{1,9}/?>|&#x?[0-9a-f]{1,6};"),
            1..5,
        ),
    ) {
        let mut bytes = Metadata::spid().unsigned().into_bytes();
        for (at, length, put) in changes {
            let at = at.index(bytes.len());
            let end = (at + length).min(bytes.len());
            bytes.splice(at..end, put.into_bytes());
        }
        let text = String::from_utf8_lossy(&bytes);
        if let Ok(described) = read(&text, Unsigned::Accept, now()) {
            let sp = described.service_provider;
            prop_assert!(!sp.keys.is_empty() && !sp.consumers.is_empty());
            let safe = sp.consumers.iter().all(|consumer| {
                ["https://", "http://localhost", "http://127."]
                    .iter()
                    .any(|start| consumer.location.to_ascii_lowercase().starts_with(start))
            });
            prop_assert!(safe, "{:?}", sp.consumers);
        }
    }
}

fn shown(described: &Described) -> String {
    format!("{:?}", described.service_provider)
}
