//! `[[source]]`: where further metadata come from, and how far they are believed.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use serde::Deserialize;
use url::Url;

use crate::config::check::Check;
use crate::config::fault::{Fault, Place, Wrong};
use crate::config::raw;
use crate::config::values::seconds;
use crate::partners::source::policy::{self, Configured, Policy, Provides};
use crate::partners::upstream::{self, From, Speaks};
use crate::world::fetch::{Fetch, FetchLimits, HttpFetch, is_safe};

/// One of `[[source]]`, word for word, once defaults are filled in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct RawSource {
    pub name: String,
    pub kind: String,
    pub from: Option<String>,
    pub provides: String,
    pub signed_by: Vec<String>,
    pub unsigned: bool,
    pub valid_until_days: Option<u64>,
    pub certificate_dates: String,
    pub lists_us: bool,
    pub allow: Option<Vec<String>>,
    pub deny: Vec<String>,
    pub priority: u64,
    pub refresh_minutes: u64,
    pub timeout_seconds: u64,
    pub size_kib: u64,
    pub authorities: Option<String>,
    pub entities: u64,
    pub per_minute: u64,
    pub profile: Option<String>,
    pub minimum_level: Option<String>,
    pub single_sign_on: Option<String>,
    pub attributes: Option<Vec<String>>,
    pub attribute_style: Option<String>,
    pub own_login: bool,
    pub upstreams: Option<Vec<String>>,
    pub accounts: String,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Kind {
    File,
    Folder,
    Url,
    Mdq,
    SpidRegistry,
}

impl Check<'_> {
    /// The sources, those that go first first.
    pub(super) fn sources(
        &mut self,
        raw: &[RawSource],
        upstreams: &[raw::Upstream],
    ) -> Vec<Configured> {
        let mut sources: Vec<Configured> = Vec::with_capacity(raw.len());
        for (number, raw) in raw.iter().enumerate() {
            let key = |name: &str| format!("source[{}].{name}", number + 1);
            if sources.iter().any(|other| other.name == raw.name) {
                self.wrong(&key("name"), "one table for each source", &raw.name);
            }
            sources.extend(self.source(raw, upstreams, &key));
        }
        sources.sort_by_key(|source| source.priority);
        sources
    }

    /// Whether each source that an upstream names is there, and tells of identity providers.
    pub(super) fn known_sources(
        &mut self,
        upstreams: &[upstream::Configured],
        sources: &[Configured],
    ) {
        for (number, one) in upstreams.iter().enumerate() {
            let Speaks::Saml(saml) = &one.speaks else { continue };
            let From::Source(name) = &saml.metadata else { continue };
            let fits =
                |source: &&Configured| source.name == *name && source.provides.identity_providers();
            // An entity that is asked for by its name cannot be one to choose from.
            let is_list = |source: &&Configured| !matches!(source.place, policy::Place::Mdq { .. });
            if !sources.iter().filter(fits).any(|source| is_list(&source)) {
                let expected =
                    "the name of a [[source]] that provides identity-providers and is no \"mdq\"";
                self.wrong(&format!("upstream[{}].source", number + 1), expected, name);
            }
        }
    }

    fn source(
        &mut self,
        raw: &RawSource,
        upstreams: &[raw::Upstream],
        key: &dyn Fn(&str) -> String,
    ) -> Option<Configured> {
        let name = self.id(&key("name"), &raw.name);
        let kinds = [
            ("file", Kind::File),
            ("folder", Kind::Folder),
            ("url", Kind::Url),
            ("mdq", Kind::Mdq),
            ("spid-registry", Kind::SpidRegistry),
        ];
        let kind = self.choice(&key("kind"), &raw.kind, &kinds);
        let provides = [Provides::ServiceProviders, Provides::IdentityProviders, Provides::Both];
        let provides = provides.map(|it| (it.name(), it));
        let provides = self.choice(&key("provides"), &raw.provides, &provides);
        let (by, dates) = (&raw.signed_by, &raw.certificate_dates);
        let trust = self.trust(by, raw.valid_until_days, dates, key);
        let allow = raw.allow.as_ref().map(|said| self.names(&key("allow"), said));
        let deny = self.names(&key("deny"), &raw.deny);
        let minutes = self.number(&key("refresh-minutes"), raw.refresh_minutes, 1, 43_200);
        let entry = raw::ServiceProvider {
            entity_id: String::new(),
            profile: raw.profile.clone(),
            minimum_level: raw.minimum_level.clone(),
            single_sign_on: raw.single_sign_on.clone(),
            attributes: raw.attributes.clone(),
            disabled: false,
            name_id: None,
            encrypt_assertion: false,
            attribute_style: raw.attribute_style.clone(),
            attribute_names: None,
            unsolicited: false,
            own_login: raw.own_login,
            upstreams: raw.upstreams.clone(),
            accounts: raw.accounts.clone(),
            ways_order: Vec::new(),
            way_headings: Vec::new(),
        };
        let entry = self.entry(&entry, upstreams, key);
        let kind = kind?;
        let place = self.place_of(kind, raw, key);
        let by_network = matches!(kind, Kind::Url | Kind::Mdq | Kind::SpidRegistry);
        if by_network && raw.signed_by.is_empty() && !(kind == Kind::Url && raw.unsigned) {
            let wrong = Wrong::Missing { example: "[\"keys/federation.crt\"]" };
            self.faults.push(Fault { key: key("signed-by"), place: Place::Nowhere, wrong });
        }
        Some(Configured {
            name: name?,
            place: place?,
            provides: match kind {
                Kind::SpidRegistry => Provides::IdentityProviders,
                _ => provides?,
            },
            policy: Policy { trust: trust?, lists_us: raw.lists_us, allow, deny },
            entry,
            priority: raw.priority,
            refresh: seconds(minutes? * 60).max(TimeDelta::minutes(1)),
        })
    }

    fn names(&mut self, key: &str, said: &[String]) -> BTreeSet<String> {
        said.iter().filter_map(|said| self.entity_id(key, said)).collect()
    }

    fn place_of(
        &mut self,
        kind: Kind,
        raw: &RawSource,
        key: &dyn Fn(&str) -> String,
    ) -> Option<policy::Place> {
        let timeout = self.number(&key("timeout-seconds"), raw.timeout_seconds, 1, 600);
        let size = self.number(&key("size-kib"), raw.size_kib, 1, 262_144);
        let most = self.number(&key("entities"), raw.entities, 1, 100_000);
        let per_minute = self.number(&key("per-minute"), raw.per_minute, 1, 6_000);
        let from = match (&raw.from, kind) {
            (Some(from), _) => from.as_str(),
            (None, Kind::SpidRegistry) => SPID_REGISTRY,
            (None, _) => {
                let wrong = Wrong::Missing { example: "\"metadata/federation\"" };
                self.faults.push(Fault { key: key("from"), place: Place::Nowhere, wrong });
                return None;
            }
        };
        let url = match kind {
            Kind::File => return Some(policy::Place::File(self.folder.join(from))),
            Kind::Folder => return Some(policy::Place::Folder(self.folder.join(from))),
            Kind::Url | Kind::SpidRegistry => self.address(&key("from"), from)?,
            // What is asked for goes below it.
            Kind::Mdq => {
                let slash = if from.ends_with('/') { "" } else { "/" };
                self.address(&key("from"), &format!("{from}{slash}"))?
            }
        };
        let whole = Duration::from_secs(timeout?);
        let limits = FetchLimits {
            connect: whole.min(FetchLimits::default().connect),
            whole,
            body: usize::try_from(size?).ok()?.checked_mul(1024)?,
        };
        let fetch = self.fetch(&url, raw.authorities.as_deref(), limits, key)?;
        Some(match kind {
            Kind::Mdq => policy::Place::Mdq {
                base: url,
                fetch,
                most: usize::try_from(most?).ok()?,
                per_minute: u32::try_from(per_minute?).ok()?,
            },
            _ => policy::Place::Url { url, fetch },
        })
    }

    fn address(&mut self, key: &str, said: &str) -> Option<Url> {
        let url = Url::parse(said).ok().filter(|url| {
            is_safe(url)
                && url.username().is_empty()
                && url.password().is_none()
                && url.fragment().is_none()
        });
        let expected =
            "an https address (http on this machine alone), without user name or fragment";
        url.or_else(|| self.none(key, expected, said))
    }

    fn fetch(
        &mut self,
        url: &Url,
        authorities: Option<&str>,
        limits: FetchLimits,
        key: &dyn Fn(&str) -> String,
    ) -> Option<Arc<dyn Fetch>> {
        let believed = match authorities {
            Some(file) => Some(self.octets(&key("authorities"), file)?),
            None => None,
        };
        let origin = url.origin().ascii_serialization();
        match HttpFetch::new(&[origin], believed.as_deref(), limits) {
            Ok(fetch) => Some(Arc::new(fetch)),
            Err(_) => {
                let file = authorities.unwrap_or_default();
                self.none(&key("authorities"), "a file of certificates, PEM", file)
            }
        }
    }
}

/// spid-saml §5.
const SPID_REGISTRY: &str = "https://registry.spid.gov.it/entities?entity_type=idp";
