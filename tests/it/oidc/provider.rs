//! A provider in memory: its keys, its metadata, and its tokens, good unless told otherwise.

use chrono::{DateTime, TimeDelta, Utc};
use josekit::jwe::{self, JweHeader};
use josekit::jwk::Jwk;
use josekit::jwk::KeyPair as _;
use josekit::jwk::alg::rsa::RsaKeyPair;
use josekit::jws::{self, JwsHeader};
use ponte::oidc::client::{Audience, Authentication, Client};
use ponte::oidc::discovery::{self, Provider};
use ponte::oidc::error::Refused;
use ponte::oidc::jose::algorithm::Signing;
use ponte::oidc::jose::decrypt::DecryptionKey;
use ponte::oidc::jose::keys::KeySet;
use ponte::oidc::profile::{GENERIC, Profile, SPID};
use ponte::oidc::relying_party::{LoggedIn, finish};
use ponte::oidc::request::{Ask, Begun, Chance, Pending, begin};
use ponte::world::certificate::{Holder, KeyKind, make};
use ponte::world::fetch::FetchResponse;
use ponte::world::signer::KeyFile;
use serde_json::{Value, json};

use crate::support::keys;

pub(super) const ISSUER: &str = "https://op.example.org";
pub(super) const CLIENT: &str = "https://rp.example.org";
pub(super) const ACCESS: &str = "an-access-token";
pub(super) const SPID_L2: &str = "https://www.spid.gov.it/SpidL2";

/// A provider, and we as it knows us.
pub(super) struct Op {
    pub(super) key: RsaKeyPair,
    pub(super) kid: String,
    pub(super) client: Client,
    pub(super) provider: Provider,
    pub(super) signer: KeyFile,
    /// The public half of our key, which it encrypts for.
    pub(super) ours: Jwk,
    pub(super) now: DateTime<Utc>,
}

pub(crate) fn metadata(issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/auth"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/me"),
        "jwks_uri": format!("{issuer}/jwks"),
        "end_session_endpoint": format!("{issuer}/end"),
        "pushed_authorization_request_endpoint": format!("{issuer}/par"),
        "authorization_response_iss_parameter_supported": true,
        "response_types_supported": ["code"],
    })
}

impl Op {
    pub(super) fn new(profile: &'static Profile) -> Self {
        Self::at(profile, ISSUER)
    }

    pub(super) fn at(profile: &'static Profile, issuer: &str) -> Self {
        let holder = Holder {
            organization: "Ente",
            common_name: "Ente",
            entity_id: CLIENT,
            organization_identifier: "VATIT-00000000000",
            country: "IT",
            locality: "Roma",
        };
        let now = DateTime::from_timestamp(1_780_000_000, 0).unwrap();
        let pair = make(KeyKind::EcdsaP256, &holder, &[], now, 365, [1; 16]).unwrap();
        let own = RsaKeyPair::from_pem(keys::another()).unwrap();
        let decryption = DecryptionKey::from_pem(&own.to_pem_private_key()).unwrap();
        let Value::Object(ours) = decryption.published() else { panic!("no key") };
        let names = metadata(issuer).to_string();
        Self {
            key: RsaKeyPair::from_pem(keys::another()).unwrap(),
            kid: "first".to_owned(),
            client: Client {
                upstream: "op".to_owned(),
                profile,
                issuer: issuer.to_owned(),
                client_id: CLIENT.to_owned(),
                redirect_uri: format!("{CLIENT}/oidc/callback/op"),
                authentication: Authentication::PrivateKeyJwt(Audience::TokenEndpoint),
                signing: profile.signing.to_vec(),
                decryption: Some(decryption),
                encrypted: false,
                request_object: false,
                push: false,
                scopes: profile.scopes.iter().map(|scope| (*scope).to_owned()).collect(),
                claims: profile.claims.iter().map(|claim| (*claim).to_owned()).collect(),
            },
            provider: discovery::read(names.as_bytes(), issuer, &[issuer.to_owned()]).unwrap(),
            signer: KeyFile::load(&pair.key, &pair.certificate).unwrap(),
            ours: Jwk::from_map(ours).unwrap(),
            now,
        }
    }

    /// Its key set, with the one key.
    pub(super) fn keys(&self) -> KeySet {
        KeySet::read(json!({ "keys": [self.jwk()] }).to_string().as_bytes()).unwrap()
    }

    pub(super) fn jwk(&self) -> Value {
        let jwk = self.key.to_jwk_public_key();
        let member = |name: &str| jwk.parameter(name).unwrap().clone();
        json!({"kty": "RSA", "kid": self.kid, "use": "sig", "n": member("n"), "e": member("e")})
    }

    pub(super) fn chance() -> Chance {
        let text = |letter: &str| letter.repeat(48);
        Chance {
            state: text("s"),
            nonce: text("n"),
            verifier: text("v"),
            names: [text("a"), text("b")],
        }
    }

    pub(super) fn begin(&self, ask: Ask<'_>) -> (Begun, Pending) {
        let (client, provider) = (&self.client, &self.provider);
        begin(client, provider, &self.signer, ask, &Self::chance(), self.now).unwrap()
    }

    pub(super) fn pending(&self) -> Pending {
        self.begin(Ask::default()).1
    }

    /// The claims of an ID token that is good now.
    pub(super) fn claims(&self) -> Value {
        let half = Signing::Rs256.half_digest(ACCESS.as_bytes());
        json!({
            "iss": self.client.issuer,
            "sub": "person-1",
            "aud": CLIENT,
            "nonce": Self::chance().nonce,
            "iat": self.now.timestamp(),
            "nbf": self.now.timestamp(),
            "exp": (self.now + TimeDelta::minutes(5)).timestamp(),
            "acr": SPID_L2,
            "at_hash": base64(&half),
            "jti": "token-1",
        })
    }

    /// `claims` signed with its key under RS256, after `header` was changed.
    pub(super) fn sign_with(&self, claims: &Value, header: impl FnOnce(&mut JwsHeader)) -> String {
        let mut head = JwsHeader::new();
        head.set_key_id(&self.kid);
        header(&mut head);
        let signer = jws::RS256.signer_from_pem(self.key.to_pem_private_key()).unwrap();
        jws::serialize_compact(claims.to_string().as_bytes(), &head, &signer).unwrap()
    }

    pub(super) fn sign(&self, claims: &Value) -> String {
        self.sign_with(claims, |_| {})
    }

    /// A token for us alone.
    pub(super) fn encrypt(&self, token: &str) -> String {
        let mut header = JweHeader::new();
        header.set_algorithm("RSA-OAEP-256");
        header.set_content_encryption("A256CBC-HS512");
        header.set_key_id(self.ours.key_id().unwrap());
        header.set_content_type("JWT");
        let mut recipient = self.ours.clone();
        recipient.set_algorithm("RSA-OAEP-256");
        let encrypter = jwe::RSA_OAEP_256.encrypter_from_jwk(&recipient).unwrap();
        jwe::serialize_compact(token.as_bytes(), &header, &encrypter).unwrap()
    }

    pub(super) fn finish(&self, id_token: &str) -> Result<LoggedIn, Refused> {
        let answer = answer(id_token);
        finish(&answer, &self.client, &self.pending(), &self.keys(), self.now)
    }

    /// What comes of a token: `taken`, or the name of why not.
    pub(super) fn verdict(&self, id_token: &str) -> &'static str {
        self.finish(id_token).map_or_else(|refused| refused.name(), |_| "taken")
    }
}

/// The token endpoint's answer.
pub(super) fn answer(id_token: &str) -> FetchResponse {
    let body = json!({
        "access_token": ACCESS, "token_type": "Bearer", "expires_in": 60, "id_token": id_token,
    });
    json_answer(200, &body.to_string())
}

pub(super) fn json_answer(status: u16, body: &str) -> FetchResponse {
    let content_type = Some("application/json; charset=utf-8".to_owned());
    FetchResponse { status, content_type, body: body.as_bytes().to_vec(), ..Default::default() }
}

pub(super) fn base64(octets: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(octets)
}

pub(super) const PROFILES: [&Profile; 2] = [&GENERIC, &SPID];
