//! Other systems' configurations: PHP, YAML, JSON and hashes of passwords are read or refused, within bounds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ponte::cli::elsewhere::report::Report;
use ponte::cli::elsewhere::simplesamlphp::php;
use ponte::cli::elsewhere::value::Item;
use ponte::cli::elsewhere::{json, yaml};
use ponte::factors::foreign_hash::ForeignHash;

fuzz_target!(|text: &str| {
    let mut report = Report::of("x");
    if let Ok(script) = php::read(text, |_| None) {
        for value in script.variables.values() {
            report.rest(Item::root("x", value).table(), &[]);
        }
    }
    for value in [yaml::read(text, "x"), json::read(text, "x")].into_iter().flatten() {
        report.unknown_values(&Item::root("x", &value), "why");
    }
    assert!(report.to_text().starts_with("From x"));
    if let Ok(hash) = ForeignHash::parse(text) {
        // One at a cost that a fuzzer can pay.
        if text.len() < 200 && !text.contains("i=") && !text.contains("$1") {
            let _held = hash.holds(text);
        }
    }
});
