//! The log of commits that are on the disk and not yet in the database: two files, written by turns.
//!
//! A durable commit costs one write and one `fdatasync` here; the database gets it later, among many others, in an
//! order that suits it. sled, asked to be durable at each commit, wakes its own threads some 36 times for it.
//!
//! A file is [`MAGIC`] ‖ generation (8 bytes), then frames: length (4 bytes) ‖ CRC-32 of generation, frame's place
//! and round (4 bytes) ‖ round. Numbers are big-endian. A round is changes: length of key (2 bytes) ‖ key ‖ 0, or
//! 1 ‖ length of value (4 bytes) ‖ value.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use flate2::Crc;

use crate::store::disk::{Cause, Change, Log};

const MAGIC: &[u8; 8] = b"ponte 1\n";
const HEADER: u64 = 16;
const FULL: u64 = 4 * 1024 * 1024;

/// The two files.
#[derive(Debug)]
pub struct AheadLog {
    files: [File; 2],
    place: Mutex<Place>,
}

/// Where the next frame goes.
#[derive(Debug)]
struct Place {
    half: usize,
    generation: u64,
    /// How long the file is; 0 before its header is written.
    length: u64,
}

impl AheadLog {
    /// Opens or makes the log in `folder`; returns what it holds, the first commit first. That stays until
    /// [`AheadLog::clear`].
    ///
    /// # Errors
    /// When a file cannot be read, or was damaged where no crash does it.
    pub fn open(folder: &Path) -> Result<(Self, Vec<Change>), Cause> {
        let open = |name: &str| {
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false).mode(0o600);
            options.open(folder.join(name))
        };
        let files = [open("ahead-0")?, open("ahead-1")?];
        let mut halves = [read(&files[0])?, read(&files[1])?];
        let generation = halves.iter().filter_map(|half| half.generation).max().unwrap_or(0) + 1;
        // A file without a whole header was being begun: it is the newer one.
        halves
            .sort_by_key(|half| half.generation.unwrap_or(if half.is_torn { u64::MAX } else { 0 }));
        let [older, newer] = halves;
        if older.is_torn && !newer.changes.is_empty() {
            return Err(Box::new(Damaged));
        }
        let place = Place { half: 0, generation, length: 0 };
        let mut changes = older.changes;
        changes.extend(newer.changes);
        Ok((Self { files, place: Mutex::new(place) }, changes))
    }

    /// Forgets all: the database has it.
    ///
    /// # Errors
    /// When it may still be there.
    pub fn clear(&self) -> Result<(), Cause> {
        self.files.iter().try_for_each(empty)?;
        Ok(())
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log for AheadLog {
    fn append(&self, round: &[u8]) -> Result<(), Cause> {
        let mut place = self.place();
        let mut frame = Vec::with_capacity(round.len() + 32);
        if place.length == 0 {
            frame.extend_from_slice(MAGIC);
            frame.extend_from_slice(&place.generation.to_be_bytes());
        }
        let start = place.length + frame.len() as u64;
        frame.extend_from_slice(&u32::try_from(round.len())?.to_be_bytes());
        frame.extend_from_slice(&checksum(place.generation, start, round).to_be_bytes());
        frame.extend_from_slice(round);
        let file = &self.files[place.half];
        file.write_all_at(&frame, place.length)?;
        file.sync_data()?;
        place.length += frame.len() as u64;
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.place().length >= FULL
    }

    fn turn(&self) {
        let mut place = self.place();
        *place = Place { half: 1 - place.half, generation: place.generation + 1, length: 0 };
    }

    fn forget(&self) -> Result<(), Cause> {
        let other = 1 - self.place().half;
        Ok(empty(&self.files[other])?)
    }
}

/// Appends a change to a round.
pub fn encode(round: &mut Vec<u8>, key: &[u8], value: Option<&[u8]>) {
    // A key is shorter than 64 KiB and a value than 4 GiB: the store refused the others.
    round.extend_from_slice(&u16::try_from(key.len()).unwrap_or(u16::MAX).to_be_bytes());
    round.extend_from_slice(key);
    round.push(u8::from(value.is_some()));
    if let Some(value) = value {
        round.extend_from_slice(&u32::try_from(value.len()).unwrap_or(u32::MAX).to_be_bytes());
        round.extend_from_slice(value);
    }
}

/// The changes of a round.
fn decode(mut round: &[u8]) -> Option<Vec<Change>> {
    let mut changes = Vec::new();
    while !round.is_empty() {
        let (length, rest) = round.split_first_chunk::<2>()?;
        let (key, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        let (is_some, mut rest) = rest.split_first()?;
        let mut value = None;
        if *is_some == 1 {
            let (length, after) = rest.split_first_chunk::<4>()?;
            let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
            let (bytes, after) = after.split_at_checked(length)?;
            value = Some(bytes.to_vec());
            rest = after;
        }
        changes.push((key.to_vec(), value));
        round = rest;
    }
    Some(changes)
}

#[derive(Default)]
struct Half {
    /// None before its header was written.
    generation: Option<u64>,
    changes: Vec<Change>,
    /// Whether it ends in a round that was being written.
    is_torn: bool,
}

fn read(file: &File) -> Result<Half, Cause> {
    let length = file.metadata()?.len();
    let mut bytes = vec![0; usize::try_from(length)?];
    file.read_exact_at(&mut bytes, 0)?;
    let Some(rest) = bytes.strip_prefix(MAGIC) else {
        return Ok(Half { is_torn: !bytes.is_empty(), ..Half::default() });
    };
    let Some((generation, mut rest)) = rest.split_first_chunk::<8>() else {
        return Ok(Half { is_torn: true, ..Half::default() });
    };
    let generation = u64::from_be_bytes(*generation);
    let mut half = Half { generation: Some(generation), ..Half::default() };
    let mut start = HEADER;
    while !rest.is_empty() {
        let Some((round, after)) = frame(rest, generation, start) else {
            half.is_torn = true;
            break;
        };
        half.changes.extend(decode(round).ok_or(Damaged)?);
        start += (rest.len() - after.len()) as u64;
        rest = after;
    }
    Ok(half)
}

/// The round that begins `bytes`, and what follows it; `None` when it was not written to its end.
fn frame(bytes: &[u8], generation: u64, start: u64) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (sum, rest) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (round, after) = rest.split_at_checked(length)?;
    let is_whole = checksum(generation, start, round) == u32::from_be_bytes(*sum);
    (is_whole && !round.is_empty()).then_some((round, after))
}

fn checksum(generation: u64, start: u64, round: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(&generation.to_be_bytes());
    crc.update(&start.to_be_bytes());
    crc.update(round);
    crc.sum()
}

fn empty(file: &File) -> io::Result<()> {
    file.set_len(0)?;
    file.sync_all()
}

/// The log is not as a crash leaves it.
#[derive(Debug, thiserror::Error)]
#[error("the store's log of last commits (ahead-0, ahead-1) is damaged: restore an export")]
struct Damaged;

#[cfg(test)]
mod tests {
    use super::*;

    fn round(n: u8) -> Vec<u8> {
        let mut round = Vec::new();
        encode(&mut round, b"gone", None);
        encode(&mut round, b"", Some(b""));
        encode(&mut round, &[b'k', n], Some(&[n; 300]));
        round
    }

    fn changes(n: u8) -> Vec<Change> {
        vec![(b"gone".to_vec(), None), (vec![], Some(vec![])), (vec![b'k', n], Some(vec![n; 300]))]
    }

    fn held(folder: &Path) -> Vec<Change> {
        AheadLog::open(folder).unwrap().1
    }

    #[test]
    fn what_was_appended_comes_back_over_turns() {
        let folder = tempfile::tempdir().unwrap();
        let (log, before) = AheadLog::open(folder.path()).unwrap();
        assert!(before.is_empty());
        log.append(&round(1)).unwrap();
        log.append(&round(2)).unwrap();
        assert_eq!(held(folder.path()), [changes(1), changes(2)].concat());
        log.turn();
        log.append(&round(3)).unwrap();
        assert_eq!(held(folder.path()), [changes(1), changes(2), changes(3)].concat());
        log.forget().unwrap();
        assert_eq!(held(folder.path()), changes(3));
        log.turn();
        log.append(&round(4)).unwrap();
        assert_eq!(held(folder.path()), [changes(3), changes(4)].concat());
        // Opened again, the log goes on behind what it holds.
        let (log, before) = AheadLog::open(folder.path()).unwrap();
        assert_eq!(before.len(), 6);
        log.clear().unwrap();
        assert!(held(folder.path()).is_empty());
        assert!(!log.is_full());
        let long = vec![7; usize::try_from(FULL).unwrap()];
        let mut big = Vec::new();
        encode(&mut big, b"k", Some(&long));
        log.append(&big).unwrap();
        assert!(log.is_full());
    }

    #[test]
    fn a_round_that_was_being_written_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let (log, _) = AheadLog::open(folder.path()).unwrap();
        log.append(&round(1)).unwrap();
        let path = folder.path().join("ahead-0");
        let first = std::fs::read(&path).unwrap().len();
        log.append(&round(2)).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for length in 0..whole.len() {
            for is_zeroed in [false, true] {
                let mut bytes = whole[..length].to_vec();
                if is_zeroed {
                    bytes.resize(whole.len(), 0);
                }
                std::fs::write(&path, bytes).unwrap();
                let expected = if length < first { vec![] } else { changes(1) };
                assert_eq!(held(folder.path()), expected, "{length} {is_zeroed}");
            }
        }
        for at in first..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(held(folder.path()), changes(1), "byte {at}");
        }
    }

    #[test]
    fn a_file_that_was_being_begun_is_the_newer_one() {
        let folder = tempfile::tempdir().unwrap();
        let (log, _) = AheadLog::open(folder.path()).unwrap();
        log.append(&round(1)).unwrap();
        log.turn();
        log.append(&round(2)).unwrap();
        let path = folder.path().join("ahead-1");
        let whole = std::fs::read(&path).unwrap();
        for length in 0..whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert_eq!(held(folder.path()), changes(1), "{length}");
        }
    }

    #[test]
    fn damage_before_what_came_later_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let (log, _) = AheadLog::open(folder.path()).unwrap();
        log.append(&round(1)).unwrap();
        log.turn();
        log.append(&round(2)).unwrap();
        let path = folder.path().join("ahead-0");
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        assert!(AheadLog::open(folder.path()).is_err());
        std::fs::write(&path, &whole).unwrap();
        assert_eq!(held(folder.path()), [changes(1), changes(2)].concat());
    }
}
