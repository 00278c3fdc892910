//! The service providers of a logout: the one that wants it, and those that are told.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::identity::name_id::NameId;
use crate::login::request::LocalName;

/// The service provider that wants a person out.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Initiator {
    /// Its entityID.
    pub entity_id: String,
    /// What people call it.
    pub service: LocalName,
    /// What the protocol needs to answer, read by it alone; `None` where there is no way to answer.
    pub reply_to: Option<String>,
}

/// A service provider that is to hear of it, under one of the names that it was given.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Leaving {
    /// Its entityID.
    pub entity_id: String,
    /// What people call it.
    pub service: LocalName,
    /// The name that it was given for the person.
    pub name: NameId,
    /// The indexes that it was given for the session.
    pub session_indexes: Vec<String>,
    /// How far it has come.
    pub progress: Progress,
}

/// How far it has come with one service provider.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Progress {
    /// It was not told yet.
    Waiting,
    /// It was told, and did not answer yet.
    Asked {
        /// The ID of our request.
        request: String,
        /// When.
        at: DateTime<Utc>,
    },
    /// It says that the person is out.
    Out,
    /// It answered that the person is not out, or not everywhere.
    Refused,
    /// It did not answer.
    Silent,
    /// There is no way to tell it.
    Unreachable,
    /// The session was in another browser than the one that came with the logout.
    Elsewhere,
}

impl Leaving {
    /// About how many octets it takes at rest.
    pub(super) fn weight(&self) -> usize {
        let name = |name: &Option<String>| name.as_ref().map_or(0, String::len);
        let indexes: usize = self.session_indexes.iter().map(|index| index.len() + 4).sum();
        let names = name(&self.service.it) + name(&self.service.en) + self.name.weight();
        self.entity_id.len() + names + indexes + 300
    }
}
