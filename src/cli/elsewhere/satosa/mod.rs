//! SATOSA: a proxy's configuration, YAML.

pub mod attributes;
pub mod backends;
pub mod frontends;
pub mod metadata;
pub mod read;
