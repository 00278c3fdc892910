//! Whether the server can listen where it should, and speak TLS.

use std::net::TcpListener;
use std::os::unix::net::UnixStream;

use chrono::{DateTime, Utc};

use crate::cli::check::finding::Finding;
use crate::cli::check::keys;
use crate::cli::error::CliError;
use crate::cli::{files, reload, store};
use crate::config::settings::{KeyFiles, Settings};
use crate::world::certificate::Certificate;

/// Looks at address, port and TLS.
#[must_use]
pub fn check(settings: &Settings, now: DateTime<Utc>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let address = settings.server.listen;
    let is_running = UnixStream::connect(settings.server.data.join(store::SOCKET)).is_ok();
    if !is_running && let Err(error) = TcpListener::bind(address) {
        findings.push(Finding::error(
            "listener",
            format!("nothing can listen on {address}: {error}"),
            "stop what listens there, choose another server.listen, or allow this user the port",
        ));
    }
    if let Some(tls) = &settings.server.tls {
        findings.push(match speak(tls, now) {
            Ok(finding) => finding,
            Err(error) => Finding::error(
                "TLS",
                error.chain(),
                "name the right files in server.tls: the certificate with its chain, and its key",
            ),
        });
        findings.extend(keys::exposed(&tls.key));
    }
    findings
}

fn speak(tls: &KeyFiles, now: DateTime<Utc>) -> Result<Finding, CliError> {
    reload::acceptor(tls)?;
    let certificate = Certificate::from_pem(&files::read(&tls.certificate)?)?;
    let until = certificate.not_after.format("%Y-%m-%d");
    let good = || Finding::good("TLS", format!("certificate good until {until}"));
    Ok(keys::dates("TLS", &certificate, now).unwrap_or_else(good))
}
