//! The demonstration's own pages: its citizens, at the identity provider, and
//! a small service provider to log in to.

pub mod consumer;
pub mod mail;
pub mod people;
pub mod service_provider;
pub mod site;
