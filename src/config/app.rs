//! `[app]`: the ways of the app on people's phones, and the push services that are asked.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use url::Url;

use crate::assurance::factor::Factor;
use crate::config::signing::Wrong;
use crate::flow::env::AppSettings;
use crate::world::fetch::origin_of;

/// The section, word for word, once defaults are filled in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct RawApp {
    pub push: bool,
    pub qr: bool,
    pub qr_passwordless: bool,
    pub pin: bool,
    pub minimum_version: u64,
    pub push_key: String,
    pub push_contact: Option<String>,
    pub push_services: Vec<String>,
    pub push_authority: Option<String>,
}

/// The app on people's phones.
#[derive(Clone, Debug)]
pub struct App {
    /// By which of its ways people may sign in.
    pub offered: Vec<Factor>,
    /// What is asked of it.
    pub asked: AppSettings,
    /// The file of our key for push services.
    pub key: PathBuf,
    /// Where push services find us.
    pub contact: Option<String>,
    /// The push services that are asked, by origin.
    pub services: Vec<String>,
    /// The file of certificates to believe of them.
    pub authority: Option<PathBuf>,
}

/// Checks the section; relative paths are taken from `folder`.
///
/// # Errors
/// With the first thing that is wrong.
pub fn check(raw: &RawApp, folder: &Path) -> Result<App, Wrong> {
    let ways = [
        (raw.push, Factor::Push),
        (raw.qr, Factor::Qr),
        (raw.qr_passwordless, Factor::QrPasswordless),
        (raw.pin, Factor::PhonePin),
    ];
    if raw.pin && !raw.push && !raw.qr {
        let expected = "false, or app.push or app.qr with it: a PIN stands in for no password";
        return Err(("app.pin".to_owned(), expected, "true".to_owned()));
    }
    let services = raw.push_services.iter().map(|service| {
        origin_of(service).map_err(|_| {
            let expected = "an origin (https://host; http is for this machine)";
            ("app.push-services".to_owned(), expected, format!("{service:?}"))
        })
    });
    let contact = |said: &String| {
        let url = Url::parse(said).ok();
        url.is_some_and(|url| matches!(url.scheme(), "mailto" | "https"))
    };
    if let Some(bad) = raw.push_contact.as_ref().filter(|said| !contact(said)) {
        let expected = "a mailto: or https: address";
        return Err(("app.push-contact".to_owned(), expected, format!("{bad:?}")));
    }
    let version = u32::try_from(raw.minimum_version).map_err(|_| {
        let found = raw.minimum_version.to_string();
        ("app.minimum-version".to_owned(), "a version of the app", found)
    })?;
    Ok(App {
        offered: ways.into_iter().filter(|(is, _)| *is).map(|(_, factor)| factor).collect(),
        asked: AppSettings { minimum_version: version },
        key: folder.join(&raw.push_key),
        contact: raw.push_contact.clone(),
        services: services.collect::<Result<_, _>>()?,
        authority: raw.push_authority.as_ref().map(|file| folder.join(file)),
    })
}
