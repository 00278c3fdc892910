//! What holds for every page of the demo's service provider: its host, its language, its headers.

use std::sync::Arc;

use axum::extract::{Query, Request, State};
use axum::http::header::{
    ACCEPT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, SET_COOKIE,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use url::Url;

use crate::texts::{demo, language::Language};
use crate::web::cookie;
use crate::web::demo::service_provider::ServiceProvider;
use crate::web::headers::harden;
use crate::web::origin::is_our_host;
use crate::web::pages::frame::Frame;
use crate::web::pages::notice::Notice;
use crate::web::pages::policy::content_security_policy;

/// Our own host only, and the headers that protect whoever reads the answer.
pub(super) async fn guard(
    State(site): State<Arc<ServiceProvider>>,
    request: Request,
    next: Next,
) -> Response {
    let (headers, uri) = (request.headers(), request.uri());
    let mut response = if is_our_host(headers, uri, site.base_url()) {
        next.run(request).await
    } else {
        notice(&frame(headers, None), &Notice::WrongHost)
    };
    harden(response.headers_mut(), false);
    response
}

/// The frame of a page; `here` shows it again.
pub(super) fn frame(headers: &HeaderMap, here: Option<String>) -> Frame {
    let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let language = Language::negotiate(cookie::read(headers, cookie::LANGUAGE), accepted);
    let name = demo::words(language).service.to_owned();
    Frame { language, name, support: None, here, demo: true }
}

/// A page whose forms may go to `posts_to` too.
pub(super) fn page(
    status: StatusCode,
    html: Result<String, askama::Error>,
    posts_to: Option<&Url>,
) -> Response {
    let Ok(html) = html else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let policy = content_security_policy(posts_to);
    let Ok(policy) = HeaderValue::from_str(&policy) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    (status, [(CONTENT_TYPE, kind), (CONTENT_SECURITY_POLICY, policy)], html).into_response()
}

/// A page that says that something is not so.
pub(super) fn notice(frame: &Frame, notice: &Notice) -> Response {
    let status = StatusCode::from_u16(notice.status()).unwrap_or(StatusCode::NOT_FOUND);
    page(status, notice.render(frame), None)
}

/// A redirect to a page of ours or the identity provider's, perhaps with a cookie.
pub(super) fn go(to: &str, cookie: Option<&str>) -> Response {
    let Ok(to) = HeaderValue::from_str(to) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response();
    if let Some(Ok(cookie)) = cookie.map(HeaderValue::from_str) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// The choice of a language.
#[derive(Debug, Deserialize)]
pub(super) struct Choice {
    to: String,
    back: String,
}

/// `GET /language?to=…&back=…`
pub(super) async fn language(headers: HeaderMap, Query(choice): Query<Choice>) -> Response {
    let is_local = choice.back.starts_with('/')
        && !choice.back.starts_with("//")
        && choice.back.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    match Language::parse(&choice.to).filter(|_| is_local) {
        Some(language) => {
            let kept = cookie::write(cookie::LANGUAGE, language.tag(), ONE_YEAR);
            go(&choice.back, Some(&kept))
        }
        None => notice(&frame(&headers, None), &Notice::NotFound),
    }
}

const ONE_YEAR: i64 = 365 * 24 * 3600;
