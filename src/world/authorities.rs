//! Certification authorities that are believed because a file of the settings names them, and whose certificates those
//! are that others show.

use std::fmt;

use chrono::{DateTime, Utc};
use openssl::error::ErrorStack;
use openssl::stack::Stack;
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};
use openssl::x509::{X509, X509StoreContext};

use crate::world::certificate::{Certificate, CertificateError};

/// Authorities: each one is believed by itself, whoever has certified it.
pub struct Authorities {
    all: Vec<(X509, Certificate)>,
    store: X509Store,
}

/// Why a certificate is nobody's here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NotOurs {
    /// None of these authorities has signed it.
    Unknown,
    /// One has, and its own certificate is not good at this time, or may not sign others.
    Authority,
    /// Key or signature are weaker than is taken (RSA of 2048 bits, SHA-256).
    Weak,
}

/// A file of authorities that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadAuthorities {
    /// Not certificates in PEM.
    #[error("the certificates of the authorities cannot be read: they must be PEM")]
    Library(#[from] ErrorStack),
    /// One of them.
    #[error("a certificate of an authority cannot be read")]
    Certificate(#[from] CertificateError),
    /// An empty file.
    #[error("there is no certificate of an authority in the file")]
    None,
}

impl Authorities {
    /// Reads `pem`, one certificate or more.
    ///
    /// # Errors
    /// When there is none, or one cannot be read.
    pub fn from_pem(pem: &[u8]) -> Result<Self, BadAuthorities> {
        let mut all = Vec::new();
        let mut store = X509StoreBuilder::new()?;
        let mut param = X509VerifyParam::new()?;
        // Dates are judged beside the name of what is wrong with them.
        param.set_flags(X509VerifyFlags::PARTIAL_CHAIN | X509VerifyFlags::NO_CHECK_TIME)?;
        param.set_auth_level(STRENGTH);
        store.set_param(&param)?;
        for x509 in X509::stack_from_pem(pem)? {
            let certificate = Certificate::from_der(&x509.to_der()?)?;
            store.add_cert(x509.clone())?;
            all.push((x509, certificate));
        }
        if all.is_empty() {
            return Err(BadAuthorities::None);
        }
        Ok(Self { all, store: store.build() })
    }

    /// The certificates.
    pub fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        self.all.iter().map(|(_, certificate)| certificate)
    }

    /// The one that has signed the certificate `der`, which these authorities alone are asked about: what else was shown
    /// with it is not read.
    ///
    /// # Errors
    /// The library's, which verification does not give in practice.
    pub fn issuer_of(
        &self,
        der: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Result<&Certificate, NotOurs>, ErrorStack> {
        let certificate = X509::from_der(der)?;
        let none = Stack::new()?;
        let mut context = X509StoreContext::new()?;
        let (held, error, chain) = context.init(&self.store, &certificate, &none, |context| {
            let held = context.verify_cert()?;
            let chain = context.chain().map(|chain| {
                chain.iter().map(openssl::x509::X509Ref::to_der).collect::<Result<Vec<_>, _>>()
            });
            Ok((held, context.error().as_raw(), chain.transpose()?.unwrap_or_default()))
        })?;
        if !held {
            return Ok(Err(match error {
                EE_KEY_TOO_SMALL | CA_KEY_TOO_SMALL | CA_MD_TOO_WEAK => NotOurs::Weak,
                INVALID_CA | INVALID_PURPOSE | KEYUSAGE_NO_CERTSIGN => NotOurs::Authority,
                _ => NotOurs::Unknown,
            }));
        }
        // What is in the file itself is nobody's card.
        let Some(issuer) = chain.get(1) else { return Ok(Err(NotOurs::Unknown)) };
        let issuer = self.all.iter().find(|(_, one)| one.der == *issuer);
        let Some((_, issuer)) = issuer else { return Ok(Err(NotOurs::Unknown)) };
        let is_good = issuer.not_before <= now && now < issuer.not_after;
        Ok(if is_good { Ok(issuer) } else { Err(NotOurs::Authority) })
    }
}

impl fmt::Debug for Authorities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.all.iter().map(|(_, one)| one.fingerprint.to_string())).finish()
    }
}

/// OpenSSL's security level 2: 112 bits.
const STRENGTH: i32 = 2;
// X509_V_ERR_…, which the crate does not name.
const INVALID_CA: i32 = 24;
const INVALID_PURPOSE: i32 = 26;
const KEYUSAGE_NO_CERTSIGN: i32 = 32;
const EE_KEY_TOO_SMALL: i32 = 66;
const CA_KEY_TOO_SMALL: i32 = 67;
const CA_MD_TOO_WEAK: i32 = 68;
