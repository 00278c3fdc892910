//! A list that came, copied to where it is ours alone, and verified there; in the place of the one before only when accepted.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::partners::aggregate::error::{OpenError, TakeError};
use crate::partners::aggregate::index::Index;
use crate::partners::aggregate::opened::Aggregate;
use crate::saml::metadata::aggregate::error::AggregateError;
use crate::saml::metadata::aggregate::found::Verified;
use crate::saml::metadata::aggregate::limits::Limits;
use crate::saml::metadata::aggregate::verify::{Trust, verify};
use crate::world::digest::{HmacKey, Sha256};

/// A verified list in a private copy; dropped, it leaves nothing behind.
#[derive(Debug)]
pub struct Candidate {
    folder: PathBuf,
    name: String,
    copy: Draft,
    digest: String,
    verified: Verified,
    taken: DateTime<Utc>,
}

/// A file that goes with whoever holds it.
#[derive(Debug)]
struct Draft(PathBuf);

impl Drop for Draft {
    fn drop(&mut self) {
        // Once it was put in place, it is not there any more.
        let _ = fs::remove_file(&self.0);
    }
}

impl Candidate {
    /// Copies what `from` gives into `folder`, made if it is not there, and verifies the copy for `trust`.
    ///
    /// Of two under one `name` at a time the later one takes the place of the earlier: callers take one at a time.
    ///
    /// # Errors
    /// When it is refused, breaks off, or cannot be written.
    pub fn take(
        folder: &Path,
        name: &str,
        from: &mut impl Read,
        trust: Trust<'_>,
        limits: Limits,
        now: DateTime<Utc>,
    ) -> Result<Self, TakeError> {
        check_name(name)?;
        prepare(folder)?;
        let draft = Draft(folder.join(format!("{name}.new")));
        let fault = |source| TakeError::Io { path: draft.0.clone(), source };
        match fs::remove_file(&draft.0) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(fault(error)),
            _ => {}
        }
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create_new(true).mode(0o600);
        let mut file = options.open(&draft.0).map_err(fault)?;
        let digest = copy(from, &mut file, &draft.0, limits.octets)?;
        file.sync_data().map_err(fault)?;
        file.rewind().map_err(fault)?;
        let verified = verify(&file, trust, limits, now)?;
        Ok(Self {
            folder: folder.to_owned(),
            name: name.to_owned(),
            copy: draft,
            digest,
            verified,
            taken: now,
        })
    }

    /// What was verified.
    #[must_use]
    pub fn verified(&self) -> &Verified {
        &self.verified
    }

    /// SHA-256 of the copy, in hexadecimal: two of the same are one list.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// When it was taken.
    #[must_use]
    pub fn taken(&self) -> DateTime<Utc> {
        self.taken
    }

    /// Puts the copy at `path`, on the same disk, and nothing else: it is not in use.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn set_aside(self, path: &Path) -> io::Result<()> {
        fs::rename(&self.copy.0, path)?;
        File::open(&self.folder)?.sync_all()
    }

    /// It open before it was accepted, to be looked at.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(&self, key: &HmacKey) -> Result<Aggregate, TakeError> {
        let copy = File::open(&self.copy.0);
        let copy = copy.map_err(|source| TakeError::Io { path: self.copy.0.clone(), source })?;
        let aggregate = Index::read(self.index(key)?, &self.name, key)
            .and_then(|index| Aggregate::of(index, copy));
        aggregate.ok_or_else(|| TakeError::Name(self.name.clone()))
    }

    fn index(&self, key: &HmacKey) -> Result<Vec<u8>, TakeError> {
        let index = Index::write(&self.verified, &self.digest, self.taken, &self.name, key);
        index.ok_or_else(|| TakeError::Name(self.name.clone()))
    }

    /// Puts it in the place of the one before, whose copy goes; those who have that one open read on in it.
    ///
    /// # Errors
    /// When it cannot be written; the one before then stands.
    pub fn accept(self, key: &HmacKey) -> Result<Aggregate, TakeError> {
        let index = self.index(key)?;
        let copy = copy_path(&self.folder, &self.name, &self.digest);
        let io = |path: &Path| {
            let path = path.to_owned();
            move |source| TakeError::Io { path, source }
        };
        fs::rename(&self.copy.0, &copy).map_err(io(&copy))?;
        let path = index_path(&self.folder, &self.name);
        let draft = Draft(self.folder.join(format!("{}.index.new", self.name)));
        let mut options = OpenOptions::new();
        let options = options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(&draft.0).map_err(io(&draft.0))?;
        file.write_all(&index).and_then(|()| file.sync_all()).map_err(io(&draft.0))?;
        fs::rename(&draft.0, &path).map_err(io(&path))?;
        let folder = File::open(&self.folder).and_then(|folder| folder.sync_all());
        folder.map_err(io(&self.folder))?;
        self.sweep(&copy);
        Aggregate::with(index, &self.folder, &self.name, key).map_err(|error| match error {
            OpenError::Io { path, source } => TakeError::Io { path, source },
            error => TakeError::Io { path, source: io::Error::other(error.to_string()) },
        })
    }

    /// Takes away the copies of this name that no index names.
    fn sweep(&self, current: &Path) {
        for path in copies(&self.folder, &self.name).into_iter().filter(|path| path != current) {
            // It stays until the next one is accepted.
            let _ = fs::remove_file(path);
        }
    }
}

/// Forgets the list `name`, which nobody asks any more.
///
/// # Errors
/// When the disk refuses.
pub fn forget(folder: &Path, name: &str) -> io::Result<()> {
    let gone = |path: PathBuf| match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    gone(index_path(folder, name))?;
    copies(folder, name).into_iter().try_for_each(gone)
}

/// The copies of that name, whichever index names them.
fn copies(folder: &Path, name: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_copy = |path: &PathBuf| {
        let file = path.file_name().and_then(|file| file.to_str()).unwrap_or_default();
        let rest = file.strip_prefix(name).and_then(|rest| rest.strip_prefix('-'));
        rest.and_then(|rest| rest.strip_suffix(".xml")).is_some_and(|digest| {
            digest.len() == 64 && digest.bytes().all(|octet| octet.is_ascii_hexdigit())
        })
    };
    entries.map(|entry| entry.path()).filter(is_copy).collect()
}

pub(super) fn index_path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.index"))
}

/// Where the copy of the list `name` lies whose SHA-256 is `digest`, in hexadecimal.
#[must_use]
pub fn copy_path(folder: &Path, name: &str, digest: &str) -> PathBuf {
    folder.join(format!("{name}-{digest}.xml"))
}

fn check_name(name: &str) -> Result<(), TakeError> {
    let is_plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-_".contains(&octet);
    if (1..=64).contains(&name.len()) && name.bytes().all(is_plain) {
        return Ok(());
    }
    Err(TakeError::Name(name.to_owned()))
}

fn prepare(folder: &Path) -> Result<(), TakeError> {
    let fault = |source| TakeError::Io { path: folder.to_owned(), source };
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(fault)?;
    let mode = fs::metadata(folder).map_err(fault)?.permissions().mode();
    if mode & 0o022 == 0 { Ok(()) } else { Err(TakeError::Folder { path: folder.to_owned() }) }
}

/// Copies at most `limit` octets; answers their SHA-256.
fn copy(from: &mut impl Read, to: &mut File, path: &Path, limit: u64) -> Result<String, TakeError> {
    let (mut digest, mut sum) = (Sha256::new(), 0_u64);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = match from.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read.map_err(TakeError::Source)?,
        };
        if count == 0 {
            break;
        }
        sum += count as u64;
        if sum > limit {
            let error = AggregateError::TooMany { what: "octets", limit, line: 1 };
            return Err(error.into());
        }
        digest.update(&buffer[..count]);
        let fault = |source| TakeError::Io { path: path.to_owned(), source };
        to.write_all(&buffer[..count]).map_err(fault)?;
    }
    Ok(digest.finish().map(|octet| format!("{octet:02x}")).concat())
}
