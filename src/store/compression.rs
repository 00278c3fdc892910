//! zstd, its working memory kept by thread: setting it up costs more than a message of a login.

use std::cell::RefCell;
use std::io;

use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::{CParameter, get_frame_content_size};

/// A tenth longer than at level 1, in half the time.
const LEVEL: i32 = -3;

/// No message of a login is longer.
const SHORT: usize = 16 * 1024;

thread_local! {
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// `bytes`, compressed; the frame tells their length.
///
/// # Errors
/// When the library has no memory.
pub fn compress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    // A table for what is short drives less else out of the processor's caches, and finds as much.
    let table = CParameter::HashLog(if bytes.len() <= SHORT { 11 } else { 0 });
    COMPRESSOR.with_borrow_mut(|slot| {
        let compressor = match slot {
            Some(compressor) => compressor,
            None => slot.insert(Compressor::new(LEVEL)?),
        };
        compressor.set_parameter(table)?;
        compressor.compress(bytes)
    })
}

/// What [`compress`] compressed.
///
/// # Errors
/// When it is not that, or longer than `most` bytes.
pub fn decompress(packed: &[u8], most: usize) -> io::Result<Vec<u8>> {
    let told = get_frame_content_size(packed).ok().flatten();
    let length = told.and_then(|length| usize::try_from(length).ok()).unwrap_or(usize::MAX);
    if length > most {
        return Err(io::ErrorKind::InvalidData.into());
    }
    DECOMPRESSOR.with_borrow_mut(|slot| match slot {
        Some(decompressor) => decompressor.decompress(packed, length),
        None => slot.insert(Decompressor::new()?).decompress(packed, length),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_compressed_comes_back_within_the_limit() {
        let text = "<saml:Attribute/>".repeat(1000);
        let packed = compress(text.as_bytes()).unwrap();
        assert!(packed.len() < 200);
        assert_eq!(decompress(&packed, text.len()).unwrap(), text.as_bytes());
        assert!(decompress(&packed, text.len() - 1).is_err());
        assert!(decompress(&packed[..packed.len() - 1], text.len()).is_err());
        assert!(decompress(b"not zstd", 100).is_err());
        assert_eq!(decompress(&compress(b"").unwrap(), 0).unwrap(), b"");
    }
}
