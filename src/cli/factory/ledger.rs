//! What the factory wrote, so that a run which was interrupted goes on and nothing of anybody else's is overwritten.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::cli::error::CliError;
use crate::cli::files;
use crate::world::digest::sha256;

/// The list of what was written in one folder.
pub struct Ledger {
    folder: PathBuf,
    file: File,
    written: BTreeMap<String, Line>,
}

/// One file that was written.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Line {
    file: String,
    entity_id: String,
    sha256: String,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kept {
    /// It was written.
    Written,
    /// It is there already, the same.
    There,
    /// Something else is there that the factory did not write, or that was changed since.
    NotOurs,
}

impl Ledger {
    /// Opens the ledger of `folder`, which is made if it is not there.
    ///
    /// # Errors
    /// When it cannot be read or made.
    pub fn open(folder: &Path) -> Result<Self, CliError> {
        std::fs::create_dir_all(folder).map_err(CliError::file("made", folder))?;
        let path = folder.join(NAME);
        let opened = OpenOptions::new().read(true).append(true).create(true).open(&path);
        let file = opened.map_err(CliError::file("made", &path))?;
        let mut written = BTreeMap::new();
        for line in BufReader::new(&file).lines() {
            let line = line.map_err(CliError::file("read", &path))?;
            // The last line may have been cut by whatever ended the run.
            if let Ok(line) = serde_json::from_str::<Line>(&line) {
                written.insert(line.file.clone(), line);
            }
        }
        let mut ledger = Self { folder: folder.to_owned(), file, written };
        ledger.line("").map_err(CliError::file("written", &path))?;
        Ok(ledger)
    }

    /// Keeps `xml`, the metadata of `entity_id`, as the file of `id`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(&mut self, id: &str, entity_id: &str, xml: &str) -> Result<Kept, CliError> {
        let name = format!("{id}.xml");
        let path = self.folder.join(&name);
        let digest = hex(xml.as_bytes());
        match std::fs::read(&path) {
            Ok(there) if there == xml.as_bytes() => {
                self.note(name, entity_id, digest)?;
                return Ok(Kept::There);
            }
            // What a crash left of a file that was being written.
            Ok(there) if there.is_empty() => {}
            Ok(there) => {
                let known = self.written.get(&name).map(|line| line.sha256.as_str());
                if known != Some(hex(&there).as_str()) {
                    return Ok(Kept::NotOurs);
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(CliError::file("read", &path)(error)),
        }
        // Noted first: what is noted and not there is written again.
        self.note(name, entity_id, digest)?;
        let beside = self.folder.join(format!("{id}.xml.new"));
        std::fs::write(&beside, xml).map_err(CliError::file("written", &beside))?;
        std::fs::rename(&beside, &path).map_err(CliError::file("replaced", &path))?;
        Ok(Kept::Written)
    }

    /// Waits until the list of files is on the disk.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn close(self) -> Result<(), CliError> {
        let synced = self.file.sync_all();
        synced.map_err(CliError::file("written", &self.folder.join(NAME)))?;
        files::sync_folder(&self.folder)
    }

    fn note(&mut self, file: String, entity_id: &str, sha256: String) -> Result<(), CliError> {
        if self.written.get(&file).is_some_and(|line| line.sha256 == sha256) {
            return Ok(());
        }
        let line = Line { file: file.clone(), entity_id: entity_id.to_owned(), sha256 };
        let text = serde_json::to_string(&line).unwrap_or_default();
        self.line(&text).map_err(CliError::file("written", &self.folder.join(NAME)))?;
        self.written.insert(file, line);
        Ok(())
    }

    fn line(&mut self, text: &str) -> std::io::Result<()> {
        self.file.write_all(format!("{text}\n").as_bytes())
    }
}

/// SHA-256 in hexadecimal digits.
#[must_use]
pub fn hex(octets: &[u8]) -> String {
    sha256(octets).iter().map(|byte| format!("{byte:02x}")).collect()
}

const NAME: &str = "factory.jsonl";
