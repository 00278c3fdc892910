//! Userinfo and logout tokens: one fault each, beside one that is taken.

use chrono::TimeDelta;
use ponte::oidc::profile::{CIE, GENERIC, SPID};
use ponte::oidc::{logout, user_info};
use ponte::world::fetch::FetchResponse;
use serde_json::{Value, json};

use super::provider::{CLIENT, ISSUER, Op, json_answer};

const SUBJECT: &str = "person-1";

fn verdict(op: &Op, answer: &FetchResponse) -> Result<Vec<(String, String)>, &'static str> {
    let expected = user_info::Expected {
        profile: op.client.profile,
        issuer: ISSUER,
        client_id: CLIENT,
        subject: SUBJECT,
    };
    let key = op.client.decryption.as_ref();
    user_info::judge(answer, &expected, &op.keys(), key, op.now).map_err(|refused| refused.name())
}

fn token(token: &str) -> FetchResponse {
    let content_type = Some("application/jwt".to_owned());
    FetchResponse {
        status: 200,
        content_type,
        body: token.as_bytes().to_vec(),
        ..Default::default()
    }
}

fn claims(op: &Op) -> Value {
    json!({
        "iss": ISSUER, "aud": CLIENT, "sub": SUBJECT,
        "iat": op.now.timestamp(), "exp": (op.now + TimeDelta::minutes(5)).timestamp(),
        "given_name": "Ada",
        "https://attributes.eid.gov.it/fiscal_number": "TINIT-LVLDAA85T50G702B",
    })
}

#[test]
fn sealed_userinfo_is_opened_and_judged() {
    for profile in [&SPID, &CIE, &GENERIC] {
        let op = Op::new(profile);
        let good = op.encrypt(&op.sign(&claims(&op)));
        let told = verdict(&op, &token(&good)).unwrap();
        assert!(told.contains(&("given_name".to_owned(), "Ada".to_owned())), "{told:?}");
        assert_eq!(told.len(), 2);
        for (claim, value, name) in [
            ("sub", json!("person-2"), "userinfo-sub"),
            ("sub", Value::Null, "userinfo-sub"),
            ("iss", json!("https://other.example.org"), "userinfo-issuer"),
            ("aud", json!("https://other.example.org"), "userinfo-audience"),
            ("aud", json!([CLIENT, "x"]), "userinfo-audience"),
            ("exp", json!(1), "userinfo-expired"),
            ("iat", json!((op.now + TimeDelta::hours(1)).timestamp()), "userinfo-iat-future"),
        ] {
            let mut wrong = claims(&op);
            wrong[claim] = value;
            let refused = verdict(&op, &token(&op.encrypt(&op.sign(&wrong))));
            assert_eq!(refused, Err(name), "{claim}");
        }
        let other = Op::new(profile);
        let foreign = op.encrypt(&other.sign(&claims(&op)));
        assert_eq!(verdict(&op, &token(&foreign)), Err("token-signature"));
        let access = op.sign_with(&claims(&op), |header| header.set_token_type("at+jwt"));
        assert_eq!(verdict(&op, &token(&op.encrypt(&access))), Err("userinfo-type"));
    }
}

#[test]
fn what_is_weaker_than_the_rules_is_refused() {
    let plain = json!({"sub": SUBJECT, "given_name": "Ada"}).to_string();
    for (profile, unsigned, unencrypted) in [
        (&SPID, Err("userinfo-plain"), Err("userinfo-unencrypted")),
        (&CIE, Err("userinfo-plain"), Err("userinfo-unencrypted")),
        (&GENERIC, Ok(1), Ok(2)),
    ] {
        let op = Op::new(profile);
        let count = |answer: &FetchResponse| verdict(&op, answer).map(|told| told.len());
        assert_eq!(count(&json_answer(200, &plain)), unsigned);
        assert_eq!(count(&token(&op.sign(&claims(&op)))), unencrypted);
    }
    let op = Op::new(&GENERIC);
    let mut html = json_answer(200, &plain);
    html.content_type = Some("text/html".to_owned());
    assert_eq!(verdict(&op, &html), Err("userinfo-media-type"));
    assert_eq!(verdict(&op, &json_answer(401, &plain)), Err("answer-status"));
    let other = json!({"sub": "person-2"}).to_string();
    assert_eq!(verdict(&op, &json_answer(200, &other)), Err("userinfo-sub"));
    let twice = r#"{"sub":"person-1","sub":"person-2"}"#;
    assert_eq!(verdict(&op, &json_answer(200, twice)), Err("json-duplicate-member"));
}

/// OIDC Back-Channel Logout 1.0 §2.4 and §2.6.
#[test]
fn logout_tokens_are_judged() {
    let op = Op::new(&GENERIC);
    let now = op.now.timestamp();
    let good = json!({
        "iss": ISSUER, "aud": CLIENT, "sub": SUBJECT, "sid": "session-1", "jti": "out-1",
        "iat": now, "exp": now + 120,
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    });
    let judge = |token: &str| {
        logout::judge(token, &op.client, &op.keys(), op.now).map_err(|refused| refused.name())
    };
    let typed = |claims: &Value, typ: &str| op.sign_with(claims, |h| h.set_token_type(typ));
    let told = judge(&typed(&good, "logout+jwt")).unwrap();
    assert_eq!(told.session.as_deref(), Some("session-1"));
    assert_eq!((told.subject.as_deref(), told.token_id.as_str()), (Some(SUBJECT), "out-1"));
    assert!(judge(&op.encrypt(&op.sign(&good))).is_ok());
    assert_eq!(judge(&typed(&good, "at+jwt")), Err("logout-token-type"));
    let without = |names: &[&str]| {
        let mut claims = good.clone();
        for name in names {
            claims.as_object_mut().unwrap().remove(*name);
        }
        claims
    };
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        claims
    };
    for (claims, name) in [
        (without(&["sub"]), None),
        (without(&["sid"]), None),
        (without(&["exp"]), None),
        (without(&["sub", "sid"]), Some("logout-token-nobody")),
        (without(&["jti"]), Some("logout-token-jti")),
        (without(&["events"]), Some("logout-token-event")),
        (with("events", json!({"http://example.org/other": {}})), Some("logout-token-event")),
        (
            with("events", json!({"http://schemas.openid.net/event/backchannel-logout": true})),
            Some("logout-token-event"),
        ),
        (with("nonce", json!("n")), Some("logout-token-nonce")),
        (with("iss", json!("https://other.example.org")), Some("logout-token-issuer")),
        (with("aud", json!("https://other.example.org")), Some("logout-token-audience")),
        (with("iat", json!(now - 90_000)), Some("logout-token-iat")),
        (with("iat", json!(now + 120)), Some("logout-token-iat")),
        (without(&["iat"]), Some("logout-token-iat")),
        (with("exp", json!(now - 61)), Some("logout-token-expired")),
    ] {
        assert_eq!(judge(&op.sign(&claims)).err(), name, "{claims}");
    }
    let head = super::provider::base64(br#"{"alg":"none"}"#);
    let body = super::provider::base64(good.to_string().as_bytes());
    assert_eq!(judge(&format!("{head}.{body}.")), Err("token-algorithm"));
    assert_eq!(judge(&Op::new(&GENERIC).sign(&good)), Err("token-signature"));
}
