//! Who we federate with, by entityID.

pub mod registry;
