//! The walk of a login: reads the clock, calls the floors below, keeps what they return.

pub mod account;
pub mod advance;
pub mod alarm;
pub mod answer;
pub mod begin;
pub mod choose;
pub mod decide;
pub mod device;
pub mod enrol;
pub mod env;
pub mod expiry;
pub mod failure;
pub mod hashing;
pub mod jump;
pub mod life;
pub mod limits;
pub mod logout;
pub mod network;
pub mod new_password;
pub mod person;
pub mod prove;
pub mod readiness;
pub mod reply;
pub mod session;
pub mod visit;
