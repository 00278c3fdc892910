//! What a provider's rules are: SPID's and CIE's (spec/oidc.md §1, their differences §1.9), and OpenID Connect Core's for all others.

use crate::oidc::jose::algorithm::{Content, KeyManagement, Signing};

/// The rules between us and one kind of provider, as a table.
#[derive(Debug, Eq, PartialEq)]
pub struct Profile {
    /// Its name in configuration.
    pub name: &'static str,
    /// What it may sign with.
    pub signing: &'static [Signing],
    /// How it may give the key of encrypted content.
    pub key_management: &'static [KeyManagement],
    /// How it may encrypt content.
    pub content: &'static [Content],
    /// Whether a token must name its key.
    pub kid_required: bool,
    /// Whether the ID token must have `at_hash`; elsewhere it is checked where it is.
    pub at_hash_required: bool,
    /// Whether the ID token must have `acr`.
    pub acr_required: bool,
    /// Whether an authorization response says who sent it (RFC 9207).
    pub response_issuer: ResponseIssuer,
    /// Whether the request goes in a signed object, always.
    pub request_object: bool,
    /// Whether we show who we are by a signed assertion, and no other way.
    pub private_key_jwt: bool,
    /// How `prompt` is said.
    pub prompt: Prompt,
    /// Whether ID tokens are never encrypted (SPID).
    pub plain_id_token: bool,
    /// Whether userinfo must be signed and encrypted.
    pub sealed_userinfo: bool,
    /// Scopes asked for unless settings name others.
    pub scopes: &'static [&'static str],
    /// Claims of userinfo asked for unless settings name others.
    pub claims: &'static [&'static str],
    /// Whether claims in the ID token tell of the person, beside those of userinfo.
    pub id_token_tells: bool,
    /// Whether there is a time of authentication in the ID token if one was asked for.
    pub auth_time: bool,
    /// Whether a session ends there by giving the access token back (spec/oidc.md §1.5), and no other way.
    pub revokes: bool,
}

/// Who says who sent an authorization response.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ResponseIssuer {
    /// The response, always.
    Required,
    /// The response, if the provider's metadata promise it.
    AsPromised,
    /// Nobody: an address of its own for each provider is the defence (spec/oidc.md §1.2).
    Absent,
}

/// How `prompt` is said.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Prompt {
    /// `consent`, and `consent login` for a new authentication.
    Consent,
    /// Not at all, and `login` for a new authentication.
    Login,
}

const ITALIAN_SIGNING: &[Signing] = &[
    Signing::Rs256,
    Signing::Rs512,
    Signing::Es256,
    Signing::Es512,
    Signing::Ps256,
    Signing::Ps512,
];

/// SPID (spec/oidc.md §1).
pub static SPID: Profile = Profile {
    name: "spid",
    key_management: &[KeyManagement::RsaOaep, KeyManagement::RsaOaep256],
    claims: &[
        "https://attributes.eid.gov.it/spid_code",
        "https://attributes.eid.gov.it/fiscal_number",
        "given_name",
        "family_name",
        "birthdate",
        "gender",
        "place_of_birth",
        "email",
    ],
    ..ITALIAN
};

/// CIE (spec/oidc.md §1).
pub static CIE: Profile = Profile {
    name: "cie",
    key_management: &KeyManagement::ALL,
    response_issuer: ResponseIssuer::Required,
    plain_id_token: false,
    claims: &[
        "https://attributes.eid.gov.it/fiscal_number",
        "given_name",
        "family_name",
        "birthdate",
    ],
    id_token_tells: true,
    ..ITALIAN
};

/// What SPID and CIE have in common, where SPID has it.
const ITALIAN: Profile = Profile {
    name: "",
    signing: ITALIAN_SIGNING,
    key_management: &[],
    content: &[Content::A128CbcHs256, Content::A256CbcHs512],
    kid_required: true,
    at_hash_required: true,
    acr_required: true,
    response_issuer: ResponseIssuer::Absent,
    request_object: true,
    private_key_jwt: true,
    prompt: Prompt::Consent,
    plain_id_token: true,
    sealed_userinfo: true,
    scopes: &["openid"],
    claims: &[],
    id_token_tells: false,
    auth_time: false,
    revokes: true,
};

/// Any other provider (OpenID Connect Core, RFC 9700).
pub static GENERIC: Profile = Profile {
    name: "generic",
    signing: &Signing::ALL,
    key_management: &KeyManagement::ALL,
    content: &Content::ALL,
    kid_required: false,
    at_hash_required: false,
    acr_required: false,
    response_issuer: ResponseIssuer::AsPromised,
    request_object: false,
    private_key_jwt: false,
    prompt: Prompt::Login,
    plain_id_token: false,
    sealed_userinfo: false,
    scopes: &["openid", "profile", "email"],
    claims: &[],
    id_token_tells: true,
    auth_time: true,
    revokes: false,
};

impl Profile {
    /// The one of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        [&SPID, &CIE, &GENERIC].into_iter().find(|profile| profile.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_that_of_the_rules() {
        for profile in [&SPID, &CIE] {
            assert!(profile.at_hash_required && profile.acr_required && profile.sealed_userinfo);
            assert!(!profile.content.contains(&Content::A128Gcm));
            assert!(!profile.signing.contains(&Signing::Rs384));
            assert_eq!(Profile::named(profile.name), Some(profile));
        }
        assert_eq!(SPID.response_issuer, ResponseIssuer::Absent);
        assert_eq!(CIE.response_issuer, ResponseIssuer::Required);
        assert!(!GENERIC.at_hash_required);
        assert_eq!(Profile::named("other"), None);
    }
}
