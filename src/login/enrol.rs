//! How a login has its person enrol a credential on the way.

use crate::assurance::factor::Evidence;
use crate::identity::subject::Subject;
use crate::login::state::State;
use crate::login::transaction::{Transaction, WrongState};

impl Transaction {
    /// The pending credential that is being enrolled.
    #[must_use]
    pub fn enrolling(&self) -> Option<&str> {
        match &self.state {
            State::Proving(proving) => proving.enrolling.as_deref(),
            _ => None,
        }
    }

    /// Remembers the pending credential, by its id, that the person is enrolling; a later one
    /// takes its place.
    ///
    /// # Errors
    /// [`WrongState::NothingHeld`], [`WrongState::Ended`].
    pub fn begin_enrolment(self, credential: String) -> Result<Self, WrongState> {
        self.with_proving(|proving| {
            proving.enrolling = Some(credential);
            Ok(())
        })
    }

    /// The person leaves what a campaign asks for another login.
    ///
    /// # Errors
    /// [`WrongState::NothingHeld`], [`WrongState::Ended`].
    pub fn postpone(self) -> Result<Self, WrongState> {
        self.with_proving(|proving| {
            proving.postponed = true;
            Ok(())
        })
    }

    /// The person changed the password in this login: `evidence` is all that counts from now on.
    ///
    /// # Errors
    /// [`WrongState::NothingHeld`], [`WrongState::Ended`].
    pub fn renew(self, evidence: Evidence) -> Result<Self, WrongState> {
        self.with_proving(|proving| {
            proving.evidence = vec![evidence];
            proving.session = None;
            Ok(())
        })
    }

    /// The person has shown possession of the credential that they were enrolling: it is active,
    /// and what they showed is evidence.
    ///
    /// # Errors
    /// [`WrongState::NotEnrolling`] if it is not the one that was begun; as [`Self::prove`].
    pub fn confirm_enrolment(
        self,
        credential: &str,
        subject: &Subject,
        evidence: Evidence,
    ) -> Result<Self, WrongState> {
        let proved = self.prove(subject, evidence)?;
        proved.with_proving(|proving| {
            if proving.enrolling.as_deref() != Some(credential) {
                return Err(WrongState::NotEnrolling);
            }
            proving.enrolling = None;
            Ok(())
        })
    }
}
