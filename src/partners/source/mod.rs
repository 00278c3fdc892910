//! Sources of metadata: what may be believed of what they give, and the last good copy of it.

pub mod copies;
pub mod good;
pub mod judge;
pub mod policy;
pub mod reason;
pub mod shelf;
