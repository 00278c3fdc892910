//! Metadata: ours, written; service providers', read (SAML Metadata, spid-saml §2).

pub mod address;
pub mod aggregate;
pub mod compose;
pub mod error;
pub mod listing;
pub mod long_list;
pub mod picture;
pub mod publish;
pub mod read;
pub mod role;
pub mod write;
