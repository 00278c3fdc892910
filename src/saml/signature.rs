//! Signatures of others: verified with a registered key over the octets received. What was
//! covered comes out as [`SignedXml`], which nothing else can make.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::bn::BigNum;
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::{Hasher, MessageDigest};
use openssl::md::{Md, MdRef};
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Public};
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::Padding;
use openssl::x509::X509;

use crate::saml::algorithm::{self, DigestAlgorithm};
use crate::saml::binding::Decoded;
use crate::saml::canonical;
use crate::saml::signature_shape::Envelope;
use crate::saml::structure::Sound;
#[cfg(feature = "xmlsec")]
use crate::saml::xmlsec;
#[cfg(feature = "xmlsec")]
use crate::telemetry::metrics;
use crate::world::contexts::Contexts;
use crate::world::signer::SignatureAlgorithm;

/// The most keys of one partner that are tried.
pub(in crate::saml) const MAX_KEYS: usize = 16;

/// A partner's public key, taken from its metadata and parsed once; clones share it.
#[derive(Clone)]
pub struct PublicKey(Arc<Key>);

struct Key {
    public: PKey<Public>,
    contexts: Contexts<DigestAlgorithm, Public>,
    /// The octets of `r` and of `s`; `None` for RSA.
    scalar: Option<usize>,
    not_before: DateTime<Utc>,
    not_after: DateTime<Utc>,
    fingerprint: [u8; 32],
    #[cfg(feature = "xmlsec")]
    second: xmlsec::Key,
}

/// A certificate whose key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It is not an X.509 certificate in DER.
    #[error("not an X.509 certificate")]
    Certificate(#[source] ErrorStack),
    /// Its key is neither RSA nor elliptic-curve.
    #[error("the key is neither RSA nor elliptic-curve")]
    Kind,
    /// Its RSA key has fewer than 2048 bits.
    #[error("the RSA key has {0} bits; 2048 at least are needed")]
    Short(u32),
    /// Its RSA key has more than 8192 bits, which would make every message costly.
    #[error("the RSA key has {0} bits; 8192 at most are taken")]
    Long(u32),
    /// Its curve is not P-256, P-384 or P-521.
    #[error("the curve is not P-256, P-384 or P-521")]
    Curve,
    /// The second verifier could not load the key.
    #[error("the second verifier could not load the key")]
    Second,
}

/// XML of which every octet was covered by a partner's signature.
///
/// Only this module makes one; whoever reads a message reads it from here, and so cannot read
/// what was not signed.
#[derive(Clone)]
pub struct SignedXml(String);

/// A message that does not count as signed by the partner.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Unproven {
    /// It carries no signature.
    #[error("there is no signature")]
    Missing,
    /// None of the partner's keys goes with the signature's algorithm.
    #[error("no registered key goes with the signature's algorithm")]
    NoKey,
    /// What is there is not what was signed.
    #[error("the digest is not the one that was signed")]
    Digest,
    /// No registered key made the signature.
    #[error("the signature was not made with a registered key")]
    Signature,
    /// Canonicalisation gave nothing.
    #[error("there are no octets to verify")]
    Empty,
    /// Ours accepted it and libxmlsec1 did not: a message made to be read in two ways, or a fault
    /// in one of the two. Refused, and worth an alarm.
    #[error("the two verifiers disagree")]
    Disagreement,
}

impl PublicKey {
    /// The key of a certificate, DER: RSA with 2048 to 8192 bits, or elliptic-curve on P-256,
    /// P-384 or P-521. The certificate's dates, issuer and signature are not judged here.
    ///
    /// # Errors
    /// When it is no certificate, or its key is of another kind or size.
    pub fn from_certificate_der(der: &[u8]) -> Result<Self, KeyError> {
        Self::for_each_verifier(der, der)
    }

    /// The same, with the second verifier's own copy of the key read from the certificate `second`.
    /// If the two are not of one key the verifiers disagree about whatever it signed, and nothing
    /// of it counts: this is how that case is brought about on purpose.
    ///
    /// # Errors
    /// As [`Self::from_certificate_der`], for either.
    pub fn for_each_verifier(der: &[u8], second: &[u8]) -> Result<Self, KeyError> {
        let certificate = X509::from_der(der).map_err(KeyError::Certificate)?;
        let public = certificate.public_key().map_err(KeyError::Certificate)?;
        let scalar = match public.id() {
            Id::RSA => match public.bits() {
                bits @ ..2048 => return Err(KeyError::Short(bits)),
                bits @ 8193.. => return Err(KeyError::Long(bits)),
                _ => None,
            },
            Id::EC => Some(scalar_size(&public)?),
            _ => return Err(KeyError::Kind),
        };
        #[cfg(feature = "xmlsec")]
        let second = {
            let spki = X509::from_der(second)
                .and_then(|certificate| certificate.public_key()?.public_key_to_der())
                .map_err(KeyError::Certificate)?;
            xmlsec::Key::from_spki_der(&spki).ok_or(KeyError::Second)?
        };
        #[cfg(not(feature = "xmlsec"))]
        let _ = second;
        Ok(Self(Arc::new(Key {
            scalar,
            not_before: instant(certificate.not_before()).map_err(KeyError::Certificate)?,
            not_after: instant(certificate.not_after()).map_err(KeyError::Certificate)?,
            fingerprint: openssl::sha::sha256(der),
            public,
            contexts: Contexts::default(),
            #[cfg(feature = "xmlsec")]
            second,
        })))
    }

    /// From when its certificate is valid.
    #[must_use]
    pub fn not_before(&self) -> DateTime<Utc> {
        self.0.not_before
    }

    /// Until when its certificate is valid.
    #[must_use]
    pub fn not_after(&self) -> DateTime<Utc> {
        self.0.not_after
    }

    /// The SHA-256 of its certificate's DER.
    #[must_use]
    pub fn fingerprint(&self) -> &[u8; 32] {
        &self.0.fingerprint
    }

    /// Whether `algorithm` is one that this kind of key makes.
    fn fits(&self, algorithm: SignatureAlgorithm) -> bool {
        let is_rsa = matches!(
            algorithm,
            SignatureAlgorithm::RsaSha256
                | SignatureAlgorithm::RsaSha384
                | SignatureAlgorithm::RsaSha512
        );
        is_rsa == self.0.scalar.is_none()
    }

    /// Whether `signature` over the SHA-256 of `text` was made with this key, as `openssl dgst -sha256 -sign` writes one (RFC 8017
    /// §8.2; of an elliptic-curve key in DER, RFC 3279 §2.2.3); any failure is a no.
    pub(in crate::saml) fn signed(&self, text: &[u8], signature: &[u8]) -> bool {
        let digest = digest_of(DigestAlgorithm::Sha256, text);
        let Some(size) = self.0.scalar else {
            return self.made(DigestAlgorithm::Sha256, &digest, signature);
        };
        let octets = || -> Result<Vec<u8>, ErrorStack> {
            let (pair, size) = (EcdsaSig::from_der(signature)?, i32::try_from(size).unwrap_or(0));
            Ok([pair.r().to_vec_padded(size)?, pair.s().to_vec_padded(size)?].concat())
        };
        octets().is_ok_and(|octets| self.made(DigestAlgorithm::Sha256, &digest, &octets))
    }

    /// Whether `signature` over `digest` was made with this key; any failure is a no.
    fn made(&self, hash: DigestAlgorithm, digest: &[u8], signature: &[u8]) -> bool {
        let judge = || -> Result<bool, ErrorStack> {
            let set_up = || {
                let mut context = PkeyCtx::new(&self.0.public)?;
                context.verify_init()?;
                if self.0.scalar.is_none() {
                    context.set_rsa_padding(Padding::PKCS1)?;
                    context.set_signature_md(message_digest(hash))?;
                }
                Ok(context)
            };
            let Some(size) = self.0.scalar else {
                let verify = |context: &mut PkeyCtx<Public>| context.verify(digest, signature);
                return self.0.contexts.with(hash, set_up, verify);
            };
            if signature.len() != 2 * size {
                return Ok(false);
            }
            let (r, s) = signature.split_at(size);
            let pair =
                EcdsaSig::from_private_components(BigNum::from_slice(r)?, BigNum::from_slice(s)?)?;
            let signature = pair.to_der()?;
            self.0.contexts.with(hash, set_up, |context| context.verify(digest, &signature))
        };
        judge().unwrap_or(false)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey(")?;
        for byte in &self.0.fingerprint[..8] {
            write!(f, "{byte:02x}")?;
        }
        f.write_str("…)")
    }
}

impl SignedXml {
    pub(in crate::saml) fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SignedXml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignedXml({} octets)", self.0.len())
    }
}

/// Verifies the signature in the root of `sound` with a partner's registered `keys`.
///
/// The octets that come out are the canonical ones of the root without its signature: those that
/// were hashed. With the feature `xmlsec`, libxmlsec1 must agree.
///
/// # Errors
/// The reason why it does not count as signed.
pub fn verify(sound: &Sound<'_, '_>, keys: &[PublicKey]) -> Result<SignedXml, Unproven> {
    prove(sound, sound.envelope().ok_or(Unproven::Missing)?, keys)
}

/// The same for the assertion of a response, which may not be signed itself. What comes out is
/// the assertion alone.
///
/// # Errors
/// As [`verify`].
pub fn verify_child(sound: &Sound<'_, '_>, keys: &[PublicKey]) -> Result<SignedXml, Unproven> {
    prove(sound, sound.assertion_envelope().ok_or(Unproven::Missing)?, keys)
}

/// Verifies a redirect's signature over the octets of its query as received.
///
/// # Errors
/// The reason why it does not count as signed.
pub fn verify_detached(decoded: &Decoded, keys: &[PublicKey]) -> Result<SignedXml, Unproven> {
    let detached = decoded.detached.as_ref().ok_or(Unproven::Missing)?;
    let hash = algorithm::digest_of(detached.algorithm);
    signer(keys, detached.algorithm, &digest_of(hash, &detached.signed), &detached.signature)?;
    Ok(SignedXml(decoded.xml.clone()))
}

/// Whether our own verifier alone accepts the signature in the root: to measure it, and to know
/// when libxmlsec1 must. It proves nothing, so nothing comes out.
///
/// # Errors
/// As [`verify`], but never [`Unproven::Disagreement`].
pub fn holds_for_ours(sound: &Sound<'_, '_>, keys: &[PublicKey]) -> Result<(), Unproven> {
    ours(sound.envelope().ok_or(Unproven::Missing)?, keys).map(drop)
}

/// The same of the signature in the assertion of a response.
///
/// # Errors
/// As [`holds_for_ours`].
pub fn child_holds_for_ours(sound: &Sound<'_, '_>, keys: &[PublicKey]) -> Result<(), Unproven> {
    ours(sound.assertion_envelope().ok_or(Unproven::Missing)?, keys).map(drop)
}

fn prove(
    sound: &Sound<'_, '_>,
    envelope: &Envelope<'_, '_>,
    keys: &[PublicKey],
) -> Result<SignedXml, Unproven> {
    let (octets, key) = ours(envelope, keys)?;
    agree(sound, envelope, key)?;
    Ok(SignedXml(octets))
}

/// The octets that were signed, and the key that signed them.
fn ours<'k>(
    envelope: &Envelope<'_, '_>,
    keys: &'k [PublicKey],
) -> Result<(String, &'k PublicKey), Unproven> {
    let mut octets = String::with_capacity(envelope.parent.range().len());
    let without = Some(envelope.signature.id());
    canonical::write(envelope.parent, without, &envelope.parent_prefixes, &mut octets);
    if octets.is_empty() {
        return Err(Unproven::Empty);
    }
    if digest_of(envelope.digest, octets.as_bytes()) != envelope.digest_value {
        return Err(Unproven::Digest);
    }
    Ok((octets, signer_of_info(envelope, keys)?))
}

/// The first of `keys` that signed the `SignedInfo`.
fn signer_of_info<'k>(
    envelope: &Envelope<'_, '_>,
    keys: &'k [PublicKey],
) -> Result<&'k PublicKey, Unproven> {
    let mut signed_info = String::with_capacity(envelope.signed_info.range().len() + 64);
    canonical::write(envelope.signed_info, None, &envelope.signed_info_prefixes, &mut signed_info);
    let hash = algorithm::digest_of(envelope.algorithm);
    let digest = digest_of(hash, signed_info.as_bytes());
    signer(keys, envelope.algorithm, &digest, &envelope.value)
}

/// The signature of a document that is too large to be held: what it says was verified, and whether
/// that is the document's digest shows at its end.
pub(in crate::saml) struct Streamed {
    signer: [u8; 32],
    prefixes: Vec<String>,
    expected: Vec<u8>,
    digest: Hasher,
    is_empty: bool,
}

impl Streamed {
    /// Verifies the `SignedInfo` of `envelope` with the registered `keys`.
    ///
    /// # Errors
    /// The reason why it does not count as signed.
    pub(in crate::saml) fn begin(
        envelope: &Envelope<'_, '_>,
        keys: &[PublicKey],
    ) -> Result<Self, Unproven> {
        let signer = *signer_of_info(envelope, keys)?.fingerprint();
        let hash = match envelope.digest {
            DigestAlgorithm::Sha256 => MessageDigest::sha256(),
            DigestAlgorithm::Sha384 => MessageDigest::sha384(),
            DigestAlgorithm::Sha512 => MessageDigest::sha512(),
        };
        Ok(Self {
            signer,
            prefixes: envelope.parent_prefixes.iter().map(|&prefix| prefix.to_owned()).collect(),
            expected: envelope.digest_value.clone(),
            digest: Hasher::new(hash).map_err(|_| Unproven::Digest)?,
            is_empty: true,
        })
    }

    /// The prefixes canonicalised inclusively in the document.
    pub(in crate::saml) fn prefixes(&self) -> impl Iterator<Item = &str> {
        self.prefixes.iter().map(String::as_str)
    }

    /// Takes the next canonical octets of the document without its signature.
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub(in crate::saml) fn update(&mut self, octets: &str) -> Result<(), Unproven> {
        self.is_empty &= octets.is_empty();
        self.digest.update(octets.as_bytes()).map_err(|_| Unproven::Digest)
    }

    /// The fingerprint of the certificate whose key signed what was taken.
    ///
    /// # Errors
    /// When it is not what was signed.
    pub(in crate::saml) fn finish(mut self) -> Result<[u8; 32], Unproven> {
        if self.is_empty {
            return Err(Unproven::Empty);
        }
        let digest = self.digest.finish().map_err(|_| Unproven::Digest)?;
        if *digest == *self.expected { Ok(self.signer) } else { Err(Unproven::Digest) }
    }
}

/// The first of `keys` that made `signature`.
fn signer<'k>(
    keys: &'k [PublicKey],
    algorithm: SignatureAlgorithm,
    digest: &[u8],
    signature: &[u8],
) -> Result<&'k PublicKey, Unproven> {
    let mut refusal = Unproven::NoKey;
    for key in keys.iter().take(MAX_KEYS).filter(|key| key.fits(algorithm)) {
        if key.made(algorithm::digest_of(algorithm), digest, signature) {
            return Ok(key);
        }
        refusal = Unproven::Signature;
    }
    Err(refusal)
}

#[cfg(feature = "xmlsec")]
fn agree(
    sound: &Sound<'_, '_>,
    envelope: &Envelope<'_, '_>,
    key: &PublicKey,
) -> Result<(), Unproven> {
    if xmlsec::verify(sound.document().input_text(), envelope.id, &key.0.second) {
        return Ok(());
    }
    metrics::disagreed();
    Err(Unproven::Disagreement)
}

#[cfg(not(feature = "xmlsec"))]
fn agree(_: &Sound<'_, '_>, _: &Envelope<'_, '_>, _: &PublicKey) -> Result<(), Unproven> {
    Ok(())
}

fn message_digest(hash: DigestAlgorithm) -> &'static MdRef {
    match hash {
        DigestAlgorithm::Sha256 => Md::sha256(),
        DigestAlgorithm::Sha384 => Md::sha384(),
        DigestAlgorithm::Sha512 => Md::sha512(),
    }
}

fn digest_of(hash: DigestAlgorithm, octets: &[u8]) -> Vec<u8> {
    match hash {
        DigestAlgorithm::Sha256 => crate::world::digest::sha256(octets).to_vec(),
        DigestAlgorithm::Sha384 => openssl::sha::sha384(octets).to_vec(),
        DigestAlgorithm::Sha512 => openssl::sha::sha512(octets).to_vec(),
    }
}

fn scalar_size(key: &PKey<Public>) -> Result<usize, KeyError> {
    let curve = key.ec_key().map_err(KeyError::Certificate)?.group().curve_name();
    match curve {
        Some(Nid::X9_62_PRIME256V1) => Ok(32),
        Some(Nid::SECP384R1) => Ok(48),
        Some(Nid::SECP521R1) => Ok(66),
        _ => Err(KeyError::Curve),
    }
}

fn instant(time: &Asn1TimeRef) -> Result<DateTime<Utc>, ErrorStack> {
    let since = Asn1Time::from_unix(0)?.diff(time)?;
    let delta = TimeDelta::days(i64::from(since.days)) + TimeDelta::seconds(i64::from(since.secs));
    Ok(DateTime::UNIX_EPOCH + delta)
}
