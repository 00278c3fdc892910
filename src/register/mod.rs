//! What must be kept for 24 months: every answer that left, appended, chained and sealed.

pub mod checkpoint;
pub mod error;
pub mod index;
pub mod journal;
pub mod pending;
pub mod recovery;
pub mod row;
pub mod segment;
pub mod verify;
pub mod writing;
