//! Whatever a phone or a browser says of its keys: where notifications go, a new passkey, a signature, a key that it keeps itself. It is refused, or it
//! holds by the rules; and nobody is asked whom the settings do not name.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ponte::factors::passkey::{RelyingParty, claimed};
use ponte::factors::phone_key::{PhoneKey, changing, text};
use ponte::world::random::Random;
use ponte::world::web_push::{encrypt, read_subscription};
use serde_json::Value;

/// What ceremonies were begun with, and the one key.
static CEREMONIES: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../keys/passkey.json")).unwrap());
static OURS: LazyLock<RelyingParty> = LazyLock::new(|| {
    RelyingParty::new(&"https://idp.example.org".parse().unwrap(), "ponte").unwrap()
});
static KEPT: LazyLock<PhoneKey> =
    LazyLock::new(|| PhoneKey::read(include_str!("../keys/phone-key.txt")).unwrap());
static RANDOM: LazyLock<Random> = LazyLock::new(Random::system);

fuzz_target!(|said: &str| {
    let services = ["https://push.example.net".to_owned()];
    if let Ok(to) = read_subscription(said, &services) {
        assert!(to.endpoint.starts_with("https://push.example.net/"), "{}", to.endpoint);
        assert!(encrypt(b"x", &to, &RANDOM).is_ok());
    }
    if let Some(key) = PhoneKey::read(said) {
        assert_eq!(PhoneKey::read(&key.written()).unwrap().id(), key.id());
    }
    if KEPT.signed(&text(&changing("c"), None), said) {
        // As above: the seed alone is.
        assert_eq!(said.len(), 86);
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
