//! Each time, to the second and to the microsecond on both sides of its edge; and in forms that are no times.

use super::Case;
use crate::support::answers::Answer;

/// Where a time stands, how it reads in the good answer, and the last good and first bad one on its sides.
struct Edge {
    element: &'static str,
    in_response: bool,
    attribute: &'static str,
    value: &'static str,
    edges: &'static [(&'static str, &'static str)],
    /// Whether it must be there.
    required: bool,
}

/// The request was made at 00:09:33, the answer came at 00:10:03, and clocks may differ by 60 seconds.
const EDGES: &[Edge] = &[
    Edge {
        element: "Response/@IssueInstant",
        in_response: true,
        attribute: "IssueInstant",
        value: "2026-11-22T00:10:00Z",
        edges: SINCE_ASKED,
        required: true,
    },
    Edge {
        element: "Assertion/@IssueInstant",
        in_response: false,
        attribute: "IssueInstant",
        value: "2026-11-22T00:10:00Z",
        edges: SINCE_ASKED,
        required: true,
    },
    Edge {
        element: "AuthnStatement/@AuthnInstant",
        in_response: false,
        attribute: "AuthnInstant",
        value: "2026-11-22T00:09:59Z",
        edges: SINCE_ASKED,
        required: true,
    },
    Edge {
        element: "Conditions/@NotBefore",
        in_response: false,
        attribute: "NotBefore",
        value: "2026-11-22T00:09:33Z",
        edges: &[
            ("2026-11-22T00:11:03Z", "2026-11-22T00:11:04Z"),
            ("2026-11-22T00:11:02.999999Z", "2026-11-22T00:11:03.000001Z"),
            ("1970-01-01T00:00:00Z", "2099-01-01T00:00:00Z"),
        ],
        required: true,
    },
    Edge {
        element: "Conditions/@NotOnOrAfter",
        in_response: false,
        attribute: "NotBefore=\"2026-11-22T00:09:33Z\" NotOnOrAfter",
        value: "2026-11-22T00:15:00Z",
        edges: &[
            ("2026-11-22T00:09:34Z", "2026-11-22T00:09:03Z"),
            ("2026-11-22T01:10:02Z", "2026-11-21T23:10:04Z"),
            ("2099-01-01T00:00:00Z", "2018-01-01T00:00:00Z"),
        ],
        required: true,
    },
    Edge {
        element: "SubjectConfirmationData/@NotOnOrAfter",
        in_response: false,
        attribute: "InResponseTo=\"_request1\" NotOnOrAfter",
        value: "2026-11-22T00:15:00Z",
        edges: &[
            ("2026-11-22T00:09:04Z", "2026-11-22T00:09:03Z"),
            ("2026-11-22T00:09:03.000001Z", "2026-11-22T00:09:03.000000Z"),
            ("2099-01-01T00:00:00Z", "2018-01-01T00:00:00Z"),
        ],
        required: true,
    },
];

const SINCE_ASKED: &[(&str, &str)] = &[
    ("2026-11-22T00:08:33Z", "2026-11-22T00:08:32Z"),
    ("2026-11-22T00:08:33.000000Z", "2026-11-22T00:08:32.999999Z"),
    ("2026-11-22T00:11:03Z", "2026-11-22T00:11:04Z"),
    ("2026-11-22T00:11:02.999999Z", "2026-11-22T00:11:03.000001Z"),
    ("2026-11-22T00:10:00.123456Z", "2018-01-01T00:00:00Z"),
    ("2026-11-22T00:10:00.5Z", "2099-01-01T00:00:00Z"),
];

/// spid-saml §1.6, and neighbours of the good form.
const FORMS: [&str; 11] = [
    "",
    "2018-09-04",
    "2018-09-06 16:00",
    "2018.09.18",
    "2018/09/10",
    "10-09-2018",
    "2026-11-22T00:10:00",
    "2026-11-22T01:10:00+01:00",
    "2026-11-22T00:10Z",
    "2026-02-30T00:10:00Z",
    "1795306200",
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for edge in EDGES {
        let said = |value: &str| format!("{}=\"{value}\"", edge.attribute);
        let good = Answer::new().text();
        let name = |what: &str| format!("{} {what}", edge.element);
        for (inside, outside) in edge.edges {
            let (inside, beyond) = (edge.made(&said(inside)), edge.made(&said(outside)));
            cases.push(Case::new(name(outside), edge.element, &inside, &beyond));
        }
        for form in FORMS {
            let bad = edge.made(&said(form));
            cases.push(Case::new(name(&format!("{form:?}")), edge.element, &good, &bad));
        }
        if edge.required {
            let without =
                edge.attribute.split_once("NotOnOrAfter").map_or("", |(before, _)| before);
            let bad = edge.made(without);
            cases.push(Case::new(name("missing"), edge.element, &good, &bad));
        }
    }
    cases.push(wrong_way_round());
    cases.extend(session());
    cases
}

impl Edge {
    fn made(&self, attribute: &str) -> String {
        let from = format!("{}=\"{}\"", self.attribute, self.value);
        let answer = Answer::new();
        match self.in_response {
            true => answer.response(&from, attribute).text(),
            false => answer.assertion(&from, attribute).text(),
        }
    }
}

fn wrong_way_round() -> Case {
    let with = |start: &str, end: &str| {
        let from = "NotBefore=\"2026-11-22T00:09:33Z\" NotOnOrAfter=\"2026-11-22T00:15:00Z\"";
        let to = format!("NotBefore=\"{start}\" NotOnOrAfter=\"{end}\"");
        Answer::new().assertion(from, &to).text()
    };
    let good = with("2026-11-22T00:10:03Z", "2026-11-22T00:10:04Z");
    let bad = with("2026-11-22T00:10:04Z", "2026-11-22T00:10:04Z");
    Case::new("Conditions over before they begin", "Conditions/@NotBefore", &good, &bad)
}

fn session() -> Vec<Case> {
    let with = |end: &str| {
        let to = format!("<saml:AuthnStatement SessionNotOnOrAfter=\"{end}\" ");
        Answer::new().assertion("<saml:AuthnStatement ", &to).text()
    };
    [
        ("2026-11-22T00:09:04Z", "2026-11-22T00:09:03Z"),
        ("2026-11-22T01:10:03Z", "2026-11-21T23:10:03Z"),
        ("2026-11-22T08:00:00Z", "tomorrow"),
    ]
    .into_iter()
    .map(|(good, bad)| {
        let element = "AuthnStatement/@SessionNotOnOrAfter";
        Case::new(format!("session over at {bad}"), element, &with(good), &with(bad))
    })
    .collect()
}
