//! A service provider as administrators see one.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::assurance::level::Level;
use crate::identity::attributes::AttributeName;
use crate::login::request::LocalName;
use crate::saml::partner::Profile;

/// A service provider as administrators see one.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Partner {
    /// Its entityID.
    pub entity_id: String,
    /// Its organisation.
    pub name: LocalName,
    /// The rules that it is held to.
    pub profile: Profile,
    /// Our least level for it.
    pub minimum_level: Option<Level>,
    /// The most that a session may serve for; `None`: every login asks.
    pub session_level: Option<Level>,
    /// Whether it is refused.
    pub disabled: bool,
    /// Until when its metadata may be used, if they say.
    pub valid_until: Option<DateTime<Utc>>,
    /// Where its metadata are from.
    pub origin: String,
    /// How many keys it signs with.
    pub keys: usize,
    /// From when and until when their certificates are good.
    pub certificates: Vec<(DateTime<Utc>, DateTime<Utc>)>,
    /// Where answers go, with index; the default first.
    pub consumers: Vec<(u16, String)>,
    /// What it may ask for: index, name, attributes.
    pub attribute_sets: Vec<(u16, LocalName, Vec<AttributeName>)>,
}
