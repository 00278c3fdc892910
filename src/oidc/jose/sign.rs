//! Tokens of ours: signed with the house's key, under its thumbprint as name; and our public keys, written down for others.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use crate::world::digest::sha256;
use crate::world::public_key::{self, PublicNumbers};
use crate::world::signer::{SignError, SignatureAlgorithm, Signer};

/// A token could not be signed.
#[derive(Debug, thiserror::Error)]
pub enum Unsigned {
    /// The key's holder would not.
    #[error(transparent)]
    Key(#[from] SignError),
    /// The certificate's key is of a kind that JOSE has no place for here.
    #[error("the signing key is neither RSA nor on P-256")]
    Kind,
}

/// Signs `claims` with the key of `signer`: RS256, RS384, RS512 or ES256, as the key does. `kid` is the key's thumbprint.
///
/// # Errors
/// When the key will not sign.
pub fn sign(
    signer: &dyn Signer,
    typ: Option<&str>,
    claims: &Map<String, Value>,
) -> Result<String, Unsigned> {
    let alg = alg_of(signer.algorithm()).ok_or(Unsigned::Kind)?;
    let kid = thumbprint(&public_jwk(signer.certificate()).ok_or(Unsigned::Kind)?);
    let mut header = Map::new();
    header.insert("alg".to_owned(), alg.into());
    header.insert("kid".to_owned(), kid.into());
    if let Some(typ) = typ {
        header.insert("typ".to_owned(), typ.into());
    }
    let encode = |members: &Map<String, Value>| {
        URL_SAFE_NO_PAD.encode(Value::Object(members.clone()).to_string())
    };
    let input = format!("{}.{}", encode(&header), encode(claims));
    let signature = signer.sign(input.as_bytes())?;
    Ok(format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// What a key of ours signs with, by JOSE's name.
#[must_use]
pub fn alg_of(algorithm: SignatureAlgorithm) -> Option<&'static str> {
    match algorithm {
        SignatureAlgorithm::RsaSha256 => Some("RS256"),
        SignatureAlgorithm::RsaSha384 => Some("RS384"),
        SignatureAlgorithm::RsaSha512 => Some("RS512"),
        SignatureAlgorithm::EcdsaSha256 => Some("ES256"),
        SignatureAlgorithm::EcdsaSha384 | SignatureAlgorithm::EcdsaSha512 => None,
    }
}

/// The public key of a certificate (DER) as the required members of a JWK; `None` for a key that is neither RSA nor on P-256.
#[must_use]
pub fn public_jwk(certificate: &[u8]) -> Option<Map<String, Value>> {
    let text = |octets: &[u8]| URL_SAFE_NO_PAD.encode(octets);
    let jwk = match public_key::numbers(certificate).ok()?? {
        PublicNumbers::Rsa { n, e } => json!({"e": text(&e), "kty": "RSA", "n": text(&n)}),
        PublicNumbers::P256 { x, y } => {
            json!({"crv": "P-256", "kty": "EC", "x": text(&x), "y": text(&y)})
        }
    };
    match jwk {
        Value::Object(members) => Some(members),
        _ => None,
    }
}

/// As [`public_jwk`], with name, use and algorithm: what others need to check our signatures.
#[must_use]
pub fn published(certificate: &[u8], algorithm: SignatureAlgorithm) -> Option<Value> {
    let mut jwk = public_jwk(certificate)?;
    let kid = thumbprint(&jwk);
    jwk.insert("kid".to_owned(), kid.into());
    jwk.insert("use".to_owned(), "sig".into());
    jwk.insert("alg".to_owned(), alg_of(algorithm)?.into());
    Some(Value::Object(jwk))
}

/// The same of a key that does not sign yet, or no longer: with what it signs is not said.
#[must_use]
pub fn published_further(certificate: &[u8]) -> Option<Value> {
    let mut jwk = public_jwk(certificate)?;
    let kid = thumbprint(&jwk);
    jwk.insert("kid".to_owned(), kid.into());
    jwk.insert("use".to_owned(), "sig".into());
    Some(Value::Object(jwk))
}

/// A key's name: SHA-256 over its required members in the order of their names (RFC 7638).
#[must_use]
pub fn thumbprint(jwk: &Map<String, Value>) -> String {
    let required: &[&str] = match jwk.get("kty").and_then(Value::as_str) {
        Some("RSA") => &["e", "kty", "n"],
        Some("OKP") => &["crv", "kty", "x"],
        _ => &["crv", "kty", "x", "y"],
    };
    let members: Vec<String> = required
        .iter()
        .filter_map(|name| jwk.get(*name).map(|value| format!("{}:{value}", Value::from(*name))))
        .collect();
    URL_SAFE_NO_PAD.encode(sha256(format!("{{{}}}", members.join(",")).as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oidc::jose::algorithm::Signing;
    use crate::oidc::jose::keys::KeySet;
    use crate::oidc::jose::verify::{Unproven, verify};
    use crate::world::certificate::{Holder, KeyKind, make};
    use crate::world::signer::KeyFile;
    use chrono::DateTime;

    fn key(kind: KeyKind) -> KeyFile {
        let holder = Holder {
            organization: "Ente",
            common_name: "Ente",
            entity_id: "https://idp.example.org",
            organization_identifier: "VATIT-00000000000",
            country: "IT",
            locality: "Roma",
        };
        let pair = make(kind, &holder, &[], DateTime::UNIX_EPOCH, 365, [1; 16]).unwrap();
        KeyFile::load(&pair.key, &pair.certificate).unwrap()
    }

    fn set(key: &KeyFile) -> KeySet {
        let published = published(key.certificate(), key.algorithm()).unwrap();
        KeySet::read(json!({"keys": [published]}).to_string().as_bytes()).unwrap()
    }

    /// RFC 7638 §3.1.
    #[test]
    fn the_thumbprint_is_that_of_rfc_7638() {
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let jwk = json!({"alg": "RS256", "kid": "2011-04-29", "n": n, "e": "AQAB", "kty": "RSA"});
        let thumbprint = thumbprint(jwk.as_object().unwrap());
        assert_eq!(thumbprint, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn what_we_sign_verifies_with_what_we_publish() {
        for (kind, algorithm) in
            [(KeyKind::Rsa2048, Signing::Rs256), (KeyKind::EcdsaP256, Signing::Es256)]
        {
            let own = key(kind);
            let claims = json!({"sub": "a"});
            let token = sign(&own, Some("JWT"), claims.as_object().unwrap()).unwrap();
            let known = set(&own);
            let read = verify(&token, &known, &[algorithm]).unwrap();
            assert_eq!(Value::Object(read.members().clone()), claims);
            assert_eq!((read.algorithm(), read.typ()), (algorithm, Some("jwt")));

            let refused = verify(&token, &known, &[Signing::Ps256]).unwrap_err();
            assert_eq!(refused.name(), "token-algorithm");
            let other = verify(&token, &set(&key(kind)), &[algorithm]).unwrap_err();
            assert_eq!(other.name(), "token-unknown-key");
            let (signed, signature) = token.rsplit_once('.').unwrap();
            let mut octets = URL_SAFE_NO_PAD.decode(signature).unwrap();
            octets[5] ^= 1;
            let changed = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(octets));
            assert_eq!(verify(&changed, &known, &[algorithm]).unwrap_err(), Unproven::Signature);
        }
    }
}
