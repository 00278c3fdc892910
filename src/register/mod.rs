//! What must be kept for 24 months: every answer that left, appended, chained and sealed.

pub mod index;
pub mod segment;
pub mod verify;
