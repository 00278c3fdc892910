//! `ponte bench`: what signatures and answers cost on this machine, in CPU time, each beside the raw
//! RSA operations that it contains.

pub mod aggregate;
pub mod aggregate_made;
pub mod bridge;
pub mod client;
pub mod cpu;
pub mod crowd;
pub mod parts;
pub mod print;
pub mod register;
pub mod run;
pub mod span;
