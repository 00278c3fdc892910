//! Answers to requests: the `Response` and the form that carries it (SAML Profiles §4.1.4).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::identity::name_id::NameIdKind;
use crate::saml::binding::Binding;
use crate::saml::partner::Profile;

/// What of a request its answer needs; made when the request is received, and
/// kept in [`LoginRequest::reply_to`](crate::login::request::LoginRequest) meanwhile.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ReplyTo {
    /// The rules to answer by.
    pub profile: Profile,
    /// The request's ID.
    pub in_response_to: String,
    /// The request's IssueInstant.
    pub issue_instant: DateTime<Utc>,
    /// How the request came.
    pub binding: Binding,
    /// The service provider's entityID.
    pub entity_id: String,
    /// Where the answer goes: the location of a consumer of its metadata, exactly.
    pub consumer: String,
    /// What came with the request, to be given back as it came.
    pub relay_state: Option<String>,
    /// How the service provider wants people named.
    pub name_id: NameIdKind,
}

/// An answer, signed, and what the register keeps of it (spid-saml §5).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    /// The `Response`, as sent.
    pub xml: String,
    /// Its ID.
    pub response_id: String,
    /// The assertion's ID; `None` in an error.
    pub assertion_id: Option<String>,
    /// The IssueInstant of both.
    pub issue_instant: DateTime<Utc>,
    /// The name given to the person; `None` in an error.
    pub name_id: Option<String>,
    /// The session's index, where the profile has one.
    pub session_index: Option<String>,
    /// What the browser posts.
    pub form: PostForm,
}

/// The form that a browser posts to the service provider (SAML Bindings §3.5.4).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PostForm {
    /// Where to.
    pub action: String,
    /// The field `SAMLResponse`: the `Response` in base64.
    pub saml_response: String,
    /// The field `RelayState`, if the request had one; not escaped.
    pub relay_state: Option<String>,
}

impl ReplyTo {
    /// As text, to be kept while the login lasts.
    #[must_use]
    pub fn encode(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// When the text is not that.
    pub fn decode(text: &str) -> Result<Self, BadReplyTo> {
        serde_json::from_str(text).map_err(BadReplyTo)
    }
}

/// A text that no [`ReplyTo`] wrote.
#[derive(Debug, thiserror::Error)]
#[error("what was kept of the request cannot be read")]
pub struct BadReplyTo(#[source] serde_json::Error);
