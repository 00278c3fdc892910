//! The `AuthnRequest` that we send (SAML Core §3.4.1, spid-saml §1.1).

use chrono::{DateTime, SecondsFormat, Utc};

use crate::assurance::class_ref::ClassRef;
use crate::saml::enveloped::{self, EnvelopError};
use crate::saml::names;
use crate::saml::writer::{Element, WriteError};
use crate::world::signer::Signer;

/// A request to log somebody in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    /// Its ID, an NCName that nobody can guess.
    pub id: String,
    /// When it is made.
    pub issue_instant: DateTime<Utc>,
    /// The address of the identity provider that takes it.
    pub destination: String,
    /// Our entityID.
    pub issuer: String,
    /// The least class that will do.
    pub class: ClassRef,
    /// The index in our metadata of the place for answers.
    pub consumer: u16,
    /// The index in our metadata of the attributes asked for.
    pub attributes: u16,
}

impl Request {
    /// As text without a signature, for HTTP-Redirect, where it is in the query.
    ///
    /// # Errors
    /// When a value has a character that XML cannot carry.
    pub fn unsigned(&self) -> Result<String, WriteError> {
        Ok(self.element().write()?.into_string())
    }

    /// As text with its signature inside, for HTTP-POST.
    ///
    /// # Errors
    /// When a value has a character that XML cannot carry, or the key does not sign.
    pub fn signed(&self, signer: &dyn Signer) -> Result<String, EnvelopError> {
        Ok(enveloped::sign(&self.element(), signer)?.into_string())
    }

    /// `ForceAuthn` is due above SpidL1 (spid-saml §1.1).
    fn element(&self) -> Element<'_> {
        let force = (self.class != ClassRef::SpidL1).then_some("true");
        let issuer = Element::new("saml:Issuer")
            .attribute("Format", names::FORMAT_ENTITY)
            .attribute("NameQualifier", self.issuer.as_str())
            .text(self.issuer.as_str());
        let class = Element::new("saml:AuthnContextClassRef").text(self.class.uri());
        Element::new("samlp:AuthnRequest")
            .attribute("ID", self.id.as_str())
            .attribute("Version", "2.0")
            .attribute("IssueInstant", instant(self.issue_instant))
            .attribute("Destination", self.destination.as_str())
            .attribute_if("ForceAuthn", force)
            .attribute("AssertionConsumerServiceIndex", self.consumer.to_string())
            .attribute("AttributeConsumingServiceIndex", self.attributes.to_string())
            .child(issuer)
            .signature_here()
            .child(Element::new("samlp:NameIDPolicy").attribute("Format", names::FORMAT_TRANSIENT))
            .child(
                Element::new("samlp:RequestedAuthnContext")
                    .attribute("Comparison", "minimum")
                    .child(class),
            )
    }
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
