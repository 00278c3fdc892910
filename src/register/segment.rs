//! A month's file: a header, then records, each with the hash of the chain up to it.
//!
//! Header: [`MAGIC`] ‖ number of the first record (8 bytes) ‖ hash of the record before it (32 bytes). Record: length
//! of what is sealed (4 bytes) ‖ sealed ‖ SHA-256 over the hash before ‖ length ‖ sealed. Numbers are big-endian. What
//! is sealed is zstd of the row, for its number in the chain: a record opens nowhere else. A row is [`SPLIT`] ‖ length
//! of the request (4 bytes) ‖ request ‖ length of the response (4 bytes) ‖ response ‖ the rest as JSON, with both empty
//! there; or all of it is JSON.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use chrono::{DateTime, Datelike, Utc};

use crate::register::error::RegisterError;
use crate::register::row::Row;
use crate::store::compression::{compress, decompress};
use crate::world::digest::sha256;
use crate::world::seal::{OVERHEAD, Seal};

/// What every file begins with.
pub const MAGIC: &[u8; 16] = b"ponte register 1";

/// How long the header is.
pub const HEADER: u64 = 56;

/// The most bytes that a row may have as JSON: a request of 256 KiB and our answer fit many times.
pub const MAX_ROW: usize = 4 * 1024 * 1024;

/// What begins a row of which request and response are not in its JSON.
const SPLIT: u8 = 1;

/// A link of the chain.
pub type Hash = [u8; 32];

/// A month of UTC, and the name of its file.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Month {
    year: u16,
    month: u8,
}

impl Month {
    /// The month of `at`.
    #[must_use]
    pub fn of(at: DateTime<Utc>) -> Self {
        let year = u16::try_from(at.year().clamp(0, 9999)).unwrap_or(0);
        Self { year, month: u8::try_from(at.month()).unwrap_or(1) }
    }

    /// Its file in `folder`.
    #[must_use]
    pub fn path(self, folder: &Path) -> PathBuf {
        folder.join(format!("{self}.reg"))
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl FromStr for Month {
    type Err = NotAMonth;

    fn from_str(text: &str) -> Result<Self, NotAMonth> {
        let read = || {
            let (year, month) = text.split_once('-')?;
            let digits = [year, month].iter().all(|t| t.bytes().all(|b| b.is_ascii_digit()));
            let month = Self { year: year.parse().ok()?, month: month.parse().ok()? };
            let fits = digits && text.len() == 7 && (1..=12).contains(&month.month);
            fits.then_some(month)
        };
        read().ok_or(NotAMonth)
    }
}

/// Not `YYYY-MM`.
#[derive(Debug, thiserror::Error)]
#[error("this is not a month, YYYY-MM")]
pub struct NotAMonth;

/// The months that have a file in `folder`, in order.
///
/// # Errors
/// When the folder cannot be read.
pub fn months(folder: &Path) -> io::Result<Vec<Month>> {
    let mut months = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        let month = name.to_str().and_then(|name| name.strip_suffix(".reg"));
        months.extend(month.and_then(|month| month.parse::<Month>().ok()));
    }
    months.sort_unstable();
    Ok(months)
}

/// What a file says of those before it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Header {
    /// The number of its first record, from 0.
    pub first: u64,
    /// The hash of the record before that; zeros for none.
    pub previous: Hash,
}

impl Header {
    /// As it is written.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        [MAGIC.as_slice(), &self.first.to_be_bytes(), &self.previous].concat()
    }

    fn read(bytes: &[u8; 56]) -> Option<Self> {
        let rest = bytes.strip_prefix(MAGIC)?;
        let (first, previous) = rest.split_at_checked(8)?;
        let first = u64::from_be_bytes(first.try_into().ok()?);
        Some(Self { first, previous: previous.try_into().ok()? })
    }
}

/// A row ready to be sealed: request and response as they are behind the rest as JSON, compressed.
///
/// # Errors
/// [`RegisterError::TooLarge`] when it is longer than [`MAX_ROW`].
pub fn pack(row: &Row) -> Result<Vec<u8>, RegisterError> {
    let mut rest = row.clone();
    let (request, response) =
        (std::mem::take(&mut rest.request_xml), std::mem::take(&mut rest.response_xml));
    pack_parts(&rest, &request, &response)
}

/// As [`pack`], of a row without its request and its response, which are given beside it.
///
/// # Errors
/// As [`pack`].
pub(in crate::register) fn pack_parts(
    rest: &Row,
    request: &str,
    response: &str,
) -> Result<Vec<u8>, RegisterError> {
    let length = request.len() + response.len();
    let mut plain = Vec::with_capacity(length + 2048);
    plain.push(SPLIT);
    for text in [request, response] {
        let length = u32::try_from(text.len()).map_err(|_| RegisterError::TooLarge(length))?;
        plain.extend_from_slice(&length.to_be_bytes());
        plain.extend_from_slice(text.as_bytes());
    }
    serde_json::to_writer(&mut plain, rest).map_err(RegisterError::Form)?;
    if plain.len() > MAX_ROW {
        return Err(RegisterError::TooLarge(plain.len()));
    }
    compress(&plain).map_err(RegisterError::Compression)
}

/// The row that was sealed as record `number`.
///
/// # Errors
/// When it does not open there, or is not a row.
pub fn unpack(seal: &Seal, number: u64, sealed: &[u8]) -> Result<Row, RegisterError> {
    unpacked(&seal.open(&context(number), sealed)?)
}

/// The row that [`pack`] packed.
///
/// # Errors
/// When it is not one.
pub fn unpacked(packed: &[u8]) -> Result<Row, RegisterError> {
    let plain = decompress(packed, MAX_ROW).map_err(RegisterError::Compression)?;
    let Some(mut rest) = plain.strip_prefix(&[SPLIT]) else {
        // The first form: all of it JSON.
        return serde_json::from_slice(&plain).map_err(RegisterError::Form);
    };
    let mut text = || -> Option<String> {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (text, after) = after.split_at_checked(length)?;
        rest = after;
        String::from_utf8(text.to_vec()).ok()
    };
    let (Some(request_xml), Some(response_xml)) = (text(), text()) else {
        return Err(RegisterError::Form(serde::de::Error::custom("its texts are cut off")));
    };
    let row: Row = serde_json::from_slice(rest).map_err(RegisterError::Form)?;
    Ok(Row { request_xml, response_xml, ..row })
}

/// What the seal of record `number` is bound to.
#[must_use]
pub fn context(number: u64) -> Vec<u8> {
    [b"register\0".as_slice(), &number.to_be_bytes()].concat()
}

/// Appends a record to `chain`, which ends in the hash before it and then in its own.
pub fn link(chain: &mut Vec<u8>, sealed: &[u8]) -> Result<Hash, RegisterError> {
    let length = u32::try_from(sealed.len()).map_err(|_| RegisterError::TooLarge(sealed.len()))?;
    let start = chain.len() - size_of::<Hash>();
    chain.extend_from_slice(&length.to_be_bytes());
    chain.extend_from_slice(sealed);
    let hash = sha256(&chain[start..]);
    chain.extend_from_slice(&hash);
    Ok(hash)
}

/// Where a record lies.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Location {
    /// Its number in the chain, from 0.
    pub number: u64,
    /// Its file.
    pub month: Month,
    /// Where it begins there.
    pub offset: u64,
}

/// What [`Walk::next`] meets.
#[derive(Debug)]
pub enum Step {
    /// A record; `sound` says whether its hash follows from the one before.
    Record {
        /// Where it ends.
        end: u64,
        /// The row, sealed.
        sealed: Vec<u8>,
        /// Its hash, as it stands there.
        hash: Hash,
        /// Whether that is the hash that it must have.
        sound: bool,
    },
    /// The file ends within a record, or what should be a length cannot be one.
    Torn,
    /// The file ends after a record.
    End,
}

/// Reads a file record by record.
#[derive(Debug)]
pub struct Walk {
    file: BufReader<File>,
    length: u64,
    /// What the file says of those before it.
    pub header: Header,
    /// Where the next record begins.
    pub offset: u64,
    previous: Hash,
}

impl Walk {
    /// Begins at the first record of a file.
    ///
    /// # Errors
    /// When it cannot be read; [`RegisterError::Header`] when it is not a file of the register.
    pub fn open(path: &Path) -> Result<Self, RegisterError> {
        let io = |error| RegisterError::io(path, error);
        let file = File::open(path).map_err(io)?;
        let length = file.metadata().map_err(io)?.len();
        let mut file = BufReader::with_capacity(64 * 1024, file);
        let mut bytes = [0; 56];
        if length >= HEADER {
            file.read_exact(&mut bytes).map_err(io)?;
        }
        let not = || RegisterError::Header(path.to_path_buf());
        let header = Header::read(&bytes).ok_or_else(not)?;
        Ok(Self { file, length, header, offset: HEADER, previous: header.previous })
    }

    /// Goes on at `offset`, where a record begins or the file ends; returns the hash that stands before it, `None`
    /// when the file does not reach so far.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn jump(&mut self, offset: u64) -> io::Result<Option<Hash>> {
        if offset < HEADER || offset > self.length {
            return Ok(None);
        }
        self.file.seek(SeekFrom::Start(offset - 32))?;
        self.file.read_exact(&mut self.previous)?;
        self.offset = offset;
        Ok(Some(self.previous))
    }

    /// The next record.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn step(&mut self) -> io::Result<Step> {
        let left = self.length - self.offset;
        if left == 0 {
            return Ok(Step::End);
        }
        let mut length = [0; 4];
        if left < 4 {
            return Ok(Step::Torn);
        }
        self.file.read_exact(&mut length)?;
        let sealed_length = u64::from(u32::from_be_bytes(length));
        let whole = 4 + sealed_length + 32;
        if whole > left || sealed_length < OVERHEAD as u64 {
            return Ok(Step::Torn);
        }
        let mut bytes = self.previous.to_vec();
        bytes.extend_from_slice(&length);
        let taken = (&mut self.file).take(sealed_length + 32).read_to_end(&mut bytes)?;
        if taken as u64 != sealed_length + 32 {
            return Ok(Step::Torn);
        }
        let (hashed, hash) = bytes.split_at(bytes.len() - 32);
        let mut stands: Hash = [0; 32];
        stands.copy_from_slice(hash);
        let sound = sha256(hashed) == stands;
        let sealed = hashed[36..].to_vec();
        self.offset += whole;
        self.previous = stands;
        Ok(Step::Record { end: self.offset, sealed, hash: stands, sound })
    }
}

/// The row at `location`.
///
/// # Errors
/// When the file cannot be read, or the record was altered.
pub fn read(folder: &Path, seal: &Seal, location: Location) -> Result<Row, RegisterError> {
    let path = location.month.path(folder);
    let io = |error| RegisterError::io(&path, error);
    let mut walk = Walk::open(&path)?;
    walk.jump(location.offset).map_err(io)?;
    match walk.step().map_err(io)? {
        Step::Record { sealed, sound: true, .. } => unpack(seal, location.number, &sealed),
        _ => Err(RegisterError::Altered(location)),
    }
}
