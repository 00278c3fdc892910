//! What a running server reads again without a restart: partners, keys of TLS, and of the settings those that can
//! change under way. What is broken changes nothing: what was there before stays.

use std::sync::{Arc, PoisonError};

use crate::admin::client::Client;
use crate::admin::command::{Command, Done, Refused};
use crate::admin::reloaded::Reloaded;
use crate::cli::error::CliError;
use crate::cli::house::House;
use crate::cli::keys::take_up;
use crate::cli::office::{self, unexpected};
use crate::cli::say::say;
use crate::cli::{files, load, sources, store};
use crate::config::settings::{KeyFiles, Settings};
use crate::flow::env::Env;
use crate::flow::expiry::Whose;
use crate::flow::life::Expiring;
use crate::partners::registry::Built;
use crate::partners::upstream::Upstreams;
use crate::store::port::StoreError;
use crate::telemetry::{log, metrics};
use crate::web::tls::{self, Acceptor};

/// `ponte reload`: asks the server that runs, and tells what came of it.
///
/// # Errors
/// When none runs, or something cannot be used as it is.
pub async fn ask(settings: Settings) -> Result<(), CliError> {
    let socket = settings.server.data.join(store::SOCKET);
    let Some(mut client) = Client::connect(&socket).await? else {
        return Err(CliError::NothingRuns);
    };
    let done = client.ask(&Command::Reload).await??;
    let Done::Reloaded(reloaded) = done else { return unexpected(done) };
    for taken in &reloaded.taken {
        say(format_args!("Taken: {taken}"));
    }
    for waiting in &reloaded.waiting {
        say(format_args!("Waits for a restart: {waiting}"));
    }
    say(format_args!("Service providers: {}", reloaded.service_providers));
    if reloaded.faults.is_empty() {
        return Ok(());
    }
    Err(CliError::NotReloaded(reloaded.faults.join("; ")))
}

impl House {
    /// Reads again what can be read again, one caller after the other.
    pub async fn reload(&self) -> Reloaded {
        let mut current = self.settings.lock().await;
        let mut reloaded = Reloaded::default();
        match self.config.as_deref().map(load::settings) {
            Some(Ok(read)) => {
                let settings = self.take(&current, read, &mut reloaded);
                *current = settings;
            }
            Some(Err(error)) => fault(&mut reloaded, "settings", error.chain()),
            None => {}
        }
        match take_up::take_up(&self.env, &current).await {
            Ok(_) => metrics::reloaded("keys", true),
            Err(why) => fault(&mut reloaded, "keys", why),
        }
        know_certificates(self);
        sources::read_files(&self.env).await;
        let faults = upstreams(&self.env, &current);
        reloaded.faults.extend(faults);
        match partners(self).await {
            Ok(built) => {
                log_partners(&built);
                metrics::reloaded("partners", built.faults.is_empty());
                reloaded.faults.extend(built.faults.iter().map(ToString::to_string));
                reloaded.service_providers = built.registry.len();
            }
            Err(error) => fault(&mut reloaded, "partners", CliError::Store(error).chain()),
        }
        let faults = reloaded.faults.len();
        tracing::info!(event = "reloaded", faults, waiting = ?reloaded.waiting);
        reloaded
    }

    /// Reads the signing keys again, because a command has changed them.
    ///
    /// # Errors
    /// When they cannot be used; those before stay.
    pub async fn take_up_keys(&self) -> Result<Done, Refused> {
        let current = self.settings.lock().await;
        let taken = take_up::take_up(&self.env, &current).await;
        know_certificates(self);
        metrics::reloaded("keys", taken.is_ok());
        match taken {
            Ok(certificate) => Ok(Done::KeysReloaded { certificate }),
            Err(reason) => {
                tracing::error!(
                    event = "reload.failed",
                    what = "keys",
                    error = reason,
                    "the keys before stay in use"
                );
                Err(Refused { asker: true, reason })
            }
        }
    }

    /// Takes of `read` what can be taken; comes back with what is now in force.
    fn take(&self, current: &Settings, read: Settings, reloaded: &mut Reloaded) -> Settings {
        let mut now = current.clone();
        if read.server.log_level != now.server.log_level {
            match log::set(&read.server.log_level) {
                Ok(()) => reloaded.taken.push("server.log-level".into()),
                Err(error) => fault(reloaded, "settings", error.to_string()),
            }
            now.server.log_level.clone_from(&read.server.log_level);
        }
        if read.limits != now.limits {
            self.env.by_address.set(read.limits.address_per_minute);
            self.env.by_partner.set(read.limits.partner_per_minute);
            now.limits = read.limits;
            reloaded.taken.push("limits".into());
        }
        if format!("{:?}", read.service_providers) != format!("{:?}", now.service_providers) {
            now.service_providers.clone_from(&read.service_providers);
            let sources = Arc::new(office::sources(&now, self.env.sources.copies()));
            *self.sources.write().unwrap_or_else(PoisonError::into_inner) = sources;
            reloaded.taken.push("service-provider".into());
        }
        if format!("{:?}", read.upstreams) != format!("{:?}", now.upstreams) {
            now.upstreams.clone_from(&read.upstreams);
            reloaded.taken.push("upstream".into());
        }
        if let (Some(files), Some(tls)) = (&now.server.tls, &self.tls) {
            match acceptor(files) {
                Ok(acceptor) => {
                    tls.swap(acceptor);
                    reloaded.taken.push("the certificate of TLS".into());
                }
                Err(error) => fault(reloaded, "tls", error.chain()),
            }
        }
        let of_cards = (self.card_doors.get(), &now.smart_card, &self.env.cards);
        if let (Some(doors), Some(said), Some(cards)) = of_cards {
            match doors.renew(said, cards) {
                Ok(true) => {
                    reloaded.taken.push("the certificate of the smart-card listener".into())
                }
                Ok(false) => {}
                Err(error) => fault(reloaded, "tls", error.chain()),
            }
        }
        metrics::reloaded("settings", true);
        reloaded.waiting = now.differences(&read).into_iter().map(str::to_owned).collect();
        now
    }
}

fn fault(reloaded: &mut Reloaded, what: &'static str, why: String) {
    tracing::error!(event = "reload.failed", what, error = %why, "what was there before stays");
    metrics::reloaded(what, false);
    reloaded.faults.push(why);
}

/// Reads the service providers, and answers by them from here on.
///
/// # Errors
/// When the store fails; the partners then stay as they were.
pub async fn partners(house: &House) -> Result<Built, StoreError> {
    let (env, sources) = (&house.env, house.sources());
    let mut built = sources.gather(env.records(), env.clock.now()).await?;
    for entity_id in built.keep(&env.partners.snapshot(), &sources.entries) {
        tracing::warn!(event = "partner.kept", entity_id, "as it was before its metadata broke");
    }
    metrics::partners(built.registry.len(), built.faults.len());
    env.partners.swap(built.registry.clone());
    Ok(built)
}

/// Reads whom we may ask, and asks them from here on; comes back with what is wrong, in words. An upstream of which
/// nothing can be used any more stays as it was.
pub fn upstreams(env: &Env, settings: &Settings) -> Vec<String> {
    let now = env.clock.now();
    let copies = env.sources.copies().snapshot();
    let mut built = Upstreams::build(&settings.upstreams, &settings.relying_parties, &copies, now);
    for id in built.keep(&env.upstreams.snapshot(), &settings.upstreams) {
        tracing::warn!(event = "upstream.kept", id, "as it was before its metadata broke");
    }
    for fault in &built.faults {
        tracing::warn!(event = "upstream.refused", reason = %fault);
    }
    let providers: usize =
        built.upstreams.all().iter().map(|one| built.upstreams.providers(one, now).len()).sum();
    let upstreams = built.upstreams.all().len();
    tracing::info!(event = "upstreams.loaded", upstreams, identity_providers = providers);
    metrics::reloaded("upstreams", built.faults.is_empty());
    env.upstreams.swap(built.upstreams);
    built.faults.iter().map(ToString::to_string).collect()
}

/// Logs what cannot be used.
pub fn log_partners(built: &Built) {
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

/// What speaks TLS with the certificate and key of `files`.
///
/// # Errors
/// When they cannot be read or used.
pub fn acceptor(files: &KeyFiles) -> Result<Acceptor, CliError> {
    let key = zeroize::Zeroizing::new(files::read(&files.key)?);
    let chain = files::read(&files.certificate)?;
    tls::acceptor(&chain, &key).map_err(|error| CliError::Tls(files.certificate.clone(), error))
}

/// Takes note of when our certificates end, for the monitors.
pub fn know_certificates(house: &House) {
    let keys = house.env.keys.snapshot();
    let certificates = keys.certificates.iter().map(|ending| Expiring {
        name: match ending.whose {
            Whose::Tls => "tls".to_owned(),
            Whose::Signing | Whose::ServiceProvider | Whose::Source | Whose::Metadata => {
                ending.name.clone()
            }
        },
        not_after: ending.not_after,
    });
    house.env.life.know_certificates(certificates.collect());
}
