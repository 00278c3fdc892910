//! An OpenID provider that is the test's own, over HTTP: it says whatever the test wants, and remembers all that it was sent.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use josekit::jwk::KeyPair as _;
use josekit::jwk::alg::rsa::RsaKeyPair;
use josekit::jws::{self, JwsHeader};
use ponte::oidc::jose::algorithm::Signing;
use ponte::world::clock::Clock;
use serde_json::{Value, json};

use crate::support::agent::{Agent, Page};
use crate::support::bridge::send;
use crate::support::keys;
use crate::support::server::Server;
use crate::support::sp::AuthnRequest;

/// Our name at every one of them.
pub(crate) const CLIENT: &str = "ponte";
const ACCESS: &str = "an-access-token";

/// A provider that answers until the test is over.
pub(crate) struct StubOp {
    pub(crate) issuer: String,
    key: RsaKeyPair,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// What its next ID token says.
    id_token: String,
    /// What its metadata say besides.
    metadata: Value,
    /// Each request: its line, and its body.
    seen: Vec<(String, String)>,
}

/// What a request to such a provider asks.
pub(crate) struct Asked {
    pub(crate) state: String,
    pub(crate) nonce: String,
}

impl StubOp {
    /// Starts one; `more` are members of its metadata besides the usual, or in their place; null: none.
    pub(crate) fn start(more: &Value) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("its address").port();
        let issuer = format!("http://127.0.0.1:{port}");
        let key = RsaKeyPair::from_pem(keys::another()).expect("a key");
        let mut metadata = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/auth"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/jwks"),
            "end_session_endpoint": format!("{issuer}/end"),
            "response_types_supported": ["code"],
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            if value.is_null() {
                metadata.as_object_mut().expect("members").remove(name);
            } else {
                metadata[name] = value.clone();
            }
        }
        let state = Arc::new(Mutex::new(State { metadata, ..State::default() }));
        let (kept, keys) = (Arc::clone(&state), keys(&key));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (state, keys) = (Arc::clone(&kept), keys.clone());
                std::thread::spawn(move || serve(stream, &state, &keys));
            }
        });
        Self { issuer, key, state }
    }

    /// The lines of configuration that make it the upstream `id`.
    pub(crate) fn settled(&self, id: &str) -> String {
        format!(
            "\n[[upstream]]\nid = \"{id}\"\nkind = \"oidc\"\nissuer = \"{}\"\nclient-id = \"{CLIENT}\"\n\
             ceiling = \"SpidL3\"\nask = \"exact\"\nname-it = \"Ente {id}\"\n\
             levels = [\"https://www.spid.gov.it/SpidL1=SpidL1\", \"https://www.spid.gov.it/SpidL2=SpidL2\"]\n",
            self.issuer
        )
    }

    /// The claims of an ID token to what was `asked`, good now, of the person with this fiscal code.
    pub(crate) fn claims(&self, asked: &Asked, code: &str) -> Value {
        let now = Clock::system().now().timestamp();
        let half = Signing::Rs256.half_digest(ACCESS.as_bytes());
        json!({
            "iss": self.issuer, "sub": format!("person-{code}"), "aud": CLIENT, "nonce": asked.nonce,
            "iat": now, "exp": now + 300, "auth_time": now, "sid": format!("session-{}", asked.nonce),
            "acr": "https://www.spid.gov.it/SpidL1", "at_hash": base64(&half),
            "https://attributes.eid.gov.it/fiscal_number": format!("TINIT-{code}"),
            "given_name": "Ada",
        })
    }

    /// The claims of a logout token of the session that `claims` are of, good now.
    pub(crate) fn logout(claims: &Value, name: &str) -> Value {
        let now = Clock::system().now().timestamp();
        json!({
            "iss": claims["iss"], "aud": CLIENT, "sub": claims["sub"], "sid": claims["sid"],
            "iat": now, "exp": now + 120, "jti": name,
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        })
    }

    /// `claims`, signed with its key.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        let mut header = JwsHeader::new();
        header.set_key_id("first");
        let signer = jws::RS256.signer_from_pem(self.key.to_pem_private_key()).expect("a signer");
        jws::serialize_compact(claims.to_string().as_bytes(), &header, &signer).expect("a token")
    }

    /// The next code is exchanged for an ID token of `claims`.
    pub(crate) fn gives(&self, claims: &Value) {
        self.gives_token(self.sign(claims));
    }

    /// The next code is exchanged for this ID token.
    pub(crate) fn gives_token(&self, token: String) {
        self.state.lock().expect("its state").id_token = token;
    }

    /// All that it was sent: the line of each request, and its body.
    pub(crate) fn seen(&self) -> Vec<(String, String)> {
        self.state.lock().expect("its state").seen.clone()
    }
}

/// Sends `request` to `hub` and chooses the provider `issuer`: what that is asked.
pub(crate) fn ask(hub: &Server, agent: &mut Agent, request: &AuthnRequest, issuer: &str) -> Asked {
    let page = agent.get(&send(hub, request).url).expect("a page");
    let form = page.form_with_button("provider", issuer);
    let form = form.unwrap_or_else(|| panic!("no button: {} {}", page.status, page.body));
    let page = agent.submit_once(&page, &form, &[("provider", issuer)]).expect("an answer");
    let to = page.header("location").unwrap_or_else(|| panic!("{page:?}"));
    let to = url::Url::parse(to).expect("an address");
    assert!(to.as_str().starts_with(&format!("{issuer}/auth?")), "{to}");
    let of =
        |name: &str| to.query_pairs().find(|(known, _)| known == name).expect("it").1.into_owned();
    Asked { state: of("state"), nonce: of("nonce") }
}

/// The browser brings `parameters` to the address for the answers of the upstream `id`.
pub(crate) fn bring(
    hub: &Server,
    agent: &mut Agent,
    id: &str,
    parameters: &[(&str, &str)],
) -> Page {
    let query =
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    agent.get(&hub.url(&format!("/oidc/callback/{id}?{query}"))).expect("a page")
}

fn keys(key: &RsaKeyPair) -> String {
    let jwk = key.to_jwk_public_key();
    let member = |name: &str| jwk.parameter(name).expect("a member").clone();
    let key =
        json!({"kty": "RSA", "kid": "first", "use": "sig", "n": member("n"), "e": member("e")});
    json!({ "keys": [key] }).to_string()
}

fn serve(mut stream: TcpStream, state: &Mutex<State>, keys: &str) {
    let Some((line, body)) = read(&mut stream) else { return };
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut state = state.lock().expect("its state");
    state.seen.push((line, body));
    let said = match path.as_str() {
        "/.well-known/openid-configuration" => state.metadata.to_string(),
        "/jwks" => keys.to_owned(),
        "/token" => json!({
            "access_token": ACCESS, "token_type": "Bearer", "expires_in": 60, "id_token": state.id_token,
        })
        .to_string(),
        _ => "{}".to_owned(),
    };
    drop(state);
    let _ = write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{said}",
        said.len()
    );
}

/// The line and the body of a request.
fn read(stream: &mut TcpStream) -> Option<(String, String)> {
    let (mut all, mut part) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&all).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
            });
            if body.len() >= length.unwrap_or(0) {
                return Some((head.lines().next()?.to_owned(), body.to_owned()));
            }
        }
        match stream.read(&mut part) {
            Ok(0) | Err(_) => return None,
            Ok(read) => all.extend_from_slice(&part[..read]),
        }
    }
}

fn base64(octets: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(octets)
}
