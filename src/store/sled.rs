//! The embedded database: sled 0.34, made durable.
//!
//! Its `flush()` writes but never calls fsync (sled issues #1351, #1452), so each write ends with `flush()` and then
//! `sync_data()` on the file `db`. Nodes of more than a quarter of a segment would go to files that nothing syncs: a
//! leaf splits above 16 entries and gets at most ten more before it is written anew, and 26 of [`MAX_VALUE`] fit in a
//! quarter of [`SEGMENT`].
//!
//! [`MAX_VALUE`]: crate::store::port::MAX_VALUE

use std::fmt;
use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use sled::Db;

use crate::store::ahead::AheadLog;
use crate::store::disk::{Cause, Change, Disk, Pair};
use crate::store::dump::Item;
use crate::store::grouped::Grouped;
use crate::store::kinds::Kinds;
use crate::store::layers::Laid;
use crate::store::layout::{VALUES, VERSION};
use crate::store::port::{DATA_VERSION, StoreError};
use crate::store::restored;
use crate::store::settle::{layer_of, settle};

const SEGMENT: usize = 4 * 1024 * 1024;
const CACHE: u64 = 64 * 1024 * 1024;

/// A store in a folder of its own, for one process at a time.
pub type SledStore = Grouped<SledDisk, AheadLog>;

/// sled's files.
pub struct SledDisk {
    db: Db,
    file: File,
    folder: PathBuf,
}

/// Opens the store in `folder`, making the folder (for its owner only) and the store where there is none.
///
/// # Errors
/// [`StoreError::InUse`] when another process has it, [`StoreError::Newer`] when a newer ponte wrote it.
pub fn open(folder: &Path) -> Result<SledStore, StoreError> {
    open_with(folder, CACHE)
}

/// [`open`], with at most `cache` bytes of pages kept in memory.
///
/// # Errors
/// As [`open`].
pub fn open_with(folder: &Path, cache: u64) -> Result<SledStore, StoreError> {
    let disk = open_disk(folder, cache)?;
    let (log, left) = AheadLog::open(folder).map_err(StoreError::Backend)?;
    for directory in [Some(folder), folder.parent()].into_iter().flatten() {
        sync_directory(directory).map_err(backend)?;
    }
    let mut kinds = Kinds::of(&disk).map_err(StoreError::Backend)?;
    settle(&disk, &mut kinds, &layer_of(left)).map_err(StoreError::Backend)?;
    log.clear().map_err(StoreError::Backend)?;
    Grouped::start(disk, kinds, log).map_err(backend)
}

fn open_disk(folder: &Path, cache: u64) -> Result<SledDisk, StoreError> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(backend)?;
    let config = sled::Config::new()
        .path(folder)
        .segment_size(SEGMENT)
        .cache_capacity(cache)
        .flush_every_ms(None);
    let db = config.open().map_err(|error| match error {
        sled::Error::Io(error) if held(&error) => StoreError::InUse(folder.display().to_string()),
        error => backend(error),
    })?;
    let file = File::open(folder.join("db")).map_err(backend)?;
    let disk = SledDisk { db, file, folder: folder.to_path_buf() };
    disk.settle_version()?;
    Ok(disk)
}

/// Whether the store in `folder` holds nothing.
///
/// # Errors
/// As [`open`].
pub fn is_empty(folder: &Path) -> Result<bool, StoreError> {
    let disk = open_disk(folder, CACHE)?;
    let (_, left) = AheadLog::open(folder).map_err(StoreError::Backend)?;
    let first = disk.from(&[VALUES]).next().transpose().map_err(StoreError::Backend)?;
    Ok(left.is_empty() && first.is_none_or(|(key, _)| key.first() != Some(&VALUES)))
}

/// A store that is filled, by nobody else, before it is opened.
#[derive(Debug)]
pub struct Filling(SledDisk, Kinds);

impl Filling {
    /// Begins a store in `folder`, where there is none.
    ///
    /// # Errors
    /// As [`open`].
    pub fn begin(folder: &Path) -> Result<Self, StoreError> {
        let disk = open_disk(folder, CACHE)?;
        let kinds = Kinds::of(&disk).map_err(StoreError::Backend)?;
        Ok(Self(disk, kinds))
    }

    /// Puts values there, on the disk.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn put(&mut self, items: Vec<Item>) -> Result<(), StoreError> {
        let laid = |item: Item| {
            let key = [&[VALUES], item.path.as_slice()].concat();
            (key, Laid { value: Some(item.value), durable: 0 })
        };
        let layer = items.into_iter().map(laid).collect();
        settle(&self.0, &mut self.1, &layer).map_err(StoreError::Backend)
    }

    /// Ends it: whoever opens it is told that it was restored `at`, as it was `made`.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn end(mut self, made: DateTime<Utc>, at: DateTime<Utc>) -> Result<(), StoreError> {
        let item = restored::item(made, at)?;
        self.put(vec![item])
    }
}

impl SledDisk {
    fn settle_version(&self) -> Result<(), StoreError> {
        let Some(found) = self.db.get(VERSION).map_err(backend)? else {
            let version = DATA_VERSION.to_be_bytes().to_vec();
            return self.write(&[(VERSION.to_vec(), Some(version))]).map_err(StoreError::Backend);
        };
        let found = found.as_ref().try_into().map_or(u32::MAX, u32::from_be_bytes);
        if found > DATA_VERSION {
            return Err(StoreError::Newer { found, known: DATA_VERSION });
        }
        Ok(())
    }
}

impl fmt::Debug for SledDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SledDisk({})", self.folder.display())
    }
}

impl Disk for SledDisk {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Cause> {
        Ok(self.db.get(key)?.map(|raw| raw.to_vec()))
    }

    fn from(&self, first: &[u8]) -> impl Iterator<Item = Result<Pair, Cause>> {
        self.db.range(first..).map(|pair| {
            let (key, raw) = pair?;
            Ok((key.to_vec(), raw.to_vec()))
        })
    }

    fn write(&self, changes: &[Change]) -> Result<(), Cause> {
        for (key, raw) in changes {
            match raw {
                Some(raw) => self.db.insert(key, raw.as_slice())?,
                None => self.db.remove(key)?,
            };
        }
        self.db.flush()?;
        self.file.sync_data()?;
        Ok(())
    }
}

/// sled tells a held lock from other errors by its words only.
fn held(error: &io::Error) -> bool {
    error.to_string().contains("could not acquire lock")
}

fn sync_directory(path: &Path) -> io::Result<()> {
    // The parent of a relative path of one part is the empty path.
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    File::open(path)?.sync_all()
}

fn backend(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Backend(Box::new(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_store_is_refused_in_words() {
        let folder = tempfile::tempdir().unwrap();
        {
            let db = sled::Config::new().path(folder.path()).segment_size(SEGMENT).open().unwrap();
            db.insert(VERSION, &(DATA_VERSION + 1).to_be_bytes()).unwrap();
            db.flush().unwrap();
        }
        // The lock is free once sled's own threads, and processes that other tests are starting, have let go of it.
        let refused = (0..500).find_map(|_| match open(folder.path()).unwrap_err() {
            StoreError::InUse(_) => {
                std::thread::sleep(std::time::Duration::from_millis(10));
                None
            }
            refused => Some(refused),
        });
        let refused = refused.unwrap();
        assert!(matches!(refused, StoreError::Newer { found: 2, known: 1 }), "{refused:?}");
        assert!(refused.to_string().contains("newer version"));
    }
}
