//! The way by which notifications go to phones, opened as the settings say.

use std::path::Path;
use std::sync::Arc;

use crate::cli::error::CliError;
use crate::cli::files;
use crate::config::settings::Settings;
use crate::flow::pushing::Pushing;
use crate::world::certificate::KeyKind;
use crate::world::clock::Clock;
use crate::world::fetch::{Fetch, FetchLimits, HttpFetch};
use crate::world::private_key::{Digest, PrivateKey};
use crate::world::random::Random;
use crate::world::web_push::{Vapid, WebPush};

/// What sends notifications; `None` where the settings name no push service, or nothing is asked by push.
///
/// # Errors
/// When the key cannot be read or made, or TLS cannot be set up.
pub fn open(
    settings: &Settings,
    random: &Arc<Random>,
    clock: &Clock,
) -> Result<Option<Pushing>, CliError> {
    let app = &settings.app;
    let asks = app.offered.contains(&crate::assurance::factor::Factor::Push);
    if !asks || app.services.is_empty() {
        return Ok(None);
    }
    let Some(key) = key(&app.key)? else { return Ok(None) };
    let mail = settings.support.email.as_ref().map(|email| format!("mailto:{email}"));
    let contact = app.contact.clone().or(mail);
    let contact = contact.unwrap_or_else(|| settings.server.base_url.to_string());
    let vapid = Vapid::new(key, contact).map_err(|error| CliError::PushKey(Box::new(error)))?;
    let authority = app.authority.as_deref().map(files::read).transpose()?;
    let limits = FetchLimits { body: MOST, ..FetchLimits::default() };
    let fetch = HttpFetch::new(&app.services, authority.as_deref(), limits);
    let fetch: Arc<dyn Fetch> = Arc::new(fetch.map_err(CliError::Fetch)?);
    let public_key = vapid.public().to_owned();
    let outbox =
        Arc::new(WebPush { vapid, fetch, random: Arc::clone(random), clock: clock.clone() });
    Ok(Some(Pushing { outbox, public_key, services: app.services.clone() }))
}

/// The key in `file`, made if it is missing. Where it cannot be made, the app goes without notifications.
fn key(file: &Path) -> Result<Option<PrivateKey>, CliError> {
    if !file.exists() {
        let made = PrivateKey::generate(KeyKind::EcdsaP256, Digest::Sha256)?;
        let pem = made.to_pem(None)?;
        if let Err(error) = files::make(file, &pem, true) {
            let (file, cause) = (file.display(), CliError::chain(&error));
            tracing::warn!(event = "push.no-key", %file, cause, "phones get no notifications");
            return Ok(None);
        }
    }
    let pem = files::read(file)?;
    PrivateKey::from_pem(&pem, None, Digest::Sha256).map(Some).map_err(CliError::from)
}

/// Octets of an answer.
const MOST: usize = 64 * 1024;
