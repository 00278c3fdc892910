//! What a walk needs: the world, the store, the register, partners, keys and
//! settings, put together once at start and passed down as values.

use std::net::IpAddr;
use std::sync::Arc;

use chrono::TimeDelta;
use url::Url;

use crate::identity::tenant::TenantId;
use crate::login::request::LocalName;
use crate::store::port::Store;
use crate::world::clock::Clock;
use crate::world::random::Random;

/// Everything that a walk may use; immutable but for what is swapped whole.
#[derive(Debug)]
pub struct Env {
    /// The time.
    pub clock: Clock,
    /// Chance.
    pub random: Random,
    /// What survives between two requests.
    pub store: Arc<dyn Store>,
    /// On whose behalf we answer.
    pub tenant: TenantId,
    /// What the administrator chose.
    pub settings: Settings,
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
    pub proxies: Vec<IpAddr>,
    /// Whether this is the demo: its pages say so, and `/demo` exists.
    pub demo: bool,
    /// How people log in.
    pub login: LoginSettings,
    /// How old a request may be.
    pub requests: RequestSettings,
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
    /// How many passwords may wait to be hashed; beyond it the answer is 503.
    pub hash_queue: usize,
    /// How many passwords are hashed at the same time.
    pub hash_workers: usize,
}

/// How old a request may be (nr13).
#[derive(Clone, Copy, Debug)]
pub struct RequestSettings {
    /// The oldest `IssueInstant` taken, before now.
    pub window_back: TimeDelta,
    /// The newest, after now.
    pub window_ahead: TimeDelta,
}
