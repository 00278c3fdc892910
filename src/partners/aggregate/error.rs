//! What can go wrong with a list at rest.

use std::io;
use std::path::PathBuf;

use crate::saml::metadata::aggregate::entity::EntityError;
use crate::saml::metadata::aggregate::error::AggregateError;

/// A list that was not taken; what was there before stands.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// It is refused.
    #[error(transparent)]
    Refused(#[from] AggregateError),
    /// A file of ours cannot be read or written.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What comes broke off.
    #[error("it cannot be read to its end: {0}")]
    Source(io::Error),
    /// Others may write to the folder.
    #[error("{path}: others may write to this folder; it must be ours alone (mode 0700)", path = path.display())]
    Folder {
        /// Which.
        path: PathBuf,
    },
    /// A name that is none for a file.
    #[error("{0:?} is no name for a list: letters, digits, - and _")]
    Name(String),
}

/// A list at rest that cannot be used as it is; taken anew from its source, it can.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A file cannot be read.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The index is not as we wrote it, or was written under another key or name.
    #[error("{path}: it is not as we wrote it", path = path.display())]
    Altered {
        /// Which.
        path: PathBuf,
    },
    /// It was verified with a key that is not trusted now, or with none.
    #[error("{path}: it was not verified with a key that is trusted now", path = path.display())]
    Signer {
        /// Which.
        path: PathBuf,
    },
}

/// An entity that cannot be read from a list at rest.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// The copy cannot be read.
    #[error("the copy cannot be read")]
    Io(#[from] io::Error),
    /// What it has at the entity's place is not what was verified.
    #[error(transparent)]
    Entity(#[from] EntityError),
}
