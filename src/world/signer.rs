//! Private keys: they sign and never leave.

use std::fmt;

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
