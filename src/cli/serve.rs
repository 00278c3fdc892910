//! `ponte serve`: from the settings to the last connection.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

use crate::admin::command::{Command, Done, Refused};
use crate::admin::desk::{self, Desk};
use crate::admin::socket;
use crate::cli::error::CliError;
use crate::cli::files;
use crate::cli::house::{self, House};
use crate::cli::{signals, store};
use crate::config::settings::{KeyFiles, Settings};
use crate::register::index;
use crate::telemetry::log;
use crate::web::{router, serve, tls};

/// Serves until a signal to stop; then finishes what is under way, for ten seconds at most.
///
/// # Errors
/// When something cannot be opened, read or used.
pub fn run(settings: &Settings) -> Result<(), CliError> {
    let begun = Instant::now();
    log::start(&settings.server.log_level, settings.server.json_log).map_err(CliError::Log)?;
    for stranger in &settings.strangers {
        tracing::warn!(event = "environment.stranger", "{stranger}");
    }
    runtime(settings)?.block_on(async {
        let house = Arc::new(house::open(settings, false).await?);
        let running = Running::start(&house, settings)?;
        let acceptor = settings.server.tls.as_ref().map(acceptor).transpose()?;
        let listener = listen(settings).await?;
        let milliseconds = begun.elapsed().as_millis();
        let address = listener.local_addr().map_err(CliError::listen(settings.server.listen))?;
        let base_url = settings.server.base_url.as_str();
        tracing::info!(event = "started", %address, base_url, milliseconds = %milliseconds);
        let router = router::router(Arc::clone(&house.env));
        serve::serve(listener, acceptor, router, running.stopped()).await;
        running.end(&house).await
    })
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
pub async fn listen(settings: &Settings) -> Result<TcpListener, CliError> {
    let address = settings.server.listen;
    TcpListener::bind(address).await.map_err(CliError::listen(address))
}

/// What speaks TLS with the certificate and key of `files`.
///
/// # Errors
/// When they cannot be read or used.
pub fn acceptor(files: &KeyFiles) -> Result<tls::Acceptor, CliError> {
    let key = zeroize::Zeroizing::new(files::read(&files.key)?);
    let chain = files::read(&files.certificate)?;
    tls::acceptor(&chain, &key).map_err(|error| CliError::Tls(files.certificate.clone(), error))
}

/// What runs beside the pages: administrators' socket, sweeping, indexing, signals.
#[derive(Debug)]
pub struct Running {
    stopping: watch::Receiver<bool>,
    socket: std::path::PathBuf,
}

impl Running {
    /// Starts it all.
    ///
    /// # Errors
    /// When the socket cannot be made or signals cannot be heard.
    pub fn start(house: &Arc<House>, settings: &Settings) -> Result<Self, CliError> {
        let (stop, stopping) = watch::channel(false);
        let running = Self { stopping, socket: settings.server.data.join(store::SOCKET) };
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
        tokio::spawn(keep_index(Arc::clone(house)));
        signals::hear(stop, Arc::clone(house)).map_err(CliError::Signals)?;
        Ok(running)
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
        house.env.store.flush().await.map_err(CliError::Store)?;
        tracing::info!(event = "stopped");
        Ok(())
    }
}

/// The desk of a running server.
struct DeskOf {
    house: Arc<House>,
    settings: Settings,
}

impl DeskOf {
    async fn carry_out(&self, command: Command) -> Result<Done, Refused> {
        let env = &self.house.env;
        let desk = Desk {
            records: env.records(),
            hashing: &env.settings.hashing,
            spid_prefix: &self.settings.idp.spid_prefix,
            activation: self.settings.activation,
            sources: &self.house.sources,
            partners: Some(&env.partners),
        };
        desk::carry_out(&desk, command, env.clock.now()).await
    }
}

/// Drops what has expired, now and then, and never much at a time.
async fn sweep(house: Arc<House>) {
    loop {
        tokio::time::sleep(SWEEP_EVERY).await;
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

/// Brings the register's index up to what was appended.
async fn keep_index(house: Arc<House>) {
    let env = &house.env;
    loop {
        if let Err(error) = index::catch_up(&env.register, &*env.store, env.clock.now()).await {
            tracing::error!(event = "index.failed", error = %CliError::Register(error).chain());
        }
        env.register.appended().await;
        tokio::time::sleep(INDEX_PAUSE).await;
    }
}

const SWEEP_EVERY: Duration = Duration::from_secs(60);
const SWEEP_AT_ONCE: usize = 512;
/// Rows that come close together are indexed together.
const INDEX_PAUSE: Duration = Duration::from_millis(200);
