//! An `Assertion` as it was written (SAML Core §2.3.3).
//!
//! Read from verified octets only; what the values must be is the table's to say.

use roxmltree::Node;

use crate::saml::logout::message::NameId;
use crate::saml::message::{self, Issuer, NAME_ATTRIBUTES, Shape, attribute};
use crate::saml::names;

/// An assertion, its values word for word; `None` where it says nothing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Assertion {
    /// `ID`
    pub id: Option<String>,
    /// `Version`
    pub version: Option<String>,
    /// `IssueInstant`
    pub issue_instant: Option<String>,
    /// `Issuer`
    pub issuer: Option<Issuer>,
    /// The subject's `NameID`; an encrypted one is not read.
    pub name_id: Option<NameId>,
    /// Each `SubjectConfirmation`.
    pub confirmations: Vec<Confirmation>,
    /// `Conditions`
    pub conditions: Option<Conditions>,
    /// Each `AuthnStatement`.
    pub authentications: Vec<Authentication>,
    /// Each `AttributeStatement`: its attributes.
    pub attributes: Vec<Vec<Attribute>>,
    /// The first thing for which the schema has no place, by path.
    pub misplaced: Option<String>,
}

/// How the bearer shows that the assertion is about them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Confirmation {
    /// `Method`
    pub method: Option<String>,
    /// Whether there is a `SubjectConfirmationData`, whose attributes the others are.
    pub has_data: bool,
    /// `Recipient`
    pub recipient: Option<String>,
    /// `InResponseTo`
    pub in_response_to: Option<String>,
    /// `NotBefore`
    pub not_before: Option<String>,
    /// `NotOnOrAfter`
    pub not_on_or_after: Option<String>,
}

/// When and for whom the assertion is good.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Conditions {
    /// `NotBefore`
    pub not_before: Option<String>,
    /// `NotOnOrAfter`
    pub not_on_or_after: Option<String>,
    /// Each `AudienceRestriction`: its audiences, trimmed.
    pub audiences: Vec<Vec<String>>,
    /// Whether it may not be passed on: a `ProxyRestriction` of 0 or to some alone.
    pub not_to_pass_on: bool,
    /// The local name of a condition that we do not know.
    pub unknown: Option<String>,
}

/// That somebody showed who they are.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Authentication {
    /// `AuthnInstant`
    pub instant: Option<String>,
    /// `SessionIndex`
    pub session_index: Option<String>,
    /// `SessionNotOnOrAfter`
    pub session_ends: Option<String>,
    /// Each `AuthnContextClassRef`, trimmed.
    pub classes: Vec<String>,
}

/// Something that the person is said to be or to have. Personal: only its name is shown in traces.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Attribute {
    /// `Name`
    pub name: Option<String>,
    /// `NameFormat`
    pub name_format: Option<String>,
    /// `FriendlyName`
    pub friendly_name: Option<String>,
    /// The values that are text, trimmed; empty ones among them.
    pub values: Vec<String>,
    /// Whether there is a value that is not text.
    pub is_complex: bool,
}

impl std::fmt::Debug for Attribute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attribute").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Assertion {
    /// Reads `root`, an `Assertion`: of verified octets, unless somebody only wants to know what is wrong with it.
    pub(in crate::saml) fn of(root: Node<'_, '_>) -> Self {
        let mut shape = Shape::default();
        shape.attributes(root, "Assertion", &["ID", "IssueInstant", "Version"]);
        let mut assertion = Self {
            id: attribute(root, "ID"),
            version: attribute(root, "Version"),
            issue_instant: attribute(root, "IssueInstant"),
            ..Self::default()
        };
        if !root.has_tag_name((names::ASSERTION, "Assertion")) {
            shape.misplace(root.tag_name().name().to_owned());
        }
        let mut next = 0;
        for child in shape.children(root, "Assertion") {
            let name = (child.tag_name().namespace().unwrap_or_default(), child.tag_name().name());
            let Some(place) = CHILDREN[next..].iter().position(|known| *known == name) else {
                let is_statement = assertion.take_statement(child, &mut shape);
                if is_statement {
                    next = CHILDREN.len();
                } else {
                    shape.misplace(format!("Assertion/{}", name.1));
                }
                continue;
            };
            next += place + 1;
            match name.1 {
                "Issuer" => assertion.issuer = Some(message::issuer(child, &mut shape)),
                "Subject" => assertion.take_subject(child, &mut shape),
                "Conditions" => assertion.conditions = Some(conditions(child, &mut shape)),
                // Signature, Advice.
                _ => {}
            }
        }
        assertion.misplaced = shape.misplaced;
        assertion
    }

    /// Statements follow the rest in any order (SAML Core §2.3.3).
    fn take_statement(&mut self, node: Node<'_, '_>, shape: &mut Shape) -> bool {
        if node.tag_name().namespace() != Some(names::ASSERTION) {
            return false;
        }
        match node.tag_name().name() {
            "AuthnStatement" => self.authentications.push(authentication(node, shape)),
            "AttributeStatement" => {
                let all = node.children().filter(Node::is_element);
                let known = all.filter(|node| node.has_tag_name((names::ASSERTION, "Attribute")));
                self.attributes.push(known.map(|node| attribute_of(node, shape)).collect());
            }
            // Nothing is read of what may be done where.
            "AuthzDecisionStatement" | "Statement" => {}
            _ => return false,
        }
        true
    }

    fn take_subject(&mut self, node: Node<'_, '_>, shape: &mut Shape) {
        for child in shape.children(node, "Subject") {
            if child.has_tag_name((names::ASSERTION, "NameID")) {
                shape.attributes(child, "NameID", NAME_ATTRIBUTES);
                let name_id = NameId {
                    value: shape.text(child, "NameID"),
                    format: attribute(child, "Format"),
                    name_qualifier: attribute(child, "NameQualifier"),
                    sp_name_qualifier: attribute(child, "SPNameQualifier"),
                };
                if self.name_id.replace(name_id).is_some() || !self.confirmations.is_empty() {
                    shape.misplace("Subject/NameID".to_owned());
                }
            } else if child.has_tag_name((names::ASSERTION, "SubjectConfirmation")) {
                self.confirmations.push(confirmation(child, shape));
            } else {
                shape.misplace(format!("Subject/{}", child.tag_name().name()));
            }
        }
    }
}

fn confirmation(node: Node<'_, '_>, shape: &mut Shape) -> Confirmation {
    shape.attributes(node, "SubjectConfirmation", &["Method"]);
    let mut confirmation =
        Confirmation { method: attribute(node, "Method"), ..Confirmation::default() };
    for child in shape.children(node, "SubjectConfirmation") {
        if !child.has_tag_name((names::ASSERTION, "SubjectConfirmationData")) {
            // Who else the bearer may be is nothing to us.
            continue;
        }
        if confirmation.has_data {
            shape.misplace("SubjectConfirmation/SubjectConfirmationData".to_owned());
        }
        let known = ["Address", "InResponseTo", "NotBefore", "NotOnOrAfter", "Recipient"];
        shape.attributes(child, "SubjectConfirmationData", &known);
        confirmation = Confirmation {
            method: confirmation.method,
            has_data: true,
            recipient: attribute(child, "Recipient"),
            in_response_to: attribute(child, "InResponseTo"),
            not_before: attribute(child, "NotBefore"),
            not_on_or_after: attribute(child, "NotOnOrAfter"),
        };
    }
    confirmation
}

fn conditions(node: Node<'_, '_>, shape: &mut Shape) -> Conditions {
    shape.attributes(node, "Conditions", &["NotBefore", "NotOnOrAfter"]);
    let mut conditions = Conditions {
        not_before: attribute(node, "NotBefore"),
        not_on_or_after: attribute(node, "NotOnOrAfter"),
        ..Conditions::default()
    };
    for child in shape.children(node, "Conditions") {
        let name = child.tag_name().name();
        match (child.tag_name().namespace(), name) {
            (Some(names::ASSERTION), "AudienceRestriction") => {
                let mut audiences = Vec::new();
                for audience in shape.children(child, "AudienceRestriction") {
                    if audience.has_tag_name((names::ASSERTION, "Audience")) {
                        audiences.push(shape.text(audience, "Audience"));
                    } else {
                        shape.misplace("AudienceRestriction/node()".to_owned());
                    }
                }
                conditions.audiences.push(audiences);
            }
            // Everything is used once here.
            (Some(names::ASSERTION), "OneTimeUse") => {}
            (Some(names::ASSERTION), "ProxyRestriction") => {
                let to_some = child.children().any(|node| node.is_element());
                let count = child.attribute("Count").map(str::trim);
                let none = count.is_some_and(|count| count.bytes().all(|digit| digit == b'0'));
                conditions.not_to_pass_on |= to_some || none;
            }
            _ => {
                conditions.unknown.get_or_insert_with(|| name.to_owned());
            }
        }
    }
    conditions
}

fn authentication(node: Node<'_, '_>, shape: &mut Shape) -> Authentication {
    let known = ["AuthnInstant", "SessionIndex", "SessionNotOnOrAfter"];
    shape.attributes(node, "AuthnStatement", &known);
    let mut authentication = Authentication {
        instant: attribute(node, "AuthnInstant"),
        session_index: attribute(node, "SessionIndex"),
        session_ends: attribute(node, "SessionNotOnOrAfter"),
        classes: Vec::new(),
    };
    let mut contexts = 0;
    for child in shape.children(node, "AuthnStatement") {
        if child.has_tag_name((names::ASSERTION, "AuthnContext")) {
            contexts += 1;
            let class = (names::ASSERTION, "AuthnContextClassRef");
            for class in child.children().filter(|node| node.has_tag_name(class)) {
                authentication.classes.push(shape.text(class, "AuthnContextClassRef"));
            }
        } else if !child.has_tag_name((names::ASSERTION, "SubjectLocality")) {
            shape.misplace(format!("AuthnStatement/{}", child.tag_name().name()));
        }
    }
    if contexts > 1 {
        shape.misplace("AuthnStatement/AuthnContext".to_owned());
    }
    authentication
}

fn attribute_of(node: Node<'_, '_>, shape: &mut Shape) -> Attribute {
    let mut read = Attribute {
        name: attribute(node, "Name"),
        name_format: attribute(node, "NameFormat"),
        friendly_name: attribute(node, "FriendlyName"),
        values: Vec::new(),
        is_complex: false,
    };
    for value in shape.children(node, "Attribute") {
        if !value.has_tag_name((names::ASSERTION, "AttributeValue")) {
            shape.misplace(format!("Attribute/{}", value.tag_name().name()));
        } else if value.children().all(|child| child.is_text()) {
            read.values.push(shape.text(value, "AttributeValue"));
        } else {
            read.is_complex = true;
        }
    }
    read
}

/// The children before the statements, in the schema's order, each once at most.
const CHILDREN: [(&str, &str); 5] = [
    (names::ASSERTION, "Issuer"),
    (names::DSIG, "Signature"),
    (names::ASSERTION, "Subject"),
    (names::ASSERTION, "Conditions"),
    (names::ASSERTION, "Advice"),
];
