//! The example keys, which everybody has: nothing but the demo may start with them.

use crate::world::certificate::{Certificate, Fingerprint};
use crate::world::digest::sha256;
use crate::world::private_key::PrivateKey;

/// A private key that everybody has.
pub const SIGNING_KEY: &[u8] = include_bytes!("../../keys-example/signing.key");
/// The certificate of [`SIGNING_KEY`].
pub const CERTIFICATE: &[u8] = include_bytes!("../../keys-example/signing.crt");
/// A sealing key that everybody has.
pub const SEAL_KEY: &str = include_str!("../../keys-example/seal.key");

/// Whether `certificate` is of the example key, be it the example's own or another of the same key.
#[must_use]
pub fn is_example_certificate(certificate: &Certificate) -> bool {
    Certificate::from_pem(CERTIFICATE)
        .is_ok_and(|example| example.public_key == certificate.public_key)
}

/// Whether `key` is the example's.
#[must_use]
pub fn is_example_key(key: &PrivateKey) -> bool {
    let public = key.public().map(|public| Fingerprint(sha256(&public)));
    Certificate::from_pem(CERTIFICATE)
        .is_ok_and(|example| public.is_ok_and(|public| public == example.public_key))
}

/// Whether the text of a sealing key's file is the example's.
#[must_use]
pub fn is_example_seal(text: &str) -> bool {
    text.trim() == SEAL_KEY.trim()
}
