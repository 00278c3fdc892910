//! Identity providers that we ask, read from their metadata; and a request to each of the real ones.

use chrono::{DateTime, Utc};
use ponte::assurance::class_ref::ClassRef;
use ponte::saml::binding::{self, Binding, Inbound, Parameter};
use ponte::saml::logout::write::Dispatch;
use ponte::saml::metadata::error::Warning;
use ponte::saml::signature::{self, PublicKey};
use ponte::saml::structure::{self, Root, Signed};
use ponte::saml::upstream::provider::{CertificateDates, Described, Trust, read_all};
use ponte::saml::upstream::request::Request;
use ponte::saml::xml;
use ponte::world::signer::Signer as _;

use crate::support::{keys, real_files, sp};

const ONE: [&str; 5] =
    ["cie-production.xml", "cie-test.xml", "ficep.xml", "spid-saml-check.xml", "spid-sp-test.xml"];

fn now() -> DateTime<Utc> {
    "2026-11-22T00:10:03.531Z".parse().unwrap()
}

/// Every real identity provider, with the file that it is in.
fn real(trust: &Trust) -> Option<Vec<(String, Described)>> {
    let mut all = Vec::new();
    for name in ONE.into_iter().chain(["spid-entities-idps.xml"]) {
        let text = real_files::read(&format!("idp-metadata/{name}"))?;
        let read = read_all(&text, trust, now()).unwrap_or_else(|error| panic!("{name}: {error}"));
        for listed in read {
            let id = listed.entity_id;
            let described = listed.outcome.unwrap_or_else(|error| panic!("{name}: {id}: {error}"));
            all.push((name.to_owned(), described));
        }
    }
    Some(all)
}

/// SP-07, issue 4: all 17 load under a policy that says how, and a request to each verifies.
#[test]
fn the_real_ones_load_under_a_policy_that_says_how_and_requests_to_them_verify() {
    let trust = Trust { certificate_dates: CertificateDates::Warn, ..Trust::default() };
    let Some(all) = real(&trust) else { return };
    assert_eq!(all.len(), 17);
    let public = [PublicKey::from_certificate_der(keys::SP.signer.certificate()).unwrap()];
    let mut out_of_dates = 0;
    for (file, described) in &all {
        let provider = &described.provider;
        let says = |wanted: fn(&Warning) -> bool| described.findings.iter().any(wanted);
        assert_eq!(
            says(|finding| matches!(finding, Warning::NotSigned { .. })),
            file.starts_with("cie-") || file == "spid-sp-test.xml",
            "{file}"
        );
        assert!(says(|finding| matches!(finding, Warning::NoValidUntil { .. })), "{file}");
        out_of_dates += usize::from(provider.keys.iter().all(|key| key.not_after() < now()));
        assert!(!provider.keys.is_empty() && !provider.logouts.is_empty(), "{file}");
        for by in [Binding::Redirect, Binding::Post] {
            let service = provider.sign_on(by).unwrap();
            assert_eq!(service.binding, by, "{}", provider.entity_id);
            let request = Request::spid(
                "_r1".into(),
                now(),
                service.location.clone(),
                sp::SPID_ENTITY.into(),
                ClassRef::SpidL2,
            );
            let sent = request.send(by, "opaque-handle_1", &keys::SP.signer).unwrap();
            match sent.by {
                Dispatch::Redirect { url } => {
                    let query = url.strip_prefix(&format!("{}?", service.location)).unwrap();
                    let inbound = Inbound::Redirect { query };
                    let decoded = binding::decode(inbound, Parameter::SamlRequest).unwrap();
                    assert_eq!(decoded.relay_state.as_deref(), Some("opaque-handle_1"));
                    assert_eq!(decoded.xml, sent.xml);
                    signature::verify_detached(&decoded, &public).unwrap();
                }
                Dispatch::Post { action, .. } => {
                    assert_eq!(action, service.location);
                    let document = xml::parse(&sent.xml).unwrap();
                    let signed = Signed::Enveloped { required: true };
                    let sound = structure::check(&document, Root::AuthnRequest, signed).unwrap();
                    signature::verify(&sound, &public).unwrap();
                }
            }
        }
    }
    assert_eq!(out_of_dates, 8);
}
