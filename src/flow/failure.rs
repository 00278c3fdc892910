//! Why a walk could not go on: what the browser is told, and what only the log hears.

use crate::flow::hashing::Busy;
use crate::flow::reply::{Reply, Trouble};
use crate::login::transaction::WrongState;
use crate::register::error::RegisterError;
use crate::saml::enveloped::EnvelopError;
use crate::saml::response::{AnswerError, BadReplyTo};
use crate::store::port::StoreError;
use crate::telemetry::metrics;

/// Why a walk could not go on.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The browser is told what.
    #[error("the browser is told why")]
    Told(Trouble),
    /// The form does not go with how far the login has come: the browser is shown where it is.
    #[error("the login is at another step")]
    Elsewhere(#[from] WrongState),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The register failed: no answer leaves.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// The answer could not be written or signed.
    #[error(transparent)]
    Answer(#[from] AnswerError),
    /// A logout message could not be written or signed.
    #[error(transparent)]
    Logout(#[from] EnvelopError),
    /// What was kept of a request cannot be read.
    #[error(transparent)]
    ReplyTo(#[from] BadReplyTo),
    /// A request to another identity provider could not be written or signed.
    #[error("a request to another identity provider could not be made")]
    Upstream(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A secret could not be made or checked.
    #[error("a credential could not be made or checked")]
    Credential(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A notice to the person could not be written.
    #[error("a notice to the person could not be written")]
    Notice(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The next step asks for a factor that this house cannot ask for.
    #[error("the next step cannot be shown")]
    NoSuchFactor,
    /// Others changed the same records again and again.
    #[error("the same records were changed by others, again and again")]
    Contention,
}

impl From<Busy> for Failure {
    fn from(_: Busy) -> Self {
        Self::Told(Trouble::Busy { seconds: 3 })
    }
}

impl Failure {
    /// What the browser gets; what is our own fault goes to the log, with the cause.
    #[must_use]
    pub fn reply(self, support_id: &str) -> Reply {
        let trouble = match self {
            Self::Told(trouble) => {
                count(&trouble);
                trouble
            }
            Self::Elsewhere(_) => Trouble::Expired,
            ours => {
                let cause = std::error::Error::source(&ours).map(ToString::to_string);
                tracing::error!(event = "failed", support_id, error = %ours, cause, "a login could not go on");
                metrics::failed();
                Trouble::Unavailable
            }
        };
        Reply::Trouble(Box::new(trouble))
    }
}

fn count(trouble: &Trouble) {
    match trouble {
        Trouble::Busy { .. } => metrics::limited("hash-queue"),
        Trouble::TooMany { .. } => metrics::limited("partner"),
        _ => {}
    }
}
