//! Encrypted assertions, opened: AES in Galois/Counter Mode under a key that RSA-OAEP wraps, and nothing else
//! (XML Encryption 1.1; SAML Core §2.3.4; threats, SAML).
//!
//! What comes out proves nothing of who wrote it: encryption is no signature. Whatever fails, fails alike, so that
//! nobody learns from the answer what was wrong.

use std::fmt;
use std::sync::Arc;

use openssl::encrypt::Decrypter;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{Id, PKey, Private};
use openssl::rsa::Padding;
use openssl::symm::{Cipher, decrypt_aead};
use openssl::x509::X509;
use roxmltree::Node;
use zeroize::Zeroizing;

use crate::saml::signature_shape::base64_octets;
use crate::saml::{names, xml};

/// A private key of ours for which assertions are encrypted; clones share it.
#[derive(Clone)]
pub struct DecryptionKey(Arc<PKey<Private>>);

/// A file that holds no such key.
#[derive(Debug, thiserror::Error)]
pub enum DecryptionKeyError {
    /// It is no private key in PEM, or an encrypted one.
    #[error("it is no private key in PEM without a passphrase")]
    Pem(#[source] ErrorStack),
    /// It is not RSA of 2048 bits or more.
    #[error("it is not RSA of 2048 bits or more")]
    Kind,
}

/// The assertion cannot be opened, for whatever reason.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "the assertion cannot be decrypted: AES-GCM under RSA-OAEP for a key of our metadata is read"
)]
pub struct Undecryptable;

impl DecryptionKey {
    /// The RSA key in `pem` (PKCS#8 or PKCS#1).
    ///
    /// # Errors
    /// When there is none, or it has fewer than 2048 bits.
    pub fn from_pem(pem: &[u8]) -> Result<Self, DecryptionKeyError> {
        // Without a callback OpenSSL would ask at the terminal.
        let key = PKey::private_key_from_pem_callback(pem, |_| Ok(0));
        let key = key.map_err(DecryptionKeyError::Pem)?;
        if key.id() != Id::RSA || key.bits() < MIN_BITS {
            return Err(DecryptionKeyError::Kind);
        }
        Ok(Self(Arc::new(key)))
    }

    /// Whether the certificate `der` is of its public half.
    #[must_use]
    pub fn is_of(&self, der: &[u8]) -> bool {
        let public = X509::from_der(der).and_then(|certificate| certificate.public_key());
        public.is_ok_and(|public| self.0.public_eq(&public))
    }

    fn unwrap(&self, wrapping: Wrapping, wrapped: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let open = || -> Result<Zeroizing<Vec<u8>>, ErrorStack> {
            let mut decrypter = Decrypter::new(&self.0)?;
            decrypter.set_rsa_padding(Padding::PKCS1_OAEP)?;
            decrypter.set_rsa_oaep_md(wrapping.digest)?;
            decrypter.set_rsa_mgf1_md(wrapping.mask)?;
            let mut secret = Zeroizing::new(vec![0; decrypter.decrypt_len(wrapped)?]);
            let length = decrypter.decrypt(wrapped, &mut secret)?;
            secret.truncate(length);
            Ok(secret)
        };
        open().ok()
    }
}

impl fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DecryptionKey")
    }
}

/// The text that `encrypted`, an `EncryptedAssertion`, holds for one of `keys`. The wrapped key may be within the
/// encrypted data or beside it; no reference is followed.
///
/// # Errors
/// [`Undecryptable`], and no more than that.
pub(super) fn open(
    encrypted: Node<'_, '_>,
    keys: &[DecryptionKey],
) -> Result<Zeroizing<String>, Undecryptable> {
    try_open(encrypted, keys).ok_or(Undecryptable)
}

fn try_open(encrypted: Node<'_, '_>, keys: &[DecryptionKey]) -> Option<Zeroizing<String>> {
    let data = only(encrypted, (names::XENC, "EncryptedData"))?;
    if data.attribute("Type").is_some_and(|kind| kind != names::XENC_ELEMENT) {
        return None;
    }
    let (cipher, length) = match method(data)?.attribute("Algorithm")? {
        names::AES128_GCM => (Cipher::aes_128_gcm(), 16),
        names::AES256_GCM => (Cipher::aes_256_gcm(), 32),
        _ => return None,
    };
    let sealed = value(data)?;
    let (nonce, rest) = sealed.split_at_checked(NONCE)?;
    let (octets, tag) = rest.split_at_checked(rest.len().checked_sub(TAG)?)?;
    let wrapped = encrypted
        .descendants()
        .filter(|node| node.has_tag_name((names::XENC, "EncryptedKey")))
        .take(MAX_WRAPPED);
    for wrapped in wrapped {
        let Some(wrapping) = Wrapping::of(wrapped) else { continue };
        let Some(octets_of_key) = value(wrapped) else { continue };
        for key in keys.iter().take(MAX_KEYS) {
            let secret = key.unwrap(wrapping, &octets_of_key);
            let Some(secret) = secret.filter(|secret| secret.len() == length) else { continue };
            let plain = decrypt_aead(cipher, &secret, Some(nonce), &[], octets, tag).ok();
            if let Some(text) = plain.and_then(|plain| String::from_utf8(plain).ok()) {
                return Some(Zeroizing::new(text));
            }
        }
    }
    None
}

/// How the key is wrapped.
#[derive(Clone, Copy)]
struct Wrapping {
    digest: MessageDigest,
    mask: MessageDigest,
}

impl Wrapping {
    /// As the `EncryptionMethod` of a wrapped key says; `None` for anything but OAEP without a label.
    fn of(wrapped: Node<'_, '_>) -> Option<Self> {
        let method = method(wrapped)?;
        let mut digest = MessageDigest::sha1();
        let mut mask = MessageDigest::sha1();
        for part in method.children().filter(Node::is_element) {
            let algorithm = part.attribute("Algorithm");
            if part.has_tag_name((names::DSIG, "DigestMethod")) {
                digest = digest_named(algorithm?)?;
            } else if part.has_tag_name((names::XENC11, "MGF")) {
                mask = match algorithm? {
                    names::MGF1_SHA1 => MessageDigest::sha1(),
                    names::MGF1_SHA256 => MessageDigest::sha256(),
                    _ => return None,
                };
            } else {
                return None;
            }
        }
        match method.attribute("Algorithm")? {
            // Its mask is SHA-1's by definition (XML Encryption 1.1 §5.5.2).
            names::RSA_OAEP_MGF1P => Some(Self { digest, mask: MessageDigest::sha1() }),
            names::RSA_OAEP => Some(Self { digest, mask }),
            _ => None,
        }
    }
}

fn digest_named(algorithm: &str) -> Option<MessageDigest> {
    match algorithm {
        names::SHA1 => Some(MessageDigest::sha1()),
        names::SHA256 => Some(MessageDigest::sha256()),
        names::SHA384 => Some(MessageDigest::sha384()),
        names::SHA512 => Some(MessageDigest::sha512()),
        _ => None,
    }
}

fn method<'a, 'i>(node: Node<'a, 'i>) -> Option<Node<'a, 'i>> {
    only(node, (names::XENC, "EncryptionMethod"))
}

/// The octets of the one `CipherValue`; a `CipherReference` has none.
fn value(node: Node<'_, '_>) -> Option<Vec<u8>> {
    let data = only(node, (names::XENC, "CipherData"))?;
    let value = only(data, (names::XENC, "CipherValue"))?;
    base64_octets(&xml::text_of(value).ok()?)
}

fn only<'a, 'i>(parent: Node<'a, 'i>, name: (&'static str, &'static str)) -> Option<Node<'a, 'i>> {
    let mut found = parent.children().filter(|node| node.has_tag_name(name));
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

const MIN_BITS: u32 = 2048;
const NONCE: usize = 12;
const TAG: usize = 16;
const MAX_WRAPPED: usize = 4;
const MAX_KEYS: usize = 4;
