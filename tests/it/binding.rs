//! HTTP-Redirect and HTTP-POST, as they come.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ponte::saml::binding::{
    self, Binding, BindingError, Decoded, Inbound, MAX_RELAY_STATE, Parameter,
};
use ponte::saml::signature::{self, PublicKey, Unproven};
use ponte::saml::{names, xml};
use ponte::world::signer::{SignatureAlgorithm, Signer as _};
use proptest::prelude::{ProptestConfig, any, prop_assert_eq, proptest};

use crate::support::keys::{self, Keys};

const MESSAGE: &str = "<samlp:AuthnRequest xmlns:samlp=\"urn:x\">+ \u{e8}</samlp:AuthnRequest>";

fn key(keys: &Keys) -> PublicKey {
    PublicKey::from_certificate_der(keys.signer.certificate()).unwrap()
}

fn redirect(query: &str) -> Result<Decoded, BindingError> {
    binding::decode(Inbound::Redirect { query }, Parameter::SamlRequest)
}

fn post(form: &str) -> Result<Decoded, BindingError> {
    binding::decode(Inbound::Post { form }, Parameter::SamlRequest)
}

fn query_with(state: Option<&str>, signer: &Keys) -> String {
    let location = "https://idp.localhost/saml/sso";
    let url =
        binding::redirect_url(location, Parameter::SamlRequest, MESSAGE, state, &signer.signer);
    let url = url.unwrap();
    url.strip_prefix(location).unwrap().strip_prefix('?').unwrap().to_owned()
}

fn query() -> String {
    query_with(Some("a b&c=d+è"), &keys::SP)
}

fn parameter(query: &str, name: &str) -> String {
    let prefix = format!("{name}=");
    query.split('&').find(|pair| pair.starts_with(&prefix)).unwrap().to_owned()
}

fn holds(query: &str) -> Result<(), Unproven> {
    signature::verify_detached(&redirect(query).unwrap(), &[key(&keys::SP)]).map(drop)
}

fn escaped(octets: &[u8]) -> String {
    STANDARD.encode(octets).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
}

fn deflated(octets: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut deflater =
        flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    deflater.write_all(octets).unwrap();
    deflater.finish().unwrap()
}

#[test]
fn what_we_send_by_redirect_we_take() {
    for (keys, algorithm) in [
        (&keys::SP, SignatureAlgorithm::RsaSha256),
        (&keys::SP_ECDSA, SignatureAlgorithm::EcdsaSha256),
    ] {
        let decoded = redirect(&query_with(Some("a b&c=d+è"), keys)).unwrap();
        assert_eq!(decoded.binding, Binding::Redirect);
        assert_eq!(decoded.xml, MESSAGE);
        assert_eq!(decoded.relay_state.as_deref(), Some("a b&c=d+è"));
        assert_eq!(decoded.detached.as_ref().unwrap().algorithm, algorithm);
        signature::verify_detached(&decoded, &[key(keys)]).unwrap();
        let stranger = signature::verify_detached(&decoded, &[key(&keys::STRANGER)]);
        assert!(matches!(stranger, Err(Unproven::Signature | Unproven::NoKey)));
    }
    let bare = redirect(&query_with(None, &keys::SP)).unwrap();
    assert_eq!(bare.relay_state, None);
    signature::verify_detached(&bare, &[key(&keys::SP)]).unwrap();
}

#[test]
fn the_address_may_have_a_query_of_its_own() {
    let signer = &keys::SP.signer;
    let url =
        binding::redirect_url("https://a/?b=c", Parameter::SamlResponse, "<x/>", None, signer);
    assert!(url.unwrap().starts_with("https://a/?b=c&SAMLResponse="));
}

#[test]
fn the_octets_received_are_the_octets_verified() {
    let query = query();
    assert_eq!(holds(&query), Ok(()));
    // Escaped otherwise, each part decodes to the same, and is not what was signed.
    let lower = query.replace("%2B", "%2b").replace("%3D", "%3d").replace("%3A", "%3a");
    assert_ne!(lower, query);
    assert_eq!(redirect(&lower).unwrap().xml, MESSAGE);
    assert_eq!(holds(&lower), Err(Unproven::Signature));
    let plus = query.replace("a%20b", "a+b");
    assert_ne!(plus, query);
    assert_eq!(redirect(&plus).unwrap().relay_state, redirect(&query).unwrap().relay_state);
    assert_eq!(holds(&plus), Err(Unproven::Signature));
}

#[test]
fn lower_case_escapes_that_were_signed_hold() {
    let request = lower_case(&escaped(&deflated(MESSAGE.as_bytes())));
    let algorithm = "http%3a%2f%2fwww.w3.org%2f2001%2f04%2fxmldsig-more%23rsa-sha256";
    let signed = format!("SAMLRequest={request}&RelayState=a+b&SigAlg={algorithm}");
    let signature = keys::SP.signer.sign(signed.as_bytes()).unwrap();
    let query = format!("{signed}&Signature={}", escaped(&signature));
    assert_eq!(holds(&query), Ok(()));
    assert_eq!(redirect(&query).unwrap().relay_state.as_deref(), Some("a b"));
}

fn lower_case(escaped: &str) -> String {
    escaped.replace("%2B", "%2b").replace("%2F", "%2f").replace("%3D", "%3d")
}

#[test]
fn what_is_added_removed_or_changed_does_not_hold() {
    let query = query();
    let state = parameter(&query, "RelayState");
    assert_eq!(holds(&query.replace(&format!("{state}&"), "")), Err(Unproven::Signature));
    assert_eq!(holds(&query.replace(&state, "RelayState=")), Err(Unproven::Signature));
    assert_eq!(holds(&query.replace(&state, "RelayState=x")), Err(Unproven::Signature));
    let bare = query_with(None, &keys::SP);
    assert_eq!(holds(&bare), Ok(()));
    assert_eq!(holds(&format!("{bare}&RelayState=x")), Err(Unproven::Signature));
    let request = parameter(&query, "SAMLRequest");
    let other = format!("SAMLRequest={}", escaped(&deflated(b"<x/>")));
    assert_eq!(holds(&query.replace(&request, &other)), Err(Unproven::Signature));
    let algorithm = parameter(&query, "SigAlg");
    let stronger = algorithm.replace("sha256", "sha512");
    assert_eq!(holds(&query.replace(&algorithm, &stronger)), Err(Unproven::Signature));
    // The standard's order is what is signed, wherever the parts stand in the query.
    let signature = parameter(&query, "Signature");
    let turned = format!("{signature}&{algorithm}&{state}&{request}");
    assert_eq!(holds(&turned), Ok(()));
    assert_eq!(holds(&format!("{query}&lang=it&lang=en")), Ok(()));
    let relocated = format!("{request}&{algorithm}&{state}");
    let resigned = keys::SP.signer.sign(relocated.as_bytes()).unwrap();
    let resigned = format!("{relocated}&Signature={}", escaped(&resigned));
    assert_eq!(holds(&resigned), Err(Unproven::Signature));
}

#[test]
fn each_parameter_comes_once_and_by_its_name() {
    let query = query();
    for name in ["SAMLRequest", "RelayState", "SigAlg", "Signature"] {
        let twice = format!("{query}&{}", parameter(&query, name));
        assert_eq!(redirect(&twice).unwrap_err(), BindingError::Twice(name));
        let first = &name[..1];
        let hidden = format!("%{:02X}{}", first.as_bytes()[0], &name[1..]);
        let replaced = query.replace(&format!("{name}="), &format!("{hidden}="));
        assert_eq!(redirect(&replaced).unwrap_err(), BindingError::EscapedName(name));
        let added = format!("{query}&{hidden}=x");
        assert_eq!(redirect(&added).unwrap_err(), BindingError::EscapedName(name));
    }
    let both = format!("{query}&SAMLResponse=x");
    assert_eq!(redirect(&both).unwrap_err(), BindingError::Unexpected("SAMLResponse"));
    let other = query.replace("SAMLRequest=", "SAMLResponse=");
    assert_eq!(redirect(&other).unwrap_err(), BindingError::Unexpected("SAMLResponse"));
    assert_eq!(redirect("").unwrap_err(), BindingError::Missing("SAMLRequest"));
    assert_eq!(redirect("SAMLRequest=").unwrap_err(), BindingError::Missing("SAMLRequest"));
    assert_eq!(redirect("SAMLRequest").unwrap_err(), BindingError::Missing("SAMLRequest"));
}

#[test]
fn a_signature_is_whole_or_absent() {
    let query = query();
    let (algorithm, signature) = (parameter(&query, "SigAlg"), parameter(&query, "Signature"));
    let without = query.replace(&format!("&{signature}"), "");
    assert_eq!(redirect(&without).unwrap_err(), BindingError::Missing("Signature"));
    let without = query.replace(&format!("&{algorithm}"), "");
    assert_eq!(redirect(&without).unwrap_err(), BindingError::Missing("SigAlg"));
    let empty = query.replace(&signature, "Signature=");
    assert_eq!(redirect(&empty).unwrap_err(), BindingError::Missing("Signature"));
    let bare = query.replace(&format!("&{signature}"), "").replace(&format!("&{algorithm}"), "");
    assert_eq!(holds(&bare), Err(Unproven::Missing));
    for weak in [
        "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
        "",
    ] {
        let weak_query = query.replace(&algorithm, &format!("SigAlg={}", weak.replace('#', "%23")));
        assert_eq!(redirect(&weak_query).unwrap_err(), BindingError::Algorithm(weak.into()));
    }
}

#[test]
fn what_is_not_encoded_right_is_refused() {
    let undecodable = |encoding| BindingError::Undecodable { parameter: "SAMLRequest", encoding };
    let decoded = |query: &str| redirect(query).map(|decoded| decoded.xml);
    let message = deflated(MESSAGE.as_bytes());
    let good = format!("SAMLRequest={}", escaped(&message));
    assert_eq!(decoded(&good).unwrap(), MESSAGE);
    let broken = good.replacen('=', "=%zz", 1);
    assert_eq!(decoded(&broken).unwrap_err(), undecodable("percent-encoded UTF-8"));
    assert_eq!(decoded("SAMLRequest=%ff").unwrap_err(), undecodable("percent-encoded UTF-8"));
    assert_eq!(decoded("SAMLRequest=a%2").unwrap_err(), undecodable("percent-encoded UTF-8"));
    assert_eq!(decoded("SAMLRequest=!!").unwrap_err(), undecodable("base64"));
    assert_eq!(decoded("SAMLRequest=YWJj%3D").unwrap_err(), undecodable("base64"));
    let plain = format!("SAMLRequest={}", escaped(MESSAGE.as_bytes()));
    assert_eq!(decoded(&plain).unwrap_err(), undecodable("deflated"));
    for cut in [0, 1, message.len() / 2, message.len() - 1] {
        let cut = format!("SAMLRequest={}", escaped(&message[..cut]));
        assert!(decoded(&cut).is_err(), "{cut}");
    }
    let trailing = [&message[..], b"x"].concat();
    let trailing = format!("SAMLRequest={}", escaped(&trailing));
    assert_eq!(decoded(&trailing).unwrap_err(), undecodable("deflated"));
    let sixteen: Vec<u8> = "<x/>".encode_utf16().flat_map(u16::to_be_bytes).collect();
    let sixteen = [&[0xfe, 0xff], &sixteen[..]].concat();
    let sixteen = format!("SAMLRequest={}", escaped(&deflated(&sixteen)));
    assert_eq!(decoded(&sixteen).unwrap_err(), undecodable("UTF-8"));
    let named = format!("{good}&SAMLEncoding=");
    let deflate = "urn%3Aoasis%3Anames%3Atc%3ASAML%3A2.0%3Abindings%3AURL-Encoding%3ADEFLATE";
    assert_eq!(decoded(&format!("{named}{deflate}")).unwrap(), MESSAGE);
    assert_eq!(decoded(&format!("{named}other")).unwrap_err(), BindingError::Encoding);
}

#[test]
fn bombs_are_cut_off() {
    let limit = xml::MAX_OCTETS;
    let too_long = BindingError::TooLong { parameter: "SAMLRequest", limit };
    let send = |octets: usize| {
        redirect(&format!("SAMLRequest={}", escaped(&deflated(&vec![b'x'; octets]))))
    };
    assert_eq!(send(limit).unwrap().xml.len(), limit);
    assert_eq!(send(limit + 1).unwrap_err(), too_long);
    assert_eq!(send(100 * 1024 * 1024).unwrap_err(), too_long);
    let form = |octets: usize| post(&format!("SAMLRequest={}", escaped(&vec![b'x'; octets])));
    assert_eq!(form(limit).unwrap().xml.len(), limit);
    assert_eq!(form(limit + 1).unwrap_err(), too_long);
    let state = |octets: usize| post(&format!("SAMLRequest=YQ&RelayState={}", "x".repeat(octets)));
    assert!(matches!(state(1), Err(BindingError::Undecodable { .. })), "not padded");
    let state =
        |octets: usize| post(&format!("SAMLRequest=YQ%3D%3D&RelayState={}", "x".repeat(octets)));
    assert_eq!(state(MAX_RELAY_STATE).unwrap().relay_state.unwrap().len(), MAX_RELAY_STATE);
    let too_long = BindingError::TooLong { parameter: "RelayState", limit: MAX_RELAY_STATE };
    assert_eq!(state(MAX_RELAY_STATE + 1).unwrap_err(), too_long);
}

#[test]
fn a_form_is_read() {
    let lines =
        STANDARD.encode(MESSAGE).as_bytes().chunks(20).map(escaped_chunk).collect::<Vec<_>>();
    let form = format!("RelayState=a%26b+c&SAMLRequest={}&go=1", lines.join("%0D%0A"));
    let decoded = post(&form).unwrap();
    assert_eq!(decoded.binding, Binding::Post);
    assert_eq!(decoded.xml, MESSAGE);
    assert_eq!(decoded.relay_state.as_deref(), Some("a&b c"));
    assert!(decoded.detached.is_none());
    assert!(matches!(
        signature::verify_detached(&decoded, &[key(&keys::SP)]),
        Err(Unproven::Missing)
    ));
    assert_eq!(post("RelayState=x").unwrap_err(), BindingError::Missing("SAMLRequest"));
    let twice = format!("{form}&RelayState=x");
    assert_eq!(post(&twice).unwrap_err(), BindingError::Twice("RelayState"));
    let response = binding::decode(Inbound::Post { form: &form }, Parameter::SamlResponse);
    assert_eq!(response.unwrap_err(), BindingError::Unexpected("SAMLRequest"));
    // SimpleSign's fields prove nothing here: the signature must be in the message.
    let simple = format!("{form}&SigAlg={}&Signature=YQ%3D%3D", names::RSA_SHA256);
    assert!(post(&simple).unwrap().detached.is_none());
}

fn escaped_chunk(chunk: &[u8]) -> String {
    String::from_utf8(chunk.to_vec())
        .unwrap()
        .replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_message_and_state_come_through(message in any::<String>(), state in "[^\u{0}]{0,100}") {
        let url = binding::redirect_url(
            "https://a/b", Parameter::SamlRequest, &message, Some(&state), &keys::SP_ECDSA.signer,
        ).unwrap();
        let decoded = redirect(url.strip_prefix("https://a/b?").unwrap()).unwrap();
        prop_assert_eq!(&decoded.xml, &message);
        prop_assert_eq!(decoded.relay_state.as_deref(), Some(state.as_str()));
        signature::verify_detached(&decoded, &[key(&keys::SP_ECDSA)]).unwrap();
    }

    #[test]
    fn any_query_is_answered(query in "[a-zA-Z%&=+]{0,60}|(SAMLRequest=|SigAlg=|Signature=|&|%[0-9A-F]{2}|[a-z])*") {
        let _ = redirect(&query);
        let _ = post(&query);
    }
}
