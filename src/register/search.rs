//! Rows found by what they say, the newest first.

use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::identity::tenant::TenantId;
use crate::register::error::RegisterError;
use crate::register::index::{Field, Span, Tag, tag};
use crate::register::row::Row;
use crate::register::run::Run;
use crate::register::segment::{self, Location};
use crate::register::shelf::Snapshot;
use crate::world::seal::Seal;

/// What is looked for: rows of which all of this is true.
#[derive(Clone, Debug)]
pub struct Query {
    /// Fields and their values, in any form that people write.
    pub fields: Vec<(Field, String)>,
    /// The serial number (hexadecimal) of a certificate by which somebody came, a workstation's or a card's. The index does
    /// not know it: every row within the times is read.
    pub certificate: Option<String>,
    /// The rows' times.
    pub span: Span,
    /// How many rows at most.
    pub limit: usize,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Rows with their places, the newest first.
    pub rows: Vec<(Location, Row)>,
    /// Whether there are more than the limit.
    pub more: bool,
}

/// Where is searched.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The register's folder.
    pub folder: &'a Path,
    /// What opens its rows, and made the index's tags.
    pub seal: &'a Seal,
    /// Whose rows.
    pub tenant: &'a TenantId,
    /// The number of the oldest row kept.
    pub first: u64,
}

/// The rows that `query` asks for.
///
/// # Errors
/// When the index or the register cannot be read, or a row was altered.
pub fn search(place: Place<'_>, index: &Snapshot, query: &Query) -> Result<Found, RegisterError> {
    let mut wanted = Wanted { place, query, fields: Vec::new(), found: Found::default() };
    for (field, value) in &query.fields {
        let value = field.normal(value);
        let tag = tag(*field, place.tenant, &value, place.seal);
        wanted.fields.push((*field, tag, value));
    }
    for entry in index.recent.iter().rev() {
        let is = |(field, tag, _): &(Field, Tag, String)| entry.tags[field.place()] == Some(*tag);
        if query.span.holds(entry.at)
            && wanted.fields.iter().all(is)
            && wanted.take(entry.location)?
        {
            return Ok(wanted.found);
        }
    }
    for run in index.runs.iter().rev().filter(|run| run.meets(query.span)) {
        let io = |error| RegisterError::io(place.folder, error);
        if wanted.of_run(run).map_err(io)?? {
            return Ok(wanted.found);
        }
    }
    Ok(wanted.found)
}

struct Wanted<'a> {
    place: Place<'a>,
    query: &'a Query,
    fields: Vec<(Field, Tag, String)>,
    found: Found,
}

impl Wanted<'_> {
    /// Looks into one file of the index; true when enough was found.
    fn of_run(&mut self, run: &Arc<Run>) -> io::Result<Result<bool, RegisterError>> {
        let mut ranges = Vec::with_capacity(self.fields.len());
        for (field, tag, _) in &self.fields {
            ranges.push((*field, run.find(*field, *tag)?));
        }
        // The rarest field first: the others only take away from it.
        ranges.sort_by_key(|(_, range)| range.len());
        let mut ranges = ranges.into_iter();
        let mut places = match ranges.next() {
            Some((field, range)) => run.places(field, range)?,
            None => (0..run.rows).collect(),
        };
        for (field, range) in ranges {
            if places.is_empty() {
                break;
            }
            let others = run.places(field, range)?;
            places.retain(|place| others.binary_search(place).is_ok());
        }
        let all_within = self.query.span.holds(run.times.0) && self.query.span.holds(run.times.1);
        if !all_within && places.len() > FEW {
            let times = run.times()?;
            places.retain(|place| {
                times.get(*place as usize).is_some_and(|at| self.query.span.holds(*at))
            });
        }
        for place in places.into_iter().rev() {
            let (location, at) = run.row(place)?;
            if self.query.span.holds(at) {
                match self.take(location) {
                    Ok(false) => {}
                    done => return Ok(done),
                }
            }
        }
        Ok(Ok(false))
    }

    /// Reads a row, and takes it if it is what is looked for; true when enough was found.
    fn take(&mut self, location: Location) -> Result<bool, RegisterError> {
        let Place { folder, seal, tenant, first } = self.place;
        if location.number < first {
            return Ok(false);
        }
        let row = match segment::read(folder, seal, location) {
            // Purged while we looked.
            Err(RegisterError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                return Ok(false);
            }
            other => other?,
        };
        let is = |(field, _, value): &(Field, Tag, String)| field.is(&row, value);
        let by = self.query.certificate.as_deref();
        let is_by = by.is_none_or(|serial| {
            row.certificates.iter().any(|one| one.serial.eq_ignore_ascii_case(serial))
        });
        if row.tenant != *tenant || !is_by || !self.fields.iter().all(is) {
            return Ok(false);
        }
        if self.found.rows.len() == self.query.limit {
            self.found.more = true;
            return Ok(true);
        }
        self.found.rows.push((location, row));
        Ok(false)
    }
}

/// The times of so many rows are read one by one.
const FEW: usize = 64;
