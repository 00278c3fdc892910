//! Files that the commands read and make.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

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

/// Waits until the names in a folder are on the disk.
///
/// # Errors
/// When it cannot be opened or synced.
pub fn sync_folder(path: &Path) -> Result<(), CliError> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let synced = fs::File::open(path).and_then(|folder| folder.sync_all());
    synced.map_err(CliError::file("synced", path))
}
