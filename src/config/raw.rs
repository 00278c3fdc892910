//! The file, word for word, once defaults are filled in.

use serde::Deserialize;

use crate::config::sms_gateway::RawSmsGateway;
use crate::config::{app::RawApp, people::RawProfile, people::RawVerifier, publish::RawPublish};

/// The whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct Raw {
    pub server: Server,
    pub idp: Idp,
    pub keys: Keys,
    pub login: Login,
    pub sessions: Sessions,
    pub recovery: crate::config::people::RawRecovery,
    pub profile: RawProfile,
    pub requests: Requests,
    pub limits: Limits,
    pub monitoring: Monitoring,
    pub tools: Tools,
    pub metadata: Metadata,
    pub publish: RawPublish,
    pub registration: crate::config::registration::RawRegistration,
    pub register: Register,
    pub support: Support,
    pub mail: Mail,
    pub sms: Sms,
    pub smart_card: SmartCard,
    pub app: RawApp,
    pub telemetry: Telemetry,
    #[serde(default)]
    pub service_provider: Vec<ServiceProvider>,
    #[serde(default)]
    pub pincode_verifier: Vec<RawVerifier>,
    #[serde(default)]
    pub campaign: Vec<Campaign>,
    #[serde(default)]
    pub relying_party: Vec<RelyingParty>,
    #[serde(default)]
    pub source: Vec<crate::config::sources::RawSource>,
    #[serde(default)]
    pub upstream: Vec<Upstream>,
}

/// `[server]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct Server {
    pub base_url: String,
    pub listen: String,
    pub proxies: Vec<String>,
    pub forwarded_by: String,
    pub tls: Tls,
    pub data: String,
    pub log: String,
    pub log_level: String,
    pub workers: u64,
    pub store_cache_mib: u64,
    pub drain_seconds: u64,
    pub stop_seconds: u64,
}

/// `[server.tls]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct Tls {
    pub certificate: Option<String>,
    pub key: Option<String>,
}

/// `[idp]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct Idp {
    pub entity_id: Option<String>,
    pub spid_prefix: String,
    pub organization: Organization,
}

/// `[idp.organization]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct Organization {
    pub name: Languages,
    pub display_name: Languages,
    pub url: Languages,
    pub identifier: Option<String>,
    pub locality: Option<String>,
}

/// A text in two languages.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct Languages {
    pub it: Option<String>,
    pub en: Option<String>,
}

/// `[keys]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct Keys {
    pub seal: String,
    pub folder: String,
    #[serde(default)]
    pub signing: Vec<SigningKey>,
    pub passphrase_file: Option<String>,
    pub pkcs11: Pkcs11,
}

/// `[keys.pkcs11]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct Pkcs11 {
    pub module: Option<String>,
    pub token: Option<String>,
    pub slot: Option<u64>,
    pub pin_file: Option<String>,
    pub sessions: u64,
}

/// One of `keys.signing`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct SigningKey {
    pub key: String,
    pub certificate: String,
}

/// `[login]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct Login {
    pub timeout_seconds: u64,
    pub totp_period: u64,
    pub single_page: bool,
    pub first_enrolment: String,
    pub activation_days: u64,
    pub max_level: String,
    pub argon2: Argon2,
    pub hash_workers: u64,
    pub hash_queue: u64,
}

/// `[login.argon2]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct Argon2 {
    pub memory_kib: u64,
    pub iterations: u64,
    pub parallelism: u64,
}

/// `[sessions]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct Sessions {
    pub idle_seconds: u64,
    pub absolute_seconds: u64,
    pub account_level: String,
    pub account_upstreams: Vec<String>,
}

/// One of `[[campaign]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct Campaign {
    pub name: String,
    pub start: String,
    pub end: String,
    pub population: Vec<String>,
    pub factor: String,
    pub tasks: Vec<String>,
    pub notices_days: Vec<String>,
}

/// `[requests]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct Requests {
    pub window_back_seconds: u64,
    pub window_ahead_seconds: u64,
}

/// `[limits]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct Limits {
    pub address_per_minute: u64,
    pub partner_per_minute: u64,
}

/// `[monitoring]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct Monitoring {
    pub listen: Option<String>,
    pub from: Vec<String>,
}

/// `[tools]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct Tools {
    pub lint_page: bool,
}

/// `[metadata]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct Metadata {
    pub folder: String,
}

/// `[register]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct Register {
    pub folder: Option<String>,
    pub checkpoint: Option<String>,
}

/// `[support]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct Support {
    pub name: Option<String>,
    pub email: Option<String>,
    pub url: Option<String>,
}

/// `[mail]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct Mail {
    pub way: String,
    pub server: Option<String>,
    pub port: u64,
    pub security: String,
    pub user: Option<String>,
    pub password_file: Option<String>,
    pub authority: Option<String>,
    pub folder: String,
    pub from: Option<String>,
    pub keep_days: u64,
}

/// `[sms]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct Sms {
    pub way: String,
    pub folder: String,
    pub country: String,
    pub served: Vec<String>,
    pub person_day: u64,
    pub range_day: u64,
    pub house_day: u64,
    #[serde(default)]
    pub gateway: Vec<RawSmsGateway>,
}

/// `[smart-card]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct SmartCard {
    pub listen: Option<String>,
    pub base_url: Option<String>,
    pub tls: Tls,
    pub proxies: Vec<String>,
    pub certificate_header: String,
    pub cns_only: bool,
    pub unknown_revocation: String,
    pub workstation: Workstation,
    #[serde(default)]
    pub issuer: Vec<CardIssuer>,
}

/// `[smart-card.workstation]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct Workstation {
    pub listen: Option<String>,
    pub base_url: Option<String>,
    pub authorities: String,
    pub ocsp: Vec<String>,
    pub crl: Vec<String>,
}

/// One of `[[smart-card.issuer]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct CardIssuer {
    pub name: String,
    pub kind: String,
    pub authorities: String,
    pub policies: Option<Vec<String>>,
    pub fiscal_code: String,
    pub ocsp: Vec<String>,
    pub crl: Vec<String>,
    pub as_cns: bool,
    pub help_it: Option<String>,
    pub help_en: Option<String>,
}

/// `[telemetry]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct Telemetry {
    pub otlp_endpoint: Option<String>,
    pub sample_percent: u64,
    pub authority: Option<String>,
}

/// One of `[[service-provider]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct ServiceProvider {
    pub entity_id: String,
    pub profile: Option<String>,
    pub minimum_level: Option<String>,
    pub single_sign_on: Option<String>,
    pub attributes: Option<Vec<String>>,
    pub disabled: bool,
    pub name_id: Option<String>,
    pub encrypt_assertion: bool,
    pub attribute_style: Option<String>,
    pub attribute_names: Option<Vec<String>>,
    pub unsolicited: bool,
    pub own_login: bool,
    pub upstreams: Option<Vec<String>>,
    pub accounts: String,
    pub ways_order: Vec<String>,
    pub way_headings: Vec<String>,
}

/// One of `[[relying-party]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct RelyingParty {
    pub id: String,
    pub profile: String,
    pub entity_id: Option<String>,
    pub attributes: Vec<String>,
    pub service_it: Option<String>,
    pub service_en: Option<String>,
    pub contact: Contact,
    pub aggregated: Aggregated,
    pub validation: Option<String>,
    pub invoicing: Invoicing,
    pub decryption_key: Option<String>,
    pub decryption_certificate: Option<String>,
    pub trial: bool,
}

/// `contact` of a `[[relying-party]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct Contact {
    pub ipa_code: Option<String>,
    pub ipa_category: Option<String>,
    pub vat_number: Option<String>,
    pub fiscal_code: Option<String>,
    pub company: Option<String>,
    pub email: Option<String>,
    pub telephone: Option<String>,
    pub municipality: Option<String>,
    pub province: Option<String>,
    pub country: Option<String>,
    pub nace2: Option<String>,
}

/// `aggregated` of a `[[relying-party]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct Aggregated {
    pub company: Option<String>,
    pub ipa_code: Option<String>,
    pub vat_number: Option<String>,
    pub fiscal_code: Option<String>,
    pub email: Option<String>,
    pub telephone: Option<String>,
    pub url: Option<String>,
}

/// `invoicing` of a `[[relying-party]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct Invoicing {
    pub name: Option<String>,
    pub vat_number: Option<String>,
    pub fiscal_code: Option<String>,
    pub street: Option<String>,
    pub number: Option<String>,
    pub postal_code: Option<String>,
    pub town: Option<String>,
    pub province: Option<String>,
    pub country: Option<String>,
    pub email: Option<String>,
    pub telephone: Option<String>,
}

/// One of `[[upstream]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct Upstream {
    pub id: String,
    pub kind: String,
    pub profile: Option<String>,
    pub relying_party: Option<String>,
    pub metadata: Option<String>,
    pub source: Option<String>,
    pub entity_id: Option<String>,
    pub signed_by: Vec<String>,
    pub valid_until_days: Option<u64>,
    pub certificate_dates: String,
    pub binding: String,
    pub name_it: Option<String>,
    pub name_en: Option<String>,
    pub guide: Option<String>,
    pub logos: Option<String>,
    pub levels: Option<Vec<String>>,
    pub ceiling: Option<String>,
    pub default_level: Option<String>,
    pub methods: String,
    pub ask: Option<String>,
    pub attributes: Vec<String>,
    pub offered: bool,
    pub disabled: bool,
    pub issuer: Option<String>,
    pub client_id: Option<String>,
    pub authentication: String,
    pub client_secret: Option<String>,
    pub assertion_audience: String,
    pub algorithms: Option<Vec<String>>,
    pub scopes: Option<Vec<String>>,
    pub claims: Option<Vec<String>>,
    pub request_object: bool,
    pub push: bool,
    pub encrypted_id_token: bool,
    pub decryption_key: Option<String>,
    pub origins: Vec<String>,
    pub authorities: Option<String>,
}
