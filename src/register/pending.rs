//! Rows on their way to the month's file: on the disk with the store's commit that lets the answer go, filed a moment
//! later, many at a time.
//!
//! A row is committed together with what it tells of, so there is one sync for both, and a row exists for an answer
//! that left and for no other. Its name is the response's ID. What is filed goes from here in a commit that says how
//! far that is done: whatever a crash leaves, a row is found in one place or the other, and filed once.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::identity::tenant::TenantId;
use crate::register::error::RegisterError;
use crate::register::index::{Entry, Field, Span};
use crate::register::journal::Register;
use crate::register::reading::Source;
use crate::register::row::Row;
use crate::register::search::{Place, Query, search};
use crate::register::segment::{Location, MAX_ROW, pack_parts, unpacked};
use crate::store::port::{
    Committed, Durability, Expectation, Key, Space, Store, StoreError, Unreadable, Value, Write,
};
use crate::store::record::{Batch, Records, unreadable};

/// The most bytes of one piece; a row has one, unless its request was very long.
const PIECE: usize = 24 * 1024;

/// How many pieces are read at once when what a crash left is filed.
const AT_ONCE: usize = 64;

/// A row that a commit has taken to the disk, for [`Register::file`].
#[derive(Debug)]
#[must_use]
pub struct Filing {
    pub(in crate::register) packed: Vec<u8>,
    pub(in crate::register) at: DateTime<Utc>,
    pub(in crate::register) entry: Entry,
    pub(in crate::register) filed: Filed,
}

impl Filing {
    fn new(row: &Row, packed: Vec<u8>, records: Records<'_>) -> Self {
        let entry = Entry::of(row, records.seal);
        let filed = Filed::of(row, packed.len());
        Self { packed, at: row.at, entry, filed }
    }
}

/// Where a row lay until it was filed.
#[derive(Clone, Debug)]
pub struct Filed {
    tenant: TenantId,
    response_id: String,
    packed: usize,
}

impl Filed {
    /// Of a row of so many bytes, packed.
    #[must_use]
    pub fn of(row: &Row, packed: usize) -> Self {
        Self { tenant: row.tenant.clone(), response_id: row.response_id.clone(), packed }
    }

    fn removals(&self) -> impl Iterator<Item = Write> {
        piece_names(&self.response_id, self.packed).map(|name| {
            let key = Key::new(&self.tenant, Space::RegisterPending, name);
            Write { key, value: None }
        })
    }
}

/// How far the store has forgotten what is filed: the number of the next record, and where the one before it lies.
#[derive(Default, Deserialize, Serialize)]
struct Mark {
    n: u64,
    m: String,
    o: u64,
}

impl Mark {
    fn last(&self) -> Option<Location> {
        let (number, month) = (self.n.checked_sub(1)?, self.m.parse().ok()?);
        Some(Location { number, month, offset: self.o })
    }
}

/// Removes from here what is in the files; returns how many rows that was looked at for.
///
/// # Errors
/// When store or register cannot be read.
pub async fn settle(
    register: &Register,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<u64, RegisterError> {
    let key = Key::new(&TenantId::main(), Space::Meta, MARK);
    let mut settled = 0;
    loop {
        let seen = store.get(&key, now).await?;
        let mark: Mark = match &seen {
            Some(bytes) => serde_json::from_slice(bytes).map_err(RegisterError::Form)?,
            None => Mark::default(),
        };
        let tail = register.tail();
        if mark.n > tail.count {
            tracing::error!(event = "register.cut", filed = mark.n, records = tail.count);
        }
        if mark.n >= tail.count {
            return Ok(settled);
        }
        let rows = rows_from(register, &mark)?;
        let Some((last, _)) = rows.last() else { return Ok(settled) };
        let mark = Mark { n: last.number + 1, m: last.month.to_string(), o: last.offset };
        let mut writes: Vec<Write> = rows.iter().flat_map(|(_, filed)| filed.removals()).collect();
        let bytes = serde_json::to_vec(&mark).map_err(RegisterError::Form)?;
        writes.push(Write { key: key.clone(), value: Some(Value::lasting(bytes)) });
        let expected = vec![Expectation { key: key.clone(), value: seen }];
        match store.commit(expected, writes, Durability::Ephemeral, now).await? {
            Committed::Done => settled += rows.len() as u64,
            Committed::Conflict(_) => {}
        }
    }
}

fn rows_from(register: &Register, mark: &Mark) -> Result<Vec<(Location, Filed)>, RegisterError> {
    let written = register.written(mark.n, SETTLED_AT_ONCE);
    if !written.is_empty() {
        let rows = written.into_iter().map(|(entry, filed)| (entry.location, filed));
        return Ok(rows.collect());
    }
    let (settings, tail) = (register.settings(), register.tail());
    let source = Source { folder: &settings.folder, seal: &settings.seal, first: tail.first };
    let after = mark.last().filter(|last| last.number >= tail.first);
    source.read_on(after, Some(tail.count), SETTLED_AT_ONCE, |row, location, packed| {
        Ok((location, Filed::of(row, packed)))
    })
}

/// How many records the files have at least, as the store knows.
///
/// # Errors
/// When the store cannot be read.
pub async fn filed(store: &dyn Store, now: DateTime<Utc>) -> Result<u64, RegisterError> {
    let key = Key::new(&TenantId::main(), Space::Meta, MARK);
    match store.get(&key, now).await? {
        Some(bytes) => Ok(serde_json::from_slice::<Mark>(&bytes).map_err(RegisterError::Form)?.n),
        None => Ok(0),
    }
}

/// How many rows wait here: answers that left, and are not in the files or are there only now.
///
/// # Errors
/// When the store cannot be read, or a row cannot.
pub async fn waiting(records: Records<'_>, now: DateTime<Utc>) -> Result<u64, RegisterError> {
    let (mut rows, mut after) = (0, None::<String>);
    loop {
        let (store, tenant) = (records.store, records.tenant);
        let found =
            store.list(tenant, Space::RegisterPending, "", after.as_deref(), AT_ONCE, now).await?;
        let is_last = found.len() < AT_ONCE;
        for (name, _) in found {
            let whole = name.strip_suffix("/0000").map(str::to_owned);
            if let Some(id) = whole {
                pieces_of(records, &id, now).await?;
                rows += 1;
            }
            after = Some(name);
        }
        if is_last {
            return Ok(rows);
        }
    }
}

const MARK: &str = "register-filed";
const SETTLED_AT_ONCE: usize = 256;

/// Adds `row` to `batch`. Once that is committed, the row must be handed to [`Register::file`].
///
/// # Errors
/// [`RegisterError::TooLarge`] when it is longer than a row may be; when it cannot be sealed.
pub fn put(records: Records<'_>, batch: &mut Batch, row: Row) -> Result<Filing, RegisterError> {
    let mut row = row;
    let (request, response) =
        (std::mem::take(&mut row.request_xml), std::mem::take(&mut row.response_xml));
    let packed = pack_parts(&row, &request, &response)?;
    let whole = records.seal_bytes(&key(records, &row.response_id), &packed)?;
    for (number, piece) in whole.chunks(PIECE).enumerate() {
        let key = records.key(Space::RegisterPending, piece_name(&row.response_id, number));
        batch.put(key, Value::lasting(piece.to_vec()));
    }
    Ok(Filing::new(&row, packed, records))
}

/// The row of the response `id`, filed or not yet.
///
/// # Errors
/// When store or register cannot be read.
pub async fn find(
    register: &Register,
    records: Records<'_>,
    id: &str,
    now: DateTime<Utc>,
) -> Result<Option<Row>, RegisterError> {
    if let Some(row) = pieces_of(records, id, now).await? {
        return Ok(Some(row));
    }
    let settings = register.settings();
    let place = Place {
        folder: &settings.folder,
        seal: &settings.seal,
        tenant: records.tenant,
        first: register.tail().first,
    };
    let fields = vec![(Field::ResponseId, id.to_owned())];
    let (span, certificate) = (Span::of(None, None), None);
    let query = Query { fields, certificate, span, limit: 1 };
    let mut found = search(place, &register.index().snapshot(), &query)?;
    Ok(found.rows.pop().map(|(_, row)| row))
}

async fn pieces_of(
    records: Records<'_>,
    id: &str,
    now: DateTime<Utc>,
) -> Result<Option<Row>, RegisterError> {
    let (store, tenant) = (records.store, records.tenant);
    let first = store.get(&records.key(Space::RegisterPending, piece_name(id, 0)), now).await?;
    let pieces = match first {
        None => return Ok(None),
        Some(piece) if piece.len() < PIECE => vec![piece],
        // The others of one moment: what is filed goes from here at once.
        Some(_) => {
            let (prefix, most) = (format!("{id}/"), MAX_ROW / PIECE + 2);
            let pieces =
                store.list(tenant, Space::RegisterPending, &prefix, None, most, now).await?;
            pieces.into_iter().map(|(_, piece)| piece).collect()
        }
    };
    if pieces.is_empty() {
        return Ok(None);
    }
    Ok(Some(open(records, id, pieces.into_iter())?.0))
}

/// Files what a crash left here; returns how many rows. For the start, before anything else is appended.
///
/// # Errors
/// When store or register cannot be read or written.
pub async fn recover(
    register: &Register,
    records: Records<'_>,
    now: DateTime<Utc>,
) -> Result<u64, RegisterError> {
    // What is in the files already goes from here first.
    index(register)?;
    settle(register, records.store, now).await?;
    let mut filed = 0;
    let mut after: Option<String> = None;
    let mut row: Option<(String, Vec<Vec<u8>>)> = None;
    loop {
        let (store, tenant) = (records.store, records.tenant);
        let found =
            store.list(tenant, Space::RegisterPending, "", after.as_deref(), AT_ONCE, now).await?;
        let is_last = found.len() < AT_ONCE;
        for (name, piece) in found {
            let id = name.rsplit_once('/').map_or(name.as_str(), |(id, _)| id);
            match &mut row {
                Some((current, pieces)) if current == id => pieces.push(piece),
                _ => {
                    let next = Some((id.to_owned(), vec![piece]));
                    filed += hand_over(register, records, std::mem::replace(&mut row, next))?;
                }
            }
            after = Some(name);
        }
        if is_last {
            break;
        }
    }
    filed += hand_over(register, records, row)?;
    if filed > 0 {
        register.filed().await?;
        index(register)?;
        settle(register, records.store, now).await?;
        tracing::info!(event = "register.recovered", rows = filed);
    }
    Ok(filed)
}

/// Takes into the index what a crash left out of it, so that an answer is found when its browser asks for it again; an
/// index that is to be made anew is not waited for.
fn index(register: &Register) -> Result<(), RegisterError> {
    if register.status().unindexed <= SOON_INDEXED {
        register.catch_up()?;
    }
    Ok(())
}

const SOON_INDEXED: usize = 16 * 1024;

fn hand_over(
    register: &Register,
    records: Records<'_>,
    row: Option<(String, Vec<Vec<u8>>)>,
) -> Result<u64, RegisterError> {
    let Some((id, pieces)) = row else { return Ok(0) };
    let (row, packed) = open(records, &id, pieces.into_iter())?;
    register.file(Filing::new(&row, packed, records));
    Ok(1)
}

fn open(
    records: Records<'_>,
    id: &str,
    pieces: impl Iterator<Item = Vec<u8>>,
) -> Result<(Row, Vec<u8>), RegisterError> {
    let whole: Vec<u8> = pieces.flatten().collect();
    let packed = records.open_bytes(&key(records, id), &whole)?;
    let row = unpacked(&packed).map_err(|_| not_a_row())?;
    Ok((row, packed))
}

fn not_a_row() -> StoreError {
    unreadable(Space::RegisterPending, Unreadable::Piece)
}

fn key(records: Records<'_>, id: &str) -> Key {
    records.key(Space::RegisterPending, id)
}

/// The names of the pieces of a row of `packed` bytes.
pub(in crate::register) fn piece_names(id: &str, packed: usize) -> impl Iterator<Item = String> {
    let pieces = (packed + crate::world::seal::OVERHEAD).div_ceil(PIECE);
    (0..pieces).map(move |number| piece_name(id, number))
}

fn piece_name(id: &str, number: usize) -> String {
    format!("{id}/{number:04}")
}
