//! The service providers that we answer to: a snapshot, made whole and then only read.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::assurance::level::Level;
use crate::identity::attributes::AttributeName;
use crate::identity::name_id::NameIdKind;
use crate::partners::listed::List;
use crate::partners::source::copies::{Copies, Copy};
use crate::saml::attribute_names::{NameStyle, Renamed};
use crate::saml::metadata::error::{MetadataError, Warning};
use crate::saml::metadata::listing::Member;
use crate::saml::metadata::read::{Unsigned, read};
use crate::saml::partner::{AttributeSet, Profile, ServiceProvider, SingleSignOn, WaysIn};
use crate::saml::xml::root_attribute;
use crate::world::digest::sha256;

/// The service providers by entityID.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    by_entity_id: HashMap<String, Arc<ServiceProvider>>,
    origins: HashMap<String, Origin>,
    settled: Arc<HashMap<String, Entry>>,
    /// Where metadata are from that name an entityID and cannot be used.
    unusable: HashMap<String, Origin>,
    documents: HashMap<String, Document>,
    lists: Vec<Arc<List>>,
}

/// The metadata of a service provider, as they are used.
#[derive(Clone, Debug)]
pub struct Document {
    /// The text.
    pub xml: Arc<str>,
    /// Its SHA-256.
    pub digest: [u8; 32],
}

/// What we settle with one service provider, beside its metadata.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Entry {
    /// Its rules; `None`: as its metadata looks.
    pub profile: Option<Profile>,
    /// Our least level for it.
    pub minimum_level: Option<Level>,
    /// What a session may serve for; `None`: as its profile has it.
    pub single_sign_on: Option<SingleSignOn>,
    /// What it is given if its metadata ask for nothing.
    pub attributes: Vec<AttributeName>,
    /// Whether it is refused.
    pub disabled: bool,
    /// The kind of name that it gets if it asks for none; `None`: as its metadata says first.
    pub name_id: Option<NameIdKind>,
    /// Whether assertions to it are encrypted: then its metadata must have a key for that.
    pub encrypt_assertion: bool,
    /// By what names it knows attributes; `None`: by those of its metadata.
    pub attribute_style: Option<NameStyle>,
    /// The attributes that it knows by names of its own.
    pub attribute_names: Vec<Renamed>,
    /// Whether people may start at us.
    pub unsolicited: bool,
    /// By what ways people may come in.
    pub ways: WaysIn,
}

/// The metadata of one service provider, and where they are from.
#[derive(Clone, Debug)]
pub struct Source {
    /// Where they are from, for people to read.
    pub origin: Origin,
    /// The metadata.
    pub xml: String,
    /// What was settled when they were added; an entry by entityID goes before it.
    pub entry: Option<Entry>,
}

/// Where metadata are from.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Origin {
    /// A file.
    File(PathBuf),
    /// The store, where the service provider was added under this entityID.
    Store(String),
    /// A source of that name, which gave this entityID.
    Source(String, String),
}

/// A registry with what was found when it was made.
#[derive(Debug, Default)]
pub struct Built {
    /// The service providers that can be used.
    pub registry: Registry,
    /// What cannot be used, and why.
    pub faults: Vec<PartnerFault>,
    /// What is odd in what is used.
    pub warnings: Vec<(Origin, Warning)>,
    /// EntityIDs that have an entry and no metadata, sorted.
    pub unmatched: Vec<String>,
    /// Where the metadata in use are from, by entityID.
    pub origins: HashMap<String, Origin>,
}

/// Metadata that are not used; the others are. Shown with all its causes, in one line.
#[derive(Debug)]
pub struct PartnerFault {
    /// Which.
    pub origin: Origin,
    /// Why.
    pub problem: Problem,
}

/// Why metadata are not used.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// They cannot be got.
    #[error("it cannot be read")]
    Io(#[from] io::Error),
    /// They are refused.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// The same entityID came before; that one is used.
    #[error("the entityID {entity_id:?} is already that of {other}, which is used")]
    Duplicate {
        /// The name.
        entity_id: String,
        /// Whose it is.
        other: Origin,
    },
    /// Assertions are to be encrypted, and cannot be.
    #[error(
        "its assertions are to be encrypted, and its metadata has no RSA key of 2048 bits for it"
    )]
    NoEncryptionKey,
    /// What we settled with it is not for its profile.
    #[error(
        "{0} is for service providers of the generic profile, and this one is held to SPID's rules"
    )]
    NotForSpid(&'static str),
    /// They are refused, in a source.
    #[error("{0}")]
    InSource(String),
    /// The name is ours.
    #[error("the entityID {0:?} is our own")]
    Ourselves(String),
}

impl Registry {
    /// Makes a registry of `sources`, with the `entries` settled by entityID; `ourselves` is our own
    /// entityID, which nobody else may bear. What is refused is reported, and stops nothing else.
    #[must_use]
    pub fn build(
        sources: &[Source],
        entries: &HashMap<String, Entry>,
        ourselves: &str,
        now: DateTime<Utc>,
    ) -> Built {
        let mut built = Built::default();
        let mut first: HashMap<String, Origin> = HashMap::new();
        for source in sources {
            let origin = source.origin.clone();
            let described = match read(&source.xml, Unsigned::Accept, now) {
                Ok(described) => described,
                Err(error) => {
                    if let Some(entity_id) = root_attribute(&source.xml, "entityID") {
                        built.registry.unusable.insert(entity_id, origin.clone());
                    }
                    built.faults.push(PartnerFault { origin, problem: error.into() });
                    continue;
                }
            };
            let entity_id = described.service_provider.entity_id.clone();
            if entity_id == ourselves {
                let problem = Problem::Ourselves(entity_id);
                built.faults.push(PartnerFault { origin, problem });
                continue;
            }
            if let Some(other) = first.get(&entity_id).cloned() {
                let problem = Problem::Duplicate { entity_id, other };
                built.faults.push(PartnerFault { origin, problem });
                continue;
            }
            first.insert(entity_id.clone(), origin.clone());
            let warnings = described.warnings.into_iter();
            built.warnings.extend(warnings.map(|warning| (origin.clone(), warning)));
            let mut service_provider = described.service_provider;
            if let Some(entry) = entries.get(&entity_id).or(source.entry.as_ref())
                && let Err(problem) = entry.settle(&mut service_provider)
            {
                built.faults.push(PartnerFault { origin, problem });
                continue;
            }
            let document =
                Document { xml: source.xml.as_str().into(), digest: sha256(source.xml.as_bytes()) };
            built.registry.documents.insert(entity_id.clone(), document);
            built.registry.by_entity_id.insert(entity_id, Arc::new(service_provider));
        }
        let unmatched = entries.keys().filter(|entity_id| !first.contains_key(*entity_id));
        built.unmatched = unmatched.cloned().collect();
        built.unmatched.sort_unstable();
        built.registry.origins.clone_from(&first);
        built.registry.settled = Arc::new(entries.clone());
        built.origins = first;
        built
    }

    /// The service provider of that entityID, also if it is disabled (its callers tell it so); `None`
    /// once its metadata are no longer valid at `now`.
    #[must_use]
    pub fn find(&self, entity_id: &str, now: DateTime<Utc>) -> Option<Arc<ServiceProvider>> {
        let found = match self.by_entity_id.get(entity_id) {
            Some(found) => Arc::clone(found),
            None => self.lists.iter().find_map(|list| list.find(entity_id, &self.settled, now))?,
        };
        let is_valid = found.valid_until.is_none_or(|until| now < until);
        is_valid.then_some(found)
    }

    /// The metadata of that entityID, while they are valid and it is not disabled.
    #[must_use]
    pub fn document(&self, entity_id: &str, now: DateTime<Utc>) -> Option<&Document> {
        self.find(entity_id, now).filter(|found| !found.disabled)?;
        self.documents.get(entity_id)
    }

    /// Where metadata of that entityID are from, also if they cannot be used now.
    #[must_use]
    pub fn taken_by(&self, entity_id: &str, now: DateTime<Utc>) -> Option<Origin> {
        self.origin(entity_id, now).or_else(|| self.unusable.get(entity_id).cloned())
    }

    /// The same with `service_provider` in the place of whoever bears its entityID.
    #[must_use]
    pub fn with(mut self, service_provider: ServiceProvider) -> Self {
        self.by_entity_id.insert(service_provider.entity_id.clone(), Arc::new(service_provider));
        self
    }

    /// The same with what `copy` says of `entity_id` too, if it says something and nobody else does.
    #[must_use]
    pub fn with_copy(&self, copy: &Copy, entity_id: &str, now: DateTime<Utc>) -> Option<Self> {
        let mut members = copy.service_providers(false, now);
        let member = members.find(|member| member.entity_id == entity_id)?;
        let mut registry = self.clone();
        let said = member.service_provider.as_ref()?.as_ref().ok()?;
        registry.take(copy, entity_id, said).ok()?;
        Some(registry)
    }

    /// Takes a service provider of `copy`.
    fn take(
        &mut self,
        copy: &Copy,
        entity_id: &str,
        said: &ServiceProvider,
    ) -> Result<Origin, Problem> {
        let service_provider = settled(said, &self.settled, copy)?;
        let origin = copy.origin(entity_id);
        self.by_entity_id.insert(entity_id.to_owned(), Arc::new(service_provider));
        self.origins.insert(entity_id.to_owned(), origin.clone());
        Ok(origin)
    }

    /// All of them, by entityID, but those of long lists of sources.
    #[must_use]
    pub fn all(&self) -> Vec<&Arc<ServiceProvider>> {
        let mut all: Vec<_> = self.by_entity_id.values().collect();
        all.sort_unstable_by(|a, b| a.entity_id.cmp(&b.entity_id));
        all
    }

    /// How many service providers the long list of each source has beside these, by the source's name.
    #[must_use]
    pub fn listed(&self) -> Vec<(String, usize)> {
        self.lists.iter().map(|list| (list.copy.name.clone(), list.count)).collect()
    }

    /// The metadata of `entity_id` as a long list has them.
    #[must_use]
    pub fn listed_text(&self, entity_id: &str, now: DateTime<Utc>) -> Option<String> {
        self.lists.iter().find_map(|list| list.copy.listed_text(entity_id, now))
    }

    /// How many there are, those of long lists with them.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_entity_id.len() + self.lists.iter().map(|list| list.count).sum::<usize>()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where the metadata of `entity_id` are from.
    #[must_use]
    pub fn origin(&self, entity_id: &str, now: DateTime<Utc>) -> Option<Origin> {
        let listed = || {
            let list = self.lists.iter().find(|list| list.has(entity_id, now))?;
            Some(list.copy.origin(entity_id))
        };
        self.origins.get(entity_id).cloned().or_else(listed)
    }
}

impl Built {
    /// Adds whom sources tell of at `now`. Who is there already stays: a file, the store and a source that goes first go first. Last come
    /// those whose time has ended: they are not believed, but a clock that is set right again must find them.
    pub fn add_copies(&mut self, copies: &Copies, now: DateTime<Utc>) {
        for copy in &copies.0 {
            for member in copy.service_providers(false, now) {
                if let Err(problem) = self.add_member(copy, member, now) {
                    let origin = copy.origin(&member.entity_id);
                    self.faults.push(PartnerFault { origin, problem });
                }
            }
            if let Some(lists) = copy.of_lists() {
                let is_new = |name: &&str| self.registry.origin(name, now).is_none();
                let count = lists.listed_service_providers(now).filter(is_new).count();
                self.registry.lists.push(Arc::new(List::new(lists, count)));
            }
        }
        let registry = &self.registry;
        self.unmatched.retain(|entity_id| registry.origin(entity_id, now).is_none());
        for copy in &copies.0 {
            for member in copy.service_providers(true, now) {
                // What was wrong with it was told when it counted.
                let _ = self.add_member(copy, member, now);
            }
        }
    }

    fn add_member(
        &mut self,
        copy: &Copy,
        member: &Member,
        now: DateTime<Utc>,
    ) -> Result<(), Problem> {
        let entity_id = member.entity_id.as_str();
        let is_listed = || self.registry.lists.iter().any(|list| list.has(entity_id, now));
        if self.origins.contains_key(entity_id) || is_listed() {
            return Ok(());
        }
        let origin = match &member.service_provider {
            Some(Ok(said)) => self.registry.take(copy, entity_id, said)?,
            Some(Err(error)) => return Err(Problem::InSource(error.to_string())),
            None => return Ok(()),
        };
        self.origins.insert(entity_id.to_owned(), origin);
        Ok(())
    }

    /// Where something cannot be used as it is now, what `before` had from there stays in use, as the `entries` settle it
    /// now. Comes back with the entityIDs that stay so.
    pub fn keep(&mut self, before: &Registry, entries: &HashMap<String, Entry>) -> Vec<String> {
        let mut kept = Vec::new();
        for (entity_id, origin) in &before.origins {
            let is_broken = self.faults.iter().any(|fault| fault.is_of(origin));
            let Some(old) = before.by_entity_id.get(entity_id).filter(|_| is_broken) else {
                continue;
            };
            if self.registry.by_entity_id.contains_key(entity_id) {
                continue;
            }
            let mut service_provider = (**old).clone();
            // What it was cannot serve either if it does not do for what is settled now.
            let entry = entries.get(entity_id);
            if entry.is_some_and(|entry| entry.settle(&mut service_provider).is_err()) {
                continue;
            }
            self.registry.by_entity_id.insert(entity_id.clone(), Arc::new(service_provider));
            self.registry.origins.insert(entity_id.clone(), origin.clone());
            self.origins.insert(entity_id.clone(), origin.clone());
            if let Some(document) = before.documents.get(entity_id) {
                self.registry.documents.insert(entity_id.clone(), document.clone());
            }
            self.unmatched.retain(|unmatched| unmatched != entity_id);
            kept.push(entity_id.clone());
        }
        kept.sort_unstable();
        kept
    }
}

impl PartnerFault {
    /// Whether it tells of what comes from `origin`: the same, or a folder that could not be read.
    fn is_of(&self, origin: &Origin) -> bool {
        match (&self.origin, origin) {
            _ if matches!(self.problem, Problem::Ourselves(_)) => false,
            (Origin::File(broken), Origin::File(path)) => path.starts_with(broken),
            (broken, origin) => broken == origin,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Store(entity_id) => write!(f, "the store, {entity_id}"),
            Self::Source(name, entity_id) => write!(f, "the source {name}, {entity_id}"),
        }
    }
}

impl fmt::Display for PartnerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.origin, self.problem)?;
        let mut cause = self.problem.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl Error for PartnerFault {}

/// What `said` is with what is settled with it, or else with those of `copy`.
pub(super) fn settled(
    said: &ServiceProvider,
    entries: &HashMap<String, Entry>,
    copy: &Copy,
) -> Result<ServiceProvider, Problem> {
    let mut service_provider = said.clone();
    let entry = entries.get(&said.entity_id).unwrap_or(&copy.entry);
    entry.settle(&mut service_provider)?;
    Ok(service_provider)
}

impl Entry {
    fn settle(&self, service_provider: &mut ServiceProvider) -> Result<(), Problem> {
        if let Some(profile) = self.profile {
            service_provider.profile = profile;
        }
        service_provider.minimum_level = self.minimum_level;
        service_provider.single_sign_on = self.single_sign_on;
        service_provider.disabled = self.disabled;
        service_provider.ways = self.ways.clone();
        let asks = service_provider.attribute_sets.iter().any(|set| !set.attributes.is_empty());
        if !asks && !self.attributes.is_empty() {
            service_provider.attribute_sets = vec![AttributeSet {
                index: 0,
                is_default: true,
                name: service_provider.organization.clone(),
                attributes: self.attributes.clone(),
            }];
        }
        self.settle_answers(service_provider)
    }

    /// What SPID's profile leaves no choice about.
    fn settle_answers(&self, service_provider: &mut ServiceProvider) -> Result<(), Problem> {
        if service_provider.profile == Profile::Spid {
            let settled = [
                ("name-id", self.name_id.is_some_and(|kind| kind != NameIdKind::Transient)),
                ("encrypt-assertion", self.encrypt_assertion),
                ("attribute-style", self.attribute_style.is_some_and(|it| it != NameStyle::Spid)),
                ("attribute-names", !self.attribute_names.is_empty()),
                ("unsolicited", self.unsolicited),
            ];
            let wrong = settled.into_iter().find(|(_, is_settled)| *is_settled);
            return wrong.map_or(Ok(()), |(key, _)| Err(Problem::NotForSpid(key)));
        }
        if self.encrypt_assertion && service_provider.encryption_keys.is_empty() {
            return Err(Problem::NoEncryptionKey);
        }
        if let Some(kind) = self.name_id {
            service_provider.name_ids.retain(|other| *other != kind);
            service_provider.name_ids.insert(0, kind);
        }
        let answers = &mut service_provider.answers;
        answers.encrypted = self.encrypt_assertion;
        answers.unsolicited = self.unsolicited;
        if let Some(style) = self.attribute_style {
            let named = |attribute: &AttributeName| {
                Some(Renamed { attribute: *attribute, name: style.name(*attribute)? })
            };
            answers.names = AttributeName::ALL.iter().filter_map(named).collect();
        }
        for renamed in &self.attribute_names {
            answers.names.retain(|other| other.attribute != renamed.attribute);
            answers.names.push(renamed.clone());
        }
        Ok(())
    }
}
