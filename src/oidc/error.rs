//! Why a provider's message was not accepted, by a name for the log and in words; and what the errors that a provider says come to.

use crate::oidc::discovery::DiscoveryFault;
use crate::oidc::jose::decrypt::Unopened;
use crate::oidc::jose::keys::KeySetFault;
use crate::oidc::jose::verify::Unproven;
use crate::oidc::json::JsonFault;

/// Why a provider's message was not accepted.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Refused {
    /// The provider says no.
    #[error("the provider says {0}")]
    Said(SaidError),
    /// A rule is broken.
    #[error("{text}")]
    Rule {
        /// Its name.
        name: &'static str,
        /// What it demands.
        text: &'static str,
    },
    /// An endpoint answered with a status that is neither its yes nor its no.
    #[error("an endpoint answered with the status {0}")]
    Status(u16),
    /// A token proves nothing.
    #[error("the token: {0}")]
    Unproven(#[from] Unproven),
    /// An encrypted token was not opened.
    #[error("the token: {0}")]
    Unopened(#[from] Unopened),
    /// An answer is no JSON that is taken.
    #[error("the answer: {0}")]
    Json(#[from] JsonFault),
    /// The keys cannot be read.
    #[error("the provider's keys: {0}")]
    Keys(#[from] KeySetFault),
    /// The metadata are not taken.
    #[error("the provider's metadata: {0}")]
    Discovery(#[from] DiscoveryFault),
    /// The second reader of ID tokens refuses what ours took.
    #[error("the second verifier disagrees: {0}")]
    Disagreement(String),
}

impl Refused {
    /// Its name in the log.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Said(said) => said.name(),
            Self::Rule { name, .. } => name,
            Self::Status(_) => "answer-status",
            Self::Unproven(unproven) => unproven.name(),
            Self::Unopened(unopened) => unopened.name(),
            Self::Json(JsonFault::Duplicate) => "json-duplicate-member",
            Self::Json(JsonFault::Deep) => "json-too-deep",
            Self::Json(_) => "json-form",
            Self::Keys(fault) => fault.name(),
            Self::Discovery(fault) => fault.name(),
            Self::Disagreement(_) => "verifier-disagreement",
        }
    }

    /// Whether the provider may have changed its keys: they are worth reading again, once in a while.
    #[must_use]
    pub fn wants_keys(&self) -> bool {
        matches!(self, Self::Unproven(Unproven::UnknownKey(_)))
    }
}

/// A rule that holds, or its refusal.
pub(super) fn demand(holds: bool, name: &'static str, text: &'static str) -> Result<(), Refused> {
    if holds { Ok(()) } else { Err(Refused::Rule { name, text }) }
}

/// An error that a provider says (RFC 6749 §4.1.2.1 and §5.2, OIDC Core §3.1.2.6, RFC 9470, spec/oidc.md §1.2).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SaidError(String);

/// What a provider's error comes to, in no dialect.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Anomaly {
    /// The person gave up, or was not let in.
    Cancelled,
    /// The person did not let the data be sent.
    ConsentDenied,
    /// What was asked cannot be reached there.
    Level,
    /// It does not take our request: its fault or ours, not the person's.
    Request,
    /// It has a fault of its own.
    Failed,
}

impl SaidError {
    /// The error of that code. What is no code by its form is none of ours to repeat.
    #[must_use]
    pub fn of(code: &str) -> Self {
        let is_code = (1..=64).contains(&code.len())
            && code.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"_-.".contains(&octet));
        Self(if is_code { code.to_owned() } else { "an error of no known form".to_owned() })
    }

    /// Its code.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.0
    }

    /// What it comes to.
    #[must_use]
    pub fn anomaly(&self) -> Anomaly {
        match self.0.as_str() {
            "access_denied" => Anomaly::Cancelled,
            "consent_required" => Anomaly::ConsentDenied,
            "unmet_authentication_requirements" => Anomaly::Level,
            "invalid_request"
            | "invalid_request_object"
            | "invalid_request_uri"
            | "invalid_scope"
            | "invalid_client"
            | "invalid_target"
            | "unauthorized_client"
            | "unsupported_response_type"
            | "unsupported_grant_type"
            | "request_not_supported"
            | "request_uri_not_supported"
            | "registration_not_supported" => Anomaly::Request,
            _ => Anomaly::Failed,
        }
    }

    fn name(&self) -> &'static str {
        match self.anomaly() {
            Anomaly::Cancelled => "said-denied",
            Anomaly::ConsentDenied => "said-no-consent",
            Anomaly::Level => "said-level",
            Anomaly::Request => "said-request",
            Anomaly::Failed => "said-failed",
        }
    }
}

impl std::fmt::Display for SaidError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_comes_to_something() {
        for (code, anomaly) in [
            ("access_denied", Anomaly::Cancelled),
            ("unmet_authentication_requirements", Anomaly::Level),
            ("invalid_request_object", Anomaly::Request),
            ("server_error", Anomaly::Failed),
            ("login_required", Anomaly::Failed),
            ("whatever", Anomaly::Failed),
        ] {
            assert_eq!(SaidError::of(code).anomaly(), anomaly, "{code}");
        }
        for code in ["", "<b>", "a b", &"a".repeat(65)] {
            assert_eq!(SaidError::of(code).code(), "an error of no known form");
        }
    }
}
