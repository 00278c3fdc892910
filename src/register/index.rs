//! What the register is searched by: keyed and blinded entries in the store, which the files can give again.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::identity::tenant::TenantId;
use crate::register::error::RegisterError;
use crate::register::journal::Register;
use crate::register::pending::piece_names;
use crate::register::row::Row;
use crate::register::segment::{HEADER, Location, Month, Step, Walk, months, unpack};
use crate::store::port::{
    Committed, Durability, Expectation, Key, Space, Store, StoreError, Unreadable, Value, Write,
};
use crate::store::record::Records;
use crate::world::seal::{OVERHEAD, Seal};

const AT_ONCE: usize = 256;

/// How far the index is; a name of its own for each set of fields, so that a new set is taken in from the first row.
const MARKER: &str = "register-index-2";

/// What a row can be found by.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Field {
    /// The request's ID.
    RequestId,
    /// The response's ID.
    ResponseId,
    /// The person's fiscalNumber.
    FiscalNumber,
    /// The service provider's entityID.
    RelyingParty,
    /// The code that the person saw.
    SupportId,
}

impl Field {
    const ALL: [Self; 5] = [
        Self::RequestId,
        Self::ResponseId,
        Self::FiscalNumber,
        Self::RelyingParty,
        Self::SupportId,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::RequestId => "request",
            Self::ResponseId => "response",
            Self::FiscalNumber => "person",
            Self::RelyingParty => "party",
            Self::SupportId => "support",
        }
    }

    fn of(self, row: &Row) -> Option<&str> {
        match self {
            Self::RequestId => Some(&row.request_id),
            Self::ResponseId => Some(&row.response_id),
            Self::FiscalNumber => row.fiscal_number.as_deref(),
            Self::RelyingParty => Some(&row.relying_party),
            Self::SupportId => Some(&row.support_id),
        }
    }
}

/// A row's entries.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Where the row lies.
    pub location: Location,
    tenant: TenantId,
    /// The names under which it is found, without its number.
    names: Vec<String>,
    /// The response's ID and the packed row's length: where it lay until it was filed.
    response_id: String,
    packed: usize,
}

impl Entry {
    /// The entries of a row of `packed` bytes that has no place yet.
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn of(row: &Row, packed: usize, seal: &Seal) -> Result<Self, RegisterError> {
        let mut names = vec![time_name(row.at)];
        for field in Field::ALL {
            if let Some(value) = field.of(row) {
                names.push(blind_name(field, value, seal)?);
            }
        }
        let location = Location { number: 0, month: Month::of(row.at), offset: 0 };
        let (tenant, response_id) = (row.tenant.clone(), row.response_id.clone());
        Ok(Self { location, tenant, names, response_id, packed })
    }

    /// The entries of the row, now that it lies at `location`.
    #[must_use]
    pub fn at(self, location: Location) -> Self {
        Self { location, ..self }
    }

    fn writes(&self) -> Result<Vec<Write>, RegisterError> {
        let place = encode(&Place::from(self.location))?;
        let write = |name: &String| Write {
            key: Key::new(
                &self.tenant,
                Space::RegisterIndex,
                format!("{name}/{:016x}", self.location.number),
            ),
            value: Some(Value::lasting(place.clone())),
        };
        let filed = piece_names(&self.response_id, self.packed).map(|name| Write {
            key: Key::new(&self.tenant, Space::RegisterPending, name),
            value: None,
        });
        Ok(self.names.iter().map(write).chain(filed).collect())
    }
}

/// A location at rest.
#[derive(Clone, Deserialize, Serialize)]
struct Place {
    n: u64,
    m: String,
    o: u64,
}

impl From<Location> for Place {
    fn from(location: Location) -> Self {
        Self { n: location.number, m: location.month.to_string(), o: location.offset }
    }
}

impl Place {
    fn location(&self) -> Option<Location> {
        Some(Location { number: self.n, month: self.m.parse().ok()?, offset: self.o })
    }
}

/// Brings the index up to the end of the register; returns how many rows it took in. May lag behind answers and may
/// be lost in a crash: it goes on from where it is.
///
/// # Errors
/// When the store or the register cannot be read.
pub async fn catch_up(
    register: &Register,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<u64, RegisterError> {
    let mut taken = 0;
    loop {
        let marker = Key::new(&TenantId::main(), Space::Meta, MARKER);
        let seen = store.get(&marker, now).await?;
        let next = match &seen {
            Some(bytes) => decode(Space::Meta, bytes)?,
            None => Place { n: 0, m: String::new(), o: 0 },
        };
        if next.n >= register.tail().count {
            return Ok(taken);
        }
        let mut entries = register.unindexed(next.n, AT_ONCE);
        if entries.is_empty() {
            entries = from_files(register, &next)?;
        }
        let Some(last) = entries.last() else { return Ok(taken) };
        // The offset of the last one is enough to find the next.
        let position = Place { n: last.location.number + 1, ..Place::from(last.location) };
        let mut writes = Vec::with_capacity(entries.len() * 7 + 1);
        for entry in &entries {
            writes.extend(entry.writes()?);
        }
        let value = Some(Value::lasting(encode(&position)?));
        writes.push(Write { key: marker.clone(), value });
        let expected = vec![Expectation { key: marker, value: seen }];
        match store.commit(expected, writes, Durability::Ephemeral, now).await? {
            Committed::Done => taken += entries.len() as u64,
            Committed::Conflict(_) => {}
        }
    }
}

/// The places of rows whose `field` is `value`, the oldest first, after `after`, at most `limit`.
///
/// # Errors
/// When the store cannot be read.
pub async fn find(
    records: Records<'_>,
    field: Field,
    value: &str,
    after: Option<u64>,
    limit: usize,
    now: DateTime<Utc>,
) -> Result<Vec<Location>, RegisterError> {
    let Records { store, seal, tenant, .. } = records;
    let prefix = blind_name(field, value, seal)? + "/";
    let after = after.map(|number| format!("{prefix}{number:016x}"));
    let found = store.list(tenant, Space::RegisterIndex, &prefix, after.as_deref(), limit, now);
    let mut places = Vec::new();
    for (_, bytes) in found.await? {
        places.extend(decode(Space::RegisterIndex, &bytes)?.location());
    }
    Ok(places)
}

fn from_files(register: &Register, next: &Place) -> Result<Vec<Entry>, RegisterError> {
    let settings = register.settings();
    let folder = &settings.folder;
    let end = register.tail().count;
    let mut entries = Vec::new();
    let start = next.m.parse::<Month>().ok();
    for month in months(folder).map_err(|error| RegisterError::io(folder, error))? {
        if start.is_some_and(|start| month < start) {
            continue;
        }
        let path = month.path(folder);
        let io = |error| RegisterError::io(&path, error);
        let mut walk = Walk::open(&path)?;
        let mut number = walk.header.first;
        if start == Some(month) {
            walk.jump(next.o.max(HEADER)).map_err(io)?;
            number = next.n.saturating_sub(1);
        }
        while entries.len() < AT_ONCE && number < end {
            let location = Location { number, month, offset: walk.offset };
            match walk.step().map_err(io)? {
                Step::Record { sealed, sound: true, .. } => {
                    if number >= next.n {
                        let row = unpack(&settings.seal, number, &sealed)?;
                        let packed = sealed.len().saturating_sub(OVERHEAD);
                        entries.push(Entry::of(&row, packed, &settings.seal)?.at(location));
                    }
                    number += 1;
                }
                Step::Record { .. } | Step::Torn => return Err(RegisterError::Altered(location)),
                Step::End => break,
            }
        }
    }
    Ok(entries)
}

/// Seconds in sixteen digits, so that text order is the order of time.
fn time_name(at: DateTime<Utc>) -> String {
    format!("time/{:016}", at.timestamp().max(0))
}

fn blind_name(field: Field, value: &str, seal: &Seal) -> Result<String, RegisterError> {
    let purpose = format!("register {}", field.name());
    Ok(format!("{}/{}", field.name(), seal.blind(&purpose, value)?))
}

fn encode(place: &Place) -> Result<Vec<u8>, RegisterError> {
    serde_json::to_vec(place).map_err(RegisterError::Form)
}

fn decode(space: Space, bytes: &[u8]) -> Result<Place, RegisterError> {
    serde_json::from_slice(bytes)
        .map_err(|error| StoreError::Unreadable { space, reason: Unreadable::Form(error) }.into())
}
