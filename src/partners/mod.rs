//! Who we federate with, by entityID.

pub mod compare;
pub mod lint;
pub mod openid;
pub mod purposes;
pub mod registry;
pub mod upstream;
