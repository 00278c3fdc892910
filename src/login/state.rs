//! How far a login has come, at rest.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::assurance::factor::{Evidence, Factor};
use crate::assurance::plan::SessionEvidence;
use crate::assurance::requirement::Tolerance;
use crate::identity::subject::Subject;
use crate::login::outcome::Refusal;
use crate::login::session::still_counts;
use crate::login::vouched::Vouched;

/// How far it has come.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum State {
    /// Nobody has shown who they are.
    Open { failures: u8 },
    /// Something held; whose it is, is settled from here on.
    Proving(Proving),
    /// It ended without a name, and was not answered yet.
    Ended { why: Refusal, subject: Option<Subject> },
    /// It was answered; `kept` is the ID of the response, under which the register has its bytes.
    Answered { at: DateTime<Utc>, subject: Option<Subject>, kept: String },
}

/// What held, and what the person said since.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Proving {
    pub(super) subject: Subject,
    pub(super) evidence: Vec<Evidence>,
    pub(super) failures: u8,
    /// The pending credential that is being enrolled.
    pub(super) enrolling: Option<String>,
    /// The number of the identity that the person chose, where there was a choice.
    pub(super) chosen: Option<u16>,
    /// The digest of what the person agreed to release, once they did.
    pub(super) granted: Option<String>,
    /// Whether what a campaign asks is left for another login.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) postponed: bool,
    /// The session that it goes on from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) session: Option<Resumed>,
    /// The word of another identity provider that it rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) vouched: Option<Box<Vouched>>,
}

/// What a login took over from a session.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Resumed {
    pub(super) id: String,
    pub(super) evidence: SessionEvidence,
}

impl Proving {
    /// Whether `factor` held in this login.
    pub(super) fn has_held(&self, factor: Factor) -> bool {
        self.evidence.iter().any(|held| held.factor() == factor)
    }

    /// Whether all that held did so since the password was last set: a changed password ends every
    /// login under way (IC-23).
    pub(super) fn is_newer_than(
        &self,
        password_set: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> bool {
        let of_session = self.session.as_ref().map(|session| session.evidence.evidence.as_slice());
        [self.evidence.as_slice(), of_session.unwrap_or_default()]
            .iter()
            .all(|evidence| still_counts(evidence, password_set, now))
    }

    /// What the answer rests on; in SPID either what held in this login or the session, never both.
    pub(super) fn counted(&self, tolerance: Tolerance) -> Vec<&Evidence> {
        let mut counted: Vec<&Evidence> = self.evidence.iter().collect();
        let joins = counted.is_empty() || tolerance == Tolerance::AsRequested;
        for held in self.session.iter().flat_map(|session| &session.evidence.evidence) {
            if joins && !self.evidence.iter().any(|one| one.factor() == held.factor()) {
                counted.push(held);
            }
        }
        counted
    }
}
