//! A key in a token: made there, found there, and signing without ever leaving it.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey, EcPoint};
use openssl::hash::{MessageDigest, hash};
use openssl::nid::Nid;
use openssl::pkey::{PKey, Public};
use openssl::rsa::Rsa;
use openssl::x509::X509;

use crate::world::aside::aside;
use crate::world::certificate::KeyKind;
use crate::world::der;
use crate::world::key_place::TokenName;
use crate::world::private_key::{Digest, algorithm_of};
use crate::world::signer::{KeyError, SignError, SignatureAlgorithm, Signer};
use crate::world::token::{Token, TokenError};
use crate::world::verifier;

/// A private key in a token.
pub struct TokenKey {
    token: Arc<Token>,
    name: TokenName,
    algorithm: SignatureAlgorithm,
    /// Its handle in a generation of sessions.
    handle: Mutex<Option<(u64, ObjectHandle)>>,
}

/// A private key in a token, with its certificate.
#[derive(Debug)]
pub struct TokenSigner {
    key: TokenKey,
    certificate: Vec<u8>,
    /// How many signatures are made or waited for.
    signing: AtomicUsize,
}

/// One of those that may wait for the token, until it is dropped: each of them holds a thread.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    /// A place, if one is free.
    fn take(signing: &'a AtomicUsize) -> Option<Self> {
        let before = signing.fetch_add(1, Ordering::AcqRel);
        let place = Self(signing);
        (before < MOST_SIGNING).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl TokenKey {
    /// Has the token make a key pair that never leaves it.
    ///
    /// # Errors
    /// When it has one of that name, or refuses.
    pub fn generate(token: &Token, name: &TokenName, kind: KeyKind) -> Result<(), TokenError> {
        let session = token.writing()?;
        if !found(&session, name, ObjectClass::PRIVATE_KEY)?.is_empty() {
            return Err(TokenError::Taken(name.clone()));
        }
        let mut public =
            vec![Attribute::Token(true), Attribute::Private(false), Attribute::Verify(true)];
        let mut private = vec![
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Sign(true),
        ];
        public.extend(named(name));
        private.extend(named(name));
        let bits: u64 = match kind {
            KeyKind::Rsa2048 => 2048,
            KeyKind::Rsa3072 => 3072,
            KeyKind::Rsa4096 => 4096,
            KeyKind::EcdsaP256 => 256,
        };
        let mechanism = if kind == KeyKind::EcdsaP256 {
            public.push(Attribute::EcParams(P256.to_vec()));
            Mechanism::EccKeyPairGen
        } else {
            public.push(Attribute::ModulusBits(bits.into()));
            public.push(Attribute::PublicExponent(vec![1, 0, 1]));
            Mechanism::RsaPkcsKeyPairGen
        };
        session.generate_key_pair(&mechanism, &public, &private).map_err(TokenError::Refused)?;
        Ok(())
    }

    /// Destroys a key pair, for good.
    ///
    /// # Errors
    /// When it is not there, or the token refuses.
    pub fn destroy(token: &Token, name: &TokenName) -> Result<(), TokenError> {
        let session = token.writing()?;
        let private = one(&session, name, ObjectClass::PRIVATE_KEY)?;
        session.destroy_object(private).map_err(TokenError::Refused)?;
        for public in found(&session, name, ObjectClass::PUBLIC_KEY)? {
            session.destroy_object(public).map_err(TokenError::Refused)?;
        }
        Ok(())
    }

    /// Finds a key; `digest` is what RSA signs with.
    ///
    /// # Errors
    /// When it is not there, or is of a kind that does not sign for us.
    pub fn find(token: Arc<Token>, name: TokenName, digest: Digest) -> Result<Self, KeyError> {
        let public = token.using(|session, _| public_of(session, &name))?;
        let algorithm = algorithm_of(&public, digest)?;
        Ok(Self { token, name, algorithm, handle: Mutex::default() })
    }

    /// Its public half, SubjectPublicKeyInfo in DER.
    ///
    /// # Errors
    /// When the token does not tell it.
    pub fn public(&self) -> Result<Vec<u8>, KeyError> {
        let public = self.token.using(|session, _| public_of(session, &self.name))?;
        public.public_key_to_der().map_err(KeyError::Key)
    }

    /// What its signatures are.
    #[must_use]
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// Signs, as [`Signer::sign`] does.
    ///
    /// # Errors
    /// When the token is gone or refuses.
    pub fn sign(&self, octets: &[u8]) -> Result<Vec<u8>, SignError> {
        self.signed(octets).map_err(|error| SignError(Box::new(error)))
    }

    /// The digest is made here: it is quick, and the octets need not travel.
    fn signed(&self, octets: &[u8]) -> Result<Vec<u8>, TokenError> {
        let (digest, prefix) = match self.algorithm {
            SignatureAlgorithm::RsaSha256 => (MessageDigest::sha256(), DIGEST_INFO[0]),
            SignatureAlgorithm::RsaSha384 => (MessageDigest::sha384(), DIGEST_INFO[1]),
            SignatureAlgorithm::RsaSha512 => (MessageDigest::sha512(), DIGEST_INFO[2]),
            SignatureAlgorithm::EcdsaSha256 => (MessageDigest::sha256(), &[][..]),
            SignatureAlgorithm::EcdsaSha384 => (MessageDigest::sha384(), &[][..]),
            SignatureAlgorithm::EcdsaSha512 => (MessageDigest::sha512(), &[][..]),
        };
        let mechanism = if prefix.is_empty() { Mechanism::Ecdsa } else { Mechanism::RsaPkcs };
        let data = [prefix, &hash(digest, octets)?].concat();
        self.token.using(|session, generation| {
            let handle = self.handle(session, generation)?;
            session.sign(&mechanism, handle, &data).map_err(TokenError::Refused)
        })
    }

    fn handle(&self, session: &Session, generation: u64) -> Result<ObjectHandle, TokenError> {
        let mut known = self.handle.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, handle)) = *known
            && of == generation
        {
            return Ok(handle);
        }
        let handle = one(session, &self.name, ObjectClass::PRIVATE_KEY)?;
        *known = Some((generation, handle));
        Ok(handle)
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenKey({} in {:?})", self.name, self.token)
    }
}

impl TokenSigner {
    /// Takes a key, and its certificate in PEM. The key signs once, so that one which cannot is found out now.
    ///
    /// # Errors
    /// When the certificate cannot be read, is of another key, or the token does not sign.
    pub fn of(key: TokenKey, certificate_pem: &[u8]) -> Result<Self, KeyError> {
        let certificate = X509::from_pem(certificate_pem).map_err(KeyError::Certificate)?;
        let certificate = certificate.to_der().map_err(KeyError::Certificate)?;
        let signature = key.signed(TRIAL)?;
        if !verifier::verifies(&certificate, key.algorithm, TRIAL, &signature) {
            return Err(KeyError::Mismatch);
        }
        Ok(Self { key, certificate, signing: AtomicUsize::new(0) })
    }
}

impl Signer for TokenSigner {
    fn algorithm(&self) -> SignatureAlgorithm {
        self.key.algorithm
    }

    fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    fn sign(&self, octets: &[u8]) -> Result<Vec<u8>, SignError> {
        let _place =
            Place::take(&self.signing).ok_or_else(|| SignError(Box::new(TokenError::Busy)))?;
        // A token may be far away, or slow.
        aside(|| self.key.sign(octets))
    }
}

fn named(name: &TokenName) -> impl Iterator<Item = Attribute> {
    let label = name.label.as_ref().map(|label| Attribute::Label(label.as_bytes().to_vec()));
    let id = name.id.clone().map(Attribute::Id);
    label.into_iter().chain(id)
}

fn found(
    session: &Session,
    name: &TokenName,
    class: ObjectClass,
) -> Result<Vec<ObjectHandle>, TokenError> {
    let mut template = vec![Attribute::Class(class)];
    template.extend(named(name));
    session.find_objects(&template).map_err(TokenError::Refused)
}

fn one(
    session: &Session,
    name: &TokenName,
    class: ObjectClass,
) -> Result<ObjectHandle, TokenError> {
    match found(session, name, class)?[..] {
        [one] => Ok(one),
        [] => Err(TokenError::NoKey(name.clone())),
        _ => Err(TokenError::Ambiguous(name.clone())),
    }
}

/// The public half, from the public object; of RSA the private one tells it too.
fn public_of(session: &Session, name: &TokenName) -> Result<PKey<Public>, TokenError> {
    let private = one(session, name, ObjectClass::PRIVATE_KEY)?;
    let public = found(session, name, ObjectClass::PUBLIC_KEY)?.first().copied();
    let wanted = [
        AttributeType::KeyType,
        AttributeType::Modulus,
        AttributeType::PublicExponent,
        AttributeType::EcPoint,
    ];
    let told = session.get_attributes(public.unwrap_or(private), &wanted);
    let (mut kind, mut modulus, mut exponent, mut point) = (None, None, None, None);
    for attribute in told.map_err(TokenError::Refused)? {
        match attribute {
            Attribute::KeyType(said) => kind = Some(said),
            Attribute::Modulus(said) => modulus = Some(said),
            Attribute::PublicExponent(said) => exponent = Some(said),
            Attribute::EcPoint(said) => point = Some(said),
            _ => {}
        }
    }
    match (kind, modulus, exponent, point) {
        (Some(KeyType::RSA), Some(modulus), Some(exponent), _) => {
            let (n, e) = (BigNum::from_slice(&modulus)?, BigNum::from_slice(&exponent)?);
            Ok(PKey::from_rsa(Rsa::from_public_components(n, e)?)?)
        }
        (Some(KeyType::EC), _, _, Some(point)) => {
            let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
            // An octet string holds the point (PKCS#11 §2.3.3); some tokens leave it bare.
            let bare = match der::next(&point) {
                Some((der::OCTET_STRING, inside, [])) => inside,
                _ => &point,
            };
            let mut context = openssl::bn::BigNumContext::new()?;
            let point = EcPoint::from_bytes(&group, bare, &mut context);
            let point = point.map_err(|_| TokenError::Kind)?;
            Ok(PKey::from_ec_key(EcKey::from_public_key(&group, &point)?)?)
        }
        _ => Err(TokenError::Kind),
    }
}

/// What stands before a digest in an RSA signature, of SHA-256, SHA-384 and SHA-512 (RFC 8017 §9.2, note 1).
const DIGEST_INFO: [&[u8]; 3] = [
    &[0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20],
    &[0x30, 0x41, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2, 5, 0, 4, 0x30],
    &[0x30, 0x51, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3, 5, 0, 4, 0x40],
];
/// The curve's name, as a token is told it.
const P256: [u8; 10] = [6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
/// A token that falls so far behind is too slow for what is asked of it: others are turned away (nr03), and passwords can
/// still be hashed.
const MOST_SIGNING: usize = 64;
/// No message of ours reads so.
const TRIAL: &[u8] = b"ponte: does this key sign?";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_wait_and_no_more() {
        let signing = AtomicUsize::new(0);
        let mut places: Vec<_> = (0..MOST_SIGNING).map(|_| Place::take(&signing)).collect();
        assert!(places.iter().all(Option::is_some));
        assert!(Place::take(&signing).is_none());
        places.pop();
        assert!(Place::take(&signing).is_some());
        drop(places);
        assert_eq!(signing.load(Ordering::Acquire), 0);
    }
}
