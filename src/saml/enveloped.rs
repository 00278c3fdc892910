//! Enveloped signatures, made while the element is written (XML Signature §4, SAML Core §5.4).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::saml::names;
use crate::saml::pen::{Place, WriteError, Written, escape};
use crate::saml::writer::Element;
use crate::telemetry::metrics;
use crate::world::digest::{sha256, sha512};
use crate::world::signer::{SignError, SignatureAlgorithm, Signer};
use crate::world::stopwatch::Stopwatch;

/// Writes `element` with the signature of itself in the place left for it: one reference to its
/// `ID`, enveloped signature then exclusive canonicalisation, the signer's certificate beside it.
///
/// The digest is SHA-256, or SHA-512 for signatures with SHA-512: SPID's lists of digests lack
/// SHA-384 (spid-saml §1.3).
///
/// # Errors
/// When it cannot be written, has no `ID` or no place for a signature, or the key refuses.
pub fn sign(element: &Element<'_>, signer: &dyn Signer) -> Result<Written, EnvelopError> {
    let id = element.value("ID").ok_or(EnvelopError::Place)?;
    sign_written(element.write()?, id, signer)
}

/// The same of what is written already and has the `ID` `id`.
///
/// # Errors
/// As [`sign`].
pub(in crate::saml) fn sign_written(
    written: Written,
    id: &str,
    signer: &dyn Signer,
) -> Result<Written, EnvelopError> {
    let info = signed_info(id, &written, signer.algorithm())?;
    let watch = Stopwatch::start();
    let value = signer.sign(info.as_bytes())?;
    metrics::signed(watch.read());
    // Within its signature it does not declare the namespace again.
    let within = info.strip_prefix(SIGNED_INFO).and_then(|rest| rest.strip_prefix(DS));
    let within = within.ok_or(EnvelopError::Place)?;
    let certificate = signer.certificate();
    let room = info.len() + value.len() * 4 / 3 + certificate.len() * 4 / 3 + 256;
    let mut signature = String::with_capacity(room);
    signature.extend(["<ds:Signature", DS, ">", SIGNED_INFO, within, "<ds:SignatureValue>"]);
    STANDARD.encode_string(value, &mut signature);
    signature.push_str("</ds:SignatureValue><ds:KeyInfo><ds:X509Data><ds:X509Certificate>");
    STANDARD.encode_string(certificate, &mut signature);
    signature.push_str("</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>");
    written.splice(&signature).ok_or(EnvelopError::Place)
}

/// `ds:KeyInfo` with one certificate, given as DER.
#[must_use]
pub fn key_info(certificate: &[u8]) -> Element<'static> {
    let certificate = Element::new("ds:X509Certificate").text(STANDARD.encode(certificate));
    Element::new("ds:KeyInfo").child(Element::new("ds:X509Data").child(certificate))
}

/// The name of a signature algorithm (RFC 6931 §2.3).
#[must_use]
pub fn signature_method(algorithm: SignatureAlgorithm) -> &'static str {
    match algorithm {
        SignatureAlgorithm::RsaSha256 => names::RSA_SHA256,
        SignatureAlgorithm::RsaSha384 => names::RSA_SHA384,
        SignatureAlgorithm::RsaSha512 => names::RSA_SHA512,
        SignatureAlgorithm::EcdsaSha256 => names::ECDSA_SHA256,
        SignatureAlgorithm::EcdsaSha384 => names::ECDSA_SHA384,
        SignatureAlgorithm::EcdsaSha512 => names::ECDSA_SHA512,
    }
}

/// An element that cannot be signed.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopError {
    /// It cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// It has no `ID`, or no place for a signature.
    #[error("the element has no ID or no place for a signature")]
    Place,
    /// The key refuses.
    #[error(transparent)]
    Sign(#[from] SignError),
}

/// The canonical form of `ds:SignedInfo`, which is what is signed: its only values that are not of this house are `id` and the prefixes.
fn signed_info(
    id: &str,
    written: &Written,
    algorithm: SignatureAlgorithm,
) -> Result<String, EnvelopError> {
    let octets = written.as_str().as_bytes();
    let (method, digest) = match algorithm {
        SignatureAlgorithm::RsaSha512 | SignatureAlgorithm::EcdsaSha512 => {
            (names::SHA512, STANDARD.encode(sha512(octets)))
        }
        _ => (names::SHA256, STANDARD.encode(sha256(octets))),
    };
    let mut info = String::with_capacity(1024);
    info.extend([SIGNED_INFO, DS, "><ds:CanonicalizationMethod Algorithm=\"", names::EXC_C14N]);
    info.push_str("\"></ds:CanonicalizationMethod><ds:SignatureMethod Algorithm=\"");
    info.extend([signature_method(algorithm), "\"></ds:SignatureMethod><ds:Reference URI=\"#"]);
    escape("ds:Reference", id, Place::Attribute, &mut info)?;
    info.extend(["\"><ds:Transforms><ds:Transform Algorithm=\"", names::ENVELOPED]);
    info.extend(["\"></ds:Transform><ds:Transform Algorithm=\"", names::EXC_C14N, "\">"]);
    let prefixes = written.inclusive().collect::<Vec<_>>().join(" ");
    if !prefixes.is_empty() {
        info.extend(["<ec:InclusiveNamespaces xmlns:ec=\"", names::EXC_C14N, "\" PrefixList=\""]);
        escape("ec:InclusiveNamespaces", &prefixes, Place::Attribute, &mut info)?;
        info.push_str("\"></ec:InclusiveNamespaces>");
    }
    info.extend(["</ds:Transform></ds:Transforms><ds:DigestMethod Algorithm=\"", method]);
    info.extend(["\"></ds:DigestMethod><ds:DigestValue>", &digest]);
    info.push_str("</ds:DigestValue></ds:Reference></ds:SignedInfo>");
    Ok(info)
}

const SIGNED_INFO: &str = "<ds:SignedInfo";
const DS: &str = r#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#""#;
