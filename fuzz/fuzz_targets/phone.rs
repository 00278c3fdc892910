//! Whatever a phone or a browser says of its keys: where notifications go, a new passkey, a signature. It is refused, or it
//! holds by the rules; and nobody is asked whom the settings do not name.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ponte::factors::passkey::{RelyingParty, claimed};
use ponte::world::random::Random;
use ponte::world::web_push::{encrypt, read_subscription};
use serde_json::Value;

/// What ceremonies were begun with, and the one key.
static CEREMONIES: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../keys/passkey.json")).unwrap());
static OURS: LazyLock<RelyingParty> = LazyLock::new(|| {
    RelyingParty::new(&"https://idp.example.org".parse().unwrap(), "ponte").unwrap()
});
static RANDOM: LazyLock<Random> = LazyLock::new(Random::system);

fuzz_target!(|said: &str| {
    let services = ["https://push.example.net".to_owned()];
    if let Ok(to) = read_subscription(said, &services) {
        assert!(to.endpoint.starts_with("https://push.example.net/"), "{}", to.endpoint);
        assert!(encrypt(b"x", &to, &RANDOM).is_ok());
    }
    let part = |name: &str| CEREMONIES[name].as_str().unwrap();
    if let Ok(made) = OURS.finish_registration(part("registration"), said) {
        assert!(!made.id.is_empty());
    }
    if OURS.finish_assertion(part("assertion"), said, part("key")).is_ok() {
        // The seed alone is signed by this key, which is nowhere.
        assert_eq!(claimed(said).unwrap().id, part("id"));
    }
});
