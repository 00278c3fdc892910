//! Any answer of an identity provider: judged by the table of each profile as if its signatures had held, and received
//! as it is, encrypted ones among them.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ponte::assurance::class_ref::ClassRef;
use ponte::saml::lexical;
use ponte::saml::signature::PublicKey;
use ponte::saml::upstream::check::{Expected, SignedParts};
use ponte::saml::upstream::profile::{UpstreamProfile, spid_level};
use ponte::saml::upstream::request::Request;
use ponte::saml::upstream::response::{Received, Refused, claimed, judge_unsigned, receive};
use ponte::world::signer::{KeyFile, Signer as _};

const PROVIDER: &str = "https://idp.example.org/saml";
const CONSUMER: &str = "https://sp.example.org/sp/main/acs";

static KEYS: LazyLock<[PublicKey; 1]> = LazyLock::new(|| {
    let key = include_bytes!("../keys/key.pem");
    let signer = KeyFile::load(key, include_bytes!("../keys/certificate.pem")).unwrap();
    [PublicKey::from_certificate_der(signer.certificate()).unwrap()]
});

static REQUEST: LazyLock<Request> = LazyLock::new(|| {
    Request::spid(
        "_request1".into(),
        "2026-11-22T00:09:33Z".parse().unwrap(),
        "https://idp.example.org/saml/sso".into(),
        "https://sp.example.org/sp/main".into(),
        ClassRef::SpidL2,
    )
});

/// What is taken keeps the rules; what is not says why, at a length that a log bears.
fn hold(outcome: &Result<Received, Refused>, expected: &Expected<'_>) {
    match outcome {
        Ok(received) => {
            assert_eq!(received.issuer, expected.provider);
            assert!(
                lexical::is_id(&received.assertion_id) && lexical::is_id(&received.response_id)
            );
            assert!(!received.name.value.is_empty() && !received.class.is_empty());
            assert!(received.attributes.iter().all(|one| !one.values.is_empty()));
            if expected.profile.has_spid_levels() {
                assert!(spid_level(&received.class).is_some());
                assert!(received.attributes.iter().all(|one| one.values.len() == 1));
            }
        }
        Err(refused) => assert!(refused.broken().found.chars().count() <= 200),
    }
}

fuzz_target!(|text: &str| {
    let now = "2026-11-22T00:10:03Z".parse().unwrap();
    for profile in UpstreamProfile::ALL {
        let request = Request { profile, ..REQUEST.clone() };
        let expected = Expected::of(&request, PROVIDER, &*KEYS, CONSUMER);
        hold(&judge_unsigned(text, &expected, now), &expected);
        let expected = Expected { signed: SignedParts::Either, ..expected };
        hold(&receive(text, &expected, &[], now), &expected);
    }
    if let Ok(claimed) = claimed(text) {
        assert!(claimed.in_response_to.is_none_or(|id| lexical::is_id(&id)));
    }
});
