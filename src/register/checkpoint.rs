//! How far the register is, signed and kept apart from it: who cuts its end, or writes it anew, is found out.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use crate::register::error::RegisterError;
use crate::register::segment::{Hash, Month};
use crate::world::signer::{SignatureAlgorithm, Signer};
use crate::world::verifier::verifies;

/// Version 1 knew nothing of purged months.
const VERSION: u32 = 2;

/// Where the register ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Tail {
    /// How many records were ever written.
    pub count: u64,
    /// The hash of the last one; zeros for none.
    pub hash: Hash,
    /// In which file it lies and where that ended; none for an empty register.
    pub place: Option<(Month, u64)>,
    /// The number of the oldest record kept.
    pub first: u64,
    /// The hash before that.
    pub before_first: Hash,
    /// SHA-256 of the proof of the last month purged; zeros when none was.
    pub purged: Hash,
}

impl Tail {
    /// The end of a register in which nothing was ever written.
    pub const EMPTY: Self = Self {
        count: 0,
        hash: [0; 32],
        place: None,
        first: 0,
        before_first: [0; 32],
        purged: [0; 32],
    };
}

/// What a checkpoint says.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// Where the register ended.
    pub tail: Tail,
    /// The time of the last row then, or when it was opened.
    pub at: DateTime<Utc>,
    /// The certificate (DER) of the key that signed it.
    pub certificate: Vec<u8>,
}

/// A checkpoint as it lies in its file.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    version: u32,
    count: u64,
    hash: String,
    month: Option<String>,
    offset: u64,
    first: u64,
    before_first: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    purged: Option<String>,
    at: String,
    algorithm: String,
    certificate: String,
    signature: String,
}

impl Signed {
    /// What is signed: every field but the signature, a line each.
    fn octets(&self) -> Vec<u8> {
        let Self { version, count, hash, month, offset, first, before_first, at, .. } = self;
        let (month, algorithm) = (month.as_deref().unwrap_or("none"), &self.algorithm);
        let certificate = &self.certificate;
        let purged = self.purged.as_ref().map_or(String::new(), |purged| format!("{purged}\n"));
        format!(
            "ponte register checkpoint {version}\n{count}\n{hash}\n{month}\n{offset}\n{first}\n\
             {before_first}\n{purged}{at}\n{algorithm}\n{certificate}\n"
        )
        .into_bytes()
    }

    fn tail(&self) -> Option<Tail> {
        let month = match &self.month {
            Some(month) => Some((month.parse().ok()?, self.offset)),
            None => None,
        };
        Some(Tail {
            count: self.count,
            hash: hash(&self.hash)?,
            place: month,
            first: self.first,
            before_first: hash(&self.before_first)?,
            purged: match &self.purged {
                Some(purged) => hash(purged)?,
                None => [0; 32],
            },
        })
    }
}

/// Signs `tail` and puts it in the place of the checkpoint at `path`, on the disk.
///
/// # Errors
/// When the key does not sign or the file cannot be written; the old one then stays.
pub fn write(
    path: &Path,
    tail: &Tail,
    at: DateTime<Utc>,
    signer: &dyn Signer,
) -> Result<(), RegisterError> {
    let json = sign(tail, at, signer)?;
    replace(path, &json).map_err(|error| RegisterError::io(path, error))
}

/// `tail`, signed: the checkpoint's octets.
///
/// # Errors
/// When the key does not sign.
pub fn sign(tail: &Tail, at: DateTime<Utc>, signer: &dyn Signer) -> Result<Vec<u8>, RegisterError> {
    let mut signed = Signed {
        version: VERSION,
        count: tail.count,
        hash: STANDARD.encode(tail.hash),
        month: tail.place.map(|(month, _)| month.to_string()),
        offset: tail.place.map_or(0, |(_, offset)| offset),
        first: tail.first,
        before_first: STANDARD.encode(tail.before_first),
        purged: Some(STANDARD.encode(tail.purged)),
        at: at.to_rfc3339_opts(SecondsFormat::Millis, true),
        algorithm: algorithm_name(signer.algorithm()).to_owned(),
        certificate: STANDARD.encode(signer.certificate()),
        signature: String::new(),
    };
    signed.signature = STANDARD.encode(signer.sign(&signed.octets())?);
    serde_json::to_vec_pretty(&signed).map_err(RegisterError::Form)
}

/// What the checkpoint at `path` vouches for, if there is a checkpoint. Its certificate must be one of `trusted`
/// (DER).
///
/// # Errors
/// [`RegisterError::BadCheckpoint`] when it was altered, or another key signed it.
pub fn read(path: &Path, trusted: &[&[u8]]) -> Result<Option<Checkpoint>, RegisterError> {
    let json = match std::fs::read(path) {
        Ok(json) => json,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(RegisterError::io(path, error)),
    };
    let checkpoint = parse(&json).filter(|checkpoint| {
        trusted.iter().any(|certificate| **certificate == *checkpoint.certificate)
    });
    checkpoint.map(Some).ok_or_else(|| RegisterError::BadCheckpoint(path.to_path_buf()))
}

/// What a checkpoint's octets say, if they are as they were written and the key of the certificate in them signed
/// them. Whose that is, is for the caller to judge.
#[must_use]
pub fn parse(json: &[u8]) -> Option<Checkpoint> {
    let signed: Signed = serde_json::from_slice(json).ok()?;
    let fits = match signed.version {
        1 => signed.purged.is_none(),
        VERSION => signed.purged.is_some(),
        _ => false,
    };
    // Written differently, the same would be signed: a byte was altered all the same.
    if !fits || serde_json::to_vec_pretty(&signed).ok()? != json {
        return None;
    }
    let certificate = STANDARD.decode(&signed.certificate).ok()?;
    let algorithm = algorithm_of(&signed.algorithm)?;
    let signature = STANDARD.decode(&signed.signature).ok()?;
    let at = DateTime::parse_from_rfc3339(&signed.at).ok()?.to_utc();
    let tail = signed.tail()?;
    let is_signed = verifies(&certificate, algorithm, &signed.octets(), &signature);
    is_signed.then_some(Checkpoint { tail, at, certificate })
}

/// The algorithm of a name that [`algorithm_name`] gives.
#[must_use]
pub fn algorithm_of(name: &str) -> Option<SignatureAlgorithm> {
    ALGORITHMS.into_iter().find(|algorithm| algorithm_name(*algorithm) == name)
}

const ALGORITHMS: [SignatureAlgorithm; 6] = [
    SignatureAlgorithm::RsaSha256,
    SignatureAlgorithm::RsaSha384,
    SignatureAlgorithm::RsaSha512,
    SignatureAlgorithm::EcdsaSha256,
    SignatureAlgorithm::EcdsaSha384,
    SignatureAlgorithm::EcdsaSha512,
];

/// The name of an algorithm in what the register signs.
#[must_use]
pub fn algorithm_name(algorithm: SignatureAlgorithm) -> &'static str {
    match algorithm {
        SignatureAlgorithm::RsaSha256 => "rsa-sha256",
        SignatureAlgorithm::RsaSha384 => "rsa-sha384",
        SignatureAlgorithm::RsaSha512 => "rsa-sha512",
        SignatureAlgorithm::EcdsaSha256 => "ecdsa-sha256",
        SignatureAlgorithm::EcdsaSha384 => "ecdsa-sha384",
        SignatureAlgorithm::EcdsaSha512 => "ecdsa-sha512",
    }
}

/// The hash that base64 tells.
#[must_use]
pub fn hash(text: &str) -> Option<Hash> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

/// Writes beside and renames, so that a crash leaves the old one or the new one.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    sync_folder_of(path)
}

/// Makes sure that the name of a new file is on the disk too.
///
/// # Errors
/// When its folder cannot be opened.
pub fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or_else(|| Path::new(".")))?.sync_all()
}
