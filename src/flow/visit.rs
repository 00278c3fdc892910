//! A browser at a login: which one it is, and whether it may go on with it.

use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};

use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::reply::Trouble;
use crate::flow::session;
use crate::login::transaction::Transaction;
use crate::store::record::Loaded;
use crate::store::transactions;
use crate::world::digest::sha256;

/// What a request of a browser says of itself.
#[derive(Clone, Copy, Debug)]
pub struct Visitor<'a> {
    /// Its address.
    pub address: IpAddr,
    /// The secret of the login's cookie.
    pub browser: Option<&'a str>,
    /// The cookie of the browser's session, as [`session`](crate::flow::session) made it.
    pub session: Option<&'a str>,
    /// What the browser says of itself (RFC 9110 §10.1.5).
    pub agent: Option<&'a str>,
    /// The sealed cookie of a browser used before.
    pub device: Option<&'a str>,
    /// The name under which the log knows this request, and a person asks for help.
    pub support_id: &'a str,
}

/// The digest under which a login keeps its browser's secret.
#[must_use]
pub fn browser_digest(secret: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(&[b"browser ", secret.as_bytes()].concat()))
}

/// The login `handle`, if it is this browser's. One that goes on from a session which is over, or
/// no longer this browser's, is as if nobody had shown who they are.
pub(in crate::flow) async fn enter(
    env: &Env,
    handle: &str,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Loaded<Transaction>, Failure> {
    let loaded = transactions::load::<Transaction>(env.records(), handle, now).await?;
    let Some(loaded) = loaded else { return Err(Failure::Told(Trouble::Expired)) };
    let digest = visitor.browser.map(browser_digest);
    if digest.is_some_and(|digest| loaded.value.is_of_browser(&digest)) {
        session::or_forgotten(env, loaded, visitor, now).await
    } else {
        Err(Failure::Told(Trouble::OtherBrowser))
    }
}

/// As [`enter`], for a form, which must carry the login's token.
pub(in crate::flow) async fn enter_with_form(
    env: &Env,
    handle: &str,
    csrf: &str,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Loaded<Transaction>, Failure> {
    let loaded = enter(env, handle, visitor, now).await?;
    if loaded.value.has_token(csrf) { Ok(loaded) } else { Err(Failure::Told(Trouble::NotOurForm)) }
}
