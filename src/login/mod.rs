//! One login, in no protocol: what was asked, how far it has come, what comes next, how it ended.

pub mod attempts;
pub mod bound;
pub mod browser;
pub mod certificates;
pub mod choice;
pub mod delegate;
pub mod delegation;
pub mod duty;
pub mod enrol;
pub mod leaving;
pub mod logout;
pub mod outcome;
pub mod person;
pub mod request;
pub mod resume;
pub mod session;
pub mod state;
pub mod step;
pub mod transaction;
pub mod vouched;
pub mod ways;
