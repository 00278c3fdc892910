//! Genuine answers, to somebody else, of somebody else, or to something else than was asked.

use ponte::saml::upstream::check::{Expected, SignedParts};
use ponte::saml::upstream::profile::UpstreamProfile;

use super::Case;
use crate::support::answers::{Answer, judge};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = vec![unsolicited(), lower(), lower_under_exact()];
    cases.extend(expectations());
    cases.extend(policies());
    cases
}

/// Nobody asked: no InResponseTo anywhere.
fn unsolicited() -> Case {
    let good = Answer::new();
    let bad = good
        .clone()
        .response(" InResponseTo=\"_request1\"", "")
        .assertion(" InResponseTo=\"_request1\"", "");
    Case::new("nobody asked", "Response/@InResponseTo", &good.text(), &bad.text())
}

fn at_level(level: &str) -> String {
    let session = "<saml:AuthnStatement SessionIndex=\"_s1\" ";
    Answer::new().assertion("<saml:AuthnStatement ", session).assertion("SpidL2", level).text()
}

/// SP-01: more than was asked is fine, less is not.
fn lower() -> Case {
    let element = "AuthnContext/AuthnContextClassRef";
    Case::new("a lower level than was asked", element, &at_level("SpidL3"), &at_level("SpidL1"))
}

fn lower_under_exact() -> Case {
    use ponte::assurance::requirement::Comparison;
    let judged = |level| {
        judge(&at_level(level), UpstreamProfile::Spid, |expected| {
            expected.comparison = Comparison::Exact;
        })
    };
    Case {
        name: "a lower level than was asked exactly".into(),
        element: "AuthnContext/AuthnContextClassRef",
        good: judged("SpidL3"),
        bad: judged("SpidL1"),
    }
}

/// The same answer, where something else was asked of somebody else.
fn expectations() -> Vec<Case> {
    type Change = fn(&mut Expected<'_>);
    let rows: [(&str, &'static str, Change); 6] = [
        ("the answer of another identity provider", "Response/Issuer", |expected| {
            expected.provider = "https://other.example/saml";
        }),
        ("the answer to another request", "Response/@InResponseTo", |expected| {
            expected.request = "_request2";
        }),
        ("the answer to another service provider", "AudienceRestriction/Audience", |expected| {
            expected.ourselves = "https://sp.example.org/sp/other";
        }),
        ("the answer at another address", "Response/@Destination", |expected| {
            expected.consumer = "https://sp.example.org/sp/other/acs";
        }),
        ("no registered key", "Response/Signature", |expected| expected.keys = &[]),
        ("the answer from before the request", "Response/@IssueInstant", |expected| {
            expected.asked = "2026-11-22T00:11:01Z".parse().unwrap();
        }),
    ];
    let text = Answer::new().text();
    rows.into_iter()
        .map(|(name, element, change)| Case {
            name: name.into(),
            element,
            good: judge(&text, UpstreamProfile::Spid, |_| {}),
            bad: judge(&text, UpstreamProfile::Spid, change),
        })
        .collect()
}

/// What must be signed in plain SAML, by what was settled with the partner.
fn policies() -> Vec<Case> {
    let both = Answer::new();
    let assertion = Answer::plain();
    let response = Answer { of_assertion: None, ..Answer::new() };
    let none = Answer { of_response: None, of_assertion: None, ..Answer::new() };
    let rows = [
        ("either, and neither is", SignedParts::Either, &assertion, &none),
        ("either, where the response is", SignedParts::Either, &response, &none),
        ("the response, and the assertion is", SignedParts::Response, &response, &assertion),
        ("the assertion, and the response is", SignedParts::Assertion, &assertion, &response),
        ("both, and the assertion is", SignedParts::Both, &both, &assertion),
        ("both, and the response is", SignedParts::Both, &both, &response),
    ];
    rows.into_iter()
        .map(|(name, signed, good, bad)| {
            let judged = |answer: &Answer| {
                judge(&answer.text(), UpstreamProfile::Saml2, |expected| expected.signed = signed)
            };
            Case {
                name: format!("saml2, to be signed: {name}"),
                element: "",
                good: judged(good),
                bad: judged(bad),
            }
        })
        .collect()
}
