//! `/saml/sso` and `/metadata`: SAML at the door.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Extension, Request};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::DateTime;

use crate::assurance::level::Level;
use crate::flow::begin::{self, begin};
use crate::flow::env::Published;
use crate::flow::reply::{Reply, Trouble};
use crate::flow::sighting;
use crate::flow::wish::{self, Wish};
use crate::saml::binding::Inbound;
use crate::saml::status::{Fault, FaultKind};
use crate::telemetry::metrics;
use crate::web::context::Context;
use crate::web::form::{self, BadForm};
use crate::web::reply::render;

/// `GET /saml/sso`: HTTP-Redirect.
pub(super) async fn redirect(Extension(context): Extension<Context>, request: Request) -> Response {
    let context = Context { here: None, ..context };
    let query = request.uri().query().unwrap_or_default();
    let hint = chosen(query);
    let inbound = Inbound::Redirect { query };
    let reply = begin(&context.env, inbound, hint.wish(), &context.visitor(None)).await;
    render(&context, reply)
}

/// `POST /saml/sso`: HTTP-POST.
pub(super) async fn post(Extension(context): Extension<Context>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    if parts.uri.query().is_some_and(|query| query.contains("SAMLRequest=")) {
        return render(&context, wrong_method(&context));
    }
    let reply = match form::read(&parts.headers, body, MAX_MESSAGE).await {
        Ok(form) => {
            let hint = chosen(parts.uri.query().unwrap_or_default());
            let inbound = Inbound::Post { form: &form };
            begin(&context.env, inbound, hint.wish(), &context.visitor(None)).await
        }
        Err(BadForm::TooSlow) => {
            unread(&context, "a form that came too slowly", StatusCode::REQUEST_TIMEOUT)
        }
        Err(BadForm::TooLong) => unread(&context, "a longer form", StatusCode::PAYLOAD_TOO_LARGE),
        Err(BadForm::Kind | BadForm::Field(_)) => {
            begin(&context.env, Inbound::Post { form: "" }, Wish::default(), &context.visitor(None))
                .await
        }
    };
    render(&context, reply)
}

/// `GET /saml/start?sp=…&target=…&idp=…&level=…`: a login that no service provider asked for.
pub(super) async fn start(Extension(context): Extension<Context>, request: Request) -> Response {
    let context = Context { here: None, ..context };
    let query = request.uri().query().unwrap_or_default();
    let mut fields = HashMap::new();
    let is_sound = url::form_urlencoded::parse(query.as_bytes())
        .all(|(name, value)| fields.insert(name.into_owned(), value.into_owned()).is_none());
    let reply = match fields.get("sp").filter(|_| is_sound) {
        Some(entity_id) => {
            let target = fields.get("target").map(String::as_str);
            let hint = chosen(query);
            let visitor = context.visitor(None);
            begin::start(&context.env, entity_id, target, hint.wish(), &visitor).await
        }
        None => Reply::Trouble(Box::new(Trouble::NoSuchPage)),
    };
    render(&context, reply)
}

/// What the service provider says beside its request (`idp=`, `level=`): wishes, which the signature does not cover and need not.
/// One that is there twice, or cannot be read, is none.
fn chosen(query: &str) -> Hint {
    let (mut idp, mut level) = (Vec::new(), Vec::new());
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "idp" => idp.push(value),
            "level" => level.push(value),
            _ => {}
        }
    }
    let idp = idp.pop().filter(|_| idp.is_empty());
    let level = level.pop().filter(|_| level.is_empty());
    Hint { idp: idp.map(Cow::into_owned), level: level.and_then(|said| wish::level(&said)) }
}

/// A [`Wish`], as it was read.
struct Hint {
    idp: Option<String>,
    level: Option<Level>,
}

impl Hint {
    fn wish(&self) -> Wish<'_> {
        Wish { idp: self.idp.as_deref(), level: self.level }
    }
}

/// A redirect's message, posted (nr06).
pub(super) fn wrong_method(context: &Context) -> Reply {
    let fault = Fault {
        kind: FaultKind::Method,
        rule: "a message in the query comes by GET, one in a form by POST (SAML Bindings §3.4.4, §3.5.4)",
        element: "SAMLRequest",
        expected: "a POST with the message in its form".into(),
        found: "a POST with the message in its query".into(),
    };
    refused(context, fault, 403)
}

/// A form that was not read to its end (nr04), with the status that says why.
pub(super) fn unread(context: &Context, found: &str, status: StatusCode) -> Reply {
    let fault = Fault {
        kind: FaultKind::BindingFormat,
        rule: "must arrive whole within the limits of size and time (SAML Bindings §3.5.4, spid-saml §3 nr04)",
        element: "SAMLRequest",
        expected: format!("a form of at most {MAX_MESSAGE} octets").into(),
        found: found.to_owned(),
    };
    refused(context, fault, status.as_u16())
}

fn refused(context: &Context, fault: Fault, status: u16) -> Reply {
    metrics::refused(fault.kind.number());
    tracing::warn!(
        event = "refused",
        support_id = context.support_id,
        address = %context.address,
        number = fault.kind.number(),
        rule = fault.rule,
        element = fault.element,
        found = fault.found,
        "a request was refused"
    );
    Reply::Trouble(Box::new(Trouble::Fault { fault, status }))
}

/// `GET /metadata`: ours, signed, as built when the keys were read.
pub(super) async fn metadata(Extension(context): Extension<Context>, request: Request) -> Response {
    if let Some(query) = request.uri().query() {
        sighting::fetched(&context.env, query, context.env.clock.now()).await;
    }
    published(&context.env.keys.snapshot().metadata, request.headers())
}

/// A document of ours, or that whoever asks has it (RFC 9110 §13.2.2).
pub(super) fn published(document: &Published, headers: &HeaderMap) -> Response {
    let mut response = if is_known(document, headers) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let octets = Bytes::from_owner(Octets(Arc::clone(&document.xml)));
        ([(CONTENT_TYPE, "application/samlmetadata+xml")], octets).into_response()
    };
    let made = document.made.format(HTTP_DATE).to_string();
    let cached = format!("public, max-age={}", document.max_age);
    for (name, value) in [(ETAG, &document.etag), (LAST_MODIFIED, &made), (CACHE_CONTROL, &cached)]
    {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// Whether whoever asks has the document as it is.
fn is_known(document: &Published, headers: &HeaderMap) -> bool {
    let said = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if headers.contains_key(IF_NONE_MATCH) {
        return said(IF_NONE_MATCH).is_some_and(|tags| {
            tags.split(',')
                .map(str::trim)
                .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == document.etag)
        });
    }
    let since = said(IF_MODIFIED_SINCE).and_then(|at| DateTime::parse_from_rfc2822(at).ok());
    since.is_some_and(|since| document.made.timestamp() <= since.timestamp())
}

/// Octets that are shared, not copied, on their way out.
struct Octets(Arc<str>);

impl AsRef<[u8]> for Octets {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// IMF-fixdate (RFC 9110 §5.6.7).
const HTTP_DATE: &str = "%a, %d %b %Y %H:%M:%S GMT";

/// 256 KiB of XML in base64, every character of it escaped at worst, and a RelayState.
pub(super) const MAX_MESSAGE: usize = 1024 * 1024 + 16 * 1024;
