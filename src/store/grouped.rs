//! A store over a local database: commits at once in memory, on the disk in rounds that many callers share.
//!
//! Whoever commits holds the lock while expectations are checked and the writes laid *ahead* of the disk: commits
//! happen one after the other and conflicts are known at once, whatever the disk is doing. One thread takes what lies
//! ahead to the disk, a round at a time, each round one atomic write; who must be durable waits for the round.
//!
//! Nothing acknowledged depends on what a crash may take back. Rounds are in the order of the commits, so a durable
//! commit takes everything before it to the disk; and a reader is shown what a durable commit wrote only once it is
//! there, so that nobody tells the world of something that a crash undoes.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use tokio::sync::oneshot;

use crate::identity::tenant::TenantId;
use crate::store::disk::{Cause, Change, Disk};
use crate::store::layout::{EXPIRY, expired_at, expiry_key, pack, unpack, value_key, values_in};
use crate::store::port::{
    Committed, Durability, Expectation, Key, Space, Store, StoreError, Value, Write, within_limits,
};

/// How long what is ephemeral may lie in memory only.
const IDLE: Duration = Duration::from_millis(500);

/// A [`Store`] over a [`Disk`].
pub struct Grouped<D: Disk> {
    shared: Arc<Shared<D>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared<D> {
    disk: D,
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// What is committed and not yet on the disk, by key.
    ahead: BTreeMap<Vec<u8>, Ahead>,
    /// How many commits there were.
    commits: u64,
    /// Up to which of them all is on the disk.
    synced: u64,
    /// Who waits for which commit to be on the disk, in the order of commits.
    waiting: Vec<(u64, oneshot::Sender<()>)>,
    closing: bool,
    failed: Option<Failed>,
}

#[derive(Debug)]
struct Ahead {
    value: Option<Value>,
    /// The last commit that wrote the key.
    commit: u64,
    /// The last durable one; 0 for none.
    durable: u64,
}

/// Why nothing is taken any more: after a failed sync nobody knows what is on the disk.
#[derive(Clone, Debug)]
struct Failed(Arc<Cause>);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the disk failed, and the store takes nothing more until it is opened again")
    }
}

impl std::error::Error for Failed {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let cause: &(dyn std::error::Error + 'static) = &**self.0;
        Some(cause)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the store's thread ended")]
struct Ended;

impl<D: Disk> Grouped<D> {
    /// A store over `disk`, with its thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(disk: D) -> std::io::Result<Self> {
        let shared = Arc::new(Shared { disk, state: Mutex::default(), wake: Condvar::new() });
        let thread = {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new().name("ponte-store".into()).spawn(move || shared.run())?
        };
        Ok(Self { shared, thread: Some(thread) })
    }
}

impl<D: Disk> Drop for Grouped<D> {
    fn drop(&mut self) {
        self.shared.lock().closing = true;
        self.shared.wake.notify_all();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!(store = ?self.shared.disk, "the store's thread ended badly");
        }
    }
}

impl<D: Disk> fmt::Debug for Grouped<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Grouped({:?})", self.shared.disk)
    }
}

impl<D: Disk> Shared<D> {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what lies ahead to the disk until the store is dropped, and the rest then.
    fn run(&self) {
        let _end = End(self);
        let mut state = self.lock();
        loop {
            while state.waiting.is_empty() && !state.closing {
                if state.ahead.is_empty() {
                    state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
                    continue;
                }
                let lazy = |state: &mut State| state.waiting.is_empty() && !state.closing;
                let waited = self.wake.wait_timeout_while(state, IDLE, lazy);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
                break;
            }
            if state.failed.is_some() || (state.ahead.is_empty() && state.waiting.is_empty()) {
                return;
            }
            let last = state.commits;
            let round: Vec<_> =
                state.ahead.iter().map(|(key, ahead)| (key.clone(), ahead.value.clone())).collect();
            drop(state);
            let written = self.expand(round).and_then(|round| match round.as_slice() {
                [] => Ok(()),
                round => self.disk.write(round),
            });
            state = self.lock();
            if let Err(cause) = written {
                tracing::error!(store = ?self.disk, error = %cause, "the store's disk failed");
                state.fail(cause);
                return;
            }
            state.synced = last;
            state.ahead.retain(|_, ahead| ahead.commit > last);
            let later = state.waiting.partition_point(|(commit, _)| *commit <= last);
            let done: Vec<_> = state.waiting.drain(..later).collect();
            drop(state);
            for (_, waiter) in done {
                // Whoever stopped waiting has nothing to hear.
                let _gone = waiter.send(());
            }
            state = self.lock();
        }
    }

    /// The round with the index of expiries brought up to date.
    fn expand(&self, round: Vec<(Vec<u8>, Option<Value>)>) -> Result<Vec<Change>, Cause> {
        let mut writes = Vec::with_capacity(2 * round.len());
        for (key, value) in round {
            let old = self.disk.get(&key)?;
            let before = old.as_deref().and_then(unpack).and_then(|old| old.expires);
            let after = value.as_ref().and_then(|value| value.expires);
            if before != after {
                writes.extend(before.map(|end| (expiry_key(end, &key), None)));
                writes.extend(after.map(|end| (expiry_key(end, &key), Some(Vec::new()))));
            }
            if value.is_some() || old.is_some() {
                writes.push((key, value.as_ref().map(pack)));
            }
        }
        Ok(writes)
    }

    /// The value of `key`, dead or alive.
    fn value(&self, state: &State, key: &[u8]) -> Result<Option<Value>, StoreError> {
        match state.ahead.get(key) {
            Some(ahead) => Ok(ahead.value.clone()),
            None => {
                Ok(self.disk.get(key).map_err(StoreError::Backend)?.and_then(|raw| unpack(&raw)))
            }
        }
    }

    /// Waits until `commit` is on the disk.
    async fn synced(&self, waiting: Option<oneshot::Receiver<()>>) -> Result<(), StoreError> {
        let Some(waiting) = waiting else { return Ok(()) };
        if waiting.await.is_ok() {
            return Ok(());
        }
        // A waiter is dropped unanswered only by a failure.
        self.lock().check()?;
        Err(StoreError::Backend(Box::new(Ended)))
    }
}

/// Whatever ends the thread, nobody waits for it any longer.
struct End<'a, D>(&'a Shared<D>);

impl<D> Drop for End<'_, D> {
    fn drop(&mut self) {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.failed.is_none() {
            state.fail(Box::new(Ended));
        }
    }
}

impl State {
    fn check(&self) -> Result<(), StoreError> {
        match &self.failed {
            Some(failed) => Err(StoreError::Backend(Box::new(failed.clone()))),
            None => Ok(()),
        }
    }

    fn fail(&mut self, cause: Cause) {
        self.failed = Some(Failed(Arc::new(cause)));
        self.waiting.clear();
    }

    /// Lays a commit ahead of the disk; returns its number.
    fn lay(
        &mut self,
        writes: impl IntoIterator<Item = (Vec<u8>, Option<Value>)>,
        durable: bool,
    ) -> u64 {
        self.commits += 1;
        let commit = self.commits;
        for (key, value) in writes {
            let entry = self.ahead.entry(key).or_insert(Ahead { value: None, commit, durable: 0 });
            entry.value = value;
            entry.commit = commit;
            if durable {
                entry.durable = commit;
            }
        }
        commit
    }

    fn wait_for(&mut self, commit: u64) -> Option<oneshot::Receiver<()>> {
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

#[async_trait]
impl<D: Disk> Store for Grouped<D> {
    async fn get(&self, key: &Key, now: DateTime<Utc>) -> Result<Option<Vec<u8>>, StoreError> {
        let key = value_key(key);
        let (found, waiting) = {
            let mut state = self.shared.lock();
            let found = self.shared.value(&state, &key)?;
            let durable = state.ahead.get(&key).map_or(0, |ahead| ahead.durable);
            (found, state.wait_for(durable))
        };
        self.shared.synced(waiting).await?;
        Ok(found.filter(|value| value.lives(now)).map(|value| value.bytes))
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
            let mut ahead = state
                .ahead
                .range(first.clone()..)
                .take_while(|(key, _)| key.starts_with(&within))
                .peekable();
            let mut below = self.shared.disk.from(&first).peekable();
            while found.len() < limit {
                let below_key = match below.peek() {
                    Some(Ok((key, _))) if key.starts_with(&within) => Some(key.as_slice()),
                    Some(Ok(_)) | None => None,
                    Some(Err(_)) => {
                        let Some(Err(cause)) = below.next() else { continue };
                        return Err(StoreError::Backend(cause));
                    }
                };
                let order = match (ahead.peek(), below_key) {
                    (None, None) => break,
                    (Some(_), None) => Ordering::Less,
                    (None, Some(_)) => Ordering::Greater,
                    (Some((key, _)), Some(below_key)) => key.as_slice().cmp(below_key),
                };
                let lower = if order == Ordering::Less { None } else { below.next() };
                let upper = if order == Ordering::Greater { None } else { ahead.next() };
                let (key, value) = match (upper, lower) {
                    (Some((key, upper)), _) => {
                        durable = durable.max(upper.durable);
                        (key.clone(), upper.value.clone())
                    }
                    (None, Some(Ok((key, raw)))) => (key, unpack(&raw)),
                    (None, _) => continue,
                };
                if let Some(value) = value.filter(|value| value.lives(now)) {
                    let name = String::from_utf8_lossy(&key[folder.len()..]).into_owned();
                    found.push((name, value.bytes));
                }
            }
            drop((ahead, below));
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
        let waiting = {
            let mut state = self.shared.lock();
            state.check()?;
            for (place, expected) in expectations.iter().enumerate() {
                let found = self.shared.value(&state, &value_key(&expected.key))?;
                let found = found.filter(|value| value.lives(now)).map(|value| value.bytes);
                if found != expected.value {
                    return Ok(Committed::Conflict(place));
                }
            }
            let idle = state.ahead.is_empty();
            let durable = durability == Durability::Durable;
            let writes = writes.into_iter().map(|write| (value_key(&write.key), write.value));
            let commit = state.lay(writes, durable);
            if durable || idle {
                self.shared.wake.notify_one();
            }
            if durable { state.wait_for(commit) } else { None }
        };
        self.shared.synced(waiting).await?;
        Ok(Committed::Done)
    }

    async fn sweep(&self, limit: usize, now: DateTime<Utc>) -> Result<usize, StoreError> {
        let mut state = self.shared.lock();
        state.check()?;
        let mut gone: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        for (key, ahead) in &state.ahead {
            let expires = ahead.value.as_ref().and_then(|value| value.expires);
            if let Some(end) = expires.filter(|end| *end <= now) {
                gone.push((expiry_key(end, key), key.clone()));
            }
        }
        let mut below = 0;
        for pair in self.shared.disk.from(EXPIRY) {
            let (entry, _) = pair.map_err(StoreError::Backend)?;
            let Some(key) = expired_at(&entry, now) else { break };
            if below == limit {
                break;
            }
            if !state.ahead.contains_key(key) {
                below += 1;
                let key = key.to_vec();
                gone.push((entry, key));
            }
        }
        gone.sort_unstable();
        gone.truncate(limit);
        let swept = gone.len();
        if swept > 0 {
            state.lay(gone.into_iter().map(|(_, key)| (key, None)), false);
            self.shared.wake.notify_one();
        }
        Ok(swept)
    }

    async fn flush(&self) -> Result<(), StoreError> {
        let waiting = {
            let mut state = self.shared.lock();
            state.check()?;
            let last = state.commits;
            self.shared.wake.notify_one();
            state.wait_for(last)
        };
        self.shared.synced(waiting).await
    }
}
