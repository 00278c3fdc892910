//! Who we federate with, by entityID.

pub mod registry;
pub mod upstream;
