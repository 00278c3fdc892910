//! What a walk needs: the world, the store, the register, partners, keys and
//! settings, put together once at start and passed down as values.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use crate::assurance::level::Level;
use crate::assurance::policy::LevelPolicy;
use crate::enrolment::activation::FirstEnrolment;
use crate::enrolment::campaign::Campaign;
use crate::factors::password::Hashing;
use crate::flow::alarm::Alarm;
use crate::flow::card::house::Cards;
use crate::flow::expiry::Ending;
use crate::flow::hashing::HashPool;
use crate::flow::life::Life;
use crate::flow::limits::Limiter;
use crate::flow::network::{Network, Proxies};
use crate::flow::notice::Mailing;
use crate::flow::publishing::Publishing;
use crate::flow::pushing::Pushing;
use crate::flow::registration::terms::Terms;
use crate::flow::sources::house::Sources;
use crate::flow::texting::Texting;
use crate::flow::trail::Trail;
use crate::flow::waiting::Waiting;
use crate::identity::tenant::TenantId;
use crate::login::request::LocalName;
use crate::login::session::Lives;
use crate::partners::registry::Registry;
use crate::partners::upstream::Upstreams;
use crate::register::journal::Register;
use crate::saml::identity_provider::IdentityProvider;
use crate::store::port::Store;
use crate::store::recent::Recent;
use crate::store::record::Records;
use crate::world::clock::Clock;
use crate::world::digest::sha256;
use crate::world::random::Random;
use crate::world::seal::Seal;
use crate::world::signer::Signer;

/// Everything that a walk may use; immutable but for what is swapped whole.
#[derive(Debug)]
pub struct Env {
    /// The time.
    pub clock: Clock,
    /// Chance.
    pub random: Arc<Random>,
    /// What of the store is at hand.
    pub recent: Recent,
    /// What survives between two requests.
    pub store: Arc<dyn Store>,
    /// What seals it.
    pub seal: Arc<Seal>,
    /// Every answer that left.
    pub register: Register,
    /// On whose behalf we answer.
    pub tenant: TenantId,
    /// Who we are to service providers.
    pub idp: IdentityProvider,
    /// The key that signs, and what we publish of our keys.
    pub keys: Keys,
    /// Who may ask us.
    pub partners: Partners,
    /// Where further of them are from.
    pub sources: Sources,
    /// Whom we may ask.
    pub upstreams: Swapped<Upstreams>,
    /// Where passwords are hashed.
    pub hashing: HashPool,
    /// How much one network may ask for.
    pub by_address: Limiter,
    /// How much one service provider may ask for.
    pub by_partner: Limiter,
    /// Whether we serve, or are about to stop.
    pub life: Life,
    /// Pages that wait for a phone.
    pub waiting: Arc<Waiting>,
    /// Rung when the two signature verifiers disagree.
    pub disagreements: Alarm,
    /// By what people are told of what happens to their identity, if they are.
    pub mailing: Option<Mailing>,
    /// By what codes are sent by SMS, if they are.
    pub texting: Option<Texting>,
    /// Smart cards, if they are taken.
    pub cards: Option<Cards>,
    /// By what notifications go to phones, if they do.
    pub pushing: Option<Pushing>,
    /// What is published beside our own metadata, if anything is.
    pub publishing: Option<Publishing>,
    /// What developers of service providers are shown of their requests, if they are.
    pub trail: Option<Trail>,
    /// What the administrator chose.
    pub settings: Settings,
}

/// A document that we publish, built once.
#[derive(Clone, Debug)]
pub struct Published {
    /// Its octets.
    pub xml: Arc<str>,
    /// Its entity tag, with quotes (RFC 9110 §8.8.3).
    pub etag: String,
    /// When it was made.
    pub made: DateTime<Utc>,
    /// For how many seconds it need not be asked for again.
    pub max_age: u32,
}

impl Published {
    /// Publishes `xml`, made at `made`.
    #[must_use]
    pub fn new(xml: String, made: DateTime<Utc>) -> Self {
        let tag = URL_SAFE_NO_PAD.encode(sha256(xml.as_bytes()));
        Self { etag: format!("\"{tag}\""), xml: xml.into(), made, max_age: MAX_AGE }
    }
}

impl Env {
    /// The tenant's records.
    #[must_use]
    pub fn records(&self) -> Records<'_> {
        Records {
            store: &*self.store,
            seal: &self.seal,
            random: &self.random,
            tenant: &self.tenant,
            recent: Some(&self.recent),
        }
    }
}

/// Our keys as of one moment.
#[derive(Clone, Debug)]
pub struct KeySet {
    /// The key that signs.
    pub signer: Arc<dyn Signer>,
    /// The certificates (DER) of keys that are published and do not sign: the next one's, those of retired ones.
    pub further: Vec<Vec<u8>>,
    /// Our metadata, signed by it, as published.
    pub metadata: Published,
    /// The same of each entity that we are to upstreams, by its name.
    pub entities: HashMap<String, Published>,
    /// The certificates of ours that must not end unseen.
    pub certificates: Vec<Ending>,
}

/// Something as of the last time that it was read; swapped whole.
#[derive(Debug)]
pub struct Swapped<T>(RwLock<Arc<T>>);

/// Our keys.
pub type Keys = Swapped<KeySet>;
/// Who may ask us.
pub type Partners = Swapped<Registry>;

impl<T: Default> Default for Swapped<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> Swapped<T> {
    /// Begins with `value`.
    #[must_use]
    pub fn new(value: T) -> Self {
        Self(RwLock::new(Arc::new(value)))
    }

    /// What there is; a walk takes it once and keeps to it.
    #[must_use]
    pub fn snapshot(&self) -> Arc<T> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts `value` in the place of what there was.
    pub fn swap(&self, value: T) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(value);
    }
}

/// What the administrator chose, checked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where browsers find us: scheme, host and port, no path.
    pub base_url: Url,
    /// The name of the service, on every page.
    pub service: LocalName,
    /// Whom people ask for help.
    pub support: Support,
    /// The proxies whose forwarded headers are believed.
    pub proxies: Proxies,
    /// Who may ask how we are: `/health`, `/ready`, `/metrics`.
    pub monitors: Vec<Network>,
    /// Whether `/tools/lint` is there.
    pub lint_page: bool,
    /// Whether this is the demo: its pages say so, and `/demo` exists.
    pub demo: bool,
    /// How people log in.
    pub login: LoginSettings,
    /// What is asked of the app on phones.
    pub app: AppSettings,
    /// What an administrator lets count, and how high.
    pub levels: LevelPolicy,
    /// What a first enrolment asks for besides the password.
    pub first_enrolment: FirstEnrolment,
    /// How passwords are hashed.
    pub hashing: Hashing,
    /// How long sessions last, and what the account pages ask for.
    pub sessions: SessionSettings,
    /// The campaigns.
    pub campaigns: Vec<Campaign>,
    /// What guards a person's number when they change it at their own pages (BI-10).
    pub number_guard: NumberGuard,
    /// Who may have pincodes checked (TS-07); without any there are none.
    pub pincode_verifiers: Vec<PincodeVerifier>,
    /// How people who lost a factor get another.
    pub recovery: RecoverySettings,
    /// The upstreams by which people enter their own pages.
    pub account_upstreams: Vec<String>,
    /// How old a request may be.
    pub requests: RequestSettings,
    /// On what terms integrators submit metadata.
    pub registration: Terms,
}

/// Whom people ask for help; each may be missing.
#[derive(Clone, Debug, Default)]
pub struct Support {
    /// A name.
    pub name: Option<String>,
    /// An e-mail address.
    pub email: Option<String>,
    /// A page.
    pub url: Option<Url>,
}

/// How people log in.
#[derive(Clone, Debug)]
pub struct LoginSettings {
    /// How long one login may take (nr21 afterwards).
    pub timeout: TimeDelta,
    /// Seconds that a new authenticator app's code lasts: 30 or 60.
    pub totp_period: u32,
    /// Whether the one-time code is asked for on the page of user name and password (AR-09).
    pub single_page: bool,
    /// How many passwords may wait to be hashed; beyond it the answer is 503.
    pub hash_queue: usize,
    /// How many passwords are hashed at the same time.
    pub hash_workers: usize,
}

/// What is asked of the app on phones.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct AppSettings {
    /// The oldest version that may be used (IC-21).
    pub minimum_version: u32,
}

/// How long sessions last, and what the account pages ask for.
#[derive(Clone, Copy, Debug)]
pub struct SessionSettings {
    /// Without serving, and at all.
    pub lives: Lives,
    /// What a person shows before they see their own pages.
    pub account_level: Level,
}

/// What guards a person's number when they change it at their own pages (BI-10).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum NumberGuard {
    /// As much as they can show, anew.
    #[default]
    ExistingFactor,
    /// The answer to their secret question.
    SecretAnswer,
    /// A link that is mailed to the address on record.
    EmailLink,
    /// They cannot: the desk does.
    Desk,
}

impl NumberGuard {
    /// Its name in settings and in the log.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ExistingFactor => "existing-factor",
            Self::SecretAnswer => "secret-answer",
            Self::EmailLink => "email-link",
            Self::Desk => "desk",
        }
    }
}

/// A partner who has pincodes checked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PincodeVerifier {
    /// Its name in the log.
    pub name: String,
    /// The SHA-256 of its token.
    pub token: [u8; 32],
}

/// How people who lost a factor get another.
#[derive(Clone, Copy, Debug)]
pub struct RecoverySettings {
    /// How long an address must have been there before links go to it, if it did not come with the account (AR-11).
    pub cooling_off: TimeDelta,
}

/// How old a request may be (nr13).
#[derive(Clone, Copy, Debug)]
pub struct RequestSettings {
    /// The oldest `IssueInstant` taken, before now.
    pub window_back: TimeDelta,
    /// The newest, after now.
    pub window_ahead: TimeDelta,
}

/// An hour.
const MAX_AGE: u32 = 3600;
