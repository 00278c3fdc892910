//! Long values: a request's XML, an answer's form, a partner's metadata. Compressed, sealed, cut in pieces.
//!
//! A blob is written once under an id of its own and never changed, so a reader never meets pieces of two.

use std::cell::RefCell;

use chrono::{DateTime, Utc};
use zstd::bulk::{Compressor, Decompressor};

use crate::store::port::{Space, StoreError, Unreadable, Value};
use crate::store::record::{Batch, Records, unreadable};

/// The most bytes that a blob may have before compression.
pub const MAX_BLOB: usize = 4 * 1024 * 1024;

const PIECE: usize = 24 * 1024;
const LEVEL: i32 = 1;

thread_local! {
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

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
    let whole = records.seal_bytes(&records.key(Space::Blobs, id), &compress(bytes)?)?;
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
    decompress(&packed).map(Some)
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

fn compress(bytes: &[u8]) -> Result<Vec<u8>, StoreError> {
    COMPRESSOR.with_borrow_mut(|slot| {
        let packed = match slot {
            Some(compressor) => compressor.compress(bytes),
            None => Compressor::new(LEVEL).and_then(|fresh| slot.insert(fresh).compress(bytes)),
        };
        packed.map_err(|error| StoreError::Backend(Box::new(error)))
    })
}

fn decompress(packed: &[u8]) -> Result<Vec<u8>, StoreError> {
    let length = zstd::zstd_safe::get_frame_content_size(packed).ok().flatten().unwrap_or(0);
    let length = usize::try_from(length).unwrap_or(MAX_BLOB).min(MAX_BLOB);
    DECOMPRESSOR.with_borrow_mut(|slot| {
        let bytes = match slot {
            Some(decompressor) => decompressor.decompress(packed, length),
            None => {
                Decompressor::new().and_then(|fresh| slot.insert(fresh).decompress(packed, length))
            }
        };
        bytes.map_err(|_| unreadable(Space::Blobs, Unreadable::Piece))
    })
}
