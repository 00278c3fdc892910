//! What the evidence amounts to, and what is left to ask for.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::assurance::assess::{COMBINATIONS, Cap, Means};
use crate::assurance::class_ref::ClassRef;
use crate::assurance::factor::{Available, Evidence, Factor};
use crate::assurance::goal::{Goal, goals};
use crate::assurance::level::Level;
use crate::assurance::policy::LevelPolicy;
use crate::assurance::requirement::{Requirement, Tolerance};
use crate::identity::account::ProofingMethod;

/// What is left to do before a [`Requirement`] is met.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Plan {
    /// The evidence suffices.
    Enough {
        /// The level achieved.
        achieved: Level,
        /// The class to assert, never above `achieved`.
        class: ClassRef,
    },
    /// Ask for one of these, the least burdensome first. Each leads, with what held, to the goal.
    Ask(Vec<Factor>),
    /// Let the person enrol this, which they may in this login; nothing they have will do.
    Enrol(Factor),
    /// Nothing that this person has, or may enrol, meets it.
    Unreachable,
}

/// How a person stands at a moment of a login.
#[derive(Clone, Copy, Debug, Default)]
pub struct Standing<'a> {
    /// What held in this login.
    pub evidence: &'a [Evidence],
    /// What an earlier login left in the browser's session, of the same person.
    pub session: Option<&'a SessionEvidence>,
    /// What the person has and could be asked for.
    pub available: &'a [Available],
    /// What the person may enrol in this login, and the level at which it would be bound.
    pub enrolable: &'a [Available],
    /// How the person's identity was established.
    pub proofing: Option<ProofingMethod>,
}

/// What an earlier login left behind.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SessionEvidence {
    /// What held then.
    pub evidence: Vec<Evidence>,
    /// From this time on it counts no more.
    pub expires: DateTime<Utc>,
}

/// Chooses what is still to be asked for, or says that it is enough, or that it can never be.
///
/// Of several goals the one preferred is pursued as long as it can be reached with what the person
/// has; enrolment is proposed only where nothing else leads anywhere.
#[must_use]
pub fn plan(
    requirement: &Requirement,
    standing: &Standing<'_>,
    policy: &LevelPolicy,
    now: DateTime<Utc>,
) -> Plan {
    let cap = Cap::of(standing.proofing, policy);
    let goals = goals(requirement);
    let (held, session) = weigh(requirement, standing, policy, now);
    let enough = |goal: &Goal| {
        [&held, &session].into_iter().find_map(|means| {
            let achieved = means.level(cap)?;
            goal.reached(achieved, means, cap).map(|class| Plan::Enough { achieved, class })
        })
    };
    let mut reach = held;
    for available in standing.available.iter().filter(|one| may_ask(one, requirement, policy)) {
        reach.add_available(available, policy);
    }
    for goal in &goals {
        if let Some(plan) = enough(goal) {
            return plan;
        }
        let ask = missing(goal, &held, &reach, cap);
        if !ask.is_empty() {
            return Plan::Ask(ask);
        }
    }
    let had = reach;
    for available in standing.enrolable.iter().filter(|one| may_ask(one, requirement, policy)) {
        reach.add_available(available, policy);
    }
    for goal in &goals {
        let ask = missing(goal, &held, &reach, cap);
        let (ready, enrol): (Vec<_>, Vec<_>) =
            ask.into_iter().partition(|factor| had.of(*factor) == reach.of(*factor));
        if !ready.is_empty() {
            return Plan::Ask(ready);
        }
        let Some(factor) = enrol.first() else { continue };
        if held.any() {
            return Plan::Enrol(*factor);
        }
        let first = Factor::ALL.into_iter().filter(|one| one.is_first() && had.of(*one).is_some());
        let first = in_order(first.collect());
        if !first.is_empty() {
            return Plan::Ask(first);
        }
    }
    Plan::Unreachable
}

/// The factors with which a login may begin while nobody knows yet who it is: every first step
/// towards any goal that somebody could reach here. Empty: nobody could meet the requirement.
#[must_use]
pub fn first_factors(requirement: &Requirement, policy: &LevelPolicy) -> Vec<Factor> {
    let mut reach = Means::default();
    for factor in &policy.offered {
        let available = Available::own(*factor, Level::Loa4);
        if may_ask(&available, requirement, policy) {
            reach.add_available(&available, policy);
        }
    }
    let mut first = Vec::new();
    for goal in goals(requirement) {
        first.extend(missing(&goal, &Means::default(), &reach, Cap::of_anybody(policy)));
    }
    in_order(first)
}

/// What counts of the evidence: of this login with whatever may be joined to it, and of the session alone.
///
/// SPID (spid-saml §5) lets a session serve requests of its level 1 and nothing else, so there its
/// evidence is worth LoA2 and is never joined to a new factor. Elsewhere it is as good as evidence
/// of this login while it lasts, up to the level that the requirement lets a session serve for.
fn weigh(
    requirement: &Requirement,
    standing: &Standing<'_>,
    policy: &LevelPolicy,
    now: DateTime<Utc>,
) -> (Means, Means) {
    let counts = |held: &&Evidence| {
        requirement.not_before.is_none_or(|from| held.at() >= from)
            && (requirement.upstream || held.factor() != Factor::Upstream)
    };
    let mut fresh = Means::default();
    for held in standing.evidence.iter().filter(counts) {
        fresh.add(held, policy);
    }
    let mut session = Means::default();
    let Some(most) = requirement.session else { return (fresh, session) };
    let kept = standing.session.filter(|kept| now < kept.expires);
    for held in kept.iter().flat_map(|kept| &kept.evidence).filter(counts) {
        match requirement.tolerance {
            Tolerance::HigherIsFine => session.add_at_most(held, most.min(Level::Loa2), policy),
            Tolerance::AsRequested => fresh.add_at_most(held, most, policy),
        }
    }
    (fresh, session)
}

/// The least level that meets `requirement`; `None` if none does.
#[must_use]
pub fn least(requirement: &Requirement) -> Option<Level> {
    goals(requirement).iter().map(|goal| goal.least).min()
}

/// The level to ask of another identity provider whose word is worth `most`: that of the goal preferred
/// among those that it can reach; `None` if it can reach none.
#[must_use]
pub fn to_ask_of_upstream(requirement: &Requirement, most: Level) -> Option<Level> {
    let reachable = |goal: &&Goal| goal.means.is_none() && goal.least <= most;
    goals(requirement).iter().find(reachable).map(|goal| goal.least)
}

fn may_ask(available: &Available, requirement: &Requirement, policy: &LevelPolicy) -> bool {
    policy.offered.contains(&available.factor)
        && (requirement.upstream || available.factor != Factor::Upstream)
}

/// The factors of which one is to be asked for next, so that `goal` is reached in the end with
/// nothing but `held` and `reach`; empty if it cannot be. A password comes before what follows it.
fn missing(goal: &Goal, held: &Means, reach: &Means, cap: Cap) -> Vec<Factor> {
    let mut ask = Vec::new();
    for row in &COMBINATIONS {
        let means = goal.means.is_none_or(|means| row.0.contains(&means));
        if !means || reach.worth(row, cap).is_none_or(|worth| worth < goal.least) {
            continue;
        }
        let wanting = row.0.iter().filter(|factor| held.of(**factor) < Some(goal.least));
        ask.extend(wanting.copied().take(1));
    }
    in_order(ask)
}

/// Each once, the least burdensome first.
fn in_order(factors: Vec<Factor>) -> Vec<Factor> {
    LEAST_BURDENSOME_FIRST.into_iter().filter(|factor| factors.contains(factor)).collect()
}

const LEAST_BURDENSOME_FIRST: [Factor; 12] = [
    Factor::Passkey,
    Factor::Password,
    Factor::Push,
    Factor::Totp,
    Factor::PhonePin,
    Factor::QrPasswordless,
    Factor::Qr,
    Factor::Sms,
    Factor::SmartCard,
    Factor::CnsLike,
    Factor::Upstream,
    Factor::RecoveryCode,
];
