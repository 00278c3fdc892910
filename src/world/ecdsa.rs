//! The two forms of an ECDSA signature: XML Signature's `r ‖ s`, and DER's pair of numbers.

use openssl::bn::BigNum;
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;

/// `r ‖ s` as DER (RFC 3279 §2.2.3).
///
/// # Errors
/// When the library refuses.
pub fn to_der(both: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    let (r, s) = both.split_at(both.len() / 2);
    let (r, s) = (BigNum::from_slice(r)?, BigNum::from_slice(s)?);
    EcdsaSig::from_private_components(r, s)?.to_der()
}
