//! Reading XML that a stranger wrote: bounded, UTF-8, no DOCTYPE, one parser.
//!
//! One pass over the text counts what makes a parser slow or two parsers
//! differ, before a tree is built; so nothing below is worse than linear.

use std::borrow::Cow;

use roxmltree::{Document, Node, NodeType, ParsingOptions};

/// The most octets a message may have, after base64 and inflate.
pub const MAX_OCTETS: usize = 256 * 1024;
/// The deepest that elements may be nested; the root is at 1.
pub const MAX_DEPTH: usize = 64;
/// The most elements a document may have.
pub const MAX_ELEMENTS: usize = 5_000;
/// The most attributes a start tag may have, namespace declarations included.
pub const MAX_ATTRIBUTES: usize = 64;
/// The most namespace declarations that may be open at one place.
pub const MAX_NAMESPACES_OPEN: usize = 64;
/// The most namespace declarations a document may have.
pub const MAX_NAMESPACES: usize = 2_000;

/// How much a document may have of what differs between a message and a part of a large list; depth, attributes and
/// namespaces in scope are the same for both.
#[derive(Clone, Copy, Debug)]
pub(in crate::saml) struct Limits {
    /// Its octets.
    pub(in crate::saml) octets: usize,
    /// Its elements.
    pub(in crate::saml) elements: usize,
    /// Its namespace declarations.
    pub(in crate::saml) namespaces: usize,
}

const MESSAGE: Limits =
    Limits { octets: MAX_OCTETS, elements: MAX_ELEMENTS, namespaces: MAX_NAMESPACES };

/// The text is not XML that is read here; `line` counts from 1.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum XmlError {
    /// More octets than are read.
    #[error("the document has {octets} octets; at most {limit} are read")]
    TooLarge {
        /// How many there were.
        octets: usize,
        /// The limit passed: [`MAX_OCTETS`] for a message.
        limit: usize,
    },
    /// One of the limits on counts.
    #[error("line {line}: more than {limit} {what}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// The limit passed.
        limit: usize,
        /// Where.
        line: usize,
    },
    /// A construct that is never read: a DOCTYPE, a processing instruction, a comment after the root.
    #[error("line {line}: {what} is not accepted")]
    Forbidden {
        /// The construct.
        what: &'static str,
        /// Where.
        line: usize,
    },
    /// A declaration other than version 1.0 and UTF-8.
    #[error("the XML declaration says {name}=\"{value}\"; only XML 1.0 in UTF-8 is read")]
    Declaration {
        /// The pseudo-attribute, or nothing if the declaration is malformed.
        name: String,
        /// Its value, cut to 40 characters.
        value: String,
    },
    /// A namespace name that is no absolute URI in plain characters. Canonicalisation is not
    /// defined over relative ones (C14N 1.0 §1.3), and libxml2 writes `&` in one unescaped.
    #[error("line {line}: the namespace name \"{uri}\" is not an absolute URI in plain characters")]
    NamespaceName {
        /// The name, cut to 80 characters.
        uri: String,
        /// Where.
        line: usize,
    },
    /// An element that must hold text alone holds an element or a comment.
    #[error("line {line}: <{element}> must hold text alone")]
    NotText {
        /// Its local name.
        element: String,
        /// Where.
        line: usize,
    },
    /// Not well-formed, or not well-formed with namespaces.
    #[error("not well-formed: {0}")]
    NotWellFormed(#[from] roxmltree::Error),
}

/// An attribute of the root of `text`, by its local name; `None` if it has none, or `text` is not read here.
#[must_use]
pub fn root_attribute(text: &str, name: &str) -> Option<String> {
    parse(text).ok()?.root_element().attribute(name).map(str::to_owned)
}

/// Reads `text` within the limits of this module.
///
/// A byte order mark, comments before the root and within it, CDATA sections and an XML
/// declaration that says 1.0 and UTF-8 are read; white space alone may follow the root.
///
/// # Errors
/// The first limit passed, the first construct that is not read, or what is not well-formed.
pub fn parse(text: &str) -> Result<Document<'_>, XmlError> {
    parse_within(text, MESSAGE)
}

/// The same within other limits.
///
/// # Errors
/// As [`parse`].
pub(in crate::saml) fn parse_within(text: &str, limits: Limits) -> Result<Document<'_>, XmlError> {
    if text.len() > limits.octets {
        return Err(XmlError::TooLarge { octets: text.len(), limit: limits.octets });
    }
    survey(text, limits)?;
    let options = ParsingOptions {
        allow_dtd: false,
        // Each element may be surrounded by one text and one comment; more are a flood.
        nodes_limit: u32::try_from(limits.elements * 4).unwrap_or(u32::MAX),
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(text, options)?;
    if let Some(after) = document.root_element().next_sibling() {
        let what = "a comment after the root";
        return Err(XmlError::Forbidden { what, line: line_of(after) });
    }
    Ok(document)
}

/// The whole text of an element of simple content; CDATA counts as the text it is.
///
/// # Errors
/// [`XmlError::NotText`] if the element has a child element or a comment.
pub fn text_of<'a>(node: Node<'a, '_>) -> Result<Cow<'a, str>, XmlError> {
    let mut children = node.children();
    let text = match (children.next(), children.next()) {
        (None, _) => Some(""),
        (Some(only), None) if only.node_type() == NodeType::Text => only.text(),
        _ => None,
    };
    text.map(Cow::Borrowed).ok_or_else(|| XmlError::NotText {
        element: node.tag_name().name().to_owned(),
        line: line_of(node),
    })
}

/// The line on which `node` begins, from 1.
#[must_use]
pub fn line_of(node: Node<'_, '_>) -> usize {
    line(node.document().input_text(), node.range().start)
}

fn line(text: &str, at: usize) -> usize {
    text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1
}

/// Counts and refuses before a tree is built. On text that is not well-formed it may count
/// wrongly, but only after the place at which the parser stops.
fn survey(text: &str, limits: Limits) -> Result<(), XmlError> {
    references(text)?;
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut survey =
        Survey { text, limits, elements: 0, declared: 0, open: Vec::new(), in_scope: 0 };
    let mut at = start + declaration(&text[start..])?;
    while let Some(found) = find(text, at, '<') {
        at = survey.markup(found)?;
    }
    Ok(())
}

struct Survey<'t> {
    text: &'t str,
    limits: Limits,
    elements: usize,
    declared: usize,
    /// How many namespaces each open element declares.
    open: Vec<usize>,
    in_scope: usize,
}

/// What an attribute declares.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Declares {
    Nothing,
    Default,
    Prefix,
}

impl Survey<'_> {
    /// Surveys what begins with the `<` at `at`; answers where it ends.
    fn markup(&mut self, at: usize) -> Result<usize, XmlError> {
        let rest = &self.text[at..];
        let forbidden = |what| Err(XmlError::Forbidden { what, line: line(self.text, at) });
        if rest.starts_with("<?") {
            return forbidden("a processing instruction");
        }
        if rest.starts_with("<!--") {
            return Ok(self.after(at + 4, "-->"));
        }
        if rest.starts_with("<![CDATA[") {
            return Ok(self.after(at + 9, "]]>"));
        }
        if rest.starts_with("<!") {
            return forbidden("a DOCTYPE");
        }
        if rest.starts_with("</:") {
            return forbidden("a name that begins with a colon");
        }
        if rest.starts_with("</") {
            self.in_scope -= self.open.pop().unwrap_or(0);
            return Ok(self.after(at + 2, ">"));
        }
        self.start_tag(at)
    }

    fn after(&self, at: usize, end: &str) -> usize {
        self.text[at..].find(end).map_or(self.text.len(), |found| at + found + end.len())
    }

    fn start_tag(&mut self, at: usize) -> Result<usize, XmlError> {
        self.elements += 1;
        self.limit(self.elements, self.limits.elements, "elements", at)?;
        self.limit(self.open.len() + 1, MAX_DEPTH, "levels of elements", at)?;
        let bytes = self.text.as_bytes();
        let (mut attributes, mut declared) = (0, 0);
        let mut has_default = false;
        let mut name = at + 1;
        let mut here = at + 1;
        let empty = loop {
            match bytes.get(here) {
                None => return Ok(bytes.len()),
                Some(b'>') => break bytes[here - 1] == b'/',
                Some(b' ' | b'\t' | b'\n' | b'\r') => name = here + 1,
                // `:a` is read as `a` by one parser and as it stands by another.
                Some(b':') if here == name => {
                    let what = "a name that begins with a colon";
                    return Err(XmlError::Forbidden { what, line: line(self.text, here) });
                }
                Some(quote @ (b'"' | b'\'')) => {
                    let Some(end) = find(self.text, here + 1, char::from(*quote)) else {
                        return Ok(bytes.len());
                    };
                    attributes += 1;
                    self.limit(attributes, MAX_ATTRIBUTES, "attributes of one element", at)?;
                    let label = &self.text[name..here];
                    // White space may stand around the equals sign, and then the label is lost.
                    if label.starts_with("xmlns") || !label.ends_with('=') || label.len() == 1 {
                        let declares = self.declaration(at, here, &self.text[here + 1..end])?;
                        // One parser takes the last of two, and another refuses them.
                        if declares == Declares::Default
                            && std::mem::replace(&mut has_default, true)
                        {
                            let what = "a default namespace declared twice";
                            return Err(XmlError::Forbidden { what, line: line(self.text, here) });
                        }
                        declared += usize::from(declares != Declares::Nothing);
                    }
                    here = end;
                    name = end + 1;
                }
                Some(_) => {}
            }
            here += 1;
        };
        self.declared += declared;
        self.limit(self.declared, self.limits.namespaces, "namespace declarations", at)?;
        self.limit(
            self.in_scope + declared,
            MAX_NAMESPACES_OPEN,
            "namespaces in scope at one place",
            at,
        )?;
        if !empty {
            self.open.push(declared);
            self.in_scope += declared;
        }
        Ok(here + 1)
    }

    /// Judges the attribute whose value's opening quote is at `quote`, if it declares a
    /// namespace; answers which.
    fn declaration(&self, tag: usize, quote: usize, uri: &str) -> Result<Declares, XmlError> {
        let before = self.text[tag..quote].trim_end_matches(WHITE).trim_end_matches('=');
        let name = before.trim_end_matches(WHITE).rsplit(WHITE).next().unwrap_or_default();
        let prefixed = name.starts_with("xmlns:");
        if name != "xmlns" && !prefixed {
            return Ok(Declares::Nothing);
        }
        // xmlns="" takes the default namespace away; a prefix cannot be taken away in XML 1.0.
        if (uri.is_empty() && !prefixed) || is_absolute(uri) {
            return Ok(if prefixed { Declares::Prefix } else { Declares::Default });
        }
        Err(XmlError::NamespaceName { uri: cut(uri, 80), line: line(self.text, quote) })
    }

    fn limit(
        &self,
        count: usize,
        limit: usize,
        what: &'static str,
        at: usize,
    ) -> Result<(), XmlError> {
        if count > limit {
            return Err(XmlError::TooMany { what, limit, line: line(self.text, at) });
        }
        Ok(())
    }
}

const WHITE: [char; 4] = [' ', '\t', '\n', '\r'];

fn find(text: &str, from: usize, wanted: char) -> Option<usize> {
    text.get(from..)?.find(wanted).map(|found| from + found)
}

fn cut(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}

/// A scheme and something after it, as RFC 3986 wants them but without `&`, `[` and `]`: libxml2
/// canonicalises nothing that has a namespace name which it cannot parse.
fn is_absolute(uri: &str) -> bool {
    let Some((scheme, rest)) = uri.split_once(':') else { return false };
    let mut letters = scheme.bytes();
    let is_scheme = letters.next().is_some_and(|first| first.is_ascii_alphabetic())
        && letters.all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let is_plain = rest
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-._~:/?#@!$'()*+,;=%".contains(&byte));
    let is_escaped = rest.split('%').skip(1).all(|after| {
        after.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    });
    let has_authority = rest
        .strip_prefix("//")
        .is_none_or(|after| is_authority(after.split(['/', '?', '#']).next().unwrap_or_default()));
    is_scheme
        && !rest.is_empty()
        && is_plain
        && is_escaped
        && has_authority
        && rest.matches('#').count() <= 1
}

fn is_authority(authority: &str) -> bool {
    let host = authority.split_once('@').map_or(authority, |(_, host)| host);
    let (name, port) = host.split_once(':').unwrap_or((host, ""));
    !name.contains('@') && port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit())
}

/// Refuses the references at which the parser departs from XML: it reads `&#xD800;` as U+FFFD,
/// and leaves a lone carriage return beside any reference as it is, where it is a line's end
/// (XML 1.0 §2.11).
fn references(text: &str) -> Result<(), XmlError> {
    let mut at = 0;
    while let Some(found) = find(text, at, '&') {
        at = found + 1;
        let name = &text[at..];
        let end = name.bytes().position(|byte| !byte.is_ascii_alphanumeric() && byte != b'#');
        let (name, rest) = name.split_at(end.unwrap_or(name.len()));
        let code = match name.strip_prefix("#x") {
            Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok(),
            None => name.strip_prefix('#').and_then(|decimal| decimal.parse().ok()),
        };
        let line = || line(text, found);
        if code.is_some_and(|code| char::from_u32(code).is_none()) {
            return Err(XmlError::Forbidden { what: "a reference to no character", line: line() });
        }
        let after = rest.starts_with(";\r") && !rest.starts_with(";\r\n");
        if after || text[..found].ends_with('\r') {
            let what = "a lone carriage return beside a reference";
            return Err(XmlError::Forbidden { what, line: line() });
        }
    }
    Ok(())
}

/// The length of the XML declaration at the beginning of `text`; 0 if there is none.
pub(in crate::saml) fn declaration(text: &str) -> Result<usize, XmlError> {
    let Some(rest) = text.strip_prefix("<?xml").filter(|rest| rest.starts_with(WHITE)) else {
        return Ok(0);
    };
    let malformed = |name: &str, value: &str| XmlError::Declaration {
        name: cut(name, 40),
        value: cut(value, 40),
    };
    let (mut inside, _) = rest.split_once("?>").ok_or_else(|| malformed("", ""))?;
    let length = "<?xml".len() + inside.len() + "?>".len();
    loop {
        inside = inside.trim_start_matches(WHITE);
        if inside.is_empty() {
            return Ok(length);
        }
        let (name, after) = inside.split_once('=').ok_or_else(|| malformed(inside, ""))?;
        let name = name.trim_end_matches(WHITE);
        let after = after.trim_start_matches(WHITE);
        let quote = after.chars().next().filter(|quote| ['"', '\''].contains(quote));
        let quote = quote.ok_or_else(|| malformed(name, after))?;
        let (value, rest) = after[1..].split_once(quote).ok_or_else(|| malformed(name, after))?;
        let known = match name {
            "version" => value == "1.0",
            "encoding" => value.eq_ignore_ascii_case("utf-8"),
            "standalone" => true,
            _ => false,
        };
        if !known {
            return Err(malformed(name, value));
        }
        inside = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(text: &str, words: &str) {
        let error = parse(text).map(drop).unwrap_err().to_string();
        assert!(error.contains(words), "{error:?} should say {words:?}");
    }

    #[test]
    fn each_limit_can_be_reached_and_not_passed() {
        let elements = |count: usize| format!("<r>{}</r>", "<e/>".repeat(count - 1));
        parse(&elements(MAX_ELEMENTS)).unwrap();
        says(&elements(MAX_ELEMENTS + 1), "more than 5000 elements");

        let depth = |count: usize| format!("{}{}", "<e>".repeat(count), "</e>".repeat(count));
        parse(&depth(MAX_DEPTH)).unwrap();
        says(&depth(MAX_DEPTH + 1), "more than 64 levels");

        let attributes = |count: usize| {
            let list: String = (0..count).map(|i| format!(" a{i} = \">\"")).collect();
            format!("<e{list}/>")
        };
        parse(&attributes(MAX_ATTRIBUTES)).unwrap();
        says(&attributes(MAX_ATTRIBUTES + 1), "more than 64 attributes");

        let open = |outer: usize, inner: usize| {
            let list = |from: usize, count: usize| -> String {
                (from..from + count).map(|i| format!(" xmlns:a{i}='urn:a'")).collect()
            };
            format!("<r{}><e{}/><e{}/></r>", list(0, outer), list(40, inner), list(40, inner))
        };
        parse(&open(40, MAX_NAMESPACES_OPEN - 40)).unwrap();
        says(&open(40, MAX_NAMESPACES_OPEN - 39), "more than 64 namespaces in scope");

        let declared = |count: usize| format!("<r>{}</r>", "<e\nxmlns =\n'urn:a'/>".repeat(count));
        parse(&declared(MAX_NAMESPACES)).unwrap();
        says(&declared(MAX_NAMESPACES + 1), "more than 2000 namespace declarations");

        let octets = |count: usize| format!("<r>{}</r>", "x".repeat(count - 7));
        parse(&octets(MAX_OCTETS)).unwrap();
        says(&octets(MAX_OCTETS + 1), "262145 octets");
    }

    #[test]
    fn markup_inside_other_markup_is_not_counted() {
        let inside = "<!-- <a><?b?> --><![CDATA[<a><?b?><!DOCTYPE c>]]>";
        parse(&format!("<r a='>/>'>{inside}</r>")).unwrap();
        says("<r>\n</:r>", "line 2: a name that begins with a colon");
        says("<r>\n\n<?b?></r>", "line 3: a processing instruction");
        says("<r>\n<!-- -->\n</r>\n<!-- -->", "line 4: a comment after the root");
    }

    #[test]
    fn a_default_namespace_is_declared_once_in_a_tag() {
        let twice = "a default namespace declared twice";
        parse("<r xmlns='urn:a' xmlns:b='urn:b'><e xmlns=''/><e xmlns='urn:c'/></r>").unwrap();
        says("<r xmlns='urn:a' xmlns='urn:b'/>", twice);
        says("<r>\n<e xmlns='urn:a' b=''\n xmlns = ''/></r>", twice);
    }

    #[test]
    fn the_whole_text_is_read_or_none() {
        let text = |text: &str| {
            let document = parse(text).unwrap();
            text_of(document.root_element()).map(Cow::into_owned).map_err(|e| e.to_string())
        };
        assert_eq!(text("<r> a&amp;<![CDATA[<b>]]>c\r\n</r>").unwrap(), " a&<b>c\n");
        assert_eq!(text("<r/>").unwrap(), "");
        assert!(text("<r>a<b/>c</r>").unwrap_err().contains("<r> must hold text alone"));
        assert!(text("<r>a<!-- b -->c</r>").is_err());
    }
}
