//! `ponte init`: all that a server needs, made at once.

use std::path::Path;

use chrono::{DateTime, Utc};
use url::Url;

use crate::cli::arguments::Init;
use crate::cli::error::CliError;
use crate::cli::files;
use crate::cli::keys::open::Opened;
use crate::cli::keys::{list, make};
use crate::config::reference;
use crate::world::certificate::{Certificate, Holder, KeyKind};
use crate::world::private_key::{Digest, PrivateKey};
use crate::world::random::Random;
use crate::world::seal::SealKey;
use crate::world::shape::Body;
use crate::world::signer::KeyError;

/// Makes keys, certificate, settings and the folder for metadata, and says what to do next.
///
/// # Errors
/// When an argument cannot be used, something is there already, or a file cannot be made. If
/// something is there already, nothing is made.
pub fn init(arguments: &Init, random: &Random, now: DateTime<Utc>) -> Result<String, CliError> {
    let key = || PrivateKey::generate(arguments.key.kind(), Digest::Sha256);
    init_with(arguments, key, random, now)
}

/// As [`init`], with a key for signing that `key` gives once nothing is in the way.
///
/// # Errors
/// As [`init`], and when `key` fails.
pub fn init_with(
    arguments: &Init,
    key: impl FnOnce() -> Result<PrivateKey, KeyError>,
    random: &Random,
    now: DateTime<Utc>,
) -> Result<String, CliError> {
    let folder = &arguments.folder;
    let base_url = base_url(&arguments.base_url)?;
    let entity_id = format!("{base_url}/metadata");
    let made = [
        "ponte.toml",
        "keys/signing.key",
        "keys/signing.crt",
        "keys/signing.json",
        "keys/seal.key",
        "keys/push.key",
    ];
    if let Some(there) = made.iter().map(|name| folder.join(name)).find(|path| path.exists()) {
        return Err(CliError::Exists(there));
    }

    let holder = Holder {
        common_name: &arguments.organization,
        organization: &arguments.organization,
        entity_id: &entity_id,
        organization_identifier: &arguments.organization_id,
        country: "IT",
        locality: &arguments.locality,
    };
    let body = Body::of(&arguments.organization_id);
    let key = key()?;
    let secret = key.to_pem(None)?;
    let key = Opened::Held(Box::new(key));
    let certificate = make::certify(&key, &holder, body, random, now, arguments.days)?;
    let fingerprint = Certificate::from_pem(&certificate)?.fingerprint;
    let text = reference::example(&[
        ("server.base-url", quoted(&base_url)),
        ("idp.organization.name.it", quoted(&arguments.organization)),
        ("idp.organization.url.it", quoted(&arguments.organization_url)),
        ("idp.organization.identifier", quoted(&arguments.organization_id)),
        ("idp.organization.locality", quoted(&arguments.locality)),
    ]);
    crate::config::check::read(&text, &folder.join("ponte.toml"), &[])?;

    files::make_folder(folder, false)?;
    files::make_folder(&folder.join("keys"), true)?;
    files::make_folder(&folder.join("metadata/sp"), false)?;
    files::make(&folder.join("keys/signing.key"), &secret, true)?;
    files::make(&folder.join("keys/signing.crt"), &certificate, false)?;
    list::begin(&folder.join("keys"), now)?;
    let seal = SealKey::generate(random).to_text();
    files::make(&folder.join("keys/seal.key"), seal.as_bytes(), true)?;
    let push = PrivateKey::generate(KeyKind::EcdsaP256, Digest::Sha256)?.to_pem(None)?;
    files::make(&folder.join("keys/push.key"), &push, true)?;
    files::make(&folder.join("ponte.toml"), text.as_bytes(), false)?;
    Ok(next_steps(folder, &entity_id, &fingerprint.to_string()))
}

fn next_steps(folder: &Path, entity_id: &str, fingerprint: &str) -> String {
    let config = folder.join("ponte.toml");
    let config = config.display();
    let flag = if folder == Path::new(".") { String::new() } else { format!(" --config {config}") };
    format!(
        "Made in {}:
  ponte.toml         settings, every key explained
  keys/signing.key   private key for signing; keys/signing.crt, its certificate
                     SHA-256 {fingerprint}
  keys/signing.json  which key does what: `ponte keys` changes it (docs/keys.md)
  keys/seal.key      key that seals personal data: without it the store cannot be read,
                     so keep a copy of it elsewhere
  keys/push.key      key by which push services know us when we notify phones
  metadata/sp/       service providers' metadata goes here, one XML file each

Next:
  1. look through {config}
  2. ponte check{flag}          says what is still wrong
  3. ponte user add ada{flag}   adds a person
  4. ponte serve{flag}
  5. give {entity_id} to the service providers
",
        folder.display()
    )
}

/// Without the slash that a URL's empty path is written with.
fn base_url(said: &str) -> Result<String, CliError> {
    let parsed = Url::parse(said).ok().filter(|url| url.path() == "/" && url.has_host());
    match parsed {
        Some(url) => Ok(url.as_str().trim_end_matches('/').to_owned()),
        None => Err(CliError::Argument {
            what: "--base-url",
            expected: "scheme, host and port, such as https://idp.example.org",
            found: said.to_owned(),
        }),
    }
}

/// As a TOML string: JSON's escapes are among TOML's.
fn quoted(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string()
}
