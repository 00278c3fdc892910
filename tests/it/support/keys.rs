//! Key pairs made once a run.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
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
/// A key that nobody registered, RSA-2048.
pub(crate) static STRANGER: LazyLock<Keys> =
    LazyLock::new(|| Keys::new(KeyKind::Rsa2048, "A stranger of the tests"));
