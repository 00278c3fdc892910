//! What the system tells a server: stop, stop at once, or read its files again.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::cli::house::House;
use crate::cli::supervisor::Supervisor;

/// How to stop.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How long we go on as before, while whoever balances loads notices.
    pub drain: Duration,
    /// How long requests under way may then take.
    pub farewell: Duration,
}

/// From here on SIGTERM and SIGINT set `stop`, a second of them ends the process at once, and SIGHUP reads again what
/// can be read again.
///
/// # Errors
/// When signals cannot be heard.
pub fn hear(
    stop: watch::Sender<bool>,
    house: Arc<House>,
    patience: Patience,
    supervisor: Supervisor,
) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = either(&mut terminate, &mut interrupt) => break,
                _ = hang_up.recv() => {
                    supervisor.reloading();
                    drop(house.reload().await);
                    supervisor.ready();
                }
            }
        }
        tracing::info!(event = "stopping");
        house.env.life.stop();
        drop(house);
        supervisor.stopping(patience.drain + patience.farewell);
        tokio::select! {
            () = tokio::time::sleep(patience.drain) => {}
            () = either(&mut terminate, &mut interrupt) => at_once(),
        }
        stop.send_replace(true);
        either(&mut terminate, &mut interrupt).await;
        at_once();
    });
    Ok(())
}

async fn either(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

/// What was acknowledged is on the disk; the rest never happened.
fn at_once() {
    tracing::warn!(event = "stopped", "told twice to stop: at once");
    std::process::exit(CUT_SHORT);
}

/// The status of a server that was told twice, as shells tell an interrupted program's.
const CUT_SHORT: i32 = 130;
