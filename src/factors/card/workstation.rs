//! The certificate of a workstation, which is asked for beside the person's where a body wants both (AN-01).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::assurance::factor::{CertificateOf, CertificateUsed};
use crate::enrolment::card::Shown;
use crate::factors::card::certificate::{MadeFor, made_for, shown};
use crate::factors::card::trouble::Trouble;
use crate::world::authorities::Authorities;
use crate::world::certificate::Certificate;
use crate::world::reading::Reading;

/// A workstation of the body's, but for the standing of its certificate.
#[derive(Debug)]
pub struct Workstation<'a> {
    /// The authority that has signed it.
    pub authority: &'a Certificate,
    /// Its certificate, DER.
    pub der: Vec<u8>,
    /// What that shows of itself.
    pub shown: Shown,
}

/// A workstation at which somebody showed their card.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// Its certificate.
    pub shown: Shown,
}

impl Machine {
    /// What the register keeps of it (AN-02).
    #[must_use]
    pub fn used(&self) -> CertificateUsed {
        CertificateUsed {
            of: CertificateOf::Workstation,
            serial: self.shown.serial.clone(),
            issuer: self.shown.issuer.clone(),
        }
    }
}

/// Judges the certificate `presented` (DER), if one was: one that `authorities` have signed is a registered workstation's.
///
/// # Errors
/// [`Trouble::NoWorkstation`] where none was shown; [`Trouble::UnknownWorkstation`] where it is not one of the body's, or not
/// good today.
pub fn judge<'a>(
    presented: Option<&[u8]>,
    authorities: &'a Authorities,
    now: DateTime<Utc>,
) -> Result<Workstation<'a>, Trouble> {
    let octets = presented.ok_or(Trouble::NoWorkstation)?;
    let reading = Reading::of(octets).map_err(|_| Trouble::UnknownWorkstation)?;
    let signed = authorities.issuer_of(octets, now).ok().and_then(Result::ok);
    let authority = signed.ok_or(Trouble::UnknownWorkstation)?;
    let shown = shown(&reading);
    let is_good = shown.not_before <= now && now < shown.not_after;
    if !is_good || made_for(&reading) != MadeFor::Login {
        return Err(Trouble::UnknownWorkstation);
    }
    Ok(Workstation { authority, der: octets.to_vec(), shown })
}
