//! The federations in which we ask: whose rules a request is written by and an answer is held to.

use serde::{Deserialize, Serialize};

use crate::assurance::class_ref::ClassRef;

/// Whose rules hold between us and an identity provider.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum UpstreamProfile {
    /// SPID (spid-saml §1).
    Spid,
    /// The electronic identity card, Entra con CIE (spid-saml §1.7).
    Cie,
    /// The Italian eIDAS node, by SPID's rules (spid-saml §2.5).
    Ficep,
    /// Plain SAML 2.0 (SAML Profiles §4.1).
    Saml2,
}

impl UpstreamProfile {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Spid, Self::Cie, Self::Ficep, Self::Saml2];

    /// The name in the configuration and in the documentation.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Spid => "spid",
            Self::Cie => "cie",
            Self::Ficep => "ficep",
            Self::Saml2 => "saml2",
        }
    }

    /// Whether levels are named by SPID's three classes and no others.
    #[must_use]
    pub fn has_spid_levels(self) -> bool {
        self != Self::Saml2
    }
}

/// The classes of SPID, of CIE and of the eIDAS node, the least first (spid-saml §1.1).
pub const SPID_LEVELS: [ClassRef; 3] = [ClassRef::SpidL1, ClassRef::SpidL2, ClassRef::SpidL3];

/// The place of `class` among [`SPID_LEVELS`]; `None` for any other name.
#[must_use]
pub fn spid_level(class: &str) -> Option<usize> {
    SPID_LEVELS.iter().position(|known| known.uri() == class)
}
