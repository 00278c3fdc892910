//! Digests: plain, and keyed.

use std::fmt;

use openssl::sha;
use zeroize::Zeroizing;

/// SHA-256 of `octets`.
#[must_use]
pub fn sha256(octets: &[u8]) -> [u8; 32] {
    // The one-shot function looks the algorithm up at every call.
    let mut hash = sha::Sha256::new();
    hash.update(octets);
    hash.finish()
}

/// SHA-256 of octets that come in parts.
#[derive(Clone)]
pub struct Sha256(sha::Sha256);

impl Sha256 {
    /// Of nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self(sha::Sha256::new())
    }

    /// Takes the next part.
    pub fn update(&mut self, octets: &[u8]) {
        self.0.update(octets);
    }

    /// The digest of all of them.
    #[must_use]
    pub fn finish(self) -> [u8; 32] {
        self.0.finish()
    }
}

impl Default for Sha256 {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sha256")
    }
}

/// SHA-384 of `octets`.
#[must_use]
pub fn sha384(octets: &[u8]) -> [u8; 48] {
    sha::sha384(octets)
}

/// SHA-1 of `octets`: for names that others have settled, never for proof.
#[must_use]
pub fn sha1(octets: &[u8]) -> [u8; 20] {
    sha::sha1(octets)
}

/// SHA-512 of `octets`.
#[must_use]
pub fn sha512(octets: &[u8]) -> [u8; 64] {
    sha::sha512(octets)
}

/// The digest of `N` octets that twice as many hexadecimal digits say.
#[must_use]
pub fn read<const N: usize>(digits: &str) -> Option<[u8; N]> {
    if digits.len() != 2 * N || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut digest = [0; N];
    for (octet, at) in digest.iter_mut().zip((0..).step_by(2)) {
        *octet = u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()?;
    }
    Some(digest)
}

/// A key for HMAC with SHA-256 (RFC 2104), hashed once: each use afterwards costs the message alone,
/// a fifth of what the library's own takes to be set up.
#[derive(Clone)]
pub struct HmacKey {
    inner: sha::Sha256,
    outer: sha::Sha256,
}

impl HmacKey {
    /// Takes `key`.
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        let mut block = Zeroizing::new([0; BLOCK]);
        if key.len() > BLOCK {
            block[..32].copy_from_slice(&sha256(key));
        } else {
            block[..key.len()].copy_from_slice(key);
        }
        let keyed = |pad: u8| {
            let mut hash = sha::Sha256::new();
            hash.update(Zeroizing::new(block.map(|octet| octet ^ pad)).as_slice());
            hash
        };
        Self { inner: keyed(0x36), outer: keyed(0x5c) }
    }

    /// The code of the `parts`, one after the other with nothing between.
    #[must_use]
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let (mut inner, mut outer) = (self.inner.clone(), self.outer.clone());
        for part in parts {
            inner.update(part);
        }
        outer.update(&inner.finish());
        outer.finish()
    }
}

impl fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HmacKey")
    }
}

/// HMAC with SHA-256 over the `parts`, each preceded by its length in eight octets, big-endian, so
/// that no two lists of parts read the same (RFC 2104).
///
/// # Errors
/// When `key` is empty.
pub fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> Result<[u8; 32], DigestError> {
    if key.is_empty() {
        return Err(DigestError::EmptyKey);
    }
    let lengths: Vec<[u8; 8]> =
        parts.iter().map(|part| (part.len() as u64).to_be_bytes()).collect();
    let framed: Vec<&[u8]> =
        lengths.iter().zip(parts).flat_map(|(length, part)| [length.as_slice(), part]).collect();
    Ok(HmacKey::new(key).mac(&framed))
}

const BLOCK: usize = 64;

/// A digest could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DigestError {
    /// The key has no octets.
    #[error("the key of a digest is empty")]
    EmptyKey,
}

/// Compares two secrets without telling by the time it takes where they differ.
#[must_use]
pub fn same(kept: &str, shown: &str) -> bool {
    kept.len() == shown.len() && openssl::memcmp::eq(kept.as_bytes(), shown.as_bytes())
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
    fn the_code_is_that_of_rfc_4231() {
        let hex = |mac: [u8; 32]| mac.map(|octet| format!("{octet:02x}")).concat();
        let mac = |key: &[u8], parts: &[&[u8]]| hex(HmacKey::new(key).mac(parts));
        assert_eq!(
            mac(b"Jefe", &[b"what do ya want ", b"for nothing?"]),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(
            mac(&[0xaa; 131], &[b"Test Using Larger Than Block-Size Key - Hash Key First"]),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }

    #[test]
    fn an_empty_key_is_refused() {
        assert!(matches!(hmac_sha256(b"", &[b"x"]), Err(DigestError::EmptyKey)));
    }

    #[test]
    fn sha_of_nothing() {
        assert_eq!(sha256(b"")[..4], [0xe3, 0xb0, 0xc4, 0x42]);
        assert_eq!(sha384(b"")[..4], [0x38, 0xb0, 0x60, 0xa7]);
        assert_eq!(sha512(b"")[..4], [0xcf, 0x83, 0xe1, 0x35]);
    }
}
