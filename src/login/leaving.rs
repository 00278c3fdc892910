//! The parties of a logout: the one that wants it, and those that are told.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::identity::name_id::NameId;
use crate::login::request::LocalName;
use crate::login::session::Session;
use crate::login::vouched::UpstreamSession;

/// The service provider, or the identity provider behind us, that wants a person out.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Initiator {
    /// Its entityID.
    pub entity_id: String,
    /// What people call it.
    pub service: LocalName,
    /// What the protocol needs to answer, read by it alone; `None` where there is no way to answer.
    pub reply_to: Option<String>,
    /// As which entity of ours we answer an identity provider; `None`: a service provider, as its identity provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relying_party: Option<String>,
}

/// A service provider that is to hear of it, under one of the names that it was given; or an identity provider that
/// has vouched for the person, under the name that it gave.
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
    /// Its session, of an identity provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream: Option<Box<UpstreamSession>>,
    /// How far it has come.
    pub progress: Progress,
}

/// Somebody who may be told of a logout.
#[derive(Clone, Copy, Debug)]
pub enum Party<'a> {
    /// The service provider of this entityID.
    ServiceProvider(&'a str),
    /// The identity provider that has this session.
    IdentityProvider(&'a UpstreamSession),
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
    /// Everybody who was told of `sessions`, or has vouched in them, but the `initiator`: service providers in the order in
    /// which they were told, then identity providers. One that was given the same name more than once is there once.
    pub(super) fn all(
        sessions: &[Session],
        initiator: Option<&Initiator>,
        reachable: impl Fn(Party<'_>) -> bool,
    ) -> Vec<Self> {
        let wanted_by = |entity_id: &str, upstream: bool| {
            initiator.is_some_and(|one| {
                one.entity_id == entity_id && one.relying_party.is_some() == upstream
            })
        };
        let standing = |party: Party<'_>| {
            if reachable(party) { Progress::Waiting } else { Progress::Unreachable }
        };
        let mut all: Vec<Self> = Vec::new();
        let participants = sessions.iter().flat_map(Session::participants);
        for one in participants.filter(|one| !wanted_by(&one.entity_id, false)) {
            let known = all
                .iter_mut()
                .find(|other| other.entity_id == one.entity_id && other.name == one.name);
            if let Some(known) = known {
                known.session_indexes.push(one.session_index.clone());
                continue;
            }
            all.push(Self {
                entity_id: one.entity_id.clone(),
                service: one.service.clone(),
                name: one.name.clone(),
                session_indexes: vec![one.session_index.clone()],
                upstream: None,
                progress: standing(Party::ServiceProvider(&one.entity_id)),
            });
        }
        let mut behind: Vec<&UpstreamSession> = Vec::new();
        for one in sessions.iter().flat_map(Session::upstreams) {
            let is_new = !behind.iter().any(|other| other.is_that_of(one));
            if is_new && !wanted_by(&one.issuer, true) {
                behind.push(one);
            }
        }
        all.extend(behind.into_iter().map(|one| Self::behind(one, standing)));
        all
    }

    /// The identity provider that has `session`.
    fn behind(session: &UpstreamSession, standing: impl Fn(Party<'_>) -> Progress) -> Self {
        Self {
            entity_id: session.issuer.clone(),
            service: session.provider.clone(),
            name: NameId {
                value: session.name.clone(),
                format: String::new(),
                name_qualifier: None,
                sp_name_qualifier: None,
            },
            session_indexes: session.index.iter().cloned().collect(),
            progress: standing(Party::IdentityProvider(session)),
            upstream: Some(Box::new(session.clone())),
        }
    }

    /// About how many octets it takes at rest.
    pub(super) fn weight(&self) -> usize {
        let name = |name: &Option<String>| name.as_ref().map_or(0, String::len);
        let indexes: usize = self.session_indexes.iter().map(|index| index.len() + 4).sum();
        let names = name(&self.service.it) + name(&self.service.en) + self.name.weight();
        let upstream = self.upstream.as_ref().map_or(0, |session| session.weight());
        self.entity_id.len() + names + indexes + upstream + 300
    }
}
