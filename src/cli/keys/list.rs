//! The list of signing keys in its folder: read, changed one command at a time, replaced as a whole.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::cli::error::CliError;
use crate::cli::files;
use crate::config::settings::Keys;
use crate::world::key_place::KeyPlace;
use crate::world::private_key::Digest;
use crate::world::roles::{Entry, Role, Roles};

/// The signing keys, and where their files are.
#[derive(Clone, Debug)]
pub struct KeyList {
    /// What each of them does.
    pub roles: Roles,
    /// Relative paths are taken from here.
    pub folder: PathBuf,
    /// Whether `ponte.toml` names them, and nobody keeps the list yet.
    pub by_hand: bool,
}

/// Reads the list of the folder; without one, what `keys.signing` names, the first of which signs.
///
/// # Errors
/// When it cannot be read, or `keys.signing` names more keys than may be published.
pub fn read(keys: &Keys, now: DateTime<Utc>) -> Result<KeyList, CliError> {
    let path = keys.folder.join(FILE);
    match std::fs::read(&path) {
        Ok(text) => {
            let roles = Roles::parse(&text).map_err(|error| CliError::KeyList(path, error))?;
            Ok(KeyList { roles, folder: keys.folder.clone(), by_hand: false })
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let roles = by_hand(keys, now)?;
            Ok(KeyList { roles, folder: keys.folder.clone(), by_hand: true })
        }
        Err(error) => Err(CliError::file("read", &path)(error)),
    }
}

/// The second key named by hand is next; further ones are published too, as keys that have signed.
fn by_hand(keys: &Keys, now: DateTime<Utc>) -> Result<Roles, CliError> {
    let mut roles = Roles::none();
    for (number, key) in keys.signing.iter().enumerate() {
        let role = match number {
            0 => Role::Current,
            1 => Role::Next,
            _ => Role::Retired,
        };
        let file = |path: &Path| path.to_string_lossy().into_owned();
        let relative = |path: &Path| {
            let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
            let folder = std::path::absolute(&keys.folder).unwrap_or_else(|_| keys.folder.clone());
            file(absolute.strip_prefix(&folder).unwrap_or(&absolute))
        };
        roles.add(Entry {
            name: roles.free_name(),
            role,
            key: Some(match &key.key {
                KeyPlace::File(path) => relative(path),
                token @ KeyPlace::Token(_) => token.to_string(),
            }),
            certificate: Some(relative(&key.certificate)),
            digest: Digest::Sha256,
            made: now,
            since: now,
            published: role == Role::Retired,
        })?;
    }
    Ok(roles)
}

impl KeyList {
    /// Where the private key of `entry` is.
    ///
    /// # Errors
    /// When the list names none.
    pub fn place(&self, entry: &Entry) -> Result<Option<KeyPlace>, CliError> {
        let said = entry.key.as_deref();
        Ok(said.map(KeyPlace::parse).transpose()?.map(|place| place.within(&self.folder)))
    }

    /// The file of the certificate of `entry`.
    #[must_use]
    pub fn certificate(&self, entry: &Entry) -> Option<PathBuf> {
        entry.certificate.as_ref().map(|file| self.folder.join(file))
    }
}

/// Changes the list: while `change` runs no other command changes it, and the new list is in the place of the old one, on the disk,
/// when this comes back. If `change` fails, or `dry` says so, everything stays as it is.
///
/// # Errors
/// When `change` fails, another command is at it, or the list cannot be read or written.
pub fn change<T>(
    keys: &Keys,
    now: DateTime<Utc>,
    dry: bool,
    change: impl FnOnce(&mut KeyList) -> Result<T, CliError>,
) -> Result<T, CliError> {
    if dry {
        return change(&mut read(keys, now)?);
    }
    files::make_folder(&keys.folder, true)?;
    let _lock = hold(&keys.folder)?;
    let mut list = read(keys, now)?;
    let done = change(&mut list)?;
    write(&list)?;
    Ok(done)
}

/// Begins a list with the pair `signing.key` and `signing.crt` of `folder`, which signs.
///
/// # Errors
/// When it cannot be written.
pub fn begin(folder: &Path, now: DateTime<Utc>) -> Result<(), CliError> {
    let mut roles = Roles::none();
    let name = roles.free_name();
    roles.add(Entry {
        role: Role::Current,
        key: Some(format!("{name}.key")),
        certificate: Some(format!("{name}.crt")),
        digest: Digest::Sha256,
        made: now,
        since: now,
        published: false,
        name,
    })?;
    write(&KeyList { roles, folder: folder.to_owned(), by_hand: false })
}

fn write(list: &KeyList) -> Result<(), CliError> {
    files::replace(&list.folder.join(FILE), &list.roles.to_text()?)
}

/// Takes the folder for this process, until the file is closed.
fn hold(folder: &Path) -> Result<File, CliError> {
    let path = folder.join("signing.lock");
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(false).mode(0o600).open(&path);
    let file = file.map_err(CliError::file("made", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(CliError::KeysInUse(folder.to_owned())),
        Err(TryLockError::Error(error)) => Err(CliError::file("locked", &path)(error)),
    }
}

/// The list's file in its folder.
pub const FILE: &str = "signing.json";
