//! Connections: accepted, bounded in number and in patience, ended gracefully.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};
use tower::ServiceExt;

use crate::flow::network::Proxies;
use crate::telemetry::metrics;
use crate::telemetry::process::max_files;
use crate::web::crowd::Crowd;
use crate::web::tls::{Certificate, Tls, shake_hands, shown};

/// How connections are taken.
#[derive(Clone, Debug)]
pub struct Doors {
    /// What speaks TLS; none is plain HTTP.
    pub tls: Option<Tls>,
    /// Whose connections are many people's.
    pub proxies: Proxies,
    /// How long what is under way may take once we are told to stop.
    pub farewell: Duration,
    /// Whether a connection is for one request, which is told what certificate its client has shown ([`Certificate`]).
    pub for_cards: bool,
}

impl Default for Doors {
    fn default() -> Self {
        Self { tls: None, proxies: Proxies::default(), farewell: FAREWELL, for_cards: false }
    }
}

/// Serves `router` until `stop` is done, then takes no more connections and lets the requests under way finish, for as
/// long as `doors` say.
///
/// Each request carries its sender's address as [`ConnectInfo`].
pub async fn serve(
    listener: TcpListener,
    doors: Doors,
    router: Router,
    stop: impl Future<Output = ()>,
) {
    let most = max_connections();
    let places = Arc::new(Semaphore::new(most));
    let crowd = Crowd::new((most / SHARES).max(LEAST_SHARE));
    let (ending, ended) = watch::channel(false);
    let mut stop = pin!(stop);
    loop {
        let (stream, peer, place) = tokio::select! {
            () = &mut stop => break,
            accepted = accept(&listener, &places) => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    pause_after(&error).await;
                    continue;
                }
            },
        };
        let mut share = None;
        if !doors.proxies.contain(peer.ip()) {
            share = crowd.enter(peer.ip());
            if share.is_none() {
                metrics::limited("connections");
                continue;
            }
        }
        let router = router.clone();
        let ended = ended.clone();
        let (tls, for_cards) = (doors.tls.clone(), doors.for_cards);
        tokio::spawn(async move {
            let counted = metrics::connected();
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "no nodelay");
            }
            // A PIN is typed in the midst of the handshake.
            let patience = if for_cards { PATIENCE_WITH_PINS } else { PATIENCE };
            match tls {
                None => converse(stream, peer, None, !for_cards, router, ended).await,
                Some(tls) => match timeout(patience, shake_hands(stream, &tls)).await {
                    Ok(Ok(stream)) => {
                        let shown = for_cards.then(|| shown(&stream));
                        converse(stream, peer, shown, !for_cards, router, ended).await;
                    }
                    Ok(Err(error)) => tracing::debug!(%error, %peer, "no TLS"),
                    Err(_) => tracing::debug!(%peer, "no TLS in time"),
                },
            }
            drop((place, share, counted));
        });
    }
    drop(listener);
    drop(ended);
    if ending.send(true).is_ok() && timeout(doors.farewell, ending.closed()).await.is_err() {
        tracing::warn!(event = "stop.cut", "requests were still under way when time was up");
    }
}

/// The next connection, once there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, place))
}

async fn converse<S>(
    stream: S,
    peer: SocketAddr,
    shown: Option<Certificate>,
    keep_alive: bool,
    router: Router,
    mut ended: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let (router, shown) = (router.clone(), shown.clone());
        async move {
            let mut request = request.map(Body::new);
            if let Some(shown) = shown {
                request.extensions_mut().insert(shown);
            }
            request.extensions_mut().insert(ConnectInfo(peer));
            match router.oneshot(request).await {
                Ok(response) => Ok::<_, Infallible>(response),
                Err(never) => match never {},
            }
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .keep_alive(keep_alive)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let done = tokio::select! {
        done = &mut connection => done,
        () = async { drop(ended.wait_for(|over| *over).await) } => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = done {
        ended_early(&error, peer);
    }
}

/// What was no HTTP request was answered before any page of ours could be: the log says so.
fn ended_early(error: &hyper::Error, peer: SocketAddr) {
    let said = error.to_string();
    let status = match (error.is_parse_too_large(), error.is_parse()) {
        (true, _) if said.contains("URI") => 414,
        (true, _) => 431,
        (false, true) => 400,
        (false, false) => {
            tracing::debug!(%error, %peer, "a connection ended early");
            return;
        }
    };
    let address = peer.ip();
    tracing::warn!(event = "http.refused", %address, status, reason = said, "not a request");
}

/// Out of descriptors: wait until some connection ends. Anything else is that connection's own.
async fn pause_after(error: &io::Error) {
    if !matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    ) {
        tracing::warn!(%error, event = "accept.failed", "no connection can be accepted");
        sleep(Duration::from_millis(100)).await;
    }
}

/// As many connections as the process may have open files, less what it needs itself.
fn max_connections() -> usize {
    let files = max_files().and_then(|files| usize::try_from(files).ok()).unwrap_or(1024);
    files.saturating_sub(OWN_FILES).clamp(64, 8192)
}

/// How long a browser may take over the head of a request, and stay idle between two.
const PATIENCE: Duration = Duration::from_secs(15);
/// The same where a person looks for their card, and types a PIN.
const PATIENCE_WITH_PINS: Duration = Duration::from_secs(120);
/// How long requests under way may take once we are told to stop.
const FAREWELL: Duration = Duration::from_secs(10);
/// The most bytes of a request's line and headers.
const MAX_HEAD: usize = 64 * 1024;
const OWN_FILES: usize = 128;
/// One network may have this part of all connections, and so many at least.
const SHARES: usize = 4;
const LEAST_SHARE: usize = 64;
