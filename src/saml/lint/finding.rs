//! What the pre-flight finds: where, what was expected, and what is there.

use roxmltree::{Document, Node};
use serde::Serialize;

use crate::saml::errors::row::Both;
use crate::saml::lint::rule::{Judges, Rule, Severity};
use crate::saml::profile::check::cut;

/// The most findings of one text: more would flood whoever reads them.
pub const MAX_FINDINGS: usize = 200;

/// A rule that the text breaks, and where.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule's name.
    pub rule: String,
    /// Who says so.
    pub source: &'static str,
    /// Who refuses for it.
    pub refused_by: Judges,
    /// The element or attribute, by path.
    pub element: String,
    /// Where it begins.
    pub place: Place,
    /// What is demanded.
    pub demand: Both,
    /// The very value that is wanted, where there is one.
    pub expected: Option<String>,
    /// What is there, cut to 200 characters; empty if nothing.
    pub found: String,
    /// How to mend it.
    pub mend: Both,
}

/// A place in the text, both from 1; columns count characters.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Place {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

impl Place {
    /// The beginning of the text.
    pub const START: Self = Self { line: 1, column: 1 };
}

impl Finding {
    /// That `rule` is broken at `place`, in `element`.
    #[must_use]
    pub fn of(rule: &Rule, element: &str, place: Place, found: &str) -> Self {
        Self {
            rule: rule.id.to_owned(),
            source: rule.source,
            refused_by: rule.refused_by,
            element: element.to_owned(),
            place,
            demand: rule.demand,
            expected: None,
            found: cut(found),
            mend: rule.mend,
        }
    }

    /// The same, with the very value that is wanted.
    pub fn wants(&mut self, expected: impl Into<String>) -> &mut Self {
        self.expected = Some(cut(&expected.into()));
        self
    }

    /// The same, refused by others than usual.
    pub fn by(&mut self, judges: Judges) -> &mut Self {
        self.refused_by = judges;
        self
    }

    /// What it weighs.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.refused_by.severity()
    }
}

/// Gathers what is found in one document.
pub(in crate::saml) struct Findings<'a, 'i> {
    document: &'a Document<'i>,
    found: Vec<Finding>,
    spare: Option<Finding>,
}

impl<'a, 'i> Findings<'a, 'i> {
    pub(in crate::saml) fn new(document: &'a Document<'i>) -> Self {
        Self { document, found: Vec::new(), spare: None }
    }

    /// That `rule` is broken by the element `node`, in which there is `found`.
    pub(in crate::saml) fn node(
        &mut self,
        rule: &Rule,
        node: Node<'_, '_>,
        found: &str,
    ) -> &mut Finding {
        self.add(Finding::of(rule, &path(node), self.place(node.range().start), found))
    }

    /// The same of its attribute `name`, or of the element if it has none.
    pub(in crate::saml) fn attribute(
        &mut self,
        rule: &Rule,
        node: Node<'_, '_>,
        name: &str,
    ) -> &mut Finding {
        let local = name.strip_prefix("xml:").unwrap_or(name);
        let there = node.attributes().find(|attribute| attribute.name() == local);
        let at = there.map_or_else(|| node.range().start, |attribute| attribute.range().start);
        let found = there.map(|attribute| attribute.value()).unwrap_or_default();
        self.add(Finding::of(rule, &format!("{}/@{name}", path(node)), self.place(at), found))
    }

    pub(in crate::saml) fn add(&mut self, finding: Finding) -> &mut Finding {
        if self.found.len() >= MAX_FINDINGS {
            return self.spare.insert(finding);
        }
        self.found.push(finding);
        let last = self.found.len() - 1;
        &mut self.found[last]
    }

    pub(in crate::saml) fn is_full(&self) -> bool {
        self.found.len() >= MAX_FINDINGS
    }

    pub(in crate::saml) fn into_list(self) -> Vec<Finding> {
        self.found
    }

    fn place(&self, at: usize) -> Place {
        let place = self.document.text_pos_at(at);
        Place { line: place.row, column: place.col }
    }
}

/// Where `node` is: the local names from the root, with a number where several bear one name.
pub(in crate::saml) fn path(node: Node<'_, '_>) -> String {
    let steps: Vec<String> = node
        .ancestors()
        .filter(|step| step.is_element())
        .map(|step| {
            let name = step.tag_name().name();
            let twins = |other: &Node<'_, '_>| other.tag_name().name() == name;
            let before = step.prev_siblings().skip(1).filter(twins).count();
            let is_one_of_many = before > 0 || step.next_siblings().skip(1).any(|o| twins(&o));
            if is_one_of_many { format!("{name}[{}]", before + 1) } else { name.to_owned() }
        })
        .collect();
    steps.into_iter().rev().collect::<Vec<_>>().join("/")
}
