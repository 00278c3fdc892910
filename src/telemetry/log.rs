//! The log: text for people, or one JSON object a line.

use std::sync::OnceLock;

use tracing::Metadata;
use tracing_subscriber::filter::{ParseError, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, Registry, fmt, reload};

use crate::telemetry::traces::{TARGET, Traces};

/// Directives that are none.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct BadDirectives(#[from] ParseError);

/// Reads directives (`info,ponte::saml=debug`).
///
/// # Errors
/// When they are none.
pub fn filter(directives: &str) -> Result<EnvFilter, BadDirectives> {
    // Steps of traces are none of the log's business, whatever its level: see `start`.
    let steps = format!("{TARGET}=info").parse()?;
    Ok(EnvFilter::builder().parse(directives)?.add_directive(steps))
}

/// Sends the log of this process to standard error, from here on, and its steps to `traces`.
///
/// Does nothing if some log is there already, as in tests.
///
/// # Errors
/// When `directives` are none.
pub fn start(directives: &str, json: bool, traces: Option<&Traces>) -> Result<(), BadDirectives> {
    let (filter, handle) = reload::Layer::new(filter(directives)?);
    let text = (!json).then(|| {
        let ansi = std::io::IsTerminal::is_terminal(&std::io::stderr());
        fmt::layer().with_writer(std::io::stderr).with_ansi(ansi).with_filter(filter_fn(no_step))
    });
    let json = json.then(|| {
        let layer = fmt::layer().with_writer(std::io::stderr).json();
        let layer = layer.flatten_event(true).with_current_span(true).with_span_list(false);
        layer.with_filter(filter_fn(no_step))
    });
    let steps = traces.map(Traces::layer);
    let registry = tracing_subscriber::registry().with(filter).with(text).with(json).with(steps);
    let started = registry.try_init();
    if started.is_ok() {
        // Nobody else sets it: the log starts once.
        let _already = FILTER.set(handle);
    }
    Ok(())
}

fn no_step(about: &Metadata<'_>) -> bool {
    about.target() != TARGET
}

/// What is logged from here on, if [`start`] started the log.
///
/// # Errors
/// When `directives` are none; the log then stays as it was.
pub fn set(directives: &str) -> Result<(), BadDirectives> {
    let filter = filter(directives)?;
    if let Some(handle) = FILTER.get()
        && let Err(error) = handle.reload(filter)
    {
        tracing::error!(event = "log.failed", %error, "what is logged could not be changed");
    }
    Ok(())
}

static FILTER: OnceLock<reload::Handle<EnvFilter, Registry>> = OnceLock::new();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_are_read() {
        assert!(filter("info").is_ok());
        assert!(filter("warn,ponte::saml=debug").is_ok());
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(filter("info,ponte=loud").is_err());
    }
}
