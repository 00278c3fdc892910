//! `/mdq/entities`: metadata by name, for whoever asks (draft-young-md-query, draft-young-md-query-saml).

use std::sync::Arc;

use axum::extract::{Extension, Path};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::flow::env::Published;
use crate::flow::publishing::{self, Asked};
use crate::saml::metadata::publish::PublishError;
use crate::web::context::Context;
use crate::web::pages::notice::Notice;
use crate::web::reply::notice;
use crate::web::saml::published;

/// `GET /mdq/entities/{id}`: one entity, by its entityID or by `{sha1}` and the digest of it in hexadecimal.
pub(super) async fn one(
    Extension(context): Extension<Context>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    if !is_there(&context) {
        return notice(&context, &Notice::NotFound);
    }
    let Some(asked) = Asked::parse(&id) else {
        return plain(
            StatusCode::BAD_REQUEST,
            "{sha1} and 40 hexadecimal digits, or an entityID\n",
        );
    };
    answer(&context, publishing::entity(&context.env, asked).await, &headers)
}

/// `GET /mdq/entities`: all of them, one list.
pub(super) async fn all(Extension(context): Extension<Context>, headers: HeaderMap) -> Response {
    if !is_there(&context) {
        return notice(&context, &Notice::NotFound);
    }
    answer(&context, publishing::list(&context.env).await, &headers)
}

fn is_there(context: &Context) -> bool {
    context.env.publishing.as_ref().is_some_and(|publishing| publishing.terms().mdq)
}

fn answer(
    context: &Context,
    found: Result<Option<Arc<Published>>, PublishError>,
    headers: &HeaderMap,
) -> Response {
    match found {
        Ok(Some(document)) => published(&document, headers),
        Ok(None) => plain(StatusCode::NOT_FOUND, "no such metadata is published here\n"),
        Err(error) => {
            let support_id = &context.support_id;
            tracing::error!(event = "mdq.failed", support_id, %error, "metadata could not be signed");
            plain(StatusCode::SERVICE_UNAVAILABLE, "the metadata cannot be signed now\n")
        }
    }
}

fn plain(status: StatusCode, words: &'static str) -> Response {
    (status, [(CONTENT_TYPE, "text/plain; charset=utf-8")], words).into_response()
}
