//! Traces on their way: spans are carried to the collector by the one client that leaves the machine.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use tokio::runtime::Handle;

use crate::cli::error::CliError;
use crate::cli::files;
use crate::config::settings::Settings;
use crate::telemetry::traces::Traces;
use crate::world::fetch::{Fetch, FetchError, FetchLimits, FetchRequest, HttpFetch};

/// Traces of this process, and the runtime on which they travel once it is there.
#[derive(Debug)]
pub struct Tracing {
    traces: Arc<Traces>,
    runtime: Arc<OnceLock<Handle>>,
}

impl Tracing {
    /// As the settings say; `None` where they name no collector.
    ///
    /// # Errors
    /// When a file cannot be read, or the collector cannot be spoken to so.
    pub fn begin(settings: &Settings) -> Result<Option<Self>, CliError> {
        let Some(telemetry) = &settings.telemetry else { return Ok(None) };
        let authority = telemetry.authority.as_deref().map(files::read).transpose()?;
        let origin = telemetry.traces.origin().ascii_serialization();
        let fetch = HttpFetch::new(&[origin], authority.as_deref(), FetchLimits::default());
        let runtime = Arc::new(OnceLock::new());
        let carrier = Carrier {
            fetch: Arc::new(fetch.map_err(CliError::Fetch)?),
            runtime: Arc::clone(&runtime),
            is_lost: AtomicBool::new(false),
        };
        let instance = settings.server.base_url.host_str().unwrap_or("localhost");
        let (address, percent) = (telemetry.traces.as_str(), telemetry.percent);
        let traces = Traces::begin(address, percent, instance, carrier);
        let traces = Arc::new(traces.map_err(CliError::Traces)?);
        Ok(Some(Self { traces, runtime }))
    }

    /// What the log is started with.
    #[must_use]
    pub fn traces(&self) -> &Traces {
        &self.traces
    }

    /// From here on what was traced can leave; to be called on the runtime that serves.
    pub fn leave_from_here(&self) {
        let _already = self.runtime.set(Handle::current());
    }

    /// Sends what has not left yet.
    pub async fn end(&self) {
        let traces = Arc::clone(&self.traces);
        // Nothing else is left to do if it cannot be waited for.
        let _ended = tokio::task::spawn_blocking(move || traces.end()).await;
    }
}

/// Carries what the exporter's own thread gives it.
#[derive(Debug)]
struct Carrier {
    fetch: Arc<HttpFetch>,
    runtime: Arc<OnceLock<Handle>>,
    /// Whether the last of them did not arrive: said once, and once more when they do again.
    is_lost: AtomicBool,
}

#[async_trait]
impl HttpClient for Carrier {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let runtime = self.runtime.get().ok_or("the server is not up yet")?;
        let (head, body) = request.into_parts();
        let headers = head.headers.iter().filter_map(|(name, value)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        });
        let url = head.uri.to_string().parse()?;
        let request = FetchRequest { url, body: Some(body.to_vec()), headers: headers.collect() };
        let fetch = Arc::clone(&self.fetch);
        let answer = runtime.spawn(async move { fetch.fetch(request).await }).await?;
        self.tell(&answer.as_ref().map(|answer| answer.status).map_err(Clone::clone));
        let answer = answer?;
        Ok(Response::builder().status(answer.status).body(Bytes::from(answer.body))?)
    }
}

impl Carrier {
    fn tell(&self, answer: &Result<u16, FetchError>) {
        let is_lost = !answer.as_ref().is_ok_and(|status| (200..300).contains(status));
        if is_lost == self.is_lost.swap(is_lost, Ordering::Relaxed) {
            return;
        }
        match answer {
            Ok(status) if is_lost => {
                tracing::warn!(event = "traces.lost", status, "the collector does not take traces");
            }
            Ok(_) => tracing::info!(event = "traces.taken", "the collector takes traces again"),
            Err(error) => {
                tracing::warn!(event = "traces.lost", %error, "the collector cannot be reached");
            }
        }
    }
}
