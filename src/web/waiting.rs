//! `/login/{handle}/waiting` and `/login/{handle}/events`: how a request to the phone stands, for the script of the page that
//! waits for it.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context as Waker, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Extension, Path};
use axum::http::header::{CONTENT_TYPE, HeaderMap, HeaderName};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use hyper::body::{Bytes, Frame};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::flow::approval;
use crate::flow::phone::reply::Stage;
use crate::flow::reply::Reply;
use crate::flow::waiting::Place;
use crate::web::context::Context;
use crate::web::login::browser;
use crate::web::reply::render;

/// `GET /login/{handle}/waiting`: once, as JSON.
pub(super) async fn look(
    Extension(context): Extension<Context>,
    Path(handle): Path<String>,
    headers: HeaderMap,
) -> Response {
    let browser = browser(&headers, &handle);
    let visitor = context.visitor(browser.as_deref());
    render(&context, approval::status(&context.env, &handle, &visitor).await)
}

/// `GET /login/{handle}/events`: each change as it happens, as server-sent events (HTML §9.2), to the browser whose login it is
/// and for as long as it is. Where too many wait already it is 204, after which a browser asks no more by itself.
pub(super) async fn events(
    Extension(context): Extension<Context>,
    Path(handle): Path<String>,
    headers: HeaderMap,
) -> Response {
    let browser = browser(&headers, &handle);
    let first = approval::status(&context.env, &handle, &context.visitor(browser.as_deref())).await;
    if !matches!(first, Reply::Stage(_)) {
        return render(&context, first);
    }
    let line = approval::line(&context.env, &handle);
    let Some(place) = line.and_then(|line| context.env.waiting.enter(&line)) else {
        return StatusCode::NO_CONTENT.into_response();
    };
    let (say, said) = mpsc::channel(2);
    tokio::spawn(tell(context, handle, browser, place, say));
    let mut response = Body::new(Events(said)).into_response();
    response.headers_mut().extend([
        (CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        // A proxy that gathers what we say before it passes it on would keep it to itself.
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ]);
    response
}

/// Says how the request stands, and again whenever that has changed; a comment in between keeps the connection alive.
async fn tell(
    context: Context,
    handle: String,
    browser: Option<String>,
    mut place: Place,
    say: mpsc::Sender<Bytes>,
) {
    let mut told = None;
    for _ in 0..MOST_LOOKS {
        let visitor = context.visitor(browser.as_deref());
        let Reply::Stage(stage) = approval::status(&context.env, &handle, &visitor).await else {
            return;
        };
        let words = match told.replace(stage) == Some(stage) {
            true => ":\n\n".to_owned(),
            false => format!("data: {{\"stage\":\"{}\"}}\n\n", stage.name()),
        };
        if !matches!(timeout(PATIENCE, say.send(words.into())).await, Ok(Ok(()))) {
            return;
        }
        if matches!(stage, Stage::Answered | Stage::Over) {
            return;
        }
        tokio::select! {
            goes_on = place.wait(LOOK_EVERY) => if !goes_on { return },
            () = say.closed() => return,
        }
    }
}

/// What is said to one browser, as it comes.
struct Events(mpsc::Receiver<Bytes>);

impl hyper::body::Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        waker: &mut Waker<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(waker).map(|said| said.map(|words| Ok(Frame::data(words))))
    }
}

/// How often the store is looked into without being told: time passes, and another server may have the phone.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How long a browser may leave unread what is said.
const PATIENCE: Duration = Duration::from_secs(10);
/// After these, some twenty minutes, it is up to the page to ask anew.
const MOST_LOOKS: usize = 240;
