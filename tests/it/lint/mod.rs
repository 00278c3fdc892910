//! The pre-flight of metadata and messages.

pub(crate) mod against_the_suite;
mod command;
mod messages;
mod mutations;
mod page;
pub(crate) mod reports;
