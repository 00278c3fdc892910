//! The report for programs.

use serde::Serialize;

use crate::partners::lint::text::tally;
use crate::saml::errors::row::Both;
use crate::saml::lint::finding::Finding;
use crate::saml::lint::inspect::{Report, Subject};
use crate::saml::lint::paste::Wrapping;
use crate::saml::lint::rule::{Judge, Judges, Severity};

#[derive(Serialize)]
struct Whole<'r> {
    name: &'r str,
    subject: Subject,
    profile: Option<&'static str>,
    profile_guessed: bool,
    entity_id: Option<&'r str>,
    wrapping: Wrapping,
    readable: bool,
    refused: bool,
    refused_by: Vec<Judge>,
    counts: Counts,
    findings: Vec<One<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Counts {
    refused_by_all: usize,
    refused_by_some: usize,
    advice: usize,
}

#[derive(Serialize)]
struct One<'r> {
    rule: &'r str,
    severity: Severity,
    refused_by: Judges,
    source: &'r str,
    element: &'r str,
    line: u32,
    column: u32,
    demand: Said,
    expected: Option<&'r str>,
    found: &'r str,
    mend: Said,
}

#[derive(Serialize)]
struct Said {
    it: &'static str,
    en: &'static str,
}

impl Said {
    fn of((it, en): Both) -> Self {
        Self { it, en }
    }
}

/// The report on the text called `name`, as JSON.
///
/// # Errors
/// The writer's, which strings and numbers do not give in practice.
pub fn render(report: &Report, name: &str) -> Result<String, serde_json::Error> {
    let [refused_by_all, refused_by_some, advice] = tally(report);
    let whole = Whole {
        name,
        subject: report.subject,
        profile: report.profile.map(|profile| profile.name()),
        profile_guessed: report.guessed,
        entity_id: report.entity.as_deref(),
        wrapping: report.wrapping,
        readable: report.readable,
        refused: report.is_refused(),
        refused_by: Judge::ALL.into_iter().filter(|judge| report.refused_by(*judge)).collect(),
        counts: Counts { refused_by_all, refused_by_some, advice },
        findings: report.findings.iter().map(one).collect(),
    };
    serde_json::to_string_pretty(&whole)
}

fn one(finding: &Finding) -> One<'_> {
    One {
        rule: &finding.rule,
        severity: finding.severity(),
        refused_by: finding.refused_by,
        source: finding.source,
        element: &finding.element,
        line: finding.place.line,
        column: finding.place.column,
        demand: Said::of(finding.demand),
        expected: finding.expected.as_deref(),
        found: &finding.found,
        mend: Said::of(finding.mend),
    }
}
