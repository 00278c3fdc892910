//! The card's listener: `/card/{ticket}` and nothing else. It shows no page, so that nothing but the card is asked for
//! there: whatever comes of it, the browser goes back to our own pages.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::header::{CONNECTION, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;

use crate::flow::card::house::{CardProxy, Cards};
use crate::flow::card::show::{show, show_workstation};
use crate::flow::env::Env;
use crate::flow::limits::prefix;
use crate::flow::network::{Proxies, any_contains};
use crate::telemetry::metrics;
use crate::web::headers::harden;
use crate::web::monitoring::peer;
use crate::web::origin::{client_address, is_our_host};
use crate::web::tls::Certificate;
use crate::world::certificate;

/// What the listener of cards answers.
pub fn router(env: Arc<Env>) -> Router {
    let at = At { env, who: Who::Person };
    Router::new()
        .route("/card/{ticket}", any(take))
        .fallback(nothing)
        .layer(from_fn_with_state(at.clone(), guard))
        .with_state(at)
}

/// What the listener of workstations answers (AN-01). It is another, since a browser shows one certificate at each.
pub fn router_of_workstations(env: Arc<Env>) -> Router {
    let at = At { env, who: Who::Workstation };
    Router::new()
        .route("/workstation/{ticket}", any(take))
        .fallback(nothing)
        .layer(from_fn_with_state(at.clone(), guard))
        .with_state(at)
}

/// At which listener a request came in.
#[derive(Clone)]
struct At {
    env: Arc<Env>,
    who: Who,
}

/// Whose certificate is shown there.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Who {
    Person,
    Workstation,
}

/// Our own name only, not too much from one network, and, where a proxy speaks TLS for us, nobody but that proxy.
async fn guard(State(at): State<At>, request: Request, next: Next) -> Response {
    let mut response = match admitted(&at, request) {
        Ok(request) => next.run(request).await,
        Err(status) => status.into_response(),
    };
    harden(response.headers_mut(), true);
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

fn admitted(at: &At, request: Request) -> Result<Request, StatusCode> {
    let (parts, body) = request.into_parts();
    let env = &at.env;
    let cards = env.cards.as_ref().ok_or(StatusCode::NOT_FOUND)?;
    let base_url = match at.who {
        Who::Person => Some(&cards.base_url),
        Who::Workstation => cards.workstations.as_ref().map(|one| &one.base_url),
    };
    let base_url = base_url.ok_or(StatusCode::NOT_FOUND)?;
    let asks = peer(&parts);
    if let Some(proxy) = &cards.proxy
        && !any_contains(&proxy.networks, asks)
    {
        tracing::warn!(event = "card.stranger", address = %asks, "not the declared proxy");
        return Err(StatusCode::FORBIDDEN);
    }
    if !is_our_host(&parts.headers, &parts.uri, base_url) {
        return Err(StatusCode::MISDIRECTED_REQUEST);
    }
    let proxies = cards.proxy.as_ref().map(|proxy| Proxies {
        networks: proxy.networks.clone(),
        header: env.settings.proxies.header,
    });
    let address = client_address(asks, &parts.headers, &proxies.unwrap_or_default());
    if env.by_address.take(&prefix(address), env.clock.now()).is_err() {
        metrics::limited("address");
        return Err(StatusCode::TOO_MANY_REQUESTS);
    }
    Ok(Request::from_parts(parts, body))
}

async fn take(
    State(At { env, who }): State<At>,
    Path(ticket): Path<String>,
    request: Request,
) -> Response {
    // A look ahead must not use up a ticket.
    if request.method() != Method::GET {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let Some(cards) = &env.cards else { return StatusCode::NOT_FOUND.into_response() };
    let certificate = match shown(cards, &request) {
        Ok(certificate) => certificate,
        Err(why) => {
            tracing::warn!(event = "card.header", why, "the proxy's certificate header");
            return StatusCode::BAD_REQUEST.into_response();
        }
    };
    let certificate = certificate.as_deref();
    let shown = match who {
        Who::Person => show(&env, cards, &ticket, certificate).await,
        Who::Workstation => show_workstation(&env, cards, &ticket, certificate).await,
    };
    match shown {
        Ok(path) => back(&env, &path),
        Err(error) => {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::error!(event = "failed", %error, cause, "a card could not be taken");
            metrics::failed();
            back(&env, "/smart-card?done=late")
        }
    }
}

async fn nothing(State(At { env, .. }): State<At>) -> Response {
    back(&env, "/smart-card")
}

/// To our own pages by path, or to the next listener by its address.
fn back(env: &Env, path: &str) -> Response {
    let base = env.settings.base_url.as_str().trim_end_matches('/');
    let mut response = StatusCode::SEE_OTHER.into_response();
    let to = if path.starts_with('/') { format!("{base}{path}") } else { path.to_owned() };
    match HeaderValue::from_str(&to) {
        Ok(to) => {
            response.headers_mut().insert(LOCATION, to);
            response
        }
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The certificate: that of the handshake, or, where the declared proxy made it, that of its header; never the other.
fn shown(cards: &Cards, request: &Request) -> Result<Option<Vec<u8>>, &'static str> {
    match &cards.proxy {
        None => Ok(request.extensions().get::<Certificate>().and_then(|shown| shown.0.clone())),
        Some(proxy) => of_header(proxy, request.headers()),
    }
}

/// What the proxy's header says, which is there once at most.
fn of_header(proxy: &CardProxy, headers: &HeaderMap) -> Result<Option<Vec<u8>>, &'static str> {
    let name = HeaderName::try_from(proxy.header.as_str()).map_err(|_| "its name is none")?;
    let mut values = headers.get_all(name).iter();
    let value = match (values.next(), values.next()) {
        (None, _) => return Ok(None),
        (Some(value), None) => value.to_str().map_err(|_| "no text")?,
        (Some(_), Some(_)) => return Err("there twice"),
    };
    passed_on(value)
}

/// A certificate (DER) as proxies pass it on: `:base64:` of it (RFC 9440 §2.1), or PEM with percent escapes (nginx's
/// `$ssl_client_escaped_cert`); empty where none was shown.
///
/// # Errors
/// What is wrong with it.
pub fn passed_on(value: &str) -> Result<Option<Vec<u8>>, &'static str> {
    let value = value.trim();
    if value.is_empty() {
        return Ok(None);
    }
    if let Some(base64) = value.strip_prefix(':').and_then(|rest| rest.strip_suffix(':')) {
        return STANDARD.decode(base64).map(Some).map_err(|_| "no base64");
    }
    let pem = percent_decode_str(value).decode_utf8().map_err(|_| "no text")?;
    let read = certificate::Certificate::from_pem(pem.as_bytes());
    read.map(|read| Some(read.der)).map_err(|_| "neither :base64: nor PEM")
}
