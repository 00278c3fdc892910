//! What a local database must do to become a [`Store`](crate::store::port::Store), see
//! [`Grouped`](crate::store::grouped::Grouped).

use std::fmt;

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

    /// Makes all of the changes, or after a crash none of them, after all that was written before, and does not come
    /// back until they are on the disk.
    ///
    /// # Errors
    /// When it may not be there.
    fn write(&self, round: &[Change]) -> Result<(), Cause>;
}
