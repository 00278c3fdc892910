//! Why a card does not let a person in: one name for each page.

use serde::{Deserialize, Serialize};

/// Why a card does not let a person in.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trouble {
    /// The browser showed no certificate: no card, no reader, no driver, not activated, or the person chose none (IC-04).
    NoCertificate,
    /// What was shown is no certificate.
    Unreadable,
    /// It is the certificate for signatures (IC-05).
    SignatureCertificate,
    /// It is not meant for showing who one is.
    NotForLogin,
    /// No authority of the settings has issued it.
    UnknownIssuer,
    /// Its key or its signature are too weak.
    Weak,
    /// It is not good yet.
    NotYetValid,
    /// It is good no more (IC-03).
    Expired,
    /// It is CNS-like, and a CNS is wanted (TS-02, IC-01).
    NotCns,
    /// It has no fiscal code where its issuer writes it, or one with a wrong check letter.
    NoFiscalCode,
    /// Its issuer has revoked it.
    Revoked,
    /// Whether its issuer has revoked it cannot be found out.
    RevocationUnknown,
    /// Nobody here has its fiscal code (TS-03).
    NotRegistered,
    /// The person has another card here, and this one waits for an operator's word (TS-04).
    SecondCard,
    /// This card was taken from its person here.
    TakenAway,
    /// It is the card of somebody else than who is logging in.
    OtherPerson,
    /// The workstation showed no certificate, and one is wanted beside the person's (AN-01).
    NoWorkstation,
    /// The workstation is not registered, or no longer (AN-01).
    UnknownWorkstation,
}

impl Trouble {
    /// Every one.
    pub const ALL: [Self; 18] = [
        Self::NoCertificate,
        Self::Unreadable,
        Self::SignatureCertificate,
        Self::NotForLogin,
        Self::UnknownIssuer,
        Self::Weak,
        Self::NotYetValid,
        Self::Expired,
        Self::NotCns,
        Self::NoFiscalCode,
        Self::Revoked,
        Self::RevocationUnknown,
        Self::NotRegistered,
        Self::SecondCard,
        Self::TakenAway,
        Self::OtherPerson,
        Self::NoWorkstation,
        Self::UnknownWorkstation,
    ];

    /// Its name in the log.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NoCertificate => "card-no-certificate",
            Self::Unreadable => "card-unreadable",
            Self::SignatureCertificate => "card-signature-certificate",
            Self::NotForLogin => "card-not-for-login",
            Self::UnknownIssuer => "card-unknown-issuer",
            Self::Weak => "card-weak",
            Self::NotYetValid => "card-not-yet-valid",
            Self::Expired => "card-expired",
            Self::NotCns => "card-not-cns",
            Self::NoFiscalCode => "card-no-fiscal-code",
            Self::Revoked => "card-revoked",
            Self::RevocationUnknown => "card-revocation-unknown",
            Self::NotRegistered => "card-not-registered",
            Self::SecondCard => "card-second",
            Self::TakenAway => "card-taken-away",
            Self::OtherPerson => "card-other-person",
            Self::NoWorkstation => "card-no-workstation",
            Self::UnknownWorkstation => "card-unknown-workstation",
        }
    }

    /// The step of the check at which it stops (TS-05).
    #[must_use]
    pub fn step(self) -> CheckStep {
        match self {
            Self::NoCertificate | Self::NoWorkstation | Self::UnknownWorkstation => CheckStep::Seen,
            Self::Unreadable | Self::SignatureCertificate | Self::NotForLogin => CheckStep::Kind,
            Self::UnknownIssuer | Self::Weak => CheckStep::Issuer,
            Self::NotYetValid | Self::Expired => CheckStep::Dates,
            Self::NotCns => CheckStep::Cns,
            Self::NoFiscalCode => CheckStep::Code,
            Self::Revoked | Self::RevocationUnknown => CheckStep::Revocation,
            Self::NotRegistered | Self::SecondCard | Self::TakenAway | Self::OtherPerson => {
                CheckStep::Person
            }
        }
    }
}

/// A step of the check of a card, in its order.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckStep {
    /// The browser shows a certificate: reader, driver, card and PIN work.
    Seen,
    /// It is the one for showing who one is.
    Kind,
    /// It is of an issuer that is taken here.
    Issuer,
    /// It is good today.
    Dates,
    /// It is a CNS, where only those are taken.
    Cns,
    /// It names a person by a fiscal code.
    Code,
    /// It was not revoked.
    Revocation,
    /// That person is registered here, with this card.
    Person,
}

impl CheckStep {
    /// In order.
    pub const ALL: [Self; 8] = [
        Self::Seen,
        Self::Kind,
        Self::Issuer,
        Self::Dates,
        Self::Cns,
        Self::Code,
        Self::Revocation,
        Self::Person,
    ];
}
