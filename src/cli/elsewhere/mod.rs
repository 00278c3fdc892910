//! `ponte import`: what another system's configuration says of partners, attributes and people, in our terms, and a report of
//! all that has none.

pub mod folder;
pub mod found;
pub mod fragment;
pub mod json;
pub mod keycloak;
pub mod names;
pub mod people;
pub mod report;
pub mod run;
pub mod satosa;
pub mod shibboleth;
pub mod simplesamlphp;
pub mod value;
pub mod write;
pub mod yaml;
