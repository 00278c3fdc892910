//! The identity providers that we may ask, and as whom: a snapshot, made whole and then only read.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::assurance::upstream::UpstreamLevels;
use crate::identity::attributes::AttributeName;
use crate::identity::kind::Purpose;
use crate::identity::mapping::Rule;
use crate::login::request::LocalName;
use crate::login::ways::Way;
use crate::partners::logos::logo;
use crate::partners::openid::OpenId;
use crate::partners::source::copies::Copies;
use crate::saml::binding::Binding;
use crate::saml::metadata::error::{MetadataError, Warning};
use crate::saml::upstream::decryption::DecryptionKey;
use crate::saml::upstream::metadata::description::Description;
use crate::saml::upstream::profile::UpstreamProfile;
use crate::saml::upstream::provider::{IdentityProvider, Trust};

/// What configuration says of one upstream.
#[derive(Clone, Debug)]
pub struct Configured {
    /// Our name for it.
    pub id: String,
    /// Its names for people; none: as its rules or its metadata say.
    pub name: LocalName,
    /// As whom we ask: the name of an entity of ours.
    pub entity: String,
    /// What its word is worth.
    pub levels: UpstreamLevels,
    /// Rules for its attributes.
    pub rules: Vec<Rule>,
    /// The address of a guide to it.
    pub guide: Option<Arc<str>>,
    /// Whether people may choose it where nothing else is settled.
    pub offered: bool,
    /// Whether it is out of use.
    pub disabled: bool,
    /// The folder of logos.
    pub logos: Option<PathBuf>,
    /// Its protocol, and what that needs.
    pub speaks: Speaks<SamlSource>,
}

/// The protocol of an upstream, and what is known by it.
#[derive(Clone, Debug)]
pub enum Speaks<S> {
    /// SAML 2.0.
    Saml(S),
    /// OpenID Connect.
    OpenId(OpenId),
}

/// Where the metadata of a SAML upstream are, and how they are used.
#[derive(Clone, Debug)]
pub struct SamlSource {
    /// Its rules.
    pub profile: UpstreamProfile,
    /// How requests go.
    pub binding: Binding,
    /// Where they are.
    pub metadata: From,
    /// The one entityID of them that counts.
    pub entity_id: Option<String>,
    /// How far they are believed.
    pub trust: Trust,
}

/// Where the metadata of a SAML upstream are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum From {
    /// A file, or a folder of them.
    Disk(PathBuf),
    /// A source of that name, which has its own trust policy.
    Source(String),
}

/// One upstream: an identity provider, or all those of a federation.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// Our name for it.
    pub id: String,
    /// Its names for people.
    pub name: LocalName,
    /// How its button looks.
    pub look: Look,
    /// The address of a guide to it.
    pub guide: Option<Arc<str>>,
    /// As whom we ask.
    pub entity: Arc<Entity>,
    /// What its word is worth.
    pub levels: UpstreamLevels,
    /// Rules for its attributes.
    pub rules: Vec<Rule>,
    /// Whether people may choose it where nothing else is settled.
    pub offered: bool,
    /// Its protocol, and what is known by it.
    pub speaks: Speaks<Saml>,
}

/// How an upstream's button looks.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Look {
    /// "Entra con SPID".
    Spid,
    /// "Entra con CIE".
    Cie,
    /// "Login with eIDAS".
    Eidas,
    /// Its name.
    Plain,
}

/// A SAML upstream.
#[derive(Clone, Debug)]
pub struct Saml {
    /// Its rules.
    pub profile: UpstreamProfile,
    /// How requests go.
    pub binding: Binding,
    /// The identity providers, by entityID.
    pub providers: Vec<Arc<IdentityProvider>>,
}

/// One identity provider to choose.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Provider {
    /// Its entityID or issuer.
    pub id: String,
    /// Its names for people.
    pub name: LocalName,
    /// Its logo, as a `data:` address.
    pub logo: Option<Arc<str>>,
    /// Where the browser goes.
    pub goes_to: Vec<String>,
    /// The purposes for which it has identities.
    pub purposes: Vec<Purpose>,
}

/// Who we are to upstreams: one service provider or client.
#[derive(Clone, Debug)]
pub struct Entity {
    /// Its name in addresses.
    pub id: String,
    /// Its entityID.
    pub entity_id: String,
    /// Where answers go, by HTTP-POST.
    pub consumer: String,
    /// The attributes that it asks for.
    pub attributes: Vec<AttributeName>,
    /// Whether its login is a trial.
    pub trial: bool,
    /// What its metadata say; `None` for an OpenID Connect client, which publishes none.
    pub description: Option<Description>,
    /// The keys for which assertions are encrypted; none: no encrypted one is read.
    pub decryption: Vec<DecryptionKey>,
}

/// Everybody whom we may ask.
#[derive(Clone, Debug, Default)]
pub struct Upstreams {
    upstreams: Vec<Arc<Upstream>>,
    entities: HashMap<String, Arc<Entity>>,
    logos: HashMap<(String, String), Arc<str>>,
}

/// A snapshot with what was found when it was made.
#[derive(Debug, Default)]
pub struct Built {
    /// Whom we may ask.
    pub upstreams: Upstreams,
    /// What cannot be used, and why.
    pub faults: Vec<UpstreamFault>,
    /// What is odd in what is used.
    pub warnings: Vec<(PathBuf, Warning)>,
}

/// Metadata of an upstream that are not used; the others are.
#[derive(Debug)]
pub struct UpstreamFault {
    /// Of which upstream.
    pub upstream: String,
    /// Where they are from.
    pub path: PathBuf,
    /// Of which identity provider, where that can be told.
    pub entity_id: Option<String>,
    /// Why.
    pub problem: Problem,
}

/// Why metadata are not used.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// They cannot be got.
    #[error("it cannot be read")]
    Io(#[from] std::io::Error),
    /// They are refused.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// The same identity provider is another upstream's.
    #[error("it is already one of upstream {0:?}, which is used")]
    Duplicate(String),
    /// They are refused, in a source.
    #[error("{0}")]
    InSource(String),
    /// There is nobody.
    #[error("there is no identity provider in it")]
    Nobody,
}

impl Upstreams {
    /// Makes a snapshot of what is configured, reading what files say at `now`, and taking from `copies` what sources have
    /// given. What is refused is reported, and stops nothing else.
    #[must_use]
    pub fn build(
        configured: &[Configured],
        entities: &[Entity],
        copies: &Copies,
        now: DateTime<Utc>,
    ) -> Built {
        let mut built = Built::default();
        let entities: HashMap<String, Arc<Entity>> =
            entities.iter().map(|one| (one.id.clone(), Arc::new(one.clone()))).collect();
        for one in configured.iter().filter(|one| !one.disabled) {
            let entity = match &one.speaks {
                Speaks::Saml(_) => entities.get(&one.entity).cloned(),
                Speaks::OpenId(openid) => Some(Arc::new(openid.entity())),
            };
            let Some(entity) = entity else { continue };
            let speaks = match &one.speaks {
                Speaks::OpenId(openid) => Speaks::OpenId(openid.clone()),
                Speaks::Saml(source) => match built.saml(one, source, copies, now) {
                    Some(saml) => Speaks::Saml(saml),
                    None => continue,
                },
            };
            let upstream = Upstream::of(one, entity, speaks);
            let logo = |id: &str| {
                let found = logo(one.logos.as_ref()?, id)?;
                Some(((one.id.clone(), id.to_owned()), found))
            };
            built.upstreams.logos.extend(upstream.provider_ids().into_iter().filter_map(logo));
            built.upstreams.upstreams.push(Arc::new(upstream));
        }
        built.upstreams.entities = entities;
        built
    }

    /// The upstream of that name.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Arc<Upstream>> {
        self.upstreams.iter().find(|upstream| upstream.id == id)
    }

    /// The entity of that name.
    #[must_use]
    pub fn entity(&self, id: &str) -> Option<&Arc<Entity>> {
        self.entities.get(id)
    }

    /// All entities, by name.
    #[must_use]
    pub fn entities(&self) -> Vec<&Arc<Entity>> {
        let mut all: Vec<_> = self.entities.values().collect();
        all.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        all
    }

    /// All upstreams, in the order of configuration.
    #[must_use]
    pub fn all(&self) -> &[Arc<Upstream>] {
        &self.upstreams
    }

    /// The ways that these are, in their order; all that are offered if none are named. One that can show nothing is none.
    #[must_use]
    pub fn ways(&self, named: Option<&[String]>) -> Vec<Way> {
        let way = |upstream: &Arc<Upstream>| {
            let most = upstream.levels.most()?;
            Some(Way { upstream: upstream.id.clone(), most, purposes: upstream.purposes() })
        };
        match named {
            Some(named) => named.iter().filter_map(|id| self.find(id)).filter_map(way).collect(),
            None => {
                self.upstreams.iter().filter(|upstream| upstream.offered).filter_map(way).collect()
            }
        }
    }

    /// The identity providers of `upstream` that can be asked at `now`.
    #[must_use]
    pub fn providers(&self, upstream: &Upstream, now: DateTime<Utc>) -> Vec<Provider> {
        let logo = |id: &str| self.logos.get(&(upstream.id.clone(), id.to_owned())).cloned();
        match &upstream.speaks {
            Speaks::OpenId(openid) => vec![Provider {
                id: openid.client.issuer.clone(),
                name: upstream.name.clone(),
                logo: logo(&openid.client.issuer),
                goes_to: openid.goes_to(now),
                purposes: Vec::new(),
            }],
            Speaks::Saml(saml) => saml
                .alive(now)
                .map(|provider| Provider {
                    id: provider.entity_id.clone(),
                    name: if provider.name == LocalName::default() {
                        let id = Some(provider.entity_id.clone());
                        LocalName { it: id.clone(), en: id }
                    } else {
                        provider.name.clone()
                    },
                    logo: logo(&provider.entity_id),
                    goes_to: provider.sign_on.iter().map(|one| one.location.clone()).collect(),
                    purposes: saml.purposes_of(provider),
                })
                .collect(),
        }
    }
}

impl Saml {
    /// The identity provider of that entityID, as long as its metadata are good.
    #[must_use]
    pub fn find(&self, entity_id: &str, now: DateTime<Utc>) -> Option<&Arc<IdentityProvider>> {
        self.alive(now).find(|provider| provider.entity_id == entity_id)
    }

    fn alive(&self, now: DateTime<Utc>) -> impl Iterator<Item = &Arc<IdentityProvider>> {
        self.providers.iter().filter(move |one| one.valid_until.is_none_or(|until| now < until))
    }
}

impl Upstream {
    /// The entityIDs, or the issuer, of those who can be asked.
    fn provider_ids(&self) -> Vec<&str> {
        match &self.speaks {
            Speaks::Saml(saml) => saml.providers.iter().map(|one| one.entity_id.as_str()).collect(),
            Speaks::OpenId(openid) => vec![openid.client.issuer.as_str()],
        }
    }

    fn of(configured: &Configured, entity: Arc<Entity>, speaks: Speaks<Saml>) -> Self {
        let look = match &speaks {
            Speaks::Saml(saml) => match saml.profile {
                UpstreamProfile::Spid => Look::Spid,
                UpstreamProfile::Cie => Look::Cie,
                UpstreamProfile::Ficep => Look::Eidas,
                UpstreamProfile::Saml2 => Look::Plain,
            },
            Speaks::OpenId(openid) => match openid.client.profile.name {
                "spid" => Look::Spid,
                "cie" => Look::Cie,
                _ => Look::Plain,
            },
        };
        let own = Some(configured.name.clone()).filter(|name| *name != LocalName::default());
        let usual = match (look, &speaks) {
            (Look::Spid, _) => plain("SPID"),
            (Look::Cie, _) => plain("CIE"),
            (Look::Eidas, _) => plain("eIDAS"),
            (Look::Plain, Speaks::Saml(saml)) => match saml.providers.as_slice() {
                [only] if only.name != LocalName::default() => only.name.clone(),
                _ => plain(&configured.id),
            },
            (Look::Plain, Speaks::OpenId(_)) => plain(&configured.id),
        };
        Self {
            id: configured.id.clone(),
            name: own.unwrap_or(usual),
            look,
            guide: configured.guide.clone(),
            entity,
            levels: configured.levels.clone(),
            rules: configured.rules.clone(),
            offered: configured.offered,
            speaks,
        }
    }
}

fn plain(name: &str) -> LocalName {
    LocalName { it: Some(name.to_owned()), en: Some(name.to_owned()) }
}

impl Built {
    /// Of an upstream that is configured and of which nothing can be used, what `before` had stays. Comes back with the names
    /// of those.
    pub fn keep(&mut self, before: &Upstreams, configured: &[Configured]) -> Vec<String> {
        let mut kept = Vec::new();
        for one in configured.iter().filter(|one| !one.disabled) {
            if self.upstreams.find(&one.id).is_some() {
                continue;
            }
            let Some(old) = before.find(&one.id) else { continue };
            self.upstreams.upstreams.push(Arc::clone(old));
            kept.push(one.id.clone());
        }
        kept
    }

    pub(super) fn fault(
        &mut self,
        one: &Configured,
        path: &Path,
        entity_id: Option<String>,
        problem: Problem,
    ) {
        let (upstream, path) = (one.id.clone(), path.to_owned());
        self.faults.push(UpstreamFault { upstream, path, entity_id, problem });
    }
}

impl Upstreams {
    /// Of which upstream an entityID is. Two upstreams with one identity provider would be one another's mix-up.
    pub(super) fn whose(&self, entity_id: &str) -> Option<String> {
        let has = |upstream: &&Arc<Upstream>| match &upstream.speaks {
            Speaks::Saml(saml) => saml.providers.iter().any(|one| one.entity_id == entity_id),
            Speaks::OpenId(openid) => openid.client.issuer == entity_id,
        };
        self.upstreams.iter().find(has).map(|upstream| upstream.id.clone())
    }
}

impl fmt::Display for UpstreamFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "upstream {}, {}", self.upstream, self.path.display())?;
        if let Some(entity_id) = &self.entity_id {
            write!(f, ", {entity_id}")?;
        }
        write!(f, ": {}", self.problem)?;
        let mut cause = std::error::Error::source(&self.problem);
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl std::error::Error for UpstreamFault {}
