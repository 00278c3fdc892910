//! Which path goes where, and what holds for all of them.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, MatchedPath, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tracing::Instrument;

use crate::flow::env::Env;
use crate::flow::limits::prefix;
use crate::telemetry::{metrics, traces};
use crate::web::browser::{is_page, is_too_old};
use crate::web::context::Context;
use crate::web::finish::Finish;
use crate::web::headers::harden;
use crate::web::origin::is_our_host;
use crate::web::pages::notice::Notice;
use crate::web::reply::notice;
use crate::web::{
    account, app, assets, card, help, home, lint, login, logout, mdq, monitoring, oidc, profile,
    recover, registration, registration_api, saml, upstream, waiting,
};
use crate::world::stopwatch::Stopwatch;

/// Everything that we answer.
pub fn router(env: Arc<Env>) -> Router {
    guarded(routes(), env)
}

/// The same with `more` routes, under the same guard.
pub fn router_with(env: Arc<Env>, more: Router) -> Router {
    guarded(routes().merge(more), env)
}

fn routes() -> Router {
    Router::new()
        .route("/", get(home::home))
        .route("/language", get(home::language))
        .route("/help", get(help::index))
        .route("/help/{topic}", get(help::show).post(help::vote))
        .route("/metadata", get(saml::metadata))
        .route("/mdq/entities", get(mdq::all))
        .route("/mdq/entities/{id}", get(mdq::one))
        .route("/tools/lint", get(lint::show).post(lint::check))
        .route("/federation/register", get(registration::show).post(registration::take))
        .route("/federation/register/{secret}", get(registration::follow))
        .route("/federation/register/{secret}/{step}", post(registration::step))
        .route("/federation/status/{secret}", get(registration::status))
        .route("/api/federation/registrations", post(registration_api::make))
        .route("/api/federation/registration", get(registration_api::show))
        .route("/api/federation/registration/proof", post(registration_api::offer))
        .route("/api/federation/registration/withdraw", post(registration_api::leave))
        .route("/saml/start", get(saml::start))
        .route("/saml/sso", get(saml::redirect).post(saml::post))
        .route("/saml/slo", get(logout::redirect).post(logout::post))
        .route("/saml/slo/response", get(logout::redirect).post(logout::post))
        .route("/logout", get(logout::ask).post(logout::leave))
        .route("/logout/{handle}", get(logout::show))
        .route("/logout/{handle}/{step}", post(logout::step))
        .route("/login/{handle}", get(login::show).post(login::go_on))
        .route("/login/{handle}/enrolled", get(login::enrolled))
        .route("/login/{handle}/ways", get(login::ways))
        .route("/login/{handle}/back", get(upstream::back))
        .route("/login/{handle}/card/{code}", get(card::back))
        .route("/smart-card", get(card::begin).post(card::try_out))
        .route("/smart-card/{code}", get(card::result))
        .route("/login/{handle}/{step}", post(login::step))
        .route("/recover", get(recover::show).post(recover::ask))
        .route("/recover/desk", get(recover::desk).post(recover::with_code))
        .route("/recover/link", post(recover::with_link))
        .route("/recover/link/{token}", get(recover::look))
        .route("/recover/go/{handle}", get(recover::stand))
        .route("/recover/go/{handle}/{step}", post(recover::step))
        .route("/login/{handle}/waiting", get(waiting::look))
        .route("/login/{handle}/events", get(waiting::events))
        .route("/app", get(app::show))
        .route("/app/open", post(app::open))
        .route("/app/enrol", post(app::made))
        .route("/app/prove", post(app::proved))
        .route("/app/enrol-pin", post(app::made_with_pin))
        .route("/app/pin", get(app::pin).post(app::change_pin))
        .route("/app/answer", post(app::answered))
        .route("/app/subscription", post(app::subscribe))
        .route("/app/waiting", get(app::waiting))
        .route("/app/offline", get(app::offline))
        .route("/app/sw.js", get(app::worker))
        .route("/app/manifest.webmanifest", get(app::manifest))
        .route("/account", get(account::home))
        .route("/account/enter", post(account::enter))
        .route("/account/sessions", get(account::sessions))
        .route("/account/sessions/end", post(account::end_one))
        .route("/account/sessions/end-others", post(account::end_others))
        .route("/account/profile", get(profile::show))
        .route("/account/profile/unlock", post(profile::unlock))
        .route("/account/profile/number", post(profile::number))
        .route("/account/profile/question", post(profile::question))
        .route("/account/profile/link", post(profile::with_link))
        .route("/account/profile/link/{token}", get(profile::look))
        .route("/account/pincode", get(profile::pincode).post(profile::make_pincode))
        .route("/account/pincode/unlock", post(profile::unlock_pincode))
        .route("/api/pincode/verify", post(profile::verify))
        .route("/account/activity", get(account::activity))
        .route("/account/password", get(account::password).post(account::change_password))
        .route("/account/factors", get(account::factors))
        .route("/account/factors/unlock", post(account::unlock))
        .route("/account/factors/activate", post(account::activate))
        .route("/account/factors/totp", get(account::new_app).post(account::add_app))
        .route("/account/factors/remove", post(account::remove))
        .route("/account/factors/codes", post(account::codes))
        .route("/account/factors/sms", get(account::number).post(account::send_code))
        .route("/account/factors/sms/confirm", post(account::confirm_number))
        .route("/account/factors/passkey", get(account::passkey).post(account::add_passkey))
        .route("/account/factors/app", get(account::invite))
        .route("/account/sign-out", post(account::sign_out))
        .route("/sp/{entity}/metadata", get(upstream::metadata))
        .route("/sp/{entity}/login", get(upstream::login))
        .route("/sp/{entity}/acs", post(upstream::consume))
        .route("/sp/{entity}/slo", get(logout::behind_redirect).post(logout::behind_post))
        .route("/oidc/callback/{upstream}", get(oidc::back).post(oidc::posted))
        .route("/oidc/logout/{upstream}", get(oidc::logged_out).post(oidc::back_channel))
        .route("/oidc/jwks/{upstream}", get(oidc::keys))
        .route(assets::ROUTE, get(assets::serve))
}

fn guarded(routes: Router, env: Arc<Env>) -> Router {
    routes
        .fallback(home::not_found)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(env, guard))
        // Else axum makes every handler anew for each request.
        .with_state(())
}

/// What holds for every request: our own host only, not too many from one network, and no answer
/// without the headers that protect whoever reads it.
async fn guard(State(env): State<Arc<Env>>, request: Request, next: Next) -> Response {
    let (_under_way, watch) = (metrics::request(), Stopwatch::start());
    let https = env.settings.base_url.scheme() == "https";
    let (mut parts, body) = request.into_parts();
    if let Some(mut response) = monitoring::answer(&env, &parts).await {
        harden(response.headers_mut(), https);
        return response;
    }
    let method = parts.method.clone();
    let route = parts.extensions.get::<MatchedPath>().map(|route| Arc::<str>::from(route.as_str()));
    let context = Context::new(Arc::clone(&env), &parts);
    let mut response = if !is_our_host(&parts.headers, &parts.uri, &env.settings.base_url) {
        let context = Context { here: None, ..context };
        notice(&context, &Notice::WrongHost)
    } else if let Err(seconds) = within_limits(&context, &parts.method, parts.uri.path()) {
        metrics::limited("address");
        tracing::warn!(event = "limited", address = %context.address, support_id = context.support_id);
        notice(&context, &Notice::Wait { retry_after: seconds.into(), busy: false })
    } else if is_page(&parts.method, parts.uri.path()) && is_too_old(&parts.headers) {
        help::old_browser(&context)
    } else {
        let span = traces::request(parts.method.as_str(), route.as_deref(), &context.support_id);
        if env.settings.proxies.contain(monitoring::peer(&parts)) {
            traces::go_on(&span, |name| parts.headers.get(name)?.to_str().ok());
        }
        parts.extensions.insert(context);
        let answer = next.run(Request::from_parts(parts, body)).instrument(span.clone());
        // A browser that goes away does not stop half-way what it asked for.
        match Finish::new(answer).await {
            Ok(response) => {
                span.record("http.response.status_code", response.status().as_u16());
                response
            }
            Err(error) => {
                tracing::error!(event = "handler.failed", %error);
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    };
    harden(response.headers_mut(), https);
    metrics::answered(method.as_str(), route.as_deref(), response.status().as_u16(), watch.read());
    response
}

/// Pages that cost nothing are not counted.
fn within_limits(context: &Context, method: &Method, path: &str) -> Result<(), u32> {
    let costs = ["/saml/", "/sp/", "/oidc/", "/federation/", "/api/federation/"];
    if method == Method::GET && !costs.iter().any(|prefix| path.starts_with(prefix)) {
        return Ok(());
    }
    context.env.by_address.take(&prefix(context.address), context.env.clock.now())
}

async fn wrong_method(Extension(context): Extension<Context>, request: Request) -> Response {
    let path = request.uri().path();
    let allowed = match path {
        "/saml/sso"
        | "/account/password"
        | "/account/pincode"
        | "/account/factors/passkey"
        | "/account/factors/sms"
        | "/account/factors/totp"
        | "/app/pin"
        | "/recover"
        | "/recover/desk"
        | "/federation/register"
        | "/tools/lint" => "GET, HEAD, POST",
        "/recover/link"
        | "/account/enter"
        | "/account/sign-out"
        | "/account/sessions/end"
        | "/account/sessions/end-others"
        | "/account/factors/unlock"
        | "/account/profile/unlock"
        | "/account/profile/number"
        | "/account/profile/question"
        | "/account/profile/link"
        | "/account/pincode/unlock"
        | "/api/pincode/verify"
        | "/api/federation/registrations"
        | "/api/federation/registration/proof"
        | "/api/federation/registration/withdraw"
        | "/account/factors/activate"
        | "/account/factors/remove"
        | "/account/factors/sms/confirm"
        | "/account/factors/codes"
        | "/app/open"
        | "/app/enrol"
        | "/app/prove"
        | "/app/enrol-pin"
        | "/app/answer"
        | "/app/subscription" => "POST",
        _ if path.starts_with("/recover/go/") && path.matches('/').count() == 4 => "POST",
        _ if path.starts_with("/federation/register/") && path.matches('/').count() == 4 => "POST",
        _ if path.starts_with("/help/") => "GET, HEAD, POST",
        "/saml/slo" | "/saml/slo/response" | "/logout" => "GET, HEAD, POST",
        _ if path.starts_with("/logout/") && path.matches('/').count() == 3 => "POST",
        _ if path.starts_with("/sp/") && path.ends_with("/acs") => "POST",
        _ if path.starts_with("/oidc/callback/") => "GET, HEAD, POST",
        "/smart-card" => "GET, HEAD, POST",
        _ if path.starts_with("/login/") && path.ends_with("/back") => "GET, HEAD",
        _ if path.starts_with("/login/")
            && (path.ends_with("/enrolled")
                || path.ends_with("/ways")
                || path.ends_with("/waiting")
                || path.ends_with("/events")) =>
        {
            "GET, HEAD"
        }
        _ if path.starts_with("/login/") && path.matches('/').count() == 3 => "POST",
        _ if path.starts_with("/login/") => "GET, HEAD, POST",
        _ => "GET, HEAD",
    };
    notice(&context, &Notice::MethodNotAllowed { allowed: allowed.into() })
}
