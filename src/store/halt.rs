//! Why a store of [`Grouped`](crate::store::grouped::Grouped) takes nothing.

use std::fmt;
use std::sync::Arc;

use crate::store::disk::Cause;

/// Why nothing is taken any more: after a failed sync nobody knows what is on the disk.
#[derive(Clone, Debug)]
pub(in crate::store) struct Failed(pub(in crate::store) Arc<Cause>);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the disk failed, and the store takes nothing more until it is opened again")
    }
}

impl std::error::Error for Failed {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let cause: &(dyn std::error::Error + 'static) = &**self.0;
        Some(cause)
    }
}

/// A thread of the store is gone.
#[derive(Debug, thiserror::Error)]
#[error("the store's thread ended")]
pub(in crate::store) struct Ended;

/// There is no room, for now.
#[derive(Debug, thiserror::Error)]
#[error("the store's disk is full: nothing is taken until there is room")]
pub(in crate::store) struct Full;
