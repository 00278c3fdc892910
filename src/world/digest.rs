//! Digests: plain, and keyed.

use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sha;
use openssl::sign::Signer;

/// SHA-256 of `octets`.
#[must_use]
pub fn sha256(octets: &[u8]) -> [u8; 32] {
    sha::sha256(octets)
}

/// SHA-512 of `octets`.
#[must_use]
pub fn sha512(octets: &[u8]) -> [u8; 64] {
    sha::sha512(octets)
}

/// HMAC with SHA-256 over the `parts`, each preceded by its length in eight octets, big-endian, so
/// that no two lists of parts read the same (RFC 2104).
///
/// # Errors
/// When `key` is empty, or the library fails.
pub fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> Result<[u8; 32], DigestError> {
    if key.is_empty() {
        return Err(DigestError::EmptyKey);
    }
    let key = PKey::hmac(key)?;
    let mut signer = Signer::new(MessageDigest::sha256(), &key)?;
    for part in parts {
        signer.update(&(part.len() as u64).to_be_bytes())?;
        signer.update(part)?;
    }
    let mut mac = [0; 32];
    signer.sign(&mut mac)?;
    Ok(mac)
}

/// A digest could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DigestError {
    /// The key has no octets.
    #[error("the key of a digest is empty")]
    EmptyKey,
    /// The library refused.
    #[error("the digest could not be made")]
    Library(#[from] ErrorStack),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        let mac = |parts: &[&[u8]]| hmac_sha256(b"key", parts).unwrap();
        assert_eq!(mac(&[b"ab", b"c"]), mac(&[b"ab", b"c"]));
        assert_ne!(mac(&[b"ab", b"c"]), mac(&[b"a", b"bc"]));
        assert_ne!(mac(&[b"ab"]), hmac_sha256(b"yek", &[b"ab"]).unwrap());
    }

    #[test]
    fn an_empty_key_is_refused() {
        assert!(matches!(hmac_sha256(b"", &[b"x"]), Err(DigestError::EmptyKey)));
    }

    #[test]
    fn sha_of_nothing() {
        assert_eq!(sha256(b"")[..4], [0xe3, 0xb0, 0xc4, 0x42]);
        assert_eq!(sha512(b"")[..4], [0xcf, 0x83, 0xe1, 0x35]);
    }
}
