//! How sure we are of who somebody is (ISO/IEC 29115): the only place that decides it.
//!
//! Pure: it is told what held and when, and answers. Neither the browser's
//! word nor a protocol's string ever reaches a decision here but as a type.

pub mod assess;
pub mod binding;
pub mod class_ref;
pub mod factor;
pub mod goal;
pub mod level;
pub mod plan;
pub mod policy;
pub mod requirement;
pub mod upstream;
