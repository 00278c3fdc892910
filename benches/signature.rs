//! What a signature costs, in CPU time: the raw RSA operations, and our verification of a signed
//! AuthnRequest from its text on, with our verifier alone and with both.
#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on has failed")]

use std::fs;
use std::hint::black_box;

use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::{Signer as RawSigner, Verifier};
use openssl::x509::X509;
use ponte::saml::signature::{self, PublicKey};
use ponte::saml::structure::{self, Root, Signed, Sound};
use ponte::saml::writer::Element;
use ponte::saml::{enveloped, names, xml};
use ponte::world::certificate::{Holder, KeyKind, make};
use ponte::world::signer::{KeyFile, Signer as _};

fn main() {
    let holder = Holder {
        common_name: "bench",
        organization: "bench",
        entity_id: "https://sp.example.org",
        organization_identifier: "PA:IT-c_h501",
        country: "IT",
        locality: "Roma",
    };
    let from = "2026-01-01T00:00:00Z".parse().unwrap();
    let pair = make(KeyKind::Rsa2048, &holder, &[], from, 3650, [1; 16]).unwrap();
    let signer = KeyFile::load(&pair.key, &pair.certificate).unwrap();
    let keys = [PublicKey::from_certificate_der(signer.certificate()).unwrap()];
    let text = enveloped::sign(&request(), &signer).unwrap().into_string();

    let private = PKey::private_key_from_pem(&pair.key).unwrap();
    let public = X509::from_pem(&pair.certificate).unwrap().public_key().unwrap();
    let message = [7_u8; 700];
    let value = RawSigner::new(MessageDigest::sha256(), &private)
        .unwrap()
        .sign_oneshot_to_vec(&message)
        .unwrap();

    println!("An AuthnRequest of {} octets, RSA-2048 with SHA-256; CPU time each.", text.len());
    let sign = micros(2_000, || {
        let mut signer = RawSigner::new(MessageDigest::sha256(), &private).unwrap();
        black_box(signer.sign_oneshot_to_vec(&message).unwrap());
    });
    println!("raw sign               {sign:8.1} µs");
    let verify = micros(20_000, || {
        let mut verifier = Verifier::new(MessageDigest::sha256(), &public).unwrap();
        assert!(verifier.verify_oneshot(&value, &message).unwrap());
    });
    println!("raw verify             {verify:8.1} µs");
    let print = |what: &str, micros: f64| {
        println!("{what:22} {micros:8.1} µs   {:.2} × raw verify", micros / verify);
    };
    print("parse", micros(20_000, || drop(black_box(xml::parse(&text).unwrap()))));
    let document = xml::parse(&text).unwrap();
    print("structure", micros(20_000, || drop(black_box(check(&document)))));
    let ours = micros(20_000, || {
        let document = xml::parse(&text).unwrap();
        signature::holds_for_ours(&check(&document), &keys).unwrap();
    });
    print("verify, ours alone", ours);
    let both = micros(10_000, || {
        let document = xml::parse(&text).unwrap();
        black_box(signature::verify(&check(&document), &keys).unwrap());
    });
    print("verify, both", both);
}

fn check<'a, 'i>(document: &'a roxmltree::Document<'i>) -> Sound<'a, 'i> {
    structure::check(document, Root::AuthnRequest, Signed::Enveloped { required: true }).unwrap()
}

fn request() -> Element<'static> {
    Element::new("samlp:AuthnRequest")
        .attribute("ID", "_5f1d4c3b2a")
        .attribute("Version", "2.0")
        .attribute("IssueInstant", "2026-11-22T00:10:03Z")
        .attribute("Destination", "https://idp.example.org/saml/sso")
        .attribute("ForceAuthn", "true")
        .attribute("AssertionConsumerServiceIndex", "0")
        .attribute("AttributeConsumingServiceIndex", "0")
        .child(
            Element::new("saml:Issuer")
                .attribute("Format", names::FORMAT_ENTITY)
                .attribute("NameQualifier", "https://sp.example.org/spid")
                .text("https://sp.example.org/spid"),
        )
        .signature_here()
        .child(Element::new("samlp:NameIDPolicy").attribute("Format", names::FORMAT_TRANSIENT))
        .child(
            Element::new("samlp:RequestedAuthnContext").attribute("Comparison", "minimum").child(
                Element::new("saml:AuthnContextClassRef").text("https://www.spid.gov.it/SpidL2"),
            ),
        )
}

/// The CPU time of one of `times` calls, in microseconds, after as many again to warm up.
fn micros(times: u32, mut call: impl FnMut()) -> f64 {
    for _ in 0..times / 4 {
        call();
    }
    let before = cpu_nanos();
    for _ in 0..times {
        call();
    }
    let nanos = cpu_nanos() - before;
    f64::from(u32::try_from(nanos / 100).unwrap()) / 10.0 / f64::from(times)
}

/// The CPU time of this thread so far, in nanoseconds.
fn cpu_nanos() -> u64 {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    stat.split_whitespace().next().unwrap().parse().unwrap()
}
