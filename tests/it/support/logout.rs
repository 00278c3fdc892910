//! Logout messages made up for the tests, every part of which a test may change.

use std::fmt::Write as _;

use ponte::saml::authn_request::{Receiving, Window};
use ponte::saml::binding::Inbound;
use ponte::saml::logout::receive::{Received, Rejected, receive};
use ponte::world::signer::Signer;

use crate::support::requests::{
    IDP_ENTITY, NOW, SLO, SLO_RESPONSE, escape, identity_provider, now, partner, sign_text,
};
use crate::support::sp::{GENERIC_ENTITY, SPID_ENTITY, redirect_as};

pub(crate) const ENTITY_FORMAT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity";
pub(crate) const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
pub(crate) const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";

/// A `LogoutRequest` or `LogoutResponse`; good until a test changes it.
#[derive(Clone, Debug)]
pub(crate) struct Logout {
    /// `LogoutRequest` or `LogoutResponse`.
    pub(crate) element: &'static str,
    pub(crate) id: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) issue_instant: Option<String>,
    pub(crate) destination: Option<String>,
    pub(crate) not_on_or_after: Option<String>,
    pub(crate) in_response_to: Option<String>,
    pub(crate) issuer: String,
    pub(crate) issuer_format: Option<String>,
    /// The `NameID`'s text; its format, qualifier and the qualifier of the service provider.
    pub(crate) name_id: Option<String>,
    pub(crate) name: [Option<String>; 3],
    pub(crate) indexes: Vec<String>,
    pub(crate) status: Vec<String>,
    /// What stands after the `Issuer`.
    pub(crate) extra: String,
}

impl Logout {
    /// A SPID service provider's request at [`NOW`].
    pub(crate) fn request(id: &str) -> Self {
        Self {
            element: "LogoutRequest",
            id: Some(id.into()),
            version: Some("2.0".into()),
            issue_instant: Some(NOW.into()),
            destination: Some(SLO.into()),
            not_on_or_after: None,
            in_response_to: None,
            issuer: SPID_ENTITY.into(),
            issuer_format: Some(ENTITY_FORMAT.into()),
            name_id: Some("_name-of-anna".into()),
            name: [Some(TRANSIENT.into()), Some(IDP_ENTITY.into()), None],
            indexes: vec!["_index-1".into()],
            status: Vec::new(),
            extra: String::new(),
        }
    }

    /// A SPID service provider's response at [`NOW`] to `in_response_to`.
    pub(crate) fn response(id: &str, in_response_to: &str) -> Self {
        Self {
            element: "LogoutResponse",
            destination: Some(SLO_RESPONSE.into()),
            in_response_to: Some(in_response_to.into()),
            name_id: None,
            indexes: Vec::new(),
            status: vec![SUCCESS.into()],
            ..Self::request(id)
        }
    }

    /// The same of a plain service provider.
    pub(crate) fn generic(self) -> Self {
        Self { issuer: GENERIC_ENTITY.into(), issuer_format: None, ..self }
    }

    pub(crate) fn parameter(&self) -> &'static str {
        if self.element == "LogoutRequest" { "SAMLRequest" } else { "SAMLResponse" }
    }

    pub(crate) fn xml(&self) -> String {
        let attributes = |pairs: &[(&str, &Option<String>)]| {
            pairs.iter().fold(String::new(), |mut all, (name, value)| {
                if let Some(value) = value {
                    write!(all, " {name}=\"{value}\"").unwrap();
                }
                all
            })
        };
        let head = attributes(&[
            ("Destination", &self.destination),
            ("ID", &self.id),
            ("InResponseTo", &self.in_response_to),
            ("IssueInstant", &self.issue_instant),
            ("NotOnOrAfter", &self.not_on_or_after),
            ("Version", &self.version),
        ]);
        let [format, qualifier, sp_qualifier] = &self.name;
        let name = self.name_id.as_ref().map_or(String::new(), |name| {
            let attributes = attributes(&[
                ("Format", format),
                ("NameQualifier", qualifier),
                ("SPNameQualifier", sp_qualifier),
            ]);
            format!("<saml:NameID{attributes}>{name}</saml:NameID>")
        });
        let indexes: String = self
            .indexes
            .iter()
            .map(|index| format!("<samlp:SessionIndex>{index}</samlp:SessionIndex>"))
            .collect();
        let codes = self.status.iter().rev().fold(String::new(), |inner, code| {
            format!("<samlp:StatusCode Value=\"{code}\">{inner}</samlp:StatusCode>")
        });
        let status = if self.element == "LogoutResponse" {
            format!("<samlp:Status>{codes}</samlp:Status>")
        } else {
            String::new()
        };
        format!(
            "<samlp:{0} xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\"{head}>\
             <saml:Issuer xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"{1}>{2}</saml:Issuer>\
             {3}{4}{indexes}{status}</samlp:{0}>",
            self.element,
            attributes(&[("Format", &self.issuer_format)]),
            self.issuer,
            self.extra,
            name.replacen(
                "<saml:NameID",
                "<saml:NameID xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"",
                1
            ),
        )
    }

    pub(crate) fn redirect(&self, relay_state: Option<&str>, signer: &dyn Signer) -> String {
        redirect_as(self.parameter(), &self.xml(), relay_state, signer)
    }

    pub(crate) fn post(&self, relay_state: Option<&str>, signer: &dyn Signer) -> String {
        form_as(self.parameter(), &sign_text(&self.xml(), signer), relay_state)
    }
}

/// The body of a form that carries `xml` as `parameter`.
pub(crate) fn form_as(parameter: &str, xml: &str, relay_state: Option<&str>) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let mut form = format!("{parameter}={}", escape(&STANDARD.encode(xml)));
    if let Some(relay_state) = relay_state {
        form += &format!("&RelayState={}", escape(relay_state));
    }
    form
}

/// Receives at [`NOW`].
pub(crate) fn arrive(inbound: Inbound<'_>) -> Result<Received, Rejected> {
    let identity_provider = identity_provider();
    let at =
        Receiving { identity_provider: &identity_provider, now: now(), window: Window::default() };
    receive(inbound, &at, partner)
}

pub(crate) fn by_redirect(query: &str) -> Result<Received, Rejected> {
    arrive(Inbound::Redirect { query })
}

pub(crate) fn by_post(form: &str) -> Result<Received, Rejected> {
    arrive(Inbound::Post { form })
}
