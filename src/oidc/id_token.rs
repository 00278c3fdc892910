//! The ID token, judged: who says it, to whom, for which request, when, and how somebody logged in (OIDC Core §3.1.3.7, spec/oidc.md §1.3).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};

use crate::oidc::claims;
use crate::oidc::error::{Refused, demand};
use crate::oidc::jose::verify::SignedClaims;
use crate::oidc::json;
use crate::oidc::profile::Profile;
use crate::world::digest::sha256;

/// How far clocks may differ.
pub const SKEW: TimeDelta = TimeDelta::seconds(60);

/// What an ID token must fit.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The provider's rules.
    pub profile: &'a Profile,
    /// Who was asked.
    pub issuer: &'a str,
    /// We.
    pub client_id: &'a str,
    /// Of the request.
    pub nonce: &'a str,
    /// When it was asked.
    pub asked: DateTime<Utc>,
    /// How old the authentication may be, in seconds, if that was asked: then its time must be told.
    pub max_age: Option<u32>,
    /// The access token that came with it.
    pub access_token: &'a str,
}

/// What an ID token says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Identity {
    /// Who it is, for us at this provider.
    pub subject: String,
    /// `acr`.
    pub acr: Option<String>,
    /// `amr`.
    pub amr: Vec<String>,
    /// When the person showed who they are: `auth_time`, else when the token was made.
    pub at: DateTime<Utc>,
    /// When the token was made.
    pub issued: DateTime<Utc>,
    /// Whether the provider said when that was.
    pub time_was_told: bool,
    /// From then on the token is worth nothing.
    pub expires: DateTime<Utc>,
    /// The provider's session, for a logout.
    pub session: Option<String>,
    /// The token's own name (`jti`), else its digest.
    pub token_id: String,
    /// What it tells of the person.
    pub claims: Vec<(String, String)>,
}

/// Judges the claims of `token`, which the provider's key signed.
///
/// # Errors
/// The first rule that is broken.
pub fn judge(
    signed: &SignedClaims,
    token: &str,
    expected: &Expected<'_>,
    now: DateTime<Utc>,
) -> Result<Identity, Refused> {
    let members = signed.members();
    let is_id_token = matches!(signed.typ(), None | Some("jwt" | "jose"));
    demand(is_id_token, "id-token-type", "the token is of another type (typ)")?;
    issuer_and_audience(members, expected)?;
    let issued = fresh(members, expected.asked, now)?;
    let expires = at(members, "exp")
        .ok_or(Refused::Rule { name: "id-token-exp-missing", text: "it has no exp" })?;

    let nonce = json::text(members, "nonce");
    demand(nonce == Some(expected.nonce), "id-token-nonce", "it is of another request (nonce)")?;
    let hash = json::text(members, "at_hash");
    if hash.is_some() || members.contains_key("at_hash") || expected.profile.at_hash_required {
        demand(hash.is_some(), "id-token-at-hash-missing", "it has no at_hash")?;
        let half = signed.algorithm().half_digest(expected.access_token.as_bytes());
        let own = URL_SAFE_NO_PAD.encode(half);
        demand(
            hash == Some(own.as_str()),
            "id-token-at-hash",
            "it is of another access token (at_hash)",
        )?;
    }
    let acr = json::text(members, "acr").filter(|acr| !acr.is_empty());
    demand(
        acr.is_some() || !expected.profile.acr_required,
        "id-token-acr-missing",
        "it does not say the level (acr)",
    )?;
    let told = authentication_time(members, expected, issued, now)?;
    let subject = json::text(members, "sub").unwrap_or_default();
    let is_name = (1..=255).contains(&subject.len()) && !subject.chars().any(char::is_control);
    demand(is_name, "id-token-sub", "it does not say who it is (sub)")?;

    let amr = members.get("amr").and_then(json::texts).unwrap_or_default();
    Ok(Identity {
        subject: subject.to_owned(),
        acr: acr.map(str::to_owned),
        amr: amr.into_iter().map(str::to_owned).collect(),
        at: told.unwrap_or(issued),
        issued,
        time_was_told: told.is_some(),
        expires: expires + SKEW,
        session: json::text(members, "sid").map(str::to_owned),
        token_id: json::text(members, "jti")
            .map_or_else(|| URL_SAFE_NO_PAD.encode(sha256(token.as_bytes())), str::to_owned),
        claims: if expected.profile.id_token_tells { claims::said(members) } else { Vec::new() },
    })
}

fn issuer_and_audience(
    members: &Map<String, Value>,
    expected: &Expected<'_>,
) -> Result<(), Refused> {
    let issuer = json::text(members, "iss");
    demand(issuer == Some(expected.issuer), "id-token-issuer", "it is another provider's (iss)")?;
    let audience = members.get("aud").and_then(json::texts).unwrap_or_default();
    demand(
        audience == [expected.client_id],
        "id-token-audience",
        "it is not for us, or not for us alone (aud)",
    )?;
    let party = members.get("azp");
    demand(
        party.is_none_or(|party| party.as_str() == Some(expected.client_id)),
        "id-token-azp",
        "it was issued to another client (azp)",
    )
}

/// Made after the request, not in the future, and still good: when it was made.
fn fresh(
    members: &Map<String, Value>,
    asked: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, Refused> {
    let issued = at(members, "iat");
    let issued =
        issued.ok_or(Refused::Rule { name: "id-token-iat-missing", text: "it has no iat" })?;
    demand(issued <= now + SKEW, "id-token-iat-future", "it is made in the future (iat)")?;
    demand(issued + SKEW >= asked, "id-token-iat-old", "it is older than our request (iat)")?;
    let expires = at(members, "exp");
    demand(
        expires.is_none_or(|expires| now < expires + SKEW),
        "id-token-expired",
        "it is good no more (exp)",
    )?;
    let from = at(members, "nbf");
    let is_good = !members.contains_key("nbf") || from.is_some_and(|from| from <= now + SKEW);
    demand(is_good, "id-token-not-yet", "it is not good yet (nbf)")?;
    Ok(issued)
}

/// When the person showed who they are, if that is told. Where it was asked how long ago, it must be, by providers whose rules know it
/// (OIDC Core §2); SPID's and CIE's do not, and their token is made at a login (spec/oidc.md §5.2).
fn authentication_time(
    members: &Map<String, Value>,
    expected: &Expected<'_>,
    issued: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, Refused> {
    let told = at(members, "auth_time");
    let is_readable = told.is_some() || !members.contains_key("auth_time");
    demand(is_readable, "id-token-auth-time", "its auth_time is no time")?;
    if let Some(told) = told {
        let is_before = told <= issued + SKEW && told <= now + SKEW;
        demand(is_before, "id-token-auth-time", "its auth_time is after it was made")?;
    }
    let Some(seconds) = expected.max_age else { return Ok(told) };
    demand(
        told.is_some() || !expected.profile.auth_time,
        "id-token-auth-time-missing",
        "it does not say when the person logged in (auth_time), and we asked",
    )?;
    let oldest = expected.asked - TimeDelta::seconds(seconds.into()) - SKEW;
    demand(
        told.unwrap_or(issued) >= oldest,
        "id-token-login-old",
        "the person logged in longer ago than we asked (auth_time)",
    )?;
    Ok(told)
}

/// A NumericDate (RFC 7519 §2), between 1970 and 2100.
#[must_use]
pub fn at(members: &Map<String, Value>, name: &str) -> Option<DateTime<Utc>> {
    let value = members.get(name)?;
    let seconds = value.as_i64().or_else(|| {
        let seconds = value.as_f64()?;
        #[expect(clippy::cast_possible_truncation, reason = "the range is checked first")]
        (0.0..=4_102_444_800.0).contains(&seconds).then_some(seconds as i64)
    })?;
    (0..=4_102_444_800).contains(&seconds).then(|| DateTime::from_timestamp(seconds, 0)).flatten()
}
