//! What is configured of a source: where it is, what it provides, how far it is believed.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::TimeDelta;
use url::Url;

use crate::partners::registry::Entry;
use crate::saml::upstream::provider::Trust;
use crate::world::fetch::Fetch;

/// A source of metadata.
#[derive(Clone, Debug)]
pub struct Configured {
    /// Our name for it.
    pub name: String,
    /// Where it is.
    pub place: Place,
    /// Whom it tells of.
    pub provides: Provides,
    /// How far it is believed.
    pub policy: Policy,
    /// What is settled with its service providers, where nothing is settled with one by name.
    pub entry: Entry,
    /// Who goes first where several name the same entity: the smallest number.
    pub priority: u64,
    /// How often it is asked.
    pub refresh: TimeDelta,
}

/// Where a source is.
#[derive(Clone, Debug)]
pub enum Place {
    /// A file of one document.
    File(PathBuf),
    /// A folder of files `*.xml`, each a document.
    Folder(PathBuf),
    /// An address of one document.
    Url {
        /// The address.
        url: Url,
        /// What asks there, and nowhere else.
        fetch: Arc<dyn Fetch>,
    },
    /// A server that is asked for one entity at a time (draft-young-md-query-saml).
    Mdq {
        /// Its base address, which ends in a slash.
        base: Url,
        /// What asks there, and nowhere else.
        fetch: Arc<dyn Fetch>,
        /// How many entities are kept of it at most.
        most: usize,
        /// How many entities may be looked for in a minute.
        per_minute: u32,
    },
}

/// Whom a source tells of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Provides {
    /// Service providers, which we answer.
    ServiceProviders,
    /// Identity providers, for an upstream that names this source.
    IdentityProviders,
    /// Both.
    Both,
}

/// How far a source is believed.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Keys, validity and dates.
    pub trust: Trust,
    /// Whether a document that lists us is taken without us; else it is refused.
    pub lists_us: bool,
    /// The entityIDs that are taken; `None`: all.
    pub allow: Option<BTreeSet<String>>,
    /// The entityIDs that are not.
    pub deny: BTreeSet<String>,
}

impl Place {
    /// Its kind, as configuration names it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::File(_) => "file",
            Self::Folder(_) => "folder",
            Self::Url { .. } => "url",
            Self::Mdq { .. } => "mdq",
        }
    }

    /// Where it is, for people to read.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::File(path) | Self::Folder(path) => path.display().to_string(),
            Self::Url { url, .. } => url.to_string(),
            Self::Mdq { base, .. } => base.to_string(),
        }
    }
}

impl Provides {
    /// Whether service providers are taken from it.
    #[must_use]
    pub fn service_providers(self) -> bool {
        self != Self::IdentityProviders
    }

    /// Whether identity providers are.
    #[must_use]
    pub fn identity_providers(self) -> bool {
        self != Self::ServiceProviders
    }

    /// Its name in configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ServiceProviders => "service-providers",
            Self::IdentityProviders => "identity-providers",
            Self::Both => "both",
        }
    }
}

impl Policy {
    /// Whether an entity is taken.
    #[must_use]
    pub fn takes(&self, entity_id: &str) -> bool {
        self.allow.as_ref().is_none_or(|allow| allow.contains(entity_id))
            && !self.deny.contains(entity_id)
    }
}
