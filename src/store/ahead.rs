//! The log of commits that are on the disk and not yet in the database: two files, written by turns.
//!
//! A durable commit costs one write and one `fdatasync` here; the database gets it later, among many others, in an
//! order that suits it. sled, asked to be durable at each commit, wakes its own threads some 36 times for it.
//!
//! A file is taken again and again and keeps its length: a sync then has no new length to bring to the disk, and what
//! is written goes there past the page cache, which together is a third of the work. So frames begin at multiples of
//! [`BLOCK`], and what follows the last frame is an older turn's.
//!
//! The first block is [`MAGIC`] ‖ generation (8 bytes) ‖ where the other file ended (8 bytes) ‖ whether there may be
//! frames (1 byte) ‖ CRC-32 of that (4 bytes). Then frames: length (4 bytes) ‖ CRC-32 of generation, frame's place and
//! round (4 bytes) ‖ round. Numbers are big-endian. A round is changes: length of key (2 bytes) ‖ key ‖ 0, or 1 ‖
//! length of value (4 bytes) ‖ value.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use flate2::Crc;

use crate::store::ahead_1;
use crate::store::aligned::{Aligned, BLOCK, whole_blocks};
use crate::store::disk::{Cause, Change, Log, of_write};
use crate::store::layout::{pack_into, packed_length};
use crate::store::port::Value;
use crate::telemetry::metrics;
use crate::world::stopwatch::Stopwatch;

const MAGIC: &[u8; 8] = b"ponte 2\n";
/// Long enough for most of what lives minutes to be gone before it would go to the database.
const FULL: u64 = 24 * 1024 * 1024;

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
    /// Where the other half ended.
    before: u64,
    /// Where the next frame goes; 0 before the header is written.
    length: u64,
    /// How much of that the other half had.
    carried: u64,
    /// Which half was the older one when the log was opened.
    older: usize,
    buffer: Aligned,
}

impl AheadLog {
    /// Opens or makes the log in `folder`; returns what it holds, the first commit first. That stays until
    /// [`AheadLog::clear`].
    ///
    /// # Errors
    /// When a file cannot be read, or was damaged where no crash does it.
    pub fn open(folder: &Path) -> Result<(Self, Vec<Change>), Cause> {
        let paths = NAMES.map(|name| folder.join(name));
        let [first, second] = paths.each_ref().map(|path| read(path));
        let (first, second) = (first?, second?);
        let swaps = first.generation > second.generation;
        let (older, newer) = if swaps { (second, first) } else { (first, second) };
        let follows = newer.generation == older.generation + 1;
        if newer.is_known && older.is_known && follows && newer.before != older.end {
            return Err(Box::new(Damaged));
        }
        let [first, second] = paths.each_ref().map(|path| open(path));
        let place = Place {
            half: 0,
            generation: newer.generation + 1,
            before: 0,
            length: 0,
            carried: 0,
            older: usize::from(swaps),
            buffer: Aligned::default(),
        };
        let mut changes = older.changes;
        changes.extend(newer.changes);
        Ok((Self { files: [first?, second?], place: Mutex::new(place) }, changes))
    }

    /// Forgets all: the database has it.
    ///
    /// # Errors
    /// When it may still be there.
    pub fn clear(&self) -> Result<(), Cause> {
        let mut place = self.place();
        // The older one first: read again alone, it would undo what the newer one did.
        for half in [place.older, 1 - place.older] {
            let header = header(place.generation, 0, false);
            place.buffer.write(&self.files[half], 0, &[&header])?;
            self.files[half].sync_all()?;
            place.generation += 1;
        }
        Ok(())
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log for AheadLog {
    fn append(&self, round: &[u8]) -> Result<(), Cause> {
        let mut place = self.place();
        let Place { half, generation, before, length, buffer, .. } = &mut *place;
        let file = &self.files[*half];
        let start = (*length).max(BLOCK as u64);
        let head = [
            u32::try_from(round.len())?.to_be_bytes(),
            checksum(*generation, start, round).to_be_bytes(),
        ]
        .concat();
        let watch = Stopwatch::start();
        if *length == 0 {
            let first = header(*generation, *before, true);
            buffer.write(file, 0, &[&first, &head, round]).map_err(of_write)?;
        } else {
            buffer.write(file, start, &[&head, round]).map_err(of_write)?;
        }
        file.sync_data()?;
        *length = start + whole_blocks(head.len() + round.len()) as u64;
        metrics::store_synced(watch.read(), *length);
        Ok(())
    }

    fn is_full(&self) -> bool {
        let place = self.place();
        place.length >= FULL + place.carried
    }

    fn turn(&self, carried: usize) {
        let mut place = self.place();
        place.carried = carried as u64;
        place.half = 1 - place.half;
        place.generation += 1;
        place.before = place.length;
        place.length = 0;
    }

    fn forget(&self) -> Result<(), Cause> {
        let (half, generation) = {
            let place = self.place();
            (1 - place.half, place.generation - 1)
        };
        // No frame is read behind this header; the next turn writes its own.
        let header = header(generation, 0, false);
        Aligned::default().write(&self.files[half], 0, &[&header])?;
        Ok(self.files[half].sync_data()?)
    }
}

const NAMES: [&str; 2] = ["ahead-0", "ahead-1"];

/// Opens `path` for writes past the page cache, where the file system has that.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    let mut direct = options.clone();
    direct.custom_flags(rustix::fs::OFlags::DIRECT.bits().cast_signed());
    let opened = direct.open(path).and_then(|file| {
        // Some take the flag and then no write: the first block is written anew as it is.
        let mut first = Vec::with_capacity(BLOCK);
        File::open(path)?.take(BLOCK as u64).read_to_end(&mut first)?;
        Aligned::default().write(&file, 0, &[&first])?;
        Ok(file)
    });
    match opened.as_ref().map_err(io::Error::kind) {
        Err(io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => options.open(path),
        _ => opened,
    }
}

/// A block that begins a file.
fn header(generation: u64, before: u64, has_frames: bool) -> Vec<u8> {
    let mut header = MAGIC.to_vec();
    header.extend_from_slice(&generation.to_be_bytes());
    header.extend_from_slice(&before.to_be_bytes());
    header.push(u8::from(has_frames));
    let mut crc = Crc::new();
    crc.update(&header);
    header.extend_from_slice(&crc.sum().to_be_bytes());
    header.resize(BLOCK, 0);
    header
}

/// Appends a change to a round.
pub fn encode(round: &mut Vec<u8>, key: &[u8], value: Option<&Value>) {
    // A key is shorter than 64 KiB and a value than 4 GiB: the store refused the others.
    round.extend_from_slice(&u16::try_from(key.len()).unwrap_or(u16::MAX).to_be_bytes());
    round.extend_from_slice(key);
    round.push(u8::from(value.is_some()));
    if let Some(value) = value {
        let length = packed_length(value);
        round.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
        pack_into(value, round);
    }
}

/// The changes of a round.
pub(in crate::store) fn decode(mut round: &[u8]) -> Option<Vec<Change>> {
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

#[derive(Debug, Default)]
pub(in crate::store) struct Half {
    /// Whether it has a header of this form.
    is_known: bool,
    pub(in crate::store) generation: u64,
    /// Where the other one ended when this one was begun.
    before: u64,
    /// Where its last frame ends.
    end: u64,
    pub(in crate::store) changes: Vec<Change>,
}

fn read(path: &Path) -> Result<Half, Cause> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Half::default()),
        Err(error) => return Err(error.into()),
    };
    let Some((generation, before, has_frames)) = read_header(&bytes) else {
        return ahead_1::read(&bytes);
    };
    let mut half = Half { is_known: has_frames, generation, before, ..Half::default() };
    let mut start = BLOCK;
    while has_frames && start < bytes.len() {
        let Some((round, _)) = frame(&bytes[start..], generation, start as u64) else { break };
        half.changes.extend(decode(round).ok_or(Damaged)?);
        start += whole_blocks(8 + round.len());
    }
    half.end = start as u64;
    Ok(half)
}

fn read_header(bytes: &[u8]) -> Option<(u64, u64, bool)> {
    let (told, rest) = bytes.split_at_checked(MAGIC.len() + 17)?;
    let sum = rest.first_chunk::<4>()?;
    let mut crc = Crc::new();
    crc.update(told);
    let numbers = told.strip_prefix(MAGIC)?;
    let (generation, rest) = numbers.split_first_chunk::<8>()?;
    let (before, flag) = rest.split_first_chunk::<8>()?;
    let number = |bytes: &[u8; 8]| u64::from_be_bytes(*bytes);
    (crc.sum() == u32::from_be_bytes(*sum))
        .then(|| (number(generation), number(before), flag == [1]))
}

/// The round that begins `bytes`, and what follows it; `None` when it was not written to its end.
pub(in crate::store) fn frame(bytes: &[u8], generation: u64, start: u64) -> Option<(&[u8], &[u8])> {
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

/// The log is not as a crash leaves it.
#[derive(Debug, thiserror::Error)]
#[error("the store's log of last commits (ahead-0, ahead-1) is damaged: restore an export")]
pub(in crate::store) struct Damaged;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::layout::pack;

    fn round(n: u8) -> Vec<u8> {
        let mut round = Vec::new();
        encode(&mut round, b"gone", None);
        encode(&mut round, b"", Some(&Value::lasting(vec![])));
        encode(&mut round, &[b'k', n], Some(&Value::lasting(vec![n; 300])));
        round
    }

    fn changes(n: u8) -> Vec<Change> {
        let lasting = |bytes: Vec<u8>| Some(pack(&Value::lasting(bytes)));
        vec![
            (b"gone".to_vec(), None),
            (vec![], lasting(vec![])),
            (vec![b'k', n], lasting(vec![n; 300])),
        ]
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
        log.turn(0);
        log.append(&round(3)).unwrap();
        assert_eq!(held(folder.path()), [changes(1), changes(2), changes(3)].concat());
        log.forget().unwrap();
        assert_eq!(held(folder.path()), changes(3));
        log.turn(0);
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
        encode(&mut big, b"k", Some(&Value::lasting(long)));
        log.append(&big).unwrap();
        assert!(log.is_full());
    }

    /// How long the file is once `rounds` were written, less what fills the last block.
    fn end(rounds: usize) -> usize {
        BLOCK * rounds + 8 + round(1).len()
    }

    #[test]
    fn a_round_that_was_being_written_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let (log, _) = AheadLog::open(folder.path()).unwrap();
        log.append(&round(1)).unwrap();
        log.append(&round(2)).unwrap();
        let path = folder.path().join("ahead-0");
        let whole = std::fs::read(&path).unwrap();
        let edges = [0, 1, 28, 29, BLOCK, BLOCK + 8, end(1) - 1, end(1), 2 * BLOCK, end(2) - 1];
        for length in edges.into_iter().chain((0..end(2)).step_by(97)) {
            for filling in [None, Some(0), Some(0xff)] {
                let mut bytes = whole[..length].to_vec();
                if let Some(filling) = filling {
                    bytes.resize(whole.len(), filling);
                }
                std::fs::write(&path, bytes).unwrap();
                let expected = if length < end(1) { vec![] } else { changes(1) };
                assert_eq!(held(folder.path()), expected, "{length} {filling:?}");
            }
        }
        for at in 2 * BLOCK..end(2) {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(held(folder.path()), changes(1), "byte {at}");
        }
    }

    #[test]
    fn what_an_older_turn_left_behind_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let (log, _) = AheadLog::open(folder.path()).unwrap();
        for n in 1..=4 {
            log.append(&round(n)).unwrap();
        }
        log.turn(0);
        log.append(&round(5)).unwrap();
        log.forget().unwrap();
        assert_eq!(held(folder.path()), changes(5));
        log.turn(0);
        log.append(&round(6)).unwrap();
        let length = std::fs::metadata(folder.path().join("ahead-0")).unwrap().len();
        assert_eq!(length, 5 * BLOCK as u64, "the file keeps its length");
        assert_eq!(held(folder.path()), [changes(5), changes(6)].concat());
    }

    #[test]
    fn a_file_that_was_being_begun_is_the_newer_one() {
        let folder = tempfile::tempdir().unwrap();
        let (log, _) = AheadLog::open(folder.path()).unwrap();
        log.append(&round(1)).unwrap();
        log.turn(0);
        log.append(&round(2)).unwrap();
        let path = folder.path().join("ahead-1");
        let whole = std::fs::read(&path).unwrap();
        for length in (0..end(1)).step_by(13) {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert_eq!(held(folder.path()), changes(1), "{length}");
        }
    }

    #[test]
    fn of_two_halves_the_older_one_is_cleared_first() {
        let folder = tempfile::tempdir().unwrap();
        let (log, _) = AheadLog::open(folder.path()).unwrap();
        log.append(&round(1)).unwrap();
        log.turn(0);
        log.append(&round(2)).unwrap();
        log.forget().unwrap();
        log.turn(0);
        log.append(&round(3)).unwrap();
        let newer = std::fs::read(folder.path().join("ahead-0")).unwrap();
        let (log, _) = AheadLog::open(folder.path()).unwrap();
        log.clear().unwrap();
        assert!(held(folder.path()).is_empty());
        // As if the power had gone between the two: what is left may be done again without harm.
        std::fs::write(folder.path().join("ahead-0"), newer).unwrap();
        assert_eq!(held(folder.path()), changes(3));
        assert_eq!(log.place().older, 1);
    }

    #[test]
    fn damage_before_what_came_later_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let (log, _) = AheadLog::open(folder.path()).unwrap();
        log.append(&round(1)).unwrap();
        log.turn(0);
        log.append(&round(2)).unwrap();
        let path = folder.path().join("ahead-0");
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..end(1) - 1]).unwrap();
        assert!(AheadLog::open(folder.path()).is_err());
        std::fs::write(&path, &whole).unwrap();
        assert_eq!(held(folder.path()), [changes(1), changes(2)].concat());
    }

    #[test]
    fn the_first_form_is_still_read() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, generation: u64, rounds: &[u8]| {
            let mut bytes = [b"ponte 1\n".as_slice(), &generation.to_be_bytes()].concat();
            for n in rounds {
                let (start, round) = (bytes.len() as u64, round(*n));
                bytes.extend_from_slice(&u32::try_from(round.len()).unwrap().to_be_bytes());
                bytes.extend_from_slice(&checksum(generation, start, &round).to_be_bytes());
                bytes.extend_from_slice(&round);
            }
            bytes.extend_from_slice(b"torn");
            std::fs::write(folder.path().join(name), bytes).unwrap();
        };
        write("ahead-1", 7, &[1, 2]);
        write("ahead-0", 8, &[3]);
        let (log, left) = AheadLog::open(folder.path()).unwrap();
        assert_eq!(left, [changes(1), changes(2), changes(3)].concat());
        log.clear().unwrap();
        log.append(&round(4)).unwrap();
        assert_eq!(held(folder.path()), changes(4));
    }
}
