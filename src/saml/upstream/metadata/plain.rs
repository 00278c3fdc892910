//! Our metadata as a service provider (spid-saml §2.2).

use crate::identity::attributes::AttributeName;
use crate::login::request::LocalName;
use crate::saml::enveloped::{self, EnvelopError, key_info};
use crate::saml::names;
use crate::saml::writer::Element;
use crate::world::signer::Signer;

/// Ourselves, to an identity provider.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServiceProvider {
    /// Our entityID.
    pub entity_id: String,
    /// Where answers go, by HTTP-POST; index 0.
    pub consumer: String,
    /// Where logouts go, by HTTP-Redirect.
    pub logout: String,
    /// The service's names.
    pub name: LocalName,
    /// Our organisation's home page.
    pub url: String,
    /// What we ask for; index 0.
    pub attributes: Vec<AttributeName>,
}

/// Writes the metadata of `sp` under the XML ID `id`, signed by `signer`.
///
/// # Errors
/// When a value has a character that XML cannot carry, or the key does not sign.
pub fn write(sp: &ServiceProvider, id: &str, signer: &dyn Signer) -> Result<String, EnvelopError> {
    let names = || {
        let languages = [("it", &sp.name.it), ("en", &sp.name.en)];
        languages.into_iter().filter_map(|(language, name)| Some((language, name.as_deref()?)))
    };
    let local = |element: &'static str| {
        names().map(move |(language, name)| {
            Element::new(element).attribute("xml:lang", language).text(name)
        })
    };
    let urls = names().map(|(language, _)| {
        Element::new("md:OrganizationURL").attribute("xml:lang", language).text(sp.url.as_str())
    });
    let asked = sp.attributes.iter().map(|name| {
        Element::new("md:RequestedAttribute")
            .attribute("Name", name.as_str())
            .attribute("NameFormat", names::ATTRNAME_BASIC)
    });
    let descriptor = Element::new("md:SPSSODescriptor")
        .attribute("protocolSupportEnumeration", names::PROTOCOL)
        .attribute("AuthnRequestsSigned", "true")
        .attribute("WantAssertionsSigned", "true")
        .child(
            Element::new("md:KeyDescriptor")
                .attribute("use", "signing")
                .child(key_info(signer.certificate())),
        )
        .child(
            Element::new("md:SingleLogoutService")
                .attribute("Binding", names::HTTP_REDIRECT)
                .attribute("Location", sp.logout.as_str()),
        )
        .child(Element::new("md:NameIDFormat").text(names::FORMAT_TRANSIENT))
        .child(
            Element::new("md:AssertionConsumerService")
                .attribute("Binding", names::HTTP_POST)
                .attribute("Location", sp.consumer.as_str())
                .attribute("index", "0")
                .attribute("isDefault", "true"),
        )
        .child(
            Element::new("md:AttributeConsumingService")
                .attribute("index", "0")
                .attribute("isDefault", "true")
                .children(local("md:ServiceName"))
                .children(asked),
        );
    let organization = Element::new("md:Organization")
        .children(local("md:OrganizationName"))
        .children(local("md:OrganizationDisplayName"))
        .children(urls);
    let entity = Element::new("md:EntityDescriptor")
        .attribute("ID", id)
        .attribute("entityID", sp.entity_id.as_str())
        .signature_here()
        .child(descriptor)
        .child(organization);
    Ok(enveloped::sign(&entity, signer)?.into_string())
}
