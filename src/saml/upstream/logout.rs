//! Single logout as a participant: what we ask of an identity provider, what it asks of us, and the answers
//! (SAML Profiles §4.4; spid-saml §1.5).
//!
//! The order of receiving is that of every message: the binding, limits and structure, the claimed issuer (read only to
//! choose whose keys to use), the signature, and then the table over what was signed and nothing else.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::saml::authn_request::Window;
use crate::saml::binding::{self, Binding, BindingError, Decoded, Inbound, Parameter};
use crate::saml::enveloped::EnvelopError;
use crate::saml::lexical;
use crate::saml::logout::message::{Kind, LogoutMessage, NameId};
use crate::saml::logout::write::{Address, Outgoing};
use crate::saml::partner::LogoutService;
use crate::saml::signature::{self, SignedXml, Unproven};
use crate::saml::status::{Fault, FaultKind, SUCCESS};
use crate::saml::structure::{self, Root, Signed, StructureError};
use crate::saml::upstream::check::Broken;
use crate::saml::upstream::logout_rules::{self, Judged};
use crate::saml::upstream::profile::UpstreamProfile;
use crate::saml::upstream::provider::IdentityProvider;
use crate::saml::upstream::request::{instant, issuer};
use crate::saml::writer::Element;
use crate::saml::xml::{self, XmlError};
use crate::world::random::Random;
use crate::world::signer::Signer;

/// A logout that we ask an identity provider for.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// Whose rules it is written by.
    pub profile: UpstreamProfile,
    /// Our entityID.
    pub ourselves: &'a str,
    /// Where it takes logouts.
    pub service: &'a LogoutService,
    /// The request's ID.
    pub id: &'a str,
    /// When it is issued.
    pub issue_instant: DateTime<Utc>,
    /// Who goes, by the name that it gave us.
    pub name: &'a NameId,
    /// The session's index, if it gave one.
    pub session_index: Option<&'a str>,
    /// What is to come back with the answer: an opaque handle of ours.
    pub relay_state: Option<&'a str>,
}

/// How a message of an identity provider is received.
#[derive(Clone, Copy, Debug)]
pub struct Receiving<'a> {
    /// Our entityID.
    pub ourselves: &'a str,
    /// Where it came in: the address of our metadata.
    pub location: &'a str,
    /// The time of arrival.
    pub now: DateTime<Utc>,
    /// How far the time of issue may be from it.
    pub window: Window,
}

/// A message that counts.
#[derive(Clone, Debug)]
pub enum Received {
    /// The identity provider wants somebody out.
    Request(Box<Request>),
    /// It answers a request of ours; whether we asked is for the caller to know.
    Response(Response),
}

/// A request whose sender is known and which breaks no rule.
#[derive(Clone, Debug)]
pub struct Request {
    /// Who asks, an entityID.
    pub provider: String,
    /// Its ID.
    pub id: String,
    /// Who is to be logged out, by the name that it gave us.
    pub name: NameId,
    /// Of which sessions; all that the name is of, if empty.
    pub session_indexes: Vec<String>,
    /// How to answer; `None` if it takes answers by no binding that a browser speaks.
    pub reply_to: Option<ReplyTo>,
    /// Until when its use of its ID must be remembered, so that it counts once.
    pub remember_until: DateTime<Utc>,
}

/// A response whose sender is known and which breaks no rule.
#[derive(Clone, Debug)]
pub struct Response {
    /// Who answers, an entityID.
    pub provider: String,
    /// The ID of the request that it answers.
    pub in_response_to: String,
    /// Whether it says that the person is logged out there: `Success`, and nothing less below it.
    pub confirms: bool,
    /// What came with it.
    pub relay_state: Option<String>,
}

impl Refused {
    /// What is wrong, for whoever looks after the identity provider.
    #[must_use]
    pub fn fault(self) -> Fault {
        let (element, rule) = match self {
            Self::Rule(Broken { element, rule, expected, found, .. }) => {
                return Fault { kind: FaultKind::Conformity, rule, element, expected, found };
            }
            Self::Stranger(found) => {
                return Fault {
                    kind: FaultKind::Conformity,
                    rule: "must be an identity provider that is asked here (SAML Profiles §4.4.4)",
                    element: "Issuer",
                    expected: "the entityID of one of them".into(),
                    found,
                };
            }
            Self::Unproven(_) => (
                "Signature",
                "must hold by a key of the identity provider's metadata (SAML Core §5)",
            ),
            Self::Binding(_) => {
                ("SAMLRequest, SAMLResponse", "must come in its binding (SAML Bindings §3.4, §3.5)")
            }
            Self::Xml(_) | Self::Structure(_) => (
                "LogoutRequest, LogoutResponse",
                "must have the structure of SAML (SAML Core §3.7)",
            ),
        };
        Fault {
            kind: FaultKind::Conformity,
            rule,
            element,
            expected: "a logout message that keeps to it".into(),
            found: crate::saml::profile::check::cut(&self.to_string()),
        }
    }

    /// Whether our verifier and libxmlsec1 disagree about it.
    #[must_use]
    pub fn is_disagreement(&self) -> bool {
        matches!(self, Self::Unproven(Unproven::Disagreement))
    }
}

/// What of a request its answer needs.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ReplyTo {
    /// Whose rules the answer is written by.
    pub profile: UpstreamProfile,
    /// The request's ID.
    pub in_response_to: String,
    /// How to answer.
    pub binding: Binding,
    /// Where to: a location of its metadata, exactly.
    pub location: String,
    /// What came with the request, to be given back as it came.
    pub relay_state: Option<String>,
}

/// Why a message does not count.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It is not in its binding.
    #[error(transparent)]
    Binding(#[from] BindingError),
    /// It cannot be read.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// Its structure is not accepted.
    #[error(transparent)]
    Structure(#[from] StructureError),
    /// It is from nobody that we know.
    #[error("it is from no registered identity provider: {0:?}")]
    Stranger(String),
    /// It is not signed by the identity provider.
    #[error("it is not signed by the identity provider")]
    Unproven(#[from] Unproven),
    /// A rule is broken.
    #[error(transparent)]
    Rule(#[from] Broken),
}

/// Writes and signs a `LogoutRequest`.
///
/// # Errors
/// When a value has a character that XML cannot carry, or the key refuses.
pub fn request(asking: &Asking<'_>, signer: &dyn Signer) -> Result<Outgoing, EnvelopError> {
    let name = Element::new("saml:NameID")
        .attribute_if("Format", asking.name.format.as_deref())
        .attribute_if("NameQualifier", asking.name.name_qualifier.as_deref())
        .attribute_if("SPNameQualifier", asking.name.sp_name_qualifier.as_deref())
        .text(asking.name.value.as_str());
    let index = asking.session_index.map(|index| Element::new("samlp:SessionIndex").text(index));
    let element = Element::new("samlp:LogoutRequest")
        .attribute("ID", asking.id)
        .attribute("Version", "2.0")
        .attribute("IssueInstant", instant(asking.issue_instant))
        .attribute("Destination", asking.service.location.as_str())
        .attribute("NotOnOrAfter", instant(asking.issue_instant + VALIDITY))
        .child(issuer(asking.profile, asking.ourselves));
    let to = Address {
        binding: asking.service.binding,
        location: &asking.service.location,
        relay_state: asking.relay_state,
    };
    let element = placed(element, to.binding).child(name).child_if(index);
    let by = to.dispatch(Kind::Request, &element, signer)?;
    let issue_instant = asking.issue_instant.trunc_subsecs(3);
    Ok(Outgoing { id: asking.id.to_owned(), issue_instant, by })
}

/// Writes and signs the `LogoutResponse` to the request that left `reply_to`: `Success` if `done`, else, the session
/// being unknown here or not over everywhere, `PartialLogout` (below `Requester` for SPID, spid-saml §1.5; else below
/// `Success`, SAML Core §3.2.2.2).
///
/// # Errors
/// When a value has a character that XML cannot carry, or the key refuses.
pub fn response(
    reply_to: &ReplyTo,
    done: bool,
    ourselves: &str,
    signer: &dyn Signer,
    random: &Random,
    now: DateTime<Utc>,
) -> Result<Outgoing, EnvelopError> {
    let id = random.xml_id();
    let (code, sub) = match (done, reply_to.profile) {
        (true, _) => (SUCCESS.code, None),
        (false, UpstreamProfile::Saml2) => (SUCCESS.code, Some(PARTIAL_LOGOUT)),
        (false, _) => (REQUESTER, Some(PARTIAL_LOGOUT)),
    };
    let sub = sub.map(|sub| Element::new("samlp:StatusCode").attribute("Value", sub));
    let code = Element::new("samlp:StatusCode").attribute("Value", code).child_if(sub);
    let element = Element::new("samlp:LogoutResponse")
        .attribute("ID", id.as_str())
        .attribute("Version", "2.0")
        .attribute("IssueInstant", instant(now))
        .attribute("Destination", reply_to.location.as_str())
        .attribute("InResponseTo", reply_to.in_response_to.as_str())
        .child(issuer(reply_to.profile, ourselves));
    let element = placed(element, reply_to.binding).child(Element::new("samlp:Status").child(code));
    let to = Address {
        binding: reply_to.binding,
        location: &reply_to.location,
        relay_state: reply_to.relay_state.as_deref(),
    };
    let by = to.dispatch(Kind::Response, &element, signer)?;
    Ok(Outgoing { id: id.clone(), issue_instant: now.trunc_subsecs(3), by })
}

/// With the place for a signature, where the binding wants it inside.
fn placed(element: Element<'_>, binding: Binding) -> Element<'_> {
    match binding {
        Binding::Redirect => element,
        Binding::Post => element.signature_here(),
    }
}

/// Receives a request or a response, whichever came; `provider` finds an identity provider and the rules that it is held
/// to, by its entityID.
///
/// # Errors
/// The first thing wrong.
pub fn receive<'p>(
    inbound: Inbound<'_>,
    at: &Receiving<'_>,
    provider: impl Fn(&str) -> Option<(UpstreamProfile, &'p IdentityProvider)>,
) -> Result<Received, Refused> {
    let parameter = binding::parameter(inbound)?;
    let kind = match parameter {
        Parameter::SamlRequest => Kind::Request,
        Parameter::SamlResponse => Kind::Response,
    };
    let decoded = binding::decode(inbound, parameter)?;
    let ((profile, provider), signed) = verified(kind, &decoded, provider)?;
    let message = LogoutMessage::read(kind, &signed)?;
    let judged = Judged { message: &message, profile, provider, binding: decoded.binding, at };
    logout_rules::all_hold(kind, &judged)?;
    Ok(taken(kind, message, profile, provider, &decoded, at))
}

/// Judges a message that nobody signed: for fuzzing alone, which cannot sign.
///
/// # Errors
/// As [`receive`], but for bindings and signatures.
#[cfg(fuzzing)]
pub fn judge_unsigned(
    kind: Kind,
    text: &str,
    binding: Binding,
    profile: UpstreamProfile,
    provider: &IdentityProvider,
    at: &Receiving<'_>,
) -> Result<Received, Refused> {
    let message = LogoutMessage::unsigned(kind, text)?;
    let decoded = Decoded { xml: text.to_owned(), binding, relay_state: None, detached: None };
    let judged = Judged { message: &message, profile, provider, binding, at };
    logout_rules::all_hold(kind, &judged)?;
    Ok(taken(kind, message, profile, provider, &decoded, at))
}

/// Whose message it is, and the octets of it that this signature covers.
fn verified<'p>(
    kind: Kind,
    decoded: &Decoded,
    provider: impl Fn(&str) -> Option<(UpstreamProfile, &'p IdentityProvider)>,
) -> Result<((UpstreamProfile, &'p IdentityProvider), SignedXml), Refused> {
    let document = xml::parse(&decoded.xml)?;
    let signed = match decoded.binding {
        Binding::Redirect => Signed::Detached,
        Binding::Post => Signed::Enveloped { required: true },
    };
    let root = match kind {
        Kind::Request => Root::LogoutRequest,
        Kind::Response => Root::LogoutResponse,
    };
    let sound = structure::check(&document, root, signed)?;
    let claimed = structure::claimed_issuer(&sound)?;
    let (profile, provider) = provider(&claimed)
        .ok_or_else(|| Refused::Stranger(crate::saml::profile::check::cut(&claimed)))?;
    let signed = match decoded.binding {
        Binding::Redirect => signature::verify_detached(decoded, &provider.keys),
        Binding::Post => signature::verify(&sound, &provider.keys),
    };
    Ok(((profile, provider), signed?))
}

fn taken(
    kind: Kind,
    message: LogoutMessage,
    profile: UpstreamProfile,
    provider: &IdentityProvider,
    decoded: &Decoded,
    at: &Receiving<'_>,
) -> Received {
    let LogoutMessage {
        id, issue_instant, name_id, session_indexes, in_response_to, status, ..
    } = message;
    let issued = issue_instant.as_deref().and_then(lexical::instant).unwrap_or(at.now);
    let id = id.unwrap_or_default();
    match name_id {
        Some(name) if kind == Kind::Request => {
            let reply_to = provider.logout(Some(decoded.binding)).map(|service| ReplyTo {
                profile,
                in_response_to: id.clone(),
                binding: service.binding,
                location: service.response_location.as_ref().unwrap_or(&service.location).clone(),
                relay_state: decoded.relay_state.clone(),
            });
            Received::Request(Box::new(Request {
                provider: provider.entity_id.clone(),
                id,
                name,
                session_indexes,
                reply_to,
                remember_until: issued + at.window.back + at.window.ahead,
            }))
        }
        _ => Received::Response(Response {
            provider: provider.entity_id.clone(),
            in_response_to: in_response_to.unwrap_or_default(),
            confirms: status == [SUCCESS.code],
            relay_state: decoded.relay_state.clone(),
        }),
    }
}

impl UpstreamProfile {
    /// Whether an answer to a logout is to be waited for: the card's identity provider sends none (spid-saml §1.5).
    #[must_use]
    pub fn answers_logouts(self) -> bool {
        self != Self::Cie
    }
}

const VALIDITY: TimeDelta = TimeDelta::minutes(5);
const PARTIAL_LOGOUT: &str = "urn:oasis:names:tc:SAML:2.0:status:PartialLogout";
const REQUESTER: &str = "urn:oasis:names:tc:SAML:2.0:status:Requester";
