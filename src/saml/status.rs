//! Faults of requests, and what a service provider is told of them and of refusals.
//!
//! SPID numbers every way in which a login can fail (`saml/errors`); a plain SAML service provider hears the same in
//! SAML's own codes (SAML Core §3.2.2.2), without SPID's message.

use std::borrow::Cow;

use crate::login::outcome::Refusal;
use crate::saml::errors::row::Row;
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

/// Who hears of a fault.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Tell {
    /// The person at the browser, by a page of ours: who asks is not established.
    Browser,
    /// The service provider, where it asked to be answered.
    Registered,
    /// The service provider, at its default consumer: where it asked to be answered is wrong.
    DefaultConsumer,
}

/// The status of an answer that names somebody.
pub const SUCCESS: Status = plain("urn:oasis:names:tc:SAML:2.0:status:Success", None);

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

    /// Who hears of it.
    #[must_use]
    pub fn tell(self) -> Tell {
        Row::find(self.number()).map_or(Tell::Browser, |row| row.tell)
    }

    /// The HTTP status of the page that says so.
    #[must_use]
    pub fn http(self) -> u16 {
        Row::find(self.number()).map_or(403, |row| row.http)
    }

    /// What the service provider is told; `None` where only the browser hears of it.
    #[must_use]
    pub fn status(self, profile: Profile) -> Option<Status> {
        let spid = Row::find(self.number())?.status?;
        Some(match profile {
            Profile::Spid => spid,
            Profile::Generic => match self {
                Self::NameIdPolicy => plain(REQUESTER, Some(INVALID_NAME_ID_POLICY)),
                Self::Passive => plain(RESPONDER, Some(NO_PASSIVE)),
                Self::Conformity | Self::Id => plain(REQUESTER, Some(REQUEST_DENIED)),
                _ => Status { message: None, ..spid },
            },
        })
    }
}

/// SPID's number of a refusal (spid-saml §3).
#[must_use]
pub fn refusal_number(refusal: Refusal) -> u16 {
    match refusal {
        Refusal::Passive => 15,
        Refusal::NoName => 17,
        Refusal::TooManyAttempts => 19,
        Refusal::LevelUnreachable => 20,
        Refusal::TimedOut => 21,
        Refusal::ConsentDenied => 22,
        Refusal::Suspended | Refusal::Unknown => 23,
        Refusal::Cancelled => 25,
        Refusal::IdentityType | Refusal::WrongAge => 30,
    }
}

/// What the service provider is told when a login ends without a name.
#[must_use]
pub fn refusal(refusal: Refusal, profile: Profile) -> Status {
    let failed = plain(RESPONDER, Some(AUTHN_FAILED));
    match profile {
        Profile::Spid => {
            Row::find(refusal_number(refusal)).and_then(|row| row.status).unwrap_or(failed)
        }
        Profile::Generic => match refusal {
            Refusal::LevelUnreachable => plain(RESPONDER, Some(NO_AUTHN_CONTEXT)),
            Refusal::Passive => plain(RESPONDER, Some(NO_PASSIVE)),
            Refusal::NoName => plain(REQUESTER, Some(INVALID_NAME_ID_POLICY)),
            Refusal::ConsentDenied => plain(RESPONDER, Some(REQUEST_DENIED)),
            Refusal::Unknown => plain(RESPONDER, Some(UNKNOWN_PRINCIPAL)),
            Refusal::TooManyAttempts
            | Refusal::TimedOut
            | Refusal::Suspended
            | Refusal::Cancelled
            | Refusal::IdentityType
            | Refusal::WrongAge => failed,
        },
    }
}

const fn plain(code: &'static str, sub: Option<&'static str>) -> Status {
    Status { code, sub, message: None }
}

const REQUESTER: &str = "urn:oasis:names:tc:SAML:2.0:status:Requester";
const RESPONDER: &str = "urn:oasis:names:tc:SAML:2.0:status:Responder";
const AUTHN_FAILED: &str = "urn:oasis:names:tc:SAML:2.0:status:AuthnFailed";
const INVALID_NAME_ID_POLICY: &str = "urn:oasis:names:tc:SAML:2.0:status:InvalidNameIDPolicy";
const NO_AUTHN_CONTEXT: &str = "urn:oasis:names:tc:SAML:2.0:status:NoAuthnContext";
const NO_PASSIVE: &str = "urn:oasis:names:tc:SAML:2.0:status:NoPassive";
const REQUEST_DENIED: &str = "urn:oasis:names:tc:SAML:2.0:status:RequestDenied";
const UNKNOWN_PRINCIPAL: &str = "urn:oasis:names:tc:SAML:2.0:status:UnknownPrincipal";

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST_UNSUPPORTED: &str = "urn:oasis:names:tc:SAML:2.0:status:RequestUnsupported";

    const VERSION_MISMATCH: &str = "urn:oasis:names:tc:SAML:2.0:status:VersionMismatch";

    #[test]
    fn faults_are_told_in_the_profiles_words() {
        for (kind, generic) in [
            (FaultKind::BindingFormat, None),
            (FaultKind::RedirectSignature, None),
            (FaultKind::Method, None),
            (FaultKind::PostSignature, None),
            (FaultKind::Issuer, None),
            (FaultKind::Conformity, Some((REQUESTER, Some(REQUEST_DENIED)))),
            (FaultKind::Version, Some((VERSION_MISMATCH, None))),
            (FaultKind::Id, Some((REQUESTER, Some(REQUEST_DENIED)))),
            (FaultKind::AuthnContext, Some((REQUESTER, Some(NO_AUTHN_CONTEXT)))),
            (FaultKind::IssueInstant, Some((REQUESTER, Some(REQUEST_DENIED)))),
            (FaultKind::Destination, Some((REQUESTER, Some(REQUEST_UNSUPPORTED)))),
            (FaultKind::Passive, Some((RESPONDER, Some(NO_PASSIVE)))),
            (FaultKind::Consumer, Some((REQUESTER, Some(REQUEST_UNSUPPORTED)))),
            (FaultKind::NameIdPolicy, Some((REQUESTER, Some(INVALID_NAME_ID_POLICY)))),
            (FaultKind::AttributeSet, Some((REQUESTER, Some(REQUEST_UNSUPPORTED)))),
        ] {
            let row = Row::find(kind.number()).unwrap();
            assert_eq!(kind.status(Profile::Spid), row.status, "{kind:?}");
            assert_eq!((kind.tell(), kind.http()), (row.tell, row.http), "{kind:?}");
            let generic = generic.map(|(code, sub)| plain(code, sub));
            assert_eq!(kind.status(Profile::Generic), generic, "{kind:?}");
        }
    }

    #[test]
    fn refusals_are_told_in_the_profiles_words() {
        let told = Refusal::ALL.map(|why| {
            let generic = refusal(why, Profile::Generic);
            assert_eq!(generic.message, None, "{why:?}");
            (refusal(why, Profile::Spid).message.unwrap(), generic.code, generic.sub.unwrap())
        });
        assert_eq!(
            told,
            [
                ("ErrorCode nr19", RESPONDER, AUTHN_FAILED),
                ("ErrorCode nr20", RESPONDER, NO_AUTHN_CONTEXT),
                ("ErrorCode nr21", RESPONDER, AUTHN_FAILED),
                ("ErrorCode nr22", RESPONDER, REQUEST_DENIED),
                ("ErrorCode nr23", RESPONDER, AUTHN_FAILED),
                ("ErrorCode nr25", RESPONDER, AUTHN_FAILED),
                ("ErrorCode nr15", RESPONDER, NO_PASSIVE),
                ("ErrorCode nr17", REQUESTER, INVALID_NAME_ID_POLICY),
                ("ErrorCode nr30", RESPONDER, AUTHN_FAILED),
                ("ErrorCode nr30", RESPONDER, AUTHN_FAILED),
                ("ErrorCode nr23", RESPONDER, UNKNOWN_PRINCIPAL),
            ]
        );
    }
}
