//! Two versions of metadata side by side: what changed, how much it weighs, and what it is called.

use std::collections::BTreeMap;
use std::fs;

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::{X509Builder, X509NameBuilder};
use ponte::partners::compare::changes::{Change, Comparison, Entity, Weight, compare};
use ponte::partners::compare::text::render;
use ponte::saml::metadata::picture::{NoPicture, entities};
use ponte::saml::names;
use ponte::saml::writer::Element;
use ponte::texts::language::Language;
use ponte::world::signer::Signer as _;
use proptest::prelude::*;
use serde_json::Value;

use crate::register_commands::used as used_server;
use crate::support::keys;
use crate::support::real_files;
use crate::support::sp::{AttributeSet, Endpoint, Metadata, SPID_ENTITY};

fn signed(metadata: &Metadata) -> String {
    metadata.signed(&keys::SP.signer)
}

fn laid(old: &str, new: &str) -> Comparison {
    compare(&entities(old).unwrap(), &entities(new).unwrap())
}

fn told(comparison: &Comparison, language: Language) -> String {
    render(comparison, &BTreeMap::new(), language, false)
}

fn certificate(of: &keys::Keys) -> (Option<String>, Vec<u8>) {
    (Some("signing".into()), of.signer.certificate().to_vec())
}

/// Each change of good metadata by itself: what it weighs, and what is said of it in English and in Italian.
fn cases() -> Vec<(&'static str, Metadata, Weight, &'static str, &'static str)> {
    let change = |what: &dyn Fn(&mut Metadata)| {
        let mut metadata = Metadata::spid();
        what(&mut metadata);
        metadata
    };
    let role = "SPSSODescriptor";
    vec![
        (
            "a second key",
            change(&|m| m.certificates.push(certificate(&keys::STRANGER))),
            Weight::Agreement,
            "SPSSODescriptor: signing certificate added: valid from ",
            "(è il secondo)",
        ),
        (
            "another key in its place",
            change(&|m| m.certificates = vec![certificate(&keys::STRANGER)]),
            Weight::Breaks,
            "SPSSODescriptor: signing certificate removed: valid from ",
            "SPSSODescriptor: certificato di firma in meno",
        ),
        (
            "a consumer gone",
            change(&|m| m.consumers.truncate(1)),
            Weight::Breaks,
            "AssertionConsumerService 1 removed: HTTP-POST https://sp.example.org/spid/acs2",
            "AssertionConsumerService 1 in meno",
        ),
        (
            "a consumer elsewhere",
            change(&|m| m.consumers[1].location = "https://sp.example.org/moved".into()),
            Weight::Breaks,
            "AssertionConsumerService 1 changed: HTTP-POST https://sp.example.org/spid/acs2 → HTTP-POST https://sp.example.org/moved",
            "AssertionConsumerService 1 cambiato",
        ),
        (
            "a consumer more",
            change(&|m| m.consumers.push(Endpoint::post(2, "https://sp.example.org/third"))),
            Weight::Agreement,
            "AssertionConsumerService 2 added: HTTP-POST https://sp.example.org/third",
            "AssertionConsumerService 2 in più",
        ),
        (
            "another attribute",
            change(&|m| m.attribute_sets[1].attributes.push("mobilePhone".into())),
            Weight::Agreement,
            "attribute set 1: asks for mobilePhone",
            "insieme di attributi 1: chiede anche mobilePhone",
        ),
        (
            "an attribute less",
            change(&|m| m.attribute_sets[0].attributes.retain(|name| name != "dateOfBirth")),
            Weight::Breaks,
            "attribute set 0: asks no more for dateOfBirth",
            "insieme di attributi 0: non chiede più dateOfBirth",
        ),
        (
            "another name of a set",
            change(&|m| m.attribute_sets[1].names[0].1 = "Servizio nuovo".into()),
            Weight::Notice,
            "attribute set 1: Servizio due (it), Servizio due (en) (en) → Servizio nuovo (it)",
            "insieme di attributi 1: ",
        ),
        (
            "a set more",
            change(&|m| m.attribute_sets.push(AttributeSet::new(2, "Servizio tre", &["email"]))),
            Weight::Agreement,
            "attribute set 2 added: Servizio tre (it), Servizio tre (en) (en) [email]",
            "insieme di attributi 2 in più",
        ),
        (
            "requests not signed any more",
            change(&|m| m.authn_requests_signed = Some("false".into())),
            Weight::Breaks,
            "SPSSODescriptor/@AuthnRequestsSigned changed: true → false",
            "SPSSODescriptor/@AuthnRequestsSigned cambiato: true → false",
        ),
        (
            "another format of names",
            change(&|m| m.name_id_formats.push(names::FORMAT_PERSISTENT.into())),
            Weight::Notice,
            "NameIDFormat persistent added",
            "NameIDFormat persistent in più",
        ),
        (
            "another name of the body",
            change(&|m| m.organization[0].1 = "Ente rinominato".into()),
            Weight::Notice,
            "OrganizationName (it) changed: Ente di esempio → Ente rinominato",
            "OrganizationName (it) cambiato",
        ),
        (
            "another code of the contact",
            change(&|m| m.contact[0] = Element::new("spid:IPACode").text("c_f205")),
            Weight::Notice,
            "IPACode: c_h501",
            "IPACode: c_f205",
        ),
        (
            "a logout service",
            change(&|m| {
                m.logouts.push((names::HTTP_POST, "https://sp.example.org/slo".into(), None));
            }),
            Weight::Agreement,
            "SingleLogoutService HTTP-POST added: HTTP-POST https://sp.example.org/slo",
            "SingleLogoutService HTTP-POST in più",
        ),
        (
            "another entity",
            change(&|m| m.entity_id = Some("https://elsewhere.example.org".into())),
            Weight::Breaks,
            "logins may fail: the entity is gone",
            "da concordare: entità nuova",
        ),
        (
            "no protocol",
            change(&|m| m.protocols = Some("urn:oasis:names:tc:SAML:1.1:protocol".into())),
            Weight::Breaks,
            "SPSSODescriptor/@protocolSupportEnumeration changed",
            role,
        ),
    ]
}

/// SP-07: two versions of an entity are compared in the terms of those who exchange them.
#[test]
fn each_change_is_told_once_with_its_weight() {
    let old = signed(&Metadata::spid());
    assert!(laid(&old, &old).entities.is_empty());
    // Another signature over the same is no change.
    let again = Metadata { id: Some("_other".into()), ..Metadata::spid() };
    assert!(laid(&old, &signed(&again)).entities.is_empty());
    for (case, metadata, weight, english, italian) in cases() {
        let comparison = laid(&old, &signed(&metadata));
        let became = &comparison.entities;
        let heaviest = became.values().map(Entity::weight).min();
        assert_eq!(heaviest, Some(weight), "{case}");
        for (language, said) in [(Language::En, english), (Language::It, italian)] {
            let text = told(&comparison, language);
            assert!(text.contains(said), "{case}: {text}");
            assert!(!text.contains('\x1b'), "{case}");
        }
        let changes: usize = became
            .values()
            .map(|one| match one {
                Entity::Changed(changes) => changes.len(),
                _ => 1,
            })
            .sum();
        let is_pair = ["another key in its place", "another entity", "another name of the body"]
            .contains(&case);
        assert_eq!(changes, if is_pair { 2 } else { 1 }, "{case}: {became:?}");
        // And back again: as many.
        assert_eq!(laid(&signed(&metadata), &old).entities.len(), became.len(), "{case}");
    }
    let unsigned = Metadata::spid().unsigned();
    assert!(
        told(&laid(&old, &unsigned), Language::En).contains("signature of the document removed")
    );
}

/// A certificate of `key`, made by itself with this serial number.
fn certified(key: &PKey<Private>, serial: u32) -> Vec<u8> {
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", "Ente").unwrap();
    let name = name.build();
    let mut certificate = X509Builder::new().unwrap();
    certificate
        .set_serial_number(&BigNum::from_u32(serial).unwrap().to_asn1_integer().unwrap())
        .unwrap();
    certificate.set_subject_name(&name).unwrap();
    certificate.set_issuer_name(&name).unwrap();
    certificate.set_pubkey(key).unwrap();
    certificate.set_not_before(&Asn1Time::from_unix(1_780_000_000).unwrap()).unwrap();
    certificate.set_not_after(&Asn1Time::from_unix(1_880_000_000).unwrap()).unwrap();
    certificate.sign(key, MessageDigest::sha256()).unwrap();
    certificate.build().to_der().unwrap()
}

/// A certificate made anew for the same key is one change, and nobody's login fails for it.
#[test]
fn a_renewed_certificate_is_no_other_key() {
    let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let with = |serial| {
        let certificates = vec![(Some("signing".into()), certified(&key, serial))];
        Metadata { certificates, ..Metadata::spid() }.unsigned()
    };
    let comparison = laid(&with(1), &with(2));
    let [Entity::Changed(changes)] = comparison.entities.values().collect::<Vec<_>>()[..] else {
        panic!("{comparison:?}")
    };
    assert!(matches!(changes[..], [Change::Renewed { .. }]), "{changes:?}");
    assert_eq!(changes[0].weight(), Weight::Notice);
    assert!(told(&comparison, Language::En).contains("signing certificate renewed, same key"));
    // A key for both uses is another thing than one for signatures, even with the same certificate.
    let for_both = Metadata { certificates: vec![(None, certified(&key, 1))], ..Metadata::spid() };
    assert_eq!(
        laid(&with(1), &for_both.unsigned()).entities.values().next().map(Entity::weight),
        Some(Weight::Breaks)
    );
}

#[test]
fn what_is_no_metadata_is_not_compared() {
    assert!(matches!(entities("<a/>"), Err(NoPicture::NotMetadata(name)) if name == "a"));
    assert!(matches!(entities("<a"), Err(NoPicture::Xml(_))));
    let md = names::METADATA;
    let nameless = format!("<EntityDescriptor xmlns=\"{md}\"/>");
    assert!(matches!(entities(&nameless), Err(NoPicture::Nameless(1))));
    let one = "<EntityDescriptor entityID=\"a\"/>";
    let twice = format!("<EntitiesDescriptor xmlns=\"{md}\">\n{one}\n{one}</EntitiesDescriptor>");
    assert!(matches!(entities(&twice), Err(NoPicture::Twice { line: 3, .. })));
    let both = format!("<EntitiesDescriptor xmlns=\"{md}\">{one}</EntitiesDescriptor>");
    let none = format!("<EntitiesDescriptor xmlns=\"{md}\"/>");
    assert!(told(&laid(&both, &none), Language::En).contains("the entity is gone"));
    assert!(told(&laid(&none, &both), Language::En).contains("a new entity"));
}

proptest! {
    /// Whatever is said where, nothing panics, nothing steers a terminal, and what is compared to itself is the same.
    #[test]
    fn any_text_in_metadata_is_told_plainly(text in "\\PC{0,40}", mark in "[\u{7f}-\u{9f}\u{202a}-\u{202e}]{0,3}") {
        let said = format!("{text}{mark}");
        let mut metadata = Metadata::spid();
        metadata.organization[0].1 = said;
        let new = metadata.unsigned();
        let old = Metadata::spid().unsigned();
        if let Ok(new) = entities(&new) {
            prop_assert!(compare(&new, &new).entities.is_empty());
            let comparison = compare(&entities(&old).unwrap(), &new);
            let text = told(&comparison, Language::It);
            prop_assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
            let turns = |c: char| ('\u{202a}'..='\u{202e}').contains(&c);
            prop_assert!(!text.contains(turns));
        }
    }
}

/// The program itself: its exit status, its JSON, and how often what is gone was used.
#[test]
fn the_program_says_what_changed_and_who_used_it() {
    let server = used_server();
    let write = |name: &str, text: &str| {
        fs::write(server.folder().join(name), text).unwrap();
    };
    write("old.xml", &signed(&Metadata::spid()));
    let mut moved = Metadata::spid();
    moved.consumers[0].location = "https://sp.example.org/spid/elsewhere".into();
    moved.consumers.truncate(1);
    write("new.xml", &signed(&moved));
    let same = server.try_ponte(&["metadata", "diff", "old.xml", "old.xml"], "");
    assert_eq!(same.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&same.stdout), "No difference.\n");
    for bad in ["nowhere.xml", "ponte.toml"] {
        let output = server.try_ponte(&["metadata", "diff", "old.xml", bad], "");
        assert_eq!(output.status.code(), Some(2), "{bad}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(bad), "{bad}");
    }
    let output = server.try_ponte(&["metadata", "diff", "old.xml", "new.xml", "--uses"], "");
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("/spid/elsewhere [default]: 1 login used it last week"), "{text}");
    assert!(text.contains("/spid/acs2: no login used it last week"), "{text}");
    let from_input = ["metadata", "diff", "old.xml", "-", "--json", "--uses"];
    let output = server.try_ponte(&from_input, &signed(&moved));
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["same"], false);
    assert_eq!(json["weight"], "breaks");
    assert_eq!(json["entities"][0]["entity_id"], SPID_ENTITY);
    assert_eq!(json["entities"][0]["uses"]["logins"], 1);
    let changes = json["entities"][0]["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 2);
    assert!(changes[0]["it"].as_str().unwrap().contains("1 accesso l’ha usato"), "{json}");
    // Who counted is in the journal of access, as whoever searched.
    let journal = server.log().iter().any(|line| {
        line["fields"]["action"] == "Count" || line.to_string().contains("\"action\":\"Count\"")
    });
    assert!(journal);
}

/// Real metadata: each file is itself, and no two files are one entity.
#[test]
fn real_metadata_are_compared() {
    let Some(folder) = real_files::dir() else { return };
    let mut files: Vec<_> = fs::read_dir(folder.join("sp-metadata"))
        .unwrap()
        .map(|file| format!("sp-metadata/{}", file.unwrap().file_name().to_string_lossy()))
        .filter(|name| name.ends_with(".xml"))
        .collect();
    files.sort_unstable();
    for name in files {
        let text = real_files::read(&name).unwrap();
        let Ok(old) = entities(text.trim_start_matches('\u{feff}')) else { continue };
        assert!(compare(&old, &old).entities.is_empty(), "{name}");
        let became = compare(&BTreeMap::new(), &old);
        assert!(became.entities.values().all(|one| *one == Entity::New), "{name}");
        // What is gone from each role is told by the role alone.
        let gone = compare(&old, &BTreeMap::new());
        assert_eq!(gone.entities.len(), old.len(), "{name}");
    }
}
