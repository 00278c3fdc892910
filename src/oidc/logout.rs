//! Logout with a provider: the token that we give back, and the one that it sends when a session of its ends (RFC 7009, OIDC
//! Back-Channel Logout 1.0).

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::oidc::client::{Client, credential, posted};
use crate::oidc::discovery::Provider;
use crate::oidc::error::{Refused, demand};
use crate::oidc::id_token::{SKEW, at};
use crate::oidc::jose::compact;
use crate::oidc::jose::decrypt;
use crate::oidc::jose::keys::KeySet;
use crate::oidc::jose::sign::Unsigned;
use crate::oidc::jose::verify::verify;
use crate::oidc::json;
use crate::world::fetch::FetchRequest;
use crate::world::signer::Signer;

/// The request that gives `access_token` back, which ends the session there (RFC 7009 §2.1, spec/oidc.md §1.5); `name` is that of the
/// assertion, if one is signed. `None`: the provider takes none back, or its sessions end otherwise.
///
/// # Errors
/// When the request cannot be signed.
pub fn revocation(
    access_token: &str,
    client: &Client,
    provider: &Provider,
    signer: &dyn Signer,
    name: &str,
    now: DateTime<Utc>,
) -> Result<Option<FetchRequest>, Unsigned> {
    let Some(endpoint) = provider.revocation_endpoint.as_ref().filter(|_| client.profile.revokes)
    else {
        return Ok(None);
    };
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("token", access_token);
    form.append_pair("token_type_hint", "access_token");
    form.append_pair("client_id", &client.client_id);
    let credential = credential(client, provider, Some(endpoint), signer, name, now)?;
    Ok(Some(posted(endpoint, form, client, &credential)))
}

/// Whose sessions end.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LoggedOut {
    /// The person's name there.
    pub subject: Option<String>,
    /// The one session; without it all of the person's.
    pub session: Option<String>,
    /// The token's own name: good for once.
    pub token_id: String,
    /// Until when that must be remembered.
    pub expires: DateTime<Utc>,
}

/// Judges a logout token (OIDC Back-Channel Logout 1.0 §2.6). That its name is new is for the caller to see.
///
/// # Errors
/// The first rule that is broken.
pub fn judge(
    token: &str,
    client: &Client,
    keys: &KeySet,
    now: DateTime<Utc>,
) -> Result<LoggedOut, Refused> {
    let inside = match compact::is_encrypted(token) {
        true => {
            let (profile, key) = (client.profile, client.decryption.as_ref());
            decrypt::open(token, key, profile.key_management, profile.content)?
        }
        false => token.to_owned(),
    };
    let signed = verify(&inside, keys, &client.signing)?;
    let members = signed.members();
    let is_type = matches!(signed.typ(), None | Some("logout+jwt" | "jwt"));
    demand(is_type, "logout-token-type", "the token is of another type (typ)")?;
    let by = json::text(members, "iss");
    demand(
        by == Some(client.issuer.as_str()),
        "logout-token-issuer",
        "it is another provider's (iss)",
    )?;
    let audience = members.get("aud").and_then(json::texts).unwrap_or_default();
    demand(
        audience.contains(&client.client_id.as_str()),
        "logout-token-audience",
        "it is not for us (aud)",
    )?;
    let expires = recent(members, now)?;
    demand(is_logout(members), "logout-token-event", "it is not of a logout (events)")?;
    let has_nonce = members.contains_key("nonce");
    demand(!has_nonce, "logout-token-nonce", "it has a nonce, as ID tokens have")?;
    let own = |name: &str| json::text(members, name).filter(|text| !text.is_empty());
    let (subject, session) = (own("sub"), own("sid"));
    let is_of_somebody = subject.is_some() || session.is_some();
    demand(is_of_somebody, "logout-token-nobody", "it names neither person nor session")?;
    let name = own("jti");
    demand(name.is_some(), "logout-token-jti", "it has no name of its own (jti)")?;
    Ok(LoggedOut {
        subject: subject.map(str::to_owned),
        session: session.map(str::to_owned),
        token_id: name.unwrap_or_default().to_owned(),
        expires,
    })
}

/// Made within the last day and not in the future, still good: until when.
fn recent(members: &Map<String, Value>, now: DateTime<Utc>) -> Result<DateTime<Utc>, Refused> {
    let made = at(members, "iat");
    let is_recent = made.is_some_and(|made| made <= now + SKEW && made + TimeDelta::days(1) >= now);
    demand(is_recent, "logout-token-iat", "it was not made within the last day (iat)")?;
    // Required since the final text; older providers leave it out, and a day bounds the replay then.
    let until = match members.contains_key("exp") {
        true => at(members, "exp"),
        false => made.map(|made| made + TimeDelta::days(1)),
    };
    let until = until.map(|until| until + SKEW).filter(|until| now < *until);
    until.ok_or(Refused::Rule { name: "logout-token-expired", text: "it is good no more (exp)" })
}

fn is_logout(members: &Map<String, Value>) -> bool {
    let events = members.get("events").and_then(Value::as_object);
    let event = events.and_then(|events| events.get(EVENT));
    event.is_some_and(Value::is_object)
}

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
