//! Encrypted tokens, opened with a key of ours: what is inside is a signed token still to be judged (RFC 7516, RFC 7519 §11.2).

use std::fmt;

use josekit::jwe::alg::ecdh_es::EcdhEsJweDecrypter;
use josekit::jwe::alg::rsaes::RsaesJweDecrypter;
use josekit::jwe::{self, JweDecrypter, JweHeader, enc};
use josekit::jwk::KeyPair;
use josekit::jwk::alg::ec::EcKeyPair;
use josekit::jwk::alg::rsa::RsaKeyPair;
use serde_json::{Map, Value};

use crate::oidc::jose::algorithm::{Content, KeyManagement};
use crate::oidc::jose::compact::{self, Malformed};
use crate::oidc::jose::sign::thumbprint;
use crate::world::content::{Sealed, open_cbc_hmac, open_gcm};

/// A private key that tokens are encrypted for.
pub struct DecryptionKey {
    unwrap: Unwrap,
    kid: String,
    public: Map<String, Value>,
}

enum Unwrap {
    Rsa { sha1: RsaesJweDecrypter, sha256: RsaesJweDecrypter },
    Ec { direct: EcdhEsJweDecrypter, a128: EcdhEsJweDecrypter, a256: EcdhEsJweDecrypter },
}

/// Not a key that can be encrypted for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "it is no private key in PEM, unencrypted, of RSA (2048 bits or more) or of P-256, P-384 or P-521"
)]
pub struct NoDecryptionKey;

/// Why a token was not opened.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Unopened {
    /// It cannot be taken apart.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// We have no key for it.
    #[error("it is encrypted, and we have no key that it could be encrypted for")]
    NoKey,
    /// Encrypted for another key.
    #[error("it is encrypted for the key {0:?}, which is not ours")]
    OtherKey(String),
    /// With an algorithm that is not taken.
    #[error("it is encrypted with {0:?}, which is not taken")]
    Algorithm(String),
    /// It does not open: said the same way whatever the cause.
    #[error("it does not open with our key")]
    Closed,
    /// What is inside is not a token.
    #[error("there is no signed token in it")]
    NoToken,
}

impl Unopened {
    /// Its name in the log.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Malformed(malformed) => malformed.name(),
            Self::NoKey => "token-no-decryption-key",
            Self::OtherKey(_) => "token-other-recipient",
            Self::Algorithm(_) => "token-encryption-algorithm",
            Self::Closed => "token-does-not-open",
            Self::NoToken => "token-nothing-inside",
        }
    }
}

impl DecryptionKey {
    /// Takes a private key in PEM.
    ///
    /// # Errors
    /// When it is of another kind, or encrypted.
    pub fn from_pem(pem: &[u8]) -> Result<Self, NoDecryptionKey> {
        if let Ok(pair) = RsaKeyPair::from_pem(pem) {
            if pair.key_len() < 256 {
                return Err(NoDecryptionKey);
            }
            let unwrap = Unwrap::Rsa {
                sha1: jwe::RSA_OAEP.decrypter_from_pem(pem).map_err(|_| NoDecryptionKey)?,
                sha256: jwe::RSA_OAEP_256.decrypter_from_pem(pem).map_err(|_| NoDecryptionKey)?,
            };
            return Ok(Self::of(unwrap, pair.to_jwk_public_key().into()));
        }
        let pair = EcKeyPair::from_pem(pem, None).map_err(|_| NoDecryptionKey)?;
        let unwrap = Unwrap::Ec {
            direct: jwe::ECDH_ES.decrypter_from_pem(pem).map_err(|_| NoDecryptionKey)?,
            a128: jwe::ECDH_ES_A128KW.decrypter_from_pem(pem).map_err(|_| NoDecryptionKey)?,
            a256: jwe::ECDH_ES_A256KW.decrypter_from_pem(pem).map_err(|_| NoDecryptionKey)?,
        };
        Ok(Self::of(unwrap, pair.to_jwk_public_key().into()))
    }

    fn of(unwrap: Unwrap, mut public: Map<String, Value>) -> Self {
        public.retain(|name, _| ["kty", "n", "e", "crv", "x", "y"].contains(&name.as_str()));
        Self { unwrap, kid: thumbprint(&public), public }
    }

    /// Its public half as a JWK, with its thumbprint as name.
    #[must_use]
    pub fn published(&self) -> Value {
        let mut jwk = self.public.clone();
        jwk.insert("kid".to_owned(), self.kid.clone().into());
        jwk.insert("use".to_owned(), "enc".into());
        Value::Object(jwk)
    }

    /// The key of the content.
    fn unwrap(
        &self,
        management: KeyManagement,
        wrapped: Option<&[u8]>,
        content: Content,
        header: &JweHeader,
    ) -> Option<Vec<u8>> {
        fn by<D: JweDecrypter>(
            decrypter: &D,
            wrapped: Option<&[u8]>,
            content: Content,
            header: &JweHeader,
        ) -> Option<Vec<u8>> {
            let key = match content {
                Content::A128CbcHs256 => decrypter.decrypt(wrapped, &enc::A128CBC_HS256, header),
                Content::A256CbcHs512 => decrypter.decrypt(wrapped, &enc::A256CBC_HS512, header),
                Content::A128Gcm => decrypter.decrypt(wrapped, &enc::A128GCM, header),
                Content::A256Gcm => decrypter.decrypt(wrapped, &enc::A256GCM, header),
            };
            key.ok().map(std::borrow::Cow::into_owned)
        }
        match (management, &self.unwrap) {
            (KeyManagement::RsaOaep, Unwrap::Rsa { sha1, .. }) => {
                by(sha1, wrapped, content, header)
            }
            (KeyManagement::RsaOaep256, Unwrap::Rsa { sha256, .. }) => {
                by(sha256, wrapped, content, header)
            }
            (KeyManagement::EcdhEs, Unwrap::Ec { direct, .. }) => {
                by(direct, wrapped, content, header)
            }
            (KeyManagement::EcdhEsA128Kw, Unwrap::Ec { a128, .. }) => {
                by(a128, wrapped, content, header)
            }
            (KeyManagement::EcdhEsA256Kw, Unwrap::Ec { a256, .. }) => {
                by(a256, wrapped, content, header)
            }
            _ => None,
        }
    }
}

impl fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DecryptionKey({})", self.kid)
    }
}

/// The signed token inside `token`, if `managements` and `contents` have its algorithms.
///
/// # Errors
/// When it does not open with `key`.
pub fn open(
    token: &str,
    key: Option<&DecryptionKey>,
    managements: &[KeyManagement],
    contents: &[Content],
) -> Result<String, Unopened> {
    let [head, wrapped, iv, ciphertext, tag] = compact::parts::<5>(token)?;
    let header = compact::header(head)?;
    let management = KeyManagement::named(&header.alg).filter(|one| managements.contains(one));
    let management = management.ok_or_else(|| Unopened::Algorithm(header.alg.clone()))?;
    let named = header.enc.clone().unwrap_or_default();
    let content = Content::named(&named).filter(|one| contents.contains(one));
    let content = content.ok_or(Unopened::Algorithm(named))?;
    let key = key.ok_or(Unopened::NoKey)?;
    if let Some(kid) = header.kid.filter(|kid| *kid != key.kid) {
        return Err(Unopened::OtherKey(kid));
    }
    let (wrapped, iv) = (compact::octets(wrapped)?, compact::octets(iv)?);
    let (ciphertext, tag) = (compact::octets(ciphertext)?, compact::octets(tag)?);
    let header = JweHeader::from_map(header.members).map_err(|_| Malformed::Header("epk"))?;
    let wrapped = (!wrapped.is_empty()).then_some(wrapped.as_slice());
    let content_key = key.unwrap(management, wrapped, content, &header).ok_or(Unopened::Closed)?;
    let sealed =
        Sealed { iv: &iv, ciphertext: &ciphertext, associated: head.as_bytes(), tag: &tag };
    let opened = match content {
        Content::A128CbcHs256 if content_key.len() == 32 => open_cbc_hmac(&content_key, sealed),
        Content::A256CbcHs512 if content_key.len() == 64 => open_cbc_hmac(&content_key, sealed),
        Content::A128Gcm if content_key.len() == 16 => open_gcm(&content_key, sealed),
        Content::A256Gcm if content_key.len() == 32 => open_gcm(&content_key, sealed),
        _ => None,
    };
    let inside = String::from_utf8(opened.ok_or(Unopened::Closed)?);
    let inside = inside.map_err(|_| Unopened::NoToken)?;
    if inside.bytes().filter(|octet| *octet == b'.').count() == 2 {
        Ok(inside)
    } else {
        Err(Unopened::NoToken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use josekit::jwk::{Jwk, P_256};
    use proptest::prelude::*;

    const INSIDE: &str = "a.b.c";

    fn rsa() -> (DecryptionKey, Vec<u8>) {
        let pair = RsaKeyPair::generate(2048).unwrap();
        let public = pair.to_pem_public_key();
        (DecryptionKey::from_pem(&pair.to_pem_private_key()).unwrap(), public)
    }

    fn header(alg: &str, enc: &str, more: &[(&str, Value)]) -> JweHeader {
        let mut header = JweHeader::new();
        header.set_algorithm(alg);
        header.set_content_encryption(enc);
        for (name, value) in more {
            header.set_claim(name, Some(value.clone())).unwrap();
        }
        header
    }

    #[test]
    fn what_is_encrypted_for_us_opens() {
        let (key, public) = rsa();
        let other = rsa().0;
        for (encrypter, alg) in [
            (jwe::RSA_OAEP.encrypter_from_pem(&public).unwrap(), "RSA-OAEP"),
            (jwe::RSA_OAEP_256.encrypter_from_pem(&public).unwrap(), "RSA-OAEP-256"),
        ] {
            for content in Content::ALL {
                let header = header(alg, content.name(), &[]);
                let token = jwe::serialize_compact(INSIDE.as_bytes(), &header, &encrypter).unwrap();
                let opened = |key: &DecryptionKey, contents: &[Content]| {
                    open(&token, Some(key), &KeyManagement::ALL, contents)
                };
                assert_eq!(opened(&key, &Content::ALL).unwrap(), INSIDE);
                assert_eq!(opened(&other, &Content::ALL).unwrap_err(), Unopened::Closed);
                let refused = opened(&key, &[]).unwrap_err();
                assert_eq!(refused.name(), "token-encryption-algorithm");
                let none = open(&token, None, &KeyManagement::ALL, &Content::ALL);
                assert_eq!(none.unwrap_err(), Unopened::NoKey);
            }
        }
    }

    #[test]
    fn agreed_keys_open() {
        let pair = EcKeyPair::generate(P_256).unwrap();
        let key = DecryptionKey::from_pem(&pair.to_pem_private_key()).unwrap();
        let Value::Object(published) = key.published() else { panic!() };
        let public = Jwk::from_map(published).unwrap();
        for (encrypter, alg) in [
            (jwe::ECDH_ES.encrypter_from_jwk(&public).unwrap(), "ECDH-ES"),
            (jwe::ECDH_ES_A128KW.encrypter_from_jwk(&public).unwrap(), "ECDH-ES+A128KW"),
            (jwe::ECDH_ES_A256KW.encrypter_from_jwk(&public).unwrap(), "ECDH-ES+A256KW"),
        ] {
            let header = header(alg, "A256GCM", &[]);
            let token = jwe::serialize_compact(INSIDE.as_bytes(), &header, &encrypter).unwrap();
            let opened = open(&token, Some(&key), &KeyManagement::ALL, &Content::ALL);
            assert_eq!(opened.unwrap(), INSIDE);
            let rsa = open(&token, Some(&rsa().0), &KeyManagement::ALL, &Content::ALL);
            assert!(matches!(rsa, Err(Unopened::Closed | Unopened::OtherKey(_))), "{rsa:?}");
        }
    }

    /// A token that unpacks to much, or asks for a million rounds, is refused by its header.
    #[test]
    fn bombs_are_refused_unopened() {
        let (key, public) = rsa();
        let encrypter = jwe::RSA_OAEP.encrypter_from_pem(&public).unwrap();
        let bomb = vec![b'a'; 5_000_000];
        let packed = header("RSA-OAEP", "A128GCM", &[("zip", "DEF".into())]);
        let token = jwe::serialize_compact(&bomb, &packed, &encrypter).unwrap();
        assert!(token.len() < 20_000, "{}", token.len());
        let refused = open(&token, Some(&key), &KeyManagement::ALL, &Content::ALL).unwrap_err();
        assert_eq!(refused.name(), "token-compressed");

        for (head, name) in [
            (
                r#"{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":2147483647,"p2s":"AA"}"#,
                "token-password",
            ),
            (r#"{"alg":"PBES2-HS256+A128KW","enc":"A128GCM"}"#, "token-encryption-algorithm"),
            (r#"{"alg":"RSA1_5","enc":"A128GCM"}"#, "token-encryption-algorithm"),
            (r#"{"alg":"dir","enc":"A128GCM"}"#, "token-encryption-algorithm"),
        ] {
            let token = format!("{}.AA.AA.AA.AA", URL_SAFE_NO_PAD.encode(head));
            let refused = open(&token, Some(&key), &KeyManagement::ALL, &Content::ALL).unwrap_err();
            assert_eq!(refused.name(), name, "{head}");
        }
    }

    #[test]
    fn only_a_token_may_be_inside() {
        let (key, public) = rsa();
        let encrypter = jwe::RSA_OAEP.encrypter_from_pem(&public).unwrap();
        for inside in ["{}", "a.b.c.d.e", "\u{0}"] {
            let header = header("RSA-OAEP", "A128GCM", &[]);
            let token = jwe::serialize_compact(inside.as_bytes(), &header, &encrypter).unwrap();
            let refused = open(&token, Some(&key), &KeyManagement::ALL, &Content::ALL);
            assert_eq!(refused.unwrap_err(), Unopened::NoToken, "{inside}");
        }
        assert!(DecryptionKey::from_pem(b"none").is_err());
        let short = RsaKeyPair::generate(1024).unwrap().to_pem_private_key();
        assert!(DecryptionKey::from_pem(&short).is_err());
    }

    proptest! {
        #[test]
        fn nothing_makes_it_fall_over(token in "[A-Za-z0-9_.-]{0,120}") {
            let _ = open(&token, None, &KeyManagement::ALL, &Content::ALL);
        }
    }
}
