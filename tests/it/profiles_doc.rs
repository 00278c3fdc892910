//! docs/profiles.md is made from the tables; `UPDATE_DOCS=1` writes it.

use std::fmt::Write as _;
use std::path::Path;

use ponte::saml::profile::check::Rules;
use ponte::saml::profile::generic::GENERIC;
use ponte::saml::profile::spid::SPID;
use ponte::saml::status::{FaultKind, Tell};

#[test]
fn the_documentation_is_what_the_tables_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/profiles.md");
    let wanted = document();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &wanted).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        there == wanted,
        "docs/profiles.md is not what the tables say: run the test with UPDATE_DOCS=1"
    );
}

/// The tables are checked in the order of spid-saml §3, and what only a page tells comes first.
#[test]
fn the_tables_keep_the_order_of_the_rules() {
    const ORDER: [u16; 11] = [10, 8, 9, 11, 13, 14, 15, 16, 17, 18, 12];
    for rules in [&SPID, &GENERIC] {
        let places: Vec<_> = rules
            .checks
            .iter()
            .map(|check| ORDER.iter().position(|number| *number == check.kind.number()).unwrap())
            .collect();
        assert!(places.is_sorted(), "{}: {places:?}", rules.name);
        for check in rules.checks {
            let told = check.kind.tell() != Tell::Browser;
            assert_eq!(told, check.kind != FaultKind::Issuer, "{}", check.rule);
            assert!(check.rule.ends_with(&format!("({})", check.source)));
        }
    }
}

fn document() -> String {
    let mut text = String::from(
        "# What is demanded of a request\n\n\
         Each service provider is held to one of these profiles: `spid` or `generic`, guessed from \
         its metadata or said by its entry in the configuration.\n\n\
         Before any of this, and for every profile: the message must come whole out of its binding \
         (nr04), be sound XML of the structure described in docs/threats.md (nr04 by HTTP-Redirect, \
         nr07 by HTTP-POST), name a registered service provider that is not switched off (nr10), and \
         bear a signature that holds with a key of that provider's metadata (nr05 by HTTP-Redirect, \
         nr07 by HTTP-POST). Until then only the browser is told of a fault, by a page.\n\n\
         The demands are checked from the top; the first one broken is the answer. nr10 is a page; \
         nr16 goes to the default consumer of the metadata; the others go where the answer was asked \
         for, or to the default consumer if that is not clear. Service providers of the generic \
         profile get SAML's own status in place of SPID's message.\n\n\
         This page is made from `src/saml/profile/`: `UPDATE_DOCS=1 cargo test --test it profiles_doc` \
         writes it.\n",
    );
    for rules in [&SPID, &GENERIC] {
        profile(&mut text, rules);
    }
    text
}

fn profile(text: &mut String, rules: &Rules) {
    let Rules { name, checks, tolerances } = rules;
    writeln!(text, "\n## {name}\n\n| Element | Demand | If not | Source |\n|---|---|---|---|")
        .unwrap();
    for check in *checks {
        let rule = check.rule.strip_suffix(&format!(" ({})", check.source)).unwrap();
        writeln!(
            text,
            "| `{}` | {rule} | nr{:02} | {} |",
            check.element,
            check.kind.number(),
            check.source
        )
        .unwrap();
    }
    writeln!(text, "\nAccepted:\n\n| Element | What | Source |\n|---|---|---|").unwrap();
    for tolerance in *tolerances {
        writeln!(text, "| `{}` | {} | {} |", tolerance.element, tolerance.rule, tolerance.source)
            .unwrap();
    }
}
