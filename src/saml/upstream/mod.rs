//! SAML from the service provider's side: what asks another identity provider, and judges its answer.
//!
//! Requests are remembered and answers counted by the caller: nothing here knows which were sent or seen.

pub mod anomaly;
pub mod assertion;
pub mod check;
pub mod decryption;
pub mod envelope;
pub mod logout;
pub mod logout_rules;
pub mod metadata;
pub mod moment;
pub mod profile;
pub mod provider;
pub mod request;
pub mod response;
pub mod rules;
pub mod tests_of_assertion;
pub mod tests_of_envelope;
