//! `/tools/lint`: the pre-flight on a page. Nothing that is sent is kept, believed or logged.

use axum::extract::{Extension, Request};
use axum::http::StatusCode;
use axum::response::Response;

use crate::saml::lint::inspect::inspect;
use crate::saml::lint::paste::MAX_PASTE;
use crate::saml::lint::profile::LintProfile;
use crate::web::context::Context;
use crate::web::form::BadForm;
use crate::web::multipart;
use crate::web::origin::is_from_us;
use crate::web::pages::lint::{Lint, Refused};
use crate::web::pages::notice::Notice;
use crate::web::reply::{notice, page};

/// `GET /tools/lint`: the form.
pub(super) async fn show(Extension(context): Extension<Context>) -> Response {
    if !context.env.settings.lint_page {
        return notice(&context, &Notice::NotFound);
    }
    page(&context, StatusCode::OK, Lint::default().render(&context.frame()))
}

/// `POST /tools/lint`: what is wrong with the text or the file that was sent.
pub(super) async fn check(Extension(context): Extension<Context>, request: Request) -> Response {
    if !context.env.settings.lint_page {
        return notice(&context, &Notice::NotFound);
    }
    let context = Context { here: Some("/tools/lint".into()), ..context };
    let (parts, body) = request.into_parts();
    if !is_from_us(&parts.headers, &context.env.settings.base_url) {
        return notice(&context, &Notice::OtherBrowser);
    }
    let answer = match multipart::read(&parts.headers, body, MAX_FORM).await {
        Ok(form) => {
            let profile = form.get("profile").and_then(|name| std::str::from_utf8(name).ok());
            let profile = profile.and_then(LintProfile::parse);
            let text = form.get("text").map(<[u8]>::trim_ascii).unwrap_or_default();
            let file = form.get("file").unwrap_or_default();
            let sent = if text.is_empty() { file } else { text }.to_vec();
            if sent.is_empty() {
                (StatusCode::BAD_REQUEST, refused(Refused::Empty, profile))
            } else {
                let now = context.env.clock.now();
                // It is work, and other requests go on meanwhile.
                let report =
                    tokio::task::spawn_blocking(move || inspect(&sent, profile, now)).await;
                (StatusCode::OK, Lint { report: report.ok(), refused: None, profile })
            }
        }
        Err(BadForm::TooLong | BadForm::TooSlow) => {
            (StatusCode::PAYLOAD_TOO_LARGE, refused(Refused::TooLong, None))
        }
        Err(_) => (StatusCode::BAD_REQUEST, refused(Refused::Empty, None)),
    };
    page(&context, answer.0, answer.1.render(&context.frame()))
}

fn refused(why: Refused, profile: Option<LintProfile>) -> Lint {
    Lint { report: None, refused: Some(why), profile }
}

/// A text of the greatest length in either field, and what stands around it.
const MAX_FORM: usize = MAX_PASTE + 16 * 1024;
