//! The commands.

pub mod arguments;
pub mod check;
pub mod error;
pub mod examples;
pub mod files;
pub mod init;
pub mod load;
pub mod run;
