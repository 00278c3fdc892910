//! Who we are to service providers.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::cli::error::CliError;
use crate::cli::signing::Signing;
use crate::config::settings::Settings;
use crate::flow::env::Published;
use crate::flow::publishing::{Publishing, Terms};
use crate::identity::attributes::AttributeName;
use crate::identity::kind::Purpose;
use crate::identity::name_id::NameIdKind;
use crate::saml::identity_provider::{IdentityProvider, SingleLogout, Supported};
use crate::saml::metadata::{publish, write};
use crate::saml::profile::spid::CLASSES;
use crate::saml::upstream::metadata::write as write_entity;

/// Ourselves, by these settings.
#[must_use]
pub fn identity_provider(settings: &Settings) -> IdentityProvider {
    IdentityProvider {
        entity_id: settings.idp.entity_id.clone(),
        single_sign_on: format!("{}saml/sso", settings.server.base_url),
        single_logout: Some(SingleLogout {
            location: format!("{}saml/slo", settings.server.base_url),
            response_location: Some(format!("{}saml/slo/response", settings.server.base_url)),
        }),
        organization: settings.idp.organization.clone(),
        name_ids: vec![NameIdKind::Transient, NameIdKind::Persistent],
        attributes: AttributeName::ALL.to_vec(),
        supported: Supported {
            classes: CLASSES
                .into_iter()
                .filter(|class| class.level() <= settings.max_level)
                .collect(),
            purposes: Purpose::ALL.map(Purpose::as_str).to_vec(),
            age_limit: true,
        },
    }
}

/// The metadata of each entity that we are to other identity providers, signed.
///
/// # Errors
/// As [`document`].
pub fn of_entities(
    settings: &Settings,
    signing: &Signing,
    now: DateTime<Utc>,
) -> Result<HashMap<String, Published>, CliError> {
    let mut documents = HashMap::new();
    for entity in &settings.relying_parties {
        let Some(description) = &entity.description else { continue };
        let id = xml_id(&entity.entity_id);
        let written = write_entity::write(description, &id, &*signing.signer, &signing.further);
        let xml = written.map_err(|error| CliError::Entity(entity.id.clone(), error))?;
        documents.insert(entity.id.clone(), Published::new(xml, now));
    }
    Ok(documents)
}

/// What is published by `terms`.
#[must_use]
pub fn publishing(settings: &Settings, terms: Terms) -> Publishing {
    let own = settings.relying_parties.iter();
    let own = own.map(|entity| (entity.entity_id.clone(), entity.id.clone()));
    Publishing::new(terms, &settings.idp.entity_id, own)
}

/// The XML ID of the metadata of `entity_id`.
#[must_use]
pub fn xml_id(entity_id: &str) -> String {
    publish::xml_id(entity_id)
}

/// Our metadata, signed. Its XML ID follows from the entityID, so that nothing changes from one start to the next
/// but what was changed.
///
/// # Errors
/// When a value has a character that XML cannot carry, or the key does not sign.
pub fn document(idp: &IdentityProvider, signing: &Signing) -> Result<String, CliError> {
    let id = xml_id(&idp.entity_id);
    let signed = write::write(idp, &id, &*signing.signer, &signing.further);
    signed.map_err(CliError::Metadata)
}
