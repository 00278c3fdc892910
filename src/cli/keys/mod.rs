//! `ponte keys`: the life of signing keys, from making to destroying.

pub mod arguments;
pub mod change;
pub mod list;
pub mod make;
pub mod open;
pub mod rollover;
pub mod run;
pub mod show;
pub mod take_up;
