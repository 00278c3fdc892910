//! One source, and what is known of it.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};

use crate::flow::limits::Limiter;
use crate::flow::sources::lists;
use crate::partners::source::copies::Copy;
use crate::partners::source::good::Good;
use crate::partners::source::judge::{Judging, Refused, judge};
use crate::partners::source::policy::{Configured, Place};
use crate::partners::source::reason::Reason;
use crate::partners::source::shelf::{Accepted, Note, Shelf};
use crate::saml::signature::PublicKey;
use crate::telemetry::metrics::{self, SourceState};
use crate::world::digest::HmacKey;

/// A source that is tended.
#[derive(Debug)]
pub struct Tended {
    /// What is configured of it.
    pub configured: Configured,
    pub(in crate::flow) ourselves: Arc<[String]>,
    /// Its place on the disk.
    pub shelf: Shelf,
    /// By which the indexes of its long lists are known as ours.
    pub(in crate::flow) key: HmacKey,
    /// Whether an index that is no good is made anew.
    pub(in crate::flow) mends: bool,
    state: RwLock<State>,
    /// Held by whoever changes what is kept of it: one at a time.
    pub(in crate::flow) busy: tokio::sync::Mutex<()>,
    turns: std::sync::Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>,
    /// How many entities may be looked for.
    pub(in crate::flow) budget: Limiter,
    /// EntityIDs that it did not have, and until when it is not asked for them again.
    pub(in crate::flow) absent: std::sync::Mutex<HashMap<String, DateTime<Utc>>>,
}

/// What is known of a source.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// What it gave, by the document's name.
    pub documents: BTreeMap<String, Held>,
    /// The keys that a person has accepted.
    pub accepted: Vec<Accepted>,
    /// When it last gave what is in use, or said that it is still that.
    pub checked: Option<DateTime<Utc>>,
    /// When it was last asked, and what for it was refused then.
    pub refused: Option<(DateTime<Utc>, Refused)>,
    /// What waits for a person: its digest and why.
    pub waiting: Option<(String, Reason)>,
    /// How often in a row nothing could be taken.
    pub failures: u32,
    /// When it is next asked, on the stopwatch of all sources.
    pub(in crate::flow) due: Duration,
}

/// A document that is in use.
#[derive(Clone, Debug)]
pub struct Held {
    /// What it says.
    pub good: Arc<Good>,
    /// Whence and when.
    pub note: Note,
}

impl Tended {
    /// Begins with what is on the disk: each copy is judged again, by the policy as it is, and one that does not hold stays
    /// where it is, unused.
    ///
    /// # Errors
    /// When the disk cannot be read.
    pub fn open(
        configured: Configured,
        folder: &Path,
        ourselves: Arc<[String]>,
        (key, mends): (&HmacKey, bool),
        now: DateTime<Utc>,
    ) -> io::Result<Self> {
        let shelf = Shelf::new(folder, &configured.name);
        let per_minute = match configured.place {
            Place::Mdq { per_minute, .. } => per_minute,
            _ => 1,
        };
        let tended = Self {
            configured,
            ourselves,
            shelf,
            key: key.clone(),
            mends,
            state: RwLock::default(),
            busy: tokio::sync::Mutex::default(),
            turns: std::sync::Mutex::default(),
            budget: Limiter::new(per_minute),
            absent: std::sync::Mutex::default(),
        };
        let accepted = tended.shelf.accepted()?;
        let (kept, broken) = tended.shelf.kept()?;
        let source = tended.configured.name.as_str();
        for file in broken {
            tracing::error!(event = "source.copy-broken", source, file, "not as it was kept");
        }
        let mut state = State { accepted, ..State::default() };
        let keys = state.accepted_keys();
        for (note, octets) in kept {
            let judging = tended.judging(&keys, None, now);
            let good = match &octets {
                Some(octets) => judge(octets, &judging).map(|good| (good, note.clone())),
                None => lists::open(&tended, &note, &judging),
            };
            match good {
                Ok((good, note)) => {
                    let good = Good { taken: note.taken, ..good };
                    state.checked = state.checked.max(Some(note.taken));
                    let (document, good) = (note.document.clone(), Arc::new(good));
                    state.documents.insert(document, Held { good, note });
                }
                Err(refused) => {
                    let (reason, detail) = (refused.reason.name(), &refused.detail);
                    tracing::error!(
                        event = "source.copy-refused",
                        source,
                        document = note.document,
                        reason,
                        detail,
                        "the copy on the disk cannot be used as it is; it stays there"
                    );
                    state.refused = Some((now, refused));
                }
            }
        }
        state.waiting = tended
            .shelf
            .waiting()?
            .and_then(|(waiting, _)| Some((waiting.note.sha256, Reason::named(&waiting.reason)?)));
        tended.set(state);
        Ok(tended)
    }

    /// What is known of it.
    #[must_use]
    pub fn state(&self) -> State {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes what is known of it.
    pub(in crate::flow) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = {
            let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
            change(&mut state)
        };
        self.tell();
        changed
    }

    fn set(&self, state: State) {
        self.change(|before| *before = state);
    }

    /// Held by whoever looks for the entity of that name: one at a time.
    pub(in crate::flow) fn turn(&self, entity_id: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        turns.retain(|_, turn| turn.strong_count() > 0);
        if let Some(turn) = turns.get(entity_id).and_then(Weak::upgrade) {
            return turn;
        }
        let turn = Arc::default();
        turns.insert(entity_id.to_owned(), Arc::downgrade(&turn));
        turn
    }

    /// Whether the document of that digest waits for a person.
    pub(in crate::flow) fn is_waiting(&self, digest: &str) -> bool {
        self.state().waiting.is_some_and(|(known, _)| known == digest)
    }

    /// Nothing waits any more, on the disk.
    pub(in crate::flow) fn stop_waiting(&self) {
        if self.state().waiting.is_some()
            && let Err(error) = self.shelf.no_longer_waiting()
        {
            tracing::error!(event = "source.unkept", source = self.configured.name, %error);
        }
    }

    /// What is judged by, beside the document and the clock's doubt.
    pub(in crate::flow) fn judging<'a>(
        &'a self,
        accepted: &'a [PublicKey],
        before: Option<&'a Good>,
        now: DateTime<Utc>,
    ) -> Judging<'a> {
        Judging {
            policy: &self.configured.policy,
            accepted,
            provides: self.configured.provides,
            ourselves: &self.ourselves,
            before,
            meant: None,
            now,
            in_doubt: false,
        }
    }

    /// What it gave, for partners to be taken from.
    #[must_use]
    pub fn copy(&self) -> Copy {
        let documents = self.state().documents.into_iter();
        Copy {
            name: self.configured.name.clone(),
            provides: self.configured.provides,
            policy: self.configured.policy.clone(),
            entry: self.configured.entry.clone(),
            ourselves: Arc::clone(&self.ourselves),
            documents: documents.map(|(name, held)| (name, held.good)).collect(),
        }
    }

    fn tell(&self) {
        let state = self.state();
        let documents = state.documents.values();
        let ends = documents.clone().filter_map(|held| held.good.listing.valid_until);
        let entities = documents.map(|held| held.good.entities()).sum();
        metrics::source_stands(
            &self.configured.name,
            SourceState {
                entities,
                checked: state.checked.map(|at| at.timestamp()),
                valid_until: ends.min().map(|at| at.timestamp()),
                waiting: state.waiting.is_some(),
            },
        );
    }
}

impl State {
    /// The keys that a person has accepted.
    #[must_use]
    pub fn accepted_keys(&self) -> Vec<PublicKey> {
        let key = |accepted: &Accepted| {
            let der = STANDARD.decode(&accepted.certificate).ok()?;
            PublicKey::from_certificate_der(&der).ok()
        };
        self.accepted.iter().filter_map(key).collect()
    }
}
