//! What the crate openidconnect does for us, behind plain values: its types have seventeen parameters, and none of them leaves this file.

use std::borrow::Cow;
use std::cell::RefCell;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use openidconnect::core::{
    CoreAuthPrompt, CoreAuthenticationFlow, CoreClient, CoreErrorResponseType, CoreIdToken,
    CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJwsSigningAlgorithm, CoreTokenType,
};
use openidconnect::{
    AuthType, AuthUrl, AuthenticationContextClass, AuthorizationCode, ClientId, ClientSecret,
    CsrfToken, EndSessionUrl, ExtraTokenFields, HttpRequest, HttpResponse, IssuerUrl,
    JsonWebKeySet, LanguageTag, LogoutRequest, Nonce, OAuth2TokenResponse, PkceCodeChallenge,
    PkceCodeVerifier, PostLogoutRedirectUrl, RedirectUrl, Scope, StandardErrorResponse,
    StandardTokenResponse, TokenUrl,
};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::oidc::jose::algorithm::Signing;
use crate::oidc::jose::keys::KeySet;
use crate::world::fetch::FetchRequest;

/// What an authorization request says (OIDC Core §3.1.2.1).
#[derive(Clone, Debug)]
pub struct Authorization<'a> {
    /// Where the person is sent.
    pub endpoint: &'a Url,
    /// The provider.
    pub issuer: &'a str,
    /// We.
    pub client_id: &'a str,
    /// Where the answer comes in.
    pub redirect_uri: &'a str,
    /// What the answer must bring back.
    pub state: &'a str,
    /// What the ID token must bring back.
    pub nonce: &'a str,
    /// Whose digest is sent (RFC 7636): 43 to 128 characters.
    pub verifier: &'a str,
    /// `scope`, beside `openid`.
    pub scopes: &'a [String],
    /// `prompt`.
    pub prompts: &'a [&'static str],
    /// `acr_values`, the preferred one first.
    pub acr_values: &'a [String],
    /// `max_age`, seconds.
    pub max_age: Option<u32>,
    /// `ui_locales`.
    pub language: Option<&'a str>,
    /// Further parameters.
    pub more: Vec<(&'static str, String)>,
}

/// How we show the provider who we are at its endpoints.
#[derive(Clone, Debug)]
pub enum Credential<'a> {
    /// A signed assertion of ours (RFC 7523).
    Assertion(String),
    /// A shared secret, in the header.
    Basic(&'a str),
    /// A shared secret, in the body.
    Post(&'a str),
}

/// Not an address; those of a provider's metadata have been judged, so this is a fault of ours.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("an address of the provider or of ours cannot be used")]
pub struct NoAddress;

/// The PKCE challenge of a verifier: SHA-256 of it (RFC 7636 §4.2).
#[must_use]
pub fn challenge(verifier: &str) -> String {
    let verifier = PkceCodeVerifier::new(verifier.to_owned());
    PkceCodeChallenge::from_code_verifier_sha256(&verifier).as_str().to_owned()
}

/// The address that the person is sent to.
///
/// # Errors
/// When an address is none.
pub fn authorization_url(asked: &Authorization<'_>) -> Result<Url, NoAddress> {
    let issuer = IssuerUrl::new(asked.issuer.to_owned()).map_err(|_| NoAddress)?;
    let client = ClientId::new(asked.client_id.to_owned());
    let client = CoreClient::new(client, issuer, JsonWebKeySet::default())
        .set_auth_uri(AuthUrl::from_url(asked.endpoint.clone()))
        .set_redirect_uri(redirect(asked.redirect_uri)?);
    let (state, nonce) =
        (CsrfToken::new(asked.state.to_owned()), Nonce::new(asked.nonce.to_owned()));
    let verifier = PkceCodeVerifier::new(asked.verifier.to_owned());
    let mut request = client
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, || state, || nonce)
        .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
    for scope in asked.scopes.iter().filter(|scope| *scope != "openid") {
        request = request.add_scope(Scope::new(scope.clone()));
    }
    for prompt in asked.prompts {
        request = request.add_prompt(match *prompt {
            "consent" => CoreAuthPrompt::Consent,
            _ => CoreAuthPrompt::Login,
        });
    }
    for acr in asked.acr_values {
        request = request.add_auth_context_value(AuthenticationContextClass::new(acr.clone()));
    }
    if let Some(seconds) = asked.max_age {
        request = request.set_max_age(Duration::from_secs(seconds.into()));
    }
    if let Some(language) = asked.language {
        request = request.add_ui_locale(LanguageTag::new(language.to_owned()));
    }
    for (name, value) in &asked.more {
        request = request.add_extra_param(*name, value.clone());
    }
    Ok(request.url().0)
}

fn redirect(address: &str) -> Result<RedirectUrl, NoAddress> {
    RedirectUrl::new(address.to_owned()).map_err(|_| NoAddress)
}

/// The request that exchanges a code. The crate builds, sends and judges in one call, so it is given a client that keeps what it would
/// have sent.
///
/// # Errors
/// When an address is none.
pub fn token_request(
    endpoint: &Url,
    issuer: &str,
    client_id: &str,
    redirect_uri: &str,
    code: &str,
    verifier: &str,
    credential: &Credential<'_>,
) -> Result<FetchRequest, NoAddress> {
    let issuer = IssuerUrl::new(issuer.to_owned()).map_err(|_| NoAddress)?;
    let client = ClientId::new(client_id.to_owned());
    let client = CoreClient::new(client, issuer, JsonWebKeySet::default());
    let client = match credential {
        Credential::Assertion(_) => client.set_auth_type(AuthType::RequestBody),
        Credential::Basic(secret) => client
            .set_client_secret(ClientSecret::new((*secret).to_owned()))
            .set_auth_type(AuthType::BasicAuth),
        Credential::Post(secret) => client
            .set_client_secret(ClientSecret::new((*secret).to_owned()))
            .set_auth_type(AuthType::RequestBody),
    };
    let client = client
        .set_token_uri(TokenUrl::from_url(endpoint.clone()))
        .set_redirect_uri(redirect(redirect_uri)?);
    let mut request = client
        .exchange_code(AuthorizationCode::new(code.to_owned()))
        .set_pkce_verifier(PkceCodeVerifier::new(verifier.to_owned()));
    if let Credential::Assertion(assertion) = credential {
        request = request
            .add_extra_param("client_assertion_type", ASSERTION_TYPE)
            .add_extra_param("client_assertion", assertion.clone());
    }
    let kept: RefCell<Option<HttpRequest>> = RefCell::new(None);
    let keeping = |request: HttpRequest| -> Result<HttpResponse, Kept> {
        kept.replace(Some(request));
        Err(Kept)
    };
    let _ = request.request(&keeping);
    let kept = kept.into_inner().ok_or(NoAddress)?;
    let headers = kept.headers().iter().filter_map(|(name, value)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    });
    let headers = headers.collect();
    Ok(FetchRequest { url: endpoint.clone(), headers, body: Some(kept.into_body()) })
}

/// RFC 7523 §2.2.
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What the client that keeps a request answers.
#[derive(Debug, thiserror::Error)]
#[error("it is sent later")]
struct Kept;

/// The ID token as it came: the crate's own type would not take an encrypted one.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Raw {
    id_token: Option<String>,
}

impl ExtraTokenFields for Raw {}

/// What a code was exchanged for.
#[derive(Clone)]
pub struct Tokens {
    /// For userinfo.
    pub access_token: String,
    /// Not judged yet.
    pub id_token: Option<String>,
}

/// Tokens from the body of a successful answer, which bears an access token (RFC 6749 §5.1); `None` if it is none, or the token is not
/// a bearer's.
#[must_use]
pub fn tokens(body: &[u8]) -> Option<Tokens> {
    let answer: StandardTokenResponse<Raw, CoreTokenType> = serde_json::from_slice(body).ok()?;
    if *answer.token_type() != CoreTokenType::Bearer {
        return None;
    }
    Some(Tokens {
        access_token: answer.access_token().secret().clone(),
        id_token: answer.extra_fields().id_token.clone(),
    })
}

/// The error code in the body of an answer that is a no (RFC 6749 §5.2).
#[must_use]
pub fn error_code(body: &[u8]) -> Option<String> {
    let error: StandardErrorResponse<CoreErrorResponseType> = serde_json::from_slice(body).ok()?;
    Some(error.error().as_ref().to_owned())
}

/// Whether the crate, with its own cryptography, takes the ID token that ours took. It knows neither encryption nor P-521, and refuses
/// `cty`: for such tokens it is not asked.
///
/// # Errors
/// What it has against the token.
pub fn second_opinion(
    token: &str,
    issuer: &str,
    client_id: &str,
    nonce: &str,
    keys: &KeySet,
    algorithm: Signing,
    now: DateTime<Utc>,
) -> Result<(), String> {
    let algorithm = match algorithm {
        Signing::Rs256 => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
        Signing::Rs384 => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
        Signing::Rs512 => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
        Signing::Ps256 => CoreJwsSigningAlgorithm::RsaSsaPssSha256,
        Signing::Ps384 => CoreJwsSigningAlgorithm::RsaSsaPssSha384,
        Signing::Ps512 => CoreJwsSigningAlgorithm::RsaSsaPssSha512,
        Signing::Es256 => CoreJwsSigningAlgorithm::EcdsaP256Sha256,
        Signing::Es384 => CoreJwsSigningAlgorithm::EcdsaP384Sha384,
        Signing::EdDsa => CoreJwsSigningAlgorithm::EdDsa,
        Signing::Es512 => return Ok(()),
    };
    let keys: CoreJsonWebKeySet =
        serde_json::from_value(keys.to_json()).map_err(|error| error.to_string())?;
    let issuer = IssuerUrl::new(issuer.to_owned()).map_err(|error| error.to_string())?;
    let client_id = ClientId::new(client_id.to_owned());
    let verifier = CoreIdTokenVerifier::new_public_client(client_id, issuer, keys)
        .set_allowed_algs([algorithm])
        .set_time_fn(move || now);
    let token = CoreIdToken::from_str(token).map_err(|error| error.to_string())?;
    let nonce = Nonce::new(nonce.to_owned());
    token.claims(&verifier, &nonce).map(|_| ()).map_err(|error| error.to_string())
}

/// Where the person is sent to log out at the provider (OIDC RP-Initiated Logout 1.0 §2); `id_token` is the one of the login.
///
/// # Errors
/// When an address is none.
pub fn logout_url(
    endpoint: &Url,
    client_id: &str,
    id_token: Option<&str>,
    back_to: &str,
    state: &str,
) -> Result<Url, NoAddress> {
    let request = LogoutRequest::from(EndSessionUrl::from_url(endpoint.clone()))
        .set_client_id(ClientId::new(client_id.to_owned()))
        .set_post_logout_redirect_uri(
            PostLogoutRedirectUrl::new(back_to.to_owned()).map_err(|_| NoAddress)?,
        )
        .set_state(CsrfToken::new(state.to_owned()));
    let mut url = request.http_get_url();
    if let Some(token) = id_token {
        url.query_pairs_mut().append_pair("id_token_hint", token);
    }
    Ok(url)
}

/// `url` with other parameters: its scheme, host and path, and the query that the provider's metadata have.
#[must_use]
pub fn with_query(url: &Url, parameters: &[(&str, Cow<'_, str>)]) -> Url {
    let mut url = url.clone();
    for (name, value) in parameters {
        url.query_pairs_mut().append_pair(name, value);
    }
    url
}
