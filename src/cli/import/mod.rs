//! `ponte user import`: many people from a file, line by line, so that a long file takes no more memory than a short one.

pub mod codes;
pub mod csv;
pub mod lines;
pub mod run;
