//! Writing logout messages: signed from within for HTTP-POST, over the query for HTTP-Redirect
//! (SAML Bindings §3.4.4.1, §3.5.4).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat, SubsecRound, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::saml::binding::{self, Binding, Parameter};
use crate::saml::enveloped::{self, EnvelopError};
use crate::saml::identity_provider::IdentityProvider;
use crate::saml::logout::message::{Kind, NameId};
use crate::saml::names;
use crate::saml::partner::{LogoutService, Profile, ServiceProvider};
use crate::saml::status::{Fault, SUCCESS, Status};
use crate::saml::writer::Element;
use crate::world::random::Random;
use crate::world::signer::Signer;

/// What of a request its answer needs, kept while the logout is under way.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ReplyTo {
    /// The rules to answer by.
    pub profile: Profile,
    /// The request's ID; empty if it had none that may be repeated, and the answer then bears none.
    pub in_response_to: String,
    /// The request's IssueInstant; never later than its arrival.
    pub issue_instant: DateTime<Utc>,
    /// How to answer.
    pub binding: Binding,
    /// The service provider's entityID.
    pub entity_id: String,
    /// Where to: a location of its metadata, exactly.
    pub location: String,
    /// What came with the request, to be given back as it came.
    pub relay_state: Option<String>,
}

/// How a logout that was asked for ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict<'a> {
    /// Everybody is out everywhere.
    Done,
    /// The session is over, but not every participant has said so of its own.
    Partial,
    /// The request was refused.
    Refused(&'a Fault),
}

/// A message on its way through the browser.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Outgoing {
    /// Its ID.
    pub id: String,
    /// When it says it was issued.
    pub issue_instant: DateTime<Utc>,
    /// How it goes.
    pub by: Dispatch,
}

/// How a message goes.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Dispatch {
    /// The browser is sent to this address.
    Redirect {
        /// With the message in its query.
        url: String,
    },
    /// The browser posts a form.
    Post {
        /// To where.
        action: String,
        /// Which message it is.
        parameter: Parameter,
        /// The message in base64.
        message: String,
        /// What goes with it unchanged.
        relay_state: Option<String>,
    },
}

/// A request that we are about to send.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// To whom.
    pub partner: &'a ServiceProvider,
    /// Where it takes it.
    pub service: &'a LogoutService,
    /// Our ID for it.
    pub id: &'a str,
    /// When it is issued.
    pub issue_instant: DateTime<Utc>,
    /// Who is out, by the name that we gave to this service provider.
    pub name_id: &'a NameId,
    /// Which session is over, as we called it towards this service provider.
    pub session_indexes: &'a [String],
}

/// Writes and signs a `LogoutRequest`; the same for the same values where the key signs so.
///
/// # Errors
/// When a value has a character that XML cannot carry, or the key refuses.
pub fn request(
    asking: &Asking<'_>,
    idp: &IdentityProvider,
    signer: &dyn Signer,
) -> Result<Outgoing, EnvelopError> {
    let issued = asking.issue_instant.trunc_subsecs(3);
    let name = asking.name_id;
    let name_id = Element::new("saml:NameID")
        .attribute_if("Format", name.format.as_deref())
        .attribute_if("NameQualifier", name.name_qualifier.as_deref())
        .attribute_if("SPNameQualifier", name.sp_name_qualifier.as_deref())
        .text(name.value.as_str());
    let indexes = asking
        .session_indexes
        .iter()
        .map(|index| Element::new("samlp:SessionIndex").text(index.as_str()));
    let element = Element::new("samlp:LogoutRequest")
        .attribute("ID", asking.id)
        .attribute("Version", "2.0")
        .attribute("IssueInstant", text(issued))
        .attribute("Destination", asking.service.location.as_str())
        .attribute("NotOnOrAfter", text(issued + VALIDITY))
        .child(issuer(idp, asking.partner.profile));
    let to = Address {
        binding: asking.service.binding,
        location: &asking.service.location,
        relay_state: None,
    };
    let element = match to.binding {
        Binding::Redirect => element,
        Binding::Post => element.signature_here(),
    };
    let element = element.child(name_id).children(indexes);
    let by = to.dispatch(Kind::Request, &element, signer)?;
    Ok(Outgoing { id: asking.id.to_owned(), issue_instant: issued, by })
}

/// Writes and signs the `LogoutResponse` to the request that left `reply_to`.
///
/// A logout that did not reach everybody is `Requester` over `PartialLogout` for SPID (spid-saml §1.5).
/// Elsewhere it is `Success` over `PartialLogout`: what was asked of us, our session, is done, and the
/// second code says what is missing (SAML Core §3.2.2.2 knows it as a second-level code only). A refusal
/// names its rule in the `StatusMessage`; SPID has no other codes for it than those of a partial logout.
///
/// # Errors
/// When a value has a character that XML cannot carry, or the key refuses.
pub fn response(
    reply_to: &ReplyTo,
    verdict: Verdict<'_>,
    idp: &IdentityProvider,
    signer: &dyn Signer,
    random: &Random,
    now: DateTime<Utc>,
) -> Result<Outgoing, EnvelopError> {
    let id = random.xml_id();
    let issued = now.max(reply_to.issue_instant).trunc_subsecs(3);
    let status = status(reply_to.profile, verdict);
    let sub = status.sub.map(|sub| Element::new("samlp:StatusCode").attribute("Value", sub));
    let code = Element::new("samlp:StatusCode").attribute("Value", status.code).child_if(sub);
    let message = match verdict {
        Verdict::Refused(fault) => Some(
            Element::new("samlp:StatusMessage").text(format!("{} {}", fault.element, fault.rule)),
        ),
        Verdict::Done | Verdict::Partial => None,
    };
    let answered = Some(reply_to.in_response_to.as_str()).filter(|id| !id.is_empty());
    let element = Element::new("samlp:LogoutResponse")
        .attribute("ID", id.as_str())
        .attribute("Version", "2.0")
        .attribute("IssueInstant", text(issued))
        .attribute("Destination", reply_to.location.as_str())
        .attribute_if("InResponseTo", answered)
        .child(issuer(idp, reply_to.profile));
    let element = match reply_to.binding {
        Binding::Redirect => element,
        Binding::Post => element.signature_here(),
    };
    let element = element.child(Element::new("samlp:Status").child(code).child_if(message));
    let to = Address {
        binding: reply_to.binding,
        location: &reply_to.location,
        relay_state: reply_to.relay_state.as_deref(),
    };
    let by = to.dispatch(Kind::Response, &element, signer)?;
    Ok(Outgoing { id: id.clone(), issue_instant: issued, by })
}

/// The status that says so in the profile's words.
#[must_use]
pub fn status(profile: Profile, verdict: Verdict<'_>) -> Status {
    let partial = |code| Status { code, sub: Some(PARTIAL_LOGOUT), message: None };
    match (profile, verdict) {
        (_, Verdict::Done) => SUCCESS,
        (Profile::Spid, Verdict::Partial | Verdict::Refused(_)) => partial(REQUESTER),
        (Profile::Generic, Verdict::Partial) => partial(SUCCESS.code),
        (Profile::Generic, Verdict::Refused(fault)) => fault
            .kind
            .status(profile)
            .unwrap_or(Status { code: REQUESTER, sub: Some(REQUEST_DENIED), message: None }),
    }
}

impl Dispatch {
    /// Where the browser goes.
    #[must_use]
    pub fn target(&self) -> &str {
        match self {
            Self::Redirect { url } => url,
            Self::Post { action, .. } => action,
        }
    }
}

/// Where a message goes, and how.
pub(in crate::saml) struct Address<'a> {
    pub(in crate::saml) binding: Binding,
    pub(in crate::saml) location: &'a str,
    pub(in crate::saml) relay_state: Option<&'a str>,
}

impl Address<'_> {
    /// `element`, signed as the binding wants it, on its way.
    pub(in crate::saml) fn dispatch(
        &self,
        kind: Kind,
        element: &Element<'_>,
        signer: &dyn Signer,
    ) -> Result<Dispatch, EnvelopError> {
        let parameter = match kind {
            Kind::Request => Parameter::SamlRequest,
            Kind::Response => Parameter::SamlResponse,
        };
        Ok(match self.binding {
            Binding::Redirect => {
                let xml = element.write()?;
                let (location, relay_state) = (self.location, self.relay_state);
                let xml = xml.as_str();
                let url = binding::redirect_url(location, parameter, xml, relay_state, signer)?;
                Dispatch::Redirect { url }
            }
            Binding::Post => Dispatch::Post {
                action: self.location.to_owned(),
                parameter,
                message: STANDARD.encode(enveloped::sign(element, signer)?.as_str()),
                relay_state: self.relay_state.map(str::to_owned),
            },
        })
    }
}

/// SPID asks for a format and a qualifier (spid-saml §1.5); SAML has no qualifier there (SAML Core §8.3.6).
fn issuer(idp: &IdentityProvider, profile: Profile) -> Element<'_> {
    let name = Element::new("saml:Issuer").text(idp.entity_id.as_str());
    match profile {
        Profile::Spid => name
            .attribute("Format", names::FORMAT_ENTITY)
            .attribute("NameQualifier", idp.entity_id.as_str()),
        Profile::Generic => name,
    }
}

/// UTC with milliseconds (spid-saml §1.6).
fn text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

const VALIDITY: TimeDelta = TimeDelta::minutes(5);
const PARTIAL_LOGOUT: &str = "urn:oasis:names:tc:SAML:2.0:status:PartialLogout";
const REQUESTER: &str = "urn:oasis:names:tc:SAML:2.0:status:Requester";
const REQUEST_DENIED: &str = "urn:oasis:names:tc:SAML:2.0:status:RequestDenied";
