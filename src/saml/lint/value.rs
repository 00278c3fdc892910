//! Elements by local name, and the text in them.
//!
//! Several judges look at local names alone: what stands in another namespace is a finding of the schema's.

use roxmltree::Node;

/// The elements below `node`, and itself, of that local name.
pub(in crate::saml) fn descendants<'a, 'i: 'a>(
    node: Node<'a, 'i>,
    name: &'a str,
) -> impl Iterator<Item = Node<'a, 'i>> {
    node.descendants().filter(move |node| node.is_element() && node.tag_name().name() == name)
}

/// The children of `node` of that local name.
pub(in crate::saml) fn named<'a, 'i: 'a>(
    node: Node<'a, 'i>,
    name: &'a str,
) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |node| node.is_element() && node.tag_name().name() == name)
}

/// The text at the beginning of `node`: up to its first child element or comment.
pub(in crate::saml) fn text<'a>(node: Node<'a, '_>) -> &'a str {
    node.first_child().filter(Node::is_text).and_then(|text| text.text()).unwrap_or_default()
}

/// The text of `node` without the white space around it; `None` if nothing is left.
pub(in crate::saml) fn trimmed<'a>(node: Node<'a, '_>) -> Option<&'a str> {
    Some(text(node).trim()).filter(|text| !text.is_empty())
}

/// The `xml:lang` of `node`.
pub(in crate::saml) fn language<'a>(node: Node<'a, '_>) -> Option<&'a str> {
    node.attribute((XML, "lang"))
}

/// The namespace of `xml:lang`.
pub(in crate::saml) const XML: &str = "http://www.w3.org/XML/1998/namespace";
