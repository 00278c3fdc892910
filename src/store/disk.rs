//! What a local database and a log beside it must do to become a [`Store`](crate::store::port::Store), see
//! [`Grouped`](crate::store::grouped::Grouped).

use std::fmt;
use std::io;

/// What a failed disk says.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A key with its bytes.
pub type Pair = (Vec<u8>, Vec<u8>);

/// A key with its new bytes, or with none if it goes.
pub type Change = (Vec<u8>, Option<Vec<u8>>);

/// Bytes in the order of their keys, read by many and written by one.
pub trait Disk: fmt::Debug + Send + Sync + 'static {
    /// The bytes at `key`.
    ///
    /// # Errors
    /// When the database fails.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Cause>;

    /// All keys from `first` on, in order.
    fn from(&self, first: &[u8]) -> impl Iterator<Item = Result<Pair, Cause>>;

    /// Makes the changes one after the other, and does not come back until they are on the disk. After a crash some
    /// of them may be there, the first ones.
    ///
    /// # Errors
    /// When they may not be there.
    fn write(&self, changes: &[Change]) -> Result<(), Cause>;
}

/// A write for which there was no room; nothing was asked to be kept, so the same write may be tried again.
#[derive(Debug, thiserror::Error)]
#[error("there is no room on the store's disk")]
pub struct NoRoom(#[source] io::Error);

/// What a failed write says: [`NoRoom`] where there was none (disk, quota, limit of the process). Not for a failed
/// sync, after which nobody knows what is on the disk.
pub fn of_write(error: io::Error) -> Cause {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            Box::new(NoRoom(error))
        }
        _ => Box::new(error),
    }
}

/// Rounds of commits, one behind the other, in two halves: while one is written, what the other holds is brought to
/// the database.
pub trait Log: Send + Sync + 'static {
    /// Appends a round, and does not come back until it is on the disk. After a crash all of it is there, or none.
    ///
    /// # Errors
    /// When it may not be there; after [`NoRoom`] the same round may be appended again.
    fn append(&self, round: &[u8]) -> Result<(), Cause>;

    /// Whether the half being written is long enough for the other one's turn.
    fn is_full(&self) -> bool;

    /// From now on writes to the other half, which was forgotten before; `carried` bytes of its first round were in
    /// this one, and do not count as its length.
    fn turn(&self, carried: usize);

    /// Forgets the half that is not being written: the database has it.
    ///
    /// # Errors
    /// When it may still be there.
    fn forget(&self) -> Result<(), Cause>;
}
