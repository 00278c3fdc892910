//! The pre-flight: a form to paste into, the report on a page, and the same as a file of its own.

use askama::Template;

use crate::partners::lint::text;
use crate::saml::lint::finding::Finding;
use crate::saml::lint::inspect::Report;
use crate::saml::lint::profile::LintProfile;
use crate::saml::lint::rule::{Judge, Severity};
use crate::texts::language::Language;
use crate::texts::lint::{self, Words};
use crate::web::pages::frame::Frame;
use crate::web::pages::page::page;

/// The page on which a text is pasted, and its report if there is one.
#[derive(Clone, Debug, Default)]
pub struct Lint {
    /// The report on what was sent.
    pub report: Option<Report>,
    /// Why what was sent was not looked at.
    pub refused: Option<Refused>,
    /// The profile that was chosen.
    pub profile: Option<LintProfile>,
}

/// Why a text was not looked at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refused {
    /// There was none.
    Empty,
    /// It is too long, or did not arrive.
    TooLong,
}

/// A report as a page of its own that needs nothing else.
#[derive(Clone, Debug)]
pub struct LintReport {
    /// What was found.
    pub report: Report,
    /// What was checked.
    pub name: String,
}

page!(Lint, "lint.html", lint, |lint| {
    lint.report.as_ref().map_or(0, |report| 1024 * (report.findings.len() + 1))
});

impl Lint {
    fn profiles(&self) -> Vec<LintProfile> {
        LintProfile::all()
    }

    fn view(&self, frame: &Frame) -> Option<View<'_>> {
        self.report.as_ref().map(|report| View::of(report, frame.language))
    }
}

impl LintReport {
    /// The whole file, in `language`.
    ///
    /// # Errors
    /// The template engine's, which formatting into memory does not give in practice.
    pub fn render(&self, language: Language) -> Result<String, askama::Error> {
        #[derive(Template)]
        #[template(path = "lint_report.html")]
        struct Whole<'a> {
            name: &'a str,
            language: Language,
            t: &'static Words,
            v: View<'a>,
        }
        let t = lint::words(language);
        let v = View { report: &self.report, t, language };
        Whole { name: &self.name, language, t, v }.render()
    }
}

/// A report in one language.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    pub(super) report: &'a Report,
    t: &'static Words,
    language: Language,
}

impl<'a> View<'a> {
    pub(super) fn of(report: &'a Report, language: Language) -> Self {
        Self { report, t: lint::words(language), language }
    }

    pub(super) fn words(&self) -> &'static Words {
        self.t
    }

    pub(super) fn verdict(&self) -> &'static str {
        text::verdict(self.t, self.report)
    }

    pub(super) fn tone(&self) -> &'static str {
        match (self.report.readable && !self.report.is_refused(), self.report.findings.is_empty()) {
            (true, true) => "success",
            (true, false) => "info",
            (false, _) => "danger",
        }
    }

    pub(super) fn subject(&self) -> &'static str {
        text::subject(self.t, self.report.subject)
    }

    pub(super) fn wrapping(&self) -> &'static str {
        text::wrapping(self.t, self.report.wrapping)
    }

    pub(super) fn counts(&self) -> String {
        text::counts(self.report, self.language)
    }

    pub(super) fn judges(&self) -> String {
        let all = Judge::ALL.into_iter().filter(|judge| self.report.refused_by(*judge));
        text::listed(self.t, &all.collect::<Vec<_>>())
    }

    pub(super) fn is_wrapped(&self) -> bool {
        self.report.wrapping != crate::saml::lint::paste::Wrapping::Xml
    }

    pub(super) fn findings(&self) -> &'a [Finding] {
        &self.report.findings
    }

    pub(super) fn demand(&self, finding: &Finding) -> &'static str {
        text::said(finding.demand, self.language)
    }

    pub(super) fn mend(&self, finding: &Finding) -> &'static str {
        text::said(finding.mend, self.language)
    }

    pub(super) fn weight(&self, finding: &Finding) -> &'static str {
        text::weight(self.t, finding.severity())
    }

    pub(super) fn class(&self, finding: &Finding) -> &'static str {
        match finding.severity() {
            Severity::RefusedByAll => "all",
            Severity::RefusedBySome => "some",
            Severity::Advice => "advice",
        }
    }

    pub(super) fn refused_by(&self, finding: &Finding) -> String {
        text::listed(self.t, &finding.refused_by.list())
    }
}
