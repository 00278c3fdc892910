//! Certificates and requests for them in SPID's shape (spid-saml §2.4), whoever holds the private key: written here, signed there.

use chrono::{DateTime, Datelike as _, TimeDelta, Utc};
use openssl::asn1::Asn1Object;
use openssl::error::ErrorStack;
use openssl::hash::{MessageDigest, hash};
use openssl::x509::{X509, X509Name, X509Req};

use crate::world::certificate::{CertificateError, Holder};
use crate::world::der::{self, value};
use crate::world::ecdsa;
use crate::world::signer::{SignError, SignatureAlgorithm};

/// A key pair of which the private half is somewhere, and signs.
pub struct Subject<'a, F> {
    /// The public key, SubjectPublicKeyInfo in DER.
    pub public: &'a [u8],
    /// What its signatures are.
    pub algorithm: SignatureAlgorithm,
    /// Signs, as [`Signer::sign`](crate::world::signer::Signer::sign) does.
    pub sign: F,
}

/// A certificate in PEM that the key signs of itself, good from `now` for `days`, for signatures only, under the `policies` (object
/// identifiers in dots; none leaves the extension out).
///
/// # Errors
/// When a field does not fit (an empty one, a country that is not two letters) or the key does not sign.
pub fn self_signed<F>(
    subject: &Subject<'_, F>,
    holder: &Holder<'_>,
    policies: &[&str],
    now: DateTime<Utc>,
    days: u32,
    serial: [u8; 16],
) -> Result<Vec<u8>, CertificateError>
where
    F: Fn(&[u8]) -> Result<Vec<u8>, SignError>,
{
    let name = name(holder)?;
    let end = now + TimeDelta::days(i64::from(days));
    let tbs = value(
        der::SEQUENCE,
        &[
            &value(0xa0, &[&value(der::INTEGER, &[&[2]])]),
            &value(der::INTEGER, &[&positive(serial)]),
            &algorithm_identifier(subject.algorithm)?,
            &name,
            &value(der::SEQUENCE, &[&time(now), &time(end)]),
            &name,
            subject.public,
            &value(0xa3, &[&extensions(subject.public, policies)?]),
        ],
    );
    Ok(X509::from_der(&signed(subject, &tbs)?)?.to_pem()?)
}

/// A request (PKCS#10, PEM) that an authority makes such a certificate of.
///
/// # Errors
/// As [`self_signed`].
pub fn request<F>(
    subject: &Subject<'_, F>,
    holder: &Holder<'_>,
    policies: &[&str],
) -> Result<Vec<u8>, CertificateError>
where
    F: Fn(&[u8]) -> Result<Vec<u8>, SignError>,
{
    let wanted = value(der::SET, &[&extensions(subject.public, policies)?]);
    let attribute = value(der::SEQUENCE, &[&identifier(EXTENSION_REQUEST)?, &wanted]);
    let info = value(
        der::SEQUENCE,
        &[
            &value(der::INTEGER, &[&[0]]),
            &name(holder)?,
            subject.public,
            &value(0xa0, &[&attribute]),
        ],
    );
    Ok(X509Req::from_der(&signed(subject, &info)?)?.to_pem()?)
}

fn signed<F>(subject: &Subject<'_, F>, octets: &[u8]) -> Result<Vec<u8>, CertificateError>
where
    F: Fn(&[u8]) -> Result<Vec<u8>, SignError>,
{
    let signature = (subject.sign)(octets)?;
    let signature = match subject.algorithm {
        SignatureAlgorithm::RsaSha256
        | SignatureAlgorithm::RsaSha384
        | SignatureAlgorithm::RsaSha512 => signature,
        _ => ecdsa::to_der(&signature)?,
    };
    let algorithm = algorithm_identifier(subject.algorithm)?;
    let bits = value(der::BIT_STRING, &[&[0], &signature]);
    Ok(value(der::SEQUENCE, &[octets, &algorithm, &bits]))
}

/// The extensions of spid-saml §2.4, and the key's identifier (RFC 5280 §4.2.1.2).
fn extensions(public: &[u8], policies: &[&str]) -> Result<Vec<u8>, CertificateError> {
    let constraints = value(der::SEQUENCE, &[]);
    // Bits 0 and 1 of nine, digitalSignature and nonRepudiation: six of the octet are unused.
    let usage = value(der::BIT_STRING, &[&[6, 0b1100_0000]]);
    let bits = der::next(public)
        .and_then(|(_, inside, _)| der::values(inside).nth(1))
        .and_then(|(_, bits)| bits.get(1..))
        .unwrap_or_default();
    let key_id = value(der::OCTET_STRING, &[&hash(MessageDigest::sha1(), bits)?]);
    let mut all = vec![
        extension(BASIC_CONSTRAINTS, false, &constraints)?,
        extension(KEY_USAGE, true, &usage)?,
        extension(SUBJECT_KEY_IDENTIFIER, false, &key_id)?,
    ];
    if !policies.is_empty() {
        let mut each = Vec::new();
        for policy in policies {
            each.extend(value(der::SEQUENCE, &[&identifier(policy)?]));
        }
        all.push(extension(CERTIFICATE_POLICIES, false, &value(der::SEQUENCE, &[&each]))?);
    }
    Ok(value(der::SEQUENCE, &[&all.concat()]))
}

fn extension(id: &str, critical: bool, contents: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    let critical = if critical { value(der::BOOLEAN, &[&[0xff]]) } else { Vec::new() };
    let contents = value(der::OCTET_STRING, &[contents]);
    Ok(value(der::SEQUENCE, &[&identifier(id)?, &critical, &contents]))
}

fn algorithm_identifier(algorithm: SignatureAlgorithm) -> Result<Vec<u8>, ErrorStack> {
    let null = value(der::NULL, &[]);
    let (id, parameters) = match algorithm {
        SignatureAlgorithm::RsaSha256 => ("1.2.840.113549.1.1.11", null),
        SignatureAlgorithm::RsaSha384 => ("1.2.840.113549.1.1.12", null),
        SignatureAlgorithm::RsaSha512 => ("1.2.840.113549.1.1.13", null),
        SignatureAlgorithm::EcdsaSha256 => ("1.2.840.10045.4.3.2", Vec::new()),
        SignatureAlgorithm::EcdsaSha384 => ("1.2.840.10045.4.3.3", Vec::new()),
        SignatureAlgorithm::EcdsaSha512 => ("1.2.840.10045.4.3.4", Vec::new()),
    };
    Ok(value(der::SEQUENCE, &[&identifier(id)?, &parameters]))
}

fn identifier(id: &str) -> Result<Vec<u8>, ErrorStack> {
    Ok(value(der::OBJECT_IDENTIFIER, &[Asn1Object::from_str(id)?.as_slice()]))
}

fn name(holder: &Holder<'_>) -> Result<Vec<u8>, CertificateError> {
    let mut name = X509Name::builder()?;
    for (field, value) in [
        ("C", holder.country),
        ("L", holder.locality),
        ("O", holder.organization),
        ("CN", holder.common_name),
        (ORGANIZATION_IDENTIFIER, holder.organization_identifier),
        (URI, holder.entity_id),
    ] {
        if value.trim().is_empty() {
            return Err(CertificateError::Empty(field));
        }
        name.append_entry_by_text(field, value)?;
    }
    Ok(name.build().to_der()?)
}

/// A serial number above zero, always of 16 octets (RFC 5280 §4.1.2.2).
fn positive(mut serial: [u8; 16]) -> [u8; 16] {
    serial[0] = serial[0] & 0x7f | 0x40;
    serial
}

/// Two digits of the year until 2049 (RFC 5280 §4.1.2.5).
fn time(at: DateTime<Utc>) -> Vec<u8> {
    let (tag, form) = if (1950..2050).contains(&at.year()) {
        (der::UTC_TIME, "%y%m%d%H%M%SZ")
    } else {
        (der::GENERALIZED_TIME, "%Y%m%d%H%M%SZ")
    };
    value(tag, &[at.format(form).to_string().as_bytes()])
}

/// uri, in a certificate's subject.
pub const URI: &str = "2.5.4.83";
/// organizationIdentifier, in a certificate's subject.
pub const ORGANIZATION_IDENTIFIER: &str = "2.5.4.97";
const BASIC_CONSTRAINTS: &str = "2.5.29.19";
const KEY_USAGE: &str = "2.5.29.15";
const SUBJECT_KEY_IDENTIFIER: &str = "2.5.29.14";
const CERTIFICATE_POLICIES: &str = "2.5.29.32";
const EXTENSION_REQUEST: &str = "1.2.840.113549.1.9.14";
