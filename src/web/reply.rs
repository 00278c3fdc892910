//! The one place that turns a [`Reply`] into HTTP.

use axum::http::header::{
    ALLOW, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, LOCATION, REFERRER_POLICY,
    RETRY_AFTER, SET_COOKIE,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use url::Url;

use crate::assurance::factor::Factor;
use crate::flow::adding::Enrolling;
use crate::flow::device::REMEMBERED;
use crate::flow::reply::{Answer, LoginPage, Reply, SessionCookie, Show, Trouble};
use crate::flow::task::CampaignShow;
use crate::flow::upstream::reply::goes_to;
use crate::login::request::LocalName;
use crate::saml::errors::row::Row;
use crate::texts::login::Problem;
use crate::web::app;
use crate::web::card::{card, policy_of, set_back};
use crate::web::context::Context;
use crate::web::cookie;
use crate::web::logout::logout;
use crate::web::pages::access::Access;
use crate::web::pages::app::Phone;
use crate::web::pages::card::Card;
use crate::web::pages::consent::Consent;
use crate::web::pages::enrolment::{Activation, EnrolTotp, Enrolled};
use crate::web::pages::error::Error;
use crate::web::pages::factors::{Passkey, Recovery, Sms, Way, Ways};
use crate::web::pages::frame::Frame;
use crate::web::pages::identity::ChooseIdentity;
use crate::web::pages::login::{Login, Totp};
use crate::web::pages::notice::Notice as NoticePage;
use crate::web::pages::policy::{content_security_policy, policy_for_any};
use crate::web::pages::post::{Message, PostForm};
use crate::web::problem::{first_problem, problem, seconds_to_wait, status_of_problem};
use crate::web::refusal::{Said, level_name, said};
use crate::web::{campaign, own, recover, upstream};

/// Renders `reply`.
pub(super) fn render(context: &Context, reply: Reply) -> Response {
    match reply {
        Reply::Continue { handle, browser } => {
            go_on(context, &format!("/login/{handle}"), &handle, browser.as_deref())
        }
        Reply::Enrolled { handle, browser } => {
            go_on(context, &format!("/login/{handle}/enrolled"), &handle, browser.as_deref())
        }
        Reply::Page(login) => login_page(context, *login),
        Reply::Ask(asked) => upstream::ask(context, *asked),
        Reply::Back { handle } => go_on(context, &format!("/login/{handle}/back"), "", None),
        Reply::Trial(trial) => upstream::trial(context, &trial),
        Reply::Answer(answer) => answered(context, *answer),
        Reply::Account(account) => own::page_of(context, *account),
        Reply::ToAccount(to) => go_on(context, to, "", None),
        Reply::Entered(entered) => {
            let mut response = go_on(context, entered.to, "", None);
            keep(&mut response, entered.device, entered.session);
            response
        }
        Reply::Card(reply) => card(context, reply),
        Reply::Stage(stage) => app::data(&serde_json::json!({ "stage": stage.name() })),
        Reply::Phone(reply) => app::phone(context, reply),
        Reply::Logout(reply) => logout(context, reply),
        Reply::Recover(reply) => recover::reply(context, reply),
        Reply::Trouble(trouble) => troubled(context, *trouble),
    }
}

fn go_on(context: &Context, to: &str, handle: &str, browser: Option<&str>) -> Response {
    let name = cookie::login_name(handle);
    lead_on(context, to, browser.map(|secret| (name.as_str(), secret)))
}

/// On to `to`, with a cookie of something that takes as long as a login.
pub(super) fn lead_on(context: &Context, to: &str, browser: Option<(&str, &str)>) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    set(&mut response, LOCATION, to);
    if let Some((name, secret)) = browser {
        let seconds = context.env.settings.login.timeout.num_seconds() + AFTER_TIMEOUT;
        set(&mut response, SET_COOKIE, &cookie::write(name, secret, seconds));
    }
    response
}

/// Says when it is worth trying again.
pub(super) fn retry_after(response: &mut Response, seconds: u64) {
    set(response, RETRY_AFTER, &seconds.to_string());
}

pub(super) fn local(context: &Context, name: &LocalName) -> String {
    context.local(name).unwrap_or_default().to_owned()
}

fn login_page(context: &Context, login: LoginPage) -> Response {
    let frame = context.frame();
    let base = format!("/login/{}", login.handle);
    let to = |step: &str| format!("{base}/{step}");
    let (csrf, cancel) = (login.csrf, to("cancel"));
    let service = context.local(&login.service).unwrap_or_default().to_owned();
    let (own, level) = (login.own, login.asked.map(level_name));
    let others = (login.ways.len() > 1).then(|| to("ways"));
    let passkey = login.ways.contains(&Factor::Passkey);
    let passkey = passkey.then(|| format!("{base}?by={}", Factor::Passkey.name()));
    let card = login.ways.contains(&Factor::SmartCard);
    let card = card.then(|| format!("{base}?by={}", Factor::SmartCard.name()));
    let qr = login.ways.contains(&Factor::QrPasswordless);
    let qr = qr.then(|| format!("{base}?by={}", Factor::QrPasswordless.name()));
    let otp = context.env.settings.login.single_page;
    let (mut policy, mut status) = (None, StatusCode::OK);
    let (problem, html) = match login.show {
        Show::Password { username, notice } => {
            let problem = notice.map(|notice| first_problem(notice, otp));
            let action = to("password");
            let login = Login {
                action,
                cancel,
                csrf,
                own,
                service,
                level,
                username,
                banner: campaign::banner(context),
                otp,
                passkey,
                card,
                qr,
                problem,
            };
            (problem, login.render(&frame))
        }
        Show::Access(access) => {
            policy = Some(policy_for_any(goes_to(&access.offers)));
            let problem = access.notice.map(|notice| first_problem(notice, otp));
            let page = Access {
                ask: to("upstream"),
                password: to("password"),
                cancel,
                csrf,
                own,
                service,
                level,
                credentials: access.own,
                username: access.username,
                banner: campaign::banner(context),
                otp,
                passkey,
                card,
                qr,
                problem,
                offers: access.offers,
                shown: access.shown,
                used: context.used.clone(),
            };
            (problem, page.render(&frame))
        }
        Show::SetBack(shown) => {
            policy = Some(policy_for_any(goes_to(&shown.offers)));
            status = StatusCode::FORBIDDEN;
            (None, upstream::set_back(context, *shown, &base, csrf, own).render(&frame))
        }
        Show::Totp { period, notice } => {
            let (problem, period) = (notice.map(problem), period.into());
            let totp = Totp {
                action: to("totp"),
                cancel,
                csrf,
                own,
                service,
                level,
                period,
                ways: others,
                problem,
            };
            (problem, totp.render(&frame))
        }
        Show::Passkey { options, notice } => {
            let (problem, action, ways) = (notice.map(problem), to("passkey"), others);
            let passkey =
                Passkey { action, cancel, csrf, own, service, level, options, ways, problem };
            (problem, passkey.render(&frame))
        }
        Show::Sms { number, again: sent_again, notice } => {
            let (problem, action, again) = (notice.map(problem), to("sms"), to("sms-again"));
            let ways = others;
            let sms = Sms {
                action,
                again,
                cancel,
                csrf,
                own,
                service,
                level,
                number,
                sent_again,
                ways,
                problem,
            };
            (problem, sms.render(&frame))
        }
        Show::Recovery { notice } => {
            let (problem, action) = (notice.map(problem), to("recovery-code"));
            let recovery =
                Recovery { action, cancel, csrf, own, service, level, ways: others, problem };
            (problem, recovery.render(&frame))
        }
        Show::Card => {
            policy = policy_of(context);
            let (action, ways) = (to("smart-card"), others);
            (None, Card { action, cancel, csrf, own, service, level, ways }.render(&frame))
        }
        Show::CardSetBack(it) => {
            status = StatusCode::FORBIDDEN;
            (None, set_back(context, *it, &base, csrf, own).render(&frame))
        }
        Show::NewPassword(first) => {
            if first.notice.is_some() {
                status = StatusCode::UNPROCESSABLE_ENTITY;
            }
            let action = to("new-password");
            (None, recover::first_password(action, cancel, csrf, first).render(&frame))
        }
        Show::Campaign(show) => {
            if matches!(show, CampaignShow::Task { wrong: Some(_), .. }) {
                status = StatusCode::UNPROCESSABLE_ENTITY;
            }
            (None, campaign::page(show, to("task"), cancel, csrf, own, &frame))
        }
        Show::Phone(asking) => {
            let problem = asking.notice.map(problem);
            let by = asking.factor.name();
            let phone = Phone {
                action: to(by),
                again: to("push-again"),
                again_at: format!("{base}?by={by}"),
                status: to("waiting"),
                events: to("events"),
                cancel,
                csrf,
                own,
                service,
                level,
                asking: *asking,
                ways: others,
                problem,
            };
            (problem, phone.render(&frame))
        }
        Show::Ways => {
            let way = |factor: Factor| Way { factor, to: format!("{base}?by={}", factor.name()) };
            let ways = login.ways.into_iter().map(way).collect();
            (None, Ways { cancel, csrf, own, service, level, ways }.render(&frame))
        }
        Show::Activation { notice } => {
            let (problem, action) = (notice.map(problem), to("activation"));
            let activation = Activation { action, cancel, csrf, own, service, level, problem };
            (problem, activation.render(&frame))
        }
        Show::EnrolTotp(enrolling) => {
            let Enrolling { username, given_names, family_names, uri, key, period, notice } =
                *enrolling;
            let problem = notice.map(problem);
            let enrol = EnrolTotp {
                action: to("enrol"),
                cancel,
                csrf,
                own,
                beside: false,
                username,
                family_name: family_names.unwrap_or_default(),
                given_name: given_names.unwrap_or_default(),
                uri,
                key,
                period: period.into(),
                problem,
            };
            (problem, enrol.render(&frame))
        }
        Show::Enrolled => (None, Enrolled { action: base.clone(), csrf }.render(&frame)),
        Show::Choose { choices, missing } => {
            let action = to("identity");
            let problem = missing.then_some(Problem::Missing);
            let choose =
                ChooseIdentity { action, cancel, csrf, own, service, level, choices, missing };
            (problem, choose.render(&frame))
        }
        Show::Consent { release, changed } => {
            let action = to("consent");
            (None, Consent { action, csrf, own, service, level, release, changed }.render(&frame))
        }
    };
    let status = problem.map_or(status, status_of_problem);
    let mut response = page(context, status, html);
    if let Some(policy) = policy {
        set(&mut response, CONTENT_SECURITY_POLICY, &policy);
    }
    if let Some(seconds) = problem.and_then(seconds_to_wait) {
        set(&mut response, RETRY_AFTER, &seconds.to_string());
    }
    response
}

fn answered(context: &Context, answer: Answer) -> Response {
    let frame = Frame { here: None, ..context.frame() };
    let target = Url::parse(&answer.form.action).ok();
    let form = PostForm {
        action: answer.form.action,
        message: Message::Response,
        value: answer.form.saml_response,
        relay_state: answer.form.relay_state,
    };
    let mut response = match answer.why.map(|why| said(context, why)) {
        Some(Said { number, fault, level, age }) => {
            let support_id = context.support_id.clone();
            let error =
                Error { number: Some(number), support_id, fault, level, age, back: Some(form) };
            page(context, status_of(number), error.render(&frame))
        }
        None => page(context, StatusCode::OK, form.render(&frame)),
    };
    set(&mut response, CONTENT_SECURITY_POLICY, &content_security_policy(target.as_ref()));
    set(&mut response, REFERRER_POLICY, "no-referrer");
    keep(&mut response, answer.device, answer.session);
    response
}

/// Sets the cookies by which a browser is known later.
fn keep(response: &mut Response, device: Option<String>, session: Option<SessionCookie>) {
    if let Some(device) = device {
        let kept = cookie::write(cookie::DEVICE, &device, REMEMBERED.num_seconds());
        set(response, SET_COOKIE, &kept);
    }
    if let Some(session) = session {
        let kept = cookie::write(cookie::SESSION, &session.value, session.seconds);
        set(response, SET_COOKIE, &kept);
    }
}

/// The HTTP status of the page of `number`.
fn status_of(number: u16) -> StatusCode {
    let status = Row::find(number).map_or(403, |row| row.http);
    StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN)
}

fn troubled(context: &Context, trouble: Trouble) -> Response {
    let wait = |seconds: u32, busy| NoticePage::Wait { retry_after: seconds.into(), busy };
    let support_id = context.support_id.clone();
    match trouble {
        Trouble::Fault { fault, status } => {
            let number = Some(fault.kind.number());
            let error = Error {
                number,
                support_id,
                fault: Some(fault),
                level: None,
                age: None,
                back: None,
            };
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN);
            page(context, status, error.render(&context.frame()))
        }
        Trouble::Unavailable | Trouble::NotAnswering => {
            let number = if matches!(trouble, Trouble::NotAnswering) { 2 } else { 3 };
            let fault = None;
            let error = Error {
                number: Some(number),
                support_id,
                fault,
                level: None,
                age: None,
                back: None,
            };
            page(context, status_of(number), error.render(&context.frame()))
        }
        Trouble::Upstream(unproven) => upstream::unproven(context, *unproven),
        Trouble::Expired => notice(context, &NoticePage::Expired),
        Trouble::OtherBrowser | Trouble::NotOurForm => notice(context, &NoticePage::OtherBrowser),
        Trouble::LeftBehind => notice(context, &NoticePage::LeftBehind),
        Trouble::NoSuchPage => notice(context, &NoticePage::NotFound),
        Trouble::Busy { seconds } => notice(context, &wait(seconds, true)),
        Trouble::TooMany { seconds } => notice(context, &wait(seconds, false)),
    }
}

/// A page that says that something is not so.
pub(super) fn notice(context: &Context, notice: &NoticePage) -> Response {
    let status = StatusCode::from_u16(notice.status()).unwrap_or(StatusCode::NOT_FOUND);
    let mut response = page(context, status, notice.render(&context.frame()));
    match notice {
        NoticePage::Wait { retry_after, .. } => {
            set(&mut response, RETRY_AFTER, &retry_after.to_string());
        }
        NoticePage::MethodNotAllowed { allowed } => set(&mut response, ALLOW, allowed),
        _ => {}
    }
    response
}

/// A page, or what little can be said without one.
pub(super) fn page(
    context: &Context,
    status: StatusCode,
    html: Result<String, askama::Error>,
) -> Response {
    match html {
        Ok(html) => {
            let mut response = (status, html).into_response();
            set(&mut response, CONTENT_TYPE, "text/html; charset=utf-8");
            set(&mut response, CONTENT_SECURITY_POLICY, &content_security_policy(None));
            response
        }
        Err(error) => {
            let support_id = &context.support_id;
            tracing::error!(event = "failed", support_id, %error, "a page cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

pub(super) fn set(response: &mut Response, name: HeaderName, value: &str) {
    match HeaderValue::from_str(value) {
        Ok(value) if name == SET_COOKIE => {
            response.headers_mut().append(name, value);
        }
        Ok(value) => {
            response.headers_mut().insert(name, value);
        }
        Err(_) => tracing::error!(event = "failed", header = %name, "a header cannot be written"),
    }
}

/// The cookie outlives the login, so that the browser can be told that time is up.
const AFTER_TIMEOUT: i64 = 24 * 3600;
