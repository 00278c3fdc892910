//! The schemas of metadata as tables, and a reading by them: which element may stand where, how often, with what.

use std::collections::HashSet;

use roxmltree::{Attribute, Node};

use crate::saml::lexical;
use crate::saml::lint::finding::Findings;
use crate::saml::lint::rule::Rule;
use crate::saml::lint::schema_tables::NAMESPACES;
use crate::saml::lint::value::XML;
use crate::saml::names;
use crate::saml::signature_shape::base64_octets;

/// An element: its attributes and what stands in it.
pub(in crate::saml) struct Shape {
    /// Its name with the prefix of [`NAMESPACES`]; with its parent's before it where it is another one there.
    pub(in crate::saml) name: &'static str,
    pub(in crate::saml) attributes: &'static [Allowed],
    /// Whether attributes of other namespaces may stand there.
    pub(in crate::saml) open: bool,
    pub(in crate::saml) content: Content,
}

/// An attribute that may stand there, or must.
pub(in crate::saml) struct Allowed {
    pub(in crate::saml) name: &'static str,
    pub(in crate::saml) value: Value,
    pub(in crate::saml) must: bool,
}

/// What stands in an element.
pub(in crate::saml) enum Content {
    /// Text.
    Text(Value),
    /// Elements, part after part.
    Parts(&'static [Part]),
    /// The same with text between them.
    Mixed(&'static [Part]),
    /// Whatever.
    Anything,
}

/// Elements of these names, so many of them; `*` is one of any other namespace than the metadata's.
pub(in crate::saml) struct Part {
    pub(in crate::saml) names: &'static [&'static str],
    pub(in crate::saml) least: usize,
    pub(in crate::saml) most: usize,
}

/// A simple type (XML Schema Part 2).
#[derive(Clone, Copy)]
pub(in crate::saml) enum Value {
    Text,
    /// At least one character and at most so many.
    Short(usize),
    Uri,
    EntityId,
    Boolean,
    Index,
    Id,
    Language,
    Instant,
    Duration,
    Base64,
    /// One of these, as it stands.
    OneOf(&'static [&'static str]),
    /// One of these after white space around it is dropped.
    UriOf(&'static [&'static str]),
}

/// Holds `root` to `table`: what it does not name is not looked at. What is found breaks `rule`.
pub(in crate::saml) fn check(
    root: Node<'_, '_>,
    table: &'static [Shape],
    rule: &Rule,
    found: &mut Findings<'_, '_>,
) {
    let mut reading = Reading { table, rule, found, ids: HashSet::new() };
    reading.element(root);
}

struct Reading<'f, 'a, 'i, 'n> {
    table: &'static [Shape],
    rule: &'f Rule,
    found: &'f mut Findings<'a, 'i>,
    ids: HashSet<&'n str>,
}

impl<'n> Reading<'_, '_, '_, 'n> {
    fn element(&mut self, node: Node<'n, '_>) {
        if self.found.is_full() {
            return;
        }
        let Some(shape) = self.shape(node) else {
            return self.below(node);
        };
        self.attributes(node, shape);
        match &shape.content {
            Content::Anything => return,
            Content::Text(value) => self.text(node, *value),
            Content::Parts(parts) => {
                let stray = node
                    .children()
                    .filter(|child| child.is_text())
                    .find(|child| !child.text().unwrap_or_default().trim().is_empty());
                if let Some(stray) = stray {
                    let text = stray.text().unwrap_or_default().trim();
                    self.found.node(self.rule, node, text).wants("elements alone");
                }
                self.parts(node, parts);
            }
            Content::Mixed(parts) => self.parts(node, parts),
        }
        self.below(node);
    }

    fn below(&mut self, node: Node<'n, '_>) {
        for child in node.children().filter(Node::is_element) {
            self.element(child);
        }
    }

    fn shape(&self, node: Node<'_, '_>) -> Option<&'static Shape> {
        let name = prefixed(node)?;
        let within = node.parent().and_then(prefixed).map(|parent| format!("{parent}/{name}"));
        let of = |wanted: &str| self.table.iter().find(|shape| shape.name == wanted);
        within.and_then(|within| of(&within)).or_else(|| of(&name))
    }

    fn attributes(&mut self, node: Node<'n, '_>, shape: &'static Shape) {
        for attribute in node.attributes() {
            let name = attribute_name(&attribute);
            let allowed = shape.attributes.iter().find(|allowed| Some(allowed.name) == name);
            match (allowed, attribute.namespace()) {
                (Some(allowed), _) => self.value(node, &attribute, allowed),
                (None, Some(names::XSI)) => {}
                (None, Some(_)) if shape.open => {}
                (None, _) => {
                    let listed: Vec<_> = shape.attributes.iter().map(|one| one.name).collect();
                    self.found
                        .attribute(self.rule, node, attribute.name())
                        .wants(listed.join(", "));
                }
            }
        }
        for allowed in shape.attributes.iter().filter(|allowed| allowed.must) {
            let is_there =
                node.attributes().any(|attribute| attribute_name(&attribute) == Some(allowed.name));
            if !is_there {
                self.found.attribute(self.rule, node, allowed.name).wants(allowed.value.said());
            }
        }
    }

    fn value(&mut self, node: Node<'n, '_>, attribute: &Attribute<'n, '_>, allowed: &Allowed) {
        let repeated =
            matches!(allowed.value, Value::Id) && !self.ids.insert(attribute.value().trim());
        if repeated {
            self.found
                .attribute(self.rule, node, attribute.name())
                .wants("an ID that nothing else bears");
        } else if !allowed.value.takes(attribute.value()) {
            self.found.attribute(self.rule, node, attribute.name()).wants(allowed.value.said());
        }
    }

    fn text(&mut self, node: Node<'n, '_>, value: Value) {
        if let Some(child) = node.children().find(Node::is_element) {
            let name = child.tag_name().name();
            self.found.node(self.rule, child, name).wants("text alone");
            return;
        }
        let text: String =
            node.children().filter_map(|child| child.is_text().then(|| child.text())?).collect();
        if !value.takes(&text) {
            self.found.node(self.rule, node, &text).wants(value.said());
        }
    }

    fn parts(&mut self, node: Node<'n, '_>, parts: &'static [Part]) {
        let (mut at, mut count) = (0, 0);
        for child in node.children().filter(Node::is_element) {
            loop {
                let Some(part) = parts.get(at) else {
                    let name = child.tag_name().name();
                    self.found.node(self.rule, child, name).wants("nothing more here");
                    return;
                };
                if part.takes(child) && count < part.most {
                    count += 1;
                    break;
                }
                if count < part.least {
                    let name = child.tag_name().name();
                    self.found.node(self.rule, child, name).wants(part.names.join(", "));
                    return;
                }
                (at, count) = (at + 1, 0);
            }
        }
        let lacking = parts
            .iter()
            .skip(at)
            .enumerate()
            .find(|(further, part)| part.least > if *further == 0 { count } else { 0 });
        if let Some((_, part)) = lacking {
            self.found.node(self.rule, node, "").wants(part.names.join(", "));
        }
    }
}

impl Part {
    fn takes(&self, node: Node<'_, '_>) -> bool {
        let is_other = !matches!(node.tag_name().namespace(), None | Some(names::METADATA));
        let name = prefixed(node);
        self.names
            .iter()
            .any(|known| if *known == "*" { is_other } else { name.as_deref() == Some(*known) })
    }
}

impl Value {
    /// Whether `text` is of this type.
    pub(in crate::saml) fn takes(self, text: &str) -> bool {
        let collapsed = lexical::trim(text);
        match self {
            Self::Text => true,
            Self::Short(most) => (1..=most).contains(&text.chars().count()),
            Self::Uri => is_uri(collapsed),
            Self::EntityId => is_uri(collapsed) && collapsed.chars().count() <= 1024,
            Self::Boolean => lexical::boolean(collapsed).is_some(),
            Self::Index => {
                let digits = collapsed.strip_prefix('+').unwrap_or(collapsed);
                let plain = digits.trim_start_matches('0');
                lexical::all_digits(digits) && (plain.is_empty() || plain.parse::<u16>().is_ok())
                    || collapsed.strip_prefix('-').is_some_and(|zero| {
                        !zero.is_empty() && zero.bytes().all(|byte| byte == b'0')
                    })
            }
            Self::Id => lexical::is_id(collapsed),
            Self::Language => text.is_empty() || is_language(collapsed),
            Self::Instant => is_date_time(collapsed),
            Self::Duration => is_duration(collapsed),
            Self::Base64 => text.trim().is_empty() || base64_octets(text).is_some(),
            Self::OneOf(values) => values.contains(&text),
            Self::UriOf(values) => values.contains(&collapsed),
        }
    }

    /// What it wants, for people and machines alike.
    pub(in crate::saml) fn said(self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::Short(most) => format!("1..{most}"),
            Self::Uri => "xs:anyURI".to_owned(),
            Self::EntityId => "xs:anyURI, 1..1024".to_owned(),
            Self::Boolean => "true | false".to_owned(),
            Self::Index => "0..65535".to_owned(),
            Self::Id => "xs:ID".to_owned(),
            Self::Language => "xs:language: it, en".to_owned(),
            Self::Instant => "xs:dateTime: 2030-01-31T00:00:00Z".to_owned(),
            Self::Duration => "xs:duration: P7D".to_owned(),
            Self::Base64 => "xs:base64Binary".to_owned(),
            Self::OneOf(values) | Self::UriOf(values) => values.join(" | "),
        }
    }
}

/// The name of `node` with the prefix of the tables; `None` if its namespace is none of theirs.
fn prefixed(node: Node<'_, '_>) -> Option<String> {
    let namespace = node.tag_name().namespace()?;
    let (prefix, _) = NAMESPACES.iter().find(|(_, name)| *name == namespace)?;
    Some(format!("{prefix}:{}", node.tag_name().name()))
}

/// The name by which the tables know an attribute; `None` if none of them can.
fn attribute_name<'a>(attribute: &Attribute<'a, '_>) -> Option<&'a str> {
    match attribute.namespace() {
        None => Some(attribute.name()),
        Some(XML) if attribute.name() == "lang" => Some("xml:lang"),
        Some(_) => None,
    }
}

/// Nearly everything is an `xs:anyURI`: not two `#`, nor a lone `%`.
fn is_uri(text: &str) -> bool {
    let is_escaped = text.split('%').skip(1).all(|after| {
        after.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    });
    let port_is_number = text.split_once("://").is_none_or(|(_, rest)| {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let port =
            host.rsplit_once(':').filter(|_| !host.ends_with(']')).map_or("", |(_, port)| port);
        port.is_empty() || port.parse::<u16>().is_ok()
    });
    is_escaped && port_is_number && text.matches('#').count() <= 1 && !text.starts_with(':')
}

fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let is_part = |part: &str, digits: bool| {
        (1..=8).contains(&part.len())
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphabetic() || digits && byte.is_ascii_digit())
    };
    parts.next().is_some_and(|first| is_part(first, false)) && parts.all(|part| is_part(part, true))
}

/// An `xs:dateTime`, in UTC or not.
fn is_date_time(text: &str) -> bool {
    let local = match text.strip_suffix('Z') {
        Some(local) => local,
        None => match text.char_indices().rev().nth(5) {
            Some((at, '+' | '-')) if text[at..].contains(':') && text[..at].contains('T') => {
                &text[..at]
            }
            _ => text,
        },
    };
    lexical::instant(&format!("{local}Z")).is_some()
}

/// An `xs:duration`, roughly: a `P`, then numbers with their letters, a `T` before those of time.
fn is_duration(text: &str) -> bool {
    let rest = text.strip_prefix('-').unwrap_or(text).strip_prefix('P');
    let Some(rest) = rest.filter(|rest| !rest.is_empty() && !rest.ends_with('T')) else {
        return false;
    };
    let (days, time) = rest.split_once('T').unwrap_or((rest, ""));
    let fits = |text: &str, letters: &str| {
        let mut order = letters.chars();
        let mut digits = 0;
        text.chars().all(|letter| {
            if letter.is_ascii_digit() || letter == '.' {
                digits += 1;
                return true;
            }
            std::mem::take(&mut digits) > 0 && order.any(|known| known == letter)
        }) && !text.ends_with(|last: char| last.is_ascii_digit())
    };
    fits(days, "YMD") && fits(time, "HMS")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_types_take_what_they_should() {
        for (value, good, bad) in [
            (Value::Index, &["0", "65535", " 7 ", "007"][..], &["", "-1", "65536", "a", "1.0"][..]),
            (Value::Boolean, &["true", "0", " 1 "], &["True", "", "yes"]),
            (Value::Language, &["it", "en-GB", ""], &["italiano-", "i t", "123"]),
            (
                Value::Instant,
                &["2030-01-31T00:00:00Z", "2030-01-31T00:00:00+01:00", "2030-01-31T00:00:00"],
                &["2030-01-31", "2030-02-30T00:00:00Z", ""],
            ),
            (
                Value::Duration,
                &["P7D", "PT1H", "P1Y2M3DT4H5M6.7S", "-P1D"],
                &["", "P", "7D", "PT", "P1", "P1H", "PD"],
            ),
            (
                Value::Uri,
                &["", "https://sp.example.org/", "a b", "urn:x"],
                &["https://x/%zz", "a#b#c", "https://x:port/"],
            ),
            (Value::Base64, &["", "YQ==", "Y Q = ="], &["YQ=", "!"]),
        ] {
            for text in good {
                assert!(value.takes(text), "{} takes {text:?}", value.said());
            }
            for text in bad {
                assert!(!value.takes(text), "{} takes {text:?}", value.said());
            }
        }
    }
}
