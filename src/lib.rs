//! ponte, a federation bridge: whoever needs to know who somebody is, on one
//! side; the ways in which that can be shown, on the other.
//!
//! The modules are listed from the ground floor up, a floor a paragraph. A
//! module may use the floors above it in this list (the lower floors of the
//! house), never a neighbour, never one below it here;
//! `tests/it/architecture.rs` reads this list and holds the code to it.

pub mod telemetry;
pub mod texts;
pub mod world;

pub mod identity;

pub mod assurance;

pub mod enrolment;

pub mod login;

pub mod factors;
pub mod oidc;
pub mod saml;
pub mod store;

pub mod partners;
pub mod register;

pub mod flow;

pub mod admin;
pub mod config;
pub mod web;

pub mod cli;
