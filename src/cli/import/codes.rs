//! Where user names and activation codes go, and whose were told before.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Seek as _, SeekFrom, Write};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::admin::command::Added;
use crate::cli::error::CliError;
use crate::store::accounts;
use crate::world::digest::sha256;

/// Where codes go.
pub struct Codes {
    path: PathBuf,
    file: Option<File>,
    told: HashSet<[u8; 32]>,
}

#[derive(Deserialize)]
struct Row {
    username: String,
}

impl Codes {
    /// Goes on with the file at `path`, or makes it for its owner alone; without one, codes go to standard output.
    ///
    /// # Errors
    /// When the file can be read by others, is no such file, or cannot be read or made.
    pub fn open(path: Option<&Path>) -> Result<Self, CliError> {
        let mut codes = Self {
            path: path.unwrap_or_else(|| Path::new("standard output")).to_owned(),
            file: None,
            told: HashSet::new(),
        };
        let Some(path) = path else { return Ok(codes) };
        let opened = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path);
        let mut file = opened.map_err(CliError::file("made", path))?;
        let end = codes.read(&file).map_err(CliError::file("read", path))?;
        // A line that the last run was killed over is no line.
        let cut = file.set_len(end).and_then(|()| file.seek(SeekFrom::Start(end)));
        cut.map_err(CliError::file("written", path))?;
        codes.file = Some(file);
        Ok(codes)
    }

    /// Whether the file has a code of `username`; standard output does not say.
    #[must_use]
    pub fn has(&self, username: &str) -> Option<bool> {
        self.file.as_ref().map(|_| self.told.contains(&name(username)))
    }

    /// Tells a code.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn tell(&mut self, added: &Added) -> Result<(), CliError> {
        let row = serde_json::json!({
            "username": added.username,
            "activation-code": added.activation_code,
            "expires": added.code_expires,
        });
        let line = format!("{row}\n");
        let written = match &mut self.file {
            Some(file) => file.write_all(line.as_bytes()),
            None => io::stdout().write_all(line.as_bytes()).and_then(|()| io::stdout().flush()),
        };
        written.map_err(CliError::file("written", &self.path))?;
        self.told.insert(name(&added.username));
        Ok(())
    }

    /// Waits until all of it is on the disk.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn close(self) -> Result<(), CliError> {
        match self.file {
            Some(file) => file.sync_all().map_err(CliError::file("written", &self.path)),
            None => Ok(()),
        }
    }

    /// Reads what is there, and says where the last whole line ends.
    fn read(&mut self, file: &File) -> io::Result<u64> {
        if file.metadata()?.len() > 0 && file.metadata()?.permissions().mode() & 0o077 != 0 {
            return Err(io::Error::other("others than its owner may read it"));
        }
        let mut lines = BufReader::new(file);
        let (mut end, mut line) = (0, Vec::new());
        loop {
            line.clear();
            let read = lines.read_until(b'\n', &mut line)?;
            if !line.ends_with(b"\n") {
                return Ok(end);
            }
            end += read as u64;
            let row: Row = serde_json::from_slice(&line)
                .map_err(|_| io::Error::other("it is there and holds no activation codes"))?;
            self.told.insert(name(&row.username));
        }
    }
}

fn name(username: &str) -> [u8; 32] {
    sha256(accounts::normalise(username).as_bytes())
}
