//! What is left of a month that was purged: how many records it had, between which hashes, of which times, signed.
//!
//! A month's proof, `2024-10.purged`, lies where its file lay, so that the chain is whole from the first record on.
//! Each names the digest of the one before it and the checkpoint that of the last, so that none can be altered or
//! removed, and old ones hold when keys change.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::register::checkpoint::{algorithm_name, algorithm_of, hash, sync_folder_of};
use crate::register::error::RegisterError;
use crate::register::segment::{Hash, Month};
use crate::world::digest::sha256;
use crate::world::signer::Signer;
use crate::world::verifier::verifies;

const VERSION: u32 = 1;
const SUFFIX: &str = "purged";

/// What is said of a month that was purged.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Purged {
    version: u32,
    /// The month.
    pub month: String,
    /// The number of its first record.
    pub first: u64,
    /// How many records it had.
    pub count: u64,
    before: String,
    last: String,
    /// How many bytes its file had.
    pub bytes: u64,
    /// SHA-256 of its file, base64.
    pub sha256: String,
    /// The time of its earliest row.
    pub earliest: DateTime<Utc>,
    /// The time of its latest row.
    pub latest: DateTime<Utc>,
    /// When it was purged.
    pub purged: DateTime<Utc>,
    /// By whom: `server`, or the user who gave the command.
    pub by: String,
    previous: String,
    algorithm: String,
    certificate: String,
    signature: String,
}

/// What a month's file was, before it is purged.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Summary {
    /// Which month.
    pub month: Month,
    /// The number of its first record.
    pub first: u64,
    /// How many records.
    pub count: u64,
    /// The hash before the first one.
    pub before: Hash,
    /// The hash of the last one.
    pub last: Hash,
    /// How many bytes.
    pub bytes: u64,
    /// SHA-256 of the file.
    pub sha256: Hash,
    /// The times of the earliest and the latest row.
    pub times: (DateTime<Utc>, DateTime<Utc>),
}

/// A proof, read, with the digest of its octets.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Proof {
    /// What it says.
    pub said: Purged,
    /// The month of its name.
    pub month: Month,
    /// The hash before the month's first record.
    pub before: Hash,
    /// The hash of its last one.
    pub last: Hash,
    /// The digest of the proof before this one; zeros for none.
    pub previous: Hash,
    /// The digest of this one.
    pub digest: Hash,
}

impl Purged {
    /// What is signed: every field but the signature, a line each.
    fn octets(&self) -> Vec<u8> {
        let Self { version, month, first, count, before, last, bytes, sha256, .. } = self;
        let Self { earliest, latest, purged, by, previous, algorithm, certificate, .. } = self;
        let (earliest, latest) = (earliest.timestamp_millis(), latest.timestamp_millis());
        let (purged, by) = (purged.timestamp_millis(), by.escape_default());
        format!(
            "ponte register purged {version}\n{month}\n{first}\n{count}\n{before}\n{last}\n{bytes}\n{sha256}\n\
             {earliest}\n{latest}\n{purged}\n{by}\n{previous}\n{algorithm}\n{certificate}\n"
        )
        .into_bytes()
    }
}

/// Where the proof of `month` lies in `folder`.
#[must_use]
pub fn path(folder: &Path, month: Month) -> PathBuf {
    folder.join(format!("{month}.{SUFFIX}"))
}

/// Writes the proof that what `summary` tells of was purged `at`, by `by`; the proof before it has the digest
/// `previous`. Returns its own digest, once it is on the disk.
///
/// # Errors
/// When the key does not sign or the file cannot be written.
pub fn write(
    folder: &Path,
    summary: &Summary,
    previous: Hash,
    at: DateTime<Utc>,
    by: &str,
    signer: &dyn Signer,
) -> Result<Hash, RegisterError> {
    let millis =
        |at: DateTime<Utc>| DateTime::from_timestamp_millis(at.timestamp_millis()).unwrap_or(at);
    let mut purged = Purged {
        version: VERSION,
        month: summary.month.to_string(),
        first: summary.first,
        count: summary.count,
        before: STANDARD.encode(summary.before),
        last: STANDARD.encode(summary.last),
        bytes: summary.bytes,
        sha256: STANDARD.encode(summary.sha256),
        earliest: millis(summary.times.0),
        latest: millis(summary.times.1),
        purged: millis(at),
        by: by.to_owned(),
        previous: STANDARD.encode(previous),
        algorithm: algorithm_name(signer.algorithm()).to_owned(),
        certificate: STANDARD.encode(signer.certificate()),
        signature: String::new(),
    };
    purged.signature = STANDARD.encode(signer.sign(&purged.octets())?);
    let json = serde_json::to_vec_pretty(&purged).map_err(RegisterError::Form)?;
    let path = path(folder, summary.month);
    let io = |error| RegisterError::io(&path, error);
    let beside = path.with_extension("purged-new");
    let mut options = OpenOptions::new();
    let mut file =
        options.write(true).create(true).truncate(true).mode(0o600).open(&beside).map_err(io)?;
    file.write_all(&json).and_then(|()| file.sync_all()).map_err(io)?;
    std::fs::rename(&beside, &path).and_then(|()| sync_folder_of(&path)).map_err(io)?;
    Ok(sha256(&json))
}

/// Reads the proof of `month`; `None` when it is not one, or not as it was signed.
///
/// # Errors
/// When the file cannot be read.
pub fn read(folder: &Path, month: Month) -> Result<Option<Proof>, RegisterError> {
    let path = path(folder, month);
    let json = std::fs::read(&path).map_err(|error| RegisterError::io(&path, error))?;
    let judge = || -> Option<Proof> {
        let said: Purged = serde_json::from_slice(&json).ok()?;
        let certificate = STANDARD.decode(&said.certificate).ok()?;
        let signature = STANDARD.decode(&said.signature).ok()?;
        let algorithm = algorithm_of(&said.algorithm)?;
        let is_sound = said.version == VERSION
            && said.month == month.to_string()
            && serde_json::to_vec_pretty(&said).ok()? == json
            && verifies(&certificate, algorithm, &said.octets(), &signature);
        let (before, last) = (hash(&said.before)?, hash(&said.last)?);
        let previous = hash(&said.previous)?;
        is_sound.then(|| Proof { said, month, before, last, previous, digest: sha256(&json) })
    };
    Ok(judge())
}

/// The months that have a proof in `folder`, in order.
///
/// # Errors
/// When the folder cannot be read.
pub fn months(folder: &Path) -> io::Result<Vec<Month>> {
    let mut months = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        let month = name.to_str().and_then(|name| name.strip_suffix(".purged"));
        months.extend(month.and_then(|month| month.parse::<Month>().ok()));
    }
    months.sort_unstable();
    Ok(months)
}
