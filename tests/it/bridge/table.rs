//! docs/bridging.md's table: every level asked for, in every way, against every level that an upstream gives.

use std::fmt::Write as _;

use ponte::assurance::class_ref::ClassRef;

use crate::support::agent::Agent;
use crate::support::bridge::{HONEST, PASS_THROUGH, Stubbed, answer, generic, spid};
use crate::support::sp::AuthnRequest;

use super::{CODE, press};

pub(super) const COMPARISONS: [&str; 4] = ["exact", "minimum", "maximum", "better"];
const GIVEN: [ClassRef; 3] = [ClassRef::SpidL1, ClassRef::SpidL2, ClassRef::SpidL3];

/// What the service provider is told if the upstream gives `class`: the class, or the error.
fn told(stubbed: &Stubbed, request: &AuthnRequest, class: ClassRef) -> String {
    let mut agent = Agent::new();
    let page = agent.get(&crate::support::bridge::send(&stubbed.hub, request).url).unwrap();
    if page.form_with_button("provider", HONEST.entity).is_none() {
        // Nobody can give it, so nobody is asked.
        return short(&answer(&mut agent, page));
    }
    let question = stubbed.choose(&mut agent, &page, HONEST);
    let page = stubbed.bring(&mut agent, &stubbed.says(HONEST, &question, class, CODE));
    if page.status == 403 {
        let left = press(&mut agent, &page, "/cancel");
        return short(&answer(&mut agent, left));
    }
    short(&answer(&mut agent, page))
}

fn short(answer: &str) -> String {
    if answer.contains("ErrorCode nr20") {
        return "nr20".into();
    }
    if answer.contains("status:NoAuthnContext") {
        return "NoAuthnContext".into();
    }
    let class = answer.split_once("AuthnContextClassRef>").expect("a class").1;
    let class = class.split_once('<').unwrap().0;
    class.rsplit(['/', ':']).next().unwrap().to_owned()
}

/// The least level that meets what is asked, by the rules: 1 to 3; 4 is none.
pub(super) fn least(comparison: &str, asked: usize) -> usize {
    match comparison {
        "better" => asked + 1,
        "maximum" => 1,
        _ => asked,
    }
}

#[test]
fn a_level_goes_through_the_bridge_as_it_was_reached() {
    let stubbed = Stubbed::new(PASS_THROUGH, |hub| {
        hub.configure_in("login", "max-level = \"SpidL3\"");
    });
    let mut text = String::from(
        "| profile | asked for | comparison | upstream gives SpidL1 | SpidL2 | SpidL3 |\n|---|---|---|---|---|---|\n",
    );
    for asked in 1..=3_usize {
        for comparison in COMPARISONS {
            let _ = write!(text, "| spid | SpidL{asked} | {comparison} |");
            for (given, class) in (1..).zip(GIVEN) {
                let level = u8::try_from(asked).unwrap();
                let said = told(&stubbed, &spid(&stubbed.hub, level, comparison), class);
                let right = if given >= least(comparison, asked) {
                    format!("SpidL{given}")
                } else {
                    "nr20".to_owned()
                };
                assert_eq!(said, right, "SpidL{asked} {comparison}, given SpidL{given}");
                let _ = write!(text, " {said} |");
            }
            text.push('\n');
        }
    }
    let password = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";
    for (asked, name, class) in
        [(1, "PasswordProtectedTransport", password), (2, "mfa", "https://refeds.org/profile/mfa")]
    {
        for comparison in COMPARISONS {
            let _ = write!(text, "| generic | {name} | {comparison} |");
            for (given, upstream) in (1..).zip(GIVEN) {
                let request = generic(&stubbed.hub, comparison, &[class]);
                let said = told(&stubbed, &request, upstream);
                if given < least(comparison, asked) {
                    assert_eq!(said, "NoAuthnContext", "{name} {comparison}, given SpidL{given}");
                } else {
                    let worth = ["PasswordProtectedTransport", "mfa", "high"];
                    let claimed = worth.iter().position(|class| *class == said).expect("a class");
                    assert!(claimed < given, "{said} of SpidL{given}");
                }
                let _ = write!(text, " {said} |");
            }
            text.push('\n');
        }
    }
    written("runs", &text, "cargo test --test it bridge::table");
}

/// The table `name` of docs/bridging.md is `text`; with UPDATE_DOCS it is made so, by `command`.
pub(super) fn written(name: &str, text: &str, command: &str) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bridging.md");
    let document = std::fs::read_to_string(path).unwrap();
    let begin = format!("<!-- table: {name} -->\n");
    let (before, rest) = document.split_once(&begin).unwrap();
    let (_, after) = rest.split_once("<!-- end -->").unwrap();
    let made = format!("{before}{begin}{text}<!-- end -->{after}");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, made).unwrap();
    } else {
        assert_eq!(document, made, "UPDATE_DOCS=1 {command}");
    }
}
