//! Secrets for others: for who knows a passphrase, or holds a private key.

use openssl::encrypt::{Decrypter, Encrypter};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkcs5::scrypt;
use openssl::pkey::{Id, PKey};
use openssl::rsa::Padding;
use openssl::x509::X509;
use zeroize::Zeroizing;

use crate::world::seal::SealKey;

/// scrypt's cost: 128 MiB, some tenths of a second (RFC 7914).
const COST: u64 = 1 << 17;
const BLOCKS: u64 = 8;
const MEMORY: u64 = 256 * 1024 * 1024;

/// A secret cannot be given away, or taken.
#[derive(Debug, thiserror::Error)]
pub enum RecipientError {
    /// Not a certificate or public key that can be encrypted for.
    #[error("this is neither a certificate nor a public key (PEM)")]
    Form(#[source] ErrorStack),
    /// Not an RSA key.
    #[error("the key is not RSA of at least 2048 bits")]
    Kind,
    /// The private key does not open it.
    #[error("the private key does not open it: it was made for another one")]
    WrongKey,
    /// OpenSSL failed.
    #[error("the cipher failed")]
    Cipher(#[from] ErrorStack),
}

/// The key that a passphrase makes with `salt`.
///
/// # Errors
/// When OpenSSL fails, or has no memory.
pub fn passphrase_key(passphrase: &str, salt: &[u8]) -> Result<SealKey, RecipientError> {
    let mut key = Zeroizing::new([0; 32]);
    scrypt(passphrase.as_bytes(), salt, COST, BLOCKS, 1, MEMORY, key.as_mut_slice())?;
    Ok(SealKey::of(*key))
}

/// `secret` for the holder of the key of `pem`, a certificate or an RSA public key: RSA-OAEP with SHA-256.
///
/// # Errors
/// When `pem` cannot be read or is not of an RSA key.
pub fn wrap_for(pem: &[u8], secret: &[u8]) -> Result<Vec<u8>, RecipientError> {
    let key = match X509::from_pem(pem) {
        Ok(certificate) => certificate.public_key()?,
        Err(_) => PKey::public_key_from_pem(pem).map_err(RecipientError::Form)?,
    };
    if key.id() != Id::RSA || key.bits() < 2048 {
        return Err(RecipientError::Kind);
    }
    let mut encrypter = Encrypter::new(&key)?;
    encrypter.set_rsa_padding(Padding::PKCS1_OAEP)?;
    encrypter.set_rsa_oaep_md(MessageDigest::sha256())?;
    let mut wrapped = vec![0; encrypter.encrypt_len(secret)?];
    let length = encrypter.encrypt(secret, &mut wrapped)?;
    wrapped.truncate(length);
    Ok(wrapped)
}

/// What [`wrap_for`] wrapped, opened with the private key of `pem`.
///
/// # Errors
/// When the key cannot be read, or is another one.
pub fn unwrap_with(pem: &[u8], wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, RecipientError> {
    let key = PKey::private_key_from_pem_callback(pem, |_| Ok(0)).map_err(RecipientError::Form)?;
    if key.id() != Id::RSA {
        return Err(RecipientError::Kind);
    }
    let mut decrypter = Decrypter::new(&key)?;
    decrypter.set_rsa_padding(Padding::PKCS1_OAEP)?;
    decrypter.set_rsa_oaep_md(MessageDigest::sha256())?;
    let mut secret = Zeroizing::new(vec![0; decrypter.decrypt_len(wrapped)?]);
    let length = decrypter.decrypt(wrapped, &mut secret).map_err(|_| RecipientError::WrongKey)?;
    secret.truncate(length);
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::certificate::{Holder, KeyKind, make};
    use chrono::DateTime;

    #[test]
    fn a_secret_opens_for_its_recipient_alone() {
        let holder = Holder {
            organization: "Ente",
            common_name: "Ente",
            entity_id: "https://idp.example.org",
            organization_identifier: "VATIT-00000000000",
            country: "IT",
            locality: "Roma",
        };
        let pair = |kind| make(kind, &holder, &[], DateTime::UNIX_EPOCH, 365, [1; 16]).unwrap();
        let (own, other) = (pair(KeyKind::Rsa2048), pair(KeyKind::Rsa2048));
        let wrapped = wrap_for(&own.certificate, b"secret").unwrap();
        assert_eq!(unwrap_with(&own.key, &wrapped).unwrap().as_slice(), b"secret");
        assert!(matches!(unwrap_with(&other.key, &wrapped), Err(RecipientError::WrongKey)));
        let elliptic = pair(KeyKind::EcdsaP256);
        let refused = wrap_for(&elliptic.certificate, b"secret");
        assert!(matches!(refused, Err(RecipientError::Kind)));
        assert!(matches!(wrap_for(b"none", b"secret"), Err(RecipientError::Form(_))));
    }

    #[test]
    fn a_passphrase_makes_the_same_key_again_with_its_salt() {
        let text = |phrase, salt: &[u8]| passphrase_key(phrase, salt).unwrap().to_text();
        assert_eq!(text("one", b"salt"), text("one", b"salt"));
        assert_ne!(text("one", b"salt"), text("two", b"salt"));
        assert_ne!(text("one", b"salt"), text("one", b"tlas"));
    }
}
