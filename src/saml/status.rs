//! The error table (spid-saml §3): who is told of a fault, and in what words.

use std::borrow::Cow;

use crate::login::outcome::Refusal;
use crate::saml::partner::Profile;

/// What is wrong with a request, named by what the check was about.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum FaultKind {
    /// Parts are missing, or there are too many (nr04).
    BindingFormat,
    /// The signature of a redirect did not hold (nr05).
    RedirectSignature,
    /// The binding does not go with the method or the endpoint (nr06).
    Method,
    /// The signature of a posted request did not hold, or its structure is refused (nr07).
    PostSignature,
    /// It is not SAML as the profile wants it (nr08).
    Conformity,
    /// The version is not 2.0 (nr09).
    Version,
    /// The issuer is missing, unknown, malformed, or not the signer (nr10).
    Issuer,
    /// The ID is missing, malformed or was used before (nr11).
    Id,
    /// The authentication context is missing, malformed or unknown (nr12).
    AuthnContext,
    /// The time of issue is missing, malformed or not about now (nr13).
    IssueInstant,
    /// The destination is missing, malformed or not us (nr14).
    Destination,
    /// Nobody may be asked (nr15).
    Passive,
    /// The place for the answer is not one of the metadata's (nr16).
    Consumer,
    /// The kind of name asked for is not given (nr17).
    NameIdPolicy,
    /// The attribute set is not one of the metadata's (nr18).
    AttributeSet,
}

/// A rule that a request broke, for its developer: what, where, expected, found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fault {
    /// What the check was about.
    pub kind: FaultKind,
    /// The rule, in words, with its source.
    pub rule: &'static str,
    /// The element or attribute, by path.
    pub element: &'static str,
    /// What the rule wants.
    pub expected: Cow<'static, str>,
    /// What there was, cut to 200 characters; empty if nothing.
    pub found: String,
}

/// SAML's status of an answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Status {
    /// The top-level status code, a URI.
    pub code: &'static str,
    /// The one below it.
    pub sub: Option<&'static str>,
    /// `ErrorCode nrNN`, for SPID.
    pub message: Option<&'static str>,
}

impl FaultKind {
    /// SPID's number of it (spid-saml §3).
    #[must_use]
    pub fn number(self) -> u16 {
        match self {
            Self::BindingFormat => 4,
            Self::RedirectSignature => 5,
            Self::Method => 6,
            Self::PostSignature => 7,
            Self::Conformity => 8,
            Self::Version => 9,
            Self::Issuer => 10,
            Self::Id => 11,
            Self::AuthnContext => 12,
            Self::IssueInstant => 13,
            Self::Destination => 14,
            Self::Passive => 15,
            Self::Consumer => 16,
            Self::NameIdPolicy => 17,
            Self::AttributeSet => 18,
        }
    }

    /// What the service provider is told; `None` where only the browser hears of it.
    #[must_use]
    pub fn status(self, _profile: Profile) -> Option<Status> {
        None
    }
}

/// What the service provider is told when a login ends without a name.
#[must_use]
pub fn refusal(_refusal: Refusal, _profile: Profile) -> Status {
    Status { code: "", sub: None, message: None }
}
