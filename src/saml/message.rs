//! An `AuthnRequest` as it was written: what is there, and in what words (SAML Core §3.4.1).
//!
//! It is read from verified octets only, and judges nothing but the shape of
//! the elements; what the values must be is the profiles' to say.

use roxmltree::{Document, Node};

use crate::saml::lexical;
use crate::saml::names;
use crate::saml::signature::SignedXml;
use crate::saml::xml;

/// A request, its values word for word; `None` where it says nothing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AuthnRequest {
    /// `ID`
    pub id: Option<String>,
    /// `Version`
    pub version: Option<String>,
    /// `IssueInstant`
    pub issue_instant: Option<String>,
    /// `Destination`
    pub destination: Option<String>,
    /// `ForceAuthn`
    pub force_authn: Option<String>,
    /// `IsPassive`
    pub is_passive: Option<String>,
    /// `ProtocolBinding`
    pub protocol_binding: Option<String>,
    /// `AssertionConsumerServiceIndex`
    pub consumer_index: Option<String>,
    /// `AssertionConsumerServiceURL`
    pub consumer_url: Option<String>,
    /// `AttributeConsumingServiceIndex`
    pub attribute_index: Option<String>,
    /// `Issuer`
    pub issuer: Option<Issuer>,
    /// Each `spid:Purpose` of the extensions, trimmed (spid-saml §4).
    pub purposes: Vec<String>,
    /// Each `spid:AgeLimit` of the extensions (spid-saml §4).
    pub age_limits: Vec<AskedAge>,
    /// Whether the `Subject` has a `SubjectConfirmation`.
    pub subject_confirmation: bool,
    /// `NameIDPolicy`
    pub name_id_policy: Option<NameIdPolicy>,
    /// `Conditions`
    pub conditions: Option<Conditions>,
    /// `RequestedAuthnContext`
    pub context: Option<RequestedAuthnContext>,
    /// `ProxyCount` of the `Scoping`.
    pub proxy_count: Option<String>,
    /// The first thing for which the schema has no place, by path.
    pub misplaced: Option<String>,
}

/// Who says that it asks.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Issuer {
    /// The entityID, trimmed.
    pub value: String,
    /// `Format`
    pub format: Option<String>,
    /// `NameQualifier`
    pub name_qualifier: Option<String>,
}

/// The ages that are wanted.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AskedAge {
    /// `MinAge`, trimmed.
    pub min: Option<String>,
    /// `MaxAge`, trimmed.
    pub max: Option<String>,
}

/// How people are to be named.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct NameIdPolicy {
    /// `Format`
    pub format: Option<String>,
    /// `SPNameQualifier`
    pub sp_name_qualifier: Option<String>,
}

/// The validity that is wished for.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Conditions {
    /// `NotBefore`
    pub not_before: Option<String>,
    /// `NotOnOrAfter`
    pub not_on_or_after: Option<String>,
}

/// How sure we are to be.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RequestedAuthnContext {
    /// `Comparison`
    pub comparison: Option<String>,
    /// Each `AuthnContextClassRef`, trimmed.
    pub classes: Vec<String>,
    /// How many `AuthnContextDeclRef`.
    pub declarations: usize,
}

/// Octets that hold a signature and yet no request.
#[derive(Debug, thiserror::Error)]
#[error("the verified octets are not a document of their own")]
pub struct NotARequest(#[from] xml::XmlError);

impl AuthnRequest {
    /// Reads what was signed.
    ///
    /// # Errors
    /// When the verified octets are not XML within our limits.
    pub fn read(signed: &SignedXml) -> Result<Self, NotARequest> {
        Ok(Self::of(&xml::parse(signed.text())?))
    }

    /// Reads what nobody signed: for fuzzing alone, which cannot sign.
    ///
    /// # Errors
    /// When `text` is not XML within our limits.
    #[cfg(fuzzing)]
    pub fn unsigned(text: &str) -> Result<Self, NotARequest> {
        Ok(Self::of(&xml::parse(text)?))
    }

    /// Reads `document`, signed or not: what is not from [`SignedXml`] grants nothing.
    pub(in crate::saml) fn of(document: &Document<'_>) -> Self {
        let root = document.root_element();
        let mut shape = Shape::default();
        shape.attributes(root, "AuthnRequest", ATTRIBUTES);
        let mut request = Self {
            id: attribute(root, "ID"),
            version: attribute(root, "Version"),
            issue_instant: attribute(root, "IssueInstant"),
            destination: attribute(root, "Destination"),
            force_authn: attribute(root, "ForceAuthn"),
            is_passive: attribute(root, "IsPassive"),
            protocol_binding: attribute(root, "ProtocolBinding"),
            consumer_index: attribute(root, "AssertionConsumerServiceIndex"),
            consumer_url: attribute(root, "AssertionConsumerServiceURL"),
            attribute_index: attribute(root, "AttributeConsumingServiceIndex"),
            ..Self::default()
        };
        let mut next = 0;
        for child in shape.children(root, "AuthnRequest") {
            let name = (child.tag_name().namespace().unwrap_or_default(), child.tag_name().name());
            let Some(place) = CHILDREN[next..].iter().position(|known| *known == name) else {
                shape.misplace(format!("AuthnRequest/{}", name.1));
                continue;
            };
            next += place + 1;
            request.take(child, name.1, &mut shape);
        }
        request.misplaced = shape.misplaced;
        request
    }

    fn take(&mut self, child: Node<'_, '_>, name: &str, shape: &mut Shape) {
        match name {
            "Issuer" => self.issuer = Some(issuer(child, shape)),
            "Extensions" => {
                for node in child.children() {
                    if node.has_tag_name((names::SPID, "Purpose")) {
                        self.purposes.push(extension_text(node));
                    } else if node.has_tag_name((names::SPID, "AgeLimit")) {
                        self.age_limits.push(AskedAge {
                            min: bound(node, "MinAge"),
                            max: bound(node, "MaxAge"),
                        });
                    }
                }
            }
            "Subject" => {
                self.subject_confirmation = child
                    .children()
                    .any(|node| node.has_tag_name((names::ASSERTION, "SubjectConfirmation")));
            }
            "NameIDPolicy" => {
                shape.attributes(child, name, &["AllowCreate", "Format", "SPNameQualifier"]);
                shape.nothing_in(child, "NameIDPolicy");
                self.name_id_policy = Some(NameIdPolicy {
                    format: attribute(child, "Format"),
                    sp_name_qualifier: attribute(child, "SPNameQualifier"),
                });
            }
            "Conditions" => {
                shape.attributes(child, name, &["NotBefore", "NotOnOrAfter"]);
                self.conditions = Some(Conditions {
                    not_before: attribute(child, "NotBefore"),
                    not_on_or_after: attribute(child, "NotOnOrAfter"),
                });
            }
            "RequestedAuthnContext" => self.context = Some(context(child, shape)),
            "Scoping" => {
                shape.attributes(child, name, &["ProxyCount"]);
                self.proxy_count = attribute(child, "ProxyCount");
            }
            // What it says was verified already.
            _ => {}
        }
    }
}

/// An `Issuer` as it was written.
pub(in crate::saml) fn issuer(node: Node<'_, '_>, shape: &mut Shape) -> Issuer {
    shape.attributes(node, "Issuer", NAME_ATTRIBUTES);
    Issuer {
        value: shape.text(node, "Issuer"),
        format: attribute(node, "Format"),
        name_qualifier: attribute(node, "NameQualifier"),
    }
}

fn context(node: Node<'_, '_>, shape: &mut Shape) -> RequestedAuthnContext {
    shape.attributes(node, "RequestedAuthnContext", &["Comparison"]);
    let mut context = RequestedAuthnContext {
        comparison: attribute(node, "Comparison"),
        ..RequestedAuthnContext::default()
    };
    for child in shape.children(node, "RequestedAuthnContext") {
        if child.has_tag_name((names::ASSERTION, "AuthnContextClassRef")) {
            context.classes.push(shape.text(child, "AuthnContextClassRef"));
        } else if child.has_tag_name((names::ASSERTION, "AuthnContextDeclRef")) {
            context.declarations += 1;
        } else {
            shape.misplace(format!("RequestedAuthnContext/{}", child.tag_name().name()));
        }
    }
    context
}

/// One bound of an age limit; its elements are in SPID's namespace.
fn bound(limit: Node<'_, '_>, name: &str) -> Option<String> {
    limit.children().find(|node| node.has_tag_name((names::SPID, name))).map(extension_text)
}

/// The whole text of an element of an extension; with anything but text in it, it is no value.
fn extension_text(node: Node<'_, '_>) -> String {
    if node.children().all(|child| child.is_text()) {
        let text: String = node.children().filter_map(|child| child.text()).collect();
        return lexical::trim(&text).to_owned();
    }
    String::from("a value with elements in it")
}

/// Keeps the first thing that stands where the schema has no place for it.
#[derive(Default)]
pub(in crate::saml) struct Shape {
    pub(in crate::saml) misplaced: Option<String>,
}

impl Shape {
    pub(in crate::saml) fn misplace(&mut self, path: String) {
        self.misplaced.get_or_insert(path);
    }

    pub(in crate::saml) fn attributes(
        &mut self,
        node: Node<'_, '_>,
        element: &str,
        known: &[&str],
    ) {
        for attribute in node.attributes() {
            let fits = match attribute.namespace() {
                None => known.contains(&attribute.name()),
                // The schema's own annotations may stand anywhere (XML Schema Part 1 §2.6).
                Some(namespace) => namespace == names::XSI,
            };
            if !fits {
                self.misplace(format!("{element}/@{}", attribute.name()));
            }
        }
    }

    /// The child elements; text between them is misplaced.
    pub(in crate::saml) fn children<'a, 'input>(
        &mut self,
        node: Node<'a, 'input>,
        element: &str,
    ) -> Vec<Node<'a, 'input>> {
        let mut elements = Vec::new();
        for child in node.children() {
            if child.is_element() {
                elements.push(child);
            } else if child.is_text() && !lexical::trim(child.text().unwrap_or_default()).is_empty()
            {
                self.misplace(format!("{element}/text()"));
            }
        }
        elements
    }

    /// The whole text, trimmed; anything but text is misplaced, so that no part of it is read for the whole.
    pub(in crate::saml) fn text(&mut self, node: Node<'_, '_>, element: &str) -> String {
        let mut text = String::new();
        for child in node.children() {
            match child.text() {
                Some(part) if child.is_text() => text.push_str(part),
                _ => self.misplace(format!("{element}/node()")),
            }
        }
        lexical::trim(&text).to_owned()
    }

    fn nothing_in(&mut self, node: Node<'_, '_>, element: &str) {
        for child in self.children(node, element) {
            self.misplace(format!("{element}/{}", child.tag_name().name()));
        }
    }
}

/// The value of the attribute `name`, word for word.
pub(in crate::saml) fn attribute(node: Node<'_, '_>, name: &str) -> Option<String> {
    node.attribute(name).map(str::to_owned)
}

const ATTRIBUTES: &[&str] = &[
    "AssertionConsumerServiceIndex",
    "AssertionConsumerServiceURL",
    "AttributeConsumingServiceIndex",
    "Consent",
    "Destination",
    "ForceAuthn",
    "ID",
    "IsPassive",
    "IssueInstant",
    "ProtocolBinding",
    "ProviderName",
    "Version",
];

/// The attributes of a name: of an `Issuer`, of a `NameID` (SAML Core §2.2.2).
pub(in crate::saml) const NAME_ATTRIBUTES: &[&str] =
    &["Format", "NameQualifier", "SPNameQualifier", "SPProvidedID"];

/// The children, in the schema's order (spid-saml §1.1), each once at most.
const CHILDREN: [(&str, &str); 8] = [
    (names::ASSERTION, "Issuer"),
    (names::DSIG, "Signature"),
    (names::PROTOCOL, "Extensions"),
    (names::ASSERTION, "Subject"),
    (names::PROTOCOL, "NameIDPolicy"),
    (names::ASSERTION, "Conditions"),
    (names::PROTOCOL, "RequestedAuthnContext"),
    (names::PROTOCOL, "Scoping"),
];
