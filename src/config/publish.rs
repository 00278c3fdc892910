//! `[publish]`: what is published beside our own metadata.

use chrono::TimeDelta;
use serde::Deserialize;
use url::Url;

use crate::config::check::Check;
use crate::config::signing::Wrong;
use crate::flow::publishing::{Terms, Which};
use crate::saml::metadata::read::is_entity_id;

/// `[publish]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct RawPublish {
    pub mdq: bool,
    pub list: bool,
    pub partners: Vec<String>,
    pub name: Option<String>,
    pub valid_hours: u64,
    pub cache_hours: u64,
}

impl Check<'_> {
    pub(super) fn publish(&mut self, raw: &RawPublish) -> Option<Terms> {
        check(raw)
            .map_err(|(key, expected, found)| self.note(&key, expected.to_owned(), found))
            .ok()
    }
}

fn check(raw: &RawPublish) -> Result<Terms, Wrong> {
    let hours = |key: &str, said: u64, most: u64, expected: &'static str| {
        let hours = i64::try_from(said).ok().filter(|_| (1..=most).contains(&said));
        hours
            .map(TimeDelta::hours)
            .ok_or_else(|| (format!("publish.{key}"), expected, said.to_string()))
    };
    let valid = hours("valid-hours", raw.valid_hours, 8760, "a number from 1 to 8760")?;
    let cache = hours("cache-hours", raw.cache_hours, 720, "a number from 1 to 720")?;
    if cache * 2 > valid {
        let expected = "at most half of publish.valid-hours: what others keep must not end unseen";
        return Err(("publish.cache-hours".into(), expected, raw.cache_hours.to_string()));
    }
    let name = raw.name.as_ref().map(|said| {
        let is_name = Url::parse(said).is_ok() && is_entity_id(said);
        let wrong = || ("publish.name".into(), "an address, or a URN", format!("{said:?}"));
        if is_name { Ok(said.clone()) } else { Err(wrong()) }
    });
    let name = name.transpose()?;
    if let Some(said) = raw.partners.iter().find(|said| *said != "*" && !is_entity_id(said)) {
        return Err(("publish.partners".into(), "entityIDs, or \"*\"", format!("{said:?}")));
    }
    let partners = if raw.partners.iter().any(|said| said == "*") {
        Which::All
    } else {
        Which::These(raw.partners.iter().cloned().collect())
    };
    Ok(Terms { mdq: raw.mdq, list: raw.list, partners, name, valid, cache })
}
