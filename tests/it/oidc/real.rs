//! npm's oidc-provider, end to end at the library's own level: requests in objects and pushed, tokens plain and sealed, levels, logout.

use ponte::oidc::client::{Audience, Authentication, Client};
use ponte::oidc::discovery::{self, Provider};
use ponte::oidc::error::Refused;
use ponte::oidc::jose::decrypt::DecryptionKey;
use ponte::oidc::jose::keys::KeySet;
use ponte::oidc::jose::sign;
use ponte::oidc::profile::GENERIC;
use ponte::oidc::relying_party::{Callback, Exchange, LoggedIn, code, finish};
use ponte::oidc::request::{Ask, Chance, begin, pushed};
use ponte::oidc::{openid, user_info};
use ponte::world::clock::Clock;
use ponte::world::fetch::{Fetch as _, FetchLimits, FetchRequest, HttpFetch};
use ponte::world::random::Random;
use ponte::world::signer::{KeyFile, Signer as _};
use serde_json::json;

use super::provider::Op;
use crate::support::agent::Agent;
use crate::support::oidc_op::OidcOp;
use crate::support::server::free_port;

const BACK: &str = "http://rp.localhost:9/oidc/callback/op";
const OUT: &str = "http://rp.localhost:9/logout/back";
const CLIENT: &str = "ponte";

/// The provider, we, and a browser.
struct Real {
    op: OidcOp,
    client: Client,
    provider: Provider,
    keys: KeySet,
    fetch: HttpFetch,
    signer: KeyFile,
    agent: Agent,
    random: Random,
    _folder: tempfile::TempDir,
}

/// What is settled with the provider.
#[derive(Clone, Copy, Debug)]
struct Settled {
    audience: Audience,
    object: bool,
    push: bool,
    sealed: bool,
}

impl Real {
    async fn new(settled: Settled) -> Self {
        let own = Op::new(&GENERIC);
        let decryption: Option<DecryptionKey> = own.client.decryption;
        let signing = sign::published(own.signer.certificate(), own.signer.algorithm()).unwrap();
        let sealing = decryption.as_ref().unwrap().published();
        let mut metadata = json!({
            "client_id": CLIENT,
            "redirect_uris": [BACK],
            "post_logout_redirect_uris": [OUT],
            "response_types": ["code"],
            "grant_types": ["authorization_code"],
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_signing_alg": "ES256",
            "scope": "openid profile email address eid",
            "jwks": {"keys": [signing, sealing]},
        });
        if settled.object {
            metadata["request_object_signing_alg"] = json!("ES256");
        }
        if settled.sealed {
            for kind in ["id_token", "userinfo"] {
                metadata[format!("{kind}_signed_response_alg")] = json!("RS256");
                metadata[format!("{kind}_encrypted_response_alg")] = json!("RSA-OAEP-256");
                metadata[format!("{kind}_encrypted_response_enc")] = json!("A256CBC-HS512");
            }
        }
        let folder = tempfile::tempdir().unwrap();
        let more = json!({"push_only": settled.push, "object_only": settled.object});
        let op = OidcOp::start(folder.path(), free_port(), &metadata, &more);
        let origins = [op.issuer.clone()];
        let fetch = HttpFetch::new(&origins, None, FetchLimits::default()).unwrap();
        let get = async |url| fetch.fetch(FetchRequest::get(url)).await.unwrap().body;
        let found = get(discovery::address(&op.issuer).unwrap()).await;
        let provider = discovery::read(&found, &op.issuer, &origins).unwrap();
        let keys = KeySet::read(&get(provider.keys_at.clone().unwrap()).await).unwrap();
        let client = Client {
            upstream: "op".to_owned(),
            profile: &GENERIC,
            issuer: op.issuer.clone(),
            client_id: CLIENT.to_owned(),
            redirect_uri: BACK.to_owned(),
            authentication: Authentication::PrivateKeyJwt(settled.audience),
            signing: GENERIC.signing.to_vec(),
            decryption,
            encrypted: settled.sealed,
            request_object: settled.object,
            push: settled.push,
            scopes: ["openid", "profile", "email", "address", "eid"].map(str::to_owned).to_vec(),
            claims: Vec::new(),
        };
        Self {
            op,
            client,
            provider,
            keys,
            fetch,
            signer: own.signer,
            agent: Agent::new(),
            random: Random::system(),
            _folder: folder,
        }
    }

    fn chance(&self) -> Chance {
        let text = || {
            self.random.bytes::<32>().iter().map(|octet| format!("{octet:02x}")).collect::<String>()
        };
        Chance { state: text(), nonce: text(), verifier: text(), names: [text(), text()] }
    }

    /// A login, as far as it goes.
    async fn log_in(&mut self, ask: Ask<'_>) -> Result<(LoggedIn, Vec<(String, String)>), Refused> {
        let (client, provider) = (&self.client, &self.provider);
        let chance = self.chance();
        let now = Clock::system().now();
        let (begun, pending) = begin(client, provider, &self.signer, ask, &chance, now).unwrap();
        let url = match begun.push {
            None => begun.url,
            Some(push) => pushed(client, provider, &self.fetch.fetch(push).await.unwrap())?,
        };
        let mut page = self.agent.get_once(url.as_str()).unwrap();
        let raw = loop {
            let to = page.header("location").unwrap_or_else(|| panic!("{page:?}"));
            let to = page.url.join(to).unwrap();
            if to.as_str().starts_with(BACK) {
                break to.query().unwrap().to_owned();
            }
            page = self.agent.get_once(to.as_str()).unwrap();
        };
        let callback = Callback::read(&raw)?;
        assert_eq!(callback.state(), Some(chance.state.as_str()));
        let code = code(&callback, client, provider, &pending)?;
        let name = &self.chance().nonce;
        let exchange = Exchange::of(&code, client, provider, &self.signer, &pending, name, now);
        let request = exchange.unwrap().request;
        let answer = self.fetch.fetch(request).await.unwrap();
        let logged_in = finish(&answer, client, &pending, &self.keys, Clock::system().now())?;
        let at = provider.userinfo_endpoint.as_ref().unwrap();
        let answer = self.fetch.fetch(user_info::request(at, &logged_in.access_token)).await;
        let expected = user_info::Expected {
            profile: client.profile,
            issuer: &client.issuer,
            client_id: &client.client_id,
            subject: &logged_in.identity.subject,
        };
        let key = client.decryption.as_ref();
        let now = Clock::system().now();
        let told = user_info::judge(&answer.unwrap(), &expected, &self.keys, key, now)?;
        // A code counts once.
        let name = &self.chance().nonce;
        let again = Exchange::of(&code, client, provider, &self.signer, &pending, name, now);
        let again = self.fetch.fetch(again.unwrap().request).await.unwrap();
        let again = finish(&again, client, &pending, &self.keys, now).err().unwrap();
        assert_eq!(again.to_string(), "the provider says invalid_grant");
        Ok((logged_in, told))
    }
}

fn spid(level: u8) -> String {
    format!("https://www.spid.gov.it/SpidL{level}")
}

#[tokio::test]
#[ignore = "needs oidc-provider, which ./scripts/test installs"]
async fn oidc_provider_logs_in_at_each_level_however_it_is_asked() {
    for settled in [
        Settled { audience: Audience::TokenEndpoint, object: false, push: false, sealed: false },
        Settled { audience: Audience::Issuer, object: true, push: false, sealed: false },
        Settled { audience: Audience::Issuer, object: false, push: true, sealed: false },
        Settled { audience: Audience::Issuer, object: true, push: true, sealed: true },
    ] {
        let mut real = Real::new(settled).await;
        for level in 1..=3 {
            let acr = [spid(level)];
            let ask = Ask { acr_values: &acr, afresh: true, essential: true, language: Some("it") };
            real.agent = Agent::new();
            let (logged_in, told) =
                real.log_in(ask).await.unwrap_or_else(|why| panic!("{settled:?} {level}: {why}"));
            let identity = logged_in.identity;
            assert_eq!(identity.subject, "ada");
            assert_eq!(identity.acr, Some(spid(level)), "{settled:?}");
            assert_eq!(identity.amr, ["pwd"]);
            assert!(identity.time_was_told);
            for (name, value) in [
                ("https://attributes.eid.gov.it/fiscal_number", "TINIT-LVLDAA85T50G702B"),
                ("family_name", "Lovelace"),
                ("address.postal_code", "00100"),
            ] {
                assert!(told.contains(&(name.into(), value.into())), "{name}: {told:?}");
            }
        }
    }
}

#[tokio::test]
#[ignore = "needs oidc-provider, which ./scripts/test installs"]
async fn oidc_providers_no_and_old_logins_are_told() {
    let settled = Settled { audience: Audience::Issuer, object: true, push: false, sealed: true };
    let mut real = Real::new(settled).await;
    real.op.next(&json!({"error": "access_denied"}));
    let refused = real.log_in(Ask::default()).await.err().unwrap();
    assert_eq!(refused.name(), "said-denied");
    real.op.next(&json!({"error": "unmet_authentication_requirements"}));
    let refused = real.log_in(Ask::default()).await.err().unwrap();
    assert_eq!(refused.name(), "said-level");
    // Less than was asked, and not essential: what was reached is told as it is.
    real.op.next(&json!({"acr": spid(1)}));
    let acr = [spid(2)];
    let told = real.log_in(Ask { acr_values: &acr, ..Ask::default() }).await.unwrap();
    assert_eq!(told.0.identity.acr, Some(spid(1)));
}

#[tokio::test]
#[ignore = "needs oidc-provider, which ./scripts/test installs"]
async fn oidc_provider_ends_its_session_for_the_person() {
    let settled = Settled { audience: Audience::Issuer, object: false, push: false, sealed: true };
    let mut real = Real::new(settled).await;
    let (logged_in, _) = real.log_in(Ask::default()).await.unwrap();
    let end = real.provider.end_session_endpoint.clone().unwrap();
    let url = openid::logout_url(&end, CLIENT, Some(&logged_in.id_token), OUT, "state").unwrap();
    let page = real.agent.get(url.as_str()).unwrap();
    let form = page.forms().into_iter().next().expect("its question");
    let form = crate::support::agent::Form { post: true, ..form };
    let mut fields: Vec<(String, String)> = form.fields.clone();
    fields.push(("logout".into(), "yes".into()));
    let target = page.url.join(&form.action).unwrap();
    real.agent.come_from(&real.op.issuer);
    let over = real.agent.post_once(target.as_str(), &fields).unwrap();
    assert_eq!(over.header("location"), Some(format!("{OUT}?state=state").as_str()), "{over:?}");
}
