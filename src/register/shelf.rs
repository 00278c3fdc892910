//! The index: files of sorted tags, and in memory the rows that came since the last of them.
//!
//! It lies in a folder of its own and can be made again from the register. A file takes in [`FLUSH`] rows; files of
//! one month and about one size are merged, so that a search looks into few of them and each row is written a few
//! times. A month's files hold no other month's rows: they go when the month goes.

use std::fs::{DirBuilder, File};
use std::io;
use std::ops::Range;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use crate::identity::tenant::TenantId;
use crate::register::checkpoint::Tail;
use crate::register::error::RegisterError;
use crate::register::index::{Entry, Field, Tag, tag};
use crate::register::journal::Register;
use crate::register::place::hold;
use crate::register::reading::Source;
use crate::register::run::{Run, SUFFIX};
use crate::register::segment::{Location, Month};
use crate::world::seal::Seal;

/// A file is written for so many rows.
const FLUSH: usize = 4096;
/// So many files of about one size become one, and each is at least so many times larger than those of the size below.
const FAN: usize = 8;
/// No file has more rows.
const LARGEST: u64 = 1 << 18;
/// How many rows are read from the register at once.
const AT_ONCE: usize = 1024;

/// The index of a register.
#[derive(Debug)]
pub struct Index {
    folder: PathBuf,
    check: Tag,
    state: Mutex<State>,
    /// The number after the last row taken in, 0 for none: told without waiting for who merges files.
    end: AtomicU64,
    _lock: File,
}

#[derive(Debug, Default)]
struct State {
    runs: Vec<Arc<Run>>,
    recent: Vec<Entry>,
}

/// The files of the index, and the rows that are in none of them, as of one moment.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// In the order of rows.
    pub runs: Vec<Arc<Run>>,
    /// After those, in order.
    pub recent: Vec<Entry>,
}

impl Index {
    /// Opens the index in `folder`, making the folder (for its owner only) where there is none. Files that are not
    /// whole, of another key, or not behind one another are removed: their rows are taken in again.
    ///
    /// # Errors
    /// When the folder cannot be read or made.
    pub fn open(folder: &Path, seal: &Seal) -> Result<Self, RegisterError> {
        let io = |error| RegisterError::io(folder, error);
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(io)?;
        let lock = hold(folder)?;
        let check = tag(Field::RequestId, &TenantId::main(), "\0check", seal);
        let runs = gather(folder, check).map_err(io)?;
        let end = runs.last().map_or(0, |run| run.end()).into();
        let state = Mutex::new(State { runs, recent: Vec::new() });
        Ok(Self { folder: folder.to_path_buf(), check, state, end, _lock: lock })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where it lies.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What there is to search.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let state = self.lock();
        Snapshot { runs: state.runs.clone(), recent: state.recent.clone() }
    }

    /// How many rows are in it.
    #[must_use]
    pub fn rows(&self) -> u64 {
        let state = self.lock();
        let kept: u64 = state.runs.iter().map(|run| u64::from(run.rows)).sum();
        kept + state.recent.len() as u64
    }

    /// The number after the last row taken in; none for an empty index.
    #[must_use]
    pub fn end(&self) -> Option<u64> {
        self.last().ok().flatten().map(|last| last.number + 1)
    }

    /// How many rows of a register that ends at `tail` are not in it.
    #[must_use]
    pub fn behind(&self, tail: &Tail) -> u64 {
        tail.count.saturating_sub(self.end.load(Ordering::Relaxed).max(tail.first))
    }

    fn last(&self) -> io::Result<Option<Location>> {
        let state = self.lock();
        if let Some(entry) = state.recent.last() {
            return Ok(Some(entry.location));
        }
        match state.runs.last() {
            Some(run) if run.rows > 0 => Ok(Some(run.row(run.rows - 1)?.0)),
            _ => Ok(None),
        }
    }

    /// Where record `number` lies; none when the index does not have it.
    ///
    /// # Errors
    /// When a file of the index cannot be read.
    pub fn locate(&self, number: u64) -> Result<Option<Location>, RegisterError> {
        let state = self.lock();
        if let Some(entry) = state.recent.iter().find(|entry| entry.location.number == number) {
            return Ok(Some(entry.location));
        }
        let run = state.runs.iter().find(|run| (run.first..run.end()).contains(&number));
        let Some(run) = run else { return Ok(None) };
        let place = u32::try_from(number - run.first).unwrap_or(u32::MAX);
        let row = run.row(place).map_err(|error| RegisterError::io(&self.folder, error))?;
        Ok(Some(row.0))
    }

    /// The latest time of a row of `month`; none when the index has no row of it.
    #[must_use]
    pub fn latest(&self, month: Month) -> Option<DateTime<Utc>> {
        let state = self.lock();
        let runs = state.runs.iter().filter(|run| run.month == month).map(|run| run.times.1);
        let recent = state.recent.iter().filter(|entry| entry.location.month == month);
        let latest = runs.chain(recent.map(|entry| entry.at)).max()?;
        DateTime::from_timestamp_millis(latest)
    }

    /// Takes in what `register` has written since; returns how many rows. It goes on from where it is.
    ///
    /// # Errors
    /// When the register or a file of the index cannot be read or written.
    pub fn catch_up(&self, register: &Register) -> Result<u64, RegisterError> {
        let settings = register.settings();
        let mut taken = 0;
        loop {
            let tail = register.tail();
            let source =
                Source { folder: &settings.folder, seal: &settings.seal, first: tail.first };
            self.keep_within(tail.first, tail.count)?;
            let next = self.end().unwrap_or(tail.first);
            if next >= tail.count {
                return Ok(taken);
            }
            let written = register.written(next, AT_ONCE);
            let mut entries: Vec<Entry> = written.into_iter().map(|(entry, _)| entry).collect();
            if entries.is_empty() {
                entries = self.read_files(source, Some(tail.count))?;
            }
            if entries.is_empty() {
                return Ok(taken);
            }
            taken += entries.len() as u64;
            self.take(entries)?;
        }
    }

    /// Takes in what the files of `source` have and the index has not, up to record `end` or to the last whole one;
    /// tells `progress` how many it has taken in, again and again.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub fn take_in(
        &self,
        source: Source<'_>,
        end: Option<u64>,
        mut progress: impl FnMut(u64),
    ) -> Result<u64, RegisterError> {
        let mut taken = 0;
        loop {
            let entries = self.read_files(source, end)?;
            if entries.is_empty() {
                return Ok(taken);
            }
            taken += entries.len() as u64;
            self.take(entries)?;
            progress(taken);
        }
    }

    /// Writes the rows that are in memory to a file: a process that ends leaves nothing to be read again.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn flush(&self) -> Result<(), RegisterError> {
        let mut state = self.lock();
        self.write_recent(&mut state).map_err(|error| RegisterError::io(&self.folder, error))
    }

    /// Forgets what is not within the register: purged rows, and rows of a register that was put back.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub fn keep_within(&self, first: u64, count: u64) -> Result<(), RegisterError> {
        let mut state = self.lock();
        let beyond = state.runs.iter().any(|run| run.end() > count)
            || state.recent.last().is_some_and(|entry| entry.location.number >= count);
        let gap = state.runs.first().is_some_and(|run| run.first > first)
            || state.runs.is_empty()
                && state.recent.first().is_some_and(|entry| entry.location.number > first);
        let is_kept = |run: &Run| !beyond && !gap && run.first >= first;
        let io = |error| RegisterError::io(&self.folder, error);
        for run in state.runs.iter().filter(|run| !is_kept(run)) {
            run.remove().map_err(io)?;
        }
        state.runs.retain(|run| is_kept(run));
        state.recent.retain(|entry| !beyond && !gap && entry.location.number >= first);
        if beyond || gap {
            self.end.store(0, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Puts the index in `folder` in the place of this one, which is removed.
    ///
    /// # Errors
    /// When a file cannot be moved.
    pub fn adopt(&self, folder: &Path) -> Result<(), RegisterError> {
        let io = |error| RegisterError::io(&self.folder, error);
        let mut state = self.lock();
        for run in &state.runs {
            run.remove().map_err(io)?;
        }
        *state = State::default();
        self.end.store(0, Ordering::Relaxed);
        for entry in std::fs::read_dir(folder).map_err(io)? {
            let entry = entry.map_err(io)?;
            if entry.path().extension().is_none_or(|extension| extension != SUFFIX) {
                continue;
            }
            std::fs::rename(entry.path(), self.folder.join(entry.file_name())).map_err(io)?;
        }
        std::fs::remove_dir_all(folder).map_err(io)?;
        state.runs = gather(&self.folder, self.check).map_err(io)?;
        Ok(())
    }

    fn take(&self, entries: Vec<Entry>) -> Result<(), RegisterError> {
        let io = |error| RegisterError::io(&self.folder, error);
        let mut state = self.lock();
        for entry in entries {
            let full = state.recent.len() >= FLUSH;
            let other =
                state.recent.last().is_some_and(|last| last.location.month != entry.location.month);
            if full || other {
                self.write_recent(&mut state).map_err(io)?;
                self.merge(&mut state, other).map_err(io)?;
            }
            self.end.store(entry.location.number + 1, Ordering::Relaxed);
            state.recent.push(entry);
        }
        Ok(())
    }

    fn write_recent(&self, state: &mut State) -> io::Result<()> {
        let mut rest = state.recent.as_slice();
        while let Some(first) = rest.first() {
            let same = rest.iter().take_while(|e| e.location.month == first.location.month).count();
            let (now, later) = rest.split_at(same);
            state.runs.push(Arc::new(Run::write(&self.folder, self.check, now)?));
            rest = later;
        }
        state.recent.clear();
        Ok(())
    }

    /// Makes one file of several; all of a month, as far as one file takes them, once the month is `over`.
    fn merge(&self, state: &mut State, over: bool) -> io::Result<()> {
        while let Some(group) = group(&state.runs, over) {
            let mut entries = Vec::new();
            for run in &state.runs[group.clone()] {
                match run.entries()? {
                    Some(more) => entries.extend(more),
                    // Damaged: it and those behind it are taken in again.
                    None => {
                        tracing::warn!(event = "register.index-damaged", first = run.first);
                        let from = group.start;
                        for run in state.runs.drain(from..) {
                            run.remove()?;
                        }
                        state.recent.clear();
                        return Ok(());
                    }
                }
            }
            let merged = Run::write(&self.folder, self.check, &entries)?;
            for run in state.runs.splice(group, [Arc::new(merged)]) {
                run.remove()?;
            }
        }
        Ok(())
    }

    fn read_files(
        &self,
        source: Source<'_>,
        end: Option<u64>,
    ) -> Result<Vec<Entry>, RegisterError> {
        let last = self.last().map_err(|error| RegisterError::io(&self.folder, error))?;
        source.read_on(last, end, AT_ONCE, |row, location, _| {
            Ok(Entry::of(row, source.seal).at(location))
        })
    }
}

/// Which files, by their places, are to become one: all of a month that is over, as far as one file takes them, and
/// of the last month so many that follow one another and are not above a size.
fn group(runs: &[Arc<Run>], over: bool) -> Option<Range<usize>> {
    let last = runs.last()?.month;
    let is_over = |run: &Run| over || run.month != last;
    let whole = |first: &Run, next: &Run| is_over(first) && next.month == first.month;
    if let Some(group) = stretch(runs, 2, whole) {
        return Some(group);
    }
    let greatest = runs.iter().map(|run| class(run)).max()?;
    (0..=greatest).find_map(|most| {
        let small = |first: &Run, next: &Run| {
            !is_over(first) && next.month == first.month && class(first).max(class(next)) <= most
        };
        stretch(runs, FAN, small)
    })
}

/// The first stretch of at least `least` files that go `together` with the first of them.
fn stretch(
    runs: &[Arc<Run>],
    least: usize,
    together: impl Fn(&Run, &Run) -> bool,
) -> Option<Range<usize>> {
    let mut start = 0;
    while let Some(first) = runs.get(start) {
        let mut rows = 0;
        let fits = |run: &&Arc<Run>| {
            rows += u64::from(run.rows);
            rows <= LARGEST && together(first, run)
        };
        let count = runs[start..].iter().take_while(fits).count();
        if count >= least {
            return Some(start..start + count);
        }
        start += count.max(1);
    }
    None
}

/// About how large a file is: each class is so many times the one below.
fn class(run: &Run) -> u32 {
    (u64::from(run.rows) * FAN as u64 / FLUSH as u64).max(1).ilog(FAN as u64)
}

/// The files in `folder`, in order, as far as they follow one another; all others are removed.
fn gather(folder: &Path, check: Tag) -> io::Result<Vec<Arc<Run>>> {
    let (mut runs, mut odd) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let run = match path.extension().and_then(|extension| extension.to_str()) {
            Some(SUFFIX) => Run::open(&path, check)?,
            Some("new") => None,
            _ => continue,
        };
        match run {
            Some(run) => runs.push(run),
            None => odd.push(path),
        }
    }
    // Of two that begin with the same row, the longer one was merged from the other.
    runs.sort_by_key(|run| (run.first, std::cmp::Reverse(run.rows)));
    let mut kept: Vec<Arc<Run>> = Vec::new();
    for run in runs {
        if kept.last().is_none_or(|last| last.end() == run.first) {
            kept.push(Arc::new(run));
        } else {
            run.remove()?;
        }
    }
    for path in odd {
        std::fs::remove_file(path)?;
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::index::FIELDS;
    use crate::world::random::Random;

    /// Entries of rows that are found by the remainder of their number.
    fn entries(month: &str, numbers: Range<u64>) -> Vec<Entry> {
        let month = month.parse().unwrap();
        let entry = |number: u64| {
            let mut tags = [None; FIELDS];
            let remainder = (number % 1000).to_be_bytes();
            let mut tag = Tag::default();
            tag[..8].copy_from_slice(&remainder);
            tags[Field::RequestId.place()] = Some(tag);
            let location = Location { number, month, offset: number * 10 };
            Entry { location, at: number.cast_signed(), tags }
        };
        numbers.map(entry).collect()
    }

    fn found(index: &Index, remainder: u64) -> Vec<u64> {
        let mut tag = Tag::default();
        tag[..8].copy_from_slice(&remainder.to_be_bytes());
        let snapshot = index.snapshot();
        let mut numbers = Vec::new();
        for run in &snapshot.runs {
            let range = run.find(Field::RequestId, tag).unwrap();
            for place in run.places(Field::RequestId, range).unwrap() {
                numbers.push(run.row(place).unwrap().0.number);
            }
        }
        let recent = snapshot.recent.iter();
        let recent = recent.filter(|e| e.tags[Field::RequestId.place()] == Some(tag));
        numbers.extend(recent.map(|entry| entry.location.number));
        numbers
    }

    /// A process that another test is starting has the lock too, for a moment.
    fn reopen(folder: &Path, seal: &Seal) -> Index {
        let opened = (0..500).find_map(|_| match Index::open(folder, seal) {
            Err(RegisterError::InUse(_)) => {
                std::thread::sleep(std::time::Duration::from_millis(10));
                None
            }
            other => Some(other.unwrap()),
        });
        opened.unwrap()
    }

    #[test]
    fn files_are_merged_within_a_month_and_nothing_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let seal = Seal::generate(&Random::seeded(1));
        let index = Index::open(folder.path(), &seal).unwrap();
        index.take(entries("2026-09", 0..40_000)).unwrap();
        index.take(entries("2026-10", 40_000..100_000)).unwrap();
        let months: Vec<(String, u32)> =
            index.snapshot().runs.iter().map(|run| (run.month.to_string(), run.rows)).collect();
        // A month that is over is one file; of the other eight of a size become one.
        assert_eq!(months[0], ("2026-09".into(), 40_000));
        assert!(months.len() < 12 && months[1].1 >= 32_768, "{months:?}");
        let expected: Vec<u64> = (0..100).map(|n| n * 1000 + 7).collect();
        assert_eq!(found(&index, 7), expected);
        assert_eq!(index.locate(39_999).unwrap().unwrap().offset, 399_990);
        assert!(matches!(Index::open(folder.path(), &seal), Err(RegisterError::InUse(_))));
        index.flush().unwrap();
        drop(index);
        let index = reopen(folder.path(), &seal);
        assert_eq!((index.rows(), index.end()), (100_000, Some(100_000)));
        assert_eq!(found(&index, 7), expected);
        // Purged months go with their files, and rows of a register that was put back too.
        index.keep_within(40_000, 100_000).unwrap();
        assert_eq!(index.rows(), 60_000);
        index.keep_within(40_000, 50_000).unwrap();
        assert_eq!(index.rows(), 0);
        drop(index);
        // An index of other keys is none.
        let other = Seal::generate(&Random::seeded(2));
        let index = reopen(folder.path(), &seal);
        index.take(entries("2026-10", 0..10)).unwrap();
        index.flush().unwrap();
        drop(index);
        assert_eq!(reopen(folder.path(), &other).rows(), 0);
    }
}
