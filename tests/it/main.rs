//! The integration tests, in one binary.

mod clients;
mod config;
mod saml_out;
mod store_contract;
mod support;
