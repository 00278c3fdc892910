//! Requests, good and spoiled, and how they go on the wire.

use std::io::{self, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use clap::ValueEnum;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use ponte::saml::enveloped::{self, signature_method};
use ponte::saml::writer::Element;
use ponte::world::signer::Signer;

use crate::agent::{Agent, Page};
use crate::setup::Setup;

/// How a request goes to the provider.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Binding {
    Redirect,
    Post,
}

impl Binding {
    pub(crate) const ALL: [Self; 2] = [Self::Redirect, Self::Post];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Redirect => "redirect",
            Self::Post => "post",
        }
    }
}

/// A request, every part of which a case may change.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) id: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) issue_instant: Option<String>,
    pub(crate) destination: Option<String>,
    pub(crate) force_authn: Option<String>,
    pub(crate) is_passive: Option<String>,
    pub(crate) consumer_index: Option<String>,
    pub(crate) consumer_url: Option<String>,
    pub(crate) protocol_binding: Option<String>,
    pub(crate) attribute_index: Option<String>,
    pub(crate) issuer: Option<String>,
    pub(crate) issuer_format: Option<String>,
    pub(crate) name_id_format: Option<String>,
    pub(crate) has_policy: bool,
    pub(crate) has_context: bool,
    pub(crate) comparison: Option<String>,
    pub(crate) classes: Vec<String>,
    pub(crate) purpose: Option<String>,
    /// An element where the schema has none.
    pub(crate) stray: bool,
    pub(crate) spoil: Spoil,
}

/// What is wrong with the message beyond what it says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Spoil {
    Nothing,
    /// No SAMLRequest is sent.
    NoMessage,
    /// SAMLRequest is no base64.
    Gibberish,
    /// Nobody signed.
    Unsigned,
    /// The algorithm of the signature is not said (redirect).
    NoAlgorithm,
    /// A key signed that nobody registered.
    Stranger,
    /// The message was changed after it was signed.
    Changed,
    /// A message of the other binding's form: what belongs in a query is posted.
    WrongMethod,
}

pub(crate) const POST_BINDING: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
pub(crate) const ENTITY: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity";
pub(crate) const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
pub(crate) const RELAY_STATE: &str = "state-of-the-judge";

impl Ask {
    /// A request by the rules, for SpidL1, answered at a consumer that is not the default.
    pub(crate) fn good(setup: &Setup, binding: Binding, now: DateTime<Utc>, id: String) -> Self {
        let destination = match binding {
            Binding::Redirect => &setup.provider.redirect,
            Binding::Post => &setup.provider.post,
        };
        Self {
            id: Some(id),
            version: Some("2.0".into()),
            issue_instant: Some(now.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()),
            destination: Some(destination.clone()),
            force_authn: Some("true".into()),
            is_passive: None,
            consumer_index: Some(setup.service.asked_consumer().index.clone()),
            consumer_url: None,
            protocol_binding: None,
            attribute_index: setup.service.attribute_sets.first().cloned(),
            issuer: Some(setup.service.entity_id.clone()),
            issuer_format: Some(ENTITY.into()),
            name_id_format: Some(TRANSIENT.into()),
            has_policy: true,
            has_context: true,
            comparison: Some("minimum".into()),
            classes: vec![class(1)],
            purpose: None,
            stray: false,
            spoil: Spoil::Nothing,
        }
    }

    pub(crate) fn by_url(&mut self, url: &str) {
        self.consumer_index = None;
        self.consumer_url = Some(url.to_owned());
        self.protocol_binding = Some(POST_BINDING.into());
    }

    /// The ID that an answer must refer to: one that may be repeated.
    pub(crate) fn answerable_id(&self) -> Option<&str> {
        let id = self.id.as_deref()?;
        id.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_').then_some(id)
    }

    /// Sends it, and follows wherever that leads.
    pub(crate) fn send(
        &self,
        agent: &mut Agent,
        setup: &Setup,
        binding: Binding,
    ) -> io::Result<Page> {
        let signer: &dyn Signer = match self.spoil {
            Spoil::Stranger => &setup.service.stranger,
            _ => &setup.service.signer,
        };
        match binding {
            Binding::Redirect => {
                let query = self.query(signer)?;
                let url = format!("{}?{query}", setup.provider.redirect);
                if self.spoil == Spoil::WrongMethod {
                    return agent.post(&url, &[]);
                }
                agent.get(&url)
            }
            Binding::Post => agent.post(&setup.provider.post, &self.fields(signer)?),
        }
    }

    fn query(&self, signer: &dyn Signer) -> io::Result<String> {
        let xml = self.element().write().map_err(io::Error::other)?.into_string();
        let escape = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let message = match self.spoil {
            Spoil::Gibberish => "%%%".to_owned(),
            _ => deflate(&xml)?,
        };
        let mut query = format!("SAMLRequest={}&RelayState={RELAY_STATE}", escape(&message));
        if self.spoil == Spoil::NoMessage {
            query = format!("RelayState={RELAY_STATE}");
        }
        if self.spoil == Spoil::Unsigned {
            return Ok(query);
        }
        query += &format!("&SigAlg={}", escape(signature_method(signer.algorithm())));
        let signature = STANDARD.encode(signer.sign(query.as_bytes()).map_err(io::Error::other)?);
        if self.spoil == Spoil::NoAlgorithm {
            query = query.split("&SigAlg=").next().unwrap_or_default().to_owned();
        }
        if self.spoil == Spoil::Changed {
            let other =
                Self { version: Some("2.00".into()), spoil: Spoil::Nothing, ..self.clone() };
            let xml = other.element().write().map_err(io::Error::other)?.into_string();
            query = query.replacen(&escape(&message), &escape(&deflate(&xml)?), 1);
        }
        Ok(format!("{query}&Signature={}", escape(&signature)))
    }

    fn fields(&self, signer: &dyn Signer) -> io::Result<Vec<(String, String)>> {
        let element = self.element();
        let xml = match self.spoil {
            Spoil::Unsigned => element.write().map_err(io::Error::other)?.into_string(),
            _ => enveloped::sign(&element, signer).map_err(io::Error::other)?.into_string(),
        };
        let xml = match self.spoil {
            Spoil::Changed => xml.replacen("ForceAuthn=\"true\"", "ForceAuthn=\"1\"", 1),
            _ => xml,
        };
        let message = match self.spoil {
            Spoil::Gibberish => "%%%".to_owned(),
            _ => STANDARD.encode(xml),
        };
        let mut fields = vec![("RelayState".to_owned(), RELAY_STATE.to_owned())];
        if self.spoil != Spoil::NoMessage {
            fields.push(("SAMLRequest".to_owned(), message));
        }
        Ok(fields)
    }

    fn element(&self) -> Element<'_> {
        let issuer = self.issuer.as_ref().map(|issuer| {
            Element::new("saml:Issuer")
                .attribute_if("Format", self.issuer_format.as_deref())
                .attribute("NameQualifier", issuer.as_str())
                .text(issuer.as_str())
        });
        let extensions = self.purpose.as_ref().map(|purpose| {
            Element::new("samlp:Extensions")
                .child(Element::new("spid:Purpose").text(purpose.as_str()))
        });
        let policy = self.has_policy.then(|| {
            Element::new("samlp:NameIDPolicy")
                .attribute_if("Format", self.name_id_format.as_deref())
        });
        let context = self.has_context.then(|| {
            let classes = self
                .classes
                .iter()
                .map(|class| Element::new("saml:AuthnContextClassRef").text(class.as_str()));
            Element::new("samlp:RequestedAuthnContext")
                .attribute_if("Comparison", self.comparison.as_deref())
                .children(classes)
        });
        let stray = self.stray.then(|| Element::new("samlp:NameIDPolicy"));
        Element::new("samlp:AuthnRequest")
            .attribute_if("ID", self.id.as_deref())
            .attribute_if("Version", self.version.as_deref())
            .attribute_if("IssueInstant", self.issue_instant.as_deref())
            .attribute_if("Destination", self.destination.as_deref())
            .attribute_if("ForceAuthn", self.force_authn.as_deref())
            .attribute_if("IsPassive", self.is_passive.as_deref())
            .attribute_if("AssertionConsumerServiceIndex", self.consumer_index.as_deref())
            .attribute_if("AssertionConsumerServiceURL", self.consumer_url.as_deref())
            .attribute_if("ProtocolBinding", self.protocol_binding.as_deref())
            .attribute_if("AttributeConsumingServiceIndex", self.attribute_index.as_deref())
            .child_if(issuer)
            .signature_here()
            .child_if(extensions)
            .child_if(policy)
            .child_if(context)
            .child_if(stray)
    }
}

/// SPID's class of `level`.
pub(crate) fn class(level: u8) -> String {
    format!("https://www.spid.gov.it/SpidL{level}")
}

/// Raw DEFLATE, then base64.
fn deflate(xml: &str) -> io::Result<String> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(xml.as_bytes())?;
    Ok(STANDARD.encode(encoder.finish()?))
}
