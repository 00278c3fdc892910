//! The service provider's place for answers: judged, kept, and shown to the browser that asked.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use crate::saml::binding::{self, Inbound, Parameter};
use crate::saml::upstream::check::{Expected, SignedParts};
use crate::saml::upstream::response::{self, Received, ReceivedAttribute, Refused};
use crate::web::demo::service_provider::{Asked, ServiceProvider, Told, cookie_of};
use crate::web::demo::site;
use crate::web::pages::demo::{DemoAttributes, DemoError};
use crate::web::pages::notice::Notice;
use crate::web::{cookie, form};

/// Why nobody is logged in.
#[derive(Clone, Debug)]
pub(super) struct Failed {
    status: Vec<String>,
    message: Option<String>,
    refused: Option<String>,
}

/// `POST /acs`: the browser comes from another site and shows no cookie, so the answer is kept for the page that it is
/// sent on to.
pub(super) async fn take(
    State(site): State<Arc<ServiceProvider>>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let frame = site::frame(&headers, None);
    let Ok(form) = form::read(&headers, body, MAX_FORM).await else {
        return failure(&frame, Failed::refused("this is no form with a SAMLResponse"));
    };
    let decoded = match binding::decode(Inbound::Post { form: &form }, Parameter::SamlResponse) {
        Ok(decoded) => decoded,
        Err(error) => return failure(&frame, Failed::refused(&error.to_string())),
    };
    let handle = decoded.relay_state.unwrap_or_default();
    // Taken out: an answer to it is judged once.
    let Some(asked) = site.memory().asked.remove(&handle) else {
        return failure(
            &frame,
            Failed::refused("nobody asked for this, or it was answered already"),
        );
    };
    let outcome = judge(&site, &decoded.xml, &asked);
    let told = Told { at: site.now(), browser: asked.browser, outcome, xml: decoded.xml };
    site.memory().told.insert(handle.clone(), told);
    site::go(&format!("/result/{handle}"), None)
}

fn judge(site: &ServiceProvider, xml: &str, asked: &Asked) -> Result<Received, Failed> {
    let provider = site.provider();
    let consumer = ServiceProvider::consumer(site.base_url());
    let expected = Expected {
        signed: SignedParts::Both,
        ..Expected::of(&asked.request, &provider.entity_id, &provider.keys, &consumer)
    };
    let received = response::receive(xml, &expected, &[], site.now())?;
    let again = site.memory().used.insert(received.assertion_id.clone(), received.expires);
    match again {
        Some(_) => Err(Failed::refused("this assertion was used before")),
        None => Ok(received),
    }
}

/// `GET /result/{handle}`: what came, for the browser that asked.
pub(super) async fn show(
    State(site): State<Arc<ServiceProvider>>,
    headers: HeaderMap,
    Path(handle): Path<String>,
) -> Response {
    let frame = site::frame(&headers, Some(format!("/result/{handle}")));
    let told = site.memory().told.get(&handle).cloned();
    let Some(told) = told else {
        return site::notice(&site::frame(&headers, None), &Notice::Expired);
    };
    if cookie::read(&headers, &cookie_of(&handle)) != Some(told.browser.as_str()) {
        return site::notice(&site::frame(&headers, None), &Notice::OtherBrowser);
    }
    match told.outcome {
        Ok(received) => {
            let page = DemoAttributes {
                class: received.class,
                name_id: received.name.value,
                session_index: received.session_index,
                attributes: pairs(received.attributes),
                xml: told.xml,
                again: AGAIN.to_owned(),
            };
            site::page(StatusCode::OK, page.render(&frame), None)
        }
        Err(failed) => {
            let page = failed.page(Some(told.xml));
            site::page(StatusCode::OK, page.render(&frame), None)
        }
    }
}

/// A name and a value, for each value.
fn pairs(attributes: Vec<ReceivedAttribute>) -> Vec<(String, String)> {
    let each = |attribute: ReceivedAttribute| {
        let name = attribute.name;
        attribute.values.into_iter().map(move |value| (name.clone(), value))
    };
    attributes.into_iter().flat_map(each).collect()
}

fn failure(frame: &crate::web::pages::frame::Frame, failed: Failed) -> Response {
    site::page(StatusCode::BAD_REQUEST, failed.page(None).render(frame), None)
}

impl Failed {
    fn refused(why: &str) -> Self {
        Self { status: Vec::new(), message: None, refused: Some(why.to_owned()) }
    }

    fn page(self, xml: Option<String>) -> DemoError {
        let Self { status, message, refused } = self;
        DemoError { status, message, refused, xml, again: AGAIN.to_owned() }
    }
}

impl From<Refused> for Failed {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Status { codes, message, .. } => {
                Self { status: codes, message, refused: None }
            }
            other => {
                let mut why = other.to_string();
                let mut cause = std::error::Error::source(&other);
                while let Some(error) = cause {
                    why = format!("{why}: {error}");
                    cause = error.source();
                }
                Self::refused(&why)
            }
        }
    }
}

const AGAIN: &str = "/";
const MAX_FORM: usize = 512 * 1024;
