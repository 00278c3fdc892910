//! Entities' metadata as plain facts, so that two versions of them can be laid side by side.
//!
//! Nothing is judged and nothing verified: what is compared here is not what anybody is trusted by.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::Node;

use crate::saml::lint::value::{descendants, language, named, text};
use crate::saml::names;
use crate::saml::xml::{self, XmlError};
use crate::world::certificate::Certificate;
use crate::world::digest::sha256;

/// What one entity says of itself: each fact under what it is about.
pub type Picture = BTreeMap<Subject, Fact>;

/// What a fact is about. The order is that in which facts are told.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Subject {
    /// The root's `validUntil` or `cacheDuration`.
    Lifetime(&'static str),
    /// Whether the root bears a signature.
    Signature,
    /// A role that it plays: the local name of its descriptor.
    Role(String),
    /// A certificate of a role: the role, its `use` (empty for both), and the SHA-256 of its octets.
    Certificate(String, String, [u8; 32]),
    /// A yes or no of a role: the role and the attribute.
    Flag(String, &'static str),
    /// A service with an index: the role, the element, the index.
    Indexed(String, String, String),
    /// A service without one: the role, the element, the binding, and which one of that binding, from 0.
    Service(String, String, String, usize),
    /// A `NameIDFormat` of a role.
    NameIdFormat(String, String),
    /// A set of attributes: the role and the index.
    AttributeSet(String, String),
    /// A field of the organisation: the element and its language.
    Organization(String, String),
    /// A contact: its type, and which one of that type, from 0.
    Contact(String, usize),
    /// What the `Extensions` of the entity, or of a role of it, say.
    Extensions(String),
}

/// What is said of a subject.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Fact {
    /// It is there, and there is no more to say.
    Present,
    /// A text.
    Text(String),
    /// A certificate.
    Certificate(Box<Pictured>),
    /// Where a service is.
    Endpoint(Endpoint),
    /// What is asked for.
    Attributes(AttributeNames),
}

/// A certificate, or octets that are none.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pictured {
    /// Its common name, or whatever else names its subject first.
    pub subject: String,
    /// Its first and last day, `YYYY-MM-DD`; `None` where it cannot be read.
    pub days: Option<(String, String)>,
    /// SHA-256 of its key, which a renewed certificate keeps; of its octets where it cannot be read.
    pub key: [u8; 32],
}

/// Where a service is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Endpoint {
    /// The binding's URI.
    pub binding: String,
    /// The address.
    pub location: String,
    /// Where responses go, if elsewhere.
    pub response_location: Option<String>,
    /// Whether it is the default.
    pub is_default: bool,
}

/// What a set of attributes asks for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AttributeNames {
    /// Its names, each with its language.
    pub names: Vec<String>,
    /// The attributes, sorted, each once.
    pub attributes: Vec<String>,
    /// Whether it is the default.
    pub is_default: bool,
}

/// Why there is nothing to compare.
#[derive(Debug, thiserror::Error)]
pub enum NoPicture {
    /// It cannot be read.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// It is no metadata.
    #[error("it is no metadata: the root is <{0}>, not <EntityDescriptor> or <EntitiesDescriptor>")]
    NotMetadata(String),
    /// An entity has no name.
    #[error("line {0}: an <EntityDescriptor> without entityID")]
    Nameless(usize),
    /// Two entities have the same name.
    #[error("line {line}: the entity {entity} is there twice")]
    Twice {
        /// Where.
        line: usize,
        /// Which.
        entity: String,
    },
}

/// The entities that `xml` describes, by entityID: one, or those of an aggregate.
///
/// # Errors
/// When it is not metadata that can be told apart.
pub fn entities(xml: &str) -> Result<BTreeMap<String, Picture>, NoPicture> {
    let document = xml::parse(xml)?;
    let root = document.root_element();
    let is = |node: &Node<'_, '_>, name| node.has_tag_name((names::METADATA, name));
    if !is(&root, "EntityDescriptor") && !is(&root, "EntitiesDescriptor") {
        return Err(NoPicture::NotMetadata(root.tag_name().name().to_owned()));
    }
    let mut entities = BTreeMap::new();
    for node in root.descendants().filter(|node| is(node, "EntityDescriptor")) {
        let line = xml::line_of(node);
        let entity = node.attribute("entityID").ok_or(NoPicture::Nameless(line))?.to_owned();
        if entities.insert(entity.clone(), picture(node)).is_some() {
            return Err(NoPicture::Twice { line, entity });
        }
    }
    Ok(entities)
}

fn picture(entity: Node<'_, '_>) -> Picture {
    let mut picture = Picture::new();
    for name in ["validUntil", "cacheDuration"] {
        if let Some(value) = entity.attribute(name) {
            picture.insert(Subject::Lifetime(name), Fact::Text(value.to_owned()));
        }
    }
    for child in entity.children().filter(Node::is_element) {
        let name = child.tag_name().name();
        match name {
            "Signature" => {
                picture.insert(Subject::Signature, Fact::Present);
            }
            "Organization" => organization(child, &mut picture),
            "ContactPerson" => {
                let kind = child.attribute("contactType").unwrap_or_default().to_owned();
                let place = (0..)
                    .find(|place| !picture.contains_key(&Subject::Contact(kind.clone(), *place)));
                let subject = Subject::Contact(kind, place.unwrap_or_default());
                picture.insert(subject, Fact::Text(flat(child)));
            }
            "Extensions" => {
                picture.insert(Subject::Extensions(String::new()), Fact::Text(flat(child)));
            }
            _ if name.ends_with("Descriptor") => role(child, &mut picture),
            _ => {}
        }
    }
    picture
}

fn organization(node: Node<'_, '_>, picture: &mut Picture) {
    for field in node.children().filter(Node::is_element) {
        let name = field.tag_name().name().to_owned();
        let subject = match name.as_str() {
            "Extensions" => Subject::Extensions("Organization".to_owned()),
            _ => Subject::Organization(name, language(field).unwrap_or_default().to_owned()),
        };
        picture.insert(subject, Fact::Text(flat(field)));
    }
}

fn role(node: Node<'_, '_>, picture: &mut Picture) {
    let role = node.tag_name().name();
    picture.insert(Subject::Role(role.to_owned()), Fact::Present);
    for flag in FLAGS {
        if let Some(value) = node.attribute(flag) {
            let value = match value.trim() {
                "1" => "true",
                "0" => "false",
                other => other,
            };
            picture.insert(Subject::Flag(role.to_owned(), flag), Fact::Text(value.to_owned()));
        }
    }
    for child in node.children().filter(Node::is_element) {
        match child.tag_name().name() {
            "KeyDescriptor" => certificates(role, child, picture),
            "NameIDFormat" => {
                let format = text(child).trim().to_owned();
                picture.insert(Subject::NameIdFormat(role.to_owned(), format), Fact::Present);
            }
            "AttributeConsumingService" => {
                let index = child.attribute("index").unwrap_or_default().to_owned();
                let fact = Fact::Attributes(attributes(child));
                picture.insert(Subject::AttributeSet(role.to_owned(), index), fact);
            }
            "Extensions" => {
                picture.insert(Subject::Extensions(role.to_owned()), Fact::Text(flat(child)));
            }
            name if child.attribute("Location").is_some() => service(role, name, child, picture),
            _ => {}
        }
    }
}

fn certificates(role: &str, key: Node<'_, '_>, picture: &mut Picture) {
    let usage = key.attribute("use").unwrap_or_default();
    for node in descendants(key, "X509Certificate") {
        let packed: String = text(node).split_whitespace().collect();
        let octets = STANDARD.decode(&packed).unwrap_or_else(|_| packed.into_bytes());
        let digest = sha256(&octets);
        let pictured = match Certificate::from_der(&octets) {
            Ok(read) => {
                let day = |at: chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%d").to_string();
                let first = read.subject.first().map(|(_, value)| value.as_str());
                let subject = read.subject_field("CN").or(first).unwrap_or_default().to_owned();
                let days = Some((day(read.not_before), day(read.not_after)));
                Pictured { subject, days, key: read.public_key.0 }
            }
            Err(_) => Pictured { subject: String::new(), days: None, key: digest },
        };
        let subject = Subject::Certificate(role.to_owned(), usage.to_owned(), digest);
        picture.insert(subject, Fact::Certificate(Box::new(pictured)));
    }
}

fn service(role: &str, name: &str, node: Node<'_, '_>, picture: &mut Picture) {
    let said = |attribute: &str| node.attribute(attribute).map(str::to_owned);
    let endpoint = Endpoint {
        binding: said("Binding").unwrap_or_default(),
        location: said("Location").unwrap_or_default(),
        response_location: said("ResponseLocation"),
        is_default: is_default(node),
    };
    let (role, name) = (role.to_owned(), name.to_owned());
    let subject = match said("index") {
        Some(index) => Subject::Indexed(role, name, index),
        None => {
            let at = |place| {
                Subject::Service(role.clone(), name.clone(), endpoint.binding.clone(), place)
            };
            let place = (0..).find(|place| !picture.contains_key(&at(*place)));
            at(place.unwrap_or_default())
        }
    };
    picture.insert(subject, Fact::Endpoint(endpoint));
}

fn attributes(set: Node<'_, '_>) -> AttributeNames {
    let name = |node: Node<'_, '_>| match language(node) {
        Some(language) => format!("{} ({language})", text(node).trim()),
        None => text(node).trim().to_owned(),
    };
    let mut attributes: Vec<String> = named(set, "RequestedAttribute")
        .filter_map(|node| node.attribute("Name").map(str::to_owned))
        .collect();
    attributes.sort_unstable();
    attributes.dedup();
    AttributeNames {
        names: named(set, "ServiceName").map(name).collect(),
        attributes,
        is_default: is_default(set),
    }
}

fn is_default(node: Node<'_, '_>) -> bool {
    matches!(node.attribute("isDefault").map(str::trim), Some("true" | "1"))
}

/// The texts below `node`, each behind the name of its element; marks without text by their name alone. Indentation
/// makes no difference.
fn flat(node: Node<'_, '_>) -> String {
    let leaves = node.descendants().filter(|one| {
        one.is_element() && !one.children().any(|child| child.is_element()) && *one != node
    });
    let one = |leaf: Node<'_, '_>| {
        let attributes = leaf.attributes().map(|a| format!("{}={}", a.name(), a.value()));
        let marks: Vec<String> = attributes.collect();
        let marks = if marks.is_empty() { String::new() } else { format!("[{}]", marks.join(" ")) };
        match text(leaf).trim() {
            "" => format!("{}{marks}", leaf.tag_name().name()),
            said => format!("{}{marks}: {said}", leaf.tag_name().name()),
        }
    };
    let said: Vec<String> = leaves.map(one).collect();
    if said.is_empty() { text(node).trim().to_owned() } else { said.join("; ") }
}

const FLAGS: [&str; 4] = [
    "AuthnRequestsSigned",
    "WantAssertionsSigned",
    "WantAuthnRequestsSigned",
    "protocolSupportEnumeration",
];
