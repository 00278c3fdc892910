//! `/oidc/…`: the browser's way back from OpenID providers, and the keys that they need of us.

use axum::extract::{Extension, Path, Request};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use crate::flow::reply::{Reply, Trouble};
use crate::flow::upstream::oidc;
use crate::web::context::Context;
use crate::web::form;
use crate::web::reply::render;

/// More than any answer has (OIDC Core §3.1.2.5).
const MAX_ANSWER: usize = 16 * 1024;

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
