//! How a login goes on from the browser's session, and from what it may.

use chrono::{DateTime, Utc};

use crate::assurance::policy::LevelPolicy;
use crate::assurance::requirement::Tolerance;
use crate::login::outcome::Outcome;
use crate::login::person::Person;
use crate::login::session::Session;
use crate::login::state::{Proving, Resumed, State};
use crate::login::step::Step;
use crate::login::transaction::{Transaction, WrongState};

impl Transaction {
    /// Goes on from what the browser's session holds, which is of one person. What they agreed to in
    /// it counts again outside SPID, where they are asked each time.
    ///
    /// # Errors
    /// [`WrongState::NoSession`] once something has held, or where the request lets no session serve.
    pub fn resume(self, session: &Session) -> Result<Self, WrongState> {
        let requirement = &self.request.requirement;
        if requirement.session.is_none() || session.tenant != self.tenant {
            return Err(WrongState::NoSession);
        }
        let before = match requirement.tolerance {
            Tolerance::HigherIsFine => None,
            Tolerance::AsRequested => session.told(&self.request.relying_party.id),
        };
        let granted = before.and_then(|before| before.granted.clone());
        let chosen = before.map(|before| before.identity);
        let resumed = Resumed { id: session.id.clone(), evidence: session.evidence() };
        self.step(|state| match state {
            State::Open { failures } => Ok(State::Proving(Proving {
                subject: session.subject.clone(),
                evidence: Vec::new(),
                failures,
                enrolling: None,
                chosen,
                granted,
                session: Some(resumed),
                postponed: false,
                vouched: None,
            })),
            _ => Err(WrongState::NoSession),
        })
    }

    /// Whether to go on from `session`, of `person`: it spares them something, and does not end in a
    /// refusal, before which somebody else may want to log in.
    #[must_use]
    pub fn gains_from(
        &self,
        session: &Session,
        person: &Person,
        policy: &LevelPolicy,
        now: DateTime<Utc>,
    ) -> bool {
        let resumed = self.clone().resume(session);
        let step = resumed.map(|resumed| resumed.next(Some(person), policy, now));
        match step {
            Ok(Step::Prove(factors)) => factors.iter().any(|factor| !factor.is_first()),
            Ok(Step::Answer(outcome)) => matches!(outcome, Outcome::Authenticated(_)),
            Ok(Step::Answered) | Err(_) => false,
            Ok(_) => true,
        }
    }

    /// The session that it goes on from, by its id.
    #[must_use]
    pub fn session(&self) -> Option<&str> {
        match &self.state {
            State::Proving(proving) => proving.session.as_ref().map(|session| session.id.as_str()),
            _ => None,
        }
    }

    /// The session is over: whoever it is has everything to show again. Nothing else changes.
    #[must_use]
    pub fn forget_session(mut self) -> Self {
        if let State::Proving(Proving { session: Some(_), failures, .. }) = self.state {
            self.state = State::Open { failures };
        }
        self
    }

    /// The digest of what the person agreed to release, once they did.
    #[must_use]
    pub fn granted(&self) -> Option<&str> {
        match &self.state {
            State::Proving(proving) => proving.granted.as_deref(),
            _ => None,
        }
    }
}
