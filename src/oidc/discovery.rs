//! A provider's metadata: fetched or given, and judged before anything in it is used (OIDC Discovery 1.0 §3 and §4.3, RFC 8414).

use serde_json::{Map, Value};
use url::Url;

use crate::oidc::jose::keys::{KeySet, KeySetFault};
use crate::oidc::json::{self, JsonFault};
use crate::world::fetch::is_safe;

/// What a provider says of itself.
#[derive(Clone, Debug)]
pub struct Provider {
    /// Its name; exactly the one in the settings.
    pub issuer: String,
    /// Where the person is sent.
    pub authorization_endpoint: Url,
    /// Where a code is exchanged.
    pub token_endpoint: Url,
    /// Where more is said of the person.
    pub userinfo_endpoint: Option<Url>,
    /// Where its keys are.
    pub keys_at: Option<Url>,
    /// Its keys, if the metadata bring them along.
    pub keys: Option<KeySet>,
    /// Where a request is pushed (RFC 9126).
    pub pushed_endpoint: Option<Url>,
    /// Whether it takes pushed requests alone.
    pub pushed_only: bool,
    /// Where a token is given back (RFC 7009).
    pub revocation_endpoint: Option<Url>,
    /// Where the person is sent to log out.
    pub end_session_endpoint: Option<Url>,
    /// Whether its authorization responses say who sent them (RFC 9207).
    pub says_issuer: bool,
    /// Whether it reads the `claims` parameter.
    pub reads_claims: bool,
}

/// Why metadata are not taken.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DiscoveryFault {
    /// Not JSON that is taken.
    #[error("{0}")]
    Json(#[from] JsonFault),
    /// They are of another provider.
    #[error("they are of the issuer {found:?}, and {expected:?} was asked")]
    Issuer {
        /// The one that the settings name.
        expected: String,
        /// What they say.
        found: String,
    },
    /// A member must be there.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// Not an address that is taken.
    #[error("{0} is not an https address without fragment and user")]
    Address(&'static str),
    /// An address elsewhere than the settings allow.
    #[error("{member} is at {origin}, which the settings do not name for this provider")]
    Elsewhere {
        /// Which.
        member: &'static str,
        /// Where.
        origin: String,
    },
    /// It does not do what we need.
    #[error("{0} does not list {1}")]
    Lacks(&'static str, &'static str),
    /// Its keys cannot be read.
    #[error("its keys: {0}")]
    Keys(#[from] KeySetFault),
}

impl DiscoveryFault {
    /// Its name in the log.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Json(JsonFault::Duplicate) => "json-duplicate-member",
            Self::Json(JsonFault::Deep) => "json-too-deep",
            Self::Json(_) => "json-form",
            Self::Issuer { .. } => "discovery-issuer",
            Self::Missing(_) => "discovery-missing",
            Self::Address(_) => "discovery-address",
            Self::Elsewhere { .. } => "discovery-elsewhere",
            Self::Lacks(..) => "discovery-lacks",
            Self::Keys(fault) => fault.name(),
        }
    }
}

/// Where the metadata of `issuer` are: its own path, and below it the well-known one (OIDC Discovery 1.0 §4).
#[must_use]
pub fn address(issuer: &str) -> Option<Url> {
    let url = Url::parse(issuer).ok()?;
    if url.query().is_some() || url.fragment().is_some() || !is_safe(&url) {
        return None;
    }
    let whole = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    Url::parse(&whole).ok()
}

/// Reads the metadata of `issuer`. What is fetched from them must be at one of `origins`, whatever they say.
///
/// # Errors
/// When they are another's, or lack or name something that is not taken.
pub fn read(octets: &[u8], issuer: &str, origins: &[String]) -> Result<Provider, DiscoveryFault> {
    let members = json::object(octets)?;
    let found = json::text(&members, "issuer").unwrap_or_default();
    if found != issuer {
        let (expected, found) = (issuer.to_owned(), found.to_owned());
        return Err(DiscoveryFault::Issuer { expected, found });
    }
    lists(&members, "response_types_supported", "code")?;
    lists(&members, "code_challenge_methods_supported", "S256")?;
    let fetched = |member| here(&members, member, origins);
    let flag = |name: &str| members.get(name) == Some(&Value::Bool(true));
    let keys = members.get("jwks").and_then(Value::as_object).map(KeySet::of).transpose()?;
    let keys_at = fetched("jwks_uri")?;
    if keys.is_none() && keys_at.is_none() {
        return Err(DiscoveryFault::Missing("jwks_uri"));
    }
    Ok(Provider {
        issuer: issuer.to_owned(),
        authorization_endpoint: anywhere(&members, "authorization_endpoint")?
            .ok_or(DiscoveryFault::Missing("authorization_endpoint"))?,
        token_endpoint: fetched("token_endpoint")?
            .ok_or(DiscoveryFault::Missing("token_endpoint"))?,
        userinfo_endpoint: fetched("userinfo_endpoint")?,
        keys_at,
        keys,
        pushed_endpoint: fetched("pushed_authorization_request_endpoint")?,
        pushed_only: flag("require_pushed_authorization_requests"),
        revocation_endpoint: fetched("revocation_endpoint")?,
        end_session_endpoint: anywhere(&members, "end_session_endpoint")?,
        says_issuer: flag("authorization_response_iss_parameter_supported"),
        reads_claims: flag("claims_parameter_supported"),
    })
}

/// A list that is there must have `entry`; one that is not there promises nothing.
fn lists(
    members: &Map<String, Value>,
    name: &'static str,
    entry: &'static str,
) -> Result<(), DiscoveryFault> {
    let has = members.get(name).is_none_or(|list| {
        list.as_array().is_some_and(|list| list.iter().any(|one| one.as_str() == Some(entry)))
    });
    if has { Ok(()) } else { Err(DiscoveryFault::Lacks(name, entry)) }
}

/// An address that the browser is sent to.
fn anywhere(
    members: &Map<String, Value>,
    name: &'static str,
) -> Result<Option<Url>, DiscoveryFault> {
    let Some(value) = members.get(name) else { return Ok(None) };
    let url = value.as_str().and_then(|text| Url::parse(text).ok()).filter(|url| {
        let has_user = !url.username().is_empty() || url.password().is_some();
        is_safe(url) && url.fragment().is_none() && !has_user
    });
    url.map(Some).ok_or(DiscoveryFault::Address(name))
}

/// An address that we fetch from ourselves.
fn here(
    members: &Map<String, Value>,
    name: &'static str,
    origins: &[String],
) -> Result<Option<Url>, DiscoveryFault> {
    let Some(url) = anywhere(members, name)? else { return Ok(None) };
    let origin = url.origin().ascii_serialization();
    if origins.contains(&origin) {
        Ok(Some(url))
    } else {
        Err(DiscoveryFault::Elsewhere { member: name, origin })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const ISSUER: &str = "https://op.example.org/tenant";

    fn good() -> Value {
        json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://login.example.com/auth?theme=a",
            "token_endpoint": "https://op.example.org/token",
            "userinfo_endpoint": "https://op.example.org/me",
            "jwks_uri": "https://op.example.org/jwks",
            "response_types_supported": ["code", "code id_token"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
        })
    }

    fn name_of(metadata: &Value) -> &'static str {
        let origins = ["https://op.example.org".to_owned()];
        match read(metadata.to_string().as_bytes(), ISSUER, &origins) {
            Ok(_) => "taken",
            Err(fault) => fault.name(),
        }
    }

    fn with(member: &str, value: Value) -> Value {
        let mut metadata = good();
        metadata[member] = value;
        metadata
    }

    #[test]
    fn metadata_are_judged() {
        let origins = ["https://op.example.org".to_owned()];
        let provider = read(good().to_string().as_bytes(), ISSUER, &origins).unwrap();
        assert!(provider.says_issuer && !provider.pushed_only);
        assert_eq!(provider.authorization_endpoint.query(), Some("theme=a"));
        for (member, value, name) in [
            ("issuer", json!("https://op.example.org/tenant/"), "discovery-issuer"),
            ("issuer", json!("https://other.example.org"), "discovery-issuer"),
            ("issuer", json!(1), "discovery-issuer"),
            ("token_endpoint", json!("https://evil.example.org/token"), "discovery-elsewhere"),
            ("token_endpoint", json!("https://op.example.org:8443/token"), "discovery-elsewhere"),
            ("token_endpoint", json!("http://op.example.org/token"), "discovery-address"),
            ("token_endpoint", json!("https://a:b@op.example.org/token"), "discovery-address"),
            ("token_endpoint", json!("https://op.example.org/token#a"), "discovery-address"),
            ("token_endpoint", json!("file:///etc/passwd"), "discovery-address"),
            ("jwks_uri", json!("https://169.254.169.254/jwks"), "discovery-elsewhere"),
            ("userinfo_endpoint", json!("https://evil.example.org/me"), "discovery-elsewhere"),
            ("authorization_endpoint", json!("javascript:alert(1)"), "discovery-address"),
            ("authorization_endpoint", json!("http://op.example.org/auth"), "discovery-address"),
            ("response_types_supported", json!(["id_token"]), "discovery-lacks"),
            ("code_challenge_methods_supported", json!(["plain"]), "discovery-lacks"),
            ("end_session_endpoint", json!("https://op.example.org/end"), "taken"),
            ("revocation_endpoint", json!("https://op.example.org/revoke"), "taken"),
            (
                "revocation_endpoint",
                json!("https://evil.example.org/revoke"),
                "discovery-elsewhere",
            ),
            ("unknown", json!({"deep": [1]}), "taken"),
        ] {
            assert_eq!(name_of(&with(member, value.clone())), name, "{member} {value}");
        }
        for member in ["token_endpoint", "authorization_endpoint", "jwks_uri"] {
            let mut metadata = good();
            metadata.as_object_mut().unwrap().remove(member);
            assert_eq!(name_of(&metadata), "discovery-missing", "{member}");
        }
        let twice =
            good().to_string().replacen('{', r#"{"token_endpoint":"https://op.example.org/t","#, 1);
        let refused = read(twice.as_bytes(), ISSUER, &origins).unwrap_err();
        assert_eq!(refused.name(), "json-duplicate-member");
    }

    #[test]
    fn the_address_is_below_the_issuer() {
        let at = |issuer| address(issuer).map(|url| url.to_string());
        let expected = "https://op.example.org/tenant/.well-known/openid-configuration";
        assert_eq!(at(ISSUER).as_deref(), Some(expected));
        assert_eq!(at("https://op.example.org/tenant/").as_deref(), Some(expected));
        assert!(at("http://op.example.org").is_none());
        assert!(at("https://op.example.org?a").is_none());
    }

    proptest! {
        #[test]
        fn nothing_makes_it_fall_over(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&octets, ISSUER, &[]);
            let _ = KeySet::read(&octets);
        }
    }
}
