//! What is committed and not yet in the database, who waits for it, and whether more is taken.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::sync::oneshot;

use crate::store::ahead::encode;
use crate::store::disk::Cause;
use crate::store::halt::{Failed, Full};
use crate::store::kinds::Kinds;
use crate::store::layers::Layers;
use crate::store::layout::{packed_length, span};
use crate::store::port::{StoreError, Value};
use crate::store::warm::Warm;

/// What ends soon is not brought to the database as long as all of it is no more than so many bytes.
const CARRIED: usize = 32 * 1024 * 1024;

/// What a round has beside a key and its value, at most.
const FRAMING: usize = 8;

/// Of a [`Grouped`](crate::store::grouped::Grouped), under its lock.
#[derive(Debug, Default)]
pub(in crate::store) struct State {
    pub(in crate::store) layers: Layers,
    /// What the database below has.
    pub(in crate::store) kinds: Kinds,
    /// What was read of it.
    pub(in crate::store) warm: Warm,
    /// The time of the last commit.
    pub(in crate::store) now: DateTime<Utc>,
    /// The next round: what is committed and not yet in the log.
    pub(in crate::store) round: Vec<u8>,
    /// The memory of the round before, empty.
    pub(in crate::store) spare: Vec<u8>,
    /// How many commits there were.
    pub(in crate::store) commits: u64,
    /// Up to which of them all is on the disk.
    pub(in crate::store) synced: u64,
    /// Who waits for which commit to be on the disk, in the order of commits.
    pub(in crate::store) waiting: Vec<(u64, oneshot::Sender<()>)>,
    /// Whether the log has all of the layer that is to be brought to the database.
    pub(in crate::store) may_settle: bool,
    /// Whether who writes the log sleeps until it is woken.
    pub(in crate::store) is_asleep: bool,
    pub(in crate::store) closing: bool,
    pub(in crate::store) ended: bool,
    pub(in crate::store) failed: Option<Failed>,
    /// Whether the last round found no room and is tried again: until then nothing more is taken.
    pub(in crate::store) is_full: bool,
}

impl State {
    /// Begins to bring what is laid over the database there, all but what is gone before long: that begins the next
    /// round, which is the first of the next half of the log. Returns how many bytes that is.
    pub(in crate::store) fn turn(&mut self) -> usize {
        let now = self.now;
        self.layers.turn(|key, value| span(key, value.expires, now), CARRIED);
        let length = |(key, value): (&[u8], Option<&Value>)| {
            key.len() + value.map_or(0, packed_length) + FRAMING
        };
        // Grown step by step, megabytes would be copied again and again.
        self.round.reserve_exact(self.layers.top().map(length).sum());
        for (key, value) in self.layers.top() {
            encode(&mut self.round, key, value);
        }
        self.round.len()
    }

    pub(in crate::store) fn last_commit(&self) -> u64 {
        self.commits
    }

    pub(in crate::store) fn check(&self) -> Result<(), StoreError> {
        match &self.failed {
            Some(failed) => Err(StoreError::Backend(Box::new(failed.clone()))),
            None if self.is_full => Err(StoreError::Backend(Box::new(Full))),
            None => Ok(()),
        }
    }

    pub(in crate::store) fn fail(&mut self, cause: Cause) {
        self.failed = Some(Failed(Arc::new(cause)));
        self.waiting.clear();
    }

    /// Lays a commit over the database; returns its number.
    pub(in crate::store) fn lay(
        &mut self,
        writes: impl IntoIterator<Item = (Vec<u8>, Option<Value>)>,
        is_durable: bool,
    ) -> u64 {
        self.commits += 1;
        let commit = self.commits;
        for (key, value) in writes {
            encode(&mut self.round, &key, value.as_ref());
            self.layers.lay(key, value, is_durable.then_some(commit));
        }
        commit
    }

    pub(in crate::store) fn wait_for(&mut self, commit: u64) -> Option<oneshot::Receiver<()>> {
        if commit <= self.synced {
            return None;
        }
        let (waiter, waiting) = oneshot::channel();
        if self.failed.is_none() {
            let place = self.waiting.partition_point(|(other, _)| *other <= commit);
            self.waiting.insert(place, (commit, waiter));
        }
        Some(waiting)
    }
}
