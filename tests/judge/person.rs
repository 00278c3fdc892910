//! A person in front of the provider's pages, as the setup tells it to read them.

use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;

use crate::agent::{Agent, Page};
use crate::html::Form;
use crate::setup::{Login, Person, Step};

/// What the person does once logged in, or on the way.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Wish {
    /// Has the data sent.
    Accept,
    /// Denies consent.
    Deny,
    /// Gives up at the first page.
    Cancel,
    /// Gives up when asked for a code.
    CancelLate,
    /// Types a wrong password, again and again.
    Fail,
}

/// Goes on from `page` to the answer for the service provider, or as far as it goes.
pub(crate) fn walk(
    agent: &mut Agent,
    mut page: Page,
    login: &Login,
    person: &Person,
    wish: Wish,
) -> io::Result<Page> {
    let mut codes = 0;
    for _ in 0..20 {
        if page.response_form().is_some() {
            break;
        }
        if let Some(wait) = asked_to_wait(&page) {
            std::thread::sleep(wait);
        }
        let at_code = fitting(&page, login.code.as_ref()).is_some();
        if wish == Wish::Cancel || wish == Wish::CancelLate && at_code {
            let Some((form, values)) = fitting(&page, login.cancel.as_ref()) else { break };
            page = agent.submit(&page, &form, &values)?;
            continue;
        }
        if let Some((form, mut values)) = fitting(&page, login.credentials.as_ref()) {
            for value in &mut values {
                let password =
                    if wish == Wish::Fail { "surely not this one" } else { &person.password };
                value.1 =
                    value.1.replace("{username}", &person.username).replace("{password}", password);
            }
            page = agent.submit(&page, &form, &values)?;
        } else if let Some((form, mut values)) = fitting(&page, login.code.as_ref()) {
            let secret = person.totp.as_deref().ok_or_else(|| {
                io::Error::other(format!("{} is asked for a code and has no totp", person.username))
            })?;
            if codes > 0 {
                // The last one was used before: the next is not.
                std::thread::sleep(until_next_code());
            }
            codes += 1;
            let code = totp(secret, unix_time())?;
            for value in &mut values {
                value.1 = value.1.replace("{code}", &code);
            }
            page = agent.submit(&page, &form, &values)?;
        } else if let Some((form, values)) = match wish {
            Wish::Deny => fitting(&page, login.deny.as_ref()),
            _ => fitting(&page, login.accept.as_ref()),
        } {
            page = agent.submit(&page, &form, &values)?;
        } else {
            break;
        }
    }
    Ok(page)
}

/// A provider that slows guessing down says for how long; what is above two minutes is not waited for.
fn asked_to_wait(page: &Page) -> Option<Duration> {
    let seconds = page.header("retry-after")?.parse().ok().filter(|seconds| *seconds <= 120)?;
    (page.status == 429).then(|| Duration::from_secs(seconds))
}

/// The first form of `page` that `step` describes, and what to fill in.
fn fitting(page: &Page, step: Option<&Step>) -> Option<(Form, Vec<(String, String)>)> {
    let step = step?;
    let press = step.press.as_deref().and_then(|press| press.split_once('='));
    let form = page.forms().into_iter().find(|form| {
        let has_fields = step.fields.keys().all(|name| form.field(name).is_some());
        let has_button = press.is_none_or(|(name, value)| {
            form.buttons.iter().any(|button| button.0 == name && button.1 == value)
        });
        let is_there = step.action.as_deref().is_none_or(|action| form.action.ends_with(action));
        has_fields && has_button && is_there
    })?;
    let mut values: Vec<_> =
        step.fields.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    values.extend(press.map(|(name, value)| (name.to_owned(), value.to_owned())));
    Some((form, values))
}

fn unix_time() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn until_next_code() -> Duration {
    Duration::from_secs(31 - unix_time() % 30)
}

/// RFC 6238: six digits, thirty seconds, SHA-1.
fn totp(secret: &str, at: u64) -> io::Result<String> {
    let key = PKey::hmac(&base32(secret)).map_err(io::Error::other)?;
    let mut signer = Signer::new(MessageDigest::sha1(), &key).map_err(io::Error::other)?;
    let mac = signer.sign_oneshot_to_vec(&(at / 30).to_be_bytes()).map_err(io::Error::other)?;
    let offset = usize::from(mac[19] & 15);
    let four = [mac[offset] & 127, mac[offset + 1], mac[offset + 2], mac[offset + 3]];
    Ok(format!("{:06}", u32::from_be_bytes(four) % 1_000_000))
}

fn base32(text: &str) -> Vec<u8> {
    let (mut bits, mut held, mut out) = (0u32, 0u32, Vec::new());
    for c in text.chars().filter(char::is_ascii_alphanumeric) {
        let place = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(c.to_ascii_uppercase()).unwrap_or(0);
        bits = bits << 5 | u32::try_from(place).unwrap_or(0);
        held += 5;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from(bits >> held & 255).unwrap_or(0));
        }
    }
    out
}
