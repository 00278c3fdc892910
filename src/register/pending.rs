//! Rows on their way to the month's file: on the disk with the store's commit that lets the answer go, filed a moment
//! later, many at a time.
//!
//! A row is committed together with what it tells of, so there is one sync for both, and a row exists for an answer
//! that left and for no other. Its name is the response's ID. What is filed goes from here in the commit that brings it
//! to the index: whatever a crash leaves, a row is found in one place or the other, and filed once.

use chrono::{DateTime, Utc};

use crate::register::error::RegisterError;
use crate::register::index::{self, Entry, Field};
use crate::register::journal::Register;
use crate::register::row::Row;
use crate::register::segment::{self, pack, unpacked};
use crate::store::port::{Key, Space, StoreError, Unreadable, Value};
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
}

impl Filing {
    fn new(row: &Row, packed: Vec<u8>, records: Records<'_>) -> Result<Self, RegisterError> {
        let entry = Entry::of(row, packed.len(), records.seal)?;
        Ok(Self { packed, at: row.at, entry })
    }
}

/// Adds `row` to `batch`. Once that is committed, the row must be handed to [`Register::file`].
///
/// # Errors
/// [`RegisterError::TooLarge`] when it is longer than a row may be; when it cannot be sealed.
pub fn put(records: Records<'_>, batch: &mut Batch, row: &Row) -> Result<Filing, RegisterError> {
    let packed = pack(row)?;
    let whole = records.seal_bytes(&key(records, &row.response_id), &packed)?;
    for (number, piece) in whole.chunks(PIECE).enumerate() {
        let key = records.key(Space::RegisterPending, piece_name(&row.response_id, number));
        batch.put(key, Value::lasting(piece.to_vec()));
    }
    Filing::new(row, packed, records)
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
    let prefix = format!("{id}/");
    let (store, tenant) = (records.store, records.tenant);
    let most = segment::MAX_ROW / PIECE + 2;
    let pieces = store.list(tenant, Space::RegisterPending, &prefix, None, most, now).await?;
    if !pieces.is_empty() {
        return Ok(Some(open(records, id, pieces.into_iter().map(|(_, piece)| piece))?.0));
    }
    let places = index::find(records, Field::ResponseId, id, None, 1, now).await?;
    let Some(place) = places.first() else { return Ok(None) };
    let settings = register.settings();
    segment::read(&settings.folder, &settings.seal, *place).map(Some)
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
    // What is in the files already goes from here as the index takes it in.
    index::catch_up(register, records.store, now).await?;
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
        index::catch_up(register, records.store, now).await?;
        tracing::info!(event = "register.recovered", rows = filed);
    }
    Ok(filed)
}

fn hand_over(
    register: &Register,
    records: Records<'_>,
    row: Option<(String, Vec<Vec<u8>>)>,
) -> Result<u64, RegisterError> {
    let Some((id, pieces)) = row else { return Ok(0) };
    let (row, packed) = open(records, &id, pieces.into_iter())?;
    register.file(Filing::new(&row, packed, records)?);
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
