//! The port by which messages leave for people: mail and SMS; what is sent is made by whoever tells something.

use std::fmt;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::world::web_push::Subscription;

/// A message for a person, as it leaves.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// Its name, an unguessable token: the same however often it is sent, so that a receiver may know it again
    /// (RFC 5322 §3.6.4).
    pub id: String,
    /// When what it tells of happened.
    pub at: DateTime<Utc>,
    /// By what way it goes, and what it says.
    pub body: Body,
}

/// What is sent, by the way that it goes.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Body {
    /// By mail.
    Mail(Mail),
    /// By SMS.
    Sms(Sms),
    /// As a notification on a phone.
    Push(Push),
}

/// By what way a message goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Way {
    /// By mail.
    Mail,
    /// By SMS.
    Sms,
    /// As a notification on a phone.
    Push,
}

impl Body {
    /// By what way it goes.
    #[must_use]
    pub fn way(&self) -> Way {
        match self {
            Self::Mail(_) => Way::Mail,
            Self::Sms(_) => Way::Sms,
            Self::Push(_) => Way::Push,
        }
    }
}

/// A notification on a phone.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Push {
    /// Where it goes.
    pub to: Subscription,
    /// What the app's service worker reads, JSON.
    pub text: String,
    /// How long the push service keeps it for a phone that is off, seconds.
    pub seconds: u32,
    /// A later one of the same topic takes its place (RFC 8030 §5.4): 32 letters of base64url at most.
    pub topic: String,
}

/// An SMS.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Sms {
    /// The number (ITU-T E.164), with `+`.
    pub to: String,
    /// What it says.
    pub text: String,
    /// From when on it is of no use: whoever carries it may let it go then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
}

/// A mail.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// The address.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The text, for whoever reads no HTML.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

/// Where messages leave.
#[async_trait]
pub trait Outbox: fmt::Debug + Send + Sync {
    /// Hands `message` over; once this is back somebody else answers for it.
    ///
    /// # Errors
    /// [`SendError`], which says whether to try again.
    async fn send(&self, message: &Message) -> Result<(), SendError>;

    /// Whether messages could leave now.
    ///
    /// # Errors
    /// Why not.
    async fn try_out(&self) -> Result<(), SendError>;

    /// Says goodbye where a line is kept open; nothing is sent any more.
    async fn end(&self) {}
}

/// A message did not leave.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// It may leave later.
    #[error("it could not be sent now")]
    Later(#[source] Cause),
    /// It may leave once so many seconds have passed, and not before: who takes it has said so.
    #[error("it could not be sent now, and not for {0} s")]
    After(u32, #[source] Cause),
    /// Nobody is there to get it: the phone subscribes no more.
    #[error("the phone gets no more notifications")]
    Gone,
    /// It will never leave.
    #[error("it was refused for good")]
    Never(#[source] Cause),
}

/// What stood in the way.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

impl SendError {
    /// The error and its causes, in one line.
    #[must_use]
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut next = std::error::Error::source(self);
        while let Some(cause) = next {
            text = format!("{text}: {cause}");
            next = cause.source();
        }
        text
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({})", self.id)
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mail(mail) => mail.fmt(f),
            Self::Sms(sms) => sms.fmt(f),
            Self::Push(push) => push.fmt(f),
        }
    }
}

/// Its address is a secret of the phone's.
impl fmt::Debug for Push {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Push")
    }
}

/// It may hold a code.
impl fmt::Debug for Sms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sms")
    }
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mail({:?})", self.subject)
    }
}
