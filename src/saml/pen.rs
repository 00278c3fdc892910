//! XML on its way out, in exclusive canonical form from the start: what is hashed is what is sent.
//!
//! Namespaces stand where they are first used, sorted; attributes are sorted; no tag closes itself;
//! values are escaped as Canonical XML says (Exclusive XML Canonicalization §3, Canonical XML §1.1).
//! So nothing is canonicalised after it is written. Characters that XML 1.0 cannot carry are
//! refused, not stripped: a value that arrives as another one would be a lie about somebody.

use std::borrow::Cow;

use crate::saml::names;

/// Writes from left to right what its caller says. The first thing that cannot be written is told by [`Pen::done`], and
/// nothing is written after it. Names are written `prefix:name`, with the prefixes of this house.
#[derive(Debug)]
pub struct Pen {
    written: Written,
    in_scope: Vec<&'static str>,
    /// The elements that are not closed, and how many prefixes were in scope around each.
    open: Vec<(&'static str, usize)>,
    fault: Option<WriteError>,
}

/// An element in canonical form, complete in itself: it declares all the namespaces it uses.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Written {
    xml: String,
    prefixes: Vec<&'static str>,
    inclusive: Vec<Cow<'static, str>>,
    hole: Option<usize>,
}

impl Default for Pen {
    fn default() -> Self {
        Self::with_room(0)
    }
}

impl Pen {
    /// For an element of about so many bytes beside what is written for itself, and its signature.
    #[must_use]
    pub fn with_room(bytes: usize) -> Self {
        let written = Written {
            xml: String::with_capacity(ROOM + bytes),
            prefixes: Vec::with_capacity(4),
            inclusive: Vec::new(),
            hole: None,
        };
        let (in_scope, open) = (Vec::with_capacity(8), Vec::with_capacity(8));
        Self { written, in_scope, open, fault: None }
    }

    /// Opens an element with those of `attributes` that have a value; they must be given in canonical order.
    pub fn open(&mut self, name: &'static str, attributes: &[(&'static str, Option<&str>)]) {
        self.open_declaring(name, None, attributes);
    }

    /// As [`Pen::open`], with a namespace declared for names inside values; a signature over it must list the prefix
    /// as inclusive (Exclusive XML Canonicalization §1.3), and [`crate::saml::enveloped`] does.
    pub fn open_declaring(
        &mut self,
        name: &'static str,
        declared: Option<&'static str>,
        attributes: &[(&'static str, Option<&str>)],
    ) {
        let there = attributes.iter().filter_map(|(name, value)| Some((*name, (*value)?)));
        self.open_with(name, declared, there);
    }

    /// As [`Pen::open_declaring`], of attributes that all have a value.
    pub fn open_with<'b>(
        &mut self,
        name: &'static str,
        declared: Option<&'static str>,
        attributes: impl Iterator<Item = (&'static str, &'b str)> + Clone,
    ) {
        if self.fault.is_some() {
            return;
        }
        // One element holds all.
        if self.open.is_empty() && !self.written.xml.is_empty() {
            return self.note(Err(WriteError::Shape(name)));
        }
        self.open.push((name, self.in_scope.len()));
        let done = self.start_tag(name, declared, attributes);
        self.note(done);
    }

    /// Text, escaped.
    pub fn text(&mut self, text: &str) {
        let Some(name) = self.around() else { return };
        let done = escape(name, text, Place::Text, &mut self.written.xml);
        self.note(done);
    }

    /// Closes the element that was opened last.
    pub fn close(&mut self) {
        let Some(name) = self.around() else { return };
        let outer_scope = self.open.pop().map_or(0, |(_, outer_scope)| outer_scope);
        let xml = &mut self.written.xml;
        xml.push_str("</");
        xml.push_str(name);
        xml.push('>');
        self.in_scope.truncate(outer_scope);
    }

    /// An element with nothing in it but `text`.
    pub fn leaf(
        &mut self,
        name: &'static str,
        attributes: &[(&'static str, Option<&str>)],
        text: &str,
    ) {
        self.open(name, attributes);
        self.text(text);
        self.close();
    }

    /// The place for the outermost element's signature.
    pub fn signature_here(&mut self) {
        let Some(name) = self.around() else { return };
        if self.open.len() > 1 || self.in_scope.contains(&"ds") || self.written.hole.is_some() {
            return self.note(Err(WriteError::Shape(name)));
        }
        self.written.hole = Some(self.written.xml.len());
    }

    /// An element that is already written. It declares its namespaces itself, which is canonical only where nothing
    /// around it has declared them.
    pub fn embed(&mut self, written: &Written) {
        let Some(name) = self.around() else { return };
        if self.in_scope.iter().any(|prefix| written.prefixes.contains(prefix)) {
            return self.note(Err(WriteError::Shape(name)));
        }
        self.written.xml.push_str(&written.xml);
        written.prefixes.iter().for_each(|prefix| self.written.uses(prefix));
        written.inclusive.iter().for_each(|prefix| self.written.includes(prefix.clone()));
    }

    /// What was written.
    ///
    /// # Errors
    /// When a value had a character that XML cannot carry, or the shape is not canonical.
    pub fn done(self) -> Result<Written, WriteError> {
        match (self.fault, self.open.first()) {
            (Some(fault), _) => Err(fault),
            (None, Some((name, _))) => Err(WriteError::Shape(name)),
            (None, None) => Ok(self.written),
        }
    }

    /// The element that was opened last; nothing goes on after a fault, and outside of all elements nothing may stand.
    fn around(&mut self) -> Option<&'static str> {
        if self.open.is_empty() {
            self.note(Err(WriteError::Shape("what stands outside of all elements")));
        }
        self.open.last().filter(|_| self.fault.is_none()).map(|(name, _)| *name)
    }

    fn note(&mut self, done: Result<(), WriteError>) {
        self.fault = self.fault.or_else(|| done.err());
    }

    fn start_tag<'b>(
        &mut self,
        name: &'static str,
        declared: Option<&'static str>,
        attributes: impl Iterator<Item = (&'static str, &'b str)> + Clone,
    ) -> Result<(), WriteError> {
        let Self { written, in_scope, .. } = self;
        written.xml.push('<');
        written.xml.push_str(name);
        let outer_scope = in_scope.len();
        let used = attributes.clone().filter_map(|(name, _)| prefix_of(name));
        for prefix in prefix_of(name).into_iter().chain(used).chain(declared) {
            if prefix != "xml" && !in_scope.contains(&prefix) {
                in_scope.push(prefix);
            }
        }
        in_scope[outer_scope..].sort_unstable();
        for prefix in &in_scope[outer_scope..] {
            let uri = namespace(prefix).ok_or(WriteError::Shape(name))?;
            written.uses(prefix);
            for part in [" xmlns:", prefix, "=\"", uri, "\""] {
                written.xml.push_str(part);
            }
        }
        if let Some(declared) = declared {
            written.includes(Cow::Borrowed(declared));
        }
        let mut last = None;
        for (attribute, value) in attributes {
            let order = canonical_order(attribute);
            if last.is_some_and(|last| last >= order) {
                return Err(WriteError::Shape(name));
            }
            last = Some(order);
            for part in [" ", attribute, "=\""] {
                written.xml.push_str(part);
            }
            escape(name, value, Place::Attribute, &mut written.xml)?;
            written.xml.push('"');
        }
        written.xml.push('>');
        Ok(())
    }
}

impl Written {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.xml
    }

    /// The text, taken out.
    #[must_use]
    pub fn into_string(self) -> String {
        self.xml
    }

    /// The prefixes that a signature must list as inclusive, in order.
    pub fn inclusive(&self) -> impl Iterator<Item = &str> {
        self.inclusive.iter().map(AsRef::as_ref)
    }

    /// What others wrote, `xml` being its canonical form with the prefixes `inclusive`, and `hole` the place for a signature.
    pub(in crate::saml) fn canonical(xml: String, hole: usize, inclusive: Vec<String>) -> Self {
        let inclusive = inclusive.into_iter().map(Cow::Owned).collect();
        Self { xml, prefixes: Vec::new(), inclusive, hole: Some(hole) }
    }

    /// Puts `signature` into the place left for it; `None` if there is none.
    pub(in crate::saml) fn splice(mut self, signature: &str) -> Option<Self> {
        self.xml.insert_str(self.hole.take()?, signature);
        self.uses("ds");
        Some(self)
    }

    fn uses(&mut self, prefix: &'static str) {
        if !self.prefixes.contains(&prefix) {
            self.prefixes.push(prefix);
        }
    }

    fn includes(&mut self, prefix: Cow<'static, str>) {
        if let Err(place) = self.inclusive.binary_search(&prefix) {
            self.inclusive.insert(place, prefix);
        }
    }
}

/// What an element and its signature seldom exceed.
const ROOM: usize = 8 * 1024;

/// XML that cannot be written.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum WriteError {
    /// A value has a character that XML 1.0 cannot carry (XML §2.2).
    #[error("a value of {element} has U+{:04X}, which XML cannot carry", u32::from(*.character))]
    Character {
        /// The element that has the value, or the attribute with it.
        element: &'static str,
        /// The character.
        character: char,
    },
    /// An attribute twice, a prefix unknown or declared by an element around, a second signature.
    #[error("{0} is not in canonical form")]
    Shape(&'static str),
}

/// Where a value stands.
#[derive(Clone, Copy, Debug)]
pub(in crate::saml) enum Place {
    Text,
    Attribute,
}

/// Canonical XML §2.3, "Text Nodes" and "Attribute Nodes". Whatever needs no escape is copied in runs.
pub(in crate::saml) fn escape(
    element: &'static str,
    value: &str,
    place: Place,
    out: &mut String,
) -> Result<(), WriteError> {
    let mut copied = 0;
    for (at, byte) in value.bytes().enumerate() {
        if !SPECIAL[usize::from(byte)] {
            continue;
        }
        let escaped = match (byte, place) {
            (b'&', _) => "&amp;",
            (b'<', _) => "&lt;",
            (b'\r', _) => "&#xD;",
            (b'>', Place::Text) => "&gt;",
            (b'"', Place::Attribute) => "&quot;",
            (b'\t', Place::Attribute) => "&#x9;",
            (b'\n', Place::Attribute) => "&#xA;",
            _ => match value[at..].chars().next() {
                Some(
                    character @ ('\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}'),
                ) => {
                    return Err(WriteError::Character { element, character });
                }
                _ => continue,
            },
        };
        out.push_str(&value[copied..at]);
        out.push_str(escaped);
        copied = at + 1;
    }
    out.push_str(&value[copied..]);
    Ok(())
}

/// The octets that need a look: those to be escaped somewhere, controls, and the first of U+F000 to
/// U+FFFF, two of which are no characters of XML.
const SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let mut octet = 0;
    while octet < 0x20 {
        special[octet] = true;
        octet += 1;
    }
    special[b'&' as usize] = true;
    special[b'<' as usize] = true;
    special[b'>' as usize] = true;
    special[b'"' as usize] = true;
    special[0xef] = true;
    special
};

/// Attributes stand in the order of namespace and local name, those of no namespace first (Canonical XML §2.2).
pub(in crate::saml) fn canonical_order(attribute: &'static str) -> (&'static str, &'static str) {
    (prefix_of(attribute).map_or("", |prefix| namespace(prefix).unwrap_or("")), local(attribute))
}

fn prefix_of(name: &'static str) -> Option<&'static str> {
    name.split_once(':').map(|(prefix, _)| prefix)
}

fn local(name: &'static str) -> &'static str {
    name.split_once(':').map_or(name, |(_, local)| local)
}

fn namespace(prefix: &str) -> Option<&'static str> {
    Some(match prefix {
        "cie" => names::CIE,
        "ds" => names::DSIG,
        "ec" => names::EXC_C14N,
        "fpa" => names::INVOICING,
        "md" => names::METADATA,
        "saml" => names::ASSERTION,
        "samlp" => names::PROTOCOL,
        "spid" => names::SPID,
        "xenc" => names::XENC,
        "xenc11" => names::XENC11,
        "xml" => "http://www.w3.org/XML/1998/namespace",
        "xs" => names::XS,
        "xsi" => names::XSI,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(write: impl FnOnce(&mut Pen)) -> Option<WriteError> {
        let mut pen = Pen::default();
        write(&mut pen);
        pen.done().err()
    }

    #[test]
    fn what_is_not_canonical_is_told_and_nothing_goes_on_after_it() {
        let named = |names: [&'static str; 2]| {
            fault(|pen| pen.leaf("saml:A", &names.map(|name| (name, Some("v"))), ""))
        };
        assert_eq!(named(["ID", "IssueInstant"]), None);
        assert_eq!(named(["ID", "xsi:type"]), None);
        let shape = |name| Some(WriteError::Shape(name));
        assert_eq!(named(["IssueInstant", "ID"]), shape("saml:A"));
        assert_eq!(named(["xsi:type", "ID"]), shape("saml:A"));
        assert_eq!(named(["ID", "ID"]), shape("saml:A"));
        assert_eq!(fault(|pen| pen.open("saml:A", &[])), shape("saml:A"), "not closed");
        let two = |pen: &mut Pen| {
            pen.leaf("saml:A", &[], "");
            pen.leaf("saml:B", &[], "");
        };
        assert_eq!(fault(two), shape("saml:B"));
        let outside = shape("what stands outside of all elements");
        assert_eq!(fault(|pen| pen.text("a")), outside);
        assert_eq!(fault(Pen::close), outside);
        assert_eq!(fault(Pen::signature_here), outside);
        let first = |pen: &mut Pen| {
            pen.leaf("saml:A", &[("a", Some("\u{1}"))], "\u{2}");
            pen.leaf("nobody:B", &[], "");
        };
        let character = '\u{1}';
        assert_eq!(fault(first), Some(WriteError::Character { element: "saml:A", character }));
    }

    #[test]
    fn attributes_without_a_value_are_left_out() {
        let mut pen = Pen::default();
        pen.leaf("ds:A", &[("b", None), ("a", Some("1"))], "<");
        let written = pen.done().unwrap();
        let expected = r#"<ds:A xmlns:ds="http://www.w3.org/2000/09/xmldsig#" a="1">&lt;</ds:A>"#;
        assert_eq!(written.as_str(), expected);
    }
}
