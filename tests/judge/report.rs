//! What the judge found, as a table and as JSON.

use std::fmt::Write as _;

use serde::Serialize;

use crate::ask::Binding;

/// What was found at one provider.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) provider: String,
    #[serde(rename = "cases")]
    pub(crate) rows: Vec<Row>,
}

/// What was found in one case.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) number: u16,
    pub(crate) what: &'static str,
    pub(crate) binding: &'static str,
    /// Why it was not tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) skipped: Option<String>,
    /// What was not as it should be; empty if all was.
    pub(crate) wrong: Vec<String>,
}

impl Row {
    pub(crate) fn new(number: u16, what: &'static str, binding: Binding) -> Self {
        Self { number, what, binding: binding.word(), skipped: None, wrong: Vec::new() }
    }
}

impl Report {
    /// Whether every answer was right; if it must be `complete`, every case was tried too.
    pub(crate) fn is_good(&self, complete: bool) -> bool {
        let good = |row: &Row| row.wrong.is_empty() && (!complete || row.skipped.is_none());
        !self.rows.is_empty() && self.rows.iter().all(good)
    }

    pub(crate) fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    pub(crate) fn table(&self) -> String {
        let mut text = format!("{}\n\n", self.provider);
        for row in &self.rows {
            let verdict = match (&row.skipped, row.wrong.is_empty()) {
                (Some(why), _) => format!("not tried: {why}"),
                (None, true) => "right".into(),
                (None, false) => "WRONG".into(),
            };
            let Row { number, what, binding, wrong, .. } = row;
            // Writing to a string does not fail.
            let _ = writeln!(text, "nr{number:02}  {binding:<8}  {what:<52}  {verdict}");
            for reason in wrong {
                let _ = writeln!(text, "      {reason}");
            }
        }
        let count = |of: &dyn Fn(&Row) -> bool| self.rows.iter().filter(|row| of(row)).count();
        let wrong = count(&|row| !row.wrong.is_empty());
        let skipped = count(&|row| row.skipped.is_some());
        let right = self.rows.len() - wrong - skipped;
        let _ = write!(text, "\n{right} right, {wrong} wrong, {skipped} not tried");
        text
    }
}
