//! The pre-flight: what is wrong with metadata or a message, who refuses it for that, and how to mend it.
//!
//! Pure functions over a text: nothing here grants anything, and nothing that is read here is believed elsewhere.

pub mod certificates;
pub mod contacts;
pub mod contacts_card;
pub mod document;
pub mod endpoints;
pub mod entity;
pub mod finding;
pub mod identity_provider;
pub mod inspect;
pub mod invoicing;
pub mod message;
pub mod message_texts;
pub mod organization;
pub mod paste;
pub mod profile;
pub mod rule;
pub mod rules;
pub mod schema;
pub mod schema_tables;
pub mod service_provider;
pub mod services;
pub mod signature;
pub mod value;
