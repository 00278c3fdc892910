//! The commands.

pub mod arguments;
pub mod check;
pub mod error;
pub mod examples;
pub mod files;
pub mod import;
pub mod init;
pub mod load;
pub mod office;
pub mod prompt;
pub mod run;
pub mod store;
pub mod users;
