//! `ponte demo`: an identity provider and a small service provider to try it with, on this machine only.

pub mod behind;
pub mod citizens;
pub mod folder;
pub mod run;
