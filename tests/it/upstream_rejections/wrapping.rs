//! Signature wrapping: genuine signatures, beside or around something else, in the namespaces of SAML
//! (Somorovsky 2012, XSW 1 to 8; and donors of other kinds).

use super::Case;
use crate::support::answers::Answer;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (kind, genuine) in
        [("both signed", Answer::new().text()), ("the assertion signed", Answer::plain().text())]
    {
        let parts = Parts::of(&genuine);
        for (name, wrapped) in parts.wrapped() {
            // Of this one the structure is right, and what it says was not signed.
            let is_sound = name == "the evil one under the genuine one's ID";
            let element = if is_sound { "Assertion/Signature" } else { "Response" };
            cases.push(Case::new(format!("{name}, {kind}"), element, &genuine, &wrapped));
        }
    }
    cases.extend(donors());
    cases
}

/// A genuine answer in its parts, and an assertion about somebody else.
struct Parts {
    /// Up to the response's signature, or to its status if it has none.
    head: String,
    /// The response's signature; empty if it has none.
    signature: String,
    status: String,
    assertion: String,
    /// The assertion's own signature.
    inner: String,
    evil: String,
    whole: String,
}

impl Parts {
    fn of(genuine: &str) -> Self {
        let place = |what: &str| genuine.find(what).unwrap();
        let (status, assertion) = (place("<samlp:Status>"), place("<saml:Assertion "));
        let end = place("</samlp:Response>");
        let head = genuine[..status].find("<ds:Signature ").unwrap_or(status);
        let asserted = &genuine[assertion..end];
        let start = asserted.find("<ds:Signature ").unwrap();
        let stop = asserted.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
        let evil = format!("{}{}", &asserted[..start], &asserted[stop..])
            .replace("_assertion1", "_evil1")
            .replace("_that-transient-name", "_somebody-else")
            .replace("TINIT-SPSDAA80A41H501J", "TINIT-RSSMRA80A01H501U");
        Self {
            head: genuine[..head].to_owned(),
            signature: genuine[head..status].to_owned(),
            status: genuine[status..assertion].to_owned(),
            assertion: asserted.to_owned(),
            inner: asserted[start..stop].to_owned(),
            evil,
            whole: genuine.to_owned(),
        }
    }

    /// A response of another ID, made of `parts`.
    fn response(&self, parts: &[&str]) -> String {
        format!("{}{}</samlp:Response>", self.head.replace("_response1", "_evil0"), parts.concat())
    }

    fn wrapped(&self) -> Vec<(&'static str, String)> {
        let Self { signature, status, assertion, inner, evil, whole, .. } = self;
        let bare = assertion.replace(inner, "");
        // What signs the whole where the response is signed, else what signs its assertion.
        let outer = if signature.is_empty() { inner } else { signature };
        let unsigned = whole.replacen(outer, "", 1);
        let within = |signature: &str, what: &str| {
            signature.replace("</ds:Signature>", &format!("{what}</ds:Signature>"))
        };
        let object = |what: &str| format!("<ds:Object>{what}</ds:Object>");
        let signed_evil = |signature: &str| {
            evil.replacen("<saml:Subject>", &format!("{signature}<saml:Subject>"), 1)
        };
        let extensions = |what: &str| format!("<samlp:Extensions>{what}</samlp:Extensions>");
        let advice = |what: &str| {
            evil.replacen(
                "<saml:AuthnStatement ",
                &format!("<saml:Advice>{what}</saml:Advice><saml:AuthnStatement "),
                1,
            )
        };
        let detail = |what: &str| {
            status.replace(
                "</samlp:Status>",
                &format!("<samlp:StatusDetail>{what}</samlp:StatusDetail></samlp:Status>"),
            )
        };
        vec![
            ("XSW1", self.response(&[&within(outer, &unsigned), status, evil])),
            ("XSW2", self.response(&[&unsigned, outer, status, evil])),
            ("XSW3", self.response(&[status, evil, assertion])),
            ("XSW3, after it", self.response(&[status, assertion, evil])),
            (
                "XSW4",
                self.response(&[
                    status,
                    &evil.replace("</saml:Assertion>", &format!("{assertion}</saml:Assertion>")),
                ]),
            ),
            ("XSW5", self.response(&[status, &signed_evil(inner), &bare])),
            ("XSW6", self.response(&[status, &signed_evil(&within(inner, &bare))])),
            ("XSW7", self.response(&[&extensions(evil), status, assertion])),
            (
                "XSW7, the genuine one in the extensions",
                self.response(&[&extensions(assertion), status, evil]),
            ),
            ("XSW8", self.response(&[status, &signed_evil(&within(inner, &object(&bare)))])),
            (
                "the genuine one in an Object of the response's signature",
                self.response(&[&within(outer, &object(whole)), status, evil]),
            ),
            ("the genuine one in the Advice", self.response(&[status, &advice(assertion)])),
            (
                "the evil one in the Advice of the genuine",
                self.response(&[
                    status,
                    &assertion.replacen(
                        "</saml:Conditions>",
                        &format!("</saml:Conditions><saml:Advice>{evil}</saml:Advice>"),
                        1,
                    ),
                ]),
            ),
            ("the genuine one in the StatusDetail", self.response(&[&detail(assertion), evil])),
            ("the evil one in the StatusDetail", self.response(&[&detail(evil), assertion])),
            (
                "the evil one under the genuine one's ID",
                self.response(&[status, &signed_evil(inner).replace("_evil1", "_assertion1")]),
            ),
            (
                "the evil one beside it under the same ID",
                self.response(&[status, &evil.replace("_evil1", "_assertion1"), assertion]),
            ),
            (
                "the signature of the evil one from the genuine response",
                self.response(&[status, &signed_evil(outer)]),
            ),
            ("the genuine response in a response", self.response(&[status, whole])),
            (
                "the evil one in a namespace of its own beside it",
                self.response(&[
                    status,
                    &evil.replace(
                        "xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"",
                        "xmlns:saml=\"urn:evil:assertion\"",
                    ),
                    assertion,
                ]),
            ),
            (
                "the evil one in SAML 1.1's namespace beside it",
                self.response(&[
                    status,
                    &evil.replace("SAML:2.0:assertion", "SAML:1.0:assertion"),
                    assertion,
                ]),
            ),
            (
                "the genuine one encrypted by name alone, beside the evil",
                self.response(&[
                    status,
                    &format!("<saml:EncryptedAssertion>{assertion}</saml:EncryptedAssertion>"),
                    evil,
                ]),
            ),
            (
                "a foreign Signature in the evil one",
                self.response(&[
                    status,
                    &signed_evil(
                        &inner.replace("http://www.w3.org/2000/09/xmldsig#\"", "urn:evil:dsig\""),
                    ),
                ]),
            ),
        ]
    }
}

/// Something that the identity provider really signed, in place of what it should have signed.
fn donors() -> Vec<Case> {
    let genuine = Answer::new().text();
    let parts = Parts::of(&genuine);
    let failed = Answer::new()
        .response("status:Success", "status:Responder")
        .response("@ASSERTION@", "")
        .text();
    let with_evil = failed
        .replace("status:Responder", "status:Success")
        .replace("</samlp:Response>", &format!("{}</samlp:Response>", parts.evil));
    let beside = failed.replace("</samlp:Response>", &format!("{}</samlp:Response>", parts.evil));
    let of_failed = Parts { ..Parts::of(&genuine) };
    let start = failed.find("<ds:Signature ").unwrap();
    let end = failed.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    let moved = of_failed.response(&[&failed[start..end], &of_failed.status, &of_failed.evil]);
    vec![
        Case::new("a signed error as the donor, made a success", "Response", &genuine, &with_evil),
        Case::new("a signed error with an assertion put in", "Response", &genuine, &beside),
        Case::new(
            "the signature of a signed error on another response",
            "Response",
            &genuine,
            &moved,
        ),
    ]
}
