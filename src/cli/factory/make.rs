//! One row: described, written, signed, and looked at as others will.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::cli::factory::table::Numbered;
use crate::cli::metadata::xml_id;
use crate::cli::signing::Signing;
use crate::config::rows::{Described, Rows};
use crate::partners::lint::text::said;
use crate::saml::lint::finding::Finding;
use crate::saml::lint::inspect::inspect;
use crate::saml::lint::profile::LintProfile;
use crate::saml::lint::rule::Severity;
use crate::saml::upstream::metadata::write::write;
use crate::texts::language::Language;

/// With what rows are made into metadata.
#[derive(Clone, Copy)]
pub struct Maker<'a> {
    /// What is common to them.
    pub rows: &'a Rows,
    /// Who signs.
    pub signing: &'a Signing,
    /// When.
    pub now: DateTime<Utc>,
}

/// What came of a row.
#[derive(Clone, Debug)]
pub struct Made {
    /// The number of its first line.
    pub line: usize,
    /// Its name in files, if it got that far.
    pub id: Option<String>,
    /// Whom the metadata are of.
    pub entity_id: Option<String>,
    /// The metadata; `None` if they are not to be written.
    pub xml: Option<String>,
    /// What is wrong with the row itself, in words.
    pub faults: Vec<String>,
    /// What is to be said of the metadata.
    pub findings: Vec<Finding>,
}

impl Maker<'_> {
    /// The metadata of one row.
    #[must_use]
    pub fn make(&self, one: &Numbered) -> Made {
        let mut made = Made {
            line: one.line,
            id: None,
            entity_id: None,
            xml: None,
            faults: Vec::new(),
            findings: Vec::new(),
        };
        let described = match &one.row {
            Err(reason) => {
                made.faults.push(reason.clone());
                return made;
            }
            Ok(row) => self.rows.describe(row),
        };
        match described {
            Err(faults) => made.faults.extend(faults.iter().map(ToString::to_string)),
            Ok(Described { id, description }) => {
                let name = xml_id(&description.entity_id);
                let (signer, further) = (&*self.signing.signer, &self.signing.further);
                match write(&description, &name, signer, further) {
                    Ok(xml) => {
                        let profile = LintProfile::ServiceProvider(description.profile);
                        let report = inspect(xml.as_bytes(), Some(profile), self.now);
                        made.xml = Some(xml).filter(|_| report.readable && !report.is_refused());
                        made.findings = report.findings;
                    }
                    Err(error) => made.faults.push(error.to_string()),
                }
                (made.id, made.entity_id) = (Some(id), Some(description.entity_id));
            }
        }
        made
    }
}

impl Made {
    /// Whether it may not be written.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.xml.is_none()
    }

    /// What is wrong, a line each.
    #[must_use]
    pub fn complaints(&self, language: Language) -> Vec<String> {
        let mut lines = self.faults.clone();
        let grave = self.findings.iter().filter(|one| one.severity() != Severity::Advice);
        for finding in grave {
            let mut line = format!("{} [{}]", said(finding.demand, language), finding.rule);
            for part in [finding.element.as_str(), finding.found.as_str()] {
                if !part.is_empty() {
                    line = format!("{line}: {part}");
                }
            }
            lines.push(line);
        }
        lines
    }

    /// It, for programs; `state` says what became of it.
    #[must_use]
    pub fn report(&self, state: &str, language: Language) -> Value {
        let finding = |one: &Finding| {
            json!({
                "rule": one.rule,
                "severity": one.severity(),
                "element": one.element,
                "demand": said(one.demand, language),
                "expected": one.expected,
                "found": one.found,
                "mend": said(one.mend, language),
            })
        };
        json!({
            "line": self.line,
            "state": state,
            "id": self.id,
            "entity-id": self.entity_id,
            "faults": self.faults,
            "findings": self.findings.iter().map(finding).collect::<Vec<_>>(),
        })
    }
}
