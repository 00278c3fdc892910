//! The structural check: what a message must look like before any cryptography.
//!
//! Signature wrapping, look-alike elements and ID tricks are refused here, by shape alone; the
//! verifier then only ever sees documents that have one reading.

use std::collections::HashSet;

use roxmltree::{Document, Node, NodeType};

use crate::saml::signature_shape::{self, Envelope, Refers};
use crate::saml::{names, xml};

/// What the document must be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Root {
    /// `samlp:AuthnRequest`.
    AuthnRequest,
    /// `samlp:Response`.
    Response,
    /// `samlp:LogoutRequest`.
    LogoutRequest,
    /// `samlp:LogoutResponse`.
    LogoutResponse,
    /// `md:EntityDescriptor`.
    EntityDescriptor,
    /// `md:EntitiesDescriptor`.
    EntitiesDescriptor,
}

/// Where the document's signature must be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Signed {
    /// In the root, in its schema place; if not `required`, it may be missing.
    Enveloped {
        /// Whether a document without one is refused.
        required: bool,
    },
    /// Outside, in the query: no `ds:Signature` anywhere (SAML Bindings §3.4.4.1).
    Detached,
}

/// A structure that is not accepted.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("line {line}: <{element}>: {rule}")]
pub struct StructureError {
    /// The rule broken, in words.
    pub rule: &'static str,
    /// The local name of the element, cut to 80 characters.
    pub element: String,
    /// Its line, from 1.
    pub line: usize,
}

impl StructureError {
    pub(in crate::saml) fn at(node: Node<'_, '_>, rule: &'static str) -> Self {
        let element = node.tag_name().name().chars().take(80).collect();
        Self { rule, element, line: xml::line_of(node) }
    }
}

/// A document that passed [`check`], which alone makes one.
#[derive(Debug)]
pub struct Sound<'a, 'input> {
    document: &'a Document<'input>,
    envelope: Option<Envelope<'a, 'input>>,
    assertion: Option<Envelope<'a, 'input>>,
}

impl<'a, 'input> Sound<'a, 'input> {
    /// Whether the root carries a signature; whether it holds is not known.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.envelope.is_some()
    }

    #[cfg_attr(
        not(feature = "xmlsec"),
        expect(dead_code, reason = "the second verifier alone asks for it")
    )]
    pub(in crate::saml) fn document(&self) -> &'a Document<'input> {
        self.document
    }

    pub(in crate::saml) fn envelope(&self) -> Option<&Envelope<'a, 'input>> {
        self.envelope.as_ref()
    }

    /// The signature of a response's assertion.
    pub(in crate::saml) fn assertion_envelope(&self) -> Option<&Envelope<'a, 'input>> {
        self.assertion.as_ref()
    }
}

/// Checks the structure of `document`, in one pass.
///
/// # Errors
/// The first rule broken, with the element and its line.
pub fn check<'a, 'input>(
    document: &'a Document<'input>,
    root: Root,
    signed: Signed,
) -> Result<Sound<'a, 'input>, StructureError> {
    let top = document.root_element();
    if !top.has_tag_name(root.name()) {
        return Err(StructureError::at(top, "the root is not the element expected here"));
    }
    let mut sound = Sound { document, envelope: None, assertion: None };
    let mut ids = HashSet::new();
    for node in top.descendants() {
        match node.node_type() {
            NodeType::Element => {
                check_name(node, top)?;
                if check_ids(node)?.is_some_and(|id| !ids.insert(id)) {
                    return Err(StructureError::at(node, "its ID is used twice"));
                }
                if node.has_tag_name((names::DSIG, "Signature")) {
                    place(node, top, &mut sound)?;
                }
            }
            NodeType::Comment => check_comment(node)?,
            NodeType::PI => {
                return Err(StructureError::at(top, "a processing instruction inside"));
            }
            NodeType::Text | NodeType::Root => {}
        }
    }
    match signed {
        Signed::Detached if sound.envelope.is_some() || sound.assertion.is_some() => {
            Err(StructureError::at(top, "a Signature inside, though it is signed from outside"))
        }
        Signed::Enveloped { required: true } if sound.envelope.is_none() => {
            Err(StructureError::at(top, "no Signature in its place"))
        }
        _ => Ok(sound),
    }
}

/// Checks `part` of a list of metadata, and what is below it; what stands above it in its document was checked before. Its
/// ID values are appended to `ids`: that none is used twice in the whole list is for the caller to see.
///
/// # Errors
/// The first rule broken, with the element and its line.
pub(in crate::saml) fn check_part<'a>(
    part: Node<'a, '_>,
    ids: &mut Vec<&'a str>,
) -> Result<(), StructureError> {
    for node in part.descendants() {
        match node.node_type() {
            NodeType::Element => {
                check_start(node, ids)?;
                if node.has_tag_name((names::DSIG, "Signature")) && !is_in_place(node) {
                    return Err(StructureError::at(node, "it must not stand there"));
                }
            }
            NodeType::Comment => check_comment(node)?,
            NodeType::PI => {
                return Err(StructureError::at(part, "a processing instruction inside"));
            }
            NodeType::Text | NodeType::Root => {}
        }
    }
    Ok(())
}

/// The same of the start tag of `node` alone.
pub(in crate::saml) fn check_start<'a>(
    node: Node<'a, '_>,
    ids: &mut Vec<&'a str>,
) -> Result<(), StructureError> {
    check_name(node, node.document().root_element())?;
    ids.extend(check_ids(node)?);
    Ok(())
}

/// The one thing that is read before the signature, to choose whose keys to use: the trimmed text
/// of the root's `saml:Issuer`, its first child element; for metadata, the `entityID`.
///
/// # Errors
/// When it is missing, empty, or not the first child.
pub fn claimed_issuer(sound: &Sound<'_, '_>) -> Result<String, StructureError> {
    let top = sound.document.root_element();
    if top.has_tag_name(Root::EntityDescriptor.name()) {
        let id = top.attribute("entityID").filter(|id| !id.is_empty());
        return id.map(str::to_owned).ok_or_else(|| StructureError::at(top, "no entityID"));
    }
    let issuer = top.first_element_child().filter(|first| is_issuer(*first));
    let issuer =
        issuer.ok_or_else(|| StructureError::at(top, "its first child must be saml:Issuer"))?;
    let text = xml::text_of(issuer)
        .map_err(|_| StructureError::at(issuer, "the Issuer must be text alone"))?;
    match text.trim() {
        "" => Err(StructureError::at(issuer, "the Issuer is empty")),
        name => Ok(name.to_owned()),
    }
}

impl Root {
    fn name(self) -> (&'static str, &'static str) {
        match self {
            Self::AuthnRequest => (names::PROTOCOL, "AuthnRequest"),
            Self::Response => (names::PROTOCOL, "Response"),
            Self::LogoutRequest => (names::PROTOCOL, "LogoutRequest"),
            Self::LogoutResponse => (names::PROTOCOL, "LogoutResponse"),
            Self::EntityDescriptor => (names::METADATA, "EntityDescriptor"),
            Self::EntitiesDescriptor => (names::METADATA, "EntitiesDescriptor"),
        }
    }
}

fn is_issuer(node: Node<'_, '_>) -> bool {
    node.has_tag_name((names::ASSERTION, "Issuer"))
}

fn is_assertion(node: Node<'_, '_>) -> bool {
    node.has_tag_name((names::ASSERTION, "Assertion"))
        || node.has_tag_name((names::ASSERTION, "EncryptedAssertion"))
}

/// Names with authority: only in their namespace, and only where they mean what they say.
fn check_name(node: Node<'_, '_>, top: Node<'_, '_>) -> Result<(), StructureError> {
    let namespace = node.tag_name().namespace().unwrap_or_default();
    let name = node.tag_name().name();
    let Some(home) = home(name) else {
        // What a signature may also hold, and what only serves to hide things in it.
        if namespace == names::DSIG && ["Object", "Manifest", "SignatureProperties"].contains(&name)
        {
            return Err(StructureError::at(node, "it is not accepted in a signature"));
        }
        return Ok(());
    };
    let parent = node.parent_element();
    if namespace != home {
        // SPID asks for signatures of documents in an extension of that name (spid-saml §1.1).
        let extension = namespace == names::SPID
            && name == "Signature"
            && node.ancestors().any(|above| above.has_tag_name((names::PROTOCOL, "Extensions")));
        if extension {
            return Ok(());
        }
        return Err(StructureError::at(node, "its name belongs to another namespace"));
    }
    let in_place = match (home, name) {
        (names::PROTOCOL, _) => node == top,
        (names::ASSERTION, "Assertion" | "EncryptedAssertion") => {
            // One alone: of two, a reader might take the one that is not signed.
            parent == Some(top)
                && top.has_tag_name(Root::Response.name())
                && !node.prev_siblings().skip(1).any(is_assertion)
        }
        (names::ASSERTION, "Issuer") => {
            node.prev_sibling_element().is_none()
                && parent.is_some_and(|parent| {
                    parent == top || parent.has_tag_name((names::ASSERTION, "Assertion"))
                })
        }
        (names::METADATA, _) => {
            node == top
                || parent.is_some_and(|parent| parent.has_tag_name(Root::EntitiesDescriptor.name()))
        }
        (names::DSIG, "SignedInfo" | "SignatureValue") => {
            parent.is_some_and(|parent| parent.has_tag_name((names::DSIG, "Signature")))
        }
        _ => true,
    };
    if in_place {
        return Ok(());
    }
    Err(StructureError::at(node, "it must not stand there"))
}

/// The namespace of a name that carries authority; `None` for any other name.
fn home(name: &str) -> Option<&'static str> {
    Some(match name {
        "AuthnRequest"
        | "Response"
        | "LogoutRequest"
        | "LogoutResponse"
        | "ArtifactResolve"
        | "ArtifactResponse"
        | "AssertionIDRequest"
        | "AuthnQuery"
        | "AttributeQuery"
        | "AuthzDecisionQuery"
        | "ManageNameIDRequest"
        | "ManageNameIDResponse"
        | "NameIDMappingRequest"
        | "NameIDMappingResponse" => names::PROTOCOL,
        "Assertion"
        | "EncryptedAssertion"
        | "EncryptedID"
        | "EncryptedAttribute"
        | "Issuer"
        | "Subject"
        | "NameID"
        | "SubjectConfirmation"
        | "SubjectConfirmationData"
        | "AuthnStatement"
        | "AttributeStatement"
        | "AttributeValue"
        | "Advice" => names::ASSERTION,
        "EntityDescriptor" | "EntitiesDescriptor" => names::METADATA,
        "Signature" | "SignedInfo" | "SignatureValue" => names::DSIG,
        _ => return None,
    })
}

/// Answers the element's ID values; refuses anything like an ID that the schema does not know.
fn check_ids<'a>(node: Node<'a, '_>) -> Result<Option<&'a str>, StructureError> {
    let mut id = None;
    for attribute in node.attributes() {
        if !attribute.name().eq_ignore_ascii_case("id") {
            continue;
        }
        let namespace = node.tag_name().namespace().unwrap_or_default();
        let known = match (namespace, attribute.name()) {
            (names::PROTOCOL, "ID") => home(node.tag_name().name()) == Some(names::PROTOCOL),
            (names::ASSERTION, "ID") => node.tag_name().name() == "Assertion",
            (names::METADATA, "ID") => node.tag_name().name().ends_with("Descriptor"),
            (names::DSIG | names::XENC, "Id") => true,
            _ => false,
        };
        if attribute.namespace().is_some() || !known {
            return Err(StructureError::at(node, "an ID that its schema does not know"));
        }
        id = Some(attribute.value());
    }
    Ok(id)
}

/// A comment may stand among elements, not within a value.
fn check_comment(node: Node<'_, '_>) -> Result<(), StructureError> {
    let is_value = |sibling: Option<Node<'_, '_>>| {
        sibling
            .filter(Node::is_text)
            .and_then(|text| text.text())
            .is_some_and(|text| text.contains(|letter: char| !letter.is_whitespace()))
    };
    if is_value(node.prev_sibling()) || is_value(node.next_sibling()) {
        let parent = node.parent().unwrap_or(node);
        return Err(StructureError::at(parent, "a comment inside its value"));
    }
    Ok(())
}

/// Reads the signature at `node` if it stands in its schema place, and keeps it.
fn place<'a, 'input>(
    node: Node<'a, 'input>,
    top: Node<'a, 'input>,
    sound: &mut Sound<'a, 'input>,
) -> Result<(), StructureError> {
    let misplaced = || StructureError::at(node, "it must not stand there");
    let parent = node.parent_element().filter(|_| is_in_place(node)).ok_or_else(misplaced)?;
    let is_entity = is_metadata(parent);
    if parent == top {
        let refers = if is_entity { Refers::ByIdOrWhole } else { Refers::ById };
        sound.envelope = Some(signature_shape::read(parent, node, refers)?);
    } else if !is_entity {
        sound.assertion = Some(signature_shape::read(parent, node, Refers::ById)?);
    }
    // What an aggregate's entities are signed with proves nothing of the aggregate.
    Ok(())
}

/// Whether a `ds:Signature` stands where its schema has it.
fn is_in_place(signature: Node<'_, '_>) -> bool {
    let before = signature.prev_sibling_element();
    match signature.parent_element() {
        Some(parent) if is_metadata(parent) => before.is_none(),
        // After the Issuer, which is first (SAML Core §3.2.1, §2.3.3).
        Some(_) => before.is_some_and(|it| is_issuer(it) && it.prev_sibling_element().is_none()),
        None => false,
    }
}

fn is_metadata(node: Node<'_, '_>) -> bool {
    node.has_tag_name(Root::EntityDescriptor.name())
        || node.has_tag_name(Root::EntitiesDescriptor.name())
}
