//! Any request: judged by the table of each profile as if its signature had held.
#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use ponte::assurance::level::Level;
use ponte::identity::attributes::AttributeName;
use ponte::identity::name_id::NameIdKind;
use ponte::login::request::LocalName;
use ponte::saml::authn_request::{Received, Receiving, Rejected, Window, judge_unsigned, receive};
use ponte::saml::binding::{Binding, Inbound};
use ponte::saml::identity_provider::{IdentityProvider, Organization, Supported};
use ponte::saml::lexical;
use ponte::saml::partner::{Answers, AttributeSet, Consumer, Profile, ServiceProvider, WaysIn};
use ponte::saml::profile::spid::CLASSES;
use ponte::saml::response::ReplyTo;
use ponte::saml::review::review;
use ponte::saml::signature::PublicKey;
use ponte::world::signer::{KeyFile, Signer as _};

const ENTITY: &str = "https://sp.example.org/spid";

static US: LazyLock<IdentityProvider> = LazyLock::new(|| IdentityProvider {
    entity_id: "https://idp.example.org/saml".into(),
    single_sign_on: "https://idp.example.org/saml/sso".into(),
    single_logout: None,
    organization: Organization::default(),
    name_ids: vec![NameIdKind::Transient, NameIdKind::Persistent],
    attributes: AttributeName::ALL.to_vec(),
    supported: Supported::default(),
});

static PARTNERS: LazyLock<[Arc<ServiceProvider>; 2]> = LazyLock::new(|| {
    let key = include_bytes!("../keys/key.pem");
    let signer = KeyFile::load(key, include_bytes!("../keys/certificate.pem")).unwrap();
    let spid = ServiceProvider {
        entity_id: ENTITY.into(),
        profile: Profile::Spid,
        organization: LocalName { it: Some("Ente".into()), en: None },
        keys: vec![PublicKey::from_certificate_der(signer.certificate()).unwrap()],
        consumers: vec![Consumer {
            index: 0,
            location: "https://sp.example.org/spid/acs".into(),
            is_default: true,
        }],
        attribute_sets: vec![AttributeSet {
            index: 0,
            is_default: false,
            name: LocalName::default(),
            attributes: vec![AttributeName::Name],
        }],
        logouts: Vec::new(),
        name_ids: vec![NameIdKind::Transient],
        encryption_keys: Vec::new(),
        answers: Answers::default(),
        valid_until: None,
        minimum_level: None,
        single_sign_on: None,
        disabled: false,
        ways: WaysIn::default(),
    };
    let generic = ServiceProvider { profile: Profile::Generic, ..spid.clone() };
    [Arc::new(spid), Arc::new(generic)]
});

/// Whatever the verdict, an answer goes to a registered consumer or nowhere, and what is accepted
/// keeps the rules.
fn hold(outcome: Result<Received, Rejected>, partner: &ServiceProvider, at: &Receiving<'_>) {
    let reply_to = |text: &str| {
        let reply_to = ReplyTo::decode(text).unwrap();
        assert!(partner.consumers.iter().any(|known| known.location == reply_to.consumer));
        assert!(reply_to.in_response_to.is_empty() || lexical::is_id(&reply_to.in_response_to));
        reply_to
    };
    match outcome {
        Ok(received) => {
            let request = &received.request;
            assert_eq!(reply_to(&request.reply_to).in_response_to, request.id);
            assert_eq!(request.relying_party.id, partner.entity_id);
            assert!(lexical::is_id(&request.id));
            assert!(received.issue_instant >= at.now - at.window.back);
            assert!(received.issue_instant <= at.now + at.window.ahead);
            assert!(received.remember_until >= received.issue_instant + at.window.back);
            if partner.profile == Profile::Spid {
                let [class] = request.requirement.classes[..] else { panic!("not one class") };
                assert!(CLASSES.contains(&class));
                assert!(!request.passive);
                let above = class.level() > Level::Loa2;
                assert!(!above || request.requirement.not_before == Some(at.now));
            }
        }
        Err(Rejected::Registered { fault, reply_to: text, .. }) => {
            reply_to(&text);
            assert!(fault.kind.status(partner.profile).is_some());
            assert!(fault.found.chars().count() <= 200);
        }
        Err(Rejected::Browser { fault, http_status, .. }) => {
            assert_eq!(http_status, 403);
            assert!(fault.found.chars().count() <= 200);
        }
    }
}

fuzz_target!(|text: &str| {
    let at = Receiving {
        identity_provider: &US,
        now: "2026-11-22T00:10:03Z".parse().unwrap(),
        window: Window::default(),
    };
    for partner in &*PARTNERS {
        let judged = judge_unsigned(text, &at, Arc::clone(partner));
        if let Some(reviewed) = review(text, Binding::Post, partner, &at) {
            // Who is told of a fault and who reviews it see the same.
            assert_eq!(judged.is_ok(), reviewed.broken.is_empty());
            assert!(reviewed.shown.len() <= 9 * 1024 + 4096);
        }
        hold(judged, partner, &at);
        let find = |id: &str| (id == ENTITY).then(|| Arc::clone(partner));
        hold(receive(Inbound::Redirect { query: text }, &at, find), partner, &at);
    }
});
