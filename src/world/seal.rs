//! Encryption at rest: what lies on the disk is sealed, and searched by keyed blind indexes.
//!
//! A key-encryption key, in a file of its own, wraps data keys and the index key, which lie in the key ring beside
//! the store. Every sealed value names its data key, so keys can be changed without touching what was sealed before.
//! Sealing is XAES-256-GCM (C2SP): its 24-byte nonces may be drawn at random for ever, where bare AES-GCM must stop
//! at 2³² values (NIST SP 800-38D §8.3).

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use openssl::error::ErrorStack;
use openssl::sha::Sha256;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::world::digest::HmacKey;
use crate::world::random::Random;
use crate::world::xaes::{decrypt, decrypt_one, encrypt, encrypt_from, message_key};

const FORMAT: u8 = 1;
pub(in crate::world) const NONCE: usize = 24;
pub(in crate::world) const TAG: usize = 16;
const HEAD: usize = 1 + 4 + NONCE;
const RING_VERSION: u32 = 1;

/// How many bytes a sealed value is longer than the plain one.
pub const OVERHEAD: usize = HEAD + TAG;

/// A key of 256 bits, wiped when it goes.
#[derive(Clone)]
pub struct SealKey(pub(in crate::world) Zeroizing<[u8; 32]>);

impl SealKey {
    /// A new key.
    #[must_use]
    pub fn generate(random: &Random) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        random.fill(key.as_mut_slice());
        Self(key)
    }

    /// The key in a key file: 32 bytes in base64 on one line.
    ///
    /// # Errors
    /// [`SealError::KeyFile`] when it is anything else.
    pub fn parse(text: &str) -> Result<Self, SealError> {
        let bytes = Zeroizing::new(STANDARD.decode(text.trim()).map_err(|_| SealError::KeyFile)?);
        Self::copied(&bytes).ok_or(SealError::KeyFile)
    }

    /// `plain`, sealed with this key itself for the place that `context` names: nonce, ciphertext, tag.
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn wrap(
        &self,
        context: &[u8],
        plain: &[u8],
        random: &Random,
    ) -> Result<Vec<u8>, SealError> {
        let mut wrapped = random.bytes::<NONCE>().to_vec();
        encrypt(self, context, plain, &mut wrapped)?;
        Ok(wrapped)
    }

    /// What [`SealKey::wrap`] sealed for the same `context`.
    ///
    /// # Errors
    /// [`SealError::Altered`] when it was altered, or sealed with another key or for another place.
    pub fn unwrap(&self, context: &[u8], wrapped: &[u8]) -> Result<Vec<u8>, SealError> {
        let (nonce, rest) = wrapped.split_at_checked(NONCE).ok_or(SealError::Altered)?;
        decrypt(self, context, nonce, rest)
    }

    /// Opens what [`Seal::seal`] sealed for `context`, with the key of that one alone, see [`Seal::key_of`].
    ///
    /// # Errors
    /// [`SealError::Altered`] when it is not that, or not sealed for this place.
    pub fn open_one(&self, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (head, rest) = sealed.split_at_checked(HEAD).ok_or(SealError::Altered)?;
        let (FORMAT, [_, _, _, _, nonce @ ..]) = (head[0], &head[1..]) else {
            return Err(SealError::Altered);
        };
        decrypt_one(self, context, nonce, rest)
    }

    fn copied(bytes: &[u8]) -> Option<Self> {
        let mut key = Zeroizing::new([0; 32]);
        (bytes.len() == key.len()).then(|| key.copy_from_slice(bytes))?;
        Some(Self(key))
    }

    /// The key of these bytes.
    #[must_use]
    pub fn of(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// What [`SealKey::parse`] reads.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(self.0.as_slice()) + "\n")
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey")
    }
}

/// Seals and opens what is stored, and blinds what is searched.
#[derive(Clone)]
pub struct Seal {
    current: u32,
    data: BTreeMap<u32, SealKey>,
    index: SealKey,
    mac: HmacKey,
}

/// A value that is being written, before it is sealed; wiped if it never is.
pub struct Unsealed<'a> {
    key: &'a SealKey,
    bytes: Zeroizing<Vec<u8>>,
}

impl Unsealed<'_> {
    /// Where the plain bytes are to be appended.
    pub fn plain(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Seals what was appended for the place that `context` names, as [`Seal::seal`] does.
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn close(mut self, context: &[u8]) -> Result<Vec<u8>, SealError> {
        encrypt_from(self.key, context, HEAD, &mut self.bytes)?;
        let mut sealed = std::mem::take(&mut *self.bytes);
        // It is kept for a while, and should not hold on to room for a longer one.
        if sealed.len() < sealed.capacity() / 2 {
            sealed.shrink_to_fit();
        }
        Ok(sealed)
    }
}

impl fmt::Debug for Unsealed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unsealed")
    }
}

/// The key ring at rest.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Ring {
    version: u32,
    current: u32,
    data: BTreeMap<u32, String>,
    index: String,
}

impl Seal {
    /// New keys, for a new store.
    #[must_use]
    pub fn generate(random: &Random) -> Self {
        let data = BTreeMap::from([(1, SealKey::generate(random))]);
        Self::with(1, data, SealKey::generate(random))
    }

    /// Adds a data key, with which everything is sealed from now on. What was sealed before still opens.
    pub fn rotate(&mut self, random: &Random) {
        let newest = self.data.last_key_value().map_or(0, |(id, _)| *id);
        self.current = newest.saturating_add(1);
        self.data.insert(self.current, SealKey::generate(random));
    }

    /// The key ring, wrapped with `kek`: JSON, to be kept beside the store.
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn to_ring(&self, kek: &SealKey, random: &Random) -> Result<String, SealError> {
        let wrap = |context: String, key: &SealKey| -> Result<String, SealError> {
            let mut wrapped = random.bytes::<NONCE>().to_vec();
            encrypt(kek, context.as_bytes(), key.0.as_slice(), &mut wrapped)?;
            Ok(STANDARD.encode(wrapped))
        };
        let data = self
            .data
            .iter()
            .map(|(id, key)| Ok((*id, wrap(data_context(*id), key)?)))
            .collect::<Result<_, SealError>>()?;
        let index = wrap(INDEX_CONTEXT.to_owned(), &self.index)?;
        let ring = Ring { version: RING_VERSION, current: self.current, data, index };
        serde_json::to_string_pretty(&ring).map_err(|_| SealError::Ring)
    }

    /// The keys of a key ring that `kek` wrapped.
    ///
    /// # Errors
    /// [`SealError::Ring`] when it is not a key ring, [`SealError::WrongKey`] when another key wrapped it.
    pub fn from_ring(ring: &str, kek: &SealKey) -> Result<Self, SealError> {
        let ring: Ring = serde_json::from_str(ring).map_err(|_| SealError::Ring)?;
        if ring.version != RING_VERSION || !ring.data.contains_key(&ring.current) {
            return Err(SealError::Ring);
        }
        let unwrap = |context: &str, wrapped: &str| -> Result<SealKey, SealError> {
            let wrapped = STANDARD.decode(wrapped).map_err(|_| SealError::Ring)?;
            let (nonce, rest) = wrapped.split_at_checked(NONCE).ok_or(SealError::Ring)?;
            let key = decrypt(kek, context.as_bytes(), nonce, rest);
            let key = Zeroizing::new(key.map_err(|_| SealError::WrongKey)?);
            SealKey::copied(&key).ok_or(SealError::Ring)
        };
        let data = ring
            .data
            .iter()
            .map(|(id, wrapped)| Ok((*id, unwrap(&data_context(*id), wrapped)?)))
            .collect::<Result<_, SealError>>()?;
        let index = unwrap(INDEX_CONTEXT, &ring.index)?;
        Ok(Self::with(ring.current, data, index))
    }

    fn with(current: u32, data: BTreeMap<u32, SealKey>, index: SealKey) -> Self {
        let mac = HmacKey::new(index.0.as_slice());
        Self { current, data, index, mac }
    }

    /// Whether both open the same and blind the same.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let keys = |seal: &Self| -> Vec<[u8; 32]> {
            seal.data.values().chain([&seal.index]).map(|key| sha256(&[&key.0[..]])).collect()
        };
        self.data.keys().eq(other.data.keys()) && keys(self) == keys(other)
    }

    /// Seals `plain` for the place that `context` names: format, key id, nonce, ciphertext, tag.
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn seal(
        &self,
        context: &[u8],
        plain: &[u8],
        random: &Random,
    ) -> Result<Vec<u8>, SealError> {
        let mut unsealed = self.begin(plain.len(), random)?;
        unsealed.plain().extend_from_slice(plain);
        unsealed.close(context)
    }

    /// Begins a sealed value of about `length` plain bytes, which are sealed where they are written: no plain copy of them
    /// stays, unless they are more.
    ///
    /// # Errors
    /// When there is no key to seal with.
    pub fn begin(&self, length: usize, random: &Random) -> Result<Unsealed<'_>, SealError> {
        let key = self.data.get(&self.current).ok_or(SealError::UnknownKey(self.current))?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(length + OVERHEAD));
        bytes.push(FORMAT);
        bytes.extend_from_slice(&self.current.to_be_bytes());
        bytes.extend_from_slice(&random.bytes::<NONCE>());
        Ok(Unsealed { key, bytes })
    }

    /// Opens what [`Seal::seal`] sealed for the same `context`.
    ///
    /// # Errors
    /// [`SealError::Altered`] when it was altered or belongs to another place, [`SealError::UnknownKey`] when its key
    /// is not in the ring.
    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (head, rest) = sealed.split_at_checked(HEAD).ok_or(SealError::Altered)?;
        let (FORMAT, [a, b, c, d, nonce @ ..]) = (head[0], &head[1..]) else {
            return Err(SealError::Altered);
        };
        let id = u32::from_be_bytes([*a, *b, *c, *d]);
        let key = self.data.get(&id).ok_or(SealError::UnknownKey(id))?;
        decrypt(key, context, nonce, rest)
    }

    /// The key that opens `sealed` and nothing else that was sealed: it can be given away with it.
    ///
    /// # Errors
    /// When it was not sealed by a key of this ring.
    pub fn key_of(&self, sealed: &[u8]) -> Result<SealKey, SealError> {
        let head = sealed.get(..HEAD).ok_or(SealError::Altered)?;
        let (FORMAT, [a, b, c, d, nonce @ ..]) = (head[0], &head[1..]) else {
            return Err(SealError::Altered);
        };
        let id = u32::from_be_bytes([*a, *b, *c, *d]);
        let key = self.data.get(&id).ok_or(SealError::UnknownKey(id))?;
        Ok(message_key(key, nonce)?)
    }

    /// A name under which `value` can be found again and from which it cannot be learnt: 43 characters of base64url.
    /// Each `purpose` has names of its own.
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn blind(&self, purpose: &str, value: &str) -> Result<String, SealError> {
        Ok(URL_SAFE_NO_PAD.encode(self.blind_octets(purpose, value)))
    }

    /// The 32 octets that [`Self::blind`] writes.
    #[must_use]
    pub fn blind_octets(&self, purpose: &str, value: &str) -> [u8; 32] {
        self.code("blind", purpose, value.as_bytes())
    }

    /// A key for `purpose`, always the same, from which neither the others nor ours can be learnt.
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn derive(&self, purpose: &str) -> Result<Zeroizing<[u8; 32]>, SealError> {
        Ok(Zeroizing::new(self.code("derive", purpose, b"")))
    }

    /// HMAC-SHA-256 over use, purpose and value, each but the last ended by a zero byte.
    fn code(&self, usage: &str, purpose: &str, value: &[u8]) -> [u8; 32] {
        self.mac.mac(&[usage.as_bytes(), &[0], purpose.as_bytes(), &[0], value])
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seal(key {} of {})", self.current, self.data.len())
    }
}

/// Something cannot be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// Not what was sealed, or not for this place.
    #[error("it was altered, or sealed for another place")]
    Altered,
    /// Sealed by a key that is not in the ring.
    #[error("it was sealed with key {0}, which is not in the key ring")]
    UnknownKey(u32),
    /// Not a key file.
    #[error("this is not a key: 32 bytes in base64 on one line are expected")]
    KeyFile,
    /// Not a key ring.
    #[error("this is not a key ring of this version")]
    Ring,
    /// The ring was wrapped by another key.
    #[error("the key ring was wrapped with another key than the one in the key file")]
    WrongKey,
    /// OpenSSL failed.
    #[error("the cipher failed")]
    Cipher(#[from] ErrorStack),
}

/// SHA-256 over `parts`, one after the other.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finish()
}

const INDEX_CONTEXT: &str = "ponte key ring: index";

fn data_context(id: u32) -> String {
    format!("ponte key ring: data {id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }

    /// The test vectors of C2SP's XAES-256-GCM; the two keys differ in the carry of the subkey.
    #[test]
    fn agrees_with_the_published_vectors() {
        let nonce = b"ABCDEFGHIJKLMNOPQRSTUVWX";
        for (byte, context, expected) in [
            (1, "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"),
            (
                3,
                "c2sp.org/XAES-256-GCM",
                "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d",
            ),
        ] {
            let mut sealed = nonce.to_vec();
            let key = SealKey(Zeroizing::new([byte; 32]));
            encrypt(&key, context.as_bytes(), b"XAES-256-GCM", &mut sealed).unwrap();
            assert_eq!(hex(&sealed[NONCE..]), expected);
        }
    }

    #[test]
    fn opens_only_unaltered_and_in_its_place() {
        let random = Random::seeded(1);
        let seal = Seal::generate(&random);
        let sealed = seal.seal(b"here", b"a seed", &random).unwrap();
        assert_eq!(sealed.len(), 6 + OVERHEAD);
        assert_eq!(seal.open(b"here", &sealed).unwrap(), b"a seed");
        assert!(seal.open(b"there", &sealed).is_err());
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(seal.open(b"here", &altered).is_err(), "byte {at}");
            assert!(seal.open(b"here", &sealed[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn what_was_sealed_before_a_rotation_still_opens() {
        let random = Random::seeded(2);
        let mut seal = Seal::generate(&random);
        let old = seal.seal(b"c", b"old", &random).unwrap();
        let before = seal.clone();
        seal.rotate(&random);
        let new = seal.seal(b"c", b"new", &random).unwrap();
        assert_eq!(seal.open(b"c", &old).unwrap(), b"old");
        assert_eq!(seal.open(b"c", &new).unwrap(), b"new");
        assert!(matches!(before.open(b"c", &new), Err(SealError::UnknownKey(2))));
        assert_eq!(seal.blind("p", "v").unwrap(), before.blind("p", "v").unwrap());
    }

    #[test]
    fn a_ring_opens_with_its_own_key_only() {
        let random = Random::seeded(3);
        let (kek, other) = (SealKey::generate(&random), SealKey::generate(&random));
        let kek = SealKey::parse(&kek.to_text()).unwrap();
        let mut seal = Seal::generate(&random);
        seal.rotate(&random);
        let ring = seal.to_ring(&kek, &random).unwrap();
        let read = Seal::from_ring(&ring, &kek).unwrap();
        let sealed = seal.seal(b"c", b"x", &random).unwrap();
        assert_eq!(read.open(b"c", &sealed).unwrap(), b"x");
        assert_eq!(read.derive("a").unwrap(), seal.derive("a").unwrap());
        assert!(matches!(Seal::from_ring(&ring, &other), Err(SealError::WrongKey)));
        assert!(matches!(Seal::from_ring("{}", &kek), Err(SealError::Ring)));
        assert!(matches!(SealKey::parse("c2hvcnQ="), Err(SealError::KeyFile)));
    }

    #[test]
    fn a_key_given_away_opens_one_thing() {
        let random = Random::seeded(5);
        let seal = Seal::generate(&random);
        let one = seal.seal(b"one", b"first", &random).unwrap();
        let other = seal.seal(b"one", b"second", &random).unwrap();
        let key = SealKey::parse(&seal.key_of(&one).unwrap().to_text()).unwrap();
        assert_eq!(key.open_one(b"one", &one).unwrap(), b"first");
        assert!(key.open_one(b"two", &one).is_err());
        assert!(key.open_one(b"one", &other).is_err());
        assert!(matches!(seal.key_of(b"short"), Err(SealError::Altered)));
    }

    #[test]
    fn blinds_and_keys_differ_by_purpose() {
        let seal = Seal::generate(&Random::seeded(4));
        let blind = seal.blind("username", "anna").unwrap();
        assert_eq!(blind.len(), 43);
        assert_ne!(blind, seal.blind("code", "anna").unwrap());
        assert_ne!(blind, seal.blind("username", "anno").unwrap());
        assert_ne!(seal.derive("cookie").unwrap(), seal.derive("name-id").unwrap());
        assert!(!format!("{seal:?}").contains(&blind));
    }
}
