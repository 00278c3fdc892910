//! Keys made once a run.

use std::cell::Cell;
use std::path::Path;
use std::sync::{LazyLock, OnceLock};

use chrono::{DateTime, Utc};
use openssl::asn1::Asn1Time;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509Name};
use ponte::world::certificate::{Holder, KeyKind, KeyPair, make};
use ponte::world::signer::KeyFile;

/// A key pair of somebody, as files and as a signer.
pub(crate) struct Keys {
    pub(crate) pair: KeyPair,
    pub(crate) signer: KeyFile,
}

impl Keys {
    pub(crate) fn new(kind: KeyKind, name: &str) -> Self {
        let holder = Holder {
            common_name: name,
            organization: name,
            entity_id: "https://example.org/saml",
            organization_identifier: "PA:IT-c_h501",
            country: "IT",
            locality: "Roma",
        };
        let from: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
        let pair = make(kind, &holder, &[], from, 3650, [1; 16]).unwrap();
        let signer = KeyFile::load(&pair.key, &pair.certificate).unwrap();
        Self { pair, signer }
    }

    /// The key once more.
    pub(crate) fn copy(&self) -> KeyFile {
        KeyFile::load(&self.pair.key, &self.pair.certificate).unwrap()
    }
}

/// The identity provider's key, RSA-2048.
pub(crate) static IDP: LazyLock<Keys> =
    LazyLock::new(|| Keys::new(KeyKind::Rsa2048, "IdP of the tests"));
/// The identity provider's key on P-256.
pub(crate) static IDP_ECDSA: LazyLock<Keys> =
    LazyLock::new(|| Keys::new(KeyKind::EcdsaP256, "IdP of the tests, P-256"));
/// The service provider's key, RSA-2048.
pub(crate) static SP: LazyLock<Keys> =
    LazyLock::new(|| Keys::new(KeyKind::Rsa2048, "SP of the tests"));
/// The service provider's key on P-256.
pub(crate) static SP_ECDSA: LazyLock<Keys> =
    LazyLock::new(|| Keys::new(KeyKind::EcdsaP256, "SP of the tests, P-256"));
/// The key of a federation, RSA-2048.
pub(crate) static FEDERATION: LazyLock<Keys> =
    LazyLock::new(|| Keys::new(KeyKind::Rsa2048, "Federation of the tests"));
/// A key that nobody registered, RSA-2048.
pub(crate) static STRANGER: LazyLock<Keys> =
    LazyLock::new(|| Keys::new(KeyKind::Rsa2048, "A stranger of the tests"));

/// An RSA-2048 key (PEM) for whoever needs one of their own: of the calls in one test each gets another one. The tests share
/// them, since to make one takes a sixth of a second.
pub(crate) fn another() -> Vec<u8> {
    thread_local! {
        static BEFORE: Cell<usize> = const { Cell::new(0) };
    }
    static SHARED: [OnceLock<Vec<u8>>; 8] = [const { OnceLock::new() }; 8];
    let before = BEFORE.get();
    BEFORE.set(before + 1);
    let make = || {
        let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        key.private_key_to_pem_pkcs8().unwrap()
    };
    match SHARED.get(before) {
        Some(key) => key.get_or_init(make).clone(),
        None => make(),
    }
}

/// Writes a certificate for `localhost`, and its key, that nobody's authority has signed.
pub(crate) fn certify_localhost(certificate: &Path, private: &Path) {
    let key = PKey::private_key_from_pem(&another()).unwrap();
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_text("CN", "localhost").unwrap();
    let name = name.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(2).unwrap()).unwrap();
    let names =
        SubjectAlternativeName::new().dns("localhost").build(&builder.x509v3_context(None, None));
    builder.append_extension(names.unwrap()).unwrap();
    builder.append_extension(BasicConstraints::new().ca().build().unwrap()).unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    std::fs::write(certificate, builder.build().to_pem().unwrap()).unwrap();
    std::fs::write(private, key.private_key_to_pem_pkcs8().unwrap()).unwrap();
}
