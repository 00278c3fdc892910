//! A file of the index: the rows of one month from one number to another, sorted by the tag of each field.
//!
//! Numbers are big-endian. Head: [`MAGIC`] ‖ check (12 bytes: made with the key of the tags) ‖ month (8) ‖ number of
//! the first row (8) ‖ rows (4) ‖ earliest time (8) ‖ latest time (8) ‖ tags of each field (7 × 4) ‖ the first four
//! bytes of the head's SHA-256. Table: for each row, where it lies in its month's file (8) ‖ its time (8). Then for
//! each field its tags in order, each with the place of its row in the table (12 + 4). At the end SHA-256 of all
//! before it.
//!
//! A file is written once under a name that tells its rows, and never changed; what it says is never trusted without
//! the row itself.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::ops::Range;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::register::checkpoint::sync_folder_of;
use crate::register::index::{Entry, FIELDS, Field, Span, Tag};
use crate::register::segment::{Location, Month};
use crate::world::digest::sha256;

const MAGIC: &[u8; 16] = b"ponte reg index1";
const HEAD: usize = 16 + 12 + 8 + 8 + 4 + 8 + 8 + 4 * FIELDS + 4;
const PLACE: u64 = 16;
const TAG: u64 = 16;
const DIGEST: u64 = 32;

/// A file of the index, open for reading.
#[derive(Debug)]
pub struct Run {
    file: File,
    path: PathBuf,
    /// The month of all its rows.
    pub month: Month,
    /// The number of its first row.
    pub first: u64,
    /// How many rows it has; they follow one another.
    pub rows: u32,
    /// The earliest and the latest time of its rows.
    pub times: (i64, i64),
    tags: [u32; FIELDS],
}

impl Run {
    /// Writes `entries`, which follow one another in one month, to a file in `folder`, and opens it. `check` tells
    /// the key of the tags.
    ///
    /// # Errors
    /// When the file cannot be written, or there are no entries.
    pub fn write(folder: &Path, check: Tag, entries: &[Entry]) -> io::Result<Self> {
        let (Some(first), Ok(rows)) = (entries.first(), u32::try_from(entries.len())) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let Location { number, month, .. } = first.location;
        let mut sections: Vec<Vec<(Tag, u32)>> = vec![Vec::new(); FIELDS];
        let (mut earliest, mut latest) = (i64::MAX, i64::MIN);
        let mut table = Vec::with_capacity(entries.len() * 16);
        for (place, entry) in (0_u32..).zip(entries) {
            table.extend_from_slice(&entry.location.offset.to_be_bytes());
            table.extend_from_slice(&entry.at.to_be_bytes());
            (earliest, latest) = (earliest.min(entry.at), latest.max(entry.at));
            for (section, tag) in sections.iter_mut().zip(entry.tags) {
                section.extend(tag.map(|tag| (tag, place)));
            }
        }
        let mut bytes = Vec::with_capacity(HEAD + table.len() * 8);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&check);
        bytes.extend_from_slice(month.to_string().as_bytes());
        bytes.push(0);
        bytes.extend_from_slice(&number.to_be_bytes());
        bytes.extend_from_slice(&rows.to_be_bytes());
        bytes.extend_from_slice(&earliest.to_be_bytes());
        bytes.extend_from_slice(&latest.to_be_bytes());
        for section in &sections {
            bytes.extend_from_slice(&u32::try_from(section.len()).unwrap_or(rows).to_be_bytes());
        }
        let digest = sha256(&bytes);
        bytes.extend_from_slice(&digest[..4]);
        bytes.extend_from_slice(&table);
        for mut section in sections {
            section.sort_unstable();
            for (tag, place) in section {
                bytes.extend_from_slice(&tag);
                bytes.extend_from_slice(&place.to_be_bytes());
            }
        }
        let digest = sha256(&bytes);
        bytes.extend_from_slice(&digest);

        let path = folder.join(format!("{month}-{number:016x}-{rows:08x}.{SUFFIX}"));
        let beside = path.with_extension("new");
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        std::fs::rename(&beside, &path)?;
        sync_folder_of(&path)?;
        Self::open(&path, check)?.ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    /// Opens a file; `None` when it is not whole, not one of the index, or of another key.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(path: &Path, check: Tag) -> io::Result<Option<Self>> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let mut head = [0; HEAD];
        match file.read_exact_at(&mut head, 0) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            other => other?,
        }
        let Some(read) = Head::read(&head, check) else { return Ok(None) };
        let Head { month, first, rows, times, tags } = read;
        let run = Self { file, path: path.to_path_buf(), month, first, rows, times, tags };
        let whole = run.section(FIELDS) + DIGEST;
        Ok((whole == length).then_some(run))
    }

    /// The number after that of its last row.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.first + u64::from(self.rows)
    }

    /// Whether a row of it may be of a time within `span`.
    #[must_use]
    pub fn meets(&self, span: Span) -> bool {
        span.meets(self.times.0, self.times.1)
    }

    /// Where the tags of the field at `place` begin.
    fn section(&self, place: usize) -> u64 {
        let before: u64 = self.tags[..place].iter().map(|count| u64::from(*count)).sum();
        HEAD as u64 + u64::from(self.rows) * PLACE + before * TAG
    }

    /// Which tags of `field`, by their order, are `tag`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn find(&self, field: Field, tag: Tag) -> io::Result<Range<u32>> {
        let count = self.tags[field.place()];
        let start = self.section(field.place());
        let first = self.bound(start, count, |found| found < tag)?;
        Ok(first..self.bound(start, count, |found| found <= tag)?)
    }

    /// How many of the `count` tags from `start` on, which are in order, are `before` something.
    fn bound(&self, start: u64, count: u32, before: impl Fn(Tag) -> bool) -> io::Result<u32> {
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = low + (high - low) / 2;
            let mut found = Tag::default();
            self.file.read_exact_at(&mut found, start + u64::from(middle) * TAG)?;
            if before(found) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    /// The places of rows, in order, whose tags of `field` lie at `range`, which [`Run::find`] gave.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn places(&self, field: Field, range: Range<u32>) -> io::Result<Vec<u32>> {
        let start = self.section(field.place()) + u64::from(range.start) * TAG;
        let mut bytes = vec![0; range.len() * 16];
        self.file.read_exact_at(&mut bytes, start)?;
        Ok(bytes.chunks_exact(16).map(|one| number(&one[12..])).collect())
    }

    /// Where the row at `place` lies, and its time.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn row(&self, place: u32) -> io::Result<(Location, i64)> {
        let mut bytes = [0; 16];
        self.file.read_exact_at(&mut bytes, HEAD as u64 + u64::from(place) * PLACE)?;
        Ok(self.at(place, &bytes))
    }

    /// The times of all rows, in order.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn times(&self) -> io::Result<Vec<i64>> {
        let mut bytes = vec![0; self.rows as usize * 16];
        self.file.read_exact_at(&mut bytes, HEAD as u64)?;
        Ok(bytes.chunks_exact(16).map(|one| long(&one[8..]).cast_signed()).collect())
    }

    fn at(&self, place: u32, bytes: &[u8]) -> (Location, i64) {
        let number = self.first + u64::from(place);
        let location = Location { number, month: self.month, offset: long(bytes) };
        (location, long(&bytes[8..]).cast_signed())
    }

    /// All its entries; `None` when a byte of the file is not as it was written.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn entries(&self) -> io::Result<Option<Vec<Entry>>> {
        let bytes = std::fs::read(&self.path)?;
        let whole = usize::try_from(self.section(FIELDS)).unwrap_or(usize::MAX);
        let Some((body, digest)) = bytes.split_at_checked(whole) else { return Ok(None) };
        if sha256(body) != digest {
            return Ok(None);
        }
        let mut rest = &body[HEAD..];
        let mut entries = Vec::with_capacity(self.rows as usize);
        for place in 0..self.rows {
            let (one, after) = rest.split_at(16);
            let (location, at) = self.at(place, one);
            entries.push(Entry { location, at, tags: [None; FIELDS] });
            rest = after;
        }
        for (field, count) in self.tags.into_iter().enumerate() {
            let (section, after) = rest.split_at(count as usize * 16);
            for one in section.chunks_exact(16) {
                let mut tag = Tag::default();
                tag.copy_from_slice(&one[..12]);
                if let Some(entry) = entries.get_mut(number(&one[12..]) as usize) {
                    entry.tags[field] = Some(tag);
                }
            }
            rest = after;
        }
        Ok(Some(entries))
    }

    /// Removes the file.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn remove(&self) -> io::Result<()> {
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

struct Head {
    month: Month,
    first: u64,
    rows: u32,
    times: (i64, i64),
    tags: [u32; FIELDS],
}

impl Head {
    fn read(head: &[u8; HEAD], check: Tag) -> Option<Self> {
        let (signed, digest) = head.split_at(HEAD - 4);
        let rest = signed.strip_prefix(MAGIC)?.strip_prefix(&check)?;
        if sha256(signed)[..4] != *digest {
            return None;
        }
        let (month, rest) = rest.split_at(8);
        let month = std::str::from_utf8(&month[..7]).ok()?.parse().ok()?;
        let mut tags = [0; FIELDS];
        for (count, bytes) in tags.iter_mut().zip(rest[28..].chunks_exact(4)) {
            *count = number(bytes);
        }
        let times = (long(&rest[12..]).cast_signed(), long(&rest[20..]).cast_signed());
        Some(Self { month, first: long(rest), rows: number(&rest[8..]), times, tags })
    }
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().take(4).fold(0, |number, byte| number << 8 | u32::from(*byte))
}

fn long(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// What the names of the files end in.
pub const SUFFIX: &str = "idx";
