//! What is published beside our own metadata: who is in it, each document signed once and kept, signed anew in time.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::flow::env::{Env, KeySet, Published};
use crate::partners::aggregate::kept::Kept;
use crate::partners::registry::Registry;
use crate::saml::metadata::publish::{self, PublishError, xml_id};
use crate::world::digest::{self, Sha256, sha1, sha256};
use crate::world::signer::Signer;

/// How many documents of one entity are held.
const KEPT: usize = 4096;

/// What the administrator chose.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Whether there is an MDQ server.
    pub mdq: bool,
    /// Whether there is a list of all.
    pub list: bool,
    /// Whose metadata are published beside ours.
    pub partners: Which,
    /// The list's name.
    pub name: Option<String>,
    /// How long what is published is valid.
    pub valid: TimeDelta,
    /// How long others need not ask again.
    pub cache: TimeDelta,
}

/// Which service providers.
#[derive(Clone, Debug)]
pub enum Which {
    /// All that are not disabled.
    All,
    /// Those of these entityIDs.
    These(BTreeSet<String>),
}

/// What is asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Asked<'a> {
    /// An entityID.
    Name(&'a str),
    /// The SHA-1 of one.
    Sha1([u8; 20]),
}

/// Metadata as they came, to be published.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Whose.
    pub entity_id: String,
    /// The text.
    pub xml: Arc<str>,
    /// What tells two versions of it apart.
    pub version: Vec<u8>,
}

/// What is published.
#[derive(Debug)]
pub struct Publishing {
    terms: Terms,
    idp: String,
    /// Our entities towards upstreams: entityID and the name in the settings.
    own: Vec<(String, String)>,
    held: Mutex<Kept<Held>>,
    list: Mutex<Option<Held>>,
    /// What the list was last seen to be made of, and when.
    seen: Mutex<Option<Seen>>,
    /// Held by whoever makes the list.
    making: tokio::sync::Mutex<()>,
    digests: Mutex<Option<(Arc<Registry>, Digests)>>,
}

type Seen = (Arc<Registry>, Arc<KeySet>, DateTime<Utc>);
type Digests = Arc<HashMap<[u8; 20], String>>;

/// A document that was signed.
#[derive(Clone, Debug)]
struct Held {
    version: Vec<u8>,
    certificate: [u8; 32],
    anew: DateTime<Utc>,
    until: DateTime<Utc>,
    document: Arc<Published>,
}

impl Asked<'_> {
    /// Reads an identifier of the query, percent-encoding taken off; `None` if it begins as a digest and is none.
    #[must_use]
    pub fn parse(id: &str) -> Option<Asked<'_>> {
        let Some(digits) = id.strip_prefix("{sha1}") else { return Some(Asked::Name(id)) };
        digest::read(digits).map(Asked::Sha1)
    }
}

impl Terms {
    /// The terms of what is signed at `now`.
    #[must_use]
    pub fn at(&self, now: DateTime<Utc>) -> publish::Terms {
        publish::Terms { valid_until: now + self.valid, cache_seconds: self.cache.num_seconds() }
    }
}

impl Publishing {
    /// Publishes by `terms`, for the identity provider `idp` and `own`, our entities towards upstreams.
    #[must_use]
    pub fn new(terms: Terms, idp: &str, own: impl Iterator<Item = (String, String)>) -> Self {
        Self {
            terms,
            idp: idp.to_owned(),
            own: own.collect(),
            held: Mutex::new(Kept::new(KEPT)),
            list: Mutex::new(None),
            seen: Mutex::new(None),
            making: tokio::sync::Mutex::new(()),
            digests: Mutex::new(None),
        }
    }

    /// What the administrator chose.
    #[must_use]
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// All that is published, by entityID.
    #[must_use]
    pub fn all(&self, keys: &KeySet, partners: &Registry, now: DateTime<Utc>) -> Vec<Entry> {
        let own = std::iter::once(&self.idp).chain(self.own.iter().map(|(name, _)| name));
        let mut names: BTreeSet<&str> = own.map(String::as_str).collect();
        names.extend(partners.all().into_iter().map(|partner| partner.entity_id.as_str()));
        names.into_iter().filter_map(|name| self.entry(name, keys, partners, now)).collect()
    }

    /// The metadata of `entity_id`, if they are published.
    fn entry(
        &self,
        entity_id: &str,
        keys: &KeySet,
        partners: &Registry,
        now: DateTime<Utc>,
    ) -> Option<Entry> {
        let own = if entity_id == self.idp {
            Some(&keys.metadata)
        } else {
            let own = self.own.iter().find(|(name, _)| name == entity_id);
            own.and_then(|(_, id)| keys.entities.get(id))
        };
        let (xml, version) = match own {
            Some(own) => (Arc::clone(&own.xml), own.etag.clone().into_bytes()),
            None => {
                let is_published = match &self.terms.partners {
                    Which::All => true,
                    Which::These(names) => names.contains(entity_id),
                };
                let document = partners.document(entity_id, now).filter(|_| is_published)?;
                (Arc::clone(&document.xml), document.digest.to_vec())
            }
        };
        Some(Entry { entity_id: entity_id.to_owned(), xml, version })
    }

    /// The entityID whose SHA-1 is `wanted`.
    fn named(&self, wanted: &[u8; 20], partners: &Arc<Registry>) -> Option<String> {
        let mut digests = self.digests.lock().unwrap_or_else(PoisonError::into_inner);
        let known = digests.as_ref().filter(|(registry, _)| Arc::ptr_eq(registry, partners));
        let known = known.map(|(_, digests)| Arc::clone(digests)).unwrap_or_else(|| {
            let own = std::iter::once(&self.idp).chain(self.own.iter().map(|(name, _)| name));
            let theirs = partners.all();
            let theirs = theirs.iter().map(|partner| &partner.entity_id);
            let names = own.chain(theirs).map(|name| (sha1(name.as_bytes()), name.clone()));
            let made: Digests = Arc::new(names.collect());
            *digests = Some((Arc::clone(partners), Arc::clone(&made)));
            made
        });
        known.get(wanted).cloned()
    }

    fn held(&self) -> MutexGuard<'_, Kept<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the list was made of these a moment ago: then nobody's time has run out since.
    fn is_seen(&self, keys: &Arc<KeySet>, partners: &Arc<Registry>, now: DateTime<Utc>) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let is_same = seen.as_ref().is_some_and(|(registry, set, at)| {
            let age = now - *at;
            let is_new = age >= TimeDelta::zero() && age < TimeDelta::seconds(60);
            is_new && Arc::ptr_eq(registry, partners) && Arc::ptr_eq(set, keys)
        });
        if !is_same {
            *seen = Some((Arc::clone(partners), Arc::clone(keys), now));
        }
        is_same
    }

    fn held_list(&self) -> MutexGuard<'_, Option<Held>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(
        &self,
        xml: String,
        version: Vec<u8>,
        certificate: [u8; 32],
        now: DateTime<Utc>,
    ) -> Held {
        let max_age = u32::try_from(self.terms.cache.num_seconds()).unwrap_or(u32::MAX);
        let document = Arc::new(Published { max_age, ..Published::new(xml, now) });
        let (anew, until) = (now + self.terms.valid / 2, now + self.terms.valid);
        Held { version, certificate, anew, until, document }
    }
}

impl Held {
    fn is_good(&self, version: &[u8], certificate: &[u8; 32], now: DateTime<Utc>) -> bool {
        self.version == version && self.certificate == *certificate && now < self.anew
    }
}

/// The metadata of one entity, under our signature; `None` if none of that name are published.
///
/// # Errors
/// When they cannot be signed.
pub async fn entity(
    env: &Arc<Env>,
    asked: Asked<'_>,
) -> Result<Option<Arc<Published>>, PublishError> {
    let Some(publishing) = &env.publishing else { return Ok(None) };
    let (now, keys, partners) = (env.clock.now(), env.keys.snapshot(), env.partners.snapshot());
    let name = match asked {
        Asked::Name(name) => Some(name.to_owned()),
        Asked::Sha1(sha1) => publishing.named(&sha1, &partners),
    };
    let entry = name.and_then(|name| publishing.entry(&name, &keys, &partners, now));
    let Some(entry) = entry else { return Ok(None) };
    let certificate = sha256(keys.signer.certificate());
    let held = publishing.held().get(&entry.entity_id);
    if let Some(held) = held.filter(|held| held.is_good(&entry.version, &certificate, now)) {
        return Ok(Some(held.document));
    }
    let terms = publishing.terms.at(now);
    let name = entry.entity_id.clone();
    let signed = aside(Arc::clone(&keys.signer), move |signer| {
        publish::entity(&entry.xml, &xml_id(&entry.entity_id), terms, signer)
            .map(|xml| (xml, entry.version))
    });
    let (xml, version) = signed.await?;
    let held = publishing.keep(xml, version, certificate, now);
    let document = Arc::clone(&held.document);
    publishing.held().put(&name, held);
    Ok(Some(document))
}

/// All of them, one list; `None` if there is none.
///
/// While it is signed anew, what was signed before is answered to others.
///
/// # Errors
/// When it cannot be signed.
pub async fn list(env: &Arc<Env>) -> Result<Option<Arc<Published>>, PublishError> {
    let Some(publishing) = env.publishing.as_ref().filter(|it| it.terms.list) else {
        return Ok(None);
    };
    let (now, keys, partners) = (env.clock.now(), env.keys.snapshot(), env.partners.snapshot());
    if publishing.is_seen(&keys, &partners, now) {
        let held = publishing.held_list().as_ref().filter(|held| now < held.anew).cloned();
        if let Some(held) = held {
            return Ok(Some(held.document));
        }
    }
    let entries = publishing.all(&keys, &partners, now);
    let mut version = Sha256::new();
    for entry in &entries {
        version.update(&sha256(entry.entity_id.as_bytes()));
        version.update(&sha256(&entry.version));
    }
    let version = version.finish().to_vec();
    let certificate = sha256(keys.signer.certificate());
    let good = || {
        let held = publishing.held_list();
        held.as_ref().filter(|held| held.is_good(&version, &certificate, now)).cloned()
    };
    if let Some(held) = good() {
        return Ok(Some(held.document));
    }
    let making = match publishing.making.try_lock() {
        Ok(making) => making,
        Err(_) => {
            let before = publishing.held_list().as_ref().filter(|held| now < held.until).cloned();
            if let Some(before) = before {
                return Ok(Some(before.document));
            }
            publishing.making.lock().await
        }
    };
    if let Some(held) = good() {
        return Ok(Some(held.document));
    }
    let (terms, name) = (publishing.terms.at(now), publishing.terms.name.clone());
    let id = xml_id(name.as_deref().unwrap_or(&publishing.idp));
    let signed = aside(Arc::clone(&keys.signer), move |signer| {
        let documents: Vec<&str> = entries.iter().map(|entry| &*entry.xml).collect();
        publish::list(&documents, name.as_deref(), &id, terms, signer)
    });
    let held = publishing.keep(signed.await?, version, certificate, now);
    let document = Arc::clone(&held.document);
    *publishing.held_list() = Some(held);
    drop(making);
    Ok(Some(document))
}

/// Does `work` where it holds up nobody.
async fn aside<T: Send + 'static>(
    signer: Arc<dyn Signer>,
    work: impl FnOnce(&dyn Signer) -> Result<T, PublishError> + Send + 'static,
) -> Result<T, PublishError> {
    let done = tokio::task::spawn_blocking(move || work(&*signer)).await;
    done.unwrap_or_else(|_| Err(PublishError::Lost))
}
