//! `/login/…`: the pages of a login.

use axum::extract::{Extension, Path, Query, Request};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use crate::assurance::factor::Factor;
use crate::flow::card::visit as card;
use crate::flow::decide::{Decision, decide};
use crate::flow::reply::{Reply, Trouble};
use crate::flow::upstream::{ask, back};
use crate::flow::{
    advance, approval, choose, code, enrol, first_password, passkey, prove, sms, task, ways,
};
use crate::web::campaign;
use crate::web::context::Context;
use crate::web::cookie;
use crate::web::form::{self, BadForm, field, optional};
use crate::web::origin::is_from_us;
use crate::web::reply::render;

/// `GET /login/{handle}`: where the login stands.
pub(super) async fn show(
    Extension(context): Extension<Context>,
    Path(handle): Path<String>,
    Query(chosen): Query<Chosen>,
    headers: HeaderMap,
) -> Response {
    let browser = browser(&headers, &handle);
    let by = chosen.by.as_deref().and_then(Factor::parse);
    let visitor = context.visitor(browser.as_deref());
    let reply = advance::show(&context.env, &handle, by, &visitor).await;
    render(&context, reply)
}

/// The way that the person chose.
#[derive(Debug, Deserialize)]
pub(super) struct Chosen {
    by: Option<String>,
}

/// `GET /login/{handle}/ways`: the ways in which the person may go on.
pub(super) async fn ways(
    Extension(context): Extension<Context>,
    Path(handle): Path<String>,
    headers: HeaderMap,
) -> Response {
    let browser = browser(&headers, &handle);
    let reply = ways::show(&context.env, &handle, &context.visitor(browser.as_deref())).await;
    render(&context, reply)
}

/// `POST /login/{handle}`: the way on from a page that only tells something.
pub(super) async fn go_on(
    Extension(context): Extension<Context>,
    Path(handle): Path<String>,
) -> Response {
    render(&context, Reply::Continue { handle, browser: None })
}

/// `GET /login/{handle}/enrolled`: the new app is active.
pub(super) async fn enrolled(
    Extension(context): Extension<Context>,
    Path(handle): Path<String>,
    headers: HeaderMap,
) -> Response {
    let browser = browser(&headers, &handle);
    let visitor = context.visitor(browser.as_deref());
    let reply = advance::enrolled(&context.env, &handle, &visitor).await;
    render(&context, reply)
}

/// `POST /login/{handle}/{step}`: what the person typed or pressed.
pub(super) async fn step(
    Extension(context): Extension<Context>,
    Path((handle, step)): Path<(String, String)>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    // What a form of a factor shows again, a GET shows by that factor.
    let factor = step.strip_suffix("-again").unwrap_or(&step);
    let by = Factor::parse(factor).map(|factor| format!("?by={}", factor.name()));
    let here = format!("/login/{handle}{}", by.unwrap_or_default());
    let here = Context { here: Some(here), ..context };
    if !is_from_us(&parts.headers, &here.env.settings.base_url) {
        tracing::warn!(
            event = "form.foreign",
            support_id = here.support_id,
            "a form of another site"
        );
        return render(&here, Reply::Trouble(Box::new(Trouble::NotOurForm)));
    }
    let browser = browser(&parts.headers, &handle);
    let reply = match form::read(&parts.headers, body, MAX_FORM).await {
        Ok(form) => take(&here, &handle, &step, &form, browser.as_deref()).await,
        Err(error) => Err(error),
    };
    let reply = reply.unwrap_or_else(|error| {
        tracing::info!(event = "form.refused", support_id = here.support_id, %error);
        Reply::Trouble(Box::new(Trouble::NotOurForm))
    });
    render(&here, reply)
}

async fn take(
    context: &Context,
    handle: &str,
    step: &str,
    form: &str,
    browser: Option<&str>,
) -> Result<Reply, BadForm> {
    let (env, visitor) = (&*context.env, &context.visitor(browser));
    let csrf = field(form, "csrf")?;
    // Each on the heap: else every request would move the largest of them from hand to hand.
    Ok(match step {
        "password" => {
            let (username, password) = (field(form, "username")?, field(form, "password")?);
            let code = optional(form, "code")?.unwrap_or_default();
            let typed = prove::Password { username: &username, password: &password, code: &code };
            Box::pin(prove::password(env, handle, &csrf, typed, visitor)).await
        }
        "task" => {
            let number = optional(form, "number")?.unwrap_or_default();
            let said = campaign::said(&field(form, "said")?, &number)?;
            Box::pin(task::said(env, handle, &csrf, said, visitor)).await
        }
        "new-password" => {
            let (new, again) = (field(form, "new")?, field(form, "again")?);
            Box::pin(first_password::choose(env, handle, &csrf, &new, &again, visitor)).await
        }
        "upstream" => {
            let upstream = field(form, "upstream")?;
            let provider = optional(form, "provider")?;
            Box::pin(ask::ask(env, handle, &csrf, &upstream, provider.as_deref(), visitor)).await
        }
        "again" => Box::pin(back::again(env, handle, &csrf, visitor)).await,
        "totp" => Box::pin(code::totp(env, handle, &csrf, &field(form, "code")?, visitor)).await,
        "passkey" => {
            Box::pin(passkey::prove(env, handle, &csrf, &field(form, "answer")?, visitor)).await
        }
        "smart-card" => Box::pin(card::go(env, handle, &csrf, visitor)).await,
        "sms" => Box::pin(sms::prove(env, handle, &csrf, &field(form, "code")?, visitor)).await,
        "sms-again" => Box::pin(sms::again(env, handle, &csrf, visitor)).await,
        "push" => Box::pin(approval::prove(env, handle, &csrf, Factor::Push, visitor)).await,
        "push-again" => Box::pin(approval::again(env, handle, &csrf, visitor)).await,
        "qr" => Box::pin(approval::prove(env, handle, &csrf, Factor::Qr, visitor)).await,
        "qr-passwordless" => {
            Box::pin(approval::prove(env, handle, &csrf, Factor::QrPasswordless, visitor)).await
        }
        "recovery-code" => {
            Box::pin(code::recovery(env, handle, &csrf, &field(form, "recovery")?, visitor)).await
        }
        "activation" => {
            Box::pin(enrol::activate(env, handle, &csrf, &field(form, "activation")?, visitor))
                .await
        }
        "enrol" => {
            Box::pin(enrol::confirm(env, handle, &csrf, &field(form, "code")?, visitor)).await
        }
        "identity" => {
            let said = optional(form, "identity")?;
            let number = said.as_deref().and_then(|number| number.parse().ok());
            Box::pin(choose::choose(env, handle, &csrf, number, visitor)).await
        }
        "consent" => {
            let shown = optional(form, "shown")?.unwrap_or_default();
            let decision = match &*field(form, "decision")? {
                "accept" => Decision::Accept { shown: &shown },
                "deny" => Decision::Deny,
                _ => return Err(BadForm::Field("decision")),
            };
            Box::pin(decide(env, handle, &csrf, decision, visitor)).await
        }
        "cancel" => Box::pin(decide(env, handle, &csrf, Decision::Cancel, visitor)).await,
        _ => Reply::Trouble(Box::new(Trouble::NoSuchPage)),
    })
}

/// The secret of the login `handle` in the browser's cookie.
pub(super) fn browser(headers: &HeaderMap, handle: &str) -> Option<String> {
    cookie::read(headers, &cookie::login_name(handle)).map(str::to_owned)
}

const MAX_FORM: usize = 16 * 1024;
