//! `/sp/{entity}/…`: what other identity providers see of us, and the browser's way to them and back.

use std::collections::HashMap;

use axum::extract::{Extension, Path, Request};
use axum::http::header::{CONTENT_SECURITY_POLICY, LOCATION, REFERRER_POLICY, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use crate::assurance::level::Level;
use crate::flow::reply::{Reply, Trouble};
use crate::flow::upstream::reply::{Asked, SetBack, Trial, Unproven};
use crate::flow::upstream::{back as returning, saml, trial as trying};
use crate::login::delegation::No;
use crate::saml::logout::write::Dispatch;
use crate::texts::upstream::Case;
use crate::web::context::Context;
use crate::web::cookie;
use crate::web::form;
use crate::web::pages::access::local;
use crate::web::pages::policy::content_security_policy;
use crate::web::pages::post::{Message, PostForm};
use crate::web::pages::upstream::{UpstreamSetBack, UpstreamTrial, UpstreamUnproven};
use crate::web::reply::{page, render, set};
use crate::web::saml::{MAX_MESSAGE, published};

/// `GET /sp/{entity}/metadata`: who we are there, signed.
pub(super) async fn metadata(
    Extension(context): Extension<Context>,
    Path(entity): Path<String>,
    headers: HeaderMap,
) -> Response {
    let keys = context.env.keys.snapshot();
    match keys.entities.get(&entity) {
        Some(document) => published(document, &headers),
        None => render(&context, Reply::Trouble(Box::new(Trouble::NoSuchPage))),
    }
}

/// `GET /sp/{entity}/login?idp=…&level=…`: begins a login to our own pages, or a trial, at that identity provider at once.
pub(super) async fn login(
    Extension(context): Extension<Context>,
    Path(entity): Path<String>,
    request: Request,
) -> Response {
    let context = Context { here: None, ..context };
    let query = request.uri().query().unwrap_or_default();
    let mut fields = HashMap::new();
    let is_sound = url::form_urlencoded::parse(query.as_bytes())
        .all(|(name, value)| fields.insert(name.into_owned(), value.into_owned()).is_none());
    let said = |name: &str| fields.get(name).map(String::as_str);
    let reply = if is_sound {
        let visitor = context.visitor(None);
        trying::begin(&context.env, &entity, said("idp"), said("level"), &visitor).await
    } else {
        Reply::Trouble(Box::new(Trouble::NoSuchPage))
    };
    render(&context, reply)
}

/// `POST /sp/{entity}/acs`: an answer.
pub(super) async fn consume(
    Extension(context): Extension<Context>,
    Path(entity): Path<String>,
    request: Request,
) -> Response {
    let context = Context { here: None, ..context };
    let (parts, body) = request.into_parts();
    let form = form::read(&parts.headers, body, MAX_MESSAGE).await.unwrap_or_default();
    let visitor = context.visitor(None);
    let reply = saml::consume(&context.env, &entity, &form, &visitor).await;
    render(&context, reply)
}

/// `GET /login/{handle}/back`: the browser is back, with its cookie.
pub(super) async fn back(
    Extension(context): Extension<Context>,
    Path(handle): Path<String>,
    headers: HeaderMap,
) -> Response {
    let context = Context { here: Some(format!("/login/{handle}")), ..context };
    let browser = cookie::read(&headers, &cookie::login_name(&handle)).map(str::to_owned);
    let reply = returning::back(&context.env, &handle, &context.visitor(browser.as_deref())).await;
    render(&context, reply)
}

/// The way to an identity provider: a redirect, or a form.
pub(super) fn ask(context: &Context, asked: Asked) -> Response {
    let mut response = match asked.message {
        Dispatch::Redirect { url } => {
            // 302: the public validator takes no other (spid-saml §1.4).
            let mut response = StatusCode::FOUND.into_response();
            set(&mut response, LOCATION, &url);
            response
        }
        Dispatch::Post { action, message, relay_state, .. } => {
            let target = Url::parse(&action).ok();
            let form = PostForm { action, message: Message::Request, value: message, relay_state };
            let frame = Context { here: None, ..context.clone() }.frame();
            let mut response = page(context, StatusCode::OK, form.render(&frame));
            let policy = content_security_policy(target.as_ref());
            set(&mut response, CONTENT_SECURITY_POLICY, &policy);
            response
        }
    };
    set(&mut response, REFERRER_POLICY, "no-referrer");
    if let Some(secret) = asked.browser {
        let seconds = context.env.settings.login.timeout.num_seconds() + 24 * 3600;
        let kept = cookie::write(&cookie::login_name(&asked.handle), &secret, seconds);
        set(&mut response, SET_COOKIE, &kept);
    }
    let provider = utf8_percent_encode(&asked.provider, NON_ALPHANUMERIC);
    let used = cookie::write(cookie::WAY, &format!("{}|{provider}", asked.upstream), ONE_YEAR);
    set(&mut response, SET_COOKIE, &used);
    response
}

/// What a page says of an answer that does not let the login at `base` go on.
pub(super) fn set_back(
    context: &Context,
    shown: SetBack,
    base: &str,
    csrf: String,
    own: bool,
) -> UpstreamSetBack {
    let (upstream, provider) = (shown.setback.upstream, shown.setback.provider);
    let is_it = |id: &str| id == provider;
    let offered = shown.offers.iter().find(|offer| offer.upstream == upstream);
    let offered = offered.is_some_and(|offer| offer.providers.iter().any(|one| is_it(&one.id)));
    // Trying again does not give anybody an account.
    let helps = offered && !matches!(shown.setback.why, No::Unknown | No::NoFiscalCode);
    let others: usize = shown.offers.iter().map(|offer| offer.providers.len()).sum();
    let another = shown.own || others > usize::from(offered);
    UpstreamSetBack {
        no: case(shown.setback.why),
        provider: local(context.language, &shown.provider).to_owned(),
        least: shown.least,
        again: helps.then(|| (format!("{base}/upstream"), upstream, provider)),
        other: another.then(|| format!("{base}/again")),
        cancel: format!("{base}/cancel"),
        csrf,
        own,
        support_id: context.support_id.clone(),
    }
}

/// An answer that is not believed.
pub(super) fn unproven(context: &Context, unproven: Unproven) -> Response {
    let provider = unproven.provider.as_ref();
    let shown = UpstreamUnproven {
        no: unproven.no.map(case),
        provider: provider.map(|name| local(context.language, name)).unwrap_or_default().to_owned(),
        login: unproven.login.map(|handle| format!("/login/{handle}")),
        fault: unproven.fault,
        support_id: context.support_id.clone(),
    };
    page(context, StatusCode::FORBIDDEN, shown.render(&context.frame()))
}

/// A no, for the words of pages.
fn case(no: No) -> Case {
    match no {
        No::TooManyAttempts => Case::TooManyAttempts,
        No::Level { reached } => Case::Level { reached: reached.map(Level::name) },
        No::TimedOut => Case::TimedOut,
        No::ConsentDenied => Case::ConsentDenied,
        No::Suspended => Case::Suspended,
        No::Cancelled => Case::Cancelled,
        No::IdentityType => Case::IdentityType,
        No::Request => Case::Request,
        No::Failed => Case::Failed,
        No::NotAfresh => Case::NotAfresh,
        No::Unknown => Case::Unknown,
        No::NoFiscalCode => Case::NoFiscalCode,
    }
}

/// The end of a trial.
pub(super) fn trial(context: &Context, trial: &Trial) -> Response {
    let shown = UpstreamTrial {
        issuer: trial.issuer.clone(),
        entity: trial.entity.clone(),
        level: trial.person.class.uri().to_owned(),
        attributes: trial.person.attributes.clone(),
    };
    page(context, StatusCode::OK, shown.render(&context.frame()))
}

const ONE_YEAR: i64 = 365 * 24 * 3600;
