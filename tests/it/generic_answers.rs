//! What service providers outside SPID may want of their answers: encryption, other names, no request.

use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openssl::encrypt::Decrypter;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::Padding;
use openssl::symm::{Cipher, decrypt_aead};
use ponte::assurance::level::Level;
use ponte::identity::attributes::AttributeName;
use ponte::identity::name_id::NameIdKind;
use ponte::partners::registry::{Entry, Origin, Registry, Source};
use ponte::saml::attribute_names::{NameStyle, Renamed};
use ponte::saml::encryption::EncryptionKey;
use ponte::saml::{names, xml};
use ponte::store::accounts;
use ponte::store::port::{Committed, Durability};
use ponte::store::record::Batch;
use ponte::world::signer::Signer;

use crate::support::agent::{Agent, Page};
use crate::support::citizen::send;
use crate::support::house::{House, Inhabitant};
use crate::support::keys;
use crate::support::peer::Request;
use crate::support::requests::now;
use crate::support::sp::{AttributeSet, AuthnRequest, Metadata};

fn attributes() -> Vec<AttributeName> {
    vec![AttributeName::Name, AttributeName::FamilyName, AttributeName::FiscalNumber]
}

/// A house whose only service provider is a plain one with this entry.
fn house(entry: Entry) -> House {
    house_of(&Metadata::generic(), entry)
}

fn house_of(metadata: &Metadata, entry: Entry) -> House {
    let xml = metadata.signed(&keys::SP.signer);
    House::with(|making| making.service_providers = vec![(xml, entry)])
}

fn entry() -> Entry {
    Entry { attributes: attributes(), ..Entry::default() }
}

fn request(house: &House, format: Option<&str>) -> Request {
    let issued = house.now().format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
    let id = house.env.random.xml_id();
    let mut request = AuthnRequest::generic(&id, &issued);
    request.destination = Some(house.url("/saml/sso"));
    if let Some(policy) = &mut request.name_id_policy {
        policy.format = format.map(str::to_owned);
    }
    let query = request.redirect(Some("state"), &keys::SP.signer);
    let url = house.url(&format!("/saml/sso?{query}"));
    Request { post: false, url, fields: Vec::new(), id }
}

fn response(page: &Page) -> String {
    let form = page.form_with(&["SAMLResponse"]).unwrap_or_else(|| panic!("{}", page.body));
    let bytes = STANDARD.decode(form.field("SAMLResponse").unwrap()).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn answered(house: &House, format: Option<&str>, person: &Inhabitant) -> String {
    let mut agent = Agent::new();
    let page = house.walk(&mut agent, &request(house, format), person);
    response(&house.accept(&mut agent, &page))
}

/// The `NameID` of a response: its format and its value.
fn name_id(response: &str) -> (String, String) {
    let document = xml::parse(response).unwrap();
    let node = document.descendants().find(|node| node.tag_name().name() == "NameID").unwrap();
    (node.attribute("Format").unwrap().into(), node.text().unwrap().into())
}

/// Name, NameFormat and FriendlyName of each attribute.
fn names_sent(response: &str) -> Vec<(String, String, Option<String>)> {
    let document = xml::parse(response).unwrap();
    let attributes = document.descendants().filter(|node| node.tag_name().name() == "Attribute");
    let read = |node: roxmltree::Node<'_, '_>| {
        let said = |name| node.attribute(name).map(str::to_owned);
        (said("Name").unwrap(), said("NameFormat").unwrap(), said("FriendlyName"))
    };
    attributes.map(read).collect()
}

/// What `xmlsec1` reads with the key of `owner`.
fn decrypted(response: &str, owner: &keys::Keys) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let (message, key) = (folder.path().join("m.xml"), folder.path().join("k.pem"));
    std::fs::write(&message, response).unwrap();
    std::fs::write(&key, &owner.pair.key).unwrap();
    // Newer versions want to be told that a key may be used that the message does not name.
    for lax in [&[][..], &["--lax-key-search"]] {
        let mut command = Command::new("xmlsec1");
        command.arg("--decrypt").args(lax).arg("--privkey-pem").arg(&key).arg(&message);
        let output = command.output().unwrap();
        if output.status.success() {
            return Some(String::from_utf8(output.stdout).unwrap());
        }
    }
    None
}

/// What the service provider's key reads, by OpenSSL alone.
fn opened(sealed: &str, wrapping: &str) -> String {
    let document = xml::parse(sealed).unwrap();
    let values: Vec<Vec<u8>> = document
        .descendants()
        .filter(|node| node.tag_name().name() == "CipherValue")
        .map(|node| STANDARD.decode(node.text().unwrap()).unwrap())
        .collect();
    let [wrapped, data] = &values[..] else { panic!("{sealed}") };
    let key = PKey::private_key_from_pem(&keys::SP.pair.key).unwrap();
    let digest = match wrapping {
        names::RSA_OAEP => MessageDigest::sha256(),
        _ => MessageDigest::sha1(),
    };
    let mut decrypter = Decrypter::new(&key).unwrap();
    decrypter.set_rsa_padding(Padding::PKCS1_OAEP).unwrap();
    decrypter.set_rsa_oaep_md(digest).unwrap();
    decrypter.set_rsa_mgf1_md(digest).unwrap();
    let mut secret = vec![0; decrypter.decrypt_len(wrapped).unwrap()];
    let length = decrypter.decrypt(wrapped, &mut secret).unwrap();
    let cipher = if length == 16 { Cipher::aes_128_gcm() } else { Cipher::aes_256_gcm() };
    let (nonce, rest) = data.split_at(12);
    let (body, tag) = rest.split_at(rest.len() - 16);
    let plain = decrypt_aead(cipher, &secret[..length], Some(nonce), &[], body, tag).unwrap();
    String::from_utf8(plain).unwrap()
}

#[test]
fn an_assertion_is_encrypted_for_its_service_provider_alone() {
    let house = house(Entry { encrypt_assertion: true, ..entry() });
    let anna = house.enrolled("anna");
    let response = answered(&house, Some(names::FORMAT_PERSISTENT), &anna);
    for secret in [">Anna<", "TINIT-", "<saml:Assertion", ":NameID"] {
        assert!(!response.contains(secret), "{secret} is told to everybody: {response}");
    }
    let node = "urn:oasis:names:tc:SAML:2.0:protocol:Response";
    let verdict = crate::saml_out::xmlsec1(&response, node, &keys::IDP);
    assert!(verdict.status.success(), "{verdict:?}");
    let plain = decrypted(&response, &keys::SP).unwrap();
    let assertion = &plain[plain.find("<saml:Assertion").unwrap()..];
    let end = "</saml:Assertion>";
    let assertion = &assertion[..assertion.find(end).unwrap() + end.len()];
    assert!(assertion.contains("TINIT-RSSMRA80A01H501U"), "{assertion}");
    let node = "urn:oasis:names:tc:SAML:2.0:assertion:Assertion";
    let verdict = crate::saml_out::xmlsec1(assertion, node, &keys::IDP);
    assert!(verdict.status.success(), "{verdict:?}\n{assertion}");
    assert!(decrypted(&response, &keys::STRANGER).is_none(), "another key read it");
}

#[test]
fn the_methods_that_metadata_list_are_used_and_no_weaker_ones() {
    let key = |certificate: &[u8], methods: &[&str]| {
        EncryptionKey::from_certificate_der(certificate, methods).map_err(|error| error.to_string())
    };
    let rsa = keys::SP.signer.certificate().to_vec();
    let cbc = "http://www.w3.org/2001/04/xmlenc#aes256-cbc";
    for (methods, data, wrapping) in [
        (&[][..], names::AES256_GCM, names::RSA_OAEP_MGF1P),
        (&[names::AES128_GCM], names::AES128_GCM, names::RSA_OAEP_MGF1P),
        (&[names::AES128_GCM, names::AES256_GCM], names::AES256_GCM, names::RSA_OAEP_MGF1P),
        (&[names::RSA_OAEP], names::AES256_GCM, names::RSA_OAEP),
        (&[cbc, names::AES128_GCM, names::RSA_OAEP], names::AES128_GCM, names::RSA_OAEP),
        (&[names::RSA_1_5, names::RSA_OAEP_MGF1P], names::AES256_GCM, names::RSA_OAEP_MGF1P),
    ] {
        let written = ponte::saml::writer::Element::new("saml:Assertion").text("plain");
        let written = written.write().unwrap();
        let random = ponte::world::random::Random::seeded(7);
        let sealed = key(&rsa, methods).unwrap().encrypt(&written, &random).unwrap();
        let sealed = sealed.write().unwrap().into_string();
        assert!(sealed.contains(&format!("\"{data}\"")), "{methods:?}: {sealed}");
        assert!(sealed.contains(&format!("\"{wrapping}\"")), "{methods:?}: {sealed}");
        let plain = opened(&sealed, wrapping);
        assert!(plain.contains(">plain</saml:Assertion>"), "{methods:?}: {plain}");
        // Its older versions do not know the other one.
        if wrapping == names::RSA_OAEP_MGF1P {
            assert!(decrypted(&sealed, &keys::SP).unwrap().contains(&plain), "{methods:?}");
        }
    }
    for methods in [&[cbc][..], &[names::RSA_1_5], &[names::AES256_GCM, names::RSA_1_5]] {
        assert!(key(&rsa, methods).unwrap_err().contains("AES-GCM"), "{methods:?}");
    }
    let p256 = keys::SP_ECDSA.signer.certificate().to_vec();
    assert!(key(&p256, &[]).unwrap_err().contains("not RSA"));
    assert!(key(b"no certificate", &[]).unwrap_err().contains("X.509"));
}

#[test]
fn a_service_provider_that_cannot_be_answered_as_settled_is_not_used() {
    let fault = |metadata: &Metadata, entry: Entry| {
        let source = Source {
            origin: Origin::Store("it".into()),
            xml: metadata.unsigned(),
            entry: Some(entry),
        };
        let built = Registry::build(&[source], &Default::default(), "https://idp", now());
        built.faults.first().map(ToString::to_string)
    };
    let encrypted = || Entry { encrypt_assertion: true, ..Entry::default() };
    let mut signing_alone = Metadata::generic();
    signing_alone.certificates[0].0 = Some("signing".into());
    assert_eq!(fault(&Metadata::generic(), encrypted()), None);
    assert!(fault(&signing_alone, encrypted()).unwrap().contains("no RSA key"));
    assert_eq!(fault(&signing_alone, Entry::default()), None);
    let renamed = Renamed::parse("fiscalNumber=cf").unwrap();
    for (key, entry) in [
        ("name-id", Entry { name_id: Some(NameIdKind::Email), ..Entry::default() }),
        ("encrypt-assertion", encrypted()),
        ("attribute-style", Entry { attribute_style: Some(NameStyle::Oid), ..Entry::default() }),
        ("attribute-names", Entry { attribute_names: vec![renamed], ..Entry::default() }),
        ("unsolicited", Entry { unsolicited: true, ..Entry::default() }),
    ] {
        assert_eq!(fault(&Metadata::generic(), entry.clone()), None, "{key}");
        assert!(fault(&Metadata::spid(), entry).unwrap().contains(key), "{key}");
    }
    let transient = Entry { name_id: Some(NameIdKind::Transient), ..Entry::default() };
    assert_eq!(fault(&Metadata::spid(), transient), None);
}

#[test]
fn attributes_have_the_names_that_were_settled() {
    let said = |entry: Entry| {
        let house = house(entry);
        let anna = house.enrolled("anna");
        names_sent(&answered(&house, None, &anna))
    };
    let sent = |name: &str, format: &str, friendly: Option<&str>| {
        (name.to_owned(), format.to_owned(), friendly.map(str::to_owned))
    };
    let (basic, uri) = (names::ATTRNAME_BASIC, names::ATTRNAME_URI);
    let fiscal_number = sent("fiscalNumber", basic, None);
    assert_eq!(
        said(entry()),
        [sent("name", basic, None), sent("familyName", basic, None), fiscal_number.clone()]
    );
    assert_eq!(
        said(Entry { attribute_style: Some(NameStyle::Oid), ..entry() }),
        [
            sent("urn:oid:2.5.4.42", uri, Some("givenName")),
            sent("urn:oid:2.5.4.4", uri, Some("sn")),
            fiscal_number
        ]
    );
    let claims = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/";
    assert_eq!(
        said(Entry {
            attribute_style: Some(NameStyle::Claims),
            attribute_names: vec![
                Renamed::parse("fiscalNumber=urn:example:cf").unwrap(),
                Renamed::parse("name=nome").unwrap(),
            ],
            ..entry()
        }),
        [
            sent("nome", basic, None),
            sent(&format!("{claims}surname"), uri, None),
            sent("urn:example:cf", uri, None)
        ]
    );
}

#[test]
fn attributes_are_given_by_the_names_that_metadata_ask_for() {
    let mut metadata = Metadata::generic();
    let asked = ["urn:oid:2.5.4.42", "familyName", "urn:oid:1.2.3.4"];
    metadata.attribute_sets = vec![AttributeSet::new(0, "Servizio", &asked)];
    let house = house_of(&metadata, Entry::default());
    let anna = house.enrolled("anna");
    let sent = names_sent(&answered(&house, None, &anna));
    let sent: Vec<&str> = sent.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(sent, ["urn:oid:2.5.4.42", "familyName"]);
}

#[test]
fn the_e_mail_address_is_a_name_only_where_it_was_settled() {
    let house = house(Entry { name_id: Some(NameIdKind::Email), ..entry() });
    let anna = house.enrolled("anna");
    let mail = (names::FORMAT_EMAIL.to_owned(), "anna@example.org".to_owned());
    for format in [None, Some(names::FORMAT_UNSPECIFIED), Some(names::FORMAT_EMAIL)] {
        let mut agent = Agent::new();
        let page = house.walk(&mut agent, &request(&house, format), &anna);
        assert!(page.body.contains("anna@example.org"), "the person is asked: {}", page.body);
        assert_eq!(name_id(&response(&house.accept(&mut agent, &page))), mail, "{format:?}");
        house.wait(60);
    }
    let other = answered(&house, Some(names::FORMAT_PERSISTENT), &anna);
    assert_eq!(name_id(&other).0, names::FORMAT_PERSISTENT);
    assert!(!other.contains("anna@example.org"), "{other}");

    let house = self::house(entry());
    let anna = house.enrolled("anna");
    assert_eq!(name_id(&answered(&house, None, &anna)).0, names::FORMAT_PERSISTENT);
    let refused = send(&mut Agent::new(), &request(&house, Some(names::FORMAT_EMAIL))).unwrap();
    let refused = response(&refused);
    assert!(refused.contains("status:InvalidNameIDPolicy"), "{refused}");
}

#[test]
fn who_has_no_e_mail_address_is_not_named_by_an_empty_one() {
    let house = house(Entry { name_id: Some(NameIdKind::Email), ..entry() });
    let anna = house.enrolled("anna");
    house.block_on(async {
        let (records, now) = (house.env.records(), house.now());
        let loaded = accounts::get(records, &anna.subject, now).await.unwrap().unwrap();
        let mut account = loaded.value.clone();
        account.identities[0].attributes.set(AttributeName::Email, "");
        let mut batch = Batch::new();
        accounts::update(records, &mut batch, &loaded, &account).unwrap();
        let done = batch.commit(&*house.env.store, Durability::Durable, now).await.unwrap();
        assert_eq!(done, Committed::Done);
    });
    let mut agent = Agent::new();
    let page = house.walk(&mut agent, &request(&house, None), &anna);
    let response = response(&house.accept(&mut agent, &page));
    assert!(response.contains("status:InvalidNameIDPolicy"), "{response}");
    assert!(!response.contains("Assertion "), "{response}");
}

#[test]
fn a_person_starts_at_us_where_the_entry_lets_them() {
    let house = house(Entry { unsolicited: true, minimum_level: Some(Level::Loa3), ..entry() });
    let anna = house.enrolled("anna");
    let start = |query: &str| {
        let url = house.url(&format!("/saml/start?{query}"));
        Request { post: false, url, fields: Vec::new(), id: String::new() }
    };
    let sp = format!("sp={}", "https%3A%2F%2Fsp.example.org%2Fgeneric");
    let mut agent = Agent::new();
    let page = house.walk(&mut agent, &start(&format!("{sp}&target=/inbox")), &anna);
    let page = house.accept(&mut agent, &page);
    let form = page.form_with(&["SAMLResponse"]).unwrap();
    assert_eq!(form.action, "https://sp.example.org/generic/acs");
    assert_eq!(form.field("RelayState"), Some("/inbox"));
    let xml = response(&page);
    assert!(xml.contains("TINIT-") && !xml.contains("InResponseTo"), "{xml}");

    let long = format!("{sp}&target={}", "x".repeat(513));
    let twice = format!("{sp}&{sp}");
    for query in ["", "sp=https%3A%2F%2Fsp.example.org%2Fother", "target=x", &long, &twice] {
        let page = send(&mut Agent::new(), &start(query)).unwrap();
        assert_eq!(page.status, 404, "{query}: {}", page.body);
    }
    for entry in [entry(), Entry { unsolicited: true, disabled: true, ..entry() }] {
        let house = self::house(entry);
        let url = house.url(&format!("/saml/start?{sp}"));
        let request = Request { post: false, url, fields: Vec::new(), id: String::new() };
        assert_eq!(send(&mut Agent::new(), &request).unwrap().status, 404);
    }
}
