//! Walks the whole chain and names the first record that was altered, removed, inserted, exchanged or cut off.

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};

use crate::register::checkpoint::{self, Checkpoint};
use crate::register::error::RegisterError;
use crate::register::proof::{self, Purged};
use crate::register::segment::{HEADER, Hash, Month, Step, Walk, context, months, unpack};
use crate::world::seal::{Seal, SealError};

/// How far apart records may have been exchanged for that to be told from an alteration.
const REACH: u64 = 100;

/// Rows of so long a time are vouched for, whatever happens to the server between.
const STALE: TimeDelta = TimeDelta::minutes(10);

/// What is verified, and against what.
#[derive(Clone, Copy, Debug)]
pub struct Verifying<'a> {
    /// The register's folder, or a copy of it.
    pub folder: &'a Path,
    /// Its checkpoint, or a copy of it.
    pub checkpoint: &'a Path,
    /// What opens its rows.
    pub seal: &'a Seal,
    /// Certificates (DER) of keys that may have signed the checkpoint.
    pub trusted: &'a [&'a [u8]],
    /// The first month that is looked at; none begins with the first record ever.
    pub from: Option<Month>,
    /// How many records there are at least, as the store has it.
    pub filed: Option<u64>,
    /// Checkpoints of earlier times that were kept elsewhere: what they count must be there still.
    pub witnesses: &'a [Checkpoint],
    /// Whether somebody is writing, so that the end may be unfinished.
    pub is_live: bool,
}

/// A register in which nothing is amiss.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Verified {
    /// How many records were looked at.
    pub records: u64,
    /// How many of them the checkpoint vouches for; those after it are newer.
    pub vouched: u64,
    /// The last hash.
    pub hash: Hash,
    /// The months that were purged, the oldest first.
    pub purged: Vec<Purged>,
    /// Months that were purged and whose files are there still: a purge was interrupted, the next one ends it.
    pub unfinished: Vec<Month>,
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
    /// It is gone, and those after it up to `next`, which is in its place.
    Removed {
        /// The number of the record found there.
        next: u64,
    },
    /// Another record is in its place, and it comes later.
    Swapped {
        /// The number of the record found there.
        with: u64,
    },
    /// Something that was never written there stands before it.
    Inserted,
    /// The register ends before it, and the checkpoint or the store counts it.
    Cut,
    /// The file ends within it, or its length was altered. No answer waited for an unfinished record that the
    /// checkpoint does not count.
    Torn,
    /// Here the hash is not the one in the checkpoint: records before it were written anew.
    Rewritten,
    /// It is sound, and in another month's file or elsewhere in it than it was written.
    Moved,
    /// The proof of the purged month that begins with it is missing, was altered, or belongs elsewhere.
    Proof,
    /// It and those after it, over more than ten minutes, are not counted by the checkpoint: an old one was put in
    /// the place of the last one.
    Stale,
}

/// What a walk came to.
#[derive(Clone, Debug, Eq, PartialEq)]
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
    let (from, filed, is_live) = (None, None, false);
    let witnesses = &[];
    let verifying =
        Verifying { folder, checkpoint, seal, trusted, from, filed, witnesses, is_live };
    verifying.run(|_| {})
}

impl Verifying<'_> {
    /// Verifies; tells `progress`, again and again, how many bytes it has read since the last time.
    ///
    /// # Errors
    /// When a file cannot be read, or the checkpoint is missing or not ours.
    pub fn run(&self, progress: impl FnMut(u64)) -> Result<Verdict, RegisterError> {
        let Some(vouched) = checkpoint::read(self.checkpoint, self.trusted)? else {
            return Err(RegisterError::NoCheckpoint(self.checkpoint.to_path_buf()));
        };
        let mut chain = Chain {
            verifying: self,
            vouched,
            number: 0,
            hash: [0; 32],
            seen: 0,
            last: None,
            newer: None,
            progress,
            verified: Verified {
                records: 0,
                vouched: 0,
                hash: [0; 32],
                purged: Vec::new(),
                unfinished: Vec::new(),
            },
        };
        Ok(match chain.walk()? {
            Some(fault) => Verdict::Faulty(fault),
            None => Verdict::Sound(chain.verified),
        })
    }
}

struct Chain<'a, P> {
    verifying: &'a Verifying<'a>,
    vouched: Checkpoint,
    /// The number of the next record.
    number: u64,
    /// The hash of the one before.
    hash: Hash,
    /// How many records were looked at.
    seen: u64,
    /// Where the last one ended.
    last: Option<(Month, u64)>,
    /// The first record that the checkpoint does not count, its place and its time.
    newer: Option<(Fault, DateTime<Utc>)>,
    progress: P,
    verified: Verified,
}

impl<P: FnMut(u64)> Chain<'_, P> {
    fn walk(&mut self) -> Result<Option<Fault>, RegisterError> {
        let Verifying { folder, from, .. } = *self.verifying;
        let io = |error| RegisterError::io(folder, error);
        let tail = self.vouched.tail;
        if let Some(fault) = self.proofs()? {
            return Ok(Some(fault));
        }
        (self.number, self.hash) = (tail.first, tail.before_first);
        if from.is_none() && self.number == tail.count && self.hash != tail.hash {
            return Ok(Some(self.fault(None, FaultKind::Rewritten)));
        }
        let mut begun = from.is_none();
        let mut skipped = false;
        for month in months(folder).map_err(io)? {
            if self.verified.unfinished.contains(&month) || from.is_some_and(|from| month < from) {
                skipped = true;
                continue;
            }
            let is_start = !begun && (skipped || from == Some(month));
            let fault = self.month(month, is_start)?;
            if fault.is_some() {
                return Ok(fault);
            }
            begun = true;
        }
        if begun { self.end() } else { Ok(None) }
    }

    fn fault(&self, place: Option<(Month, u64)>, kind: FaultKind) -> Fault {
        Fault { number: self.number, place, kind }
    }

    /// The proofs of what was purged, from the first record ever to the first one kept.
    fn proofs(&mut self) -> Result<Option<Fault>, RegisterError> {
        let folder = self.verifying.folder;
        let io = |error| RegisterError::io(folder, error);
        let tail = self.vouched.tail;
        let files = months(folder).map_err(io)?;
        let mut proofs = Vec::new();
        for month in proof::months(folder).map_err(io)? {
            proofs.push((month, proof::read(folder, month)?));
        }
        // One that the checkpoint does not know belongs to a purge that was interrupted before it counted.
        let unknown = |(month, proof): &(Month, Option<proof::Proof>)| {
            let later = proof.as_ref().is_none_or(|proof| proof.said.first >= tail.first);
            later && files.contains(month)
        };
        if proofs.last().is_some_and(unknown) {
            proofs.pop();
        }
        let mut digest = [0; 32];
        for (month, proof) in &proofs {
            let sound = proof.as_ref().filter(|proof| {
                proof.said.first == self.number
                    && proof.before == self.hash
                    && proof.previous == digest
            });
            let Some(proof) = sound else {
                return Ok(Some(self.fault(Some((*month, 0)), FaultKind::Proof)));
            };
            digest = proof.digest;
            (self.number, self.hash) = (self.number + proof.said.count, proof.last);
            self.verified.purged.push(proof.said.clone());
            if files.contains(month) {
                self.verified.unfinished.push(*month);
            }
        }
        // Version 1 of the checkpoint knew no purge.
        let is_whole = self.number == tail.first && self.hash == tail.before_first;
        Ok((!is_whole || digest != tail.purged).then(|| self.fault(None, FaultKind::Proof)))
    }

    fn month(&mut self, month: Month, is_start: bool) -> Result<Option<Fault>, RegisterError> {
        let Verifying { folder, is_live, seal, .. } = *self.verifying;
        let path = month.path(folder);
        let io = |error| RegisterError::io(&path, error);
        let mut walk = match Walk::open(&path) {
            // A file that is being begun.
            Err(RegisterError::Header(_)) if is_live && self.is_newer() => return Ok(None),
            Err(RegisterError::Header(_)) => {
                return Ok(Some(self.fault(Some((month, 0)), FaultKind::Altered)));
            }
            other => other?,
        };
        if is_start {
            (self.number, self.hash) = (walk.header.first, walk.header.previous);
        }
        if walk.header.first != self.number {
            let next = walk.header.first;
            let kind = match () {
                // It follows the record before, so only its number can be wrong.
                () if walk.header.previous == self.hash => FaultKind::Altered,
                () if next > self.number => FaultKind::Removed { next },
                () => FaultKind::Inserted,
            };
            return Ok(Some(self.fault(Some((month, walk.offset)), kind)));
        }
        if walk.header.previous != self.hash {
            return Ok(Some(self.fault(Some((month, 0)), FaultKind::Altered)));
        }
        loop {
            let offset = walk.offset;
            let here = Some((month, offset));
            match walk.step().map_err(io)? {
                Step::End => return Ok(None),
                Step::Torn if is_live && self.is_newer() => return Ok(None),
                Step::Torn => return Ok(Some(self.fault(here, FaultKind::Torn))),
                Step::Record { sealed, hash, sound, end } => {
                    if !sound && is_live && self.is_newer() {
                        return Ok(None);
                    }
                    if !opens(seal, self.number, &sealed)? {
                        let kind = self.why(&mut walk, &sealed)?;
                        return Ok(Some(self.fault(here, kind)));
                    }
                    if !sound {
                        return Ok(Some(self.fault(here, FaultKind::Altered)));
                    }
                    let is_first = offset == HEADER;
                    if let Some(fault) = self.take(&sealed, hash, (month, offset, end), is_first)? {
                        return Ok(Some(fault));
                    }
                }
            }
        }
    }

    /// Counts a sound record.
    fn take(
        &mut self,
        sealed: &[u8],
        hash: Hash,
        (month, offset, end): (Month, u64, u64),
        is_first: bool,
    ) -> Result<Option<Fault>, RegisterError> {
        let tail = self.vouched.tail;
        let here = Some((month, offset));
        if is_first || self.is_newer() {
            let row = unpack(self.verifying.seal, self.number, sealed)?;
            // A month's file is begun by a row of that month, and by no other.
            if is_first && Month::of(row.at) != month {
                return Ok(Some(self.fault(here, FaultKind::Moved)));
            }
            if self.is_newer() {
                let stale = self.fault(here, FaultKind::Stale);
                let (fault, since) = *self.newer.get_or_insert((stale, row.at));
                if row.at - since > STALE {
                    return Ok(Some(fault));
                }
            }
        }
        self.number += 1;
        self.seen += 1;
        self.hash = hash;
        self.last = Some((month, end));
        (self.progress)(end - offset);
        let of_another = |one: &&Checkpoint| one.tail.count == self.number && one.tail.hash != hash;
        if self.verifying.witnesses.iter().find(of_another).is_some() {
            let number = self.number - 1;
            return Ok(Some(Fault { number, place: here, kind: FaultKind::Rewritten }));
        }
        if self.number == tail.count {
            let number = self.number - 1;
            let kind = match () {
                () if hash != tail.hash => Some(FaultKind::Rewritten),
                () if tail.place != self.last => Some(FaultKind::Moved),
                () => None,
            };
            return Ok(kind.map(|kind| Fault { number, place: here, kind }));
        }
        Ok(None)
    }

    /// Whether the next record is one that the checkpoint does not count.
    fn is_newer(&self) -> bool {
        self.number >= self.vouched.tail.count
    }

    /// Why the record at hand, `sealed`, is not the next one; `walk` stands behind it.
    fn why(&self, walk: &mut Walk, sealed: &[u8]) -> Result<FaultKind, RegisterError> {
        let seal = self.verifying.seal;
        let mut found = None;
        for distance in 1..=REACH {
            for other in [self.number.checked_add(distance), self.number.checked_sub(distance)] {
                if let Some(other) = other
                    && found.is_none()
                    && opens(seal, other, sealed)?
                {
                    found = Some(other);
                }
            }
        }
        // Is the one that should be here further on?
        let mut behind = None;
        for distance in 1..=REACH {
            let Ok(Step::Record { sealed, .. }) = walk.step() else { break };
            if opens(seal, self.number, &sealed)? {
                behind = Some(distance);
                break;
            }
        }
        Ok(match (found, behind) {
            (Some(with), Some(distance)) if with == self.number + distance || distance > 1 => {
                FaultKind::Swapped { with }
            }
            (Some(next), None) if next > self.number => FaultKind::Removed { next },
            (Some(_), _) | (None, Some(_)) => FaultKind::Inserted,
            (None, None) => FaultKind::Altered,
        })
    }

    fn end(&mut self) -> Result<Option<Fault>, RegisterError> {
        let tail = self.vouched.tail;
        let Verifying { filed, witnesses, .. } = *self.verifying;
        let told = witnesses.iter().map(|one| one.tail.count).chain(filed);
        let least = told.fold(tail.count, u64::max);
        if self.number < least {
            return Ok(Some(self.fault(self.last, FaultKind::Cut)));
        }
        self.verified.records = self.seen;
        self.verified.vouched = self.seen - (self.number - tail.count);
        self.verified.hash = self.hash;
        Ok(None)
    }
}

/// Whether `sealed` opens as record `number`.
fn opens(seal: &Seal, number: u64, sealed: &[u8]) -> Result<bool, RegisterError> {
    match seal.open(&context(number), sealed) {
        Ok(_) => Ok(true),
        Err(SealError::Cipher(error)) => Err(RegisterError::Seal(SealError::Cipher(error))),
        Err(_) => Ok(false),
    }
}
