//! Long values: a request's XML, an answer's form, a partner's metadata. Compressed, sealed, cut in pieces.
//!
//! A blob is written once under an id of its own and never changed, so a reader never meets pieces of two.

use chrono::{DateTime, Utc};

use crate::store::compression::{compress, decompress};
use crate::store::port::{Space, StoreError, Unreadable, Value};
use crate::store::record::{Batch, Records, unreadable};

/// The most bytes that a blob may have before compression.
pub const MAX_BLOB: usize = 4 * 1024 * 1024;

const PIECE: usize = 24 * 1024;

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
    let packed = compress(bytes).map_err(|error| StoreError::Backend(Box::new(error)))?;
    let whole = records.seal_bytes(&records.key(Space::Blobs, id), &packed)?;
    for (number, piece) in whole.chunks(PIECE).enumerate() {
        let key = records.key(Space::Blobs, piece_name(id, number));
        batch.expect_absent(key.clone());
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
    let prefix = format!("{id}/");
    let most = MAX_BLOB / PIECE + 2;
    let pieces = records.store.list(records.tenant, Space::Blobs, &prefix, None, most, now).await?;
    if pieces.is_empty() {
        return Ok(None);
    }
    let whole: Vec<u8> = pieces.into_iter().flat_map(|(_, piece)| piece).collect();
    let packed = records.open_bytes(&records.key(Space::Blobs, id), &whole)?;
    let bytes = decompress(&packed, MAX_BLOB);
    bytes.map(Some).map_err(|_| unreadable(Space::Blobs, Unreadable::Piece))
}

/// Adds to `batch` that the blob `id`, of `length` bytes before compression, is gone.
pub fn remove(records: Records<'_>, batch: &mut Batch, id: &str, length: usize) {
    // Incompressible bytes grow a little; removing a piece that never was is nothing.
    for number in 0..=(length / PIECE + 1) {
        batch.remove(records.key(Space::Blobs, piece_name(id, number)));
    }
}

fn piece_name(id: &str, number: usize) -> String {
    format!("{id}/{number:04}")
}
