//! `[sms]`: by what way codes leave, where to, and how many.

use std::path::Path;

use zeroize::Zeroizing;

use crate::config::raw;
use crate::config::settings::{SmsGateway, SmsWay, Texts};
use crate::config::signing::Wrong;
use crate::factors::sms::Budget;
use crate::world::sms_gateway::{BadTemplate, Escape, Success};

/// Checks the section; relative paths are taken from `folder`.
///
/// # Errors
/// With the first thing that is wrong.
pub fn check(raw: &raw::Sms, folder: &Path) -> Result<Option<Texts>, Wrong> {
    let is_code = |code: &str| {
        (1..=3).contains(&code.len())
            && code.bytes().all(|byte| byte.is_ascii_digit())
            && !code.starts_with('0')
    };
    if !is_code(&raw.country) {
        return Err(wrong("sms.country", "a country code without +, such as \"39\"", &raw.country));
    }
    let is_prefix = |prefix: &&String| {
        let digits = prefix.strip_prefix('+').unwrap_or_default();
        (1..=14).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    if let Some(bad) = raw.served.iter().find(|prefix| !is_prefix(prefix)) {
        return Err(wrong("sms.served", "how numbers begin, with + and the country code", bad));
    }
    let budget = Budget {
        person: most("sms.person-day", raw.person_day, 50)?,
        range: most("sms.range-day", raw.range_day, 10_000)?,
        house: most("sms.house-day", raw.house_day, 1_000_000)?,
    };
    let way = match raw.way.as_str() {
        "none" => return Ok(None),
        "folder" => SmsWay::Folder(folder.join(&raw.folder)),
        "gateway" if raw.gateway.is_empty() => {
            let expected = "one [[sms.gateway]] or more, where sms.way is \"gateway\"";
            return Err(("sms.gateway".to_owned(), expected, "none".to_owned()));
        }
        "gateway" => {
            let gateways = raw.gateway.iter().enumerate();
            SmsWay::Gateways(
                gateways.map(|(at, one)| gateway(one, at, folder)).collect::<Result<_, _>>()?,
            )
        }
        other => {
            return Err(wrong("sms.way", "\"none\" or \"folder\" or \"gateway\"", other));
        }
    };
    Ok(Some(Texts { way, country: raw.country.clone(), served: raw.served.clone(), budget }))
}

fn most(key: &str, said: u64, limit: u32) -> Result<u32, Wrong> {
    let number = u32::try_from(said).ok().filter(|number| (1..=limit).contains(number));
    number.ok_or_else(|| (key.to_owned(), "a number of messages, 1 or more", said.to_string()))
}

fn gateway(raw: &raw::SmsGateway, at: usize, folder: &Path) -> Result<SmsGateway, Wrong> {
    let key = |name: &str| format!("sms.gateway[{}].{name}", at + 1);
    let mut headers = Vec::new();
    for header in &raw.headers {
        let Some((name, value)) = header.split_once(':') else {
            return Err((key("headers"), "\"Name: value\"", format!("{header:?}")));
        };
        headers.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    let escape = match raw.escape.as_str() {
        "json" => Escape::Json,
        "form" => Escape::Form,
        "xml" => Escape::Xml,
        other => {
            let expected = "\"json\" or \"form\" or \"xml\"";
            return Err((key("escape"), expected, format!("{other:?}")));
        }
    };
    let statuses = match raw.success_status {
        None => Vec::new(),
        Some(said) => match u16::try_from(said).ok().filter(|said| (200..600).contains(said)) {
            Some(status) => vec![status],
            None => return Err((key("success-status"), "a status of HTTP", said.to_string())),
        },
    };
    let gateway = SmsGateway {
        name: raw.name.clone(),
        url: raw.url.clone(),
        headers,
        body: raw.body.clone().map(|body| (body, escape)),
        secret: raw.secret_file.as_ref().map(|file| folder.join(file)),
        success: Success { statuses, contains: raw.success_contains.clone() },
        authority: raw.authority.as_ref().map(|file| folder.join(file)),
    };
    let secret = gateway.secret.as_ref().map(|_| Zeroizing::new("secret".to_owned()));
    gateway.template(secret).check().map_err(|bad| {
        let (name, expected) = match &bad {
            BadTemplate::Url => ("url", "an https address (http is for this machine)"),
            BadTemplate::Origin => ("url", "an address with a fixed scheme, host and port"),
            BadTemplate::Unknown(_) => {
                ("body", "{to}, {digits}, {text}, {id} or {secret} in braces")
            }
            BadTemplate::Missing(_) => {
                ("body", "{to} or {digits}, and {text}, in the address or the body")
            }
            BadTemplate::NoSecret => ("secret-file", "the file of what {secret} stands for"),
            BadTemplate::Header(_) => ("headers", "\"Name: value\""),
        };
        (key(name), expected, bad.to_string())
    })?;
    Ok(gateway)
}

fn wrong(key: &str, expected: &'static str, found: &str) -> Wrong {
    (key.to_owned(), expected, format!("{found:?}"))
}
