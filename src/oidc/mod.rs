//! OpenID Connect from the relying party's side: what asks another provider, and judges its answers.
//!
//! No I/O: requests to the provider are values that the caller sends, and what must be remembered between two of them is a value too.

pub mod claims;
pub mod client;
pub mod discovery;
pub mod error;
pub mod id_token;
pub mod jose;
pub mod json;
pub mod logout;
pub mod openid;
pub mod profile;
pub mod relying_party;
pub mod request;
pub mod user_info;
