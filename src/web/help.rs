//! `/help/…`: what a person may ask at each step, whether the answer was useful, and what a browser that is
//! too old is told.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Path, Query, Request};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use crate::store::feedback;
use crate::texts::help::Topic;
use crate::web::context::Context;
use crate::web::form::{self, field};
use crate::web::origin::is_from_us;
use crate::web::pages::help::{From, Help, HelpIndex, OldBrowser};
use crate::web::pages::notice::Notice;
use crate::web::reply::{notice, page};

/// What the error page says of itself when it sends a person to a help page.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    error: Option<u16>,
    code: Option<String>,
}

impl Asked {
    /// Only what we could have written: it is logged, and shown.
    fn from(self) -> From {
        let code = self.code.filter(|code| {
            code.len() <= 24 && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        });
        From { number: self.error.filter(|number| *number < 1000), support_id: code }
    }
}

/// `GET /help`: the topics.
pub(super) async fn index(Extension(context): Extension<Context>) -> Response {
    page(&context, StatusCode::OK, HelpIndex.render(&context.frame()))
}

/// `GET /help/{topic}`: one of them; where an error led to it, the log has both.
pub(super) async fn show(
    Extension(context): Extension<Context>,
    Path(topic): Path<String>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let Some(topic) = Topic::parse(&topic) else { return notice(&context, &Notice::NotFound) };
    let from = asked.map(|Query(asked)| asked).unwrap_or_default().from();
    if from.number.is_some() || from.support_id.is_some() {
        tracing::info!(
            event = "help.shown",
            help = topic.id(),
            number = from.number,
            support_id = from.support_id,
            "a person went from an error to a help page"
        );
    }
    page(&context, StatusCode::OK, Help { topic, from, voted: false }.render(&context.frame()))
}

/// `POST /help/{topic}`: useful or not. Nothing is kept but a number.
pub(super) async fn vote(
    Extension(context): Extension<Context>,
    Path(topic): Path<String>,
    request: Request,
) -> Response {
    let Some(topic) = Topic::parse(&topic) else { return notice(&context, &Notice::NotFound) };
    let context = Context { here: Some(format!("/help/{}", topic.id())), ..context };
    let (parts, body) = request.into_parts();
    if !is_from_us(&parts.headers, &context.env.settings.base_url) {
        return notice(&context, &Notice::OtherBrowser);
    }
    let form = form::read(&parts.headers, body, MAX_FORM).await.unwrap_or_default();
    let useful = match field(&form, "useful").as_deref() {
        Ok("yes") => true,
        Ok("no") => false,
        _ => return notice(&context, &Notice::NotFound),
    };
    let read = |name| field(&form, name).ok().map(std::borrow::Cow::into_owned);
    let error = read("error").and_then(|number| number.parse().ok());
    let from = Asked { error, code: read("code") }.from();
    let (env, now) = (&context.env, context.env.clock.now());
    if let Err(error) = feedback::count(env.records(), topic.id(), useful, now).await {
        tracing::error!(event = "failed", support_id = context.support_id, %error, "a vote was not counted");
    }
    tracing::info!(
        event = "help.voted",
        help = topic.id(),
        useful,
        number = from.number,
        support_id = from.support_id,
        "a help page was voted on"
    );
    page(&context, StatusCode::OK, Help { topic, from, voted: true }.render(&context.frame()))
}

/// What a browser that is too old gets in place of any page.
pub(super) fn old_browser(context: &Context) -> Response {
    tracing::info!(
        event = "browser.old",
        support_id = context.support_id,
        "a browser that is not supported was told so"
    );
    page(context, StatusCode::FORBIDDEN, OldBrowser.render(&context.frame()))
}

const MAX_FORM: usize = 4 * 1024;
