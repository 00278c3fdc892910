//! Metadata of others, written from parts that were kept in another form (SAML Metadata §2.3, §2.4): what is read from
//! them afterwards goes through the one reader, like any metadata.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::saml::enveloped::key_info;
use crate::saml::names;
use crate::saml::pen::WriteError;
use crate::saml::writer::Element;

/// The parts of one entity in one role.
#[derive(Clone, Debug, Default)]
pub struct Description {
    /// Its entityID.
    pub entity_id: String,
    /// Whether it is an identity provider; else it is a service provider.
    pub is_identity_provider: bool,
    /// Certificates (DER) of keys with which it signs.
    pub signing: Vec<Vec<u8>>,
    /// Certificates (DER) of keys for which assertions are encrypted.
    pub encryption: Vec<Vec<u8>>,
    /// Where answers go to, or where people are sent: binding and address.
    pub services: Vec<(String, String)>,
    /// Where logouts go: binding, address, and the address for answers if it is another.
    pub logouts: Vec<(String, String, Option<String>)>,
    /// The kinds of names that it takes.
    pub name_id_formats: Vec<String>,
    /// The attributes that it asks for: name, and the format of the name.
    pub attributes: Vec<(String, String)>,
    /// What the service is called, by language.
    pub names: Vec<(String, String)>,
}

impl Description {
    /// The document, unsigned.
    ///
    /// # Errors
    /// When a value has a character that XML cannot carry.
    pub fn write(&self) -> Result<String, WriteError> {
        let role = if self.is_identity_provider { self.provider() } else { self.service() };
        let entity = Element::new("md:EntityDescriptor")
            .attribute("entityID", self.entity_id.as_str())
            .child(role);
        entity.write().map(|written| written.into_string())
    }

    fn service(&self) -> Element<'_> {
        let consumers = self.services.iter().enumerate().map(|(number, (binding, location))| {
            Element::new("md:AssertionConsumerService")
                .attribute("Binding", binding.as_str())
                .attribute("Location", location.as_str())
                .attribute("index", number.to_string())
                .attribute_if("isDefault", (number == 0).then_some("true"))
        });
        Element::new("md:SPSSODescriptor")
            .attribute("AuthnRequestsSigned", "true")
            .attribute("protocolSupportEnumeration", names::PROTOCOL)
            .children(self.keys())
            .children(self.single_logout())
            .children(self.formats())
            .children(consumers)
            .child_if(self.asked())
    }

    fn provider(&self) -> Element<'_> {
        let sign_on = self.services.iter().map(|(binding, location)| {
            Element::new("md:SingleSignOnService")
                .attribute("Binding", binding.as_str())
                .attribute("Location", location.as_str())
        });
        Element::new("md:IDPSSODescriptor")
            .attribute("WantAuthnRequestsSigned", "true")
            .attribute("protocolSupportEnumeration", names::PROTOCOL)
            .children(self.keys())
            .children(self.single_logout())
            .children(self.formats())
            .children(sign_on)
    }

    fn keys(&self) -> Vec<Element<'_>> {
        let uses = [("signing", &self.signing), ("encryption", &self.encryption)];
        let each = uses.into_iter().flat_map(|(usage, certificates)| {
            certificates.iter().map(move |certificate| {
                Element::new("md:KeyDescriptor")
                    .attribute("use", usage)
                    .child(key_info(certificate))
            })
        });
        each.collect()
    }

    fn single_logout(&self) -> impl Iterator<Item = Element<'_>> {
        self.logouts.iter().map(|(binding, location, response)| {
            Element::new("md:SingleLogoutService")
                .attribute("Binding", binding.as_str())
                .attribute("Location", location.as_str())
                .attribute_if("ResponseLocation", response.as_deref())
        })
    }

    fn formats(&self) -> impl Iterator<Item = Element<'_>> {
        self.name_id_formats
            .iter()
            .map(|format| Element::new("md:NameIDFormat").text(format.as_str()))
    }

    fn asked(&self) -> Option<Element<'_>> {
        let asked = self.attributes.iter().map(|(name, format)| {
            Element::new("md:RequestedAttribute")
                .attribute("Name", name.as_str())
                .attribute("NameFormat", format.as_str())
        });
        let mut names: Vec<(&str, &str)> =
            self.names.iter().map(|(language, name)| (language.as_str(), name.as_str())).collect();
        if names.is_empty() {
            names.push(("en", self.entity_id.as_str()));
        }
        let names = names.into_iter().map(|(language, name)| {
            Element::new("md:ServiceName").attribute("xml:lang", language).text(name)
        });
        (!self.attributes.is_empty()).then(|| {
            Element::new("md:AttributeConsumingService")
                .attribute("index", "0")
                .children(names)
                .children(asked)
        })
    }
}

/// A certificate as configurations carry it, in DER: PEM with its lines, or the base64 alone.
#[must_use]
pub fn certificate(text: &str) -> Option<Vec<u8>> {
    let inside = match text.split_once("-----BEGIN CERTIFICATE-----") {
        Some((_, rest)) => rest.split_once("-----END CERTIFICATE-----")?.0,
        None => text,
    };
    let base64: String = inside.chars().filter(|c| !c.is_whitespace()).collect();
    STANDARD.decode(base64).ok().filter(|octets| !octets.is_empty())
}

/// The same, as PEM.
#[must_use]
pub fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in text.as_bytes().chunks(64) {
        pem.extend(line.iter().map(|byte| char::from(*byte)));
        pem.push('\n');
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    pem
}
