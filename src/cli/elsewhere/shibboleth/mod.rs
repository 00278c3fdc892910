//! Shibboleth: the identity provider's files, and the service provider's; XML.

pub mod element;
pub mod overrides;
pub mod providers;
pub mod read;
pub mod release;
