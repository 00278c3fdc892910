//! The report as lines of text, with colour if wished.

use std::fmt::Write as _;

use crate::saml::errors::row::Both;
use crate::saml::lint::finding::Finding;
use crate::saml::lint::inspect::{Report, Subject};
use crate::saml::lint::paste::Wrapping;
use crate::saml::lint::rule::{Judge, Severity};
use crate::texts::language::Language;
use crate::texts::lint::{self, Words};

/// The report on the text called `name`, in `language`.
#[must_use]
pub fn render(report: &Report, name: &str, language: Language, colour: bool) -> String {
    let words = lint::words(language);
    let mut out = format!("{}: {}", plain(name), subject(words, report.subject));
    if let Some(profile) = report.profile {
        let how = if report.guessed { format!(" ({})", words.guessed) } else { String::new() };
        let _ = write!(out, ", {}{how}", profile.name());
    }
    if let Some(entity) = &report.entity {
        let _ = write!(out, ", {}", plain(entity));
    }
    out.push('\n');
    if report.wrapping != Wrapping::Xml {
        let wrapped = wrapping(words, report.wrapping);
        let _ = writeln!(out, "{}: {wrapped}. {}", words.wrapping, words.decoded_place);
    }
    for finding in &report.findings {
        one(&mut out, finding, words, language, colour);
    }
    let _ = writeln!(out, "\n{} {}", verdict(words, report), counts(report, language));
    let judges: Vec<_> = Judge::ALL.into_iter().filter(|judge| report.refused_by(*judge)).collect();
    let _ = writeln!(out, "{}: {}", words.judges, listed(words, &judges));
    out
}

fn one(
    out: &mut String,
    finding: &Finding,
    words: &'static Words,
    language: Language,
    colour: bool,
) {
    let severity = finding.severity();
    let (start, end) = match (colour, severity) {
        (false, _) => ("", ""),
        (true, Severity::RefusedByAll) => ("\x1b[1;31m", "\x1b[0m"),
        (true, Severity::RefusedBySome) => ("\x1b[1;33m", "\x1b[0m"),
        (true, Severity::Advice) => ("\x1b[1;36m", "\x1b[0m"),
    };
    let label = weight(words, severity);
    let Finding { place, rule, element, source, .. } = finding;
    let _ = writeln!(
        out,
        "\n{}:{}: {start}{label}{end}: {} ({source}) [{rule}]",
        place.line,
        place.column,
        said(finding.demand, language),
    );
    let mut row = |name: &str, value: &str| {
        let _ = writeln!(out, "    {name}: {}", plain(value));
    };
    if !element.is_empty() {
        row(words.element, element);
    }
    if let Some(expected) = &finding.expected {
        row(words.expected, expected);
    }
    row(words.found, found(words, finding));
    row(words.mend, said(finding.mend, language));
    if severity != Severity::Advice {
        row(words.refused_by, &listed(words, &finding.refused_by.list()));
    }
}

/// What there is, or that there is nothing.
#[must_use]
pub fn found<'f>(words: &'static Words, finding: &'f Finding) -> &'f str {
    if finding.found.is_empty() { words.nothing } else { &finding.found }
}

/// One of the two languages.
#[must_use]
pub fn said(both: Both, language: Language) -> &'static str {
    match language {
        Language::It => both.0,
        Language::En => both.1,
    }
}

/// What a text is, in words.
#[must_use]
pub fn subject(words: &'static Words, subject: Subject) -> &'static str {
    match subject {
        Subject::ServiceProvider => words.service_provider,
        Subject::IdentityProvider => words.identity_provider,
        Subject::AuthnRequest => words.authn_request,
        Subject::Response => words.response,
        Subject::LogoutRequest => words.logout_request,
        Subject::LogoutResponse => words.logout_response,
        Subject::Unknown => words.unknown,
    }
}

/// In what it came, in words.
#[must_use]
pub fn wrapping(words: &'static Words, wrapping: Wrapping) -> &'static str {
    match wrapping {
        Wrapping::Xml => words.xml,
        Wrapping::Base64 => words.base64,
        Wrapping::Deflated => words.deflated,
        Wrapping::Redirect => words.redirect,
        Wrapping::Form => words.form,
    }
}

/// What a finding weighs, in words.
#[must_use]
pub fn weight(words: &'static Words, severity: Severity) -> &'static str {
    match severity {
        Severity::RefusedByAll => words.all,
        Severity::RefusedBySome => words.some,
        Severity::Advice => words.advice,
    }
}

/// The judges' names, or that there is none.
#[must_use]
pub fn listed(words: &'static Words, judges: &[Judge]) -> String {
    let name = |judge: &Judge| match judge {
        Judge::SpidSpTest => words.suite,
        Judge::Agid => words.agid,
        Judge::Strict => words.strict,
    };
    match judges {
        [] => words.nobody.to_owned(),
        _ => judges.iter().map(name).collect::<Vec<_>>().join(", "),
    }
}

/// The report in a sentence.
#[must_use]
pub fn verdict(words: &'static Words, report: &Report) -> &'static str {
    match (report.readable, report.is_refused(), report.findings.is_empty()) {
        (false, _, _) => words.unreadable,
        (true, true, _) => words.refused,
        (true, false, false) => words.accepted,
        (true, false, true) => words.good,
    }
}

/// How many findings there are.
#[must_use]
pub fn counts(report: &Report, language: Language) -> String {
    let [all, some, advice] = tally(report);
    lint::counts(language, all, some, advice)
}

/// How many findings of each severity there are, the gravest first.
#[must_use]
pub fn tally(report: &Report) -> [usize; 3] {
    Severity::ALL.map(|severity| {
        report.findings.iter().filter(|finding| finding.severity() == severity).count()
    })
}

/// `text` in one line, without what could move a terminal.
#[must_use]
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || is_invisible(c) { '\u{fffd}' } else { c }).collect()
}

/// What turns the direction of text, or is not seen (Unicode Standard §23).
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
