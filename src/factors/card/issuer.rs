//! Whose cards are taken, and what is known of each issuer: from the settings alone, never from a certificate.

use crate::world::authorities::Authorities;

/// An issuer of cards.
#[derive(Debug)]
pub struct Issuer {
    /// What the settings call it.
    pub name: String,
    /// What its certificates are.
    pub kind: IssuerKind,
    /// The authorities that sign them.
    pub authorities: Authorities,
    /// The policies of which a certificate has one, where it is what its issuer's kind says (object identifiers); empty
    /// where no policy says so.
    pub policies: Vec<String>,
    /// The one place in which it writes the fiscal code.
    pub code: CodeField,
}

/// What the certificates of an issuer are (IC-01).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum IssuerKind {
    /// A public body's: CNS, TS-CNS.
    Cns,
    /// The ministry's: electronic identity cards.
    Cie,
    /// A provider's: CNS-like.
    CnsLike,
}

/// Where a certificate has its holder's fiscal code: one field, and no other is looked at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CodeField {
    /// The common name, as far as the first slash: `RSSMRA80A01H501U/7430004000016801.hash` (CNS's rules).
    CommonName,
    /// The serial number of the name: `TINIT-RSSMRA80A01H501U` (ETSI EN 319 412-1 §5.1.3), `IT:` before it, or bare.
    SerialNumber,
}

/// The policy of CNS's authentication certificates, in AgID's arc.
pub const CNS_POLICY: &str = "1.3.76.16.2.1";
