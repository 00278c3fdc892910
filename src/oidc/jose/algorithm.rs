//! The algorithms that tokens may be signed and encrypted with: none, HMAC, RSA1_5, PBES2 and compression have no name here.

use crate::world::digest::{sha256, sha384, sha512};

/// A signature algorithm (RFC 7518 §3.1, RFC 8037).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Signing {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// RSASSA-PSS with SHA-384.
    Ps384,
    /// RSASSA-PSS with SHA-512.
    Ps512,
    /// ECDSA on P-256.
    Es256,
    /// ECDSA on P-384.
    Es384,
    /// ECDSA on P-521.
    Es512,
    /// Ed25519.
    EdDsa,
}

impl Signing {
    /// Every one.
    pub const ALL: [Self; 10] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::Es512,
        Self::EdDsa,
    ];

    /// Its `alg`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// The `kty` of its keys, and their `crv` where it has one.
    #[must_use]
    pub fn key(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Rs256 | Self::Rs384 | Self::Rs512 | Self::Ps256 | Self::Ps384 | Self::Ps512 => {
                ("RSA", None)
            }
            Self::Es256 => ("EC", Some("P-256")),
            Self::Es384 => ("EC", Some("P-384")),
            Self::Es512 => ("EC", Some("P-521")),
            Self::EdDsa => ("OKP", Some("Ed25519")),
        }
    }

    /// The left half of the digest of `octets`, which `at_hash` is (OIDC Core §3.1.3.6; Ed25519 hashes with SHA-512).
    #[must_use]
    pub fn half_digest(self, octets: &[u8]) -> Vec<u8> {
        match self {
            Self::Rs256 | Self::Ps256 | Self::Es256 => sha256(octets)[..16].to_vec(),
            Self::Rs384 | Self::Ps384 | Self::Es384 => sha384(octets)[..24].to_vec(),
            Self::Rs512 | Self::Ps512 | Self::Es512 | Self::EdDsa => sha512(octets)[..32].to_vec(),
        }
    }
}

/// How the key of the content is given (RFC 7518 §4.1).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum KeyManagement {
    /// RSAES-OAEP with SHA-1, which the Italian rules still name (spec/oidc.md §1.7).
    RsaOaep,
    /// RSAES-OAEP with SHA-256.
    RsaOaep256,
    /// Agreed by ECDH, used as it is.
    EcdhEs,
    /// Agreed by ECDH, wrapping with AES-128.
    EcdhEsA128Kw,
    /// Agreed by ECDH, wrapping with AES-256.
    EcdhEsA256Kw,
}

impl KeyManagement {
    /// Every one.
    pub const ALL: [Self; 5] =
        [Self::RsaOaep, Self::RsaOaep256, Self::EcdhEs, Self::EcdhEsA128Kw, Self::EcdhEsA256Kw];

    /// Its `alg`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::RsaOaep => "RSA-OAEP",
            Self::RsaOaep256 => "RSA-OAEP-256",
            Self::EcdhEs => "ECDH-ES",
            Self::EcdhEsA128Kw => "ECDH-ES+A128KW",
            Self::EcdhEsA256Kw => "ECDH-ES+A256KW",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}

/// How the content is encrypted (RFC 7518 §5.1).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Content {
    /// AES-128 in CBC mode with HMAC-SHA-256.
    A128CbcHs256,
    /// AES-256 in CBC mode with HMAC-SHA-512.
    A256CbcHs512,
    /// AES-128 in GCM.
    A128Gcm,
    /// AES-256 in GCM.
    A256Gcm,
}

impl Content {
    /// Every one.
    pub const ALL: [Self; 4] =
        [Self::A128CbcHs256, Self::A256CbcHs512, Self::A128Gcm, Self::A256Gcm];

    /// Its `enc`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::A128CbcHs256 => "A128CBC-HS256",
            Self::A256CbcHs512 => "A256CBC-HS512",
            Self::A128Gcm => "A128GCM",
            Self::A256Gcm => "A256GCM",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_found_by_its_name_and_nothing_else_is() {
        for one in Signing::ALL {
            assert_eq!(Signing::named(one.name()), Some(one));
        }
        for one in KeyManagement::ALL {
            assert_eq!(KeyManagement::named(one.name()), Some(one));
        }
        for one in Content::ALL {
            assert_eq!(Content::named(one.name()), Some(one));
        }
        for name in
            ["none", "None", "HS256", "HS512", "RSA1_5", "PBES2-HS256+A128KW", "dir", "", "rs256"]
        {
            assert_eq!(Signing::named(name), None);
            assert_eq!(KeyManagement::named(name), None);
        }
    }
}
