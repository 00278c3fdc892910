//! The service providers of the long lists of a source, read when somebody asks for them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};

use crate::partners::aggregate::kept::Kept;
use crate::partners::registry::{Entry, settled};
use crate::partners::source::copies::Copy;
use crate::saml::partner::ServiceProvider;

/// The long lists of one source, as they are in one snapshot.
#[derive(Debug)]
pub(super) struct List {
    pub(super) copy: Copy,
    /// How many service providers it has whom nobody else describes.
    pub(super) count: usize,
    read: Mutex<Kept<Option<Arc<ServiceProvider>>>>,
}

impl List {
    pub(super) fn new(copy: Copy, count: usize) -> Self {
        Self { copy, count, read: Mutex::new(Kept::new(KEPT)) }
    }

    /// Whether it describes that service provider.
    pub(super) fn has(&self, entity_id: &str, now: DateTime<Utc>) -> bool {
        self.copy.lists(entity_id, now).is_some_and(|roles| roles.service_provider)
    }

    /// That service provider, if it is there and can be used, with what is settled with it.
    pub(super) fn find(
        &self,
        entity_id: &str,
        entries: &HashMap<String, Entry>,
        now: DateTime<Utc>,
    ) -> Option<Arc<ServiceProvider>> {
        if !self.has(entity_id, now) {
            return None;
        }
        if let Some(read) = self.read().get(entity_id) {
            return read;
        }
        // What cannot be read now may be read the next time; what it says stays.
        let member = self.copy.listed(entity_id, now)?;
        let said = member.service_provider.and_then(Result::ok);
        let found = said.and_then(|said| settled(&said, entries, &self.copy).ok()).map(Arc::new);
        self.read().put(entity_id, found.clone());
        found
    }

    fn read(&self) -> std::sync::MutexGuard<'_, Kept<Option<Arc<ServiceProvider>>>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many are held that were read.
const KEPT: usize = 1024;
