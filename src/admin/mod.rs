//! What administrators do to people and partners: by command, on an open
//! store, or over a Unix socket while the server holds it. Both ways end in
//! the same functions.

pub mod again;
pub mod archive;
pub mod backup;
pub mod campaigns;
pub mod cards;
pub mod client;
pub mod command;
pub mod credential_row;
pub mod desk;
pub mod import;
pub mod partner;
pub mod people;
pub mod privacy;
pub mod proposal;
pub mod recovery;
pub mod reloaded;
pub mod requests;
pub mod service_providers;
pub mod sightings;
pub mod socket;
pub mod sources;
