//! The two verifiers: what ours accepts, libxmlsec1 accepts.
//!
//! A text that begins with `<` is a signed message. Any other is a choice of prefixes and a
//! fragment of XML, which is put into a request and signed here, so that the fuzzer meets
//! canonicalisation behind a signature that holds.
#![no_main]

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_target;
use ponte::saml::signature::{self, PublicKey};
use ponte::saml::structure::{self, Root, Signed};
use ponte::saml::{canonical, names, xml};
use ponte::world::digest::sha256;
use ponte::world::signer::{KeyFile, Signer};

static SIGNER: LazyLock<KeyFile> = LazyLock::new(|| {
    let key = include_bytes!("../keys/key.pem");
    KeyFile::load(key, include_bytes!("../keys/certificate.pem")).unwrap()
});
static KEYS: LazyLock<[PublicKey; 1]> =
    LazyLock::new(|| [PublicKey::from_certificate_der(SIGNER.certificate()).unwrap()]);

const PREFIXES: [&str; 4] = ["#default", "a", "saml", "samlp"];

fuzz_target!(|text: &str| {
    if text.starts_with('<') {
        judge(text, Root::AuthnRequest, false);
        judge(text, Root::Response, false);
        judge(text, Root::EntityDescriptor, false);
        return;
    }
    let mut letters = text.chars();
    let Some(choice) = letters.next() else { return };
    if let Some(sealed) = seal(u32::from(choice), letters.as_str()) {
        judge(&sealed, Root::AuthnRequest, true);
    }
});

fn judge(text: &str, root: Root, must_hold: bool) {
    let Ok(document) = xml::parse(text) else { return };
    let signed = Signed::Enveloped { required: true };
    let Ok(sound) = structure::check(&document, root, signed) else { return };
    let ours = signature::holds_for_ours(&sound, &*KEYS);
    assert!(!must_hold || ours.is_ok(), "{ours:?}: {text}");
    if ours.is_ok() {
        signature::verify(&sound, &*KEYS).unwrap_or_else(|error| panic!("{error}: {text}"));
    }
}

/// A signed request around `fragment`; `None` if it is none that the structural check lets pass.
fn seal(choice: u32, fragment: &str) -> Option<String> {
    let listed: Vec<_> =
        PREFIXES.into_iter().enumerate().filter(|(i, _)| choice >> i & 1 == 1).collect();
    let prefixes: Vec<_> = listed.into_iter().map(|(_, prefix)| prefix).collect();
    let request = |signature: &str| {
        format!(
            r#"<samlp:AuthnRequest xmlns:samlp="{}" xmlns:saml="{}" xmlns:a="urn:a" ID="_r"><saml:Issuer>x</saml:Issuer>{signature}<samlp:Extensions>{fragment}</samlp:Extensions></samlp:AuthnRequest>"#,
            names::PROTOCOL,
            names::ASSERTION
        )
    };
    let plain = request("");
    let document = xml::parse(&plain).ok()?;
    let signed = Signed::Enveloped { required: false };
    structure::check(&document, Root::AuthnRequest, signed).ok()?;
    let mut octets = String::new();
    canonical::write(document.root_element(), None, &prefixes, &mut octets);
    let digest = STANDARD.encode(sha256(octets.as_bytes()));
    let list = prefixes.join(" ");
    let (dsig, c14n) = (names::DSIG, names::EXC_C14N);
    let info = format!(
        r##"<ds:SignedInfo xmlns:ds="{dsig}"><ds:CanonicalizationMethod Algorithm="{c14n}"></ds:CanonicalizationMethod><ds:SignatureMethod Algorithm="{}"></ds:SignatureMethod><ds:Reference URI="#_r"><ds:Transforms><ds:Transform Algorithm="{}"></ds:Transform><ds:Transform Algorithm="{c14n}"><ec:InclusiveNamespaces xmlns:ec="{c14n}" PrefixList="{list}"></ec:InclusiveNamespaces></ds:Transform></ds:Transforms><ds:DigestMethod Algorithm="{}"></ds:DigestMethod><ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>"##,
        names::ECDSA_SHA256,
        names::ENVELOPED,
        names::SHA256
    );
    let value = STANDARD.encode(SIGNER.sign(info.as_bytes()).ok()?);
    let info = info.replacen(&format!(" xmlns:ds=\"{dsig}\""), "", 1);
    Some(request(&format!(
        r#"<ds:Signature xmlns:ds="{dsig}">{info}<ds:SignatureValue>{value}</ds:SignatureValue></ds:Signature>"#
    )))
}
