//! Walks the whole chain and names the first record that was altered, removed, or cut off at the end.

use std::path::Path;

use crate::register::checkpoint;
use crate::register::error::RegisterError;
use crate::register::segment::{Hash, Month, Step, Walk, months, unpack};
use crate::world::seal::{Seal, SealError};

/// How far apart records may have been exchanged for that to be told from an alteration.
const REACH: u64 = 100;

/// A register in which nothing is amiss.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Verified {
    /// How many records are kept.
    pub records: u64,
    /// How many of them the checkpoint vouches for; those after it are newer.
    pub vouched: u64,
    /// The last hash.
    pub hash: Hash,
}

/// The first thing amiss.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Fault {
    /// The number of the record, from 0.
    pub number: u64,
    /// Its file, and where it begins or should begin there; none when there is no such file.
    pub place: Option<(Month, u64)>,
    /// What is amiss with it.
    pub kind: FaultKind,
}

/// What is amiss with a record.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FaultKind {
    /// It is not as it was written.
    Altered,
    /// It is gone: another record, of the number given, is in its place.
    Replaced {
        /// The number of the record found there.
        by: u64,
    },
    /// The register ends before it, and the checkpoint counts it.
    Cut,
    /// The file ends within it, or its length was altered. No answer waited for an unfinished record that the
    /// checkpoint does not count.
    Torn,
    /// Here the hash is not the one in the checkpoint: records before it were written anew.
    Rewritten,
}

/// What a walk came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// All is as it was written.
    Sound(Verified),
    /// Something is not.
    Faulty(Fault),
}

/// Verifies the register in `folder` against its checkpoint, which a key of `trusted` (certificates, DER) signed.
///
/// # Errors
/// When a file cannot be read, or the checkpoint is missing or not ours.
pub fn verify(
    folder: &Path,
    checkpoint: &Path,
    seal: &Seal,
    trusted: &[&[u8]],
) -> Result<Verdict, RegisterError> {
    let Some(vouched) = checkpoint::read(checkpoint, trusted)? else {
        return Err(RegisterError::NoCheckpoint(checkpoint.to_path_buf()));
    };
    let mut number = vouched.first;
    let mut hash = vouched.before_first;
    let mut last = None;
    if number == vouched.count && hash != vouched.hash {
        let kind = FaultKind::Rewritten;
        return Ok(Verdict::Faulty(Fault { number, place: None, kind }));
    }
    for month in months(folder).map_err(|error| RegisterError::io(folder, error))? {
        let path = month.path(folder);
        let io = |error| RegisterError::io(&path, error);
        let fault = |number, offset, kind| {
            Ok(Verdict::Faulty(Fault { number, place: Some((month, offset)), kind }))
        };
        let mut walk = match Walk::open(&path) {
            Err(RegisterError::Header(_)) => return fault(number, 0, FaultKind::Altered),
            other => other?,
        };
        if walk.header.first != number {
            let by = walk.header.first;
            return fault(number, walk.offset, FaultKind::Replaced { by });
        }
        if walk.header.previous != hash {
            return fault(number, 0, FaultKind::Altered);
        }
        loop {
            let offset = walk.offset;
            match walk.step().map_err(io)? {
                Step::End => break,
                Step::Torn => return fault(number, offset, FaultKind::Torn),
                Step::Record { sealed, hash: stands, sound, .. } => {
                    if let Some(kind) = judge(seal, number, &sealed, sound)? {
                        return fault(number, offset, kind);
                    }
                    number += 1;
                    hash = stands;
                    last = Some((month, walk.offset));
                    if number == vouched.count && hash != vouched.hash {
                        return fault(number - 1, offset, FaultKind::Rewritten);
                    }
                }
            }
        }
    }
    if number < vouched.count {
        return Ok(Verdict::Faulty(Fault { number, place: last, kind: FaultKind::Cut }));
    }
    let records = number - vouched.first;
    let vouched = vouched.count - vouched.first;
    Ok(Verdict::Sound(Verified { records, vouched, hash }))
}

fn judge(
    seal: &Seal,
    number: u64,
    sealed: &[u8],
    sound: bool,
) -> Result<Option<FaultKind>, RegisterError> {
    let opens = |number| match unpack(seal, number, sealed) {
        Ok(_) => Ok(true),
        Err(RegisterError::Seal(SealError::Cipher(error))) => {
            Err(RegisterError::Seal(SealError::Cipher(error)))
        }
        Err(_) => Ok(false),
    };
    if opens(number)? {
        return Ok((!sound).then_some(FaultKind::Altered));
    }
    for distance in 1..=REACH {
        for other in [number.checked_add(distance), number.checked_sub(distance)] {
            if let Some(by) = other
                && opens(by)?
            {
                return Ok(Some(FaultKind::Replaced { by }));
            }
        }
    }
    Ok(Some(FaultKind::Altered))
}
