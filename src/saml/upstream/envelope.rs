//! A `Response` as it was written, without what its assertion says (SAML Core §3.2.2, §3.3.3).

use roxmltree::{Document, Node};

use crate::saml::message::{self, Issuer, Shape, attribute};
use crate::saml::names;
use crate::saml::{lexical, xml};

/// The envelope of an answer, its values word for word; `None` where it says nothing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Envelope {
    /// `ID`
    pub id: Option<String>,
    /// `Version`
    pub version: Option<String>,
    /// `IssueInstant`
    pub issue_instant: Option<String>,
    /// `Destination`
    pub destination: Option<String>,
    /// `InResponseTo`
    pub in_response_to: Option<String>,
    /// `Issuer`
    pub issuer: Option<Issuer>,
    /// The status codes, the outermost first; `None` for one without a `Value`.
    pub status: Vec<Option<String>>,
    /// `StatusMessage`, trimmed.
    pub status_message: Option<String>,
    /// How many assertions it brings, encrypted ones among them.
    pub assertions: usize,
    /// The first thing for which the schema has no place, by path.
    pub misplaced: Option<String>,
}

impl Envelope {
    /// Reads `document`, a `Response`: of verified octets, or, where it is not signed itself, as it came; what is
    /// read here can refuse an answer and never grants anything.
    pub(in crate::saml) fn of(document: &Document<'_>) -> Self {
        let root = document.root_element();
        let mut shape = Shape::default();
        shape.attributes(root, "Response", ATTRIBUTES);
        let mut envelope = Self {
            id: attribute(root, "ID"),
            version: attribute(root, "Version"),
            issue_instant: attribute(root, "IssueInstant"),
            destination: attribute(root, "Destination"),
            in_response_to: attribute(root, "InResponseTo"),
            ..Self::default()
        };
        let mut next = 0;
        for child in shape.children(root, "Response") {
            let name = (child.tag_name().namespace().unwrap_or_default(), child.tag_name().name());
            let Some(place) = CHILDREN[next..].iter().position(|known| *known == name) else {
                shape.misplace(format!("Response/{}", name.1));
                continue;
            };
            next += place + 1;
            match name.1 {
                "Issuer" => envelope.issuer = Some(message::issuer(child, &mut shape)),
                "Status" => envelope.take_status(child, &mut shape),
                "Assertion" | "EncryptedAssertion" => envelope.assertions += 1,
                _ => {}
            }
        }
        envelope.misplaced = shape.misplaced;
        envelope
    }

    fn take_status(&mut self, status: Node<'_, '_>, shape: &mut Shape) {
        let code = (names::PROTOCOL, "StatusCode");
        let mut within = status;
        // The schema nests without end; nothing below the second says anything to us.
        while let Some(node) = within.children().find(|child| child.has_tag_name(code)) {
            shape.attributes(node, "StatusCode", &["Value"]);
            let value = node.attribute("Value").map(|value| lexical::trim(value).to_owned());
            self.status.push(value.filter(|value| !value.is_empty()));
            within = node;
        }
        if status.children().filter(|child| child.has_tag_name(code)).count() > 1 {
            shape.misplace("Status/StatusCode".to_owned());
        }
        let message = (names::PROTOCOL, "StatusMessage");
        let said = status.children().find(|child| child.has_tag_name(message));
        self.status_message = said
            .and_then(|node| xml::text_of(node).ok())
            .map(|text| lexical::trim(&text).to_owned())
            .filter(|text| !text.is_empty());
    }

    /// The status codes that say something, the outermost first.
    #[must_use]
    pub fn codes(&self) -> Vec<String> {
        self.status.iter().flatten().cloned().collect()
    }
}

const ATTRIBUTES: &[&str] =
    &["Consent", "Destination", "ID", "InResponseTo", "IssueInstant", "Version"];

/// The children, in the schema's order, each once at most: one assertion is all that is read.
const CHILDREN: [(&str, &str); 6] = [
    (names::ASSERTION, "Issuer"),
    (names::DSIG, "Signature"),
    (names::PROTOCOL, "Extensions"),
    (names::PROTOCOL, "Status"),
    (names::ASSERTION, "Assertion"),
    (names::ASSERTION, "EncryptedAssertion"),
];
