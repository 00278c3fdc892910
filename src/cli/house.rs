//! Everything that serves, put together.

use std::sync::Arc;
use std::time::Duration;

use crate::admin::service_providers::Sources;
use crate::cli::error::CliError;
use crate::cli::metadata;
use crate::cli::office;
use crate::cli::signing::{self, Examples};
use crate::cli::store;
use crate::config::settings::Settings;
use crate::flow::env::{Env, KeySet, Keys, Partners, Published};
use crate::flow::hashing::HashPool;
use crate::flow::life::Life;
use crate::flow::limits::Limiter;
use crate::identity::tenant::TenantId;
use crate::partners::registry::{Built, Registry};
use crate::register::journal::{self, Register};
use crate::register::pending;
use crate::world::clock::Clock;
use crate::world::random::Random;

/// What serves, and what its partners are read from.
#[derive(Debug)]
pub struct House {
    /// What walks use.
    pub env: Arc<Env>,
    /// Where service providers are from.
    pub sources: Sources,
}

/// Opens store and register, loads keys and partners. In the demo, example keys are taken.
///
/// # Errors
/// When something cannot be opened, read or used, or the keys are examples.
pub async fn open(settings: &Settings, demo: bool) -> Result<House, CliError> {
    let clock = Clock::system();
    let random = Arc::new(Random::system());
    let examples = if demo { Examples::Accept } else { Examples::Refuse };
    let signing = signing::load(&settings.keys, examples)?;
    store::refuse_example(&settings.keys.seal, examples)?;
    let idp = metadata::identity_provider(settings);
    let document = metadata::document(&idp, &signing)?;
    let (store, seal) = store::open(settings, &random)?;
    let seal = Arc::new(seal);
    let register = Register::open(
        journal::Settings {
            folder: settings.register.folder.clone(),
            checkpoint: settings.register.checkpoint.clone(),
            seal: Arc::clone(&seal),
            signer: signing.signer.clone(),
            former: signing.further,
            random: Arc::clone(&random),
            checkpoint_rows: CHECKPOINT_ROWS,
            checkpoint_every: CHECKPOINT_EVERY,
        },
        clock.now(),
    );
    let walks = settings.of_walks(demo);
    let env = Env {
        clock,
        random,
        store: Arc::new(store),
        seal,
        register: register.map_err(CliError::Register)?,
        tenant: TenantId::main(),
        idp,
        keys: Keys::new(KeySet { signer: signing.signer, metadata: Published::new(document) }),
        partners: Partners::new(Registry::default()),
        hashing: HashPool::new(walks.login.hash_workers, walks.login.hash_queue),
        by_address: Limiter::new(settings.limits.address_per_minute),
        by_partner: Limiter::new(settings.limits.partner_per_minute),
        life: Life::default(),
        settings: walks,
    };
    let recovered = pending::recover(&env.register, env.records(), env.clock.now()).await;
    let _rows = recovered.map_err(CliError::Register)?;
    let house = House { env: Arc::new(env), sources: office::sources(settings) };
    house.reload().await?;
    Ok(house)
}

impl House {
    /// Reads the service providers anew, and logs what cannot be used.
    ///
    /// # Errors
    /// When the store fails; the partners then stay as they were.
    pub async fn reload(&self) -> Result<(), CliError> {
        let (env, now) = (&self.env, self.env.clock.now());
        let built = self.sources.gather(env.records(), now).await.map_err(CliError::Store)?;
        log(&built);
        env.partners.swap(built.registry);
        Ok(())
    }
}

fn log(built: &Built) {
    for fault in &built.faults {
        tracing::warn!(event = "partner.refused", origin = %fault.origin, reason = %fault);
    }
    for entity_id in &built.unmatched {
        tracing::warn!(
            event = "partner.unmatched",
            entity_id,
            "configured, but it has no metadata"
        );
    }
    tracing::info!(event = "partners.loaded", service_providers = built.registry.len());
}

/// A checkpoint costs one signature.
const CHECKPOINT_ROWS: u64 = 1000;
const CHECKPOINT_EVERY: Duration = Duration::from_secs(60);
