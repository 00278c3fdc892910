//! Certificates: made for our keys, and read.

use std::fmt;

use chrono::{DateTime, Utc};
use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::x509::{X509, X509NameRef};
use zeroize::Zeroizing;

use crate::world::digest::sha256;
use crate::world::issue::{self, Subject};
use crate::world::private_key::{Digest, PrivateKey};
use crate::world::signer::{KeyError, SignError};

/// A kind of key pair.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyKind {
    /// RSA, 2048 bits.
    Rsa2048,
    /// RSA, 3072 bits.
    Rsa3072,
    /// RSA, 4096 bits.
    Rsa4096,
    /// ECDSA on P-256.
    EcdsaP256,
}

/// Whom a certificate of ours names (spid-saml §2.4).
#[derive(Clone, Copy, Debug)]
pub struct Holder<'a> {
    /// commonName.
    pub common_name: &'a str,
    /// organizationName.
    pub organization: &'a str,
    /// uri (2.5.4.83): the entityID.
    pub entity_id: &'a str,
    /// organizationIdentifier (2.5.4.97): `PA:IT-…`, `VATIT-…` or `CF:IT-…`.
    pub organization_identifier: &'a str,
    /// countryName, two letters.
    pub country: &'a str,
    /// localityName.
    pub locality: &'a str,
}

/// A key pair with its self-signed certificate, both PEM.
pub struct KeyPair {
    /// The private key, PKCS#8.
    pub key: Zeroizing<Vec<u8>>,
    /// The certificate.
    pub certificate: Vec<u8>,
}

/// Makes a key pair and a certificate of it, signed by itself with SHA-256, in SPID's shape
/// (spid-saml §2.4): good from `now` for `days`, for signatures only, under the `policies` (object
/// identifiers in dots; none leaves the extension out). The key's chance is the library's own.
///
/// # Errors
/// When a field does not fit (an empty one, a country that is not two letters) or the library fails.
pub fn make(
    kind: KeyKind,
    holder: &Holder<'_>,
    policies: &[&str],
    now: DateTime<Utc>,
    days: u32,
    serial: [u8; 16],
) -> Result<KeyPair, CertificateError> {
    let key = PrivateKey::generate(kind, Digest::Sha256)?;
    let public = key.public()?;
    let subject = Subject {
        public: &public,
        algorithm: key.algorithm(),
        sign: |octets: &[u8]| key.sign(octets),
    };
    let certificate = issue::self_signed(&subject, holder, policies, now, days, serial)?;
    Ok(KeyPair { key: key.to_pem(None)?, certificate })
}

/// What a certificate says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Certificate {
    /// The subject's fields in order: object identifier or short name, and value.
    pub subject: Vec<(String, String)>,
    /// Good from this time.
    pub not_before: DateTime<Utc>,
    /// Good until this time.
    pub not_after: DateTime<Utc>,
    /// SHA-256 of its DER.
    pub fingerprint: Fingerprint,
    /// SHA-256 of its SubjectPublicKeyInfo: the same for every certificate of one key.
    pub public_key: Fingerprint,
    /// It, as DER.
    pub der: Vec<u8>,
}

/// SHA-256 of a certificate or of its key, shown as hexadecimal pairs with colons.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Fingerprint(pub [u8; 32]);

impl Certificate {
    /// Reads a certificate in PEM.
    ///
    /// # Errors
    /// When it is not one.
    pub fn from_pem(pem: &[u8]) -> Result<Self, CertificateError> {
        Self::read(&X509::from_pem(pem)?)
    }

    /// Reads a certificate in DER.
    ///
    /// # Errors
    /// When it is not one.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        Self::read(&X509::from_der(der)?)
    }

    /// The subject's first field of that name, by short name (`CN`) or object identifier.
    #[must_use]
    pub fn subject_field(&self, name: &str) -> Option<&str> {
        self.subject.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// Whether its own key signed it.
    ///
    /// # Errors
    /// When its key cannot be read.
    pub fn is_self_signed(&self) -> Result<bool, CertificateError> {
        let certificate = X509::from_der(&self.der)?;
        let key = certificate.public_key()?;
        Ok(certificate.verify(&key)?)
    }

    fn read(certificate: &X509) -> Result<Self, CertificateError> {
        let der = certificate.to_der()?;
        Ok(Self {
            subject: fields(certificate.subject_name())?,
            not_before: time(certificate.not_before())?,
            not_after: time(certificate.not_after())?,
            fingerprint: Fingerprint(sha256(&der)),
            public_key: Fingerprint(sha256(&certificate.public_key()?.public_key_to_der()?)),
            der,
        })
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            let colon = if index == 0 { "" } else { ":" };
            write!(f, "{colon}{byte:02X}")?;
        }
        Ok(())
    }
}

/// A certificate that cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A field of the subject is empty.
    #[error("the certificate's field {0} is empty")]
    Empty(&'static str),
    /// Its dates are none that we can count.
    #[error("the certificate's dates cannot be read")]
    Date,
    /// The library refused.
    #[error("the certificate cannot be made or read")]
    Library(#[from] ErrorStack),
    /// Its key cannot be used.
    #[error("the key of the certificate")]
    Key(#[from] KeyError),
    /// Its key did not sign.
    #[error("the certificate cannot be signed")]
    Sign(#[from] SignError),
}

fn fields(name: &X509NameRef) -> Result<Vec<(String, String)>, ErrorStack> {
    let mut fields = Vec::new();
    for entry in name.entries() {
        let field = match entry.object().nid() {
            Nid::UNDEF => entry.object().to_string(),
            nid => nid.short_name()?.to_owned(),
        };
        fields.push((field, entry.data().to_string()?));
    }
    Ok(fields)
}

fn time(at: &Asn1TimeRef) -> Result<DateTime<Utc>, CertificateError> {
    let since = Asn1Time::from_unix(0)?.diff(at)?;
    let seconds = i64::from(since.days) * 86_400 + i64::from(since.secs);
    DateTime::from_timestamp(seconds, 0).ok_or(CertificateError::Date)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use openssl::ec::{EcGroup, EcKey};
    use openssl::pkey::PKey;
    use openssl::rsa::Rsa;

    use crate::world::issue::URI;
    use crate::world::signer::{KeyFile, SignatureAlgorithm, Signer};

    const HOLDER: Holder<'_> = Holder {
        common_name: "Ente di prova",
        organization: "Ente di prova, àèì",
        entity_id: "https://idp.example.org/saml",
        organization_identifier: "PA:IT-c_h501",
        country: "IT",
        locality: "Roma",
    };

    fn pair(kind: KeyKind) -> KeyPair {
        make(kind, &HOLDER, &["1.3.76.16.6", "1.3.76.16.4.2.1"], now(), 730, [7; 16]).unwrap()
    }

    fn now() -> DateTime<Utc> {
        "2026-11-22T00:10:03Z".parse().unwrap()
    }

    #[test]
    fn a_certificate_says_what_it_was_made_of() {
        let made = pair(KeyKind::EcdsaP256);
        let read = Certificate::from_pem(&made.certificate).unwrap();
        assert_eq!(read.not_before, now());
        assert_eq!(read.not_after, now() + TimeDelta::days(730));
        for (name, value) in [
            ("C", HOLDER.country),
            ("L", HOLDER.locality),
            ("O", HOLDER.organization),
            ("CN", HOLDER.common_name),
            ("organizationIdentifier", HOLDER.organization_identifier),
            (URI, HOLDER.entity_id),
        ] {
            assert_eq!(read.subject_field(name), Some(value), "{name}");
        }
        assert_eq!(read.subject.len(), 6);
        assert_eq!(Certificate::from_der(&read.der).unwrap(), read);
        assert_eq!(read.fingerprint.to_string().len(), 95);
    }

    #[test]
    fn its_extensions_are_spids() {
        let made = pair(KeyKind::EcdsaP256);
        let text = X509::from_pem(&made.certificate).unwrap().to_text().unwrap();
        let text = String::from_utf8(text).unwrap();
        for line in [
            "Version: 3",
            "X509v3 Key Usage: critical\n                Digital Signature, Non Repudiation\n",
            "X509v3 Basic Constraints: \n                CA:FALSE\n",
            "Policy: 1.3.76.16.6\n",
            "Policy: 1.3.76.16.4.2.1\n",
        ] {
            assert!(text.contains(line), "{line} is not in {text}");
        }
    }

    #[test]
    fn an_empty_field_is_refused_and_so_is_a_long_country() {
        let empty = Holder { locality: " ", ..HOLDER };
        let made = make(KeyKind::EcdsaP256, &empty, &[], now(), 1, [1; 16]);
        assert!(matches!(made, Err(CertificateError::Empty("L"))));
        let long = Holder { country: "ITA", ..HOLDER };
        let made = make(KeyKind::EcdsaP256, &long, &[], now(), 1, [1; 16]);
        assert!(matches!(made, Err(CertificateError::Library(_))));
    }

    #[test]
    fn keys_sign_and_belong_to_their_certificates() {
        let rsa = pair(KeyKind::Rsa2048);
        let ecdsa = pair(KeyKind::EcdsaP256);
        let signer = KeyFile::load(&rsa.key, &rsa.certificate).unwrap();
        assert_eq!(signer.algorithm(), SignatureAlgorithm::RsaSha256);
        assert_eq!(signer.bits(), 2048);
        assert_eq!(signer.sign(b"x").unwrap().len(), 256);
        let signer = KeyFile::load(&ecdsa.key, &ecdsa.certificate).unwrap();
        assert_eq!(signer.algorithm(), SignatureAlgorithm::EcdsaSha256);
        for octets in 0..40_u8 {
            assert_eq!(signer.sign(&[octets]).unwrap().len(), 64);
        }
        assert!(matches!(KeyFile::load(&rsa.key, &ecdsa.certificate), Err(KeyError::Mismatch)));
        assert!(matches!(KeyFile::load(b"no", &rsa.certificate), Err(KeyError::Key(_))));
        assert!(matches!(KeyFile::load(&rsa.key, b"no"), Err(KeyError::Certificate(_))));
    }

    #[test]
    fn keys_of_other_kinds_are_refused() {
        let certificate = pair(KeyKind::EcdsaP256).certificate;
        let small = Rsa::generate(1024).unwrap().private_key_to_pem().unwrap();
        assert!(matches!(KeyFile::load(&small, &certificate), Err(KeyError::Kind(_))));
        let group = EcGroup::from_curve_name(Nid::SECP384R1).unwrap();
        let other = EcKey::generate(&group).unwrap().private_key_to_pem().unwrap();
        assert!(matches!(KeyFile::load(&other, &certificate), Err(KeyError::Kind(_))));
        let cipher = openssl::symm::Cipher::aes_128_cbc();
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
        let locked = key.private_key_to_pem_pkcs8_passphrase(cipher, b"secret").unwrap();
        assert!(matches!(KeyFile::load(&locked, &certificate), Err(KeyError::Encrypted)));
    }
}
