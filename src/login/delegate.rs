//! How a login asks another identity provider, and goes on with its answer or without.

use crate::assurance::factor::Evidence;
use crate::identity::subject::Subject;
use crate::login::delegation::Setback;
use crate::login::state::{Proving, State};
use crate::login::transaction::{Transaction, WrongState};
use crate::login::vouched::Vouched;

impl Transaction {
    /// Another identity provider is asked, under this handle; whoever was asked before no longer counts.
    ///
    /// # Errors
    /// [`WrongState::SomethingHeld`], [`WrongState::Ended`].
    pub fn delegate(self, handle: String) -> Result<Self, WrongState> {
        Ok(self.while_open()?.after(Some(handle), None))
    }

    /// The handle of the question that is under way.
    #[must_use]
    pub fn delegated(&self) -> Option<&str> {
        self.asked.as_deref()
    }

    /// The answer does not let the login go on.
    ///
    /// # Errors
    /// [`WrongState::SomethingHeld`], [`WrongState::Ended`].
    pub fn set_back(self, setback: Setback) -> Result<Self, WrongState> {
        let mut login = self.while_open()?;
        login.set_back_by = Some((setback.upstream.clone(), setback.provider.clone()));
        Ok(login.after(None, Some(setback)))
    }

    /// The person wants to try again, or another way.
    ///
    /// # Errors
    /// [`WrongState::SomethingHeld`], [`WrongState::Ended`].
    pub fn try_again(self) -> Result<Self, WrongState> {
        Ok(self.while_open()?.after(None, None))
    }

    /// Another identity provider vouches for `subject`. What it knows may be older than the login, where the
    /// request does not want it new.
    ///
    /// # Errors
    /// [`WrongState::OutOfTime`] if it is older than the request lets it be, or from after the login's end;
    /// [`WrongState::SomethingHeld`], [`WrongState::Ended`].
    pub fn vouch(
        self,
        subject: &Subject,
        evidence: Evidence,
        vouched: Vouched,
    ) -> Result<Self, WrongState> {
        let from = self.request.requirement.not_before;
        if evidence.at() >= self.expires || from.is_some_and(|from| evidence.at() < from) {
            return Err(WrongState::OutOfTime);
        }
        self.after(None, None).step(|state| match state {
            State::Open { failures } => Ok(State::Proving(Proving {
                subject: subject.clone(),
                evidence: vec![evidence],
                failures,
                enrolling: None,
                chosen: None,
                granted: None,
                session: None,
                postponed: false,
                vouched: Some(Box::new(vouched)),
            })),
            State::Proving(_) => Err(WrongState::SomethingHeld),
            State::Ended { .. } | State::Answered { .. } => Err(WrongState::Ended),
        })
    }

    /// The word of another identity provider that it rests on.
    #[must_use]
    pub fn vouched(&self) -> Option<&Vouched> {
        match &self.state {
            State::Proving(proving) => proving.vouched.as_deref(),
            _ => None,
        }
    }

    fn after(mut self, asked: Option<String>, setback: Option<Setback>) -> Self {
        self.asked = asked;
        self.setback = setback;
        self
    }

    fn while_open(self) -> Result<Self, WrongState> {
        match self.state {
            State::Open { .. } => Ok(self),
            State::Proving(_) => Err(WrongState::SomethingHeld),
            State::Ended { .. } | State::Answered { .. } => Err(WrongState::Ended),
        }
    }
}
