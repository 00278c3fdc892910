//! The reports: for people, for programs, as a file of HTML.

use std::io::Write as _;
use std::process::{Command, Stdio};

use ponte::partners::lint::{json, sarif, text};
use ponte::saml::lint::inspect::Report;
use ponte::saml::upstream::metadata::kind::MetadataProfile::SpidPublic;
use ponte::texts::language::Language;
use ponte::web::pages::lint::LintReport;
use serde_json::Value;

use crate::lint::mutations::{good, report};
use crate::support::peer::{root, target};

/// Metadata with a fault of each severity, and something that tries to leave its page.
pub(crate) fn faulty() -> Report {
    let text = good(SpidPublic)
        .replacen(
            "\"https://sp.example.org/sp/main\"",
            "\"https://sp.example.org:8443/sp/main\"",
            1,
        )
        .replacen(r#" isDefault="true""#, "", 1)
        .replacen(
            "<md:Company>Ente di esempio<",
            "<md:Company>&lt;script&gt;alert(1)&lt;/script&gt;<",
            1,
        )
        .replacen(r#"contactType="other""#, r#"contactType="other" colour="red""#, 1);
    let mut report = report(&text, SpidPublic);
    // The certificate is new with each run, and its place in the line of its length.
    for finding in &mut report.findings {
        finding.place.column = finding.place.column.min(1);
        if finding.rule == "signature-value" {
            finding.found = "…".into();
        }
    }
    report
}

#[test]
fn the_reports_look_so() {
    let report = faulty();
    for language in Language::ALL {
        let tag = language.tag();
        insta::assert_snapshot!(
            format!("text_{tag}"),
            text::render(&report, "sp.xml", language, false)
        );
        insta::assert_snapshot!(
            format!("sarif_{tag}"),
            sarif::render(&report, "sp.xml", language).unwrap()
        );
        let html = LintReport { report: report.clone(), name: "sp.xml".into() };
        let html = html.render(language).unwrap();
        assert!(!html.contains("<script>alert"));
        insta::assert_snapshot!(format!("html_{tag}"), html);
    }
    insta::assert_snapshot!("json", json::render(&report, "sp.xml").unwrap());
}

#[test]
fn colour_and_control_characters() {
    let mut report = faulty();
    report.entity = Some("https://sp\x1b[31m.example\u{202e}".into());
    let plain = text::render(&report, "a\nb", Language::En, false);
    assert!(!plain.contains('\x1b') && !plain.contains('\u{202e}'));
    assert!(text::render(&report, "a", Language::En, true).contains("\x1b[1;31m"));
}

/// What SARIF 2.1.0 requires (§3.13, §3.14, §3.18, §3.19, §3.27, §3.30).
#[test]
fn the_sarif_has_what_its_schema_requires() {
    let report = faulty();
    let whole: Value =
        serde_json::from_str(&sarif::render(&report, "a%20b.xml", Language::En).unwrap()).unwrap();
    assert_eq!(whole["version"], "2.1.0");
    let run = &whole["runs"][0];
    assert_eq!(run["tool"]["driver"]["name"], "ponte");
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), report.findings.len());
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let region = &result["locations"][0]["physicalLocation"]["region"];
        assert!(
            region["startLine"].as_u64().unwrap() >= 1
                && region["startColumn"].as_u64().unwrap() >= 1
        );
    }
}

/// The official schema, by a validator that none of us wrote.
#[test]
#[ignore = "needs target/peers: ./scripts/test installs it"]
fn the_official_schema_takes_the_sarif() {
    let validate = |log: &str| {
        let mut child = Command::new("node")
            .arg(root().join("tests/clients/sarif.mjs"))
            .arg(target().join("peers"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node runs");
        child.stdin.take().unwrap().write_all(log.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "target/peers is there: ./scripts/test installs it");
        String::from_utf8(output.stdout).unwrap()
    };
    let report = faulty();
    for language in Language::ALL {
        let log = sarif::render(&report, "a%20b.xml", language).unwrap();
        assert_eq!(validate(&log), "");
        // The control: one place that does not exist.
        let broken = log.replacen("\"startLine\": ", "\"startLine\": -", 1);
        assert!(validate(&broken).contains("startLine"), "{}", validate(&broken));
    }
}
