//! An element made piece by piece, in any order, before it is written.

use std::borrow::Cow;

use crate::saml::pen::{Pen, WriteError, Written, canonical_order};

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
            Child::Written(written) => written.as_str().len(),
            _ => 0,
        };
        let mut pen = Pen::with_room(self.children.iter().map(within).sum::<usize>());
        self.render(&mut pen);
        pen.done()
    }

    fn render(&self, pen: &mut Pen) {
        let mut attributes: Vec<_> = self.attributes.iter().collect();
        attributes.sort_unstable_by_key(|(name, _)| canonical_order(name));
        let attributes = attributes.into_iter().map(|(name, value)| (*name, value.as_ref()));
        pen.open_with(self.name, self.declared, attributes);
        for child in &self.children {
            match child {
                Child::Element(element) => element.render(pen),
                Child::Text(text) => pen.text(text),
                Child::Written(written) => pen.embed(written),
                Child::SignatureHere => pen.signature_here(),
            }
        }
        pen.close();
    }
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
