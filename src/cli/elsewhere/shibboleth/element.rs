//! Elements of a file, each with its place.

use roxmltree::Node;

use crate::cli::elsewhere::value::{At, Place};

/// An element.
#[derive(Clone, Copy, Debug)]
pub struct Element<'a> {
    file: &'a str,
    node: Node<'a, 'a>,
}

impl<'a> Element<'a> {
    /// The element `node` of the file called `file`.
    #[must_use]
    pub fn new(file: &'a str, node: Node<'a, 'a>) -> Self {
        Self { file, node }
    }

    /// Its name, whatever its namespace.
    #[must_use]
    pub fn name(self) -> &'a str {
        self.node.tag_name().name()
    }

    /// Where it begins.
    #[must_use]
    pub fn place(self) -> Place {
        let position = self.node.document().text_pos_at(self.node.range().start);
        let at = At {
            line: usize::try_from(position.row).unwrap_or_default(),
            column: usize::try_from(position.col).unwrap_or_default(),
        };
        Place::new(self.file, at, self.name())
    }

    /// The elements in it.
    pub fn children(self) -> impl Iterator<Item = Self> {
        let file = self.file;
        self.node.children().filter(Node::is_element).map(move |node| Self { file, node })
    }

    /// All elements below it, in their order.
    pub fn descendants(self) -> impl Iterator<Item = Self> {
        let (file, own) = (self.file, self.node);
        own.descendants()
            .filter(move |node| node.is_element() && *node != own)
            .map(move |node| Self { file, node })
    }

    /// The elements in it of that name.
    pub fn named(self, name: &'a str) -> impl Iterator<Item = Self> {
        self.children().filter(move |child| child.name() == name)
    }

    /// An attribute, whatever its namespace, without blanks around it; `None` if it is blank.
    #[must_use]
    pub fn said(self, name: &str) -> Option<&'a str> {
        let found = self.node.attributes().find(|attribute| attribute.name() == name);
        found.map(|attribute| attribute.value().trim()).filter(|value| !value.is_empty())
    }

    /// The names and values of its attributes.
    pub fn attributes(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.node.attributes().map(|attribute| (attribute.name(), attribute.value()))
    }

    /// Its type (`xsi:type`, or `type` as the service provider writes it), without a prefix.
    #[must_use]
    pub fn kind(self) -> &'a str {
        let said = self.said("type").unwrap_or_default();
        said.rsplit(':').next().unwrap_or(said)
    }

    /// Its text.
    #[must_use]
    pub fn text(self) -> &'a str {
        self.node.text().unwrap_or_default().trim()
    }

    /// It as it stands in the file.
    #[must_use]
    pub fn source(self) -> &'a str {
        let text = self.node.document().input_text();
        text.get(self.node.range()).unwrap_or_default()
    }
}
