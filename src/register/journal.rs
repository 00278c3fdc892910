//! The register as it is written: rows of many answers in one write and one sync, a checkpoint now and then.

use std::collections::VecDeque;
use std::fmt;
use std::fs::{DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{Notify, oneshot};

use crate::register::checkpoint::{self, Tail};
use crate::register::error::RegisterError;
use crate::register::index::Entry;
use crate::register::pending::{Filed, Filing};
use crate::register::place::{beside, hold};
use crate::register::recovery::{self, Torn};
use crate::register::row::Row;
use crate::register::segment::{Month, pack};
use crate::register::shelf::Index;
use crate::register::signer::CurrentSigner;
use crate::register::writing::{Receipt, Unwritten, write_group};
use crate::world::random::Random;
use crate::world::seal::Seal;
use crate::world::signer::Signer;

/// How many rows that were written wait in memory for the index; beyond that they are read from the files again.
const INDEX_QUEUE: usize = 4096;

/// How many rows may wait to be filed; beyond that no answer leaves.
pub const MAX_WAITING: usize = 1024;

/// How long rows that nobody waits for are gathered, so that one sync serves many …
const GATHER: Duration = Duration::from_millis(100);
/// … and how many of them are enough.
const ENOUGH: usize = 128;
/// How long after a failure they are tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// Where a register lies, and what it seals and signs with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its folder, one file a month.
    pub folder: PathBuf,
    /// Its checkpoint, outside the folder.
    pub checkpoint: PathBuf,
    /// What seals the rows.
    pub seal: Arc<Seal>,
    /// What signs the checkpoint.
    pub signer: Arc<dyn Signer>,
    /// Certificates (DER) of keys that signed checkpoints before.
    pub former: Vec<Vec<u8>>,
    /// Chance, for sealing.
    pub random: Arc<Random>,
    /// A checkpoint is due after so many rows …
    pub checkpoint_rows: u64,
    /// … or when the last one is so old and rows came since.
    pub checkpoint_every: Duration,
}

impl Settings {
    /// The folder of the index, beside the register's: `register-index`.
    #[must_use]
    pub fn index_folder(&self) -> PathBuf {
        beside(&self.folder, "-index")
    }

    /// Where the index is made anew, before it takes the place of the old one: `register-index-new`.
    #[must_use]
    pub fn index_anew(&self) -> PathBuf {
        beside(&self.folder, "-index-new")
    }

    /// The journal of who looked into the register, beside it: `register-access.jsonl`.
    #[must_use]
    pub fn access_journal(&self) -> PathBuf {
        beside(&self.folder, "-access.jsonl")
    }
}

/// The register, open for writing; dropping it writes the last checkpoint.
pub struct Register {
    pub(in crate::register) shared: Arc<Shared>,
    index: Index,
    torn: Option<Torn>,
    threads: Vec<JoinHandle<()>>,
}

/// How a register is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Status {
    /// Whether it takes rows.
    pub takes_rows: bool,
    /// Rows ever written.
    pub rows: u64,
    /// Rows that wait for the disk.
    pub pending: usize,
    /// Rows that wait for the index, as far as memory knows.
    pub unindexed: usize,
}

pub(in crate::register) struct Shared {
    settings: Settings,
    pub(in crate::register) signer: CurrentSigner,
    state: Mutex<State>,
    /// Wakes who writes.
    rows: Condvar,
    /// Wakes who signs checkpoints.
    progress: Condvar,
    appended: Notify,
    /// Wakes who waits for rows to be filed.
    filed: Notify,
    /// Held by who writes a checkpoint: a later one is never replaced by an earlier.
    checkpointing: Mutex<()>,
    _lock: File,
}

pub(in crate::register) struct State {
    queue: Vec<Waiting>,
    /// How many of those that were handed over by [`Register::file`] are not in the file.
    unfiled: usize,
    /// Whether somebody waits for those.
    is_urgent: bool,
    pub(in crate::register) tail: Tail,
    /// The time of the last row, for the checkpoint.
    at: DateTime<Utc>,
    checkpointed: u64,
    /// What was written last, for the index and for the store, which forgets what is filed.
    pub(in crate::register) written: VecDeque<(Entry, Filed)>,
    closing: bool,
    failed: bool,
    /// No more rows are written.
    ended: bool,
}

struct Waiting {
    packed: Vec<u8>,
    at: DateTime<Utc>,
    entry: Entry,
    filed: Filed,
    /// Who waits; nobody does for a row that the store has, and that is tried again until it is filed.
    answer: Option<oneshot::Sender<Result<Receipt, RegisterError>>>,
}

impl Register {
    /// Opens the register, making its folder (for its owner only) where there is none; reads on from the checkpoint
    /// and cuts off a record that was being written when the power went. `now` is the checkpoint's time.
    ///
    /// # Errors
    /// When it was cut or altered since the checkpoint, the checkpoint is missing or not ours, or the disk fails.
    pub fn open(settings: Settings, now: DateTime<Utc>) -> Result<Self, RegisterError> {
        let folder = &settings.folder;
        let io = |error| RegisterError::io(folder, error);
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(io)?;
        let lock = hold(folder)?;
        let (tail, torn) = recovery::recover(&settings)?;
        let index = Index::open(&settings.index_folder(), &settings.seal)?;
        checkpoint::write(&settings.checkpoint, &tail, now, &*settings.signer)?;
        let state = State {
            queue: Vec::new(),
            unfiled: 0,
            is_urgent: false,
            tail,
            at: now,
            checkpointed: tail.count,
            written: VecDeque::new(),
            closing: false,
            failed: false,
            ended: false,
        };
        let shared = Arc::new(Shared {
            signer: CurrentSigner::new(Arc::clone(&settings.signer)),
            settings,
            state: Mutex::new(state),
            rows: Condvar::new(),
            progress: Condvar::new(),
            appended: Notify::new(),
            filed: Notify::new(),
            checkpointing: Mutex::new(()),
            _lock: lock,
        });
        let mut register = Self { shared, index, torn, threads: Vec::new() };
        register.spawn("ponte-register", Shared::write_rows)?;
        register.spawn("ponte-checkpoint", Shared::write_checkpoints)?;
        Ok(register)
    }

    fn spawn(&mut self, name: &str, run: fn(&Shared)) -> Result<(), RegisterError> {
        let shared = Arc::clone(&self.shared);
        let thread = std::thread::Builder::new().name(name.into()).spawn(move || run(&shared));
        let folder = &self.shared.settings.folder;
        self.threads.push(thread.map_err(|error| RegisterError::io(folder, error))?);
        Ok(())
    }

    /// How it is.
    #[must_use]
    pub fn status(&self) -> Status {
        let state = self.shared.lock();
        Status {
            takes_rows: !state.failed && !state.closing,
            rows: state.tail.count,
            pending: state.queue.len().max(state.unfiled),
            unindexed: usize::try_from(self.index.behind(&state.tail)).unwrap_or(usize::MAX),
        }
    }

    /// What was cut off when the register was opened.
    #[must_use]
    pub fn torn(&self) -> Option<&Torn> {
        self.torn.as_ref()
    }

    /// What rows are found by.
    #[must_use]
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// Brings the index up to what was written; returns how many rows it took in.
    ///
    /// # Errors
    /// When the register or the index cannot be read or written.
    pub fn catch_up(&self) -> Result<u64, RegisterError> {
        self.index.catch_up(self)
    }

    /// Where the register ends now.
    #[must_use]
    pub fn tail(&self) -> Tail {
        self.shared.lock().tail
    }

    /// Writes a row; comes back once it is on the disk.
    ///
    /// # Errors
    /// [`RegisterError::Refused`] when the disk did not take it: what the row tells of must not happen.
    pub async fn append(&self, row: &Row) -> Result<Receipt, RegisterError> {
        let packed = pack(row)?;
        let entry = Entry::of(row, &self.shared.settings.seal);
        let filed = Filed::of(row, packed.len());
        let (answer, answered) = oneshot::channel();
        {
            let mut state = self.shared.lock();
            if state.failed || state.closing {
                return Err(RegisterError::Failed);
            }
            let answer = Some(answer);
            state.queue.push(Waiting { packed, at: row.at, entry, filed, answer });
            self.shared.rows.notify_one();
        }
        answered.await.unwrap_or(Err(RegisterError::Failed))
    }

    /// Whether one more row can be filed.
    ///
    /// # Errors
    /// [`RegisterError::Refused`] while [`MAX_WAITING`] rows wait for a disk that does not take them,
    /// [`RegisterError::Failed`] after a failure that left the file in doubt: no answer may leave then.
    pub fn admits(&self) -> Result<(), RegisterError> {
        let state = self.shared.lock();
        if state.failed || state.closing {
            return Err(RegisterError::Failed);
        }
        if state.unfiled >= MAX_WAITING { Err(RegisterError::Refused) } else { Ok(()) }
    }

    /// Brings a row that the store has on the disk to the month's file, soon, together with others.
    pub fn file(&self, filing: Filing) {
        let Filing { packed, at, entry, filed } = filing;
        let mut state = self.shared.lock();
        if state.failed {
            // It stays in the store, and is filed at the next start.
            return;
        }
        state.unfiled += 1;
        state.queue.push(Waiting { packed, at, entry, filed, answer: None });
        // In between the thread gathers, by the clock.
        if state.queue.len() == 1 || state.queue.len() == ENOUGH {
            self.shared.rows.notify_one();
        }
    }

    /// Comes back once all rows handed to [`Register::file`] so far are in their files, on the disk.
    ///
    /// # Errors
    /// [`RegisterError::Failed`] when that will not be before the register is opened again.
    pub async fn filed(&self) -> Result<(), RegisterError> {
        loop {
            let filed = self.shared.filed.notified();
            tokio::pin!(filed);
            filed.as_mut().enable();
            {
                let mut state = self.shared.lock();
                if state.unfiled == 0 {
                    return Ok(());
                }
                if state.failed {
                    return Err(RegisterError::Failed);
                }
                state.is_urgent = true;
                self.shared.rows.notify_one();
            }
            filed.await;
        }
    }

    /// Comes back once rows were written since the last time.
    pub async fn appended(&self) {
        self.shared.appended.notified().await;
    }

    /// Where and with what it was opened.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.shared.settings
    }
}

impl fmt::Debug for Register {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Register({})", self.shared.settings.folder.display())
    }
}

impl Drop for Register {
    fn drop(&mut self) {
        self.shared.lock().closing = true;
        self.shared.rows.notify_all();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the register ended badly");
            }
        }
        // What is left in memory would be read from the files again.
        if let Err(error) = self.catch_up().and_then(|_| self.index.flush()) {
            tracing::warn!(%error, "the register's index is behind");
        }
    }
}

impl Shared {
    pub(in crate::register) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_rows(&self) {
        let _end = End(self);
        let mut current: Option<(Month, File)> = None;
        let mut state = self.lock();
        loop {
            while state.queue.is_empty() && !state.closing {
                state = self.rows.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            let gathers = |state: &mut State| {
                let is_awaited = state.queue.iter().any(|row| row.answer.is_some());
                let is_due = is_awaited || state.is_urgent || state.closing;
                !is_due && state.queue.len() < ENOUGH
            };
            let waited = self.rows.wait_timeout_while(state, GATHER, gathers);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            if state.queue.is_empty() || state.failed {
                return;
            }
            state.is_urgent = false;
            let mut rest = std::mem::take(&mut state.queue);
            let tail = state.tail;
            drop(state);
            let last = tail.place.map(|(month, _)| month);
            // The chain goes forward even where the clock went back over the end of a month.
            let month = |row: &Waiting| {
                let own = Month::of(row.at);
                last.map_or(own, |last| own.max(last))
            };
            let same = rest.iter().take_while(|row| month(row) == month(&rest[0])).count();
            let later = rest.split_off(same);
            let to = month(&rest[0]);
            let at = rest.iter().map(|row| row.at).max();
            let packed: Vec<&[u8]> = rest.iter().map(|row| row.packed.as_slice()).collect();
            let written = write_group(&self.settings, &mut current, to, tail, &packed);
            state = self.lock();
            state.queue.splice(0..0, later);
            match written {
                Ok((tail, receipts)) => {
                    // The beginning may have moved meanwhile.
                    (state.tail.count, state.tail.hash) = (tail.count, tail.hash);
                    state.tail.place = tail.place;
                    state.at = at.unwrap_or(state.at);
                    let mut answers = Vec::with_capacity(rest.len());
                    for (row, receipt) in rest.into_iter().zip(receipts) {
                        let location = receipt.location;
                        state.written.push_back((row.entry.at(location), row.filed));
                        match row.answer {
                            Some(answer) => answers.push((answer, receipt)),
                            None => state.unfiled -= 1,
                        }
                    }
                    let over = state.written.len().saturating_sub(INDEX_QUEUE);
                    state.written.drain(..over);
                    drop(state);
                    self.filed.notify_waiters();
                    self.appended.notify_one();
                    self.progress.notify_one();
                    for (answer, receipt) in answers {
                        // Whoever stopped waiting has nothing to hear.
                        let _gone = answer.send(Ok(receipt));
                    }
                    state = self.lock();
                }
                Err(Unwritten { error, in_doubt }) => {
                    tracing::error!(folder = %self.settings.folder.display(), %error, in_doubt, "the register could not write");
                    state.failed = in_doubt;
                    let mut kept = Vec::new();
                    for mut row in rest {
                        match row.answer.take() {
                            Some(answer) => {
                                let _gone = answer.send(Err(RegisterError::Refused));
                            }
                            None => kept.push(row),
                        }
                    }
                    // The store has these: they are tried again until the disk takes them.
                    let is_stuck = !kept.is_empty();
                    state.queue.splice(0..0, kept);
                    if state.closing {
                        return;
                    }
                    if is_stuck {
                        let idles = |state: &mut State| {
                            !state.closing && state.queue.iter().all(|row| row.answer.is_none())
                        };
                        let waited = self.rows.wait_timeout_while(state, AGAIN, idles);
                        state = waited.unwrap_or_else(PoisonError::into_inner).0;
                    }
                }
            }
        }
    }

    pub(in crate::register) fn checkpoint(&self) -> Result<Tail, RegisterError> {
        let _turn = self.checkpointing.lock().unwrap_or_else(PoisonError::into_inner);
        let (tail, at) = {
            let state = self.lock();
            (state.tail, state.at)
        };
        checkpoint::write(&self.settings.checkpoint, &tail, at, &*self.signer.get())?;
        self.lock().checkpointed = tail.count;
        Ok(tail)
    }

    fn write_checkpoints(&self) {
        let Settings { checkpoint_rows, checkpoint_every, .. } = self.settings;
        let mut state = self.lock();
        loop {
            let early = |state: &mut State| {
                let rows = state.tail.count - state.checkpointed;
                rows < checkpoint_rows && !state.ended
            };
            let waited = self.progress.wait_timeout_while(state, checkpoint_every, early);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            // Not before the last row is written: it is the last checkpoint's too.
            let closing = state.ended;
            if state.tail.count > state.checkpointed {
                drop(state);
                let written = self.checkpoint();
                state = self.lock();
                if let Err(error) = written {
                    tracing::error!(%error, "the register's checkpoint could not be written");
                    if closing {
                        return;
                    }
                    // Not again at once: what failed will fail again.
                    let pause =
                        self.progress
                            .wait_timeout_while(state, checkpoint_every, |state| !state.ended);
                    state = pause.unwrap_or_else(PoisonError::into_inner).0;
                }
            } else if closing {
                return;
            }
        }
    }
}

/// Whatever ends the thread, nobody waits for it any longer.
struct End<'a>(&'a Shared);

impl Drop for End<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.failed = true;
        state.ended = true;
        state.queue.clear();
        self.0.progress.notify_all();
        self.0.filed.notify_waiters();
    }
}
