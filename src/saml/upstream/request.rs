//! The `AuthnRequest` that we send (SAML Core §3.4.1, spid-saml §1.1, §1.7).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat, SubsecRound, Utc};

use crate::assurance::class_ref::ClassRef;
use crate::assurance::requirement::Comparison;
use crate::identity::kind::Purpose;
use crate::saml::binding::{self, Binding, Parameter};
use crate::saml::enveloped::{self, EnvelopError};
use crate::saml::logout::write::Dispatch;
use crate::saml::names;
use crate::saml::pen::WriteError;
use crate::saml::upstream::profile::{UpstreamProfile, spid_level};
use crate::saml::writer::Element;
use crate::world::signer::{SignError, Signer};

/// A request to log somebody in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    /// Whose rules it is written by.
    pub profile: UpstreamProfile,
    /// Its ID, an NCName that nobody can guess; what the answer must name.
    pub id: String,
    /// When it is made; written to the millisecond.
    pub issue_instant: DateTime<Utc>,
    /// The address of the identity provider that takes it.
    pub destination: String,
    /// Our entityID.
    pub issuer: String,
    /// The classes that will do, URIs; of SPID, CIE and the eIDAS node exactly one of SPID's. Empty asks for
    /// none in particular, in plain SAML alone.
    pub classes: Vec<String>,
    /// How they bind; never `better`, which no two parties read alike (spid-saml §1.2).
    pub comparison: Comparison,
    /// Whether the person must show themselves anew, even if the profile does not ask for it.
    pub force_authn: bool,
    /// Whether nobody may be asked anything; plain SAML alone (spid-saml §3, nr15).
    pub passive: bool,
    /// Where the answer goes.
    pub consumer: ConsumerChoice,
    /// The index in our metadata of the attributes asked for; SPID's validator wants one.
    pub attributes: Option<u16>,
    /// The format of name that is wished for, a URI; in plain SAML alone, the others have transient names.
    pub name_id_format: Option<String>,
    /// How far the request may be passed on, where that is to be said (SAML Core §3.4.1.2).
    pub scoping: Option<Scoping>,
    /// What an identity is wanted for (Avviso 18); SPID alone.
    pub purpose: Option<Purpose>,
}

/// How a request names the place for its answer: by one of these, never both (spid-saml §1.1).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ConsumerChoice {
    /// By its index in our metadata.
    Index(u16),
    /// By its address, to which the answer goes by HTTP-POST.
    Url(String),
}

/// `Scoping`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Scoping {
    /// How often it may be passed on; SPID knows 0 alone.
    pub proxy_count: Option<u16>,
    /// Who asked us, entityIDs; not used in SPID.
    pub requesters: Vec<String>,
}

/// A request on its way through the browser.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sent {
    /// The message, for the register: as posted, or as it was before it was deflated.
    pub xml: String,
    /// How it goes.
    pub by: Dispatch,
}

/// A request that is not made.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// What was asked for cannot be said in this profile.
    #[error("{0}")]
    Rule(&'static str),
    /// A value has a character that XML cannot carry.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// It cannot be signed in its place.
    #[error(transparent)]
    Envelop(#[from] EnvelopError),
    /// The key does not sign.
    #[error(transparent)]
    Sign(#[from] SignError),
}

impl Request {
    /// A request of SPID's for at least `class`, with the answer to the consumer and the attribute set of index 0.
    #[must_use]
    pub fn spid(
        id: String,
        issue_instant: DateTime<Utc>,
        destination: String,
        issuer: String,
        class: ClassRef,
    ) -> Self {
        Self {
            profile: UpstreamProfile::Spid,
            id,
            issue_instant,
            destination,
            issuer,
            classes: vec![class.uri().to_owned()],
            comparison: Comparison::Minimum,
            force_authn: false,
            passive: false,
            consumer: ConsumerChoice::Index(0),
            attributes: Some(0),
            name_id_format: None,
            scoping: None,
            purpose: None,
        }
    }

    /// Whether it makes the person show themselves anew: above level 1 in SPID and at the eIDAS node, always
    /// with the card, else where it is wished for (spid-saml §1.1, §1.7). The answer is judged by it.
    #[must_use]
    pub fn forces(&self) -> bool {
        let above = || self.classes.iter().any(|class| spid_level(class) != Some(0));
        match self.profile {
            UpstreamProfile::Spid | UpstreamProfile::Ficep => self.force_authn || above(),
            UpstreamProfile::Cie => true,
            UpstreamProfile::Saml2 => self.force_authn,
        }
    }

    /// The signed request and how the browser carries it; `relay_state` is an opaque handle of ours: at most 80
    /// letters, digits and `-._~`, which no encoding changes (SAML Bindings §3.4.3, spid-saml §1.4).
    ///
    /// # Errors
    /// When the profile has no such request, a value has a character that XML cannot carry, or the key does not sign.
    pub fn send(
        &self,
        by: Binding,
        relay_state: &str,
        signer: &dyn Signer,
    ) -> Result<Sent, RequestError> {
        if !is_handle(relay_state) {
            return Err(RequestError::Rule("the RelayState must be an opaque handle"));
        }
        match by {
            Binding::Redirect => {
                let xml = self.unsigned()?;
                let (to, state) = (self.destination.as_str(), Some(relay_state));
                let url = binding::redirect_url(to, Parameter::SamlRequest, &xml, state, signer)?;
                Ok(Sent { xml, by: Dispatch::Redirect { url } })
            }
            Binding::Post => {
                let xml = self.signed(signer)?;
                let by = Dispatch::Post {
                    action: self.destination.clone(),
                    parameter: Parameter::SamlRequest,
                    message: STANDARD.encode(&xml),
                    relay_state: Some(relay_state.to_owned()),
                };
                Ok(Sent { xml, by })
            }
        }
    }

    /// As text without a signature, for HTTP-Redirect, where it is in the query.
    ///
    /// # Errors
    /// When the profile has no such request, or a value has a character that XML cannot carry.
    pub fn unsigned(&self) -> Result<String, RequestError> {
        self.check()?;
        Ok(self.element().write()?.into_string())
    }

    /// As text with its signature inside, for HTTP-POST.
    ///
    /// # Errors
    /// When the profile has no such request, a value has a character that XML cannot carry, or the key does not sign.
    pub fn signed(&self, signer: &dyn Signer) -> Result<String, RequestError> {
        self.check()?;
        Ok(enveloped::sign(&self.element(), signer)?.into_string())
    }

    /// What the profile would not take (spid-saml §1.1, §1.7).
    fn check(&self) -> Result<(), RequestError> {
        let rule = |broken: bool, rule| if broken { Err(RequestError::Rule(rule)) } else { Ok(()) };
        rule(self.comparison == Comparison::Better, "Comparison is never better")?;
        if self.profile == UpstreamProfile::Saml2 {
            return Ok(());
        }
        let [class] = &self.classes[..] else {
            return Err(RequestError::Rule("exactly one class is asked for"));
        };
        rule(spid_level(class).is_none(), "the class is one of SPID's three")?;
        rule(self.passive, "IsPassive is not used")?;
        rule(self.name_id_format.is_some(), "names are transient")?;
        let scoping = self.scoping.as_ref();
        let passes_on = |scoping: &Scoping| {
            scoping.proxy_count.unwrap_or(0) > 0 || !scoping.requesters.is_empty()
        };
        rule(scoping.is_some_and(passes_on), "ProxyCount is 0, RequesterID is not used")?;
        let is_cie = self.profile == UpstreamProfile::Cie;
        let is_maximum = self.comparison == Comparison::Maximum;
        rule(is_cie && is_maximum, "Comparison is exact or minimum for the card")?;
        let purpose = self.purpose.is_some() && self.profile != UpstreamProfile::Spid;
        rule(purpose, "a Purpose is SPID's alone")
    }

    fn element(&self) -> Element<'_> {
        let force = self.forces().then_some("true");
        let (index, url) = match &self.consumer {
            ConsumerChoice::Index(index) => (Some(index.to_string()), None),
            ConsumerChoice::Url(url) => (None, Some(url.as_str())),
        };
        Element::new("samlp:AuthnRequest")
            .attribute("ID", self.id.as_str())
            .attribute("Version", "2.0")
            .attribute("IssueInstant", instant(self.issue_instant))
            .attribute("Destination", self.destination.as_str())
            .attribute_if("ForceAuthn", force)
            .attribute_if("IsPassive", self.passive.then_some("true"))
            .attribute_if("AssertionConsumerServiceIndex", index)
            .attribute_if("AssertionConsumerServiceURL", url)
            .attribute_if("ProtocolBinding", url.map(|_| names::HTTP_POST))
            .attribute_if(
                "AttributeConsumingServiceIndex",
                self.attributes.map(|set| set.to_string()),
            )
            .child(issuer(self.profile, &self.issuer))
            .signature_here()
            .child_if(self.purpose.map(|purpose| {
                let purpose = Element::new("spid:Purpose").text(purpose.as_str());
                Element::new("samlp:Extensions").child(purpose)
            }))
            .child_if(self.name_id_policy())
            .child_if(self.context())
            .child_if(self.scoping.as_ref().map(scope))
    }

    /// SPID wants `transient` and no `AllowCreate` (Avviso 5); plain SAML may leave the choice to the other.
    fn name_id_policy(&self) -> Option<Element<'_>> {
        let policy = |format| Element::new("samlp:NameIDPolicy").attribute("Format", format);
        match (self.profile, &self.name_id_format) {
            (UpstreamProfile::Saml2, format) => {
                format.as_deref().map(|format| policy(format).attribute("AllowCreate", "true"))
            }
            _ => Some(policy(names::FORMAT_TRANSIENT)),
        }
    }

    fn context(&self) -> Option<Element<'_>> {
        let comparison = match self.comparison {
            Comparison::Exact => "exact",
            Comparison::Minimum | Comparison::Better => "minimum",
            Comparison::Maximum => "maximum",
        };
        let classes = self
            .classes
            .iter()
            .map(|class| Element::new("saml:AuthnContextClassRef").text(class.as_str()));
        (!self.classes.is_empty()).then(|| {
            Element::new("samlp:RequestedAuthnContext")
                .attribute("Comparison", comparison)
                .children(classes)
        })
    }
}

/// Ourselves as the sender of a message: SPID wants the format and the qualifier (spid-saml §1.1, §1.5); plain SAML has
/// no qualifier there (SAML Core §8.3.6).
pub(super) fn issuer(profile: UpstreamProfile, entity_id: &str) -> Element<'_> {
    let name = Element::new("saml:Issuer").text(entity_id);
    match profile {
        UpstreamProfile::Saml2 => name,
        _ => name.attribute("Format", names::FORMAT_ENTITY).attribute("NameQualifier", entity_id),
    }
}

fn scope(scoping: &Scoping) -> Element<'_> {
    let requesters = scoping
        .requesters
        .iter()
        .map(|requester| Element::new("samlp:RequesterID").text(requester.as_str()));
    Element::new("samlp:Scoping")
        .attribute_if("ProxyCount", scoping.proxy_count.map(|count| count.to_string()))
        .children(requesters)
}

fn is_handle(relay_state: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    (1..=80).contains(&relay_state.len()) && relay_state.bytes().all(is_plain)
}

/// UTC with milliseconds (spid-saml §1.6).
pub(super) fn instant(at: DateTime<Utc>) -> String {
    at.trunc_subsecs(3).to_rfc3339_opts(SecondsFormat::Millis, true)
}
