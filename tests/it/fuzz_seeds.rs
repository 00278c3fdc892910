//! The seeds of the fuzz targets: still what they were made for, so that a fuzzer begins inside.

use std::fs;
use std::path::PathBuf;

use ponte::cli::elsewhere::simplesamlphp::php;
use ponte::cli::elsewhere::{json as foreign_json, yaml};
use ponte::factors::foreign_hash::ForeignHash;
use ponte::factors::passkey::{Holder, RelyingParty, claimed as claimed_key};
use ponte::factors::phone_key::{self, PhoneKey};
use ponte::oidc::jose::algorithm::{Content, KeyManagement, Signing};
use ponte::oidc::jose::decrypt::DecryptionKey;
use ponte::oidc::jose::keys::KeySet;
use ponte::oidc::jose::{self, sign};
use ponte::oidc::{discovery, openid};
use ponte::saml::binding::{self, Inbound, Parameter};
use ponte::saml::lint::inspect::{Subject, inspect};
use ponte::saml::metadata::aggregate::limits::Limits;
use ponte::saml::metadata::aggregate::verify::{Trust, verify};
use ponte::saml::signature::{self, PublicKey};
use ponte::saml::structure::{self, Root, Signed};
use ponte::saml::upstream::response::claimed;
use ponte::saml::{names, xml};
use ponte::world::signer::{KeyFile, Signer as _};
use ponte::world::smpp::pdu;
use ponte::world::web_push::read_subscription;

use serde_json::{Value, json};

use crate::support::answers::{ASSERTION, Answer};
use crate::support::authenticator::Authenticator;
use crate::support::forge::{Forge, PLACE};
use crate::support::logout::Logout;
use crate::support::phone_key::PhoneKey as BrowsersKey;
use crate::support::sp::{AuthnRequest, Metadata};

const ISSUED: &str = "2026-11-22T00:10:03Z";

fn fuzz() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

fn signer() -> KeyFile {
    let read = |name: &str| fs::read(fuzz().join("keys").join(name)).unwrap();
    KeyFile::load(&read("key.pem"), &read("certificate.pem")).unwrap()
}

fn key() -> PublicKey {
    PublicKey::from_certificate_der(signer().certificate()).unwrap()
}

fn seed(target: &str, name: &str) -> String {
    fs::read_to_string(fuzz().join("corpus").join(target).join(name)).unwrap()
}

/// `UPDATE_SEEDS=1 cargo test --test it fuzz_seeds` writes them anew, for when what is signed changes.
#[test]
fn the_signed_seeds_hold() {
    if std::env::var_os("UPDATE_SEEDS").is_some() {
        write_the_seeds();
    }
    for (name, root) in [
        ("request.xml", Root::AuthnRequest),
        ("response.xml", Root::Response),
        ("metadata.xml", Root::EntityDescriptor),
    ] {
        for target in ["verify", "structure"] {
            let text = seed(target, name);
            let document = xml::parse(&text).unwrap();
            let signed = Signed::Enveloped { required: true };
            let sound = structure::check(&document, root, signed).unwrap();
            signature::verify(&sound, &[key()]).unwrap();
        }
    }
    let query = seed("decode", "redirect");
    let inbound = Inbound::Redirect { query: &query };
    let decoded = binding::decode(inbound, Parameter::SamlRequest).unwrap();
    signature::verify_detached(&decoded, &[key()]).unwrap();
    let signed = fs::read(fuzz().join("keys/signed-query.txt")).unwrap();
    assert_eq!(decoded.detached.unwrap().signed, signed);
    let form = seed("decode", "post");
    binding::decode(Inbound::Post { form: &form }, Parameter::SamlRequest).unwrap();
    let request = AuthnRequest::spid("_seed", ISSUED).unsigned();
    assert_eq!(seed("request", "spid.xml"), request);
}

#[test]
fn the_seeds_of_the_pre_flight_are_recognised() {
    for name in ["request.xml", "response.xml", "metadata.xml", "redirect", "logout.xml"] {
        let report = inspect(seed("lint", name).as_bytes(), None, chrono::DateTime::UNIX_EPOCH);
        assert_ne!(report.subject, Subject::Unknown, "{name}");
    }
}

#[test]
fn the_seeds_of_a_short_message_centre_are_read() {
    for (name, count) in [("bound", 1), ("taken", 2), ("throttled", 1), ("nack", 2), ("message", 1)]
    {
        let octets = fs::read(fuzz().join("corpus/smpp").join(name)).unwrap();
        let mut sent = bytes::BytesMut::from(octets.as_slice());
        for _ in 0..count {
            assert!(pdu::take(&mut sent).unwrap().is_some(), "{name}");
        }
        assert!(sent.is_empty(), "{name}");
    }
}

#[test]
fn the_seeds_of_other_systems_are_read() {
    let text = seed("elsewhere", "remote.php");
    let script = php::read(&text, |_| None).unwrap();
    assert_eq!((script.variables.len(), script.unread.len()), (1, 1), "a constant has no value");
    assert!(yaml::read(&seed("elsewhere", "proxy.yaml"), "x").is_ok());
    assert!(foreign_json::read(&seed("elsewhere", "realm.json"), "x").is_ok());
    assert!(ForeignHash::parse(seed("elsewhere", "ssha").trim()).is_ok());
}

/// A list of metadata, flat and with a list in it.
fn lists() -> [(&'static str, String); 2] {
    let md = names::METADATA;
    let entity = |name: &str| {
        let whole = Metadata { id: None, ..Metadata::generic() };
        Metadata { entity_id: Some(name.into()), ..whole }.unsigned()
    };
    let list = |inside: &str| {
        let text = format!(
            "<md:EntitiesDescriptor xmlns:md=\"{md}\" xmlns:a='urn:a' ID=\"_list\">\n{PLACE}{inside}\n<!-- the end -->\
             </md:EntitiesDescriptor>"
        );
        let key = fs::read(fuzz().join("keys/key.pem")).unwrap();
        let key = openssl::pkey::PKey::private_key_from_pem(&key).unwrap();
        let forge = Forge { method: names::ECDSA_SHA256.into(), ..Forge::default() };
        forge.seal_with(&text, "_list", &key)
    };
    let (one, other) = (entity("https://a.example"), entity("https://b.example"));
    let nested = format!("<md:EntitiesDescriptor xmlns='{md}'>\r\n{other}</md:EntitiesDescriptor>");
    [("flat.xml", list(&format!("{one}\n{other}"))), ("nested.xml", list(&(one + &nested)))]
}

#[test]
fn the_seeds_of_lists_hold() {
    for (name, _) in lists() {
        let text = seed("aggregate", name);
        let keys = [key()];
        let now = chrono::DateTime::UNIX_EPOCH;
        let found = verify(text.as_bytes(), Trust::Pinned(&keys), Limits::default(), now).unwrap();
        assert_eq!(found.entities().len(), 2);
    }
}

/// What an OpenID provider sends, as good as it can be: tokens with the key of the fuzzer.
fn tokens() -> Vec<(&'static str, String)> {
    let signer = signer();
    let claims = json!({
        "iss": "https://op.example.org", "aud": "https://rp.example.org", "sub": "person-1", "nonce": "n",
        "iat": 1_780_000_000, "exp": 1_780_000_300, "acr": "https://www.spid.gov.it/SpidL2", "amr": ["pwd", "otp"],
        "at_hash": "ypeBEsobvcr6wjGzmiPcTQ", "given_name": "Ada", "address": {"postal_code": "00100"},
    });
    let published = sign::published(signer.certificate(), signer.algorithm()).unwrap();
    let private = fs::read(fuzz().join("keys/key.pem")).unwrap();
    let own = DecryptionKey::from_pem(&private).unwrap().published();
    let mut recipient = josekit::jwk::Jwk::from_map(own.as_object().unwrap().clone()).unwrap();
    recipient.set_algorithm("ECDH-ES");
    let token = seed_token();
    let mut header = josekit::jwe::JweHeader::new();
    header.set_algorithm("ECDH-ES");
    header.set_content_encryption("A128CBC-HS256");
    let encrypter = josekit::jwe::ECDH_ES.encrypter_from_jwk(&recipient).unwrap();
    let encrypted = josekit::jwe::serialize_compact(token.as_bytes(), &header, &encrypter).unwrap();
    let metadata = crate::oidc::provider::metadata("https://op.example.org");
    vec![
        ("claims.json", claims.to_string()),
        (
            "keys.json",
            json!({"keys": [published, {"kty": "OKP", "crv": "Ed25519", "x": "AA"}]}).to_string(),
        ),
        ("metadata.json", metadata.to_string()),
        (
            "answer.json",
            json!({"access_token": "a", "token_type": "Bearer", "id_token": token}).to_string(),
        ),
        ("error.json", json!({"error": "invalid_grant", "error_description": "no"}).to_string()),
        ("callback", "code=c&state=s&iss=https%3A%2F%2Fop.example.org".to_owned()),
        ("encrypted", encrypted),
    ]
}

/// The one token that the fuzzer's key signed.
fn seed_token() -> String {
    fs::read_to_string(fuzz().join("keys/signed-token.txt")).unwrap()
}

#[test]
fn the_token_seeds_are_sound() {
    let keys = KeySet::read(seed("token", "keys.json").as_bytes()).unwrap();
    let signed = jose::verify::verify(&seed_token(), &keys, &Signing::ALL).unwrap();
    assert_eq!(seed("token", "signed"), seed_token());
    assert_eq!(signed.members()["sub"], "person-1");
    let private = fs::read(fuzz().join("keys/key.pem")).unwrap();
    let key = DecryptionKey::from_pem(&private).unwrap();
    let encrypted = seed("token", "encrypted");
    let inside =
        jose::decrypt::open(&encrypted, Some(&key), &KeyManagement::ALL, &Content::ALL).unwrap();
    assert_eq!(inside, seed_token());
    let issuer = "https://op.example.org";
    let metadata = seed("token", "metadata.json");
    discovery::read(metadata.as_bytes(), issuer, &[issuer.to_owned()]).unwrap();
    openid::tokens(seed("token", "answer.json").as_bytes()).unwrap();
    for name in ["claims.json", "error.json"] {
        ponte::oidc::json::object(seed("token", name).as_bytes()).unwrap();
    }
}

/// A logout message of each kind.
fn logouts() -> Vec<(&'static str, Logout)> {
    let until = Some("2026-11-22T00:15:03Z".into());
    let plain = |message: Logout| Logout { name: [None, None, None], ..message };
    vec![
        ("request", Logout { not_on_or_after: until, ..Logout::request("_seed") }),
        ("request-plain", plain(Logout::request("_seed"))),
        ("response", Logout::response("_seed", "_ours")),
        ("response-partial", {
            let mut message = Logout::response("_seed", "_ours");
            message.status.push("urn:oasis:names:tc:SAML:2.0:status:PartialLogout".into());
            message
        }),
    ]
}

#[test]
fn the_logout_seeds_are_sound() {
    for (name, message) in logouts() {
        assert_eq!(seed("logout", &format!("{name}.xml")), message.xml());
        let root =
            if name.starts_with("request") { Root::LogoutRequest } else { Root::LogoutResponse };
        let query = seed("logout", &format!("{name}-redirect"));
        let inbound = Inbound::Redirect { query: &query };
        let decoded = binding::decode(inbound, binding::parameter(inbound).unwrap()).unwrap();
        let document = xml::parse(&decoded.xml).unwrap();
        structure::check(&document, root, Signed::Detached).unwrap();
        signature::verify_detached(&decoded, &[key()]).unwrap();
        let form = seed("logout", &format!("{name}-post"));
        let inbound = Inbound::Post { form: &form };
        let decoded = binding::decode(inbound, binding::parameter(inbound).unwrap()).unwrap();
        let document = xml::parse(&decoded.xml).unwrap();
        let signed = Signed::Enveloped { required: true };
        let sound = structure::check(&document, root, signed).unwrap();
        signature::verify(&sound, &[key()]).unwrap();
    }
}

/// Answers of an identity provider that nobody signed.
fn answers() -> Vec<(&'static str, String)> {
    let bare = Answer { of_response: None, of_assertion: None, ..Answer::new() };
    let denied = bare
        .clone()
        .response("status:Success", "status:Responder")
        .response(
            "</samlp:Status>",
            "<samlp:StatusMessage>ErrorCode nr25</samlp:StatusMessage></samlp:Status>",
        )
        .response(ASSERTION, "");
    let sealed = "<saml:EncryptedAssertion><xenc:EncryptedData xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\">\
                  <xenc:EncryptionMethod Algorithm=\"http://www.w3.org/2009/xmlenc11#aes256-gcm\"/></xenc:EncryptedData>\
                  </saml:EncryptedAssertion>";
    let encrypted = bare.clone().response(ASSERTION, sealed);
    vec![
        ("spid.xml", bare.text()),
        ("denied.xml", denied.text()),
        ("encrypted.xml", encrypted.text()),
    ]
}

#[test]
fn the_seeds_of_answers_are_sound() {
    for (name, text) in answers() {
        assert_eq!(seed("response", name), text);
        claimed(&text).unwrap();
    }
    let text = seed("response", "signed.xml");
    let document = xml::parse(&text).unwrap();
    let signed = Signed::Enveloped { required: true };
    let sound = structure::check(&document, Root::Response, signed).unwrap();
    signature::verify(&sound, &[key()]).unwrap();
}

const SUBSCRIPTION: &str = r#"{"endpoint":"https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV","p256dh":"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4","auth":"BTBZMqHH6r4Tts7J_aSIgg"}"#;

fn ours() -> RelyingParty {
    RelyingParty::new(&"https://idp.example.org".parse().unwrap(), "ponte").unwrap()
}

/// What ceremonies are begun with, and what one authenticator answers.
fn passkeys() -> (Value, String, String) {
    let mut authenticator = Authenticator::new("https://idp.example.org", 7);
    let holder = Holder { handle: [7; 16], username: "ada", display: "Ada Rossi" };
    let begun = ours().begin_registration(holder, &[]).unwrap();
    let made = authenticator.create(&serde_json::from_str(&begun.options).unwrap()).to_string();
    let key = ours().finish_registration(&begun.state, &made).unwrap();
    let asked = ours().begin_assertion(&[&key.id]).unwrap();
    let signed = authenticator.get(&serde_json::from_str(&asked.options).unwrap()).to_string();
    let ceremonies = json!({
        "registration": begun.state, "assertion": asked.state, "id": key.id, "key": key.key,
    });
    (ceremonies, made, signed)
}

#[test]
fn the_seeds_of_phones_are_sound() {
    let text = fs::read_to_string(fuzz().join("keys/passkey.json")).unwrap();
    let ceremonies: Value = serde_json::from_str(&text).unwrap();
    let part = |name: &str| ceremonies[name].as_str().unwrap();
    let made = ours().finish_registration(part("registration"), &seed("phone", "made")).unwrap();
    assert_eq!(made.id, part("id"));
    let signed = seed("phone", "signed");
    ours().finish_assertion(part("assertion"), &signed, part("key")).unwrap();
    assert_eq!(claimed_key(&signed).unwrap().id, part("id"));
    let services = ["https://push.example.net".to_owned()];
    read_subscription(&seed("phone", "subscription"), &services).unwrap();
    let kept = fs::read_to_string(fuzz().join("keys/phone-key.txt")).unwrap();
    assert_eq!(seed("phone", "key"), kept);
    let kept = PhoneKey::read(&kept).unwrap();
    assert!(
        kept.signed(&phone_key::text(&phone_key::changing("c"), None), &seed("phone", "signature"))
    );
}

fn write_the_seeds() {
    let write = |target: &str, name: &str, content: &str| {
        let folder = fuzz().join("corpus").join(target);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(name), content).unwrap();
    };
    let signer = signer();
    let private = fs::read(fuzz().join("keys/key.pem")).unwrap();
    let private = openssl::pkey::PKey::private_key_from_pem(&private).unwrap();
    let request = AuthnRequest::spid("_seed", ISSUED);
    let generic = AuthnRequest::generic("_seed", ISSUED);
    let forge = Forge { method: names::ECDSA_SHA256.into(), ..Forge::default() };
    let response = format!(
        "<samlp:Response xmlns:samlp=\"{}\" xmlns:saml=\"{}\" ID=\"_r\" Version=\"2.0\">\
         <saml:Issuer>https://idp.example.org</saml:Issuer>{PLACE}<samlp:Status><samlp:StatusCode \
         Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/></samlp:Status><saml:Assertion \
         ID=\"_a\"><saml:Issuer>https://idp.example.org</saml:Issuer><saml:Subject><saml:NameID>x\
         </saml:NameID></saml:Subject></saml:Assertion></samlp:Response>",
        names::PROTOCOL,
        names::ASSERTION
    );
    let response = forge.seal_with(&response, "_r", &private);
    for (name, text) in lists() {
        write("aggregate", name, &text);
    }
    for (name, text) in answers() {
        write("response", name, &text);
    }
    let good = Answer::new();
    let asserted = good.assertion.replace(PLACE, "");
    let answer = good.response.replace(ASSERTION, &asserted);
    write("response", "signed.xml", &forge.seal_with(&answer, "_response1", &private));
    for target in ["verify", "structure"] {
        write(target, "request.xml", &request.signed(&signer));
        write(target, "response.xml", &response);
        write(target, "metadata.xml", &Metadata::spid().signed(&signer));
    }
    write("structure", "remark.xml", &format!("<!-- a -->\n{}", generic.unsigned()));
    write(
        "structure",
        "cdata.xml",
        "<?xml version='1.0'?><a xmlns='urn:a' b='&#9;'><![CDATA[&]]></a>",
    );
    write("structure", "doctype.xml", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>");
    write("structure", "instruction.xml", "<a><?b c?></a>");
    write("verify", "plain", "0<e a:b=\"&lt;\" xml:lang=\"it\">\u{e8}&amp;\r\n</e>");
    write("verify", "default", "1<e xmlns=\"urn:x\"><f xmlns=\"\"/><a:f xmlns:a=\"urn:y\"/></e>");
    write(
        "verify",
        "listed",
        "?<e xmlns:a=\"urn:y\" xmlns:b=\"urn:b\"><![CDATA[<]]><b:e a:c='\"'/></e>",
    );
    let query = request.redirect(Some("a b"), &signer);
    let signed = query.rsplit_once("&Signature=").unwrap().0;
    fs::write(fuzz().join("keys/signed-query.txt"), signed).unwrap();
    write("decode", "redirect", &query);
    write("decode", "unsigned", query.split('&').next().unwrap());
    let form = format!("RelayState=a+b&SAMLRequest={}", request.post(&signer).replace('+', "%2B"));
    write("decode", "post", &form);
    write("request", "spid.xml", &request.unsigned());
    write("request", "generic.xml", &generic.unsigned());
    write("request", "redirect", &query);
    let claims = json!({"iss": "https://op.example.org", "aud": "https://rp.example.org", "sub": "person-1"});
    let token = sign::sign(&signer, Some("JWT"), claims.as_object().unwrap()).unwrap();
    fs::write(fuzz().join("keys/signed-token.txt"), &token).unwrap();
    write("token", "signed", &token);
    for (name, content) in tokens() {
        write("token", name, &content);
    }
    let (ceremonies, made, signed) = passkeys();
    fs::write(fuzz().join("keys/passkey.json"), ceremonies.to_string()).unwrap();
    write("phone", "made", &made);
    write("phone", "signed", &signed);
    write("phone", "subscription", SUBSCRIPTION);
    let kept = BrowsersKey::new();
    fs::write(fuzz().join("keys/phone-key.txt"), kept.public()).unwrap();
    write("phone", "key", &kept.public());
    let said = phone_key::changing("c").into_iter().map(str::to_owned).collect::<Vec<_>>();
    write("phone", "signature", &kept.sign(&said));
    for (name, typed) in [
        ("approval", "abcd-efgh-1jko"),
        ("activation", "0123-4567-89AB-CDEF"),
        ("recovery", "0123456789"),
        ("sms", "123 456"),
        ("number", "0039 333 123 45 12"),
        ("matched", "42"),
    ] {
        write("typed", name, typed);
    }
    for (name, message) in logouts() {
        write("logout", &format!("{name}.xml"), &message.xml());
        write("logout", &format!("{name}-redirect"), &message.redirect(Some("a b"), &signer));
        write("logout", &format!("{name}-post"), &message.post(None, &signer));
    }
}
