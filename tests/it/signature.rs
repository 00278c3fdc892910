//! Everything that a signed message may be wrong in, each beside a control that is accepted.

use std::fmt;
use std::time::{Duration, Instant};

use openssl::pkey::{Id, PKey, Private};
use ponte::saml::signature::{self, KeyError, PublicKey, Unproven};
use ponte::saml::structure::{self, Root, Signed, StructureError};
use ponte::saml::xml::{self, XmlError};
use ponte::saml::{enveloped, names};
use ponte::world::certificate::{Holder, KeyKind, make};
use ponte::world::signer::Signer as _;

use crate::support::forge::{Forge, PLACE, algorithm, exclusive};
use crate::support::keys::{self, Keys};
use crate::support::real_files;

pub(crate) mod canonical;
mod wrapping;

/// Where a document was refused.
#[derive(Debug)]
enum Refused {
    Xml(XmlError),
    Structure(StructureError),
    Proof(Unproven),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Xml(error) => write!(f, "xml: {error}"),
            Self::Structure(error) => write!(f, "structure: {error}"),
            Self::Proof(error) => write!(f, "proof: {error}"),
        }
    }
}

fn key(keys: &Keys) -> PublicKey {
    PublicKey::from_certificate_der(keys.signer.certificate()).unwrap()
}

fn judge_as(text: &str, root: Root, keys: &[PublicKey]) -> Result<(), Refused> {
    let document = xml::parse(text).map_err(Refused::Xml)?;
    let signed = Signed::Enveloped { required: true };
    let sound = structure::check(&document, root, signed).map_err(Refused::Structure)?;
    signature::verify(&sound, keys).map(drop).map_err(Refused::Proof)
}

fn judge(text: &str) -> Result<(), Refused> {
    judge_as(text, Root::AuthnRequest, &[key(&keys::SP)])
}

/// Fails unless `text` is refused with words that contain `words`.
fn refused(text: &str, words: &str) {
    match judge(text) {
        Ok(()) => panic!("accepted, should say {words:?}:\n{}", beginning(text)),
        Err(refused) => {
            let said = refused.to_string();
            assert!(
                said.contains(words),
                "said {said:?}, should say {words:?}:\n{}",
                beginning(text)
            );
        }
    }
}

fn beginning(text: &str) -> String {
    text.chars().take(3_000).collect()
}

fn accepted(text: &str) {
    if let Err(refused) = judge(text) {
        panic!("{refused}:\n{}", beginning(text));
    }
}

/// An unsigned request, with a place for its signature.
fn request() -> String {
    format!(
        r#"<samlp:AuthnRequest xmlns:samlp="{}" xmlns:saml="{}" ID="_req1" Version="2.0" IssueInstant="2026-11-22T00:10:03Z" Destination="https://idp.localhost/saml/sso"><saml:Issuer Format="{}">https://sp.example.org</saml:Issuer>{PLACE}<samlp:NameIDPolicy Format="{}"></samlp:NameIDPolicy></samlp:AuthnRequest>"#,
        names::PROTOCOL,
        names::ASSERTION,
        names::FORMAT_ENTITY,
        names::FORMAT_TRANSIENT
    )
}

fn sealed(text: &str) -> String {
    Forge::default().seal(text, "_req1", &keys::SP)
}

/// Seals `request()` after `from` was replaced by `to` in it, with a digest that fits.
fn sealed_with(from: &str, to: &str) -> String {
    let text = request();
    assert!(text.contains(from), "{from:?} is not in the request");
    sealed(&text.replacen(from, to, 1))
}

/// Seals the request, and then replaces `from` by `to`.
fn spoiled(from: &str, to: &str) -> String {
    let text = sealed(&request());
    assert!(text.contains(from), "{from:?} is not in {text}");
    text.replacen(from, to, 1)
}

#[test]
fn a_good_request_is_accepted() {
    accepted(&sealed(&request()));
}

#[test]
fn each_algorithm_of_the_list_is_accepted() {
    for method in [names::RSA_SHA256, names::RSA_SHA384, names::RSA_SHA512] {
        for digest in [names::SHA256, names::SHA384, names::SHA512] {
            let forge = Forge { method: method.into(), digest: digest.into(), ..Forge::default() };
            accepted(&forge.seal(&request(), "_req1", &keys::SP));
        }
    }
}

#[test]
fn elliptic_curves_are_accepted() {
    use openssl::ec::{EcGroup, EcKey};
    use openssl::nid::Nid;
    for (curve, method) in [
        (Nid::X9_62_PRIME256V1, names::ECDSA_SHA256),
        (Nid::SECP384R1, names::ECDSA_SHA384),
        (Nid::SECP521R1, names::ECDSA_SHA512),
    ] {
        let group = EcGroup::from_curve_name(curve).unwrap();
        let pair = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
        let public = PublicKey::from_certificate_der(&certificate_of(&pair)).unwrap();
        let forge = Forge { method: method.into(), ..Forge::default() };
        let text = forge.seal_with(&request(), "_req1", &pair);
        judge_as(&text, Root::AuthnRequest, &[public]).unwrap();
        let refusal = judge_as(&text, Root::AuthnRequest, &[key(&keys::SP)]);
        assert!(matches!(refusal, Err(Refused::Proof(Unproven::NoKey))));
    }
}

/// A self-signed certificate of any key.
fn certificate_of(pair: &PKey<Private>) -> Vec<u8> {
    use openssl::asn1::Asn1Time;
    use openssl::hash::MessageDigest;
    use openssl::x509::{X509, X509Name};
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_text("CN", "a test").unwrap();
    let name = name.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder.set_not_before(&Asn1Time::from_str("20260101000000Z").unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::from_str("20360101000000Z").unwrap()).unwrap();
    builder.set_pubkey(pair).unwrap();
    let digest =
        if pair.id() == Id::ED25519 { MessageDigest::null() } else { MessageDigest::sha256() };
    builder.sign(pair, digest).unwrap();
    builder.build().to_der().unwrap()
}

#[test]
fn keys_are_strong_or_refused() {
    use openssl::rsa::Rsa;
    let rsa = |bits| PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap();
    PublicKey::from_certificate_der(&certificate_of(&rsa(2048))).unwrap();
    let short = PublicKey::from_certificate_der(&certificate_of(&rsa(1024)));
    assert!(matches!(short, Err(KeyError::Short(1024))));
    let kind = PublicKey::from_certificate_der(&certificate_of(&PKey::generate_ed25519().unwrap()));
    assert!(matches!(kind, Err(KeyError::Kind)));
    assert!(matches!(PublicKey::from_certificate_der(b"no"), Err(KeyError::Certificate(_))));
}

#[test]
fn a_key_tells_its_certificates_dates() {
    let public = key(&keys::SP);
    assert_eq!(public.not_before().to_rfc3339(), "2026-01-01T00:00:00+00:00");
    assert_eq!((public.not_after() - public.not_before()).num_days(), 3650);
}

#[test]
fn the_right_one_of_several_keys_is_found() {
    let text = sealed(&request());
    let several = [key(&keys::SP_ECDSA), key(&keys::STRANGER), key(&keys::SP)];
    judge_as(&text, Root::AuthnRequest, &several).unwrap();
    let wrong = judge_as(&text, Root::AuthnRequest, &several[..2]);
    assert!(matches!(wrong, Err(Refused::Proof(Unproven::Signature))));
    let none = judge_as(&text, Root::AuthnRequest, &[]);
    assert!(matches!(none, Err(Refused::Proof(Unproven::NoKey))));
}

#[test]
fn what_our_own_writer_signs_is_accepted() {
    use ponte::saml::writer::Element;
    let element = Element::new("samlp:AuthnRequest")
        .attribute("ID", "_own")
        .attribute("Version", "2.0")
        .child(Element::new("saml:Issuer").text("https://sp.example.org/?a=1&b=\u{e8}\r"))
        .signature_here();
    for keys in [&keys::SP, &keys::SP_ECDSA] {
        let text = enveloped::sign(&element, &keys.signer).unwrap().into_string();
        judge_as(&text, Root::AuthnRequest, &[key(keys)]).unwrap();
        let spoiled = text.replace("sp.example.org", "sp.example.com");
        let refusal = judge_as(&spoiled, Root::AuthnRequest, &[key(keys)]);
        assert!(matches!(refusal, Err(Refused::Proof(Unproven::Digest))));
    }
}

#[test]
fn the_whole_claimed_issuer_is_read_and_nothing_else() {
    let claimed = |text: &str| {
        let document = xml::parse(text).unwrap();
        let signed = Signed::Enveloped { required: false };
        let sound = structure::check(&document, Root::AuthnRequest, signed).unwrap();
        structure::claimed_issuer(&sound).map_err(|error| error.to_string())
    };
    let text = request().replace(PLACE, "");
    assert_eq!(claimed(&text).unwrap(), "https://sp.example.org");
    let cdata = text.replace("sp.example.org<", "sp.<![CDATA[example.]]>org \n<");
    assert_eq!(claimed(&cdata).unwrap(), "https://sp.example.org");
    let empty = text.replace("https://sp.example.org<", " <");
    assert!(claimed(&empty).unwrap_err().contains("empty"));
    let nested = text.replace("https://sp.example.org<", "https://sp<b/>.example.org<");
    assert!(claimed(&nested).unwrap_err().contains("text alone"));
    let first = text.replace("<saml:Issuer", "<samlp:Scoping/><saml:Issuer");
    let document = xml::parse(&first).unwrap();
    let signed = Signed::Enveloped { required: false };
    assert!(structure::check(&document, Root::AuthnRequest, signed).is_err());
}

#[test]
fn a_changed_request_is_refused() {
    refused(&spoiled("Version=\"2.0\"", "Version=\"2.1\""), "proof: the digest");
    refused(&spoiled("sp.example.org<", "sp.example.com<"), "proof: the digest");
    refused(&Forge::default().seal(&request(), "_req1", &keys::STRANGER), "registered key");
    let text = sealed(&request());
    let from = text.find("<ds:SignatureValue>").unwrap() + "<ds:SignatureValue>".len();
    let other = if text.as_bytes()[from] == b'A' { "B" } else { "A" };
    let changed = format!("{}{other}{}", &text[..from], &text[from + 1..]);
    refused(&changed, "registered key");
}

#[test]
fn a_missing_or_hollow_signature_is_refused() {
    refused(&request().replace(PLACE, ""), "no Signature in its place");
    let text = sealed(&request());
    let part = |open: &str, close: &str| {
        let from = text.find(open).unwrap();
        let to = text[from..].find(close).unwrap() + from + close.len();
        text[from..to].to_owned()
    };
    let value = part("<ds:SignatureValue>", "</ds:SignatureValue>");
    refused(&text.replace(&value, "<ds:SignatureValue></ds:SignatureValue>"), "empty");
    refused(&text.replace(&value, ""), "must be there");
    refused(&text.replace(&value, &format!("{value}{value}")), "another element");
    let digest = part("<ds:DigestValue>", "</ds:DigestValue>");
    refused(&text.replace(&digest, "<ds:DigestValue></ds:DigestValue>"), "empty");
    refused(&text.replace(&digest, &format!("{digest}{digest}")), "too many children");
    let commented = digest.replace("</ds", "<!-- x --></ds");
    refused(&text.replace(&digest, &commented), "not text alone");
    let info = part("<ds:SignedInfo>", "</ds:SignedInfo>");
    refused(&text.replace(&info, &format!("{info}{info}")), "another element");
    refused(&text.replace(&info, ""), "must be there");
    let reference = part("<ds:Reference", "</ds:Reference>");
    refused(&text.replace(&reference, ""), "three children");
    refused(&text.replace(&reference, &format!("{reference}{reference}")), "too many children");
    let signature = part("<ds:Signature ", "</ds:Signature>");
    refused(&text.replace(&signature, &format!("{signature}{signature}")), "must not stand");
}

#[test]
fn a_digest_of_nothing_is_refused() {
    let empty = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    let forge = Forge { digest_value: Some(empty.into()), ..Forge::default() };
    refused(&forge.seal(&request(), "_req1", &keys::SP), "proof: the digest");
    let no_uri = ["urn:]", "urn:%4", "urn:a#b#c", "http://a:b/", "http://a@b@c/", "http://[::1]/"];
    for relative in ["x", "../x", "//x/y", "#x", "urn", "a:"].into_iter().chain(no_uri) {
        let text = sealed_with(" ID=", &format!(" xmlns:v=\"{relative}\" ID="));
        refused(&text, "not an absolute URI");
    }
    for absolute in ["urn:x", "http://a@b:80/?c#d", "a://", "urn:%4a;"] {
        accepted(&sealed_with(" ID=", &format!(" xmlns:v=\"{absolute}\" v:w=\"\" ID=")));
    }
    refused(&sealed_with(" ID=", " xmlns:v=\"urn:x?a=1&amp;b=2\" ID="), "not an absolute URI");
    refused(&sealed_with(" ID=", " xmlns:v = '../x' ID="), "not an absolute URI");
}

#[test]
fn the_reference_must_be_to_the_parents_own_id() {
    for uri in ["", "#", "#_other", "#xpointer(/)", "http://127.0.0.1/x", "file:///etc/passwd"] {
        let forge = Forge { uri: Some(uri.into()), ..Forge::default() };
        refused(&forge.seal(&request(), "_req1", &keys::SP), "own ID");
    }
    let without = sealed(&request()).replace(" URI=\"#_req1\"", "");
    refused(&without, "own ID");
}

/// An unsigned entity of metadata with the ID `id`, and what stands first in it.
fn entity(id: &str, first: &str) -> String {
    let md = names::METADATA;
    format!(
        "<md:EntityDescriptor xmlns:md=\"{md}\" ID=\"{id}\" entityID=\"https://{id}.example.org\">{first}\
         <md:Extensions></md:Extensions></md:EntityDescriptor>"
    )
}

/// An eIDAS node signs its metadata as a whole document (`URI=""`). In the root of metadata that is the root's own ID by
/// another name; inside, and in every message, it is refused.
#[test]
fn the_whole_document_may_be_meant_in_the_root_of_metadata_alone() {
    let whole = Forge { uri: Some(String::new()), ..Forge::default() };
    let ours = [key(&keys::SP)];
    let said = |text: &str, root: Root| match judge_as(text, root, &ours) {
        Ok(()) => "taken".to_owned(),
        Err(refused) => refused.to_string(),
    };
    let one = |text: &str| said(text, Root::EntityDescriptor);
    let good = whole.seal(&entity("_a", PLACE), "_a", &keys::SP);
    assert_eq!(one(&good), "taken");
    let md = names::METADATA;
    let list = |inner: &str, first: &str| {
        format!(
            "<md:EntitiesDescriptor xmlns:md=\"{md}\" ID=\"_list\">{first}{inner}</md:EntitiesDescriptor>"
        )
    };
    let signed = whole.seal(&list(&entity("_a", ""), PLACE), "_list", &keys::SP);
    assert_eq!(said(&signed, Root::EntitiesDescriptor), "taken");

    // Another key, and any change within the document.
    assert!(judge_as(&good, Root::EntityDescriptor, &[key(&keys::STRANGER)]).is_err());
    for (from, to) in [
        ("entityID=\"https://_a", "entityID=\"https://_b"),
        ("<md:Extensions>", "<md:Extensions>x"),
        (" ID=\"_a\"", " ID=\"_b\""),
    ] {
        assert_ne!(one(&good.replacen(from, to, 1)), "taken", "{to}");
    }
    // Content outside the root.
    for outside in [
        format!("{good}<md:Extensions xmlns:md=\"{md}\"></md:Extensions>"),
        format!("{good}text"),
        format!("{good}<?a b?>"),
        format!("<?a b?>{good}"),
        format!("<!DOCTYPE a>{good}"),
    ] {
        assert_ne!(one(&outside), "taken", "{}", beginning(&outside));
    }
    // In an element below, whatever that says: it proves nothing of the whole, and does not stand for the whole's signature.
    let inner = list(&good, "");
    assert!(said(&inner, Root::EntitiesDescriptor).contains("no Signature in its place"));
    let over_all = whole.seal(&list(&entity("_a", PLACE), ""), "_list", &keys::SP);
    assert!(said(&over_all, Root::EntitiesDescriptor).contains("no Signature in its place"));
    // The signed document wrapped by another root that has no signature, or takes the first one's place.
    let wrapped = entity("_evil", &good);
    assert_ne!(one(&wrapped), "taken");
    // No other way to say the whole.
    for uri in ["#", "#xpointer(/)", " ", "?", "."] {
        let forge = Forge { uri: Some(uri.into()), ..Forge::default() };
        assert!(
            one(&forge.seal(&entity("_a", PLACE), "_a", &keys::SP)).contains("own ID"),
            "{uri:?}"
        );
    }
    // Nor in a message, signed whole or in its assertion.
    refused(&whole.seal(&request(), "_req1", &keys::SP), "own ID");
    let (samlp, saml) = (names::PROTOCOL, names::ASSERTION);
    let issuer = "<saml:Issuer>https://idp.example.org</saml:Issuer>";
    let response = format!(
        "<samlp:Response xmlns:samlp=\"{samlp}\" xmlns:saml=\"{saml}\" ID=\"_r\">{issuer}\
         <saml:Assertion ID=\"_s\">{issuer}{PLACE}</saml:Assertion></samlp:Response>"
    );
    let forged = whole.seal(&response, "_s", &keys::SP);
    assert!(said(&forged, Root::Response).contains("own ID"));
}

#[test]
fn ids_are_the_schemas_and_used_once() {
    refused(&spoiled("<samlp:NameIDPolicy ", "<samlp:NameIDPolicy ID=\"_x\" "), "does not know");
    refused(&spoiled(" Version=", " samlp:ID=\"_x\" Version="), "does not know");
    refused(&spoiled(" Version=", " Id=\"_x\" Version="), "does not know");
    refused(&spoiled(" Version=", " xml:id=\"_x\" Version="), "does not know");
    refused(&spoiled("<saml:Issuer ", "<saml:Issuer ID=\"_req1\" "), "does not know");
    refused(&spoiled("<ds:Signature ", "<ds:Signature Id=\"_req1\" "), "used twice");
    accepted(&spoiled("<ds:Signature ", "<ds:Signature Id=\"_sig\" "));
}

#[test]
fn weak_and_keyless_algorithms_are_refused() {
    let old = "http://www.w3.org/2000/09/xmldsig#";
    for method in [
        format!("{old}rsa-sha1"),
        format!("{old}hmac-sha1"),
        "http://www.w3.org/2001/04/xmldsig-more#rsa-md5".into(),
    ] {
        let forge = Forge { method, ..Forge::default() };
        refused(&forge.seal(&request(), "_req1", &keys::SP), "signature algorithm");
    }
    for digest in [format!("{old}sha1"), "http://www.w3.org/2001/04/xmldsig-more#md5".into()] {
        let forge = Forge { digest, ..Forge::default() };
        refused(&forge.seal(&request(), "_req1", &keys::SP), "digest algorithm");
    }
    let hmac = PKey::hmac(keys::SP.signer.certificate()).unwrap();
    let forge = Forge {
        method: "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256".into(),
        ..Forge::default()
    };
    refused(&forge.seal_with(&request(), "_req1", &hmac), "signature algorithm");
    let length = "<ds:HMACOutputLength>0</ds:HMACOutputLength>".to_owned();
    let forge = Forge { method_content: length, ..Forge::default() };
    refused(&forge.seal(&request(), "_req1", &keys::SP), "too many children");
}

#[test]
fn transforms_are_the_two_and_no_other() {
    let enveloped = algorithm("Transform", names::ENVELOPED);
    let exclusive = algorithm("Transform", names::EXC_C14N);
    let with = |transforms: String| {
        Forge { transforms, ..Forge::default() }.seal(&request(), "_req1", &keys::SP)
    };
    accepted(&with(format!("{enveloped}{exclusive}")));
    refused(&with(String::new()), "two transforms");
    refused(&with(enveloped.clone()), "two transforms");
    refused(&with(exclusive.clone()), "two transforms");
    refused(&with(format!("{exclusive}{enveloped}")), "enveloped-signature");
    refused(&with(format!("{enveloped}{exclusive}{exclusive}")), "too many children");
    refused(&with(format!("{enveloped}{}", exclusive.repeat(500))), "too many children");
    for other in [
        "http://www.w3.org/TR/1999/REC-xslt-19991116",
        "http://www.w3.org/TR/1999/REC-xpath-19991116",
        "http://www.w3.org/2002/06/xmldsig-filter2",
        "http://www.w3.org/2000/09/xmldsig#base64",
        "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
    ] {
        refused(&with(format!("{enveloped}{}", algorithm("Transform", other))), "exclusive");
    }
    let xslt = "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\">\
                <xsl:stylesheet xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\"/></ds:Transform>";
    refused(&with(format!("{xslt}{exclusive}")), "too many children");
    for other in ["http://www.w3.org/2001/10/xml-exc-c14n#WithComments", "http://x.invalid/"] {
        let canonicalization = algorithm("CanonicalizationMethod", other);
        let forge = Forge { canonicalization, ..Forge::default() };
        refused(&forge.seal(&request(), "_req1", &keys::SP), "exclusive");
    }
}

#[test]
fn inclusive_namespaces_are_honoured() {
    let text = request().replace(" ID=", " xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" ID=");
    let transforms =
        algorithm("Transform", names::ENVELOPED) + &exclusive("Transform", &["xs", "nowhere"]);
    let forge = Forge { transforms, prefixes: vec!["xs"], ..Forge::default() };
    let sealed = forge.seal(&text, "_req1", &keys::SP);
    accepted(&sealed);
    refused(&sealed.replace("XMLSchema\"", "XMLSchema#\""), "proof: the digest");
    let unlisted = Forge { prefixes: Vec::new(), ..forge };
    refused(&unlisted.seal(&text, "_req1", &keys::SP), "proof: the digest");
}

#[test]
fn the_signature_holds_nothing_but_its_parts() {
    let object = "<ds:Object><x/></ds:Object>";
    let forge = Forge { key_info: object.into(), ..Forge::default() };
    refused(&forge.seal(&request(), "_req1", &keys::SP), "another element");
    let forge = Forge { more_info: "<ds:Reference URI=\"\"/>".into(), ..Forge::default() };
    refused(&forge.seal(&request(), "_req1", &keys::SP), "too many children");
    let hidden = format!("<ds:KeyInfo>{object}</ds:KeyInfo>");
    let forge = Forge { key_info: hidden, ..Forge::default() };
    refused(&forge.seal(&request(), "_req1", &keys::SP), "not accepted in a signature");
}

#[test]
fn the_key_comes_from_the_caller_alone() {
    let key_info = |content: &str| {
        let key_info = format!("<ds:KeyInfo>{content}</ds:KeyInfo>");
        Forge { key_info, ..Forge::default() }
    };
    let stranger = {
        use base64::Engine as _;
        let der = keys::STRANGER.signer.certificate();
        base64::engine::general_purpose::STANDARD.encode(der)
    };
    let certificate =
        format!("<ds:X509Data><ds:X509Certificate>{stranger}</ds:X509Certificate></ds:X509Data>");
    let forge = key_info(&certificate);
    refused(&forge.seal(&request(), "_req1", &keys::STRANGER), "registered key");
    for ignored in [
        certificate.as_str(),
        "<ds:X509Data><ds:X509Certificate></ds:X509Certificate></ds:X509Data>",
        "<ds:X509Data><ds:X509Certificate>not base64 !</ds:X509Certificate></ds:X509Data>",
        "<ds:RetrievalMethod URI=\"http://127.0.0.1:9/\"></ds:RetrievalMethod>",
        "<ds:KeyName>another</ds:KeyName>",
    ] {
        accepted(&key_info(ignored).seal(&request(), "_req1", &keys::SP));
    }
}

#[test]
fn comments_stay_out_of_values() {
    refused(&sealed_with("sp.example.org<", "sp.example.org<!-- x -->.evil.example<"), "comment");
    refused(&sealed_with("sp.example.org<", "sp.example.org<!-- x --><"), "comment");
    refused(&sealed_with("https://sp", "<!-- x -->https://sp"), "comment");
    accepted(&sealed_with("<samlp:NameIDPolicy", "<!-- a remark --><samlp:NameIDPolicy"));
    accepted(&format!("<!-- made by hand -->\n{}", sealed(&request())));
    accepted(&sealed_with("sp.example.org<", "sp.<![CDATA[example.]]>org<"));
}

#[test]
fn processing_instructions_and_doctypes_are_refused() {
    let good = sealed(&request());
    refused(&format!("<!DOCTYPE x>{good}"), "DOCTYPE");
    let entity = "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>";
    refused(&format!("{entity}{}", good.replace("sp.example.org<", "&e;<")), "DOCTYPE");
    let attlist = "<!DOCTYPE x [<!ATTLIST samlp:AuthnRequest ID ID #IMPLIED>]>";
    refused(&format!("<!-- --> {attlist}{good}"), "DOCTYPE");
    refused(&format!("<?xml-stylesheet href=\"x\"?>{good}"), "processing instruction");
    refused(&spoiled("<samlp:NameIDPolicy", "<?x y?><samlp:NameIDPolicy"), "processing");
    refused(&spoiled("sp.example.org<", "sp.example.org<?x y?><"), "processing");
    refused(&format!("{good}<!-- x -->"), "after the root");
    refused(&format!("{good}<x/>"), "not well-formed");
    refused(&format!("{good}x"), "not well-formed");
    refused(&format!("{good}\u{80}"), "not well-formed");
    refused(&format!("{good}{good}"), "not well-formed");
    accepted(&format!("{good}\n"));
}

#[test]
fn only_utf_8_is_read() {
    let good = sealed(&request());
    accepted(&format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{good}"));
    accepted(&format!("<?xml version='1.0' encoding='utf-8' standalone='no' ?>\n{good}"));
    accepted(&format!("\u{feff}<?xml version=\"1.0\"?>{good}"));
    refused(&format!("<?xml version=\"1.0\" encoding=\"UTF-16\"?>{good}"), "UTF-16");
    refused(&format!("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>{good}"), "ISO-8859-1");
    refused(&format!("<?xml version=\"1.1\"?>{good}"), "1.1");
    refused(&format!("<?xml version=\"1.0\"{good}"), "declaration");
    let sixteen: String = good.chars().flat_map(|letter| ['\0', letter]).collect();
    refused(&sixteen, "not well-formed");
    refused(&spoiled("sp.example.org<", "sp.example.org&#xD800;<"), "no character");
    refused(&spoiled("sp.example.org<", "sp.example.org&#1114112;<"), "no character");
    refused(&spoiled("sp.example.org<", "sp.example.org&e;<"), "not well-formed");
    refused(&sealed_with(" Version=", " :a=\"\" Version="), "begins with a colon");
    refused(&sealed_with(" Version=\"2.0\"", " Version=\"2.0\"\n:a = ''"), "begins with a colon");
    refused(&spoiled("<samlp:NameIDPolicy", "<:e/><samlp:NameIDPolicy"), "begins with a colon");
    let twice = " xmlns=\"urn:a\" xmlns=\"urn:b\" Version=";
    refused(&sealed_with(" Version=", twice), "a default namespace declared twice");
    refused(&spoiled("sp.example.org<", "sp.example.org&amp;\r<"), "lone carriage return");
    refused(&spoiled("sp.example.org<", "sp.example.org\r&amp;<"), "lone carriage return");
    accepted(&sealed_with("sp.example.org<", "sp.example.org\r\n&amp;\r\n<"));
    accepted(&sealed_with("sp.example.org<", "sp.example.org\r<"));
}

#[test]
fn look_alikes_are_refused() {
    for name in ["Signature", "Assertion", "Issuer", "Subject", "NameID", "AuthnRequest"] {
        let alike = format!("<e:{name} xmlns:e=\"urn:e\"/><samlp:NameIDPolicy");
        refused(&sealed_with("<samlp:NameIDPolicy", &alike), "another namespace");
        let bare = format!("<{name}/><samlp:NameIDPolicy");
        refused(&sealed_with("<samlp:NameIDPolicy", &bare), "another namespace");
    }
    let wrong = "urn:oasis:names:tc:SAML:2.0:protocol ".trim_end().to_uppercase();
    let root = sealed(&request()).replace(names::PROTOCOL, &wrong);
    refused(&root, "the root is not");
    let extension = format!(
        "<samlp:Extensions><spid:Signature xmlns:spid=\"{}\"/></samlp:Extensions>\
         <samlp:NameIDPolicy",
        names::SPID
    );
    accepted(&sealed_with("<samlp:NameIDPolicy", &extension));
}

#[test]
fn bombs_are_refused_at_once() {
    let started = Instant::now();
    let good = sealed(&request());
    let inside =
        |what: &str| good.replace("<samlp:NameIDPolicy", &format!("{what}<samlp:NameIDPolicy"));
    refused(&inside(&"<e/>".repeat(5_001)), "elements");
    refused(&inside(&format!("{}{}", "<e>".repeat(70), "</e>".repeat(70))), "levels");
    let attributes: String = (0..65).map(|i| format!(" a{i}='x'")).collect();
    refused(&inside(&format!("<e{attributes}/>")), "attributes");
    let spaces: String = (0..60).map(|i| format!(" xmlns:a{i}='urn:x'")).collect();
    refused(&inside(&format!("<e{spaces}><e{spaces}/></e>")), "namespaces in scope");
    refused(&inside(&format!("<e{spaces}/>").repeat(40)), "namespace declarations");
    refused(&inside(&"<!-- x -->".repeat(24_000)), "not well-formed");
    refused(&inside(&"x".repeat(xml::MAX_OCTETS)), "octets");
    refused(&good.replace("https://sp", &"&#".repeat(100_000)), "not well-formed");
    let many = "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"/>".repeat(1_500);
    refused(&inside(&many), "must not stand");
    let laughs = "<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;\">]>";
    refused(&format!("{laughs}{good}"), "DOCTYPE");
    let value = good.find("<ds:SignatureValue>").unwrap() + "<ds:SignatureValue>".len();
    let long = format!("{}{}{}", &good[..value], "A".repeat(200_000), &good[value..]);
    refused(&long, "too long");
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
}

#[test]
fn real_metadata_verifies_and_what_is_spoiled_does_not() {
    let metadata = |name: &str| real_files::read(&format!("sp-metadata/{name}"));
    for name in [
        "private-sp_signed.xml",
        "pub-ag-full_signed.xml",
        "pub-op-full_signed.xml",
        "public-sp-cie_signed.xml",
        "public-sp_signed.xml",
    ] {
        let Some(text) = metadata(name) else { return };
        let public = [own_key(&text)];
        judge_as(&text, Root::EntityDescriptor, &public).unwrap_or_else(|e| panic!("{name}: {e}"));
        let spoiled = text.replacen("index=\"0\"", "index=\"1\"", 1);
        assert_ne!(spoiled, text);
        let refusal = judge_as(&spoiled, Root::EntityDescriptor, &public);
        assert!(matches!(refusal, Err(Refused::Proof(Unproven::Digest))), "{name}");
    }
    let Some(hollow) = metadata("public-sp.xml") else { return };
    let refusal = judge_as(&hollow, Root::EntityDescriptor, &[own_key(&hollow)]);
    assert!(matches!(refusal, Err(Refused::Structure(_))), "{refusal:?}");
    let Some(broken) = metadata("metadata_missing_entityid.xml") else { return };
    assert!(matches!(xml::parse(&broken), Err(XmlError::NotWellFormed(_))));
}

#[test]
fn real_metadata_of_identity_providers_is_sound() {
    for (name, root) in [
        ("cie-production.xml", Root::EntityDescriptor),
        ("cie-test.xml", Root::EntityDescriptor),
        ("spid-entities-idps.xml", Root::EntitiesDescriptor),
        ("spid-saml-check.xml", Root::EntityDescriptor),
        ("spid-sp-test.xml", Root::EntityDescriptor),
    ] {
        let Some(text) = real_files::read(&format!("idp-metadata/{name}")) else { return };
        let document = xml::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        structure::check(&document, root, Signed::Enveloped { required: false })
            .unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

/// The key of the certificate that a document's own signature shows.
fn own_key(text: &str) -> PublicKey {
    use base64::Engine as _;
    let document = xml::parse(text).unwrap();
    let certificate = document
        .descendants()
        .find(|node| node.has_tag_name((names::DSIG, "X509Certificate")))
        .unwrap();
    let packed: String = certificate.text().unwrap().split_whitespace().collect();
    let der = base64::engine::general_purpose::STANDARD.decode(packed).unwrap();
    PublicKey::from_certificate_der(&der).unwrap()
}

#[test]
fn keys_made_by_us_serve_as_partners_keys() {
    let holder = Holder {
        common_name: "x",
        organization: "x",
        entity_id: "https://x.example",
        organization_identifier: "PA:IT-c_h501",
        country: "IT",
        locality: "Roma",
    };
    let from = "2026-01-01T00:00:00Z".parse().unwrap();
    let pair = make(KeyKind::EcdsaP256, &holder, &[], from, 30, [2; 16]).unwrap();
    let der = openssl::x509::X509::from_pem(&pair.certificate).unwrap().to_der().unwrap();
    let public = PublicKey::from_certificate_der(&der).unwrap();
    assert_eq!(*public.fingerprint(), openssl::sha::sha256(&der));
}
