//! The error table of SPID: every way in which a login can fail, with its number.

pub mod row;
pub mod table;
