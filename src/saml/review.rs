//! A request as its developer may see it: held to every check of the table, and written out without what could be about a person.
//!
//! The words of a message that its schema gives a meaning to are shown; of all else, a `Subject` first, only that it was there.

use std::fmt::Write as _;

use roxmltree::{Document, Node};

use crate::saml::authn_request::{Receiving, rules};
use crate::saml::binding::Binding;
use crate::saml::message::AuthnRequest;
use crate::saml::names;
use crate::saml::partner::ServiceProvider;
use crate::saml::profile::check::Asked;
use crate::saml::status::Fault;
use crate::saml::xml;

/// A request, reviewed.
#[derive(Clone, Debug)]
pub struct Review {
    /// The message, an element a line.
    pub shown: String,
    /// The name of the table of checks.
    pub table: &'static str,
    /// Every check that it does not pass.
    pub broken: Vec<Fault>,
}

/// Reviews `text`, a request that `partner` signed and that came by `binding`; `None` if it cannot be read. Nothing is granted by it.
#[must_use]
pub fn review(
    text: &str,
    binding: Binding,
    partner: &ServiceProvider,
    at: &Receiving<'_>,
) -> Option<Review> {
    let document = xml::parse(text).ok()?;
    let message = AuthnRequest::of(&document);
    let asked = Asked {
        message: &message,
        partner,
        binding,
        relay_state: None,
        identity_provider: at.identity_provider,
        now: at.now,
        earliest: at.now - at.window.back,
        latest: at.now + at.window.ahead,
    };
    let rules = rules(partner.profile);
    let checks = rules.checks.iter();
    let broken = checks.filter_map(|check| check.judged((check.test)(&asked)));
    let broken = broken.map(|fault| Fault { found: masked(&fault.found), ..fault }).collect();
    Some(Review { shown: shown(&document), table: rules.name, broken })
}

/// `document`, an element a line, without what could be about a person.
fn shown(document: &Document<'_>) -> String {
    let mut out = String::new();
    write(document.root_element(), 0, &mut out);
    if out.len() > MOST {
        let cut = (0..=MOST).rev().find(|at| out.is_char_boundary(*at)).unwrap_or(0);
        out.truncate(cut);
        out.push_str("\n…");
    }
    out
}

fn write(node: Node<'_, '_>, depth: usize, out: &mut String) {
    if out.len() > MOST {
        return;
    }
    let (indent, name) = ("  ".repeat(depth), name(node));
    let _ = write!(out, "{indent}<{name}");
    if depth == 0 {
        for namespace in node.namespaces().filter(|one| KNOWN.contains(&one.uri())) {
            let prefix = namespace.name().map(|name| format!(":{name}")).unwrap_or_default();
            let _ = write!(out, " xmlns{prefix}=\"{}\"", namespace.uri());
        }
    }
    for attribute in node.attributes() {
        let value =
            if is_told(node, attribute.name()) { masked(attribute.value()) } else { HIDDEN.into() };
        let _ = write!(out, " {}=\"{}\"", plain(attribute.name()), plain(&value));
    }
    let children: Vec<_> = node.children().filter(Node::is_element).collect();
    let text: String = node.children().filter(Node::is_text).filter_map(|it| it.text()).collect();
    let text = text.trim();
    if is_closed(node) {
        let _ = writeln!(out, ">{HIDDEN}</{name}>");
    } else if children.is_empty() && text.is_empty() {
        let _ = writeln!(out, "/>");
    } else if children.is_empty() {
        let text = if has_told_text(node) { masked(text) } else { HIDDEN.into() };
        let _ = writeln!(out, ">{}</{name}>", plain(&text));
    } else {
        let _ = writeln!(out, ">");
        for child in children {
            write(child, depth + 1, out);
        }
        let _ = writeln!(out, "{indent}</{name}>");
    }
}

fn name(node: Node<'_, '_>) -> String {
    let tag = node.tag_name();
    let prefix =
        tag.namespace().and_then(|uri| node.lookup_prefix(uri)).filter(|it| !it.is_empty());
    let prefix = prefix.map(|prefix| format!("{}:", plain(prefix))).unwrap_or_default();
    format!("{prefix}{}", plain(tag.name()))
}

fn local<'a>(node: Node<'a, '_>) -> Option<&'a str> {
    let known = [names::ASSERTION, names::PROTOCOL, names::SPID, names::DSIG];
    let tag = node.tag_name();
    tag.namespace().filter(|uri| known.contains(uri)).map(|_| tag.name())
}

/// Elements of which nothing is shown but that they are there: whom a request is about, and signatures, which are long.
fn is_closed(node: Node<'_, '_>) -> bool {
    matches!(local(node), None | Some("Subject" | "SignatureValue" | "KeyInfo" | "DigestValue"))
}

/// Whether the value of an attribute is a word of the schema's.
fn is_told(node: Node<'_, '_>, attribute: &str) -> bool {
    let told: &[&str] = match local(node) {
        Some("AuthnRequest") => &[
            "ID",
            "Version",
            "IssueInstant",
            "Destination",
            "ForceAuthn",
            "IsPassive",
            "ProtocolBinding",
            "AssertionConsumerServiceIndex",
            "AssertionConsumerServiceURL",
            "AttributeConsumingServiceIndex",
        ],
        Some("Issuer") => &["Format", "NameQualifier"],
        Some("NameIDPolicy") => &["Format", "AllowCreate", "SPNameQualifier"],
        Some("Conditions") => &["NotBefore", "NotOnOrAfter"],
        Some("RequestedAuthnContext") => &["Comparison"],
        Some("Scoping") => &["ProxyCount"],
        Some("Reference") => &["URI"],
        Some("CanonicalizationMethod" | "SignatureMethod" | "Transform" | "DigestMethod") => {
            &["Algorithm"]
        }
        _ => &[],
    };
    told.contains(&attribute)
}

fn has_told_text(node: Node<'_, '_>) -> bool {
    let told = [
        "Issuer",
        "AuthnContextClassRef",
        "AuthnContextDeclRef",
        "Purpose",
        "MinAge",
        "MaxAge",
        "RequesterID",
    ];
    local(node).is_some_and(|name| told.contains(&name))
}

/// `text` with `…` in the place of what looks like a fiscal code or an e-mail address, wherever somebody has put one.
fn masked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let is_word = |c: char| c.is_alphanumeric() || "@._+-".contains(c);
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let hidden =
            word.contains('@') || word.split(['.', '_', '-', '+', '@']).any(ends_in_fiscal_code);
        out.push_str(if hidden { HIDDEN } else { word });
        let gap = after.find(is_word).unwrap_or(after.len());
        out.push_str(&after[..gap]);
        rest = &after[gap..];
    }
    out
}

/// Whether `word` ends in sixteen characters of the form of a fiscal code, digits that were replaced by letters among them (DM 23 December
/// 1976, art. 6).
fn ends_in_fiscal_code(word: &str) -> bool {
    let octets = word.as_bytes();
    let Some(code) = octets.len().checked_sub(16).and_then(|from| octets.get(from..)) else {
        return false;
    };
    let digit =
        |octet: u8| octet.is_ascii_digit() || b"LMNPQRSTUV".contains(&octet.to_ascii_uppercase());
    let fits = |(place, octet): (usize, &u8)| match place {
        6 | 7 | 9 | 10 | 12 | 13 | 14 => digit(*octet),
        _ => octet.is_ascii_alphabetic(),
    };
    code.iter().enumerate().all(fits)
}

/// `text` as it may stand in a line.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '·' } else { c }).collect()
}

const HIDDEN: &str = "…";
const MOST: usize = 8 * 1024;
const KNOWN: [&str; 4] = [names::ASSERTION, names::PROTOCOL, names::SPID, names::DSIG];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(text: &str) -> String {
        shown(&xml::parse(text).unwrap())
    }

    #[test]
    fn whom_a_request_is_about_is_not_shown() {
        let text = concat!(
            "<p:AuthnRequest xmlns:p=\"urn:oasis:names:tc:SAML:2.0:protocol\" ",
            "xmlns:a=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"_1\" ProviderName=\"Ada's\">",
            "<a:Issuer Format=\"f\">https://sp.example</a:Issuer>",
            "<p:Extensions><x:y xmlns:x=\"urn:x\" of=\"Ada\">RSSDAA80A41H501I<x:z>Ada</x:z></x:y></p:Extensions>",
            "<a:Subject><a:NameID NameQualifier=\"Ada\">RSSDAA80A41H501I</a:NameID></a:Subject>",
            "<p:RequestedAuthnContext><a:AuthnContextClassRef>l RSSDAA80A41H501I</a:AuthnContextClassRef>",
            "</p:RequestedAuthnContext></p:AuthnRequest>"
        );
        let shown = of(text);
        assert!(!shown.contains("Ada") && !shown.contains("RSSDAA"), "{shown}");
        assert!(shown.contains("<a:Subject>…</a:Subject>"), "{shown}");
        assert!(shown.contains("<a:Issuer Format=\"f\">https://sp.example</a:Issuer>"), "{shown}");
        assert!(shown.contains("ID=\"_1\"") && shown.contains("ProviderName=\"…\""), "{shown}");
        assert!(shown.contains("<a:AuthnContextClassRef>l …</a:AuthnContextClassRef>"), "{shown}");
    }

    #[test]
    fn codes_and_addresses_are_masked_and_all_else_stays() {
        for (text, masked) in [
            ("TINIT-RSSMRA80A01H501U", "…"),
            ("id_RSSMRA80A01H501U", "…"),
            ("TINITRSSMRA80A01H501U", "…"),
            ("rssmra80a01h501u", "…"),
            ("RSSMRAULALMHRLMU", "…"),
            ("a anna@example.org, b", "a …, b"),
            ("https://sp.example.org/acs?x=1", "https://sp.example.org/acs?x=1"),
            ("_0123456789abcdef0123456789abcdef", "_0123456789abcdef0123456789abcdef"),
            ("", ""),
            ("perché no", "perché no"),
        ] {
            assert_eq!(super::masked(text), masked, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_masked_without_loss_of_the_rest(text in "\\PC{0,60}") {
            let masked = masked(&text);
            prop_assert!(masked == text || masked.contains('…'));
        }
    }
}
