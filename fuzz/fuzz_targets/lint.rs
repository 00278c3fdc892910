//! Whatever is pasted: there is a report, of a bounded number of findings, and every way of showing it works.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ponte::partners::lint::{json, sarif, text};
use ponte::saml::lint::finding::MAX_FINDINGS;
use ponte::saml::lint::inspect::inspect;
use ponte::saml::lint::profile::LintProfile;
use ponte::texts::language::Language;

fuzz_target!(|octets: &[u8]| {
    let now = "2026-06-01T12:00:00Z".parse().expect("an instant");
    let profile = octets
        .first()
        .and_then(|first| LintProfile::all().into_iter().nth(usize::from(*first) % 16));
    for profile in [None, profile] {
        let report = inspect(octets, profile, now);
        // Those of the text before there is a tree are few.
        assert!(report.findings.len() <= MAX_FINDINGS + 11);
        assert!(!text::render(&report, "x", Language::It, false).contains('\x1b'));
        json::render(&report, "x").expect("JSON");
        sarif::render(&report, "x", Language::En).expect("JSON");
    }
});
