//! A store over a local database: commits at once in memory, in a log on the disk in rounds that many callers share,
//! and in the database later.
//!
//! Whoever commits holds the lock while expectations are checked and the writes laid over the database: commits
//! happen one after the other and conflicts are known at once, whatever the disk is doing. One thread takes them to
//! the log, a round at a time; who must be durable waits for the round. When the log is long, another thread brings
//! what it holds to the database, and it is forgotten.
//!
//! Nothing acknowledged depends on what a crash may take back. Rounds are in the order of the commits, so a durable
//! commit takes everything before it to the disk; and a reader is shown what a durable commit wrote only once it is
//! there, so that nobody tells the world of something that a crash undoes.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use tokio::sync::oneshot;

use crate::identity::tenant::TenantId;
use crate::store::disk::{Cause, Disk, Log, NoRoom};
use crate::store::dump::Item;
use crate::store::halt::{Ended, Full};
use crate::store::kinds::Kinds;
use crate::store::layout::{EXPIRY, expired_at, expiry_key, unpack, value_key, values_in};
use crate::store::port::{
    Committed, Durability, Expectation, Key, Space, Store, StoreError, Value, Write, within_limits,
};
use crate::store::settle::settle;
use crate::store::state::State;
use crate::telemetry::metrics;
use crate::world::stopwatch::Stopwatch;

/// How long what is ephemeral may lie in memory only; how soon a round that found no room is tried again.
const IDLE: Duration = Duration::from_millis(500);

/// How long a round waits for company when the one before had some: what goes to the disk together costs one write
/// and one sync.
const COMPANY: Duration = Duration::from_millis(8);

/// So many need no more company.
const CROWD: usize = 32;

/// The most memory that is kept for a later round.
const SPARE: usize = 1024 * 1024;

/// A [`Store`] over a [`Disk`] and a [`Log`].
pub struct Grouped<D: Disk, L: Log> {
    shared: Arc<Shared<D, L>>,
    threads: Vec<JoinHandle<()>>,
}

pub(in crate::store) struct Shared<D, L> {
    pub(in crate::store) disk: D,
    log: L,
    state: Mutex<State>,
    /// Wakes who writes the log.
    pub(in crate::store) commits: Condvar,
    /// Held by who brings layers to the database, or wants it to stand still.
    pub(in crate::store) settle_gate: Mutex<()>,
    /// Wakes who brings it to the database, and who waits for that at the end.
    settling: Condvar,
}

impl<D: Disk, L: Log> Grouped<D, L> {
    /// A store over `disk`, which has something of `kinds` alone, and an empty `log`, with its threads.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(disk: D, kinds: Kinds, log: L) -> std::io::Result<Self> {
        let state = Mutex::new(State { kinds, ..State::default() });
        let (commits, settling) = (Condvar::new(), Condvar::new());
        let settle_gate = Mutex::new(());
        let shared = Arc::new(Shared { disk, log, state, commits, settle_gate, settling });
        let mut store = Self { shared, threads: Vec::new() };
        for (name, run) in [
            ("ponte-store", Shared::write_rounds as fn(&Shared<D, L>)),
            ("ponte-settle", Shared::settle_layers),
        ] {
            let shared = Arc::clone(&store.shared);
            let thread = std::thread::Builder::new().name(name.into());
            store.threads.push(thread.spawn(move || run(&shared))?);
        }
        Ok(store)
    }
}

impl<D: Disk, L: Log> Drop for Grouped<D, L> {
    fn drop(&mut self) {
        self.shared.lock().closing = true;
        self.shared.commits.notify_all();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!(store = ?self.shared.disk, "a thread of the store ended badly");
            }
        }
    }
}

impl<D: Disk, L: Log> fmt::Debug for Grouped<D, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Grouped({:?})", self.shared.disk)
    }
}

impl<D: Disk, L: Log> Shared<D, L> {
    pub(in crate::store) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes who writes the log, if that sleeps: a call of the system for nothing would cost every commit.
    pub(in crate::store) fn wake(&self, state: &State) {
        if state.is_asleep {
            self.commits.notify_one();
        }
    }

    /// Takes commits to the log until the store is dropped, and then all of it to the database.
    fn write_rounds(&self) {
        let _end = End(self);
        let mut state = self.lock();
        let mut had_company = false;
        loop {
            state.is_asleep = true;
            while state.waiting.is_empty() && !state.closing {
                if state.round.is_empty() {
                    state = self.commits.wait(state).unwrap_or_else(PoisonError::into_inner);
                    continue;
                }
                let lazy = |state: &mut State| state.waiting.is_empty() && !state.closing;
                let waited = self.commits.wait_timeout_while(state, IDLE, lazy);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
                break;
            }
            state.is_asleep = false;
            if had_company && (1..CROWD).contains(&state.waiting.len()) && !state.closing {
                drop(state);
                std::thread::sleep(COMPANY);
                state = self.lock();
            }
            if state.failed.is_some() {
                return;
            }
            if state.round.is_empty() && state.waiting.is_empty() {
                return self.settle_rest(state);
            }
            let last = state.commits;
            let spare = std::mem::take(&mut state.spare);
            let mut round = std::mem::replace(&mut state.round, spare);
            // The layer that goes to the database is what the log has after this round, no more: else a crash could
            // leave half of a commit there.
            let turns = self.log.is_full() && !state.layers.is_settling();
            let carried = if turns { state.turn() } else { 0 };
            drop(state);
            let written = if round.is_empty() { Ok(()) } else { self.append(&round) };
            state = self.lock();
            state.is_full = false;
            if let Err(cause) = written {
                return self.fail(&mut state, cause);
            }
            if turns {
                self.log.turn(carried);
            }
            // What is carried over is on the disk with the round after, and the half that had it stays until then.
            if state.layers.is_settling() && carried == 0 && !state.may_settle {
                state.may_settle = true;
                self.settling.notify_all();
            }
            state.synced = last;
            if round.capacity() <= SPARE {
                round.clear();
                state.spare = round;
            }
            let later = state.waiting.partition_point(|(commit, _)| *commit <= last);
            let done: Vec<_> = state.waiting.drain(..later).collect();
            had_company = done.len() > 1;
            drop(state);
            for (_, waiter) in done {
                // Whoever stopped waiting has nothing to hear.
                let _gone = waiter.send(());
            }
            state = self.lock();
        }
    }

    /// Takes a round to the log; while there is no room tries again, now and then, until the store is dropped.
    fn append(&self, round: &[u8]) -> Result<(), Cause> {
        loop {
            let cause = match self.log.append(round) {
                Err(cause) if cause.is::<NoRoom>() => cause,
                done => return done,
            };
            let mut state = self.lock();
            if !state.is_full {
                tracing::error!(event = "store.full", store = ?self.disk, error = %cause, "nothing is taken until there is room");
            }
            state.is_full = true;
            state.is_asleep = true;
            // Who waits is told that it failed; whether it comes to be after all, nobody who was told asks.
            state.waiting.clear();
            let goes_on = |state: &mut State| !state.closing;
            let waited = self.commits.wait_timeout_while(state, IDLE, goes_on);
            let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
            state.is_asleep = false;
            if state.closing {
                return Err(cause);
            }
        }
    }

    fn settle_rest(&self, mut state: MutexGuard<'_, State>) {
        for is_last in [false, true] {
            let busy = |state: &mut State| state.layers.is_settling() && state.failed.is_none();
            let waited = self.settling.wait_while(state, busy);
            state = waited.unwrap_or_else(PoisonError::into_inner);
            if !is_last && state.failed.is_none() && !state.layers.is_empty() {
                state.layers.turn(|_, _| None, 0);
                self.log.turn(0);
                state.may_settle = true;
                self.settling.notify_all();
            }
        }
    }

    /// Brings layers to the database.
    fn settle_layers(&self) {
        let _end = End(self);
        let mut state = self.lock();
        loop {
            let idle = |state: &mut State| !state.may_settle && !state.ended;
            let waited = self.settling.wait_while(state, idle);
            state = waited.unwrap_or_else(PoisonError::into_inner);
            let Some(layer) = state.layers.settling().filter(|_| state.may_settle) else { return };
            let mut kinds = state.kinds.clone();
            drop(state);
            let gate = self.settle_gate.lock().unwrap_or_else(PoisonError::into_inner);
            let settled = settle(&self.disk, &mut kinds, &layer).and_then(|()| self.log.forget());
            drop(layer);
            state = self.lock();
            if let Err(cause) = settled {
                return self.fail(&mut state, cause);
            }
            state.may_settle = false;
            // From here on it is read from the database.
            state.kinds = kinds;
            state.warm.forget();
            state.layers.settled();
            drop(gate);
            self.settling.notify_all();
        }
    }

    fn fail(&self, state: &mut State, cause: Cause) {
        tracing::error!(store = ?self.disk, error = %cause, "the store's disk failed");
        state.fail(cause);
        self.commits.notify_all();
        self.settling.notify_all();
    }

    /// The value of `key`, dead or alive.
    fn value<'s>(
        &self,
        state: &'s mut State,
        key: &[u8],
    ) -> Result<Option<Cow<'s, Value>>, StoreError> {
        match state.layers.find(key) {
            Some(laid) => Ok(laid.value.as_ref().map(Cow::Borrowed)),
            None if !state.kinds.may_have(key) => Ok(None),
            None => state.warm.value(key, || self.disk.get(key)).map_err(StoreError::Backend),
        }
    }

    async fn synced(&self, waiting: Option<oneshot::Receiver<()>>) -> Result<(), StoreError> {
        let Some(waiting) = waiting else { return Ok(()) };
        if waiting.await.is_ok() {
            return Ok(());
        }
        // A waiter is dropped unanswered only by a failure, or where there was no room.
        self.lock().check()?;
        Err(StoreError::Backend(Box::new(Full)))
    }
}

/// Whatever ends the thread, nobody waits for it any longer.
struct End<'a, D: Disk, L: Log>(&'a Shared<D, L>);

impl<D: Disk, L: Log> Drop for End<'_, D, L> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.ended = true;
        if state.failed.is_none() {
            state.fail(Box::new(Ended));
        }
        self.0.settling.notify_all();
    }
}

#[async_trait]
impl<D: Disk, L: Log> Store for Grouped<D, L> {
    async fn get(&self, key: &Key, now: DateTime<Utc>) -> Result<Option<Vec<u8>>, StoreError> {
        let key = value_key(key);
        let (found, waiting) = {
            let mut state = self.shared.lock();
            let found = self.shared.value(&mut state, &key)?;
            let found =
                found.filter(|value| value.lives(now)).map(|value| value.into_owned().bytes);
            let durable = state.layers.find(&key).map_or(0, |laid| laid.durable);
            (found, state.wait_for(durable))
        };
        self.shared.synced(waiting).await?;
        Ok(found)
    }

    async fn list(
        &self,
        tenant: &TenantId,
        space: Space,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
        now: DateTime<Utc>,
    ) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let folder = values_in(tenant, space);
        let within = [folder.as_slice(), prefix.as_bytes()].concat();
        let first = match after {
            // The zero byte makes it the first name after.
            Some(after) if after >= prefix => [folder.as_slice(), after.as_bytes(), &[0]].concat(),
            _ => within.clone(),
        };
        let mut found = Vec::new();
        let waiting = {
            let mut state = self.shared.lock();
            let mut durable = 0;
            let disk = &self.shared.disk;
            let near = if first == within {
                state.warm.list(&within, || disk.from(&within)).map_err(StoreError::Backend)?
            } else {
                None
            };
            let far = near.is_none().then(|| disk.from(&first)).into_iter().flatten();
            let mut below = near.into_iter().flatten().map(Ok).chain(far);
            let mut laid = state.layers.within(&first, &within).into_iter().peekable();
            let mut next_below = || match below.next().transpose() {
                Ok(pair) => Ok(pair.filter(|(key, _)| key.starts_with(&within))),
                Err(cause) => Err(StoreError::Backend(cause)),
            };
            let mut lower = next_below()?;
            while found.len() < limit {
                let order = match (laid.peek(), &lower) {
                    (None, None) => break,
                    (Some(_), None) => Ordering::Less,
                    (None, Some(_)) => Ordering::Greater,
                    (Some((upper, _)), Some((lower, _))) => (*upper).cmp(lower),
                };
                let beneath = if order == Ordering::Less { None } else { lower.take() };
                if beneath.is_some() {
                    lower = next_below()?;
                }
                let above = if order == Ordering::Greater { None } else { laid.next() };
                let (key, value) = match (above, beneath) {
                    (Some((key, above)), _) => {
                        durable = durable.max(above.durable);
                        (key.to_vec(), above.value.clone())
                    }
                    (None, Some((key, raw))) => (key, unpack(&raw)),
                    (None, None) => break,
                };
                if let Some(value) = value.filter(|value| value.lives(now)) {
                    let name = String::from_utf8_lossy(&key[folder.len()..]).into_owned();
                    found.push((name, value.bytes));
                }
            }
            drop(laid);
            state.wait_for(durable)
        };
        self.shared.synced(waiting).await?;
        Ok(found)
    }

    async fn commit(
        &self,
        expectations: Vec<Expectation>,
        writes: Vec<Write>,
        durability: Durability,
        now: DateTime<Utc>,
    ) -> Result<Committed, StoreError> {
        within_limits(&expectations, &writes)?;
        let (watch, is_durable) = (Stopwatch::start(), durability == Durability::Durable);
        let waiting = {
            let mut state = self.shared.lock();
            state.check()?;
            for (place, expected) in expectations.iter().enumerate() {
                let found = self.shared.value(&mut state, &value_key(&expected.key))?;
                let found = found.filter(|value| value.lives(now));
                if found.as_ref().map(|value| value.bytes.as_slice()) != expected.value.as_deref() {
                    return Ok(Committed::Conflict(place));
                }
            }
            state.now = now;
            let is_idle = state.round.is_empty();
            let writes = writes.into_iter().map(|write| (value_key(&write.key), write.value));
            let commit = state.lay(writes, is_durable);
            let waiting = if is_durable { state.wait_for(commit) } else { None };
            if is_durable || is_idle {
                self.shared.wake(&state);
            }
            waiting
        };
        self.shared.synced(waiting).await?;
        metrics::committed(if is_durable { "durable" } else { "ephemeral" }, watch.read());
        Ok(Committed::Done)
    }

    async fn dump(
        &self,
        to: tokio::sync::mpsc::Sender<Vec<Item>>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let shared = Arc::clone(&self.shared);
        let dumped = tokio::task::spawn_blocking(move || shared.dump(&to, now)).await;
        dumped.map_err(|error| StoreError::Backend(Box::new(error)))?
    }

    async fn sweep(&self, limit: usize, now: DateTime<Utc>) -> Result<usize, StoreError> {
        let mut state = self.shared.lock();
        state.check()?;
        let mut gone = state.layers.expired(now);
        let mut dangling = Vec::new();
        let mut below = 0;
        for pair in self.shared.disk.from(EXPIRY) {
            let (entry, _) = pair.map_err(StoreError::Backend)?;
            let Some(key) = expired_at(&entry, now) else { break };
            if below == limit {
                break;
            }
            if state.layers.find(key).is_some() || state.layers.find(&entry).is_some() {
                continue;
            }
            let raw = self.shared.disk.get(key).map_err(StoreError::Backend)?;
            let expires = raw.as_deref().and_then(unpack).and_then(|value| value.expires);
            if expires.is_some_and(|end| expiry_key(end, key) == entry) {
                below += 1;
                gone.push(entry);
            } else {
                dangling.push(entry);
            }
        }
        gone.sort_unstable();
        gone.truncate(limit);
        let swept = gone.len();
        let keys = gone.iter().filter_map(|entry| expired_at(entry, now)).map(<[u8]>::to_vec);
        let writes: Vec<_> = keys.chain(dangling).map(|key| (key, None)).collect();
        if !writes.is_empty() {
            state.lay(writes, false);
            self.shared.wake(&state);
        }
        Ok(swept)
    }

    async fn flush(&self) -> Result<(), StoreError> {
        let waiting = {
            let mut state = self.shared.lock();
            state.check()?;
            let last = state.commits;
            let waiting = state.wait_for(last);
            self.shared.wake(&state);
            waiting
        };
        self.shared.synced(waiting).await
    }

    fn is_lost(&self) -> bool {
        self.shared.lock().failed.is_some()
    }
}
