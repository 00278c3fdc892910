//! `/app/…`: the app on phones.

use axum::extract::{Extension, Query, Request};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use crate::flow::phone::answer::{self, Decision, Yes};
use crate::flow::phone::home::{self, Handset};
use crate::flow::phone::pin::{self, Change, Offered, Typed};
use crate::flow::phone::reply::{Done, PhoneReply, Told};
use crate::flow::phone::{enrol, reply};
use crate::flow::pushing;
use crate::flow::reply::{Reply, Trouble};
use crate::texts::language::Language;
use crate::web::account::taken;
use crate::web::assets;
use crate::web::context::Context;
use crate::web::cookie;
use crate::web::form::{BadForm, field, optional};
use crate::web::pages::app::{
    AppEnrol, AppEnrolPin, AppHome, AppOffline, AppPin, AppProve, AppQuestion, AppTold, service,
};
use crate::web::pages::policy::app_policy;
use crate::web::reply::{page, render, set};

/// What has just happened.
#[derive(Debug, Deserialize)]
pub(super) struct Said {
    done: Option<String>,
}

fn handset<'a>(cookie: Option<&'a str>, version: Option<&'a str>) -> Handset<'a> {
    Handset { cookie, version }
}

fn is_there(context: &Context) -> bool {
    home::is_offered(&context.env)
}

fn nothing(context: &Context) -> Response {
    render(context, Reply::Trouble(Box::new(Trouble::NoSuchPage)))
}

/// `GET /app`: the requests that wait.
pub(super) async fn show(
    Extension(context): Extension<Context>,
    Query(said): Query<Said>,
    headers: HeaderMap,
) -> Response {
    if !is_there(&context) {
        return nothing(&context);
    }
    let done = match said.done.as_deref() {
        Some("linked") => Some(Done::Linked),
        Some("approved") => Some(Done::Approved),
        Some("denied") => Some(Done::Denied),
        Some("reported") => Some(Done::Reported),
        Some("pin") => Some(Done::PinChanged),
        _ => None,
    };
    // The message is for once.
    let context = Context { here: Some("/app".to_owned()), ..context };
    let handset = handset(cookie::read(&headers, cookie::PHONE), None);
    render(&context, home::show(&context.env, handset, done, &context.visitor(None)).await)
}

/// `GET /app/waiting`: which requests wait, for the script.
pub(super) async fn waiting(
    Extension(context): Extension<Context>,
    headers: HeaderMap,
) -> Response {
    let handset = handset(cookie::read(&headers, cookie::PHONE), None);
    render(&context, home::codes(&context.env, handset, &context.visitor(None)).await)
}

/// `POST /app/open`: what was scanned, typed or chosen.
pub(super) async fn open(Extension(context): Extension<Context>, request: Request) -> Response {
    act(context, request, async |context, cookie, form| {
        let (code, version) = (field(form, "code")?, optional(form, "version")?);
        let with_pin = optional(form, "by")?.as_deref() == Some("pin");
        let handset = handset(cookie, version.as_deref());
        let visitor = &context.visitor(None);
        Ok(answer::open(&context.env, handset, &code, with_pin, visitor).await)
    })
    .await
}

/// `POST /app/enrol`: the key that the phone made.
pub(super) async fn made(Extension(context): Extension<Context>, request: Request) -> Response {
    act(context, request, async |context, cookie, form| {
        let (code, name) = (field(form, "code")?, field(form, "name")?);
        let (said, version) = (field(form, "answer")?, optional(form, "version")?);
        let handset = handset(cookie, version.as_deref());
        let visitor = &context.visitor(None);
        Ok(enrol::made(&context.env, handset, &code, &name, &said, visitor).await)
    })
    .await
}

/// `POST /app/prove`: the first thing that it signed.
pub(super) async fn proved(Extension(context): Extension<Context>, request: Request) -> Response {
    act(context, request, async |context, cookie, form| {
        let (code, said) = (field(form, "code")?, field(form, "answer")?);
        let version = optional(form, "version")?;
        let handset = handset(cookie, version.as_deref());
        Ok(enrol::proved(&context.env, handset, &code, &said, &context.visitor(None)).await)
    })
    .await
}

/// `POST /app/enrol-pin`: a key that the phone's browser keeps, and a PIN.
pub(super) async fn made_with_pin(
    Extension(context): Extension<Context>,
    request: Request,
) -> Response {
    act(context, request, async |context, cookie, form| {
        let (code, version) = (field(form, "code")?, optional(form, "version")?);
        let (name, key) = (field(form, "name")?, field(form, "key")?);
        let (signature, chosen) = (field(form, "answer")?, field(form, "pin")?);
        let again = field(form, "again")?;
        let handset = handset(cookie, version.as_deref());
        let offered =
            Offered { name: &name, key: &key, signature: &signature, pin: &chosen, again: &again };
        Ok(pin::link(&context.env, handset, &code, offered, &context.visitor(None)).await)
    })
    .await
}

/// `GET /app/pin`: where another PIN is chosen.
pub(super) async fn pin(Extension(context): Extension<Context>, headers: HeaderMap) -> Response {
    if !is_there(&context) {
        return nothing(&context);
    }
    let context = Context { here: Some("/app/pin".to_owned()), ..context };
    let handset = handset(cookie::read(&headers, cookie::PHONE), None);
    render(&context, pin::show(&context.env, handset, &context.visitor(None)).await)
}

/// `POST /app/pin`: another PIN.
pub(super) async fn change_pin(
    Extension(context): Extension<Context>,
    request: Request,
) -> Response {
    act(context, request, async |context, cookie, form| {
        let (csrf, version) = (field(form, "csrf")?, optional(form, "version")?);
        let (present, new, again) =
            (field(form, "present")?, field(form, "pin")?, field(form, "again")?);
        let signature = field(form, "answer")?;
        let handset = handset(cookie, version.as_deref());
        let typed = Typed { pin: &present, signature: &signature };
        let change = Change { typed, new: &new, again: &again };
        Ok(pin::change(&context.env, handset, &csrf, change, &context.visitor(None)).await)
    })
    .await
}

/// `POST /app/answer`: what the phone's person pressed.
pub(super) async fn answered(Extension(context): Extension<Context>, request: Request) -> Response {
    act(context, request, async |context, cookie, form| {
        let (csrf, code) = (field(form, "csrf")?, field(form, "code")?);
        let version = optional(form, "version")?;
        let number = optional(form, "number")?.unwrap_or_default();
        let said = optional(form, "answer")?.unwrap_or_default();
        let typed = optional(form, "pin")?.unwrap_or_default();
        let decision = match &*field(form, "decision")? {
            "approve" => Decision::Approve(Yes { number: &number, answer: &said, pin: &typed }),
            "deny" => Decision::Deny,
            "report" => Decision::Report,
            _ => return Err(BadForm::Field("decision")),
        };
        let handset = handset(cookie, version.as_deref());
        let visitor = &context.visitor(None);
        Ok(answer::answer(&context.env, handset, &csrf, &code, decision, visitor).await)
    })
    .await
}

/// `POST /app/subscription`: where notifications for the phone go.
pub(super) async fn subscribe(
    Extension(context): Extension<Context>,
    request: Request,
) -> Response {
    act(context, request, async |context, cookie, form| {
        let (csrf, said) = (field(form, "csrf")?, field(form, "subscription")?);
        let version = optional(form, "version")?;
        let handset = handset(cookie, version.as_deref());
        let visitor = &context.visitor(None);
        Ok(pushing::subscribe(&context.env, handset, &csrf, &said, visitor).await)
    })
    .await
}

async fn act(
    context: Context,
    request: Request,
    act: impl AsyncFnOnce(&Context, Option<&str>, &str) -> Result<Reply, BadForm>,
) -> Response {
    if !is_there(&context) {
        return nothing(&context);
    }
    let cookie = cookie::read(request.headers(), cookie::PHONE).map(str::to_owned);
    taken(context, request, async |context, form| act(context, cookie.as_deref(), form).await).await
}

/// In which language the app is shown: its worker asks by itself, and the browser's language may be another.
#[derive(Debug, Deserialize)]
pub(super) struct Spoken {
    language: Option<String>,
}

impl Spoken {
    fn or(&self, context: &Context) -> Language {
        self.language.as_deref().and_then(Language::parse).unwrap_or(context.language)
    }
}

/// `GET /app/offline?language=…`: what the app shows where there is no network.
pub(super) async fn offline(
    Extension(context): Extension<Context>,
    Query(spoken): Query<Spoken>,
) -> Response {
    let language = spoken.or(&context);
    let context = Context { here: None, language, ..context };
    let html = AppOffline { retry: "/app" }.render(&context.frame());
    for_app(page(&context, StatusCode::OK, html))
}

/// `GET /app/manifest.webmanifest`
pub(super) async fn manifest(Extension(context): Extension<Context>) -> Response {
    if !is_there(&context) {
        return nothing(&context);
    }
    let name = context.frame().name;
    let icon = |size: u32| {
        let name = format!("app-{size}.png");
        json!({ "src": assets::path(&name), "sizes": format!("{size}x{size}"), "type": "image/png", "purpose": "any maskable" })
    };
    let manifest = json!({
        "id": "/app",
        "name": name,
        "short_name": name,
        "lang": context.language.tag(),
        "start_url": "/app",
        "scope": "/app",
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#0066cc",
        "icons": [icon(192), icon(512)],
    });
    let mut response = manifest.to_string().into_response();
    set(&mut response, CONTENT_TYPE, "application/manifest+json");
    response
}

/// `GET /app/sw.js?language=…`: the service worker, with the addresses of what it keeps.
pub(super) async fn worker(
    Extension(context): Extension<Context>,
    Query(spoken): Query<Spoken>,
) -> Response {
    let script = assets::all().iter().find(|asset| asset.name == "app-sw.js");
    let Some(script) = script.filter(|_| is_there(&context)) else { return nothing(&context) };
    let files: Vec<String> = SHELL.iter().map(|name| assets::path(name)).collect();
    let shell =
        json!({ "name": assets::path("app"), "files": files, "icon": assets::path("app-192.png") });
    let offline = format!("/app/offline?language={}", spoken.or(&context).tag());
    let before = format!("const shell = {shell};\nconst offline = \"{offline}\";\n");
    let mut response = [before.as_bytes(), script.bytes].concat().into_response();
    set(&mut response, CONTENT_TYPE, "text/javascript; charset=utf-8");
    set(&mut response, CACHE_CONTROL, "no-cache");
    set(&mut response, HeaderName::from_static("service-worker-allowed"), "/app");
    set(&mut response, CONTENT_SECURITY_POLICY, "default-src 'none'; connect-src 'self'");
    response
}

/// Renders what the phone gets.
pub(super) fn phone(context: &Context, reply: PhoneReply) -> Response {
    let frame = context.frame();
    let shown = |status, html| for_app(page(context, status, html));
    match reply {
        PhoneReply::Home(home) => shown(StatusCode::OK, AppHome(*home).render(&frame)),
        PhoneReply::Enrol(new) => {
            let status = status_of(new.bad_name);
            shown(status, AppEnrol(*new).render(&frame))
        }
        PhoneReply::Prove(proof) => shown(StatusCode::OK, AppProve(*proof).render(&frame)),
        PhoneReply::EnrolPin(new) => {
            let status = status_of(new.problem.is_some());
            shown(status, AppEnrolPin(*new).render(&frame))
        }
        PhoneReply::ChangePin(change) => {
            let status = status_of(change.problem.is_some());
            shown(status, AppPin(*change).render(&frame))
        }
        PhoneReply::Question(question) => question_page(context, *question),
        PhoneReply::Told(what) => {
            let status = match what {
                Told::NoSuchCode => StatusCode::NOT_FOUND,
                Told::Over => StatusCode::CONFLICT,
                Told::TooMany | Told::Refused => StatusCode::UNPROCESSABLE_ENTITY,
                Told::NotLinked | Told::TooOld | Told::NotOurs | Told::NoPins | Told::NotAlone => {
                    StatusCode::FORBIDDEN
                }
            };
            shown(status, AppTold(what).render(&frame))
        }
        PhoneReply::ToHome { cookie, done } => {
            let mut response = StatusCode::SEE_OTHER.into_response();
            let to = format!("/app?done={done}");
            set(&mut response, axum::http::header::LOCATION, &to);
            if let Some(value) = cookie {
                let kept = cookie::write(cookie::PHONE, &value, LINKED);
                set(&mut response, axum::http::header::SET_COOKIE, &kept);
            }
            response
        }
        PhoneReply::Waiting(codes) => data(&json!({ "waiting": codes })),
        PhoneReply::Kept => StatusCode::NO_CONTENT.into_response(),
        PhoneReply::NotKept => StatusCode::UNPROCESSABLE_ENTITY.into_response(),
    }
}

fn status_of(wrong: bool) -> StatusCode {
    if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
}

fn question_page(context: &Context, question: reply::Question) -> Response {
    let status = status_of(question.wrong.is_some());
    let service = service(context.language, question.service.as_ref());
    for_app(page(context, status, AppQuestion { question, service }.render(&context.frame())))
}

/// An answer for a script.
pub(super) fn data(value: &serde_json::Value) -> Response {
    let mut response = value.to_string().into_response();
    set(&mut response, CONTENT_TYPE, "application/json");
    response
}

/// A page of the app may have a manifest and a worker besides.
fn for_app(mut response: Response) -> Response {
    set(&mut response, CONTENT_SECURITY_POLICY, &app_policy());
    response
}

/// What the app needs to show a page without a network.
const SHELL: [&str; 5] = ["style.css", "ponte.css", "ponte.svg", "app.js", "app-192.png"];
/// How long a browser keeps a cookie at most (RFC 6265bis §5.5), in seconds.
const LINKED: i64 = 400 * 86_400;
