//! Public keys on P-256 as browsers write them, a point in 65 octets, and what was signed by theirs.

use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey, EcPoint};
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Public};

use crate::world::digest::sha256;

/// The curve.
pub(in crate::world) fn group() -> Result<EcGroup, ErrorStack> {
    EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)
}

/// The key of a point; OpenSSL refuses one that is not on the curve.
pub(in crate::world) fn peer(point: &[u8]) -> Result<PKey<Public>, ErrorStack> {
    PKey::from_ec_key(key(point)?)
}

fn key(point: &[u8]) -> Result<EcKey<Public>, ErrorStack> {
    let (group, mut context) = (group()?, BigNumContext::new()?);
    let point = EcPoint::from_bytes(&group, point, &mut context)?;
    let key = EcKey::from_public_key(&group, &point)?;
    key.check_key()?;
    Ok(key)
}

/// Whether `point` is one of the curve, uncompressed (SEC 1 §2.3.3).
#[must_use]
pub fn is_point(point: &[u8]) -> bool {
    point.len() == POINT && point.first() == Some(&UNCOMPRESSED) && key(point).is_ok()
}

/// Whether `signature`, `r ‖ s` in 64 octets, is one over the SHA-256 of `message` by the key of `point` (Web Cryptography
/// API §23, FIPS 186-5 §6.4).
#[must_use]
pub fn holds(point: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let checked = || -> Result<bool, ErrorStack> {
        let (r, s) = signature.split_at(SIGNATURE / 2);
        let (r, s) = (BigNum::from_slice(r)?, BigNum::from_slice(s)?);
        EcdsaSig::from_private_components(r, s)?.verify(&sha256(message), &*key(point)?)
    };
    signature.len() == SIGNATURE && is_point(point) && checked().unwrap_or(false)
}

/// Octets of a point.
pub(in crate::world) const POINT: usize = 65;
const UNCOMPRESSED: u8 = 4;
const SIGNATURE: usize = 64;

#[cfg(test)]
mod tests {
    use openssl::ec::PointConversionForm;

    use super::*;

    fn pair() -> (EcKey<openssl::pkey::Private>, Vec<u8>) {
        let group = group().unwrap();
        let own = EcKey::generate(&group).unwrap();
        let (form, mut context) =
            (PointConversionForm::UNCOMPRESSED, BigNumContext::new().unwrap());
        let point = own.public_key().to_bytes(&group, form, &mut context).unwrap();
        (own, point)
    }

    fn sign(own: &EcKey<openssl::pkey::Private>, message: &[u8]) -> Vec<u8> {
        let made = EcdsaSig::sign(&sha256(message), own).unwrap();
        [made.r().to_vec_padded(32).unwrap(), made.s().to_vec_padded(32).unwrap()].concat()
    }

    #[test]
    fn a_signature_holds_for_its_key_and_message_alone() {
        let ((own, point), (_, other)) = (pair(), pair());
        let signature = sign(&own, b"yes");
        assert!(holds(&point, b"yes", &signature));
        assert!(!holds(&point, b"no", &signature));
        assert!(!holds(&other, b"yes", &signature));
        for octet in 0..64 {
            let mut changed = signature.clone();
            changed[octet] ^= 1;
            assert!(!holds(&point, b"yes", &changed), "{octet}");
        }
    }

    #[test]
    fn what_is_no_signature_and_no_point_is_refused() {
        let (own, point) = pair();
        let signature = sign(&own, b"yes");
        for bad in [&b""[..], &[0; 64], &[255; 64], &signature[..63], &[0; 65]] {
            assert!(!holds(&point, b"yes", bad));
        }
        let mut off = point.clone();
        off[64] ^= 1;
        let mut compressed = point[..33].to_vec();
        compressed[0] = 2 + (point[64] & 1);
        assert!(is_point(&point));
        for bad in [&b""[..], &[0], &[4; 65], &off, &point[..64], &compressed] {
            assert!(!is_point(bad) && !holds(bad, b"yes", &signature));
        }
    }
}
