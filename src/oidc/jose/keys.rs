//! A provider's public keys: the JWK Set read, and the keys in it that may check a signature (RFC 7517).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use josekit::jwk::Jwk;
use serde_json::{Map, Value};

use crate::oidc::jose::algorithm::Signing;
use crate::oidc::json::{self, JsonFault};

/// More keys than any provider has.
pub const MOST_KEYS: usize = 64;

/// Public keys for signatures.
#[derive(Clone, Debug, Default)]
pub struct KeySet(Vec<Key>);

#[derive(Clone, Debug)]
struct Key {
    kid: Option<String>,
    kty: String,
    crv: Option<String>,
    alg: Option<String>,
    jwk: Jwk,
}

/// Why a set was not taken.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum KeySetFault {
    /// Not JSON that is taken.
    #[error("{0}")]
    Json(#[from] JsonFault),
    /// No `keys`, or not an array of objects.
    #[error("it has no array of keys")]
    NoKeys,
    /// More than [`MOST_KEYS`].
    #[error("it has more than {MOST_KEYS} keys")]
    Many,
    /// Two keys of a kind under one name: which one signed would be a guess.
    #[error("two keys have the name {0:?}")]
    SameName(String),
    /// A private key in a public set.
    #[error("the key {0:?} is a private one")]
    Private(String),
    /// No key in it may check a signature.
    #[error("no key in it is for signatures")]
    NoneUsable,
}

impl KeySetFault {
    /// Its name in the log.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Json(JsonFault::Duplicate) => "json-duplicate-member",
            Self::Json(JsonFault::Deep) => "json-too-deep",
            Self::Json(_) => "json-form",
            Self::NoKeys => "keys-none",
            Self::Many => "keys-many",
            Self::SameName(_) => "keys-same-name",
            Self::Private(_) => "keys-private",
            Self::NoneUsable => "keys-unusable",
        }
    }
}

impl KeySet {
    /// The set that `octets` are. Keys of kinds that we do not know, for other uses, or too short are left out (RFC 7517 §5).
    ///
    /// # Errors
    /// When it cannot be read, or nothing in it is of use.
    pub fn read(octets: &[u8]) -> Result<Self, KeySetFault> {
        Self::of(&json::object(octets)?)
    }

    /// The set that an object is, read already.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn of(set: &Map<String, Value>) -> Result<Self, KeySetFault> {
        let Some(Value::Array(members)) = set.get("keys") else {
            return Err(KeySetFault::NoKeys);
        };
        if members.len() > MOST_KEYS {
            return Err(KeySetFault::Many);
        }
        let mut keys: Vec<Key> = Vec::new();
        for member in members {
            let Value::Object(member) = member else { return Err(KeySetFault::NoKeys) };
            let Some(key) = key_of(member)? else { continue };
            let same =
                |other: &Key| key.kid.is_some() && (&other.kid, &other.kty) == (&key.kid, &key.kty);
            if keys.iter().any(same) {
                return Err(KeySetFault::SameName(key.kid.unwrap_or_default()));
            }
            keys.push(key);
        }
        if keys.is_empty() { Err(KeySetFault::NoneUsable) } else { Ok(Self(keys)) }
    }

    /// The one key for a signature with `algorithm` under the name `kid`; without a name, the only one of its kind. The set may have the
    /// name and yet no key of that kind: then the name does not count as known.
    pub(super) fn find(&self, algorithm: Signing, kid: Option<&str>) -> Option<&Jwk> {
        let (kty, crv) = algorithm.key();
        let mut fitting = self.0.iter().filter(|key| {
            key.kty == kty
                && key.crv.as_deref() == crv
                && key.alg.as_deref().is_none_or(|alg| alg == algorithm.name())
                && (kid.is_none() || key.kid.as_deref() == kid)
        });
        match (fitting.next(), fitting.next()) {
            (Some(only), None) => Some(&only.jwk),
            _ => None,
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none: then nothing verifies.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As a JWK Set with the members that a public key has and no others.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let keys: Vec<Value> =
            self.0.iter().map(|key| Value::Object(key.jwk.as_ref().clone())).collect();
        let mut set = Map::new();
        set.insert("keys".to_owned(), Value::Array(keys));
        Value::Object(set)
    }
}

fn key_of(member: &Map<String, Value>) -> Result<Option<Key>, KeySetFault> {
    let own = |name: &str| json::text(member, name).map(str::to_owned);
    let kid = own("kid");
    let Some(kty) = own("kty") else { return Ok(None) };
    if member.contains_key("d") || member.contains_key("k") {
        return Err(KeySetFault::Private(kid.unwrap_or_default()));
    }
    let is_for_signatures = own("use").is_none_or(|purpose| purpose == "sig")
        && member.get("key_ops").is_none_or(|operations| {
            json::texts(operations).is_some_and(|names| names.contains(&"verify"))
        });
    let names: &[&str] = match kty.as_str() {
        "RSA" if has_strong_modulus(member) => &["n", "e"],
        "EC" => &["crv", "x", "y"],
        "OKP" => &["crv", "x"],
        _ => return Ok(None),
    };
    let alg = own("alg");
    let is_known = alg.as_deref().is_none_or(|alg| Signing::named(alg).is_some());
    if !is_for_signatures || !is_known {
        return Ok(None);
    }
    let mut public = Map::new();
    for name in ["kty", "kid", "alg"].iter().chain(names) {
        if let Some(text) = own(name) {
            public.insert((*name).to_owned(), Value::String(text));
        }
    }
    let Ok(jwk) = Jwk::from_map(public) else { return Ok(None) };
    Ok(Some(Key { kid, crv: own("crv"), kty, alg, jwk }))
}

/// 2048 to 8192 bits, and an exponent of at most eight octets.
fn has_strong_modulus(member: &Map<String, Value>) -> bool {
    let length = |name: &str| {
        let octets = URL_SAFE_NO_PAD.decode(json::text(member, name)?).ok()?;
        Some(octets.iter().skip_while(|octet| **octet == 0).count())
    };
    length("n").is_some_and(|octets| (256..=1024).contains(&octets))
        && length("e").is_some_and(|octets| (1..=8).contains(&octets))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rsa(kid: &str, octets: usize, more: &str) -> String {
        let n = URL_SAFE_NO_PAD.encode(vec![0xc5; octets]);
        format!(r#"{{"kty":"RSA","kid":"{kid}","n":"{n}","e":"AQAB"{more}}}"#)
    }

    fn read(keys: &[String]) -> Result<KeySet, KeySetFault> {
        KeySet::read(format!(r#"{{"keys":[{}]}}"#, keys.join(",")).as_bytes())
    }

    #[test]
    fn keys_of_use_are_kept() {
        let set = read(&[
            rsa("a", 256, ""),
            rsa("b", 256, r#","use":"sig","alg":"RS256""#),
            rsa("enc", 256, r#","use":"enc""#),
            rsa("short", 128, ""),
            rsa("hmac", 256, r#","alg":"HS256""#),
            r#"{"kty":"new","kid":"c"}"#.to_owned(),
        ]);
        let set = set.unwrap();
        assert_eq!(set.len(), 2);
        assert!(set.find(Signing::Rs256, Some("a")).is_some());
        assert!(set.find(Signing::Rs512, Some("b")).is_none());
        assert!(set.find(Signing::Es256, Some("a")).is_none());
        assert!(set.find(Signing::Rs256, Some("enc")).is_none());
        assert!(set.find(Signing::Rs256, None).is_none(), "two fit");
        assert!(set.find(Signing::Rs512, None).is_some(), "one fits");
    }

    #[test]
    fn sets_that_are_none_are_refused() {
        assert_eq!(KeySet::read(b"{}").unwrap_err(), KeySetFault::NoKeys);
        assert_eq!(KeySet::read(br#"{"keys":[1]}"#).unwrap_err(), KeySetFault::NoKeys);
        assert_eq!(read(&[]).unwrap_err(), KeySetFault::NoneUsable);
        assert_eq!(
            read(&[rsa("a", 256, ""), rsa("a", 256, "")]).unwrap_err(),
            KeySetFault::SameName("a".to_owned())
        );
        assert_eq!(
            read(&[rsa("a", 256, r#","d":"AQAB""#)]).unwrap_err(),
            KeySetFault::Private("a".to_owned())
        );
        let many: Vec<String> = (0..=MOST_KEYS).map(|at| rsa(&at.to_string(), 256, "")).collect();
        assert_eq!(read(&many).unwrap_err(), KeySetFault::Many);
    }
}
