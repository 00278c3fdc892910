//! Our signing keys, from their files.

use std::sync::Arc;

use crate::cli::error::CliError;
use crate::cli::{examples, files};
use crate::config::settings::Keys;
use crate::world::certificate::Certificate;
use crate::world::signer::{KeyFile, Signer as _};

/// The key that signs, and the certificates (DER) of the others, which are only published.
#[derive(Debug)]
pub struct Signing {
    /// It signs.
    pub signer: Arc<KeyFile>,
    /// They will sign, or have signed.
    pub further: Vec<Vec<u8>>,
}

/// Whether keys that everybody has are taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Examples {
    /// They are not.
    Refuse,
    /// They are: for the demo.
    Accept,
}

/// Loads the keys.
///
/// # Errors
/// When a file cannot be read, a key cannot be used, or it is an example and those are refused.
pub fn load(keys: &Keys, examples: Examples) -> Result<Signing, CliError> {
    let mut loaded = Vec::with_capacity(keys.signing.len());
    for files in &keys.signing {
        let key = zeroize::Zeroizing::new(files::read(&files.key)?);
        let certificate = files::read(&files.certificate)?;
        let signer = KeyFile::load(&key, &certificate)
            .map_err(|error| CliError::Key(files.key.clone(), error))?;
        let certificate = Certificate::from_pem(&certificate)?;
        if examples == Examples::Refuse && examples::is_example_certificate(&certificate) {
            return Err(CliError::ExampleKey(files.key.clone()));
        }
        loaded.push(signer);
    }
    let mut loaded = loaded.into_iter();
    let signer = Arc::new(loaded.next().ok_or(CliError::NoSigningKey)?);
    let further = loaded.map(|signer| signer.certificate().to_vec()).collect();
    Ok(Signing { signer, further })
}
