//! What the register would not do.

use std::io;
use std::path::{Path, PathBuf};

use crate::register::segment::Location;
use crate::store::port::StoreError;
use crate::world::seal::SealError;
use crate::world::signer::SignError;

/// The register would not. After [`RegisterError::Refused`] the answer must not leave.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// A file or folder cannot be read or written.
    #[error("{path} cannot be read or written")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The row is not on the disk: it is full, or failed.
    #[error("the register could not write the row: is the disk full?")]
    Refused,
    /// After a failure that left the file in doubt, nothing is written until the register is opened again.
    #[error("the register failed and takes nothing more until it is opened again")]
    Failed,
    /// A row of more bytes than a row may have.
    #[error("a row of {0} bytes is more than the register takes")]
    TooLarge(usize),
    /// Another process writes this register.
    #[error("the register in {0} is in use by another process (is the server running?)")]
    InUse(PathBuf),
    /// Not a file of the register.
    #[error("{0} is not a file of the register")]
    Header(PathBuf),
    /// A record is not as it was written.
    #[error("record {} of the register, in {}.reg at byte {}, is not as it was written", .0.number, .0.month, .0.offset)]
    Altered(Location),
    /// The files end before the checkpoint.
    #[error("the register ends before record {0}, which its checkpoint counts")]
    Cut(u64),
    /// There are files and no checkpoint.
    #[error("the register has files, and no checkpoint at {0}: restore it")]
    NoCheckpoint(PathBuf),
    /// The checkpoint is not one of ours.
    #[error("the checkpoint {0} is not one, or was not signed by a key that we trust")]
    BadCheckpoint(PathBuf),
    /// A row cannot be written as JSON, or read.
    #[error("a row does not have the form of a row")]
    Form(#[source] serde_json::Error),
    /// A row cannot be compressed, or expanded.
    #[error("a row cannot be compressed or expanded")]
    Compression(#[source] io::Error),
    /// A row cannot be sealed, or opened.
    #[error("a row cannot be sealed or opened")]
    Seal(#[from] SealError),
    /// A checkpoint cannot be signed.
    #[error("the checkpoint cannot be signed")]
    Sign(#[from] SignError),
    /// The index cannot be read or written.
    #[error("the register's index cannot be read or written")]
    Index(#[from] StoreError),
}

impl RegisterError {
    /// An error of the file or folder at `path`.
    #[must_use]
    pub fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_path_buf(), source }
    }
}
