//! The log: text for people, or one JSON object a line.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::fmt::format::FmtSpan;

/// Directives that are none.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct BadDirectives(#[from] ParseError);

/// Reads directives (`info,ponte::saml=debug`).
///
/// # Errors
/// When they are none.
pub fn filter(directives: &str) -> Result<EnvFilter, BadDirectives> {
    Ok(EnvFilter::builder().parse(directives)?)
}

/// Sends the log of this process to standard error, from here on.
///
/// Does nothing if some log is there already, as in tests.
///
/// # Errors
/// When `directives` are none.
pub fn start(directives: &str, json: bool) -> Result<(), BadDirectives> {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter(directives)?)
        .with_span_events(FmtSpan::NONE)
        .with_writer(std::io::stderr)
        .with_target(true);
    let started = if json {
        builder.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init()
    } else {
        builder.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).try_init()
    };
    drop(started);
    Ok(())
}

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
