//! The ID token: one fault a token, each refused by its name beside a token that is taken.

use chrono::TimeDelta;
use josekit::jwk::KeyPair as _;
use josekit::jwk::alg::rsa::RsaKeyPair;
use josekit::jws::{self, JwsHeader};
use ponte::oidc::profile::{CIE, GENERIC, SPID};
use ponte::oidc::relying_party::finish;
use ponte::oidc::request::Ask;
use serde_json::{Value, json};

use super::provider::{ACCESS, CLIENT, Op, PROFILES, SPID_L2, answer, base64, json_answer};

#[test]
fn a_good_token_is_taken() {
    for profile in PROFILES {
        let op = Op::new(profile);
        let logged_in = op.finish(&op.sign(&op.claims())).unwrap();
        let identity = logged_in.identity;
        assert_eq!(identity.subject, "person-1");
        assert_eq!(identity.acr.as_deref(), Some(SPID_L2));
        assert_eq!((identity.at, identity.time_was_told), (op.now, false));
        assert_eq!(identity.token_id, "token-1");
        assert_eq!(logged_in.access_token, ACCESS);
    }
}

/// A claim set to a value (`null` takes it away), and what comes of it under any profile.
#[test]
fn each_wrong_claim_is_refused_by_its_name() {
    let soon = |op: &Op, seconds: i64| (op.now + TimeDelta::seconds(seconds)).timestamp();
    let op = Op::new(&SPID);
    let cases: Vec<(&str, Value, &str)> = vec![
        ("iss", json!("https://other.example.org"), "id-token-issuer"),
        ("iss", json!("https://op.example.org/"), "id-token-issuer"),
        ("iss", Value::Null, "id-token-issuer"),
        ("aud", json!("https://other.example.org"), "id-token-audience"),
        ("aud", json!([CLIENT, "https://other.example.org"]), "id-token-audience"),
        ("aud", json!([]), "id-token-audience"),
        ("aud", Value::Null, "id-token-audience"),
        ("aud", json!([CLIENT]), "taken"),
        ("azp", json!("https://other.example.org"), "id-token-azp"),
        ("azp", json!(1), "id-token-azp"),
        ("azp", json!(CLIENT), "taken"),
        ("nonce", json!("n"), "id-token-nonce"),
        ("nonce", Value::Null, "id-token-nonce"),
        ("exp", json!(soon(&op, -61)), "id-token-expired"),
        ("exp", json!(soon(&op, -30)), "taken"),
        ("exp", Value::Null, "id-token-exp-missing"),
        ("exp", json!("soon"), "id-token-exp-missing"),
        ("exp", json!(1e300), "id-token-exp-missing"),
        ("iat", json!(soon(&op, 61)), "id-token-iat-future"),
        ("iat", json!(soon(&op, 30)), "taken"),
        ("iat", json!(soon(&op, -61)), "id-token-iat-old"),
        ("iat", Value::Null, "id-token-iat-missing"),
        ("nbf", json!(soon(&op, 61)), "id-token-not-yet"),
        ("nbf", json!("now"), "id-token-not-yet"),
        ("at_hash", json!("other"), "id-token-at-hash"),
        ("at_hash", json!(1), "id-token-at-hash-missing"),
        ("auth_time", json!(soon(&op, 300)), "id-token-auth-time"),
        ("auth_time", json!("then"), "id-token-auth-time"),
        ("sub", Value::Null, "id-token-sub"),
        ("sub", json!(""), "id-token-sub"),
        ("sub", json!("a".repeat(256)), "id-token-sub"),
        ("sub", json!("a\nb"), "id-token-sub"),
    ];
    let ops = [&GENERIC, &SPID, &CIE].map(Op::new);
    for (claim, value, expected) in cases {
        for op in &ops {
            let mut claims = op.claims();
            match &value {
                Value::Null => drop(claims.as_object_mut().unwrap().remove(claim)),
                value => claims[claim] = value.clone(),
            }
            let verdict = op.verdict(&op.sign(&claims));
            // The second verifier has no leeway for the end: it is given a time before.
            assert_eq!(verdict, expected, "{} {claim} {value}", op.client.profile.name);
        }
    }
}

#[test]
fn what_the_profile_demands_must_be_there() {
    for (claim, name) in [("at_hash", "id-token-at-hash-missing"), ("acr", "id-token-acr-missing")]
    {
        for (profile, expected) in [(&SPID, name), (&CIE, name), (&GENERIC, "taken")] {
            let op = Op::new(profile);
            let mut claims = op.claims();
            claims.as_object_mut().unwrap().remove(claim);
            assert_eq!(op.verdict(&op.sign(&claims)), expected, "{} {claim}", profile.name);
        }
    }
}

#[test]
fn keys_and_algorithms_are_the_providers() {
    for profile in PROFILES {
        let op = Op::new(profile);
        let claims = op.claims();
        assert_eq!(op.verdict(&op.sign(&claims)), "taken");

        let other = Op { key: RsaKeyPair::generate(2048).unwrap(), ..Op::new(profile) };
        assert_eq!(op.verdict(&other.sign(&claims)), "token-signature", "another key");
        let unknown = op.sign_with(&claims, |header| header.set_key_id("second"));
        assert_eq!(op.verdict(&unknown), "token-unknown-key");
        assert!(op.finish(&unknown).err().unwrap().wants_keys());
        for name in ["jku", "x5u"] {
            let steering = op.sign_with(&claims, |header| {
                header.set_claim(name, Some(json!("https://evil.example.org/"))).unwrap();
            });
            assert_eq!(op.verdict(&steering), "token-foreign-key", "{name}");
        }
        let own_key = op.sign_with(&claims, |header| header.set_jwk(other.key.to_jwk_public_key()));
        assert_eq!(op.verdict(&own_key), "token-foreign-key");
        let critical = op.sign_with(&claims, |header| header.set_critical(&vec!["exp"]));
        assert_eq!(op.verdict(&critical), "token-critical");
        let typed = |typ: &str| op.verdict(&op.sign_with(&claims, |h| h.set_token_type(typ)));
        assert_eq!(typed("JWT"), "taken");
        assert_eq!(typed("at+jwt"), "id-token-type");
        assert_eq!(typed("application/logout+jwt"), "id-token-type");
    }
}

/// `alg: none`, with no signature and with another's; HS256 with the public key as the secret, in each form that it is published in.
#[test]
fn none_and_the_public_key_as_a_secret_are_refused() {
    for profile in PROFILES {
        let op = Op::new(profile);
        let claims = op.claims().to_string();
        for alg in ["none", "None", "NONE", ""] {
            let head = base64(json!({"alg": alg, "kid": op.kid}).to_string().as_bytes());
            for signature in ["", "AAAA"] {
                let token = format!("{head}.{}.{signature}", base64(claims.as_bytes()));
                assert_eq!(op.verdict(&token), "token-algorithm", "{alg:?}");
            }
        }
        let forms = [
            op.key.to_pem_public_key(),
            op.key.to_der_public_key(),
            op.key.to_jwk_public_key().to_string().into_bytes(),
        ];
        for secret in forms {
            let mut header = JwsHeader::new();
            header.set_key_id(&op.kid);
            let signer = jws::HS256.signer_from_bytes(secret).unwrap();
            let token = jws::serialize_compact(claims.as_bytes(), &header, &signer).unwrap();
            assert_eq!(op.verdict(&token), "token-algorithm");
        }
    }
    // Of the algorithms that exist, those that the profile does not name (spec/oidc.md §1.7).
    let op = Op::new(&SPID);
    let mut header = JwsHeader::new();
    header.set_key_id(&op.kid);
    let signer = jws::RS384.signer_from_pem(op.key.to_pem_private_key()).unwrap();
    let token =
        jws::serialize_compact(op.claims().to_string().as_bytes(), &header, &signer).unwrap();
    assert_eq!(op.verdict(&token), "token-algorithm");
}

#[test]
fn a_member_that_is_there_twice_is_refused() {
    for profile in PROFILES {
        let op = Op::new(profile);
        let claims = op.claims().to_string();
        let twice = claims.replacen('{', r#"{"sub":"somebody-else","#, 1);
        let mut header = JwsHeader::new();
        header.set_key_id(&op.kid);
        let signer = jws::RS256.signer_from_pem(op.key.to_pem_private_key()).unwrap();
        let token = jws::serialize_compact(twice.as_bytes(), &header, &signer).unwrap();
        assert_eq!(op.verdict(&token), "json-duplicate-member");
        let good = op.sign(&op.claims());
        let doubled = format!(
            r#"{{"access_token":"{ACCESS}","token_type":"Bearer","id_token":"{good}","id_token":"x"}}"#
        );
        let refused =
            finish(&json_answer(200, &doubled), &op.client, &op.pending(), &op.keys(), op.now);
        assert_eq!(refused.err().unwrap().name(), "json-duplicate-member");
    }
}

/// Encrypted as was settled, or not; SPID never encrypts it.
#[test]
fn encrypted_tokens_are_opened_and_judged_like_the_others() {
    let mut op = Op::new(&CIE);
    op.client.encrypted = true;
    let token = op.sign(&op.claims());
    assert_eq!(op.verdict(&op.encrypt(&token)), "taken");
    assert_eq!(op.verdict(&token), "id-token-unencrypted");
    let mut claims = op.claims();
    claims["nonce"] = json!("other");
    assert_eq!(op.verdict(&op.encrypt(&op.sign(&claims))), "id-token-nonce");
    let inner = op.sign_with(&op.claims(), |header| header.set_content_type("JWT"));
    assert_eq!(op.verdict(&op.encrypt(&inner)), "taken", "cty is tolerated within");
    let plain = op.encrypt(&op.claims().to_string());
    assert_eq!(op.verdict(&plain), "token-nothing-inside");
    let twice = op.encrypt(&op.encrypt(&token));
    assert_eq!(op.verdict(&twice), "token-nothing-inside");
    let other = Op::new(&CIE);
    assert_eq!(op.verdict(&other.encrypt(&token)), "token-other-recipient");
    let mut none = Op::new(&GENERIC);
    let encrypted = none.encrypt(&none.sign(&none.claims()));
    assert_eq!(none.verdict(&encrypted), "taken");
    none.client.decryption = None;
    assert_eq!(none.verdict(&encrypted), "token-no-decryption-key");
    let spid = Op::new(&SPID);
    assert_eq!(spid.verdict(&spid.encrypt(&spid.sign(&spid.claims()))), "id-token-encrypted");
}

/// A new login is asked for: then when it was must be told, and it must be new.
#[test]
fn a_login_afresh_is_a_new_one() {
    let op = Op::new(&GENERIC);
    let (_, pending) = op.begin(Ask { afresh: true, ..Ask::default() });
    let verdict = |change: &dyn Fn(&mut Value)| {
        let mut claims = op.claims();
        change(&mut claims);
        let answer = answer(&op.sign(&claims));
        finish(&answer, &op.client, &pending, &op.keys(), op.now)
            .map_or_else(|refused| refused.name(), |_| "taken")
    };
    let at = |seconds: i64| json!((op.now - TimeDelta::seconds(seconds)).timestamp());
    assert_eq!(verdict(&|claims| claims["auth_time"] = at(0)), "taken");
    assert_eq!(verdict(&|_| {}), "id-token-auth-time-missing");
    assert_eq!(verdict(&|claims| claims["auth_time"] = at(3600)), "id-token-login-old");
}

#[test]
fn answers_of_the_token_endpoint_are_judged() {
    let op = Op::new(&GENERIC);
    let token = op.sign(&op.claims());
    let verdict = |status: u16, body: Value| {
        let answer = json_answer(status, &body.to_string());
        let (pending, keys) = (op.pending(), op.keys());
        finish(&answer, &op.client, &pending, &keys, op.now)
            .map_or_else(|refused| refused.name(), |_| "taken")
    };
    let good = json!({"access_token": ACCESS, "token_type": "bearer", "id_token": token});
    assert_eq!(verdict(200, good.clone()), "taken");
    let with = |name: &str, value: Value| {
        let mut body = good.clone();
        body[name] = value;
        body
    };
    assert_eq!(verdict(200, with("token_type", json!("DPoP"))), "token-answer");
    assert_eq!(verdict(200, with("access_token", Value::Null)), "token-answer");
    assert_eq!(verdict(200, with("id_token", Value::Null)), "id-token-missing");
    assert_eq!(verdict(400, json!({"error": "invalid_grant"})), "said-failed");
    assert_eq!(verdict(401, json!({"error": "invalid_client"})), "said-request");
    assert_eq!(verdict(500, json!({"message": "no"})), "answer-status");
    assert_eq!(verdict(302, good.clone()), "answer-status");
    let mut html = answer(&token);
    html.content_type = Some("text/html".to_owned());
    let refused = finish(&html, &op.client, &op.pending(), &op.keys(), op.now);
    assert_eq!(refused.err().unwrap().name(), "token-media-type");
}
