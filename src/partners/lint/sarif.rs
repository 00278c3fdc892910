//! The report for tools that show findings beside the text (SARIF 2.1.0).

use serde_json::{Value, json};

use crate::partners::lint::text::said;
use crate::saml::lint::finding::Finding;
use crate::saml::lint::inspect::Report;
use crate::saml::lint::paste::Wrapping;
use crate::saml::lint::rule::Severity;
use crate::texts::language::Language;

/// The report on the text at `uri`, in `language`.
///
/// # Errors
/// The writer's, which strings and numbers do not give in practice.
pub fn render(report: &Report, uri: &str, language: Language) -> Result<String, serde_json::Error> {
    let mut rules: Vec<&Finding> = Vec::new();
    for finding in &report.findings {
        if rules.iter().all(|known| known.rule != finding.rule) {
            rules.push(finding);
        }
    }
    let results: Vec<Value> = report
        .findings
        .iter()
        .map(|finding| {
            let index = rules.iter().position(|known| known.rule == finding.rule);
            result(finding, index.unwrap_or_default(), report, uri, language)
        })
        .collect();
    let whole = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "ponte",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|finding| rule(finding, language)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "language": language.tag(),
            "results": results,
            "properties": {
                "subject": report.subject,
                "profile": report.profile.map(|profile| profile.name()),
            },
        }],
    });
    serde_json::to_string_pretty(&whole)
}

fn rule(finding: &Finding, language: Language) -> Value {
    json!({
        "id": finding.rule,
        "shortDescription": { "text": said(finding.demand, language) },
        "help": { "text": said(finding.mend, language) },
        "properties": { "source": finding.source },
    })
}

fn result(
    finding: &Finding,
    index: usize,
    report: &Report,
    uri: &str,
    language: Language,
) -> Value {
    let level = match finding.severity() {
        Severity::RefusedByAll => "error",
        Severity::RefusedBySome => "warning",
        Severity::Advice => "note",
    };
    let mut text = said(finding.demand, language).to_owned();
    let named = [
        (finding.expected.as_deref(), crate::texts::lint::words(language).expected),
        (Some(finding.found.as_str()), crate::texts::lint::words(language).found),
    ];
    for (value, name) in named {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            text = format!("{text}. {name}: {value}");
        }
    }
    let mut physical = json!({ "artifactLocation": { "uri": uri } });
    // In a wrapping the lines are none of the file's.
    if report.wrapping == Wrapping::Xml {
        physical["region"] = json!({
            "startLine": finding.place.line,
            "startColumn": finding.place.column,
        });
    }
    let mut location = json!({ "physicalLocation": physical });
    if !finding.element.is_empty() {
        location["logicalLocations"] = json!([{ "fullyQualifiedName": finding.element }]);
    }
    json!({
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": level,
        "message": { "text": text },
        "locations": [location],
        "properties": { "refused_by": finding.refused_by, "mend": said(finding.mend, language) },
    })
}
