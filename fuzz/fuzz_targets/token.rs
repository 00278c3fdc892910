//! Any octets as metadata, keys, tokens and answers of an OpenID provider: read within the limits or refused, and nothing holds by chance.
#![no_main]

use std::sync::LazyLock;

use chrono::DateTime;
use libfuzzer_sys::fuzz_target;
use ponte::oidc::client::{Audience, Authentication, Client};
use ponte::oidc::jose::algorithm::{Content, KeyManagement, Signing};
use ponte::oidc::jose::decrypt::DecryptionKey;
use ponte::oidc::jose::keys::{KeySet, MOST_KEYS};
use ponte::oidc::jose::verify::SignedClaims;
use ponte::oidc::jose::{compact, decrypt, sign, verify};
use ponte::oidc::profile::{GENERIC, SPID};
use ponte::oidc::relying_party::Callback;
use ponte::oidc::{claims, discovery, id_token, json, logout, openid, user_info};
use ponte::world::fetch::FetchResponse;
use ponte::world::signer::{KeyFile, Signer as _};

const ISSUER: &str = "https://op.example.org";
const CLIENT: &str = "https://rp.example.org";

static KEYS: LazyLock<KeySet> = LazyLock::new(|| {
    let key = include_bytes!("../keys/key.pem");
    let signer = KeyFile::load(key, include_bytes!("../keys/certificate.pem")).unwrap();
    let key = sign::published(signer.certificate(), signer.algorithm()).unwrap();
    KeySet::read(format!("{{\"keys\":[{key}]}}").as_bytes()).unwrap()
});

static KEY: LazyLock<decrypt::DecryptionKey> =
    LazyLock::new(|| decrypt::DecryptionKey::from_pem(include_bytes!("../keys/key.pem")).unwrap());

static OURSELVES: LazyLock<Client> = LazyLock::new(|| Client {
    upstream: "op".into(),
    profile: &GENERIC,
    issuer: ISSUER.into(),
    client_id: CLIENT.into(),
    redirect_uri: format!("{CLIENT}/back"),
    authentication: Authentication::PrivateKeyJwt(Audience::TokenEndpoint),
    signing: GENERIC.signing.to_vec(),
    decryption: DecryptionKey::from_pem(include_bytes!("../keys/key.pem")).ok(),
    encrypted: false,
    request_object: false,
    push: false,
    scopes: Vec::new(),
    claims: Vec::new(),
});

/// The one token that was signed with this key, and what it says.
const SIGNED: &str = include_str!("../keys/signed-token.txt");

fuzz_target!(|octets: &[u8]| {
    let now = DateTime::from_timestamp(1_780_000_000, 0).unwrap();
    if let Ok(members) = json::object(octets) {
        let common: serde_json::Value = serde_json::from_slice(octets).unwrap();
        assert_eq!(common, serde_json::Value::Object(members.clone()));
        let _ = claims::said(&members);
        let signed = SignedClaims::unsigned(members);
        for profile in [&GENERIC, &SPID] {
            let expected = id_token::Expected {
                profile,
                issuer: ISSUER,
                client_id: CLIENT,
                nonce: "n",
                asked: now,
                max_age: None,
                access_token: "a",
            };
            if let Ok(identity) = id_token::judge(&signed, "", &expected, now) {
                assert_eq!(signed.members()["iss"], ISSUER);
                assert!(now < identity.expires && identity.at <= now + id_token::SKEW);
            }
        }
    }
    if let Ok(set) = KeySet::read(octets) {
        assert!((1..=MOST_KEYS).contains(&set.len()));
    }
    if let Ok(provider) = discovery::read(octets, ISSUER, &[ISSUER.to_owned()]) {
        assert_eq!(provider.token_endpoint.origin().ascii_serialization(), ISSUER);
        let keys_at = provider.keys_at.map(|url| url.origin().ascii_serialization());
        assert!(keys_at.is_none_or(|origin| origin == ISSUER));
    }
    let _ = openid::tokens(octets);
    let _ = openid::error_code(octets);
    for (profile, content_type) in
        [(&GENERIC, "application/json"), (&GENERIC, "application/jwt"), (&SPID, "application/jwt")]
    {
        let answer = FetchResponse {
            status: 200,
            content_type: Some(content_type.to_owned()),
            retry_after: None,
            body: octets.to_vec(),
            etag: None,
            last_modified: None,
        };
        let expected =
            user_info::Expected { profile, issuer: ISSUER, client_id: CLIENT, subject: "person-1" };
        let _ = user_info::judge(&answer, &expected, &KEYS, Some(&KEY), now);
    }
    let Ok(text) = std::str::from_utf8(octets) else { return };
    if let Ok(callback) = Callback::read(text) {
        let _ = callback.state();
    }
    if let Ok(signed) = verify::verify(text, &KEYS, &Signing::ALL) {
        // Only what the key signed holds: header and claims of the seed. An ECDSA signature has a second form of the same worth.
        let same = |token: &str| token.rsplit_once('.').unwrap().0.to_owned();
        assert_eq!(same(text), same(SIGNED));
        assert!(signed.algorithm() == Signing::Es256);
    }
    let _ = decrypt::open(text, Some(&KEY), &KeyManagement::ALL, &Content::ALL);
    let _ = logout::judge(text, &OURSELVES, &KEYS, now);
    if let Ok([head, _, _]) = compact::parts::<3>(text) {
        let _ = compact::header(head);
    }
});
