//! The pre-flight beside spid-sp-test itself, and the page that says where the two differ.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Instant;

use ponte::saml::lint::inspect::Report;
use ponte::saml::lint::profile::LintProfile;
use ponte::saml::lint::rule::{Judge, Severity};
use ponte::saml::lint::rules;
use ponte::saml::upstream::metadata::kind::MetadataProfile::{
    self, CiePublic, SpidAgPublicFull, SpidOpPublicFull, SpidOpPublicLite, SpidPrivate, SpidPublic,
};
use serde_json::{Value, json};

use crate::lint::mutations::{MUTATIONS, good, report};
use crate::support::peer::{root, target};
use crate::support::real_files;

/// The real files, with the profile that each is of.
const REAL: [(&str, MetadataProfile); 7] = [
    ("metadata_missing_entityid.xml", SpidPublic),
    ("private-sp_signed.xml", SpidPrivate),
    ("pub-ag-full_signed.xml", SpidAgPublicFull),
    ("pub-op-full_signed.xml", SpidOpPublicFull),
    ("public-sp-cie_signed.xml", CiePublic),
    ("public-sp.xml", SpidPublic),
    ("public-sp_signed.xml", SpidPublic),
];

/// Every text that both are asked about: its name, what it is, the profile.
fn texts() -> Vec<(String, String, MetadataProfile)> {
    let mut texts: Vec<_> = MetadataProfile::ALL
        .into_iter()
        .map(|profile| (format!("good-{}", profile.name()), good(profile), profile))
        .collect();
    texts
        .extend(MUTATIONS.iter().map(|fault| (fault.name.to_owned(), fault.text(), fault.profile)));
    for (name, profile) in REAL {
        if let Some(text) = real_files::read(&format!("sp-metadata/{name}")) {
            texts.push((format!("real-{name}"), text, profile));
        }
    }
    texts
}

pub(crate) fn suite(asked: &Value) -> Vec<Value> {
    let mut child = Command::new(target().join("venv/bin/python"))
        .args(["-W", "ignore"])
        .arg(root().join("tests/clients/spid_metadata.py"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONWARNINGS", "ignore")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("target/venv/bin/python is there: ./scripts/test installs it");
    child.stdin.take().unwrap().write_all(asked.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// SP-07: of the twelve profiles, each fault and each real file the suite and we say the same in its column, and we
/// take a twentieth of its time at most.
#[test]
#[ignore = "needs spid-sp-test, which ./scripts/test installs"]
fn sp_07_in_its_column_the_suite_says_the_same() {
    let folder = target().join("spid-sp-test").join("lint");
    std::fs::create_dir_all(&folder).unwrap();
    let texts = texts();
    let mut asked = Vec::new();
    for (name, text, profile) in &texts {
        let file = folder.join(format!("{name}.xml"));
        std::fs::write(&file, text).unwrap();
        asked.push(json!([file, LintProfile::ServiceProvider(*profile).suite_name()]));
    }
    let verdicts = suite(&json!(asked));
    assert_eq!(verdicts.len(), texts.len());
    let mut wrong = Vec::new();
    let (mut theirs, mut ours, mut refused) = (0.0, 0.0, 0);
    for ((name, text, profile), verdict) in texts.iter().zip(&verdicts) {
        let began = Instant::now();
        let report = report(text, *profile);
        ours += began.elapsed().as_secs_f64();
        theirs += verdict["seconds"].as_f64().unwrap();
        let failed = verdict["failed"].as_array().unwrap();
        // Of this profile the suite's own code breaks off on whatever it is given.
        let broke_off = verdict["broke_off"] == true && *profile != SpidOpPublicLite;
        let by_suite = !failed.is_empty() || broke_off;
        refused += usize::from(by_suite);
        if by_suite != report.refused_by(Judge::SpidSpTest) {
            let said = said(&report);
            wrong.push(format!("{name}: the suite {by_suite} {failed:?} {broke_off}, we {said:?}"));
        }
    }
    let factor = theirs / ours;
    println!(
        "{} texts, {refused} refused by the suite; {theirs:.1} s, ours {ours:.3} s: {factor:.0} times",
        texts.len()
    );
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), texts.len(), wrong.join("\n"));
    assert!(refused > 40 && refused < texts.len(), "{refused}");
    assert!(factor >= 20.0, "{factor}");
}

fn said(report: &Report) -> Vec<String> {
    report.findings.iter().map(|one| format!("{} {:?}", one.rule, one.refused_by.list())).collect()
}

/// docs/lint.md lists what is beyond the suite, by rule; `UPDATE_DOCS=1` writes it.
#[test]
fn the_page_lists_what_is_found_beyond_the_suite() {
    let mut beyond: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for fault in MUTATIONS {
        let report = report(&fault.text(), fault.profile);
        if !report.refused_by(Judge::SpidSpTest) && report.is_refused() {
            beyond.entry(fault.rule).or_default().push(fault.name);
        }
    }
    let mut table = String::from(
        "| rule | refused by | what it demands | source | fault in the tests |\n|---|---|---|---|---|\n",
    );
    for rule in rules::ALL {
        if rule.refused_by.has(Judge::SpidSpTest) {
            continue;
        }
        let judges: Vec<_> = rule.refused_by.list().into_iter().map(Judge::name).collect();
        let judges = if rule.refused_by.severity() == Severity::Advice {
            "advice".to_owned()
        } else {
            judges.join(", ")
        };
        let faults = beyond.get(rule.id).map(|names| names.join(", ")).unwrap_or_default();
        table.push_str(&format!(
            "| `{}` | {judges} | {} | {} | {faults} |\n",
            rule.id,
            rule.demand.1.replace('|', "\\|"),
            rule.source
        ));
    }
    let path = root().join("docs/lint.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once("<!-- beyond -->\n").expect("the mark");
    let (_, after) = rest.split_once("<!-- end -->").expect("the other mark");
    let whole = format!("{before}<!-- beyond -->\n{table}<!-- end -->{after}");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &whole).unwrap();
    }
    assert!(
        page == whole || std::env::var_os("UPDATE_DOCS").is_some(),
        "docs/lint.md is old: UPDATE_DOCS=1 writes it"
    );
    assert!(!beyond.is_empty());
}
