//! What was written from a row on: in memory, or in the files.

use std::path::Path;

use crate::register::error::RegisterError;
use crate::register::index::Entry;
use crate::register::journal::Register;
use crate::register::pending::Filed;
use crate::register::row::Row;
use crate::register::segment::{HEADER, Location, Step, Walk, months, unpack};
use crate::world::seal::{OVERHEAD, Seal};

/// Where rows are read from.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The register's folder.
    pub folder: &'a Path,
    /// What opens its rows.
    pub seal: &'a Seal,
    /// The number of its first row; those before it are as good as purged.
    pub first: u64,
}

impl Source<'_> {
    /// What `make` makes of each row after the one at `after`, up to record `end` or to the last whole one, at most
    /// `limit`. It is given the row, its place and its length packed.
    ///
    /// # Errors
    /// When a file cannot be read, a record before `end` was altered, or `make` fails.
    pub fn read_on<T>(
        self,
        after: Option<Location>,
        end: Option<u64>,
        limit: usize,
        make: impl Fn(&Row, Location, usize) -> Result<T, RegisterError>,
    ) -> Result<Vec<T>, RegisterError> {
        let Source { folder, seal, first } = self;
        let mut made = Vec::new();
        for month in months(folder).map_err(|error| RegisterError::io(folder, error))? {
            if after.is_some_and(|after| month < after.month) {
                continue;
            }
            let path = month.path(folder);
            let io = |error| RegisterError::io(&path, error);
            if std::fs::metadata(&path).map_err(io)?.len() < HEADER {
                break;
            }
            let mut walk = Walk::open(&path)?;
            let mut number = walk.header.first;
            if let Some(after) = after.filter(|after| after.month == month) {
                walk.jump(after.offset).map_err(io)?.ok_or(RegisterError::Altered(after))?;
                walk.step().map_err(io)?;
                number = after.number + 1;
            }
            while made.len() < limit && end.is_none_or(|end| number < end) {
                let location = Location { number, month, offset: walk.offset };
                match walk.step().map_err(io)? {
                    Step::Record { sealed, sound: true, .. } => {
                        if number >= first {
                            let row = unpack(seal, number, &sealed)?;
                            made.push(make(&row, location, sealed.len().saturating_sub(OVERHEAD))?);
                        }
                        number += 1;
                    }
                    // Without an end to reach, what is being written just now is left for later.
                    Step::Torn if end.is_none() => break,
                    Step::Record { .. } | Step::Torn => {
                        return Err(RegisterError::Altered(location));
                    }
                    Step::End => break,
                }
            }
            if made.len() >= limit {
                break;
            }
        }
        Ok(made)
    }
}

impl Register {
    /// The rows that follow record `next - 1`, as far as they are still in memory, at most `limit`.
    #[must_use]
    pub fn written(&self, next: u64, limit: usize) -> Vec<(Entry, Filed)> {
        let state = self.shared.lock();
        let first = state.written.front().map(|(entry, _)| entry.location.number);
        let skip = first.and_then(|first| next.checked_sub(first));
        let skip = skip.and_then(|skip| usize::try_from(skip).ok());
        skip.map_or_else(Vec::new, |skip| {
            state.written.iter().skip(skip).take(limit).cloned().collect()
        })
    }
}
