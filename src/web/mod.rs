//! HTTP: takes requests apart, calls the flow, puts answers together.

pub mod assets;
pub mod pages;
