//! Requests on their way in: who they are sent to, who may send them, and what came of them.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use ponte::identity::attributes::AttributeName;
use ponte::identity::name_id::NameIdKind;
use ponte::login::request::LocalName;
use ponte::saml::authn_request::{Received, Receiving, Rejected, Window, receive};
use ponte::saml::binding::{Binding, Inbound};
use ponte::saml::canonical;
use ponte::saml::enveloped::signature_method;
use ponte::saml::identity_provider::{IdentityProvider, Organization, SingleLogout, Supported};
use ponte::saml::partner::{
    Answers, AttributeSet, Consumer, LogoutService, Profile, ServiceProvider, WaysIn,
};
use ponte::saml::profile::check::Rules;
use ponte::saml::response::ReplyTo;
use ponte::saml::signature::PublicKey;
use ponte::saml::xml;
use ponte::world::digest::sha256;
use ponte::world::signer::Signer;

use crate::support::keys;
use crate::support::sp::{self, DESTINATION, GENERIC_ENTITY, SPID_ENTITY};

pub(crate) const IDP_ENTITY: &str = "https://idp.example.org/saml";
/// Where logouts go.
pub(crate) const SLO: &str = "https://idp.example.org/saml/slo";
/// Where responses to ours go.
pub(crate) const SLO_RESPONSE: &str = "https://idp.example.org/saml/slo/response";
/// When requests arrive.
pub(crate) const NOW: &str = "2026-11-22T00:10:03Z";
/// A registered service provider whose entry is switched off.
pub(crate) const DISABLED_ENTITY: &str = "https://sp.example.org/disabled";
/// Another one, with a key of its own.
pub(crate) const OTHER_ENTITY: &str = "https://other.example.org/spid";

pub(crate) fn now() -> DateTime<Utc> {
    NOW.parse().unwrap()
}

pub(crate) fn identity_provider() -> IdentityProvider {
    IdentityProvider {
        entity_id: IDP_ENTITY.into(),
        single_sign_on: DESTINATION.into(),
        single_logout: Some(SingleLogout {
            location: SLO.into(),
            response_location: Some(SLO_RESPONSE.into()),
        }),
        organization: Organization::default(),
        name_ids: vec![NameIdKind::Transient, NameIdKind::Persistent],
        attributes: AttributeName::ALL.to_vec(),
        supported: Supported::default(),
    }
}

/// The service providers that [`sp::Metadata`] describes, and two more.
pub(crate) fn partner(entity_id: &str) -> Option<Arc<ServiceProvider>> {
    let key = PublicKey::from_certificate_der(keys::SP.signer.certificate()).unwrap();
    let consumer = |index, path: &str| Consumer {
        index,
        location: format!("https://sp.example.org/{path}"),
        is_default: index == 0,
    };
    let logout = |binding, path: &str| LogoutService {
        binding,
        location: format!("https://sp.example.org/{path}"),
        response_location: (binding == Binding::Redirect)
            .then(|| format!("https://sp.example.org/{path}/response")),
    };
    let set = |index, name: &str, attributes: &[AttributeName]| AttributeSet {
        index,
        is_default: false,
        name: LocalName { it: Some(name.into()), en: None },
        attributes: attributes.to_vec(),
    };
    let spid = ServiceProvider {
        entity_id: SPID_ENTITY.into(),
        profile: Profile::Spid,
        organization: LocalName { it: Some("Ente di esempio".into()), en: None },
        keys: vec![key],
        consumers: vec![consumer(0, "spid/acs"), consumer(1, "spid/acs2")],
        attribute_sets: vec![
            set(0, "Servizio uno", &[AttributeName::Name, AttributeName::FiscalNumber]),
            set(1, "Servizio due", &[AttributeName::Email]),
        ],
        logouts: vec![logout(Binding::Post, "slo"), logout(Binding::Redirect, "slo")],
        name_ids: vec![NameIdKind::Transient],
        encryption_keys: Vec::new(),
        answers: Answers::default(),
        valid_until: None,
        minimum_level: None,
        single_sign_on: None,
        disabled: false,
        ways: WaysIn::default(),
    };
    let found = match entity_id {
        SPID_ENTITY => spid,
        GENERIC_ENTITY => ServiceProvider {
            entity_id: GENERIC_ENTITY.into(),
            profile: Profile::Generic,
            consumers: vec![consumer(0, "generic/acs"), consumer(1, "generic/acs2")],
            attribute_sets: Vec::new(),
            name_ids: vec![NameIdKind::Persistent, NameIdKind::Transient],
            ..spid
        },
        DISABLED_ENTITY => {
            ServiceProvider { entity_id: DISABLED_ENTITY.into(), disabled: true, ..spid }
        }
        OTHER_ENTITY => ServiceProvider {
            entity_id: OTHER_ENTITY.into(),
            keys: vec![
                PublicKey::from_certificate_der(keys::SP_ECDSA.signer.certificate()).unwrap(),
            ],
            ..spid
        },
        _ => return None,
    };
    Some(Arc::new(found))
}

/// Receives at [`NOW`].
pub(crate) fn arrive(inbound: Inbound<'_>) -> Result<Received, Rejected> {
    arrive_at(inbound, now())
}

pub(crate) fn arrive_at(inbound: Inbound<'_>, now: DateTime<Utc>) -> Result<Received, Rejected> {
    let identity_provider = identity_provider();
    let at = Receiving { identity_provider: &identity_provider, now, window: Window::default() };
    receive(inbound, &at, partner)
}

pub(crate) fn arrive_by_redirect(query: &str) -> Result<Received, Rejected> {
    arrive(Inbound::Redirect { query })
}

pub(crate) fn arrive_by_post(form: &str) -> Result<Received, Rejected> {
    arrive(Inbound::Post { form })
}

/// The body of a form that carries `xml`.
pub(crate) fn form(xml: &str, relay_state: Option<&str>) -> String {
    let mut form = format!("SAMLRequest={}", escape(&STANDARD.encode(xml)));
    if let Some(relay_state) = relay_state {
        form += &format!("&RelayState={}", escape(relay_state));
    }
    form
}

pub(crate) fn escape(value: &str) -> String {
    utf8_percent_encode(value, NON_ALPHANUMERIC).to_string()
}

/// What came of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Verdict {
    /// A login begins.
    Accepted,
    /// The service provider is told, by this number of SPID's table.
    Told(u16),
    /// Only the browser is told, by this number.
    Page(u16),
}

/// The verdict; and whatever it is, an answer goes to a registered consumer or nowhere.
pub(crate) fn verdict(outcome: &Result<Received, Rejected>) -> Verdict {
    match outcome {
        Ok(received) => {
            let reply_to = ReplyTo::decode(&received.request.reply_to).unwrap();
            assert_registered(&received.partner, &reply_to);
            Verdict::Accepted
        }
        Err(Rejected::Registered { fault, reply_to, partner, .. }) => {
            let reply_to = ReplyTo::decode(reply_to).unwrap();
            assert_registered(partner, &reply_to);
            if fault.kind.number() == 16 {
                assert_eq!(reply_to.consumer, partner.default_consumer().unwrap().location);
            }
            Verdict::Told(fault.kind.number())
        }
        Err(Rejected::Browser { fault, http_status, .. }) => {
            assert_eq!(*http_status, 403, "{fault:?}");
            Verdict::Page(fault.kind.number())
        }
    }
}

fn assert_registered(partner: &ServiceProvider, reply_to: &ReplyTo) {
    assert!(partner.consumers.iter().any(|consumer| consumer.location == reply_to.consumer));
    assert_eq!(reply_to.entity_id, partner.entity_id);
}

/// Signs text that no writer of ours would write; the signature goes after the first `Issuer`.
pub(crate) fn sign_text(xml: &str, signer: &dyn Signer) -> String {
    sign_edited(xml, signer, |info| info)
}

/// The same over a `SignedInfo` that `edit` changed, which must stay canonical.
pub(crate) fn sign_edited(
    xml: &str,
    signer: &dyn Signer,
    edit: impl FnOnce(String) -> String,
) -> String {
    let info = edit(signed_info(xml, signer));
    let value = signer.sign(info.as_bytes()).unwrap();
    envelop(xml, &signature(&info, &value, ""))
}

/// `xml` with `signature` after its first `Issuer`.
pub(crate) fn envelop(xml: &str, signature: &str) -> String {
    let at = issuer_end(xml).unwrap();
    format!("{}{signature}{}", &xml[..at], &xml[at..])
}

/// Where the first `Issuer` ends, whatever its prefix.
fn issuer_end(xml: &str) -> Option<usize> {
    xml.match_indices("</").find_map(|(at, _)| {
        let end = at + xml[at..].find('>')?;
        xml[at + 2..end].ends_with("Issuer").then_some(end + 1)
    })
}

/// A `Signature` of these parts; `after` is what follows the value.
pub(crate) fn signature(info: &str, value: &[u8], after: &str) -> String {
    let value = STANDARD.encode(value);
    format!(
        "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">{info}\
         <ds:SignatureValue>{value}</ds:SignatureValue>{after}</ds:Signature>"
    )
}

/// A `SignedInfo` over the whole of `xml`, canonical.
pub(crate) fn signed_info(xml: &str, signer: &dyn Signer) -> String {
    let document = xml::parse(xml).unwrap();
    let root = document.root_element();
    let mut octets = String::new();
    canonical::write(root, None, &[], &mut octets);
    format!(
        "<ds:SignedInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">\
         <ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:CanonicalizationMethod>\
         <ds:SignatureMethod Algorithm=\"{}\"></ds:SignatureMethod>\
         <ds:Reference URI=\"#{}\"><ds:Transforms>\
         <ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"></ds:Transform>\
         <ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:Transform>\
         </ds:Transforms>\
         <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"></ds:DigestMethod>\
         <ds:DigestValue>{}</ds:DigestValue></ds:Reference></ds:SignedInfo>",
        signature_method(signer.algorithm()),
        root.attribute("ID").unwrap(),
        STANDARD.encode(sha256(octets.as_bytes())),
    )
}

/// How a request differs from a good one.
pub(crate) enum Change {
    /// In its values.
    Values(fn(&mut sp::AuthnRequest)),
    /// In its text, before it is signed.
    Text(fn(&str) -> String),
}

/// One row of a table of requests.
pub(crate) struct Row {
    /// The row of the rules that it is about.
    pub(crate) of: &'static str,
    /// How it differs from a good request, in that alone.
    pub(crate) what: &'static str,
    pub(crate) change: Change,
    pub(crate) redirect: Verdict,
    pub(crate) post: Verdict,
}

/// The demands of `rules` that no row breaks.
pub(crate) fn unbroken(rules: &Rules, rows: &[Row], good: &sp::AuthnRequest) -> Vec<&'static str> {
    let broken: Vec<&str> = rows
        .iter()
        .filter_map(|row| {
            let query = sp::redirect(&row.unsigned(good), None, &keys::SP.signer);
            match arrive_by_redirect(&query) {
                Ok(_) => None,
                Err(Rejected::Browser { fault, .. } | Rejected::Registered { fault, .. }) => {
                    Some(fault.rule)
                }
            }
        })
        .collect();
    rules.checks.iter().map(|check| check.rule).filter(|rule| !broken.contains(rule)).collect()
}

impl Row {
    fn unsigned(&self, good: &sp::AuthnRequest) -> String {
        let mut request = good.clone();
        match self.change {
            Change::Values(change) => {
                change(&mut request);
                request.unsigned()
            }
            Change::Text(change) => change(&request.unsigned()),
        }
    }

    /// Sends the row's request both ways; answers what is not as it should be.
    pub(crate) fn run(&self, good: &sp::AuthnRequest) -> Vec<String> {
        let signer = &keys::SP.signer;
        let unsigned = self.unsigned(good);
        let by_redirect =
            verdict(&arrive_by_redirect(&sp::redirect(&unsigned, Some("handle"), signer)));
        let mut wrong = Vec::new();
        if by_redirect != self.redirect {
            wrong.push(format!(
                "{}, {}, by redirect: {by_redirect:?}, not {:?}",
                self.of, self.what, self.redirect
            ));
        }
        // Without an ID or an Issuer nothing can be signed from within.
        let signable = xml::parse(&unsigned)
            .is_ok_and(|document| document.root_element().has_attribute("ID"))
            && issuer_end(&unsigned).is_some();
        if signable {
            let signed = sign_text(&unsigned, signer);
            let by_post = verdict(&arrive_by_post(&form(&signed, Some("handle"))));
            if by_post != self.post {
                wrong.push(format!(
                    "{}, {}, by post: {by_post:?}, not {:?}",
                    self.of, self.what, self.post
                ));
            }
        }
        wrong
    }
}
