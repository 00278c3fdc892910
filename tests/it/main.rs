//! The integration tests, in one binary.

mod clients;
mod config;
mod saml_out;
mod support;
