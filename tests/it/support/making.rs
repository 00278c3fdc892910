//! What a house of the tests is made of.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use ponte::assurance::factor::Factor;
use ponte::assurance::level::Level;
use ponte::assurance::policy::LevelPolicy;
use ponte::enrolment::activation::FirstEnrolment;
use ponte::factors::password::Hashing;
use ponte::flow::alarm::Alarm;
use ponte::flow::card::house::Cards;
use ponte::flow::env::{
    AppSettings, Env, KeySet, Keys, LoginSettings, NumberGuard, Partners, Published,
    RecoverySettings, RequestSettings, SessionSettings, Settings, Support, Swapped,
};
use ponte::flow::expiry::Ending;
use ponte::flow::hashing::HashPool;
use ponte::flow::life::Life;
use ponte::flow::limits::Limiter;
use ponte::flow::network::Proxies;
use ponte::flow::notice::Mailing;
use ponte::flow::publishing::Publishing;
use ponte::flow::pushing::Pushing;
use ponte::flow::registration::terms::Terms;
use ponte::flow::sources::house::Sources;
use ponte::flow::texting::Texting;
use ponte::flow::trail::Trail;
use ponte::flow::waiting::Waiting;
use ponte::identity::tenant::TenantId;
use ponte::login::request::LocalName;
use ponte::login::session::Lives;
use ponte::partners::registry::{Entry, Origin, Registry, Source};
use ponte::partners::upstream::Upstreams;
use ponte::register::journal::{self, Register};
use ponte::saml::identity_provider::SingleLogout;
use ponte::saml::metadata::write;
use ponte::store::memory::MemoryStore;
use ponte::store::port::Store;
use ponte::store::recent::Recent;
use ponte::world::clock::Clock;
use ponte::world::random::Random;
use ponte::world::seal::Seal;
use ponte::world::signer::Signer;

use crate::support::sp::Metadata;
use crate::support::{idp, keys};

/// What a test may change of a house before it opens.
pub(crate) struct Making {
    pub(crate) folder: PathBuf,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) settings: Settings,
    pub(crate) service_providers: Vec<(String, Entry)>,
    pub(crate) start: DateTime<Utc>,
    pub(crate) per_address: u32,
    pub(crate) certificates: Vec<Ending>,
    pub(crate) mailing: Option<Mailing>,
    pub(crate) texting: Option<Texting>,
    pub(crate) cards: Option<Cards>,
    pub(crate) pushing: Option<Pushing>,
    pub(crate) publishing: Option<Publishing>,
    pub(crate) trail: Option<Trail>,
    pub(crate) upstreams: Upstreams,
    pub(crate) sources: Sources,
    port: u16,
}

impl Making {
    pub(crate) fn new(port: u16, folder: &Path) -> Self {
        let name = |it: &str| LocalName { it: Some(it.into()), en: None };
        Self {
            folder: folder.to_owned(),
            store: Arc::new(MemoryStore::new()),
            settings: Settings {
                base_url: format!("http://idp.localhost:{port}").parse().unwrap(),
                service: name("Ente di prova"),
                support: Support::default(),
                proxies: Proxies::default(),
                lint_page: true,
                monitors: vec![IpAddr::from([127, 0, 0, 1]).into()],
                demo: false,
                login: LoginSettings {
                    timeout: TimeDelta::minutes(15),
                    totp_period: 30,
                    single_page: false,
                    hash_queue: 64,
                    hash_workers: 2,
                },
                app: AppSettings::default(),
                levels: LevelPolicy::default(),
                first_enrolment: FirstEnrolment::ActivationCode,
                hashing: Hashing::new(7 * 1024, 1, 1).unwrap(),
                sessions: SessionSettings {
                    lives: Lives { idle: TimeDelta::minutes(30), absolute: TimeDelta::hours(8) },
                    account_level: Level::Loa2,
                },
                campaigns: Vec::new(),
                number_guard: NumberGuard::default(),
                pincode_verifiers: Vec::new(),
                recovery: RecoverySettings { cooling_off: TimeDelta::hours(72) },
                account_upstreams: Vec::new(),
                registration: Terms::default(),
                requests: RequestSettings {
                    window_back: TimeDelta::minutes(5),
                    window_ahead: TimeDelta::minutes(2),
                },
            },
            service_providers: vec![
                (Metadata::spid().signed(&keys::SP.signer), Entry::default()),
                (Metadata::generic().signed(&keys::SP.signer), Entry::default()),
            ],
            start: "2026-11-22T10:00:00Z".parse().unwrap(),
            per_address: 100_000,
            certificates: Vec::new(),
            mailing: None,
            texting: None,
            cards: None,
            pushing: None,
            publishing: None,
            trail: None,
            upstreams: Upstreams::default(),
            sources: Sources::default(),
            port,
        }
    }
}

pub(crate) fn make(making: Making) -> Env {
    let random = Arc::new(Random::system());
    let seal = Arc::new(Seal::generate(&random));
    let mut settings = making.settings;
    if making.cards.is_some() {
        settings.levels.offered.extend([Factor::SmartCard, Factor::CnsLike]);
    }
    if making.texting.is_some() {
        settings.levels.offered.push(Factor::Sms);
    }
    let mut idp = idp::identity_provider();
    idp.single_sign_on = format!("http://idp.localhost:{}/saml/sso", making.port);
    idp.single_logout = Some(SingleLogout {
        location: format!("http://idp.localhost:{}/saml/slo", making.port),
        response_location: Some(format!("http://idp.localhost:{}/saml/slo/response", making.port)),
    });
    let sources: Vec<Source> = making
        .service_providers
        .into_iter()
        .enumerate()
        .map(|(number, (xml, entry))| Source {
            origin: Origin::Store(number.to_string()),
            xml,
            entry: Some(entry),
        })
        .collect();
    let built = Registry::build(&sources, &HashMap::new(), &idp.entity_id, making.start);
    assert!(built.faults.is_empty(), "{:?}", built.faults);
    let signer: Arc<dyn Signer> = Arc::new(keys::IDP.copy());
    let metadata = write::write(&idp, "_metadata", &*signer, &[]).unwrap();
    let register = Register::open(
        journal::Settings {
            folder: making.folder.join("register"),
            checkpoint: making.folder.join("register.checkpoint"),
            seal: Arc::clone(&seal),
            signer: Arc::clone(&signer),
            former: Vec::new(),
            random: Arc::clone(&random),
            checkpoint_rows: 1000,
            checkpoint_every: Duration::from_secs(60),
        },
        making.start,
    );
    Env {
        clock: Clock::manual(making.start),
        register: register.unwrap(),
        random,
        store: making.store,
        seal,
        tenant: TenantId::main(),
        idp,
        keys: Keys::new(KeySet {
            signer,
            further: Vec::new(),
            metadata: Published::new(metadata, making.start),
            certificates: making.certificates,
            entities: HashMap::new(),
        }),
        partners: Partners::new(built.registry),
        upstreams: Swapped::new(making.upstreams),
        sources: making.sources,
        hashing: HashPool::new(settings.login.hash_workers, settings.login.hash_queue),
        by_address: Limiter::new(making.per_address),
        by_partner: Limiter::new(100_000),
        recent: Recent::default(),
        life: Life::default(),
        waiting: Waiting::new(),
        disagreements: Alarm::default(),
        mailing: making.mailing,
        texting: making.texting,
        cards: making.cards,
        pushing: making.pushing,
        publishing: making.publishing,
        trail: making.trail,
        settings,
    }
}
