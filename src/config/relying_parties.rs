//! `[[relying-party]]`: who we are to other identity providers.

use url::Url;

use crate::config::check::Check;
use crate::config::raw;
use crate::identity::attributes::AttributeName;
use crate::login::request::LocalName;
use crate::partners::upstream::Entity;
use crate::saml::binding::Binding;
use crate::saml::identity_provider::Organization;
use crate::saml::partner::LogoutService;
use crate::saml::upstream::decryption::DecryptionKey;
use crate::saml::upstream::metadata::contact::{Contact, Invoicing};
use crate::saml::upstream::metadata::description::{AttributeSet, Description};
use crate::saml::upstream::metadata::kind::MetadataProfile;
use crate::world::certificate::Certificate;

impl Check<'_> {
    /// The entities of ours, which belong to `organization`.
    pub(super) fn entities(
        &mut self,
        raw: &[raw::RelyingParty],
        base: Option<&Url>,
        organization: Option<&Organization>,
    ) -> Vec<Entity> {
        let mut entities: Vec<Entity> = Vec::with_capacity(raw.len());
        for (number, raw) in raw.iter().enumerate() {
            let key = |name: &str| format!("relying-party[{}].{name}", number + 1);
            let profiles = MetadataProfile::ALL.map(|profile| (profile.name(), profile));
            let profile = self.choice(&key("profile"), &raw.profile, &profiles);
            let attributes = self.attributes(&key("attributes"), &raw.attributes);
            let (Some(id), Some(base)) = (self.id(&key("id"), &raw.id), base) else { continue };
            let entity_id = match &raw.entity_id {
                Some(said) => self.entity_id(&key("entity-id"), said),
                None => Some(format!("{base}sp/{id}")),
            };
            if entities.iter().any(|other| other.id == id) {
                self.wrong(&key("id"), "one table for each relying party", &id);
            }
            let (Some(profile), Some(entity_id), Some(organization)) =
                (profile, entity_id, organization)
            else {
                continue;
            };
            let consumer = format!("{base}sp/{id}/acs");
            let description = describe(raw, profile, entity_id.clone(), base, organization);
            let decryption = self.decryption_pair(raw, &key);
            let validation = raw.validation.as_ref();
            let validation = validation.and_then(|file| self.certificate(&key("validation"), file));
            let description = Description {
                validation,
                encryption: decryption.iter().map(|(_, certificate)| certificate.clone()).collect(),
                consumers: vec![consumer.clone()],
                logouts: [Binding::Redirect, Binding::Post]
                    .map(|binding| LogoutService {
                        binding,
                        location: format!("{base}sp/{id}/slo"),
                        response_location: None,
                    })
                    .into(),
                attribute_sets: sets(raw, profile, organization, attributes.clone()),
                ..description
            };
            for fault in description.faults() {
                let field = match fault.field.as_str() {
                    "encryption" => "decryption-key",
                    field => field,
                };
                self.note(&key(field), fault.expected.to_owned(), fault.found);
            }
            let (trial, description) = (raw.trial, Some(description));
            let decryption = decryption.map(|(key, _)| key).into_iter().collect();
            entities.push(Entity {
                id,
                entity_id,
                consumer,
                attributes,
                trial,
                description,
                decryption,
            });
        }
        entities
    }

    /// The key for which assertions are encrypted, and its certificate (DER).
    fn decryption_pair(
        &mut self,
        raw: &raw::RelyingParty,
        key: &dyn Fn(&str) -> String,
    ) -> Option<(DecryptionKey, Vec<u8>)> {
        let (file, certificate) = match (&raw.decryption_key, &raw.decryption_certificate) {
            (None, None) => return None,
            (Some(file), Some(certificate)) => (file, certificate),
            (Some(_), None) => {
                let expected = "the file of the certificate of decryption-key";
                return self.none(&key("decryption-certificate"), expected, "");
            }
            (None, Some(found)) => {
                let expected = "nothing without decryption-key";
                return self.none(&key("decryption-certificate"), expected, found);
            }
        };
        let der = self.certificate(&key("decryption-certificate"), certificate);
        let pem = self.octets(&key("decryption-key"), file)?;
        let read = match DecryptionKey::from_pem(&pem) {
            Ok(read) => read,
            Err(error) => {
                let expected = "a file of an RSA key of 2048 bits or more, PEM, unencrypted";
                return self.none(&key("decryption-key"), expected, &format!("{file}: {error}"));
            }
        };
        let der = der?;
        if !read.is_of(&der) {
            let expected = "the certificate of decryption-key";
            return self.none(&key("decryption-certificate"), expected, certificate);
        }
        Some((read, der))
    }

    /// The certificate in `file`, DER.
    fn certificate(&mut self, key: &str, file: &str) -> Option<Vec<u8>> {
        let pem = self.octets(key, file)?;
        match Certificate::from_pem(&pem) {
            Ok(certificate) => Some(certificate.der),
            Err(_) => self.none(key, "a file of a certificate, PEM", file),
        }
    }
}

fn sets(
    raw: &raw::RelyingParty,
    profile: MetadataProfile,
    organization: &Organization,
    attributes: Vec<AttributeName>,
) -> Vec<AttributeSet> {
    if profile == MetadataProfile::Ficep {
        return AttributeSet::eidas();
    }
    let said = LocalName { it: raw.service_it.clone(), en: raw.service_en.clone() };
    let is_said = said != LocalName::default();
    let name = if is_said { said } else { organization.display_name.clone() };
    vec![AttributeSet { index: 0, name, attributes }]
}

fn describe(
    raw: &raw::RelyingParty,
    profile: MetadataProfile,
    entity_id: String,
    base: &Url,
    organization: &Organization,
) -> Description {
    let home = Some(base.to_string());
    let url = if organization.url == LocalName::default() {
        LocalName { it: home.clone(), en: home }
    } else {
        organization.url.clone()
    };
    let said = raw.contact.clone();
    let aggregated = aggregated(&raw.aggregated);
    // Whoever acts for others is named as the contact alone: the organisation is theirs (spid-saml §2.3).
    let named = aggregated.as_ref().and_then(|contact| contact.company.clone());
    let named = named.filter(|_| profile.has_aggregated());
    let own = named.is_some().then(|| organization.name.it.clone()).flatten();
    let organization = match named {
        None => Organization { url, ..organization.clone() },
        Some(name) => {
            let name = LocalName { it: Some(name), en: None };
            let url = LocalName { it: raw.aggregated.url.clone().or(url.it), en: None };
            Organization { display_name: name.clone(), name, url }
        }
    };
    Description {
        profile,
        entity_id,
        consumers: Vec::new(),
        logouts: Vec::new(),
        attribute_sets: Vec::new(),
        organization,
        contact: Contact {
            ipa_code: said.ipa_code,
            ipa_category: said.ipa_category,
            vat_number: said.vat_number,
            fiscal_code: said.fiscal_code,
            company: said.company.or(own),
            email: said.email,
            telephone: said.telephone,
            municipality: said.municipality,
            province: said.province,
            country: said.country,
            nace2: said.nace2.into_iter().collect(),
        },
        aggregated,
        invoicing: invoicing(&raw.invoicing),
        technical: None,
        encryption: Vec::new(),
        validation: None,
    }
}

/// Whoever is acted for; nothing, if nothing is said.
fn aggregated(raw: &raw::Aggregated) -> Option<Contact> {
    let said = Contact {
        company: raw.company.clone(),
        ipa_code: raw.ipa_code.clone(),
        vat_number: raw.vat_number.clone(),
        fiscal_code: raw.fiscal_code.clone(),
        email: raw.email.clone(),
        telephone: raw.telephone.clone(),
        ..Contact::default()
    };
    (said != Contact::default()).then_some(said)
}

/// Nothing, if nothing is said; what is missing of it is told by its own check.
fn invoicing(raw: &raw::Invoicing) -> Option<Invoicing> {
    let said = [
        &raw.name,
        &raw.vat_number,
        &raw.fiscal_code,
        &raw.street,
        &raw.number,
        &raw.postal_code,
        &raw.town,
        &raw.province,
        &raw.country,
        &raw.email,
        &raw.telephone,
    ];
    if said.into_iter().all(Option::is_none) {
        return None;
    }
    let must = |value: &Option<String>| value.clone().unwrap_or_default();
    Some(Invoicing {
        name: must(&raw.name),
        vat_number: raw.vat_number.clone(),
        fiscal_code: raw.fiscal_code.clone(),
        street: must(&raw.street),
        number: raw.number.clone(),
        postal_code: must(&raw.postal_code),
        town: must(&raw.town),
        province: raw.province.clone(),
        country: must(&raw.country),
        company: None,
        email: must(&raw.email),
        telephone: raw.telephone.clone(),
    })
}
