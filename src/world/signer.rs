//! Private keys: they sign and never leave.

use std::fmt;

use openssl::ec::EcKeyRef;
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Private};
use openssl::sha::sha256;
use openssl::sign::Signer as OpensslSigner;
use openssl::x509::X509;

/// A signature algorithm that ponte makes and accepts (spid-saml §1.3).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RsaSha256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    RsaSha384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    RsaSha512,
    /// ECDSA on P-256 with SHA-256, in XML Signature's form: `r ‖ s`.
    EcdsaSha256,
    /// ECDSA on P-384 with SHA-384, in XML Signature's form: `r ‖ s`.
    EcdsaSha384,
    /// ECDSA on P-521 with SHA-512, in XML Signature's form: `r ‖ s`.
    EcdsaSha512,
}

/// A private key with its certificate; the key itself cannot be read out.
pub trait Signer: fmt::Debug + Send + Sync {
    /// What its signatures are.
    fn algorithm(&self) -> SignatureAlgorithm;
    /// The certificate of the public key, DER.
    fn certificate(&self) -> &[u8];
    /// Signs `octets` (the message, not its digest). ECDSA answers `r ‖ s`.
    ///
    /// # Errors
    /// When the key's holder refuses or is gone.
    fn sign(&self, octets: &[u8]) -> Result<Vec<u8>, SignError>;
}

/// A key would not sign.
#[derive(Debug, thiserror::Error)]
#[error("the signing key could not sign")]
pub struct SignError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// A private key read from a file and held in memory: RSA of 2048, 3072 or 4096 bits, which signs
/// with SHA-256, or ECDSA on P-256.
pub struct KeyFile {
    key: PKey<Private>,
    certificate: Vec<u8>,
    algorithm: SignatureAlgorithm,
    bits: u32,
}

impl KeyFile {
    /// Takes a private key (PKCS#8, PKCS#1 or SEC1) and the certificate of its public key, both PEM.
    ///
    /// # Errors
    /// When either cannot be read, the key is encrypted or of a kind not listed above, or they do
    /// not belong together.
    pub fn load(key_pem: &[u8], certificate_pem: &[u8]) -> Result<Self, KeyError> {
        let is_encrypted = key_pem.windows(ENCRYPTED.len()).any(|window| window == ENCRYPTED);
        if is_encrypted {
            return Err(KeyError::Encrypted);
        }
        let key = PKey::private_key_from_pem_callback(key_pem, |_| Ok(0)).map_err(KeyError::Key)?;
        let certificate = X509::from_pem(certificate_pem).map_err(KeyError::Certificate)?;
        let algorithm = algorithm_of(&key)?;
        let public = certificate.public_key().map_err(KeyError::Certificate)?;
        if !key.public_eq(&public) {
            return Err(KeyError::Mismatch);
        }
        let bits = key.bits();
        let certificate = certificate.to_der().map_err(KeyError::Certificate)?;
        Ok(Self { key, certificate, algorithm, bits })
    }

    /// The key's length in bits.
    #[must_use]
    pub fn bits(&self) -> u32 {
        self.bits
    }
}

impl Signer for KeyFile {
    fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    fn sign(&self, octets: &[u8]) -> Result<Vec<u8>, SignError> {
        let signed = match self.key.ec_key() {
            Ok(key) => sign_ecdsa(&key, octets),
            Err(_) => sign_rsa(&self.key, octets),
        };
        signed.map_err(|error| SignError(Box::new(error)))
    }
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyFile")
            .field("algorithm", &self.algorithm)
            .field("bits", &self.bits)
            .finish_non_exhaustive()
    }
}

/// A key pair that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Not a private key in PEM.
    #[error("the private key cannot be read: it must be PEM (PKCS#8, PKCS#1 or SEC1)")]
    Key(#[source] ErrorStack),
    /// A passphrase would be needed.
    #[error("the private key is encrypted: give it without a passphrase, readable by ponte alone")]
    Encrypted,
    /// Not a certificate in PEM.
    #[error("the certificate cannot be read: it must be PEM")]
    Certificate(#[source] ErrorStack),
    /// A kind of key that does not sign for us.
    #[error("the private key is {0}: it must be RSA of 2048, 3072 or 4096 bits, or ECDSA on P-256")]
    Kind(String),
    /// The certificate is of another key.
    #[error("the certificate is not that of the private key")]
    Mismatch,
}

fn algorithm_of(key: &PKey<Private>) -> Result<SignatureAlgorithm, KeyError> {
    match key.id() {
        Id::RSA if matches!(key.bits(), 2048 | 3072 | 4096) => Ok(SignatureAlgorithm::RsaSha256),
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

fn sign_rsa(key: &PKey<Private>, octets: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    OpensslSigner::new(MessageDigest::sha256(), key)?.sign_oneshot_to_vec(octets)
}

fn sign_ecdsa(key: &EcKeyRef<Private>, octets: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    let signature = EcdsaSig::sign(&sha256(octets), key)?;
    let mut both = signature.r().to_vec_padded(32)?;
    both.extend(signature.s().to_vec_padded(32)?);
    Ok(both)
}

const ENCRYPTED: &[u8] = b"ENCRYPTED";
