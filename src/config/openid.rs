//! `[[upstream]]` of kind "oidc": an OpenID provider, and what was settled with it.

use std::sync::Arc;

use url::Url;

use crate::config::check::Check;
use crate::config::fault::{Fault, Place, Wrong};
use crate::config::raw;
use crate::oidc::client::{Audience, Authentication, Client};
use crate::oidc::discovery;
use crate::oidc::jose::algorithm::Signing;
use crate::oidc::jose::decrypt::DecryptionKey;
use crate::oidc::profile::Profile;
use crate::partners::openid::OpenId;
use crate::world::fetch::{FetchLimits, HttpFetch, origin_of};

impl Check<'_> {
    pub(super) fn openid(
        &mut self,
        raw: &raw::Upstream,
        base: Option<&Url>,
        key: &dyn Fn(&str) -> String,
    ) -> Option<OpenId> {
        let profiles = ["generic", "spid", "cie"].map(|name| (name, Profile::named(name)));
        let said = raw.profile.as_deref().unwrap_or("generic");
        let profile = self.choice(&key("profile"), said, &profiles).flatten();
        let issuer = self.issuer(raw.issuer.as_deref(), key);
        let client_id =
            self.said(raw.client_id.as_deref(), &key("client-id"), "\"https://idp.example.org/\"");
        let authentication = self.authentication(raw, key);
        let decryption = self.decryption(raw.decryption_key.as_deref(), key);
        let signing = self.signing(raw.algorithms.as_deref(), profile, key);
        let given = raw.metadata.as_ref().map(|file| self.octets(&key("metadata"), file));
        let authorities =
            raw.authorities.as_ref().map(|file| self.octets(&key("authorities"), file));
        let (profile, issuer, base) = (profile?, issuer?, base?);
        if profile.private_key_jwt && raw.authentication != "private-key-jwt" {
            let expected = "\"private-key-jwt\", which the rules of SPID and CIE demand";
            self.wrong(&key("authentication"), expected, &raw.authentication);
        }
        if (raw.encrypted_id_token || profile.sealed_userinfo) && raw.decryption_key.is_none() {
            let wrong = Wrong::Missing { example: "\"keys/openid-decryption.pem\"" };
            self.faults.push(Fault { key: key("decryption-key"), place: Place::Nowhere, wrong });
        }
        let mut origins = Vec::with_capacity(1 + raw.origins.len());
        let own = Url::parse(&issuer).ok()?.origin().ascii_serialization();
        for (name, said) in std::iter::once(("issuer", &own))
            .chain(raw.origins.iter().map(|origin| ("origins", origin)))
        {
            match origin_of(said) {
                Ok(origin) => origins.push(origin),
                Err(error) => self.wrong(
                    &key(name),
                    "https://host or https://host:port",
                    &format!("{said}: {error}"),
                ),
            }
        }
        let authorities = match authorities {
            Some(read) => Some(read?),
            None => None,
        };
        let fetch = HttpFetch::new(&origins, authorities.as_deref(), FetchLimits::default());
        let fetch = match fetch {
            Ok(fetch) => Arc::new(fetch),
            Err(_) => {
                let file = raw.authorities.as_deref().unwrap_or_default();
                return self.none(&key("authorities"), "a file of certificates, PEM", file);
            }
        };
        let texts = |said: &Option<Vec<String>>, usual: &[&str]| {
            said.clone().unwrap_or_else(|| usual.iter().map(|one| (*one).to_owned()).collect())
        };
        Some(OpenId {
            client: Arc::new(Client {
                upstream: raw.id.clone(),
                profile,
                issuer,
                client_id: client_id?,
                redirect_uri: format!("{base}oidc/callback/{}", raw.id),
                authentication: authentication?,
                signing: signing?,
                decryption: match decryption {
                    Some(key) => Some(key?),
                    None => None,
                },
                encrypted: raw.encrypted_id_token,
                request_object: raw.request_object,
                push: raw.push,
                scopes: texts(&raw.scopes, profile.scopes),
                claims: texts(&raw.claims, profile.claims),
            }),
            fetch,
            origins,
            given: match given {
                Some(read) => Some(read?.into()),
                None => None,
            },
            known: Arc::default(),
        })
    }

    /// What must be there.
    fn said(&mut self, said: Option<&str>, key: &str, example: &'static str) -> Option<String> {
        if said.is_none() {
            let wrong = Wrong::Missing { example };
            self.faults.push(Fault { key: key.to_owned(), place: Place::Nowhere, wrong });
        }
        said.map(str::to_owned)
    }

    fn issuer(&mut self, said: Option<&str>, key: &dyn Fn(&str) -> String) -> Option<String> {
        let issuer = self.said(said, &key("issuer"), "\"https://op.example.org\"")?;
        match discovery::address(&issuer) {
            Some(_) => Some(issuer),
            None => self.none(
                &key("issuer"),
                "an https address without query (http on this machine)",
                &issuer,
            ),
        }
    }

    fn authentication(
        &mut self,
        raw: &raw::Upstream,
        key: &dyn Fn(&str) -> String,
    ) -> Option<Authentication> {
        let audiences = [("token-endpoint", Audience::TokenEndpoint), ("issuer", Audience::Issuer)];
        let audience = self.choice(&key("assertion-audience"), &raw.assertion_audience, &audiences);
        let ways = ["private-key-jwt", "client-secret-basic", "client-secret-post"];
        let ways = ways.map(|name| (name, name));
        let way = self.choice(&key("authentication"), &raw.authentication, &ways)?;
        if way == "private-key-jwt" {
            return audience.map(Authentication::PrivateKeyJwt);
        }
        let file = self.said(
            raw.client_secret.as_deref(),
            &key("client-secret"),
            "\"keys/openid-secret.txt\"",
        )?;
        let secret = self.octets(&key("client-secret"), &file)?;
        let secret = String::from_utf8(secret).ok().map(|secret| secret.trim().to_owned());
        let Some(secret) = secret.filter(|secret| !secret.is_empty()) else {
            return self.none(&key("client-secret"), "a file with the secret in it", &file);
        };
        Some(match way {
            "client-secret-basic" => Authentication::SecretBasic(secret),
            _ => Authentication::SecretPost(secret),
        })
    }

    fn decryption(
        &mut self,
        file: Option<&str>,
        key: &dyn Fn(&str) -> String,
    ) -> Option<Option<DecryptionKey>> {
        let file = file?;
        let key = key("decryption-key");
        let pem = self.octets(&key, file);
        Some(pem.and_then(|pem| match DecryptionKey::from_pem(&pem) {
            Ok(read) => Some(read),
            Err(error) => self.none(
                &key,
                "a file of a private key, PEM, unencrypted",
                &format!("{file}: {error}"),
            ),
        }))
    }

    fn signing(
        &mut self,
        said: Option<&[String]>,
        profile: Option<&'static Profile>,
        key: &dyn Fn(&str) -> String,
    ) -> Option<Vec<Signing>> {
        let allowed = profile?.signing;
        let Some(said) = said else { return Some(allowed.to_vec()) };
        let mut signing = Vec::with_capacity(said.len());
        for name in said {
            match Signing::named(name).filter(|one| allowed.contains(one)) {
                Some(one) => signing.push(one),
                None => self.wrong(&key("algorithms"), "algorithms that the profile takes", name),
            }
        }
        Some(signing)
    }

    pub(super) fn octets(&mut self, key: &str, file: &str) -> Option<Vec<u8>> {
        match std::fs::read(self.folder.join(file)) {
            Ok(octets) => Some(octets),
            Err(error) => self.none(key, "a file that can be read", &format!("{file}: {error}")),
        }
    }
}
