//! Single logout: requests and responses, in both directions (SAML Core §3.7, SAML Profiles §4.4,
//! spid-saml §1.5).

pub mod check;
pub mod message;
pub mod receive;
pub mod write;
