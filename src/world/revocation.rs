//! Whether a certificate was revoked: what its authority's list (CRL, RFC 5280 §5) or responder (OCSP, RFC 6960) says,
//! believed by the authority's own key alone.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use openssl::asn1::{Asn1GeneralizedTimeRef, Asn1Time, Asn1TimeRef};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::ocsp::{
    OcspCertId, OcspCertStatus, OcspFlag, OcspRequest, OcspResponse, OcspResponseStatus,
};
use openssl::stack::Stack;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};
use openssl::x509::{X509, X509Crl};

use crate::world::certificate::Certificate;
use crate::world::der;
use crate::world::extensions::dotted;

/// A list of revoked certificates, verified.
#[derive(Clone, Debug)]
pub struct RevocationList {
    revoked: HashSet<String>,
    /// From then on there is a newer one, and this one says nothing.
    pub next_update: DateTime<Utc>,
}

/// What a responder says of a certificate, verified.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Answered {
    /// Whether it was revoked.
    pub revoked: bool,
    /// Until when that is to be believed.
    pub until: DateTime<Utc>,
}

/// Why a list or an answer says nothing.
#[derive(Debug, thiserror::Error)]
pub enum BadRevocation {
    /// It is none.
    #[error("it cannot be read")]
    Library(#[from] ErrorStack),
    /// Its dates are none.
    #[error("its dates cannot be read")]
    Date,
    /// Another authority's.
    #[error("it is another authority's")]
    OtherIssuer,
    /// Its signature does not hold by the authority's key, or not by that of a responder whom the authority has named.
    #[error("its signature does not hold")]
    Signature,
    /// It is from the future, or too old.
    #[error("it is not of this time")]
    NotNow,
    /// It covers a part of the certificates only, or something that we do not know is critical in it.
    #[error("it has the critical extension {0}, which is not known here")]
    Critical(String),
    /// The responder does not answer.
    #[error("the responder says that it cannot answer")]
    NoAnswer,
    /// The answer is about another certificate.
    #[error("the answer is about another certificate")]
    Another,
    /// The responder does not know the certificate.
    #[error("the responder does not know the certificate")]
    UnknownThere,
}

impl RevocationList {
    /// Reads and verifies the list `der` of the authority `issuer`.
    ///
    /// # Errors
    /// [`BadRevocation`].
    pub fn read(
        octets: &[u8],
        issuer: &Certificate,
        now: DateTime<Utc>,
    ) -> Result<Self, BadRevocation> {
        // PEM is what some authorities publish under the same address.
        let list = X509Crl::from_der(octets).or_else(|_| X509Crl::from_pem(octets))?;
        let authority = X509::from_der(&issuer.der)?;
        let same = list.issuer_name().try_cmp(authority.subject_name())?;
        if same != std::cmp::Ordering::Equal {
            return Err(BadRevocation::OtherIssuer);
        }
        let key = authority.public_key()?;
        if !list.verify(&key)? {
            return Err(BadRevocation::Signature);
        }
        if let Some(critical) = critical_of_list(&list.to_der()?) {
            return Err(BadRevocation::Critical(critical));
        }
        let from = time(list.last_update())?;
        let next_update = list.next_update().map(time).transpose()?.ok_or(BadRevocation::Date)?;
        if from > now + SKEW || next_update <= now {
            return Err(BadRevocation::NotNow);
        }
        let mut revoked = HashSet::new();
        for one in list.get_revoked().into_iter().flatten() {
            revoked.insert(one.serial_number().to_bn()?.to_hex_str()?.to_string());
        }
        Ok(Self { revoked, next_update })
    }

    /// Whether the certificate with this serial number (hexadecimal, capitals) is in it.
    #[must_use]
    pub fn has(&self, serial: &str) -> bool {
        self.revoked.contains(serial)
    }
}

/// The question about the certificate `der` of `issuer`, as it is posted (`application/ocsp-request`).
///
/// # Errors
/// The library's.
pub fn question(der: &[u8], issuer: &Certificate) -> Result<Vec<u8>, ErrorStack> {
    let mut request = OcspRequest::new()?;
    request.add_id(name_of(der, issuer)?)?;
    request.to_der()
}

/// Reads and verifies the answer `octets` about the certificate `der` of `issuer`.
///
/// # Errors
/// [`BadRevocation`].
pub fn answer(
    octets: &[u8],
    der: &[u8],
    issuer: &Certificate,
    now: DateTime<Utc>,
) -> Result<Answered, BadRevocation> {
    let response = OcspResponse::from_der(octets)?;
    if response.status() != OcspResponseStatus::SUCCESSFUL {
        return Err(BadRevocation::NoAnswer);
    }
    let basic = response.basic()?;
    let authority = X509::from_der(&issuer.der)?;
    let mut param = X509VerifyParam::new()?;
    param.set_flags(X509VerifyFlags::PARTIAL_CHAIN)?;
    param.set_time(now.timestamp());
    param.set_auth_level(2);
    let mut store = X509StoreBuilder::new()?;
    store.add_cert(authority.clone())?;
    store.set_param(&param)?;
    let mut known = Stack::new()?;
    known.push(authority)?;
    if basic.verify(&known, &store.build(), OcspFlag::empty()).is_err() {
        return Err(BadRevocation::Signature);
    }
    let id = name_of(der, issuer)?;
    let status = basic.find_status(&id).ok_or(BadRevocation::Another)?;
    let from = generalized(status.this_update)?;
    let until = match status.next_update() {
        Some(next) => generalized(next)?,
        None => from + FRESH,
    };
    if from > now + SKEW || until <= now {
        return Err(BadRevocation::NotNow);
    }
    match status.status {
        OcspCertStatus::GOOD => Ok(Answered { revoked: false, until }),
        OcspCertStatus::REVOKED => Ok(Answered { revoked: true, until }),
        _ => Err(BadRevocation::UnknownThere),
    }
}

/// By SHA-1, which names and does not protect: responders know it everywhere (RFC 5019 §2.1.1).
fn name_of(der: &[u8], issuer: &Certificate) -> Result<OcspCertId, ErrorStack> {
    let (subject, authority) = (X509::from_der(der)?, X509::from_der(&issuer.der)?);
    OcspCertId::from_cert(MessageDigest::sha1(), &subject, &authority)
}

/// The first critical extension of a list, if there is one. None is known here: they say that the list is of a part of
/// the certificates, of other authorities' or of changes only (RFC 5280 §5.2.4, §5.2.5).
fn critical_of_list(list: &[u8]) -> Option<String> {
    let (_, inside, _) = der::next(list)?;
    let (_, to_be_signed, _) = der::next(inside)?;
    let (_, explicit) = der::values(to_be_signed).find(|(tag, _)| *tag == 0xa0)?;
    let (_, extensions, _) = der::next(explicit)?;
    der::values(extensions).find_map(|(_, extension)| {
        let mut parts = der::values(extension);
        let (_, id) = parts.next()?;
        match parts.next()? {
            (der::BOOLEAN, [0]) => None,
            (der::BOOLEAN, _) => Some(dotted(id).unwrap_or_else(|_| "unreadable".to_owned())),
            _ => None,
        }
    })
}

fn time(at: &Asn1TimeRef) -> Result<DateTime<Utc>, BadRevocation> {
    let since = Asn1Time::from_unix(0)?.diff(at)?;
    let seconds = i64::from(since.days) * 86_400 + i64::from(since.secs);
    DateTime::from_timestamp(seconds, 0).ok_or(BadRevocation::Date)
}

/// The crate gives these times as text only.
fn generalized(at: &Asn1GeneralizedTimeRef) -> Result<DateTime<Utc>, BadRevocation> {
    let read = NaiveDateTime::parse_from_str(&at.to_string(), "%b %e %H:%M:%S %Y GMT");
    read.map(|time| time.and_utc()).map_err(|_| BadRevocation::Date)
}

/// How far another's clock may be ahead of ours.
const SKEW: TimeDelta = TimeDelta::minutes(5);
/// How long an answer is good that does not say so.
const FRESH: TimeDelta = TimeDelta::hours(1);
