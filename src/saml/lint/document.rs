//! From a text to a tree: what a reader stumbles over before it sees an element.

use std::borrow::Cow;

use crate::saml::lint::finding::{Finding, Place};
use crate::saml::lint::rules;
use crate::saml::xml::{self, XmlError};

/// A text made readable, and what was taken out of it.
pub(super) struct Prepared<'t> {
    /// The text; what was taken out is blank, so that places stay.
    pub(super) text: Cow<'t, str>,
    /// Whether anything was taken out that a signature covers.
    pub(super) changed: bool,
    pub(super) found: Vec<Finding>,
}

/// Blanks out what is a fault by itself, and yet hides nothing of the rest: processing instructions, and comments
/// after the root.
pub(super) fn prepare(text: &str) -> Prepared<'_> {
    let mut prepared = Prepared { text: Cow::Borrowed(text), changed: false, found: Vec::new() };
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    if body.starts_with(char::is_whitespace) {
        prepared.found.push(Finding::of(&rules::LEADING_BLANK, "", Place::START, ""));
    }
    let instructions = instructions(text);
    let comments = trailing_comments(text);
    if instructions.is_empty() && comments.is_empty() {
        return prepared;
    }
    for (at, end) in instructions.iter().chain(&comments) {
        let finding = Finding::of(&rules::INSTRUCTION, "", place(text, *at), &text[*at..*end]);
        prepared.found.push(finding);
    }
    prepared.found.truncate(10);
    prepared.changed = true;
    let mut blanked = String::with_capacity(text.len());
    let mut done = 0;
    for (at, end) in instructions.into_iter().chain(comments) {
        blanked.push_str(&text[done..at]);
        // Octet by octet, so that what follows stays where it is.
        blanked.extend(text[at..end].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
        done = end;
    }
    blanked.push_str(&text[done..]);
    prepared.text = Cow::Owned(blanked);
    prepared
}

/// The finding that a text which is not read gives.
pub(super) fn refused(text: &str, error: &XmlError) -> Finding {
    let at_line = |line: usize| Place { line: u32::try_from(line).unwrap_or(u32::MAX), column: 1 };
    let said = error.to_string();
    let (rule, place) = match error {
        XmlError::TooLarge { .. } => (&rules::SIZE, Place::START),
        XmlError::TooMany { line, .. } => (&rules::LIMITS, at_line(*line)),
        XmlError::Forbidden { what, line } if what.contains("DOCTYPE") => {
            (&rules::DOCTYPE, at_line(*line))
        }
        XmlError::Forbidden { line, .. } => (&rules::INSTRUCTION, at_line(*line)),
        XmlError::NamespaceName { line, .. } | XmlError::NotText { line, .. } => {
            (&rules::LIMITS, at_line(*line))
        }
        XmlError::Declaration { .. } => (&rules::DECLARATION, Place::START),
        XmlError::NotWellFormed(error) => {
            let at = error.pos();
            (&rules::WELL_FORMED, Place { line: at.row.max(1), column: at.col.max(1) })
        }
    };
    let mut finding = Finding::of(rule, "", place, &said);
    if matches!(error, XmlError::TooLarge { .. }) {
        finding.wants(format!("<= {}", xml::MAX_OCTETS));
    }
    if let XmlError::Forbidden { .. } = error {
        let line = text.lines().nth((place.line as usize).saturating_sub(1)).unwrap_or_default();
        finding.found = crate::saml::profile::check::cut(line.trim());
    }
    finding
}

/// The line and column of the octet at `at`.
pub(super) fn place(text: &str, at: usize) -> Place {
    let before = &text[..at];
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let number = |count| u32::try_from(count).unwrap_or(u32::MAX);
    Place { line: number(line), column: number(column) }
}

/// The processing instructions of `text`, but its declaration: where each begins and ends.
fn instructions(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let start = text.len() - text.trim_start_matches('\u{feff}').len();
    let mut at = 0;
    while let Some(next) = text[at..].find('<').map(|next| at + next) {
        let rest = &text[next..];
        let ends = |mark: &str| rest.find(mark).map_or(text.len(), |end| next + end + mark.len());
        at = if rest.starts_with("<!--") {
            ends("-->")
        } else if rest.starts_with("<![CDATA[") {
            ends("]]>")
        } else if let Some(target) = rest.strip_prefix("<?") {
            let end = ends("?>");
            let is_declaration = next == start
                && target
                    .strip_prefix("xml")
                    .is_some_and(|after| after.starts_with(char::is_whitespace));
            if !is_declaration && target.contains("?>") {
                found.push((next, end));
            }
            end
        } else {
            next + 1
        };
    }
    found
}

/// The comments that follow the root.
fn trailing_comments(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut rest = text.trim_end();
    while rest.ends_with("-->") {
        let Some(at) = rest.rfind("<!--") else { break };
        found.push((at, rest.len()));
        rest = rest[..at].trim_end();
    }
    found.reverse();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_blanked_keeps_every_place() {
        let text = "<?xml version=\"1.0\"?>\n<?a\né?><a><!-- <?b?> --><b/></a>\n<!-- c -->\n";
        let prepared = prepare(text);
        assert!(prepared.changed);
        assert_eq!(prepared.text.len(), text.len());
        assert_eq!(prepared.text.find("<b/>"), text.find("<b/>"));
        assert!(prepared.text.contains("<?b?>"), "what a comment holds is none");
        assert_eq!(prepared.found.len(), 2);
        assert!(xml::parse(&prepared.text).is_ok());
        assert!(xml::parse(text).is_err());
    }
}
