//! The pages, one struct each: plain values in, HTML out; every value is escaped by the template.
//!
//! A page decides nothing and knows no request: a handler fills the struct and
//! calls `render` with the [`frame::Frame`] that goes around it.

pub mod access;
pub mod account;
pub mod app;
pub mod campaign;
pub mod card;
pub mod consent;
pub mod demo;
pub mod enrolment;
pub mod error;
pub mod factors;
pub mod frame;
pub mod help;
pub mod home;
pub mod identity;
pub mod lint;
pub mod login;
pub mod logout;
pub mod notice;
pub mod page;
pub mod policy;
pub mod post;
pub mod profile;
pub mod qr;
pub mod recover;
pub mod registration;
pub mod upstream;
