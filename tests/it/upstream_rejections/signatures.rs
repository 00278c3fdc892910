//! Signatures: missing, of another, of an algorithm that is not on the list, over something else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use ponte::saml::{canonical, names};
use ponte::world::signer::Signer as _;

use super::Case;
use crate::support::answers::Answer;
use crate::support::forge::{Forge, algorithm, by_id, exclusive};
use crate::support::keys::{IDP, IDP_ECDSA, Keys, STRANGER};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = missing();
    cases.extend(by_another());
    cases.extend(shapes());
    cases.extend(changed());
    cases.push(hmac());
    cases
}

fn missing() -> Vec<Case> {
    let good = Answer::new().text();
    let none = Answer { of_response: None, of_assertion: None, ..Answer::new() };
    let response_alone = Answer { of_assertion: None, ..Answer::new() };
    let plain = Answer::plain().text();
    let empty = |text: &str, tag: &str| {
        let (open, close) = (format!("<ds:{tag}>"), format!("</ds:{tag}>"));
        let start = text.rfind(&open).unwrap() + open.len();
        let end = start + text[start..].find(&close).unwrap();
        format!("{}{}", &text[..start], &text[end..])
    };
    let whole = |text: &str| {
        let start = text.find("<ds:Signature ").unwrap();
        let end = start + text[start..].find("</ds:Signature>").unwrap();
        let hollow = "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">";
        format!("{}{hollow}{}", &text[..start], &text[end..])
    };
    vec![
        Case::new("no signature at all", "Assertion/Signature", &good, &none.text()),
        Case::new(
            "the response signed alone",
            "Assertion/Signature",
            &good,
            &response_alone.text(),
        ),
        Case::new("an empty SignatureValue", "Response", &plain, &empty(&plain, "SignatureValue")),
        Case::new("an empty DigestValue", "Response", &plain, &empty(&plain, "DigestValue")),
        Case::new("an empty SignedInfo", "Response", &plain, &empty(&plain, "SignedInfo")),
        Case::new("an empty Signature", "Response", &plain, &whole(&plain)),
    ]
}

/// Who signs, and what is beside it to make it look right.
fn by_another() -> Vec<Case> {
    fn with(key_info: String, by: &'static Keys) -> String {
        let forge = Forge { key_info, ..Forge::default() };
        Answer { of_assertion: Some(forge), by, ..Answer::plain() }.text()
    }
    let show = |keys: &Keys| {
        let certificate = STANDARD.encode(keys.signer.certificate());
        format!(
            "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
        )
    };
    let rsa = |keys: &Keys| {
        let key = PKey::private_key_from_pem(&keys.pair.key).unwrap().rsa().unwrap();
        let (n, e) = (STANDARD.encode(key.n().to_vec()), STANDARD.encode(key.e().to_vec()));
        format!(
            "<ds:KeyInfo><ds:KeyValue><ds:RSAKeyValue><ds:Modulus>{n}</ds:Modulus><ds:Exponent>{e}</ds:Exponent></ds:RSAKeyValue></ds:KeyValue></ds:KeyInfo>"
        )
    };
    let retrieval = "<ds:KeyInfo><ds:RetrievalMethod URI=\"http://127.0.0.1:9/key\"></ds:RetrievalMethod></ds:KeyInfo>";
    let hollow = "<ds:KeyInfo><ds:X509Data><ds:X509Certificate></ds:X509Certificate></ds:X509Data></ds:KeyInfo>";
    let ecdsa = Forge { method: names::ECDSA_SHA256.into(), ..Forge::default() };
    let ecdsa = Answer { of_assertion: Some(ecdsa), by: &IDP_ECDSA, ..Answer::plain() };
    let by_stranger = Answer { by: &STRANGER, ..Answer::new() };
    let mut cases = vec![
        Case::new(
            "a stranger's assertion in a genuine response",
            "Assertion/Signature",
            &Answer::new().text(),
            &by_stranger.text(),
        ),
        Case::new(
            "a key of another kind",
            "Assertion/Signature",
            &Answer::plain().text(),
            &ecdsa.text(),
        ),
    ];
    let rows = [
        ("a stranger, with nothing beside it", String::new(), String::new()),
        ("a stranger, with its own certificate beside it", show(&STRANGER), show(&STRANGER)),
        ("a stranger, with the registered certificate beside it", show(&IDP), show(&IDP)),
        ("a stranger, with its own key beside it", rsa(&STRANGER), rsa(&STRANGER)),
        ("a stranger, with a place to fetch a key from", retrieval.into(), retrieval.into()),
        ("a stranger, with an empty certificate beside it", hollow.into(), hollow.into()),
    ];
    for (name, good, bad) in rows {
        cases.push(Case::new(
            name,
            "Assertion/Signature",
            &with(good, &IDP),
            &with(bad, &STRANGER),
        ));
    }
    cases
}

/// Signatures that hold by their own word, of shapes that are not taken.
fn shapes() -> Vec<Case> {
    let sealed =
        |forge: &Forge| Answer { of_assertion: Some(forge.clone()), ..Answer::plain() }.text();
    let good = sealed(&Forge::default());
    let plain = Forge::default();
    let transforms =
        |list: &[&str]| -> String { list.iter().map(|uri| algorithm("Transform", uri)).collect() };
    let (enveloped, c14n) = (names::ENVELOPED, names::EXC_C14N);
    let comments = format!("{c14n}WithComments");
    let xpath = algorithm("Transform", "http://www.w3.org/TR/1999/REC-xpath-19991116")
        .replace("></", "><ds:XPath>not(ancestor-or-self::saml:Subject)</ds:XPath></");
    let xslt = algorithm("Transform", "http://www.w3.org/TR/1999/REC-xslt-19991116")
        .replace("></", "><xsl:stylesheet xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\" version=\"1.0\"></xsl:stylesheet></");
    let second = format!(
        "<ds:Reference URI=\"#_response1\"><ds:Transforms>{}</ds:Transforms>{}<ds:DigestValue>AAAA</ds:DigestValue></ds:Reference>",
        plain.transforms,
        algorithm("DigestMethod", names::SHA256),
    );
    let truncated = "<ds:HMACOutputLength>0</ds:HMACOutputLength>".to_owned();
    let bad: Vec<(&str, Forge)> = vec![
        (
            "SHA-1 in the signature",
            Forge { method: "http://www.w3.org/2000/09/xmldsig#rsa-sha1".into(), ..plain.clone() },
        ),
        ("SHA-1 in the digest", Forge { digest: names::SHA1.into(), ..plain.clone() }),
        (
            "MD5 in the signature",
            Forge {
                method: "http://www.w3.org/2001/04/xmldsig-more#rsa-md5".into(),
                ..plain.clone()
            },
        ),
        ("a signature method without a name", Forge { method: String::new(), ..plain.clone() }),
        ("a signature method with a length", Forge { method_content: truncated, ..plain.clone() }),
        (
            "a digest of nothing",
            Forge {
                digest_value: Some("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".into()),
                ..plain.clone()
            },
        ),
        ("another digest", Forge { digest_value: Some(STANDARD.encode([7; 32])), ..plain.clone() }),
        ("a short digest", Forge { digest_value: Some(STANDARD.encode([7; 20])), ..plain.clone() }),
        ("a Reference to another ID", Forge { uri: Some("#_response1".into()), ..plain.clone() }),
        ("a Reference to everything", Forge { uri: Some(String::new()), ..plain.clone() }),
        (
            "a Reference to a place outside",
            Forge { uri: Some("http://127.0.0.1:9/a.xml".into()), ..plain.clone() },
        ),
        (
            "a Reference to a file",
            Forge { uri: Some("file:///etc/passwd".into()), ..plain.clone() },
        ),
        (
            "a Reference by XPointer",
            Forge { uri: Some("#xpointer(id('_assertion1'))".into()), ..plain.clone() },
        ),
        ("a second Reference", Forge { more_info: second, ..plain.clone() }),
        ("no transforms", Forge { transforms: String::new(), ..plain.clone() }),
        ("canonicalisation alone", Forge { transforms: transforms(&[c14n]), ..plain.clone() }),
        ("enveloped alone", Forge { transforms: transforms(&[enveloped]), ..plain.clone() }),
        (
            "the transforms the other way round",
            Forge { transforms: transforms(&[c14n, enveloped]), ..plain.clone() },
        ),
        (
            "canonicalisation twice",
            Forge { transforms: transforms(&[enveloped, c14n, c14n]), ..plain.clone() },
        ),
        (
            "canonicalisation with comments",
            Forge { transforms: transforms(&[enveloped, &comments]), ..plain.clone() },
        ),
        (
            "inclusive canonicalisation",
            Forge {
                transforms: transforms(&[
                    enveloped,
                    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
                ]),
                ..plain.clone()
            },
        ),
        (
            "a base64 transform",
            Forge {
                transforms: transforms(&[enveloped, "http://www.w3.org/2000/09/xmldsig#base64"]),
                ..plain.clone()
            },
        ),
        (
            "an XPath transform",
            Forge {
                transforms: transforms(&[enveloped]) + &xpath + &transforms(&[c14n]),
                ..plain.clone()
            },
        ),
        (
            "an XSLT transform",
            Forge {
                transforms: transforms(&[enveloped]) + &xslt + &transforms(&[c14n]),
                ..plain.clone()
            },
        ),
        (
            "500 transforms",
            Forge {
                transforms: transforms(&[enveloped]) + &transforms(&[c14n; 500]),
                ..plain.clone()
            },
        ),
        (
            "SignedInfo canonicalised with comments",
            Forge {
                canonicalization: algorithm("CanonicalizationMethod", &comments),
                ..plain.clone()
            },
        ),
        (
            "SignedInfo canonicalised otherwise",
            Forge {
                canonicalization: algorithm(
                    "CanonicalizationMethod",
                    "http://www.w3.org/2006/12/xml-c14n11",
                ),
                ..plain.clone()
            },
        ),
        (
            "an Object in the signature",
            Forge {
                key_info: "<ds:Object><saml:Assertion></saml:Assertion></ds:Object>".into(),
                ..plain.clone()
            },
        ),
        (
            "two KeyInfo",
            Forge {
                key_info: "<ds:KeyInfo></ds:KeyInfo><ds:KeyInfo></ds:KeyInfo>".into(),
                ..plain.clone()
            },
        ),
    ];
    // Whatever of SHA-2 is on the list is taken, and prefixes that are canonicalised inclusively.
    let better = sealed(&Forge {
        method: names::RSA_SHA512.into(),
        digest: names::SHA512.into(),
        ..plain.clone()
    });
    let listed = sealed(&Forge {
        transforms: algorithm("Transform", enveloped) + &exclusive("Transform", &["xs"]),
        prefixes: vec!["xs"],
        ..plain
    });
    let controls = [&good, &better, &listed];
    bad.iter()
        .enumerate()
        .map(|(place, (name, forge))| {
            Case::new(format!("signature: {name}"), "", controls[place % 3], &sealed(forge))
        })
        .collect()
}

/// What was signed, changed afterwards by one thing.
fn changed() -> Vec<Case> {
    let plain = Answer::plain().text();
    let both = Answer::new().text();
    let once = |text: &str, from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    };
    [
        ("the name of the person", "_that-transient-name", "_some-transient-name"),
        ("a fiscal code", "TINIT-SPSDAA80A41H501J", "TINIT-RSSMRA80A01H501U"),
        ("the level", "SpidL2<", "SpidL3<"),
        ("the audience", "sp/main</saml:Audience>", "sp/main </saml:Audience>"),
        ("a time", "AuthnInstant=\"2026-11-22T00:09:59Z\"", "AuthnInstant=\"2026-11-22T00:10:01Z\""),
        ("a digit of the digest", "<ds:DigestValue>", "<ds:DigestValue>A"),
        ("the signature's value", "<ds:SignatureValue>", "<ds:SignatureValue>AAAA"),
        ("the ID", "ID=\"_assertion1\"", "ID=\"_assertion2\""),
        ("a space in an element", "<saml:Subject>", "<saml:Subject> "),
        ("an attribute more", "</saml:AttributeStatement>", "<saml:Attribute Name=\"email\"><saml:AttributeValue>a@b.it</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>"),
    ]
    .into_iter()
    .map(|(name, from, to)| {
        Case::new(format!("changed after it was signed: {name}"), "", &plain, &once(&plain, from, to))
    })
    .chain([
        ("the status", "status:Success", "status:Success\u{20}"),
        ("the destination", "Version=\"2.0\" xmlns", "Version=\"2.0\"  Consent=\"urn:x\" xmlns"),
        ("the response's ID", "ID=\"_response1\"", "ID=\"_response2\""),
        ("a text among its elements", "<samlp:Status>", "\n<samlp:Status>"),
    ]
    .into_iter()
    .map(|(name, from, to)| {
        let to_there = if both.contains(from) { once(&both, from, to) } else { both.replacen(" ID=", " Consent=\"urn:x\" ID=", 1) };
        Case::new(format!("changed after it was signed: {name}, of the response"), "", &both, &to_there)
    }))
    .collect()
}

/// HMAC keyed with the certificate that everybody has.
fn hmac() -> Case {
    let good = Answer::plain().text();
    let method = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256";
    let forge = Forge { method: method.into(), ..Forge::default() };
    let text = Answer { of_assertion: Some(forge), ..Answer::plain() }.text();
    let document = roxmltree::Document::parse(&text).unwrap();
    let info = by_id(&document, "_assertion1")
        .descendants()
        .find(|node| node.has_tag_name((names::DSIG, "SignedInfo")))
        .unwrap();
    let mut octets = String::new();
    canonical::write(info, None, &[], &mut octets);
    let public = openssl::x509::X509::from_der(IDP.signer.certificate()).unwrap();
    let pem = public.public_key().unwrap().public_key_to_pem().unwrap();
    let key = PKey::hmac(&pem).unwrap();
    let mut signer = Signer::new(MessageDigest::sha256(), &key).unwrap();
    let value = STANDARD.encode(signer.sign_oneshot_to_vec(octets.as_bytes()).unwrap());
    let start = text.find("<ds:SignatureValue>").unwrap() + "<ds:SignatureValue>".len();
    let end = start + text[start..].find('<').unwrap();
    let bad = format!("{}{value}{}", &text[..start], &text[end..]);
    Case::new("HMAC keyed with the public key", "Response", &good, &bad)
}
