//! The keys of a running server, read again when a command has changed them.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::admin::client::Client;
use crate::admin::command::{Command, Done};
use crate::cli::error::CliError;
use crate::cli::signing::{self, Examples, Signing};
use crate::cli::{files, metadata, store};
use crate::config::settings::Settings;
use crate::flow::env::{Env, KeySet, Published};
use crate::flow::expiry::{Ending, Whose};
use crate::world::certificate::Certificate;

/// What the server holds of the keys; `document` is the metadata that they signed.
#[must_use]
pub fn key_set(
    signing: Signing,
    document: String,
    entities: HashMap<String, Published>,
    settings: &Settings,
    now: DateTime<Utc>,
) -> KeySet {
    let own = signing.certificates.into_iter().map(|own| Ending {
        whose: Whose::Signing,
        name: own.name,
        not_before: own.certificate.not_before,
        not_after: own.certificate.not_after,
    });
    let tls = settings.server.tls.iter().filter_map(|files| {
        let pem = files::read(&files.certificate).ok()?;
        let certificate = Certificate::from_pem(&pem).ok()?;
        Some(Ending {
            whose: Whose::Tls,
            name: files.certificate.display().to_string(),
            not_before: certificate.not_before,
            not_after: certificate.not_after,
        })
    });
    KeySet {
        signer: signing.signer,
        further: signing.further,
        metadata: Published::new(document, now),
        entities,
        certificates: own.chain(tls).collect(),
    }
}

/// Reads the keys again, and signs with them from here on; if something is wrong with them, everything stays as it was.
/// Returns the SHA-256 of the certificate of the key that signs.
///
/// # Errors
/// When they cannot be used, or the register's checkpoint cannot be signed anew.
pub fn read_again(env: &Env, settings: &Settings) -> Result<String, CliError> {
    let examples = if env.settings.demo { Examples::Accept } else { Examples::Refuse };
    let signing = signing::load(&settings.keys, examples)?;
    let document = metadata::document(&env.idp, &signing)?;
    let fingerprint = Certificate::from_der(signing.signer.certificate())?.fingerprint.to_string();
    let changed = env.keys.snapshot().signer.certificate() != signing.signer.certificate();
    if changed {
        env.register.sign_with(Arc::clone(&signing.signer)).map_err(CliError::Register)?;
    }
    let entities = metadata::of_entities(settings, &signing, env.clock.now())?;
    env.keys.swap(key_set(signing, document, entities, settings, env.clock.now()));
    tracing::info!(event = "keys.loaded", certificate = fingerprint, changed);
    Ok(fingerprint)
}

/// [`read_again`], aside: tokens take their time.
///
/// # Errors
/// As there, in words.
pub async fn take_up(env: &Arc<Env>, settings: &Settings) -> Result<String, String> {
    let (env, settings) = (Arc::clone(env), settings.clone());
    let done = tokio::task::spawn_blocking(move || {
        read_again(&env, &settings).map_err(|error| error.chain())
    });
    done.await.unwrap_or_else(|lost| Err(lost.to_string()))
}

/// Has the server that runs, if one does, read the keys again; returns the certificate that it signs with.
///
/// # Errors
/// When it cannot, or another version runs.
pub async fn tell_server(settings: &Settings) -> Result<Option<String>, CliError> {
    let socket = settings.server.data.join(store::SOCKET);
    let Some(mut client) = Client::connect(&socket).await? else { return Ok(None) };
    match client.ask(&Command::ReloadKeys).await?? {
        Done::KeysReloaded { certificate } => Ok(Some(certificate)),
        other => crate::cli::office::unexpected(other),
    }
}
