//! The algorithms that signatures may use, and their names: a fixed list (spid-saml §1.3).

use crate::saml::names;
use crate::world::signer::SignatureAlgorithm;

/// A digest that a reference may use: SHA-256 or better.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum DigestAlgorithm {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl DigestAlgorithm {
    /// The one that a `DigestMethod` names; `None` if it is not on the list.
    #[must_use]
    pub fn from_uri(uri: &str) -> Option<Self> {
        match uri {
            names::SHA256 => Some(Self::Sha256),
            names::SHA384 => Some(Self::Sha384),
            names::SHA512 => Some(Self::Sha512),
            _ => None,
        }
    }

    /// Its octets.
    #[must_use]
    pub fn size(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

/// The algorithm that a `SignatureMethod` or a `SigAlg` names; `None` if it is not on the list.
#[must_use]
pub fn from_uri(uri: &str) -> Option<SignatureAlgorithm> {
    match uri {
        names::RSA_SHA256 => Some(SignatureAlgorithm::RsaSha256),
        names::RSA_SHA384 => Some(SignatureAlgorithm::RsaSha384),
        names::RSA_SHA512 => Some(SignatureAlgorithm::RsaSha512),
        names::ECDSA_SHA256 => Some(SignatureAlgorithm::EcdsaSha256),
        names::ECDSA_SHA384 => Some(SignatureAlgorithm::EcdsaSha384),
        names::ECDSA_SHA512 => Some(SignatureAlgorithm::EcdsaSha512),
        _ => None,
    }
}

/// The name of `algorithm` in messages.
#[must_use]
pub fn uri(algorithm: SignatureAlgorithm) -> &'static str {
    match algorithm {
        SignatureAlgorithm::RsaSha256 => names::RSA_SHA256,
        SignatureAlgorithm::RsaSha384 => names::RSA_SHA384,
        SignatureAlgorithm::RsaSha512 => names::RSA_SHA512,
        SignatureAlgorithm::EcdsaSha256 => names::ECDSA_SHA256,
        SignatureAlgorithm::EcdsaSha384 => names::ECDSA_SHA384,
        SignatureAlgorithm::EcdsaSha512 => names::ECDSA_SHA512,
    }
}

/// The digest inside `algorithm`.
#[must_use]
pub fn digest_of(algorithm: SignatureAlgorithm) -> DigestAlgorithm {
    match algorithm {
        SignatureAlgorithm::RsaSha256 | SignatureAlgorithm::EcdsaSha256 => DigestAlgorithm::Sha256,
        SignatureAlgorithm::RsaSha384 | SignatureAlgorithm::EcdsaSha384 => DigestAlgorithm::Sha384,
        SignatureAlgorithm::RsaSha512 | SignatureAlgorithm::EcdsaSha512 => DigestAlgorithm::Sha512,
    }
}
