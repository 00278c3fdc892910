//! Everything that serves, put together.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use crate::admin::service_providers::Sources;
use crate::cli::error::CliError;
use crate::cli::keys::take_up;
use crate::cli::mail;
use crate::cli::metadata;
use crate::cli::office;
use crate::cli::push;
use crate::cli::reload;
use crate::cli::signing::{self, Examples, Signing};
use crate::cli::smart_card::{self, CardDoors};
use crate::cli::sms;
use crate::cli::sources;
use crate::cli::store;
use crate::config::settings::{KeyFiles, Settings};
use crate::flow::alarm::Alarm;
use crate::flow::env::{Env, Keys, Partners, Swapped};
use crate::flow::hashing::HashPool;
use crate::flow::life::Life;
use crate::flow::limits::Limiter;
use crate::flow::publishing::Publishing;
use crate::flow::trail::Trail;
use crate::flow::waiting::Waiting;
use crate::identity::tenant::TenantId;
use crate::partners::registry::Registry;
use crate::partners::upstream::Upstreams;
use crate::register::journal::{self, Register};
use crate::register::pending;
use crate::store::recent::Recent;
use crate::store::{accounts, restored};
use crate::web::tls::Tls;
use crate::world::clock::Clock;
use crate::world::random::Random;
use crate::world::seal::Seal;

/// What serves, and what can be read again while it does.
#[derive(Debug)]
pub struct House {
    /// What walks use.
    pub env: Arc<Env>,
    /// What speaks TLS, if we do.
    pub tls: Option<Tls>,
    /// What speaks TLS where cards are shown, once it does.
    pub(in crate::cli) card_doors: OnceLock<CardDoors>,
    /// Where service providers are from.
    pub(in crate::cli) sources: RwLock<Arc<Sources>>,
    /// The settings that were taken last.
    pub(in crate::cli) settings: tokio::sync::Mutex<Settings>,
    /// The configuration's file, if it can be read again.
    pub(in crate::cli) config: Option<PathBuf>,
}

/// Opens store and register, loads keys and partners. `config` is the file of the settings, if it is to be read again.
/// In the demo, example keys are taken.
///
/// # Errors
/// When something cannot be opened, read or used, or the keys are examples.
pub async fn open(
    settings: &Settings,
    config: Option<&Path>,
    demo: bool,
) -> Result<House, CliError> {
    let clock = Clock::system();
    let random = Arc::new(Random::system());
    let examples = if demo { Examples::Accept } else { Examples::Refuse };
    let signing = signing::load(&settings.keys, examples)?;
    store::refuse_example(&settings.keys.seal, examples)?;
    let idp = metadata::identity_provider(settings);
    let document = metadata::document(&idp, &signing)?;
    let entities = metadata::of_entities(settings, &signing, clock.now())?;
    let (store, seal) = store::open(settings, &random)?;
    let seal = Arc::new(seal);
    let place = register(settings, Arc::clone(&seal), &signing, Arc::clone(&random));
    let register = Register::open(place, clock.now());
    let walks = settings.of_walks(demo);
    let made = clock.now();
    let pushing = push::open(settings, &random, &clock)?;
    let sources = sources::open_with(settings, &seal, true, clock.now())?;
    let copies = sources.copies();
    let env = Env {
        clock,
        random,
        store: Arc::new(store),
        seal,
        register: register.map_err(CliError::Register)?,
        tenant: TenantId::main(),
        idp,
        keys: Keys::new(take_up::key_set(signing, document, entities, settings, made)),
        partners: Partners::new(Registry::default()),
        sources,
        upstreams: Swapped::new(Upstreams::default()),
        hashing: HashPool::new(walks.login.hash_workers, walks.login.hash_queue),
        by_address: Limiter::new(settings.limits.address_per_minute),
        by_partner: Limiter::new(settings.limits.partner_per_minute),
        recent: Recent::default(),
        life: Life::default(),
        waiting: Waiting::new(),
        disagreements: Alarm::default(),
        mailing: mail::open(settings)?,
        texting: sms::open(settings)?,
        cards: smart_card::open(settings)?,
        pushing,
        publishing: publishing(settings),
        trail: settings.registration.status_pages.then(|| Trail::new(made)),
        settings: walks,
    };
    let recovered = pending::recover(&env.register, env.records(), env.clock.now()).await;
    let _rows = recovered.map_err(CliError::Register)?;
    let restored = restored::read(&*env.store, env.clock.now()).await.map_err(CliError::Store)?;
    env.life.know_restore(restored.map(|restored| restored.at));
    env.life.know_folders(folders(settings));
    let house = House {
        env: Arc::new(env),
        tls: settings.server.tls.as_ref().map(tls).transpose()?,
        card_doors: OnceLock::new(),
        sources: RwLock::new(Arc::new(office::sources(settings, copies))),
        settings: tokio::sync::Mutex::new(settings.clone()),
        config: config.map(Path::to_owned),
    };
    let built = reload::partners(&house).await.map_err(CliError::Store)?;
    reload::log_partners(&built);
    if !settings.upstreams.is_empty() {
        let noted = accounts::note_all(house.env.records(), house.env.clock.now()).await;
        let _accounts = noted.map_err(CliError::Store)?;
    }
    reload::upstreams(&house.env, settings);
    reload::know_certificates(&house);
    Ok(house)
}

/// Where the register lies, and what it seals and signs with.
#[must_use]
pub fn register(
    settings: &Settings,
    seal: Arc<Seal>,
    signing: &Signing,
    random: Arc<Random>,
) -> journal::Settings {
    journal::Settings {
        folder: settings.register.folder.clone(),
        checkpoint: settings.register.checkpoint.clone(),
        seal,
        signer: signing.signer.clone(),
        former: signing.former.clone(),
        random,
        checkpoint_rows: CHECKPOINT_ROWS,
        checkpoint_every: CHECKPOINT_EVERY,
    }
}

impl House {
    /// Where service providers are from, as of the last time that the configuration was read.
    #[must_use]
    pub fn sources(&self) -> Arc<Sources> {
        Arc::clone(&self.sources.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What the MDQ server publishes, if there is one.
fn publishing(settings: &Settings) -> Option<Publishing> {
    settings.publish.mdq.then(|| metadata::publishing(settings, settings.publish.clone()))
}

/// The folders whose disks must have room.
fn folders(settings: &Settings) -> Vec<(String, PathBuf)> {
    let checkpoint = settings.register.checkpoint.parent().unwrap_or_else(|| Path::new("."));
    vec![
        ("data".into(), settings.server.data.clone()),
        ("register".into(), settings.register.folder.clone()),
        ("checkpoint".into(), checkpoint.to_owned()),
    ]
}

/// What speaks TLS with the certificate and key of `files`.
fn tls(files: &KeyFiles) -> Result<Tls, CliError> {
    reload::acceptor(files).map(Tls::new)
}

/// A checkpoint costs one signature.
const CHECKPOINT_ROWS: u64 = 1000;
const CHECKPOINT_EVERY: Duration = Duration::from_secs(60);
