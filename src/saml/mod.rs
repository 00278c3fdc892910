//! SAML 2.0 without I/O: messages in, messages out, metadata; the SPID profile
//! and the generic one as tables of checks over one code path.
//!
//! Nothing here knows a socket, a store or a clock: functions take octets,
//! keys and `now`.

pub mod algorithm;
pub mod attribute_names;
pub mod authn_request;
pub mod binding;
pub mod canonical;
pub mod encryption;
pub mod enveloped;
pub mod errors;
pub mod identity_provider;
pub mod lexical;
pub mod lint;
pub mod logout;
pub mod message;
pub mod metadata;
pub mod names;
pub mod partner;
pub mod pen;
pub mod profile;
pub mod proof;
pub mod response;
pub mod review;
pub mod signature;
pub mod signature_shape;
pub mod status;
pub mod structure;
pub mod translate;
pub mod upstream;
pub mod writer;
pub mod xml;
#[cfg(feature = "xmlsec")]
pub mod xmlsec;
