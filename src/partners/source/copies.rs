//! The last good copies of all sources: a snapshot, from which partners are taken.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::partners::registry::{Entry, Origin};
use crate::partners::source::good::{self, Good, Unread};
use crate::partners::source::policy::{Policy, Provides};
use crate::saml::metadata::aggregate::found::Roles;
use crate::saml::metadata::listing::Member;

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

impl Copies {
    /// What the source of that name has given.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Copy> {
        self.0.iter().find(|copy| copy.name == name)
    }
}

impl Copy {
    /// Its service providers as far as its documents are believed at `now`, or those of the others if they `ended`; those of long lists
    /// are asked for one by one.
    pub fn service_providers(
        &self,
        ended: bool,
        now: DateTime<Utc>,
    ) -> impl Iterator<Item = &Arc<Member>> {
        let documents = self.documents.values().filter(move |good| good.is_valid(now) != ended);
        let documents = documents.filter(|_| self.provides.service_providers());
        let members = documents.flat_map(|good| &good.listing.members);
        members.filter(|member| self.takes(&member.entity_id) && member.service_provider.is_some())
    }

    /// Its identity providers, those of long lists too, likewise; or what of one cannot be read at all.
    pub fn identity_providers(
        &self,
        now: DateTime<Utc>,
    ) -> impl Iterator<Item = (&str, Result<Arc<Member>, Unread>)> {
        let documents = self.valid(now).filter(|_| self.provides.identity_providers());
        documents.flat_map(move |good| {
            let trust = &self.policy.trust;
            let whole = good.listing.members.iter();
            let whole = whole.filter(|member| member.identity_provider.is_some());
            let whole = whole.map(|member| (member.entity_id.as_str(), Ok(Arc::clone(member))));
            let listed = good.list.iter().flat_map(move |list| {
                let listed = list.all().filter(|listed| listed.roles.identity_provider);
                listed.filter_map(move |listed| {
                    let read = good::read(list, listed.entity_id, trust, now).transpose()?;
                    Some((listed.entity_id, read.map(Arc::new)))
                })
            });
            whole.chain(listed).filter(|(name, _)| self.takes(name))
        })
    }

    /// What one of its long lists says of `entity_id`, as far as it is believed at `now`; `None` if there is none, or it cannot be read.
    #[must_use]
    pub fn listed(&self, entity_id: &str, now: DateTime<Utc>) -> Option<Member> {
        self.lists(entity_id, now)?;
        let lists = self.valid(now).filter_map(|good| good.list.as_ref());
        let mut read = lists.map(|list| good::read(list, entity_id, &self.policy.trust, now));
        read.find_map(|read| read.ok().flatten())
    }

    /// The metadata of `entity_id` as one of its long lists has them.
    #[must_use]
    pub fn listed_text(&self, entity_id: &str, now: DateTime<Utc>) -> Option<String> {
        self.lists(entity_id, now)?;
        let lists = self.valid(now).filter_map(|good| good.list.as_ref());
        let mut found = lists.map(|list| list.find(entity_id));
        found.find_map(|found| Some(found.ok()??.xml.clone()))
    }

    /// What kinds of entity `entity_id` is in one of its long lists that is believed at `now`; nothing is read for it.
    #[must_use]
    pub fn lists(&self, entity_id: &str, now: DateTime<Utc>) -> Option<Roles> {
        if !self.takes(entity_id) {
            return None;
        }
        self.valid(now).filter_map(|good| good.list.as_ref()).find_map(|list| list.roles(entity_id))
    }

    /// The service providers of its long lists, by name; nothing is read for them.
    pub fn listed_service_providers(&self, now: DateTime<Utc>) -> impl Iterator<Item = &str> {
        let documents = self.valid(now).filter(|_| self.provides.service_providers());
        let listed = documents.filter_map(|good| good.list.as_ref()).flat_map(|list| list.all());
        let listed = listed.filter(|listed| listed.roles.service_provider);
        listed.map(|listed| listed.entity_id).filter(|name| self.takes(name))
    }

    /// It with its long lists alone, if it has one.
    #[must_use]
    pub fn of_lists(&self) -> Option<Self> {
        let mut lists = self.clone();
        lists.documents.retain(|_, good| good.list.is_some());
        let is_of_use = self.provides.service_providers() && !lists.documents.is_empty();
        is_of_use.then_some(lists)
    }

    /// Where what it says of an entity is from.
    #[must_use]
    pub fn origin(&self, entity_id: &str) -> Origin {
        Origin::Source(self.name.clone(), entity_id.to_owned())
    }

    fn takes(&self, entity_id: &str) -> bool {
        self.policy.takes(entity_id) && !self.ourselves.iter().any(|ours| ours == entity_id)
    }

    fn valid(&self, now: DateTime<Utc>) -> impl Iterator<Item = &Arc<Good>> {
        self.documents.values().filter(move |good| good.is_valid(now))
    }
}
