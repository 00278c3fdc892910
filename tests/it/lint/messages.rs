//! Messages: recognised in each wrapping, and held to the tables by which they are received.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ponte::assurance::class_ref::ClassRef;
use ponte::saml::binding::{Parameter, redirect_url};
use ponte::saml::lint::inspect::{Report, Subject, inspect};
use ponte::saml::lint::paste::{MAX_PASTE, Wrapping};
use ponte::saml::lint::rule::Severity;
use ponte::saml::upstream::request::Request;
use proptest::prelude::*;

use crate::lint::mutations::now;
use crate::support::keys;

fn request() -> Request {
    Request::spid(
        "_request1".into(),
        now(),
        "https://idp.example.org/sso".into(),
        "https://sp.example.org/spid".into(),
        ClassRef::SpidL2,
    )
}

fn grave(report: &Report) -> Vec<String> {
    let grave = report.findings.iter().filter(|one| one.severity() != Severity::Advice);
    grave.map(|one| format!("{} {} {:?}", one.rule, one.element, one.found)).collect()
}

#[test]
fn a_request_is_recognised_in_each_wrapping() {
    let signed = request().signed(&keys::SP.signer).unwrap();
    let base64 = STANDARD.encode(&signed);
    let unsigned = request().unsigned().unwrap();
    let url = redirect_url(
        "https://idp.example.org/sso",
        Parameter::SamlRequest,
        &unsigned,
        Some("state"),
        &keys::SP.signer,
    );
    let url = url.unwrap();
    let deflated = url.split("SAMLRequest=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let form = format!(
        "SAMLRequest={}&RelayState=state",
        base64.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
    );
    for (text, wrapping) in [
        (signed.clone(), Wrapping::Xml),
        (base64, Wrapping::Base64),
        (url, Wrapping::Redirect),
        (deflated, Wrapping::Deflated),
        (form, Wrapping::Form),
    ] {
        let report = inspect(text.as_bytes(), None, now());
        assert_eq!((report.subject, report.wrapping), (Subject::AuthnRequest, wrapping), "{text}");
        assert_eq!(report.entity.as_deref(), Some("https://sp.example.org/spid"));
        assert!(grave(&report).is_empty(), "{wrapping:?}: {:#?}", grave(&report));
    }
}

#[test]
fn a_request_is_held_to_the_table() {
    let signed = request().signed(&keys::SP.signer).unwrap();
    for (from, to, rule) in [
        (r#"Version="2.0""#, r#"Version="1.1""#, "authn-request-nr09"),
        (
            "https://www.spid.gov.it/SpidL2",
            "urn:oasis:names:tc:SAML:2.0:ac:classes:SpidL2",
            "authn-request-nr12",
        ),
        (r#"IssueInstant="2026"#, r#"IssueInstant="26"#, "authn-request-nr13"),
        ("nameid-format:transient", "nameid-format:persistent", "authn-request-nr17"),
        (r#"Version="2.0""#, r#"Version="2.0" IsPassive="true""#, "authn-request-nr15"),
    ] {
        let text = signed.replacen(from, to, 1);
        assert_ne!(text, signed, "{from}");
        let report = inspect(text.as_bytes(), None, now());
        let found = report.findings.iter().find(|finding| finding.rule == rule);
        let found = found.unwrap_or_else(|| panic!("no {rule}: {:?}", grave(&report)));
        assert!(found.place.line >= 1 && !found.mend.0.is_empty());
        assert!(report.findings.iter().any(|finding| finding.rule == "message-signature"));
    }
}

proptest! {
    /// Whatever is pasted, there is a report, and it is bounded.
    #[test]
    fn anything_may_be_pasted(octets in proptest::collection::vec(any::<u8>(), 0..512)) {
        let report = inspect(&octets, None, now());
        prop_assert!(report.findings.len() <= 220);
    }

    #[test]
    fn anything_in_an_entity_may_be_pasted(inside in "[<>/a-zA-Z \"=:!?&;\\-\\[\\]]{0,200}") {
        let text = format!("<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"a\">{inside}</md:EntityDescriptor>");
        let _told = inspect(text.as_bytes(), None, now());
        let _told = inspect(inside.as_bytes(), None, now());
    }
}

#[test]
fn what_is_too_large_is_told_and_not_read() {
    let report = inspect(&vec![b'<'; MAX_PASTE + 1], None, now());
    assert!(!report.readable);
    assert_eq!(report.findings[0].rule, "document-size");
}
