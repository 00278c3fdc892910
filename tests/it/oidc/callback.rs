//! The request out and the answer in: what is sent where, and what a browser may bring back to whom.

use std::collections::BTreeMap;

use josekit::jwk::Jwk;
use josekit::jws::{self, JwsVerifier as _};
use josekit::jwt;
use ponte::oidc::client::{Audience, Authentication};
use ponte::oidc::jose::sign;
use ponte::oidc::openid;
use ponte::oidc::profile::{CIE, GENERIC, SPID};
use ponte::oidc::relying_party::{Callback, Exchange, code};
use ponte::oidc::request::{Ask, Begun, pushed};
use ponte::world::signer::Signer as _;
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use super::provider::{CLIENT, ISSUER, Op, SPID_L2, json_answer};

fn pairs(raw: &str) -> BTreeMap<String, String> {
    form_urlencoded::parse(raw.as_bytes()).into_owned().collect()
}

fn address(begun: Begun) -> Url {
    assert!(begun.push.is_none(), "pushed: {begun:?}");
    begun.url
}

/// The claims of a token that we signed, checked with what we publish.
fn ours(op: &Op, token: &str) -> (Value, Value) {
    let published = sign::published(op.signer.certificate(), op.signer.algorithm()).unwrap();
    let Value::Object(published) = published else { panic!("no key") };
    let verifier = jws::ES256.verifier_from_jwk(&Jwk::from_map(published.clone()).unwrap());
    let verifier = verifier.unwrap();
    assert_eq!(verifier.key_id(), published["kid"].as_str(), "named by its thumbprint");
    let (payload, header) = jwt::decode_with_verifier(token, &verifier).unwrap();
    let members = |text: String| serde_json::from_str::<Value>(&text).unwrap();
    (members(payload.to_string()), members(header.to_string()))
}

#[test]
fn a_plain_request_says_what_core_asks() {
    let op = Op::new(&GENERIC);
    let acr = ["high".to_owned(), "low".to_owned()];
    let ask = Ask { acr_values: &acr, afresh: true, language: Some("it"), essential: true };
    let (begun, pending) = op.begin(ask);
    let url = address(begun);
    assert_eq!(url.as_str().split('?').next(), Some("https://op.example.org/auth"));
    let said = pairs(url.query().unwrap());
    let chance = Op::chance();
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("redirect_uri", "https://rp.example.org/oidc/callback/op"),
        ("scope", "openid profile email"),
        ("state", &chance.state),
        ("nonce", &chance.nonce),
        ("code_challenge", &openid::challenge(&chance.verifier)),
        ("code_challenge_method", "S256"),
        ("acr_values", "high low"),
        ("max_age", "0"),
        ("prompt", "login"),
        ("ui_locales", "it"),
    ] {
        assert_eq!(said.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert_eq!(said.len(), 12, "{said:?}");
    assert!(!url.as_str().contains(&chance.verifier));
    assert_eq!((pending.asked, pending.max_age), (op.now, Some(0)));
    // RFC 7636 appendix B.
    let challenge = openid::challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    assert_eq!(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

/// spec/oidc.md §1.1.
#[test]
fn an_italian_request_is_a_signed_object() {
    for (profile, afresh, prompt) in [(&SPID, false, "consent"), (&CIE, true, "consent login")] {
        let op = Op::new(profile);
        let acr = [SPID_L2.to_owned()];
        let (begun, _) = op.begin(Ask { acr_values: &acr, afresh, ..Ask::default() });
        let url = address(begun);
        let said = pairs(url.query().unwrap());
        for name in ["client_id", "response_type", "scope", "code_challenge", "request"] {
            assert!(said.contains_key(name), "{name}");
        }
        let (object, header) = ours(&op, &said["request"]);
        assert_eq!(header["alg"], "ES256");
        for name in ["client_id", "response_type", "scope", "code_challenge", "redirect_uri"] {
            assert_eq!(object[name].as_str(), Some(said[name].as_str()), "{name}");
        }
        assert_eq!(object["iss"], CLIENT);
        assert_eq!(object["aud"], ISSUER);
        assert_eq!(object["prompt"], prompt);
        assert_eq!(object["acr_values"], SPID_L2);
        assert_eq!(object["code_challenge_method"], "S256");
        assert!(object.get("sub").is_none());
        for name in ["jti", "nonce", "state"] {
            let text = object[name].as_str().unwrap();
            let is_long = text.len() >= 32 && text.bytes().all(|o| o.is_ascii_alphanumeric());
            assert!(is_long, "{name} {text}");
        }
        assert_eq!(object["exp"].as_i64().unwrap() - object["iat"].as_i64().unwrap(), 300);
        let claims = object["claims"]["userinfo"].as_object().unwrap();
        assert!(claims.contains_key("https://attributes.eid.gov.it/fiscal_number"));
        assert!(object["claims"].get("id_token").is_none());
    }
}

/// RFC 9126, with a request object (RFC 9101) and without.
#[test]
fn a_request_is_pushed() {
    for with_object in [false, true] {
        let mut op = Op::new(&GENERIC);
        (op.client.push, op.client.request_object) = (true, with_object);
        op.client.authentication = Authentication::PrivateKeyJwt(Audience::Issuer);
        let (begun, _) = op.begin(Ask::default());
        let request = begun.push.expect("it is pushed");
        assert_eq!(request.url.as_str(), "https://op.example.org/par");
        let form = String::from_utf8(request.body.unwrap()).unwrap();
        let said = pairs(&form);
        assert_eq!(said.contains_key("request"), with_object);
        assert_eq!(said.contains_key("state"), !with_object);
        assert_eq!(ours(&op, &said["client_assertion"]).0["aud"], ISSUER);
        let good =
            json_answer(201, &json!({"request_uri": "urn:x:1", "expires_in": 60}).to_string());
        let url = pushed(&op.client, &op.provider, &good).unwrap();
        let query = pairs(url.query().unwrap());
        assert_eq!(query.len(), 2);
        assert_eq!((&*query["client_id"], &*query["request_uri"]), (CLIENT, "urn:x:1"));
        for (status, body, name) in [
            (201, json!({}), "pushed-request-uri"),
            (201, json!({"request_uri": "a b"}), "pushed-request-uri"),
            (400, json!({"error": "invalid_request_object"}), "said-request"),
            (503, json!({}), "answer-status"),
        ] {
            let answer = json_answer(status, &body.to_string());
            let refused = pushed(&op.client, &op.provider, &answer).unwrap_err();
            assert_eq!(refused.name(), name, "{body}");
        }
    }
}

#[test]
fn each_provider_is_shown_who_we_are_in_its_way() {
    let exchange = |authentication: Authentication| {
        let mut op = Op::new(&GENERIC);
        op.client.authentication = authentication;
        let pending = op.pending();
        let (client, provider) = (&op.client, &op.provider);
        let made = Exchange::of("the-code", client, provider, &op.signer, &pending, "name", op.now);
        let request = made.unwrap().request;
        assert_eq!(request.url.as_str(), "https://op.example.org/token");
        let form = pairs(&String::from_utf8(request.body.clone().unwrap()).unwrap());
        assert_eq!(form["grant_type"], "authorization_code");
        assert_eq!(form["code"], "the-code");
        assert_eq!(form["code_verifier"], Op::chance().verifier);
        assert_eq!(form["redirect_uri"], op.client.redirect_uri);
        let header = |name: &str| {
            request.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone())
        };
        assert_eq!(header("content-type").unwrap(), "application/x-www-form-urlencoded");
        let shown = format!("{request:?}");
        assert!(!shown.contains("the-code"), "{shown}");
        (op, form, header("authorization"))
    };
    for (audience, expected) in
        [(Audience::TokenEndpoint, "https://op.example.org/token"), (Audience::Issuer, ISSUER)]
    {
        let (op, form, header) = exchange(Authentication::PrivateKeyJwt(audience));
        assert!(header.is_none());
        assert_eq!(form["client_id"], CLIENT);
        assert_eq!(form["client_assertion_type"], openid::ASSERTION_TYPE);
        let (claims, _) = ours(&op, &form["client_assertion"]);
        assert_eq!((&claims["iss"], &claims["sub"]), (&json!(CLIENT), &json!(CLIENT)));
        assert_eq!((&claims["aud"], &claims["jti"]), (&json!(expected), &json!("name")));
    }
    let (_, form, header) = exchange(Authentication::SecretBasic("a secret".to_owned()));
    assert!(header.unwrap().starts_with("Basic ") && !form.contains_key("client_secret"));
    let (_, form, header) = exchange(Authentication::SecretPost("a secret".to_owned()));
    assert!(header.is_none() && form["client_secret"] == "a secret");
}

fn verdict(op: &Op, raw: &str) -> Result<String, &'static str> {
    let callback = Callback::read(raw).map_err(|refused| refused.name())?;
    code(&callback, &op.client, &op.provider, &op.pending()).map_err(|refused| refused.name())
}

#[test]
fn what_a_browser_brings_back_is_judged() {
    let state = Op::chance().state;
    let op = Op::new(&GENERIC);
    let good = format!("code=c&state={state}&iss={ISSUER}");
    assert_eq!(verdict(&op, &good), Ok("c".to_owned()));
    for (raw, name) in [
        (format!("code=c&iss={ISSUER}"), "callback-state"),
        (format!("code=c&state=other&iss={ISSUER}"), "callback-state"),
        (format!("code=c&state={state}"), "callback-issuer-missing"),
        (format!("code=c&state={state}&iss=https://evil.example.org"), "callback-issuer"),
        (format!("code=c&state={state}&iss={ISSUER}/"), "callback-issuer"),
        (format!("state={state}&iss={ISSUER}"), "callback-code"),
        (format!("code=&state={state}&iss={ISSUER}"), "callback-code"),
        (format!("{good}&code=d"), "callback-parameter-twice"),
        (format!("{good}&x={}", "x".repeat(20_000)), "callback-too-long"),
        (format!("error=access_denied&state={state}&iss={ISSUER}"), "said-denied"),
        (format!("error=access_denied&code=c&state={state}&iss={ISSUER}"), "said-denied"),
        (format!("error=access_denied&state={state}"), "callback-issuer-missing"),
        (
            format!("error=unmet_authentication_requirements&state={state}&iss={ISSUER}"),
            "said-level",
        ),
    ] {
        assert_eq!(verdict(&op, &raw), Err(name), "{raw}");
    }
    // CIE always says who sent it; SPID never does, but what it says must be true.
    let without = format!("code=c&state={state}");
    assert_eq!(verdict(&Op::new(&CIE), &without), Err("callback-issuer-missing"));
    assert_eq!(verdict(&Op::new(&SPID), &without), Ok("c".to_owned()));
    let other = format!("{without}&iss=https://evil.example.org");
    assert_eq!(verdict(&Op::new(&SPID), &other), Err("callback-issuer"));
}

/// Two providers, one hostile, that answer with `iss` or without: no code of one is taken for the other, so none is sent there (RFC 9700
/// §4.4). Each has an address of its own, and what was begun with one comes back there or nowhere.
#[test]
fn mix_up_never_sends_a_code_to_the_other() {
    const HOSTILE: &str = "https://evil.example.org";
    for says_issuer in [true, false] {
        let at = |issuer: &str, name: &str| {
            let mut op = Op::at(&GENERIC, issuer);
            name.clone_into(&mut op.client.upstream);
            op.client.redirect_uri = format!("{CLIENT}/oidc/callback/{name}");
            op.provider.says_issuer = says_issuer;
            op
        };
        let (honest, hostile) = (at(ISSUER, "honest"), at(HOSTILE, "hostile"));
        let (state, evil_state) = (Op::chance().state, "e".repeat(48));
        let mut asked_hostile = hostile.pending();
        evil_state.clone_into(&mut asked_hostile.state);
        let asked_honest = honest.pending();
        let iss = |issuer: &str| {
            if says_issuer { format!("&iss={issuer}") } else { String::new() }
        };
        // The hostile one sent the person on to the honest one, whose code comes back under the state of the hostile login.
        let raw = format!("code=honest-code&state={evil_state}{}", iss(ISSUER));
        let callback = Callback::read(&raw).unwrap();
        for (op, pending) in [(&honest, &asked_hostile), (&hostile, &asked_honest)] {
            let refused = code(&callback, &op.client, &op.provider, pending).unwrap_err();
            assert_eq!(refused.name(), "callback-provider");
        }
        // At the hostile one's own address it is refused by `iss`, and without `iss` a code of the honest one cannot come there: that one
        // sends its codes to the address registered with it, and no other.
        let at_hostile = code(&callback, &hostile.client, &hostile.provider, &asked_hostile);
        match says_issuer {
            true => assert_eq!(at_hostile.unwrap_err().name(), "callback-issuer"),
            false => assert!(honest.client.redirect_uri != asked_hostile.redirect_uri),
        }
        // A code of the hostile one injected into the honest login goes to the honest one alone, which knows neither it nor its verifier.
        let raw = format!("code=evil-code&state={state}{}", iss(ISSUER));
        let callback = Callback::read(&raw).unwrap();
        let taken = code(&callback, &honest.client, &honest.provider, &asked_honest).unwrap();
        let (client, provider) = (&honest.client, &honest.provider);
        let exchange =
            Exchange::of(&taken, client, provider, &honest.signer, &asked_honest, "a", honest.now);
        assert_eq!(exchange.unwrap().request.url.origin().ascii_serialization(), ISSUER);
    }
}

#[test]
fn the_person_is_sent_to_log_out() {
    let op = Op::new(&GENERIC);
    let end = op.provider.end_session_endpoint.as_ref().unwrap();
    let url = openid::logout_url(end, CLIENT, Some("a.b.c"), "https://rp.example.org/out", "s");
    let url = url.unwrap();
    let said = pairs(url.query().unwrap());
    assert_eq!(said["id_token_hint"], "a.b.c");
    assert_eq!(said["post_logout_redirect_uri"], "https://rp.example.org/out");
    assert_eq!((&*said["client_id"], &*said["state"]), (CLIENT, "s"));
}
