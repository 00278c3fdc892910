//! Who we federate with, by entityID.

pub mod aggregate;
pub mod compare;
pub mod folder;
pub mod lint;
pub mod listed;
pub mod logos;
pub mod openid;
pub mod purposes;
pub mod registry;
pub mod source;
pub mod upstream;
pub mod upstream_metadata;
