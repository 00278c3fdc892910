//! Writes past the page cache: whole blocks, from memory that begins at one.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// What disks write whole, or a multiple of it.
pub const BLOCK: usize = 4096;

/// The most memory that is kept for the next write.
const KEPT: usize = 1024 * 1024;

/// `length`, up to the end of its last block.
#[must_use]
pub fn whole_blocks(length: usize) -> usize {
    length.next_multiple_of(BLOCK)
}

/// Memory that begins where the disk can take it from.
#[derive(Debug, Default)]
pub struct Aligned(Vec<u8>);

impl Aligned {
    /// Writes `parts`, one behind the other and then zeros to the end of the block, at `offset`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&mut self, file: &File, offset: u64, parts: &[&[u8]]) -> io::Result<()> {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let whole = whole_blocks(length);
        if self.0.len() < whole + BLOCK {
            self.0 = vec![0; whole + BLOCK];
        }
        let start = self.0.as_ptr().align_offset(BLOCK).min(BLOCK);
        let memory = &mut self.0[start..start + whole];
        let mut at = 0;
        for part in parts {
            memory[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        }
        memory[at..].fill(0);
        file.write_all_at(memory, offset)?;
        if self.0.len() > KEPT {
            self.0 = Vec::new();
        }
        Ok(())
    }
}
