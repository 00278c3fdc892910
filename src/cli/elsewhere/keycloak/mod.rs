//! Keycloak: the export of a realm, JSON.

pub mod clients;
pub mod mappers;
pub mod providers;
pub mod read;
pub mod users;
