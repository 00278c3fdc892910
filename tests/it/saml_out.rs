//! What leaves: canonical form, signatures, answers (spid-saml §1.2).

use std::io::Write as _;
use std::process::{Command, Output};

use ponte::saml::enveloped;
use ponte::saml::writer::Element;
use ponte::world::signer::Signer;
use proptest::prelude::*;

use crate::support::keys::{self, Keys};
use crate::support::sp::{AuthnRequest, Metadata};

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
