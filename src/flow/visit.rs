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
use crate::texts::language::Language;
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
    /// In which language they are answered.
    pub language: Language,
    /// The name under which the log knows this request, and a person asks for help.
    pub support_id: &'a str,
}

/// The digest under which a login keeps its browser's secret.
#[must_use]
pub fn browser_digest(secret: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(&[b"browser ", secret.as_bytes()].concat()))
}

/// The name under which the log, the register and the person who asks for help know the login `handle`: the same from
/// its request to its answer, and no way back to the handle.
#[must_use]
pub fn login_support_id(handle: &str) -> String {
    let digest = sha256(&[b"support ", handle.as_bytes()].concat());
    in_letters(digest.as_ref())
}

/// Twelve letters and digits in groups of four, of the first twelve bytes: easy to read out on the telephone.
#[must_use]
pub fn in_letters(bytes: &[u8]) -> String {
    let mut id = String::with_capacity(14);
    for (place, byte) in bytes.iter().take(12).enumerate() {
        if place > 0 && place % 4 == 0 {
            id.push('-');
        }
        id.push(char::from(LETTERS[usize::from(*byte) % LETTERS.len()]));
    }
    id
}

const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

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
    let foreign = || Failure::Told(Trouble::OtherBrowser);
    let digest = visitor.browser.map(browser_digest).ok_or_else(foreign)?;
    if loaded.value.is_of_browser(&digest) {
        session::or_forgotten(env, loaded, visitor, now).await
    } else if loaded.value.has_left_behind(&digest) {
        Err(Failure::Told(Trouble::LeftBehind))
    } else {
        Err(foreign())
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
