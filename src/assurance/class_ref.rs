//! The names that levels bear outside: authentication context classes and `acr` values.

use serde::{Deserialize, Serialize};

use crate::assurance::factor::Factor;
use crate::assurance::level::Level;

/// A name of a level in somebody's vocabulary.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub enum ClassRef {
    /// `https://www.spid.gov.it/SpidL1`
    SpidL1,
    /// `https://www.spid.gov.it/SpidL2`
    SpidL2,
    /// `https://www.spid.gov.it/SpidL3`
    SpidL3,
    /// `http://eidas.europa.eu/LoA/low`
    EidasLow,
    /// `http://eidas.europa.eu/LoA/substantial`
    EidasSubstantial,
    /// `http://eidas.europa.eu/LoA/high`
    EidasHigh,
    /// `urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified`
    Unspecified,
    /// `urn:oasis:names:tc:SAML:2.0:ac:classes:Password`
    Password,
    /// `urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport`
    PasswordProtectedTransport,
    /// `https://refeds.org/profile/sfa`
    RefedsSfa,
    /// `https://refeds.org/profile/mfa`
    RefedsMfa,
    /// `urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken`
    TimeSyncToken,
    /// `urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI`
    SmartcardPki,
}

impl ClassRef {
    /// Every name known.
    pub const ALL: [Self; 13] = [
        Self::SpidL1,
        Self::SpidL2,
        Self::SpidL3,
        Self::EidasLow,
        Self::EidasSubstantial,
        Self::EidasHigh,
        Self::Unspecified,
        Self::Password,
        Self::PasswordProtectedTransport,
        Self::RefedsSfa,
        Self::RefedsMfa,
        Self::TimeSyncToken,
        Self::SmartcardPki,
    ];

    /// The name as it is written.
    #[must_use]
    pub fn uri(self) -> &'static str {
        match self {
            Self::SpidL1 => "https://www.spid.gov.it/SpidL1",
            Self::SpidL2 => "https://www.spid.gov.it/SpidL2",
            Self::SpidL3 => "https://www.spid.gov.it/SpidL3",
            Self::EidasLow => "http://eidas.europa.eu/LoA/low",
            Self::EidasSubstantial => "http://eidas.europa.eu/LoA/substantial",
            Self::EidasHigh => "http://eidas.europa.eu/LoA/high",
            Self::Unspecified => "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified",
            Self::Password => "urn:oasis:names:tc:SAML:2.0:ac:classes:Password",
            Self::PasswordProtectedTransport => {
                "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
            }
            Self::RefedsSfa => "https://refeds.org/profile/sfa",
            Self::RefedsMfa => "https://refeds.org/profile/mfa",
            Self::TimeSyncToken => "urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken",
            Self::SmartcardPki => "urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI",
        }
    }

    /// The name that reads `uri`, exactly.
    #[must_use]
    pub fn parse(uri: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.uri() == uri)
    }

    /// The least level at which the name is true.
    #[must_use]
    pub fn level(self) -> Level {
        match self {
            Self::Unspecified => Level::Loa1,
            Self::SpidL1
            | Self::EidasLow
            | Self::Password
            | Self::PasswordProtectedTransport
            | Self::RefedsSfa => Level::Loa2,
            Self::SpidL2 | Self::EidasSubstantial | Self::RefedsMfa | Self::TimeSyncToken => {
                Level::Loa3
            }
            Self::SpidL3 | Self::EidasHigh | Self::SmartcardPki => Level::Loa4,
        }
    }
    /// The means that the name claims, where it claims one: it is not asserted of another.
    #[must_use]
    pub fn means(self) -> Option<Factor> {
        match self {
            Self::TimeSyncToken => Some(Factor::Totp),
            Self::SmartcardPki => Some(Factor::SmartCard),
            _ => None,
        }
    }

    /// Whose name it is.
    #[must_use]
    pub fn vocabulary(self) -> Vocabulary {
        match self {
            Self::SpidL1 | Self::SpidL2 | Self::SpidL3 => Vocabulary::Spid,
            Self::EidasLow | Self::EidasSubstantial | Self::EidasHigh => Vocabulary::Eidas,
            _ => Vocabulary::General,
        }
    }
}

/// A set of names that covers the scale, or part of it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Vocabulary {
    /// SPID's three.
    Spid,
    /// eIDAS's three.
    Eidas,
    /// SAML's own classes and REFEDS's.
    General,
}

impl Vocabulary {
    /// The name of `level` here, when the asker named none that could be used; `None` where there
    /// is none. Above LoA3 the general names know only that several factors held, since nothing
    /// may be claimed of the means.
    #[must_use]
    pub fn name(self, level: Level) -> Option<ClassRef> {
        match (self, level) {
            (Self::Spid | Self::Eidas, Level::Loa1) => None,
            (Self::Spid, Level::Loa2) => Some(ClassRef::SpidL1),
            (Self::Spid, Level::Loa3) => Some(ClassRef::SpidL2),
            (Self::Spid, Level::Loa4) => Some(ClassRef::SpidL3),
            (Self::Eidas, Level::Loa2) => Some(ClassRef::EidasLow),
            (Self::Eidas, Level::Loa3) => Some(ClassRef::EidasSubstantial),
            (Self::Eidas, Level::Loa4) => Some(ClassRef::EidasHigh),
            (Self::General, Level::Loa1) => Some(ClassRef::Unspecified),
            (Self::General, Level::Loa2) => Some(ClassRef::PasswordProtectedTransport),
            (Self::General, Level::Loa3 | Level::Loa4) => Some(ClassRef::RefedsMfa),
        }
    }
}
