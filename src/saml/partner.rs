//! A service provider, as its metadata and our entry for it describe it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::assurance::level::Level;
use crate::identity::attributes::AttributeName;
use crate::identity::name_id::NameIdKind;
use crate::login::request::LocalName;
use crate::login::ways::{Accounts, Shown};
use crate::saml::attribute_names::Renamed;
use crate::saml::binding::Binding;
use crate::saml::encryption::EncryptionKey;
use crate::saml::signature::PublicKey;

/// Which table of checks a service provider is held to.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// SPID's technical rules (spid-saml §1).
    Spid,
    /// A plain SAML 2.0 service provider (SAML Profiles §4.1).
    Generic,
}

/// What a session of the browser may serve for without asking anything.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SingleSignOn {
    /// Nothing: every login asks for everything.
    Off,
    /// Up to this level. Above it plain SAML asks for what is missing, SPID for everything.
    UpTo(Level),
}

impl Profile {
    /// What a session may serve for unless something else is settled: in SPID requests of level 1,
    /// and no others whatever is settled (spid-saml §5); in plain SAML what two factors reach.
    #[must_use]
    pub fn session_level(self) -> Level {
        match self {
            Self::Spid => Level::Loa2,
            Self::Generic => Level::Loa3,
        }
    }
}

/// Somebody who may ask us who a person is.
#[derive(Clone, Debug)]
pub struct ServiceProvider {
    /// Its entityID.
    pub entity_id: String,
    /// The rules it is held to: guessed from the metadata, or said by our entry.
    pub profile: Profile,
    /// The names of its organisation.
    pub organization: LocalName,
    /// The keys with which it signs; never empty.
    pub keys: Vec<PublicKey>,
    /// Where it takes answers; HTTP-POST ones only, never empty.
    pub consumers: Vec<Consumer>,
    /// Where it takes logouts, in the order of its metadata; by HTTP-Redirect and HTTP-POST only.
    pub logouts: Vec<LogoutService>,
    /// The attribute sets that it may ask for.
    pub attribute_sets: Vec<AttributeSet>,
    /// The kinds of name that it says it takes, of those we give, in its order; empty if it says none.
    pub name_ids: Vec<NameIdKind>,
    /// The keys for which answers to it can be encrypted, the preferred one first.
    pub encryption_keys: Vec<EncryptionKey>,
    /// How it wants its answers, beyond what SPID's profile knows.
    pub answers: Answers,
    /// Until when its metadata may be used, if they say.
    pub valid_until: Option<DateTime<Utc>>,
    /// Our own least level for it.
    pub minimum_level: Option<Level>,
    /// What a session of the browser may serve for, as we settled it; `None`: as its profile has it.
    pub single_sign_on: Option<SingleSignOn>,
    /// Whether our entry for it is switched off: it is refused at every entry point.
    pub disabled: bool,
    /// By what ways people may come in to it.
    pub ways: WaysIn,
}

/// By what ways people may come in to a service provider, as it is settled with it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct WaysIn {
    /// Whether by our own login.
    pub own: bool,
    /// By which upstreams, in order; `None`: by all that are offered.
    pub upstreams: Option<Vec<String>>,
    /// What becomes of whom one of them vouches for.
    pub accounts: Accounts,
    /// How they are shown.
    pub shown: Shown,
}

impl Default for WaysIn {
    /// By our own login and all that is offered, for whoever has an account.
    fn default() -> Self {
        Self { own: true, upstreams: None, accounts: Accounts::default(), shown: Shown::default() }
    }
}

/// How a service provider outside SPID wants its answers.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Answers {
    /// Whether assertions to it are encrypted; then it has a key for that.
    pub encrypted: bool,
    /// The attributes that it knows by other names than SPID's.
    pub names: Vec<Renamed>,
    /// Whether people may start at us, so that it gets an answer to no request (SAML Profiles §4.1.5).
    pub unsolicited: bool,
}

/// Where answers go: an `AssertionConsumerService`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Consumer {
    /// Its index.
    pub index: u16,
    /// Its address, exactly as in the metadata.
    pub location: String,
    /// Whether it is where answers go if the request names none.
    pub is_default: bool,
}

/// Where logouts go: a `SingleLogoutService`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LogoutService {
    /// How.
    pub binding: Binding,
    /// Where requests go, exactly as in the metadata.
    pub location: String,
    /// Where responses go, if elsewhere.
    pub response_location: Option<String>,
}

/// An `AttributeConsumingService`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AttributeSet {
    /// Its index.
    pub index: u16,
    /// Whether it is the one meant when the request names none.
    pub is_default: bool,
    /// The service's names.
    pub name: LocalName,
    /// What is asked for, of what we know, in the order of the metadata.
    pub attributes: Vec<AttributeName>,
}

impl AttributeSet {
    /// What is asked for by naming it. The reserved sets of SPID have fixed contents, and a service
    /// provider that lists one may ask for less of it, never for more; one that lists it empty asks
    /// for what the rules put in it (spid-saml §2.5).
    #[must_use]
    pub fn asked(&self, profile: Profile) -> Vec<AttributeName> {
        let reserved = RESERVED.iter().find(|reserved| reserved.index == self.index);
        match reserved.filter(|_| profile == Profile::Spid) {
            None => self.attributes.clone(),
            Some(reserved) if self.attributes.is_empty() => reserved.attributes.to_vec(),
            Some(reserved) => {
                let may = |name: &AttributeName| {
                    reserved.attributes.contains(name) || reserved.optional.contains(name)
                };
                self.attributes.iter().copied().filter(may).collect()
            }
        }
    }
}

/// An attribute set whose index and contents are SPID's (spid-saml §2.5).
#[derive(Clone, Copy, Debug)]
pub struct Reserved {
    /// The index.
    pub index: u16,
    /// What it contains.
    pub attributes: &'static [AttributeName],
    /// What may be asked for with it.
    pub optional: &'static [AttributeName],
}

/// The reserved sets that release attributes: eIDAS's minimum and full sets of a natural person.
pub const RESERVED: [Reserved; 2] = [
    Reserved {
        index: 99,
        attributes: &[
            AttributeName::SpidCode,
            AttributeName::Name,
            AttributeName::FamilyName,
            AttributeName::DateOfBirth,
        ],
        optional: &[AttributeName::FiscalNumber],
    },
    Reserved {
        index: 100,
        attributes: &[
            AttributeName::SpidCode,
            AttributeName::Name,
            AttributeName::FamilyName,
            AttributeName::DateOfBirth,
            AttributeName::PlaceOfBirth,
            AttributeName::Address,
            AttributeName::Gender,
        ],
        optional: &[AttributeName::FiscalNumber],
    },
];

impl ServiceProvider {
    /// Where logouts go: by `wished` if it takes them so, else as its metadata say first.
    #[must_use]
    pub fn logout(&self, wished: Option<Binding>) -> Option<&LogoutService> {
        self.logouts
            .iter()
            .find(|service| Some(service.binding) == wished)
            .or_else(|| self.logouts.first())
    }

    /// The most that a session may serve for; `None` lets none serve.
    #[must_use]
    pub fn session_level(&self) -> Option<Level> {
        let usual = self.profile.session_level();
        match (self.single_sign_on, self.profile) {
            (Some(SingleSignOn::Off), _) => None,
            (Some(SingleSignOn::UpTo(level)), Profile::Spid) => Some(level.min(usual)),
            (Some(SingleSignOn::UpTo(level)), Profile::Generic) => Some(level),
            (None, _) => Some(usual),
        }
    }

    /// The default consumer: the first marked so, else the first (SAML Metadata §2.2.3).
    #[must_use]
    pub fn default_consumer(&self) -> Option<&Consumer> {
        self.consumers
            .iter()
            .find(|consumer| consumer.is_default)
            .or_else(|| self.consumers.first())
    }
}
