//! The integration tests, in one binary.

mod config;
mod saml_out;
mod support;
