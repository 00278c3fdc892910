//! The first form of the log's files, as a crash of an older version may have left one: read once, at the start.
//!
//! [`MAGIC`] ‖ generation (8 bytes), then frames as in [`ahead`](crate::store::ahead), one close behind the other.

use crate::store::ahead::{Damaged, Half, decode, frame};
use crate::store::disk::Cause;

const MAGIC: &[u8; 8] = b"ponte 1\n";
const HEADER: u64 = 16;

/// What the file of which these are the bytes holds; nothing, if it was being begun.
pub(in crate::store) fn read(bytes: &[u8]) -> Result<Half, Cause> {
    let mut half = Half::default();
    let header = bytes.strip_prefix(MAGIC).and_then(<[u8]>::split_first_chunk::<8>);
    let Some((generation, mut rest)) = header else { return Ok(half) };
    half.generation = u64::from_be_bytes(*generation);
    let mut start = HEADER;
    while let Some((round, after)) = frame(rest, half.generation, start) {
        half.changes.extend(decode(round).ok_or(Damaged)?);
        start += (rest.len() - after.len()) as u64;
        rest = after;
    }
    Ok(half)
}
