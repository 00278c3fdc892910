//! The pages of registration, filled.

use ponte::flow::registration::prove::Ask;
use ponte::flow::registration::status::Status;
use ponte::saml::authn_request::rules;
use ponte::saml::lint::inspect::inspect;
use ponte::saml::partner::Profile;
use ponte::store::registrations::{By, Change, State, Submission};
use ponte::store::trails::{Broken, End, Kept, Unsigned};
use ponte::web::pages::frame::Frame;
use ponte::web::pages::registration::{
    Failed, PartnerStatus, Register, Registration, Unheld, Wrong,
};
use serde_json::json;

const AT: &str = "2026-11-22T10:00:00Z";

fn submission(text: impl Fn(&str) -> String) -> Submission {
    let value = json!({
        "id": text("4h7k2m9p0q1r"), "entity_id": text("https://sp.example.org/sp"), "contact": text("dev@example.org"),
        "profile": "spid-public", "word": text("_w0rd"), "made": AT, "waits_until": "2026-12-06T10:00:00Z",
        "digest": "00", "proof": null, "history": [], "network": "", "link": "", "blob": "", "length": 0,
    });
    serde_json::from_value(value).unwrap()
}

fn registration(state: State, text: impl Fn(&str) -> String) -> Registration {
    let change = |to, by| Change { at: AT.parse().unwrap(), to, by, reason: text("perché no") };
    let by = By::Administrator(text("ada"), Some(0));
    let metadata = text("<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\"/>");
    Registration {
        here: text("/federation/register/s3cret"),
        submission: submission(&text),
        state,
        history: vec![change(State::Submitted, By::Integrator), change(state, by)],
        ask: Ask {
            text: text("ponte-registration:https://idp.example.org:4h7k2m9p0q1r:_w0rd:00"),
            word: text("_w0rd"),
            is_update: false,
            token: Some((
                text("https://sp.example.org"),
                text("https://sp.example.org/.well-known/x"),
            )),
            is_named: true,
        },
        may_issue: state == State::Approved,
        report: Some(inspect(metadata.as_bytes(), None, AT.parse().unwrap())),
        metadata: Some(metadata),
        failed: None,
    }
}

fn status(text: impl Fn(&str) -> String) -> PartnerStatus {
    let check = &rules(Profile::Spid).checks[1];
    let broken = Broken {
        number: 10,
        element: text(check.element),
        rule: check.rule.into(),
        expected: text("urn:oasis:names:tc:SAML:2.0:nameid-format:entity"),
        found: text("urn:x"),
    };
    let of_old =
        Broken { rule: text("a rule that is no more"), found: String::new(), ..broken.clone() };
    let kept = |posted, broken, end| Kept {
        at: AT.parse().unwrap(),
        posted,
        request: text("<samlp:AuthnRequest ID=\"_1\"/>"),
        table: rules(Profile::Spid).name.into(),
        broken,
        end,
    };
    PartnerStatus {
        status: Status {
            entity_id: text("https://sp.example.org/sp"),
            partner: None,
            requests: vec![
                kept(true, vec![broken, of_old], End::Rejected { number: 10 }),
                kept(false, Vec::new(), End::Answered { level: text("SpidL2") }),
                kept(false, Vec::new(), End::Refused { number: 22 }),
                kept(false, Vec::new(), End::Open),
            ],
            unsigned: Some(Unsigned { at: AT.parse().unwrap(), number: 7 }),
        },
    }
}

/// The pages, as people see them.
pub(crate) fn samples(frame: &Frame) -> Vec<(&'static str, Result<String, askama::Error>)> {
    let text = |said: &str| said.to_owned();
    let blank = Register { kib: 256, ..Register::default() };
    let wrong = Register {
        wrong: Some(Wrong::Metadata),
        detail: Some("line 1, column 1".into()),
        text: "<a>".into(),
        report: Some(inspect(b"<a>", None, AT.parse().unwrap())),
        ..blank.clone()
    };
    let wrong_proof = Registration {
        failed: Some(Failed::NoProof(Unheld::Token, "it answered with status 404".into())),
        ..registration(State::Submitted, text)
    };
    let mut update = registration(State::Proved, text);
    (update.ask.is_update, update.ask.token) = (true, None);
    let empty = Status { requests: Vec::new(), unsigned: None, ..status(text).status };
    vec![
        ("register", blank.render(frame)),
        ("register_wrong", wrong.render(frame)),
        ("registration", registration(State::Submitted, text).render(frame)),
        ("registration_wrong", wrong_proof.render(frame)),
        ("registration_update", update.render(frame)),
        ("registration_approved", registration(State::Approved, text).render(frame)),
        ("registration_refused", registration(State::Refused, text).render(frame)),
        ("partner_status", status(text).render(frame)),
        ("partner_status_empty", PartnerStatus { status: empty }.render(frame)),
    ]
}

/// The pages with `value` wherever a text goes.
pub(crate) fn filled(frame: &Frame, value: &str) -> Vec<String> {
    let text = |_: &str| value.to_owned();
    let register = Register {
        wrong: Some(Wrong::Metadata),
        detail: Some(value.into()),
        text: value.into(),
        contact: value.into(),
        report: Some(inspect(value.as_bytes(), None, AT.parse().unwrap())),
        ..Register::default()
    };
    let failed = Some(Failed::NoProof(Unheld::OtherId, value.into()));
    let pages = [
        register.render(frame),
        Registration { failed, ..registration(State::Submitted, text) }.render(frame),
        registration(State::Refused, text).render(frame),
        status(text).render(frame),
    ];
    pages.into_iter().map(Result::unwrap).collect()
}
