//! The store and its keys, opened by this process.

use std::path::Path;

use crate::cli::error::CliError;
use crate::cli::signing::Examples;
use crate::cli::{examples, files};
use crate::config::settings::Settings;
use crate::store::sled::{self, SledStore};
use crate::world::random::Random;
use crate::world::seal::{Seal, SealKey};

/// Opens the store in the data folder, and its ring of data keys; makes both where there are none.
///
/// # Errors
/// When another process has it, a key does not fit, or a file cannot be read or made.
pub fn open(settings: &Settings, random: &Random) -> Result<(SledStore, Seal), CliError> {
    let data = &settings.server.data;
    files::make_folder(data, true)?;
    let folder = data.join(STORE);
    let is_new = !folder.exists();
    let store = sled::open_with(&folder, settings.server.store_cache);
    let store = store.map_err(CliError::Store)?;
    let seal = ring(&settings.keys.seal, &data.join(RING), is_new, random)?;
    Ok((store, seal))
}

/// The data keys of a store that is there, without the store itself.
///
/// # Errors
/// When they cannot be read, or the key of `keys.seal` does not fit.
pub fn ring_of(settings: &Settings) -> Result<Seal, CliError> {
    ring(&settings.keys.seal, &settings.server.data.join(RING), false, &Random::system())
}

/// The data keys, which lie beside the store, wrapped with the key of `keys.seal`.
fn ring(key: &Path, ring: &Path, is_new: bool, random: &Random) -> Result<Seal, CliError> {
    let text = zeroize::Zeroizing::new(files::read_text(key)?);
    let key = SealKey::parse(&text).map_err(|error| CliError::Seal(key.to_owned(), error))?;
    let wrong = |error| CliError::Seal(ring.to_owned(), error);
    if ring.exists() {
        return Seal::from_ring(&files::read_text(ring)?, &key).map_err(wrong);
    }
    if !is_new {
        return Err(CliError::NoRing(ring.to_owned()));
    }
    let seal = Seal::generate(random);
    let wrapped = seal.to_ring(&key, random).map_err(wrong)?;
    files::make(ring, wrapped.as_bytes(), true)?;
    files::sync_folder(ring.parent().unwrap_or_else(|| Path::new(".")))?;
    Ok(seal)
}

/// Refuses a sealing key that everybody has.
///
/// # Errors
/// When it is one, or cannot be read.
pub fn refuse_example(key: &Path, examples: Examples) -> Result<(), CliError> {
    let text = zeroize::Zeroizing::new(files::read_text(key)?);
    if examples == Examples::Refuse && examples::is_example_seal(&text) {
        return Err(CliError::ExampleKey(key.to_owned()));
    }
    Ok(())
}

/// The store's folder in the data folder.
pub const STORE: &str = "store";
/// The ring's file in the data folder.
pub const RING: &str = "keyring.json";
/// The socket's file in the data folder.
pub const SOCKET: &str = "admin.sock";
