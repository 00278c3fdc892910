//! One login, in no protocol: what was asked, how far it has come, what comes next, how it ended.

pub mod outcome;
pub mod request;
pub mod step;
pub mod transaction;
