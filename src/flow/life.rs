//! Whether the server serves or is about to stop, and what it knows about itself that nobody below knows.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};

use chrono::{DateTime, Utc};

use crate::flow::readiness::Readiness;

/// The state of the process, shared by all who serve.
#[derive(Debug, Default)]
pub struct Life {
    stopping: AtomicBool,
    certificates: RwLock<Vec<Expiring>>,
    folders: RwLock<Vec<(String, PathBuf)>>,
    restored: RwLock<Option<DateTime<Utc>>>,
    checked: Mutex<Option<(DateTime<Utc>, Readiness)>>,
}

/// A certificate of ours, and when it ends.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Expiring {
    /// What it is for: "signing-1", "tls".
    pub name: String,
    /// From then on it is worth nothing.
    pub not_after: DateTime<Utc>,
}

impl Life {
    /// From here on we are not ready: who balances loads goes elsewhere.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    /// Whether we are about to stop.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Takes note of our certificates, in the place of those known before.
    pub fn know_certificates(&self, certificates: Vec<Expiring>) {
        *self.certificates.write().unwrap_or_else(PoisonError::into_inner) = certificates;
    }

    /// Our certificates.
    #[must_use]
    pub fn certificates(&self) -> Vec<Expiring> {
        self.certificates.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes note of when the store was restored, if it was.
    pub fn know_restore(&self, at: Option<DateTime<Utc>>) {
        *self.restored.write().unwrap_or_else(PoisonError::into_inner) = at;
    }

    /// When the store was restored: requests that were seen before that it may not remember.
    #[must_use]
    pub fn restored(&self) -> Option<DateTime<Utc>> {
        *self.restored.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of the folders that must have room, each with a name for it.
    pub fn know_folders(&self, folders: Vec<(String, PathBuf)>) {
        *self.folders.write().unwrap_or_else(PoisonError::into_inner) = folders;
    }

    /// The folders that must have room.
    #[must_use]
    pub fn folders(&self) -> Vec<(String, PathBuf)> {
        self.folders.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was found at `now`, or in the second before it.
    pub(in crate::flow) fn checked(&self, now: DateTime<Utc>) -> Option<Readiness> {
        let checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, readiness) = checked.as_ref()?;
        let age = (now - *at).num_milliseconds();
        (0..1000).contains(&age).then(|| readiness.clone())
    }

    /// Keeps what was found at `now`.
    pub(in crate::flow) fn keep_check(&self, now: DateTime<Utc>, readiness: &Readiness) {
        let mut checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        *checked = Some((now, readiness.clone()));
    }
}
