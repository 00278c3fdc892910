//! The twelve shapes of a service provider's metadata (spid-saml §2.2, §2.3, §2.5).

use serde::{Deserialize, Serialize};

use crate::saml::upstream::profile::UpstreamProfile;

/// What kind of service provider we are to an identity provider's federation.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MetadataProfile {
    /// A public body, for itself.
    SpidPublic,
    /// A private one, for itself; invoiced.
    SpidPrivate,
    /// For public bodies, with one key for all.
    SpidAgPublicFull,
    /// For public bodies, each of which keeps a key.
    SpidAgPublicLite,
    /// For private ones, with one key for all; invoiced.
    SpidAgPrivateFull,
    /// For private ones, each of which keeps a key; invoiced.
    SpidAgPrivateLite,
    /// An operator of public services.
    SpidOpPublicFull,
    /// An operator of public services, with a key of whoever it works for.
    SpidOpPublicLite,
    /// A public body, to the electronic identity card.
    CiePublic,
    /// A private one, to the card.
    CiePrivate,
    /// To the Italian eIDAS node.
    Ficep,
    /// Plain SAML 2.0.
    Saml2,
}

impl MetadataProfile {
    /// All twelve.
    pub const ALL: [Self; 12] = [
        Self::SpidPublic,
        Self::SpidPrivate,
        Self::SpidAgPublicFull,
        Self::SpidAgPublicLite,
        Self::SpidAgPrivateFull,
        Self::SpidAgPrivateLite,
        Self::SpidOpPublicFull,
        Self::SpidOpPublicLite,
        Self::CiePublic,
        Self::CiePrivate,
        Self::Ficep,
        Self::Saml2,
    ];

    /// The name in the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SpidPublic => "spid-public",
            Self::SpidPrivate => "spid-private",
            Self::SpidAgPublicFull => "spid-ag-public-full",
            Self::SpidAgPublicLite => "spid-ag-public-lite",
            Self::SpidAgPrivateFull => "spid-ag-private-full",
            Self::SpidAgPrivateLite => "spid-ag-private-lite",
            Self::SpidOpPublicFull => "spid-op-public-full",
            Self::SpidOpPublicLite => "spid-op-public-lite",
            Self::CiePublic => "cie-public",
            Self::CiePrivate => "cie-private",
            Self::Ficep => "ficep",
            Self::Saml2 => "saml2",
        }
    }

    /// The kind that is called `name`, exactly.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whose rules requests and answers follow.
    #[must_use]
    pub fn upstream(self) -> UpstreamProfile {
        match self {
            Self::CiePublic | Self::CiePrivate => UpstreamProfile::Cie,
            Self::Ficep => UpstreamProfile::Ficep,
            Self::Saml2 => UpstreamProfile::Saml2,
            _ => UpstreamProfile::Spid,
        }
    }

    /// The code that the entityID must contain (Avviso 19).
    #[must_use]
    pub fn activity(self) -> Option<&'static str> {
        Some(match self {
            Self::SpidAgPublicFull => "pub-ag-full",
            Self::SpidAgPublicLite => "pub-ag-lite",
            Self::SpidAgPrivateFull => "pri-ag-full",
            Self::SpidAgPrivateLite => "pri-ag-lite",
            Self::SpidOpPublicFull => "pub-op-full",
            Self::SpidOpPublicLite => "pub-op-lite",
            _ => return None,
        })
    }

    /// The empty element that says so in the contact's extensions.
    pub(in crate::saml) fn mark(self) -> Option<&'static str> {
        Some(match self {
            Self::SpidPublic | Self::Ficep => "spid:Public",
            Self::SpidPrivate => "spid:Private",
            Self::SpidAgPublicFull => "spid:PublicServicesFullAggregator",
            Self::SpidAgPublicLite => "spid:PublicServicesLightAggregator",
            Self::SpidAgPrivateFull => "spid:PrivateServicesFullAggregator",
            Self::SpidAgPrivateLite => "spid:PrivateServicesLightAggregator",
            Self::SpidOpPublicFull => "spid:PublicServicesFullOperator",
            Self::SpidOpPublicLite => "spid:PublicServicesLightOperator",
            Self::CiePublic => "cie:Public",
            Self::CiePrivate => "cie:Private",
            Self::Saml2 => return None,
        })
    }

    /// Whether we act for another body, which is named beside us; an operator that shares its key too.
    #[must_use]
    pub fn has_aggregated(self) -> bool {
        self.activity().is_some() && self != Self::SpidOpPublicFull
    }

    /// Whether a second key, of whoever we act for, is named (`spid:validation`).
    #[must_use]
    pub fn is_lite(self) -> bool {
        matches!(self, Self::SpidAgPublicLite | Self::SpidAgPrivateLite | Self::SpidOpPublicLite)
    }

    /// Whether whoever is served is a private body: invoiced, without IPA code.
    #[must_use]
    pub fn is_private(self) -> bool {
        matches!(
            self,
            Self::SpidPrivate
                | Self::SpidAgPrivateFull
                | Self::SpidAgPrivateLite
                | Self::CiePrivate
        )
    }

    /// Whether SPID sends invoices.
    #[must_use]
    pub fn is_invoiced(self) -> bool {
        self.is_private() && self != Self::CiePrivate
    }
}
