//! A list at rest, open: found in its index, read from its copy.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};

use crate::partners::aggregate::candidate::{copy_path, index_path};
use crate::partners::aggregate::error::{FindError, OpenError};
use crate::partners::aggregate::index::{Index, Row};
use crate::partners::aggregate::kept::Kept;
use crate::saml::metadata::aggregate::entity;
use crate::saml::metadata::aggregate::found::Roles;
use crate::saml::metadata::aggregate::verify::Trust;
use crate::world::digest::{self, HmacKey};

/// How many entities are held in memory once they were read.
const KEPT: usize = 256;

/// A verified list, as of when it was taken.
#[derive(Debug)]
pub struct Aggregate {
    index: Index,
    copy: File,
    kept: Mutex<Kept<Arc<Entity>>>,
}

/// An entity of a list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entity {
    /// Its name.
    pub entity_id: String,
    /// Its metadata, a document of its own in canonical form, without a signature: that of the list covered it.
    pub xml: String,
    /// What it is.
    pub roles: Roles,
    /// The first end of its own `validUntil` and those of the lists it stands in.
    pub valid_until: Option<DateTime<Utc>>,
}

/// An entity in a list of them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Listed<'a> {
    /// Its name.
    pub entity_id: &'a str,
    /// What it is.
    pub roles: Roles,
    /// As in [`Entity`].
    pub valid_until: Option<DateTime<Utc>>,
}

impl Aggregate {
    /// Opens the list `name` in `folder`, as it was accepted last; `None` if none was.
    ///
    /// # Errors
    /// When it is not as we wrote it, or was verified for less than `trust` asks now.
    pub fn open(
        folder: &Path,
        name: &str,
        key: &HmacKey,
        trust: Trust<'_>,
    ) -> Result<Option<Self>, OpenError> {
        let path = index_path(folder, name);
        let octets = match fs::read(&path) {
            Ok(octets) => octets,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(OpenError::Io { path, source }),
        };
        let opened = Self::with(octets, folder, name, key)?;
        if let Trust::Pinned(keys) = trust {
            let signer = opened.index.head().signer;
            if !keys.iter().any(|key| Some(*key.fingerprint()) == signer) {
                return Err(OpenError::Signer { path });
            }
        }
        Ok(Some(opened))
    }

    pub(super) fn with(
        octets: Vec<u8>,
        folder: &Path,
        name: &str,
        key: &HmacKey,
    ) -> Result<Self, OpenError> {
        let path = index_path(folder, name);
        let index = Index::read(octets, name, key).ok_or(OpenError::Altered { path })?;
        let path = copy_path(folder, name, &index.head().copy);
        let copy = File::open(&path);
        let copy = copy.map_err(|source| OpenError::Io { path: path.clone(), source })?;
        Self::of(index, copy).ok_or(OpenError::Altered { path })
    }

    /// That index with its copy; `None` if the copy is not as long as the index says.
    pub(super) fn of(index: Index, copy: File) -> Option<Self> {
        let is_whole = copy.metadata().ok()?.len() == index.head().octets;
        is_whole.then(|| Self { index, copy, kept: Mutex::new(Kept::new(KEPT)) })
    }

    /// The entity of that entityID, whatever its time; `None` if the list has none.
    ///
    /// # Errors
    /// When the copy does not give what was verified.
    pub fn find(&self, entity_id: &str) -> Result<Option<Arc<Entity>>, FindError> {
        self.index.find(entity_id).map(|row| self.read(&row)).transpose()
    }

    /// The same by the SHA-1 of its entityID (Metadata Query Protocol, SAML profile §2.2).
    ///
    /// # Errors
    /// As [`Aggregate::find`].
    pub fn by_sha1(&self, sha1: &[u8; 20]) -> Result<Option<Arc<Entity>>, FindError> {
        self.index.by_sha1(sha1).map(|row| self.read(&row)).transpose()
    }

    /// Whether it lists that entityID; nothing is read for it.
    #[must_use]
    pub fn contains(&self, entity_id: &str) -> bool {
        self.index.find(entity_id).is_some()
    }

    /// What it is, if it lists that entityID; nothing is read for it.
    #[must_use]
    pub fn roles(&self, entity_id: &str) -> Option<Roles> {
        self.index.find(entity_id).map(|row| row.roles)
    }

    /// All entities, in no order that means anything; nothing is read for it.
    pub fn all(&self) -> impl Iterator<Item = Listed<'_>> {
        (0..self.len()).filter_map(|at| self.index.row(at)).map(|row| Listed {
            entity_id: row.entity_id,
            roles: row.roles,
            valid_until: row.valid_until,
        })
    }

    /// How many entities it lists.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether it lists none, which no verified list does.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The `validUntil` of the whole.
    #[must_use]
    pub fn valid_until(&self) -> Option<DateTime<Utc>> {
        self.index.head().valid_until
    }

    /// The `cacheDuration` of the whole, as it stands there.
    #[must_use]
    pub fn cache_duration(&self) -> Option<&str> {
        self.index.head().cache_duration.as_deref()
    }

    /// Its `Name`.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.index.head().name.as_deref()
    }

    /// The fingerprint of the certificate whose key signed it.
    #[must_use]
    pub fn signer(&self) -> Option<&[u8; 32]> {
        self.index.head().signer.as_ref()
    }

    /// When it was taken.
    #[must_use]
    pub fn taken(&self) -> DateTime<Utc> {
        self.index.head().taken
    }

    /// SHA-256 of the copy, in hexadecimal.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.index.head().copy
    }

    /// The same in octets.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        digest::read(self.digest()).unwrap_or_default()
    }

    /// The octets of the copy.
    #[must_use]
    pub fn octets(&self) -> u64 {
        self.index.head().octets
    }

    fn read(&self, row: &Row<'_>) -> Result<Arc<Entity>, FindError> {
        if let Some(kept) = self.kept().get(row.entity_id) {
            return Ok(kept);
        }
        let mut octets = vec![0; usize::try_from(row.length).unwrap_or(usize::MAX)];
        self.copy.read_exact_at(&mut octets, row.offset)?;
        let openings = &self.index.head().openings;
        let at = usize::try_from(row.opening).unwrap_or(usize::MAX);
        let opening = openings.get(at).map(String::as_str).unwrap_or_default();
        let entity = Arc::new(Entity {
            entity_id: row.entity_id.to_owned(),
            xml: entity::read(&octets, &row.digest, opening)?,
            roles: row.roles,
            valid_until: row.valid_until,
        });
        self.kept().put(row.entity_id, Arc::clone(&entity));
        Ok(entity)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept<Arc<Entity>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
