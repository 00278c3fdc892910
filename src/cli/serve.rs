//! `ponte serve`: from the settings to the last connection.

use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{oneshot, watch};

use crate::admin::archive;
use crate::admin::command::{Command, Done, Refused};
use crate::admin::desk::{self, Desk};
use crate::admin::socket;
use crate::cli::error::CliError;
use crate::cli::files;
use crate::cli::house::{self, House};
use crate::cli::signals::{self, Patience};
use crate::cli::smart_card;
use crate::cli::sources;
use crate::cli::store;
use crate::cli::supervisor::Supervisor;
use crate::cli::traces::Tracing;
use crate::config::settings::{Mail, Server, Settings};
use crate::flow::env::Env;
use crate::flow::expiry;
use crate::flow::jump::Jumps;
use crate::flow::post;
use crate::flow::roll_out;
use crate::flow::trail;
use crate::register::pending;
use crate::store::sessions;
use crate::telemetry::{log, metrics};
use crate::web::serve::Doors;
use crate::web::{monitoring, router, serve};
use crate::world::outbox::Way;
use crate::world::stopwatch::Stopwatch;

/// Serves until a signal to stop; then finishes what is under way. `config` is the file of the settings.
///
/// # Errors
/// When something cannot be opened, read or used.
pub fn run(settings: &Settings, config: &Path) -> Result<(), CliError> {
    let begun = Instant::now();
    let tracing = Tracing::begin(settings)?;
    let (level, json) = (&settings.server.log_level, settings.server.json_log);
    log::start(level, json, tracing.as_ref().map(Tracing::traces)).map_err(CliError::Log)?;
    for stranger in &settings.strangers {
        tracing::warn!(event = "environment.stranger", "{stranger}");
    }
    warn_of_exposed(settings);
    until_closed(settings, async {
        if let Some(tracing) = &tracing {
            tracing.leave_from_here();
        }
        let house = Arc::new(house::open(settings, Some(config), false).await?);
        let running = Running::start(&house, settings)?;
        let listener = listen(settings.server.listen).await?;
        let watched = running.watch(&house, settings).await?;
        let cards = smart_card::listen(&house, settings, || running.stopped()).await?;
        let milliseconds = begun.elapsed().as_millis();
        let address = listener.local_addr().map_err(CliError::listen(settings.server.listen))?;
        let base_url = settings.server.base_url.as_str();
        tracing::info!(event = "started", %address, base_url, milliseconds = %milliseconds);
        running.supervisor.ready();
        let router = router::router(Arc::clone(&house.env));
        let doors = Doors {
            tls: house.tls.clone(),
            proxies: settings.server.proxies.clone(),
            farewell: settings.server.farewell,
            for_cards: false,
        };
        serve::serve(listener, doors, router, running.stopped()).await;
        if let Some(cards) = cards {
            let _ended = cards.await;
        }
        drop(watched);
        running.end(&house).await?;
        if let Some(tracing) = &tracing {
            tracing.end().await;
        }
        Ok(())
    })
}

/// Others on this machine may read what only we should: said, and not refused, since some give keys to many of one
/// group on purpose. `ponte check` says so too.
fn warn_of_exposed(settings: &Settings) {
    let keys = settings.keys.signing.iter().filter_map(|one| one.key.file());
    let tls = settings.server.tls.iter().map(|files| files.key.as_path());
    let always = [settings.keys.seal.as_path(), settings.server.data.as_path()];
    let mail = settings.mail.iter().filter_map(Mail::password);
    let paths = keys.chain(tls).chain(always).chain(mail);
    for path in paths.filter(|path| files::is_exposed(path).unwrap_or(false)) {
        let path = path.display();
        tracing::warn!(event = "permissions.open", %path, "others on this machine may read it: chmod go= it");
    }
}

/// Runs `work`, then closes store and register: whoever waited for the disk has been told when this comes back.
///
/// # Errors
/// Those of `work`, or when the runtime cannot be started.
pub fn until_closed(
    settings: &Settings,
    work: impl Future<Output = Result<(), CliError>>,
) -> Result<(), CliError> {
    let runtime = runtime(settings)?;
    let done = runtime.block_on(work);
    // Tasks hold the house; with the last of them store and register are closed.
    drop(runtime);
    if done.is_ok() {
        tracing::info!(event = "stopped");
    }
    done
}

/// Threads as the settings say.
///
/// # Errors
/// When they cannot be started.
pub fn runtime(settings: &Settings) -> Result<Runtime, CliError> {
    let mut builder = Builder::new_multi_thread();
    if let Some(workers) = settings.server.workers {
        builder.worker_threads(workers);
    }
    builder.enable_all().build().map_err(CliError::Runtime)
}

/// Takes the port.
///
/// # Errors
/// When another process has it, or it may not be had.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, CliError> {
    TcpListener::bind(address).await.map_err(CliError::listen(address))
}

/// What runs beside the pages: administrators' socket, sweeping, indexing, signals.
#[derive(Debug)]
pub struct Running {
    stopping: watch::Receiver<bool>,
    socket: PathBuf,
    /// Who is told how we are.
    pub supervisor: Supervisor,
}

impl Running {
    /// Starts it all.
    ///
    /// # Errors
    /// When the socket cannot be made or signals cannot be heard.
    pub fn start(house: &Arc<House>, settings: &Settings) -> Result<Self, CliError> {
        let (stop, stopping) = watch::channel(false);
        let supervisor = Supervisor::of_environment();
        let socket = settings.server.data.join(store::SOCKET);
        let running = Self { stopping, socket, supervisor };
        let path = &running.socket;
        let listener = socket::listen(path).map_err(CliError::file("made", path))?;
        let desk = DeskOf { house: Arc::clone(house), settings: settings.clone() };
        let desk = Arc::new(desk);
        let carry_out = move |command| {
            let desk = Arc::clone(&desk);
            async move { desk.carry_out(command).await }
        };
        tokio::spawn(socket::serve(listener, carry_out, running.stopped()));
        tokio::spawn(sweep(Arc::clone(house)));
        tokio::spawn(keep_index(Arc::clone(&house.env)));
        tokio::spawn(purge(Arc::clone(house)));
        tokio::spawn(tell_of_certificates(Arc::clone(house)));
        sources::tend(house);
        tokio::spawn(deliver(Arc::clone(&house.env), Way::Mail, DELIVER_EVERY));
        tokio::spawn(deliver(Arc::clone(&house.env), Way::Sms, DELIVER_CODES_EVERY));
        tokio::spawn(deliver(Arc::clone(&house.env), Way::Push, DELIVER_CODES_EVERY));
        tokio::spawn(count_sessions(Arc::clone(&house.env)));
        tokio::spawn(smart_card::tell(Arc::clone(&house.env)));
        tokio::spawn(tell_of_campaigns(Arc::clone(&house.env)));
        tokio::spawn(trail::keep(Arc::clone(&house.env)));
        let Server { drain, farewell, .. } = settings.server;
        let patience = Patience { drain, farewell };
        let supervisor = running.supervisor.clone();
        signals::hear(stop, Arc::clone(house), patience, supervisor).map_err(CliError::Signals)?;
        let (env, stopped) = (Arc::clone(&house.env), running.stopped());
        tokio::spawn(async move {
            stopped.await;
            env.waiting.end();
        });
        let env = Arc::clone(&house.env);
        let is_sound = move || !env.store.is_lost() && env.register.status().takes_rows;
        tokio::spawn(running.supervisor.clone().stay_alive(is_sound));
        Ok(running)
    }

    /// Lets monitors ask at a listener of their own, if there is one, until what comes back is dropped.
    ///
    /// # Errors
    /// When its port cannot be had.
    pub async fn watch(
        &self,
        house: &House,
        settings: &Settings,
    ) -> Result<Option<oneshot::Sender<()>>, CliError> {
        let Some(address) = settings.monitoring.listen else { return Ok(None) };
        let listener = listen(address).await?;
        let (end, ended) = oneshot::channel::<()>();
        let routes = monitoring::router(Arc::clone(&house.env));
        tokio::spawn(async move {
            serve::serve(listener, Doors::default(), routes, async { drop(ended.await) }).await;
        });
        Ok(Some(end))
    }

    /// Ready once it is time to stop.
    pub fn stopped(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut stopping = self.stopping.clone();
        async move {
            // An error means that nobody is left to say so: that is an end too.
            let _ = stopping.wait_for(|stop| *stop).await;
        }
    }

    /// Puts everything on the disk.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn end(self, house: &House) -> Result<(), CliError> {
        let _ = std::fs::remove_file(&self.socket);
        if let Some(out) = post::outbox_of(&house.env, Way::Sms) {
            out.end().await;
        }
        house.env.store.flush().await.map_err(CliError::Store)
    }
}

/// The desk of a running server.
struct DeskOf {
    house: Arc<House>,
    settings: Settings,
}

impl DeskOf {
    async fn carry_out(&self, command: Command) -> Result<Done, Refused> {
        if let Command::Reload = command {
            return Ok(Done::Reloaded(self.house.reload().await));
        }
        if let Command::ReloadKeys = command {
            return self.house.take_up_keys().await;
        }
        if let Command::Source(ask) = command {
            return sources::carry_out(&self.house, ask).await;
        }
        let (env, sources) = (&self.house.env, self.house.sources());
        let desk = Desk {
            records: env.records(),
            hashing: &env.settings.hashing,
            spid_prefix: &self.settings.idp.spid_prefix,
            activation: self.settings.activation,
            sources: &sources,
            partners: Some(&env.partners),
            register: Some(&env.register),
            registration: Some(&self.settings.registration),
            body: None,
        };
        desk::carry_out(&desk, command, env.clock.now()).await
    }
}

/// Drops what has expired, now and then, and never much at a time.
async fn sweep(house: Arc<House>) {
    let (mut jumps, watch) = (Jumps::new(house.env.clock.now()), Stopwatch::start());
    loop {
        tokio::time::sleep(SWEEP_EVERY).await;
        let now = house.env.clock.now();
        if let Some(jump) = jumps.seen(watch.read(), now) {
            metrics::clock_jumped(jump > TimeDelta::zero());
            let seconds = jump.num_seconds();
            tracing::warn!(event = "clock.jumped", seconds, "the machine's clock was set");
        }
        if jumps.in_doubt(watch.read()) {
            continue;
        }
        loop {
            match house.env.store.sweep(SWEEP_AT_ONCE, house.env.clock.now()).await {
                Ok(swept) if swept == SWEEP_AT_ONCE => tokio::task::yield_now().await,
                Ok(_) => break,
                Err(error) => {
                    tracing::error!(event = "sweep.failed", error = %CliError::Store(error).chain());
                    break;
                }
            }
        }
    }
}

/// Brings the register's index up to what was appended, for as long as it is polled.
pub async fn keep_index(env: Arc<Env>) {
    loop {
        let at_work = Arc::clone(&env);
        match tokio::task::spawn_blocking(move || at_work.register.catch_up()).await {
            // What can be found there need not wait in the store any longer.
            Ok(Ok(_)) => {
                let settled = pending::settle(&env.register, &*env.store, env.clock.now()).await;
                if let Err(error) = settled {
                    let error = CliError::Register(error).chain();
                    tracing::error!(event = "register.unsettled", error);
                }
            }
            Ok(Err(error)) => {
                tracing::error!(event = "index.failed", error = %CliError::Register(error).chain());
            }
            Err(error) => tracing::error!(event = "index.failed", %error),
        }
        env.register.appended().await;
        tokio::time::sleep(INDEX_PAUSE).await;
    }
}

/// Removes what the register need not keep any longer.
async fn purge(house: Arc<House>) {
    let env = &house.env;
    loop {
        let purged = archive::purge_due(&env.register, env.records(), env.clock.now()).await;
        if let Err(error) = purged {
            tracing::error!(event = "purge.failed", error = %CliError::Register(error).chain());
        }
        tokio::time::sleep(PURGE_EVERY).await;
    }
}

/// Each month is looked at on each day.
const PURGE_EVERY: Duration = Duration::from_secs(6 * 60 * 60);
/// Logs the certificates that end soon, at start and once a day.
async fn tell_of_certificates(house: Arc<House>) {
    let mut told = None;
    loop {
        let today = house.env.clock.now().date_naive();
        if told != Some(today) {
            expiry::log(&house.env);
            told = Some(today);
        }
        tokio::time::sleep(LOOK_AT_CERTIFICATES).await;
    }
}

/// Puts notices of campaigns into the outbox as they fall due.
async fn tell_of_campaigns(env: Arc<Env>) {
    if env.settings.campaigns.is_empty() {
        return;
    }
    loop {
        if let Err(error) = roll_out::tell(&env).await {
            tracing::error!(event = "campaign.untold", %error);
        }
        tokio::time::sleep(LOOK_AT_CAMPAIGNS).await;
    }
}

const LOOK_AT_CAMPAIGNS: Duration = Duration::from_secs(60);
/// Counts the open sessions: those that end by themselves tell nobody. However many there are it takes one part in two
/// hundred of a processor's time at most.
async fn count_sessions(env: Arc<Env>) {
    loop {
        let (before, watch) = (metrics::open_sessions(), Stopwatch::start());
        match sessions::count(env.records(), env.clock.now()).await {
            Ok(count) => metrics::sessions_counted(count, before),
            Err(error) => {
                tracing::error!(event = "sessions.uncounted", error = %CliError::Store(error).chain());
            }
        }
        tokio::time::sleep(COUNT_EVERY.max(watch.read() * 200)).await;
    }
}

const COUNT_EVERY: Duration = Duration::from_secs(60);
/// Sends what waits to leave, for as long as it is polled.
async fn deliver(env: Arc<Env>, way: Way, every: Duration) {
    if post::outbox_of(&env, way).is_none() {
        return;
    }
    loop {
        match post::deliver(&env, way).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => {
                tracing::error!(event = "outbox.failed", error = %CliError::Store(error).chain());
            }
        }
        tokio::time::sleep(every).await;
    }
}

const DELIVER_EVERY: Duration = Duration::from_secs(2);
/// Somebody looks at their phone.
const DELIVER_CODES_EVERY: Duration = Duration::from_millis(300);
const LOOK_AT_CERTIFICATES: Duration = Duration::from_secs(600);
const SWEEP_EVERY: Duration = Duration::from_secs(60);
const SWEEP_AT_ONCE: usize = 512;
/// Rows that come close together are indexed together.
const INDEX_PAUSE: Duration = Duration::from_millis(200);
