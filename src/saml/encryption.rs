//! Assertions that their service provider alone can read (XML Encryption 1.1; SAML Core §2.3.4).
//!
//! AES in Galois/Counter Mode under a key that RSA-OAEP wraps, and nothing else: neither PKCS #1 v1.5 nor
//! CBC is offered (threats, SAML). Encryption is no signature: what is encrypted is signed before.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::encrypt::Encrypter;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{Id, PKey};
use openssl::rsa::Padding;
use openssl::symm::{Cipher, encrypt_aead};
use openssl::x509::X509;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::saml::names;
use crate::saml::pen::Written;
use crate::saml::writer::Element;
use crate::world::random::Random;

/// A service provider's key for encryption, and what it can read.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct EncryptionKey {
    /// Its SubjectPublicKeyInfo, DER in base64.
    key: String,
    cipher: DataCipher,
    wrapping: Wrapping,
}

/// How the assertion is encrypted.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum DataCipher {
    Aes128Gcm,
    Aes256Gcm,
}

/// How its key is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Wrapping {
    /// `rsa-oaep-mgf1p`: SHA-1 in both places, which OAEP does not need to be free of collisions;
    /// what every implementation reads.
    OaepSha1,
    /// `rsa-oaep` of XML Encryption 1.1, SHA-256 in both places.
    OaepSha256,
}

/// A certificate that nothing can be encrypted for, or an encryption that failed.
#[derive(Debug, thiserror::Error)]
pub enum EncryptionError {
    /// It is no certificate.
    #[error("it is no X.509 certificate")]
    Certificate(#[source] ErrorStack),
    /// It holds no RSA key of 2048 bits or more.
    #[error("its key is not RSA of 2048 bits or more")]
    Key,
    /// The methods listed are none of ours.
    #[error("none of its EncryptionMethods is AES-GCM with RSA-OAEP, and no other is used")]
    Method,
    /// OpenSSL failed.
    #[error("encryption failed")]
    Encrypt(#[from] ErrorStack),
}

impl EncryptionKey {
    /// The key of `certificate` (DER), used as the `EncryptionMethod`s listed beside it allow
    /// (SAML Metadata §2.4.1.1); with none listed, AES-256-GCM and `rsa-oaep-mgf1p`.
    ///
    /// # Errors
    /// See [`EncryptionError`].
    pub fn from_certificate_der(
        certificate: &[u8],
        methods: &[&str],
    ) -> Result<Self, EncryptionError> {
        let certificate = X509::from_der(certificate).map_err(EncryptionError::Certificate)?;
        let key = certificate.public_key().map_err(EncryptionError::Certificate)?;
        if key.id() != Id::RSA || key.bits() < MIN_BITS {
            return Err(EncryptionError::Key);
        }
        let has = |method: &str| methods.contains(&method);
        let says_data = methods.iter().any(|method| !is_wrapping(method));
        let cipher = match (has(names::AES256_GCM), has(names::AES128_GCM)) {
            (true, _) => DataCipher::Aes256Gcm,
            (false, true) => DataCipher::Aes128Gcm,
            (false, false) if !says_data => DataCipher::Aes256Gcm,
            _ => return Err(EncryptionError::Method),
        };
        let says_wrapping = methods.iter().any(|method| is_wrapping(method));
        let wrapping = match (has(names::RSA_OAEP_MGF1P), has(names::RSA_OAEP)) {
            (true, _) => Wrapping::OaepSha1,
            (false, true) => Wrapping::OaepSha256,
            (false, false) if !says_wrapping => Wrapping::OaepSha1,
            _ => return Err(EncryptionError::Method),
        };
        Ok(Self { key: STANDARD.encode(key.public_key_to_der()?), cipher, wrapping })
    }

    /// `EncryptedAssertion` with `assertion` in it, which is signed and complete in itself.
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn encrypt(
        &self,
        assertion: &Written,
        random: &Random,
    ) -> Result<Element<'static>, EncryptionError> {
        let (cipher, method, length) = match self.cipher {
            DataCipher::Aes128Gcm => (Cipher::aes_128_gcm(), names::AES128_GCM, 16),
            DataCipher::Aes256Gcm => (Cipher::aes_256_gcm(), names::AES256_GCM, 32),
        };
        let mut secret = Zeroizing::new([0; 32]);
        random.fill(secret.as_mut_slice());
        let secret = &secret[..length];
        let nonce = random.bytes::<NONCE>();
        let mut tag = [0; TAG];
        let plain = assertion.as_str().as_bytes();
        let sealed = encrypt_aead(cipher, secret, Some(&nonce), &[], plain, &mut tag)?;
        let value = [nonce.as_slice(), &sealed, &tag].concat();
        let wrapped = STANDARD.encode(self.wrap(secret)?);
        let key = Element::new("xenc:EncryptedKey")
            .child(self.wrapping_method())
            .child(cipher_data(wrapped));
        let data = Element::new("xenc:EncryptedData")
            .attribute("Type", names::XENC_ELEMENT)
            .child(Element::new("xenc:EncryptionMethod").attribute("Algorithm", method))
            .child(Element::new("ds:KeyInfo").child(key))
            .child(cipher_data(STANDARD.encode(value)));
        Ok(Element::new("saml:EncryptedAssertion").child(data))
    }

    fn wrap(&self, secret: &[u8]) -> Result<Vec<u8>, EncryptionError> {
        let der = STANDARD.decode(&self.key).map_err(|_| EncryptionError::Key)?;
        let key = PKey::public_key_from_der(&der)?;
        let digest = match self.wrapping {
            Wrapping::OaepSha1 => MessageDigest::sha1(),
            Wrapping::OaepSha256 => MessageDigest::sha256(),
        };
        let mut encrypter = Encrypter::new(&key)?;
        encrypter.set_rsa_padding(Padding::PKCS1_OAEP)?;
        encrypter.set_rsa_oaep_md(digest)?;
        encrypter.set_rsa_mgf1_md(digest)?;
        let mut wrapped = vec![0; encrypter.encrypt_len(secret)?];
        let length = encrypter.encrypt(secret, &mut wrapped)?;
        wrapped.truncate(length);
        Ok(wrapped)
    }

    fn wrapping_method(&self) -> Element<'static> {
        let digest = |algorithm| Element::new("ds:DigestMethod").attribute("Algorithm", algorithm);
        let method = Element::new("xenc:EncryptionMethod");
        match self.wrapping {
            Wrapping::OaepSha1 => {
                method.attribute("Algorithm", names::RSA_OAEP_MGF1P).child(digest(names::SHA1))
            }
            Wrapping::OaepSha256 => {
                let mask = Element::new("xenc11:MGF").attribute("Algorithm", names::MGF1_SHA256);
                let method = method.attribute("Algorithm", names::RSA_OAEP);
                method.child(digest(names::SHA256)).child(mask)
            }
        }
    }
}

fn cipher_data(value: String) -> Element<'static> {
    Element::new("xenc:CipherData").child(Element::new("xenc:CipherValue").text(value))
}

fn is_wrapping(method: &str) -> bool {
    [names::RSA_OAEP_MGF1P, names::RSA_OAEP, names::RSA_1_5].contains(&method)
}

const MIN_BITS: u32 = 2048;
const NONCE: usize = 12;
const TAG: usize = 16;
