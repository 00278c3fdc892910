//! One login, in no protocol: what was asked, how far it has come, what comes next, how it ended.

pub mod attempts;
pub mod outcome;
pub mod person;
pub mod request;
pub mod step;
pub mod transaction;
