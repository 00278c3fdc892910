//! What the system tells a server: stop, or read the partners again.

use std::io;
use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::cli::house::House;

/// From here on SIGTERM and SIGINT set `stop`, and SIGHUP reads the service providers again.
///
/// # Errors
/// When signals cannot be heard.
pub fn hear(stop: watch::Sender<bool>, house: Arc<House>) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
                _ = hang_up.recv() => {
                    if let Err(error) = house.reload().await {
                        tracing::error!(event = "partners.failed", error = %error.chain());
                    }
                }
            }
        }
        tracing::info!(event = "stopping");
        stop.send_replace(true);
    });
    Ok(())
}
