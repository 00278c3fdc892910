//! Who we federate with, by entityID.

pub mod lint;
pub mod registry;
pub mod upstream;
