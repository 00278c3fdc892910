//! The real metadata files that may lie beside the repository.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The folder of real files; `None` where only the repository was cloned.
pub(crate) fn dir() -> Option<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    dir.is_dir().then_some(dir)
}

/// The text of `name`, a path within [`dir`]. Each reading leaves a line in
/// `target/real-files.log`, so that a run can say how many real files it saw.
pub(crate) fn read(name: &str) -> Option<String> {
    let text = fs::read_to_string(dir()?.join(name)).unwrap();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let mut log =
        OpenOptions::new().create(true).append(true).open(target.join("real-files.log")).unwrap();
    writeln!(log, "{name}").unwrap();
    Some(text)
}
