//! A certificate that somebody else shows, read: whom it names, what it may be used for, who says so.

use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::x509::{X509, X509NameRef};

use crate::world::certificate::{Certificate, CertificateError};
use crate::world::der;
use crate::world::extensions::{
    CERTIFICATE_POLICIES, EXTENDED_KEY_USAGE, Extension, KEY_USAGE, extensions, identifiers,
    policies,
};

/// What a certificate says, as far as whoever is shown it needs to know. Nothing of it is verified.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reading {
    /// Subject, dates, key.
    pub certificate: Certificate,
    /// Its serial number, hexadecimal in capitals.
    pub serial: String,
    /// The issuer's fields in order, as those of the subject.
    pub issuer: Vec<(String, String)>,
    /// The octets of keyUsage's bits, if it is there.
    usage: Option<Vec<u8>>,
    /// The purposes of extKeyUsage, if it is there: object identifiers.
    pub purposes: Option<Vec<String>>,
    /// Its policies: object identifiers.
    pub policies: Vec<String>,
}

/// A use of a key (RFC 5280 §4.2.1.3), by its bit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Usage {
    /// digitalSignature
    DigitalSignature = 0,
    /// nonRepudiation, contentCommitment
    NonRepudiation = 1,
}

/// A certificate that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadingError {
    /// It is none, or its dates or names are none.
    #[error("the certificate cannot be read")]
    Certificate(#[from] CertificateError),
    /// The library refused.
    #[error("the certificate cannot be read")]
    Library(#[from] ErrorStack),
    /// Longer than any certificate of a card.
    #[error("the certificate is longer than {MOST} octets")]
    TooLong,
    /// Its octets are not those of its DER: something follows, or is written in another way.
    #[error("the certificate is not in DER")]
    NotDer,
    /// An extension is there twice (RFC 5280 §4.2).
    #[error("an extension is there twice")]
    Twice,
}

impl Reading {
    /// Reads `octets`, DER and nothing else.
    ///
    /// # Errors
    /// When they are no certificate, or one that is written in two ways at once.
    pub fn of(octets: &[u8]) -> Result<Self, ReadingError> {
        if octets.len() > MOST {
            return Err(ReadingError::TooLong);
        }
        let x509 = X509::from_der(octets)?;
        if x509.to_der()? != octets {
            return Err(ReadingError::NotDer);
        }
        let extensions = extensions(octets);
        let is_twice =
            |one: &Extension| extensions.iter().filter(|other| other.id == one.id).count() > 1;
        if extensions.iter().any(is_twice) {
            return Err(ReadingError::Twice);
        }
        let value = |id: &str| {
            let found = extensions.iter().find(|extension| extension.id == id);
            found.map(|extension| extension.value.as_slice())
        };
        let usage = value(KEY_USAGE).map(|value| match der::next(value) {
            Some((der::BIT_STRING, [_, bits @ ..], [])) => bits.to_vec(),
            _ => Vec::new(),
        });
        Ok(Self {
            certificate: Certificate::from_der(octets)?,
            serial: x509.serial_number().to_bn()?.to_hex_str()?.to_string(),
            issuer: fields(x509.issuer_name())?,
            usage,
            purposes: value(EXTENDED_KEY_USAGE).map(identifiers),
            policies: value(CERTIFICATE_POLICIES).map(policies).unwrap_or_default(),
        })
    }

    /// Whether its key may be used so; `None` where it does not say (no keyUsage).
    #[must_use]
    pub fn may(&self, usage: Usage) -> Option<bool> {
        let bit = usage as u8;
        let is_set =
            |octets: &Vec<u8>| octets.first().is_some_and(|octet| octet & (0x80_u8 >> bit) != 0);
        self.usage.as_ref().map(is_set)
    }

    /// The only field of that name in the subject (short name); `None` if there is none, or more than one.
    #[must_use]
    pub fn only_field(&self, name: &str) -> Option<&str> {
        let mut found = self.certificate.subject.iter().filter(|(field, _)| field == name);
        match (found.next(), found.next()) {
            (Some((_, value)), None) => Some(value),
            _ => None,
        }
    }

    /// The issuer's name in one line (RFC 4514 §2, the last field first).
    #[must_use]
    pub fn issuer_name(&self) -> String {
        let written = |(name, value): &(String, String)| format!("{name}={}", escaped(value));
        self.issuer.iter().rev().map(written).collect::<Vec<_>>().join(",")
    }

    /// The name by which people know the issuer: its organisation, else its common name.
    #[must_use]
    pub fn issuer_title(&self) -> &str {
        let field = |name: &str| self.issuer.iter().find(|(field, _)| field == name);
        field("O").or_else(|| field("CN")).map(|(_, value)| value.as_str()).unwrap_or_default()
    }
}

/// RFC 4514 §2.4.
fn escaped(value: &str) -> String {
    let mut written = String::with_capacity(value.len());
    for c in value.chars() {
        if matches!(c, '"' | '+' | ',' | ';' | '<' | '>' | '\\' | '=' | '#') {
            written.push('\\');
        }
        written.push(c);
    }
    written
}

fn fields(name: &X509NameRef) -> Result<Vec<(String, String)>, ErrorStack> {
    let mut fields = Vec::new();
    for entry in name.entries() {
        let field = match entry.object().nid() {
            Nid::UNDEF => entry.object().to_string(),
            nid => nid.short_name()?.to_owned(),
        };
        fields.push((field, entry.data().to_string()?));
    }
    Ok(fields)
}

/// The most octets of a certificate.
const MOST: usize = 16 * 1024;
