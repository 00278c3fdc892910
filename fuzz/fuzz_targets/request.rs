//! Any request: judged by the table of each profile as if its signature had held.
#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use ponte::identity::attributes::AttributeName;
use ponte::identity::name_id::NameIdKind;
use ponte::login::request::LocalName;
use ponte::saml::authn_request::{Receiving, Window, judge_unsigned, receive};
use ponte::saml::binding::Inbound;
use ponte::saml::identity_provider::{IdentityProvider, Organization};
use ponte::saml::partner::{AttributeSet, Consumer, Profile, ServiceProvider};
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
        name_ids: vec![NameIdKind::Transient],
        valid_until: None,
        minimum_level: None,
        disabled: false,
    };
    let generic = ServiceProvider { profile: Profile::Generic, ..spid.clone() };
    [Arc::new(spid), Arc::new(generic)]
});

fuzz_target!(|text: &str| {
    let at = Receiving {
        identity_provider: &US,
        now: "2026-11-22T00:10:03Z".parse().unwrap(),
        window: Window::default(),
    };
    for partner in &*PARTNERS {
        let _ = judge_unsigned(text, &at, Arc::clone(partner));
        let find = |id: &str| (id == ENTITY).then(|| Arc::clone(partner));
        let _ = receive(Inbound::Redirect { query: text }, &at, find);
    }
});
