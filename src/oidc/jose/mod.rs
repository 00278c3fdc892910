//! JSON Object Signing and Encryption: tokens of others opened and judged, ours signed (RFC 7515 to 7519, RFC 8725).

pub mod algorithm;
pub mod compact;
pub mod decrypt;
pub mod keys;
pub mod sign;
pub mod verify;
