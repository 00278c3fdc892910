//! `/account/profile`, `/account/pincode` and `/api/pincode/verify`: what is on record of a person, their pincode, and its check
//! for partners.

use axum::extract::{Extension, Path, Query, Request};
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use crate::flow::guarded::Tried;
use crate::flow::number_link;
use crate::flow::pincode::{self, Asked, Told};
use crate::flow::profile::{self, ProfileNotice};
use crate::web::account::taken;
use crate::web::context::Context;
use crate::web::form::{self, field, optional};
use crate::web::reply::{render, set};

/// What has just happened.
#[derive(Debug, Deserialize)]
pub(super) struct Said {
    done: Option<String>,
}

/// `GET /account/profile`
pub(super) async fn show(
    Extension(context): Extension<Context>,
    Query(said): Query<Said>,
) -> Response {
    let done = match said.done.as_deref() {
        Some("number") => Some(ProfileNotice::Written),
        Some("question") => Some(ProfileNotice::Kept),
        Some("sent") => Some(ProfileNotice::Sent),
        _ => None,
    };
    let context = Context { here: Some("/account/profile".to_owned()), ..context };
    let reply = profile::show(&context.env, done, &context.visitor(None)).await;
    render(&context, reply)
}

/// `POST /account/profile/unlock`
pub(super) async fn unlock(Extension(context): Extension<Context>, request: Request) -> Response {
    taken(context, request, async |context, form| {
        let csrf = field(form, "csrf")?;
        Ok(profile::unlock(&context.env, &csrf, &context.visitor(None)).await)
    })
    .await
}

/// `POST /account/profile/number`
pub(super) async fn number(Extension(context): Extension<Context>, request: Request) -> Response {
    let context = Context { here: Some("/account/profile".to_owned()), ..context };
    taken(context, request, async |context, form| {
        let (csrf, number) = (field(form, "csrf")?, field(form, "number")?);
        let answer = optional(form, "answer")?.unwrap_or_default();
        let (env, visitor) = (&context.env, &context.visitor(None));
        Ok(profile::change_number(env, &csrf, &number, &answer, visitor).await)
    })
    .await
}

/// `GET /account/profile/link/{token}`: what a link in the person's mail leads to.
pub(super) async fn look(
    Extension(context): Extension<Context>,
    Path(token): Path<String>,
) -> Response {
    let reply = number_link::look(&context.env, &token, &context.visitor(None)).await;
    render(&context, reply)
}

/// `POST /account/profile/link`: uses it.
pub(super) async fn with_link(
    Extension(context): Extension<Context>,
    request: Request,
) -> Response {
    let context = Context { here: None, ..context };
    taken(context, request, async |context, form| {
        let token = field(form, "token")?;
        Ok(number_link::confirm(&context.env, &token, &context.visitor(None)).await)
    })
    .await
}

/// `POST /account/profile/question`
pub(super) async fn question(Extension(context): Extension<Context>, request: Request) -> Response {
    let context = Context { here: Some("/account/profile".to_owned()), ..context };
    taken(context, request, async |context, form| {
        let csrf = field(form, "csrf")?;
        let (question, answer) = (field(form, "question")?, field(form, "answer")?);
        let (env, visitor) = (&context.env, &context.visitor(None));
        Ok(profile::set_question(env, &csrf, &question, &answer, visitor).await)
    })
    .await
}

/// `GET /account/pincode`
pub(super) async fn pincode(Extension(context): Extension<Context>) -> Response {
    let reply = pincode::show(&context.env, &context.visitor(None)).await;
    render(&context, reply)
}

/// `POST /account/pincode/unlock`
pub(super) async fn unlock_pincode(
    Extension(context): Extension<Context>,
    request: Request,
) -> Response {
    taken(context, request, async |context, form| {
        let csrf = field(form, "csrf")?;
        Ok(pincode::unlock(&context.env, &csrf, &context.visitor(None)).await)
    })
    .await
}

/// `POST /account/pincode`: makes one, and shows it once.
pub(super) async fn make_pincode(
    Extension(context): Extension<Context>,
    request: Request,
) -> Response {
    // It cannot be shown again: the language switch would lead to nothing.
    let context = Context { here: Some("/account/pincode".to_owned()), ..context };
    taken(context, request, async |context, form| {
        let csrf = field(form, "csrf")?;
        Ok(pincode::make(&context.env, &csrf, &context.visitor(None)).await)
    })
    .await
}

/// `POST /api/pincode/verify`: `subject`, `operation` and `pincode` as a form, from a partner who bears its token (RFC 6750 §2.1).
pub(super) async fn verify(Extension(context): Extension<Context>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let env = &context.env;
    if env.settings.pincode_verifiers.is_empty() {
        return StatusCode::NOT_FOUND.into_response();
    }
    let token = bearer(&parts.headers).unwrap_or_default();
    let Ok(form) = form::read(&parts.headers, body, MAX_FORM).await else {
        return told(Told::Malformed, &context.support_id);
    };
    let (Ok(subject), Ok(operation), Ok(pincode)) =
        (field(&form, "subject"), field(&form, "operation"), field(&form, "pincode"))
    else {
        return told(Told::Malformed, &context.support_id);
    };
    let asked = Asked { token, subject: &subject, operation: &operation, pincode: pincode.trim() };
    let verdict = pincode::verify(env, asked, context.address, &context.support_id).await;
    told(verdict, &context.support_id)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let said = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = said.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then_some(token.trim())
}

/// The support id is that of the log's event, for a partner to keep and to ask about.
fn told(told: Told, support_id: &str) -> Response {
    let (status, mut body) = match told {
        Told::NoVerifier => (StatusCode::UNAUTHORIZED, json!({ "error": "invalid_token" })),
        Told::Malformed => (StatusCode::BAD_REQUEST, json!({ "error": "invalid_request" })),
        Told::Unavailable => {
            (StatusCode::SERVICE_UNAVAILABLE, json!({ "error": "temporarily_unavailable" }))
        }
        Told::Tried(tried) => match tried {
            Tried::Wait { .. } => {
                (StatusCode::TOO_MANY_REQUESTS, json!({ "verdict": tried.name() }))
            }
            tried => (StatusCode::OK, json!({ "verdict": tried.name() })),
        },
    };
    body["support-id"] = support_id.into();
    let mut response = (status, body.to_string()).into_response();
    set(&mut response, CONTENT_TYPE, "application/json");
    set(&mut response, CACHE_CONTROL, "no-store");
    match told {
        Told::NoVerifier => set(&mut response, WWW_AUTHENTICATE, "Bearer"),
        Told::Tried(Tried::Wait { seconds }) => {
            set(&mut response, RETRY_AFTER, &seconds.to_string());
        }
        _ => {}
    }
    response
}

const MAX_FORM: usize = 4 * 1024;
