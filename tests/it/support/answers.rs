//! Answers of an identity provider that asks nobody, every part of which a test may change.

use ponte::assurance::class_ref::ClassRef;
use ponte::saml::signature::PublicKey;
use ponte::saml::upstream::check::Expected;
use ponte::saml::upstream::decryption::DecryptionKey;
use ponte::saml::upstream::profile::UpstreamProfile;
use ponte::saml::upstream::request::Request;
use ponte::saml::upstream::response::{Received, Refused, receive};
use ponte::world::signer::Signer as _;

use crate::support::forge::{Forge, PLACE};
use crate::support::keys::{self, Keys};

pub(crate) const PROVIDER: &str = "https://idp.example.org/saml";
pub(crate) const OURSELVES: &str = "https://sp.example.org/sp/main";
pub(crate) const CONSUMER: &str = "https://sp.example.org/sp/main/acs";
/// When the answer comes in; the request was made half a minute before.
pub(crate) const NOW: &str = "2026-11-22T00:10:03Z";

/// Where the assertion goes in a response.
pub(crate) const ASSERTION: &str = "@ASSERTION@";

/// An answer before it is signed, and how it will be.
#[derive(Clone)]
pub(crate) struct Answer {
    /// Without the assertion.
    pub(crate) response: String,
    pub(crate) assertion: String,
    /// How the response is signed, if it is.
    pub(crate) of_response: Option<Forge>,
    /// How the assertion is.
    pub(crate) of_assertion: Option<Forge>,
    /// Who signs the assertion.
    pub(crate) by: &'static Keys,
    /// What becomes of the assertion once it is signed.
    pub(crate) then: fn(String) -> String,
}

impl Answer {
    /// Right in everything, for level 2 in SPID.
    pub(crate) fn new() -> Self {
        Self {
            response: RESPONSE.to_owned(),
            assertion: ASSERTED.to_owned(),
            of_response: Some(Forge::default()),
            of_assertion: Some(Forge::default()),
            by: &keys::IDP,
            then: |assertion| assertion,
        }
    }

    /// The same without a signature of the response's own.
    pub(crate) fn plain() -> Self {
        Self { of_response: None, ..Self::new() }
    }

    /// With `from`, which is there, replaced in the response.
    pub(crate) fn response(mut self, from: &str, to: &str) -> Self {
        assert!(self.response.contains(from), "{from}");
        self.response = self.response.replacen(from, to, 1);
        self
    }

    /// With `from`, which is there, replaced in the assertion.
    pub(crate) fn assertion(mut self, from: &str, to: &str) -> Self {
        assert!(self.assertion.contains(from), "{from}");
        self.assertion = self.assertion.replacen(from, to, 1);
        self
    }

    /// As text, signed as it is to be.
    pub(crate) fn text(&self) -> String {
        let assertion = (self.then)(self.signed_assertion());
        let response = self.response.replace(ASSERTION, &assertion);
        match &self.of_response {
            Some(forge) => forge.seal(&response, "_response1", &keys::IDP),
            None => response.replace(PLACE, ""),
        }
    }

    /// The assertion, alone.
    pub(crate) fn signed_assertion(&self) -> String {
        match &self.of_assertion {
            Some(forge) => forge.seal(&self.assertion, "_assertion1", self.by),
            None => self.assertion.replace(PLACE, ""),
        }
    }
}

/// The request that the answers answer.
pub(crate) fn request() -> Request {
    Request::spid(
        "_request1".into(),
        "2026-11-22T00:09:33Z".parse().unwrap(),
        "https://idp.example.org/saml/sso".into(),
        OURSELVES.into(),
        ClassRef::SpidL2,
    )
}

/// What we say of `text` as the answer to [`request`], where `change` says what else is expected.
pub(crate) fn judge(
    text: &str,
    profile: UpstreamProfile,
    change: impl FnOnce(&mut Expected<'_>),
) -> Result<Received, Refused> {
    judge_with(text, profile, &[], change)
}

/// The same with keys that open what is encrypted.
pub(crate) fn judge_with(
    text: &str,
    profile: UpstreamProfile,
    decryption: &[DecryptionKey],
    change: impl FnOnce(&mut Expected<'_>),
) -> Result<Received, Refused> {
    let public = PublicKey::from_certificate_der(keys::IDP.signer.certificate()).unwrap();
    let (public, request) = ([public], Request { profile, ..request() });
    let mut expected = Expected::of(&request, PROVIDER, &public, CONSUMER);
    change(&mut expected);
    receive(text, &expected, decryption, NOW.parse().unwrap())
}

const RESPONSE: &str = r#"<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" Destination="https://sp.example.org/sp/main/acs" ID="_response1" InResponseTo="_request1" IssueInstant="2026-11-22T00:10:00Z" Version="2.0"><saml:Issuer Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity">https://idp.example.org/saml</saml:Issuer>@SIGNATURE@<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"></samlp:StatusCode></samlp:Status>@ASSERTION@</samlp:Response>"#;

const ASSERTED: &str = r#"<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ID="_assertion1" IssueInstant="2026-11-22T00:10:00Z" Version="2.0"><saml:Issuer Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity">https://idp.example.org/saml</saml:Issuer>@SIGNATURE@<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient" NameQualifier="https://idp.example.org/saml">_that-transient-name</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData InResponseTo="_request1" NotOnOrAfter="2026-11-22T00:15:00Z" Recipient="https://sp.example.org/sp/main/acs"></saml:SubjectConfirmationData></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="2026-11-22T00:09:33Z" NotOnOrAfter="2026-11-22T00:15:00Z"><saml:AudienceRestriction><saml:Audience>https://sp.example.org/sp/main</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="2026-11-22T00:09:59Z"><saml:AuthnContext><saml:AuthnContextClassRef>https://www.spid.gov.it/SpidL2</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement><saml:Attribute Name="fiscalNumber" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:basic"><saml:AttributeValue xsi:type="xs:string">TINIT-SPSDAA80A41H501J</saml:AttributeValue></saml:Attribute><saml:Attribute Name="name"><saml:AttributeValue xsi:type="xs:string">Ada</saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion>"#;
