//! An identity provider that we ask, read from its metadata (SAML Metadata §2.4.3; spid-saml §2.1) under the trust
//! policy of where they came from (threats, metadata).

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use roxmltree::{Document, Node};
use serde::{Deserialize, Serialize};

use crate::login::request::LocalName;
use crate::saml::binding::Binding;
use crate::saml::metadata::error::{MetadataError, Place, Warning, broken, cut};
use crate::saml::metadata::read::entity_id;
use crate::saml::metadata::{address, role};
use crate::saml::names;
use crate::saml::partner::LogoutService;
use crate::saml::signature::{self, PublicKey, Unproven};
use crate::saml::structure::{self, Root, Signed, Sound};
use crate::saml::xml;

/// Somebody whom we may ask who a person is.
#[derive(Clone, Debug)]
pub struct IdentityProvider {
    /// Its entityID.
    pub entity_id: String,
    /// Where it takes requests, in the order of its metadata; never empty.
    pub sign_on: Vec<SignOn>,
    /// Where it takes logouts, in the order of its metadata.
    pub logouts: Vec<LogoutService>,
    /// The keys with which it signs; never empty.
    pub keys: Vec<PublicKey>,
    /// The names shown to people.
    pub name: LocalName,
    /// The names of its organisation in law.
    pub organization: LocalName,
    /// The address of its logo, of HTTPS.
    pub logo: Option<String>,
    /// The addresses of its home pages, of HTTPS.
    pub home: LocalName,
    /// The classes that it says it knows, URIs; empty if it says none.
    pub classes: Vec<String>,
    /// The purposes that it says it knows (Avviso 18).
    pub purposes: Vec<String>,
    /// The formats of name that it says it gives, URIs.
    pub name_id_formats: Vec<String>,
    /// The names of the attributes that it says it has.
    pub attributes: Vec<String>,
    /// Until when its metadata may be used, if they say.
    pub valid_until: Option<DateTime<Utc>>,
}

/// A `SingleSignOnService`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignOn {
    /// How.
    pub binding: Binding,
    /// Where, exactly as in the metadata.
    pub location: String,
}

/// How far the metadata of one source are believed.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// The keys of which one must have signed the document whole. If none is named, the document is believed because an
    /// administrator placed it; a signature by a key that it lists itself must hold all the same.
    pub signed_by: Vec<PublicKey>,
    /// How far ahead `validUntil` may be at most; then it must also be there.
    pub require_valid_until: Option<TimeDelta>,
    /// What becomes of a certificate out of its dates.
    pub certificate_dates: CertificateDates,
}

/// What becomes of a certificate out of its dates: SAML takes keys from metadata whatever the certificate around them
/// says, and half of SPID's identity providers rely on it.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CertificateDates {
    /// Its key is used, and nothing said.
    Ignore,
    /// Its key is used, and a warning says so.
    #[default]
    Warn,
    /// Its key is not used.
    Refuse,
}

/// Who vouches for the metadata.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Vouched {
    /// Whoever placed them here.
    Placed,
    /// The entity itself, by a key that it lists: they are as it signed them.
    Itself,
    /// A key that was named.
    Pinned,
}

/// Metadata that were read.
#[derive(Clone, Debug)]
pub struct Described {
    /// Whom they describe.
    pub provider: IdentityProvider,
    /// Who vouches for them.
    pub vouched: Vouched,
    /// What is odd in them or was passed over, by line.
    pub findings: Vec<Warning>,
}

/// One identity provider of a document.
#[derive(Debug)]
pub struct Listed {
    /// Its entityID, cut to 200 characters.
    pub entity_id: String,
    /// What it says, or what is wrong with that.
    pub outcome: Result<Described, MetadataError>,
}

impl IdentityProvider {
    /// Where requests go: by `wished` if it takes them so, else as its metadata say first.
    #[must_use]
    pub fn sign_on(&self, wished: Binding) -> Option<&SignOn> {
        let all = &self.sign_on;
        all.iter().find(|service| service.binding == wished).or_else(|| all.first())
    }

    /// Where logouts go: by `wished` if it takes them so, else as its metadata say first.
    #[must_use]
    pub fn logout(&self, wished: Option<Binding>) -> Option<&LogoutService> {
        let all = &self.logouts;
        all.iter().find(|service| Some(service.binding) == wished).or_else(|| all.first())
    }
}

/// Reads the metadata of the identity provider called `wanted`, alone or out of a list; of the only one there, if
/// `wanted` names none.
///
/// # Errors
/// The first thing that is wrong, with its line and column.
pub fn read(
    text: &str,
    wanted: Option<&str>,
    trust: &Trust,
    now: DateTime<Utc>,
) -> Result<Described, MetadataError> {
    let document = xml::parse(text)?;
    let source = Source::check(&document, trust, now)?;
    let entities = entities(document.root_element());
    let is_wanted =
        |entity: &&Node<'_, '_>| wanted.is_none_or(|id| entity.attribute("entityID") == Some(id));
    let mut found = entities.iter().filter(is_wanted);
    match (found.next(), found.next()) {
        (Some(entity), None) => source.describe(*entity, trust, now),
        _ => Err(MetadataError::NotListed {
            wanted: wanted.unwrap_or_default().to_owned(),
            entities: entities.len(),
        }),
    }
}

/// Reads every identity provider of a document, alone or in a list, by entityID; entities of other kinds are passed
/// over. What is wrong with one leaves the others.
///
/// # Errors
/// What is wrong with the document as a whole.
pub fn read_all(
    text: &str,
    trust: &Trust,
    now: DateTime<Utc>,
) -> Result<Vec<Listed>, MetadataError> {
    let document = xml::parse(text)?;
    let source = Source::check(&document, trust, now)?;
    let is_provider =
        |entity: &Node<'_, '_>| role::children(*entity, "IDPSSODescriptor").next().is_some();
    let providers = entities(document.root_element()).into_iter().filter(is_provider);
    Ok(providers
        .map(|entity| {
            let entity_id = cut(entity.attribute("entityID").unwrap_or_default());
            Listed { entity_id, outcome: source.describe(entity, trust, now) }
        })
        .collect())
}

/// The identity provider that `entity` describes, in a document that was judged and is good until `valid_until`; with what
/// is odd in it.
pub(in crate::saml) fn describe(
    entity: Node<'_, '_>,
    valid_until: Option<DateTime<Utc>>,
    trust: &Trust,
    now: DateTime<Utc>,
) -> Result<(IdentityProvider, Vec<Warning>), MetadataError> {
    let vouched = Vouched::Pinned;
    let source = Source { verified: None, vouched, valid_until, findings: Vec::new() };
    let mut findings = Vec::new();
    let provider = source.provider(entity, trust, now, &mut findings)?;
    Ok((provider, findings))
}

/// A document whose structure is sound and whose signature was judged.
struct Source {
    /// The verified octets, where a signature was verified.
    verified: Option<String>,
    vouched: Vouched,
    /// Of the list, if it is one.
    valid_until: Option<DateTime<Utc>>,
    findings: Vec<Warning>,
}

impl Source {
    fn check(
        document: &Document<'_>,
        trust: &Trust,
        now: DateTime<Utc>,
    ) -> Result<Self, MetadataError> {
        let top = document.root_element();
        let is_list = top.has_tag_name((names::METADATA, "EntitiesDescriptor"));
        let root = if is_list { Root::EntitiesDescriptor } else { Root::EntityDescriptor };
        let required = !trust.signed_by.is_empty();
        let sound = structure::check(document, root, Signed::Enveloped { required })?;
        if let Some(inner) = role::children(top, "EntitiesDescriptor").next() {
            let expected = "a list of EntityDescriptor alone";
            return Err(broken(inner, "EntitiesDescriptor", expected, Some("a list in it")));
        }
        let mut seen = HashSet::new();
        for entity in entities(top) {
            let id = entity_id(entity)?;
            if !seen.insert(id.clone()) {
                let expected = "an entityID that no other entity has (SAML Metadata §2.3.1)";
                return Err(broken(entity, "EntityDescriptor/@entityID", expected, Some(&id)));
            }
        }
        let valid_until = if is_list { valid_until(top, trust, now)? } else { None };
        let mut source =
            Self { verified: None, vouched: Vouched::Placed, valid_until, findings: Vec::new() };
        source.judge_signature(&sound, top, trust)?;
        Ok(source)
    }

    fn judge_signature(
        &mut self,
        sound: &Sound<'_, '_>,
        top: Node<'_, '_>,
        trust: &Trust,
    ) -> Result<(), MetadataError> {
        if !trust.signed_by.is_empty() {
            let signed = signature::verify(sound, &trust.signed_by);
            let signed = signed.map_err(MetadataError::Untrusted)?;
            (self.verified, self.vouched) = (Some(signed.text().to_owned()), Vouched::Pinned);
            return Ok(());
        }
        let place = Place::of(top, "Signature");
        if !sound.is_signed() {
            self.findings.push(Warning::NotSigned { place });
            return Ok(());
        }
        match signature::verify(sound, &own_keys(top)) {
            Ok(signed) => {
                (self.verified, self.vouched) = (Some(signed.text().to_owned()), Vouched::Itself);
            }
            // What is signed is as its signer, unknown to us, left it.
            Err(Unproven::NoKey | Unproven::Signature) => {
                self.findings.push(Warning::SignatureIgnored { place });
            }
            Err(error) => return Err(MetadataError::Signature(error)),
        }
        Ok(())
    }

    /// Reads `entity` as it came, so that what is wrong is shown at its place in the file, and takes what it says from
    /// the verified octets where there are any.
    fn describe(
        &self,
        entity: Node<'_, '_>,
        trust: &Trust,
        now: DateTime<Utc>,
    ) -> Result<Described, MetadataError> {
        let mut findings = self.findings.clone();
        let mut provider = self.provider(entity, trust, now, &mut findings)?;
        if let Some(verified) = &self.verified {
            let document = xml::parse(verified)?;
            let id = entity.attribute("entityID");
            let same = entities(document.root_element())
                .into_iter()
                .find(|other| other.attribute("entityID") == id);
            let same = same.ok_or(MetadataError::Signature(Unproven::Empty))?;
            provider = self.provider(same, trust, now, &mut Vec::new())?;
        }
        if provider.valid_until.is_none() {
            let place = Place::of(entity, "EntityDescriptor/@validUntil");
            findings.push(Warning::NoValidUntil { place });
        }
        Ok(Described { provider, vouched: self.vouched, findings })
    }

    fn provider(
        &self,
        entity: Node<'_, '_>,
        trust: &Trust,
        now: DateTime<Utc>,
        findings: &mut Vec<Warning>,
    ) -> Result<IdentityProvider, MetadataError> {
        let own = valid_until(entity, trust, now)?;
        let valid_until = [own, self.valid_until].into_iter().flatten().min();
        if trust.require_valid_until.is_some() && valid_until.is_none() {
            let expected = "a validUntil, as this source must have";
            return Err(broken(entity, "EntityDescriptor/@validUntil", expected, None));
        }
        let descriptor = idp_descriptor(entity)?;
        let organization = role::children(entity, "Organization").next();
        let in_law = |element| match organization {
            Some(node) => role::local_name(node, element),
            None => Ok(LocalName::default()),
        };
        let organization_name = in_law("OrganizationName")?;
        let shown = [
            user_interface_name(descriptor)?,
            role::organization(entity)?,
            organization_name.clone(),
        ];
        Ok(IdentityProvider {
            entity_id: entity_id(entity)?,
            sign_on: sign_on(descriptor, findings)?,
            logouts: role::logouts(descriptor, findings),
            keys: keys(descriptor, trust, now, findings)?,
            name: shown.into_iter().find(|name| *name != LocalName::default()).unwrap_or_default(),
            organization: organization_name,
            logo: logo(descriptor)?,
            home: https_alone(in_law("OrganizationURL")?),
            classes: extension_texts(entity, "AuthnContextClassRef")?,
            purposes: extension_texts(entity, "Purpose")?,
            name_id_formats: role::formats(descriptor)?,
            attributes: descriptor
                .children()
                .filter(|node| node.has_tag_name((names::ASSERTION, "Attribute")))
                .filter_map(|node| node.attribute("Name").map(str::to_owned))
                .collect(),
            valid_until,
        })
    }
}

/// The entities of a document, at its top or one below.
fn entities<'a, 'i>(top: Node<'a, 'i>) -> Vec<Node<'a, 'i>> {
    if top.has_tag_name((names::METADATA, "EntityDescriptor")) {
        return vec![top];
    }
    role::children(top, "EntityDescriptor").collect()
}

/// The keys that an entity lists itself; none of a list, which has none of its own.
fn own_keys(top: Node<'_, '_>) -> Vec<PublicKey> {
    let descriptor = role::children(top, "IDPSSODescriptor").next();
    let keys = descriptor.map(|descriptor| {
        role::keys(descriptor, KEY_DESCRIPTOR, DateTime::UNIX_EPOCH, &mut Vec::new())
    });
    keys.and_then(Result::ok).unwrap_or_default()
}

fn valid_until(
    node: Node<'_, '_>,
    trust: &Trust,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, MetadataError> {
    let Some(said) = node.attribute("validUntil") else { return Ok(None) };
    let refuse = |expected| Err(broken(node, "@validUntil", expected, Some(said)));
    match DateTime::parse_from_rfc3339(said.trim()) {
        Ok(until) if until <= now => refuse("a time to come (SAML Metadata §2.3.1, §2.3.2)"),
        Ok(until) if trust.require_valid_until.is_some_and(|most| until - most > now) => {
            refuse("a time no further ahead than this source may go")
        }
        Ok(until) => Ok(Some(until.to_utc())),
        Err(_) => refuse("an instant in UTC (SAML Metadata §2.3.1, §2.3.2)"),
    }
}

/// The one role of a SAML 2.0 identity provider; roles of other protocols and kinds are passed over.
fn idp_descriptor<'a, 'i>(entity: Node<'a, 'i>) -> Result<Node<'a, 'i>, MetadataError> {
    let mut roles = role::children(entity, "IDPSSODescriptor").filter(|role| {
        let protocols = role.attribute("protocolSupportEnumeration").unwrap_or_default();
        protocols.split_whitespace().any(|protocol| protocol == names::PROTOCOL)
    });
    let expected = "one IDPSSODescriptor that supports urn:oasis:names:tc:SAML:2.0:protocol \
                    (SAML Metadata §2.4.3)";
    match (roles.next(), roles.next()) {
        (Some(role), None) => Ok(role),
        (None, _) => Err(broken(entity, "EntityDescriptor", expected, None)),
        (Some(_), Some(second)) => {
            Err(broken(second, "IDPSSODescriptor", expected, Some("a second one")))
        }
    }
}

fn keys(
    descriptor: Node<'_, '_>,
    trust: &Trust,
    now: DateTime<Utc>,
    findings: &mut Vec<Warning>,
) -> Result<Vec<PublicKey>, MetadataError> {
    let mut said = Vec::new();
    let mut keys = role::keys(descriptor, KEY_DESCRIPTOR, now, &mut said)?;
    role::dated(&mut keys, &mut said, descriptor, trust.certificate_dates, now)?;
    findings.append(&mut said);
    Ok(keys)
}

fn sign_on(
    descriptor: Node<'_, '_>,
    findings: &mut Vec<Warning>,
) -> Result<Vec<SignOn>, MetadataError> {
    let mut services = Vec::new();
    for node in role::children(descriptor, "SingleSignOnService") {
        let binding = match node.attribute("Binding").unwrap_or_default() {
            names::HTTP_REDIRECT => Binding::Redirect,
            names::HTTP_POST => Binding::Post,
            other => {
                let place = Place::of(node, "SingleSignOnService");
                findings.push(Warning::OtherSignOn { place, binding: cut(other) });
                continue;
            }
        };
        let location = node.attribute("Location");
        let Some(acceptable) = location.filter(|location| address::is_acceptable(location)) else {
            let expected = "an absolute https address (http only on localhost and loopback), \
                            without user name or fragment";
            return Err(broken(node, "SingleSignOnService/@Location", expected, location));
        };
        services.push(SignOn { binding, location: acceptable.to_owned() });
    }
    if services.is_empty() {
        let expected = "a SingleSignOnService by HTTP-Redirect or HTTP-POST";
        return Err(broken(descriptor, "IDPSSODescriptor/SingleSignOnService", expected, None));
    }
    Ok(services)
}

fn user_interface<'a, 'i: 'a>(
    descriptor: Node<'a, 'i>,
    element: &'static str,
) -> impl Iterator<Item = Node<'a, 'i>> {
    role::children(descriptor, "Extensions")
        .flat_map(|extensions| extensions.children())
        .filter(|node| node.has_tag_name((names::MDUI, "UIInfo")))
        .flat_map(|info| info.children())
        .filter(move |node| node.has_tag_name((names::MDUI, element)))
}

fn user_interface_name(descriptor: Node<'_, '_>) -> Result<LocalName, MetadataError> {
    role::names_by_language(user_interface(descriptor, "DisplayName"))
}

/// The first logo of HTTPS: no page of ours shows what came another way.
fn logo(descriptor: Node<'_, '_>) -> Result<Option<String>, MetadataError> {
    for node in user_interface(descriptor, "Logo") {
        let said = xml::text_of(node)?;
        let said = said.trim();
        if address::is_acceptable(said) {
            return Ok(Some(said.to_owned()));
        }
    }
    Ok(None)
}

fn https_alone(addresses: LocalName) -> LocalName {
    let good = |said: &String| address::is_acceptable(said);
    LocalName { it: addresses.it.filter(good), en: addresses.en.filter(good) }
}

/// The texts of the elements called `element` in SPID's extensions of an entity, which most write without a namespace
/// (spid-saml §2.1).
fn extension_texts(
    entity: Node<'_, '_>,
    element: &'static str,
) -> Result<Vec<String>, MetadataError> {
    role::children(entity, "Extensions")
        .flat_map(|extensions| extensions.children())
        .filter(|list| list.tag_name().namespace() == Some(names::SPID))
        .flat_map(|list| list.children())
        .filter(|node| node.tag_name().name() == element)
        .map(|node| Ok(xml::text_of(node)?.trim().to_owned()))
        .collect()
}

const KEY_DESCRIPTOR: &str = "IDPSSODescriptor/KeyDescriptor";
