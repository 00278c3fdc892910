//! What is wrong, or only odd, in metadata; said so that its author can mend it.

use std::fmt;

use chrono::{DateTime, Utc};
use roxmltree::Node;

use crate::saml::signature::{KeyError, Unproven};
use crate::saml::structure::StructureError;
use crate::saml::xml::XmlError;

/// Metadata that is refused.
#[derive(Debug, thiserror::Error)]
pub enum MetadataError {
    /// Not XML that we read.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// Its structure is not accepted, or its signature's is not.
    #[error(transparent)]
    Structure(#[from] StructureError),
    /// Its signature does not hold with any signing key that it lists itself.
    #[error("its signature does not hold with a signing key that it lists")]
    Signature(#[from] Unproven),
    /// Not the metadata of one entity but a list of many.
    #[error(
        "it is a list (EntitiesDescriptor) of {entities}: give the EntityDescriptor of each service \
         provider in a file of its own"
    )]
    Aggregate {
        /// How many it lists.
        entities: usize,
    },
    /// A list of many, and it is not said which is meant, or the one that is meant is not in it.
    #[error("it lists {entities} entities, and not one alone called {wanted:?}")]
    NotListed {
        /// The entityID that was looked for; empty if none was named.
        wanted: String,
        /// How many it lists.
        entities: usize,
    },
    /// A signature that must be there, by a key that was settled, is not, or does not hold.
    #[error("it is not signed by a key that is trusted for it")]
    Untrusted(#[source] Unproven),
    /// A key in it cannot be used.
    #[error("{place}: the certificate cannot be used")]
    Key {
        /// Where.
        place: Place,
        /// Why.
        source: KeyError,
    },
    /// A rule broken.
    #[error("{place}: expected {expected}, found {found}")]
    Rule {
        /// Where.
        place: Place,
        /// What the rule wants, with its source.
        expected: &'static str,
        /// What there was, quoted and cut to 200 characters, or "nothing".
        found: String,
    },
}

/// A place in metadata.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Place {
    /// The element or attribute.
    pub element: &'static str,
    /// From 1.
    pub line: u32,
    /// From 1.
    pub column: u32,
}

/// Something odd that is read nevertheless.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Warning {
    /// An attribute that we do not know, and so never release.
    #[error("{place}: the attribute {name:?} is not known and will not be released")]
    UnknownAttribute {
        /// Where.
        place: Place,
        /// Its name, cut to 200 characters.
        name: String,
    },
    /// A place for answers by a binding other than HTTP-POST.
    #[error("{place}: answers go by HTTP-POST only; the one by {binding:?} is not used")]
    OtherBinding {
        /// Where.
        place: Place,
        /// Its binding, cut to 200 characters.
        binding: String,
    },
    /// A place for logouts by a binding that browsers do not speak: SOAP.
    #[error(
        "{place}: logouts go by HTTP-Redirect or HTTP-POST; the one by {binding:?} is not used"
    )]
    OtherLogout {
        /// Where.
        place: Place,
        /// Its binding, cut to 200 characters.
        binding: String,
    },
    /// A place for logouts to which nobody is sent.
    #[error(
        "{place}: {said:?} is not an absolute https address (http only on localhost and loopback); nobody is \
         sent there to log out"
    )]
    LogoutAddress {
        /// Where.
        place: Place,
        /// The address, cut to 200 characters.
        said: String,
    },
    /// A key descriptor without a certificate.
    #[error("{place}: there is no certificate in it, and nothing else is read")]
    NoCertificate {
        /// Where.
        place: Place,
    },
    /// More certificates after the first of a key descriptor: a chain, which is not read.
    #[error("{place}: only the first certificate of a KeyDescriptor is read")]
    FurtherCertificates {
        /// Where.
        place: Place,
    },
    /// A key for encryption that is not used.
    #[error("{place}: nothing can be encrypted for it: {reason}")]
    Encryption {
        /// Where.
        place: Place,
        /// Why not.
        reason: String,
    },
    /// A place for requests by a binding that we do not use.
    #[error(
        "{place}: requests go by HTTP-Redirect or HTTP-POST; the one by {binding:?} is not used"
    )]
    OtherSignOn {
        /// Where.
        place: Place,
        /// Its binding, cut to 200 characters.
        binding: String,
    },
    /// No signature: whoever placed the file vouches for it.
    #[error("{place}: it is not signed, and believed because it was placed here")]
    NotSigned {
        /// Where.
        place: Place,
    },
    /// A signature by a key that was not named and that it does not list.
    #[error(
        "{place}: its signature is by a key that nobody named (signed-by); it was not verified"
    )]
    SignatureIgnored {
        /// Where.
        place: Place,
    },
    /// No end of use: what it says is believed until the file is replaced.
    #[error("{place}: there is no validUntil; it is believed until it is replaced")]
    NoValidUntil {
        /// Where.
        place: Place,
    },
    /// A certificate out of its dates, whose key is not used.
    #[error(
        "{place}: the certificate is valid from {not_before} to {not_after}; its key is not used"
    )]
    CertificateRefused {
        /// Where.
        place: Place,
        /// From when.
        not_before: DateTime<Utc>,
        /// Until when.
        not_after: DateTime<Utc>,
    },
    /// A certificate out of its dates; its key is used nevertheless.
    #[error("{place}: the certificate is valid from {not_before} to {not_after}")]
    CertificateDates {
        /// Where.
        place: Place,
        /// From when.
        not_before: DateTime<Utc>,
        /// Until when.
        not_after: DateTime<Utc>,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.element)
    }
}

impl Place {
    pub(in crate::saml) fn of(node: Node<'_, '_>, element: &'static str) -> Self {
        let at = node.document().text_pos_at(node.range().start);
        Self { element, line: at.row, column: at.col }
    }
}

pub(in crate::saml) fn broken(
    node: Node<'_, '_>,
    element: &'static str,
    expected: &'static str,
    found: Option<&str>,
) -> MetadataError {
    let found = found.map_or_else(|| "nothing".to_owned(), |found| format!("{:?}", cut(found)));
    MetadataError::Rule { place: Place::of(node, element), expected, found }
}

pub(in crate::saml) fn cut(text: &str) -> String {
    text.chars().take(200).collect()
}
