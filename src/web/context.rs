//! What a handler knows of the request at hand: who asks, in which language, under which support id.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::header::{ACCEPT_LANGUAGE, USER_AGENT};
use axum::http::request::Parts;

use crate::flow::env::Env;
use crate::flow::visit::{Visitor, in_letters, login_support_id};
use crate::login::request::LocalName;
use crate::texts::language::Language;
use crate::web::cookie;
use crate::web::monitoring::peer;
use crate::web::origin::client_address;
use crate::web::pages::frame::Frame;

/// The request at hand.
#[derive(Clone, Debug)]
pub struct Context {
    /// Everything else.
    pub env: Arc<Env>,
    /// Who asks.
    pub address: IpAddr,
    /// In which language to answer.
    pub language: Language,
    /// The name by which the log knows the request.
    pub support_id: String,
    /// The cookie of a browser used before.
    pub device: Option<String>,
    /// The cookie of the browser's session.
    pub session: Option<String>,
    /// What the browser used last to come in: an upstream and its identity provider.
    pub used: Option<(String, String)>,
    /// What the browser says of itself.
    pub agent: Option<String>,
    /// Where a GET shows the same page again.
    pub here: Option<String>,
}

impl Context {
    /// Reads what `parts` say.
    #[must_use]
    pub fn new(env: Arc<Env>, parts: &Parts) -> Self {
        let address = client_address(peer(parts), &parts.headers, &env.settings.proxies);
        let accepted = parts.headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
        let chosen = cookie::read(&parts.headers, cookie::LANGUAGE);
        let here = parts.uri.path_and_query().map(|path| path.as_str().to_owned());
        Self {
            address,
            language: Language::negotiate(chosen, accepted),
            support_id: support_id(&env, parts.uri.path()),
            device: cookie::read(&parts.headers, cookie::DEVICE).map(str::to_owned),
            session: cookie::read(&parts.headers, cookie::SESSION).map(str::to_owned),
            used: cookie::read(&parts.headers, cookie::WAY).and_then(used),
            agent: agent.map(str::to_owned),
            here: here.filter(|_| parts.method == axum::http::Method::GET),
            env,
        }
    }

    /// The visitor of a login whose cookie is `browser`.
    #[must_use]
    pub fn visitor<'a>(&'a self, browser: Option<&'a str>) -> Visitor<'a> {
        Visitor {
            address: self.address,
            browser,
            device: self.device.as_deref(),
            session: self.session.as_deref(),
            agent: self.agent.as_deref(),
            language: self.language,
            support_id: &self.support_id,
        }
    }

    /// What stands around every page.
    #[must_use]
    pub fn frame(&self) -> Frame {
        let settings = &self.env.settings;
        let support = &settings.support;
        let url = support.url.as_ref().map(ToString::to_string);
        Frame {
            language: self.language,
            name: self.local(&settings.service).unwrap_or("ponte").to_owned(),
            support: support.email.clone().or(url).or_else(|| support.name.clone()),
            here: self.here.clone(),
            demo: settings.demo,
        }
    }

    /// The one of two names that this visitor reads.
    #[must_use]
    pub fn local<'a>(&self, name: &'a LocalName) -> Option<&'a str> {
        let (first, second) = match self.language {
            Language::It => (&name.it, &name.en),
            Language::En => (&name.en, &name.it),
        };
        first.as_deref().or(second.as_deref())
    }
}

/// What the cookie of the way used last says.
fn used(cookie: &str) -> Option<(String, String)> {
    let (upstream, provider) = cookie.split_once('|')?;
    let provider = percent_encoding::percent_decode_str(provider).decode_utf8().ok()?;
    Some((upstream.to_owned(), provider.into_owned()))
}

/// A request of a login bears the login's name, any other one its own.
fn support_id(env: &Env, path: &str) -> String {
    match path.strip_prefix("/login/").and_then(|rest| rest.split('/').next()) {
        Some(handle) => login_support_id(handle),
        None => in_letters(&env.random.bytes::<12>()),
    }
}
