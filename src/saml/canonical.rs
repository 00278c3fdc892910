//! Exclusive XML Canonicalisation 1.0, without comments, of the small trees that passed the
//! structural check (W3C, xml-exc-c14n).
//!
//! One walk, one output buffer. What the standard says of processing instructions, of relative
//! namespace names and of document types is not here: such documents never reach it.

use roxmltree::{Node, NodeId, NodeType};

/// Appends to `out` the canonical octets of `apex` and what is below it, except the element
/// `without` (the enveloped-signature transform), if any.
///
/// `inclusive` is the `PrefixList`: prefixes handled as inclusive canonicalisation does, with
/// `#default` for the default namespace (xml-exc-c14n §3).
pub fn write(apex: Node<'_, '_>, without: Option<NodeId>, inclusive: &[&str], out: &mut String) {
    let source = apex.document().input_text();
    let mut writer =
        Writer { source, without, inclusive, out, rendered: Vec::new(), fresh: Vec::new() };
    writer.element(apex);
}

/// Appends the canonical octets of `part` and what is below it, as they stand in those of the document's root.
pub(in crate::saml) fn write_part(part: Node<'_, '_>, inclusive: &[&str], out: &mut String) {
    below(part, inclusive, out).element(part);
}

/// The same of the start tag of `part` alone.
pub(in crate::saml) fn write_start(part: Node<'_, '_>, inclusive: &[&str], out: &mut String) {
    below(part, inclusive, out).start(part);
}

/// Appends the canonical octets of the text directly in `element`.
pub(in crate::saml) fn write_text(element: Node<'_, '_>, out: &mut String) {
    for text in element.children().filter(Node::is_text) {
        escape_text(text.text().unwrap_or_default(), out);
    }
}

/// A writer that stands at `part`, knowing what the start tags above it have declared.
fn below<'a, 'o>(
    part: Node<'a, '_>,
    inclusive: &'o [&'o str],
    out: &'o mut String,
) -> Writer<'a, 'o> {
    let source = part.document().input_text();
    let mut unseen = String::new();
    let (rendered, fresh) = (Vec::new(), Vec::new());
    let mut writer = Writer { source, without: None, inclusive, out: &mut unseen, rendered, fresh };
    let mut above: Vec<_> = part.ancestors().skip(1).filter(Node::is_element).collect();
    while let Some(outermost) = above.pop() {
        writer.start(outermost);
    }
    let rendered = writer.rendered;
    Writer { source, without: None, inclusive, out, rendered, fresh: Vec::new() }
}

struct Writer<'a, 'o> {
    source: &'a str,
    without: Option<NodeId>,
    inclusive: &'o [&'o str],
    out: &'o mut String,
    /// The declarations that the output's open elements carry, outermost first.
    rendered: Vec<(&'a str, &'a str)>,
    /// The declarations of the element being written.
    fresh: Vec<(&'a str, &'a str)>,
}

impl<'a> Writer<'a, '_> {
    fn element(&mut self, node: Node<'a, '_>) {
        let mark = self.rendered.len();
        let name = self.start(node);
        for child in node.children() {
            match child.node_type() {
                NodeType::Element if Some(child.id()) != self.without => self.element(child),
                NodeType::Text => escape_text(child.text().unwrap_or_default(), self.out),
                _ => {}
            }
        }
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
        self.rendered.truncate(mark);
    }

    /// Writes the start tag, and answers its name.
    fn start(&mut self, node: Node<'a, '_>) -> &'a str {
        let name = qualified_name(self.source, node.range().start + 1);
        self.out.push('<');
        self.out.push_str(name);
        self.declarations(node, name);
        self.attributes(node);
        self.out.push('>');
        name
    }

    fn declarations(&mut self, node: Node<'a, '_>, name: &'a str) {
        self.fresh.clear();
        self.need(prefix(name), node.tag_name().namespace().unwrap_or_default());
        for attribute in node.attributes() {
            if let Some(uri) = attribute.namespace() {
                let name = qualified_name(self.source, attribute.range().start);
                self.need(prefix(name), uri);
            }
        }
        for listed in self.inclusive {
            let wanted = if *listed == "#default" { None } else { Some(*listed) };
            let declared = node.namespaces().find(|namespace| namespace.name() == wanted);
            match (declared, wanted) {
                (Some(namespace), _) => {
                    self.need(namespace.name().unwrap_or_default(), namespace.uri());
                }
                (None, None) => self.need("", ""),
                (None, Some(_)) => {}
            }
        }
        self.fresh.sort_unstable();
        for (prefix, uri) in &self.fresh {
            self.out.push_str(" xmlns");
            if !prefix.is_empty() {
                self.out.push(':');
                self.out.push_str(prefix);
            }
            self.out.push_str("=\"");
            escape_attribute(uri, self.out);
            self.out.push('"');
        }
        self.rendered.append(&mut self.fresh);
    }

    /// Notes a declaration, unless the output already carries it here.
    fn need(&mut self, prefix: &'a str, uri: &'a str) {
        if prefix == "xml" || self.fresh.iter().any(|(known, _)| *known == prefix) {
            return;
        }
        let open = self.rendered.iter().rev().find(|(known, _)| *known == prefix);
        // Where the output has no default namespace yet, none needs to be taken away.
        if open.map_or("", |(_, uri)| *uri) != uri || (open.is_none() && !prefix.is_empty()) {
            self.fresh.push((prefix, uri));
        }
    }

    fn attributes(&mut self, node: Node<'a, '_>) {
        let sorted = |a: &roxmltree::Attribute<'_, '_>, b: &roxmltree::Attribute<'_, '_>| {
            (a.namespace().unwrap_or_default(), a.name())
                .cmp(&(b.namespace().unwrap_or_default(), b.name()))
        };
        let mut attributes: Vec<_> = node.attributes().collect();
        attributes.sort_unstable_by(sorted);
        for attribute in attributes {
            self.out.push(' ');
            if attribute.namespace().is_some() {
                let name = qualified_name(self.source, attribute.range().start);
                self.out.push_str(name);
            } else {
                self.out.push_str(attribute.name());
            }
            self.out.push_str("=\"");
            escape_attribute(attribute.value(), self.out);
            self.out.push('"');
        }
    }
}

/// The name that begins at `start` of the source, with its prefix: the tree keeps none.
fn qualified_name(source: &str, start: usize) -> &str {
    let rest = &source[start..];
    let end = rest
        .bytes()
        .position(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'/' | b'>' | b'='));
    &rest[..end.unwrap_or(rest.len())]
}

fn prefix(name: &str) -> &str {
    name.split_once(':').map_or("", |(prefix, _)| prefix)
}

fn escape_text(text: &str, out: &mut String) {
    escape(text, out, |byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'\r' => Some("&#xD;"),
        _ => None,
    });
}

pub(in crate::saml) fn escape_attribute(value: &str, out: &mut String) {
    escape(value, out, |byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'"' => Some("&quot;"),
        b'\t' => Some("&#x9;"),
        b'\n' => Some("&#xA;"),
        b'\r' => Some("&#xD;"),
        _ => None,
    });
}

fn escape(text: &str, out: &mut String, entity: impl Fn(u8) -> Option<&'static str>) {
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        if let Some(entity) = entity(byte) {
            out.push_str(&text[from..at]);
            out.push_str(entity);
            from = at + 1;
        }
    }
    out.push_str(&text[from..]);
}
