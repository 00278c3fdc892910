//! SAML from the service provider's side: what asks another identity provider, and judges its answer.
//!
//! Requests are remembered and answers counted by the caller: nothing here knows which were sent or seen.

pub mod metadata;
pub mod request;
pub mod response;
