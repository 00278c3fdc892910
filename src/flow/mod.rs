//! The walk of a login: reads the clock, calls the floors below, keeps what they return.

pub mod env;
pub mod reply;
