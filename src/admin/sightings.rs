//! What service providers are seen to know of our keys.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::admin::desk::{Desk, DeskError};
use crate::flow::sighting::address_query;
use crate::store::sightings::{self, Sighting};

/// What may be asked.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum AskSightings {
    /// All service providers.
    List,
    /// Note that somebody says that a service provider knows a certificate of ours.
    Confirm {
        /// Its entityID.
        entity_id: String,
        /// The certificate's thumbprint.
        certificate: String,
    },
}

/// Carries out `asked`; all service providers as they are then, by entityID.
///
/// # Errors
/// When there is no such service provider, or the store fails.
pub async fn carry_out(
    desk: &Desk<'_>,
    asked: AskSightings,
    now: DateTime<Utc>,
) -> Result<Vec<Seen>, DeskError> {
    if let AskSightings::Confirm { entity_id, certificate } = asked {
        confirm(desk, &entity_id, &certificate, now).await?;
    }
    list(desk, now).await
}

/// One service provider, and what it knows.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Seen {
    /// Its entityID.
    pub entity_id: String,
    /// Whether it is refused.
    pub disabled: bool,
    /// What it adds to the address of our metadata.
    pub query: String,
    /// What it was seen to know.
    pub sighting: Sighting,
}

async fn list(desk: &Desk<'_>, now: DateTime<Utc>) -> Result<Vec<Seen>, DeskError> {
    let built = desk.sources.gather(desk.records, now).await?;
    let mut all = Vec::new();
    for partner in built.registry.all() {
        let entity_id = partner.entity_id.clone();
        let sighting = sightings::load(desk.records, &entity_id, now).await?.value;
        let query = address_query(desk.records, &entity_id)?;
        all.push(Seen { entity_id, disabled: partner.disabled, query, sighting });
    }
    all.sort_unstable_by(|a, b| a.entity_id.cmp(&b.entity_id));
    Ok(all)
}

async fn confirm(
    desk: &Desk<'_>,
    entity_id: &str,
    certificate: &str,
    now: DateTime<Utc>,
) -> Result<(), DeskError> {
    let built = desk.sources.gather(desk.records, now).await?;
    if built.registry.find(entity_id, now).is_none() {
        return Err(DeskError::NoPartner(entity_id.to_owned()));
    }
    sightings::confirmed(desk.records, entity_id, certificate, now).await?;
    tracing::info!(event = "keys.confirmed", relying_party = entity_id, certificate);
    Ok(())
}
