//! What was found elsewhere, in our terms.

use crate::admin::command::NewPerson;
use crate::cli::elsewhere::value::Place;
use crate::identity::attributes::AttributeName;
use crate::identity::name_id::NameIdKind;
use crate::saml::metadata::compose::Description;

/// All of it.
#[derive(Debug, Default)]
pub struct Found {
    /// Whom we answer.
    pub service_providers: Vec<ServiceProvider>,
    /// Whom we ask.
    pub upstreams: Vec<Upstream>,
    /// Where metadata come from.
    pub sources: Vec<Source>,
    /// People.
    pub people: Vec<NewPerson>,
    /// The entityID by which the other system asked its own identity providers, if it said one.
    pub asked_as: Option<String>,
}

/// Metadata: as they were, or the parts of which they are made.
#[derive(Clone, Debug)]
pub enum Metadata {
    /// XML.
    Given(String),
    /// To be written.
    Parts(Box<Description>),
}

/// A service provider.
#[derive(Debug)]
pub struct ServiceProvider {
    /// Where it stood.
    pub place: Place,
    /// Its entityID.
    pub entity_id: String,
    /// Its metadata; `None` where a source gives them.
    pub metadata: Option<Metadata>,
    /// Whether its requests are held to plain SAML's rules: it was no partner under SPID's.
    pub generic: bool,
    /// What it is given if its metadata ask for nothing.
    pub attributes: Vec<AttributeName>,
    /// Attributes that it knows by names of its own.
    pub renamed: Vec<(AttributeName, String)>,
    /// The kind of name that it gets.
    pub name_id: Option<NameIdKind>,
    /// Whether assertions to it are encrypted.
    pub encrypt: bool,
    /// Whether people may start here.
    pub unsolicited: bool,
    /// Whether it was switched off.
    pub disabled: bool,
}

impl ServiceProvider {
    /// One of whom nothing else is said.
    #[must_use]
    pub fn new(place: Place, entity_id: &str, metadata: Option<Metadata>) -> Self {
        Self {
            place,
            entity_id: entity_id.to_owned(),
            metadata,
            generic: false,
            attributes: Vec::new(),
            renamed: Vec::new(),
            name_id: None,
            encrypt: false,
            unsolicited: false,
            disabled: false,
        }
    }
}

/// An identity provider that was asked.
#[derive(Debug)]
pub struct Upstream {
    /// Where it stood.
    pub place: Place,
    /// What it was called there.
    pub name: String,
    /// What people see.
    pub shown: Option<String>,
    /// What it speaks.
    pub speaks: Speaks,
    /// Rules for attributes, as `[[upstream]]` has them.
    pub rules: Vec<String>,
    /// Whether it was switched off.
    pub disabled: bool,
}

/// What an upstream speaks.
#[derive(Debug)]
pub enum Speaks {
    /// SAML.
    Saml {
        /// Its entityID, if it is one of several in its metadata or known.
        entity_id: Option<String>,
        /// Where its metadata are.
        metadata: SamlMetadata,
        /// Whether requests go to it by HTTP-POST.
        post: bool,
    },
    /// OpenID Connect.
    OpenId {
        /// Its issuer.
        issuer: String,
        /// Our name there.
        client_id: String,
        /// The secret, where it is known.
        secret: Option<Secret>,
        /// How we show who we are, in our words.
        authentication: &'static str,
        /// What is asked for by scope.
        scopes: Vec<String>,
    },
}

/// Where an upstream's metadata are.
#[derive(Debug)]
pub enum SamlMetadata {
    /// Here.
    Here(Metadata),
    /// At the source of this name.
    Source(String),
}

/// A secret on its way; never shown.
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// Where metadata come from.
#[derive(Debug)]
pub struct Source {
    /// Where it stood.
    pub place: Place,
    /// Its name, as `[[source]]` has it.
    pub name: String,
    /// `url`, `mdq`, `file` or `folder`.
    pub kind: &'static str,
    /// The address; for a file its text, which is written beside.
    pub from: From,
    /// Certificates, PEM, of which one must have signed.
    pub signed_by: Vec<String>,
    /// `service-providers`, `identity-providers` or `both`.
    pub provides: &'static str,
    /// How many days ahead validUntil may be at most.
    pub valid_until_days: Option<u64>,
    /// How often it is asked.
    pub refresh_minutes: Option<u64>,
    /// How large a document may be.
    pub size_kib: Option<u64>,
    /// The only entityIDs that are taken.
    pub allow: Vec<String>,
    /// Those that are not.
    pub deny: Vec<String>,
    /// What its service providers are given if their metadata ask for nothing.
    pub attributes: Vec<AttributeName>,
}

/// Where a source is.
#[derive(Debug)]
pub enum From {
    /// An address.
    Address(String),
    /// A document that was there.
    Document(String),
}
