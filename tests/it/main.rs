//! The integration tests, in one binary.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod admin;
mod architecture;
mod binding;
mod browser;
mod cli;
mod clients;
mod config;
mod crash;
mod demo;
mod disk;
mod durability;
mod factors;
mod fuzz_seeds;
mod generic_rows;
mod grouped;
mod hostile;
mod levels;
mod metadata;
mod mutated_requests;
mod pages;
mod profiles_doc;
mod records;
mod register;
mod samael;
mod saml_out;
mod sessions;
mod signature;
mod spid_rows;
mod store_contract;
mod support;
mod threats_doc;
mod transaction;
mod upstream;
mod walk;
mod web;
