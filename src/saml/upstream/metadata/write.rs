//! Our metadata as a service provider, written and signed (SAML Metadata §2.4.4; spid-saml §2.2).

use crate::login::request::LocalName;
use crate::saml::binding::Binding;
use crate::saml::enveloped::{self, EnvelopError, key_info};
use crate::saml::names;
use crate::saml::upstream::metadata::contact::BadField;
use crate::saml::upstream::metadata::description::{AttributeSet, Description};
use crate::saml::upstream::metadata::{entry, kind::MetadataProfile};
use crate::saml::writer::Element;
use crate::world::signer::Signer;

/// Metadata that are not written.
#[derive(Debug, thiserror::Error)]
pub enum DescribeError {
    /// They would not be right.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Fields(Vec<BadField>),
    /// A value has a character that XML cannot carry, or the key does not sign.
    #[error(transparent)]
    Envelop(#[from] EnvelopError),
}

/// Writes the metadata that `description` describes under the XML ID `id`, signed by `signer`, whose certificate is
/// listed first; then the `further` ones (DER), of keys that will sign or have just signed.
///
/// # Errors
/// When something in the description is wrong, or they cannot be written and signed.
pub fn write(
    description: &Description,
    id: &str,
    signer: &dyn Signer,
    further: &[Vec<u8>],
) -> Result<String, DescribeError> {
    let faults = description.faults();
    if !faults.is_empty() {
        return Err(DescribeError::Fields(faults));
    }
    let key = |usage, certificate: &[u8]| {
        Element::new("md:KeyDescriptor").attribute("use", usage).child(key_info(certificate))
    };
    let signing = std::iter::once(signer.certificate()).chain(further.iter().map(Vec::as_slice));
    let formats = match description.profile {
        MetadataProfile::Saml2 => &[names::FORMAT_TRANSIENT, names::FORMAT_PERSISTENT][..],
        _ => &[names::FORMAT_TRANSIENT],
    };
    let descriptor = Element::new("md:SPSSODescriptor")
        .attribute("protocolSupportEnumeration", names::PROTOCOL)
        .attribute("AuthnRequestsSigned", "true")
        .attribute("WantAssertionsSigned", "true")
        .children(signing.map(|certificate| key("signing", certificate)))
        .children(description.encryption.iter().map(|certificate| {
            let method =
                |algorithm| Element::new("md:EncryptionMethod").attribute("Algorithm", algorithm);
            key("encryption", certificate)
                .child(method(names::AES256_GCM))
                .child(method(names::AES128_GCM))
                .child(method(names::RSA_OAEP_MGF1P))
                .child(method(names::RSA_OAEP))
        }))
        .children(description.logouts.iter().map(|service| {
            let binding = match service.binding {
                Binding::Redirect => names::HTTP_REDIRECT,
                Binding::Post => names::HTTP_POST,
            };
            Element::new("md:SingleLogoutService")
                .attribute("Binding", binding)
                .attribute("Location", service.location.as_str())
                .attribute_if("ResponseLocation", service.response_location.as_deref())
        }))
        .children(formats.iter().map(|format| Element::new("md:NameIDFormat").text(*format)))
        .children(description.consumers.iter().enumerate().map(|(index, location)| {
            Element::new("md:AssertionConsumerService")
                .attribute("Binding", names::HTTP_POST)
                .attribute("Location", location.as_str())
                .attribute("index", index.to_string())
                .attribute_if("isDefault", (index == 0).then_some("true"))
        }))
        .children(description.attribute_sets.iter().map(attribute_set));
    let organization = &description.organization;
    let organization = Element::new("md:Organization")
        .children(local("md:OrganizationName", &organization.name))
        .children(local("md:OrganizationDisplayName", &organization.display_name))
        .children(local("md:OrganizationURL", &organization.url));
    let entity = Element::new("md:EntityDescriptor")
        .attribute("ID", id)
        .attribute("entityID", description.entity_id.as_str())
        .signature_here()
        .child(descriptor)
        .child(organization)
        .children(entry::all(description));
    Ok(enveloped::sign(&entity, signer)?.into_string())
}

fn attribute_set(set: &AttributeSet) -> Element<'_> {
    let attributes = set.attributes.iter().map(|name| {
        Element::new("md:RequestedAttribute")
            .attribute("Name", name.as_str())
            .attribute("NameFormat", names::ATTRNAME_BASIC)
    });
    Element::new("md:AttributeConsumingService")
        .attribute("index", set.index.to_string())
        .children(local("md:ServiceName", &set.name))
        .children(attributes)
}

/// `element` in each language that there is.
fn local<'a>(element: &'static str, name: &'a LocalName) -> impl Iterator<Item = Element<'a>> {
    let said = [("it", name.it.as_deref()), ("en", name.en.as_deref())];
    said.into_iter().filter_map(move |(language, text)| {
        let text = text.filter(|text| !text.trim().is_empty())?;
        Some(Element::new(element).attribute("xml:lang", language).text(text))
    })
}
