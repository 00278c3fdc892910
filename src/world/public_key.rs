//! The numbers of a public key, for who writes it down in another form than a certificate.

use openssl::bn::BigNumContext;
use openssl::error::ErrorStack;
use openssl::pkey::Id;
use openssl::x509::X509;

/// The public key of a certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PublicNumbers {
    /// RSA.
    Rsa {
        /// The modulus, big-endian.
        n: Vec<u8>,
        /// The exponent, big-endian.
        e: Vec<u8>,
    },
    /// A point of P-256, each coordinate in 32 octets.
    P256 {
        /// The first coordinate.
        x: Vec<u8>,
        /// The second.
        y: Vec<u8>,
    },
}

/// The numbers of the key of `certificate` (DER); `None` for keys of other kinds than [`PrivateKey`](crate::world::private_key::PrivateKey) has.
///
/// # Errors
/// When it cannot be read.
pub fn numbers(certificate: &[u8]) -> Result<Option<PublicNumbers>, ErrorStack> {
    let key = X509::from_der(certificate)?.public_key()?;
    match key.id() {
        Id::RSA => {
            let key = key.rsa()?;
            Ok(Some(PublicNumbers::Rsa { n: key.n().to_vec(), e: key.e().to_vec() }))
        }
        Id::EC => {
            let key = key.ec_key()?;
            let mut context = BigNumContext::new()?;
            let form = openssl::ec::PointConversionForm::UNCOMPRESSED;
            let point = key.public_key().to_bytes(key.group(), form, &mut context)?;
            Ok((point.len() == 65)
                .then(|| PublicNumbers::P256 { x: point[1..33].to_vec(), y: point[33..].to_vec() }))
        }
        _ => Ok(None),
    }
}
