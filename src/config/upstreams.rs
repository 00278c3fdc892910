//! `[[upstream]]`: whom we ask.

use std::sync::Arc;

use chrono::TimeDelta;
use url::Url;

use crate::assurance::class_ref::Vocabulary;
use crate::assurance::level::Level;
use crate::assurance::upstream::{Amr, Asking, UpstreamLevels};
use crate::config::check::Check;
use crate::config::choices::{LEVELS, unknown_attribute};
use crate::config::fault::{Fault, Place, Wrong};
use crate::config::raw;
use crate::identity::attributes::AttributeName;
use crate::identity::mapping::Rule;
use crate::login::request::LocalName;
use crate::login::ways::{Accounts, OWN_LOGIN, SMART_CARD, Shown};
use crate::partners::upstream::{Configured, From, SamlSource, Speaks};
use crate::saml::binding::Binding;
use crate::saml::partner::WaysIn;
use crate::saml::signature::PublicKey;
use crate::saml::upstream::profile::UpstreamProfile;
use crate::saml::upstream::provider::{CertificateDates, Trust};
use crate::world::certificate::Certificate;

impl Check<'_> {
    /// The upstreams.
    pub(super) fn upstreams(
        &mut self,
        raw: &[raw::Upstream],
        entities: &[raw::RelyingParty],
        base: Option<&Url>,
    ) -> Vec<Configured> {
        let mut upstreams: Vec<Configured> = Vec::with_capacity(raw.len());
        for (number, raw) in raw.iter().enumerate() {
            let key = |name: &str| format!("upstream[{}].{name}", number + 1);
            if upstreams.iter().any(|other| other.id == raw.id) {
                self.wrong(&key("id"), "one table for each upstream", &raw.id);
            }
            let as_whom = raw.relying_party.clone().unwrap_or_default();
            let is_saml = raw.kind == "saml";
            if is_saml && !entities.iter().any(|entity| entity.id == as_whom) {
                let expected = "the id of a [[relying-party]]";
                self.wrong(&key("relying-party"), expected, &as_whom);
            }
            let rules = self.rules(&key("attributes"), &raw.attributes);
            let kind = self.choice(&key("kind"), &raw.kind, &[("saml", true), ("oidc", false)]);
            let speaks = kind.and_then(|is_saml| match is_saml {
                true => self.saml(raw, &key).map(Speaks::Saml),
                false => self.openid(raw, base, &key).map(Speaks::OpenId),
            });
            let levels = self.levels(raw, &key);
            let id = self.id(&key("id"), &raw.id);
            let (Some(id), Some(speaks), Some(levels)) = (id, speaks, levels) else { continue };
            upstreams.push(Configured {
                id,
                name: LocalName { it: raw.name_it.clone(), en: raw.name_en.clone() },
                guide: self.guide(&key("guide"), raw.guide.as_deref()),
                entity: as_whom,
                levels,
                rules,
                offered: raw.offered,
                disabled: raw.disabled,
                logos: raw.logos.as_ref().map(|folder| self.folder.join(folder)),
                speaks,
            });
        }
        upstreams
    }

    /// By what ways people may come in to a service provider.
    pub(super) fn ways(
        &mut self,
        raw: &raw::ServiceProvider,
        upstreams: &[raw::Upstream],
        key: &dyn Fn(&str) -> String,
    ) -> WaysIn {
        let modes = [
            ("linked", Accounts::Linked),
            ("created", Accounts::Created),
            ("pass-through", Accounts::PassThrough),
        ];
        let accounts = self.choice(&key("accounts"), &raw.accounts, &modes);
        self.known_upstreams(
            &key("upstreams"),
            raw.upstreams.as_deref().unwrap_or_default(),
            upstreams,
        );
        WaysIn {
            own: raw.own_login,
            upstreams: raw.upstreams.clone(),
            accounts: accounts.unwrap_or_default(),
            shown: self.shown(raw, upstreams, key),
        }
    }

    fn shown(
        &mut self,
        raw: &raw::ServiceProvider,
        upstreams: &[raw::Upstream],
        key: &dyn Fn(&str) -> String,
    ) -> Shown {
        let expected = "\"own-login\", \"smart-card\" or ids of [[upstream]] tables, each once";
        let is_known = |way: &str| {
            way == OWN_LOGIN || way == SMART_CARD || upstreams.iter().any(|one| one.id == way)
        };
        let mut shown = Shown::default();
        for way in &raw.ways_order {
            if !is_known(way) || shown.order.contains(way) {
                self.wrong(&key("ways-order"), expected, way);
            }
            shown.order.push(way.clone());
        }
        for said in &raw.way_headings {
            let parts = said.split_once('=').and_then(|(place, words)| {
                let (way, language) = place.trim().rsplit_once('.')?;
                let words = words.trim();
                let fits = is_known(way) && (1..=MAX_HEADING).contains(&words.chars().count());
                fits.then_some((way, language, words))
            });
            let heading = match parts {
                Some((way, "it", words)) => {
                    (&mut shown.headings.entry(way.to_owned()).or_default().it, words)
                }
                Some((way, "en", words)) => {
                    (&mut shown.headings.entry(way.to_owned()).or_default().en, words)
                }
                _ => {
                    let expected =
                        "WAY.it=WORDS or WAY.en=WORDS, up to 80 characters, of a way that there is";
                    self.wrong(&key("way-headings"), expected, said);
                    continue;
                }
            };
            *heading.0 = Some(heading.1.to_owned());
        }
        shown
    }

    fn guide(&mut self, key: &str, said: Option<&str>) -> Option<Arc<str>> {
        let said = said?;
        let is_https = Url::parse(said).is_ok_and(|url| url.scheme() == "https");
        if !is_https {
            self.wrong(key, "an address that begins with https://", said);
        }
        Some(Arc::from(said))
    }

    /// Whether upstreams that a list names are there.
    pub(super) fn known_upstreams(&mut self, key: &str, named: &[String], raw: &[raw::Upstream]) {
        for name in named {
            if !raw.iter().any(|upstream| upstream.id == *name) {
                self.wrong(key, "ids of [[upstream]] tables", name);
            }
        }
    }

    fn saml(&mut self, raw: &raw::Upstream, key: &dyn Fn(&str) -> String) -> Option<SamlSource> {
        let profile = self.profile(raw, key);
        let bindings = [("redirect", Binding::Redirect), ("post", Binding::Post)];
        let binding = self.choice(&key("binding"), &raw.binding, &bindings);
        let entity_id = raw.entity_id.as_ref();
        let entity_id = entity_id.map(|said| self.entity_id(&key("entity-id"), said));
        let (by, dates) = (&raw.signed_by, &raw.certificate_dates);
        let trust = self.trust(by, raw.valid_until_days, dates, key);
        let metadata = match (&raw.metadata, &raw.source) {
            (Some(metadata), None) => From::Disk(self.folder.join(metadata)),
            (None, Some(source)) => From::Source(source.clone()),
            (Some(_), Some(source)) => {
                let expected = "metadata or source, not both";
                return self.none(&key("source"), expected, source);
            }
            (None, None) => {
                let wrong = Wrong::Missing { example: "\"metadata/idp\"" };
                self.faults.push(Fault { key: key("metadata"), place: Place::Nowhere, wrong });
                return None;
            }
        };
        Some(SamlSource {
            profile: profile?,
            binding: binding?,
            metadata,
            entity_id: match entity_id {
                Some(said) => Some(said?),
                None => None,
            },
            trust: trust?,
        })
    }

    fn profile(
        &mut self,
        raw: &raw::Upstream,
        key: &dyn Fn(&str) -> String,
    ) -> Option<UpstreamProfile> {
        let profiles = UpstreamProfile::ALL.map(|profile| (profile.name(), profile));
        self.choice(&key("profile"), raw.profile.as_deref().unwrap_or("saml2"), &profiles)
    }

    /// How far metadata are believed: the files of `signed-by`, `valid-until-days` and `certificate-dates`.
    pub(super) fn trust(
        &mut self,
        by: &[String],
        days: Option<u64>,
        certificate_dates: &str,
        key: &dyn Fn(&str) -> String,
    ) -> Option<Trust> {
        let dates = [
            ("ignore", CertificateDates::Ignore),
            ("warn", CertificateDates::Warn),
            ("refuse", CertificateDates::Refuse),
        ];
        let certificate_dates = self.choice(&key("certificate-dates"), certificate_dates, &dates);
        let days = days.map(|days| self.number(&key("valid-until-days"), days, 1, 3650));
        let mut signed_by = Vec::with_capacity(by.len());
        for file in by {
            let certificate = std::fs::read(self.folder.join(file)).ok();
            let certificate = certificate.and_then(|pem| Certificate::from_pem(&pem).ok());
            let key_of =
                |certificate: Certificate| PublicKey::from_certificate_der(&certificate.der);
            match certificate.map(key_of) {
                Some(Ok(key)) => signed_by.push(key),
                _ => self.wrong(&key("signed-by"), "files of certificates, PEM", file),
            }
        }
        Some(Trust {
            signed_by,
            require_valid_until: match days {
                Some(days) => Some(TimeDelta::days(i64::try_from(days?).ok()?)),
                None => None,
            },
            certificate_dates: certificate_dates?,
        })
    }

    fn levels(
        &mut self,
        raw: &raw::Upstream,
        key: &dyn Fn(&str) -> String,
    ) -> Option<UpstreamLevels> {
        let usual = match raw.profile.as_deref().unwrap_or_default() {
            "spid" | "ficep" => Some(UpstreamLevels::of(Vocabulary::Spid, Asking::Minimum)),
            "cie" => Some(UpstreamLevels::of(Vocabulary::Spid, Asking::Exact)),
            _ => None,
        };
        let ceiling = match (&raw.ceiling, &usual) {
            (Some(said), _) => self.choice(&key("ceiling"), said, &LEVELS),
            (None, Some(usual)) => Some(usual.ceiling),
            (None, None) => {
                let wrong = Wrong::Missing { example: "\"SpidL2\"" };
                self.faults.push(Fault { key: key("ceiling"), place: Place::Nowhere, wrong });
                None
            }
        };
        let usual = usual.unwrap_or_else(|| UpstreamLevels::of_all(Asking::EachThatDoes));
        let amrs =
            [("ignored", Amr::Ignored), ("methods", Amr::Methods), ("summaries", Amr::Summaries)];
        let amr = self.choice(&key("methods"), &raw.methods, &amrs);
        let asks = [
            ("minimum", Asking::Minimum),
            ("exact", Asking::Exact),
            ("each", Asking::EachThatDoes),
            ("nothing", Asking::Nothing),
        ];
        let asking = match &raw.ask {
            Some(said) => self.choice(&key("ask"), said, &asks),
            None => Some(usual.asking),
        };
        let otherwise = raw.default_level.as_ref();
        let otherwise = otherwise.map(|said| self.choice(&key("default-level"), said, &LEVELS));
        let table = match &raw.levels {
            Some(said) => self.table(&key("levels"), said),
            None => usual.table,
        };
        Some(UpstreamLevels {
            table,
            amr: amr?,
            ceiling: ceiling?,
            otherwise: match otherwise {
                Some(said) => Some(said?),
                None => None,
            },
            asking: asking?,
        })
    }

    fn table(&mut self, key: &str, said: &[String]) -> Vec<(String, Level)> {
        let mut table: Vec<(String, Level)> = Vec::with_capacity(said.len());
        for said in said {
            let pair = said.rsplit_once('=').map(|(class, level)| (class.trim(), level.trim()));
            let level =
                |name| LEVELS.iter().find(|(known, _)| *known == name).map(|(_, level)| *level);
            match pair.and_then(|(class, name)| Some((class, level(name)?))) {
                Some((class, level))
                    if !class.is_empty() && table.iter().all(|(other, _)| other != class) =>
                {
                    table.push((class.to_owned(), level));
                }
                _ => self.wrong(
                    key,
                    "each class once, with its level: \"urn:example:mfa=SpidL2\"",
                    said,
                ),
            }
        }
        table
    }

    fn rules(&mut self, key: &str, said: &[String]) -> Vec<Rule> {
        let mut rules: Vec<Rule> = Vec::with_capacity(said.len());
        for said in said {
            match Rule::parse(said) {
                Some(rule) if rules.iter().all(|other| other.attribute != rule.attribute) => {
                    rules.push(rule);
                }
                Some(_) => self.wrong(key, "one rule for each attribute", said),
                None => self.wrong(key, Rule::FORM, said),
            }
        }
        rules
    }

    /// SAML Core §8.3.6: a URI of at most 1024 characters.
    pub(super) fn entity_id(&mut self, key: &str, said: &str) -> Option<String> {
        let fits = !said.is_empty()
            && said.chars().count() <= 1024
            && !said.chars().any(|c| c.is_whitespace() || c.is_control());
        if fits {
            return Some(said.to_owned());
        }
        self.none(key, "an entityID: a URI of at most 1024 characters, without blanks", said)
    }

    pub(super) fn attributes(&mut self, key: &str, said: &[String]) -> Vec<AttributeName> {
        let mut attributes = Vec::with_capacity(said.len());
        for said in said {
            match AttributeName::parse(said) {
                Some(name) => attributes.push(name),
                None => self.wrong(key, unknown_attribute(said), said),
            }
        }
        attributes
    }

    pub(super) fn id(&mut self, key: &str, said: &str) -> Option<String> {
        let is_id = (1..=40).contains(&said.len())
            && said.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if is_id {
            return Some(said.to_owned());
        }
        self.none(key, "1 to 40 small letters, digits and hyphens", said)
    }
}

/// Characters of a heading.
const MAX_HEADING: usize = 80;
