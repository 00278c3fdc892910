//! Signatures of ours, checked again: on checkpoints of the register, with the certificate that they name.

use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{Id, PKey, Public};
use openssl::sign::Verifier;
use openssl::x509::X509;

use crate::world::ecdsa;
use crate::world::signer::SignatureAlgorithm;

/// Whether the key of `certificate` (DER) made `signature` over `octets`, in the form that
/// [`Signer::sign`](crate::world::signer::Signer::sign) answers; any failure is a no. Whose the certificate is and
/// whether it is still good is the caller's to judge.
#[must_use]
pub fn verifies(
    certificate: &[u8],
    algorithm: SignatureAlgorithm,
    octets: &[u8],
    signature: &[u8],
) -> bool {
    check(certificate, algorithm, octets, signature).unwrap_or(false)
}

fn check(
    certificate: &[u8],
    algorithm: SignatureAlgorithm,
    octets: &[u8],
    signature: &[u8],
) -> Result<bool, ErrorStack> {
    VerifyingKey::new(certificate)?.check(algorithm, octets, signature)
}

/// The public key of a certificate, parsed once.
#[derive(Debug)]
pub struct VerifyingKey(PKey<Public>);

impl VerifyingKey {
    /// The key of `certificate` (DER).
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn new(certificate: &[u8]) -> Result<Self, ErrorStack> {
        X509::from_der(certificate)?.public_key().map(Self)
    }

    /// As [`verifies`].
    #[must_use]
    pub fn verifies(&self, algorithm: SignatureAlgorithm, octets: &[u8], signature: &[u8]) -> bool {
        self.check(algorithm, octets, signature).unwrap_or(false)
    }

    fn check(
        &self,
        algorithm: SignatureAlgorithm,
        octets: &[u8],
        signature: &[u8],
    ) -> Result<bool, ErrorStack> {
        let (kind, digest) = match algorithm {
            SignatureAlgorithm::RsaSha256 => (Id::RSA, MessageDigest::sha256()),
            SignatureAlgorithm::RsaSha384 => (Id::RSA, MessageDigest::sha384()),
            SignatureAlgorithm::RsaSha512 => (Id::RSA, MessageDigest::sha512()),
            SignatureAlgorithm::EcdsaSha256 => (Id::EC, MessageDigest::sha256()),
            SignatureAlgorithm::EcdsaSha384 => (Id::EC, MessageDigest::sha384()),
            SignatureAlgorithm::EcdsaSha512 => (Id::EC, MessageDigest::sha512()),
        };
        if self.0.id() != kind {
            return Ok(false);
        }
        let mut verifier = Verifier::new(digest, &self.0)?;
        verifier.update(octets)?;
        if kind == Id::RSA {
            return verifier.verify(signature);
        }
        verifier.verify(&ecdsa::to_der(signature)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::certificate::{Holder, KeyKind, make};
    use crate::world::signer::{KeyFile, Signer};
    use chrono::DateTime;

    #[test]
    fn what_we_sign_verifies_and_nothing_else_does() {
        let holder = Holder {
            organization: "Ente",
            common_name: "Ente",
            entity_id: "https://idp.example.org",
            organization_identifier: "VATIT-00000000000",
            country: "IT",
            locality: "Roma",
        };
        for kind in [KeyKind::Rsa2048, KeyKind::EcdsaP256] {
            let pair = make(kind, &holder, &[], DateTime::UNIX_EPOCH, 365, [1; 16]).unwrap();
            let key = KeyFile::load(&pair.key, &pair.certificate).unwrap();
            let (certificate, algorithm) = (key.certificate().to_vec(), key.algorithm());
            let signature = key.sign(b"octets").unwrap();
            assert!(verifies(&certificate, algorithm, b"octets", &signature));
            assert!(!verifies(&certificate, algorithm, b"Octets", &signature));
            assert!(!verifies(&certificate, algorithm, b"octets", &signature[1..]));
            assert!(!verifies(&certificate, SignatureAlgorithm::RsaSha512, b"octets", &signature));
            assert!(!verifies(b"none", algorithm, b"octets", &signature));
        }
    }
}
