//! Ourselves, as an identity provider: what our metadata and our answers say of us.

use crate::assurance::class_ref::ClassRef;
use crate::identity::attributes::AttributeName;
use crate::identity::name_id::NameIdKind;
use crate::login::request::LocalName;

/// Our entity, as service providers know it (spid-saml §2.1).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IdentityProvider {
    /// Our entityID.
    pub entity_id: String,
    /// Where requests are taken, by HTTP-Redirect and by HTTP-POST alike; absolute.
    pub single_sign_on: String,
    /// Where logouts are taken; `None` leaves the service out of the metadata.
    pub single_logout: Option<SingleLogout>,
    /// Who runs it.
    pub organization: Organization,
    /// The kinds of name that we give, the preferred one first.
    pub name_ids: Vec<NameIdKind>,
    /// The attributes that we may release.
    pub attributes: Vec<AttributeName>,
    /// What of SPID's extensions we take.
    pub supported: Supported,
}

/// What an identity provider says in SPID's extensions of its metadata (spid-saml §2.1).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Supported {
    /// The levels that may be asked for.
    pub classes: Vec<ClassRef>,
    /// The purposes that a request may name, as they are written there (Avviso 18).
    pub purposes: Vec<&'static str>,
    /// Whether a service provider may ask for an age.
    pub age_limit: bool,
}

/// Where logouts are taken, by HTTP-Redirect and by HTTP-POST alike.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SingleLogout {
    /// Where requests go; absolute.
    pub location: String,
    /// Where responses go, if elsewhere; absolute.
    pub response_location: Option<String>,
}

/// A body, as its `Organization` element names it (SAML Metadata §2.3.2.1).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Organization {
    /// The name in law.
    pub name: LocalName,
    /// The name shown to people.
    pub display_name: LocalName,
    /// Its web site.
    pub url: LocalName,
}
