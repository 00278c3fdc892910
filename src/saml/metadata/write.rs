//! Our own metadata, in the shape that SPID asks of identity providers (spid-saml §2.1).

use crate::identity::name_id::NameIdKind;
use crate::login::request::LocalName;
use crate::saml::enveloped::{self, EnvelopError, key_info};
use crate::saml::identity_provider::{IdentityProvider, Organization, SingleLogout, Supported};
use crate::saml::names;
use crate::saml::writer::Element;
use crate::world::signer::Signer;

/// Writes the metadata of `idp` under the XML ID `id`, signed by `signer`.
///
/// Its certificate is listed first, then the `further` ones (DER): those of keys that will sign,
/// or have just signed, while keys are being changed. The organisation is left out unless its name,
/// its display name and its address are all known in some language.
///
/// # Errors
/// When a value has a character that XML cannot carry, or the key refuses.
pub fn write(
    idp: &IdentityProvider,
    id: &str,
    signer: &dyn Signer,
    further: &[Vec<u8>],
) -> Result<String, EnvelopError> {
    let further = further.iter().map(Vec::as_slice);
    let certificates = std::iter::once(signer.certificate()).chain(further);
    let keys = certificates.map(|certificate| {
        Element::new("md:KeyDescriptor").attribute("use", "signing").child(key_info(certificate))
    });
    let formats = idp.name_ids.iter().map(|kind| {
        let format = match kind {
            NameIdKind::Transient => names::FORMAT_TRANSIENT,
            NameIdKind::Persistent => names::FORMAT_PERSISTENT,
            NameIdKind::Email => names::FORMAT_EMAIL,
        };
        Element::new("md:NameIDFormat").text(format)
    });
    let sign_on = BINDINGS
        .iter()
        .map(|binding| endpoint("md:SingleSignOnService", binding, &idp.single_sign_on, None));
    let attributes = idp.attributes.iter().map(|name| {
        Element::new("saml:Attribute")
            .attribute("Name", name.as_str())
            .attribute("NameFormat", names::ATTRNAME_BASIC)
    });
    let descriptor = Element::new("md:IDPSSODescriptor")
        .attribute("protocolSupportEnumeration", names::PROTOCOL)
        .attribute("WantAuthnRequestsSigned", "true")
        .children(keys)
        .children(idp.single_logout.iter().flat_map(logout))
        .children(formats)
        .children(sign_on)
        .children(attributes);
    let entity = Element::new("md:EntityDescriptor")
        .attribute("ID", id)
        .attribute("entityID", idp.entity_id.as_str())
        .signature_here()
        .child_if(extensions(&idp.supported))
        .child(descriptor)
        .child_if(organization(&idp.organization));
    Ok(enveloped::sign(&entity, signer)?.into_string())
}

/// What we take beyond SAML. The innermost elements have no namespace: so do those of every identity
/// provider that has them.
fn extensions(supported: &Supported) -> Option<Element<'_>> {
    let list = |element, each, values: Vec<&'static str>| {
        let values = values.into_iter().map(|value| Element::new(each).text(value));
        Element::new(element).children(values)
    };
    let Supported { classes, purposes, age_limit } = supported;
    let classes = classes.iter().map(|class| class.uri()).collect();
    let lists = [
        ("spid:SupportedAuthnContextClassRefs", "AuthnContextClassRef", classes),
        ("spid:SupportedPurposes", "Purpose", purposes.clone()),
    ];
    let mut parts: Vec<Element<'_>> = lists
        .into_iter()
        .filter(|(_, _, values)| !values.is_empty())
        .map(|(element, each, values)| list(element, each, values))
        .collect();
    parts.extend(age_limit.then(|| Element::new("spid:SupportedAgeLimit")));
    (!parts.is_empty()).then(|| Element::new("md:Extensions").children(parts))
}

fn logout(service: &SingleLogout) -> impl Iterator<Item = Element<'_>> {
    BINDINGS.iter().map(|binding| {
        let response = service.response_location.as_deref();
        endpoint("md:SingleLogoutService", binding, &service.location, response)
    })
}

fn endpoint<'a>(
    element: &'static str,
    binding: &'static str,
    location: &'a str,
    response_location: Option<&'a str>,
) -> Element<'a> {
    Element::new(element)
        .attribute("Binding", binding)
        .attribute("Location", location)
        .attribute_if("ResponseLocation", response_location)
}

/// Each part in the languages that all three are known in (spid-saml §2.2 wants equal counts).
fn organization(organization: &Organization) -> Option<Element<'_>> {
    let parts = [
        ("md:OrganizationName", &organization.name),
        ("md:OrganizationDisplayName", &organization.display_name),
        ("md:OrganizationURL", &organization.url),
    ];
    let languages: Vec<Language> = [Language::Italian, Language::English]
        .into_iter()
        .filter(|language| parts.iter().all(|(_, part)| language.of(part).is_some()))
        .collect();
    if languages.is_empty() {
        return None;
    }
    let elements = parts.into_iter().flat_map(|(element, part)| {
        let said = languages.iter().filter_map(|language| Some((language, language.of(part)?)));
        said.map(move |(language, value)| {
            Element::new(element).attribute("xml:lang", language.code()).text(value)
        })
        .collect::<Vec<_>>()
    });
    Some(Element::new("md:Organization").children(elements))
}

#[derive(Clone, Copy)]
enum Language {
    Italian,
    English,
}

impl Language {
    fn of(self, name: &LocalName) -> Option<&str> {
        let said = match self {
            Self::Italian => name.it.as_deref(),
            Self::English => name.en.as_deref(),
        };
        said.filter(|said| !said.trim().is_empty())
    }

    fn code(self) -> &'static str {
        match self {
            Self::Italian => "it",
            Self::English => "en",
        }
    }
}

const BINDINGS: [&str; 2] = [names::HTTP_REDIRECT, names::HTTP_POST];
