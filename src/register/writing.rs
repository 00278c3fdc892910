//! Rows as they are written to a month's file: chained, sealed for their place, synced together.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};

use crate::register::checkpoint::{Tail, sync_folder_of};
use crate::register::journal::Settings;
use crate::register::segment::{HEADER, Hash, Header, Location, Month, context, link};
use crate::telemetry::metrics;
use crate::world::stopwatch::Stopwatch;

/// That a row is on the disk.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Receipt {
    /// Where.
    pub location: Location,
    /// Its link of the chain.
    pub hash: Hash,
}

/// Rows that are not in the file; or perhaps, if `in_doubt`.
pub(in crate::register) struct Unwritten {
    pub(in crate::register) error: io::Error,
    pub(in crate::register) in_doubt: bool,
}

impl Unwritten {
    fn sure(error: io::Error) -> Self {
        Self { error, in_doubt: false }
    }
}

/// Writes rows of one month, packed, behind `tail` and syncs them; returns the new tail. What fails leaves the file as
/// it was.
pub(in crate::register) fn write_group(
    settings: &Settings,
    current: &mut Option<(Month, File)>,
    month: Month,
    mut tail: Tail,
    rows: &[&[u8]],
) -> Result<(Tail, Vec<Receipt>), Unwritten> {
    let fresh = tail.place.is_none_or(|(last, _)| last != month);
    if fresh || current.as_ref().is_none_or(|(open, _)| *open != month) {
        let file = if fresh { begin(settings, month, &tail) } else { go_on(settings, month) };
        *current = Some((month, file.map_err(Unwritten::sure)?));
    }
    let Some((_, file)) = current else {
        return Err(Unwritten::sure(io::ErrorKind::NotFound.into()));
    };
    let start = tail.place.filter(|_| !fresh).map_or(HEADER, |(_, end)| end);
    let mut chain = tail.hash.to_vec();
    let mut receipts = Vec::with_capacity(rows.len());
    for packed in rows {
        let number = tail.count;
        let offset = start + chain.len() as u64 - 32;
        let sealed = settings.seal.seal(&context(number), packed, &settings.random);
        let sealed = sealed.map_err(|error| Unwritten::sure(io::Error::other(error)))?;
        let hash = link(&mut chain, &sealed);
        tail.hash = hash.map_err(|error| Unwritten::sure(io::Error::other(error)))?;
        tail.count += 1;
        receipts.push(Receipt { location: Location { number, month, offset }, hash: tail.hash });
    }
    tail.place = Some((month, start + chain.len() as u64 - 32));
    let watch = Stopwatch::start();
    let written = file.write_all_at(&chain[32..], start);
    let synced = written.and_then(|()| file.sync_data());
    metrics::register_synced(watch.read());
    match synced {
        Ok(()) => Ok((tail, receipts)),
        Err(error) => {
            let cut = file.set_len(start).and_then(|()| file.sync_data());
            if fresh {
                *current = None;
            }
            Err(Unwritten { error, in_doubt: cut.is_err() })
        }
    }
}

/// A month's new file, with its header, on the disk under its name. One that a refused group left empty is taken
/// again.
fn begin(settings: &Settings, month: Month, tail: &Tail) -> io::Result<File> {
    let path = month.path(&settings.folder);
    let header = Header { first: tail.count, previous: tail.hash };
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(false).mode(0o600).open(&path)?;
    if file.metadata()?.len() > HEADER {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    file.write_all_at(&header.to_bytes(), 0)?;
    file.sync_all()?;
    sync_folder_of(&path)?;
    Ok(file)
}

fn go_on(settings: &Settings, month: Month) -> io::Result<File> {
    OpenOptions::new().write(true).open(month.path(&settings.folder))
}
