//! A store as one file: a backup, or the way to another machine.
//!
//! [`MAGIC`], then the head: a line of JSON that says with what the file's key can be had. Then chunks: length (4
//! bytes, big-endian) ‖ the chunk, sealed with that key for its place. A chunk is zstd of values one after the other:
//! length of path (2) ‖ path ‖ 0, or 1 and the end of its life (8 seconds, 4 nanoseconds) ‖ length (4) ‖ value. The
//! last chunk is sealed as such: a file that was cut off, or whose chunks were exchanged, does not open.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::store::compression::{compress, decompress};
use crate::store::dump::Item;
use crate::store::port::{Space, Value};
use crate::world::digest::sha256;
use crate::world::random::Random;
use crate::world::seal::{SealError, SealKey};

/// What every export begins with.
pub const MAGIC: &[u8] = b"ponte store export\n";

/// The version of the form of an export; newer ones are refused.
pub const VERSION: u32 = 1;

const CHUNK: usize = 256 * 1024;
const MAX_CHUNK: usize = 4 * CHUNK;
const MAX_HEAD: u64 = 256 * 1024;

/// The line at the beginning of an export.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Head {
    /// The version of the export's form.
    pub version: u32,
    /// The version of what is stored.
    pub data: u32,
    /// When it was made.
    pub made: DateTime<Utc>,
    /// By which version of ponte.
    pub by: String,
    /// With what the file's key can be had.
    pub key: Wrapped,
    /// The store's ring of data keys, wrapped with the file's key.
    pub ring: String,
}

/// The file's key, wrapped.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wrapped {
    /// With the sealing key of the store (`keys.seal`).
    Seal(String),
    /// With a key made of a passphrase (scrypt) and this salt.
    Passphrase {
        /// 16 bytes, base64.
        salt: String,
        /// The key, wrapped.
        key: String,
    },
    /// For the holder of an RSA key (RSA-OAEP with SHA-256).
    Recipient(String),
}

/// An export cannot be written, or read.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The file cannot be read or written.
    #[error("the export cannot be read or written")]
    Io(#[from] io::Error),
    /// Not an export.
    #[error("this is not an export of a store")]
    Form,
    /// A newer ponte made it.
    #[error("this export was made by a newer version ({by}): import it with that version")]
    Newer {
        /// Which.
        by: String,
    },
    /// It does not open: altered, cut off, or another key.
    #[error("the export does not open: it was altered or cut off, or the key is another one")]
    Altered(#[source] SealError),
    /// It ends too early.
    #[error("the export ends too early: it was cut off")]
    Cut,
}

/// What an export holds.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Contents {
    /// How many values, by the name of their space, in order of name.
    pub spaces: Vec<(String, u64)>,
    /// How many bytes the file has.
    pub bytes: u64,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
}

/// Whether a value belongs into an export: logins under way do not, since a login that was answered after the export
/// must not be answered again after an import; nor what is made again by itself.
#[must_use]
pub fn belongs(item: &Item) -> bool {
    match space(&item.path) {
        Some(b"transactions" | b"replay" | b"register-index") | None => false,
        Some(b"blobs") => item.value.expires.is_none(),
        Some(_) => true,
    }
}

/// Whether a value is a session, or found one.
#[must_use]
pub fn is_session(item: &Item) -> bool {
    let spaces = [Space::Sessions, Space::SessionIndex].map(|space| space.as_str().as_bytes());
    space(&item.path).is_some_and(|space| spaces.contains(&space))
}

fn space(path: &[u8]) -> Option<&[u8]> {
    path.split(|byte| *byte == 0).nth(1)
}

/// Writes an export.
#[derive(Debug)]
pub struct Writer<'a> {
    file: File,
    key: &'a SealKey,
    random: &'a Random,
    digest: [u8; 32],
    whole: crate::world::digest::Sha256,
    number: u64,
    chunk: Vec<u8>,
    contents: Contents,
}

impl<'a> Writer<'a> {
    /// Makes the file at `path` (for its owner only; it must not be there) with `head`, a line that
    /// [`Head`] gives.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn make(
        path: &Path,
        head: &str,
        key: &'a SealKey,
        random: &'a Random,
    ) -> Result<Self, ExportError> {
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(path)?;
        let mut writer = Self {
            file,
            key,
            random,
            digest: sha256(head.as_bytes()),
            whole: crate::world::digest::Sha256::new(),
            number: 0,
            chunk: Vec::with_capacity(CHUNK * 2),
            contents: Contents::default(),
        };
        writer.write(&[MAGIC, head.as_bytes(), b"\n"].concat())?;
        Ok(writer)
    }

    /// Takes a value.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn put(&mut self, item: &Item) -> Result<(), ExportError> {
        let length = |length: usize| u32::try_from(length).map_err(|_| ExportError::Form);
        let path = u16::try_from(item.path.len()).map_err(|_| ExportError::Form)?;
        self.chunk.extend_from_slice(&path.to_be_bytes());
        self.chunk.extend_from_slice(&item.path);
        match item.value.expires {
            None => self.chunk.push(0),
            Some(end) => {
                self.chunk.push(1);
                self.chunk.extend_from_slice(&end.timestamp().to_be_bytes());
                self.chunk.extend_from_slice(&end.timestamp_subsec_nanos().to_be_bytes());
            }
        }
        self.chunk.extend_from_slice(&length(item.value.bytes.len())?.to_be_bytes());
        self.chunk.extend_from_slice(&item.value.bytes);
        count(&mut self.contents.spaces, &item.path);
        if self.chunk.len() >= CHUNK { self.seal(false) } else { Ok(()) }
    }

    fn seal(&mut self, is_last: bool) -> Result<(), ExportError> {
        let packed = compress(&self.chunk)?;
        let place = context(&self.digest, self.number, is_last);
        let sealed = self.key.wrap(&place, &packed, self.random).map_err(ExportError::Altered)?;
        let length = u32::try_from(sealed.len()).map_err(|_| ExportError::Form)?;
        self.write(&length.to_be_bytes())?;
        self.write(&sealed)?;
        self.number += 1;
        self.chunk.clear();
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.whole.update(bytes);
        self.contents.bytes += bytes.len() as u64;
        self.file.write_all(bytes)
    }

    /// Ends the file, on the disk; tells what is in it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn end(mut self) -> Result<Contents, ExportError> {
        self.seal(true)?;
        self.file.sync_all()?;
        self.contents.sha256 = self.whole.finish();
        self.contents.spaces.sort();
        Ok(self.contents)
    }
}

/// Reads an export.
#[derive(Debug)]
pub struct Reader {
    file: BufReader<File>,
    /// What its first line says.
    pub head: Head,
    digest: [u8; 32],
    number: u64,
    ended: bool,
}

impl Reader {
    /// Opens the export at `path`.
    ///
    /// # Errors
    /// When it cannot be read, is none, or a newer version's.
    pub fn open(path: &Path) -> Result<Self, ExportError> {
        let mut file = BufReader::with_capacity(CHUNK, File::open(path)?);
        let mut magic = vec![0; MAGIC.len()];
        file.read_exact(&mut magic).map_err(|_| ExportError::Form)?;
        if magic != MAGIC {
            return Err(ExportError::Form);
        }
        let mut line = Vec::new();
        (&mut file).take(MAX_HEAD).read_until(b'\n', &mut line)?;
        if line.pop() != Some(b'\n') {
            return Err(ExportError::Form);
        }
        let said: Said = serde_json::from_slice(&line).map_err(|_| ExportError::Form)?;
        if said.version > VERSION || said.data > crate::store::port::DATA_VERSION {
            return Err(ExportError::Newer { by: said.by });
        }
        let head = serde_json::from_slice(&line).map_err(|_| ExportError::Form)?;
        Ok(Self { file, head, digest: sha256(&line), number: 0, ended: false })
    }

    /// The next values, opened with the file's `key`; `None` after the last ones.
    ///
    /// # Errors
    /// When the file cannot be read, was altered or cut off, or the key is another one.
    pub fn next(&mut self, key: &SealKey) -> Result<Option<Vec<Item>>, ExportError> {
        if self.ended {
            return match self.file.fill_buf()?.is_empty() {
                true => Ok(None),
                false => Err(ExportError::Form),
            };
        }
        let mut length = [0; 4];
        self.read(&mut length)?;
        let length = u32::from_be_bytes(length) as usize;
        if length > MAX_CHUNK {
            return Err(ExportError::Form);
        }
        let mut sealed = vec![0; length];
        self.read(&mut sealed)?;
        let open = |is_last| key.unwrap(&context(&self.digest, self.number, is_last), &sealed);
        let packed = match open(false) {
            Ok(packed) => packed,
            Err(_) => {
                self.ended = true;
                open(true).map_err(ExportError::Altered)?
            }
        };
        self.number += 1;
        let chunk = decompress(&packed, MAX_CHUNK).map_err(|_| ExportError::Form)?;
        items(&chunk).map(Some).ok_or(ExportError::Form)
    }

    fn read(&mut self, into: &mut [u8]) -> Result<(), ExportError> {
        self.file.read_exact(into).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => ExportError::Cut,
            _ => error.into(),
        })
    }
}

/// What every version's head says.
#[derive(Deserialize)]
struct Said {
    version: u32,
    data: u32,
    by: String,
}

fn items(mut rest: &[u8]) -> Option<Vec<Item>> {
    let mut items = Vec::new();
    while !rest.is_empty() {
        let path = usize::from(u16::from_be_bytes(*take(&mut rest)?));
        let (path, after) = rest.split_at_checked(path)?;
        rest = after;
        let [is_expiring] = *take(&mut rest)?;
        let expires = match is_expiring {
            0 => None,
            _ => {
                let seconds = i64::from_be_bytes(*take(&mut rest)?);
                Some(DateTime::from_timestamp(seconds, u32::from_be_bytes(*take(&mut rest)?))?)
            }
        };
        let length = usize::try_from(u32::from_be_bytes(*take(&mut rest)?)).ok()?;
        let (bytes, after) = rest.split_at_checked(length)?;
        rest = after;
        items.push(Item { path: path.to_vec(), value: Value { bytes: bytes.to_vec(), expires } });
    }
    Some(items)
}

fn take<'a, const N: usize>(rest: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (taken, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(taken)
}

/// Counts a value under the name of its space.
pub fn count(spaces: &mut Vec<(String, u64)>, path: &[u8]) {
    let name = String::from_utf8_lossy(space(path).unwrap_or_default()).into_owned();
    match spaces.iter_mut().find(|(known, _)| *known == name) {
        Some((_, count)) => *count += 1,
        None => spaces.push((name, 1)),
    }
}

fn context(head: &[u8; 32], number: u64, is_last: bool) -> Vec<u8> {
    [b"ponte export\0".as_slice(), head, &number.to_be_bytes(), &[u8::from(is_last)]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::tenant::TenantId;
    use crate::store::port::Key;

    fn item(number: u32) -> Item {
        let path = Key::new(&TenantId::main(), Space::Accounts, format!("a{number}")).path();
        let end = DateTime::from_timestamp(1_800_000_000, 7);
        let expires = end.filter(|_| number.is_multiple_of(2));
        Item { path, value: Value { bytes: vec![7; number as usize * 10], expires } }
    }

    fn head(key: &SealKey) -> String {
        let head = Head {
            version: VERSION,
            data: 1,
            made: DateTime::UNIX_EPOCH,
            by: "0.1".into(),
            key: Wrapped::Seal(key.to_text().to_string()),
            ring: String::new(),
        };
        serde_json::to_string(&head).unwrap()
    }

    fn read(path: &Path, key: &SealKey) -> Result<Vec<Item>, ExportError> {
        let mut reader = Reader::open(path)?;
        let mut items = Vec::new();
        while let Some(more) = reader.next(key)? {
            items.extend(more);
        }
        Ok(items)
    }

    #[test]
    fn what_was_put_comes_back_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("export");
        let random = Random::seeded(3);
        let key = SealKey::generate(&random);
        let mut writer = Writer::make(&path, &head(&key), &key, &random).unwrap();
        let items: Vec<Item> = (0..400).map(item).collect();
        items.iter().for_each(|item| writer.put(item).unwrap());
        let contents = writer.end().unwrap();
        assert_eq!(contents.spaces, [("accounts".to_owned(), 400)]);
        let whole = std::fs::read(&path).unwrap();
        assert_eq!((contents.bytes, contents.sha256), (whole.len() as u64, sha256(&whole)));
        assert_eq!(read(&path, &key).unwrap(), items);
        assert!(Writer::make(&path, "{}", &key, &random).is_err(), "nothing is overwritten");

        let other = SealKey::generate(&random);
        assert!(matches!(read(&path, &other), Err(ExportError::Altered(_))));
        for at in (0..whole.len()).step_by(7).chain(0..200) {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            std::fs::write(&path, &bytes).unwrap();
            assert!(read(&path, &key).is_err(), "byte {at}");
            std::fs::write(&path, &whole[..at]).unwrap();
            assert!(read(&path, &key).is_err(), "cut at {at}");
        }
        std::fs::write(&path, [&whole[..], b"more"].concat()).unwrap();
        assert!(read(&path, &key).is_err());
    }

    #[test]
    fn a_newer_export_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("export");
        let line = r#"{"version":2,"data":1,"by":"9.0","more":[]}"#;
        std::fs::write(&path, [MAGIC, line.as_bytes(), b"\n"].concat()).unwrap();
        let refused = Reader::open(&path).unwrap_err();
        assert!(matches!(&refused, ExportError::Newer { by } if by == "9.0"), "{refused}");
        std::fs::write(&path, line).unwrap();
        assert!(matches!(Reader::open(&path), Err(ExportError::Form)));
    }

    #[test]
    fn logins_under_way_stay_behind() {
        let of = |space, name: &str, lasting: bool| {
            let path = Key::new(&TenantId::main(), space, name).path();
            let expires = DateTime::from_timestamp(1_800_000_000, 0).filter(|_| !lasting);
            Item { path, value: Value { bytes: Vec::new(), expires } }
        };
        assert!(belongs(&of(Space::Accounts, "a", true)));
        assert!(belongs(&of(Space::Blobs, "sp-1/0000", true)));
        assert!(belongs(&of(Space::RegisterPending, "_r/0000", true)));
        assert!(!belongs(&of(Space::Blobs, "request/0000", false)));
        assert!(!belongs(&of(Space::Transactions, "t", false)));
        assert!(!belongs(&of(Space::Replay, "r", false)));
        assert!(is_session(&of(Space::Sessions, "s", false)));
        assert!(!is_session(&of(Space::Accounts, "s", false)));
    }
}
