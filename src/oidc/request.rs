//! The request out: by the browser, in a signed object, or pushed first; and what is remembered of it (OIDC Core §3.1.2, RFC 9101, RFC 9126).

use std::borrow::Cow;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use url::{Url, form_urlencoded};

use crate::oidc::client::{CannotAsk, Client, credential, no, posted};
use crate::oidc::discovery::Provider;
use crate::oidc::error::{Refused, demand};
use crate::oidc::jose::sign::sign;
use crate::oidc::json as strict;
use crate::oidc::openid::{self, Authorization};
use crate::oidc::profile::Prompt;
use crate::world::fetch::{FetchRequest, FetchResponse};
use crate::world::signer::Signer;

/// What is asked of a provider.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ask<'a> {
    /// Levels, the preferred one first.
    pub acr_values: &'a [String],
    /// Whether less than that is no login (RFC 9470), where the provider reads `claims`.
    pub essential: bool,
    /// Whether the person must show who they are anew.
    pub afresh: bool,
    /// The language of its pages.
    pub language: Option<&'a str>,
}

/// What nobody can guess: letters and digits, 43 to 128 of them each.
#[derive(Clone)]
pub struct Chance {
    /// What the browser must bring back.
    pub state: String,
    /// What the ID token must bring back.
    pub nonce: String,
    /// Whose digest goes with the request, and itself with the code.
    pub verifier: String,
    /// The names of what we sign.
    pub names: [String; 2],
}

/// What must be remembered until the browser is back.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Pending {
    /// Whom we asked.
    pub issuer: String,
    /// What the browser must bring back.
    pub state: String,
    /// What the ID token must bring back.
    pub nonce: String,
    /// The PKCE verifier.
    pub verifier: String,
    /// Where the answer must come in.
    pub redirect_uri: String,
    /// When.
    pub asked: DateTime<Utc>,
    /// How old the login may be, if that was asked.
    pub max_age: Option<u32>,
}

/// A request, made.
#[derive(Clone, Debug)]
pub struct Begun {
    /// Where the browser goes, unless it is pushed. There is no secret in it.
    pub url: Url,
    /// What is sent first, if it is pushed: [`pushed`] reads out of the answer where the browser goes then.
    pub push: Option<FetchRequest>,
}

/// Begins a login.
///
/// # Errors
/// When the request cannot be made.
pub fn begin(
    client: &Client,
    provider: &Provider,
    signer: &dyn Signer,
    ask: Ask<'_>,
    chance: &Chance,
    now: DateTime<Utc>,
) -> Result<(Begun, Pending), CannotAsk> {
    let max_age = (ask.afresh && client.profile.auth_time).then_some(0);
    let pending = Pending {
        issuer: client.issuer.clone(),
        state: chance.state.clone(),
        nonce: chance.nonce.clone(),
        verifier: chance.verifier.clone(),
        redirect_uri: client.redirect_uri.clone(),
        asked: now,
        max_age,
    };
    let prompts: &[&'static str] = match (client.profile.prompt, ask.afresh) {
        (Prompt::Consent, false) => &["consent"],
        (Prompt::Consent, true) => &["consent", "login"],
        (Prompt::Login, false) => &[],
        (Prompt::Login, true) => &["login"],
    };
    let mut authorization = Authorization {
        endpoint: &provider.authorization_endpoint,
        issuer: &client.issuer,
        client_id: &client.client_id,
        redirect_uri: &client.redirect_uri,
        state: &chance.state,
        nonce: &chance.nonce,
        verifier: &chance.verifier,
        scopes: &client.scopes,
        prompts,
        acr_values: ask.acr_values,
        max_age,
        language: ask.language,
        more: Vec::new(),
    };
    let asked_claims = claims_parameter(client, provider, &ask);
    let with_object = client.request_object || client.profile.request_object;
    if with_object {
        let object = request_object(client, &authorization, asked_claims, chance, now);
        let typ = (!client.profile.request_object).then_some("oauth-authz-req+jwt");
        authorization.more.push(("request", sign(signer, typ, &object)?));
    } else if let Some(claims) = asked_claims {
        authorization.more.push(("claims", claims.to_string()));
    }
    let url = openid::authorization_url(&authorization)?;
    let Some(endpoint) = push_to(client, provider) else {
        return Ok((Begun { url, push: None }, pending));
    };
    let mut form = form_urlencoded::Serializer::new(String::new());
    let own = provider.authorization_endpoint.query_pairs().count();
    for (name, value) in url.query_pairs().skip(own) {
        if !with_object || name == "client_id" || name == "request" {
            form.append_pair(&name, &value);
        }
    }
    let credential = credential(client, provider, None, signer, &chance.names[1], now)?;
    let request = posted(endpoint, form, client, &credential);
    Ok((Begun { url, push: Some(request) }, pending))
}

fn push_to<'a>(client: &Client, provider: &'a Provider) -> Option<&'a Url> {
    let wanted = client.push || provider.pushed_only;
    provider.pushed_endpoint.as_ref().filter(|_| wanted)
}

/// OIDC Core §5.5: claims of userinfo; and the levels as essential ones of the ID token, where less is no login.
fn claims_parameter(client: &Client, provider: &Provider, ask: &Ask<'_>) -> Option<Value> {
    let mut whole = Map::new();
    if !client.claims.is_empty() {
        let asked = client.claims.iter().map(|claim| (claim.clone(), json!({"essential": true})));
        let asked: Map<String, Value> = asked.collect();
        whole.insert("userinfo".to_owned(), Value::Object(asked));
    }
    let by_claims = ask.essential && provider.reads_claims && !client.profile.request_object;
    if by_claims && !ask.acr_values.is_empty() {
        let acr = json!({"acr": {"essential": true, "values": ask.acr_values}});
        whole.insert("id_token".to_owned(), acr);
    }
    (!whole.is_empty()).then_some(Value::Object(whole))
}

/// RFC 9101 §4, spec/oidc.md §1.1; always with a name of its own, which federation demands (§2.6).
fn request_object(
    client: &Client,
    asked: &Authorization<'_>,
    claims: Option<Value>,
    chance: &Chance,
    now: DateTime<Utc>,
) -> Map<String, Value> {
    let mut scope = vec!["openid"];
    scope.extend(asked.scopes.iter().map(String::as_str).filter(|scope| *scope != "openid"));
    let mut object = Map::new();
    let mut say = |name: &str, value: Value| object.insert(name.to_owned(), value);
    say("iss", client.client_id.as_str().into());
    say("client_id", client.client_id.as_str().into());
    say("aud", client.issuer.as_str().into());
    say("iat", now.timestamp().into());
    say("nbf", now.timestamp().into());
    say("exp", (now + OBJECT_LIFE).timestamp().into());
    say("jti", chance.names[0].as_str().into());
    say("response_type", "code".into());
    say("scope", scope.join(" ").into());
    say("redirect_uri", asked.redirect_uri.into());
    say("code_challenge", openid::challenge(asked.verifier).into());
    say("code_challenge_method", "S256".into());
    say("nonce", asked.nonce.into());
    say("state", asked.state.into());
    if !asked.prompts.is_empty() {
        say("prompt", asked.prompts.join(" ").into());
    }
    if !asked.acr_values.is_empty() {
        say("acr_values", asked.acr_values.join(" ").into());
    }
    if let Some(seconds) = asked.max_age {
        say("max_age", seconds.into());
    }
    if let Some(language) = asked.language {
        say("ui_locales", language.into());
    }
    if let Some(claims) = claims {
        say("claims", claims);
    }
    object
}

/// The address that the browser goes to once the request was pushed (RFC 9126 §2.2 and §4).
///
/// # Errors
/// When the provider did not take it.
pub fn pushed(
    client: &Client,
    provider: &Provider,
    answer: &FetchResponse,
) -> Result<Url, Refused> {
    if !matches!(answer.status, 200 | 201) {
        return Err(no(answer));
    }
    let members = strict::object(&answer.body)?;
    let uri = strict::text(&members, "request_uri").unwrap_or_default();
    let is_uri = (1..=512).contains(&uri.len()) && uri.chars().all(|c| c.is_ascii_graphic());
    demand(is_uri, "pushed-request-uri", "the pushed request has no request_uri")?;
    let query = [("client_id", Cow::from(&client.client_id)), ("request_uri", Cow::from(uri))];
    Ok(openid::with_query(&provider.authorization_endpoint, &query))
}

const OBJECT_LIFE: TimeDelta = TimeDelta::minutes(5);
