//! Settings: what the file may say, and what the program may rely on.
//!
//! [`keys`] lists every key there is; [`document`] holds a file and the
//! environment to that list; [`raw`] is the file word for word; [`check`]
//! makes the values of [`settings`] of it. Reading the file and the environment is the
//! caller's.

pub mod app;
pub mod campaigns;
pub mod check;
pub mod choices;
pub mod document;
pub mod fault;
pub mod keys;
pub mod mail;
pub mod openid;
pub mod people;
pub mod publish;
pub mod raw;
pub mod reference;
pub mod registration;
pub mod relying_parties;
pub mod rows;
pub mod service_providers;
pub mod settings;
pub mod signing;
pub mod smart_card;
pub mod sms;
pub mod sms_gateway;
pub mod sources;
pub mod telemetry;
pub mod upstreams;
pub mod values;
