//! Our signing keys, as the server uses them.

use std::sync::Arc;

use crate::cli::error::CliError;
use crate::cli::keys::list::{self, KeyList};
use crate::cli::keys::open::Opener;
use crate::cli::{examples, files};
use crate::config::settings::Keys;
use crate::world::certificate::Certificate;
use crate::world::clock::Clock;
use crate::world::roles::{Entry, Role};
use crate::world::signer::Signer;

/// The key that signs, and the certificates (DER) of the others.
#[derive(Debug)]
pub struct Signing {
    /// It signs.
    pub signer: Arc<dyn Signer>,
    /// They are published beside its own: the next key's, those of retired keys that are kept there.
    pub further: Vec<Vec<u8>>,
    /// They signed once, and what they signed is believed: checkpoints of the register.
    pub former: Vec<Vec<u8>>,
    /// Each key that is published or waits to be, for warnings of its end.
    pub certificates: Vec<Own>,
}

/// A certificate of ours.
#[derive(Clone, Debug)]
pub struct Own {
    /// The key's name.
    pub name: String,
    /// What the key does.
    pub role: Role,
    /// What it says.
    pub certificate: Certificate,
}

/// Whether keys that everybody has are taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Examples {
    /// They are not.
    Refuse,
    /// They are: for the demo.
    Accept,
}

/// Loads the key that signs, and the certificates of the others.
///
/// # Errors
/// When a file cannot be read, the key cannot be used, or it is an example and those are refused.
pub fn load(keys: &Keys, examples: Examples) -> Result<Signing, CliError> {
    let list = list::read(keys, Clock::system().now())?;
    let current = list.roles.with(Role::Current).ok_or(CliError::NoSigningKey)?;
    let signer = Opener::new(keys, examples).signer(&list, current)?;
    let others = list.roles.published().filter(|entry| entry.role != Role::Current);
    let further = others.map(|entry| {
        let certificate = certificate(&list, entry)?;
        if examples == Examples::Refuse && examples::is_example_certificate(&certificate) {
            return Err(CliError::ExampleKey(list.certificate(entry).unwrap_or_default()));
        }
        Ok(certificate.der)
    });
    let further = further.collect::<Result<_, _>>()?;
    let retired = list.roles.all().iter().filter(|entry| entry.role != Role::Current);
    let former = retired.filter_map(|entry| der(&list, entry).ok()).collect();
    let mut certificates = Vec::new();
    for entry in list.roles.published() {
        let certificate = certificate(&list, entry)?;
        certificates.push(Own { name: entry.name.clone(), role: entry.role, certificate });
    }
    Ok(Signing { signer, further, former, certificates })
}

/// The certificate of `entry`.
///
/// # Errors
/// When it has none, or it cannot be read.
pub fn certificate(list: &KeyList, entry: &Entry) -> Result<Certificate, CliError> {
    let path = list.certificate(entry).unwrap_or_default();
    let pem = files::read(&path)?;
    Certificate::from_pem(&pem).map_err(|error| CliError::BadCertificate(path, error))
}

fn der(list: &KeyList, entry: &Entry) -> Result<Vec<u8>, CliError> {
    certificate(list, entry).map(|certificate| certificate.der)
}
