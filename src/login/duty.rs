//! What campaigns ask within a login: a least level after their end, and things to check before it (BI-06 to BI-13).

use chrono::{DateTime, Utc};

use crate::assurance::plan::{Plan, Standing, plan};
use crate::assurance::policy::LevelPolicy;
use crate::assurance::requirement::Requirement;
use crate::identity::account::Identity;
use crate::login::choice::{Picked, pick};
use crate::login::outcome::{Outcome, Refusal};
use crate::login::person::Person;
use crate::login::state::Proving;
use crate::login::step::Step;
use crate::login::transaction::Transaction;

impl Transaction {
    /// What must be shown: what was asked, and no less than campaigns that ended demand of the person.
    pub(super) fn demanded(&self, person: &Person) -> Requirement {
        Requirement {
            minimum: self.request.requirement.minimum.max(person.duty.minimum),
            ..self.request.requirement.clone()
        }
    }

    /// What comes next where the level cannot be reached: if it is a campaign alone that stands in the way, that is said.
    pub(super) fn unreachable(
        &self,
        proving: &Proving,
        person: &Person,
        policy: &LevelPolicy,
        now: DateTime<Utc>,
    ) -> Step {
        let asked = &self.request.requirement;
        let plan = |identity: &Identity| of(proving, person, asked, policy, identity, now);
        let before = pick(person, &self.request, proving.chosen, now.date_naive(), plan);
        let reached = !matches!(before, Err(_) | Ok(Picked::One(_, Plan::Unreachable)));
        if person.duty.minimum.is_some() && reached {
            Step::LockedOut
        } else {
            Step::Answer(Outcome::Refused(Refusal::LevelUnreachable))
        }
    }

    /// The task that is asked of the person now: where others ask who they are, unless they left it for later.
    pub(super) fn task(&self, proving: &Proving, person: &Person) -> Option<Step> {
        if proving.postponed || self.request.passive || self.request.relying_party.own {
            return None;
        }
        let (campaign, task, until) = person.duty.tasks.first()?;
        Some(Step::Task { campaign: campaign.clone(), task: *task, until: *until })
    }
}

/// What is left to do with `identity` before `requirement` is met.
pub(super) fn of(
    proving: &Proving,
    person: &Person,
    requirement: &Requirement,
    policy: &LevelPolicy,
    identity: &Identity,
    now: DateTime<Utc>,
) -> Plan {
    let standing = Standing {
        evidence: &proving.evidence,
        session: proving.session.as_ref().map(|session| &session.evidence),
        available: &person.available,
        enrolable: &person.enrolable,
        proofing: identity.proofing.as_ref().map(|proofing| proofing.method),
    };
    plan(requirement, &standing, policy, now)
}
