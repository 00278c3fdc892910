//! Requests of plain SAML service providers: each differs from a good one in one thing, with the
//! verdict that SAML gives it; and what a request comes to in our own words.

use std::sync::Arc;

use ponte::assurance::class_ref::ClassRef;
use ponte::assurance::requirement::{Comparison, Tolerance};
use ponte::identity::attributes::AttributeName;
use ponte::identity::name_id::NameIdKind;
use ponte::login::request::LocalName;
use ponte::saml::authn_request::{Received, Receiving, Rejected, Window, receive};
use ponte::saml::binding::Inbound;
use ponte::saml::names;
use ponte::saml::partner::{AttributeSet, ServiceProvider};
use ponte::saml::profile::generic::GENERIC;
use ponte::saml::response::ReplyTo;
use ponte::saml::writer::Element;

use crate::support::requests::Change::{Text, Values};
use crate::support::requests::Verdict::{self, Accepted, Page, Told};
use crate::support::requests::{
    Change, IDP_ENTITY, NOW, Row, arrive_by_post, arrive_by_redirect, form, identity_provider, now,
    partner, unbroken,
};
use crate::support::sp::{AuthnRequest, GENERIC_ENTITY, SPID_ENTITY};
use crate::support::{keys, sp};

const PASSWORD_TRANSPORT: &str =
    "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";
const UNSPECIFIED: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified";
const REFEDS_MFA: &str = "https://refeds.org/profile/mfa";
const KERBEROS: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:Kerberos";

fn good() -> AuthnRequest {
    AuthnRequest::generic("_g1", NOW)
}

const fn row(of: &'static str, what: &'static str, change: Change, verdict: Verdict) -> Row {
    Row { of, what, change, redirect: verdict, post: verdict }
}

fn ask(request: &mut AuthnRequest, comparison: Option<&str>, classes: &[&str]) {
    request.requested = Some(sp::RequestedAuthnContext {
        comparison: comparison.map(str::to_owned),
        classes: classes.iter().map(|class| (*class).to_owned()).collect(),
    });
}

fn format(request: &mut AuthnRequest, format: Option<&str>) {
    request.name_id_policy.as_mut().unwrap().format = format.map(str::to_owned);
}

fn set<T: Into<String>>(value: T) -> Option<String> {
    Some(value.into())
}

fn subject() -> Element<'static> {
    Element::new("saml:Subject").child(Element::new("saml:NameID").text("somebody"))
}

#[rustfmt::skip]
fn rows() -> Vec<Row> {
    vec![
        row("good", "as it is", Values(|_| {}), Accepted),
        row("Issuer", "entity format", Values(|x| x.issuer.as_mut().unwrap().format = set(names::FORMAT_ENTITY)), Accepted),
        row("Issuer", "NameQualifier", Values(|x| x.issuer.as_mut().unwrap().name_qualifier = set("x")), Accepted),
        row("Issuer", "another format", Values(|x| x.issuer.as_mut().unwrap().format = set(names::FORMAT_PERSISTENT)), Page(10)),
        row("Issuer", "a space that is none of XML's after it", Values(|x| x.issuer.as_mut().unwrap().value = format!("{GENERIC_ENTITY}\u{a0}")), Page(10)),
        row("Subject", "somebody", Values(|x| x.subject = Some(subject())), Accepted),
        row("Subject", "with a confirmation", Values(|x| x.subject = Some(subject().child(Element::new("saml:SubjectConfirmation").attribute("Method", names::BEARER)))), Told(8)),
        row("Conditions", "a time", Values(|x| x.conditions = Some(Element::new("saml:Conditions").attribute("NotOnOrAfter", "2026-11-22T00:20:03Z"))), Accepted),
        row("Conditions", "a time that is none", Values(|x| x.conditions = Some(Element::new("saml:Conditions").attribute("NotOnOrAfter", "soon"))), Told(8)),
        row("Scoping", "ProxyCount no number", Values(|x| x.scoping = Some(Element::new("samlp:Scoping").attribute("ProxyCount", "x"))), Told(8)),
        row("Version", "1.1", Values(|x| x.version = set("1.1")), Told(9)),
        row("ID", "begins with a digit", Values(|x| x.id = set("1")), Told(11)),
        row("IssueInstant", "six minutes ago", Values(|x| x.issue_instant = set("2026-11-22T00:04:03Z")), Told(13)),
        row("IssueInstant", "absent", Values(|x| x.issue_instant = None), Told(13)),
        Row { of: "Destination", what: "absent", change: Values(|x| x.destination = None), redirect: Accepted, post: Told(14) },
        row("Destination", "our entityID", Values(|x| x.destination = set(IDP_ENTITY)), Told(14)),
        row("Destination", "another provider", Values(|x| x.destination = set("https://other.example.org/sso")), Told(14)),
        row("ForceAuthn", "true", Values(|x| x.force_authn = set("true")), Accepted),
        row("ForceAuthn", "false", Values(|x| x.force_authn = set("false")), Accepted),
        row("ForceAuthn", "no boolean", Values(|x| x.force_authn = set("si")), Told(8)),
        row("IsPassive", "true", Values(|x| x.is_passive = set("true")), Accepted),
        row("IsPassive", "false", Values(|x| x.is_passive = set("0")), Accepted),
        row("IsPassive", "no boolean", Values(|x| x.is_passive = set("no")), Told(8)),
        row("ACS", "an index alone", Values(|x| { x.consumer_url = None; x.protocol_binding = None; x.consumer_index = set("1"); }), Accepted),
        row("ACS", "none: the default", Values(|x| { x.consumer_url = None; x.protocol_binding = None; }), Accepted),
        row("ACS", "a binding alone", Values(|x| x.consumer_url = None), Accepted),
        row("ACS", "an address alone", Values(|x| x.protocol_binding = None), Accepted),
        row("ACS", "index and address", Values(|x| x.consumer_index = set("0")), Told(16)),
        row("ACS", "index and binding", Values(|x| { x.consumer_url = None; x.consumer_index = set("0"); }), Told(16)),
        row("ACS", "unknown index", Values(|x| { x.consumer_url = None; x.protocol_binding = None; x.consumer_index = set("5"); }), Told(16)),
        row("ACS", "an address not in the metadata", Values(|x| x.consumer_url = set("https://evil.example.org/acs")), Told(16)),
        row("ACS", "another provider's address", Values(|x| x.consumer_url = set("https://sp.example.org/spid/acs")), Told(16)),
        row("ACS", "userinfo before the host", Values(|x| x.consumer_url = set("https://sp.example.org@evil.example.org/generic/acs")), Told(16)),
        row("ACS", "a script", Values(|x| x.consumer_url = set("javascript:alert(1)")), Told(16)),
        row("ACS", "HTTP-Artifact", Values(|x| x.protocol_binding = set("urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact")), Told(16)),
        row("ACS", "PAOS", Values(|x| x.protocol_binding = set("urn:oasis:names:tc:SAML:2.0:bindings:PAOS")), Told(16)),
        row("AttributeConsumingServiceIndex", "not in the metadata", Values(|x| x.attribute_index = set("1")), Told(18)),
        row("NameIDPolicy", "absent", Values(|x| x.name_id_policy = None), Accepted),
        row("NameIDPolicy", "no format", Values(|x| format(x, None)), Accepted),
        row("NameIDPolicy", "unspecified", Values(|x| format(x, Some(names::FORMAT_UNSPECIFIED))), Accepted),
        row("NameIDPolicy", "transient", Values(|x| format(x, Some(names::FORMAT_TRANSIENT))), Accepted),
        row("NameIDPolicy", "AllowCreate false", Values(|x| x.name_id_policy.as_mut().unwrap().allow_create = set("false")), Accepted),
        row("NameIDPolicy", "own SPNameQualifier", Values(|x| x.name_id_policy.as_mut().unwrap().sp_name_qualifier = set(GENERIC_ENTITY)), Accepted),
        row("NameIDPolicy", "another's SPNameQualifier", Values(|x| x.name_id_policy.as_mut().unwrap().sp_name_qualifier = set(SPID_ENTITY)), Told(17)),
        row("NameIDPolicy", "e-mail address", Values(|x| format(x, Some("urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"))), Told(17)),
        row("NameIDPolicy", "encrypted", Values(|x| format(x, Some("urn:oasis:names:tc:SAML:2.0:nameid-format:encrypted"))), Told(17)),
        row("NameIDPolicy", "empty format", Values(|x| format(x, Some(""))), Told(17)),
        row("RequestedAuthnContext", "PasswordProtectedTransport", Values(|x| ask(x, Some("exact"), &[PASSWORD_TRANSPORT])), Accepted),
        row("RequestedAuthnContext", "no Comparison", Values(|x| ask(x, None, &[PASSWORD_TRANSPORT])), Accepted),
        row("RequestedAuthnContext", "unspecified", Values(|x| ask(x, None, &[UNSPECIFIED])), Accepted),
        row("RequestedAuthnContext", "REFEDS MFA", Values(|x| ask(x, None, &[REFEDS_MFA])), Accepted),
        row("RequestedAuthnContext", "SpidL2", Values(|x| ask(x, Some("minimum"), &["https://www.spid.gov.it/SpidL2"])), Accepted),
        row("RequestedAuthnContext", "two classes", Values(|x| ask(x, None, &[REFEDS_MFA, PASSWORD_TRANSPORT])), Accepted),
        row("RequestedAuthnContext", "known and unknown, exact", Values(|x| ask(x, None, &[KERBEROS, REFEDS_MFA])), Accepted),
        row("RequestedAuthnContext", "unknown, exact", Values(|x| ask(x, Some("exact"), &[KERBEROS])), Told(12)),
        row("RequestedAuthnContext", "unknown, minimum", Values(|x| ask(x, Some("minimum"), &[KERBEROS])), Told(12)),
        row("RequestedAuthnContext", "unknown, maximum", Values(|x| ask(x, Some("maximum"), &[KERBEROS])), Told(12)),
        row("RequestedAuthnContext", "known, better", Values(|x| ask(x, Some("better"), &[PASSWORD_TRANSPORT])), Accepted),
        row("RequestedAuthnContext", "known and unknown, better", Values(|x| ask(x, Some("better"), &[KERBEROS, PASSWORD_TRANSPORT])), Told(12)),
        row("RequestedAuthnContext", "Comparison unknown", Values(|x| ask(x, Some("same"), &[PASSWORD_TRANSPORT])), Told(12)),
        row("RequestedAuthnContext", "no class", Values(|x| ask(x, Some("exact"), &[])), Told(12)),
        row("RequestedAuthnContext", "a declaration beside the class", Text(|x| x.replacen("</samlp:NameIDPolicy>", "</samlp:NameIDPolicy><samlp:RequestedAuthnContext><saml:AuthnContextClassRef xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">https://refeds.org/profile/mfa</saml:AuthnContextClassRef><saml:AuthnContextDeclRef xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">https://example.org/d</saml:AuthnContextDeclRef></samlp:RequestedAuthnContext>", 1)), Told(12)),
        row("Scoping", "ProxyCount 0 and an IDPList", Values(|x| x.scoping = Some(Element::new("samlp:Scoping").attribute("ProxyCount", "0").child(Element::new("samlp:IDPList").child(Element::new("samlp:IDPEntry").attribute("ProviderID", IDP_ENTITY))))), Accepted),
        row("Extensions", "unknown", Text(|x| x.replacen("</saml:Issuer>", "</saml:Issuer><samlp:Extensions><x:Thing xmlns:x=\"https://example.org/x\">y</x:Thing></samlp:Extensions>", 1)), Accepted),
        row("Child order", "an unknown element", Values(|x| x.extra = vec![Element::new("samlp:Thing")]), Told(8)),
    ]
}

#[test]
fn every_row_has_the_verdict_of_saml() {
    let rows = rows();
    let accepted = rows.iter().filter(|row| row.redirect == Accepted).count();
    println!("{} requests: {accepted} accepted, {} refused", rows.len(), rows.len() - accepted);
    let wrong: Vec<String> = rows.iter().flat_map(|row| row.run(&good())).collect();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn accepted(request: &AuthnRequest) -> Received {
    arrive_by_redirect(&request.redirect(Some("handle"), &keys::SP.signer)).unwrap()
}

fn reply_to(received: &Received) -> ReplyTo {
    ReplyTo::decode(&received.request.reply_to).unwrap()
}

#[test]
fn a_spid_request_in_our_own_words() {
    let received = accepted(&AuthnRequest::spid("_1", NOW));
    let request = &received.request;
    assert_eq!(request.id, "_1");
    assert_eq!(request.received, now());
    assert_eq!(request.relying_party.id, SPID_ENTITY);
    assert_eq!(request.relying_party.name.it.as_deref(), Some("Servizio uno"));
    assert_eq!(request.attributes, [AttributeName::Name, AttributeName::FiscalNumber]);
    assert!(!request.passive);
    let requirement = &request.requirement;
    assert_eq!(requirement.classes, [ClassRef::SpidL2]);
    assert_eq!(requirement.comparison, Comparison::Minimum);
    assert_eq!(requirement.tolerance, Tolerance::HigherIsFine);
    assert_eq!(requirement.not_before, Some(now()));
    assert!(requirement.upstream);
    let reply_to = reply_to(&received);
    assert_eq!(reply_to.in_response_to, "_1");
    assert_eq!(reply_to.consumer, "https://sp.example.org/spid/acs");
    assert_eq!(reply_to.relay_state.as_deref(), Some("handle"));
    assert_eq!(reply_to.name_id, NameIdKind::Transient);
    assert_eq!(received.issue_instant, now());
    assert_eq!(received.remember_until, now() + chrono::TimeDelta::minutes(7));
    assert!(received.xml.starts_with("<samlp:AuthnRequest"));
}

#[test]
fn only_spid_l1_without_force_authn_may_use_a_session() {
    let fresh = |force: Option<&str>, comparison: &str, class: &str| {
        let mut request = AuthnRequest::spid("_1", NOW);
        request.force_authn = force.map(str::to_owned);
        request.requested = Some(sp::RequestedAuthnContext {
            comparison: Some(comparison.into()),
            classes: vec![class.into()],
        });
        accepted(&request).request.requirement.not_before
    };
    const L1: &str = "https://www.spid.gov.it/SpidL1";
    assert_eq!(fresh(None, "exact", L1), None);
    assert_eq!(fresh(Some("false"), "minimum", L1), None);
    assert_eq!(fresh(Some("true"), "exact", L1), Some(now()));
    assert_eq!(fresh(Some("1"), "exact", L1), Some(now()));
    assert_eq!(fresh(None, "better", L1), Some(now()));
    assert_eq!(fresh(Some("true"), "exact", "https://www.spid.gov.it/SpidL3"), Some(now()));
}

#[test]
fn what_is_not_asked_is_not_released() {
    let mut request = AuthnRequest::spid("_1", NOW);
    request.attribute_index = None;
    let received = accepted(&request);
    assert_eq!(received.request.attributes, []);
    assert_eq!(received.request.relying_party.name.it.as_deref(), Some("Ente di esempio"));
    request.attribute_index = Some("1".into());
    assert_eq!(accepted(&request).request.attributes, [AttributeName::Email]);
}

#[test]
fn proxy_count_0_takes_other_providers_away() {
    for (count, upstream) in [("0", false), ("00", false), ("1", true), ("10", true)] {
        let mut request = AuthnRequest::spid("_1", NOW);
        request.scoping = Some(Element::new("samlp:Scoping").attribute("ProxyCount", count));
        assert_eq!(accepted(&request).request.requirement.upstream, upstream, "{count}");
    }
}

#[test]
fn a_generic_request_in_our_own_words() {
    let received = accepted(&good());
    let requirement = &received.request.requirement;
    assert_eq!(requirement.classes, []);
    assert_eq!(requirement.comparison, Comparison::Exact);
    assert_eq!(requirement.tolerance, Tolerance::AsRequested);
    assert_eq!(requirement.not_before, None);
    assert_eq!(reply_to(&received).name_id, NameIdKind::Persistent);

    let mut request = good();
    request.is_passive = Some("1".into());
    request.force_authn = Some("true".into());
    format(&mut request, Some(names::FORMAT_TRANSIENT));
    ask(&mut request, Some("minimum"), &[KERBEROS, REFEDS_MFA, PASSWORD_TRANSPORT]);
    let received = accepted(&request);
    assert!(received.request.passive);
    let requirement = &received.request.requirement;
    assert_eq!(requirement.classes, [ClassRef::RefedsMfa, ClassRef::PasswordProtectedTransport]);
    assert_eq!(requirement.comparison, Comparison::Minimum);
    assert_eq!(requirement.not_before, Some(now()));
    assert_eq!(reply_to(&received).name_id, NameIdKind::Transient);
}

#[test]
fn an_unspecified_name_is_of_the_kind_that_the_metadata_prefers() {
    let mut request = good();
    request.name_id_policy = None;
    assert_eq!(reply_to(&accepted(&request)).name_id, NameIdKind::Persistent);
    assert_eq!(receive_by(&request, |partner| partner.name_ids.clear()).1, NameIdKind::Transient);
}

#[test]
fn the_default_attribute_set_is_meant_when_none_is_named() {
    let set = |index, is_default, attribute| AttributeSet {
        index,
        is_default,
        name: LocalName::default(),
        attributes: vec![attribute],
    };
    let sets = |default: u16| {
        move |partner: &mut ServiceProvider| {
            partner.attribute_sets = vec![
                set(0, default == 0, AttributeName::Name),
                set(1, default == 1, AttributeName::Email),
            ];
        }
    };
    assert_eq!(receive_by(&good(), sets(1)).0.request.attributes, [AttributeName::Email]);
    assert_eq!(receive_by(&good(), sets(9)).0.request.attributes, [AttributeName::Name]);
    let name = receive_by(&good(), sets(1)).0.request.relying_party.name;
    assert_eq!(name.it.as_deref(), Some("Ente di esempio"));
    let nameless = receive_by(&good(), |partner| partner.organization = LocalName::default());
    assert_eq!(nameless.0.request.relying_party.name.it.as_deref(), Some(GENERIC_ENTITY));
}

#[test]
fn our_own_least_level_goes_with_the_requirement() {
    let level = Some(ponte::assurance::level::Level::Loa3);
    let (received, _) = receive_by(&good(), |partner| partner.minimum_level = level);
    assert_eq!(received.request.requirement.minimum, level);
}

fn receive_by(
    request: &AuthnRequest,
    change: impl Fn(&mut ServiceProvider),
) -> (Received, NameIdKind) {
    let identity_provider = identity_provider();
    let at =
        Receiving { identity_provider: &identity_provider, now: now(), window: Window::default() };
    let find = |entity_id: &str| {
        let mut partner = ServiceProvider::clone(&*partner(entity_id)?);
        change(&mut partner);
        Some(Arc::new(partner))
    };
    let query = request.redirect(None, &keys::SP.signer);
    let received = receive(Inbound::Redirect { query: &query }, &at, find).unwrap();
    let name_id = reply_to(&received).name_id;
    (received, name_id)
}

#[test]
fn a_fault_is_answered_where_the_answer_was_asked_for() {
    let answer = |change: fn(&mut AuthnRequest)| {
        let mut request = AuthnRequest::spid("_1", NOW);
        request.consumer_index = Some("1".into());
        change(&mut request);
        match arrive_by_redirect(&request.redirect(Some("handle"), &keys::SP.signer)) {
            Err(Rejected::Registered { reply_to, fault, xml, .. }) => {
                assert!(xml.starts_with("<samlp:AuthnRequest"));
                (ReplyTo::decode(&reply_to).unwrap(), fault)
            }
            other => panic!("{other:?}"),
        }
    };
    let (reply_to, fault) = answer(|x| x.version = Some("1.0".into()));
    assert_eq!(reply_to.consumer, "https://sp.example.org/spid/acs2");
    assert_eq!(reply_to.in_response_to, "_1");
    assert_eq!(reply_to.relay_state.as_deref(), Some("handle"));
    assert_eq!((fault.expected.as_ref(), fault.found.as_str()), ("2.0", "1.0"));
    let (reply_to, _) =
        answer(|x| x.consumer_url = Some("https://sp.example.org/spid/acs2".into()));
    assert_eq!(reply_to.consumer, "https://sp.example.org/spid/acs");
    // An ID that cannot be repeated is not.
    let (reply_to, fault) = answer(|x| x.id = Some("1 \"<".into()));
    assert_eq!(reply_to.in_response_to, "");
    assert_eq!(fault.found, "1 \"<");
    let (_, fault) = answer(|x| x.destination = Some("x".repeat(5000)));
    assert_eq!(fault.found.len(), 200);
}

#[test]
fn a_request_seen_before_is_told_by_its_id() {
    let Rejected::Registered { fault, reply_to, .. } =
        accepted(&AuthnRequest::spid("_1", NOW)).replayed()
    else {
        panic!("told to the browser");
    };
    assert_eq!(fault.kind.number(), 11);
    assert_eq!(ReplyTo::decode(&reply_to).unwrap().in_response_to, "_1");
}

#[test]
fn a_form_is_read_from_what_was_signed() {
    let request = AuthnRequest::spid("_1", NOW);
    let form = form(&request.signed(&keys::SP.signer), None);
    let received = arrive_by_post(&form).unwrap();
    assert!(received.xml.contains("SignatureValue"));
    assert_eq!(reply_to(&received).relay_state, None);
}

#[test]
fn every_demand_is_broken_by_a_row() {
    assert_eq!(unbroken(&GENERIC, &rows(), &good()), [""; 0]);
}
