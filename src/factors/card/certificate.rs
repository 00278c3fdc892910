//! What a certificate shows of itself: what pages and operators see of a card, and the fiscal code in it.

use crate::enrolment::card::Shown;
use crate::factors::card::issuer::CodeField;
use crate::identity::fiscal_code::FiscalCode;
use crate::world::reading::{Reading, Usage};

/// What `reading` shows.
#[must_use]
pub fn shown(reading: &Reading) -> Shown {
    let holder = reading.certificate.subject_field("CN").unwrap_or_default();
    Shown {
        serial: cut(&reading.serial),
        holder: cut(holder),
        issuer: cut(&reading.issuer_name()),
        issued_by: cut(reading.issuer_title()),
        not_before: reading.certificate.not_before,
        not_after: reading.certificate.not_after,
    }
}

/// For what a certificate was made, as it says itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MadeFor {
    /// For showing who one is.
    Login,
    /// For signatures that bind: nonRepudiation without digitalSignature (IC-05).
    Signature,
    /// For something else, or it does not say.
    Else,
}

/// For what the certificate was made: keyUsage must say digitalSignature, and extKeyUsage, where it is there,
/// clientAuth.
#[must_use]
pub fn made_for(reading: &Reading) -> MadeFor {
    let logs_in = |purposes: &Vec<String>| purposes.iter().any(|one| one == CLIENT_AUTH);
    match (reading.may(Usage::DigitalSignature), reading.may(Usage::NonRepudiation)) {
        (Some(false), Some(true)) => MadeFor::Signature,
        (Some(true), _) if reading.purposes.as_ref().is_none_or(logs_in) => MadeFor::Login,
        _ => MadeFor::Else,
    }
}

/// The fiscal code that stands in `field`; `None` if there is none, more than one such field, or the check letter is
/// wrong.
#[must_use]
pub fn fiscal_code(reading: &Reading, field: CodeField) -> Option<FiscalCode> {
    match field {
        CodeField::CommonName => {
            let name = reading.only_field("CN")?;
            let code = name.split_once('/').map_or(name, |(code, _)| code);
            FiscalCode::parse(code).ok()
        }
        CodeField::SerialNumber => {
            let number = reading.only_field("serialNumber")?;
            let code = ["TINIT-", "IT:"].into_iter().find_map(|before| number.strip_prefix(before));
            FiscalCode::parse(code.unwrap_or(number)).ok()
        }
    }
}

/// What is longer than a name is cut: it is kept and shown.
fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(MOST).collect()
}

const MOST: usize = 300;
/// id-kp-clientAuth (RFC 5280 §4.2.1.12).
const CLIENT_AUTH: &str = "1.3.6.1.5.5.7.3.2";
