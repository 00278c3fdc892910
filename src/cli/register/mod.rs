//! `ponte register …`: the register, asked for, verified and kept.

pub mod index;
pub mod keep;
pub mod look;
pub mod run;
pub mod verify;
