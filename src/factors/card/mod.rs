//! The smart card: whether the certificate that was shown over mutual TLS is that of a person, of which kind it is, and
//! why not (docs/smart-card.md).

pub mod certificate;
pub mod issuer;
pub mod judge;
pub mod standing;
pub mod trouble;
pub mod workstation;
