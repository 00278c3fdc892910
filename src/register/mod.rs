//! What must be kept for 24 months: every answer that left, appended, chained and sealed.

pub mod access;
pub mod beginning;
pub mod checkpoint;
pub mod error;
pub mod hold;
pub mod index;
pub mod journal;
pub mod package;
pub mod pending;
pub mod place;
pub mod proof;
pub mod purge;
pub mod reading;
pub mod recovery;
pub mod row;
pub mod run;
pub mod search;
pub mod segment;
pub mod shelf;
pub mod signer;
pub mod tar;
pub mod verify;
pub mod writing;
