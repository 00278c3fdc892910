//! The shape of an enveloped `ds:Signature`: the one shape that is verified, read without any
//! cryptography (XML Signature §4; SAML Core §5.4).

use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use roxmltree::{Node, NodeType};

use crate::saml::algorithm::{self, DigestAlgorithm};
use crate::saml::structure::StructureError;
use crate::saml::{names, xml};
use crate::world::signer::SignatureAlgorithm;

/// The largest signature value: RSA with 8192 bits.
const MAX_SIGNATURE: usize = 1024;
/// The most prefixes in one `PrefixList`.
const MAX_PREFIXES: usize = 32;

/// A signature of the right shape; whether it holds is not known.
#[derive(Debug)]
pub(in crate::saml) struct Envelope<'a, 'input> {
    /// The signed element.
    pub(in crate::saml) parent: Node<'a, 'input>,
    /// Its own ID, which is what the reference names.
    #[cfg_attr(
        not(feature = "xmlsec"),
        expect(dead_code, reason = "the second verifier alone asks for it")
    )]
    pub(in crate::saml) id: &'a str,
    /// The `ds:Signature`.
    pub(in crate::saml) signature: Node<'a, 'input>,
    /// The `ds:SignedInfo`.
    pub(in crate::saml) signed_info: Node<'a, 'input>,
    /// The prefixes canonicalised inclusively in the `SignedInfo`.
    pub(in crate::saml) signed_info_prefixes: Vec<&'a str>,
    /// The same in the signed element.
    pub(in crate::saml) parent_prefixes: Vec<&'a str>,
    /// How the value was made.
    pub(in crate::saml) algorithm: SignatureAlgorithm,
    /// How the digest was made.
    pub(in crate::saml) digest: DigestAlgorithm,
    /// The digest; of the algorithm's size.
    pub(in crate::saml) digest_value: Vec<u8>,
    /// The signature; not empty.
    pub(in crate::saml) value: Vec<u8>,
}

/// What the one reference may name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::saml) enum Refers {
    /// The signed element's own ID (SAML Core §5.4.2).
    ById,
    /// That, or the whole document (`URI=""`): in the root of metadata it is the same, and eIDAS nodes sign so.
    ByIdOrWhole,
}

/// Reads `signature`, a child of `parent` in its place.
pub(in crate::saml) fn read<'a, 'input>(
    parent: Node<'a, 'input>,
    signature: Node<'a, 'input>,
    refers: Refers,
) -> Result<Envelope<'a, 'input>, StructureError> {
    let id = parent.attribute("ID").filter(|id| is_plain(id));
    let id = id.ok_or_else(|| fault(parent, "an element without a plain ID is signed"))?;
    attributes(signature, &["Id"])?;
    let parts: [_; 3] = children(signature)?;
    let [Some(signed_info), Some(value), key_info] = parts else {
        return Err(fault(signature, "SignedInfo and SignatureValue must be there"));
    };
    expect(signed_info, "SignedInfo")?;
    expect(value, "SignatureValue")?;
    if let Some(key_info) = key_info {
        expect(key_info, "KeyInfo")?;
    }
    attributes(value, &["Id"])?;
    let value = decode(value, MAX_SIGNATURE)?;

    attributes(signed_info, &["Id"])?;
    let [Some(c14n), Some(method), Some(reference)] = children(signed_info)? else {
        return Err(fault(signed_info, "three children must be there, one of them a Reference"));
    };
    expect(c14n, "CanonicalizationMethod")?;
    expect(method, "SignatureMethod")?;
    expect(reference, "Reference")?;
    let signed_info_prefixes = exclusive(c14n)?;
    let algorithm = algorithm::from_uri(bare_algorithm(method)?)
        .ok_or_else(|| fault(method, "the signature algorithm is not on the list"))?;

    attributes(reference, &["Id", "URI"])?;
    let is_own = match reference.attribute("URI") {
        Some("") => refers == Refers::ByIdOrWhole,
        Some(uri) => uri.strip_prefix('#') == Some(id),
        None => false,
    };
    if !is_own {
        return Err(fault(reference, "the URI must be # and the signed element's own ID"));
    }
    let [Some(transforms), Some(digest_method), Some(digest_value)] = children(reference)? else {
        return Err(fault(reference, "Transforms, DigestMethod and DigestValue must be there"));
    };
    expect(transforms, "Transforms")?;
    expect(digest_method, "DigestMethod")?;
    expect(digest_value, "DigestValue")?;
    attributes(transforms, &[])?;
    let [Some(enveloped), Some(exclusive_c14n)] = children(transforms)? else {
        return Err(fault(transforms, "there must be two transforms"));
    };
    expect(enveloped, "Transform")?;
    expect(exclusive_c14n, "Transform")?;
    if bare_algorithm(enveloped)? != names::ENVELOPED {
        return Err(fault(enveloped, "the first transform must be enveloped-signature"));
    }
    let parent_prefixes = exclusive(exclusive_c14n)?;
    let digest = DigestAlgorithm::from_uri(bare_algorithm(digest_method)?)
        .ok_or_else(|| fault(digest_method, "the digest algorithm is not on the list"))?;
    attributes(digest_value, &[])?;
    let digest_node = digest_value;
    let digest_value = decode(digest_value, digest.size())?;
    if digest_value.len() != digest.size() {
        return Err(fault(digest_node, "the digest is not of its algorithm's size"));
    }
    Ok(Envelope {
        parent,
        id,
        signature,
        signed_info,
        signed_info_prefixes,
        parent_prefixes,
        algorithm,
        digest,
        digest_value,
        value,
    })
}

/// The child elements, at most `N` of them and nothing else but white space.
fn children<'a, 'input, const N: usize>(
    node: Node<'a, 'input>,
) -> Result<[Option<Node<'a, 'input>>; N], StructureError> {
    let mut found = [None; N];
    let mut count = 0;
    for child in node.children() {
        match child.node_type() {
            NodeType::Element => {
                let place = found.get_mut(count);
                *place.ok_or_else(|| fault(node, "too many children"))? = Some(child);
                count += 1;
            }
            NodeType::Text if child.text().unwrap_or_default().trim().is_empty() => {}
            _ => return Err(fault(node, "text or a comment among the children")),
        }
    }
    Ok(found)
}

/// Whether an ID is made of letters, digits and `-_.:`; whether it is an NCName is a rule of the
/// profile, which answers in its own way.
fn is_plain(id: &str) -> bool {
    !id.is_empty() && id.chars().all(|c| c.is_alphanumeric() || "-_.:".contains(c))
}

fn expect(node: Node<'_, '_>, name: &'static str) -> Result<(), StructureError> {
    if node.has_tag_name((names::DSIG, name)) {
        return Ok(());
    }
    Err(fault(node, "another element stands in its place"))
}

/// Refuses an attribute that is none of `known`.
fn attributes(node: Node<'_, '_>, known: &[&str]) -> Result<(), StructureError> {
    for attribute in node.attributes() {
        if attribute.namespace().is_some() || !known.contains(&attribute.name()) {
            return Err(fault(node, "an attribute that does not belong there"));
        }
    }
    Ok(())
}

/// The `Algorithm` of an element that has nothing else.
fn bare_algorithm<'a>(node: Node<'a, '_>) -> Result<&'a str, StructureError> {
    let []: [_; 0] = children(node)?;
    attributes(node, &["Algorithm"])?;
    node.attribute("Algorithm").ok_or_else(|| fault(node, "no Algorithm"))
}

/// The `PrefixList` of an element that names exclusive canonicalisation.
fn exclusive<'a>(node: Node<'a, '_>) -> Result<Vec<&'a str>, StructureError> {
    attributes(node, &["Algorithm"])?;
    if node.attribute("Algorithm") != Some(names::EXC_C14N) {
        return Err(fault(node, "only exclusive canonicalisation without comments is accepted"));
    }
    let [Some(inclusive)] = children(node)? else { return Ok(Vec::new()) };
    if !inclusive.has_tag_name((names::EXC_C14N, "InclusiveNamespaces")) {
        return Err(fault(inclusive, "another element stands in its place"));
    }
    let []: [_; 0] = children(inclusive)?;
    attributes(inclusive, &["PrefixList"])?;
    let list = inclusive.attribute("PrefixList").unwrap_or_default();
    let prefixes: Vec<_> = list.split_ascii_whitespace().collect();
    if prefixes.len() > MAX_PREFIXES {
        return Err(fault(inclusive, "too many prefixes"));
    }
    Ok(prefixes)
}

/// The octets of an element of base64 text, white space left out; at most `most` of them.
fn decode(node: Node<'_, '_>, most: usize) -> Result<Vec<u8>, StructureError> {
    let text = xml::text_of(node).map_err(|_| fault(node, "not text alone"))?;
    // Generous room for line breaks, so that a long value costs nothing.
    if text.len() > most * 4 {
        return Err(fault(node, "the value is too long"));
    }
    let octets = base64_octets(&text).ok_or_else(|| fault(node, "not base64"))?;
    if octets.is_empty() || octets.len() > most {
        return Err(fault(node, "the value is empty or too long"));
    }
    Ok(octets)
}

/// The octets of base64 text with white space anywhere (XML Schema `base64Binary`).
pub(in crate::saml) fn base64_octets(text: &str) -> Option<Vec<u8>> {
    if !text.bytes().any(|byte| byte.is_ascii_whitespace()) {
        return BASE64.decode(text).ok();
    }
    let packed: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    BASE64.decode(packed).ok()
}

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

fn fault(node: Node<'_, '_>, rule: &'static str) -> StructureError {
    StructureError::at(node, rule)
}
