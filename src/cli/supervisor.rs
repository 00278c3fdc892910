//! What a supervisor such as systemd is told: ready, reloading, stopping, alive (sd_notify(3)). Says nothing where
//! nobody asked to be told.

use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::Arc;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Whoever started us, if they want to be told.
#[derive(Clone, Debug, Default)]
pub struct Supervisor {
    socket: Option<Arc<UnixDatagram>>,
    /// How often they want to hear that we are alive, at least.
    watchdog: Option<Duration>,
}

impl Supervisor {
    /// Reads `NOTIFY_SOCKET`, and `WATCHDOG_USEC` if it is meant for this process (`WATCHDOG_PID`).
    #[must_use]
    pub fn of_environment() -> Self {
        let Some(path) = std::env::var_os("NOTIFY_SOCKET") else { return Self::default() };
        let address = match path.as_bytes() {
            [b'@', name @ ..] => SocketAddr::from_abstract_name(name),
            _ => SocketAddr::from_pathname(&path),
        };
        let socket = address.and_then(|address| {
            let socket = UnixDatagram::unbound()?;
            socket.connect_addr(&address)?;
            Ok(socket)
        });
        let socket = match socket {
            Ok(socket) => Some(Arc::new(socket)),
            Err(error) => {
                tracing::warn!(event = "supervisor.unreachable", %error);
                None
            }
        };
        let number = |name| std::env::var_os(name)?.to_str()?.parse::<u64>().ok();
        let ours = number("WATCHDOG_PID").is_none_or(|id| id == u64::from(std::process::id()));
        let watchdog = number("WATCHDOG_USEC").filter(|usec| ours && *usec > 0);
        Self { socket, watchdog: watchdog.map(Duration::from_micros) }
    }

    /// We serve.
    pub fn ready(&self) {
        self.tell("READY=1");
    }

    /// We read our files again; [`Self::ready`] ends it.
    pub fn reloading(&self) {
        let now = clock_gettime(ClockId::Monotonic);
        let micros = now.tv_sec * 1_000_000 + now.tv_nsec / 1000;
        self.tell(&format!("RELOADING=1\nMONOTONIC_USEC={micros}"));
    }

    /// We are about to end, within `time`.
    pub fn stopping(&self, time: Duration) {
        let micros = (time + MARGIN).as_micros();
        self.tell(&format!("STOPPING=1\nEXTEND_TIMEOUT_USEC={micros}"));
    }

    /// Says that we are alive as often as they want, for as long as the runtime turns and `is_sound`: what only a restart
    /// can mend is left to be restarted.
    pub async fn stay_alive(self, is_sound: impl Fn() -> bool) {
        let Some(watchdog) = self.watchdog else { return };
        loop {
            if is_sound() {
                self.tell("WATCHDOG=1");
            }
            tokio::time::sleep(watchdog / 2).await;
        }
    }

    fn tell(&self, state: &str) {
        if let Some(socket) = &self.socket
            && let Err(error) = socket.send(state.as_bytes())
        {
            tracing::debug!(%error, state, "the supervisor was not told");
        }
    }
}

/// What closing store and register may take beyond the requests under way.
const MARGIN: Duration = Duration::from_secs(20);
