//! `/recover/…`: the way back in for whoever lost a factor.

use std::time::Duration;

use axum::extract::{Extension, Path, Query, Request};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;

use crate::assurance::factor::Factor;
use crate::enrolment::recovery::{Lost, Void};
use crate::flow::adding::Enrolling;
use crate::flow::first_password::FirstPassword;
use crate::flow::recover::reply::{RecoverPage, RecoverReply};
use crate::flow::recover::walk::{self, Typed};
use crate::flow::recover::{ask, link};
use crate::flow::reply::{PasswordNotice, Reply, Trouble};
use crate::texts::login::Problem;
use crate::web::account::taken;
use crate::web::context::Context;
use crate::web::cookie;
use crate::web::form::{BadForm, field, optional};
use crate::web::pages::enrolment::EnrolTotp;
use crate::web::pages::recover::{
    Recover, RecoverDesk, RecoverPasskey, RecoverPassword, RecoverShow, RecoverTold,
};
use crate::web::problem::problem;
use crate::web::reply::{lead_on, page, render, retry_after};

/// What the way here says was lost.
#[derive(Debug, Deserialize)]
pub(super) struct Said {
    lost: Option<String>,
}

/// `GET /recover`
pub(super) async fn show(
    Extension(context): Extension<Context>,
    Query(said): Query<Said>,
) -> Response {
    let lost = said.lost.as_deref().and_then(Lost::parse);
    render(&context, ask::show(&context.env, lost))
}

/// `POST /recover`
pub(super) async fn ask(Extension(context): Extension<Context>, request: Request) -> Response {
    let context = Context { here: Some("/recover".to_owned()), ..context };
    taken(context, request, async |context, form| {
        let lost = optional(form, "lost")?.as_deref().and_then(Lost::parse);
        let username = field(form, "username")?;
        // The answer leaves at a time that says nothing of the work: that for people who are known is a little more.
        let at_least = tokio::time::sleep(ASKED);
        let reply = ask::ask(&context.env, lost, &username, &context.visitor(None)).await;
        at_least.await;
        Ok(reply)
    })
    .await
}

/// How long an answer to whoever asks takes, if the work takes less.
const ASKED: Duration = Duration::from_millis(200);

/// `GET /recover/desk`
pub(super) async fn desk(Extension(context): Extension<Context>) -> Response {
    render(&context, link::desk())
}

/// `POST /recover/desk`
pub(super) async fn with_code(
    Extension(context): Extension<Context>,
    request: Request,
) -> Response {
    let context = Context { here: Some("/recover/desk".to_owned()), ..context };
    taken(context, request, async |context, form| {
        let code = field(form, "code")?;
        Ok(link::with_code(&context.env, &code, &context.visitor(None)).await)
    })
    .await
}

/// `GET /recover/link/{token}`: what a link leads to.
pub(super) async fn look(
    Extension(context): Extension<Context>,
    Path(token): Path<String>,
) -> Response {
    let reply = link::look(&context.env, &token, &context.visitor(None)).await;
    render(&context, reply)
}

/// `POST /recover/link`: uses it.
pub(super) async fn with_link(
    Extension(context): Extension<Context>,
    request: Request,
) -> Response {
    let context = Context { here: None, ..context };
    taken(context, request, async |context, form| {
        let token = field(form, "token")?;
        Ok(link::with_link(&context.env, &token, &context.visitor(None)).await)
    })
    .await
}

/// The factor that the person chose.
#[derive(Debug, Deserialize)]
pub(super) struct Chosen {
    by: Option<String>,
}

/// `GET /recover/go/{handle}`: where a recovery stands.
pub(super) async fn stand(
    Extension(context): Extension<Context>,
    Path(handle): Path<String>,
    Query(chosen): Query<Chosen>,
    headers: HeaderMap,
) -> Response {
    let browser = cookie::read(&headers, &cookie::recovery_name(&handle)).map(str::to_owned);
    let by = chosen.by.as_deref().and_then(Factor::parse);
    let visitor = context.visitor(browser.as_deref());
    let reply = walk::show(&context.env, &handle, by, &visitor).await;
    render(&context, reply)
}

/// `POST /recover/go/{handle}/{step}`: what the person typed.
pub(super) async fn step(
    Extension(context): Extension<Context>,
    Path((handle, step)): Path<(String, String)>,
    request: Request,
) -> Response {
    let name = cookie::recovery_name(&handle);
    let browser = cookie::read(request.headers(), &name).map(str::to_owned);
    let by = Factor::parse(&step).map(|factor| format!("?by={}", factor.name()));
    let here = format!("/recover/go/{handle}{}", by.unwrap_or_default());
    let context = Context { here: Some(here), ..context };
    taken(context, request, async |context, form| {
        let (csrf, again);
        let (password, code);
        csrf = field(form, "csrf")?;
        let typed = match step.as_str() {
            "password" => {
                password = field(form, "password")?;
                Typed::Password(&password)
            }
            "app" => {
                code = field(form, "code")?;
                Typed::NewApp(&code)
            }
            "new-password" => {
                (password, again) = (field(form, "new")?, field(form, "again")?);
                Typed::NewPassword(&password, &again)
            }
            "passkey" => {
                code = field(form, "answer")?;
                Typed::Passkey(&code)
            }
            "cancel" => Typed::Cancel,
            other => match Factor::parse(other) {
                Some(factor) => {
                    code = field(form, "code")?;
                    Typed::Code(factor, &code)
                }
                None => return Ok(Reply::Trouble(Box::new(Trouble::NoSuchPage))),
            },
        };
        let visitor = context.visitor(browser.as_deref());
        Ok::<_, BadForm>(walk::go_on(&context.env, &handle, &csrf, typed, &visitor).await)
    })
    .await
}

/// Renders what a recovery shows.
pub(super) fn reply(context: &Context, reply: RecoverReply) -> Response {
    match reply {
        RecoverReply::Continue { handle, browser } => {
            let to = format!("/recover/go/{handle}");
            let name = cookie::recovery_name(&handle);
            lead_on(context, &to, browser.as_deref().map(|secret| (name.as_str(), secret)))
        }
        RecoverReply::Page(shown) => show_page(context, *shown),
    }
}

/// The page on which a person chooses the first password of their own.
pub(super) fn first_password(
    action: String,
    cancel: String,
    csrf: String,
    first: FirstPassword,
) -> RecoverPassword {
    let FirstPassword { username, notice } = first;
    RecoverPassword { action, cancel, csrf, username, single: false, first: true, notice }
}

fn show_page(context: &Context, shown: RecoverPage) -> Response {
    let frame = context.frame();
    let ok = |bad: bool| if bad { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let to = |handle: &str, step: &str| format!("/recover/go/{handle}/{step}");
    match shown {
        RecoverPage::Ask { lost, username, mails, missing } => {
            let html = Recover { lost, username, mails, missing }.render(&frame);
            page(context, ok(missing), html)
        }
        RecoverPage::Sent => page(context, StatusCode::OK, RecoverTold::Sent.render(&frame)),
        RecoverPage::Link { token, lost, address } => {
            let told = RecoverTold::Link { token, lost, address };
            page(context, StatusCode::OK, told.render(&frame))
        }
        RecoverPage::Void { why } => {
            let status = match why {
                Void::Unknown => StatusCode::NOT_FOUND,
                _ => StatusCode::GONE,
            };
            page(context, status, RecoverTold::Void(why).render(&frame))
        }
        RecoverPage::Desk { wrong } => {
            page(context, ok(wrong), RecoverDesk { wrong }.render(&frame))
        }
        RecoverPage::Show { handle, csrf, factor, others, number, notice } => {
            let problem = notice.map(problem);
            let way = |other: Factor| (other, format!("/recover/go/{handle}?by={}", other.name()));
            let shown = RecoverShow {
                action: to(&handle, factor.name()),
                cancel: to(&handle, "cancel"),
                csrf,
                factor,
                others: others.into_iter().map(way).collect(),
                number,
                problem,
            };
            tried(context, problem, shown.render(&frame))
        }
        RecoverPage::Passkey { handle, csrf, options, others, notice } => {
            let way =
                |factor: Factor| (factor, format!("/recover/go/{handle}?by={}", factor.name()));
            let problem = notice.map(problem);
            let shown = RecoverPasskey {
                action: to(&handle, "passkey"),
                cancel: to(&handle, "cancel"),
                csrf,
                options,
                others: others.into_iter().map(way).collect(),
                problem,
            };
            tried(context, problem, shown.render(&frame))
        }
        RecoverPage::NewApp { handle, csrf, enrolling } => {
            let Enrolling { username, given_names, family_names, uri, key, period, notice } =
                *enrolling;
            let problem = notice.map(problem);
            let enrol = EnrolTotp {
                action: to(&handle, "app"),
                cancel: to(&handle, "cancel"),
                csrf,
                own: true,
                beside: false,
                username,
                family_name: family_names.unwrap_or_default(),
                given_name: given_names.unwrap_or_default(),
                uri,
                key,
                period: period.into(),
                problem,
            };
            tried(context, problem, enrol.render(&frame))
        }
        RecoverPage::NewPassword { handle, csrf, username, single, notice } => {
            let (action, cancel) = (to(&handle, "new-password"), to(&handle, "cancel"));
            let bad = !matches!(notice, None | Some(PasswordNotice::Wait { .. }));
            let shown =
                RecoverPassword { action, cancel, csrf, username, single, first: false, notice };
            page(context, ok(bad), shown.render(&frame))
        }
        RecoverPage::ForTheDesk => {
            page(context, StatusCode::FORBIDDEN, RecoverTold::Desk.render(&frame))
        }
        RecoverPage::Ended => {
            page(context, StatusCode::FORBIDDEN, RecoverTold::Ended.render(&frame))
        }
        RecoverPage::Done { lost } => {
            page(context, StatusCode::OK, RecoverTold::Done(lost).render(&frame))
        }
    }
}

/// A page that asks for something, with the status of what went wrong before.
fn tried(
    context: &Context,
    problem: Option<Problem>,
    html: Result<String, askama::Error>,
) -> Response {
    let (status, wait) = match problem {
        None => (StatusCode::OK, None),
        Some(Problem::TooSoon { seconds } | Problem::SmsWait { seconds }) => {
            (StatusCode::TOO_MANY_REQUESTS, Some(seconds))
        }
        Some(Problem::SmsSpent) => (StatusCode::TOO_MANY_REQUESTS, None),
        Some(_) => (StatusCode::UNPROCESSABLE_ENTITY, None),
    };
    let mut response = page(context, status, html);
    if let Some(seconds) = wait {
        retry_after(&mut response, seconds);
    }
    response
}
