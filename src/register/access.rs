//! Who looked into the register: a line for each time, in a file of its own beside it.
//!
//! What was looked for is told by field, and by a keyed digest of the value: whether somebody looked for a person can
//! be asked afterwards, whom they looked for cannot be read. Each line holds the digest of the one before it.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::register::error::RegisterError;
use crate::register::index::Field;
use crate::world::digest::sha256;
use crate::world::seal::Seal;

/// Who asks: the user of this machine.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Asker {
    /// The user's number, as the system knows it.
    pub uid: Option<u32>,
    /// The user's name, as the command says it.
    pub user: String,
}

/// What was done.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Rows were looked for.
    Search,
    /// Rows were looked for and counted.
    Count,
    /// A row was shown.
    Show,
    /// A row was given out as a package.
    Export,
    /// Months were purged.
    Purge,
    /// A hold was laid on months.
    HoldAdd,
    /// A hold was taken away.
    HoldRemove,
}

/// A line of the journal.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// When.
    pub at: DateTime<Utc>,
    /// The user's number.
    pub uid: Option<u32>,
    /// The user's name.
    pub user: String,
    /// What was done.
    pub action: Action,
    /// Fields looked for, each with the keyed digest of its value.
    pub fields: Vec<(String, String)>,
    /// From what time on, if that was asked.
    pub from: Option<DateTime<Utc>>,
    /// Before what time, if that was asked.
    pub to: Option<DateTime<Utc>>,
    /// The record, where one was shown or given out.
    pub record: Option<u64>,
    /// How many rows were found, or months purged.
    pub found: u64,
    /// The digest of the line before; [`append`] tells it.
    pub previous: String,
}

impl Line {
    /// A line that `asker` did `action` at `at`, without more.
    #[must_use]
    pub fn new(asker: &Asker, action: Action, at: DateTime<Utc>) -> Self {
        Self {
            at,
            uid: asker.uid,
            user: asker.user.clone(),
            action,
            fields: Vec::new(),
            from: None,
            to: None,
            record: None,
            found: 0,
            previous: String::new(),
        }
    }

    /// The same, with what was looked for.
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn with(mut self, fields: &[(Field, String)], seal: &Seal) -> Result<Self, RegisterError> {
        for (field, value) in fields {
            let digest = seal.blind("register access", &field.normal(value))?;
            self.fields.push((field.name().to_owned(), digest));
        }
        Ok(self)
    }
}

/// Appends `line` to the journal at `path` (for its owner only), and comes back once it is on the disk.
///
/// # Errors
/// When it cannot be read or written: what it tells of must not happen.
pub fn append(path: &Path, mut line: Line) -> Result<(), RegisterError> {
    let io = |error| RegisterError::io(path, error);
    let mut options = OpenOptions::new();
    let mut file =
        options.read(true).append(true).create(true).mode(0o600).open(path).map_err(io)?;
    file.lock().map_err(io)?;
    line.previous = last_line(&mut file).map_err(io)?.map_or(String::new(), |line| digest(&line));
    let mut bytes = serde_json::to_vec(&line).map_err(RegisterError::Form)?;
    bytes.push(b'\n');
    file.write_all(&bytes).and_then(|()| file.sync_data()).map_err(io)
}

/// The number of lines of the journal at `path`, from 1; `Err` within is the first that does not follow from the one
/// before it. A line cut off at the end is not found out.
///
/// # Errors
/// When it cannot be read.
pub fn verify(path: &Path) -> Result<Result<u64, u64>, RegisterError> {
    let io = |error| RegisterError::io(path, error);
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Ok(0)),
        other => other.map_err(io)?,
    };
    let mut previous = String::new();
    let mut count = 0;
    for bytes in BufReader::new(file).split(b'\n') {
        let bytes = bytes.map_err(io)?;
        count += 1;
        match serde_json::from_slice::<Line>(&bytes) {
            Ok(line) if line.previous == previous => previous = digest(&bytes),
            _ => return Ok(Err(count)),
        }
    }
    Ok(Ok(count))
}

/// The last line, without its end.
fn last_line(file: &mut File) -> io::Result<Option<Vec<u8>>> {
    let length = file.metadata()?.len();
    let mut reach = 4096;
    loop {
        let start = length.saturating_sub(reach);
        file.seek(SeekFrom::Start(start))?;
        let mut end = Vec::new();
        file.read_to_end(&mut end)?;
        if end.last() == Some(&b'\n') {
            end.pop();
        }
        if let Some(at) = end.iter().rposition(|byte| *byte == b'\n') {
            return Ok(Some(end.split_off(at + 1)));
        }
        if start == 0 {
            return Ok((!end.is_empty()).then_some(end));
        }
        reach *= 4;
    }
}

fn digest(line: &[u8]) -> String {
    STANDARD.encode(sha256(line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::random::Random;

    #[test]
    fn lines_follow_one_another_and_tell_no_value() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("access.jsonl");
        let seal = Seal::generate(&Random::seeded(1));
        let asker = Asker { uid: Some(7), user: "ada".into() };
        assert_eq!(verify(&path).unwrap(), Ok(0));
        for _ in 0..20 {
            let fields = [(Field::FiscalNumber, "TINIT-RSSMRA80A01H501U".to_owned())];
            let line = Line::new(&asker, Action::Search, DateTime::UNIX_EPOCH);
            append(&path, line.with(&fields, &seal).unwrap()).unwrap();
        }
        assert_eq!(verify(&path).unwrap(), Ok(20));
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains("RSSMRA") && text.contains("fiscal-code"), "{text}");
        let lines: Vec<&str> = text.lines().collect();
        std::fs::write(&path, text.replacen("\"ada\"", "\"eve\"", 1)).unwrap();
        assert_eq!(verify(&path).unwrap(), Err(2));
        std::fs::write(&path, [&lines[..4], &lines[5..]].concat().join("\n")).unwrap();
        assert_eq!(verify(&path).unwrap(), Err(5));
    }
}
