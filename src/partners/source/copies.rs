//! The last good copies of all sources: a snapshot, from which partners are taken.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::partners::registry::{Entry, Origin};
use crate::partners::source::judge::Good;
use crate::partners::source::policy::{Policy, Provides};
use crate::saml::metadata::error::MetadataError;
use crate::saml::metadata::listing::Member;
use crate::saml::partner::ServiceProvider;
use crate::saml::upstream::provider::IdentityProvider;

/// What sources have given, in the order in which they go.
#[derive(Clone, Debug, Default)]
pub struct Copies(pub Vec<Copy>);

/// What one source has given.
#[derive(Clone, Debug)]
pub struct Copy {
    /// The source's name.
    pub name: String,
    /// Whom it tells of.
    pub provides: Provides,
    /// Which of them are taken.
    pub policy: Policy,
    /// What is settled with its service providers.
    pub entry: Entry,
    /// The entityIDs that we bear.
    pub ourselves: Arc<[String]>,
    /// The documents, by their name.
    pub documents: BTreeMap<String, Arc<Good>>,
}

/// What an entity of a copy says in the role asked for, or what is wrong with that.
pub type Said<'a, T> = (&'a str, Result<&'a T, &'a MetadataError>);

impl Copies {
    /// What the source of that name has given.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Copy> {
        self.0.iter().find(|copy| copy.name == name)
    }
}

impl Copy {
    /// Its service providers, with their entityIDs, as far as its documents are believed at `now`.
    pub fn service_providers(
        &self,
        now: DateTime<Utc>,
    ) -> impl Iterator<Item = Said<'_, ServiceProvider>> {
        self.members(now).filter(|_| self.provides.service_providers()).filter_map(|member| {
            let said = member.service_provider.as_ref()?;
            Some((member.entity_id.as_str(), said.as_ref()))
        })
    }

    /// Its identity providers, likewise.
    pub fn identity_providers(
        &self,
        now: DateTime<Utc>,
    ) -> impl Iterator<Item = Said<'_, IdentityProvider>> {
        self.members(now).filter(|_| self.provides.identity_providers()).filter_map(|member| {
            let said = member.identity_provider.as_ref()?;
            Some((member.entity_id.as_str(), said.as_ref()))
        })
    }

    /// Where what it says of an entity is from.
    #[must_use]
    pub fn origin(&self, entity_id: &str) -> Origin {
        Origin::Source(self.name.clone(), entity_id.to_owned())
    }

    fn members(&self, now: DateTime<Utc>) -> impl Iterator<Item = &Member> {
        let valid = self.documents.values().filter(move |good| good.is_valid(now));
        valid.flat_map(|good| &good.listing.members).filter(|member| {
            self.policy.takes(&member.entity_id) && !self.ourselves.contains(&member.entity_id)
        })
    }
}
