//! A service provider made up for the tests: its metadata and its requests, every part of which a
//! test may change.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use ponte::saml::enveloped::{self, key_info, signature_method};
use ponte::saml::names;
use ponte::saml::writer::Element;
use ponte::world::signer::Signer;

use crate::support::keys;

pub(crate) const SPID_ENTITY: &str = "https://sp.example.org/spid";
pub(crate) const GENERIC_ENTITY: &str = "https://sp.example.org/generic";
/// Where [`AuthnRequest::spid`] and [`AuthnRequest::generic`] are sent.
pub(crate) const DESTINATION: &str = "https://idp.example.org/saml/sso";

/// A service provider's metadata. `spid()` and `generic()` are good; change what a test is about.
#[derive(Clone, Debug)]
pub(crate) struct Metadata {
    pub(crate) entity_id: Option<String>,
    pub(crate) id: Option<String>,
    pub(crate) authn_requests_signed: Option<String>,
    pub(crate) protocols: Option<String>,
    /// DER, with the `use` of each.
    pub(crate) certificates: Vec<(Option<String>, Vec<u8>)>,
    pub(crate) name_id_formats: Vec<String>,
    /// Binding, location, and the location of responses if it is another.
    pub(crate) logouts: Vec<(&'static str, String, Option<String>)>,
    pub(crate) consumers: Vec<Endpoint>,
    pub(crate) attribute_sets: Vec<AttributeSet>,
    /// `OrganizationName` by language.
    pub(crate) organization: Vec<(String, String)>,
    /// Children of the first `ContactPerson`'s extensions; empty leaves the contact out.
    pub(crate) contact: Vec<Element<'static>>,
    /// Children of `EntityDescriptor` after all others.
    pub(crate) extra: Vec<Element<'static>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub(crate) binding: String,
    pub(crate) location: String,
    pub(crate) index: Option<String>,
    pub(crate) is_default: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct AttributeSet {
    pub(crate) index: Option<String>,
    pub(crate) is_default: Option<String>,
    /// `ServiceName` by language.
    pub(crate) names: Vec<(String, String)>,
    pub(crate) attributes: Vec<String>,
}

impl Endpoint {
    pub(crate) fn post(index: u16, location: &str) -> Self {
        Self {
            binding: names::HTTP_POST.into(),
            location: location.into(),
            index: Some(index.to_string()),
            is_default: (index == 0).then(|| "true".into()),
        }
    }
}

impl AttributeSet {
    pub(crate) fn new(index: u16, name: &str, attributes: &[&str]) -> Self {
        Self {
            index: Some(index.to_string()),
            is_default: None,
            names: vec![("it".into(), name.into()), ("en".into(), format!("{name} (en)"))],
            attributes: attributes.iter().map(|name| (*name).to_owned()).collect(),
        }
    }
}

impl Metadata {
    /// Of SPID's shape: two consumers, two attribute sets, one key.
    pub(crate) fn spid() -> Self {
        Self {
            entity_id: Some(SPID_ENTITY.into()),
            id: Some("_spmd1".into()),
            authn_requests_signed: Some("true".into()),
            protocols: Some(names::PROTOCOL.into()),
            certificates: vec![(Some("signing".into()), keys::SP.signer.certificate().to_vec())],
            name_id_formats: vec![names::FORMAT_TRANSIENT.into()],
            logouts: Vec::new(),
            consumers: vec![
                Endpoint::post(0, "https://sp.example.org/spid/acs"),
                Endpoint::post(1, "https://sp.example.org/spid/acs2"),
            ],
            attribute_sets: vec![
                AttributeSet::new(
                    0,
                    "Servizio uno",
                    &["spidCode", "name", "familyName", "fiscalNumber", "dateOfBirth"],
                ),
                AttributeSet::new(1, "Servizio due", &["email"]),
            ],
            organization: vec![
                ("it".into(), "Ente di esempio".into()),
                ("en".into(), "Example body".into()),
            ],
            contact: vec![Element::new("spid:IPACode").text("c_h501"), Element::new("spid:Public")],
            extra: Vec::new(),
        }
    }

    /// A plain SAML service provider, with one key for every use and no attribute set.
    pub(crate) fn generic() -> Self {
        Self {
            entity_id: Some(GENERIC_ENTITY.into()),
            authn_requests_signed: None,
            certificates: vec![(None, keys::SP.signer.certificate().to_vec())],
            name_id_formats: vec![names::FORMAT_PERSISTENT.into(), names::FORMAT_TRANSIENT.into()],
            consumers: vec![
                Endpoint::post(0, "https://sp.example.org/generic/acs"),
                Endpoint::post(1, "https://sp.example.org/generic/acs2"),
            ],
            attribute_sets: Vec::new(),
            contact: Vec::new(),
            ..Self::spid()
        }
    }

    pub(crate) fn element(&self) -> Element<'_> {
        let keys = self.certificates.iter().map(|(usage, certificate)| {
            Element::new("md:KeyDescriptor")
                .attribute_if("use", usage.as_deref())
                .child(key_info(certificate))
        });
        let formats = self
            .name_id_formats
            .iter()
            .map(|format| Element::new("md:NameIDFormat").text(format.as_str()));
        let descriptor = Element::new("md:SPSSODescriptor")
            .attribute_if("protocolSupportEnumeration", self.protocols.as_deref())
            .attribute_if("AuthnRequestsSigned", self.authn_requests_signed.as_deref())
            .attribute("WantAssertionsSigned", "true")
            .children(keys)
            .children(self.logouts.iter().map(logout))
            .children(formats)
            .children(self.consumers.iter().map(consumer))
            .children(self.attribute_sets.iter().map(attribute_set));
        let contact = (!self.contact.is_empty()).then(|| {
            Element::new("md:ContactPerson")
                .attribute("contactType", "other")
                .child(Element::new("md:Extensions").children(self.contact.clone()))
                .child(Element::new("md:EmailAddress").text("spid@example.org"))
        });
        Element::new("md:EntityDescriptor")
            .attribute_if("ID", self.id.as_deref())
            .attribute_if("entityID", self.entity_id.as_deref())
            .signature_here()
            .child(descriptor)
            .child_if(self.organization_element())
            .child_if(contact)
            .children(self.extra.clone())
    }

    pub(crate) fn unsigned(&self) -> String {
        self.element().write().unwrap().into_string()
    }

    pub(crate) fn signed(&self, signer: &dyn Signer) -> String {
        enveloped::sign(&self.element(), signer).unwrap().into_string()
    }

    fn organization_element(&self) -> Option<Element<'_>> {
        let names = |element: &'static str| {
            self.organization.iter().map(move |(language, name)| {
                Element::new(element).attribute("xml:lang", language.as_str()).text(name.as_str())
            })
        };
        let urls = self.organization.iter().map(|(language, _)| {
            Element::new("md:OrganizationURL")
                .attribute("xml:lang", language.as_str())
                .text("https://sp.example.org")
        });
        (!self.organization.is_empty()).then(|| {
            Element::new("md:Organization")
                .children(names("md:OrganizationName"))
                .children(names("md:OrganizationDisplayName"))
                .children(urls)
        })
    }
}

fn logout<'a>(service: &'a (&'static str, String, Option<String>)) -> Element<'a> {
    let (binding, location, response_location) = service;
    Element::new("md:SingleLogoutService")
        .attribute("Binding", *binding)
        .attribute("Location", location.as_str())
        .attribute_if("ResponseLocation", response_location.as_deref())
}

fn consumer(endpoint: &Endpoint) -> Element<'_> {
    Element::new("md:AssertionConsumerService")
        .attribute("Binding", endpoint.binding.as_str())
        .attribute("Location", endpoint.location.as_str())
        .attribute_if("index", endpoint.index.as_deref())
        .attribute_if("isDefault", endpoint.is_default.as_deref())
}

fn attribute_set(set: &AttributeSet) -> Element<'_> {
    let names = set.names.iter().map(|(language, name)| {
        Element::new("md:ServiceName").attribute("xml:lang", language.as_str()).text(name.as_str())
    });
    let attributes = set.attributes.iter().map(|name| {
        Element::new("md:RequestedAttribute")
            .attribute("Name", name.as_str())
            .attribute("NameFormat", names::ATTRNAME_BASIC)
    });
    Element::new("md:AttributeConsumingService")
        .attribute_if("index", set.index.as_deref())
        .attribute_if("isDefault", set.is_default.as_deref())
        .children(names)
        .children(attributes)
}

/// A request. `spid()` and `generic()` are good; change what a test is about.
#[derive(Clone, Debug)]
pub(crate) struct AuthnRequest {
    pub(crate) id: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) issue_instant: Option<String>,
    pub(crate) destination: Option<String>,
    pub(crate) force_authn: Option<String>,
    pub(crate) is_passive: Option<String>,
    pub(crate) consumer_index: Option<String>,
    pub(crate) consumer_url: Option<String>,
    pub(crate) protocol_binding: Option<String>,
    pub(crate) attribute_index: Option<String>,
    pub(crate) issuer: Option<Issuer>,
    pub(crate) extensions: Vec<Element<'static>>,
    pub(crate) subject: Option<Element<'static>>,
    pub(crate) name_id_policy: Option<NameIdPolicy>,
    pub(crate) conditions: Option<Element<'static>>,
    pub(crate) requested: Option<RequestedAuthnContext>,
    pub(crate) scoping: Option<Element<'static>>,
    /// Children after all others.
    pub(crate) extra: Vec<Element<'static>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Issuer {
    pub(crate) format: Option<String>,
    pub(crate) name_qualifier: Option<String>,
    pub(crate) value: String,
}

#[derive(Clone, Debug)]
pub(crate) struct NameIdPolicy {
    pub(crate) format: Option<String>,
    pub(crate) allow_create: Option<String>,
    pub(crate) sp_name_qualifier: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct RequestedAuthnContext {
    pub(crate) comparison: Option<String>,
    pub(crate) classes: Vec<String>,
}

impl AuthnRequest {
    /// A good request by SPID's rules for SpidL2 (spid-saml §1.1), issued at `issue_instant`.
    pub(crate) fn spid(id: &str, issue_instant: &str) -> Self {
        Self {
            id: Some(id.into()),
            version: Some("2.0".into()),
            issue_instant: Some(issue_instant.into()),
            destination: Some(DESTINATION.into()),
            force_authn: Some("true".into()),
            is_passive: None,
            consumer_index: Some("0".into()),
            consumer_url: None,
            protocol_binding: None,
            attribute_index: Some("0".into()),
            issuer: Some(Issuer {
                format: Some(names::FORMAT_ENTITY.into()),
                name_qualifier: Some(SPID_ENTITY.into()),
                value: SPID_ENTITY.into(),
            }),
            extensions: Vec::new(),
            subject: None,
            name_id_policy: Some(NameIdPolicy {
                format: Some(names::FORMAT_TRANSIENT.into()),
                allow_create: None,
                sp_name_qualifier: None,
            }),
            conditions: None,
            requested: Some(RequestedAuthnContext {
                comparison: Some("minimum".into()),
                classes: vec!["https://www.spid.gov.it/SpidL2".into()],
            }),
            scoping: None,
            extra: Vec::new(),
        }
    }

    /// A good request of a plain SAML service provider: bare Issuer, AllowCreate, no class.
    pub(crate) fn generic(id: &str, issue_instant: &str) -> Self {
        Self {
            force_authn: None,
            consumer_index: None,
            consumer_url: Some("https://sp.example.org/generic/acs".into()),
            protocol_binding: Some(names::HTTP_POST.into()),
            attribute_index: None,
            issuer: Some(Issuer {
                format: None,
                name_qualifier: None,
                value: GENERIC_ENTITY.into(),
            }),
            name_id_policy: Some(NameIdPolicy {
                format: Some(names::FORMAT_PERSISTENT.into()),
                allow_create: Some("true".into()),
                sp_name_qualifier: None,
            }),
            requested: None,
            ..Self::spid(id, issue_instant)
        }
    }

    pub(crate) fn element(&self) -> Element<'_> {
        let issuer = self.issuer.as_ref().map(|issuer| {
            Element::new("saml:Issuer")
                .attribute_if("Format", issuer.format.as_deref())
                .attribute_if("NameQualifier", issuer.name_qualifier.as_deref())
                .text(issuer.value.as_str())
        });
        let extensions = (!self.extensions.is_empty())
            .then(|| Element::new("samlp:Extensions").children(self.extensions.clone()));
        let policy = self.name_id_policy.as_ref().map(|policy| {
            Element::new("samlp:NameIDPolicy")
                .attribute_if("Format", policy.format.as_deref())
                .attribute_if("AllowCreate", policy.allow_create.as_deref())
                .attribute_if("SPNameQualifier", policy.sp_name_qualifier.as_deref())
        });
        let requested = self.requested.as_ref().map(|requested| {
            let classes = requested
                .classes
                .iter()
                .map(|class| Element::new("saml:AuthnContextClassRef").text(class.as_str()));
            Element::new("samlp:RequestedAuthnContext")
                .attribute_if("Comparison", requested.comparison.as_deref())
                .children(classes)
        });
        Element::new("samlp:AuthnRequest")
            .attribute_if("ID", self.id.as_deref())
            .attribute_if("Version", self.version.as_deref())
            .attribute_if("IssueInstant", self.issue_instant.as_deref())
            .attribute_if("Destination", self.destination.as_deref())
            .attribute_if("ForceAuthn", self.force_authn.as_deref())
            .attribute_if("IsPassive", self.is_passive.as_deref())
            .attribute_if("AssertionConsumerServiceIndex", self.consumer_index.as_deref())
            .attribute_if("AssertionConsumerServiceURL", self.consumer_url.as_deref())
            .attribute_if("ProtocolBinding", self.protocol_binding.as_deref())
            .attribute_if("AttributeConsumingServiceIndex", self.attribute_index.as_deref())
            .child_if(issuer)
            .signature_here()
            .child_if(extensions)
            .child_if(self.subject.clone())
            .child_if(policy)
            .child_if(self.conditions.clone())
            .child_if(requested)
            .child_if(self.scoping.clone())
            .children(self.extra.clone())
    }

    /// Without a signature, as for a redirect.
    pub(crate) fn unsigned(&self) -> String {
        self.element().write().unwrap().into_string()
    }

    /// With an enveloped signature, as for a form. The request must have an ID.
    pub(crate) fn signed(&self, signer: &dyn Signer) -> String {
        enveloped::sign(&self.element(), signer).unwrap().into_string()
    }

    /// The field `SAMLRequest` of a form, signed.
    pub(crate) fn post(&self, signer: &dyn Signer) -> String {
        STANDARD.encode(self.signed(signer))
    }

    /// The query of a redirect, signed.
    pub(crate) fn redirect(&self, relay_state: Option<&str>, signer: &dyn Signer) -> String {
        redirect(&self.unsigned(), relay_state, signer)
    }
}

/// The query of a redirect that carries `xml`, signed (SAML Bindings §3.4.4.1).
pub(crate) fn redirect(xml: &str, relay_state: Option<&str>, signer: &dyn Signer) -> String {
    redirect_as("SAMLRequest", xml, relay_state, signer)
}

/// The same for either parameter.
pub(crate) fn redirect_as(
    parameter: &str,
    xml: &str,
    relay_state: Option<&str>,
    signer: &dyn Signer,
) -> String {
    let mut query = format!("{parameter}={}", escape(&deflate(xml)));
    if let Some(relay_state) = relay_state {
        query += &format!("&RelayState={}", escape(relay_state));
    }
    query += &format!("&SigAlg={}", escape(signature_method(signer.algorithm())));
    let signature = STANDARD.encode(signer.sign(query.as_bytes()).unwrap());
    format!("{query}&Signature={}", escape(&signature))
}

/// Raw DEFLATE, then base64.
pub(crate) fn deflate(xml: &str) -> String {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(xml.as_bytes()).unwrap();
    STANDARD.encode(encoder.finish().unwrap())
}

fn escape(value: &str) -> String {
    utf8_percent_encode(value, NON_ALPHANUMERIC).to_string()
}
