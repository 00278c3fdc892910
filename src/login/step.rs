//! What must happen next in a login. The core asks; `flow` and `web` carry it out.

use chrono::{DateTime, Utc};

use crate::assurance::factor::Factor;
use crate::enrolment::campaign::Task;
use crate::identity::release::Release;
use crate::login::choice::Choice;
use crate::login::delegation::Setback;
use crate::login::outcome::Outcome;

/// What must happen next.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Step {
    /// Let the person prove one of these, the least burdensome first.
    Prove(Vec<Factor>),
    /// Say that another identity provider's answer does not let the login go on, and let the person choose
    /// another way or leave it at that.
    SetBack(Setback),
    /// Let the person enrol this factor with their activation code: only so can the level be reached.
    Enrol(Factor),
    /// Let the person choose a password: the one that held was given by somebody who knows it (TS-09).
    NewPassword,
    /// Let the person choose with which of their identities to go on.
    Choose(Vec<Choice>),
    /// Let the person do what a campaign asks of them, or leave it for later.
    Task {
        /// The campaign's name.
        campaign: String,
        /// What it asks.
        task: Task,
        /// From when the password is not enough.
        until: DateTime<Utc>,
    },
    /// Say that a campaign's end has locked the person out, and what they can do (BI-13).
    LockedOut,
    /// Show what would be released and ask.
    Consent(Release),
    /// Write the answer and keep it.
    Answer(Outcome),
    /// The answer was given; the same bytes may be given again.
    Answered,
}
