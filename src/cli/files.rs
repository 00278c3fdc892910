//! Files that the commands read and make.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::{Path, PathBuf};

use crate::cli::error::CliError;

/// The whole of a file.
///
/// # Errors
/// When it cannot be read.
pub fn read(path: &Path) -> Result<Vec<u8>, CliError> {
    fs::read(path).map_err(CliError::file("read", path))
}

/// The whole of a file of text.
///
/// # Errors
/// When it cannot be read, or is not UTF-8.
pub fn read_text(path: &Path) -> Result<String, CliError> {
    fs::read_to_string(path).map_err(CliError::file("read", path))
}

/// Makes a file that was not there; a `secret` one for its owner only.
///
/// # Errors
/// When it is there, or cannot be made.
pub fn make(path: &Path, contents: &[u8], secret: bool) -> Result<(), CliError> {
    let mode = if secret { 0o600 } else { 0o644 };
    let made = OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    let mut file = made.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => CliError::Exists(path.to_owned()),
        _ => CliError::file("made", path)(error),
    })?;
    let written = file.write_all(contents).and_then(|()| file.sync_all());
    written.map_err(CliError::file("written", path))
}

/// Makes a folder and those above it; a `secret` one for its owner only.
///
/// # Errors
/// When it cannot be made.
pub fn make_folder(path: &Path, secret: bool) -> Result<(), CliError> {
    let mode = if secret { 0o700 } else { 0o755 };
    let made = DirBuilder::new().recursive(true).mode(mode).create(path);
    made.map_err(CliError::file("made", path))
}

/// Whether others than its owner may read a file.
///
/// # Errors
/// When that cannot be learnt.
pub fn is_exposed(path: &Path) -> Result<bool, CliError> {
    let metadata = fs::metadata(path).map_err(CliError::file("read", path))?;
    Ok(metadata.permissions().mode() & 0o077 != 0)
}

/// Puts `contents` in the place of what is at `path`, for its owner only: a crash leaves the old or the new.
///
/// # Errors
/// When it cannot be written.
pub fn replace(path: &Path, contents: &[u8]) -> Result<(), CliError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(&beside);
    let written = file.and_then(|mut file| {
        file.write_all(contents)?;
        file.sync_all()
    });
    written.map_err(CliError::file("written", &beside))?;
    fs::rename(&beside, path).map_err(CliError::file("replaced", path))?;
    sync_folder(path.parent().unwrap_or_else(|| Path::new(".")))
}

/// Refuses a secret file that all may read, that others may change, or that is somebody else's than ours or root's. That the group
/// reads it may be how it got here (a mounted secret); `ponte check` tells it.
///
/// # Errors
/// [`CliError::Exposed`], or when that cannot be learnt.
pub fn guard(path: &Path) -> Result<(), CliError> {
    let metadata = fs::metadata(path).map_err(CliError::file("read", path))?;
    let ours = [0, rustix::process::geteuid().as_raw()].contains(&metadata.uid());
    if !ours || metadata.permissions().mode() & 0o027 != 0 {
        return Err(CliError::Exposed(path.to_owned()));
    }
    Ok(())
}

/// Waits until the names in a folder are on the disk.
///
/// # Errors
/// When it cannot be opened or synced.
pub fn sync_folder(path: &Path) -> Result<(), CliError> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let synced = fs::File::open(path).and_then(|folder| folder.sync_all());
    synced.map_err(CliError::file("synced", path))
}
