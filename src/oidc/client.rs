//! We, as one provider knows us: our name there, what was settled, and how we show who we are at its endpoints.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use crate::oidc::discovery::Provider;
use crate::oidc::error::{Refused, SaidError};
use crate::oidc::jose::algorithm::Signing;
use crate::oidc::jose::decrypt::DecryptionKey;
use crate::oidc::jose::sign::{Unsigned, sign};
use crate::oidc::json as strict;
use crate::oidc::openid::{self, Credential, NoAddress};
use crate::oidc::profile::Profile;
use crate::world::fetch::{FetchRequest, FetchResponse};
use crate::world::signer::Signer;

/// We, as one provider knows us.
#[derive(Debug)]
pub struct Client {
    /// Our name for the provider.
    pub upstream: String,
    /// Its rules.
    pub profile: &'static Profile,
    /// Its name for itself.
    pub issuer: String,
    /// Our name there.
    pub client_id: String,
    /// Where its answers come in: an address for this provider alone.
    pub redirect_uri: String,
    /// How we show who we are.
    pub authentication: Authentication,
    /// What it may sign with: some of what the profile allows.
    pub signing: Vec<Signing>,
    /// The key that it encrypts for.
    pub decryption: Option<DecryptionKey>,
    /// Whether its ID tokens must be encrypted, as was settled with it.
    pub encrypted: bool,
    /// Whether the request goes in a signed object (RFC 9101).
    pub request_object: bool,
    /// Whether the request is pushed, even if the provider does not insist (RFC 9126).
    pub push: bool,
    /// What is asked for by `scope`.
    pub scopes: Vec<String>,
    /// What is asked for by `claims`.
    pub claims: Vec<String>,
}

/// How we show who we are.
pub enum Authentication {
    /// A signed assertion, for whom it says.
    PrivateKeyJwt(Audience),
    /// A shared secret in the header.
    SecretBasic(String),
    /// A shared secret in the body.
    SecretPost(String),
}

impl std::fmt::Debug for Authentication {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::PrivateKeyJwt(_) => "PrivateKeyJwt",
            Self::SecretBasic(_) => "SecretBasic",
            Self::SecretPost(_) => "SecretPost",
        })
    }
}

/// For whom our assertions are: providers differ (spec/oidc.md §3.3).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Audience {
    /// The address of the token endpoint: SPID, CIE, OIDC Core §9.
    #[default]
    TokenEndpoint,
    /// The issuer alone: FAPI 2, OpenID Federation, rfc7523bis.
    Issuer,
}

/// A request cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum CannotAsk {
    /// An address is none.
    #[error(transparent)]
    Address(#[from] NoAddress),
    /// The key will not sign.
    #[error(transparent)]
    Unsigned(#[from] Unsigned),
}

/// What shows the provider who we are; `name` is that of the assertion, if one is signed. `also` is an endpoint that wants to be named
/// in it beside the token endpoint, as spid-cie-oidc's does.
pub(super) fn credential<'a>(
    client: &'a Client,
    provider: &Provider,
    also: Option<&Url>,
    signer: &dyn Signer,
    name: &str,
    now: DateTime<Utc>,
) -> Result<Credential<'a>, Unsigned> {
    let audience = match &client.authentication {
        Authentication::SecretBasic(secret) => return Ok(Credential::Basic(secret)),
        Authentication::SecretPost(secret) => return Ok(Credential::Post(secret)),
        Authentication::PrivateKeyJwt(Audience::TokenEndpoint) => match also {
            Some(also) => json!([provider.token_endpoint, also]),
            None => json!(provider.token_endpoint),
        },
        Authentication::PrivateKeyJwt(Audience::Issuer) => json!(client.issuer),
    };
    let claims = json!({
        "iss": client.client_id,
        "sub": client.client_id,
        "aud": audience,
        "iat": now.timestamp(),
        "exp": (now + ASSERTION_LIFE).timestamp(),
        "jti": name,
    });
    let Value::Object(claims) = claims else { return Err(Unsigned::Kind) };
    Ok(Credential::Assertion(sign(signer, Some("JWT"), &claims)?))
}

/// A form to one of the provider's endpoints, with what shows who we are.
pub(super) fn posted(
    endpoint: &Url,
    mut form: form_urlencoded::Serializer<'_, String>,
    client: &Client,
    credential: &Credential<'_>,
) -> FetchRequest {
    let mut request = FetchRequest::get(endpoint.clone())
        .with("content-type", "application/x-www-form-urlencoded")
        .with("accept", "application/json");
    match credential {
        Credential::Assertion(assertion) => {
            form.append_pair("client_assertion_type", openid::ASSERTION_TYPE);
            form.append_pair("client_assertion", assertion);
        }
        Credential::Post(secret) => {
            form.append_pair("client_secret", secret);
        }
        Credential::Basic(secret) => {
            request = request.with("authorization", &basic(&client.client_id, secret));
        }
    }
    request.body = Some(form.finish().into_bytes());
    request
}

/// RFC 6749 §2.3.1: each half is form-encoded first.
fn basic(client_id: &str, secret: &str) -> String {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let both = format!("{}:{}", encode(client_id), encode(secret));
    format!("Basic {}", STANDARD.encode(both))
}

/// A no, in the provider's words if it has any.
pub(super) fn no(answer: &FetchResponse) -> Refused {
    let said = strict::object(&answer.body).ok().and_then(|_| openid::error_code(&answer.body));
    said.map_or(Refused::Status(answer.status), |code| Refused::Said(SaidError::of(&code)))
}

const ASSERTION_LIFE: TimeDelta = TimeDelta::seconds(60);
