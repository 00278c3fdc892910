//! Everything that a store holds as of one moment, while it goes on being written.
//!
//! What is committed and not yet in the database is copied, and nothing is brought there until the dump is done: the
//! database stands still, and callers do not wait.

use std::sync::{Arc, PoisonError};

use chrono::{DateTime, Utc};
use tokio::sync::mpsc::Sender;

use crate::store::disk::{Disk, Log};
use crate::store::grouped::Shared;
use crate::store::layout::{VALUES, unpack};
use crate::store::port::{StoreError, Value};

/// A live value, with the path of its key (see [`Key::path`](crate::store::port::Key::path)).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Item {
    /// Tenant, space and name.
    pub path: Vec<u8>,
    /// As it lies there: sealed, if its kind is.
    pub value: Value,
}

/// How many values are sent at once.
pub(in crate::store) const AT_ONCE: usize = 256;

impl<D: Disk, L: Log> Shared<D, L> {
    /// Sends every value that lives at `now` to `to`, in the order of their paths; ends early when nobody listens.
    pub(in crate::store) fn dump(
        self: &Arc<Self>,
        to: &Sender<Vec<Item>>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let _still = self.settle_gate.lock().unwrap_or_else(PoisonError::into_inner);
        let prefix = [VALUES];
        let (laid, waiting) = {
            let mut state = self.lock();
            state.check()?;
            let laid = state.layers.within(&prefix, &prefix).into_iter();
            let laid: Vec<(Vec<u8>, Option<Value>)> =
                laid.map(|(key, laid)| (key.to_vec(), laid.value.clone())).collect();
            let last = state.last_commit();
            let waiting = state.wait_for(last);
            self.wake(&state);
            (laid, waiting)
        };
        // Nothing leaves that a crash could take back.
        if let Some(waiting) = waiting
            && waiting.blocking_recv().is_err()
        {
            self.lock().check()?;
        }
        let mut laid = laid.into_iter().peekable();
        let mut batch = Batch { items: Vec::with_capacity(AT_ONCE), to, now };
        for pair in self.disk.from(&prefix) {
            let (key, raw) = pair.map_err(StoreError::Backend)?;
            if !key.starts_with(&prefix) {
                break;
            }
            while let Some((above, value)) = laid.next_if(|(above, _)| *above < key) {
                if !batch.take(&above, value) {
                    return Ok(());
                }
            }
            let value = match laid.next_if(|(above, _)| *above == key) {
                Some((_, value)) => value,
                None => unpack(&raw),
            };
            if !batch.take(&key, value) {
                return Ok(());
            }
        }
        for (key, value) in laid {
            if !batch.take(&key, value) {
                return Ok(());
            }
        }
        batch.send();
        Ok(())
    }
}

struct Batch<'a> {
    items: Vec<Item>,
    to: &'a Sender<Vec<Item>>,
    now: DateTime<Utc>,
}

impl Batch<'_> {
    /// False when nobody listens any longer.
    fn take(&mut self, key: &[u8], value: Option<Value>) -> bool {
        if let Some(value) = value.filter(|value| value.lives(self.now)) {
            self.items.push(Item { path: key.get(1..).unwrap_or_default().to_vec(), value });
        }
        self.items.len() < AT_ONCE || self.send()
    }

    fn send(&mut self) -> bool {
        let items = std::mem::take(&mut self.items);
        self.to.blocking_send(items).is_ok()
    }
}
