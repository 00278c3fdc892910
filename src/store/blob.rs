//! Long values: a request's XML, a partner's metadata. Compressed if they stay, sealed, cut in pieces.
//!
//! A blob is written once under an id of its own and never changed, so a reader never meets pieces of two.

use chrono::{DateTime, Utc};

use crate::store::compression::{compress, decompress};
use crate::store::port::{Space, StoreError, Unreadable, Value};
use crate::store::record::{Batch, Records, unreadable};
use crate::world::seal::OVERHEAD;

/// The most bytes that a blob may have before compression.
pub const MAX_BLOB: usize = 4 * 1024 * 1024;

const PIECE: usize = 24 * 1024;

/// What sealing, and compression in vain, add to a short blob at most.
const GROWTH: usize = 1024;

/// What begins bytes that are not compressed; no frame of zstd begins so.
const PLAIN: u8 = 0;

/// Adds to `batch` the pieces of `bytes` under `id`, which names no other blob; all expire at `expires`.
///
/// # Errors
/// [`StoreError::TooLarge`] above [`MAX_BLOB`].
pub fn put(
    records: Records<'_>,
    batch: &mut Batch,
    id: &str,
    bytes: &[u8],
    expires: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    if bytes.len() > MAX_BLOB {
        return Err(StoreError::TooLarge(bytes.len()));
    }
    // What one piece holds for some minutes is read and gone before compression has paid for itself.
    let packed = if expires.is_some() && bytes.len() + OVERHEAD < PIECE {
        [&[PLAIN], bytes].concat()
    } else {
        compress(bytes).map_err(|error| StoreError::Backend(Box::new(error)))?
    };
    let whole = records.seal_bytes(&records.key(Space::Blobs, id), &packed)?;
    for (number, piece) in whole.chunks(PIECE).enumerate() {
        let key = records.key(Space::Blobs, piece_name(id, number));
        batch.put(key, Value { bytes: piece.to_vec(), expires });
    }
    Ok(())
}

/// The blob `id`.
///
/// # Errors
/// When the store fails, or a piece is missing or altered.
pub async fn get(
    records: Records<'_>,
    id: &str,
    now: DateTime<Utc>,
) -> Result<Option<Vec<u8>>, StoreError> {
    let first = records.key(Space::Blobs, piece_name(id, 0));
    let Some(mut whole) = records.store.get(&first, now).await? else { return Ok(None) };
    let (mut last, mut number) = (whole.len(), 0);
    while last == PIECE && whole.len() < MAX_BLOB + GROWTH {
        number += 1;
        let key = records.key(Space::Blobs, piece_name(id, number));
        let Some(piece) = records.store.get(&key, now).await? else { break };
        last = piece.len();
        whole.extend_from_slice(&piece);
    }
    let mut packed = records.open_bytes(&records.key(Space::Blobs, id), &whole)?;
    if packed.first() == Some(&PLAIN) {
        packed.remove(0);
        return Ok(Some(packed));
    }
    let bytes = decompress(&packed, MAX_BLOB);
    bytes.map(Some).map_err(|_| unreadable(Space::Blobs, Unreadable::Piece))
}

/// Adds to `batch` that the blob `id`, of `length` bytes before compression, is gone.
pub fn remove(records: Records<'_>, batch: &mut Batch, id: &str, length: usize) {
    // Incompressible bytes grow a little; removing a piece that never was is nothing.
    let most = if length + GROWTH < PIECE { 0 } else { length / PIECE + 1 };
    for number in 0..=most {
        batch.remove(records.key(Space::Blobs, piece_name(id, number)));
    }
}

fn piece_name(id: &str, number: usize) -> String {
    format!("{id}/{number:04}")
}
