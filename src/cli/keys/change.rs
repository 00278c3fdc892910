//! What becomes of keys: promoted, retired, removed, given a certificate.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};

use crate::cli::error::CliError;
use crate::cli::files;
use crate::cli::keys::arguments::{Promote, Remove};
use crate::cli::keys::list;
use crate::cli::keys::open::Opener;
use crate::cli::signing::{self, Examples};
use crate::config::settings::Settings;
use crate::world::certificate::Certificate;
use crate::world::key_place::KeyPlace;
use crate::world::roles::Role;
use crate::world::shape;

/// What a promotion did, or would do.
#[derive(Debug)]
pub struct Promoted {
    /// The key that signed.
    pub old: Option<String>,
    /// The key that signs.
    pub new: String,
    /// Since when the metadata named the new one.
    pub published: Option<DateTime<Utc>>,
}

/// Lets the next key sign, once it has shown that it can; one replacement of one file, so that at every moment exactly one key signs.
///
/// # Errors
/// When it cannot sign, its certificate is not good now, or no key is next.
pub fn promote(
    said: &Promote,
    settings: &Settings,
    now: DateTime<Utc>,
) -> Result<Promoted, CliError> {
    list::change(&settings.keys, now, said.dry.run, |list| {
        let before = list.roles.clone();
        let (old, new) = list.roles.promote(said.name.as_deref(), said.keep_published, now)?;
        let entry = list.roles.find(&new)?;
        Opener::new(&settings.keys, Examples::Refuse).signer(list, entry)?;
        let certificate = signing::certificate(list, entry)?;
        if !(certificate.not_before..certificate.not_after).contains(&now) {
            let (from, until) = (certificate.not_before, certificate.not_after);
            return Err(CliError::Shape(format!("it is good from {from} until {until} only")));
        }
        let entry = before.find(&new)?;
        let published = (entry.role == Role::Next).then_some(entry.since);
        Ok(Promoted { old, new, published })
    })
}

/// Takes a key out of the metadata.
///
/// # Errors
/// When there is none of that name, or it signs.
pub fn retire(
    name: &str,
    dry: bool,
    settings: &Settings,
    now: DateTime<Utc>,
) -> Result<(), CliError> {
    list::change(&settings.keys, now, dry, |list| Ok(list.roles.retire(name, now)?))
}

/// Destroys the private key of a key that does not sign. The certificate of one that has signed stays, unless it is to be forgotten.
/// The key goes from the list first: a crash in between leaves a file that nothing names.
///
/// # Errors
/// When it signs, the register's checkpoint needs the certificate, or the key cannot be destroyed.
pub fn remove(said: &Remove, settings: &Settings, now: DateTime<Utc>) -> Result<(), CliError> {
    let name = said.name.as_str();
    let removed = list::change(&settings.keys, now, said.dry.run, |list| {
        let entry = list.roles.find(name)?.clone();
        let keeps = entry.role == Role::Retired && !said.certificate;
        if keeps {
            list.roles.without_key(name, now)?;
        } else {
            list.roles.drop(name)?;
            let file = list.certificate(&entry);
            if let Some(file) = &file {
                refuse_needed(file, &settings.register.checkpoint)?;
            }
        }
        let certificate = list.certificate(&entry).filter(|_| !keeps);
        Ok((list.place(&entry)?, certificate))
    })?;
    if said.dry.run {
        return Ok(());
    }
    let (place, certificate) = removed;
    match place {
        Some(KeyPlace::File(path)) => {
            std::fs::remove_file(&path).map_err(CliError::file("removed", &path))?;
        }
        Some(KeyPlace::Token(name)) => {
            let opener = Opener::new(&settings.keys, Examples::Refuse);
            opener.destroy_in_token(&name)?;
        }
        None => {}
    }
    match certificate {
        Some(path) => std::fs::remove_file(&path).map_err(CliError::file("removed", &path)),
        None => Ok(()),
    }
}

/// The certificate by which the register's checkpoint is believed is not forgotten: the register could not be opened any more.
fn refuse_needed(certificate: &Path, checkpoint: &Path) -> Result<(), CliError> {
    let Ok(text) = std::fs::read_to_string(checkpoint) else { return Ok(()) };
    let der = Certificate::from_pem(&files::read(certificate)?)?.der;
    if text.contains(&STANDARD.encode(der)) {
        return Err(CliError::SignedRegister(checkpoint.to_owned()));
    }
    Ok(())
}

/// Gives a key a certificate made elsewhere; returns what the key does now, and what is odd in the certificate.
///
/// # Errors
/// When it is not the key's, it is an example, or another key is next already.
pub fn certificate(
    name: &str,
    file: &Path,
    dry: bool,
    settings: &Settings,
    now: DateTime<Utc>,
) -> Result<(Role, Vec<String>), CliError> {
    let pem = files::read(file)?;
    let bad = |error| CliError::BadCertificate(file.to_owned(), error);
    let read = Certificate::from_pem(&pem).map_err(bad)?;
    list::change(&settings.keys, now, dry, |list| {
        let kept = format!("{name}-{}.crt", read.not_before.format("%Y%m%d%H%M%S"));
        let role = list.roles.certify(name, kept.clone(), now)?;
        let path = list.folder.join(&kept);
        let odd = shape::judge(&read, &settings.idp.entity_id)?;
        let odd = odd.into_iter().filter_map(|point| {
            let expected = point.wrong?;
            Some(format!("{}: expected {expected}, found {:?}", point.field, point.found))
        });
        let entry = list.roles.find(name)?;
        let place = list.place(entry)?.ok_or(CliError::NoSigningKey)?;
        let opener = Opener::new(&settings.keys, Examples::Refuse);
        opener.certified(&place, entry.digest, &pem)?;
        if !dry {
            files::replace(&path, &pem)?;
        }
        Ok((role, odd.collect()))
    })
}
