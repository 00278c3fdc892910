//! The extensions of a certificate (RFC 5280 §4.2), read from its DER.

use openssl::asn1::Asn1Object;
use openssl::error::ErrorStack;

use crate::world::der;

/// One extension.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Extension {
    /// Its object identifier, in dots.
    pub id: String,
    /// Whether whoever does not know it must refuse the certificate.
    pub critical: bool,
    /// What is in it, DER.
    pub value: Vec<u8>,
}

/// The extensions of a certificate (RFC 5280 §4.1): in the last field of the first part.
#[must_use]
pub fn extensions(certificate: &[u8]) -> Vec<Extension> {
    let tbs = der::next(certificate).and_then(|(_, inside, _)| der::next(inside));
    let Some((_, tbs, _)) = tbs else { return Vec::new() };
    let list = der::values(tbs).find(|(tag, _)| *tag == 0xa3).and_then(|(_, list)| der::next(list));
    let Some((_, list, _)) = list else { return Vec::new() };
    der::values(list)
        .filter_map(|(_, extension)| {
            let mut parts = der::values(extension);
            let (_, id) = parts.next()?;
            let mut next = parts.next()?;
            let critical = next.0 == der::BOOLEAN && next.1 == [0xff];
            if next.0 == der::BOOLEAN {
                next = parts.next()?;
            }
            Some(Extension { id: dotted(id).ok()?, critical, value: next.1.to_vec() })
        })
        .collect()
}

/// The policies of the extension with this value (RFC 5280 §4.2.1.4), in dots.
#[must_use]
pub fn policies(value: &[u8]) -> Vec<String> {
    let Some((_, list, _)) = der::next(value) else { return Vec::new() };
    let ids = der::values(list).filter_map(|(_, policy)| der::next(policy));
    ids.filter_map(|(_, id, _)| dotted(id).ok()).collect()
}

/// An object identifier as people write it (X.690 §8.19).
///
/// # Errors
/// When it is none.
pub fn dotted(id: &[u8]) -> Result<String, ErrorStack> {
    let mut numbers: Vec<u64> = Vec::new();
    let mut number = 0_u64;
    for octet in id {
        number = number << 7 | u64::from(octet & 0x7f);
        if octet & 0x80 == 0 {
            match numbers.is_empty() {
                true => numbers.extend([(number / 40).min(2), number - (number / 40).min(2) * 40]),
                false => numbers.push(number),
            }
            number = 0;
        }
    }
    let said = numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(".");
    Asn1Object::from_str(&said)?;
    Ok(said)
}

/// The values of an extension that lists object identifiers, such as extended key usage (RFC 5280 §4.2.1.12).
#[must_use]
pub fn identifiers(value: &[u8]) -> Vec<String> {
    let Some((_, list, _)) = der::next(value) else { return Vec::new() };
    der::values(list).filter_map(|(_, id)| dotted(id).ok()).collect()
}

/// keyUsage.
pub const KEY_USAGE: &str = "2.5.29.15";
/// basicConstraints.
pub const BASIC_CONSTRAINTS: &str = "2.5.29.19";
/// certificatePolicies.
pub const CERTIFICATE_POLICIES: &str = "2.5.29.32";
/// extKeyUsage.
pub const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
