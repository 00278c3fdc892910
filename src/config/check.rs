//! Every value of a configuration, checked.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;

use crate::config::choices::LEVELS;
use crate::config::document::{self, Document};
use crate::config::fault::{ConfigError, Fault, Place, Wrong};
use crate::config::raw::{self, Raw};
use crate::config::settings::{
    Idp, KeyFiles, Keys, Limits, Mail, Monitoring, Register, Server, Settings,
};
use crate::config::values::{both, is_loopback, seconds};
use crate::config::{app, mail, registration, signing, smart_card, sms, telemetry};
use crate::enrolment::activation::FirstEnrolment;
use crate::factors::password::Hashing;
use crate::flow::env::{LoginSettings, RequestSettings, Support};
use crate::flow::network::{ForwardedBy, Network, Proxies};
use crate::saml::identity_provider::Organization;
use crate::world::shape::is_organization_identifier;

/// Reads `text`, the file at `path`, under `environment` (see [`document::read`]) and checks every value.
///
/// Relative paths in it are taken from the folder of `path`.
///
/// # Errors
/// [`ConfigError`], with every fault found and its line.
pub fn read(
    text: &str,
    path: &Path,
    environment: &[(String, String)],
) -> Result<Settings, ConfigError> {
    let document = document::read(text, path, environment)?;
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    let mut check = Check { document: &document, folder, faults: Vec::new() };
    let settings = check.settings(&document.raw);
    match settings {
        Some(settings) if check.faults.is_empty() => Ok(settings),
        _ => Err(ConfigError::Faults { path: path.to_owned(), faults: check.faults }),
    }
}

pub(super) struct Check<'a> {
    pub(super) document: &'a Document,
    pub(super) folder: &'a Path,
    pub(super) faults: Vec<Fault>,
}

impl Check<'_> {
    /// `None` only if some fault was noted.
    fn settings(&mut self, raw: &Raw) -> Option<Settings> {
        let server = self.server(&raw.server);
        let data = server.as_ref().map(|server| server.data.clone()).unwrap_or_default();
        let idp = self.idp(&raw.idp, server.as_ref().map(|server| &server.base_url));
        let keys = self.keys(&raw.keys);
        let login = self.login(&raw.login);
        let first_enrolment = self.choice(
            "login.first-enrolment",
            &raw.login.first_enrolment,
            &[
                ("activation-code", FirstEnrolment::ActivationCode),
                ("trust-on-first-use", FirstEnrolment::TrustOnFirstUse),
            ],
        );
        let max_level = self.choice("login.max-level", &raw.login.max_level, &LEVELS);
        let hashing = self.hashing(&raw.login.argon2);
        let days = self.number("login.activation-days", raw.login.activation_days, 1, 365);
        let sessions = self.sessions(&raw.sessions);
        let recovery = self.recovery(&raw.recovery);
        let campaigns = self.campaigns(&raw.campaign);
        let pincode_verifiers = self.pincode_verifiers(&raw.pincode_verifier);
        let requests = self.requests(&raw.requests);
        let limits = self.limits(&raw.limits);
        let monitoring = self.monitoring(&raw.monitoring);
        let register = Register {
            folder: self.path_or(raw.register.folder.as_deref(), || data.join("register")),
            checkpoint: self
                .path_or(raw.register.checkpoint.as_deref(), || data.join("register.checkpoint")),
        };
        let support = self.support(&raw.support);
        let office = idp.as_ref().and_then(|idp| idp.organization.display_name.it.as_deref());
        let mail = self.mail(&raw.mail, office, support.email.as_deref());
        let mails = mail.as_ref().is_none_or(Option::is_some);
        let number_guard = self.number_guard(&raw.profile, mails);
        let sms = sms::check(&raw.sms, self.folder)
            .map_err(|(key, expected, found)| self.note(&key, expected.to_owned(), found));
        let app = app::check(&raw.app, self.folder)
            .map_err(|(key, expected, found)| self.note(&key, expected.to_owned(), found));
        let card = smart_card::check(&raw.smart_card, self.folder, server.as_ref())
            .map_err(|(key, expected, found)| self.note(&key, expected.to_owned(), found));
        let telemetry = telemetry::check(&raw.telemetry, self.folder)
            .map_err(|(key, expected, found)| self.note(&key, expected.to_owned(), found));
        let publish = self.publish(&raw.publish);
        let registration = registration::check(&raw.registration, self.folder)
            .map_err(|(key, expected, found)| self.note(&key, expected.to_owned(), found));
        let service_providers = self.service_providers(&raw.service_provider, &raw.upstream);
        let base_url = server.as_ref().map(|server| &server.base_url);
        let organization = idp.as_ref().map(|idp| &idp.organization);
        let relying_parties = self.entities(&raw.relying_party, base_url, organization);
        let upstreams = self.upstreams(&raw.upstream, &raw.relying_party, base_url);
        let sources = self.sources(&raw.source, &raw.upstream);
        self.known_sources(&upstreams, &sources);
        let named = &raw.sessions.account_upstreams;
        self.known_upstreams("sessions.account-upstreams", named, &raw.upstream);
        Some(Settings {
            server: server?,
            idp: idp?,
            keys: keys?,
            login: login?,
            first_enrolment: first_enrolment?,
            max_level: max_level?,
            hashing: hashing?,
            activation: seconds(days? * 86_400),
            sessions: sessions?,
            recovery: recovery?,
            number_guard: number_guard?,
            pincode_verifiers,
            campaigns,
            requests: requests?,
            limits: limits?,
            monitoring: monitoring?,
            lint_page: raw.tools.lint_page,
            metadata: self.folder.join(&raw.metadata.folder),
            publish: publish?,
            registration: registration.ok()?,
            register,
            support,
            mail: mail?,
            app: app.ok()?,
            sms: sms.ok()?,
            smart_card: card.ok()?,
            telemetry: telemetry.ok()?,
            service_providers,
            relying_parties,
            upstreams,
            sources,
            account_upstreams: named.clone(),
            strangers: self.document.strangers.clone(),
        })
    }

    fn server(&mut self, raw: &raw::Server) -> Option<Server> {
        let base_url = self.base_url(&raw.base_url);
        let listen: Option<SocketAddr> = raw.listen.parse().ok();
        if listen.is_none() {
            let expected = "an address and a port, such as \"127.0.0.1:8080\" or \"[::1]:8080\"";
            self.wrong("server.listen", expected, &raw.listen);
        }
        let networks = self.networks("server.proxies", &raw.proxies);
        let header = self.choice(
            "server.forwarded-by",
            &raw.forwarded_by,
            &[
                ("x-forwarded-for", ForwardedBy::XForwardedFor),
                ("forwarded", ForwardedBy::Forwarded),
            ],
        );
        let tls = self.tls(&raw.tls);
        if let Some(listen) = listen
            && !listen.ip().is_loopback()
            && raw.proxies.is_empty()
            && tls.is_none()
        {
            let expected = "a loopback address, or server.tls, or the proxy that speaks TLS for us in server.proxies";
            self.wrong("server.listen", expected, &raw.listen);
        }
        let json_log = self.choice("server.log", &raw.log, &[("text", false), ("json", true)]);
        if let Err(reason) = crate::telemetry::log::filter(&raw.log_level) {
            let expected = format!("a level such as \"info\" ({reason})");
            self.wrong("server.log-level", expected, &raw.log_level);
        }
        let workers = self.number("server.workers", raw.workers, 0, 1024)?;
        let cache = self.number("server.store-cache-mib", raw.store_cache_mib, 1, 16_384)?;
        let drain = self.number("server.drain-seconds", raw.drain_seconds, 0, 300)?;
        let farewell = self.number("server.stop-seconds", raw.stop_seconds, 1, 300)?;
        Some(Server {
            base_url: base_url?,
            listen: listen?,
            proxies: Proxies { networks, header: header? },
            tls,
            data: self.folder.join(&raw.data),
            json_log: json_log?,
            log_level: raw.log_level.clone(),
            workers: usize::try_from(workers).ok().filter(|workers| *workers > 0),
            store_cache: cache * 1024 * 1024,
            drain: Duration::from_secs(drain),
            farewell: Duration::from_secs(farewell),
        })
    }

    fn monitoring(&mut self, raw: &raw::Monitoring) -> Option<Monitoring> {
        let from = self.networks("monitoring.from", &raw.from);
        let Some(said) = &raw.listen else { return Some(Monitoring { listen: None, from }) };
        match said.parse() {
            Ok(listen) => Some(Monitoring { listen: Some(listen), from }),
            Err(_) => self.none(
                "monitoring.listen",
                "an address and a port, such as \"127.0.0.1:9464\"",
                said,
            ),
        }
    }

    fn networks(&mut self, key: &str, said: &[String]) -> Vec<Network> {
        let mut networks = Vec::with_capacity(said.len());
        for said in said {
            match Network::parse(said) {
                Some(network) => networks.push(network),
                None => self.wrong(key, "IP addresses, or networks such as \"10.0.0.0/24\"", said),
            }
        }
        networks
    }

    fn tls(&mut self, raw: &raw::Tls) -> Option<KeyFiles> {
        let missing = match (&raw.certificate, &raw.key) {
            (None, None) => return None,
            (Some(certificate), Some(key)) => {
                let (key, certificate) = (self.folder.join(key), self.folder.join(certificate));
                return Some(KeyFiles { key, certificate });
            }
            (Some(_), None) => ("server.tls.key", "\"keys/tls.key\""),
            (None, Some(_)) => ("server.tls.certificate", "\"keys/tls.crt\""),
        };
        let wrong = Wrong::Missing { example: missing.1 };
        self.faults.push(Fault { key: missing.0.to_owned(), place: Place::Nowhere, wrong });
        None
    }

    fn limits(&mut self, raw: &raw::Limits) -> Option<Limits> {
        let mut number = |key, value| u32::try_from(self.number(key, value, 1, 1_000_000)?).ok();
        Some(Limits {
            address_per_minute: number("limits.address-per-minute", raw.address_per_minute)?,
            partner_per_minute: number("limits.partner-per-minute", raw.partner_per_minute)?,
        })
    }

    /// Exact base URLs are what keeps a forged Host header out (threats, Web): nothing but scheme, host and port may be in it.
    fn base_url(&mut self, said: &str) -> Option<Url> {
        const KEY: &str = "server.base-url";
        let parsed = Url::parse(said).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let Some(url) = parsed.filter(Url::has_host) else {
            return self.none(KEY, "an address such as \"https://idp.example.org\"", said);
        };
        let bare = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if !bare {
            return self.none(KEY, "scheme, host and port, and nothing after them", said);
        }
        if url.scheme() == "http" && !is_loopback(&url) {
            return self.none(KEY, "https (http is for localhost and loopback only)", said);
        }
        Some(url)
    }

    fn idp(&mut self, raw: &raw::Idp, base_url: Option<&Url>) -> Option<Idp> {
        let entity_id = match &raw.entity_id {
            Some(said) => self.entity_id("idp.entity-id", said),
            None => base_url.map(|url| format!("{}metadata", url.as_str())),
        };
        let prefix = &raw.spid_prefix;
        if prefix.len() != 4 || !prefix.bytes().all(|byte| byte.is_ascii_uppercase()) {
            self.wrong("idp.spid-prefix", "four capital letters", prefix);
        }
        let organization = &raw.organization;
        for (key, said) in [
            ("idp.organization.url.it", &organization.url.it),
            ("idp.organization.url.en", &organization.url.en),
        ] {
            if let Some(said) = said {
                self.web_address(key, said);
            }
        }
        let name = both(&organization.name, None);
        if let Some(said) = &organization.identifier
            && !is_organization_identifier(said)
        {
            let expected =
                "PA:IT- and an IPA code, VATIT- and eleven digits, or CF:IT- and a fiscal code";
            self.wrong("idp.organization.identifier", expected, said);
        }
        for (key, said) in [
            ("idp.organization.locality", &organization.locality),
            ("idp.organization.name.it", &organization.name.it),
            ("idp.organization.name.en", &organization.name.en),
            ("idp.organization.display-name.it", &organization.display_name.it),
            ("idp.organization.display-name.en", &organization.display_name.en),
        ] {
            if said.as_ref().is_some_and(|said| said.trim().is_empty()) {
                self.wrong(key, "a name", "");
            }
        }
        Some(Idp {
            entity_id: entity_id?,
            spid_prefix: prefix.clone(),
            organization: Organization {
                display_name: both(&organization.display_name, Some(&name)),
                name,
                url: both(&organization.url, None),
            },
            identifier: organization.identifier.clone(),
            locality: organization.locality.clone(),
        })
    }

    fn keys(&mut self, raw: &raw::Keys) -> Option<Keys> {
        signing::check(raw, self.folder)
            .map_err(|wrong| {
                for (key, expected, found) in wrong {
                    self.note(&key, expected.to_owned(), found);
                }
            })
            .ok()
    }

    fn login(&mut self, raw: &raw::Login) -> Option<LoginSettings> {
        let timeout = self.number("login.timeout-seconds", raw.timeout_seconds, 60, 3600);
        let period = u32::try_from(raw.totp_period).ok().filter(|period| matches!(period, 30 | 60));
        if period.is_none() {
            self.wrong_number("login.totp-period", "30 or 60", raw.totp_period);
        }
        let workers = self.number("login.hash-workers", raw.hash_workers, 0, 1024);
        let queue = self.number("login.hash-queue", raw.hash_queue, 1, 65_536);
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Some(LoginSettings {
            timeout: seconds(timeout?),
            totp_period: period?,
            single_page: raw.single_page,
            hash_queue: usize::try_from(queue?).ok()?,
            hash_workers: usize::try_from(workers?).ok().filter(|n| *n > 0).unwrap_or(cores),
        })
    }

    fn hashing(&mut self, raw: &raw::Argon2) -> Option<Hashing> {
        let memory =
            self.number("login.argon2.memory-kib", raw.memory_kib, OWASP[0].0, 1024 * 1024)?;
        let iterations = self.number("login.argon2.iterations", raw.iterations, 1, 16)?;
        let parallelism = self.number("login.argon2.parallelism", raw.parallelism, 1, 4)?;
        let enough = OWASP.iter().any(|least| memory >= least.0 && iterations >= least.1);
        if !enough {
            let least = OWASP.iter().find(|least| iterations >= least.1).map_or(0, |least| least.0);
            let expected = format!("{least} or more with {iterations} iterations (OWASP)");
            self.wrong_number("login.argon2.memory-kib", &expected, memory);
        }
        let narrow = |number: u64| u32::try_from(number).ok();
        Hashing::new(narrow(memory)?, narrow(iterations)?, narrow(parallelism)?).ok()
    }

    fn requests(&mut self, raw: &raw::Requests) -> Option<RequestSettings> {
        let back = self.number("requests.window-back-seconds", raw.window_back_seconds, 0, 86_400);
        let ahead = self.number("requests.window-ahead-seconds", raw.window_ahead_seconds, 0, 3600);
        Some(RequestSettings { window_back: seconds(back?), window_ahead: seconds(ahead?) })
    }

    fn support(&mut self, raw: &raw::Support) -> Support {
        if let Some(email) = &raw.email
            && (!email.contains('@') || email.contains(char::is_whitespace))
        {
            self.wrong("support.email", "an e-mail address", email);
        }
        let url = raw.url.as_ref().and_then(|url| self.web_address("support.url", url));
        Support { name: raw.name.clone(), email: raw.email.clone(), url }
    }

    fn mail(
        &mut self,
        raw: &raw::Mail,
        office: Option<&str>,
        reply_to: Option<&str>,
    ) -> Option<Option<Mail>> {
        mail::check(raw, self.folder, office, reply_to)
            .map_err(|(key, expected, found)| self.note(&key, expected.to_owned(), found))
            .ok()
    }

    fn web_address(&mut self, key: &str, said: &str) -> Option<Url> {
        let url = Url::parse(said).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        if url.is_none() {
            self.wrong(key, "an address that begins with https:// or http://", said);
        }
        url
    }

    fn path_or(&self, said: Option<&str>, default: impl FnOnce() -> PathBuf) -> PathBuf {
        said.map_or_else(default, |said| self.folder.join(said))
    }

    pub(super) fn number(&mut self, key: &str, found: u64, least: u64, most: u64) -> Option<u64> {
        if (least..=most).contains(&found) {
            return Some(found);
        }
        self.wrong_number(key, &format!("a number from {least} to {most}"), found);
        None
    }

    pub(super) fn choice<T: Copy>(
        &mut self,
        key: &str,
        found: &str,
        choices: &[(&str, T)],
    ) -> Option<T> {
        if let Some((_, value)) = choices.iter().find(|(name, _)| *name == found) {
            return Some(*value);
        }
        let names: Vec<String> = choices.iter().map(|(name, _)| format!("{name:?}")).collect();
        self.none(key, names.join(" or "), found)
    }

    pub(super) fn none<T>(
        &mut self,
        key: &str,
        expected: impl Into<String>,
        found: &str,
    ) -> Option<T> {
        self.wrong(key, expected, found);
        None
    }

    pub(super) fn wrong(&mut self, key: &str, expected: impl Into<String>, found: &str) {
        self.note(key, expected.into(), format!("{found:?}"));
    }

    pub(super) fn wrong_number(&mut self, key: &str, expected: &str, found: u64) {
        self.note(key, expected.to_owned(), found.to_string());
    }

    pub(super) fn note(&mut self, key: &str, expected: String, found: String) {
        let place = self.document.place(key);
        let wrong = Wrong::Value { expected, found };
        self.faults.push(Fault { key: key.to_owned(), place, wrong });
    }
}

/// OWASP, Password Storage Cheat Sheet, Argon2id: KiB of memory, and the passes that go with them.
const OWASP: [(u64, u64); 5] = [(7168, 5), (9216, 4), (12_288, 3), (19_456, 2), (47_104, 1)];
