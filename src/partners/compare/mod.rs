//! Two versions of metadata side by side, in the terms of those who exchange them.

pub mod changes;
pub mod json;
pub mod text;
pub mod uses;
