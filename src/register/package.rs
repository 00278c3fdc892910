//! One transaction as a package that others can check: what was asked and answered, its record as it lies in the
//! register with the key that opens this one alone, its place in the chain, and our signature over that place.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use crate::register::checkpoint::{Tail, algorithm_name, algorithm_of, hash};
use crate::register::error::RegisterError;
use crate::register::row::Row;
use crate::register::segment::{
    HEADER, Hash, Location, Month, Step, Walk, context, link, months, unpacked,
};
use crate::register::tar;
use crate::world::digest::sha256;
use crate::world::seal::{Seal, SealKey};
use crate::world::signer::Signer;
use crate::world::verifier::verifies;

const VERSION: u32 = 1;
/// So many hashes before and after the record are told.
const NEIGHBOURS: usize = 16;

const README: &str = include_str!("package/README.txt");
const LEGGIMI: &str = include_str!("package/LEGGIMI.txt");

/// Where a record stands in the chain, signed: `chain.json`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Chain {
    version: u32,
    /// The record's number, from 0.
    number: u64,
    month: String,
    offset: u64,
    /// The hash before it.
    before: String,
    /// Its own.
    hash: String,
    /// The hashes before and after, by number.
    neighbours: BTreeMap<u64, String>,
    /// How many records the register had, and the hash of the last one, when this was made: the chain was followed
    /// from this record to there.
    count: u64,
    last: String,
    at: String,
    algorithm: String,
    certificate: String,
    signature: String,
}

impl Chain {
    /// What is signed: every field but the signature, a line each. Unlike a checkpoint's, so that one never stands
    /// for the other.
    fn octets(&self) -> Vec<u8> {
        let Self { version, number, month, offset, before, hash, neighbours, .. } = self;
        let Self { count, last, at, algorithm, certificate, .. } = self;
        let near: String =
            neighbours.iter().map(|(number, hash)| format!("{number} {hash}\n")).collect();
        format!(
            "ponte register record {version}\n{number}\n{month}\n{offset}\n{before}\n{hash}\n{near}\
             {count}\n{last}\n{at}\n{algorithm}\n{certificate}\n"
        )
        .into_bytes()
    }
}

/// What a package was made of, once it was found to be sound.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The transaction.
    pub row: Row,
    /// The record's number in the register.
    pub number: u64,
    /// Its hash.
    pub hash: Hash,
    /// How many records the register had when the package was made.
    pub count: u64,
    /// When that was.
    pub at: DateTime<Utc>,
    /// The certificate (DER) of the key that signed it.
    pub certificate: Vec<u8>,
}

/// Why a package proves nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadPackage {
    /// Not a package.
    #[error(
        "this is not a package of the register: a tar file with row.json, chain.json and others is expected"
    )]
    Form,
    /// A file is not as SHA256SUMS says.
    #[error("a file of the package is not as SHA256SUMS says: it was altered")]
    Sums,
    /// The signature does not hold.
    #[error("chain.json was altered: its signature does not hold")]
    Signature,
    /// Another key than the one expected signed it.
    #[error("chain.json was signed with another certificate than the one given")]
    Certificate,
    /// The record is not the one of which the chain tells.
    #[error("record.bin is not the record of which chain.json tells: its hash differs")]
    Record,
    /// The record does not open.
    #[error("record.bin does not open with record.key")]
    Key,
    /// What is told in clear is not what the record says.
    #[error("row.json, request.xml or response.xml is not what the record says")]
    Row,
}

/// The package of the record at `location` of a register that ends at `tail`: a tar archive, made `at`.
///
/// # Errors
/// When a file cannot be read, the record or one between it and the end was altered, or the key does not sign.
pub fn make(
    folder: &Path,
    seal: &Seal,
    signer: &dyn Signer,
    location: Location,
    tail: &Tail,
    at: DateTime<Utc>,
) -> Result<Vec<u8>, RegisterError> {
    let followed = follow(folder, location, tail)?;
    let key = seal.key_of(&followed.sealed)?;
    let row =
        open(&key, location.number, &followed.sealed).ok_or(RegisterError::Altered(location))?;
    let hashes = followed.neighbours.iter();
    let mut chain = Chain {
        version: VERSION,
        number: location.number,
        month: location.month.to_string(),
        offset: location.offset,
        before: STANDARD.encode(followed.before),
        hash: STANDARD.encode(followed.hash),
        neighbours: hashes.map(|(number, hash)| (*number, STANDARD.encode(hash))).collect(),
        count: tail.count,
        last: STANDARD.encode(tail.hash),
        at: at.to_rfc3339_opts(SecondsFormat::Millis, true),
        algorithm: algorithm_name(signer.algorithm()).to_owned(),
        certificate: STANDARD.encode(signer.certificate()),
        signature: String::new(),
    };
    chain.signature = STANDARD.encode(signer.sign(&chain.octets())?);
    let form = RegisterError::Form;
    let mut files = vec![
        ("README.txt", README.as_bytes().to_vec()),
        ("LEGGIMI.txt", LEGGIMI.as_bytes().to_vec()),
        ("row.json", serde_json::to_vec_pretty(&row).map_err(form)?),
        ("request.xml", row.request_xml.into_bytes()),
        ("response.xml", row.response_xml.into_bytes()),
        // What the service provider found in it, where it was encrypted.
        ("assertion.xml", row.assertion_xml.unwrap_or_default().into_bytes()),
        ("record.bin", followed.sealed),
        ("record.key", key.to_text().as_bytes().to_vec()),
        ("chain.json", serde_json::to_vec_pretty(&chain).map_err(form)?),
        ("certificate.pem", pem(signer.certificate())),
    ];
    let sums: String = files.iter().map(|(name, bytes)| sum(name, bytes)).collect();
    files.push((SUMS, sums.into_bytes()));
    Ok(tar::write(&files, u64::try_from(at.timestamp()).unwrap_or(0)))
}

/// Checks a package; `certificate` (DER) is the one whose key must have signed it, if that is known.
///
/// # Errors
/// [`BadPackage`], the first thing wrong.
pub fn check(package: &[u8], certificate: Option<&[u8]>) -> Result<Checked, BadPackage> {
    let files: BTreeMap<String, Vec<u8>> =
        tar::read(package).ok_or(BadPackage::Form)?.into_iter().collect();
    let file = |name: &str| files.get(name).ok_or(BadPackage::Form);
    let others = files.iter().filter(|(name, _)| *name != SUMS);
    let mut sums: Vec<String> = others.map(|(name, bytes)| sum(name, bytes)).collect();
    let said = String::from_utf8(file(SUMS)?.clone()).map_err(|_| BadPackage::Sums)?;
    let mut said: Vec<&str> = said.split_inclusive('\n').collect();
    sums.sort_unstable();
    said.sort_unstable();
    if sums != said {
        return Err(BadPackage::Sums);
    }
    let chain: Chain = serde_json::from_slice(file("chain.json")?).map_err(|_| BadPackage::Form)?;
    let decode = |text: &str| STANDARD.decode(text).map_err(|_| BadPackage::Signature);
    let (signed_by, signature) = (decode(&chain.certificate)?, decode(&chain.signature)?);
    let algorithm = algorithm_of(&chain.algorithm).ok_or(BadPackage::Signature)?;
    if !verifies(&signed_by, algorithm, &chain.octets(), &signature) {
        return Err(BadPackage::Signature);
    }
    if certificate.is_some_and(|certificate| certificate != signed_by) {
        return Err(BadPackage::Certificate);
    }
    let sealed = file("record.bin")?;
    let (before, own) = (hash(&chain.before), hash(&chain.hash));
    let (Some(before), Some(own)) = (before, own) else { return Err(BadPackage::Signature) };
    let linked = link(&mut before.to_vec(), sealed).map_err(|_| BadPackage::Record)?;
    if linked != own {
        return Err(BadPackage::Record);
    }
    let key = String::from_utf8_lossy(file("record.key")?).into_owned();
    let key = SealKey::parse(&key).map_err(|_| BadPackage::Key)?;
    let row = open(&key, chain.number, sealed).ok_or(BadPackage::Key)?;
    let told: Row = serde_json::from_slice(file("row.json")?).map_err(|_| BadPackage::Row)?;
    let is_same = told == row
        && file("request.xml")? == row.request_xml.as_bytes()
        && file("response.xml")? == row.response_xml.as_bytes()
        && file("assertion.xml")? == row.assertion_xml.as_deref().unwrap_or_default().as_bytes();
    if !is_same {
        return Err(BadPackage::Row);
    }
    let at = DateTime::parse_from_rfc3339(&chain.at).map_err(|_| BadPackage::Signature)?.to_utc();
    let (number, count, certificate) = (chain.number, chain.count, signed_by);
    Ok(Checked { row, number, hash: own, count, at, certificate })
}

/// A record, and the hashes around it.
struct Followed {
    sealed: Vec<u8>,
    before: Hash,
    hash: Hash,
    neighbours: BTreeMap<u64, Hash>,
}

/// Reads the record at `location`, and follows the chain from there to the register's end.
fn follow(folder: &Path, location: Location, tail: &Tail) -> Result<Followed, RegisterError> {
    let altered = RegisterError::Altered;
    let mut found: Option<Followed> = None;
    let mut before: Vec<(u64, Hash)> = Vec::new();
    let mut last = None;
    for month in months(folder).map_err(|error| RegisterError::io(folder, error))? {
        if month < location.month || tail.place.is_some_and(|(end, _)| month > end) {
            continue;
        }
        let path = month.path(folder);
        let io = |error| RegisterError::io(&path, error);
        let mut walk = Walk::open(&path)?;
        let mut number = walk.header.first;
        let mut previous = walk.header.previous;
        if last.is_some_and(|last| last != previous) {
            return Err(altered(Location { number, month, offset: HEADER }));
        }
        if month == location.month {
            before.push((number.wrapping_sub(1), previous));
        }
        while number < tail.count {
            let here = Location { number, month, offset: walk.offset };
            match walk.step().map_err(io)? {
                Step::Record { sealed, hash, sound: true, .. } => {
                    if here == location {
                        let skip = before.len().saturating_sub(NEIGHBOURS);
                        let near = before.drain(..).skip(skip).filter(|(near, _)| *near < number);
                        let neighbours = near.collect();
                        found = Some(Followed { sealed, before: previous, hash, neighbours });
                    } else if let Some(found) = &mut found {
                        if number <= location.number + NEIGHBOURS as u64 {
                            found.neighbours.insert(number, hash);
                        }
                    } else {
                        before.push((number, hash));
                    }
                    previous = hash;
                    number += 1;
                }
                Step::End => break,
                Step::Record { .. } | Step::Torn => return Err(altered(here)),
            }
        }
        last = Some(previous);
    }
    match (found, last) {
        (Some(found), Some(last)) if last == tail.hash => Ok(found),
        _ => Err(altered(location)),
    }
}

fn open(key: &SealKey, number: u64, sealed: &[u8]) -> Option<Row> {
    let packed = key.open_one(&context(number), sealed).ok()?;
    unpacked(&packed).ok()
}

/// A line as sha256sum writes it.
fn sum(name: &str, bytes: &[u8]) -> String {
    let digest: String = sha256(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{digest}  {name}\n")
}

fn pem(der: &[u8]) -> Vec<u8> {
    let text = STANDARD.encode(der);
    let mut pem = b"-----BEGIN CERTIFICATE-----\n".to_vec();
    for line in text.as_bytes().chunks(64) {
        pem.extend_from_slice(line);
        pem.push(b'\n');
    }
    pem.extend_from_slice(b"-----END CERTIFICATE-----\n");
    pem
}

/// The name of a package's file.
#[must_use]
pub fn name(month: Month, number: u64) -> String {
    format!("ponte-register-{month}-{number}.tar")
}

const SUMS: &str = "SHA256SUMS";
