//! `/account/…`: the person's own pages.

use axum::extract::{Extension, Query, Request};
use axum::response::Response;
use serde::Deserialize;

use crate::flow::account::{self, Done, Ending};
use crate::flow::activity;
use crate::flow::factors;
use crate::flow::new_app;
use crate::flow::new_password::{self, Change};
use crate::flow::passkey;
use crate::flow::phone::enrol;
use crate::flow::reply::{Reply, Trouble};
use crate::flow::sms_number;
use crate::web::context::Context;
use crate::web::form::{self, BadForm, field, optional};
use crate::web::origin::is_from_us;
use crate::web::reply::render;

/// `GET /account`: the sessions, or the way in.
pub(super) async fn home(Extension(context): Extension<Context>) -> Response {
    let reply = account::show(&context.env, None, &context.visitor(None)).await;
    render(&context, reply)
}

/// What has just happened.
#[derive(Debug, Deserialize)]
pub(super) struct Said {
    done: Option<String>,
}

/// `GET /account/sessions`
pub(super) async fn sessions(
    Extension(context): Extension<Context>,
    Query(said): Query<Said>,
) -> Response {
    let done = match said.done.as_deref() {
        Some("one") => Some(Done::One),
        Some("others") => Some(Done::Others),
        Some("password") => Some(Done::Password),
        _ => None,
    };
    // The message is for once: the language switch leads to the page without it.
    let context = Context { here: Some("/account/sessions".to_owned()), ..context };
    let reply = account::show(&context.env, done, &context.visitor(None)).await;
    render(&context, reply)
}

/// `POST /account/enter`: begins the login.
pub(super) async fn enter(Extension(context): Extension<Context>, request: Request) -> Response {
    taken(context, request, async |context, _| {
        Ok(account::begin(&context.env, &context.visitor(None)).await)
    })
    .await
}

/// `POST /account/sessions/end`: one session.
pub(super) async fn end_one(Extension(context): Extension<Context>, request: Request) -> Response {
    taken(context, request, async |context, form| {
        let (csrf, id) = (field(form, "csrf")?, field(form, "session")?);
        Ok(account::end(&context.env, Ending::One(&id), &csrf, &context.visitor(None)).await)
    })
    .await
}

/// `POST /account/sessions/end-others`: all but this one.
pub(super) async fn end_others(
    Extension(context): Extension<Context>,
    request: Request,
) -> Response {
    taken(context, request, async |context, form| {
        let csrf = field(form, "csrf")?;
        Ok(account::end(&context.env, Ending::Others, &csrf, &context.visitor(None)).await)
    })
    .await
}

/// `POST /account/sign-out`: this one.
pub(super) async fn sign_out(Extension(context): Extension<Context>, request: Request) -> Response {
    taken(context, request, async |context, form| {
        let csrf = field(form, "csrf")?;
        Ok(account::end(&context.env, Ending::This, &csrf, &context.visitor(None)).await)
    })
    .await
}

/// `GET /account/password`
pub(super) async fn password(Extension(context): Extension<Context>) -> Response {
    let reply = new_password::show(&context.env, &context.visitor(None)).await;
    render(&context, reply)
}

/// `POST /account/password`
pub(super) async fn change_password(
    Extension(context): Extension<Context>,
    request: Request,
) -> Response {
    let context = Context { here: Some("/account/password".to_owned()), ..context };
    taken(context, request, async |context, form| {
        let csrf = field(form, "csrf")?;
        let (present, new) = (field(form, "present")?, field(form, "new")?);
        let again = field(form, "again")?;
        let change = Change { present: &present, new: &new, again: &again };
        Ok(new_password::change(&context.env, &csrf, change, &context.visitor(None)).await)
    })
    .await
}

/// `GET /account/factors`
pub(super) async fn factors(
    Extension(context): Extension<Context>,
    Query(said): Query<Said>,
) -> Response {
    let done = match said.done.as_deref() {
        Some("app") => Some(factors::Done::AddedApp),
        Some("number") => Some(factors::Done::AddedNumber),
        Some("added") => Some(factors::Done::Added),
        Some("removed") => Some(factors::Done::Removed),
        Some("locked") => Some(factors::Done::Locked),
        Some("gone") => Some(factors::Done::Gone),
        _ => None,
    };
    let context = Context { here: Some("/account/factors".to_owned()), ..context };
    let reply = factors::show(&context.env, done, &context.visitor(None)).await;
    render(&context, reply)
}

/// `POST /account/factors/unlock`: begins the login that lets the person change them.
pub(super) async fn unlock(Extension(context): Extension<Context>, request: Request) -> Response {
    taken(context, request, async |context, form| {
        let csrf = field(form, "csrf")?;
        Ok(factors::unlock(&context.env, &csrf, &context.visitor(None)).await)
    })
    .await
}

/// `GET /account/activity`: the last logins and notices.
pub(super) async fn activity(Extension(context): Extension<Context>) -> Response {
    let reply = activity::show(&context.env, &context.visitor(None)).await;
    render(&context, reply)
}

/// `POST /account/factors/activate`: begins the login that activates one-time codes.
pub(super) async fn activate(Extension(context): Extension<Context>, request: Request) -> Response {
    taken(context, request, async |context, form| {
        let csrf = field(form, "csrf")?;
        Ok(factors::activate(&context.env, &csrf, &context.visitor(None)).await)
    })
    .await
}

/// `GET /account/factors/totp`: begins to add an authenticator app.
pub(super) async fn new_app(Extension(context): Extension<Context>) -> Response {
    let reply = new_app::begin(&context.env, &context.visitor(None)).await;
    render(&context, reply)
}

/// `POST /account/factors/totp`: its first code.
pub(super) async fn add_app(Extension(context): Extension<Context>, request: Request) -> Response {
    let context = Context { here: Some("/account/factors/totp".to_owned()), ..context };
    taken(context, request, async |context, form| {
        let (csrf, code) = (field(form, "csrf")?, field(form, "code")?);
        Ok(new_app::confirm(&context.env, &csrf, &code, &context.visitor(None)).await)
    })
    .await
}

/// `POST /account/factors/remove`: asks, and with `sure` does.
pub(super) async fn remove(Extension(context): Extension<Context>, request: Request) -> Response {
    let context = Context { here: Some("/account/factors".to_owned()), ..context };
    taken(context, request, async |context, form| {
        let (csrf, id) = (field(form, "csrf")?, field(form, "factor")?);
        let sure = optional(form, "sure")?.is_some();
        Ok(factors::remove(&context.env, &csrf, &id, sure, &context.visitor(None)).await)
    })
    .await
}

/// `POST /account/factors/codes`: new recovery codes.
pub(super) async fn codes(Extension(context): Extension<Context>, request: Request) -> Response {
    taken(context, request, async |context, form| {
        let csrf = field(form, "csrf")?;
        Ok(factors::make_codes(&context.env, &csrf, &context.visitor(None)).await)
    })
    .await
}

/// `GET /account/factors/passkey`: begins to enrol one.
pub(super) async fn passkey(Extension(context): Extension<Context>) -> Response {
    let reply = passkey::begin(&context.env, &context.visitor(None)).await;
    render(&context, reply)
}

/// `POST /account/factors/passkey`: the new one.
pub(super) async fn add_passkey(
    Extension(context): Extension<Context>,
    request: Request,
) -> Response {
    let context = Context { here: Some("/account/factors/passkey".to_owned()), ..context };
    taken(context, request, async |context, form| {
        let (csrf, name) = (field(form, "csrf")?, field(form, "name")?);
        let answer = field(form, "answer")?;
        Ok(passkey::enrol(&context.env, &csrf, &name, &answer, &context.visitor(None)).await)
    })
    .await
}

/// `GET /account/factors/app`: begins to link a phone.
pub(super) async fn invite(Extension(context): Extension<Context>) -> Response {
    let reply = enrol::invite(&context.env, &context.visitor(None)).await;
    render(&context, reply)
}

/// `GET /account/factors/sms`: asks for a number.
pub(super) async fn number(Extension(context): Extension<Context>) -> Response {
    let reply = sms_number::begin(&context.env, &context.visitor(None)).await;
    render(&context, reply)
}

/// `POST /account/factors/sms`: sends a code there.
pub(super) async fn send_code(
    Extension(context): Extension<Context>,
    request: Request,
) -> Response {
    let context = Context { here: Some("/account/factors/sms".to_owned()), ..context };
    taken(context, request, async |context, form| {
        let (csrf, number) = (field(form, "csrf")?, field(form, "number")?);
        Ok(sms_number::send(&context.env, &csrf, &number, &context.visitor(None)).await)
    })
    .await
}

/// `POST /account/factors/sms/confirm`: the code that was sent.
pub(super) async fn confirm_number(
    Extension(context): Extension<Context>,
    request: Request,
) -> Response {
    let context = Context { here: Some("/account/factors/sms".to_owned()), ..context };
    taken(context, request, async |context, form| {
        let (csrf, code) = (field(form, "csrf")?, field(form, "code")?);
        Ok(sms_number::confirm(&context.env, &csrf, &code, &context.visitor(None)).await)
    })
    .await
}

/// Reads a form of a page of ours and lets `act` act on it.
pub(super) async fn taken(
    context: Context,
    request: Request,
    act: impl AsyncFnOnce(&Context, &str) -> Result<Reply, BadForm>,
) -> Response {
    let (parts, body) = request.into_parts();
    let not_ours = || Reply::Trouble(Box::new(Trouble::NotOurForm));
    if !is_from_us(&parts.headers, &context.env.settings.base_url) {
        let support_id = &context.support_id;
        tracing::warn!(event = "form.foreign", support_id, "a form of another site");
        return render(&context, not_ours());
    }
    let reply = match form::read(&parts.headers, body, MAX_FORM).await {
        Ok(form) => act(&context, &form).await,
        Err(error) => Err(error),
    };
    let reply = reply.unwrap_or_else(|error| {
        tracing::info!(event = "form.refused", support_id = context.support_id, %error);
        not_ours()
    });
    render(&context, reply)
}

const MAX_FORM: usize = 16 * 1024;
