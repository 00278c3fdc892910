//! Profiles: what a kind of federation demands of a message, as tables of checks.

pub mod base;
pub mod check;

pub mod generic;
pub mod spid;
