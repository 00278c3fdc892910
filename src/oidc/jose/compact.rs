//! The compact form taken apart, before any cryptography: parts, their base64url, and a header with nothing that steers us.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::oidc::json::{self, JsonFault};

/// Octets of a whole token, more than which none has.
pub const LONGEST: usize = 256 * 1024;
const LONGEST_HEADER: usize = 4096;

/// Why a token was not taken apart.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Malformed {
    /// Not as many parts as it must have.
    #[error("it has not the parts of a compact token")]
    Parts,
    /// Longer than [`LONGEST`].
    #[error("it is too long")]
    Long,
    /// Not base64url without padding.
    #[error("a part is not base64url")]
    Base64,
    /// Header or claims are no JSON object that is taken.
    #[error("{0}")]
    Json(#[from] JsonFault),
    /// A member of the header that is not text.
    #[error("the header's {0} is not text")]
    Header(&'static str),
    /// A member of the header that would have us fetch, unpack, or believe a key.
    #[error("the header has {0}, which is not taken")]
    Steering(&'static str),
}

impl Malformed {
    /// Its name in the log.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Parts => "token-parts",
            Self::Long => "token-too-long",
            Self::Base64 => "token-base64",
            Self::Json(JsonFault::Duplicate) => "json-duplicate-member",
            Self::Json(JsonFault::Deep) => "json-too-deep",
            Self::Json(_) => "json-form",
            Self::Header(_) => "token-header",
            Self::Steering("zip") => "token-compressed",
            Self::Steering("p2c" | "p2s") => "token-password",
            Self::Steering("crit" | "b64") => "token-critical",
            Self::Steering(_) => "token-foreign-key",
        }
    }
}

/// Members that no token may have: they bring a key along or say where one is, unpack, ask for work, or change the rules.
const STEERING: [&str; 8] = ["jku", "jwk", "x5u", "zip", "p2c", "p2s", "crit", "b64"];

/// A header, read before anything is believed.
#[derive(Clone, Debug)]
pub struct Header {
    /// `alg`.
    pub alg: String,
    /// `kid`.
    pub kid: Option<String>,
    /// `typ`, in lower case and without `application/`.
    pub typ: Option<String>,
    /// `enc`.
    pub enc: Option<String>,
    /// All of it.
    pub members: Map<String, Value>,
}

/// The `N` parts of `token`.
///
/// # Errors
/// When it has more or fewer, or is too long.
pub fn parts<const N: usize>(token: &str) -> Result<[&str; N], Malformed> {
    if token.len() > LONGEST {
        return Err(Malformed::Long);
    }
    let parts: Vec<&str> = token.splitn(N + 1, '.').collect();
    parts.try_into().map_err(|_| Malformed::Parts)
}

/// Whether it has the five parts of an encrypted token.
#[must_use]
pub fn is_encrypted(token: &str) -> bool {
    token.bytes().filter(|octet| *octet == b'.').count() == 4
}

/// The octets of one part.
///
/// # Errors
/// When it is not base64url without padding, in the one form that it has.
pub fn octets(part: &str) -> Result<Vec<u8>, Malformed> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Malformed::Base64)
}

/// The header that `part` is.
///
/// # Errors
/// When it cannot be read or has a member that steers us.
pub fn header(part: &str) -> Result<Header, Malformed> {
    if part.len() > LONGEST_HEADER {
        return Err(Malformed::Long);
    }
    let members = json::object(&octets(part)?)?;
    if let Some(name) = STEERING.into_iter().find(|name| members.contains_key(*name)) {
        return Err(Malformed::Steering(name));
    }
    let text = |name: &'static str| match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Malformed::Header(name)),
    };
    let typ = text("typ")?.map(|typ| {
        let typ = typ.to_ascii_lowercase();
        typ.strip_prefix("application/").map_or_else(|| typ.clone(), str::to_owned)
    });
    Ok(Header {
        alg: text("alg")?.ok_or(Malformed::Header("alg"))?,
        kid: text("kid")?,
        typ,
        enc: text("enc")?,
        members,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> Result<Header, Malformed> {
        header(&URL_SAFE_NO_PAD.encode(json))
    }

    #[test]
    fn a_header_that_steers_is_refused() {
        let good = of(r#"{"alg":"RS256","kid":"a","typ":"application/JWT","x5t":"ignored"}"#);
        let good = good.unwrap();
        assert_eq!((good.alg.as_str(), good.typ.as_deref()), ("RS256", Some("jwt")));
        for name in STEERING {
            let refused = of(&format!(r#"{{"alg":"RS256","{name}":"x"}}"#));
            assert_eq!(refused.unwrap_err(), Malformed::Steering(name));
        }
        assert_eq!(of(r#"{"kid":"a"}"#).unwrap_err(), Malformed::Header("alg"));
        assert_eq!(of(r#"{"alg":["RS256"]}"#).unwrap_err(), Malformed::Header("alg"));
        let twice = of(r#"{"alg":"none","alg":"RS256"}"#).unwrap_err();
        assert_eq!(twice.name(), "json-duplicate-member");
    }

    #[test]
    fn parts_are_counted() {
        assert_eq!(parts::<3>("a.b.c").unwrap(), ["a", "b", "c"]);
        for wrong in ["a.b", "a.b.c.d", ""] {
            assert_eq!(parts::<3>(wrong).unwrap_err(), Malformed::Parts);
        }
        assert_eq!(parts::<3>(&"a".repeat(LONGEST + 1)).unwrap_err(), Malformed::Long);
        assert!(is_encrypted("a.b.c.d.e") && !is_encrypted("a.b.c"));
        for wrong in ["YQ==", "Y+", "Y", "YR"] {
            assert_eq!(octets(wrong).unwrap_err(), Malformed::Base64, "{wrong}");
        }
    }
}
