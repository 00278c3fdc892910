//! `/federation/register…`: metadata are checked and submitted; a submission is proved, withdrawn, followed. `/federation/status…`: the last
//! requests of a service provider.

use axum::body::Body;
use axum::extract::{Extension, Path, Request};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::flow::registration::prove::{NotProved, ask, prove};
use crate::flow::registration::status;
use crate::flow::registration::submit::{NotTaken, Sent, find, submit, withdraw};
use crate::flow::reply::{Reply, Trouble};
use crate::saml::lint::inspect::{Report, inspect};
use crate::saml::lint::profile::LintProfile;
use crate::saml::proof::{NoProof, Offered};
use crate::store::port::StoreError;
use crate::store::record::Loaded;
use crate::store::registrations::{self, Submission};
use crate::web::context::Context;
use crate::web::form::BadForm;
use crate::web::multipart::{self, Parts};
use crate::web::origin::is_from_us;
use crate::web::pages::notice::Notice;
use crate::web::pages::registration::{
    Failed, PartnerStatus, Register, Registration, Unheld, Wrong,
};
use crate::web::reply::{notice, page, render, retry_after, set};

/// `GET /federation/register`
pub(super) async fn show(Extension(context): Extension<Context>) -> Response {
    if !context.env.settings.registration.submissions {
        return notice(&context, &Notice::NotFound);
    }
    let blank = Register { kib: kib(&context), ..Register::default() };
    page(&context, StatusCode::OK, blank.render(&context.frame()))
}

/// `POST /federation/register`: checks what was sent, and keeps it if it is said to be submitted.
pub(super) async fn take(Extension(context): Extension<Context>, request: Request) -> Response {
    if !context.env.settings.registration.submissions {
        return notice(&context, &Notice::NotFound);
    }
    let context = Context { here: Some("/federation/register".into()), ..context };
    let (parts, body) = request.into_parts();
    let form = match ours(&context, &parts.headers, body).await {
        Ok(form) => form,
        Err(NotOurs::Foreign) => return notice(&context, &Notice::OtherBrowser),
        Err(NotOurs::Long) => return refused(&context, Register::default(), Wrong::Long, None),
        Err(NotOurs::Bad) => return refused(&context, Register::default(), Wrong::Empty, None),
    };
    let (sent, contact) = (sent(&form), text(&form, "contact"));
    let profile = LintProfile::parse(text(&form, "profile"));
    let shown = String::from_utf8_lossy(&sent).into_owned();
    let filled =
        Register { text: shown, profile, contact: contact.to_owned(), ..Register::default() };
    if sent.is_empty() {
        return refused(&context, filled, Wrong::Empty, None);
    }
    let report = preflight(&context, sent.clone(), profile).await;
    let filled = Register { report, ..filled };
    if text(&form, "step") != "submit" {
        let checked = Register { kib: kib(&context), ..filled };
        return page(&context, StatusCode::OK, checked.render(&context.frame()));
    }
    let sent = Sent { metadata: &sent, profile, contact };
    match submit(&context.env, sent, &context.visitor(None)).await {
        Ok(taken) => see(&format!("/federation/register/{}", taken.secret)),
        Err(NotTaken::Store(error)) => failed(&context, &error),
        Err(error) => {
            let (wrong, detail) = wrong(&error);
            refused(&context, filled, wrong, detail)
        }
    }
}

/// `GET /federation/register/{secret}`
pub(super) async fn follow(
    Extension(context): Extension<Context>,
    Path(secret): Path<String>,
) -> Response {
    match find(&context.env, &secret).await {
        Ok(Some(seen)) => followed(&context, &secret, seen.value, None).await,
        Ok(None) => notice(&context, &Notice::NotFound),
        Err(error) => failed(&context, &error),
    }
}

/// `POST /federation/register/{secret}/{step}`
pub(super) async fn step(
    Extension(context): Extension<Context>,
    Path((secret, step)): Path<(String, String)>,
    request: Request,
) -> Response {
    let here = format!("/federation/register/{secret}");
    let context = Context { here: Some(here.clone()), ..context };
    let (parts, body) = request.into_parts();
    let form = match ours(&context, &parts.headers, body).await {
        Ok(form) => form,
        Err(NotOurs::Foreign) => return notice(&context, &Notice::OtherBrowser),
        Err(NotOurs::Long | NotOurs::Bad) => return see(&here),
    };
    let seen = match find(&context.env, &secret).await {
        Ok(Some(seen)) => seen,
        Ok(None) => return notice(&context, &Notice::NotFound),
        Err(error) => return failed(&context, &error),
    };
    match step.as_str() {
        "proof" => match Offered::parse(&sent(&form)) {
            Ok(offered) => proved(&context, &secret, seen, Some(&offered)).await,
            Err(error) => {
                let why = Failed::NoProof(unheld(&error), error.to_string());
                followed(&context, &secret, seen.value, Some(why)).await
            }
        },
        "token" => proved(&context, &secret, seen, None).await,
        "withdraw" => match withdraw(&context.env, &seen).await {
            Ok(true) => see(&here),
            Ok(false) => followed(&context, &secret, seen.value, Some(Failed::Over)).await,
            Err(error) => failed(&context, &error),
        },
        "status-link" => match status::issue_to(&context.env, &seen).await {
            Ok(Some(secret)) => see(&format!("/federation/status/{secret}")),
            Ok(None) => followed(&context, &secret, seen.value, Some(Failed::Over)).await,
            Err(error) => failed(&context, &error),
        },
        _ => notice(&context, &Notice::NotFound),
    }
}

/// `GET /federation/status/{secret}`
pub(super) async fn status(
    Extension(context): Extension<Context>,
    Path(secret): Path<String>,
) -> Response {
    match status::show(&context.env, &secret).await {
        Ok(Some(status)) => {
            page(&context, StatusCode::OK, PartnerStatus { status }.render(&context.frame()))
        }
        Ok(None) => notice(&context, &Notice::NotFound),
        Err(error) => failed(&context, &error),
    }
}

async fn proved(
    context: &Context,
    secret: &str,
    seen: Loaded<Submission>,
    offered: Option<&Offered>,
) -> Response {
    let Err(error) = prove(&context.env, &seen, offered).await else {
        return see(&format!("/federation/register/{secret}"));
    };
    let no_proof = |why| Failed::NoProof(why, error.to_string());
    let why = match &error {
        NotProved::Store(error) => return failed(context, error),
        NotProved::Over => Failed::Over,
        NotProved::Contended => Failed::Contended,
        NotProved::Proof(proof) => no_proof(unheld(proof)),
        NotProved::Token(_) => no_proof(Unheld::Token),
        NotProved::NeedsKey => no_proof(Unheld::NeedsKey),
        NotProved::OtherEntity(_) => no_proof(Unheld::OtherEntity),
        NotProved::Metadata(_) => no_proof(Unheld::Unusable),
        NotProved::NotTaken(_) => no_proof(Unheld::Elsewhere),
    };
    followed(context, secret, seen.value, Some(why)).await
}

async fn followed(
    context: &Context,
    secret: &str,
    submission: Submission,
    failed: Option<Failed>,
) -> Response {
    let gathered = async {
        let (env, now) = (&context.env, context.env.clock.now());
        let metadata = registrations::metadata(env.records(), &submission, now).await?;
        let ask = ask(env, &submission, metadata.as_deref().unwrap_or_default(), now).await?;
        let may_issue = status::may_issue(env, &submission).await?;
        Ok::<_, StoreError>((metadata, ask, may_issue))
    };
    let (metadata, ask, may_issue) = match gathered.await {
        Ok(gathered) => gathered,
        Err(error) => return self::failed(context, &error),
    };
    let profile = submission.profile.as_deref().and_then(LintProfile::parse);
    let report = match &metadata {
        Some(metadata) => preflight(context, metadata.clone().into_bytes(), profile).await,
        None => None,
    };
    let (now, status) = (
        context.env.clock.now(),
        match failed {
            None => StatusCode::OK,
            Some(Failed::NoProof(..)) => StatusCode::UNPROCESSABLE_ENTITY,
            Some(Failed::Over | Failed::Contended) => StatusCode::CONFLICT,
        },
    );
    let shown = Registration {
        here: format!("/federation/register/{secret}"),
        state: submission.state(now),
        history: submission.history(now),
        submission,
        ask,
        may_issue,
        metadata,
        report,
        failed,
    };
    page(context, status, shown.render(&context.frame()))
}

/// The pre-flight of `sent`; it is work, and other requests go on meanwhile.
pub(super) async fn preflight(
    context: &Context,
    sent: Vec<u8>,
    profile: Option<LintProfile>,
) -> Option<Report> {
    let now = context.env.clock.now();
    tokio::task::spawn_blocking(move || inspect(&sent, profile, now)).await.ok()
}

/// Why what was offered is no proof.
fn unheld(error: &NoProof) -> Unheld {
    match error {
        NoProof::Neither => Unheld::Neither,
        NoProof::OtherKey => Unheld::OtherKey,
        NoProof::Xml(_) | NoProof::Structure(_) => Unheld::Unusable,
        NoProof::Unproven(_) => Unheld::Unsigned,
        NoProof::OtherId { .. } => Unheld::OtherId,
    }
}

/// What is wrong, and what more there is to say of it.
fn wrong(error: &NotTaken) -> (Wrong, Option<String>) {
    match error {
        NotTaken::Empty | NotTaken::Store(_) => (Wrong::Empty, None),
        NotTaken::TooLong(_) => (Wrong::Long, None),
        NotTaken::Metadata(why) => (Wrong::Metadata, Some(why.clone())),
        NotTaken::Contact => (Wrong::Contact, None),
        NotTaken::Ourselves => (Wrong::Ourselves, None),
        NotTaken::Elsewhere => (Wrong::Elsewhere, None),
        NotTaken::FullHere => (Wrong::FullHere, None),
        NotTaken::Full => (Wrong::Full, None),
    }
}

/// The status of an answer that says why nothing was submitted.
pub(super) fn status_of(error: &NotTaken) -> StatusCode {
    match error {
        NotTaken::Empty | NotTaken::Metadata(_) | NotTaken::Contact => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        NotTaken::TooLong(_) => StatusCode::PAYLOAD_TOO_LARGE,
        NotTaken::Ourselves | NotTaken::Elsewhere => StatusCode::CONFLICT,
        NotTaken::FullHere => StatusCode::TOO_MANY_REQUESTS,
        NotTaken::Full | NotTaken::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn refused(context: &Context, filled: Register, wrong: Wrong, detail: Option<String>) -> Response {
    let status = match wrong {
        Wrong::Empty | Wrong::Metadata | Wrong::Contact => StatusCode::UNPROCESSABLE_ENTITY,
        Wrong::Long => StatusCode::PAYLOAD_TOO_LARGE,
        Wrong::Ourselves | Wrong::Elsewhere => StatusCode::CONFLICT,
        Wrong::FullHere => StatusCode::TOO_MANY_REQUESTS,
        Wrong::Full => StatusCode::SERVICE_UNAVAILABLE,
    };
    let shown = Register { wrong: Some(wrong), detail, kib: kib(context), ..filled };
    let mut response = page(context, status, shown.render(&context.frame()));
    if matches!(wrong, Wrong::FullHere | Wrong::Full) {
        retry_after(&mut response, WAIT);
    }
    response
}

/// What a store that failed is answered with; the log says what.
fn failed(context: &Context, error: &StoreError) -> Response {
    let support_id = &context.support_id;
    tracing::error!(event = "failed", support_id, %error, "a registration could not go on");
    render(context, Reply::Trouble(Box::new(Trouble::Unavailable)))
}

fn see(to: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    set(&mut response, LOCATION, to);
    response
}

/// Why a form is none of ours.
enum NotOurs {
    /// Another site sent it.
    Foreign,
    /// It is too long, or did not arrive.
    Long,
    /// It is no form.
    Bad,
}

async fn ours(context: &Context, headers: &HeaderMap, body: Body) -> Result<Parts, NotOurs> {
    if !is_from_us(headers, &context.env.settings.base_url) {
        return Err(NotOurs::Foreign);
    }
    let most = 2 * context.env.settings.registration.size + AROUND;
    multipart::read(headers, body, most).await.map_err(|error| match error {
        BadForm::TooLong | BadForm::TooSlow => NotOurs::Long,
        _ => NotOurs::Bad,
    })
}

/// The text of the form, or else its file.
fn sent(form: &Parts) -> Vec<u8> {
    let text = form.get("text").map(<[u8]>::trim_ascii).unwrap_or_default();
    let file = form.get("file").unwrap_or_default();
    if text.is_empty() { file } else { text }.to_vec()
}

fn text<'a>(form: &'a Parts, name: &str) -> &'a str {
    form.get(name).and_then(|octets| std::str::from_utf8(octets).ok()).unwrap_or_default().trim()
}

fn kib(context: &Context) -> usize {
    context.env.settings.registration.size / 1024
}

/// What stands around a text and a file in a form.
const AROUND: usize = 16 * 1024;
/// Seconds after which it is worth trying again.
pub(super) const WAIT: u64 = 3600;
