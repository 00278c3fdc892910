//! Any logout message of an identity provider: received as it is, and judged by the table of each profile as if its
//! signature had held.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ponte::login::request::LocalName;
use ponte::saml::authn_request::Window;
use ponte::saml::binding::{Binding, Inbound};
use ponte::saml::lexical;
use ponte::saml::logout::message::Kind;
use ponte::saml::partner::LogoutService;
use ponte::saml::signature::PublicKey;
use ponte::saml::upstream::logout::{Received, Receiving, Refused, judge_unsigned, receive};
use ponte::saml::upstream::profile::UpstreamProfile;
use ponte::saml::upstream::provider::IdentityProvider;
use ponte::world::signer::{KeyFile, Signer as _};

/// The seeds are a service provider's; to whoever receives them here they are an identity provider's.
const PROVIDER: &str = "https://sp.example.org/spid";
const LOCATION: &str = "https://idp.example.org/saml/slo";
const REPLIES: &str = "https://sp.example.org/slo";

static IDENTITY_PROVIDER: LazyLock<IdentityProvider> = LazyLock::new(|| {
    let key = include_bytes!("../keys/key.pem");
    let signer = KeyFile::load(key, include_bytes!("../keys/certificate.pem")).unwrap();
    IdentityProvider {
        entity_id: PROVIDER.into(),
        sign_on: Vec::new(),
        logouts: vec![LogoutService {
            binding: Binding::Post,
            location: REPLIES.into(),
            response_location: None,
        }],
        keys: vec![PublicKey::from_certificate_der(signer.certificate()).unwrap()],
        name: LocalName::default(),
        organization: LocalName::default(),
        logo: None,
        home: LocalName::default(),
        classes: Vec::new(),
        purposes: Vec::new(),
        name_id_formats: Vec::new(),
        attributes: Vec::new(),
        valid_until: None,
    }
});

/// What is taken keeps the rules, an answer goes to a registered place or nowhere, and what is not taken says why, at a
/// length that a log bears.
fn hold(outcome: Result<Received, Refused>, at: &Receiving<'_>) {
    match outcome {
        Ok(Received::Request(request)) => {
            assert_eq!(request.provider, PROVIDER);
            assert!(lexical::is_id(&request.id) && !request.name.value.is_empty());
            assert!(request.remember_until >= at.now);
            if let Some(reply_to) = request.reply_to {
                assert_eq!(
                    (reply_to.in_response_to, reply_to.location.as_str()),
                    (request.id, REPLIES)
                );
            }
        }
        Ok(Received::Response(response)) => {
            assert_eq!(response.provider, PROVIDER);
            assert!(lexical::is_id(&response.in_response_to));
        }
        Err(refused) => assert!(refused.fault().found.chars().count() <= 200),
    }
}

fuzz_target!(|text: &str| {
    let at = Receiving {
        ourselves: "https://idp.example.org/saml",
        location: LOCATION,
        now: "2026-11-22T00:10:03Z".parse().unwrap(),
        window: Window::default(),
    };
    for profile in UpstreamProfile::ALL {
        let provider = &*IDENTITY_PROVIDER;
        for kind in [Kind::Request, Kind::Response] {
            for binding in [Binding::Redirect, Binding::Post] {
                hold(judge_unsigned(kind, text, binding, profile, provider, &at), &at);
            }
        }
        let find = |id: &str| (id == PROVIDER).then_some((profile, provider));
        hold(receive(Inbound::Redirect { query: text }, &at, find), &at);
        hold(receive(Inbound::Post { form: text }, &at, find), &at);
    }
});
