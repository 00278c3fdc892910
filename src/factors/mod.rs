//! The checks that we make ourselves.

pub mod password;
pub mod totp;
