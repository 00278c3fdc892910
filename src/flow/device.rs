//! Browsers from which a person has logged in before: a sealed cookie says whose.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::flow::env::Env;
use crate::identity::subject::Subject;

/// What the cookie says, sealed.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct Device {
    /// Who has logged in, the latest last.
    used: Vec<Use>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Use {
    subject: Subject,
    until: DateTime<Utc>,
}

/// Whether `subject` has logged in from the browser with this cookie.
#[must_use]
pub fn is_known(env: &Env, cookie: Option<&str>, subject: &Subject, now: DateTime<Utc>) -> bool {
    read(env, cookie).used.iter().any(|one| one.subject == *subject && now < one.until)
}

/// The cookie that says so from now on; `None` if it cannot be sealed.
#[must_use]
pub fn remember(
    env: &Env,
    cookie: Option<&str>,
    subject: &Subject,
    now: DateTime<Utc>,
) -> Option<String> {
    let mut device = read(env, cookie);
    device.used.retain(|one| one.subject != *subject && now < one.until);
    let surplus = (device.used.len() + 1).saturating_sub(MOST);
    device.used.drain(..surplus);
    device.used.push(Use { subject: subject.clone(), until: now + REMEMBERED });
    let plain = serde_json::to_vec(&device).ok()?;
    let sealed = env.seal.seal(CONTEXT, &plain, &env.random).ok()?;
    Some(URL_SAFE_NO_PAD.encode(sealed))
}

fn read(env: &Env, cookie: Option<&str>) -> Device {
    let opened = cookie
        .filter(|cookie| cookie.len() <= 4096)
        .and_then(|cookie| URL_SAFE_NO_PAD.decode(cookie).ok())
        .and_then(|sealed| env.seal.open(CONTEXT, &sealed).ok());
    opened.and_then(|plain| serde_json::from_slice(&plain).ok()).unwrap_or_default()
}

/// How long a browser is known after a login.
pub const REMEMBERED: TimeDelta = TimeDelta::days(180);
const MOST: usize = 8;
const CONTEXT: &[u8] = b"device cookie";
