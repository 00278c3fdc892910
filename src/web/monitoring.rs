//! `/health`, `/ready` and `/metrics`: how the server is, for those who are to know and for nobody else.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::flow::env::Env;
use crate::flow::network::any_contains;
use crate::flow::readiness::{readiness, reading};
use crate::telemetry::metrics;
use crate::web::origin::forwarded_client;

/// What a listener of its own answers; nothing else is there.
pub fn router(env: Arc<Env>) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/ready", get(ready))
        .route("/metrics", get(figures))
        .layer(from_fn_with_state(Arc::clone(&env), only_monitors))
        .with_state(env)
}

/// The same, where pages are served: `None` if the request is not one of these, or not of a monitor.
pub(super) async fn answer(env: &Arc<Env>, parts: &Parts) -> Option<Response> {
    let path = parts.uri.path();
    if !matches!(path, "/health" | "/ready" | "/metrics") || !is_monitor(env, parts) {
        return None;
    }
    if !matches!(parts.method, Method::GET | Method::HEAD) {
        return Some(StatusCode::METHOD_NOT_ALLOWED.into_response());
    }
    let env = State(Arc::clone(env));
    Some(match path {
        "/health" => health().await,
        "/ready" => ready(env).await,
        _ => figures(env).await,
    })
}

/// Nobody passes requests on to a listener of its own: whoever is at the other end is who asks.
async fn only_monitors(State(env): State<Arc<Env>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    if any_contains(&env.settings.monitors, peer(&parts)) {
        next.run(Request::from_parts(parts, body)).await
    } else {
        StatusCode::NOT_FOUND.into_response()
    }
}

/// Whoever a declared proxy speaks for counts, not the proxy: a proxy that names nobody speaks for strangers.
fn is_monitor(env: &Env, parts: &Parts) -> bool {
    let (proxies, monitors) = (&env.settings.proxies, &env.settings.monitors);
    let peer = peer(parts);
    let who = if proxies.contain(peer) {
        forwarded_client(&parts.headers, proxies)
    } else {
        (!is_forwarded(&parts.headers)).then_some(peer)
    };
    who.is_some_and(|who| any_contains(monitors, who))
}

/// A request that some proxy passed on which nobody declared is nobody's whom we know.
fn is_forwarded(headers: &HeaderMap) -> bool {
    ["forwarded", "x-forwarded-for", "x-real-ip"].into_iter().any(|name| headers.contains_key(name))
}

/// Who is at the other end of the connection.
pub(super) fn peer(parts: &Parts) -> IpAddr {
    let info = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    info.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip())
}

/// That the process answers at all.
async fn health() -> Response {
    plain(StatusCode::OK, "text/plain; charset=utf-8", "alive\n".to_owned())
}

/// Whether a login could be answered; which part cannot.
async fn ready(State(env): State<Arc<Env>>) -> Response {
    let readiness = readiness(&env).await;
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    match serde_json::to_string(&readiness) {
        Ok(json) => plain(status, "application/json", json),
        Err(error) => broken(&error),
    }
}

/// Everything that is counted.
async fn figures(State(env): State<Arc<Env>>) -> Response {
    match metrics::text(&reading(&env).await) {
        Ok(text) => plain(StatusCode::OK, metrics::MEDIA_TYPE, text),
        Err(error) => broken(&error),
    }
}

fn plain(status: StatusCode, media: &'static str, body: String) -> Response {
    (status, [(CONTENT_TYPE, media), (CACHE_CONTROL, "no-store")], body).into_response()
}

fn broken(error: &dyn std::error::Error) -> Response {
    tracing::error!(event = "failed", error = %error, "the monitors' answer cannot be written");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
