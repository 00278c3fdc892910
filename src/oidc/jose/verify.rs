//! Signed tokens: what a provider's registered key signed, read from the octets that it signed.

use josekit::JoseError;
use josekit::jwk::Jwk;
use josekit::jws::{self, JwsVerifier};
use serde_json::{Map, Value};

use crate::oidc::jose::algorithm::Signing;
use crate::oidc::jose::compact::{self, Header, Malformed};
use crate::oidc::jose::keys::KeySet;
use crate::oidc::json;

/// Claims that a provider's key signed. There is no way to make one but [`verify`].
#[derive(Clone, Debug)]
pub struct SignedClaims {
    members: Map<String, Value>,
    algorithm: Signing,
    typ: Option<String>,
    has_content_type: bool,
}

impl SignedClaims {
    /// The claims.
    #[must_use]
    pub fn members(&self) -> &Map<String, Value> {
        &self.members
    }

    /// What they were signed with.
    #[must_use]
    pub fn algorithm(&self) -> Signing {
        self.algorithm
    }

    /// Whether its header says what is in it (`cty`), which it need not.
    #[must_use]
    pub fn has_content_type(&self) -> bool {
        self.has_content_type
    }

    /// The token's `typ`, in lower case and without `application/`.
    #[must_use]
    pub fn typ(&self) -> Option<&str> {
        self.typ.as_deref()
    }
}

/// Claims that nobody signed, for a fuzzer, which cannot sign: no other build knows this door.
#[cfg(fuzzing)]
impl SignedClaims {
    /// `members` as if a key had signed them.
    #[must_use]
    pub fn unsigned(members: Map<String, Value>) -> Self {
        Self { members, algorithm: Signing::Rs256, typ: None, has_content_type: false }
    }
}

/// Why a token proves nothing.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Unproven {
    /// It cannot be taken apart.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// Its algorithm is not among those that this provider may use.
    #[error("it is signed with {0:?}, which is not taken from this provider")]
    Algorithm(String),
    /// No registered key has its name.
    #[error("the provider has no key of the name {0:?} for it")]
    UnknownKey(Option<String>),
    /// The signature is another one.
    #[error("its signature does not hold")]
    Signature,
}

impl Unproven {
    /// Its name in the log.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Malformed(malformed) => malformed.name(),
            Self::Algorithm(_) => "token-algorithm",
            Self::UnknownKey(_) => "token-unknown-key",
            Self::Signature => "token-signature",
        }
    }
}

/// Checks `token` with the one key of `keys` that its header names, if `allowed` has its algorithm.
///
/// # Errors
/// When it proves nothing.
pub fn verify(token: &str, keys: &KeySet, allowed: &[Signing]) -> Result<SignedClaims, Unproven> {
    let [head, claims, signature] = compact::parts::<3>(token)?;
    let header = compact::header(head)?;
    let algorithm = algorithm_of(&header, allowed)?;
    let signature = compact::octets(signature)?;
    let payload = compact::octets(claims)?;
    let key = keys.find(algorithm, header.kid.as_deref());
    let key = key.ok_or_else(|| Unproven::UnknownKey(header.kid.clone()))?;
    let signed = &token.as_bytes()[..head.len() + 1 + claims.len()];
    if !holds(algorithm, key, signed, &signature) {
        return Err(Unproven::Signature);
    }
    let members = json::object(&payload).map_err(Malformed::from)?;
    let has_content_type = header.members.contains_key("cty");
    Ok(SignedClaims { members, algorithm, typ: header.typ, has_content_type })
}

fn algorithm_of(header: &Header, allowed: &[Signing]) -> Result<Signing, Unproven> {
    let named = Signing::named(&header.alg).filter(|algorithm| allowed.contains(algorithm));
    named.ok_or_else(|| Unproven::Algorithm(header.alg.clone()))
}

/// Whether `key` made `signature` over `signed`; any failure is a no.
fn holds(algorithm: Signing, key: &Jwk, signed: &[u8], signature: &[u8]) -> bool {
    fn by<V: JwsVerifier>(made: Result<V, JoseError>, signed: &[u8], signature: &[u8]) -> bool {
        made.and_then(|verifier| verifier.verify(signed, signature)).is_ok()
    }
    match algorithm {
        Signing::Rs256 => by(jws::RS256.verifier_from_jwk(key), signed, signature),
        Signing::Rs384 => by(jws::RS384.verifier_from_jwk(key), signed, signature),
        Signing::Rs512 => by(jws::RS512.verifier_from_jwk(key), signed, signature),
        Signing::Ps256 => by(jws::PS256.verifier_from_jwk(key), signed, signature),
        Signing::Ps384 => by(jws::PS384.verifier_from_jwk(key), signed, signature),
        Signing::Ps512 => by(jws::PS512.verifier_from_jwk(key), signed, signature),
        Signing::Es256 => by(jws::ES256.verifier_from_jwk(key), signed, signature),
        Signing::Es384 => by(jws::ES384.verifier_from_jwk(key), signed, signature),
        Signing::Es512 => by(jws::ES512.verifier_from_jwk(key), signed, signature),
        Signing::EdDsa => by(jws::EdDSA.verifier_from_jwk(key), signed, signature),
    }
}
