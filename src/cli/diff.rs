//! `ponte metadata diff`: what changed from one version to the next.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Read as _};
use std::path::Path;
use std::process::ExitCode;

use crate::admin::archive::{Ask, Told};
use crate::admin::client::ClientError;
use crate::cli::arguments_metadata::MetadataDiff;
use crate::cli::error::CliError;
use crate::cli::load;
use crate::cli::office::Office;
use crate::cli::register::run::ask;
use crate::cli::say::{say, say_text};
use crate::partners::compare::changes::{Comparison, compare};
use crate::partners::compare::uses::Uses;
use crate::partners::compare::{json, text};
use crate::saml::metadata::picture::{Picture, entities};
use crate::saml::xml::MAX_OCTETS;

/// Lays the two beside each other, and tells what changed: 0 if nothing did, 1 if something, 2 if one cannot be read.
///
/// # Errors
/// When the register is to be asked and does not answer.
pub async fn carry_out(said: &MetadataDiff, config: &Path) -> Result<ExitCode, CliError> {
    let (old, new) = match (read(&said.old), read(&said.new)) {
        (Ok(old), Ok(new)) => (old, new),
        (old, new) => {
            for error in [old.err(), new.err()].into_iter().flatten() {
                eprintln!("ponte: {}", error.chain());
            }
            return Ok(ExitCode::from(2));
        }
    };
    let comparison = compare(&old, &new);
    let uses = if said.uses { uses(&comparison, config).await? } else { BTreeMap::new() };
    if said.json {
        let rendered = json::render(&comparison, &uses).map_err(std::io::Error::other);
        say(rendered.map_err(CliError::file("written", Path::new("stdout")))?);
    } else {
        let colour = std::io::stdout().is_terminal();
        say_text(text::render(&comparison, &uses, said.language.language(), colour));
    }
    Ok(ExitCode::from(u8::from(!comparison.entities.is_empty())))
}

/// How often each entity that changed was used, by the register.
async fn uses(comparison: &Comparison, config: &Path) -> Result<BTreeMap<String, Uses>, CliError> {
    let mut office = Office::open_with_register(load::settings(config)?).await?;
    let mut uses = BTreeMap::new();
    let mut done = Ok(());
    for entity in comparison.entities.keys() {
        match ask(&mut office, Ask::Uses { service_provider: entity.clone() }).await {
            Ok(Told::Uses(told)) => {
                uses.insert(entity.clone(), *told);
            }
            Ok(_) => done = Err(ClientError::Unexpected.into()),
            Err(error) => done = Err(error),
        }
        if done.is_err() {
            break;
        }
    }
    office.close().await.and(done).map(|()| uses)
}

fn read(path: &Path) -> Result<BTreeMap<String, Picture>, CliError> {
    let file = CliError::file("read", path);
    let limit = u64::try_from(MAX_OCTETS).unwrap_or(u64::MAX) + 1;
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(limit).read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(limit).read_to_string(&mut text))
    };
    read.map_err(file)?;
    let text = text.trim_start_matches('\u{feff}');
    entities(text).map_err(|error| CliError::Compare(path.to_owned(), error))
}
