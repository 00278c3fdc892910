//! Identity providers that we ask, read from their metadata; and a request to each of the real ones.

use chrono::{DateTime, TimeDelta, Utc};
use ponte::assurance::class_ref::ClassRef;
use ponte::saml::binding::{self, Binding, Inbound, Parameter};
use ponte::saml::identity_provider::IdentityProvider;
use ponte::saml::logout::write::Dispatch;
use ponte::saml::metadata::error::MetadataError;
use ponte::saml::metadata::error::Warning;
use ponte::saml::metadata::write;
use ponte::saml::signature::{self, PublicKey};
use ponte::saml::structure::{self, Root, Signed};
use ponte::saml::upstream::provider::{
    CertificateDates, Described, Trust, Vouched, read, read_all,
};
use ponte::saml::upstream::request::Request;
use ponte::saml::xml;
use ponte::world::signer::Signer as _;

use crate::support::forge::{Forge, PLACE};
use crate::support::{idp, keys, real_files, sp};

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
        let read = read_all(&text, trust, now());
        let read = read.unwrap_or_else(|error| panic!("{name}: {error}"));
        for listed in read {
            let id = listed.entity_id;
            let described = listed.outcome.unwrap_or_else(|error| panic!("{name}: {id}: {error}"));
            all.push((name.to_owned(), described));
        }
    }
    Some(all)
}

/// SP-07: all load under a policy that says how, the one among them whose signature is over the whole document; a request
/// to each verifies.
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

/// Our own metadata as an identity provider, signed by `by`, for an entity called `id`.
fn entity(id: &str, by: &keys::Keys) -> String {
    let idp = IdentityProvider { entity_id: id.into(), ..idp::identity_provider() };
    write::write(&idp, "_md1", &by.signer, &[]).unwrap()
}

fn public(keys: &keys::Keys) -> PublicKey {
    PublicKey::from_certificate_der(keys.signer.certificate()).unwrap()
}

/// A list of `entities`, with `attributes`, signed by `by`.
fn list(entities: &str, attributes: &str, by: Option<&'static keys::Keys>) -> String {
    let place = if by.is_some() { PLACE } else { "" };
    let text = format!(
        "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" ID=\"_list1\"{attributes}>{place}{entities}</md:EntitiesDescriptor>"
    );
    match by {
        Some(by) => Forge::default().seal(&text, "_list1", by),
        None => text,
    }
}

fn plain(text: &str) -> Result<Described, MetadataError> {
    read(text, None, &Trust::default(), now())
}

#[test]
fn an_identity_provider_is_read_whole() {
    let described = plain(&entity(idp::ENTITY, &keys::IDP)).unwrap();
    assert_eq!(described.vouched, Vouched::Itself);
    let provider = described.provider;
    assert_eq!(provider.entity_id, idp::ENTITY);
    assert_eq!(provider.sign_on(Binding::Post).unwrap().location, sp::DESTINATION);
    let logout = provider.logout(Some(Binding::Post)).unwrap();
    assert_eq!(logout.location, "https://idp.example.org/saml/slo");
    assert_eq!(
        logout.response_location.as_deref(),
        Some("https://idp.example.org/saml/slo/response")
    );
    assert_eq!(provider.name.it.as_deref(), Some("Ente di prova"));
    assert_eq!(provider.name.en.as_deref(), Some("Test body"));
    assert_eq!(provider.home.it.as_deref(), Some("https://www.example.org"));
    let classes =
        ["SpidL1", "SpidL2", "SpidL3"].map(|level| format!("https://www.spid.gov.it/{level}"));
    assert_eq!(provider.classes, classes);
    assert_eq!(provider.purposes, ["P", "PX"]);
    assert_eq!(provider.name_id_formats.len(), 1);
    assert!(provider.attributes.contains(&"fiscalNumber".to_owned()));
    assert_eq!(provider.keys.len(), 1);
    assert_eq!(provider.logo, None);
}

#[test]
fn several_keys_a_logo_and_names_for_people_are_read() {
    let idp = idp::identity_provider();
    let further = [keys::IDP_ECDSA.signer.certificate().to_vec()];
    let signed = write::write(&idp, "_md1", &keys::IDP.signer, &further).unwrap();
    let start = signed.find("<ds:Signature ").unwrap();
    let end = signed.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    let unsigned = format!("{}{}", &signed[..start], &signed[end..]);
    let shown = "<md:Extensions><mdui:UIInfo xmlns:mdui=\"urn:oasis:names:tc:SAML:metadata:ui\">\
        <mdui:DisplayName xml:lang=\"it\">Mostrato</mdui:DisplayName>\
        <mdui:Logo height=\"1\" width=\"1\">data:image/png;base64,AAAA</mdui:Logo>\
        <mdui:Logo height=\"2\" width=\"2\">https://idp.example.org/logo.svg</mdui:Logo>\
        </mdui:UIInfo></md:Extensions><md:KeyDescriptor";
    let described = plain(&unsigned.replacen("<md:KeyDescriptor", shown, 1)).unwrap();
    let provider = described.provider;
    assert_eq!(provider.keys.len(), 2);
    assert_eq!(provider.logo.as_deref(), Some("https://idp.example.org/logo.svg"));
    assert_eq!(provider.name.it.as_deref(), Some("Mostrato"));
    assert_eq!(provider.organization.it.as_deref(), Some("Ente di prova"));
    assert_eq!(described.vouched, Vouched::Placed);
}

#[test]
fn who_must_have_signed_is_held_to() {
    let pinned = |by: &keys::Keys| Trust { signed_by: vec![public(by)], ..Trust::default() };
    let own = entity(idp::ENTITY, &keys::IDP);
    let judged = |text: &str, trust: &Trust| read(text, None, trust, now());
    assert_eq!(judged(&own, &pinned(&keys::IDP)).unwrap().vouched, Vouched::Pinned);
    assert!(matches!(judged(&own, &pinned(&keys::STRANGER)), Err(MetadataError::Untrusted(_))));
    // Changed after it was signed, or not signed at all.
    let changed = own.replacen("saml/sso", "saml/ssn", 1);
    for trust in [Trust::default(), pinned(&keys::IDP)] {
        assert!(judged(&changed, &trust).is_err());
    }
    let start = own.find("<ds:Signature ").unwrap();
    let end = own.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    let bare = format!("{}{}", &own[..start], &own[end..]);
    judged(&bare, &Trust::default()).unwrap();
    assert!(judged(&bare, &pinned(&keys::IDP)).is_err());
    // A list is signed whole by whoever keeps it; what its entities sign themselves is not that.
    let (one, two) =
        (bare.clone(), bare.replace(idp::ENTITY, "https://two.example").replace("_md1", "_md2"));
    let signed = list(&format!("{one}{two}"), "", Some(&keys::STRANGER));
    let read_all = |text: &str, trust: &Trust| read_all(text, trust, now());
    let all = read_all(&signed, &pinned(&keys::STRANGER)).unwrap();
    assert_eq!(all.len(), 2);
    assert!(all.iter().all(|one| one.outcome.as_ref().unwrap().vouched == Vouched::Pinned));
    assert!(read_all(&signed, &pinned(&keys::IDP)).is_err());
    assert!(read_all(&signed.replacen("saml/sso", "saml/ssn", 1), &Trust::default()).is_err());
    let ignored = |finding: &Warning| matches!(finding, Warning::SignatureIgnored { .. });
    let all = read_all(&signed, &Trust::default()).unwrap();
    assert!(all.iter().all(|one| one.outcome.as_ref().unwrap().findings.iter().any(ignored)));
    assert!(read_all(&list(&own, "", None), &pinned(&keys::IDP)).is_err());
}

#[test]
fn one_is_picked_out_of_a_list() {
    let bare = |id: &str, xml_id: &str| {
        let own = entity(id, &keys::IDP);
        let start = own.find("<ds:Signature ").unwrap();
        let end = own.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
        format!("{}{}", &own[..start], &own[end..]).replace("_md1", xml_id)
    };
    let (one, two) = (bare("https://one.example", "_a"), bare("https://two.example", "_b"));
    let broken = two.replace("https://two.example", "https://three.example").replace("_b", "_c");
    let broken = broken.replace(sp::DESTINATION, "javascript:alert(1)");
    let whole = list(&format!("{one}{two}{broken}"), "", None);
    let pick = |wanted| read(&whole, wanted, &Trust::default(), now());
    assert_eq!(
        pick(Some("https://two.example")).unwrap().provider.entity_id,
        "https://two.example"
    );
    for none in [None, Some("https://nobody.example"), Some("https://one.example/")] {
        assert!(
            matches!(pick(none), Err(MetadataError::NotListed { entities: 3, .. })),
            "{none:?}"
        );
    }
    assert!(matches!(pick(Some("https://three.example")), Err(MetadataError::Rule { .. })));
    let all = read_all(&whole, &Trust::default(), now()).unwrap();
    assert_eq!(all.iter().filter(|one| one.outcome.is_ok()).count(), 2);
    let twice = list(&format!("{one}{}", one.replace("_a", "_d")), "", None);
    assert!(read_all(&twice, &Trust::default(), now()).is_err());
    let nested = list(&list(&one, "", None).replace("_list1", "_list2"), "", None);
    assert!(read_all(&nested, &Trust::default(), now()).is_err());
}

#[test]
fn the_end_of_use_and_the_dates_of_certificates_are_held_to() {
    let trust =
        |days| Trust { require_valid_until: Some(TimeDelta::days(days)), ..Trust::default() };
    let own = entity(idp::ENTITY, &keys::IDP);
    let start = own.find("<ds:Signature ").unwrap();
    let end = own.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    let bare = format!("{}{}", &own[..start], &own[end..]);
    let until =
        |day: &str| bare.replacen(" entityID=", &format!(" validUntil=\"{day}\" entityID="), 1);
    let judged = |text: &str, trust: &Trust| read(text, None, trust, now());
    let good = until("2026-11-25T00:00:00Z");
    let read_good = judged(&good, &trust(7)).unwrap().provider;
    assert_eq!(read_good.valid_until.unwrap().to_rfc3339(), "2026-11-25T00:00:00+00:00");
    judged(&good, &Trust::default()).unwrap();
    for (text, trust) in [
        (bare.clone(), trust(7)),
        (good.clone(), trust(1)),
        (until("2026-11-22T00:10:03Z"), Trust::default()),
        (until("tomorrow"), Trust::default()),
    ] {
        assert!(judged(&text, &trust).is_err(), "{text}");
    }
    // A list's end is each entity's, where it comes first.
    let whole = list(&good, " validUntil=\"2026-11-23T00:00:00Z\"", None);
    let first = judged(&whole, &trust(7)).unwrap().provider.valid_until.unwrap();
    assert_eq!(first.to_rfc3339(), "2026-11-23T00:00:00+00:00");
    assert!(judged(&list(&good, " validUntil=\"2026-11-21T00:00:00Z\"", None), &trust(7)).is_err());

    let later = "2040-01-01T00:00:00Z".parse().unwrap();
    let dates = |certificate_dates| {
        read(&bare, None, &Trust { certificate_dates, ..Trust::default() }, later)
    };
    let says = |described: &Described| {
        let is = |finding: &&Warning| matches!(finding, Warning::CertificateDates { .. });
        described.findings.iter().filter(is).count()
    };
    assert_eq!(says(&dates(CertificateDates::Ignore).unwrap()), 0);
    assert_eq!(says(&dates(CertificateDates::Warn).unwrap()), 1);
    assert!(matches!(dates(CertificateDates::Refuse), Err(MetadataError::Rule { .. })));
}

/// One change each; whatever it is, the document is refused.
#[test]
fn metadata_that_would_send_people_astray_are_refused() {
    let own = entity(idp::ENTITY, &keys::IDP);
    let start = own.find("<ds:Signature ").unwrap();
    let end = own.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    let bare = format!("{}{}", &own[..start], &own[end..]);
    plain(&bare).unwrap();
    for (from, to) in [
        ("https://idp.example.org/saml/sso", "javascript:alert(1)"),
        ("https://idp.example.org/saml/sso", "http://idp.example.org/saml/sso"),
        ("https://idp.example.org/saml/sso", "https://user@idp.example.org/"),
        (" entityID=\"https://idp.example.org/saml\"", ""),
        ("entityID=\"https://idp.example.org/saml\"", "entityID=\"a b\""),
        ("urn:oasis:names:tc:SAML:2.0:protocol", "urn:oasis:names:tc:SAML:1.1:protocol"),
        ("md:IDPSSODescriptor", "md:SPSSODescriptor"),
        ("<ds:X509Certificate>", "<ds:X509Certificate>AAAA"),
        ("use=\"signing\"", "use=\"encryption\""),
        ("use=\"signing\"", "use=\"else\""),
    ] {
        assert!(bare.contains(from), "{from}");
        assert!(plain(&bare.replace(from, to)).is_err(), "{to}");
    }
}
