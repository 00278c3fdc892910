//! A small service provider: a button, a signed request, and a page with what came back.
//!
//! It keeps what it sent and received in memory, bounded and for a quarter of an hour: it is a demonstration.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{Query, State};
use axum::http::header::{CONTENT_TYPE, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use url::Url;

use crate::assurance::class_ref::ClassRef;
use crate::login::request::LocalName;
use crate::saml::binding::{self, Parameter};
use crate::saml::signature::PublicKey;
use crate::saml::upstream::request::Request;
use crate::saml::upstream::response::Received;
use crate::web::demo::{consumer, site};
use crate::web::pages::demo::DemoHome;
use crate::web::pages::notice::Notice;
use crate::web::pages::post::{Message, PostForm};
use crate::web::{assets, cookie};
use crate::world::clock::Clock;
use crate::world::random::Random;
use crate::world::signer::Signer;

/// Who it is, whom it asks, and what it remembers.
#[derive(Debug)]
pub struct ServiceProvider {
    /// Scheme, host and port.
    base_url: Url,
    /// The identity provider.
    provider: Provider,
    /// Our metadata, signed.
    metadata: String,
    signer: Arc<dyn Signer>,
    clock: Clock,
    random: Random,
    memory: Mutex<Memory>,
}

/// The identity provider, as its metadata describes it.
#[derive(Clone, Debug)]
pub struct Provider {
    /// Its entityID.
    pub entity_id: String,
    /// Where it takes requests.
    pub single_sign_on: String,
    /// Its keys.
    pub keys: Vec<PublicKey>,
    /// The whole address of the page with the citizens.
    pub people: String,
    /// The identity providers behind it, by entityID or issuer, with their names.
    pub others: Vec<(String, LocalName)>,
}

/// What was sent and received, by handle.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) asked: HashMap<String, Asked>,
    pub(super) told: HashMap<String, Told>,
    /// The IDs of the assertions that were taken, with the end of their use.
    pub(super) used: HashMap<String, DateTime<Utc>>,
}

/// A request that was sent.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) request: Request,
    pub(super) at: DateTime<Utc>,
    pub(super) browser: String,
}

/// An answer that came, to be shown to the browser that asked.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) at: DateTime<Utc>,
    pub(super) browser: String,
    pub(super) outcome: Result<Received, consumer::Failed>,
    pub(super) xml: String,
}

impl ServiceProvider {
    /// A service provider at `base_url` that asks `provider`, with nothing to remember.
    #[must_use]
    pub fn new(
        base_url: Url,
        provider: Provider,
        metadata: String,
        signer: Arc<dyn Signer>,
    ) -> Self {
        let (clock, random) = (Clock::system(), Random::system());
        let memory = Mutex::default();
        Self { base_url, provider, metadata, signer, clock, random, memory }
    }

    /// Scheme, host and port.
    #[must_use]
    pub fn base_url(&self) -> &Url {
        &self.base_url
    }

    /// Its entityID, where its metadata is too.
    #[must_use]
    pub fn entity_id(base_url: &Url) -> String {
        format!("{base_url}metadata")
    }

    /// Where answers go.
    #[must_use]
    pub fn consumer(base_url: &Url) -> String {
        format!("{base_url}acs")
    }

    /// Where a request goes, with the identity provider that the person has chosen beside it.
    fn sign_on(&self, idp: Option<&String>) -> Result<Url, url::ParseError> {
        let mut to = Url::parse(&self.provider.single_sign_on)?;
        if let Some(idp) = idp {
            to.query_pairs_mut().append_pair("idp", idp);
        }
        Ok(to)
    }

    pub(super) fn provider(&self) -> &Provider {
        &self.provider
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub(super) fn token(&self) -> String {
        self.random.token()
    }

    /// What is remembered, the old forgotten.
    pub(super) fn memory(&self) -> MutexGuard<'_, Memory> {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.now();
        memory.asked.retain(|_, asked| now - asked.at < KEPT);
        memory.told.retain(|_, told| now - told.at < KEPT);
        memory.used.retain(|_, until| now < *until);
        memory
    }
}

/// Everything that the service provider answers.
pub fn router(site: Arc<ServiceProvider>) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/login", get(login))
        .route("/acs", post(consumer::take))
        .route("/result/{handle}", get(consumer::show))
        .route("/metadata", get(metadata))
        .route("/language", get(site::language))
        .route(assets::ROUTE, get(assets::serve))
        .fallback(not_found)
        .with_state(Arc::clone(&site))
        .layer(from_fn_with_state(site, site::guard))
}

async fn home(State(site): State<Arc<ServiceProvider>>, headers: HeaderMap) -> Response {
    let home = DemoHome {
        login: "/login".to_owned(),
        entity_id: ServiceProvider::entity_id(&site.base_url),
        provider: site.provider.entity_id.clone(),
        people: site.provider.people.clone(),
        others: site.provider.others.clone(),
    };
    let to = Url::parse(&site.provider.single_sign_on).ok();
    let frame = site::frame(&headers, Some("/".to_owned()));
    site::page(StatusCode::OK, home.render(&frame), to.as_ref())
}

/// What the button sends.
#[derive(Debug, Deserialize)]
struct Wish {
    level: String,
    binding: String,
    /// The identity provider behind ours that was chosen.
    idp: Option<String>,
}

async fn login(
    State(site): State<Arc<ServiceProvider>>,
    headers: HeaderMap,
    Query(wish): Query<Wish>,
) -> Response {
    let class = match wish.level.as_str() {
        "SpidL1" => ClassRef::SpidL1,
        "SpidL2" => ClassRef::SpidL2,
        "SpidL3" => ClassRef::SpidL3,
        _ => return not_found(headers).await,
    };
    let (handle, browser) = (site.token(), site.token());
    let request = Request::spid(
        site.random.xml_id(),
        site.now(),
        site.provider.single_sign_on.clone(),
        ServiceProvider::entity_id(&site.base_url),
        class,
    );
    {
        let mut memory = site.memory();
        if memory.asked.len() >= MOST {
            return site::notice(
                &site::frame(&headers, None),
                &Notice::Wait { retry_after: 60, busy: true },
            );
        }
        let asked =
            Asked { request: request.clone(), at: request.issue_instant, browser: browser.clone() };
        memory.asked.insert(handle.clone(), asked);
    }
    let known = |idp: &&String| site.provider.others.iter().any(|(id, _)| id == *idp);
    let Ok(to) = site.sign_on(wish.idp.as_ref().filter(known)) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let kept = cookie::write(&cookie_of(&handle), &browser, KEPT.num_seconds());
    let sent = match wish.binding.as_str() {
        "redirect" => redirect(&site, &to, &request, &handle),
        "post" => form(&site, &to, &headers, &request, &handle),
        _ => return not_found(headers).await,
    };
    let Some(mut response) = sent else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    if let Ok(kept) = kept.parse() {
        response.headers_mut().append(SET_COOKIE, kept);
    }
    response
}

fn redirect(site: &ServiceProvider, to: &Url, request: &Request, handle: &str) -> Option<Response> {
    let xml = request.unsigned().ok()?;
    let state = Some(handle);
    let url =
        binding::redirect_url(to.as_str(), Parameter::SamlRequest, &xml, state, &*site.signer);
    Some(site::go(&url.ok()?, None))
}

fn form(
    site: &ServiceProvider,
    to: &Url,
    headers: &HeaderMap,
    request: &Request,
    handle: &str,
) -> Option<Response> {
    let xml = request.signed(&*site.signer).ok()?;
    let form = PostForm {
        action: to.to_string(),
        message: Message::Request,
        value: STANDARD.encode(xml),
        relay_state: Some(handle.to_owned()),
    };
    let frame = site::frame(headers, None);
    Some(site::page(StatusCode::OK, form.render(&frame), Some(to)))
}

async fn metadata(State(site): State<Arc<ServiceProvider>>) -> Response {
    ([(CONTENT_TYPE, "application/samlmetadata+xml")], site.metadata.clone()).into_response()
}

async fn not_found(headers: HeaderMap) -> Response {
    site::notice(&site::frame(&headers, None), &Notice::NotFound)
}

/// The cookie of the browser that began with `handle`.
pub(super) fn cookie_of(handle: &str) -> String {
    let short: String = handle.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
    format!("__Host-ask-{short}")
}

/// How long a login may take here.
const KEPT: TimeDelta = TimeDelta::minutes(15);
/// More logins at once are no demonstration.
const MOST: usize = 1000;
