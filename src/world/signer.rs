//! Private keys: they sign and never leave.

use std::fmt;

use openssl::error::ErrorStack;
use openssl::x509::X509;

use crate::world::private_key::{Digest, PrivateKey};
use crate::world::token::TokenError;

/// A signature algorithm that ponte makes and accepts (spid-saml §1.3).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RsaSha256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    RsaSha384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    RsaSha512,
    /// ECDSA on P-256 with SHA-256, in XML Signature's form: `r ‖ s`.
    EcdsaSha256,
    /// ECDSA on P-384 with SHA-384, in XML Signature's form: `r ‖ s`.
    EcdsaSha384,
    /// ECDSA on P-521 with SHA-512, in XML Signature's form: `r ‖ s`.
    EcdsaSha512,
}

/// A private key with its certificate; the key itself cannot be read out.
pub trait Signer: fmt::Debug + Send + Sync {
    /// What its signatures are.
    fn algorithm(&self) -> SignatureAlgorithm;
    /// The certificate of the public key, DER.
    fn certificate(&self) -> &[u8];
    /// Signs `octets` (the message, not its digest). ECDSA answers `r ‖ s`.
    ///
    /// # Errors
    /// When the key's holder refuses or is gone.
    fn sign(&self, octets: &[u8]) -> Result<Vec<u8>, SignError>;
}

/// A key would not sign.
#[derive(Debug, thiserror::Error)]
#[error("the signing key could not sign")]
pub struct SignError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// A private key read from a file and held in memory, with its certificate: RSA of 2048, 3072 or 4096 bits, or ECDSA on P-256.
#[derive(Debug)]
pub struct KeyFile {
    key: PrivateKey,
    certificate: Vec<u8>,
}

impl KeyFile {
    /// Takes a private key (PKCS#8, PKCS#1 or SEC1) and the certificate of its public key, both PEM. RSA signs with SHA-256.
    ///
    /// # Errors
    /// When either cannot be read, the key is encrypted or of a kind not listed above, or they do
    /// not belong together.
    pub fn load(key_pem: &[u8], certificate_pem: &[u8]) -> Result<Self, KeyError> {
        Self::of(PrivateKey::from_pem(key_pem, None, Digest::Sha256)?, certificate_pem)
    }

    /// Takes a key, and its certificate in PEM.
    ///
    /// # Errors
    /// When the certificate cannot be read, or is of another key.
    pub fn of(key: PrivateKey, certificate_pem: &[u8]) -> Result<Self, KeyError> {
        let certificate = X509::from_pem(certificate_pem).map_err(KeyError::Certificate)?;
        if !key.is_of(&certificate).map_err(KeyError::Certificate)? {
            return Err(KeyError::Mismatch);
        }
        let certificate = certificate.to_der().map_err(KeyError::Certificate)?;
        Ok(Self { key, certificate })
    }

    /// The key's length in bits.
    #[must_use]
    pub fn bits(&self) -> u32 {
        self.key.bits()
    }
}

impl Signer for KeyFile {
    fn algorithm(&self) -> SignatureAlgorithm {
        self.key.algorithm()
    }

    fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    fn sign(&self, octets: &[u8]) -> Result<Vec<u8>, SignError> {
        self.key.sign(octets)
    }
}

/// A key pair that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Not a private key in PEM.
    #[error("the private key cannot be read: it must be PEM (PKCS#8, PKCS#1 or SEC1)")]
    Key(#[source] ErrorStack),
    /// A passphrase is needed.
    #[error(
        "the private key is encrypted, and no passphrase is known: name a file in keys.passphrase-file, or set PONTE_KEYS_PASSPHRASE"
    )]
    Encrypted,
    /// It is another passphrase's.
    #[error("the private key is encrypted, and not with this passphrase")]
    Passphrase(#[source] ErrorStack),
    /// Not a certificate in PEM.
    #[error("the certificate cannot be read: it must be PEM")]
    Certificate(#[source] ErrorStack),
    /// A kind of key that does not sign for us.
    #[error("the private key is {0}: it must be RSA of 2048, 3072 or 4096 bits, or ECDSA on P-256")]
    Kind(String),
    /// The certificate is of another key.
    #[error("the certificate is not that of the private key")]
    Mismatch,
    /// The token that holds the key cannot be used.
    #[error(transparent)]
    Token(#[from] TokenError),
}
