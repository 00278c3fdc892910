//! `/`, `/language`, and the pages for what is not there.

use axum::extract::{Extension, Query};
use axum::http::header::{CACHE_CONTROL, LOCATION, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::texts::language::Language;
use crate::web::context::Context;
use crate::web::cookie;
use crate::web::pages::home::Home;
use crate::web::pages::notice::Notice;
use crate::web::reply::{notice, page};

/// `GET /`
pub(super) async fn home(Extension(context): Extension<Context>) -> Response {
    let frame = context.frame();
    let home = Home {
        entity_id: context.env.idp.entity_id.clone(),
        metadata: "/metadata".into(),
        lint: context.env.settings.lint_page.then(|| "/tools/lint".into()),
        register: (context.env.settings.registration.submissions)
            .then(|| "/federation/register".into()),
        people: context.env.settings.demo.then(|| "/demo".into()),
    };
    page(&context, StatusCode::OK, home.render(&frame))
}

/// The choice of a language.
#[derive(Debug, Deserialize)]
pub(super) struct Choice {
    to: String,
    back: String,
}

/// `GET /language?to=…&back=…`: keeps the choice, and goes back to a page of ours.
pub(super) async fn language(
    Extension(context): Extension<Context>,
    Query(choice): Query<Choice>,
) -> Response {
    let Some(language) = Language::parse(&choice.to).filter(|_| is_local(&choice.back)) else {
        return notice(&context, &Notice::NotFound);
    };
    let kept = cookie::write(cookie::LANGUAGE, language.tag(), ONE_YEAR);
    let (Ok(kept), Ok(back)) = (HeaderValue::from_str(&kept), HeaderValue::from_str(&choice.back))
    else {
        return notice(&context, &Notice::NotFound);
    };
    let no_store = HeaderValue::from_static("no-store");
    let headers = [(SET_COOKIE, kept), (LOCATION, back), (CACHE_CONTROL, no_store)];
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// A path on this host, and nothing that a browser could take for another one.
fn is_local(back: &str) -> bool {
    let plain = back.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    plain && back.starts_with('/') && !back.starts_with("//")
}

/// Nothing there.
pub(super) async fn not_found(Extension(context): Extension<Context>) -> Response {
    notice(&context, &Notice::NotFound)
}

const ONE_YEAR: i64 = 365 * 24 * 3600;

#[cfg(test)]
mod tests {
    use super::is_local;

    #[test]
    fn the_way_back_stays_here() {
        assert!(is_local("/login/abc?x=1"));
        for elsewhere in ["//evil.example", "https://evil.example", "/\\evil", "", "/a\r\nb", "/ü"]
        {
            assert!(!is_local(elsewhere), "{elsewhere}");
        }
    }
}
