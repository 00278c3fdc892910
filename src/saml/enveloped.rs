//! Enveloped signatures, made while the element is written (XML Signature §4, SAML Core §5.4).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::saml::names;
use crate::saml::writer::{Element, WriteError, Written};
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
    let info = signed_info(id, &written, signer.algorithm())?.write()?;
    let watch = Stopwatch::start();
    let value = signer.sign(info.as_str().as_bytes())?;
    metrics::signed(watch.read());
    let signature = Element::new("ds:Signature")
        .child(Element::new("ds:SignatureValue").text(STANDARD.encode(value)))
        .child(key_info(signer.certificate()))
        .write()?;
    let (open, rest) = signature.as_str().split_at(SIGNATURE_OPEN.len());
    let mut spliced = String::with_capacity(signature.as_str().len() + info.as_str().len());
    spliced.push_str(open);
    spliced.push_str("<ds:SignedInfo");
    spliced.push_str(&info.as_str()[SIGNED_INFO_OPEN.len()..]);
    spliced.push_str(rest);
    written.splice(&spliced).ok_or(EnvelopError::Place)
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

fn signed_info(
    id: &str,
    written: &Written,
    algorithm: SignatureAlgorithm,
) -> Result<Element<'static>, EnvelopError> {
    let octets = written.as_str().as_bytes();
    let (method, digest) = match algorithm {
        SignatureAlgorithm::RsaSha512 | SignatureAlgorithm::EcdsaSha512 => {
            (names::SHA512, STANDARD.encode(sha512(octets)))
        }
        _ => (names::SHA256, STANDARD.encode(sha256(octets))),
    };
    let prefixes = written.inclusive().collect::<Vec<_>>().join(" ");
    let inclusive = (!prefixes.is_empty())
        .then(|| Element::new("ec:InclusiveNamespaces").attribute("PrefixList", prefixes));
    let transforms = Element::new("ds:Transforms")
        .child(algorithm_named("ds:Transform", names::ENVELOPED))
        .child(algorithm_named("ds:Transform", names::EXC_C14N).child_if(inclusive));
    let reference = Element::new("ds:Reference")
        .attribute("URI", format!("#{id}"))
        .child(transforms)
        .child(algorithm_named("ds:DigestMethod", method))
        .child(Element::new("ds:DigestValue").text(digest));
    Ok(Element::new("ds:SignedInfo")
        .child(algorithm_named("ds:CanonicalizationMethod", names::EXC_C14N))
        .child(algorithm_named("ds:SignatureMethod", signature_method(algorithm)))
        .child(reference))
}

fn algorithm_named(element: &'static str, algorithm: &'static str) -> Element<'static> {
    Element::new(element).attribute("Algorithm", algorithm)
}

const SIGNATURE_OPEN: &str = r#"<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#">"#;
const SIGNED_INFO_OPEN: &str = r#"<ds:SignedInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#""#;
