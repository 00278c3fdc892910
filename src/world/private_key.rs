//! A private key in memory: made, read, written, and signing.

use std::fmt;

use openssl::ec::{EcGroup, EcKey, EcKeyRef};
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::md::Md;
use openssl::nid::Nid;
use openssl::pkey::{HasPublic, Id, PKey, PKeyRef, Private};
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::{Padding, Rsa};
use openssl::sign::Signer as OpensslSigner;
use openssl::symm::Cipher;
use openssl::x509::X509;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::world::certificate::KeyKind;
use crate::world::contexts::Contexts;
use crate::world::digest::{sha256, sha384, sha512};
use crate::world::signer::{KeyError, SignError, SignatureAlgorithm};

/// The digest that an RSA key signs with; on P-256 it is SHA-256 always.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Digest {
    /// SHA-256.
    #[default]
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// A private key: RSA of 2048, 3072 or 4096 bits, or ECDSA on P-256.
pub struct PrivateKey {
    key: PKey<Private>,
    algorithm: SignatureAlgorithm,
    contexts: Contexts<(), Private>,
}

impl PrivateKey {
    /// A new one, by the library's own chance.
    ///
    /// # Errors
    /// When the library fails.
    pub fn generate(kind: KeyKind, digest: Digest) -> Result<Self, KeyError> {
        let rsa = |bits| PKey::from_rsa(Rsa::generate(bits)?);
        let key = match kind {
            KeyKind::Rsa2048 => rsa(2048),
            KeyKind::Rsa3072 => rsa(3072),
            KeyKind::Rsa4096 => rsa(4096),
            KeyKind::EcdsaP256 => EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)
                .and_then(|group| PKey::from_ec_key(EcKey::generate(&group)?)),
        };
        let key = key.map_err(KeyError::Key)?;
        Ok(Self { algorithm: algorithm_of(&key, digest)?, key, contexts: Contexts::default() })
    }

    /// Reads PEM (PKCS#8, PKCS#1 or SEC1), encrypted or not.
    ///
    /// # Errors
    /// When it cannot be read, is encrypted and the passphrase is missing or another, or is of a kind not listed above.
    pub fn from_pem(
        pem: &[u8],
        passphrase: Option<&[u8]>,
        digest: Digest,
    ) -> Result<Self, KeyError> {
        let is_encrypted = pem.windows(ENCRYPTED.len()).any(|window| window == ENCRYPTED);
        let key = match (is_encrypted, passphrase) {
            (true, None) => return Err(KeyError::Encrypted),
            (true, Some(passphrase)) => PKey::private_key_from_pem_passphrase(pem, passphrase)
                .map_err(KeyError::Passphrase)?,
            (false, _) => {
                PKey::private_key_from_pem_callback(pem, |_| Ok(0)).map_err(KeyError::Key)?
            }
        };
        Ok(Self { algorithm: algorithm_of(&key, digest)?, key, contexts: Contexts::default() })
    }

    /// It, PKCS#8 in PEM; under a passphrase, encrypted with AES-256.
    ///
    /// # Errors
    /// When the library fails.
    pub fn to_pem(&self, passphrase: Option<&[u8]>) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let pem = match passphrase {
            None => self.key.private_key_to_pem_pkcs8(),
            Some(passphrase) => {
                self.key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), passphrase)
            }
        };
        pem.map(Zeroizing::new).map_err(KeyError::Key)
    }

    /// Its public half, SubjectPublicKeyInfo in DER.
    ///
    /// # Errors
    /// When the library fails.
    pub fn public(&self) -> Result<Vec<u8>, KeyError> {
        self.key.public_key_to_der().map_err(KeyError::Key)
    }

    /// What its signatures are.
    #[must_use]
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// Its length in bits.
    #[must_use]
    pub fn bits(&self) -> u32 {
        self.key.bits()
    }

    /// Whether `certificate` is of its public half.
    ///
    /// # Errors
    /// When the certificate's key cannot be read.
    pub fn is_of(&self, certificate: &X509) -> Result<bool, ErrorStack> {
        let public = certificate.public_key()?;
        Ok(self.key.public_eq(&public))
    }

    /// Signs, as [`Signer::sign`](crate::world::signer::Signer::sign) does.
    ///
    /// # Errors
    /// When the library fails.
    pub fn sign(&self, octets: &[u8]) -> Result<Vec<u8>, SignError> {
        let signed = match rsa_digest(self.algorithm) {
            None => self.key.ec_key().and_then(|key| sign_ecdsa(&key, octets)),
            Some(digest) => self.sign_rsa(digest, octets),
        };
        signed.map_err(|error| SignError(Box::new(error)))
    }

    fn sign_rsa(&self, digest: Digest, octets: &[u8]) -> Result<Vec<u8>, ErrorStack> {
        let set_up = || {
            let mut context = PkeyCtx::new(&self.key)?;
            context.sign_init()?;
            context.set_rsa_padding(Padding::PKCS1)?;
            context.set_signature_md(match digest {
                Digest::Sha256 => Md::sha256(),
                Digest::Sha384 => Md::sha384(),
                Digest::Sha512 => Md::sha512(),
            })?;
            Ok(context)
        };
        self.contexts.with((), set_up, |context| {
            let mut signature = vec![0; self.key.size()];
            let length = match digest {
                Digest::Sha256 => context.sign(&sha256(octets), Some(&mut signature)),
                Digest::Sha384 => context.sign(&sha384(octets), Some(&mut signature)),
                Digest::Sha512 => context.sign(&sha512(octets), Some(&mut signature)),
            };
            signature.truncate(length?);
            Ok(signature)
        })
    }

    /// As [`Self::sign`], of an RSA key, by OpenSSL's own call that does all of it at once: what ours is measured by.
    ///
    /// # Errors
    /// When the library fails.
    pub fn sign_at_once(&self, octets: &[u8]) -> Result<Vec<u8>, ErrorStack> {
        OpensslSigner::new(MessageDigest::sha256(), &self.key)?.sign_oneshot_to_vec(octets)
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey")
            .field("algorithm", &self.algorithm)
            .field("bits", &self.bits())
            .finish_non_exhaustive()
    }
}

/// What a key of this kind signs with.
///
/// # Errors
/// [`KeyError::Kind`] when it is none that signs for us.
pub fn algorithm_of<T: HasPublic>(
    key: &PKeyRef<T>,
    digest: Digest,
) -> Result<SignatureAlgorithm, KeyError> {
    match key.id() {
        Id::RSA if matches!(key.bits(), 2048 | 3072 | 4096) => Ok(match digest {
            Digest::Sha256 => SignatureAlgorithm::RsaSha256,
            Digest::Sha384 => SignatureAlgorithm::RsaSha384,
            Digest::Sha512 => SignatureAlgorithm::RsaSha512,
        }),
        Id::RSA => Err(KeyError::Kind(format!("RSA of {} bits", key.bits()))),
        Id::EC => {
            let curve = key.ec_key().map_err(KeyError::Key)?.group().curve_name();
            if curve == Some(Nid::X9_62_PRIME256V1) {
                Ok(SignatureAlgorithm::EcdsaSha256)
            } else {
                let name =
                    curve.and_then(|nid| nid.short_name().ok()).unwrap_or("an unnamed curve");
                Err(KeyError::Kind(format!("ECDSA on {name}")))
            }
        }
        _ => Err(KeyError::Kind("neither RSA nor ECDSA".into())),
    }
}

/// What an RSA signature is over; of any other kind nothing.
fn rsa_digest(algorithm: SignatureAlgorithm) -> Option<Digest> {
    match algorithm {
        SignatureAlgorithm::RsaSha256 => Some(Digest::Sha256),
        SignatureAlgorithm::RsaSha384 => Some(Digest::Sha384),
        SignatureAlgorithm::RsaSha512 => Some(Digest::Sha512),
        _ => None,
    }
}

fn sign_ecdsa(key: &EcKeyRef<Private>, octets: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    let signature = EcdsaSig::sign(&sha256(octets), key)?;
    let mut both = signature.r().to_vec_padded(32)?;
    both.extend(signature.s().to_vec_padded(32)?);
    Ok(both)
}

const ENCRYPTED: &[u8] = b"ENCRYPTED";
