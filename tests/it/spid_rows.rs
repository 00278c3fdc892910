//! Every row of spid-saml §1.1: a request that differs from a good one in that alone, and the
//! verdict that the rules give it.

use std::collections::BTreeMap;

use ponte::saml::names;
use ponte::saml::profile::spid::SPID;
use ponte::saml::writer::Element;

use crate::support::requests::Change::{Text, Values};
use crate::support::requests::Verdict::{self, Accepted, Page, Told};
use crate::support::requests::{
    Change, IDP_ENTITY, NOW, OTHER_ENTITY, Row, arrive_by_post, arrive_by_redirect, form,
    identity_provider, unbroken, verdict,
};
use crate::support::sp::{AuthnRequest, DESTINATION, redirect};
use crate::support::{keys, sp};

fn good() -> AuthnRequest {
    AuthnRequest::spid("_f81d4fae-7dec-11d0-a765-00a0c91e6bf6", NOW)
}

const fn row(of: &'static str, what: &'static str, change: Change, verdict: Verdict) -> Row {
    Row { of, what, change, redirect: verdict, post: verdict }
}

/// A request whose structure is refused: nr04 by redirect, nr07 by post (spid-saml §3).
const fn unsound(of: &'static str, what: &'static str, change: Change) -> Row {
    Row { of, what, change, redirect: Page(4), post: Page(7) }
}

fn set<T: Into<String>>(value: T) -> Option<String> {
    Some(value.into())
}

fn requested(request: &mut AuthnRequest) -> &mut sp::RequestedAuthnContext {
    request.requested.as_mut().unwrap()
}

fn classes(request: &mut AuthnRequest, classes: &[&str]) {
    requested(request).classes = classes.iter().map(|class| (*class).to_owned()).collect();
}

fn by_url(request: &mut AuthnRequest, url: &str) {
    request.consumer_index = None;
    request.consumer_url = set(url);
    request.protocol_binding = set(names::HTTP_POST);
}

const L1: &str = "https://www.spid.gov.it/SpidL1";
const L2: &str = "https://www.spid.gov.it/SpidL2";
const L3: &str = "https://www.spid.gov.it/SpidL3";

#[rustfmt::skip]
fn rows() -> Vec<Row> {
    vec![
        row("good", "as it is", Values(|_| {}), Accepted),
        // ID
        row("ID", "a UUID after an underscore", Values(|x| x.id = set("_9e3a1b5c-0000-4000-8000-aabbccddeeff")), Accepted),
        row("ID", "origin and time", Values(|x| x.id = set("sp.example.org-1700000000000")), Accepted),
        row("ID", "letters beyond ASCII", Values(|x| x.id = set("èrichiesta")), Accepted),
        row("ID", "256 characters", Values(|x| x.id = set("a".repeat(256))), Accepted),
        row("ID", "257 characters", Values(|x| x.id = set("a".repeat(257))), Told(11)),
        row("ID", "absent", Values(|x| x.id = None), Told(11)),
        Row { of: "ID", what: "empty", change: Values(|x| x.id = set("")), redirect: Told(11), post: Page(7), },
        row("ID", "begins with a digit", Values(|x| x.id = set("9e3a1b5c")), Told(11)),
        row("ID", "with a colon", Values(|x| x.id = set("a:b")), Told(11)),
        Row { of: "ID", what: "with a space", change: Values(|x| x.id = set("a b")), redirect: Told(11), post: Page(7) },
        // Version
        row("Version", "absent", Values(|x| x.version = None), Told(9)),
        row("Version", "1.1", Values(|x| x.version = set("1.1")), Told(9)),
        row("Version", "2", Values(|x| x.version = set("2")), Told(9)),
        row("Version", "empty", Values(|x| x.version = set("")), Told(9)),
        // IssueInstant
        row("IssueInstant", "milliseconds", Values(|x| x.issue_instant = set("2026-11-22T00:10:03.531Z")), Accepted),
        row("IssueInstant", "microseconds", Values(|x| x.issue_instant = set("2026-11-22T00:10:03.531999Z")), Accepted),
        row("IssueInstant", "five minutes ago", Values(|x| x.issue_instant = set("2026-11-22T00:05:03Z")), Accepted),
        row("IssueInstant", "five minutes and one second ago", Values(|x| x.issue_instant = set("2026-11-22T00:05:02Z")), Told(13)),
        row("IssueInstant", "two minutes ahead", Values(|x| x.issue_instant = set("2026-11-22T00:12:03Z")), Accepted),
        row("IssueInstant", "two minutes and one second ahead", Values(|x| x.issue_instant = set("2026-11-22T00:12:04Z")), Told(13)),
        row("IssueInstant", "a year ago", Values(|x| x.issue_instant = set("2025-11-22T00:10:03Z")), Told(13)),
        row("IssueInstant", "absent", Values(|x| x.issue_instant = None), Told(13)),
        row("IssueInstant", "empty", Values(|x| x.issue_instant = set("")), Told(13)),
        row("IssueInstant", "a date alone", Values(|x| x.issue_instant = set("2026-11-22")), Told(13)),
        row("IssueInstant", "a space for T", Values(|x| x.issue_instant = set("2026-11-22 00:10")), Told(13)),
        row("IssueInstant", "dots", Values(|x| x.issue_instant = set("2026.11.22")), Told(13)),
        row("IssueInstant", "slashes", Values(|x| x.issue_instant = set("2026/11/22")), Told(13)),
        row("IssueInstant", "day first", Values(|x| x.issue_instant = set("22-11-2026")), Told(13)),
        row("IssueInstant", "a time zone", Values(|x| x.issue_instant = set("2026-11-22T01:10:03+01:00")), Told(13)),
        row("IssueInstant", "no zone at all", Values(|x| x.issue_instant = set("2026-11-22T00:10:03")), Told(13)),
        // Destination
        row("Destination", "our entityID", Values(|x| x.destination = set(IDP_ENTITY)), Accepted),
        row("Destination", "absent", Values(|x| x.destination = None), Told(14)),
        row("Destination", "empty", Values(|x| x.destination = set("")), Told(14)),
        row("Destination", "another provider", Values(|x| x.destination = set("https://other.example.org/saml/sso")), Told(14)),
        row("Destination", "our location with more behind it", Values(|x| x.destination = set(format!("{DESTINATION}/x"))), Told(14)),
        row("Destination", "our location in part", Values(|x| x.destination = set("https://idp.example.org/")), Told(14)),
        // ForceAuthn
        row("ForceAuthn", "1 at SpidL2", Values(|x| x.force_authn = set("1")), Accepted),
        row("ForceAuthn", "absent at SpidL2", Values(|x| x.force_authn = None), Told(8)),
        row("ForceAuthn", "false at SpidL2", Values(|x| x.force_authn = set("false")), Told(8)),
        row("ForceAuthn", "0 at SpidL2", Values(|x| x.force_authn = set("0")), Told(8)),
        row("ForceAuthn", "absent at SpidL3", Values(|x| { x.force_authn = None; classes(x, &[L3]); }), Told(8)),
        row("ForceAuthn", "absent at SpidL1", Values(|x| { x.force_authn = None; classes(x, &[L1]); }), Accepted),
        row("ForceAuthn", "false at SpidL1", Values(|x| { x.force_authn = set("false"); classes(x, &[L1]); }), Accepted),
        row("ForceAuthn", "true at SpidL1", Values(|x| classes(x, &[L1])), Accepted),
        row("ForceAuthn", "no boolean", Values(|x| x.force_authn = set("TRUE")), Told(8)),
        row("ForceAuthn", "empty", Values(|x| x.force_authn = set("")), Told(8)),
        // AssertionConsumerService
        row("ACS", "another index of the metadata", Values(|x| x.consumer_index = set("1")), Accepted),
        row("ACS", "an address of the metadata and HTTP-POST", Values(|x| by_url(x, "https://sp.example.org/spid/acs2")), Accepted),
        row("ACS", "an index that is not in the metadata", Values(|x| x.consumer_index = set("7")), Told(16)),
        row("ACS", "an index that is no number", Values(|x| x.consumer_index = set("zero")), Told(16)),
        row("ACS", "a negative index", Values(|x| x.consumer_index = set("-1")), Told(16)),
        row("ACS", "an empty index", Values(|x| x.consumer_index = set("")), Told(16)),
        row("ACS", "an index beyond 65535", Values(|x| x.consumer_index = set("65536")), Told(16)),
        row("ACS", "index and address", Values(|x| x.consumer_url = set("https://sp.example.org/spid/acs")), Told(16)),
        row("ACS", "index and binding", Values(|x| x.protocol_binding = set(names::HTTP_POST)), Told(16)),
        row("ACS", "index, address and binding", Values(|x| { by_url(x, "https://sp.example.org/spid/acs"); x.consumer_index = set("0"); }), Told(16)),
        row("ACS", "neither index nor address", Values(|x| x.consumer_index = None), Told(16)),
        row("ACS", "an address without its binding", Values(|x| { by_url(x, "https://sp.example.org/spid/acs"); x.protocol_binding = None; }), Told(16)),
        row("ACS", "a binding without its address", Values(|x| { x.consumer_index = None; x.protocol_binding = set(names::HTTP_POST); }), Told(16)),
        row("ACS", "an address and HTTP-Redirect", Values(|x| { by_url(x, "https://sp.example.org/spid/acs"); x.protocol_binding = set(names::HTTP_REDIRECT); }), Told(16)),
        row("ACS", "a malformed address", Values(|x| by_url(x, "sp.example.org acs")), Told(16)),
        row("ACS", "an address not in the metadata", Values(|x| by_url(x, "https://evil.example.org/acs")), Told(16)),
        row("ACS", "an address that begins as the metadata's", Values(|x| by_url(x, "https://sp.example.org/spid/acs/../x")), Told(16)),
        row("ACS", "an address with a slash more", Values(|x| by_url(x, "https://sp.example.org/spid/acs/")), Told(16)),
        row("ACS", "an address in capitals", Values(|x| by_url(x, "https://SP.example.org/spid/acs")), Told(16)),
        // AttributeConsumingServiceIndex
        row("AttributeConsumingServiceIndex", "another of the metadata", Values(|x| x.attribute_index = set("1")), Accepted),
        row("AttributeConsumingServiceIndex", "absent", Values(|x| x.attribute_index = None), Accepted),
        row("AttributeConsumingServiceIndex", "not in the metadata", Values(|x| x.attribute_index = set("9")), Told(18)),
        row("AttributeConsumingServiceIndex", "empty", Values(|x| x.attribute_index = set("")), Told(18)),
        row("AttributeConsumingServiceIndex", "negative", Values(|x| x.attribute_index = set("-1")), Told(18)),
        row("AttributeConsumingServiceIndex", "no number", Values(|x| x.attribute_index = set("uno")), Told(18)),
        // IsPassive
        row("IsPassive", "true", Values(|x| x.is_passive = set("true")), Told(15)),
        row("IsPassive", "1", Values(|x| x.is_passive = set("1")), Told(15)),
        row("IsPassive", "false", Values(|x| x.is_passive = set("false")), Accepted),
        row("IsPassive", "no boolean", Values(|x| x.is_passive = set("maybe")), Told(8)),
        // Issuer
        row("Issuer", "absent", Values(|x| x.issuer = None), Page(10)),
        row("Issuer", "empty", Values(|x| x.issuer.as_mut().unwrap().value = String::new()), Page(10)),
        row("Issuer", "unknown", Values(|x| x.issuer.as_mut().unwrap().value = "https://nobody.example.org".into()), Page(10)),
        Row { of: "Issuer", what: "another service provider than the signer", change: Values(|x| x.issuer.as_mut().unwrap().value = OTHER_ENTITY.into()), redirect: Page(5), post: Page(7), },
        row("Issuer", "white space and a line end around it", Values(|x| x.issuer.as_mut().unwrap().value = format!("\n  {}\t", sp::SPID_ENTITY)), Accepted),
        row("Issuer", "a space that is none of XML's before it", Values(|x| x.issuer.as_mut().unwrap().value = format!("\u{a0}{}", sp::SPID_ENTITY)), Page(10)),
        row("Issuer", "a path more", Values(|x| x.issuer.as_mut().unwrap().value = format!("{}/", sp::SPID_ENTITY)), Page(10)),
        row("Issuer", "Format absent", Values(|x| x.issuer.as_mut().unwrap().format = None), Page(10)),
        row("Issuer", "Format empty", Values(|x| x.issuer.as_mut().unwrap().format = set("")), Page(10)),
        row("Issuer", "another Format", Values(|x| x.issuer.as_mut().unwrap().format = set(names::FORMAT_UNSPECIFIED)), Page(10)),
        row("Issuer", "NameQualifier absent", Values(|x| x.issuer.as_mut().unwrap().name_qualifier = None), Page(10)),
        row("Issuer", "NameQualifier of another value", Values(|x| x.issuer.as_mut().unwrap().name_qualifier = set("something")), Accepted),
        unsound("Issuer", "twice", Text(|x| { x.replacen("</saml:Issuer>", "</saml:Issuer><saml:Issuer xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">https://sp.example.org/spid</saml:Issuer>", 1) })),
        // NameIDPolicy
        row("NameIDPolicy", "absent", Values(|x| x.name_id_policy = None), Told(17)),
        row("NameIDPolicy", "Format absent", Values(|x| x.name_id_policy.as_mut().unwrap().format = None), Told(17)),
        row("NameIDPolicy", "Format empty", Values(|x| x.name_id_policy.as_mut().unwrap().format = set("")), Told(17)),
        row("NameIDPolicy", "persistent", Values(|x| x.name_id_policy.as_mut().unwrap().format = set(names::FORMAT_PERSISTENT)), Told(17)),
        row("NameIDPolicy", "AllowCreate true", Values(|x| x.name_id_policy.as_mut().unwrap().allow_create = set("true")), Accepted),
        row("NameIDPolicy", "AllowCreate false", Values(|x| x.name_id_policy.as_mut().unwrap().allow_create = set("false")), Accepted),
        row("NameIDPolicy", "AllowCreate no boolean", Values(|x| x.name_id_policy.as_mut().unwrap().allow_create = set("perhaps")), Accepted),
        row("NameIDPolicy", "SPNameQualifier", Values(|x| x.name_id_policy.as_mut().unwrap().sp_name_qualifier = set(sp::SPID_ENTITY)), Accepted),
        row("NameIDPolicy", "twice", Text(|x| twice(x, "<samlp:NameIDPolicy", "</samlp:NameIDPolicy>")), Told(8)),
        // RequestedAuthnContext
        row("RequestedAuthnContext", "exact", Values(|x| requested(x).comparison = set("exact")), Accepted),
        row("RequestedAuthnContext", "better", Values(|x| requested(x).comparison = set("better")), Accepted),
        row("RequestedAuthnContext", "better than SpidL3", Values(|x| { requested(x).comparison = set("better"); classes(x, &[L3]); }), Accepted),
        row("RequestedAuthnContext", "maximum", Values(|x| requested(x).comparison = set("maximum")), Accepted),
        row("RequestedAuthnContext", "SpidL1", Values(|x| classes(x, &[L1])), Accepted),
        row("RequestedAuthnContext", "SpidL3", Values(|x| classes(x, &[L3])), Accepted),
        row("RequestedAuthnContext", "white space around the class", Values(|x| classes(x, &["\n    https://www.spid.gov.it/SpidL2\n  "])), Accepted),
        row("RequestedAuthnContext", "absent", Values(|x| x.requested = None), Told(12)),
        row("RequestedAuthnContext", "Comparison absent", Values(|x| requested(x).comparison = None), Told(12)),
        row("RequestedAuthnContext", "Comparison empty", Values(|x| requested(x).comparison = set("")), Told(12)),
        row("RequestedAuthnContext", "Comparison unknown", Values(|x| requested(x).comparison = set("atleast")), Told(12)),
        row("RequestedAuthnContext", "Comparison in capitals", Values(|x| requested(x).comparison = set("Minimum")), Told(12)),
        row("RequestedAuthnContext", "no class", Values(|x| classes(x, &[])), Told(12)),
        row("RequestedAuthnContext", "an empty class", Values(|x| classes(x, &[""])), Told(12)),
        row("RequestedAuthnContext", "two classes", Values(|x| classes(x, &[L2, L3])), Told(12)),
        row("RequestedAuthnContext", "three classes", Values(|x| classes(x, &[L1, L2, L3])), Told(12)),
        row("RequestedAuthnContext", "SpidL0", Values(|x| classes(x, &["https://www.spid.gov.it/SpidL0"])), Told(12)),
        row("RequestedAuthnContext", "SpidL4", Values(|x| classes(x, &["https://www.spid.gov.it/SpidL4"])), Told(12)),
        row("RequestedAuthnContext", "the abolished name", Values(|x| classes(x, &["urn:oasis:names:tc:SAML:2.0:ac:classes:SpidL2"])), Told(12)),
        row("RequestedAuthnContext", "a class of plain SAML", Values(|x| classes(x, &["urn:oasis:names:tc:SAML:2.0:ac:classes:Password"])), Told(12)),
        row("RequestedAuthnContext", "a class of eIDAS", Values(|x| classes(x, &["http://eidas.europa.eu/LoA/substantial"])), Told(12)),
        row("RequestedAuthnContext", "a declaration in place of the class", Text(|x| x.replace("AuthnContextClassRef", "AuthnContextDeclRef")), Told(12)),
        row("RequestedAuthnContext", "twice", Text(|x| twice(x, "<samlp:RequestedAuthnContext", "</samlp:RequestedAuthnContext>")), Told(8)),
        // Subject
        row("Subject", "NameID unspecified with NameQualifier", Values(|x| x.subject = Some(subject())), Accepted),
        row("Subject", "with a confirmation", Values(|x| { x.subject = Some(subject().child(Element::new("saml:SubjectConfirmation").attribute("Method", names::BEARER))) }), Told(8)),
        // Conditions
        row("Conditions", "both times", Values(|x| { x.conditions = Some(Element::new("saml:Conditions") .attribute("NotBefore", NOW) .attribute("NotOnOrAfter", "2026-11-22T00:20:03Z")) }), Accepted),
        row("Conditions", "one time", Values(|x| { x.conditions = Some(Element::new("saml:Conditions").attribute("NotBefore", NOW)) }), Accepted),
        row("Conditions", "no times", Values(|x| x.conditions = Some(Element::new("saml:Conditions"))), Accepted),
        row("Conditions", "a time that is none", Values(|x| { x.conditions = Some(Element::new("saml:Conditions").attribute("NotOnOrAfter", "tomorrow")) }), Told(8)),
        row("Conditions", "a time in a zone", Values(|x| { x.conditions = Some(Element::new("saml:Conditions") .attribute("NotOnOrAfter", "2026-11-22T02:20:03+02:00")) }), Told(8)),
        // Scoping
        row("Scoping", "ProxyCount 0", Values(|x| { x.scoping = Some(Element::new("samlp:Scoping").attribute("ProxyCount", "0")) }), Accepted),
        row("Scoping", "ProxyCount 3", Values(|x| { x.scoping = Some(Element::new("samlp:Scoping").attribute("ProxyCount", "3")) }), Accepted),
        row("Scoping", "no ProxyCount", Values(|x| x.scoping = Some(Element::new("samlp:Scoping"))), Accepted),
        row("Scoping", "RequesterID", Values(|x| { x.scoping = Some(Element::new("samlp:Scoping").attribute("ProxyCount", "0").child(Element::new("samlp:RequesterID").text("https://sp.example.org/metadata"))) }), Accepted),
        row("Scoping", "ProxyCount no number", Values(|x| { x.scoping = Some(Element::new("samlp:Scoping").attribute("ProxyCount", "none")) }), Told(8)),
        row("Scoping", "ProxyCount negative", Values(|x| { x.scoping = Some(Element::new("samlp:Scoping").attribute("ProxyCount", "-1")) }), Told(8)),
        // Extensions
        row("Extensions", "spid:Purpose", Values(|x| x.extensions = vec![Element::new("spid:Purpose").text("P")]), Accepted),
        row("Extensions", "a Purpose that nobody knows", Values(|x| x.extensions = vec![Element::new("spid:Purpose").text("ZZ")]), Told(8)),
        row("Extensions", "a Purpose with spaces and line ends", Values(|x| x.extensions = vec![Element::new("spid:Purpose").text(" \r\n PX ")]), Accepted),
        row("Extensions", "two Purposes", Values(|x| x.extensions = vec![Element::new("spid:Purpose").text("P"), Element::new("spid:Purpose").text("PX")]), Told(8)),
        row("Extensions", "an AgeLimit upside down", Values(|x| { x.extensions = vec![ Element::new("spid:AgeLimit") .child(Element::new("spid:MinAge").text("18")) .child(Element::new("spid:MaxAge").text("17"))] }), Told(8)),
        row("Extensions", "an AgeLimit that is no number", Values(|x| { x.extensions = vec![ Element::new("spid:AgeLimit") .child(Element::new("spid:MinAge").text("young")) .child(Element::new("spid:MaxAge").text("17"))] }), Told(8)),
        row("Extensions", "an AgeLimit without MaxAge", Values(|x| { x.extensions = vec![ Element::new("spid:AgeLimit") .child(Element::new("spid:MinAge").text("14"))] }), Told(8)),
        row("Extensions", "an AgeLimit without upper bound", Values(|x| { x.extensions = vec![ Element::new("spid:AgeLimit") .child(Element::new("spid:MinAge").text("18")) .child(Element::new("spid:MaxAge").text("99"))] }), Accepted),
        row("Extensions", "AgeLimit", Values(|x| { x.extensions = vec![ Element::new("spid:AgeLimit") .child(Element::new("spid:MinAge").text("14")) .child(Element::new("spid:MaxAge").text("17"))] }), Accepted),
        row("Extensions", "an unknown one", Text(|x| { x.replacen("</saml:Issuer>", "</saml:Issuer><samlp:Extensions><x:Thing xmlns:x=\"https://example.org/x\" a=\"1\">y</x:Thing></samlp:Extensions>", 1) }), Accepted),
        row("Extensions", "an attribute authority", Text(|x| { x.replacen("</saml:Issuer>", "</saml:Issuer><samlp:Extensions><spid:RequiredAttributeAuthority xmlns:spid=\"https://spid.gov.it/saml-extensions\"><Location>https://aa.example.org</Location></spid:RequiredAttributeAuthority></samlp:Extensions>", 1) }), Accepted),
        row("Extensions", "after the NameIDPolicy", Text(|x| { x.replacen("</samlp:NameIDPolicy>", "</samlp:NameIDPolicy><samlp:Extensions></samlp:Extensions>", 1) }), Told(8)),
        // Child order and the schema
        row("Child order", "every child in its order", Values(|x| { x.extensions = vec![Element::new("spid:Purpose").text("LP")]; x.subject = Some(subject()); x.conditions = Some(Element::new("saml:Conditions").attribute("NotBefore", NOW)); x.scoping = Some(Element::new("samlp:Scoping").attribute("ProxyCount", "0")); }), Accepted),
        row("Child order", "RequestedAuthnContext before NameIDPolicy", Text(swapped), Told(8)),
        row("Child order", "Subject at the end", Values(|x| x.extra = vec![subject()]), Told(8)),
        row("Child order", "Conditions at the end", Values(|x| x.extra = vec![Element::new("saml:Conditions")]), Told(8)),
        row("Child order", "Scoping twice", Values(|x| { x.scoping = Some(Element::new("samlp:Scoping")); x.extra = vec![Element::new("samlp:Scoping")]; }), Told(8)),
        row("Child order", "an element that the schema does not know", Values(|x| x.extra = vec![Element::new("samlp:Thing")]), Told(8)),
        row("Child order", "a child in the wrong namespace", Text(|x| { x.replace("samlp:NameIDPolicy", "saml:NameIDPolicy").replacen("<saml:NameIDPolicy", "<saml:NameIDPolicy xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"", 1) }), Told(8)),
        row("Child order", "text among the children", Text(|x| x.replacen("</saml:Issuer>", "</saml:Issuer>text", 1)), Told(8)),
        row("Child order", "white space and CRLF among the children", Text(|x| { x.replacen("</saml:Issuer>", "</saml:Issuer>\r\n \t", 1).replacen("</samlp:NameIDPolicy>", "</samlp:NameIDPolicy>\r\n", 1) }), Accepted),
        row("Child order", "a comment among the children", Text(|x| x.replacen("</saml:Issuer>", "</saml:Issuer><!-- hello -->", 1)), Accepted),
        row("Child order", "an attribute that the schema does not know", Text(|x| { x.replacen("<samlp:AuthnRequest", "<samlp:AuthnRequest AttributeConsumingService=\"77\"", 1) }), Told(8)),
        row("Child order", "ProviderName and Consent", Text(|x| { x.replacen("<samlp:AuthnRequest", "<samlp:AuthnRequest ProviderName=\"Ente\" Consent=\"urn:oasis:names:tc:SAML:2.0:consent:unspecified\"", 1) }), Accepted),
        row("Child order", "where its schema is, by xsi:schemaLocation", Text(|x| x.replacen("<samlp:AuthnRequest", "<samlp:AuthnRequest xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"urn:oasis:names:tc:SAML:2.0:protocol x.xsd\"", 1)), Accepted),
        row("Child order", "an attribute of a foreign namespace", Text(|x| x.replacen("<samlp:AuthnRequest", "<samlp:AuthnRequest xmlns:x=\"urn:x\" x:y=\"1\"", 1)), Told(8)),
        row("Child order", "other prefixes", Text(|x| x.replace("samlp:", "p:").replace("xmlns:samlp", "xmlns:p").replace("saml:", "a:").replace("xmlns:saml", "xmlns:a")), Accepted),
        row("Child order", "the protocol's namespace without a prefix", Text(|x| x.replace("samlp:", "").replace("xmlns:samlp", "xmlns")), Accepted),
        row("Child order", "single quotes and line ends between the attributes", Text(|x| x.replacen(" Version=\"2.0\"", "\r\n  Version='2.0'\r\n", 1)), Accepted),
        row("Child order", "empty elements that close themselves", Text(|x| x.replace("></samlp:NameIDPolicy>", "/>")), Accepted),
        row("Child order", "characters by reference", Text(|x| x.replace("SpidL2<", "Spid&#76;&#x32;<")), Accepted),
        row("Child order", "the class in CDATA", Text(|x| x.replace("https://www.spid.gov.it/SpidL2", "<![CDATA[https://www.spid.gov.it/SpidL2]]>")), Accepted),
        row("Child order", "an XML declaration", Text(|x| format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n{x}\r\n")), Accepted),
    ]
}

fn subject() -> Element<'static> {
    Element::new("saml:Subject").child(
        Element::new("saml:NameID")
            .attribute("Format", "urn:oasis:names:tc:SAML:2.0:nameid-format:unspecified")
            .attribute("NameQualifier", "https://sp.example.org")
            .text("qualcuno"),
    )
}

fn part<'x>(xml: &'x str, start: &str, end: &str) -> &'x str {
    let from = xml.find(start).unwrap();
    let to = from + xml[from..].find(end).unwrap() + end.len();
    &xml[from..to]
}

fn twice(xml: &str, start: &str, end: &str) -> String {
    let part = part(xml, start, end);
    xml.replacen(part, &format!("{part}{part}"), 1)
}

fn swapped(xml: &str) -> String {
    let policy = part(xml, "<samlp:NameIDPolicy", "</samlp:NameIDPolicy>");
    let context = part(xml, "<samlp:RequestedAuthnContext", "</samlp:RequestedAuthnContext>");
    xml.replacen(&format!("{policy}{context}"), &format!("{context}{policy}"), 1)
}

#[test]
fn every_row_has_the_verdict_of_the_rules() {
    let rows = rows();
    let mut count: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for row in &rows {
        let count = count.entry(row.of).or_default();
        if row.redirect == Accepted { count.0 += 1 } else { count.1 += 1 }
    }
    for (of, (accepted, refused)) in count {
        println!("{of}: {accepted} accepted, {refused} refused");
    }
    let wrong: Vec<String> = rows.iter().flat_map(|row| row.run(&good())).collect();
    println!("{} requests, each by redirect and by post where it can be signed so", rows.len());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// The example of the rules, as a text that none of our code wrote.
#[test]
fn the_example_of_the_rules_is_accepted() {
    let example = format!(
        r##"<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"
  ID="_req1" Version="2.0" IssueInstant="{NOW}" Destination="{DESTINATION}"
  ForceAuthn="true" AssertionConsumerServiceIndex="0" AttributeConsumingServiceIndex="0">
 <saml:Issuer Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity" NameQualifier="https://sp.example.org/spid">https://sp.example.org/spid</saml:Issuer>
 <samlp:NameIDPolicy Format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient"/>
 <samlp:RequestedAuthnContext Comparison="minimum">
  <saml:AuthnContextClassRef>https://www.spid.gov.it/SpidL2</saml:AuthnContextClassRef>
 </samlp:RequestedAuthnContext>
</samlp:AuthnRequest>"##
    );
    let signer = &keys::SP.signer;
    assert_eq!(identity_provider().single_sign_on, DESTINATION);
    assert_eq!(verdict(&arrive_by_redirect(&redirect(&example, None, signer))), Accepted);
    let signed = crate::support::requests::sign_text(&example, signer);
    assert_eq!(verdict(&arrive_by_post(&form(&signed, None))), Accepted);
}

#[test]
fn every_demand_is_broken_by_a_row() {
    assert_eq!(unbroken(&SPID, &rows(), &good()), [""; 0]);
}
