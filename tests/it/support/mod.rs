//! What several tests need.
#![expect(dead_code, reason = "not every helper has a test yet")]

pub(crate) mod keys;
pub(crate) mod sp;
