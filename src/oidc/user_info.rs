//! What the userinfo endpoint tells of a person: plain, signed, or signed and then encrypted (OIDC Core §5.3, spec/oidc.md §1.4).

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use url::Url;

use crate::oidc::claims;
use crate::oidc::error::{Refused, demand};
use crate::oidc::id_token::{SKEW, at};
use crate::oidc::jose::compact;
use crate::oidc::jose::decrypt::{self, DecryptionKey};
use crate::oidc::jose::keys::KeySet;
use crate::oidc::jose::verify::{SignedClaims, verify};
use crate::oidc::json;
use crate::oidc::profile::Profile;
use crate::world::fetch::{FetchRequest, FetchResponse};

/// What an answer must fit.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The provider's rules.
    pub profile: &'a Profile,
    /// Who was asked.
    pub issuer: &'a str,
    /// We.
    pub client_id: &'a str,
    /// Whom the ID token named.
    pub subject: &'a str,
}

/// The question, by GET with the access token in the header: the way that every provider knows (spec/oidc.md §1.9).
#[must_use]
pub fn request(endpoint: &Url, access_token: &str) -> FetchRequest {
    FetchRequest::get(endpoint.clone())
        .with("authorization", &format!("Bearer {access_token}"))
        .with("accept", "application/jwt, application/json")
}

/// Names and values out of the answer.
///
/// # Errors
/// When it is no answer, is not as the provider's rules have it, or is about somebody else.
pub fn judge(
    answer: &FetchResponse,
    expected: &Expected<'_>,
    keys: &KeySet,
    key: Option<&DecryptionKey>,
    now: DateTime<Utc>,
) -> Result<Vec<(String, String)>, Refused> {
    if answer.status != 200 {
        return Err(Refused::Status(answer.status));
    }
    let members = match media_type(answer).as_str() {
        "application/jwt" | "application/jose" => {
            let token = std::str::from_utf8(&answer.body).unwrap_or_default().trim();
            signed(token, expected, keys, key, now)?.members().clone()
        }
        "application/json" => {
            demand(
                !expected.profile.sealed_userinfo,
                "userinfo-plain",
                "userinfo is neither signed nor encrypted",
            )?;
            json::object(&answer.body)?
        }
        _ => {
            return demand(false, "userinfo-media-type", "userinfo is of another media type")
                .map(|()| Vec::new());
        }
    };
    let subject = json::text(&members, "sub");
    demand(
        subject == Some(expected.subject),
        "userinfo-sub",
        "userinfo is of another person than the ID token (sub)",
    )?;
    Ok(claims::said(&members))
}

/// The media type without its parameters, in lower case.
fn media_type(answer: &FetchResponse) -> String {
    let whole = answer.content_type.as_deref().unwrap_or_default();
    whole.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn signed(
    token: &str,
    expected: &Expected<'_>,
    keys: &KeySet,
    key: Option<&DecryptionKey>,
    now: DateTime<Utc>,
) -> Result<SignedClaims, Refused> {
    let profile = expected.profile;
    let is_encrypted = compact::is_encrypted(token);
    demand(
        is_encrypted || !profile.sealed_userinfo,
        "userinfo-unencrypted",
        "userinfo is not encrypted",
    )?;
    let inside = match is_encrypted {
        true => decrypt::open(token, key, profile.key_management, profile.content)?,
        false => token.to_owned(),
    };
    let signed = verify(&inside, keys, profile.signing)?;
    let is_other = matches!(signed.typ(), Some("at+jwt" | "logout+jwt"));
    demand(!is_other, "userinfo-type", "userinfo is a token of another type (typ)")?;
    meant_for_us(signed.members(), expected, now)?;
    Ok(signed)
}

/// Signed userinfo says by whom and for whom it is (OIDC Core §5.3.2), and may say until when.
fn meant_for_us(
    members: &Map<String, Value>,
    expected: &Expected<'_>,
    now: DateTime<Utc>,
) -> Result<(), Refused> {
    let issuer = json::text(members, "iss");
    demand(issuer == Some(expected.issuer), "userinfo-issuer", "userinfo is another provider's")?;
    let audience = members.get("aud").and_then(json::texts).unwrap_or_default();
    demand(
        audience == [expected.client_id],
        "userinfo-audience",
        "userinfo is not for us, or not for us alone (aud)",
    )?;
    let is_good =
        !members.contains_key("exp") || at(members, "exp").is_some_and(|until| now < until + SKEW);
    demand(is_good, "userinfo-expired", "userinfo is good no more (exp)")?;
    let is_made =
        !members.contains_key("iat") || at(members, "iat").is_some_and(|made| made <= now + SKEW);
    demand(is_made, "userinfo-iat-future", "userinfo is made in the future (iat)")
}
