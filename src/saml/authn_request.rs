//! Receiving an `AuthnRequest`: from what the browser brought to a login in no protocol.
//!
//! The order is fixed: the binding, the limits and the structure, the claimed
//! issuer (read only to choose whose keys to use), the signature, and then the
//! profile's table over what was signed and nothing else. Before the issuer
//! and the signature are good, only the browser hears of a fault.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::login::request::LoginRequest;
use crate::saml::binding::{self, Binding, BindingError, Decoded, Inbound, Parameter};
use crate::saml::identity_provider::IdentityProvider;
use crate::saml::message::AuthnRequest;
use crate::saml::partner::{Profile, ServiceProvider};
use crate::saml::profile::check::{self, Asked, Rules};
use crate::saml::profile::generic::GENERIC;
use crate::saml::profile::spid::SPID;
use crate::saml::signature::{self, SignedXml, Unproven};
use crate::saml::status::{Fault, FaultKind, Tell};
use crate::saml::structure::{self, Root, Signed};
use crate::saml::translate;
use crate::saml::xml;

/// Where and when a request is received.
#[derive(Clone, Copy, Debug)]
pub struct Receiving<'a> {
    /// Ourselves: the entityID and the single sign-on location are what `Destination` may say.
    pub identity_provider: &'a IdentityProvider,
    /// The time of arrival.
    pub now: DateTime<Utc>,
    /// How far the time of issue may be from it.
    pub window: Window,
}

/// How far a request's time of issue may be from its arrival.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Window {
    /// How long ago it may have been issued.
    pub back: TimeDelta,
    /// How far ahead of ours the issuer's clock may be.
    pub ahead: TimeDelta,
}

impl Default for Window {
    /// Five minutes back and two ahead (spid-saml, introduction).
    fn default() -> Self {
        Self { back: TimeDelta::minutes(5), ahead: TimeDelta::minutes(2) }
    }
}

/// A request that may be answered.
#[derive(Clone, Debug)]
pub struct Received {
    /// What is asked, in no protocol.
    pub request: LoginRequest,
    /// The message as received, for the register.
    pub xml: String,
    /// When it says it was issued.
    pub issue_instant: DateTime<Utc>,
    /// Who asks.
    pub partner: Arc<ServiceProvider>,
    /// Until when its issuer's use of its ID must be remembered, so that it is answered once.
    pub remember_until: DateTime<Utc>,
}

/// Why a request is refused, by who may hear of it.
#[derive(Clone, Debug)]
pub enum Rejected {
    /// Who sent it is not established: only the browser is told.
    Browser {
        /// What is wrong.
        fault: Box<Fault>,
        /// The status of the page (spid-saml §3).
        http_status: u16,
        /// Who the request says sent it, for the log; cut to 200 characters.
        claimed: Option<String>,
        /// Whether it is refused because the two signature verifiers disagree, which is worth an alarm.
        disagreement: bool,
        /// Who sent it, and the message, where that is established all the same: what is wrong leaves nobody else to be told.
        proven: Option<Box<(Arc<ServiceProvider>, String)>>,
    },
    /// The service provider is known, and erred: it gets a `Response`.
    Registered {
        /// What is wrong.
        fault: Box<Fault>,
        /// Where and how to answer: an encoded [`ReplyTo`](crate::saml::response::ReplyTo).
        reply_to: String,
        /// Who erred.
        partner: Arc<ServiceProvider>,
        /// The message as received, for the register.
        xml: String,
    },
}

impl Received {
    /// The same request once it turns out that its ID was used before.
    #[must_use]
    pub fn replayed(self) -> Rejected {
        let fault = Fault {
            kind: FaultKind::Id,
            rule: "must not have been used before (spid-saml §1.1, SAML Core §1.3.4)",
            element: "AuthnRequest/@ID",
            expected: Cow::Borrowed("an ID of its own"),
            found: check::cut(&self.request.id),
        };
        Rejected::Registered {
            fault: Box::new(fault),
            reply_to: self.request.reply_to,
            partner: self.partner,
            xml: self.xml,
        }
    }
}

/// The table of `profile`.
#[must_use]
pub fn rules(profile: Profile) -> &'static Rules {
    match profile {
        Profile::Spid => &SPID,
        Profile::Generic => &GENERIC,
    }
}

/// Receives a request; `partner` finds a service provider by its entityID.
///
/// # Errors
/// The first fault, in the order of spid-saml §3.
pub fn receive(
    inbound: Inbound<'_>,
    at: &Receiving<'_>,
    partner: impl Fn(&str) -> Option<Arc<ServiceProvider>>,
) -> Result<Received, Rejected> {
    let decoded =
        binding::decode(inbound, Parameter::SamlRequest).map_err(|error| undecoded(&error))?;
    let (partner, signed) = verified(&decoded, partner)?;
    let message = AuthnRequest::read(&signed)
        .map_err(|error| unsound(decoded.binding, &error.to_string(), Some(&partner.entity_id)))?;
    Incoming {
        message,
        partner,
        binding: decoded.binding,
        relay_state: decoded.relay_state,
        xml: decoded.xml,
    }
    .judge(at)
}

/// Judges a request that nobody signed: for fuzzing alone, which cannot sign.
///
/// # Errors
/// The first fault that the profile's table finds.
#[cfg(fuzzing)]
pub fn judge_unsigned(
    text: &str,
    at: &Receiving<'_>,
    partner: Arc<ServiceProvider>,
) -> Result<Received, Rejected> {
    let message = AuthnRequest::unsigned(text)
        .map_err(|error| unsound(Binding::Post, &error.to_string(), None))?;
    Incoming { message, partner, binding: Binding::Post, relay_state: None, xml: text.to_owned() }
        .judge(at)
}

/// Whose message it is, and the octets of it that this signature covers.
fn verified(
    decoded: &Decoded,
    partner: impl Fn(&str) -> Option<Arc<ServiceProvider>>,
) -> Result<(Arc<ServiceProvider>, SignedXml), Rejected> {
    let binding = decoded.binding;
    let document =
        xml::parse(&decoded.xml).map_err(|error| unsound(binding, &error.to_string(), None))?;
    let signed = match binding {
        Binding::Redirect => Signed::Detached,
        Binding::Post => Signed::Enveloped { required: true },
    };
    let sound = structure::check(&document, Root::AuthnRequest, signed)
        .map_err(|error| unsound(binding, &error.to_string(), None))?;
    let claimed = structure::claimed_issuer(&sound).map_err(|error| {
        let rule = "must be there, first and once (spid-saml §3 nr10)";
        let expected = "one Issuer with the entityID of a registered service provider";
        let found = error.to_string();
        browser(FaultKind::Issuer, "Issuer", Demand { rule, expected }, &found, None)
    })?;
    let partner = partner(&claimed).filter(|partner| !partner.disabled).ok_or_else(|| {
        let rule =
            "must be a registered service provider that is not switched off (spid-saml §3 nr10)";
        let expected = "the entityID of the registered metadata, exactly";
        let demand = Demand { rule, expected };
        browser(FaultKind::Issuer, "Issuer", demand, &claimed, Some(&claimed))
    })?;
    let verdict = match binding {
        Binding::Redirect => signature::verify_detached(decoded, &partner.keys),
        Binding::Post => signature::verify(&sound, &partner.keys),
    };
    let signed = verdict.map_err(|error| {
        let (kind, element) = match binding {
            Binding::Redirect => (FaultKind::RedirectSignature, "Signature"),
            Binding::Post => (FaultKind::PostSignature, "AuthnRequest/Signature"),
        };
        let rule = "must hold over the octets received with a key of the issuer's metadata (spid-saml §1.1, §3 nr05, nr07)";
        let expected = "a signature by a key of the registered metadata";
        let demand = Demand { rule, expected };
        let mut rejected = browser(kind, element, demand, &error.to_string(), Some(&claimed));
        if let Rejected::Browser { disagreement, .. } = &mut rejected {
            *disagreement = error == Unproven::Disagreement;
        }
        rejected
    })?;
    Ok((partner, signed))
}

/// A request whose signature held.
struct Incoming {
    message: AuthnRequest,
    partner: Arc<ServiceProvider>,
    binding: Binding,
    relay_state: Option<String>,
    xml: String,
}

impl Incoming {
    fn judge(self, at: &Receiving<'_>) -> Result<Received, Rejected> {
        let asked = self.asked(at);
        if let Some(fault) = rules(self.partner.profile).broken(&asked) {
            return Err(self.rejected(fault, at));
        }
        let issue_instant = translate::issue_instant(&asked);
        Ok(Received {
            request: translate::login_request(&asked),
            xml: self.xml,
            issue_instant,
            partner: self.partner,
            // As long as it would be accepted, and then as long as clocks of ours may differ.
            remember_until: issue_instant + at.window.back + at.window.ahead,
        })
    }

    /// Tells the service provider, where the profile's table lets it hear of the fault.
    fn rejected(self, fault: Fault, at: &Receiving<'_>) -> Rejected {
        let mut reply_to = translate::reply_to(&self.asked(at));
        let tell = fault.kind.tell();
        let default = self.partner.default_consumer();
        if let (Tell::DefaultConsumer, Some(default)) = (tell, default) {
            reply_to.consumer.clone_from(&default.location);
        }
        if tell == Tell::Browser || default.is_none() {
            let claimed = Some(check::cut(&self.partner.entity_id));
            return Rejected::Browser {
                http_status: fault.kind.http(),
                fault: Box::new(fault),
                claimed,
                disagreement: false,
                proven: Some(Box::new((self.partner, self.xml))),
            };
        }
        Rejected::Registered {
            fault: Box::new(fault),
            reply_to: reply_to.encode(),
            partner: self.partner,
            xml: self.xml,
        }
    }

    fn asked<'a>(&'a self, at: &'a Receiving<'_>) -> Asked<'a> {
        Asked {
            message: &self.message,
            partner: &self.partner,
            binding: self.binding,
            relay_state: self.relay_state.as_deref(),
            identity_provider: at.identity_provider,
            now: at.now,
            earliest: at.now - at.window.back,
            latest: at.now + at.window.ahead,
        }
    }
}

/// A query or form without a message. A redirect's signature that is no signature of ours
/// to check is a signature that does not hold (spid-saml §3, nr05).
fn undecoded(error: &BindingError) -> Rejected {
    let rule = "must bring SAMLRequest, and in a redirect SigAlg and Signature, each once and in its encoding (SAML Bindings §3.4.4, §3.5.4, spid-saml §3 nr04)";
    let (kind, element) = match error {
        BindingError::Algorithm(_) => (FaultKind::RedirectSignature, "SigAlg"),
        BindingError::Undecodable { parameter: "Signature", .. } => {
            (FaultKind::RedirectSignature, "Signature")
        }
        _ => (FaultKind::BindingFormat, "SAMLRequest"),
    };
    let expected = "SAMLRequest, and in a redirect SigAlg and Signature";
    browser(kind, element, Demand { rule, expected }, &error.to_string(), None)
}

/// A fault of limits or structure: of the binding's format in a redirect, of what is signed in a form.
fn unsound(binding: Binding, found: &str, claimed: Option<&str>) -> Rejected {
    let kind = match binding {
        Binding::Redirect => FaultKind::BindingFormat,
        Binding::Post => FaultKind::PostSignature,
    };
    let rule = "must be a sound AuthnRequest within our limits (spid-saml §1.1, §3 nr04, nr07)";
    let expected = "an AuthnRequest of the schema, signed in its place";
    browser(kind, "AuthnRequest", Demand { rule, expected }, found, claimed)
}

/// A rule, and what it wants, in words.
struct Demand {
    rule: &'static str,
    expected: &'static str,
}

fn browser(
    kind: FaultKind,
    element: &'static str,
    Demand { rule, expected }: Demand,
    found: &str,
    claimed: Option<&str>,
) -> Rejected {
    let expected = Cow::Borrowed(expected);
    let fault = Fault { kind, rule, element, expected, found: check::cut(found) };
    Rejected::Browser {
        http_status: kind.http(),
        fault: Box::new(fault),
        claimed: claimed.map(check::cut),
        disagreement: false,
        proven: None,
    }
}
