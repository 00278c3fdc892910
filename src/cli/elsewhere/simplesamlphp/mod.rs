//! SimpleSAMLphp: its configuration is PHP, which is read and never run.

pub mod authproc;
pub mod people;
pub mod php;
pub mod read;
pub mod remote;
pub mod sources;
pub mod tokens;
