//! Where a register ends, found again when it is opened.

use std::fs::OpenOptions;

use crate::register::checkpoint::{self, Tail};
use crate::register::error::RegisterError;
use crate::register::journal::Settings;
use crate::register::proof;
use crate::register::segment::{HEADER, Location, Month, Step, Walk, months};

/// What was cut off: bytes of records that were being written when the power went, and so were never acknowledged.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Torn {
    /// The file.
    pub month: Month,
    /// How long it is now.
    pub length: u64,
    /// How many bytes were cut off.
    pub bytes: u64,
}

/// Reads on from the checkpoint to the end, cuts off what is torn there, and returns the end.
///
/// # Errors
/// When anything but the very end is not as it was written.
pub fn recover(settings: &Settings) -> Result<(Tail, Option<Torn>), RegisterError> {
    let Settings { folder, checkpoint: path, .. } = settings;
    let months = months(folder).map_err(|error| RegisterError::io(folder, error))?;
    let ours = settings.signer.certificate();
    let trusted: Vec<&[u8]> = settings.former.iter().map(Vec::as_slice).chain([ours]).collect();
    let mut tail = match checkpoint::read(path, &trusted)? {
        Some(checkpoint) => checkpoint.tail,
        None if months.is_empty() => return Ok((Tail::EMPTY, None)),
        None => return Err(RegisterError::NoCheckpoint(path.clone())),
    };
    let seen = tail.place;
    if seen.is_some_and(|(seen, _)| !months.contains(&seen)) {
        return Err(RegisterError::Cut(tail.count.saturating_sub(1)));
    }
    let mut torn = None;
    let purged = proof::months(folder).map_err(|error| RegisterError::io(folder, error))?;
    for month in months {
        if seen.is_some_and(|(seen, _)| month < seen) {
            continue;
        }
        // A purge that was interrupted, once the checkpoint counted it.
        if purged.contains(&month) && Walk::open(&month.path(folder))?.header.first < tail.first {
            continue;
        }
        // Only the last file can be torn: the next one is begun after the sync of the one before.
        if let Some(Torn { month, length, .. }) = torn {
            let number = tail.count;
            return Err(RegisterError::Altered(Location { number, month, offset: length }));
        }
        torn = read_on(settings, month, &mut tail)?;
    }
    if let Some(Torn { month, length, bytes }) = torn {
        let path = month.path(folder);
        let file = OpenOptions::new().write(true).open(&path);
        let cut = file.and_then(|file| file.set_len(length).and_then(|()| file.sync_all()));
        cut.map_err(|error| RegisterError::io(&path, error))?;
        tracing::warn!(file = %path.display(), bytes, "the register ended in a record that was never finished: cut off");
    }
    Ok((tail, torn))
}

fn read_on(
    settings: &Settings,
    month: Month,
    tail: &mut Tail,
) -> Result<Option<Torn>, RegisterError> {
    let path = month.path(&settings.folder);
    let io = |error| RegisterError::io(&path, error);
    let length = std::fs::metadata(&path).map_err(io)?.len();
    let known = tail.place.filter(|(known, _)| *known == month).map(|(_, offset)| offset);
    if known.is_none() && length < HEADER {
        // The power went while the file was begun; it is begun again with its first row.
        return Ok(Some(Torn { month, length: 0, bytes: length }));
    }
    let mut walk = Walk::open(&path)?;
    let start = known.unwrap_or(HEADER);
    let here = |number, offset| RegisterError::Altered(Location { number, month, offset });
    if known.is_none() && walk.header.first != tail.count {
        return Err(here(tail.count, 0));
    }
    match walk.jump(start).map_err(io)? {
        Some(hash) if hash == tail.hash => {}
        Some(_) => return Err(here(tail.count.saturating_sub(1), start)),
        None => return Err(RegisterError::Cut(tail.count.saturating_sub(1))),
    }
    let mut broken = None;
    loop {
        let offset = walk.offset;
        match walk.step().map_err(io)? {
            Step::Record { end, hash, sound: true, .. } => {
                // Sound records behind one that is not: that one was not being written last.
                if let Some(broken) = broken {
                    return Err(here(tail.count, broken));
                }
                tail.count += 1;
                tail.hash = hash;
                tail.place = Some((month, end));
            }
            Step::Record { .. } => broken = broken.or(Some(offset)),
            Step::End if broken.is_none() => return Ok(None),
            Step::End | Step::Torn => {
                let length = broken.unwrap_or(offset);
                let whole = std::fs::metadata(&path).map_err(io)?.len();
                return Ok(Some(Torn { month, length, bytes: whole - length }));
            }
        }
    }
}
