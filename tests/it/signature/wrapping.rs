//! Signature wrapping (XSW1-8 and their kin), with the namespaces that real messages have.

use ponte::saml::names;
use ponte::saml::signature;
use ponte::saml::structure::{self, Root, Signed};
use ponte::saml::xml;

use super::{Refused, judge, key, request, sealed};
use crate::support::forge::{Forge, PLACE};
use crate::support::keys;

fn assertion(id: &str, name: &str, signature: &str) -> String {
    format!(
        r#"<saml:Assertion xmlns:saml="{}" ID="{id}" Version="2.0" IssueInstant="2026-11-22T00:10:03Z"><saml:Issuer>https://idp.example.org</saml:Issuer>{signature}<saml:Subject><saml:NameID>{name}</saml:NameID></saml:Subject></saml:Assertion>"#,
        names::ASSERTION
    )
}

fn response(id: &str, signature: &str, content: &str) -> String {
    format!(
        r#"<samlp:Response xmlns:samlp="{}" ID="{id}" Version="2.0" IssueInstant="2026-11-22T00:10:03Z"><saml:Issuer xmlns:saml="{}">https://idp.example.org</saml:Issuer>{signature}<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"></samlp:StatusCode></samlp:Status>{content}</samlp:Response>"#,
        names::PROTOCOL,
        names::ASSERTION
    )
}

/// The signature of the element with the ID `id` of `text`, cut out.
fn signature_of(text: &str, id: &str) -> String {
    let from = text.find(&format!("ID=\"{id}\"")).unwrap();
    let from = text[from..].find("<ds:Signature ").unwrap() + from;
    let to = text[from..].find("</ds:Signature>").unwrap() + from + "</ds:Signature>".len();
    text[from..to].to_owned()
}

fn seal(text: &str, id: &str) -> String {
    Forge::default().seal(text, id, &keys::IDP)
}

/// Whether the response or its one assertion proves to be signed.
fn judge_response(text: &str) -> Result<(), Refused> {
    let document = xml::parse(text).map_err(Refused::Xml)?;
    let signed = Signed::Enveloped { required: false };
    let sound = structure::check(&document, Root::Response, signed).map_err(Refused::Structure)?;
    let keys = [key(&keys::IDP)];
    if sound.is_signed() {
        return signature::verify(&sound, &keys).map(drop).map_err(Refused::Proof);
    }
    signature::verify_child(&sound, &keys).map(drop).map_err(Refused::Proof)
}

fn refused(name: &str, text: &str) {
    match judge_response(text) {
        Err(Refused::Structure(_)) => {}
        other => panic!("{name}: {other:?}\n{text}"),
    }
}

#[test]
fn a_signed_response_and_a_signed_assertion_are_accepted() {
    let whole = response("_r", PLACE, &assertion("_a", "good", ""));
    judge_response(&seal(&whole, "_r")).unwrap();
    let child = response("_r", "", &assertion("_a", "good", PLACE));
    judge_response(&seal(&child, "_a")).unwrap();
    let signed = seal(&assertion("_a", "good", PLACE), "_a");
    judge_response(&response("_r", "", &signed)).unwrap();
    let both = seal(&response("_r", PLACE, &signed), "_r");
    judge_response(&both).unwrap();
    let unsigned = response("_r", "", &assertion("_a", "good", ""));
    assert!(matches!(judge_response(&unsigned), Err(Refused::Proof(_))));
}

#[test]
fn a_wrapped_response_is_refused() {
    let good = seal(&response("_r", PLACE, &assertion("_a", "good", "")), "_r");
    let signature = signature_of(&good, "_r");
    let stripped = good.replace(&signature, "");
    let evil = assertion("_e", "evil", "");
    let inside = signature.replace("</ds:Signature>", &format!("{stripped}</ds:Signature>"));
    let object = signature
        .replace("</ds:Signature>", &format!("<ds:Object>{stripped}</ds:Object></ds:Signature>"));
    refused("XSW1", &response("_evil", &inside, &evil));
    refused("XSW1 with the same ID", &response("_r", &inside, &evil));
    refused("XSW1 in an Object", &response("_evil", &object, &evil));
    refused("XSW2", &response("_evil", &format!("{stripped}{signature}"), &evil));
    refused("XSW2, after", &response("_evil", &format!("{signature}{stripped}"), &evil));
    refused("at the end", &response("_evil", &signature, &format!("{evil}{good}")));
    let extensions = format!("<samlp:Extensions>{good}</samlp:Extensions>");
    refused("in Extensions", &response("_evil", &extensions, &evil));
    let detail = response("_evil", "", &evil).replace(
        "</samlp:Status>",
        &format!("<samlp:StatusDetail>{good}</samlp:StatusDetail></samlp:Status>"),
    );
    refused("in StatusDetail", &detail);
}

#[test]
fn a_wrapped_assertion_is_refused() {
    let good = seal(&assertion("_a", "good", PLACE), "_a");
    let signature = signature_of(&good, "_a");
    let stripped = good.replace(&signature, "");
    let evil = assertion("_e", "evil", "");
    let evil_around =
        |what: &str| evil.replace("</saml:Assertion>", &format!("{what}</saml:Assertion>"));
    refused("XSW3", &response("_r", "", &format!("{evil}{good}")));
    refused("XSW3, after", &response("_r", "", &format!("{good}{evil}")));
    refused(
        "XSW3, the same ID",
        &response("_r", "", &format!("{}{good}", assertion("_a", "evil", ""))),
    );
    refused("XSW4", &response("_r", "", &evil_around(&good)));
    refused(
        "XSW5",
        &response("_r", "", &format!("{}{stripped}", assertion("_e", "evil", &signature))),
    );
    let inside = signature.replace("</ds:Signature>", &format!("{stripped}</ds:Signature>"));
    refused("XSW6", &response("_r", "", &assertion("_e", "evil", &inside)));
    let extensions = format!("<samlp:Extensions>{evil}</samlp:Extensions>");
    refused("XSW7", &response("_r", &extensions, &good));
    let object = signature
        .replace("</ds:Signature>", &format!("<ds:Object>{stripped}</ds:Object></ds:Signature>"));
    refused("XSW8", &response("_r", "", &assertion("_e", "evil", &object)));
    let advice = format!("<saml:Advice>{good}</saml:Advice>");
    let encrypted = format!("<saml:EncryptedAssertion xmlns:saml=\"{}\"/>", names::ASSERTION);
    refused("encrypted beside", &response("_r", "", &format!("{encrypted}{good}")));
    refused("in Advice", &response("_r", "", &evil_around(&advice)));
    refused("in a value", &response("_r", "", &evil.replace("evil", &good)));
}

#[test]
fn a_wrapped_request_is_refused() {
    let good = sealed(&request());
    let from = good.find("<ds:Signature ").unwrap();
    let to = good.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    let signature = &good[from..to];
    let stripped = good.replace(signature, "");
    let evil = request().replace("_req1", "_evil").replace("sp.example.org", "sp.example.com");
    let with = |what: &str| evil.replace(PLACE, what);
    let extensions = |what: &str| format!("<samlp:Extensions>{what}</samlp:Extensions>");
    let inside = signature.replace("</ds:Signature>", &format!("{stripped}</ds:Signature>"));
    for (name, text) in [
        ("sibling after", with(&format!("{signature}{stripped}"))),
        ("sibling before", with(&format!("{stripped}{signature}"))),
        ("in Extensions", with(&extensions(&good))),
        (
            "in Extensions, the signature outside",
            with(&format!("{signature}{}", extensions(&stripped))),
        ),
        ("in the signature", with(&inside)),
        ("in the Issuer", with(signature).replace("https://sp.example.com", &stripped)),
        ("the same ID", with(&inside).replace("_evil", "_req1")),
        (
            "the signature elsewhere",
            good.replace(signature, "")
                .replace("</samlp:AuthnRequest>", &format!("{signature}</samlp:AuthnRequest>")),
        ),
        (
            "before the Issuer",
            stripped.replace("<saml:Issuer", &format!("{signature}<saml:Issuer")),
        ),
        (
            "an assertion inside",
            with(signature).replace(
                "<samlp:NameIDPolicy",
                &format!("{}<samlp:NameIDPolicy", assertion("_a", "x", "")),
            ),
        ),
        ("two issuers", good.replace("<saml:Issuer", "<saml:Issuer>x</saml:Issuer><saml:Issuer")),
    ] {
        match judge(&text) {
            Err(Refused::Structure(_)) => {}
            other => panic!("{name}: {other:?}\n{text}"),
        }
    }
}
