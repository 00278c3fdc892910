//! One login under way: an enum at rest, with transitions that consume it.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::assurance::factor::{Evidence, Factor};
use crate::assurance::plan::{Plan, first_factors};
use crate::assurance::policy::LevelPolicy;
use crate::identity::account::{AccountState, Identity};
use crate::identity::release::release;
use crate::identity::subject::Subject;
use crate::identity::tenant::TenantId;
use crate::login::bound::Former;
use crate::login::choice::{Picked, pick};
use crate::login::delegation::Setback;
use crate::login::duty::of;
use crate::login::outcome::{Authenticated, Outcome, Refusal};
use crate::login::person::Person;
use crate::login::request::LoginRequest;
use crate::login::state::{Proving, State};
use crate::login::step::Step;

/// One login under way. It holds all that is needed to go on with it and to answer.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Transaction {
    /// Its name: an unguessable token that the browser's cookie bears too.
    pub id: String,
    /// Whose it is.
    pub tenant: TenantId,
    /// What was asked; shared, since it stays while all else goes on.
    pub request: Arc<LoginRequest>,
    /// When it began.
    pub opened: DateTime<Utc>,
    /// From this time on it can only be answered as timed out.
    pub expires: DateTime<Utc>,
    pub(super) browser: String,
    pub(super) token: String,
    /// What it was before the password held, as long as nothing has happened since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) former: Option<Former>,
    /// A digest of the secret that the browser had before the last rise of level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) left_behind: Option<String>,
    /// The handle of the question to another identity provider that is under way: the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) asked: Option<String>,
    /// What has come of the last one, if it did not go well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) setback: Option<Setback>,
    /// Who that was of, upstream and identity provider; kept when the person tries again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) set_back_by: Option<(String, String)>,
    pub(super) state: State,
}

/// With what a login begins.
#[derive(Clone)]
pub struct Opening {
    /// Its name, from [`Random::token`](crate::world::random::Random::token).
    pub id: String,
    /// Whose it is.
    pub tenant: TenantId,
    /// What was asked.
    pub request: LoginRequest,
    /// A digest of the secret in the cookie of the browser that it is bound to.
    pub browser: String,
    /// What every form of it must bring back, from [`Random::token`](crate::world::random::Random::token).
    pub token: String,
}

/// A transition that does not go with the state.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum WrongState {
    /// The login has ended; nothing more can be added to it.
    #[error("the login has ended")]
    Ended,
    /// The evidence is another person's than what held before.
    #[error("the evidence is another person's")]
    OtherSubject,
    /// Nothing has held yet, so nobody may consent or enrol.
    #[error("nothing has held yet")]
    NothingHeld,
    /// No enrolment, or another one, is under way.
    #[error("no such enrolment is under way")]
    NotEnrolling,
    /// Somebody has shown who they are already: nobody else is asked about it.
    #[error("somebody has shown who they are already")]
    SomethingHeld,
    /// The evidence was gained outside the time of the login.
    #[error("the evidence is not of the time of this login")]
    OutOfTime,
    /// Somebody has shown who they are already, or no session may serve this request.
    #[error("no session may serve this login")]
    NoSession,
}

impl Transaction {
    /// Begins a login that must end within `lifetime` ([`LIFETIME`] unless settings say otherwise).
    #[must_use]
    pub fn open(opening: Opening, now: DateTime<Utc>, lifetime: TimeDelta) -> Self {
        Self {
            id: opening.id,
            tenant: opening.tenant,
            request: Arc::new(opening.request),
            opened: now,
            expires: now + lifetime,
            browser: opening.browser,
            token: opening.token,
            former: None,
            left_behind: None,
            asked: None,
            setback: None,
            set_back_by: None,
            state: State::Open { failures: 0 },
        }
    }

    /// Whose login it is, once something has held.
    #[must_use]
    pub fn subject(&self) -> Option<&Subject> {
        match &self.state {
            State::Open { .. } => None,
            State::Proving(proving) => Some(&proving.subject),
            State::Ended { subject, .. } | State::Answered { subject, .. } => subject.as_ref(),
        }
    }

    /// What has held so far.
    #[must_use]
    pub fn evidence(&self) -> &[Evidence] {
        match &self.state {
            State::Proving(proving) => &proving.evidence,
            _ => &[],
        }
    }

    /// The ID of the response that it was answered with, and when.
    #[must_use]
    pub fn answer(&self) -> Option<(&str, DateTime<Utc>)> {
        match &self.state {
            State::Answered { at, kept, .. } => Some((kept, *at)),
            _ => None,
        }
    }

    /// Whether losing it would lose something that a person showed: then it must be on the disk.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        !matches!(self.state, State::Open { .. })
    }

    /// Until when it is of use: a login that timed out can be answered so for a day; an answer can
    /// be given again for [`REPEATABLE`].
    #[must_use]
    pub fn keep_until(&self) -> DateTime<Utc> {
        match &self.state {
            State::Answered { at, .. } => *at + REPEATABLE,
            _ => self.expires + LATE,
        }
    }

    /// The time of something that happens in this login at `now`: a clock that was set back by a little does not put it
    /// before the login began.
    #[must_use]
    pub fn time(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        if self.opened - now <= SET_BACK { now.max(self.opened) } else { now }
    }

    /// Adds a factor that was checked and held.
    ///
    /// # Errors
    /// [`WrongState::OtherSubject`] if it is not the person of what held before;
    /// [`WrongState::OutOfTime`] if it did not hold between opening and expiry.
    pub fn prove(self, subject: &Subject, evidence: Evidence) -> Result<Self, WrongState> {
        if evidence.at() < self.opened || evidence.at() >= self.expires {
            return Err(WrongState::OutOfTime);
        }
        self.step(|state| match state {
            State::Open { failures } => Ok(State::Proving(Proving {
                subject: subject.clone(),
                evidence: vec![evidence],
                failures,
                enrolling: None,
                chosen: None,
                granted: None,
                session: None,
                postponed: false,
                vouched: None,
            })),
            State::Proving(mut proving) => {
                if proving.subject != *subject {
                    return Err(WrongState::OtherSubject);
                }
                proving.evidence.push(evidence);
                Ok(State::Proving(proving))
            }
            State::Ended { .. } | State::Answered { .. } => Err(WrongState::Ended),
        })
    }

    /// Counts a factor that did not hold; the third ends the login (spid-saml §3, nr19).
    ///
    /// # Errors
    /// [`WrongState::Ended`].
    pub fn fail(self) -> Result<Self, WrongState> {
        self.step(|state| match state {
            State::Open { failures } if failures + 1 >= MAX_FAILURES => {
                Ok(State::Ended { why: Refusal::TooManyAttempts, subject: None })
            }
            State::Open { failures } => Ok(State::Open { failures: failures + 1 }),
            State::Proving(proving) if proving.failures + 1 >= MAX_FAILURES => {
                Ok(State::Ended { why: Refusal::TooManyAttempts, subject: Some(proving.subject) })
            }
            State::Proving(mut proving) => {
                proving.failures += 1;
                Ok(State::Proving(proving))
            }
            State::Ended { .. } | State::Answered { .. } => Err(WrongState::Ended),
        })
    }

    /// How many wrong attempts are left before the login ends.
    #[must_use]
    pub fn attempts_left(&self) -> u8 {
        match &self.state {
            State::Open { failures } => MAX_FAILURES.saturating_sub(*failures),
            State::Proving(proving) => MAX_FAILURES.saturating_sub(proving.failures),
            State::Ended { .. } | State::Answered { .. } => 0,
        }
    }

    /// Whether the last answer that came to nothing was this identity provider's.
    #[must_use]
    pub fn was_set_back_by(&self, upstream: &str, provider: &str) -> bool {
        let last = self.set_back_by.as_ref();
        last.is_some_and(|last| (last.0.as_str(), last.1.as_str()) == (upstream, provider))
    }

    /// The person gives up (nr25), or leaves it at what another identity provider's answer came to.
    ///
    /// # Errors
    /// [`WrongState::Ended`].
    pub fn cancel(self) -> Result<Self, WrongState> {
        let why = self.setback.as_ref().map_or(Refusal::Cancelled, |setback| setback.why.refusal());
        self.end(why)
    }

    /// Ends the login because a factor is blocked (nr23).
    ///
    /// # Errors
    /// [`WrongState::NothingHeld`] before a first factor held: a stranger is not told;
    /// [`WrongState::Ended`].
    pub fn suspend(self) -> Result<Self, WrongState> {
        if matches!(self.state, State::Open { .. }) {
            return Err(WrongState::NothingHeld);
        }
        self.end(Refusal::Suspended)
    }

    /// The person agrees to release what they were shown, by its
    /// [digest](crate::identity::release::Release::digest). If what would be released has changed
    /// by the time of the answer, they are asked again.
    ///
    /// # Errors
    /// [`WrongState::NothingHeld`], [`WrongState::Ended`].
    pub fn consent(self, shown: &str) -> Result<Self, WrongState> {
        self.with_proving(|proving| {
            proving.granted = Some(shown.to_owned());
            Ok(())
        })
    }

    /// The person chooses the identity number `identity` to go on with. Whether it does is decided
    /// at each step anew.
    ///
    /// # Errors
    /// [`WrongState::NothingHeld`], [`WrongState::Ended`].
    pub fn choose(self, identity: u16) -> Result<Self, WrongState> {
        self.with_proving(|proving| {
            proving.chosen = Some(identity);
            Ok(())
        })
    }

    /// The person does not want the data sent (nr22).
    ///
    /// # Errors
    /// [`WrongState::NothingHeld`], [`WrongState::Ended`].
    pub fn deny(self) -> Result<Self, WrongState> {
        if matches!(self.state, State::Open { .. }) {
            return Err(WrongState::NothingHeld);
        }
        self.end(Refusal::ConsentDenied)
    }

    /// The answer that [`Self::next`] asked for was written; `kept` says which it is.
    ///
    /// # Errors
    /// [`WrongState::Ended`] if it was answered before.
    pub fn answered(self, at: DateTime<Utc>, kept: String) -> Result<Self, WrongState> {
        let subject = self.subject().cloned();
        let mut answered = self.step(|state| match state {
            State::Answered { .. } => Err(WrongState::Ended),
            _ => Ok(State::Answered { at, subject, kept }),
        })?;
        // The answer has them: nothing asks again.
        Arc::make_mut(&mut answered.request).attributes = Vec::new();
        Ok(answered)
    }

    /// Decides what comes next. This is the only place that does.
    ///
    /// `person` is the account of [`Self::subject`], read at `now`; without it (the account is
    /// gone, or another's was given) the login is refused as suspended. Before something held,
    /// nothing depends on a person, so nothing tells whether one exists.
    #[must_use]
    pub fn next(&self, person: Option<&Person>, policy: &LevelPolicy, now: DateTime<Utc>) -> Step {
        let proving = match &self.state {
            State::Answered { .. } => return Step::Answered,
            State::Ended { why, .. } => return refuse(*why),
            State::Open { .. } | State::Proving(_) if now >= self.expires => {
                return refuse(Refusal::TimedOut);
            }
            State::Open { .. } => None,
            State::Proving(proving) => Some(proving),
        };
        let step = match proving {
            None => self.first_step(&self.request.policy(policy)),
            Some(proving) => self.next_of(proving, person, &self.request.policy(policy), now),
        };
        match step {
            Step::Prove(_)
            | Step::NewPassword
            | Step::LockedOut
            | Step::SetBack(_)
            | Step::Enrol(_)
            | Step::Choose(_)
            | Step::Consent(_)
                if self.request.passive =>
            {
                refuse(Refusal::Passive)
            }
            step => step,
        }
    }

    fn first_step(&self, policy: &LevelPolicy) -> Step {
        if let Some(setback) = &self.setback {
            return Step::SetBack(setback.clone());
        }
        let first = first_factors(&self.request.requirement, policy);
        let request = &self.request;
        let is_of_none = request.purpose.is_some() && request.open_upstreams().next().is_none();
        if !first.is_empty() {
            Step::Prove(first)
        } else if is_of_none && !request.ways.own {
            // Nobody here has identities for that purpose (nr30).
            refuse(Refusal::IdentityType)
        } else {
            refuse(Refusal::LevelUnreachable)
        }
    }

    fn next_of(
        &self,
        proving: &Proving,
        person: Option<&Person>,
        policy: &LevelPolicy,
        now: DateTime<Utc>,
    ) -> Step {
        let known = person.filter(|person| person.subject == proving.subject);
        let Some(person) = known.filter(|person| person.state == AccountState::Active) else {
            return refuse(Refusal::Suspended);
        };
        if !person.attended {
            return refuse(Refusal::Suspended);
        }
        if !proving.is_newer_than(person.password_set, now) {
            return refuse(Refusal::TimedOut);
        }
        if person.password_expired && proving.has_held(Factor::Password) {
            return Step::NewPassword;
        }
        let requirement = self.demanded(person);
        let plan = |identity: &Identity| of(proving, person, &requirement, policy, identity, now);
        let picked = pick(person, &self.request, proving.chosen, now.date_naive(), plan);
        let (identity, achieved, class) = match picked {
            Err(Refusal::LevelUnreachable) | Ok(Picked::One(_, Plan::Unreachable)) => {
                return self.unreachable(proving, person, policy, now);
            }
            Err(why) => return refuse(why),
            Ok(Picked::Several(choices)) => return Step::Choose(choices),
            Ok(Picked::One(_, Plan::Ask(factors))) => return Step::Prove(factors),
            Ok(Picked::One(_, Plan::Enrol(factor))) => return Step::Enrol(factor),
            Ok(Picked::One(identity, Plan::Enough { achieved, class })) => {
                (identity, achieved, class)
            }
        };
        if let Some(task) = self.task(proving, person) {
            return task;
        }
        let release = release(&self.request.attributes, identity);
        let agreed = proving.granted.as_ref().is_some_and(|granted| *granted == release.digest());
        if !agreed && !self.request.relying_party.own {
            return Step::Consent(release);
        }
        let counted = proving.counted(self.request.requirement.tolerance);
        Step::Answer(Outcome::Authenticated(Authenticated {
            subject: proving.subject.clone(),
            achieved,
            class,
            at: counted.iter().map(|held| held.at()).max().unwrap_or(now),
            factors: counted.iter().map(|held| held.factor()).collect(),
            identity: identity.number,
            attributes: release.released,
        }))
    }

    fn end(self, why: Refusal) -> Result<Self, WrongState> {
        let subject = self.subject().cloned();
        self.step(|state| match state {
            State::Open { .. } | State::Proving(_) => Ok(State::Ended { why, subject }),
            State::Ended { .. } | State::Answered { .. } => Err(WrongState::Ended),
        })
    }

    pub(super) fn with_proving(
        self,
        change: impl FnOnce(&mut Proving) -> Result<(), WrongState>,
    ) -> Result<Self, WrongState> {
        self.step(|state| match state {
            State::Open { .. } => Err(WrongState::NothingHeld),
            State::Proving(mut proving) => {
                change(&mut proving)?;
                Ok(State::Proving(proving))
            }
            State::Ended { .. } | State::Answered { .. } => Err(WrongState::Ended),
        })
    }

    pub(super) fn step(
        self,
        change: impl FnOnce(State) -> Result<State, WrongState>,
    ) -> Result<Self, WrongState> {
        let state = change(self.state)?;
        Ok(Self { state, former: None, ..self })
    }
}

impl fmt::Debug for Transaction {
    /// Says who asked and how far it has come, and none of its secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction")
            .field("relying_party", &self.request.relying_party.id)
            .field("request", &self.request.id)
            .field("opened", &self.opened)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

fn refuse(why: Refusal) -> Step {
    Step::Answer(Outcome::Refused(why))
}

/// Compares without telling by the time it takes where two texts differ.
pub(super) fn same(kept: &str, shown: &str) -> bool {
    kept.len() == shown.len()
        && kept.bytes().zip(shown.bytes()).fold(0, |differing, (a, b)| differing | (a ^ b)) == 0
}

/// How long a login may take, unless settings say otherwise.
pub const LIFETIME: TimeDelta = TimeDelta::minutes(15);
/// How long an answer may be given again, the same bytes.
pub const REPEATABLE: TimeDelta = TimeDelta::minutes(5);
/// Wrong attempts that end a login.
pub const MAX_FAILURES: u8 = 3;
const LATE: TimeDelta = TimeDelta::days(1);

/// How far a clock may be set back under a login that goes on.
const SET_BACK: TimeDelta = TimeDelta::minutes(2);
