//! Answers to requests: the `Response` and the form that carries it (SAML Profiles §4.1.4).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat, SubsecRound, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::assurance::class_ref::ClassRef;
use crate::identity::attributes::AttributeName;
use crate::identity::name_id::{NameId, NameIdKind};
use crate::identity::release::Released;
use crate::login::outcome::Authenticated;
use crate::saml::attribute_names::{self, Renamed};
use crate::saml::binding::Binding;
use crate::saml::encryption::{EncryptionError, EncryptionKey};
use crate::saml::enveloped::{self, EnvelopError};
use crate::saml::identity_provider::IdentityProvider;
use crate::saml::names;
use crate::saml::partner::{Profile, ServiceProvider};
use crate::saml::pen::{Pen, WriteError, Written};
use crate::saml::status::{self, Status};
use crate::world::random::Random;
use crate::world::signer::Signer;

/// What of a request its answer needs; made when the request is received, and
/// kept in [`LoginRequest::reply_to`](crate::login::request::LoginRequest) meanwhile.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ReplyTo {
    /// The rules to answer by.
    pub profile: Profile,
    /// The request's ID; empty if it had none that may be repeated, and the answer then bears none.
    pub in_response_to: String,
    /// The request's IssueInstant.
    pub issue_instant: DateTime<Utc>,
    /// How the request came.
    pub binding: Binding,
    /// The service provider's entityID.
    pub entity_id: String,
    /// Where the answer goes: the location of a consumer of its metadata, exactly.
    pub consumer: String,
    /// What came with the request, to be given back as it came.
    pub relay_state: Option<String>,
    /// How the service provider wants people named.
    pub name_id: NameIdKind,
    /// How it wants the answer, beyond what SPID's profile knows.
    #[serde(default, skip_serializing_if = "AnswersTo::is_plain")]
    pub answers: AnswersTo,
}

/// How one service provider outside SPID wants its answers.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct AnswersTo {
    /// For whom the assertion is encrypted.
    pub encrypt: Option<EncryptionKey>,
    /// The attributes that it knows by other names.
    pub names: Vec<Renamed>,
}

impl AnswersTo {
    /// How `partner` wants them.
    #[must_use]
    pub fn of(partner: &ServiceProvider) -> Self {
        if partner.profile == Profile::Spid {
            return Self::default();
        }
        let key = partner.encryption_keys.first().filter(|_| partner.answers.encrypted);
        Self { encrypt: key.cloned(), names: partner.answers.names.clone() }
    }

    fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// The name of `attribute`, its format, and a shorter one for people if it has one.
    fn name(&self, attribute: AttributeName) -> (&str, &'static str, Option<&'static str>) {
        match self.names.iter().find(|renamed| renamed.attribute == attribute) {
            Some(Renamed { name, .. }) if name.contains(':') => {
                (name, names::ATTRNAME_URI, attribute_names::friendly(name))
            }
            Some(Renamed { name, .. }) => (name, names::ATTRNAME_BASIC, None),
            None => (attribute.as_str(), names::ATTRNAME_BASIC, None),
        }
    }
}

/// An answer, signed, and what the register keeps of it (spid-saml §5).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    /// The `Response`, as sent.
    pub xml: String,
    /// Its ID.
    pub response_id: String,
    /// The assertion, where `xml` has it encrypted.
    pub assertion_xml: Option<String>,
    /// The assertion's ID; `None` in an error.
    pub assertion_id: Option<String>,
    /// The IssueInstant of both.
    pub issue_instant: DateTime<Utc>,
    /// The name given to the person; `None` in an error.
    pub name_id: Option<NameId>,
    /// The session's index, where the profile has one.
    pub session_index: Option<String>,
    /// What the browser posts.
    pub form: PostForm,
}

/// What an answer says that neither the request nor the person does.
#[derive(Clone, Copy, Debug, Default)]
pub struct Given<'a> {
    /// The person's name of the kind wanted: the lasting one for this service provider (see
    /// [`pairwise`](crate::identity::name_id::pairwise)) or the e-mail address; not used where the name
    /// is transient.
    pub name: &'a str,
    /// When our session ends, told outside SPID (SAML Core §2.7.2).
    pub session_ends: Option<DateTime<Utc>>,
}

/// The form that a browser posts to the service provider (SAML Bindings §3.5.4).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PostForm {
    /// Where to.
    pub action: String,
    /// The field `SAMLResponse`: the `Response` in base64.
    pub saml_response: String,
    /// The field `RelayState`, if the request had one; not escaped.
    pub relay_state: Option<String>,
}

impl PostForm {
    /// The form that carries `xml` to `action`.
    #[must_use]
    pub fn of(action: String, xml: &str, relay_state: Option<String>) -> Self {
        Self { action, saml_response: STANDARD.encode(xml), relay_state }
    }
}

impl ReplyTo {
    /// As text, to be kept while the login lasts.
    #[must_use]
    pub fn encode(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// When the text is not that.
    pub fn decode(text: &str) -> Result<Self, BadReplyTo> {
        serde_json::from_str(text).map_err(BadReplyTo)
    }
}

/// A text that no [`ReplyTo`] wrote.
#[derive(Debug, thiserror::Error)]
#[error("what was kept of the request cannot be read")]
pub struct BadReplyTo(#[source] serde_json::Error);

/// Writes and signs the answer that names somebody, by the rules of the request's profile
/// (spid-saml §1.2; SAML Profiles §4.1.4.2). Response and Assertion are both signed.
///
/// `reply_to` is what the request left. Attributes without a value are left out. The answer is issued
/// at `now`, or at the request's own time if that is later, since an answer older than its request is
/// refused.
///
/// # Errors
/// When a name is wanted and empty, a value has a character that XML
/// cannot carry, or the key refuses.
pub fn answer(
    reply_to: &ReplyTo,
    outcome: &Authenticated,
    given: Given<'_>,
    idp: &IdentityProvider,
    signer: &dyn Signer,
    random: &Random,
    now: DateTime<Utc>,
) -> Result<Answer, AnswerError> {
    let letter = Letter::new(reply_to, idp, random, now);
    let assertion_id = random.xml_id();
    let (format, value) = match (reply_to.profile, reply_to.name_id) {
        // One empty name would be everybody's.
        (Profile::Generic, NameIdKind::Persistent | NameIdKind::Email) if given.name.is_empty() => {
            return Err(AnswerError::NoName);
        }
        (Profile::Generic, NameIdKind::Persistent) => {
            (names::FORMAT_PERSISTENT, given.name.to_owned())
        }
        (Profile::Generic, NameIdKind::Email) => (names::FORMAT_EMAIL, given.name.to_owned()),
        _ => (names::FORMAT_TRANSIENT, random.xml_id()),
    };
    let name_id = letter.name_id(format, value);
    // SPID forbids a session above SpidL1, and with it the index.
    let has_session = reply_to.profile == Profile::Generic || outcome.class == ClassRef::SpidL1;
    let session_index = has_session.then(|| random.xml_id());
    let session_ends = given.session_ends.filter(|_| reply_to.profile == Profile::Generic);
    let attributes: Vec<&Released> =
        outcome.attributes.iter().filter(|released| !released.value.trim().is_empty()).collect();
    let mut pen = Pen::default();
    // For the types of the values.
    let declared = (!attributes.is_empty()).then_some("xs");
    pen.open_declaring(
        "saml:Assertion",
        declared,
        &[
            ("ID", Some(&assertion_id)),
            ("IssueInstant", Some(&letter.instant)),
            ("Version", Some("2.0")),
        ],
    );
    letter.issuer(&mut pen);
    pen.signature_here();
    letter.subject(&mut pen, &name_id);
    letter.conditions(&mut pen);
    authn_statement(&mut pen, outcome, session_index.as_deref(), session_ends);
    attribute_statement(&mut pen, &attributes, &reply_to.answers);
    pen.close();
    let assertion = enveloped::sign_written(pen.done()?, &assertion_id, signer)?;
    let (assertion, assertion_xml) = match &reply_to.answers.encrypt {
        None => (assertion, None),
        Some(key) => (key.encrypt(&assertion, random)?.write()?, Some(assertion.into_string())),
    };
    let xml = letter.response(status::SUCCESS, Some(&assertion), signer)?;
    let mut answer = letter.send(xml);
    answer.assertion_xml = assertion_xml;
    answer.assertion_id = Some(assertion_id);
    answer.name_id = Some(name_id);
    answer.session_index = session_index;
    Ok(answer)
}

/// Writes and signs the answer that names nobody: a status, no assertion.
///
/// # Errors
/// As for [`answer`].
pub fn reject(
    reply_to: &ReplyTo,
    status: Status,
    idp: &IdentityProvider,
    signer: &dyn Signer,
    random: &Random,
    now: DateTime<Utc>,
) -> Result<Answer, AnswerError> {
    let letter = Letter::new(reply_to, idp, random, now);
    let xml = letter.response(status, None, signer)?;
    Ok(letter.send(xml))
}

/// An answer that cannot be given.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// A lasting name is wanted, and none was given.
    #[error("a lasting name is wanted and there is none")]
    NoName,
    /// The assertion cannot be encrypted.
    #[error(transparent)]
    Encryption(#[from] EncryptionError),
    /// The message cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The message cannot be signed.
    #[error(transparent)]
    Envelop(#[from] EnvelopError),
}

/// What every part of one answer says alike.
struct Letter<'a> {
    reply_to: &'a ReplyTo,
    idp: &'a IdentityProvider,
    response_id: String,
    issue_instant: DateTime<Utc>,
    instant: String,
    end: String,
}

impl<'a> Letter<'a> {
    fn new(
        reply_to: &'a ReplyTo,
        idp: &'a IdentityProvider,
        random: &Random,
        now: DateTime<Utc>,
    ) -> Self {
        let issue_instant = now.max(reply_to.issue_instant).trunc_subsecs(3);
        Self {
            reply_to,
            idp,
            response_id: random.xml_id(),
            issue_instant,
            instant: text(issue_instant),
            end: text(issue_instant + VALIDITY),
        }
    }

    /// The signed `Response` with what was asked for in it, if anything.
    fn response(
        &self,
        status: Status,
        assertion: Option<&Written>,
        signer: &dyn Signer,
    ) -> Result<Written, EnvelopError> {
        let mut pen = Pen::with_room(assertion.map_or(0, |assertion| assertion.as_str().len()));
        pen.open(
            "samlp:Response",
            &[
                ("Destination", Some(&self.reply_to.consumer)),
                ("ID", Some(&self.response_id)),
                ("InResponseTo", self.in_response_to()),
                ("IssueInstant", Some(&self.instant)),
                ("Version", Some("2.0")),
            ],
        );
        self.issuer(&mut pen);
        pen.signature_here();
        pen.open("samlp:Status", &[]);
        pen.open("samlp:StatusCode", &[("Value", Some(status.code))]);
        if let Some(sub) = status.sub {
            pen.leaf("samlp:StatusCode", &[("Value", Some(sub))], "");
        }
        pen.close();
        if let Some(message) = status.message {
            pen.leaf("samlp:StatusMessage", &[], message);
        }
        pen.close();
        if let Some(assertion) = assertion {
            pen.embed(assertion);
        }
        pen.close();
        enveloped::sign_written(pen.done()?, &self.response_id, signer)
    }

    fn in_response_to(&self) -> Option<&str> {
        Some(self.reply_to.in_response_to.as_str()).filter(|id| !id.is_empty())
    }

    fn issuer(&self, pen: &mut Pen) {
        let format = (self.reply_to.profile == Profile::Spid).then_some(names::FORMAT_ENTITY);
        pen.leaf("saml:Issuer", &[("Format", format)], &self.idp.entity_id);
    }

    fn name_id(&self, format: &str, value: String) -> NameId {
        let for_whom =
            (self.reply_to.profile == Profile::Generic).then_some(&self.reply_to.entity_id);
        NameId {
            value,
            format: format.to_owned(),
            name_qualifier: Some(self.idp.entity_id.clone()),
            sp_name_qualifier: for_whom.cloned(),
        }
    }

    fn subject(&self, pen: &mut Pen, name_id: &NameId) {
        pen.open("saml:Subject", &[]);
        let naming = [
            ("Format", Some(name_id.format.as_str())),
            ("NameQualifier", name_id.name_qualifier.as_deref()),
            ("SPNameQualifier", name_id.sp_name_qualifier.as_deref()),
        ];
        pen.leaf("saml:NameID", &naming, &name_id.value);
        pen.open("saml:SubjectConfirmation", &[("Method", Some(names::BEARER))]);
        let data = [
            ("InResponseTo", self.in_response_to()),
            ("NotOnOrAfter", Some(&*self.end)),
            ("Recipient", Some(&*self.reply_to.consumer)),
        ];
        pen.leaf("saml:SubjectConfirmationData", &data, "");
        pen.close();
        pen.close();
    }

    fn conditions(&self, pen: &mut Pen) {
        let span = [("NotBefore", Some(&*self.instant)), ("NotOnOrAfter", Some(&*self.end))];
        pen.open("saml:Conditions", &span);
        pen.open("saml:AudienceRestriction", &[]);
        pen.leaf("saml:Audience", &[], &self.reply_to.entity_id);
        pen.close();
        pen.close();
    }

    fn send(&self, xml: Written) -> Answer {
        let (consumer, relay_state) = (&self.reply_to.consumer, &self.reply_to.relay_state);
        let form = PostForm::of(consumer.clone(), xml.as_str(), relay_state.clone());
        Answer {
            xml: xml.into_string(),
            assertion_xml: None,
            response_id: self.response_id.clone(),
            assertion_id: None,
            issue_instant: self.issue_instant,
            name_id: None,
            session_index: None,
            form,
        }
    }
}

fn authn_statement(
    pen: &mut Pen,
    outcome: &Authenticated,
    session_index: Option<&str>,
    session_ends: Option<DateTime<Utc>>,
) {
    let (at, ends) = (text(outcome.at), session_ends.map(text));
    let attributes = [
        ("AuthnInstant", Some(at.as_str())),
        ("SessionIndex", session_index),
        ("SessionNotOnOrAfter", ends.as_deref()),
    ];
    pen.open("saml:AuthnStatement", &attributes);
    pen.open("saml:AuthnContext", &[]);
    pen.leaf("saml:AuthnContextClassRef", &[], outcome.class.uri());
    pen.close();
    pen.close();
}

/// Nothing where there are no attributes: the schema has no empty statement.
fn attribute_statement(pen: &mut Pen, attributes: &[&Released], answers: &AnswersTo) {
    if attributes.is_empty() {
        return;
    }
    pen.open("saml:AttributeStatement", &[]);
    for released in attributes {
        let (name, format, friendly) = answers.name(released.name);
        let kind = if released.name.is_date() { "xs:date" } else { "xs:string" };
        pen.open(
            "saml:Attribute",
            &[("FriendlyName", friendly), ("Name", Some(name)), ("NameFormat", Some(format))],
        );
        pen.leaf("saml:AttributeValue", &[("xsi:type", Some(kind))], &released.value);
        pen.close();
    }
    pen.close();
}

/// UTC with milliseconds (spid-saml §1.6).
fn text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

const VALIDITY: TimeDelta = TimeDelta::minutes(5);
