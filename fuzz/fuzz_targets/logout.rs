//! Any logout message: judged by the table of each profile as if its signature had held, and received as
//! it is.
#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use ponte::identity::attributes::AttributeName;
use ponte::identity::name_id::NameIdKind;
use ponte::login::request::LocalName;
use ponte::saml::authn_request::{Receiving, Window};
use ponte::saml::binding::{Binding, Inbound};
use ponte::saml::identity_provider::{IdentityProvider, Organization, SingleLogout, Supported};
use ponte::saml::lexical;
use ponte::saml::logout::message::Kind;
use ponte::saml::logout::receive::{Received, Rejected, judge_unsigned, receive};
use ponte::saml::logout::write::{Verdict, status};
use ponte::saml::partner::{Answers, Consumer, LogoutService, Profile, ServiceProvider, WaysIn};
use ponte::saml::signature::PublicKey;
use ponte::world::signer::{KeyFile, Signer as _};

const ENTITY: &str = "https://sp.example.org/spid";

static US: LazyLock<IdentityProvider> = LazyLock::new(|| IdentityProvider {
    entity_id: "https://idp.example.org/saml".into(),
    single_sign_on: "https://idp.example.org/saml/sso".into(),
    single_logout: Some(SingleLogout {
        location: "https://idp.example.org/saml/slo".into(),
        response_location: Some("https://idp.example.org/saml/slo/response".into()),
    }),
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
        logouts: vec![LogoutService {
            binding: Binding::Post,
            location: "https://sp.example.org/slo".into(),
            response_location: None,
        }],
        attribute_sets: Vec::new(),
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

/// Whatever the verdict, an answer goes to a registered place or nowhere, and what is taken keeps the rules.
fn hold(outcome: Result<Received, Rejected>, partner: &ServiceProvider, at: &Receiving<'_>) {
    match outcome {
        Ok(Received::Request(request)) => {
            assert!(lexical::is_id(&request.id) && !request.name_id.value.is_empty());
            assert!(request.session_indexes.iter().all(|index| !index.is_empty()));
            assert!(request.remember_until >= at.now);
            let reply_to = request.reply_to.expect("it takes answers");
            assert_eq!(
                (reply_to.in_response_to, reply_to.location.as_str()),
                (request.id, "https://sp.example.org/slo")
            );
            assert!(reply_to.issue_instant <= at.now);
        }
        Ok(Received::Response(response)) => assert!(lexical::is_id(&response.in_response_to)),
        Err(Rejected::Registered { fault, reply_to, .. }) => {
            assert_eq!(reply_to.location, "https://sp.example.org/slo");
            let id = &reply_to.in_response_to;
            assert!(id.is_empty() || lexical::is_id(id));
            assert_ne!(
                status(partner.profile, Verdict::Refused(&fault)),
                status(partner.profile, Verdict::Done)
            );
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
        for kind in [Kind::Request, Kind::Response] {
            hold(judge_unsigned(kind, text, &at, Arc::clone(partner)), partner, &at);
        }
        let find = |id: &str| (id == ENTITY).then(|| Arc::clone(partner));
        hold(receive(Inbound::Redirect { query: text }, &at, find), partner, &at);
        hold(receive(Inbound::Post { form: text }, &at, find), partner, &at);
    }
});
