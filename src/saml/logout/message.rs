//! A `LogoutRequest` or `LogoutResponse` as it was written (SAML Core §3.7.1, §3.7.2).
//!
//! Read from verified octets only; what the values must be is the tables' to say.

use roxmltree::{Document, Node};
use serde::{Deserialize, Serialize};

use crate::saml::lexical;
use crate::saml::message::{self, Issuer, NAME_ATTRIBUTES, Shape, attribute};
use crate::saml::names;
use crate::saml::signature::SignedXml;
use crate::saml::xml::{self, XmlError};

/// A logout message, its values word for word; `None` where it says nothing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct LogoutMessage {
    /// `ID`
    pub id: Option<String>,
    /// `Version`
    pub version: Option<String>,
    /// `IssueInstant`
    pub issue_instant: Option<String>,
    /// `Destination`
    pub destination: Option<String>,
    /// `Issuer`
    pub issuer: Option<Issuer>,
    /// A request's `NotOnOrAfter`
    pub not_on_or_after: Option<String>,
    /// A request's `NameID`; an encrypted one is not read.
    pub name_id: Option<NameId>,
    /// A request's `SessionIndex`, each trimmed.
    pub session_indexes: Vec<String>,
    /// A response's `InResponseTo`
    pub in_response_to: Option<String>,
    /// A response's status codes, the outermost first.
    pub status: Vec<String>,
    /// The first thing for which the schema has no place, by path.
    pub misplaced: Option<String>,
}

/// The name of a person, with all that makes it one (SAML Core §2.2.2).
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NameId {
    /// The name, trimmed.
    pub value: String,
    /// `Format`
    pub format: Option<String>,
    /// `NameQualifier`
    pub name_qualifier: Option<String>,
    /// `SPNameQualifier`
    pub sp_name_qualifier: Option<String>,
}

/// Which of the two it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// `LogoutRequest`
    Request,
    /// `LogoutResponse`
    Response,
}

// A name stands for a person.
impl std::fmt::Debug for NameId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NameId").field("format", &self.format).finish_non_exhaustive()
    }
}

impl LogoutMessage {
    /// Reads what was signed.
    ///
    /// # Errors
    /// When the verified octets are not XML within our limits.
    pub fn read(kind: Kind, signed: &SignedXml) -> Result<Self, XmlError> {
        Ok(Self::of(kind, &xml::parse(signed.text())?))
    }

    /// Reads what nobody signed: for fuzzing alone, which cannot sign.
    ///
    /// # Errors
    /// When `text` is not XML within our limits.
    #[cfg(fuzzing)]
    pub fn unsigned(kind: Kind, text: &str) -> Result<Self, XmlError> {
        Ok(Self::of(kind, &xml::parse(text)?))
    }

    /// Reads `document`, signed or not: what is not from [`SignedXml`] grants nothing.
    pub(in crate::saml) fn of(kind: Kind, document: &Document<'_>) -> Self {
        let root = document.root_element();
        let mut shape = Shape::default();
        let element = kind.element();
        shape.attributes(root, element, kind.attributes());
        let mut message = Self {
            id: attribute(root, "ID"),
            version: attribute(root, "Version"),
            issue_instant: attribute(root, "IssueInstant"),
            destination: attribute(root, "Destination"),
            not_on_or_after: attribute(root, "NotOnOrAfter"),
            in_response_to: attribute(root, "InResponseTo"),
            ..Self::default()
        };
        let known = kind.children();
        let mut next = 0;
        for child in shape.children(root, element) {
            let name = (child.tag_name().namespace().unwrap_or_default(), child.tag_name().name());
            let Some(place) = known[next..].iter().position(|known| *known == name) else {
                shape.misplace(format!("{element}/{}", name.1));
                continue;
            };
            // Of the children, the index alone may come again.
            next += place + usize::from(name.1 != "SessionIndex");
            message.take(child, name.1, &mut shape);
        }
        message.misplaced = shape.misplaced;
        message
    }

    fn take(&mut self, child: Node<'_, '_>, name: &str, shape: &mut Shape) {
        match name {
            "Issuer" => self.issuer = Some(message::issuer(child, shape)),
            "NameID" => {
                shape.attributes(child, "NameID", NAME_ATTRIBUTES);
                self.name_id = Some(NameId {
                    value: shape.text(child, "NameID"),
                    format: attribute(child, "Format"),
                    name_qualifier: attribute(child, "NameQualifier"),
                    sp_name_qualifier: attribute(child, "SPNameQualifier"),
                });
            }
            "SessionIndex" => self.session_indexes.push(shape.text(child, "SessionIndex")),
            "Status" => self.status = status(child, shape),
            // Signature, Extensions.
            _ => {}
        }
    }
}

/// The codes of a `Status`, the outermost first; a message and details are passed over.
fn status(node: Node<'_, '_>, shape: &mut Shape) -> Vec<String> {
    let mut codes = Vec::new();
    let mut within = node;
    // The schema nests without end; nothing below the second says anything to us.
    while let Some(code) =
        within.children().find(|child| child.has_tag_name((names::PROTOCOL, "StatusCode")))
    {
        shape.attributes(code, "StatusCode", &["Value"]);
        codes.push(lexical::trim(code.attribute("Value").unwrap_or_default()).to_owned());
        within = code;
    }
    codes
}

impl Kind {
    /// The name of its element.
    #[must_use]
    pub fn element(self) -> &'static str {
        match self {
            Self::Request => "LogoutRequest",
            Self::Response => "LogoutResponse",
        }
    }

    fn attributes(self) -> &'static [&'static str] {
        match self {
            Self::Request => &[
                "Consent",
                "Destination",
                "ID",
                "IssueInstant",
                "NotOnOrAfter",
                "Reason",
                "Version",
            ],
            Self::Response => {
                &["Consent", "Destination", "ID", "InResponseTo", "IssueInstant", "Version"]
            }
        }
    }

    fn children(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Request => &[
                (names::ASSERTION, "Issuer"),
                (names::DSIG, "Signature"),
                (names::PROTOCOL, "Extensions"),
                (names::ASSERTION, "NameID"),
                (names::PROTOCOL, "SessionIndex"),
            ],
            Self::Response => &[
                (names::ASSERTION, "Issuer"),
                (names::DSIG, "Signature"),
                (names::PROTOCOL, "Extensions"),
                (names::PROTOCOL, "Status"),
            ],
        }
    }
}
