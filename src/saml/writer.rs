//! XML on its way out, in exclusive canonical form from the start: what is hashed is what is sent.
//!
//! Namespaces stand where they are first used, sorted; attributes are sorted; no tag closes itself;
//! values are escaped as Canonical XML says (Exclusive XML Canonicalization §3, Canonical XML §1.1).
//! So nothing is canonicalised after it is written. Characters that XML 1.0 cannot carry are
//! refused, not stripped: a value that arrives as another one would be a lie about somebody.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::saml::names;

/// An element with what is in it. Names are written `prefix:name`, with the prefixes of this house.
#[derive(Clone, Debug)]
pub struct Element<'a> {
    name: &'static str,
    declared: Option<&'static str>,
    attributes: Vec<(&'static str, Cow<'a, str>)>,
    children: Vec<Child<'a>>,
}

#[derive(Clone, Debug)]
enum Child<'a> {
    Element(Element<'a>),
    Text(Cow<'a, str>),
    Written(Written),
    SignatureHere,
}

/// An element in canonical form, complete in itself: it declares all the namespaces it uses.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Written {
    xml: String,
    prefixes: BTreeSet<&'static str>,
    inclusive: BTreeSet<Cow<'static, str>>,
    hole: Option<usize>,
}

impl<'a> Element<'a> {
    /// An empty element.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self { name, declared: None, attributes: Vec::new(), children: Vec::new() }
    }

    /// With an attribute; the order does not matter.
    #[must_use]
    pub fn attribute(mut self, name: &'static str, value: impl Into<Cow<'a, str>>) -> Self {
        self.attributes.push((name, value.into()));
        self
    }

    /// With an attribute, if there is a value for it.
    #[must_use]
    pub fn attribute_if(self, name: &'static str, value: Option<impl Into<Cow<'a, str>>>) -> Self {
        match value {
            Some(value) => self.attribute(name, value),
            None => self,
        }
    }

    /// With a namespace declared for names inside values; a signature over it must list the prefix
    /// as inclusive (Exclusive XML Canonicalization §1.3), and [`crate::saml::enveloped`] does.
    #[must_use]
    pub fn declare(mut self, prefix: &'static str) -> Self {
        self.declared = Some(prefix);
        self
    }

    /// With text after what is there.
    #[must_use]
    pub fn text(mut self, text: impl Into<Cow<'a, str>>) -> Self {
        self.children.push(Child::Text(text.into()));
        self
    }

    /// With an element after what is there.
    #[must_use]
    pub fn child(mut self, child: Self) -> Self {
        self.children.push(Child::Element(child));
        self
    }

    /// With an element after what is there, if there is one.
    #[must_use]
    pub fn child_if(self, child: Option<Self>) -> Self {
        match child {
            Some(child) => self.child(child),
            None => self,
        }
    }

    /// With elements after what is there.
    #[must_use]
    pub fn children(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children.into_iter().map(Child::Element));
        self
    }

    /// With an element that is already written after what is there.
    #[must_use]
    pub fn written(mut self, written: Written) -> Self {
        self.children.push(Child::Written(written));
        self
    }

    /// With the place for its signature after what is there.
    #[must_use]
    pub fn signature_here(mut self) -> Self {
        self.children.push(Child::SignatureHere);
        self
    }

    /// The value of an attribute.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(other, _)| *other == name).map(|(_, value)| value.as_ref())
    }

    /// Writes it, leaving out the signature.
    ///
    /// # Errors
    /// When a value has a character that XML cannot carry, or the shape is not canonical.
    pub fn write(&self) -> Result<Written, WriteError> {
        let within = |child: &Child<'_>| match child {
            Child::Written(written) => written.xml.len(),
            _ => 0,
        };
        // With room for the signature.
        let room = ROOM + self.children.iter().map(within).sum::<usize>();
        let mut written = Written {
            xml: String::with_capacity(room),
            prefixes: BTreeSet::new(),
            inclusive: BTreeSet::new(),
            hole: None,
        };
        self.render(&mut written, &mut Vec::new())?;
        Ok(written)
    }

    fn render(
        &self,
        out: &mut Written,
        in_scope: &mut Vec<&'static str>,
    ) -> Result<(), WriteError> {
        let outer_scope = in_scope.len();
        out.xml.push('<');
        out.xml.push_str(self.name);
        self.render_namespaces(out, in_scope)?;
        self.render_attributes(out)?;
        out.xml.push('>');
        for child in &self.children {
            match child {
                Child::Element(element) => element.render(out, in_scope)?,
                Child::Text(text) => escape(self.name, text, Place::Text, &mut out.xml)?,
                Child::Written(written) => self.embed(written, out, in_scope)?,
                Child::SignatureHere => {
                    if in_scope.contains(&"ds") || out.hole.is_some() || outer_scope > 0 {
                        return Err(WriteError::Shape(self.name));
                    }
                    out.hole = Some(out.xml.len());
                }
            }
        }
        out.xml.push_str("</");
        out.xml.push_str(self.name);
        out.xml.push('>');
        in_scope.truncate(outer_scope);
        Ok(())
    }

    fn render_namespaces(
        &self,
        out: &mut Written,
        in_scope: &mut Vec<&'static str>,
    ) -> Result<(), WriteError> {
        let outer_scope = in_scope.len();
        let used = self.attributes.iter().filter_map(|(name, _)| prefix_of(name));
        for prefix in prefix_of(self.name).into_iter().chain(used).chain(self.declared) {
            if prefix != "xml" && !in_scope.contains(&prefix) {
                in_scope.push(prefix);
            }
        }
        in_scope[outer_scope..].sort_unstable();
        for prefix in &in_scope[outer_scope..] {
            let uri = namespace(prefix).ok_or(WriteError::Shape(self.name))?;
            out.prefixes.insert(prefix);
            for part in [" xmlns:", prefix, "=\"", uri, "\""] {
                out.xml.push_str(part);
            }
        }
        out.inclusive.extend(self.declared.map(Cow::Borrowed));
        Ok(())
    }

    fn render_attributes(&self, out: &mut Written) -> Result<(), WriteError> {
        let mut attributes: Vec<_> = self.attributes.iter().collect();
        attributes.sort_unstable_by_key(|(name, _)| {
            (prefix_of(name).map_or("", |prefix| namespace(prefix).unwrap_or("")), local(name))
        });
        if attributes.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(WriteError::Shape(self.name));
        }
        for (name, value) in attributes {
            for part in [" ", name, "=\""] {
                out.xml.push_str(part);
            }
            escape(self.name, value, Place::Attribute, &mut out.xml)?;
            out.xml.push('"');
        }
        Ok(())
    }

    /// A written element declares its namespaces itself, which is canonical only where nothing
    /// around it has declared them.
    fn embed(
        &self,
        written: &Written,
        out: &mut Written,
        in_scope: &[&'static str],
    ) -> Result<(), WriteError> {
        if in_scope.iter().any(|prefix| written.prefixes.contains(prefix)) {
            return Err(WriteError::Shape(self.name));
        }
        out.xml.push_str(&written.xml);
        out.prefixes.extend(&written.prefixes);
        out.inclusive.extend(written.inclusive.iter().cloned());
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
        Self { xml, prefixes: BTreeSet::new(), inclusive, hole: Some(hole) }
    }

    /// Puts `signature` into the place left for it; `None` if there is none.
    pub(in crate::saml) fn splice(mut self, signature: &str) -> Option<Self> {
        self.xml.insert_str(self.hole.take()?, signature);
        self.prefixes.insert("ds");
        Some(self)
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

    #[test]
    fn canonical_form_is_written_at_once() {
        let element = Element::new("md:A")
            .attribute("z", "1")
            .attribute("xml:lang", "it")
            .attribute("xsi:type", "xs:string")
            .attribute("ID", "<&>\"'\t\n\r")
            .declare("xs")
            .child(Element::new("md:B").text("<&>\"'\t\n\r"))
            .child(Element::new("saml:C").child(Element::new("saml:D")))
            .child(Element::new("saml:E"));
        assert_eq!(
            element.write().unwrap().as_str(),
            concat!(
                r#"<md:A xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata""#,
                r#" xmlns:xs="http://www.w3.org/2001/XMLSchema""#,
                r#" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance""#,
                r#" ID="&lt;&amp;>&quot;'&#x9;&#xA;&#xD;" z="1" xsi:type="xs:string" xml:lang="it">"#,
                "<md:B>&lt;&amp;&gt;\"'\t\n&#xD;</md:B>",
                r#"<saml:C xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"><saml:D></saml:D></saml:C>"#,
                r#"<saml:E xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"></saml:E></md:A>"#
            )
        );
    }

    #[test]
    fn characters_that_xml_cannot_carry_are_refused_by_name() {
        for character in ['\0', '\u{1}', '\u{b}', '\u{c}', '\u{1f}', '\u{fffe}', '\u{ffff}'] {
            let value = format!("a{character}b");
            let refused = WriteError::Character { element: "saml:A", character };
            let element = Element::new("saml:A");
            assert_eq!(element.clone().text(value.as_str()).write(), Err(refused));
            assert_eq!(element.attribute("b", value.as_str()).write(), Err(refused));
        }
        for character in ['\t', ' ', '\u{7f}', '\u{85}', '\u{2028}', '\u{fffd}', '\u{1f600}'] {
            assert!(Element::new("saml:A").text(character.to_string()).write().is_ok());
        }
    }

    #[test]
    fn shapes_that_are_not_canonical_are_refused() {
        let inner = Element::new("saml:B").write().unwrap();
        let twice = Element::new("saml:A").attribute("b", "1").attribute("b", "2");
        for wrong in [
            twice,
            Element::new("nobody:A"),
            Element::new("saml:A").attribute("nobody:b", ""),
            Element::new("saml:A").written(inner.clone()),
            Element::new("saml:A").signature_here().signature_here(),
            Element::new("saml:A").child(Element::new("saml:B").signature_here()),
            Element::new("ds:A").signature_here(),
        ] {
            assert!(matches!(wrong.write(), Err(WriteError::Shape(_))), "{wrong:?}");
        }
        assert!(Element::new("samlp:A").written(inner).write().is_ok());
    }
}
