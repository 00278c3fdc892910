//! Other identity providers in a login: whom to offer, how one is asked, what becomes of the answer.
//!
//! What is known of a protocol is in a file of its own ([`saml`], [`oidc`]); everything else is the same for all.

pub mod answer;
pub mod ask;
pub mod back;
pub mod logout;
pub mod offers;
pub mod oidc;
pub mod person;
pub mod reply;
pub mod saml;
pub mod trial;
