//! Why a list of metadata is refused.

use std::io;

use crate::saml::signature::Unproven;
use crate::saml::structure::StructureError;
use crate::saml::xml::XmlError;

/// A list that is refused, whole; lines count from 1.
#[derive(Debug, thiserror::Error)]
pub enum AggregateError {
    /// It cannot be read.
    #[error("it cannot be read")]
    Io(#[from] io::Error),
    /// Not a list, but something else.
    #[error(
        "it is no EntitiesDescriptor in the namespace of metadata (SAML Metadata §2.3.1), but {found:?}"
    )]
    Root {
        /// The name of the root, cut to 80 characters.
        found: String,
    },
    /// One of the limits.
    #[error("line {line}: more than {limit} {what}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// The limit passed.
        limit: u64,
        /// Where.
        line: u64,
    },
    /// It ends too soon.
    #[error("line {line}: the file ends here, within {within}")]
    Truncated {
        /// Within what.
        within: &'static str,
        /// Where.
        line: u64,
    },
    /// A construct that is never read.
    #[error("line {line}: {what} is not accepted")]
    Forbidden {
        /// The construct.
        what: &'static str,
        /// Where.
        line: u64,
    },
    /// Octets that are not UTF-8.
    #[error("line {line}: what begins here is not UTF-8")]
    NotUtf8 {
        /// Where the part begins.
        line: u64,
    },
    /// The XML declaration, or what stands before the root.
    #[error(transparent)]
    Prolog(XmlError),
    /// A part of it is no XML that is read here.
    #[error("in what begins on line {line}: {source}")]
    Xml {
        /// Where the part begins.
        line: u64,
        /// What is wrong, with a line that counts from the start tags of the lists above it.
        source: XmlError,
    },
    /// Its structure is not accepted.
    #[error("line {line}: <{element}>: {rule}")]
    Structure {
        /// The rule broken.
        rule: &'static str,
        /// The element.
        element: String,
        /// Where.
        line: u64,
    },
    /// An attribute that is missing, or says nothing that can be read.
    #[error("line {line}: {attribute}: expected {expected}, found {found:?}")]
    Value {
        /// Which.
        attribute: &'static str,
        /// What the rule wants.
        expected: &'static str,
        /// What there was, cut to 200 characters.
        found: String,
        /// Where the element begins.
        line: u64,
    },
    /// An ID that was used before.
    #[error("line {line}: an ID that is used twice stands in what begins here")]
    DuplicateId {
        /// Where the second part begins.
        line: u64,
    },
    /// An entity that was listed before.
    #[error("line {line}: the entityID {entity_id:?} was listed before")]
    DuplicateEntity {
        /// The name.
        entity_id: String,
        /// Where the second one begins.
        line: u64,
    },
    /// No entity.
    #[error("there is no entity in it")]
    Empty,
    /// It is not signed by a key that is trusted for it.
    #[error("it is not signed by a key that is trusted for it: {0}")]
    Untrusted(#[from] Unproven),
    /// Its time is over.
    #[error("it was valid until {until}")]
    Expired {
        /// Until when.
        until: chrono::DateTime<chrono::Utc>,
    },
}

impl AggregateError {
    /// `error` of a part that begins on `line`, in a document that has `above` lines before it.
    pub(super) fn of_part(error: &StructureError, line: u64, above: u64) -> Self {
        let here = u64::try_from(error.line).unwrap_or(u64::MAX);
        Self::Structure {
            rule: error.rule,
            element: error.element.clone(),
            line: line + here.saturating_sub(above + 1),
        }
    }
}
