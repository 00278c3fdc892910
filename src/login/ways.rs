//! By what ways a person may come in to a relying party: our own login, and other identity providers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::assurance::factor::Factor;
use crate::assurance::level::Level;
use crate::assurance::policy::LevelPolicy;
use crate::identity::kind::Purpose;
use crate::login::request::{LocalName, LoginRequest};

/// By what ways a person may come in, as it was settled when the login began.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Ways {
    /// Whether our own login is one.
    pub own: bool,
    /// The upstreams that are, in the order in which they are shown.
    pub upstreams: Vec<Way>,
    /// What becomes of whom an upstream vouches for.
    pub accounts: Accounts,
    /// How the ways are shown.
    #[serde(default, skip_serializing_if = "Shown::is_default")]
    pub shown: Shown,
    /// Whom the asker, or the person, has chosen already: it is asked without a page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen: Option<Chosen>,
}

/// How the ways are shown, as it is settled with who asks (TS-01).
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Shown {
    /// The ways that come first, in their order: [`OWN_LOGIN`], [`SMART_CARD`] or an upstream. The others follow in the usual one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub order: Vec<String>,
    /// Headings in the place of the usual ones, by way.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headings: BTreeMap<String, LocalName>,
}

/// User name and password, among ways that are named.
pub const OWN_LOGIN: &str = "own-login";

/// A smart card, among ways that are named.
pub const SMART_CARD: &str = "smart-card";

impl Shown {
    /// Whether nothing is settled.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The place of `way` among others: those that are named first come first.
    #[must_use]
    pub fn place(&self, way: &str) -> usize {
        self.order.iter().position(|named| named == way).unwrap_or(self.order.len())
    }
}

/// One upstream.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Way {
    /// Our name for it.
    pub upstream: String,
    /// The most that its word comes to.
    pub most: Level,
    /// The purposes for which one of its identity providers, at least, has identities (spid-saml §4).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub purposes: Vec<Purpose>,
}

/// One identity provider of an upstream.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Chosen {
    /// Our name for the upstream.
    pub upstream: String,
    /// The identity provider's entityID or issuer.
    pub provider: String,
}

/// What becomes of whom an upstream vouches for.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Accounts {
    /// They have an account here, found by fiscal code; whoever has none is refused (TS-03).
    #[default]
    Linked,
    /// The same, and whoever has none gets one.
    Created,
    /// No account is kept: they are who the upstream says.
    PassThrough,
}

impl Default for Ways {
    /// Our own login alone.
    fn default() -> Self {
        Self {
            own: true,
            upstreams: Vec::new(),
            accounts: Accounts::default(),
            shown: Shown::default(),
            chosen: None,
        }
    }
}

impl LoginRequest {
    /// The upstreams that may be asked for the purpose of the request.
    pub fn open_upstreams(&self) -> impl Iterator<Item = &Way> {
        let knows = |way: &&Way| self.purpose.is_none_or(|it| way.purposes.contains(&it));
        self.ways.upstreams.iter().filter(knows)
    }

    /// The house's word on levels, narrowed to the ways that are open here: where a purpose is asked for,
    /// those of other providers that know it.
    #[must_use]
    pub fn policy(&self, house: &LevelPolicy) -> LevelPolicy {
        let upstream = self.open_upstreams().map(|way| way.most).max();
        let mut policy = house.clone();
        policy.offered.retain(|factor| self.ways.own && *factor != Factor::Upstream);
        if let Some(most) = upstream {
            policy.offered.push(Factor::Upstream);
            policy.upstream = policy.upstream.min(most);
        }
        policy
    }
}
