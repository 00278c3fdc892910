//! Our metadata as a service provider (spid-saml §2.2 to §2.5).

pub mod codes;
pub mod contact;
pub mod description;
pub mod entry;
pub mod kind;
pub mod plain;
pub mod write;
