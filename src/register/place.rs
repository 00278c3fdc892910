//! A register's folder, for one process at a time, and what lies beside it.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::register::error::RegisterError;

/// What lies beside the register's folder, under its name and `ending`.
#[must_use]
pub fn beside(folder: &Path, ending: &str) -> PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_os_string();
    name.push(ending);
    folder.with_file_name(name)
}

/// Takes the folder for this process, until the file is closed.
///
/// # Errors
/// [`RegisterError::InUse`] when another process has it.
pub fn hold(folder: &Path) -> Result<File, RegisterError> {
    let path = folder.join("lock");
    let io = |error| RegisterError::io(&path, error);
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(false).mode(0o600).open(&path);
    let file = file.map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(RegisterError::InUse(folder.to_path_buf())),
        Err(std::fs::TryLockError::Error(error)) => Err(io(error)),
    }
}
