//! `[sms]`: by what way codes leave, where to, and how many.

use std::path::Path;

use crate::config::raw;
use crate::config::settings::{SmsWay, Texts};
use crate::config::signing::Wrong;
use crate::config::sms_gateway::gateway;
use crate::factors::sms::Budget;

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

fn wrong(key: &str, expected: &'static str, found: &str) -> Wrong {
    (key.to_owned(), expected, format!("{found:?}"))
}
