//! `/oidc/…`: the browser's way back from OpenID providers, their logouts, and the keys that they need of us.

use axum::extract::{Extension, Path, Request};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::response::{IntoResponse, Response};

use crate::flow::logout::openid::{self, NotEnded};
use crate::flow::reply::{Reply, Trouble};
use crate::flow::upstream::oidc;
use crate::web::context::Context;
use crate::web::form::{self, field};
use crate::web::reply::{render, set};

/// More than any answer has (OIDC Core §3.1.2.5).
const MAX_ANSWER: usize = 16 * 1024;

/// More than any logout token has, encrypted and escaped.
const MAX_LOGOUT: usize = 64 * 1024;

/// `GET /oidc/callback/{upstream}`: an answer in the query.
pub(super) async fn back(
    Extension(context): Extension<Context>,
    Path(upstream): Path<String>,
    request: Request,
) -> Response {
    let raw = request.uri().query().unwrap_or_default().to_owned();
    taken(context, &upstream, &raw).await
}

/// `POST /oidc/callback/{upstream}`: an answer in a form (`response_mode=form_post`).
pub(super) async fn posted(
    Extension(context): Extension<Context>,
    Path(upstream): Path<String>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let raw = form::read(&parts.headers, body, MAX_ANSWER).await.unwrap_or_default();
    taken(context, &upstream, &raw).await
}

async fn taken(context: Context, upstream: &str, raw: &str) -> Response {
    let context = Context { here: None, ..context };
    let visitor = context.visitor(None);
    let reply = oidc::consume(&context.env, upstream, raw, &visitor).await;
    render(&context, reply)
}

/// `GET /oidc/logout/{upstream}`: the browser is back from a logout there (RP-Initiated Logout 1.0 §3).
pub(super) async fn logged_out(
    Extension(context): Extension<Context>,
    Path(upstream): Path<String>,
    request: Request,
) -> Response {
    let context = Context { here: None, ..context };
    let raw = request.uri().query().unwrap_or_default().to_owned();
    let reply = openid::back(&context.env, &upstream, &raw, &context.visitor(None)).await;
    render(&context, reply)
}

/// `POST /oidc/logout/{upstream}`: the provider says that a session is over (Back-Channel Logout 1.0 §2.5, §2.8).
pub(super) async fn back_channel(
    Extension(context): Extension<Context>,
    Path(upstream): Path<String>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let form = form::read(&parts.headers, body, MAX_LOGOUT).await.unwrap_or_default();
    let token = field(&form, "logout_token").map(std::borrow::Cow::into_owned).unwrap_or_default();
    let ended = openid::told(&context.env, &upstream, &token, &context.visitor(None)).await;
    let refused = |status: StatusCode, why: &str| {
        let said = serde_json::json!({ "error": "invalid_request", "error_description": why });
        let kind = [(CONTENT_TYPE, "application/json")];
        (status, kind, said.to_string()).into_response()
    };
    let mut response = match ended {
        Ok(_) => StatusCode::OK.into_response(),
        Err(NotEnded::Nobody) => refused(StatusCode::NOT_FOUND, "no such provider"),
        Err(NotEnded::Refused(why)) => refused(StatusCode::BAD_REQUEST, why),
        Err(NotEnded::TooMany(seconds)) => {
            let mut response = refused(StatusCode::TOO_MANY_REQUESTS, "too many");
            set(&mut response, RETRY_AFTER, &seconds.to_string());
            response
        }
        Err(NotEnded::Ours(_)) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    };
    set(&mut response, CACHE_CONTROL, "no-store");
    response
}

/// `GET /oidc/jwks/{upstream}`: our public keys, as that provider needs them (RFC 7517).
pub(super) async fn keys(
    Extension(context): Extension<Context>,
    Path(upstream): Path<String>,
) -> Response {
    match oidc::keys(&context.env, &upstream) {
        Some(keys) => {
            let headers = [
                (CONTENT_TYPE, "application/jwk-set+json"),
                (CACHE_CONTROL, "public, max-age=300"),
            ];
            (headers, keys.to_string()).into_response()
        }
        None => render(&context, Reply::Trouble(Box::new(Trouble::NoSuchPage))),
    }
}
