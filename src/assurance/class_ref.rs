//! The names that levels bear outside: authentication context classes and `acr` values.

use serde::{Deserialize, Serialize};

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
}
