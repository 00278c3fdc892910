//! What the program may rely on: every value checked, none missing.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::TimeDelta;
use url::Url;

use crate::assurance::factor::Factor;
use crate::assurance::level::Level;
use crate::assurance::policy::LevelPolicy;
use crate::config::app::App;
use crate::config::fault::Stranger;
use crate::config::sms_gateway::SmsGateway;
use crate::enrolment::activation::FirstEnrolment;
use crate::enrolment::campaign::Campaign;
use crate::factors::card::issuer::{CodeField, IssuerKind};
use crate::factors::card::judge::Rules;
use crate::factors::password::Hashing;
use crate::factors::sms::Budget;
use crate::flow::card::house::{About, CardProxy};
use crate::flow::env::{
    self, LoginSettings, NumberGuard, PincodeVerifier, RecoverySettings, RequestSettings,
    SessionSettings, Support,
};
use crate::flow::network::{Network, Proxies};
use crate::flow::publishing::Terms;
use crate::flow::registration;
use crate::partners::registry::Entry;
use crate::partners::source::policy;
use crate::partners::upstream::{Configured, Entity};
use crate::saml::identity_provider::Organization;
use crate::world::key_place::KeyPlace;
use crate::world::letter::Sender;
use crate::world::smtp::Security;
use crate::world::token::Which;

/// Everything that `ponte.toml` and the environment say.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `[server]`
    pub server: Server,
    /// `[idp]`
    pub idp: Idp,
    /// `[keys]`
    pub keys: Keys,
    /// `[login]`, what a walk needs of it.
    pub login: LoginSettings,
    /// `[login]`, how first factors are bound.
    pub first_enrolment: FirstEnrolment,
    /// `[login]`, the highest level answered.
    pub max_level: Level,
    /// `[login.argon2]`: what a password's hash costs.
    pub hashing: Hashing,
    /// `[login]`, how long an activation code is good.
    pub activation: TimeDelta,
    /// `[sessions]`
    pub sessions: SessionSettings,
    /// `[[campaign]]`
    pub campaigns: Vec<Campaign>,
    /// `[recovery]`
    pub recovery: RecoverySettings,
    /// `profile.number-guard`
    pub number_guard: NumberGuard,
    /// `[[pincode-verifier]]`
    pub pincode_verifiers: Vec<PincodeVerifier>,
    /// `[requests]`
    pub requests: RequestSettings,
    /// `[limits]`
    pub limits: Limits,
    /// `[monitoring]`
    pub monitoring: Monitoring,
    /// Whether `/tools/lint` is there.
    pub lint_page: bool,
    /// `[metadata]`: the folder, absolute if the file's own path is.
    pub metadata: PathBuf,
    /// `[publish]`
    pub publish: Terms,
    /// `[registration]`
    pub registration: registration::terms::Terms,
    /// `[register]`
    pub register: Register,
    /// `[support]`
    pub support: Support,
    /// `[mail]`, if notices leave.
    pub mail: Option<Mail>,
    /// `[app]`.
    pub app: App,
    /// `[sms]`, if codes leave.
    pub sms: Option<Texts>,
    /// `[smart-card]`, if cards are taken.
    pub smart_card: Option<SmartCard>,
    /// `[telemetry]`, if traces are sent.
    pub telemetry: Option<Telemetry>,
    /// `[[service-provider]]`
    pub service_providers: Vec<ServiceProvider>,
    /// `[[relying-party]]`
    pub relying_parties: Vec<Entity>,
    /// `[[upstream]]`
    pub upstreams: Vec<Configured>,
    /// `[[source]]`, in the order in which they go.
    pub sources: Vec<policy::Configured>,
    /// `[sessions]`, the upstreams by which people enter their own pages.
    pub account_upstreams: Vec<String>,
    /// Variables of the environment that look like ours and are not.
    pub strangers: Vec<Stranger>,
}

/// Where the server listens, and where its files lie.
#[derive(Clone, Debug)]
pub struct Server {
    /// Scheme, host and port, no path.
    pub base_url: Url,
    /// Address and port.
    pub listen: SocketAddr,
    /// Proxies whose forwarded headers are believed.
    pub proxies: Proxies,
    /// The files with which we speak TLS ourselves.
    pub tls: Option<KeyFiles>,
    /// The folder of store and register.
    pub data: PathBuf,
    /// Whether the log is JSON.
    pub json_log: bool,
    /// Directives as `tracing_subscriber`'s filters read them.
    pub log_level: String,
    /// Threads; `None` is one for each core.
    pub workers: Option<usize>,
    /// Bytes that the embedded store may cache.
    pub store_cache: u64,
    /// How long we go on accepting once told to stop.
    pub drain: Duration,
    /// How long requests under way may take after that.
    pub farewell: Duration,
}

/// Who this identity provider is.
#[derive(Clone, Debug)]
pub struct Idp {
    /// Our entityID.
    pub entity_id: String,
    /// Four capital letters.
    pub spid_prefix: String,
    /// Both languages there.
    pub organization: Organization,
    /// organizationIdentifier in certificates.
    pub identifier: Option<String>,
    /// localityName in certificates.
    pub locality: Option<String>,
}

/// The private keys' files.
#[derive(Clone, Debug)]
pub struct Keys {
    /// The key that seals personal data.
    pub seal: PathBuf,
    /// The folder of the keys that `ponte keys` keeps.
    pub folder: PathBuf,
    /// Keys kept by hand, which count only where that folder has no list: the first one signs.
    pub signing: Vec<SigningKey>,
    /// The file of the passphrase of encrypted keys.
    pub passphrase: Option<PathBuf>,
    /// The token that holds keys.
    pub token: Option<Token>,
}

/// A key kept by hand.
#[derive(Clone, Debug)]
pub struct SigningKey {
    /// Where the private key is.
    pub key: KeyPlace,
    /// Its certificate, PEM.
    pub certificate: PathBuf,
}

/// A token that holds keys.
#[derive(Clone, Debug)]
pub struct Token {
    /// The PKCS#11 module.
    pub module: PathBuf,
    /// Which token of it.
    pub which: Which,
    /// The file of its PIN.
    pub pin: Option<PathBuf>,
    /// The most sessions.
    pub sessions: usize,
}

/// The files of a key and its certificate.
#[derive(Clone, Debug)]
pub struct KeyFiles {
    /// The private key, PEM.
    pub key: PathBuf,
    /// Its certificate, PEM.
    pub certificate: PathBuf,
}

/// How much anybody may ask for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// A minute, of one network.
    pub address_per_minute: u32,
    /// A minute, of one service provider.
    pub partner_per_minute: u32,
}

/// How others watch us.
#[derive(Clone, Debug)]
pub struct Monitoring {
    /// A listener of its own for `/health`, `/ready` and `/metrics`.
    pub listen: Option<SocketAddr>,
    /// Who may ask.
    pub from: Vec<Network>,
}

/// Where the register lies.
#[derive(Clone, Debug)]
pub struct Register {
    /// The folder of its files.
    pub folder: PathBuf,
    /// The file of its signed checkpoint.
    pub checkpoint: PathBuf,
}

/// Where traces go.
#[derive(Clone, Debug)]
pub struct Telemetry {
    /// Where they are posted.
    pub traces: Url,
    /// How many of a hundred.
    pub percent: u8,
    /// The file of a private authority's certificates.
    pub authority: Option<PathBuf>,
}

/// By what way notices to people leave.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Where they go.
    pub way: MailWay,
    /// In whose name.
    pub sender: Sender,
    /// How long it is tried.
    pub keep: TimeDelta,
}

impl Mail {
    /// The file of the password, if there is one.
    #[must_use]
    pub fn password(&self) -> Option<&Path> {
        match &self.way {
            MailWay::Server(server) => server.credentials.as_ref().map(|(_, file)| file.as_path()),
            MailWay::Folder(_) => None,
        }
    }
}

/// Where mails go.
#[derive(Clone, Debug)]
pub enum MailWay {
    /// To an SMTP server.
    Server(MailServer),
    /// Into a folder, as files.
    Folder(PathBuf),
}

/// An SMTP server.
#[derive(Clone, Debug)]
pub struct MailServer {
    /// Its name, or its address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// The user name, and the file of the password.
    pub credentials: Option<(String, PathBuf)>,
    /// The file of a private authority's certificates.
    pub authority: Option<PathBuf>,
}

/// By what way codes leave by SMS, where to, and how many.
#[derive(Clone, Debug)]
pub struct Texts {
    /// Where they go.
    pub way: SmsWay,
    /// The country code of a number that is typed without one.
    pub country: String,
    /// How numbers begin to which they go.
    pub served: Vec<String>,
    /// How many a day.
    pub budget: Budget,
}

/// Where SMS go.
#[derive(Clone, Debug)]
pub enum SmsWay {
    /// Into a folder, as files.
    Folder(PathBuf),
    /// To gateways, in the order in which they are asked.
    Gateways(Vec<SmsGateway>),
}

/// Where cards are shown, and whose are taken.
#[derive(Clone, Debug)]
pub struct SmartCard {
    /// Address and port.
    pub listen: SocketAddr,
    /// Scheme, host and port, no path.
    pub base_url: Url,
    /// The files with which its listener speaks TLS; `None` behind a proxy.
    pub tls: Option<KeyFiles>,
    /// The proxy that does so for it.
    pub proxy: Option<CardProxy>,
    /// What is asked of cards.
    pub rules: Rules,
    /// The workstations at which they count, if not at any.
    pub workstation: Option<CardWorkstations>,
    /// Whose are taken.
    pub issuers: Vec<CardIssuer>,
}

/// Where workstations show their certificates, and whose are registered.
#[derive(Clone, Debug)]
pub struct CardWorkstations {
    /// Address and port.
    pub listen: SocketAddr,
    /// Scheme, host and port, no path.
    pub base_url: Url,
    /// The file of their authorities.
    pub authorities: PathBuf,
    /// Whom to ask.
    pub about: About,
}

/// An issuer of cards.
#[derive(Clone, Debug)]
pub struct CardIssuer {
    /// What it is called.
    pub name: String,
    /// What its certificates are.
    pub kind: IssuerKind,
    /// The file of its authorities.
    pub authorities: PathBuf,
    /// The policies of which a certificate has one.
    pub policies: Vec<String>,
    /// Where the fiscal code is.
    pub code: CodeField,
    /// Whether CNS-like certificates of it are worth as much as a CNS.
    pub as_cns: bool,
    /// Whom it has answer, and where it helps.
    pub about: About,
}

/// What we add to a service provider's metadata.
#[derive(Clone, Debug)]
pub struct ServiceProvider {
    /// Which one.
    pub entity_id: String,
    /// What is settled with it.
    pub entry: Entry,
}

impl Settings {
    /// What a walk needs of them.
    #[must_use]
    pub fn of_walks(&self, demo: bool) -> env::Settings {
        env::Settings {
            base_url: self.server.base_url.clone(),
            service: self.idp.organization.display_name.clone(),
            support: self.support.clone(),
            proxies: self.server.proxies.clone(),
            monitors: self.monitoring.from.clone(),
            lint_page: self.lint_page,
            demo,
            login: self.login.clone(),
            app: self.app.asked,
            levels: self.levels(),
            first_enrolment: self.first_enrolment,
            hashing: self.hashing.clone(),
            sessions: self.sessions,
            recovery: self.recovery,
            number_guard: self.number_guard,
            pincode_verifiers: self.pincode_verifiers.clone(),
            campaigns: self.campaigns.clone(),
            account_upstreams: self.account_upstreams.clone(),
            requests: self.requests,
            registration: self.registration.clone(),
        }
    }

    /// What counts here, and how high: the app's ways that are offered, codes by SMS where they leave.
    #[must_use]
    pub fn levels(&self) -> LevelPolicy {
        let mut levels = LevelPolicy { ceiling: self.max_level, ..LevelPolicy::default() };
        levels.offered.extend(&self.app.offered);
        if self.sms.is_some() {
            levels.offered.push(Factor::Sms);
        }
        if let Some(cards) = &self.smart_card {
            levels.offered.extend([Factor::SmartCard, Factor::CnsLike]);
            let as_cns = cards.issuers.iter().filter(|issuer| issuer.as_cns);
            levels.cns_like_issuers = as_cns.map(|issuer| issuer.name.clone()).collect();
        }
        levels
    }

    /// The sections in which `other` says something else.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<&'static str> {
        let sections: [(&'static str, [&dyn std::fmt::Debug; 2]); 24] = [
            ("server", [&self.server, &other.server]),
            ("idp", [&self.idp, &other.idp]),
            ("keys", [&self.keys, &other.keys]),
            ("login", [&self.of_login(), &other.of_login()]),
            ("campaign", [&self.campaigns, &other.campaigns]),
            ("recovery", [&self.recovery, &other.recovery]),
            ("profile", [&self.number_guard, &other.number_guard]),
            ("pincode-verifier", [&self.pincode_verifiers, &other.pincode_verifiers]),
            ("requests", [&self.requests, &other.requests]),
            ("limits", [&self.limits, &other.limits]),
            ("monitoring", [&self.monitoring, &other.monitoring]),
            ("tools", [&self.lint_page, &other.lint_page]),
            ("metadata", [&self.metadata, &other.metadata]),
            ("publish", [&self.publish, &other.publish]),
            ("registration", [&self.registration, &other.registration]),
            ("register", [&self.register, &other.register]),
            ("support", [&self.support, &other.support]),
            ("mail", [&self.mail, &other.mail]),
            ("sms", [&self.sms, &other.sms]),
            ("smart-card", [&self.smart_card, &other.smart_card]),
            ("app", [&self.app, &other.app]),
            ("telemetry", [&self.telemetry, &other.telemetry]),
            ("relying-party", [&self.relying_parties, &other.relying_parties]),
            ("source", [&self.sources, &other.sources]),
        ];
        let differ =
            |[one, two]: &[&dyn std::fmt::Debug; 2]| format!("{one:?}") != format!("{two:?}");
        sections.into_iter().filter(|(_, pair)| differ(pair)).map(|(name, _)| name).collect()
    }

    fn of_login(&self) -> impl std::fmt::Debug {
        (&self.login, self.first_enrolment, self.max_level, &self.hashing, self.activation)
    }

    /// What is settled with service providers, by entityID.
    #[must_use]
    pub fn entries(&self) -> HashMap<String, Entry> {
        let entry = |one: &ServiceProvider| (one.entity_id.clone(), one.entry.clone());
        self.service_providers.iter().map(entry).collect()
    }
}
