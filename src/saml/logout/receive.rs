//! Receiving a logout message, by the same discipline as a request for a login: the binding, the
//! limits and the structure, the claimed issuer (read only to choose whose keys to use), the
//! signature, and then the table over what was signed and nothing else.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::saml::authn_request::Receiving;
use crate::saml::binding::{self, Binding, BindingError, Decoded, Inbound, Parameter};
use crate::saml::lexical;
use crate::saml::logout::check::{self, Asked};
use crate::saml::logout::message::{Kind, LogoutMessage, NameId};
use crate::saml::logout::write::ReplyTo;
use crate::saml::partner::{Profile, ServiceProvider};
use crate::saml::profile::check::cut;
use crate::saml::signature::{self, SignedXml, Unproven};
use crate::saml::status::{Fault, FaultKind};
use crate::saml::structure::{self, Root, Signed};
use crate::saml::xml;

/// A logout message that counts.
#[derive(Clone, Debug)]
pub enum Received {
    /// A service provider wants somebody out.
    Request(Box<Request>),
    /// A service provider answers a request of ours.
    Response(Response),
}

/// A request whose sender is known and which breaks no rule.
#[derive(Clone, Debug)]
pub struct Request {
    /// Who asks.
    pub partner: Arc<ServiceProvider>,
    /// Its ID.
    pub id: String,
    /// Who is to be logged out, by the name that we gave.
    pub name_id: NameId,
    /// Of which sessions; all that the name is of, if empty.
    pub session_indexes: Vec<String>,
    /// How to answer; `None` when the sender takes logouts by no binding that a browser speaks.
    pub reply_to: Option<ReplyTo>,
    /// Until when its sender's use of its ID must be remembered, so that it counts once.
    pub remember_until: DateTime<Utc>,
}

/// A response whose sender is known and which breaks no rule; whether we asked is not known yet.
#[derive(Clone, Debug)]
pub struct Response {
    /// Who answers.
    pub partner: Arc<ServiceProvider>,
    /// The ID of the request that it answers.
    pub in_response_to: String,
    /// Whether it says that the person is logged out there: `Success`, and nothing less below it.
    pub confirms: bool,
}

/// Why a message is refused, by who may hear of it.
#[derive(Clone, Debug)]
pub enum Rejected {
    /// Who sent it is not established, or it is a response: only the browser is told.
    Browser {
        /// What is wrong.
        fault: Box<Fault>,
        /// The status of the page.
        http_status: u16,
        /// Who the message says sent it, for the log; cut to 200 characters.
        claimed: Option<String>,
        /// Whether it is refused because the two signature verifiers disagree, which is worth an alarm.
        disagreement: bool,
    },
    /// The service provider is known, and its request breaks a rule: it gets a `LogoutResponse`.
    Registered {
        /// What is wrong.
        fault: Box<Fault>,
        /// How to answer.
        reply_to: Box<ReplyTo>,
        /// Who erred.
        partner: Arc<ServiceProvider>,
    },
}

/// Receives a request or a response, whichever came; `partner` finds a service provider by its
/// entityID.
///
/// # Errors
/// The first fault.
pub fn receive(
    inbound: Inbound<'_>,
    at: &Receiving<'_>,
    partner: impl Fn(&str) -> Option<Arc<ServiceProvider>>,
) -> Result<Received, Rejected> {
    let parameter = binding::parameter(inbound).map_err(|error| undecoded(&error))?;
    let kind = match parameter {
        Parameter::SamlRequest => Kind::Request,
        Parameter::SamlResponse => Kind::Response,
    };
    let decoded = binding::decode(inbound, parameter).map_err(|error| undecoded(&error))?;
    let (partner, signed) = verified(kind, &decoded, partner)?;
    let message = LogoutMessage::read(kind, &signed).map_err(|error| {
        unsound(kind, decoded.binding, &error.to_string(), Some(&partner.entity_id))
    })?;
    let (binding, relay_state) = (decoded.binding, decoded.relay_state);
    Incoming { kind, message, partner, binding, relay_state }.judge(at)
}

/// Judges a message that nobody signed: for fuzzing alone, which cannot sign.
///
/// # Errors
/// The first fault that the table finds.
#[cfg(fuzzing)]
pub fn judge_unsigned(
    kind: Kind,
    text: &str,
    at: &Receiving<'_>,
    partner: Arc<ServiceProvider>,
) -> Result<Received, Rejected> {
    let message = LogoutMessage::unsigned(kind, text)
        .map_err(|error| unsound(kind, Binding::Post, &error.to_string(), None))?;
    Incoming { kind, message, partner, binding: Binding::Post, relay_state: None }.judge(at)
}

/// Whose message it is, and the octets of it that this signature covers.
fn verified(
    kind: Kind,
    decoded: &Decoded,
    partner: impl Fn(&str) -> Option<Arc<ServiceProvider>>,
) -> Result<(Arc<ServiceProvider>, SignedXml), Rejected> {
    let binding = decoded.binding;
    let document = xml::parse(&decoded.xml)
        .map_err(|error| unsound(kind, binding, &error.to_string(), None))?;
    let signed = match binding {
        Binding::Redirect => Signed::Detached,
        Binding::Post => Signed::Enveloped { required: true },
    };
    let root = match kind {
        Kind::Request => Root::LogoutRequest,
        Kind::Response => Root::LogoutResponse,
    };
    let sound = structure::check(&document, root, signed)
        .map_err(|error| unsound(kind, binding, &error.to_string(), None))?;
    let claimed = structure::claimed_issuer(&sound).map_err(|error| {
        let rule = "must be there, first and once (SAML Profiles §4.4.4.1, §4.4.4.2)";
        browser(FaultKind::Issuer, "Issuer", rule, &error.to_string(), None)
    })?;
    let partner = partner(&claimed).filter(|partner| !partner.disabled).ok_or_else(|| {
        let rule = "must be a registered service provider that is not switched off (SAML Profiles §4.4.4.1, §4.4.4.2)";
        browser(FaultKind::Issuer, "Issuer", rule, &claimed, Some(&claimed))
    })?;
    let verdict = match binding {
        Binding::Redirect => signature::verify_detached(decoded, &partner.keys),
        Binding::Post => signature::verify(&sound, &partner.keys),
    };
    let signed = verdict.map_err(|error| {
        let kind = match binding {
            Binding::Redirect => FaultKind::RedirectSignature,
            Binding::Post => FaultKind::PostSignature,
        };
        let rule = "must hold over the octets received with a key of the issuer's metadata (SAML Profiles §4.4.3.1, §4.4.3.4, spid-saml §1.5)";
        let mut rejected = browser(kind, "Signature", rule, &error.to_string(), Some(&claimed));
        if let Rejected::Browser { disagreement, .. } = &mut rejected {
            *disagreement = error == Unproven::Disagreement;
        }
        rejected
    })?;
    Ok((partner, signed))
}

/// A message whose signature held.
struct Incoming {
    kind: Kind,
    message: LogoutMessage,
    partner: Arc<ServiceProvider>,
    binding: Binding,
    relay_state: Option<String>,
}

impl Incoming {
    fn judge(self, at: &Receiving<'_>) -> Result<Received, Rejected> {
        let asked = Asked {
            message: &self.message,
            partner: &self.partner,
            binding: self.binding,
            identity_provider: at.identity_provider,
            now: at.now,
            earliest: at.now - at.window.back,
            latest: at.now + at.window.ahead,
        };
        if let Some(fault) = check::broken(check::rules(self.partner.profile, self.kind), &asked) {
            return Err(self.rejected(fault, at.now));
        }
        let reply_to = self.reply_to(at.now);
        let LogoutMessage { id, issue_instant, name_id, session_indexes, .. } = self.message;
        let issued = issue_instant.as_deref().and_then(lexical::instant).unwrap_or(at.now);
        Ok(match (self.kind, name_id) {
            (Kind::Request, Some(name_id)) => Received::Request(Box::new(Request {
                partner: self.partner,
                id: id.unwrap_or_default(),
                name_id,
                session_indexes,
                reply_to,
                remember_until: issued + at.window.back + at.window.ahead,
            })),
            _ => {
                let codes: Vec<&str> = self.message.status.iter().map(String::as_str).collect();
                Received::Response(Response {
                    partner: self.partner,
                    in_response_to: self.message.in_response_to.unwrap_or_default(),
                    confirms: codes == [SUCCESS],
                })
            }
        })
    }

    /// Tells the service provider where it is known and asked.
    fn rejected(self, fault: Fault, now: DateTime<Utc>) -> Rejected {
        // Who signed is not who says that it asks: neither is told.
        let told = self.kind == Kind::Request && fault.kind != FaultKind::Issuer;
        match self.reply_to(now).filter(|_| told) {
            Some(reply_to) => Rejected::Registered {
                fault: Box::new(fault),
                reply_to: Box::new(reply_to),
                partner: self.partner,
            },
            None => Rejected::Browser {
                http_status: 403,
                fault: Box::new(fault),
                claimed: Some(cut(&self.partner.entity_id)),
                disagreement: false,
            },
        }
    }

    fn reply_to(&self, now: DateTime<Utc>) -> Option<ReplyTo> {
        let service = self.partner.logout(Some(self.binding))?;
        let issued = self.message.issue_instant.as_deref().and_then(lexical::instant);
        let id = self.message.id.clone().filter(|id| lexical::is_id(id));
        Some(ReplyTo {
            profile: self.partner.profile,
            in_response_to: id.unwrap_or_default(),
            issue_instant: issued.unwrap_or(now).min(now),
            binding: service.binding,
            entity_id: self.partner.entity_id.clone(),
            location: service.response_location.as_ref().unwrap_or(&service.location).clone(),
            relay_state: self.relay_state.clone(),
        })
    }
}

impl Request {
    /// The same request once it turns out that its ID was used before.
    #[must_use]
    pub fn replayed(self) -> Rejected {
        let fault = Fault {
            kind: FaultKind::Id,
            rule: "must not have been used before (SAML Core §1.3.4)",
            element: "LogoutRequest/@ID",
            expected: Cow::Borrowed("an ID of its own"),
            found: cut(&self.id),
        };
        match self.reply_to {
            Some(reply_to) => Rejected::Registered {
                fault: Box::new(fault),
                reply_to: Box::new(reply_to),
                partner: self.partner,
            },
            None => Rejected::Browser {
                http_status: 403,
                fault: Box::new(fault),
                claimed: Some(cut(&self.partner.entity_id)),
                disagreement: false,
            },
        }
    }
}

impl Response {
    /// The refusal of a response to nothing that we asked of its sender, or that was answered before.
    #[must_use]
    pub fn unexpected(&self) -> Rejected {
        browser(
            FaultKind::Conformity,
            "LogoutResponse/@InResponseTo",
            "must be the ID of a request that we sent to its issuer and that was not answered yet (SAML Core §3.2.2, SAML Profiles §4.4.4.2)",
            &self.in_response_to,
            Some(&self.partner.entity_id),
        )
    }
}

impl Received {
    /// The profile of whoever sent it.
    #[must_use]
    pub fn profile(&self) -> Profile {
        match self {
            Self::Request(request) => request.partner.profile,
            Self::Response(response) => response.partner.profile,
        }
    }
}

fn undecoded(error: &BindingError) -> Rejected {
    let rule = "must bring SAMLRequest or SAMLResponse, not both, and in a redirect SigAlg and Signature, each once and in its encoding (SAML Bindings §3.4.4, §3.5.4)";
    let (kind, element) = match error {
        BindingError::Algorithm(_) => (FaultKind::RedirectSignature, "SigAlg"),
        BindingError::Undecodable { parameter: "Signature", .. } => {
            (FaultKind::RedirectSignature, "Signature")
        }
        _ => (FaultKind::BindingFormat, "SAMLRequest, SAMLResponse"),
    };
    browser(kind, element, rule, &error.to_string(), None)
}

/// A fault of limits or structure: of the binding's format in a redirect, of what is signed in a form.
fn unsound(kind: Kind, binding: Binding, found: &str, claimed: Option<&str>) -> Rejected {
    let fault = match binding {
        Binding::Redirect => FaultKind::BindingFormat,
        Binding::Post => FaultKind::PostSignature,
    };
    let rule = "must be a sound logout message within our limits (SAML Core §3.7)";
    browser(fault, kind.element(), rule, found, claimed)
}

fn browser(
    kind: FaultKind,
    element: &'static str,
    rule: &'static str,
    found: &str,
    claimed: Option<&str>,
) -> Rejected {
    let fault = Fault { kind, rule, element, expected: Cow::Borrowed(""), found: cut(found) };
    let (fault, claimed) = (Box::new(fault), claimed.map(cut));
    Rejected::Browser { http_status: 403, fault, claimed, disagreement: false }
}

const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";
