//! Lists of metadata too large for a tree (SAML Metadata §2.3.1): verified in one pass of bounded memory, which finds out
//! where each entity lies.

pub mod entity;
pub mod error;
pub mod found;
pub mod limits;
pub mod values;
pub mod verify;
pub mod window;
