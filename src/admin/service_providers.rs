//! Service providers: gathered from folder and store, added, shown, removed.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::admin::command::Done;
use crate::admin::desk::{Desk, DeskError};
use crate::admin::partner::Partner;
use crate::flow::env::Swapped;
use crate::partners::folder;
use crate::partners::registry::{Built, Entry, Origin, Registry, Source};
use crate::partners::source::copies::Copies;
use crate::saml::metadata::read::{Unsigned, read};
use crate::saml::partner::ServiceProvider;
use crate::store::port::{Committed, StoreError};
use crate::store::record::Records;
use crate::store::service_providers as kept;

/// Where service providers are from, besides the store.
#[derive(Clone, Debug)]
pub struct Sources {
    /// The folder of their metadata files.
    pub folder: PathBuf,
    /// What the configuration settles with them, by entityID.
    pub entries: HashMap<String, Entry>,
    /// Our own entityID.
    pub ourselves: String,
    /// What sources have given.
    pub copies: Arc<Swapped<Copies>>,
}

impl Sources {
    /// Reads them all: the files of the folder, what was added to the store, and what sources have given.
    ///
    /// # Errors
    /// When the store fails. What is wrong with metadata is in what is returned.
    pub async fn gather(
        &self,
        records: Records<'_>,
        now: DateTime<Utc>,
    ) -> Result<Built, StoreError> {
        let (mut sources, unreadable) = folder::read_folder(&self.folder);
        for entry in kept::list(records, now).await? {
            let Some(bytes) = kept::metadata(records, &entry, now).await? else { continue };
            sources.push(Source {
                origin: Origin::Store(entry.entity_id.clone()),
                xml: String::from_utf8_lossy(&bytes).into_owned(),
                entry: serde_json::from_value(entry.settings).ok(),
            });
        }
        let mut built = Registry::build(&sources, &self.entries, &self.ourselves, now);
        built.faults.splice(0..0, unreadable);
        built.add_copies(&self.copies.snapshot(), now);
        Ok(built)
    }
}

/// Adds a service provider, or puts its new metadata in the place of the old.
///
/// # Errors
/// When the metadata cannot be taken, a file describes the same service provider, or the store fails.
pub async fn add(
    desk: &Desk<'_>,
    metadata: &str,
    entry: &Entry,
    now: DateTime<Utc>,
) -> Result<Done, DeskError> {
    let described = read(metadata, Unsigned::Accept, now).map_err(DeskError::Metadata)?;
    let entity_id = described.service_provider.entity_id;
    if entity_id == desk.sources.ourselves {
        return Err(DeskError::Ourselves(entity_id));
    }
    let before = desk.sources.gather(desk.records, now).await?;
    if let Some(origin @ Origin::File(_)) = before.origins.get(&entity_id) {
        return Err(DeskError::InFolder { entity_id, origin: origin.clone() });
    }
    let settings = serde_json::to_value(entry).map_err(DeskError::Entry)?;
    match kept::add(desk.records, &entity_id, metadata, settings, now).await? {
        Committed::Done => {}
        Committed::Conflict(_) => return Err(DeskError::Contended),
    }
    let built = desk.sources.gather(desk.records, now).await?;
    let partner = find(&built, &entity_id, now).ok_or(DeskError::NoPartner(entity_id.clone()))?;
    take_up(desk, built);
    Ok(Done::ServiceProviderAdded {
        service_provider: Box::new(partner),
        replaced: before.origins.contains_key(&entity_id),
        warnings: described.warnings.iter().map(ToString::to_string).collect(),
    })
}

/// The metadata of one, as they came.
///
/// # Errors
/// When the store fails.
pub async fn metadata(
    desk: &Desk<'_>,
    entity_id: &str,
    now: DateTime<Utc>,
) -> Result<Done, DeskError> {
    let text = |registry: &Registry| {
        let document = registry.document(entity_id, now);
        document.map(|it| it.xml.to_string()).or_else(|| registry.listed_text(entity_id, now))
    };
    let found = match desk.partners {
        Some(partners) => text(&partners.snapshot()),
        None => text(&desk.sources.gather(desk.records, now).await?.registry),
    };
    Ok(Done::Metadata(found))
}

/// All service providers, and what of their metadata cannot be used.
///
/// # Errors
/// When the store fails.
pub async fn list(desk: &Desk<'_>, now: DateTime<Utc>) -> Result<Done, DeskError> {
    let built = desk.sources.gather(desk.records, now).await?;
    let all = built.registry.all();
    let partners = all.into_iter().map(|one| partner(one, &built, now)).collect();
    Ok(Done::ServiceProviders(partners, built.faults.iter().map(ToString::to_string).collect()))
}

/// One service provider.
///
/// # Errors
/// When there is none, or the store fails.
pub async fn show(
    desk: &Desk<'_>,
    entity_id: &str,
    now: DateTime<Utc>,
) -> Result<Partner, DeskError> {
    let built = desk.sources.gather(desk.records, now).await?;
    let listed = || Some(partner(built.registry.find(entity_id, now)?.as_ref(), &built, now));
    let found = find(&built, entity_id, now).or_else(listed);
    found.ok_or_else(|| DeskError::NoPartner(entity_id.to_owned()))
}

/// Removes a service provider that was added.
///
/// # Errors
/// When there is none, a file describes it, or the store fails.
pub async fn remove(desk: &Desk<'_>, entity_id: &str, now: DateTime<Utc>) -> Result<(), DeskError> {
    if !kept::remove(desk.records, entity_id, now).await? {
        let built = desk.sources.gather(desk.records, now).await?;
        let entity_id = entity_id.to_owned();
        return Err(match built.origins.get(&entity_id) {
            Some(origin) => DeskError::InFolder { entity_id, origin: origin.clone() },
            None => DeskError::NoPartner(entity_id),
        });
    }
    take_up(desk, desk.sources.gather(desk.records, now).await?);
    Ok(())
}

/// What was gathered is what the server answers by, from here on.
pub(in crate::admin) fn take_up(desk: &Desk<'_>, mut built: Built) {
    if let Some(partners) = desk.partners {
        built.keep(&partners.snapshot(), &desk.sources.entries);
        partners.swap(built.registry);
    }
}

pub(in crate::admin) fn find(
    built: &Built,
    entity_id: &str,
    now: DateTime<Utc>,
) -> Option<Partner> {
    let all = built.registry.all();
    all.into_iter().find(|one| one.entity_id == entity_id).map(|one| partner(one, built, now))
}

fn partner(of: &ServiceProvider, built: &Built, now: DateTime<Utc>) -> Partner {
    let mut consumers: Vec<_> = of.consumers.iter().collect();
    let default = of.default_consumer();
    consumers.sort_by_key(|consumer| Some(*consumer) != default);
    let sets = of.attribute_sets.iter();
    Partner {
        entity_id: of.entity_id.clone(),
        name: of.organization.clone(),
        profile: of.profile,
        minimum_level: of.minimum_level,
        session_level: of.session_level(),
        disabled: of.disabled,
        valid_until: of.valid_until,
        origin: built
            .registry
            .origin(&of.entity_id, now)
            .map(|origin| origin.to_string())
            .unwrap_or_default(),
        keys: of.keys.len(),
        certificates: of.keys.iter().map(|key| (key.not_before(), key.not_after())).collect(),
        consumers: consumers.into_iter().map(|one| (one.index, one.location.clone())).collect(),
        attribute_sets: sets
            .map(|set| (set.index, set.name.clone(), set.attributes.clone()))
            .collect(),
    }
}
