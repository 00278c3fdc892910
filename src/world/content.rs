//! Content that another encrypted and authenticated, opened: the tag is judged before anything is deciphered.

use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::memcmp;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use openssl::symm::{self, Cipher};

/// What a sender gives beside the key.
#[derive(Clone, Copy, Debug)]
pub struct Sealed<'a> {
    /// The initialisation vector.
    pub iv: &'a [u8],
    /// What was enciphered.
    pub ciphertext: &'a [u8],
    /// What is authenticated with it.
    pub associated: &'a [u8],
    /// The tag.
    pub tag: &'a [u8],
}

/// AES-CBC with HMAC (RFC 7518 §5.2): a key of 32 octets is AES-128 with SHA-256, one of 64 AES-256 with SHA-512.
/// `None` when lengths or tag are other than they must be.
#[must_use]
pub fn open_cbc_hmac(key: &[u8], sealed: Sealed<'_>) -> Option<Vec<u8>> {
    let (cipher, digest) = match key.len() {
        32 => (Cipher::aes_128_cbc(), MessageDigest::sha256()),
        64 => (Cipher::aes_256_cbc(), MessageDigest::sha512()),
        _ => return None,
    };
    let (mac_key, cipher_key) = key.split_at(key.len() / 2);
    if sealed.iv.len() != 16 || sealed.tag.len() != mac_key.len() {
        return None;
    }
    let mac = mac(mac_key, digest, &sealed).ok()?;
    if !memcmp::eq(mac.get(..mac_key.len())?, sealed.tag) {
        return None;
    }
    symm::decrypt(cipher, cipher_key, Some(sealed.iv), sealed.ciphertext).ok()
}

/// AES-GCM with a vector of 96 bits and a tag of 128 (RFC 7518 §5.3), under a key of 16 or 32 octets.
/// `None` when lengths or tag are other than they must be: a cut tag is none.
#[must_use]
pub fn open_gcm(key: &[u8], sealed: Sealed<'_>) -> Option<Vec<u8>> {
    let cipher = match key.len() {
        16 => Cipher::aes_128_gcm(),
        32 => Cipher::aes_256_gcm(),
        _ => return None,
    };
    if sealed.iv.len() != 12 || sealed.tag.len() != 16 {
        return None;
    }
    let Sealed { iv, ciphertext, associated, tag } = sealed;
    symm::decrypt_aead(cipher, key, Some(iv), associated, ciphertext, tag).ok()
}

fn mac(key: &[u8], digest: MessageDigest, sealed: &Sealed<'_>) -> Result<Vec<u8>, ErrorStack> {
    let key = PKey::hmac(key)?;
    let mut signer = Signer::new(digest, &key)?;
    signer.update(sealed.associated)?;
    signer.update(sealed.iv)?;
    signer.update(sealed.ciphertext)?;
    signer.update(&(sealed.associated.len() as u64 * 8).to_be_bytes())?;
    signer.sign_to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
        let octet = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16);
        digits.chunks(2).map(|pair| octet(pair).unwrap()).collect()
    }

    /// RFC 7518 appendix B.1.
    #[test]
    fn the_vector_of_rfc_7518() {
        let key: Vec<u8> = (0..32).collect();
        let iv = hex("1af38c2dc2b96ffdd86694092341bc04");
        let ciphertext = hex(
            "c80edfa32ddf39d5ef00c0b468834279a2e46a1b8049f792f76bfe54b903a9c9a94ac9b47ad2655c5f10f9aef71427e2fc6f9b3f399a221489f16362c7032336\
             09d45ac69864e3321cf82935ac4096c86e133314c54019e8ca7980dfa4b9cf1b384c486f3a54c51078158ee5d79de59fbd34d848b3d69550a67646344427ade5\
             4b8851ffb598f7f80074b9473c82e2db",
        );
        let associated = b"The second principle of Auguste Kerckhoffs";
        let tag = hex("652c3fa36b0a7c5b3219fab3a30bc1c4");
        let sealed = Sealed { iv: &iv, ciphertext: &ciphertext, associated, tag: &tag };
        let opened = open_cbc_hmac(&key, sealed).unwrap();
        assert!(opened.starts_with(b"A cipher system must not be required to be secret"));
        assert!(open_cbc_hmac(&key, Sealed { tag: &tag[..8], ..sealed }).is_none());
        assert!(open_cbc_hmac(&key, Sealed { associated: b"other", ..sealed }).is_none());
        assert!(open_cbc_hmac(&key, Sealed { iv: &iv[..8], ..sealed }).is_none());
        assert!(open_cbc_hmac(&key[..16], sealed).is_none());
    }

    #[test]
    fn a_cut_tag_of_gcm_is_none() {
        let (key, iv, mut tag) = ([7; 16], [1; 12], [0; 16]);
        let cipher = Cipher::aes_128_gcm();
        let ciphertext =
            symm::encrypt_aead(cipher, &key, Some(&iv), b"head", b"said", &mut tag).unwrap();
        let sealed = Sealed { iv: &iv, ciphertext: &ciphertext, associated: b"head", tag: &tag };
        assert_eq!(open_gcm(&key, sealed).unwrap(), b"said");
        assert!(open_gcm(&key, Sealed { tag: &tag[..12], ..sealed }).is_none());
        assert!(open_gcm(&key, Sealed { associated: b"heaD", ..sealed }).is_none());
        assert!(open_gcm(&key, Sealed { iv: &iv[..8], ..sealed }).is_none());
    }
}
