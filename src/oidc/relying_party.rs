//! A login at a provider: the code that a browser brings back, and its exchange (OIDC Core §3.1.2.7 and §3.1.3, RFC 9207, RFC 9700).
//!
//! Each step gives what is to be sent, or judges what came; the caller sends, and keeps [`Pending`] from the request on.

use chrono::{DateTime, Utc};
use url::form_urlencoded;

use crate::oidc::client::{CannotAsk, Client, credential, no};
use crate::oidc::discovery::Provider;
use crate::oidc::error::{Refused, SaidError, demand};
use crate::oidc::id_token::{self, Expected, Identity};
use crate::oidc::jose::compact;
use crate::oidc::jose::decrypt;
use crate::oidc::jose::keys::KeySet;
use crate::oidc::jose::verify::verify;
use crate::oidc::json as strict;
use crate::oidc::openid::{self, Tokens};
use crate::oidc::profile::ResponseIssuer;
use crate::oidc::request::Pending;
use crate::world::fetch::{FetchRequest, FetchResponse};
use crate::world::signer::Signer;

/// What a browser brought back.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Callback {
    parameters: Vec<(String, String)>,
}

impl Callback {
    /// Takes a query or a form apart. Nothing in it is believed yet, `state` is only to find the [`Pending`] by.
    ///
    /// # Errors
    /// When a parameter is there twice, or there are too many or too long ones.
    pub fn read(raw: &str) -> Result<Self, Refused> {
        demand(raw.len() <= 16 * 1024, "callback-too-long", "the answer is too long")?;
        let mut parameters: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(raw.as_bytes()) {
            let is_new = parameters.iter().all(|(known, _)| *known != name);
            demand(is_new, "callback-parameter-twice", "a parameter is there twice")?;
            parameters.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self { parameters })
    }

    /// `state`.
    #[must_use]
    pub fn state(&self) -> Option<&str> {
        self.get("state")
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The code out of what a browser brought back to the address of this provider.
///
/// # Errors
/// When it is not of this request or from this provider, or the provider says no.
pub fn code(
    callback: &Callback,
    client: &Client,
    provider: &Provider,
    pending: &Pending,
) -> Result<String, Refused> {
    let is_asked = pending.issuer == client.issuer && pending.redirect_uri == client.redirect_uri;
    demand(is_asked, "callback-provider", "it came to the address of another provider")?;
    let is_ours = callback.state() == Some(pending.state.as_str());
    demand(is_ours, "callback-state", "it is of another request (state)")?;
    let issuer = callback.get("iss");
    let must = match client.profile.response_issuer {
        ResponseIssuer::Required => true,
        ResponseIssuer::AsPromised => provider.says_issuer,
        ResponseIssuer::Absent => false,
    };
    demand(
        issuer.is_some() || !must,
        "callback-issuer-missing",
        "it does not say who sent it (iss)",
    )?;
    let is_from = issuer.is_none_or(|issuer| issuer == client.issuer);
    demand(is_from, "callback-issuer", "it is from another provider (iss)")?;
    if let Some(error) = callback.get("error") {
        return Err(Refused::Said(SaidError::of(error)));
    }
    let code = callback.get("code").filter(|code| !code.is_empty());
    let code = code.ok_or(Refused::Rule { name: "callback-code", text: "it has no code" })?;
    Ok(code.to_owned())
}

/// The request that exchanges a code, and how its answer is judged.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// What is sent.
    pub request: FetchRequest,
}

impl Exchange {
    /// Prepares the exchange of `code`; `name` is that of the assertion, if one is signed.
    ///
    /// # Errors
    /// When the request cannot be made.
    pub fn of(
        code: &str,
        client: &Client,
        provider: &Provider,
        signer: &dyn Signer,
        pending: &Pending,
        name: &str,
        now: DateTime<Utc>,
    ) -> Result<Self, CannotAsk> {
        let credential = credential(client, provider, None, signer, name, now)?;
        let request = openid::token_request(
            &provider.token_endpoint,
            &client.issuer,
            &client.client_id,
            &pending.redirect_uri,
            code,
            &pending.verifier,
            &credential,
        )?;
        Ok(Self { request })
    }
}

/// Somebody logged in at the provider.
#[derive(Clone)]
pub struct LoggedIn {
    /// What the ID token says.
    pub identity: Identity,
    /// The signed ID token, which a logout names.
    pub id_token: String,
    /// For userinfo.
    pub access_token: String,
}

/// Judges the answer to an exchange, with the provider's `keys`. If it [wants keys](Refused::wants_keys) the same answer may be judged
/// once more with newer ones.
///
/// # Errors
/// When the provider says no, or its answer is not taken.
pub fn finish(
    answer: &FetchResponse,
    client: &Client,
    pending: &Pending,
    keys: &KeySet,
    now: DateTime<Utc>,
) -> Result<LoggedIn, Refused> {
    let Tokens { access_token, id_token } = tokens(answer)?;
    let id_token =
        id_token.ok_or(Refused::Rule { name: "id-token-missing", text: "there is no ID token" })?;
    let is_encrypted = compact::is_encrypted(&id_token);
    demand(
        is_encrypted || !client.encrypted,
        "id-token-unencrypted",
        "the ID token is not encrypted, as was settled",
    )?;
    demand(
        !(is_encrypted && client.profile.plain_id_token),
        "id-token-encrypted",
        "the ID token is encrypted, which the rules do not know",
    )?;
    let profile = client.profile;
    let inside = match is_encrypted {
        true => {
            let key = client.decryption.as_ref();
            decrypt::open(&id_token, key, profile.key_management, profile.content)?
        }
        false => id_token,
    };
    let signed = verify(&inside, keys, &client.signing)?;
    let expected = Expected {
        profile,
        issuer: &client.issuer,
        client_id: &client.client_id,
        nonce: &pending.nonce,
        asked: pending.asked,
        max_age: pending.max_age,
        access_token: &access_token,
    };
    let identity = id_token::judge(&signed, &inside, &expected, now)?;
    if profile.name == "generic" && !signed.has_content_type() {
        openid::second_opinion(
            &inside,
            &client.issuer,
            &client.client_id,
            &pending.nonce,
            keys,
            signed.algorithm(),
            now - id_token::SKEW,
        )
        .map_err(Refused::Disagreement)?;
    }
    Ok(LoggedIn { identity, id_token: inside, access_token })
}

fn tokens(answer: &FetchResponse) -> Result<Tokens, Refused> {
    if answer.status != 200 {
        return Err(no(answer));
    }
    let media = answer.content_type.as_deref().unwrap_or_default().to_ascii_lowercase();
    demand(
        media.split(';').next().map(str::trim) == Some("application/json"),
        "token-media-type",
        "the answer of the token endpoint is not JSON by its media type",
    )?;
    strict::object(&answer.body)?;
    openid::tokens(&answer.body).ok_or(Refused::Rule {
        name: "token-answer",
        text: "the token endpoint gave no access token for a bearer",
    })
}
