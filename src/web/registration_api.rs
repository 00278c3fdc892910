//! `/api/federation/registrations`: what the pages do, for a program (docs/registration.md).

use axum::body::{Body, to_bytes};
use axum::extract::{Extension, Request};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::flow::registration::prove::{NotProved, ask, prove};
use crate::flow::registration::status;
use crate::flow::registration::submit::{NotTaken, Sent, find, submit, withdraw};
use crate::partners::lint::json as lint;
use crate::saml::lint::profile::LintProfile;
use crate::saml::proof::Offered;
use crate::store::port::StoreError;
use crate::store::record::Loaded;
use crate::store::registrations::{self, By, Submission};
use crate::web::context::Context;
use crate::web::registration::{WAIT, preflight, status_of};
use crate::web::reply::{retry_after, set};

/// What is submitted.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    metadata: String,
    #[serde(default)]
    profile: Option<String>,
    #[serde(default)]
    contact: Option<String>,
    /// Only the pre-flight is wanted.
    #[serde(default)]
    check: bool,
}

/// What is offered as proof.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Proving {
    #[serde(default)]
    proof: Option<String>,
    #[serde(default)]
    token: bool,
}

/// `POST /api/federation/registrations`
pub(super) async fn make(Extension(context): Extension<Context>, request: Request) -> Response {
    if !context.env.settings.registration.submissions {
        return error(StatusCode::NOT_FOUND, "not_found", "nothing can be registered here");
    }
    let asked = match body::<Asked>(&context, request).await {
        Ok((asked, _)) => asked,
        Err(response) => return *response,
    };
    let profile = match asked.profile.as_deref().map(|name| (name, LintProfile::parse(name))) {
        Some((name, None)) => {
            let why = format!("there is no profile {name:?}");
            return error(StatusCode::UNPROCESSABLE_ENTITY, "profile", &why);
        }
        Some((_, profile)) => profile,
        None => None,
    };
    let report = report(&context, asked.metadata.as_bytes(), profile).await;
    if asked.check {
        return answer(StatusCode::OK, &json!({ "preflight": report }));
    }
    let contact = asked.contact.as_deref().unwrap_or_default();
    let sent = Sent { metadata: asked.metadata.as_bytes(), profile, contact };
    match submit(&context.env, sent, &context.visitor(None)).await {
        Ok(taken) => {
            let mut told = match told(&context, &taken.submission).await {
                Ok(told) => told,
                Err(error) => return failed(&context, &error),
            };
            let base = context.env.settings.base_url.as_str().trim_end_matches('/');
            told["secret"] = json!(taken.secret);
            told["page"] = json!(format!("{base}/federation/register/{}", taken.secret));
            told["preflight"] = report;
            answer(StatusCode::CREATED, &told)
        }
        Err(NotTaken::Store(error)) => failed(&context, &error),
        Err(not_taken) => {
            let name = match &not_taken {
                NotTaken::Empty | NotTaken::Metadata(_) | NotTaken::Store(_) => "metadata",
                NotTaken::TooLong(_) => "too_long",
                NotTaken::Contact => "contact",
                NotTaken::Ourselves | NotTaken::Elsewhere => "not_here",
                NotTaken::FullHere | NotTaken::Full => "full",
            };
            let said =
                json!({ "error": name, "detail": not_taken.to_string(), "preflight": report });
            let mut response = answer(status_of(&not_taken), &said);
            if name == "full" {
                retry_after(&mut response, WAIT);
            }
            response
        }
    }
}

/// `GET /api/federation/registration`: by whoever bears the secret of the submission (RFC 6750 §2.1).
pub(super) async fn show(Extension(context): Extension<Context>, headers: HeaderMap) -> Response {
    match borne(&context, &headers).await {
        Ok(seen) => stands(&context, &seen.value).await,
        Err(response) => *response,
    }
}

/// `POST /api/federation/registration/proof`
pub(super) async fn offer(Extension(context): Extension<Context>, request: Request) -> Response {
    let (proving, headers) = match body::<Proving>(&context, request).await {
        Ok(read) => read,
        Err(response) => return *response,
    };
    let seen = match borne(&context, &headers).await {
        Ok(seen) => seen,
        Err(response) => return *response,
    };
    let offered = match (&proving.proof, proving.token) {
        (Some(proof), false) => match Offered::parse(proof.as_bytes()) {
            Ok(offered) => Some(offered),
            Err(why) => {
                return error(StatusCode::UNPROCESSABLE_ENTITY, "no_proof", &why.to_string());
            }
        },
        (None, true) => None,
        _ => {
            let why = "either \"proof\" or \"token\": true";
            return error(StatusCode::BAD_REQUEST, "invalid_request", why);
        }
    };
    match prove(&context.env, &seen, offered.as_ref()).await {
        Ok(proved) => stands(&context, &proved).await,
        Err(NotProved::Store(error)) => failed(&context, &error),
        Err(why @ NotProved::Over) => error(StatusCode::CONFLICT, "over", &why.to_string()),
        Err(why @ NotProved::Contended) => {
            error(StatusCode::CONFLICT, "contended", &why.to_string())
        }
        Err(why) => error(StatusCode::UNPROCESSABLE_ENTITY, "no_proof", &why.to_string()),
    }
}

/// `POST /api/federation/registration/withdraw`
pub(super) async fn leave(Extension(context): Extension<Context>, headers: HeaderMap) -> Response {
    let seen = match borne(&context, &headers).await {
        Ok(seen) => seen,
        Err(response) => return *response,
    };
    match withdraw(&context.env, &seen).await {
        Ok(true) => show(Extension(context), headers).await,
        Ok(false) => {
            error(StatusCode::CONFLICT, "over", "nothing can become of this submission any more")
        }
        Err(error) => failed(&context, &error),
    }
}

async fn stands(context: &Context, submission: &Submission) -> Response {
    match told(context, submission).await {
        Ok(told) => answer(StatusCode::OK, &told),
        Err(error) => failed(context, &error),
    }
}

/// How `submission` stands, and what is asked of its author.
async fn told(context: &Context, submission: &Submission) -> Result<Value, StoreError> {
    let (env, now) = (&context.env, context.env.clock.now());
    let state = submission.state(now);
    let steps: Vec<Value> = submission
        .history(now)
        .iter()
        .map(|change| {
            let by = match change.by {
                By::Integrator => "integrator",
                By::Administrator(..) => "administrator",
                By::Time => "time",
            };
            json!({ "at": change.at, "to": change.to, "by": by, "reason": change.reason })
        })
        .collect();
    let mut told = json!({
        "id": submission.id,
        "entity_id": submission.entity_id,
        "state": state,
        "made": submission.made,
        "history": steps,
        "sha256": submission.digest,
    });
    if state.is_open() {
        let metadata = registrations::metadata(env.records(), submission, now).await?;
        let ask = ask(env, submission, metadata.as_deref().unwrap_or_default(), now).await?;
        told["waits_until"] = json!(submission.waits_until);
        told["proof"] = json!({
            "sign": ask.text,
            "metadata_id": ask.word,
            "by_registered_key": ask.is_update,
            "token": ask.token.map(|(_, address)| json!({
                "address": address,
                "content": ask.word,
                "looked_for_by": if ask.is_named { "integrator" } else { "administrator" },
            })),
        });
    }
    told["status_page"] = json!(status::may_issue(env, submission).await?);
    Ok(told)
}

async fn report(context: &Context, metadata: &[u8], profile: Option<LintProfile>) -> Value {
    let report = preflight(context, metadata.to_vec(), profile).await;
    let rendered = report.and_then(|report| lint::render(&report, "metadata").ok());
    rendered.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or(Value::Null)
}

/// The submission whose secret is borne.
async fn borne(
    context: &Context,
    headers: &HeaderMap,
) -> Result<Loaded<Submission>, Box<Response>> {
    let said = headers.get(AUTHORIZATION).and_then(|said| said.to_str().ok());
    let secret = said.and_then(|said| said.split_once(' '));
    let secret = secret.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("Bearer"));
    let found = match secret {
        Some((_, secret)) => find(&context.env, secret.trim()).await,
        None => Ok(None),
    };
    match found {
        Ok(Some(seen)) => Ok(seen),
        Ok(None) => {
            let why = "no submission has that secret";
            let mut response = error(StatusCode::UNAUTHORIZED, "invalid_token", why);
            set(&mut response, WWW_AUTHENTICATE, "Bearer");
            Err(Box::new(response))
        }
        Err(error) => Err(Box::new(failed(context, &error))),
    }
}

/// The JSON that was sent: nothing else is taken, so that no page of another site can send any.
async fn body<T: for<'de> Deserialize<'de>>(
    context: &Context,
    request: Request,
) -> Result<(T, HeaderMap), Box<Response>> {
    let (parts, body) = request.into_parts();
    let kind = parts.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        let why = "the body must be application/json";
        return Err(Box::new(error(StatusCode::UNSUPPORTED_MEDIA_TYPE, "invalid_request", why)));
    }
    // A character may be written by six octets.
    let most = 6 * context.env.settings.registration.size + 16 * 1024;
    let octets = read(body, most).await;
    let octets = octets.ok_or_else(|| {
        let why = "the body is too long, or did not come in time";
        Box::new(error(StatusCode::PAYLOAD_TOO_LARGE, "too_long", why))
    })?;
    match serde_json::from_slice(&octets) {
        Ok(asked) => Ok((asked, parts.headers)),
        Err(why) => {
            let why = why.to_string();
            Err(Box::new(error(StatusCode::BAD_REQUEST, "invalid_request", &why)))
        }
    }
}

async fn read(body: Body, most: usize) -> Option<Vec<u8>> {
    let read = tokio::time::timeout(std::time::Duration::from_secs(15), to_bytes(body, most)).await;
    Some(read.ok()?.ok()?.to_vec())
}

fn failed(context: &Context, error: &StoreError) -> Response {
    let support_id = &context.support_id;
    tracing::error!(event = "failed", support_id, %error, "a registration could not go on");
    self::error(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", "the store failed")
}

fn error(status: StatusCode, name: &str, why: &str) -> Response {
    answer(status, &json!({ "error": name, "detail": why }))
}

fn answer(status: StatusCode, value: &Value) -> Response {
    let mut response = (status, value.to_string()).into_response();
    set(&mut response, CONTENT_TYPE, "application/json");
    set(&mut response, CACHE_CONTROL, "no-store");
    response
}
