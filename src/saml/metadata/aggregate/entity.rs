//! One entity of a verified list, read from its place again.

use roxmltree::Node;

use crate::saml::canonical;
use crate::saml::metadata::aggregate::limits::Limits;
use crate::saml::{names, structure, xml};
use crate::world::digest::sha256;

/// An entity that does not come out of its place.
#[derive(Debug, thiserror::Error)]
pub enum EntityError {
    /// The octets there are not those that were verified.
    #[error("the octets at its place are not those that were verified")]
    Altered,
    /// They were verified, and cannot be read now.
    #[error("what was verified cannot be read: {0}")]
    Unreadable(&'static str),
}

/// The metadata of the entity whose octets are `octets`, if these have the digest that was verified, as a document of its
/// own: in canonical form, with every namespace that was declared above it, and without a signature of its own (that of the list
/// covers it).
///
/// # Errors
/// When they are not what was verified.
pub fn read(octets: &[u8], digest: &[u8; 32], opening: &str) -> Result<String, EntityError> {
    if sha256(octets) != *digest {
        return Err(EntityError::Altered);
    }
    let text = std::str::from_utf8(octets).map_err(|_| EntityError::Altered)?;
    let mut whole = String::with_capacity(opening.len() * 2 + text.len());
    whole.push_str(opening);
    let above = opening_names(opening);
    whole.push_str(text);
    for name in above.iter().rev() {
        whole.push_str("</");
        whole.push_str(name);
        whole.push('>');
    }
    let limits = Limits::default();
    let document = xml::parse_within(&whole, limits.of_part())
        .map_err(|_| EntityError::Unreadable("it is not well-formed"))?;
    let entity = part(document.root_element(), above.len())
        .filter(|part| part.has_tag_name((names::METADATA, "EntityDescriptor")))
        .ok_or(EntityError::Unreadable("it is no EntityDescriptor"))?;
    structure::check_part(entity, &mut Vec::new())
        .map_err(|_| EntityError::Unreadable("its structure is not accepted"))?;
    let signature = (names::DSIG, "Signature");
    let without = entity.children().find(|child| child.has_tag_name(signature));
    let prefixes = prefixes(entity);
    let prefixes: Vec<&str> = prefixes.iter().map(String::as_str).collect();
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    canonical::write(entity, without.map(|node| node.id()), &prefixes, &mut out);
    Ok(out)
}

/// The part of a document of start tags around it, `depth` of them.
pub(super) fn part<'a, 'input>(root: Node<'a, 'input>, depth: usize) -> Option<Node<'a, 'input>> {
    let mut here = root;
    for _ in 0..depth {
        here = here.first_element_child()?;
    }
    Some(here)
}

/// The prefixes declared above `entity` and in it: names inside values may use them.
fn prefixes(entity: Node<'_, '_>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for element in entity.descendants().filter(Node::is_element) {
        for namespace in element.namespaces() {
            let prefix = namespace.name().unwrap_or("#default");
            if prefix != "xml" && !found.iter().any(|known| known == prefix) {
                found.push(prefix.to_owned());
            }
        }
    }
    found
}

/// The names of the start tags in `opening`, outermost first.
fn opening_names(opening: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = opening;
    while let Some(tag) = rest.strip_prefix('<') {
        let end = tag.find([' ', '\t', '\n', '\r', '>']).unwrap_or(tag.len());
        names.push(&tag[..end]);
        rest = &tag[after_tag(tag)..];
    }
    names
}

/// Where the tag that `text` is within ends.
fn after_tag(text: &str) -> usize {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'>') => return at + 1,
            _ => {}
        }
    }
    text.len()
}
