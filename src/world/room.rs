//! How much room a disk has.

use std::io;
use std::path::Path;

/// The bytes that whoever is not root may still write on the disk of `path`.
///
/// # Errors
/// When the path is not there.
pub fn left(path: &Path) -> io::Result<u64> {
    let disk = rustix::fs::statvfs(path)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::left;

    #[test]
    fn a_disk_has_room_and_a_missing_folder_none() {
        assert!(left(std::path::Path::new("/")).unwrap() > 0);
        assert!(left(std::path::Path::new("/nowhere/at/all")).is_err());
    }
}
