//! `/saml/slo`, `/sp/{entity}/slo` and `/logout`: logouts at the door.

use axum::extract::{Extension, Path, Request};
use axum::http::header::{CONTENT_SECURITY_POLICY, LOCATION, REFERRER_POLICY, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use url::Url;

use crate::flow::logout::go::{self, Decision};
use crate::flow::logout::reply::{LogoutPage, LogoutReply, Show as Shown};
use crate::flow::logout::{person, receive, upstream};
use crate::flow::reply::{Reply, Trouble};
use crate::login::logout::KEPT;
use crate::login::request::LocalName;
use crate::saml::binding::{Inbound, Parameter};
use crate::saml::logout::write::Dispatch;
use crate::web::context::Context;
use crate::web::cookie;
use crate::web::form::{self, BadForm, field};
use crate::web::origin::is_from_us;
use crate::web::pages::logout::{Logout, Outgoing, Show};
use crate::web::pages::policy::logout_policy;
use crate::web::pages::post::{Message, PostForm};
use crate::web::reply::{page, render, set};
use crate::web::saml::{MAX_MESSAGE, unread, wrong_method};

/// `GET /saml/slo`: HTTP-Redirect.
pub(super) async fn redirect(Extension(context): Extension<Context>, request: Request) -> Response {
    by_redirect(context, Door::Front, request).await
}

/// `POST /saml/slo`: HTTP-POST.
pub(super) async fn post(Extension(context): Extension<Context>, request: Request) -> Response {
    by_post(context, Door::Front, request).await
}

/// `GET /sp/{entity}/slo`: HTTP-Redirect, of an identity provider.
pub(super) async fn behind_redirect(
    Extension(context): Extension<Context>,
    Path(entity): Path<String>,
    request: Request,
) -> Response {
    by_redirect(context, Door::Behind(entity), request).await
}

/// `POST /sp/{entity}/slo`: HTTP-POST, of an identity provider.
pub(super) async fn behind_post(
    Extension(context): Extension<Context>,
    Path(entity): Path<String>,
    request: Request,
) -> Response {
    by_post(context, Door::Behind(entity), request).await
}

/// Where a logout message comes in.
enum Door {
    /// As the identity provider that we are.
    Front,
    /// As this entity of ours, from an identity provider behind us.
    Behind(String),
}

impl Door {
    async fn take(&self, context: &Context, inbound: Inbound<'_>) -> Reply {
        let (env, visitor) = (&context.env, context.visitor(None));
        match self {
            Self::Front => receive::message(env, inbound, &visitor).await,
            Self::Behind(entity) => upstream::message(env, entity, inbound, &visitor).await,
        }
    }
}

async fn by_redirect(context: Context, door: Door, request: Request) -> Response {
    let context = Context { here: None, ..context };
    let query = request.uri().query().unwrap_or_default();
    let reply = door.take(&context, Inbound::Redirect { query }).await;
    render(&context, reply)
}

async fn by_post(context: Context, door: Door, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let query = parts.uri.query().unwrap_or_default();
    if query.contains("SAMLRequest=") || query.contains("SAMLResponse=") {
        return render(&context, wrong_method(&context));
    }
    let reply = match form::read(&parts.headers, body, MAX_MESSAGE).await {
        Ok(form) => door.take(&context, Inbound::Post { form: &form }).await,
        Err(BadForm::TooSlow) => {
            unread(&context, "a form that came too slowly", StatusCode::REQUEST_TIMEOUT)
        }
        Err(BadForm::TooLong) => unread(&context, "a longer form", StatusCode::PAYLOAD_TOO_LARGE),
        Err(BadForm::Kind | BadForm::Field(_)) => {
            door.take(&context, Inbound::Post { form: "" }).await
        }
    };
    render(&context, reply)
}

/// `GET /logout`: does the person want to leave?
pub(super) async fn ask(Extension(context): Extension<Context>) -> Response {
    let reply = person::ask(&context.env, &context.visitor(None)).await;
    render(&context, reply)
}

/// `POST /logout`: the person does.
pub(super) async fn leave(Extension(context): Extension<Context>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let here = Context { here: Some("/logout".into()), ..context };
    let reply = match ours(&here, &parts.headers, body).await {
        Ok(csrf) => person::leave(&here.env, &csrf, &here.visitor(None)).await,
        Err(trouble) => Reply::Trouble(Box::new(trouble)),
    };
    render(&here, reply)
}

/// `GET /logout/{handle}`: where the logout stands.
pub(super) async fn show(
    Extension(context): Extension<Context>,
    Path(handle): Path<String>,
    headers: HeaderMap,
) -> Response {
    let browser = browser(&headers, &handle);
    let reply = go::show(&context.env, &handle, &context.visitor(browser.as_deref())).await;
    render(&context, reply)
}

/// `POST /logout/{handle}/{step}`: what the person decides about a service that did not answer.
pub(super) async fn step(
    Extension(context): Extension<Context>,
    Path((handle, step)): Path<(String, String)>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let here = Context { here: Some(format!("/logout/{handle}")), ..context };
    let decision = match step.as_str() {
        GO_ON => Decision::GoOn,
        AGAIN => Decision::AskAgain,
        _ => return render(&here, Reply::Trouble(Box::new(Trouble::NoSuchPage))),
    };
    let browser = browser(&parts.headers, &handle);
    let reply = match ours(&here, &parts.headers, body).await {
        Ok(csrf) => {
            let visitor = here.visitor(browser.as_deref());
            go::decide(&here.env, &handle, &csrf, decision, &visitor).await
        }
        Err(trouble) => Reply::Trouble(Box::new(trouble)),
    };
    render(&here, reply)
}

/// The token of a form that a page of ours sent.
async fn ours(
    context: &Context,
    headers: &HeaderMap,
    body: axum::body::Body,
) -> Result<String, Trouble> {
    if !is_from_us(headers, &context.env.settings.base_url) {
        let support_id = &context.support_id;
        tracing::warn!(event = "form.foreign", support_id, "a form of another site");
        return Err(Trouble::NotOurForm);
    }
    let csrf = match form::read(headers, body, MAX_FORM).await {
        Ok(form) => field(&form, "csrf").map(std::borrow::Cow::into_owned),
        Err(error) => Err(error),
    };
    csrf.map_err(|error| {
        tracing::info!(event = "form.refused", support_id = context.support_id, %error);
        Trouble::NotOurForm
    })
}

/// Renders what a logout gives the browser.
pub(super) fn logout(context: &Context, reply: LogoutReply) -> Response {
    match reply {
        LogoutReply::Continue { handle, browser } => {
            let mut response = see_other(&format!("/logout/{handle}"));
            if let Some(secret) = browser {
                let name = cookie::logout_name(&handle);
                let kept = cookie::write(&name, &secret, KEPT.num_seconds());
                set(&mut response, SET_COOKIE, &kept);
            }
            response
        }
        LogoutReply::Send { message, forget } => forgetting(send(context, message), forget),
        LogoutReply::Page(shown) => {
            let forget = shown.forget;
            forgetting(logout_page(context, *shown), forget)
        }
    }
}

/// With the cookie of a session that is over taken back.
fn forgetting(mut response: Response, forget: bool) -> Response {
    if forget {
        set(&mut response, SET_COOKIE, &cookie::remove(cookie::SESSION));
    }
    response
}

/// A message on its way, with nothing to be read before.
fn send(context: &Context, message: Dispatch) -> Response {
    match message {
        Dispatch::Redirect { url } => {
            let mut response = see_other(&url);
            set(&mut response, REFERRER_POLICY, "no-referrer");
            response
        }
        Dispatch::Post { action, parameter, message, relay_state } => {
            let frame = Context { here: None, ..context.clone() }.frame();
            let target = Url::parse(&action).ok();
            let form = PostForm { action, message: kind(parameter), value: message, relay_state };
            let mut response = page(context, StatusCode::OK, form.render(&frame));
            set(&mut response, CONTENT_SECURITY_POLICY, &logout_policy(target.as_ref()));
            set(&mut response, REFERRER_POLICY, "no-referrer");
            response
        }
    }
}

fn logout_page(context: &Context, shown: LogoutPage) -> Response {
    let to = |step: &str| match &shown.handle {
        Some(handle) => format!("/logout/{handle}/{step}"),
        None => "/logout".to_owned(),
    };
    let local = |name: &LocalName| context.local(name).unwrap_or_default().to_owned();
    let services = shown.services.iter().map(|told| (local(&told.service), told.progress.clone()));
    let services = services.collect();
    let mut target = None;
    let mut outgoing = |message: Dispatch| {
        target = Url::parse(message.target()).ok();
        match message {
            Dispatch::Redirect { url } => Outgoing::Link(url),
            Dispatch::Post { action, parameter, message, relay_state } => {
                Outgoing::Form { action, message: kind(parameter), value: message, relay_state }
            }
        }
    };
    let show = match shown.show {
        Shown::Nothing => Show::Nothing,
        Shown::Confirm => Show::Confirm { action: to("") },
        Shown::Ask { service, message } => {
            Show::Ask { service: local(&service), message: outgoing(message), go_on: to(GO_ON) }
        }
        Shown::Await { .. } => Show::Await { go_on: to(GO_ON), again: to(AGAIN) },
        Shown::Over { complete, back } => {
            let back = back.map(|(service, message)| (local(&service), outgoing(message)));
            Show::Over { complete, back }
        }
    };
    // The page of a message must not be shown again by a link to it.
    let here = shown.handle.as_ref().map(|handle| format!("/logout/{handle}"));
    let frame = Context { here: here.or_else(|| context.here.clone()), ..context.clone() }.frame();
    let html = Logout { csrf: shown.csrf, services, show }.render(&frame);
    let mut response = page(context, StatusCode::OK, html);
    set(&mut response, CONTENT_SECURITY_POLICY, &logout_policy(target.as_ref()));
    set(&mut response, REFERRER_POLICY, "no-referrer");
    response
}

fn kind(parameter: Parameter) -> Message {
    match parameter {
        Parameter::SamlRequest => Message::Request,
        Parameter::SamlResponse => Message::Response,
    }
}

fn see_other(to: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    set(&mut response, LOCATION, to);
    response
}

fn browser(headers: &HeaderMap, handle: &str) -> Option<String> {
    cookie::read(headers, &cookie::logout_name(handle)).map(str::to_owned)
}

const GO_ON: &str = "go-on";
const AGAIN: &str = "again";
const MAX_FORM: usize = 16 * 1024;
